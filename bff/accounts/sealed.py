"""Which columns of applications, accounts, payees, transfers and pictures are sealed."""

from bff.accounts.documents import ApplicationDocument
from bff.accounts.models import Account, AccountApplication, AccountCardChange, AccountPayee, AccountTransfer
from bff.customers.sealed import SealedColumn, columns


def sealed() -> tuple[SealedColumn, ...]:
    """Give the sealed columns of this room."""
    return (
        *columns(AccountApplication, "application_id", ("name", "id_number", "mobile", "card")),
        *columns(Account, "account_id", ("card", "bound_number")),
        *columns(AccountPayee, "payee_id", ("name", "number", "core_number")),
        *columns(AccountTransfer, "transfer_id", ("payee", "payee_name")),
        *columns(AccountCardChange, "change_id", ("card", "bound_number")),
        SealedColumn(ApplicationDocument, "content", "application_id", lambda row: f"document.{row.side}"),
    )
