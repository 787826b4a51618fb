"""Net values, shares and amounts: pure arithmetic in integers, rounded down, the rest stated.

A net value is counted in ten-thousandths of a yuan, shares in hundredths of a share, money in fen.
"""

import re
from typing import Final, NamedTuple

NAV_UNIT: Final = 10_000
SHARE_UNIT: Final = 100
FEN: Final = 100
_NAV = re.compile(r"([0-9]{1,6})\.([0-9]{4})")
_SHARES = re.compile(r"(0|[1-9][0-9]{0,11})\.([0-9]{2})")


class Bought(NamedTuple):
    """What an amount became: shares in hundredths, and the fen that bought none."""

    shares: int
    rest_fen: int


def bought(amount_fen: int, nav: int, step: int) -> Bought:
    """Give the most shares, in multiples of ``step`` hundredths, that an amount buys.

    Args:
        amount_fen: what was paid.
        nav: net value in ten-thousandths, positive.
        step: the rule's step in hundredths of a share.

    Returns:
        The shares, and what they cost less than the amount, in whole fen rounded down.
    """
    hundredths = amount_fen * NAV_UNIT * SHARE_UNIT // (nav * FEN)
    shares = hundredths - hundredths % step
    return Bought(shares, (amount_fen * NAV_UNIT * SHARE_UNIT - shares * nav * FEN) // (NAV_UNIT * SHARE_UNIT))


def worth(shares: int, nav: int) -> int:
    """Give what shares are worth, floor(shares × net value) to the fen."""
    return shares * nav * FEN // (SHARE_UNIT * NAV_UNIT)


def cost_of(cost_fen: int, shares: int, part: int) -> int:
    """Give which part of a position's cost goes with ``part`` of its ``shares``; all of it with the last one."""
    return cost_fen * part // shares


def nav_text(nav: int) -> str:
    """Write ``1.0143``."""
    return f"{nav // NAV_UNIT}.{nav % NAV_UNIT:04d}"


def read_nav(text: str) -> int:
    """Read ``1.0143``.

    Raises:
        ValueError: it is no positive number with four decimals.
    """
    match = _NAV.fullmatch(text)
    value = int(match[1]) * NAV_UNIT + int(match[2]) if match else 0
    if value == 0:
        message = f"{text!r} is no net value: a positive number with four decimals, such as 1.0143"
        raise ValueError(message)
    return value


def shares_text(shares: int) -> str:
    """Write ``49295.07``."""
    return f"{shares // SHARE_UNIT}.{shares % SHARE_UNIT:02d}"


def read_shares(text: str) -> int:
    """Read ``49295.07``.

    Raises:
        ValueError: it is no number with two decimals.
    """
    match = _SHARES.fullmatch(text)
    if match is None:
        message = f"{text!r} is no number of shares with two decimals"
        raise ValueError(message)
    return int(match[1]) * SHARE_UNIT + int(match[2])
