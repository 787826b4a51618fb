"""Rules about devices without a database: until when a new one has lower limits, and which PINs anybody would guess."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

_STEPS: Final = frozenset({-1, 1})


def cooling_end(bound_at: datetime | None, cooling_until: datetime | None, hours: int) -> datetime | None:
    """Tell until when a device has lower limits; None when it is bound to nobody, so for good.

    Args:
        bound_at: when it was bound.
        cooling_until: what was decided then; None for devices bound before that was written down.
        hours: cooling-off of a newly bound device.
    """
    if cooling_until is not None or bound_at is None:
        return cooling_until
    return bound_at + timedelta(hours=hours)


def is_weak(pin: str, born: date, mobile: str) -> bool:
    """Tell whether a PIN is among the first that anybody would try.

    Args:
        pin: six digits.
        born: the customer's date of birth.
        mobile: his number.
    """
    steps = {int(right) - int(left) for left, right in pairwise(pin)}
    repeats = pin == pin[:1] * len(pin) or pin == pin[:2] * 3 or pin == pin[:3] * 2
    pairs = pin[0] == pin[1] and pin[2] == pin[3] and pin[4] == pin[5]
    dates = {born.strftime(form) for form in ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m", "%m%Y")}
    return repeats or pairs or (len(steps) == 1 and steps <= _STEPS) or pin in dates or pin in mobile
