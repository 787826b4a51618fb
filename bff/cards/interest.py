"""Interest of one cycle as pure arithmetic: layers of what was spent, eaten by repayments, times days and the rate.

A bill that is repaid in time bears none on its purchases. Otherwise each bears interest from its day of posting
until it is repaid, on the whole of it (``full``) or on what was left at the last day that counts (``remaining``).
Cash bears interest from its first day whatever is repaid when. What was carried into the bill has borne interest up to
its closing day already, so it goes on from there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from bff.cards.terms import FULL

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Layer:
    """So many fen that bear interest from a day on."""

    since: date
    fen: int


@dataclass(frozen=True, slots=True)
class Paid:
    """So many fen less from a day on."""

    on: date
    fen: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What the interest on a bill's purchases needs.

    Attributes:
        closed: its closing day.
        total_fen, repaid_fen: what it asked for, and what was repaid up to the last day that counts.
        carried_fen: principal that was in the bill before and was charged up to ``closed``, 0 when that one was repaid.
        purchases: what was posted in its cycle, oldest first; refunds of the cycle are eaten already.
    """

    closed: date
    total_fen: int
    repaid_fen: int
    carried_fen: int
    purchases: tuple[Layer, ...]


def fen_days(layers: Iterable[Layer], paid: Iterable[Paid], until: date) -> int:
    """Give fen times days from each layer's day to ``until``; repayments eat the oldest layers first."""
    left = sorted(layers, key=lambda layer: layer.since)
    days = sum(layer.fen * max((until - layer.since).days, 0) for layer in left)
    for one in sorted(paid, key=lambda one: one.on):
        left, eaten = _eat(left, one.fen)
        days -= sum(layer.fen * max((until - max(layer.since, one.on)).days, 0) for layer in eaten)
    return days


def eaten_by(layers: Sequence[Layer], fen: int) -> list[Layer]:
    """Give what is left of layers when so many fen eat the oldest first."""
    return _eat(sorted(layers, key=lambda layer: layer.since), fen)[0]


def on_purchases(bill: Bill, paid: Sequence[Paid], *, in_time: date, until: date, method: str, tolerance: int) -> int:
    """Give the fen-days of a bill's purchases.

    Args:
        bill: the bill.
        paid: what repayments and refunds took from principal since it closed.
        in_time: last day on which repaying counts as in time.
        until: closing day of the cycle in which the bill was due.
        method: ``full`` or ``remaining``.
        tolerance: fen that may be missing.
    """
    if bill.repaid_fen + tolerance >= bill.total_fen:
        return 0
    layers = [Layer(bill.closed, bill.carried_fen), *bill.purchases]
    if method == FULL:
        return fen_days(layers, paid, until)
    early = sum(one.fen for one in paid if one.on <= in_time)
    return fen_days(eaten_by(layers, early), [one for one in paid if one.on > in_time], until)


def charge(days: int, rate_ppm: int) -> int:
    """Give the interest on so many fen-days, rounded half up to the fen."""
    return (days * rate_ppm * 2 + _MILLION) // (2 * _MILLION)


def _eat(layers: Sequence[Layer], fen: int) -> tuple[list[Layer], list[Layer]]:
    left: list[Layer] = []
    eaten: list[Layer] = []
    for layer in layers:
        part = min(layer.fen, fen)
        fen -= part
        if part:
            eaten.append(Layer(layer.since, part))
        if layer.fen > part:
            left.append(Layer(layer.since, layer.fen - part))
    return left, eaten
