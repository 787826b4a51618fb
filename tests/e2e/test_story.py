"""From nothing to the first device-signed purchase in a real browser, ending in a proof that needs no server."""

import json
import random  # noqa: TID251 — which bytes to flip
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import expect

from security.cli import evidence as commands
from security.errors import EvidenceError
from security.evidence import verify_export
from tests.e2e import story
from tests.e2e.auditor import auditors_shell, evidence, export, verify_with_one_file, write_anchors
from tests.e2e.browser import SECONDS, Person
from tests.running import Running, call

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FLIPS = 400


def test_the_first_purchase(running: Running, person: Callable[..., Person], file: Path) -> None:
    customer = person()
    who = running.sample("陈屿")
    accounts = story.open_account(customer, who)
    story.fund(customer, accounts, "50000")
    customer.press(accounts, "回到账户")
    expect(accounts.get_by_text("50,000.00").first).to_be_visible()
    wealth = story.assess(customer, accounts)
    story.ask_to_buy(customer, wealth, "稳盈 90 天持有", "20000")
    shown = customer.dialog.inner_text()
    assert all(
        text in shown for text in (story.PHRASE, "20,000.00", "人民币贰万元整", "尾号 0019", "陈屿", "wealth 1.0.0")
    )
    assert (customer.dialog.get_attribute("aria-label") or "").startswith("¥20,000.00")
    story.sign(customer)
    customer.heading(wealth, "申购已受理")
    expect(wealth.get_by_text("20,000.00 元已从你的 Ⅱ类户扣下")).to_be_visible()
    order = story.order_shown(wealth)

    export(running, order, file)
    anchors, root = write_anchors(running, file.parent)
    # from here on: no database, no server, no settings; only the file and two anchors
    alone = auditors_shell()
    proved = evidence(alone, "verify", str(file), "--anchor", str(anchors), "--root", str(root), "--json")
    assert proved.returncode == 0, proved.stdout
    links = [link["name"] for link in json.loads(proved.stdout)["links"]]
    wanted = "file seal chain checkpoint bundle device request approval display money outcome"
    assert links == wanted.split()
    assert "wealth 1.0.0" in proved.stdout
    one_file = verify_with_one_file(file, anchors)
    assert (one_file.returncode, "CNY 20000.00" in one_file.stdout) == (0, True), one_file.stdout
    assert flipped_bytes_that_pass(file.read_bytes()) == []
    broken = call(commands, "verify", str(broken_copy(file)))
    assert (broken.returncode, broken.stdout.split(":")[0]) == (1, "BROKEN at link file")

    period, mark = file.with_name("period.json"), file.with_name("mark.json")
    assert running.call("period", "--out", str(period), command=commands).returncode == 0
    assert running.call("checkpoint", "--out", str(mark), command=commands).returncode == 0
    assert call(commands, "verify", str(period), "--anchor", str(anchors)).returncode == 0
    kept = (word for one in (period, mark, file) for word in ("--kept", str(one)))
    checked = running.call("check", *kept, command=commands)
    assert (checked.returncode, "nothing is wrong" in checked.stdout) == (0, True), checked.stdout + checked.stderr


@pytest.mark.timeout(300)
def test_money_goes_out_the_statement_stays_and_another_card_is_bound(
    running: Running, person: Callable[..., Person], file: Path
) -> None:
    customer = person()
    who = running.sample("林初夏")
    accounts = story.open_account(customer, who)
    story.fund(customer, accounts, "30000")
    customer.press(accounts, "回到账户")
    story.ask_to_move_out(customer, accounts, "12000")
    shown = customer.dialog.inner_text()
    assert all(text in shown for text in (story.PHRASE, "12,000.00", "人民币壹万贰仟元整", "accounts 1.0.0"))
    story.sign(customer)
    customer.heading(accounts, "已转出")
    transfer = story.order_shown(accounts, "mov")

    export(running, transfer, file)
    anchors, _ = write_anchors(running, file.parent)
    proved = call(commands, "verify", str(file), "--anchor", str(anchors))
    assert (proved.returncode, "accounts 1.0.0" in proved.stdout) == (0, True), proved.stdout

    customer.press(accounts, "回到账户")
    expect(accounts.get_by_text("18,000.00").first).to_be_visible(timeout=SECONDS)
    name, content = story.export_month(customer, accounts)
    assert name.endswith(".csv")
    assert {"12000.00", "30000.00", "18000.00"} <= set(re.findall(r"\d+\.\d\d", content))

    customer.home()
    accounts = customer.open("Ⅱ类户", "accounts")
    (second,) = who["also"]
    old, new = (f"{card['bankZh']}（{card['card'][-4:]}）" for card in (who, second))
    story.ask_for_another_card(customer, accounts, old, second["card"])
    slip = customer.dialog.inner_text()
    assert all(f"{card['bankZh']} **** {card['card'][-4:]}" in slip for card in (who, second))
    story.sign(customer)
    customer.heading(accounts, "绑定卡已更换")
    expect(accounts.get_by_text(f"今后转入转出用{new}。")).to_be_visible()
    change = story.order_shown(accounts, "agr")
    changed = file.with_name("change.json")
    export(running, change, changed)
    proved = call(commands, "verify", str(changed), "--anchor", str(anchors))
    assert (proved.returncode, "No money moved" in proved.stdout) == (0, True), proved.stdout
    one_file = verify_with_one_file(changed, anchors)
    assert one_file.returncode == 0, one_file.stdout
    customer.press(accounts, "回到账户")
    story.fund(customer, accounts, "10000")
    customer.press(accounts, "回到账户")
    expect(accounts.get_by_text("28,000.00").first).to_be_visible(timeout=SECONDS)


def broken_copy(file: Path) -> Path:
    """A copy with one bit of its first byte turned over."""
    data = bytearray(file.read_bytes())
    data[0] ^= 1
    copy = file.with_name("broken.json")
    copy.write_bytes(data)
    return copy


def flipped_bytes_that_pass(data: bytes) -> list[int]:
    """Turn one bit over at many places of a real export; give those that verification did not notice."""
    chance = random.Random(len(data))
    passed = []
    for place in chance.sample(range(len(data)), FLIPS):
        copy = bytearray(data)
        copy[place] ^= 1 << chance.randrange(8)
        with suppress(EvidenceError):
            verify_export(bytes(copy))
            passed.append(place)
    return passed


def test_cancelling_moves_no_money_and_the_words_say_so(running: Running, person: Callable[..., Person]) -> None:
    customer = person()
    who = running.sample("沈越")
    accounts = story.open_account(customer, who)
    story.fund(customer, accounts, "30000")
    customer.press(accounts, "回到账户")
    wealth = story.assess(customer, accounts)
    story.ask_to_buy(customer, wealth, "稳盈 90 天持有", "10000")
    customer.page.keyboard.press("Escape")
    customer.heading(wealth, "你取消了申购")
    expect(wealth.get_by_text("钱没有动")).to_be_visible()
    expect(customer.dialog).to_have_count(0)
    customer.home()
    accounts = customer.open("Ⅱ类户", "accounts")
    expect(accounts.get_by_text("30,000.00").first).to_be_visible(timeout=SECONDS)


def test_what_was_prepared_opens_offline_and_says_so(person: Callable[..., Person]) -> None:
    customer = person()
    customer.wait_until_installed()
    customer.offline = True
    customer.context.set_offline(True)
    page = customer.open("Ⅱ类户", "accounts")
    expect(page.get_by_text("没有网络").first).to_be_visible(timeout=SECONDS)
    customer.context.set_offline(False)
    page.get_by_role("button", name="重试").click()
    expect(page.get_by_role("button", name="开始")).to_be_visible(timeout=SECONDS)
