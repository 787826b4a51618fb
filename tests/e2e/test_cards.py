"""A credit card in a real browser, from the account to a bill repaid, ending in two proofs that need no server."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, expect

from security.evidence import verify_export
from tests.e2e import story
from tests.e2e.auditor import auditors_shell, evidence, tidegate, verify_with_one_file, write_anchors
from tests.e2e.browser import SECONDS, Person
from tests.running import ROOT, Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MAIL_SECONDS = 40


def overnight(running: Running, what: str) -> str:
    """Let the bank do at once what it does overnight."""
    command = [sys.executable, "-m", "tests.e2e.cards_night", what]
    return subprocess.run(command, cwd=ROOT, env=running.environ, check=True, capture_output=True, text=True).stdout


def enter(person: Person) -> FrameLocator:
    person.home()
    return person.open("信用卡", "cards")


def fill(page: FrameLocator, **answers: str) -> None:
    for label, text in answers.items():
        page.get_by_label(label).fill(text)


def choose(page: FrameLocator, *words: str) -> None:
    for word in words:
        page.get_by_text(word, exact=True).click()


def confirm(person: Person) -> None:
    """Verify by the PIN on the bank's own sheet."""
    person.dialog.get_by_role("button", name="改用交易密码").click()
    person.type_pin()


def apply(person: Person) -> FrameLocator:
    """Apply for a card: leave in the middle of the second section, come back, and go on with what was typed."""
    page = enter(person)
    page.get_by_role("button", name=re.compile("潮汐金卡")).click()
    person.press(page, "申请这张卡")
    person.heading(page, "工作")
    choose(page, "受雇")
    fill(page, 单位名称="澜江书店", 在现单位年数="4")
    person.press(page, "下一步")
    person.heading(page, "收入")
    fill(page, 税前年收入="240000")
    choose(page, "工资")
    page = enter(person)
    page.get_by_role("button", name=re.compile("没有填完")).click()
    person.heading(page, "收入")
    expect(page.get_by_label("税前年收入")).to_have_value(re.compile("^240,?000"), timeout=SECONDS)
    choose(page, "租住")
    person.press(page, "下一步")
    person.heading(page, "住址")
    fill(page, **{"省、市、区": "浙江省杭州市上城区", "详细地址": "望潮路 1 号", "邮编": "310000"})
    person.press(page, "下一步")
    person.heading(page, "寄卡地址")
    choose(page, "住址")
    person.press(page, "下一步")
    person.heading(page, "联系人")
    fill(page, 联系人姓名="林初夏", 联系人手机号="13800003157")
    choose(page, "朋友")
    person.press(page, "下一步")
    person.heading(page, "授权和合约")
    for title in ("个人征信查询授权书", "信用卡领用合约"):
        page.get_by_text(f"我已阅读并同意《{title}》").click()
    person.press(page, "提交申请")
    expect(page.get_by_text("人工审核中").first).to_be_visible(timeout=SECONDS)
    return page


def activate(person: Person) -> tuple[FrameLocator, str]:
    """Hold the digits of the letter against the card and sign the contract; give the contract's number."""
    page = enter(person)
    page.get_by_role("button", name=re.compile("待激活")).click()
    letter = page.get_by_text(re.compile(r"信里的卡尾号是 \d{4}"))
    tail = letter.inner_text()[-4:]
    fill(page, 卡号后四位=tail)
    person.press(page, "下一步，签署合约")
    expect(person.dialog).to_contain_text("签署信用卡领用合约", timeout=SECONDS)
    expect(person.dialog).to_contain_text(tail)
    confirm(person)
    expect(page.get_by_text("使用中")).to_be_visible(timeout=SECONDS)
    return page, shown(page, "cct")


def repay(person: Person) -> str:
    """Repay the newest bill in full, from the bill's own page; give the repayment's number."""
    page = enter(person)
    page.get_by_role("button", name=re.compile("潮汐金卡.*使用中")).click()
    expect(page.get_by_text("1,280.00").first).to_be_visible(timeout=SECONDS)
    person.press(page, "看账单")
    person.heading(page, re.compile("账单$"))
    expect(page.get_by_text("望潮书店")).to_be_visible(timeout=SECONDS)
    person.press(page, "还款")
    expect(page.get_by_label("还款金额（元）")).to_have_value("1,280.00", timeout=SECONDS)
    person.press(page, "下一步，确认还款")
    expect(person.dialog).to_contain_text("1,280.00", timeout=SECONDS)
    confirm(person)
    person.heading(page, "还款成功")
    return shown(page, "rep")


def shown(page: FrameLocator, prefix: str) -> str:
    """Give the number that a page shows."""
    found = re.search(rf"{prefix}_[a-z2-7]{{26}}", page.locator("main").inner_text())
    assert found is not None
    return found.group()


def prove(running: Running, order: str, folder: Path) -> list[str]:
    """Export an order's evidence and verify it three ways from the file alone; give the links that hold."""
    folder.mkdir()
    file = folder / "order.evidence.json"
    done = evidence(running.environ, "export", order, "--out", str(file))
    assert done.returncode == 0, done.stderr
    anchors, root = write_anchors(running, folder)
    verify_export(file.read_bytes())
    given = ("verify", str(file), "--anchor", str(anchors), "--root", str(root), "--json")
    proved = evidence(auditors_shell(), *given)
    assert proved.returncode == 0, proved.stdout + proved.stderr
    one_file = verify_with_one_file(file, anchors)
    assert one_file.returncode == 0, one_file.stdout + one_file.stderr
    return [link["name"] for link in json.loads(proved.stdout)["links"]]


def test_a_card_from_the_application_to_a_bill_repaid(
    running: Running, person: Callable[..., Person], tmp_path: Path
) -> None:
    customer = person()
    who = next(row for row in running.samples() if row["name"] == "陈屿")
    accounts = story.open_account(customer, who)
    story.fund(customer, accounts, "20000")
    apply(customer)

    (waiting,) = json.loads(tidegate(running, "cards", "queue", "--json").stdout)
    decided = ("--by", "chen.yu", "--why", "papers hold", "--json")
    approved = json.loads(tidegate(running, "cards", "approve", waiting["application"], *decided).stdout)
    end = time.monotonic() + MAIL_SECONDS
    while not overnight(running, "mail").startswith("1 of 1"):
        assert time.monotonic() < end, "the card was never mailed"
        time.sleep(1)
    page, contract = activate(customer)
    expect(page.get_by_text("第一期")).to_be_visible()

    tidegate(running, "cards", "post", approved["card"], "--fen", "128000", "--merchant", "望潮书店")
    assert overnight(running, "bill") == "1 bills\n"
    repayment = repay(customer)
    page = enter(customer)
    page.get_by_role("button", name=re.compile("潮汐金卡.*使用中")).click()
    expect(page.get_by_text("已还清")).to_be_visible(timeout=SECONDS)

    links = "file seal chain checkpoint bundle device request approval display money outcome".split()
    assert prove(running, repayment, tmp_path / "repayment") == links
    assert prove(running, contract, tmp_path / "contract") == links
