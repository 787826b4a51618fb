"""Keyboard, focus, insets, slow answers and the policy; test_pages.py holds every page to the rest."""

import pytest

from tests.h5bundle.apps.conftest import Open

pytestmark = pytest.mark.browser


def test_a_purchase_by_keyboard_alone(open_page: Open) -> None:
    screen = open_page("wealth", "/product/JMG-WY90", state="bound")
    screen.host("host.bank.balance = 9000000")
    screen.settle()
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
    screen.settle()
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
