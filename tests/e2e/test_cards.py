"""A credit card in a real browser, from the account to a bill repaid, ending in two proofs that need no server."""

import json
import os
import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from playwright.sync_api import FrameLocator, expect
from sqlalchemy import func, select

import app
from bff.cards.models import CardAccount, CardRepayment, CardStatement
from bff.cards.room import Cards
from bff.db.engine import retried
from bff.jobs import Batches, Turn
from security.evidence import VerifiedEvidence, verify_export
from security.evidence.verify import LINKS
from tests.e2e import story
from tests.e2e.auditor import verify_with_one_file
from tests.e2e.browser import SECONDS, Person
from tests.faults.test_kill import wait_until_settled
from tests.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
MAIL_SECONDS = 40
ENVIRON = os.environ  # noqa: TID251 — the commands run in this process


class Desk:
    """Who works in the bank: its commands and jobs, in this process, on the database of the running server."""

    def __init__(self, running: Running, patch: pytest.MonkeyPatch) -> None:
        for name in [name for name in ENVIRON if name.startswith("TIDEGATE_")]:
            patch.delenv(name)
        for name, text in running.environ.items():
            patch.setenv(name, text)

    def tidegate(self, *words: str, group: click.Command = app.cli) -> str:
        done = CliRunner().invoke(group, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    @property
    def room(self) -> Cards:
        return app.open_prepared(app.read_settings()).house.cards

    def mail(self) -> None:
        """Ask the producer until the card is in the mail, as the job does every half minute."""
        work, end = self.room.work(), time.monotonic() + MAIL_SECONDS
        while "0 of 0" not in work.look_for_mail():
            assert time.monotonic() < end, "the card was never mailed"
            time.sleep(1)

    def bill(self) -> str:
        """Run the job of statements as on the day after the open cycle closes."""
        closes = self.latest(CardAccount.next_close)
        return self.run("cards.statements", closes + timedelta(days=1))

    def repay(self) -> str:
        """Run the job of automatic repayment as on the due date of the newest bill; give the repayment's number."""
        assert self.run("cards.autopay", self.latest(CardStatement.due_on)) == "1 bills sent for repayment"
        return str(self.latest(CardRepayment.repayment_id, CardRepayment.agreement_id.is_not(None)))

    def run(self, name: str, day: date) -> str:
        room = self.room
        work = next(job.work for job in room.jobs() if job.name == name)
        assert isinstance(work, Batches)
        turn = Turn(day.isoformat(), "", 0, room.given.clock())
        return retried(room.given.engine, lambda session: work.step(session, turn)).outcome

    def latest(self, column: Any, *conditions: Any) -> Any:
        asked = select(func.max(column)).where(*conditions)
        return retried(self.room.given.engine, lambda session: session.scalar(asked), writing=False)


def enter(person: Person) -> FrameLocator:
    person.home()
    return person.open("信用卡", "cards")


def fill(page: FrameLocator, **answers: str) -> None:
    for label, text in answers.items():
        page.get_by_label(label).fill(text)


def choose(page: FrameLocator, *words: str) -> None:
    for word in words:
        page.get_by_text(word, exact=True).click()


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


def activate(person: Person, page: FrameLocator) -> str:
    """Go on from the progress, hold the digits of the letter against the card, sign; give the contract's number."""
    expect(page.get_by_role("button", name="去激活")).to_be_visible(timeout=SECONDS)  # looked at again, too
    person.press(page, "去激活")
    letter = page.get_by_text(re.compile(r"信里的卡尾号是 \d{4}"))
    tail = letter.inner_text()[-4:]
    fill(page, 卡号后四位=tail)
    person.press(page, "下一步，签署合约")
    expect(person.dialog).to_have_accessible_name(re.compile("签署信用卡领用合约$"), timeout=SECONDS)
    expect(person.dialog).to_contain_text(tail)
    story.sign(person)
    expect(page.get_by_text("使用中")).to_be_visible(timeout=SECONDS)
    return shown(page, "cct")


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
    story.sign(person)
    person.heading(page, "还款成功")
    return shown(page, "rep")


def agree(person: Person) -> str:
    """Sign the agreement on automatic repayment in full; give its number."""
    page = enter(person)
    page.get_by_role("button", name=re.compile("潮汐金卡.*使用中")).click()
    page.get_by_role("button", name=re.compile("自动还款")).click()
    person.press(page, "下一步，签约")
    story.sign(person)
    expect(page.get_by_text("协议号")).to_be_visible(timeout=SECONDS)
    return shown(page, "agr")


def shown(page: FrameLocator, prefix: str) -> str:
    """Give the number that a page shows."""
    found = re.search(rf"{prefix}_[a-z2-7]{{26}}", page.locator("main").inner_text())
    assert found is not None
    return found.group()


def prove(desk: Desk, order: str, folder: Path) -> tuple[VerifiedEvidence, str]:
    """Export an order's evidence and verify the file alone, twice over; give what holds, and the last word."""
    folder.mkdir()
    file, anchors = folder / "order.evidence.json", folder / "audit.jwks.json"
    desk.tidegate("export", order, "--out", str(file), group=app.evidence)
    anchors.write_text(desk.tidegate("keys", "jwks", "audit-checkpoint"), encoding="utf-8")
    proved = verify_export(file.read_bytes(), root=desk.tidegate("root").encode())
    one_file = verify_with_one_file(file, anchors)
    assert one_file.returncode == 0, one_file.stdout + one_file.stderr
    assert [link.name for link in proved.links] == list(LINKS)
    return proved, one_file.stdout


def test_a_card_from_the_application_to_a_bill_repaid(
    running: Running, person: Callable[..., Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, desk = person(), Desk(running, monkeypatch)
    who = running.sample("陈屿")
    accounts = story.open_account(customer, who)
    story.fund(customer, accounts, "20000")
    page = apply(customer)

    (waiting,) = json.loads(desk.tidegate("cards", "queue", "--json"))
    decided = ("--by", "chen.yu", "--why", "papers hold", "--json")
    approved = json.loads(desk.tidegate("cards", "approve", waiting["application"], *decided))
    wait_until_settled(running.var / "tidegate.db")  # the server's relay has told the producer
    expect(page.get_by_text("制卡中").first).to_be_visible(timeout=SECONDS)  # the page looks again by itself
    desk.mail()
    contract = activate(customer, page)
    expect(page.get_by_text("还没有账单，第一期")).to_be_visible()

    desk.tidegate("cards", "post", approved["card"], "--fen", "128000", "--merchant", "望潮书店")
    assert desk.bill() == "1 bills"
    repayment = repay(customer)
    page = enter(customer)
    page.get_by_role("button", name=re.compile("潮汐金卡.*使用中")).click()
    expect(page.get_by_text("已还清")).to_be_visible(timeout=SECONDS)

    _, said = prove(desk, repayment, tmp_path / "repayment")
    assert "CNY 1280.00" in said
    prove(desk, contract, tmp_path / "contract")

    agreement = agree(customer)
    desk.tidegate("cards", "post", approved["card"], "--fen", "5000", "--merchant", "望潮书店")
    assert desk.bill() == "1 bills"
    automatic = desk.repay()
    wait_until_settled(running.var / "tidegate.db")  # the server's relay has told the core
    signed, _ = prove(desk, agreement, tmp_path / "agreement")
    assert (signed.order, automatic in signed.links[-2].sentence) == (agreement, False)
    debited, said = prove(desk, automatic, tmp_path / "automatic")
    assert (debited.order, debited.rows, "cards.autopay.sign" in said) == (agreement, signed.rows, True)
    assert f"Under it order {automatic} ended DONE." in debited.links[-2].sentence
    assert "exactly CNY 50.00;" in debited.links[-2].sentence
