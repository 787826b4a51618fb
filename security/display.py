"""What the sign sheet shows: rows drawn from a template and the frozen transaction, the same in Python and JavaScript.

Invariant: a row shows nothing that is not in the signed fields or in the template whose hash is signed. What cannot be
drawn is an error, and then nothing is drawn. ``native_bridge/vectors/display.json`` holds both twins to the same rows.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from security.approvals import FROZEN, memo_decode, read_bundle
from security.encoding import canonical_json, clean_text, digest
from security.errors import ApprovalError, DisplayError, EncodingError

Locale: TypeAlias = Literal["zh-CN", "en"]
LOCALES: Final = ("zh-CN", "en")


class Row(NamedTuple):
    """One line of the sheet."""

    key: str
    label: str
    value: str


_AMOUNT = re.compile(r"([0-9]{1,12})\.([0-9]{2})")
_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("仟", "佰", "拾", "")
_GROUPS: Final = ("亿", "万", "")
_SYMBOLS: Final = {"CNY": "¥"}
_RISKS: Final = {
    "R1": ("低", "low"),
    "R2": ("中低", "lower-medium"),
    "R3": ("中", "medium"),
    "R4": ("中高", "upper-medium"),
    "R5": ("高", "high"),
}
_LEVELS: Final = ("C1", "C2", "C3", "C4", "C5")
_TAIL: Final = 4
_LANGUAGES: Final = ("zh", "en")
_MEMO_SOURCE = re.compile(r"memo\.[a-z_]+")
_ROW_MEMBERS: Final = frozenset({"key", "label", "as", "from", "text"})


def template_hash(template: Mapping[str, Any]) -> str:
    """Give the hex SHA-256 of the template's canonical JSON, as ``tmpl`` carries it after ``#``."""
    return digest(canonical_json(template))


def display_hash(rows: Sequence[Row]) -> str:
    """Give the hex SHA-256 of the rows as canonical JSON ``[[key, label, value], …]``."""
    return digest(canonical_json([list(row) for row in rows]))


def render(*, template: Mapping[str, Any], fields: Mapping[str, str], locale: Locale) -> tuple[Row, ...]:
    """Draw the rows.

    Args:
        template: ``{id, title, rows: [{key, label, as, from, text?}]}``.
        fields: at least the frozen fields to which the template points.
        locale: ``zh-CN`` or ``en``.

    Raises:
        DisplayError: the template or a field cannot be drawn.
    """
    if locale not in LOCALES:
        raise DisplayError(detail=f"no locale {locale!r}")
    try:
        rows = tuple(_row(entry, fields, locale) for entry in template["rows"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DisplayError(detail=f"the template is malformed: {type(error).__name__}") from error
    except (ApprovalError, EncodingError) as error:
        raise DisplayError(detail=f"a field cannot be drawn: {error.detail}") from error
    if not rows or len({row.key for row in rows}) != len(rows):
        raise DisplayError(detail="a template has rows, each with its own key")
    return rows


def check_rows(template: Mapping[str, Any]) -> None:
    """Hold a template's rows to what ``render`` takes, before any transaction is there to be drawn.

    Raises:
        DisplayError: a row has not the members, the texts or the sources of its kind, or its key is another row's; the
            detail names the row.
    """
    rows = template["rows"]
    if not isinstance(rows, list) or not rows:
        raise DisplayError(detail="rows: a template has some")
    for number, entry in enumerate(rows):
        try:
            _check_row(entry)
        except (KeyError, TypeError, AttributeError) as error:
            raise DisplayError(detail=f"rows[{number}]: a member is missing or of another kind ({error})") from error
        except (DisplayError, EncodingError) as error:
            raise DisplayError(detail=f"rows[{number}]: {error.detail}") from error
    if len({entry["key"] for entry in rows}) != len(rows):
        raise DisplayError(detail="rows: each has its own key")


def uppercase_amount(amount: str) -> str:
    """Write an amount in the capital numerals of Chinese bills: ``50000.00`` gives ``人民币伍万元整``.

    Args:
        amount: fixed-scale, two decimals, below 10^12.

    Raises:
        DisplayError: it is no such amount.
    """
    match = _AMOUNT.fullmatch(amount)
    if match is None:
        raise DisplayError(detail="not an amount")
    whole, cents = match.groups()
    yuan = _yuan(whole.zfill(12))
    jiao, fen = (int(digit) for digit in cents)
    text = f"{yuan}元" if yuan else ""
    text += f"{_DIGITS[jiao]}角" if jiao else ("零" if yuan and fen else "")
    text += f"{_DIGITS[fen]}分" if fen else "整"
    return f"人民币{'零元整' if text == '整' else text}"


def _yuan(whole: str) -> str:
    text = ""
    for index, unit in enumerate(_GROUPS):
        group = whole[4 * index : 4 * index + 4]
        if int(group):
            gap = bool(text) and (group[0] == "0" or text.endswith("零"))
            text = text.rstrip("零") + ("零" if gap else "") + _group(group) + unit
        elif text:
            text = text.rstrip("零") + "零"
    return text.rstrip("零")


def _group(group: str) -> str:
    text = ""
    for digit, place in zip(group, _PLACES, strict=True):
        if digit != "0":
            text += _DIGITS[int(digit)] + place
        elif text and not text.endswith("零"):
            text += "零"
    return text.rstrip("零")


def _row(entry: Mapping[str, Any], fields: Mapping[str, str], locale: Locale) -> Row:
    if not set(entry) <= _ROW_MEMBERS:
        raise DisplayError(detail="a row has unknown members")
    kind, language = entry["as"], _language(locale)
    if kind == "warning":
        if entry["from"] != []:
            raise DisplayError(detail="a warning shows its own text only")
        value = entry["text"][language]
    else:
        drawer, count = _DRAWERS.get(kind, (None, 0))
        if not isinstance(entry["from"], list):
            raise DisplayError(detail="sources stand in a list")
        values = [_value(source, fields) for source in entry["from"]]
        if drawer is None or len(values) != count or "text" in entry:
            raise DisplayError(detail=f"row {entry['key']!r} cannot be drawn as {kind!r}")
        value = drawer(values, language)
    return Row(*(clean_text(text) for text in (entry["key"], entry["label"][language], value)))


def _check_row(entry: Mapping[str, Any]) -> None:
    kind, sources = entry["as"], entry["from"]
    if set(entry) - _ROW_MEMBERS:
        raise DisplayError(detail="a row has unknown members")
    if not isinstance(sources, list):
        raise DisplayError(detail="sources stand in a list")
    count = 0 if kind == "warning" else _DRAWERS.get(kind, (None, -1))[1]
    if len(sources) != count or ("text" in entry) != (kind == "warning"):
        raise DisplayError(detail=f"it cannot be drawn as {kind!r}")
    for source in sources:
        if source not in FROZEN and not _MEMO_SOURCE.fullmatch(source):
            raise DisplayError(detail=f"no field {source!r}")
    texts = [entry["key"], *(entry["label"][language] for language in _LANGUAGES)]
    if kind == "warning":
        texts += [entry["text"][language] for language in _LANGUAGES]
    for text in texts:
        clean_text(text)


def _language(locale: Locale) -> str:
    return "zh" if locale == "zh-CN" else "en"


def _value(source: str, fields: Mapping[str, str]) -> str:
    holder, name = (memo_decode(fields["memo"]), source[5:]) if source.startswith("memo.") else (fields, source)
    if (holder is fields and name not in FROZEN) or name not in holder:
        raise DisplayError(detail=f"no field {source!r}")
    return holder[name]


def money_text(currency: str, amount: str) -> str:
    """Give ``¥50,000.00``, as a customer reads it.

    Raises:
        DisplayError: the currency has no symbol, or it is no amount.
    """
    if currency not in _SYMBOLS:
        raise DisplayError(detail="the currency has no symbol")
    uppercase_amount(amount)
    whole, _, cents = amount.partition(".")
    return f"{_SYMBOLS[currency]}{int(whole):,}.{cents}"


def _money(values: Sequence[str], _lang: str) -> str:
    return money_text(*values)


def _upper(values: Sequence[str], _lang: str) -> str:
    return uppercase_amount(values[0])


def _text(values: Sequence[str], _lang: str) -> str:
    return values[0]


def _payee(values: Sequence[str], lang: str) -> str:
    name, account = values
    word = "尾号" if lang == "zh" else "ending"
    return f"{name} · {word} {account[-_TAIL:]}"


def _payer(values: Sequence[str], lang: str) -> str:
    name, account = values
    return f"{name} · Ⅱ类户（{account[-_TAIL:]}）" if lang == "zh" else f"{name} · Class II ({account[-_TAIL:]})"


def _risk(values: Sequence[str], lang: str) -> str:
    risk, level = values
    if risk not in _RISKS or level not in _LEVELS:
        raise DisplayError(detail="no such risk or level")
    suits, (name_zh, name_en) = level[1] >= risk[1], _RISKS[risk]
    if lang == "zh":
        return f"{risk} {name_zh}风险 · 你是 {level}，{'匹配' if suits else '不匹配'}"
    return f"{risk} {name_en} risk · you are {level}, {'suitable' if suits else 'not suitable'}"


def _device(values: Sequence[str], lang: str) -> str:
    word = "密钥" if lang == "zh" else "key"
    return f"{word} {values[0][:4]} {values[0][4:8]}"


def _bundle(values: Sequence[str], _lang: str) -> str:
    name = read_bundle(values[0])
    return f"{name.bundle} {name.version} · {name.digest[:8]}…{name.digest[-8:]}"


_Drawer: TypeAlias = Callable[[Sequence[str], str], str]
_DRAWERS: Final[Mapping[str, tuple[_Drawer, int]]] = {
    "money": (_money, 2),
    "upper": (_upper, 1),
    "text": (_text, 1),
    "payee": (_payee, 2),
    "payer": (_payer, 2),
    "risk": (_risk, 2),
    "device": (_device, 1),
    "bundle": (_bundle, 1),
    "date": (_text, 1),
}
"""How each ``as`` is drawn, and how many sources it takes."""
