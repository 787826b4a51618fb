"""The world with the steps of the sweep: sign, put in, take out, and run the jobs up to now."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Engine

from bff.db.engine import transaction
from bff.jobs import Job
from bff.jobs.worker import Worker, job_of
from bff.kinds import SHANGHAI
from bff.sweep import history, sandbox
from tests.bff.wealth.world import CHEN, Phone, World

FUND = "LMB-A"
ACCOUNTS = {"fund": "6299009000070043", "advance": "6299009000070050"}
ACCOUNTS |= {"income": "6299009000070068", "rounding": "6299009000070076"}


class SweepBank(World):
    """Monday 10:00 in Shanghai; figures of the funds are published up to yesterday."""

    def __init__(self, engine: Engine, **more: Any) -> None:
        super().__init__(engine, **more)
        if hasattr(self.core, "balances"):
            self.core.balances.update({ACCOUNTS[name]: 10**12 for name in ("advance", "income")})
        self.jobs = self.sweep.jobs(engine, lambda: self.now, invented=True)
        self.worker = Worker(engine, self.jobs, lambda: self.now, self.new_id, "test")
        with transaction(engine) as session:
            sandbox.publish(session, self.sweep.terms.every(session, self.now), self.now)

    def at(self, day: str, clock: str = "10:00") -> None:
        """Set the clock of the bank's wall."""
        self.now = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), SHANGHAI)

    def job(self, name: str) -> Job:
        return job_of(self.jobs, name)

    def run(self, name: str) -> None:
        """Run every slot of a job that is due."""
        while self.worker.turn(self.job(name)):
            assert self.sql("SELECT error FROM job_run WHERE state = 'FAILED'") == []
        self.relay.run()

    def days(self, last: str) -> None:
        """Let days pass, each with its jobs in their order, up to 21:00 of the last one."""
        day = self.now.astimezone(SHANGHAI).date() + timedelta(days=1)
        while day <= date.fromisoformat(last):
            for clock, name in (("01:00", "repay"), ("05:00", "income"), ("06:00", "accrual"), ("09:00", "settle")):
                self.at(day.isoformat(), clock)
                self.run(f"sweep.{name}")
            self.at(day.isoformat(), "21:00")
            self.run("sweep.collect")
            day += timedelta(days=1)

    def signed(self, phone: Phone, code: str, body: dict[str, Any]) -> Any:
        challenge = self.call(phone, code, body)["challengeId"]
        return self.approve(phone, challenge, self.message(phone, challenge))

    def sign(self, phone: Phone, floor: int = 100_000, **more: Any) -> Any:
        body = {"product": "LMB", "accountId": phone.account_id, "floorFen": floor, **more}
        return self.signed(phone, "sweep.agreement.prepare", body)

    def put(self, phone: Phone, fen: int) -> Any:
        body = {"product": "LMB", "accountId": phone.account_id, "amountFen": fen}
        return self.signed(phone, "sweep.purchase.prepare", body)

    def take(self, phone: Phone, fen: int, mode: str = "fast") -> Any:
        body = {"product": "LMB", "accountId": phone.account_id, "amountFen": fen, "mode": mode}
        return self.signed(phone, "sweep.redeem.prepare", body)

    def saver(self, person: Any = CHEN, fund: int = 5_000_000, floor: int = 100_000) -> Phone:
        """A customer with money who has signed."""
        phone = self.bound(person, fund)
        self.sign(phone, floor)
        return phone

    def holder(self, shares: int, person: Any = CHEN, day: str = "2026-11-25") -> Phone:
        """A customer whose shares are confirmed, without any evening's sweep; on ``day`` at 10:00."""
        phone = self.bound(person, 5_000_000)
        self.sign(phone, 5_000_000)
        self.put(phone, shares)
        self.days(day)
        self.at(day)
        return phone

    def position(self, phone: Phone) -> Any:
        return self.call(phone, "sweep.position.get", {"code": "LMB"})

    def order(self, phone: Phone, done: Any) -> Any:
        return self.call(phone, "sweep.order.get", {"orderId": done["result"]["orderId"]})

    def register(self) -> int:
        """All shares and what waits to be shares."""
        return int(self.sql("SELECT COALESCE(SUM(shares_fen + pending_fen), 0) FROM sweep_position")[0][0])

    def sound(self) -> None:
        """Hold that the register is the sum of its movements and accruals, and the fund's money at the core."""
        with transaction(self.engine, writing=False) as session:
            assert history.contradictions(session) == []
        assert self.register() == self.core.enquire(ACCOUNTS["fund"]).balance
