"""Whatever two customers, the nights and a core that fails do to the whole bank, its invariants hold at every step."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.bff.accounts import steps
from tests.bff.db.engines import fresh_engine
from tests.properties.flaky import AFTER, BEFORE, MUTE, TWICE
from tests.properties.whole import PRODUCT, Whole

pytestmark = pytest.mark.slow
WHO = st.integers(0, 1)
FEN = st.integers(1, 1_200_000)
NIGHTS = 8
"""Most nights of one run."""
REFUSED = (".out", ".buy", ".fund", ".pay")
"""Ends of the sequence numbers of transfers out, purchases, fundings, and payments of redemptions and card debts."""
FIRST_WEEK = {
    "account_funding": {"DONE": 6, "FAILED": 1},
    "account_transfer": {"DONE": 1, "FAILED": 1},
    "card_entry": {"PURCHASE": 1, "REPAYMENT": 1},
    "card_repayment": {"DONE": 1, "REJECTED": 1},
    "sweep_order": {
        "COLLECT CONFIRMED": 1,
        "FAST PAID": 1,
        "FAST REJECTED": 1,
        "NORMAL CREATED": 1,
        "PURCHASE CONFIRMED": 2,
        "SIGNING SIGNED": 2,
    },
    "wealth_order": {"CONFIRMED": 1, "REFUNDED": 1, "REJECTED": 1},
    "wealth_redemption": {"SHARES_HELD": 1},
}
"""How the first week's orders stand after its last night: one of each refused, the others as far as days allow."""


class Bank(RuleBasedStateMachine):
    """Two customers at the bank on one engine."""

    kind = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.bank = Whole(self.stack.enter_context(fresh_engine(self.kind, Path(folder))))
        self.nights = 0

    @initialize()
    def a_first_day_with_one_of_everything(self) -> None:
        """Leave something for every rule to act on, and let each of them, and each refusal, happen at least once."""
        for fault in (BEFORE, AFTER, TWICE, MUTE):
            self.break_the_core(fault)
            self.fund(1, 100)
            self.bank.calm()
        for ending in REFUSED:
            self.the_core_refuses(ending)
        self.fund(0, 100)
        self.transfer_to_a_payee(100)
        self.buy(0, 1)
        self.sound()
        for who in (0, 1):
            self.buy(who, 2)
            self.sweep_in(who, 900_000)
        self.transfer_to_a_payee(50_000)
        self.pay_by_card(200_000)
        self.repay_the_card(50_000)
        self.cancel_an_order(0, 1)
        self.sound()
        for _ in range(4):  # Monday to Friday: what was bought is confirmed, has earned, and may be taken out
            self.let_a_night_pass()
        self.the_core_refuses(".pay")
        for mode in ("fast", "fast", "normal"):
            self.sweep_out(1, 300_000, mode)
        self.redeem_shares(1, 500_000)
        self.repay_the_card(20_000)
        self.let_a_night_pass()
        assert self.bank.ends() == FIRST_WEEK

    @rule(ending=st.sampled_from(REFUSED))
    def the_core_refuses(self, ending: str) -> None:
        self.bank.core.refuse_next(ending)

    @rule(who=WHO, fen=FEN)
    def fund(self, who: int, fen: int) -> None:
        phone = self.bank.phone(who)
        self.bank.attempt(self.bank.call, phone, "accounts.fund", {"accountId": phone.account_id, "amountFen": fen})

    @rule(who=WHO, fen=FEN)
    def transfer_to_the_bound_card(self, who: int, fen: int) -> None:
        self.bank.attempt(steps.to_card, self.bank, self.bank.phone(who), fen)

    @rule(fen=FEN)
    def transfer_to_a_payee(self, fen: int) -> None:
        self.bank.attempt(steps.to_payee, self.bank, self.bank.phone(0), fen, self.bank.payees[0])

    @rule(who=WHO, lots=st.integers(1, 3))
    def buy(self, who: int, lots: int) -> None:
        self.bank.attempt(self.bank.buy, self.bank.phone(who), lots * 1_000_000, PRODUCT)

    @rule(who=WHO, which=st.integers(0, 9))
    def cancel_an_order(self, who: int, which: int) -> None:
        query = "SELECT order_id FROM wealth_order WHERE customer_id = :who ORDER BY order_id"
        orders = self.bank.sql(query, who=self.bank.phone(who).customer_id)
        if orders:
            order = {"orderId": orders[which % len(orders)][0]}
            self.bank.attempt(self.bank.call, self.bank.phone(who), "wealth.order.cancel", order)

    @rule(who=WHO, shares=st.integers(1, 3_000_000))
    def redeem_shares(self, who: int, shares: int) -> None:
        phone = self.bank.phone(who)
        body = {"product": PRODUCT, "accountId": phone.account_id, "shares": f"{shares // 100}.{shares % 100:02}"}
        self.bank.attempt(self.bank.signed, phone, "wealth.redeem.prepare", body)

    @rule(who=WHO, fen=FEN)
    def sweep_in(self, who: int, fen: int) -> None:
        self.bank.attempt(self.bank.put, self.bank.phone(who), fen)

    @rule(who=WHO, fen=FEN, mode=st.sampled_from(("fast", "normal")))
    def sweep_out(self, who: int, fen: int, mode: str) -> None:
        self.bank.attempt(self.bank.take, self.bank.phone(who), fen, mode)

    @rule(fen=st.integers(1, 300_000))
    def pay_by_card(self, fen: int) -> None:
        self.bank.attempt(self.bank.teller.spend, fen)

    @rule(fen=st.integers(1, 300_000))
    def repay_the_card(self, fen: int) -> None:
        self.bank.attempt(self.bank.teller.repay, fen)

    @rule(fault=st.sampled_from((BEFORE, AFTER, TWICE, MUTE)))
    def break_the_core(self, fault: str) -> None:
        self.bank.core.break_next(fault)

    @rule(minutes=st.integers(1, 400))
    def let_time_pass(self, minutes: int) -> None:
        self.bank.later(minutes=minutes)
        self.bank.relay.run()

    @precondition(lambda self: self.nights < NIGHTS)
    @rule()
    def let_a_night_pass(self) -> None:
        self.nights += 1
        self.bank.night()

    @invariant()
    def sound(self) -> None:
        self.bank.conserved()
        self.bank.counted()
        self.bank.limited()
        self.bank.once()

    def teardown(self) -> None:
        try:
            self.bank.calm()
            self.sound()
            self.bank.night()  # in which the fund pays back what the bank advanced
            self.bank.calm()
            self.sound()
            self.bank.ended()
        finally:
            self.stack.close()


class OnMariaDB(Bank):
    """The same on MariaDB."""

    kind = "mariadb"


_SETTINGS = settings(
    max_examples=4, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
TestOnSQLite = Bank.TestCase
TestOnSQLite.settings = _SETTINGS
TestOnMariaDB = pytest.mark.mariadb(OnMariaDB.TestCase)
TestOnMariaDB.settings = settings(_SETTINGS, max_examples=2)
