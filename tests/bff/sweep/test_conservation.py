"""Whatever customers do on whatever days: the register is the sum of its history and the fund's money at the core."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bff.core_bank.ledger import EmbeddedCore
from bff.core_bank.network import load_sandbox
from bff.errors import BffError
from bff.kinds import SHANGHAI
from tests.bff.db.engines import fresh_engine
from tests.bff.sweep.bank import ACCOUNTS, SweepBank
from tests.bff.wealth.world import CHEN, LIN, Phone


def embedded(bank_of: Callable[[SweepBank], None]) -> None:
    """Have a bank on the embedded ledger, for one example."""
    with tempfile.TemporaryDirectory() as folder, fresh_engine("sqlite", Path(folder)) as engine:
        bank = SweepBank(
            engine, core=lambda clock, new_id: EmbeddedCore(engine, clock, new_id, lambda card: {"i1": f"card:{card}"})
        )
        bank.core.seed(load_sandbox())
        bank_of(bank)


def total(bank: SweepBank) -> int:
    """All postings of the core."""
    return int(bank.sql("SELECT SUM(amount) FROM core_posting")[0][0])


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("put", "fast", "normal", "pause", "days")),
        st.integers(0, 1),
        st.integers(1, 1_500_000),
    ),
    max_size=6,
)


@settings(max_examples=5, deadline=None)
@given(steps=STEPS)
def test_the_register_is_its_history_and_the_funds_money(steps: list[tuple[str, int, int]]) -> None:
    def story(bank: SweepBank) -> None:
        phones = [bank.saver(CHEN, 4_000_000, 500_000), bank.saver(LIN, 4_000_000, 3_900_000)]
        for what, who, fen in steps:
            with suppress(BffError):  # a rule's no changes nothing, which is what is held below
                act(bank, phones[who], what, fen)
        bank.days((bank.now.astimezone(SHANGHAI).date() + timedelta(days=5)).isoformat())
        bank.at((bank.now.astimezone(SHANGHAI).date() + timedelta(days=1)).isoformat(), "01:00")
        bank.run("sweep.repay")
        bank.sound()
        assert total(bank) == 0
        assert bank.core.enquire(ACCOUNTS["advance"]).balance == 0
        assert bank.sql("SELECT COALESCE(SUM(used_fen), 0) FROM sweep_pool")[0][0] == 0
        assert bank.sql("SELECT COUNT(*) FROM sweep_order WHERE state IN ('CREATED', 'UNKNOWN', 'PAYING')") == [(0,)]

    embedded(story)


def act(bank: SweepBank, phone: Phone, what: str, fen: int) -> None:
    if what == "put":
        bank.put(phone, fen)
    elif what == "pause":
        (agreement,) = bank.call(phone, "sweep.agreement.get", {"code": "LMB"})["agreements"]
        bank.call(phone, "sweep.agreement.pause", {"agreementId": agreement["agreementId"]})
    elif what == "days":
        bank.days((bank.now.astimezone(SHANGHAI).date() + timedelta(days=1 + fen % 2)).isoformat())
    else:
        bank.take(phone, fen, what)
