"""Keyboard, screen reader, large text and narrow screens."""

import pytest

from tests.h5bundle.apps.conftest import Open, Screen

pytestmark = pytest.mark.browser

PAGES = [
    ("accounts", "/", "new"),
    ("accounts", "/open", "new"),
    ("accounts", "/", "card"),
    ("accounts", "/", "open"),
    ("accounts", "/", "bound"),
    ("accounts", "/fund", "bound"),
    ("accounts", "/entries", "bound"),
    ("wealth", "/", "bound"),
    ("wealth", "/product/JMG-WY90", "bound"),
    ("wealth", "/product/JMG-JQ365", "bound"),
    ("wealth", "/assess", "bound"),
    ("wealth", "/buy/JMG-WY90", "bound"),
    ("wealth", "/orders", "bound"),
]

WIDER = """() => [document.documentElement, ...document.querySelectorAll("main, main *")]
  .filter((e) => !e.closest("svg, .hide") && e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => e.tagName + "." + e.className)"""

SMALL = """() => [...document.querySelectorAll("button, summary, label.choice, .input, a[href]")]
  .filter((e) => e.offsetParent && (e.getBoundingClientRect().height < 47.5 || e.getBoundingClientRect().width < 47.5))
  .map((e) => e.tagName + "." + e.className + ": " + e.textContent)"""

UNNAMED = """() => [...document.querySelectorAll("button, input, svg[role=img], [role=img]")]
  .filter((e) => !(e.textContent.trim() || e.getAttribute("aria-label") || (e.labels && e.labels.length)))
  .map((e) => e.outerHTML)"""


def settle(screen: Screen) -> None:
    screen.frame.locator("main .bone").first.wait_for(state="detached")
    screen.frame.locator("h1").first.wait_for(state="attached")


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.parametrize(("bundle", "at", "state"), PAGES)
def test_nothing_scrolls_sideways_at_320_pixels_and_twice_the_text(
    open_page: Open, bundle: str, at: str, state: str, locale: str
) -> None:
    screen = open_page(bundle, at, width=320, height=640, state=state, locale=locale)
    settle(screen)
    screen.frame.evaluate("document.documentElement.style.fontSize = '200%'")
    assert screen.frame.evaluate(WIDER) == []


@pytest.mark.parametrize(("bundle", "at", "state"), PAGES)
def test_targets_are_large_and_everything_has_a_name(open_page: Open, bundle: str, at: str, state: str) -> None:
    screen = open_page(bundle, at, state=state)
    settle(screen)
    assert screen.frame.evaluate(SMALL) == []
    assert screen.frame.evaluate(UNNAMED) == []
    assert screen.frame.locator("h1").count() == 1


def test_a_purchase_by_keyboard_alone(open_page: Open) -> None:
    screen = open_page("wealth", "/product/JMG-WY90", state="bound")
    screen.host("host.bank.balance = 9000000")
    settle(screen)
    keys = screen.page.keyboard
    screen.frame.locator("body").evaluate("() => window.focus()")
    for _ in range(12):
        keys.press("Tab")
        if screen.frame.evaluate("document.activeElement.textContent") == "申购":
            break
    keys.press("Enter")
    screen.heading("申购多少")
    assert screen.frame.evaluate("document.activeElement.tagName") == "H1"
    keys.press("Tab")
    keys.type("50000")
    keys.press("Enter")
    screen.heading("申购已受理")


def test_opening_by_keyboard_alone(open_page: Open) -> None:
    screen = open_page("accounts", "/open")
    keys = screen.page.keyboard
    screen.frame.get_by_label("姓名").focus()
    keys.type("陈屿")
    keys.press("Tab")
    keys.type("330106199003072816")
    keys.press("Tab")
    keys.type("13800006620")
    keys.press("Enter")
    screen.heading("输入验证码")
    keys.press("Tab")
    keys.type("482913")
    keys.press("Enter")
    screen.heading("绑定一张 Ⅰ类户的卡")


def test_the_caret_stays_where_the_customer_edits_a_grouped_number(open_page: Open) -> None:
    screen = open_page("accounts", state="card")
    card = screen.frame.get_by_label("银行卡号")
    card.fill("6222021208004417111")
    card.evaluate("(input) => input.setSelectionRange(7, 7)")
    card.focus()
    screen.page.keyboard.type("9")
    assert card.input_value() == "6222 0291 2080 0441 7111"
    assert card.evaluate("(input) => input.selectionStart") == 8


def test_the_bar_keeps_clear_of_the_home_indicator(open_page: Open) -> None:
    screen = open_page("wealth", "/product/JMG-WY90", state="bound")
    settle(screen)
    bottom = screen.frame.locator("footer button").last.evaluate(
        "(button) => innerHeight - button.getBoundingClientRect().bottom"
    )
    assert bottom >= 34


def test_slow_answers_show_blocks_and_no_figures(open_page: Open) -> None:
    screen = open_page("wealth", "/orders", state="bound")
    screen.host("host.slow = 900")
    screen.frame.evaluate("location.hash = '#/product/JMG-WY90'")
    screen.frame.locator(".bone").first.wait_for()
    assert "%" not in screen.frame.locator("main").inner_text()
    screen.frame.get_by_text("业绩比较基准（年化）").wait_for()


def test_the_policy_stops_what_a_page_must_not_do(open_page: Open) -> None:
    screen = open_page("wealth", "/orders", state="bound")
    screen.frame.evaluate("document.body.setAttribute('style', 'color: red')")
    reached = screen.frame.evaluate("fetch('./index.html').then(() => true, () => false)")
    complaints, screen.complaints[:] = list(screen.complaints), []
    assert reached is False
    assert ["style-src" in complaints[0], "connect-src" in complaints[1]] == [True, True]
