"""The card pages: what goes on without the customer is looked at again by itself, files, and names by language."""

import pytest
from playwright.sync_api import Page

from tests.h5bundle.apps.conftest import Open, Screen

pytestmark = pytest.mark.browser


def seen(screen: Screen, *, hidden: bool) -> None:
    """Let the page be seen, or not, as a browser tells it."""
    screen.frame.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def becomes(screen: Screen, state: str) -> None:
    """Let the bank have moved every application on."""
    screen.host(
        f"""(() => {{
          const asked = host.bank.more["cards.application.get"];
          host.bank.more["cards.application.get"] = (params) => {{
            const answer = asked(params);
            return {{ ...answer, body: {{ ...answer.body, state: "{state}", cardId: "crd_mailed" }} }};
          }};
        }})()"""
    )


def test_an_application_moves_on_when_it_is_seen_again(open_page: Open) -> None:
    screen = open_page("cards", "/progress/cap_review", state="bound")
    screen.frame.get_by_text("人工审核中").first.wait_for()
    becomes(screen, "MAILED")
    seen(screen, hidden=True)
    assert len(screen.sent("cards.application.get")) == 1
    seen(screen, hidden=False)
    screen.frame.get_by_role("button", name="去激活").wait_for()
    screen.frame.get_by_role("status").get_by_text("申请进度有更新：已寄出，待激活").wait_for()
    assert screen.frame.evaluate("document.activeElement.tagName") == "BODY"
    seen(screen, hidden=False)
    assert len(screen.sent("cards.application.get")) == 2


def test_looking_again_is_sparing_stops_and_sleeps_while_nobody_sees_it(kit: Page) -> None:
    asked = kit.evaluate(
        """async () => {
          const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
          const hide = (hidden) => {
            Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
          };
          const run = (place, options) => {
            const found = { asked: 0, drawn: [] };
            const obtain = async () => ({ state: options.states[found.asked++] || "NOW" });
            const draw = (one) => found.drawn.push(one.state);
            const open = (one) => one.state !== "END";
            kit.watch(place, { now: { state: "NOW" }, open, obtain, draw, every: options.every });
            return found;
          };
          const ended = run({ stands: true }, { every: 1, states: ["NOW", "NEXT", "NEXT", "END"] });
          const most = run({ stands: true }, { every: 1, states: [] });
          const gone = { stands: true };
          const left = run(gone, { every: 50, states: [] });
          gone.stands = false;
          await wait(600);
          const counts = [most.asked, left.asked];
          hide(true);
          const slept = run({ stands: true }, { every: 1, states: [] });
          await wait(30);
          counts.push(slept.asked, most.asked);
          hide(false);
          await wait(5);
          counts.push(slept.asked > 0, most.asked > 40);
          return [ended, counts];
        }"""
    )
    ended, counts = asked
    assert ended == {"asked": 4, "drawn": ["NEXT", "END"]}
    assert counts == [40, 0, 0, 40, True, True]


def test_a_bill_and_the_transactions_are_saved_as_files(open_page: Open) -> None:
    screen = open_page("cards", "/bill/cac_1/3", state="bound")
    screen.press("导出账单")
    screen.press("PDF 文件")
    screen.frame.get_by_text("已保存").wait_for()
    screen.frame.evaluate("location.hash = '#/entries/cac_1'")
    screen.press("导出最近 300 笔")
    screen.press("CSV 表格")
    screen.page.wait_for_function("host.calls.filter((c) => c.m === 'file.save').length === 2")
    saved = screen.host("host.calls.filter((c) => c.m === 'file.save').map((c) => c.p)")
    assert [(one["name"], one["kind"]) for one in saved] == [("信用卡账单2026-11-08", "pdf"), ("信用卡交易明细", "csv")]
    (asked,) = screen.sent("cards.bill.pdf")
    assert asked["params"] == {"accountId": "cac_1", "cycle": "3"}


def test_the_english_pages_name_the_cards_in_english(open_page: Open) -> None:
    screen = open_page("cards", state="bound", locale="en")
    screen.frame.get_by_text("Tide Gold 潮汐金卡").first.wait_for()
    screen.frame.get_by_text("Tide Platinum 潮汐白金卡").first.wait_for()
