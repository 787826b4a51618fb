"""The table of runs: one row for each slot of each job."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, ID, Base


class JobRun(Base):
    """One slot of one job: RUNNING (held until ``leased_until``), FAILED (again from ``available_at`` on) or DONE."""

    __tablename__ = "job_run"
    __table_args__ = (Index("ix_job_run_state", "job", "state", "slot"),)

    job: Mapped[str] = mapped_column(CODE, primary_key=True)
    slot: Mapped[str] = mapped_column(ID, primary_key=True)
    state: Mapped[str] = mapped_column(CODE)
    worker: Mapped[str] = mapped_column(String(100))
    lease: Mapped[str] = mapped_column(ID)
    attempts: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    leased_until: Mapped[datetime]
    available_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cursor: Mapped[str] = mapped_column(String(200))
    done: Mapped[int]
    total: Mapped[int | None]
    outcome: Mapped[str] = mapped_column(String(400))
    error: Mapped[str] = mapped_column(String(100))
