"""The sandbox's counterparts of bureau and producer: they keep no name, address or card number.

Invariant: an order of one sequence number is made once; another content under the same number is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bff.cards.models import CardProduction
from bff.cards.ports import ProducerState, Production
from bff.cards.rules import Bureau
from bff.core_bank.port import CoreRefusedError
from bff.db.base import table_of
from bff.db.engine import retried
from bff.db.statements import insert_new
from bff.kinds import Clock
from security.encoding import lp

EMBOSSED_AFTER: Final = timedelta(seconds=10)
"""How long the sandbox's factory takes until a card is in the mail."""
_TAIL: Final = 4


@dataclass(frozen=True, slots=True)
class SandboxBureau:
    """Knows no debts of anybody: invented people have none."""

    def report(self, *, name: str, id_number: str, consent: str) -> Bureau:
        """Give a clean report."""
        del name, id_number, consent
        return Bureau(overdue_months=0, monthly_debt_fen=0)


@dataclass(frozen=True, slots=True)
class SandboxProducer:
    """Implements ``CardProducer`` over a table of its own.

    Attributes:
        engine: where the table is; every call opens a transaction of its own.
        clock: the factory's clock.
        keyed: gives a keyed hash of a text, so that the factory's table tells nothing.
        takes: how long a card takes until it is mailed.
    """

    engine: Engine
    clock: Clock
    keyed: Callable[[str], str]
    takes: timedelta = EMBOSSED_AFTER

    def order(self, *, sequence: str, pan: str, name: str, address: str, product: str) -> Production:
        """Have a card embossed and mailed."""
        content = self.keyed(lp(pan, name, address, product).hex())
        now = self.clock()

        def work(session: Session) -> str | None:
            new = {"sequence": sequence, "sha256": content, "tail": pan[-_TAIL:], "ordered_at": now}
            insert_new(session, CardProduction, **new)
            return session.scalar(select(CardProduction.sha256).where(CardProduction.sequence == sequence))

        if retried(self.engine, work) != content:
            reason = "SEQUENCE_REUSED"
            raise CoreRefusedError(reason)
        return self.status(sequence)

    def status(self, sequence: str) -> Production:
        """Tell how far an order is."""
        table = table_of(CardProduction)
        row = retried(
            self.engine,
            lambda session: session.execute(select(table).where(table.c.sequence == sequence)).first(),
            writing=False,
        )
        if row is None:
            return Production(ProducerState.ABSENT)
        mailed = row.ordered_at + self.takes
        if self.clock() < mailed:
            return Production(ProducerState.EMBOSSING)
        return Production(ProducerState.MAILED, mailed, row.tail)
