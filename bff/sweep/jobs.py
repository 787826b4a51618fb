"""The recurring work of the sweep: accrual, settlement, repaid advances, and the evening's idle cash."""

from collections.abc import Callable
from datetime import time
from typing import Final

from bff.jobs import Batches, Daily, Job, Whole
from bff.sweep.accrual import Accrual
from bff.sweep.settling import Settling, collect

REPAY_AT: Final = time(1)
PUBLISH_AT: Final = time(5)
ACCRUE_AT: Final = time(6)
SETTLE_AT: Final = time(9)
COLLECT_AT: Final = time(20)
LANE: Final = "sweep"


def jobs(accrual: Accrual, settling: Settling, publish: Callable[[], object] | None) -> tuple[Job, ...]:
    """Give the jobs; ``publish`` invents a sandbox's income, elsewhere people enter it."""
    invented = () if publish is None else (Job("sweep.income", Daily(PUBLISH_AT), Whole(publish), LANE),)
    return (
        Job("sweep.repay", Daily(REPAY_AT), Batches(settling.repay), LANE),
        *invented,
        Job("sweep.settle", Daily(SETTLE_AT, settling.terms.calendar.is_trading_day), Batches(settling.settle), LANE),
        Job("sweep.accrual", Daily(ACCRUE_AT), Batches(accrual.step), LANE),
        Job("sweep.collect", Daily(COLLECT_AT), Batches(collect), LANE),
    )
