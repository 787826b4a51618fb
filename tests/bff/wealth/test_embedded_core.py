"""A purchase against the embedded ledger: the figures of core, account, quota and evidence agree."""

import json
from pathlib import Path

from bff.core_bank.ledger import EmbeddedCore
from bff.core_bank.network import WEALTH_RAISING, load_sandbox
from tests.bff.db.engines import fresh_engine
from tests.bff.wealth.world import CHEN, SU, World


def test_the_money_of_a_purchase_is_the_same_everywhere(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        world = World(
            engine, lambda clock, new_id: EmbeddedCore(engine, clock, new_id, lambda card: {"i1": f"card:{card}"})
        )
        world.core.seed(load_sandbox())
        raising = load_sandbox().internal_account(WEALTH_RAISING).number
        phone = world.ready(CHEN, 8_000_000)
        order_id = world.buy(phone)["result"]["orderId"]
        (account,) = world.call(phone, "accounts.list")["accounts"]
        entries = world.call(phone, "accounts.entries", {"accountId": account["accountId"]})["entries"]
        assert world.core.enquire(raising).balance == 5_000_000
        assert world.core.enquire(CHEN.card).balance == CHEN.opening_fen - 8_000_000
        assert (account["balanceFen"], account["availableFen"]) == (3_000_000, 3_000_000)
        assert [entry["amountFen"] for entry in entries] == [-5_000_000, 8_000_000]
        assert entries[0]["counterparty"] == "0019"
        (body,) = world.sql("SELECT body FROM evidence_entry WHERE kind = 'core.executed'")[0]
        executed = json.loads(body)
        assert (executed["orderId"], executed["verb"]) == (order_id, "transfer")
        assert sorted(posting["amountFen"] for posting in executed["postings"]) == [-5_000_000, 5_000_000]
        assert world.sql("SELECT balance_fen, available_fen FROM account") == [(3_000_000, 3_000_000)]


def test_a_card_with_too_little_funds_nothing(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        world = World(
            engine, lambda clock, new_id: EmbeddedCore(engine, clock, new_id, lambda card: {"i1": f"card:{card}"})
        )
        world.core.seed(load_sandbox())
        phone = world.bound(SU)
        failed = world.call(phone, "accounts.fund", {"accountId": phone.account_id, "amountFen": 1_000_000})
        assert (failed["state"], failed["reason"]["code"]) == ("FAILED", "INSUFFICIENT_FUNDS")
        assert world.core.enquire(SU.card).balance == SU.opening_fen
