"""The recurring work of the wealth room."""

from dataclasses import dataclass
from datetime import time
from typing import Final

from sqlalchemy.orm import Session

from bff.jobs import Batch, Batches, Daily, Every, Job, Turn, Whole
from bff.kinds import SHANGHAI
from bff.products.calendar import TradingCalendar
from bff.wealth.confirmation import Confirmation
from bff.wealth.life import Life
from bff.wealth.ratings import Ratings

CONFIRM_AT: Final = time(9)
LIVE_AT: Final = time(10)
"""After the confirmation: what was confirmed today may be paid today."""
MATCH_AT: Final = time(8, 30)
LATE_SECONDS: Final = 900


def jobs(calendar: TradingCalendar, confirmation: Confirmation, life: Life, ratings: Ratings) -> tuple[Job, ...]:
    """Give the jobs: confirmation on trading days, and again for late values; lives and payments; matching holders."""
    return (
        Job("wealth.ratings", Daily(MATCH_AT), Whole(ratings.run)),
        Job("wealth.confirmation", Daily(CONFIRM_AT, calendar.is_trading_day), Batches(confirmation.step)),
        Job("wealth.confirmation.late", Every(LATE_SECONDS), Batches(_Late(calendar, confirmation).step)),
        Job("wealth.life", Daily(LIVE_AT, calendar.is_trading_day), Whole(life.run)),
    )


@dataclass(frozen=True, slots=True)
class _Late:
    """Confirms during a trading day what had to wait for its net value in the morning."""

    calendar: TradingCalendar
    confirmation: Confirmation

    def step(self, session: Session, turn: Turn) -> Batch:
        local = turn.now.astimezone(SHANGHAI)
        if local.time() < CONFIRM_AT or not self.calendar.is_trading_day(local.date()):
            return Batch("", 0, finished=True, outcome="it is not the time of confirmations")
        return self.confirmation.step(session, turn)
