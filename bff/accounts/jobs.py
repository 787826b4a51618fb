"""The recurring work of accounts: falling asleep, the ends of freezes, and the months of statements."""

from datetime import time
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bff.accounts import freezes, months
from bff.accounts.statements import Statements
from bff.db.engine import retried
from bff.jobs import Batch, Batches, Daily, Every, Job, Turn, Whole
from bff.kinds import Clock
from bff.products.rulepacks import RulePacks

THAW_SECONDS: Final = 60
SLEEP_AT: Final = time(3)
MONTHS_AT: Final = time(4)


def jobs(engine: Engine, clock: Clock, packs: RulePacks, statements: Statements) -> tuple[Job, ...]:
    """Give the jobs."""

    def thaw() -> str:
        ended = retried(engine, lambda session: freezes.thaw_due(session, clock()))
        return f"{ended} freezes ended"

    def sleep(session: Session, turn: Turn) -> Batch:
        days = packs.at(turn.business_date).integer("dormant_days")
        cursor, asleep = freezes.sleep_idle(session, days, turn.cursor, turn.now)
        return Batch(cursor, asleep, finished=not cursor, outcome=f"{turn.done + asleep} accounts fell asleep")

    return (
        Job("accounts.freezes", Every(THAW_SECONDS), Whole(thaw)),
        Job("accounts.dormancy", Daily(SLEEP_AT), Batches(sleep)),
        Job(
            "accounts.statements",
            Daily(MONTHS_AT),
            Whole(lambda: months.make(engine, statements, clock())),
            "accounts.statements",
        ),
    )
