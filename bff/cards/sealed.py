"""Which columns of applications and cards are sealed."""

from bff.cards.models import CardApplication, CardDocument, CardSection, CreditCard
from bff.customers.sealed import SealedColumn, columns


def sealed() -> tuple[SealedColumn, ...]:
    """Give the sealed columns of this room."""
    return (
        *columns(CardApplication, "application_id", ("bureau",)),
        SealedColumn(CardSection, "answers", "application_id", lambda row: f"section.{row.section}"),
        SealedColumn(CardDocument, "content", "application_id", lambda row: f"document.{row.kind}"),
        *columns(CreditCard, "card_id", ("pan",)),
    )
