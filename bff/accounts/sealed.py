"""Which columns of applications, accounts and pictures are sealed."""

from bff.accounts.documents import ApplicationDocument
from bff.accounts.models import Account, AccountApplication
from bff.customers.sealed import SealedColumn, columns


def sealed() -> tuple[SealedColumn, ...]:
    """Give the sealed columns of this room."""
    return (
        *columns(AccountApplication, "application_id", ("name", "id_number", "mobile", "card")),
        *columns(Account, "account_id", ("card",)),
        SealedColumn(ApplicationDocument, "content", "application_id", lambda row: f"document.{row.side}"),
    )
