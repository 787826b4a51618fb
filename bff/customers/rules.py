"""Rules about a person's particulars: what a valid name, ID number and mobile are, and how each is masked."""

import re
import unicodedata
from datetime import date, datetime
from typing import Final

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_2

from bff.customers.errors import IdChecksumError, MobileInvalidError, NameInvalidError

_ID: Final = re.compile(r"[1-9][0-9]{16}[0-9X]")
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_NAME: Final = re.compile(r"[\w][\w .'·-]{0,58}[\w.]")
_DIGITS: Final = re.compile(r"[0-9_]")
_PROVINCES: Final = frozenset(
    str(code)
    for codes in (
        range(11, 16),
        range(21, 24),
        range(31, 38),
        range(41, 47),
        range(50, 55),
        range(61, 66),
        (71, 81, 82, 83),
    )
    for code in codes
)


def clean_name(text: str) -> str:
    """Give the name in NFC without outer spaces.

    Raises:
        NameInvalidError: it is no name.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not _NAME.fullmatch(name) or _DIGITS.search(name):
        raise NameInvalidError(element="name")
    return name


def clean_mobile(text: str) -> str:
    """Give the eleven digits of a mainland mobile number.

    Raises:
        MobileInvalidError: it is none.
    """
    mobile = text.replace(" ", "").removeprefix("+86")
    if not _MOBILE.fullmatch(mobile):
        raise MobileInvalidError(element="mobile")
    return mobile


def clean_id_number(text: str, today: date) -> str:
    """Give the 18 characters of a resident's ID number (GB 11643): shape, real date of birth, MOD 11-2 check digit.

    Raises:
        IdChecksumError: one of them is wrong.
    """
    number = text.replace(" ", "").upper()
    if not _ID.fullmatch(number):
        raise IdChecksumError(element="idNumber", detail="an ID number has 17 digits and a check character")
    try:
        mod_11_2.validate(number)
    except ValidationError:
        raise IdChecksumError(element="idNumber", detail="the check character is wrong") from None
    if not date(1900, 1, 1) <= birth_date(number) <= today:
        raise IdChecksumError(element="idNumber", detail="the date of birth lies outside of living memory")
    return number


def birth_date(id_number: str) -> date:
    """Give the date of birth that an ID number states.

    Raises:
        IdChecksumError: there is no such day.
    """
    try:
        return datetime.strptime(id_number[6:14], "%Y%m%d").date()  # noqa: DTZ007 a date of birth has no timezone
    except ValueError:
        raise IdChecksumError(element="idNumber", detail="there is no such date of birth") from None


def region_is_known(id_number: str) -> bool:
    """Tell whether the number starts with a province's code: a soft sign, since codes come and go."""
    return id_number[:2] in _PROVINCES


def age(born: date, today: date) -> int:
    """Give the completed years of life."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def mask_name(name: str) -> str:
    """Give ``陈*``."""
    return name[0] + "*" * min(max(len(name) - 1, 1), 2)


def mask_id_number(number: str) -> str:
    """Give ``3301 **** 2816``."""
    return f"{number[:4]} **** {number[-4:]}"


def mask_mobile(mobile: str) -> str:
    """Give ``138 **** 6620``."""
    return f"{mobile[:3]} **** {mobile[-4:]}"
