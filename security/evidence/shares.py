"""Orders that are confirmed at a net value: what shares were worth, and as how many shares an amount was confirmed.

All arithmetic is exact, on fractions read from decimal texts: an amount is rounded down to the fen, shares to a step.
"""

import re
from fractions import Fraction

from security.errors import EvidenceError
from security.evidence.bodies import Confirmed, Story

_FEN = 100
_NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,8})?")


def confirmation(story: Story, link: str) -> tuple[Confirmed, int]:
    """Give the order's confirmation and the number of its entry.

    Raises:
        EvidenceError: link ``link``: there is none, or it is another order's, or was written before the order.
    """
    entry = story.file.one("order.confirmed", story.file.order, link)
    confirmed = entry.read(Confirmed, link)
    if confirmed.order_id != story.file.order:
        raise EvidenceError(link=link, detail="the confirmation is another order's")
    if entry.seq < story.placed_entry.seq:
        raise EvidenceError(link=link, detail="the order was confirmed before it was placed")
    return confirmed, entry.seq


def worth(story: Story, shares: str, before: int) -> int:
    """Give what the signed shares were worth in fen by the order's confirmation, which stands before entry ``before``.

    Raises:
        EvidenceError: link ``money``: the confirmation is of other shares, of another amount, or came later.
    """
    confirmed, seq = confirmation(story, "money")
    if seq > before:
        raise EvidenceError(link="money", detail="the money moved before the order was confirmed")
    if confirmed.shares != shares:
        raise EvidenceError(link="money", detail="the confirmed shares are not the signed ones")
    exact = _number(shares, "money") * _number(confirmed.nav, "money")
    if exact * _FEN // 1 != confirmed.amount_fen:
        raise EvidenceError(link="money", detail="the confirmed amount is not the shares times the net value")
    return confirmed.amount_fen


def check_bought(confirmed: Confirmed, amount_fen: int, link: str) -> None:
    """Hold that a purchase was confirmed as the most shares, in whole steps, that its amount buys.

    Raises:
        EvidenceError: link ``link``.
    """
    nav, shares, step = (_number(text, link) for text in (confirmed.nav, confirmed.shares, confirmed.step))
    rest = Fraction(amount_fen, _FEN) - shares * nav
    if confirmed.amount_fen != amount_fen or shares % step or not 0 <= rest < step * nav:
        raise EvidenceError(link=link, detail="the confirmed shares are not what the amount buys at the net value")


def _number(text: str, link: str) -> Fraction:
    number = Fraction(text) if _NUMBER.fullmatch(text) else Fraction(0)
    if not number:
        raise EvidenceError(link=link, detail=f"{text[:40]} is no positive decimal number")
    return number
