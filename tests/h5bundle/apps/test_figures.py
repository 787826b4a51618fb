"""Money and dates as the pages write them, asked of the real module in the browser."""

from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def figure(kit: Page, expression: str, locale: str = "zh-CN") -> Any:
    return kit.evaluate(f"(kit.speak('{locale}'), kit.{expression})")


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "¥0.00"),
        (5, "¥0.05"),
        (99, "¥0.99"),
        (100, "¥1.00"),
        (5000000, "¥50,000.00"),
        (-123456789, "−¥1,234,567.89"),
        (900719925474099, "¥9,007,199,254,740.99"),
    ],
)
def test_money(kit: Page, fen: int, text: str) -> None:
    assert figure(kit, f"money({fen})") == text


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("50000", 5000000),
        ("50,000.5", 5000050),
        ("0.29", 29),
        ("1.1", 110),
        ("4.35", 435),
        ("¥ 20 000", 2000000),
        ("99999999999.99", 9999999999999),
        ("0", 0),
        ("", None),
        ("-5", None),
        ("1e5", None),
        ("1.234", None),
        (".5", None),
        ("5.", None),
        ("١٢٣", None),
        ("999999999999", None),
    ],
)
def test_what_is_typed_becomes_whole_fen_or_nothing(kit: Page, typed: str, fen: int | None) -> None:
    assert kit.evaluate("(text) => kit.parseYuan(text)", typed) == fen


@pytest.mark.parametrize(
    ("expression", "zh", "en"),
    [
        ("day('2026-12-08')", "12月8日", "8 Dec"),
        ("day('2027-02-22')", "2027年2月22日", "22 Feb 2027"),
        ("fullDay('2026-12-08')", "2026年12月8日 周二", "Tue 8 Dec 2026"),
        ("moment('2026-11-20T06:02:00Z')", "今日 14:02", "Today 14:02"),
        ("moment('2026-11-19T16:30:00Z')", "今日 00:30", "Today 00:30"),
        ("moment('2026-11-19T15:30:00Z')", "昨日 23:30", "Yesterday 23:30"),
        ("moment('2026-11-14T04:00:00Z')", "周六 12:00", "Sat 12:00"),
        ("moment('2026-11-02T02:24:00Z')", "11月2日 10:24", "2 Nov 10:24"),
        ("before('2026-11-20T07:00:00Z')", "今日 15:00 前", "Before 15:00, today"),
        ("before('2026-11-23T07:00:00Z')", "11月23日 15:00 前", "Before 15:00, 23 Nov"),
        ("quotaMoney(17400000000)", "1.74 亿", "¥174.00 million"),
        ("quotaMoney(12345600)", "12.35 万", "¥0.12 million"),
        ("signedMoney(214)", "+2.14", "+2.14"),
        ("signedMoney(-1153928)", "−11,539.28", "−11,539.28"),
        ("wholeMoney(1000000)", "10,000", "10,000"),
        ("wholeMoney(50)", "0.50", "0.50"),
        ("wholeMoney(-250000)", "−2,500", "−2,500"),
        ("monthText('2026-11')", "2026年11月", "Nov 2026"),
        ("monthBy('2026-11', 2)", "2027-01", "2027-01"),
        ("monthNow()", "2026-11", "2026-11"),
        ("monthNow(Date.parse('2026-11-30T16:00:00Z'))", "2026-12", "2026-12"),
        ("monthDays('2028-02').to", "2028-02-29", "2028-02-29"),
        ("shortDay('2026-11-20')", "11-20", "11-20"),
    ],
)
def test_dates_and_figures_in_both_languages(kit: Page, expression: str, zh: str, en: str) -> None:
    assert (figure(kit, expression), figure(kit, expression, "en")) == (zh, en)


def test_card_and_identity_groups(kit: Page) -> None:
    assert kit.evaluate("kit.byFour('6222021208004417935')") == "6222 0212 0800 4417 935"
    assert kit.evaluate("kit.asIdentity('33010619900307281X')") == "330106 19900307 281X"
    assert kit.evaluate("kit.asMobile('13800006620')") == "138 0000 6620"
    assert kit.evaluate("kit.identityCharacters('330106 19900307-281x')") == "33010619900307281X"
