"""What a sign sheet and a document call things of this room, in the words that are signed or printed."""

from typing import Final

from bff.accounts.rules import CLASS_II, CLASS_III

_CLASSES: Final = {CLASS_II: "Ⅱ类户", CLASS_III: "Ⅲ类户"}


def class_name(account_class: str) -> str:
    """Give how a customer reads a class, ``Ⅱ类户``."""
    return _CLASSES[account_class]
