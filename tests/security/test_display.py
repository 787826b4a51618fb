from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.display import display_hash, render, uppercase_amount
from security.errors import DisplayError
from tests.security.golden import TEMPLATE, display_vectors, transaction

VECTORS = display_vectors()


def drawn(row: dict[str, Any], fields: dict[str, str] | None = None) -> str:
    template = TEMPLATE | {"rows": [{"key": "x", "label": {"zh": "x", "en": "x"}} | row]}
    return render(template=template, fields=fields or transaction(), locale="zh-CN")[0].value


def test_the_chinese_sheet_reads_as_designed() -> None:
    rows = render(template=TEMPLATE, fields=transaction(), locale="zh-CN")
    assert [row.value for row in rows[:6]] == [
        "¥50,000.00",
        "人民币伍万元整",
        "金芒果 · 稳盈 90 天持有",
        "澜江银行理财募集专户 · 尾号 0019",
        "陈屿 · Ⅱ类户（3381）",
        "R2 中低风险 · 你是 C3，匹配",
    ]
    assert rows[-1].value == "wealth 1.0.0 · 9f2c41d8…7ae0e41b"


def test_the_english_sheet_reads_as_designed() -> None:
    values = {row.key: row.value for row in render(template=TEMPLATE, fields=transaction(), locale="en")}
    assert values["payee"] == "澜江银行理财募集专户 · ending 0019"
    assert values["payer"] == "陈屿 · Class II (3381)"
    assert values["risk"] == "R2 lower-medium risk · you are C3, suitable"
    assert values["upper"] == "人民币伍万元整"
    assert values["device"].startswith("key ")


@pytest.mark.parametrize("row", VECTORS["refusedRows"])
def test_what_cannot_be_drawn_draws_nothing(row: dict[str, Any]) -> None:
    with pytest.raises(DisplayError):
        render(template=TEMPLATE | {"rows": [*TEMPLATE["rows"], row]}, fields=transaction(), locale="en")


@pytest.mark.parametrize(
    "template", [{}, {"rows": []}, {"rows": [5]}, {"rows": TEMPLATE["rows"][:1] * 2}, {"rows": "x"}]
)
def test_a_malformed_template_draws_nothing(template: dict[str, Any]) -> None:
    with pytest.raises(DisplayError):
        render(template=template, fields=transaction(), locale="en")


def test_another_locale_draws_nothing() -> None:
    locale: Any = "fr"
    with pytest.raises(DisplayError):
        render(template=TEMPLATE, fields=transaction(), locale=locale)


@pytest.mark.parametrize("currency", ["USD", "¥", ""])
def test_another_currency_draws_nothing(currency: str) -> None:
    with pytest.raises(DisplayError):
        drawn({"as": "money", "from": ["cur", "amt"]}, transaction() | {"cur": currency})


def test_a_hidden_character_draws_nothing() -> None:
    fields = transaction() | {"payee_name": "澜江\u202e银行"}
    with pytest.raises(DisplayError):
        drawn({"as": "payee", "from": ["payee_name", "payee"]}, fields)


def test_rows_have_a_hash_of_their_order_and_words() -> None:
    rows = render(template=TEMPLATE, fields=transaction(), locale="en")
    assert display_hash(rows) != display_hash(rows[::-1])
    assert display_hash(rows) != display_hash(rows[1:])


@pytest.mark.parametrize("amount", VECTORS["refusedAmounts"])
def test_what_is_no_amount_has_no_words(amount: str) -> None:
    with pytest.raises(DisplayError):
        uppercase_amount(amount)


DIGITS = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS = {"仟": 1000, "佰": 100, "拾": 10}


def read_back(words: str) -> Decimal:
    """Read capital numerals independently of how they are written."""
    total, section, digit = Decimal(0), 0, 0
    for letter in words.removeprefix("人民币"):
        if letter in DIGITS:
            digit = DIGITS[letter]
            continue
        if letter in UNITS:
            section += digit * UNITS[letter]
        elif letter in "万亿":
            total, section = total + (section + digit) * (10_000 if letter == "万" else 100_000_000), 0
        elif letter == "元":
            total, section = total + section + digit, 0
        elif letter in "角分":
            total += Decimal(digit) / (10 if letter == "角" else 100)
        digit = 0
    return total


@given(st.integers(0, 10**14 - 1))
def test_the_words_say_the_amount(fen: int) -> None:
    amount = f"{fen // 100}.{fen % 100:02}"
    words = uppercase_amount(amount)
    assert read_back(words) == Decimal(amount)
    assert "零零" not in words
    assert words.endswith("整") == (fen % 10 == 0)
