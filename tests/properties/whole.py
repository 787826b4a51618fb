"""The whole bank for properties: every room over a flaky core, its nights, and what must be true at any instant."""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Engine

from bff.core_bank.ledger import EmbeddedCore
from bff.core_bank.network import load_sandbox
from bff.db.engine import transaction
from bff.errors import BffError
from bff.jobs.worker import Worker
from bff.kinds import SHANGHAI
from bff.sweep import history
from bff.wealth.jobs import jobs as wealth_jobs
from tests.bff.accounts import steps
from tests.bff.cards.teller import Teller
from tests.bff.sweep.bank import ACCOUNTS, SweepBank
from tests.bff.wealth.world import CHEN, LIN, Phone
from tests.properties.flaky import Flaky

PRODUCT: Final = "JMG-TT01"
FUNDED: Final = 8_000_000
LINE: Final = 600_000
MISTAKES: Final = {"OPERATION_UNKNOWN", "REQUEST_INVALID", "NOT_FOUND", "PURPOSE_NOT_IN_MANIFEST", "INTERNAL"}
"""Refusals that say that a rule of the machine, and not of the bank, is wrong."""
ENDS: Final = {
    "account_funding": "state",
    "account_transfer": "state",
    "card_entry": "kind",
    "card_repayment": "state",
    "sweep_order": "kind, state",
    "wealth_order": "state",
    "wealth_redemption": "state",
}
MOVED: Final = {
    "account_funding": ("funding_id", ".fund", "('FAILED', '')", "('DONE', '')"),
    "account_transfer": ("transfer_id", ".out", "('FAILED', '')", "('DONE', 'RETURNED')"),
    "card_repayment": ("repayment_id", ".pay", "('REJECTED', '')", "('DONE', '')"),
    "wealth_order": ("order_id", ".buy", "('REJECTED', '')", "('ACCEPTED', 'CONFIRMED', 'REFUNDED')"),
    "wealth_redemption": ("order_id", ".pay", "('FAILED', 'CANCELLED')", "('PAID', '')"),
    "sweep_order": ("order_id", ".pay", "('REJECTED', '')", "('PAID', '')"),
}
"""Of each room's orders: id, end of the sequence number of its movement, states without it, states with it."""
CONCAT: Final = {"sqlite": "{} || '{}'", "mariadb": "CONCAT({}, '{}')", "mysql": "CONCAT({}, '{}')"}
SETTLING: Final = 12
"""Rounds of the relay, an hour apart, after which nothing may wait any more."""


class Whole(SweepBank):
    """Two customers with an account, an agreement of the sweep and a level; the first has a card, too."""

    def __init__(self, engine: Engine, between: Callable[[EmbeddedCore], Flaky] = Flaky) -> None:
        super().__init__(
            engine,
            core=lambda clock, new_id: between(
                EmbeddedCore(engine, clock, new_id, lambda card: {"i1": f"card:{card}"})
            ),
        )
        self.core.seed(load_sandbox())
        self.phones = [self.saver(person, FUNDED, FUNDED) for person in (CHEN, LIN)]
        for phone in self.phones:
            self.assess(phone)
        self.payees = [steps.payee(self, phone) for phone in self.phones[:1]]
        self.teller = Teller(self, self.phones[0]).ready(line_fen=LINE)
        self.spent: list[str] = []
        self.jobs = (
            *self.jobs,
            *self.room.jobs(engine, lambda: self.now),
            *wealth_jobs(self.orders.calendar, self.confirmation, self.life, self.ratings),
            *self.cards.jobs(),
        )
        self.worker = Worker(engine, self.jobs, lambda: self.now, self.new_id, "test")

    # ── what may fail by a rule, or stay unknown for a while ──
    def attempt(self, work: Any, *arguments: Any) -> bool:
        """Do something that a rule may refuse; a refusal changes nothing, which the invariants hold."""
        try:
            work(*arguments)
        except BffError as refusal:
            if refusal.code in MISTAKES:
                raise
            return False
        return True

    def ends(self) -> dict[str, dict[str, int]]:
        """Give how many orders of each room stand in each state."""
        found = {}
        for table, columns in ENDS.items():
            rows = self.sql(f"SELECT {columns}, COUNT(*) FROM {table} GROUP BY {columns}")  # noqa: S608 — our own words
            found[table] = {" ".join(names): count for *names, count in rows}
        return found

    def night(self) -> None:
        """Let a day pass, with every job at its hour and a net value of the day before."""
        day = self.now.astimezone(SHANGHAI).date()
        if self.orders.calendar.is_trading_day(day):
            self.publish("1.0456", day.isoformat(), PRODUCT)
        self.at(day.isoformat(), max("21:00", self.now.astimezone(SHANGHAI).strftime("%H:%M")))
        self.work()
        self.at((day + timedelta(days=1)).isoformat(), "00:30")
        for clock in ("01:00", "05:00", "06:00", "09:00", "10:00", "10:30"):
            self.at(self.now.astimezone(SHANGHAI).date().isoformat(), clock)
            self.work()

    def work(self) -> None:
        """Run what is due; what the core's faults stopped is due again at a later hour."""
        for job in self.jobs:
            while self.worker.turn(job):
                pass
        self.relay.run()

    def calm(self) -> None:
        """Heal the core and let everything that waits come to its end."""
        self.core.heal()
        for _ in range(SETTLING):
            self.later(hours=1)
            self.work()
            if not self.sql("SELECT id FROM outbox_message WHERE state = 'PENDING'"):
                return

    # ── what must be true ──
    def conserved(self) -> None:
        """Money: every journal sums to zero, balances and holds are the sums of what made them."""
        assert self.sql("SELECT journal FROM core_posting GROUP BY journal, currency HAVING SUM(amount) <> 0") == []
        balances = """
            SELECT a.number FROM core_account a LEFT JOIN core_posting p ON p.account = a.number
            GROUP BY a.number, a.balance HAVING a.balance <> COALESCE(SUM(p.amount), 0)"""
        assert self.sql(balances) == []
        holds = """
            SELECT a.number FROM core_account a
            LEFT JOIN core_hold h ON h.account = a.number AND h.state = 'ACTIVE'
            GROUP BY a.number, a.held HAVING a.held <> COALESCE(SUM(h.amount), 0)"""
        assert self.sql(holds) == []
        assert self.sql("SELECT number FROM core_account WHERE kind <> 'INTERNAL' AND balance < held") == []

    def counted(self) -> None:
        """Quota and shares: what is kept equals what the orders say."""
        quotas = """
            SELECT q.code FROM product_quota q LEFT JOIN wealth_order o ON o.product = q.code
            AND o.state NOT IN ('REJECTED', 'REFUNDING', 'REFUND_FAILED', 'REFUNDED')
            GROUP BY q.code, q.held_fen, q.confirmed_fen
            HAVING q.held_fen + q.confirmed_fen <> COALESCE(SUM(o.amount_fen), 0)"""
        assert self.sql(quotas) == []
        assert self.sql("SELECT code FROM product_quota WHERE held_fen + confirmed_fen > total_fen") == []
        assert self.sql("SELECT order_id FROM wealth_position WHERE held > shares OR held < 0") == []
        parts = """
            SELECT w.order_id FROM wealth_position w
            LEFT JOIN wealth_redemption_part p ON p.position_id = w.order_id
            LEFT JOIN wealth_redemption r ON r.order_id = p.order_id
            GROUP BY w.order_id, w.held HAVING w.held <> COALESCE(SUM(
              CASE WHEN r.state IN ('SHARES_HELD', 'CONFIRMED', 'PAYING') THEN p.shares ELSE 0 END), 0)"""
        assert self.sql(parts) == []
        with transaction(self.engine, writing=False) as session:
            assert history.contradictions(session) == []
        assert self.teller.holds()

    def limited(self) -> None:
        """Limits: what the counters say is what the movements that live come to, and never more than a cap."""
        found: dict[tuple[str, str, str], int] = defaultdict(int)
        moved = """
            SELECT account_id, movement, day, amount_fen FROM account_transfer
            WHERE movement = 'unbound_out' AND state NOT IN ('FAILED', 'REJECTED', 'RETURNED')"""
        funded = "SELECT account_id, 'bound_in', day, amount_fen FROM account_funding WHERE state <> 'FAILED'"
        for account, movement, day, fen in (*self.sql(moved), *self.sql(funded)):
            for period in (day, day[:4]) if movement == "unbound_out" else (day,):
                found[account, movement, period] += fen
        kept = self.sql("SELECT account_id, counter, period, used_fen FROM account_counter WHERE used_fen <> 0")
        assert {(account, counter, period): fen for account, counter, period, fen in kept} == found
        fast = """
            SELECT d.customer_id, d.day FROM sweep_fast_day d LEFT JOIN sweep_order o
            ON o.customer_id = d.customer_id AND o.product = d.product AND o.day = d.day
            AND o.kind = 'FAST' AND o.state <> 'REJECTED'
            GROUP BY d.customer_id, d.product, d.day, d.used_fen
            HAVING d.used_fen <> COALESCE(SUM(o.amount_fen), 0) OR d.used_fen > 1000000"""
        assert self.sql(fast) == []

    def once(self) -> None:
        """Exactly once: what an order says of its end is what the core executed, and nothing ends twice."""
        for table, (name, ending, undone, done) in MOVED.items():
            told = f"""
                SELECT o.{name}, o.state FROM {table} o LEFT JOIN core_execution e
                ON e.sequence = {CONCAT[self.engine.dialect.name].format(f"o.{name}", ending)} AND e.status = 'S'
                WHERE (o.state IN {undone} AND e.sequence IS NOT NULL) OR (o.state IN {done} AND e.sequence IS NULL)"""  # noqa: S608 — our own words
            assert self.sql(told) == []
        doubled = """
            SELECT subject FROM evidence_entry WHERE kind = 'order.settled' GROUP BY subject HAVING COUNT(*) > 1"""
        assert self.sql(doubled) == []
        sequences = "SELECT sequence FROM core_execution GROUP BY sequence HAVING COUNT(*) > 1"
        assert self.sql(sequences) == []

    def ended(self) -> None:
        """After the core is well again nothing waits, nothing is held, and the registers are the money at the core."""
        assert self.sql("SELECT topic, problem FROM outbox_message WHERE state = 'PENDING'") == []
        assert self.sql("SELECT job, slot, error FROM job_run WHERE state <> 'DONE'") == []
        assert self.sql("SELECT number FROM core_account WHERE held <> 0") == []
        assert self.sql("SELECT order_id FROM wealth_order WHERE state IN ('QUOTA_HELD', 'UNKNOWN')") == []
        assert self.register() == self.core.enquire(ACCOUNTS["fund"]).balance

    def phone(self, who: int) -> Phone:
        return self.phones[who]
