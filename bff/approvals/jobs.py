"""The recurring work of approvals."""

from sqlalchemy import Engine

from bff.approvals import repository
from bff.db.engine import retried
from bff.jobs import Every, Job, Whole
from bff.kinds import Clock

EXPIRY_SECONDS = 60


def jobs(engine: Engine, clock: Clock) -> tuple[Job, ...]:
    """Give the jobs: challenges that nobody answered in time become expired."""

    def expire() -> str:
        expired = retried(engine, lambda session: repository.expire(session, clock()))
        return f"{expired} approvals expired"

    return (Job("approvals.expiry", Every(EXPIRY_SECONDS), Whole(expire)),)
