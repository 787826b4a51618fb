"""Card numbers: drawn by chance with their check digit, sealed, and found again by a keyed hash.

Invariant: of one number there is one card; in clear a number exists in memory alone.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, Row, func, select, update
from sqlalchemy.orm import Session

from bff.cards.models import CreditCard
from bff.core_bank.registry import luhn_digit
from bff.customers.vault import Vault
from bff.db.base import table_of
from bff.db.engine import retried
from bff.db.statements import insert_new
from bff.kinds import NewBytes

FIELD: Final = "card.pan"
"""Field of the keyed hash."""
BATCH: Final = 200
_LENGTH: Final = 16
_TAIL: Final = 4
_card: Final = table_of(CreditCard)


@dataclass(frozen=True, slots=True)
class Numbers:
    """The card numbers of this bank."""

    vault: Vault
    new_bytes: NewBytes

    def write_card(self, session: Session, issuer: str, **values: Any) -> str:
        """Write a card under a number that no other has; give the number.

        Args:
            session: of a writing transaction.
            issuer: the first digits.
            values: the other columns of the card, ``card_id`` among them.
        """
        while True:
            body = issuer + self._digits(_LENGTH - 1 - len(issuer))
            pan = body + luhn_digit(body)
            sealed = self.vault.seal(values["card_id"], "pan", pan)
            numbered = {"pan": sealed, "tail": pan[-_TAIL:], **index_of(self.vault, pan)}
            if find(session, self.vault, pan) is None and insert_new(session, CreditCard, **values, **numbered):
                return pan

    def _digits(self, count: int) -> str:
        return str(int.from_bytes(self.new_bytes(8)) % 10**count).zfill(count)


def index_of(vault: Vault, pan: str) -> dict[str, str]:
    """Give the columns by which a number is found, under the present key."""
    kid, present = next(iter(vault.hashes(FIELD, pan).items()))
    return {"pan_index": present, "pan_kid": kid}


def find(session: Session, vault: Vault, pan: str) -> Row[Any] | None:
    """Give the card of a number, or None: how a feed of transactions finds it."""
    hashes = tuple(vault.hashes(FIELD, pan).values())
    return session.execute(select(_card).where(_card.c.pan_index.in_(hashes))).first()


def under(session: Session, kid: str) -> int:
    """Count the card numbers that are found by a key."""
    return session.scalar(select(func.count()).select_from(_card).where(_card.c.pan_kid == kid)) or 0


def reindex(engine: Engine, vault: Vault) -> int:
    """Have every number found by the present key; tell how many were found by another. It may be run at any time."""
    moved = 0
    while some := retried(engine, lambda session: _reindex(session, vault)):
        moved += some
    return moved


def _reindex(session: Session, vault: Vault) -> int:
    present = next(iter(vault.hashes(FIELD, "")))
    stale = select(_card.c.card_id, _card.c.pan).where(_card.c.pan_kid != present).order_by(_card.c.card_id)
    rows = session.execute(stale.limit(BATCH).with_for_update()).all()
    for row in rows:
        index = index_of(vault, vault.open(row.card_id, "pan", row.pan))
        session.execute(update(_card).where(_card.c.card_id == row.card_id).values(**index))
    return len(rows)
