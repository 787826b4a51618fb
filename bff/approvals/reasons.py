"""Why the core said no, in the customer's words; the code stands beside them."""

from typing import Final

import msgspec


class Reason(msgspec.Struct, rename="camel", frozen=True):
    """A reason: its code, and what a customer may read."""

    code: str
    zh: str
    en: str


_WORDS: Final[dict[str, tuple[str, str]]] = {
    "INSUFFICIENT_FUNDS": ("账户里的钱不够。", "There was not enough money in the account."),
    "ACCOUNT_UNKNOWN": ("核心系统没有找到账户。", "The core bank did not find the account."),
    "ACCOUNT_FROZEN": ("账户现在不能动账。", "Money cannot move on the account now."),
    "CARD_UNKNOWN": ("发卡行没有找到这张卡。", "The card's bank did not find the card."),
    "AMOUNT_INVALID": ("金额不在允许的范围内。", "The amount is out of range."),
    "CANCELLED_BY_CUSTOMER": ("你撤销了这笔委托。", "You cancelled this order."),
    "PRODUCT_FAILED": ("产品没有募集成功。", "The product did not raise enough."),
    "AMOUNT_ZERO": ("这些份额不足一分钱。", "These shares were worth less than a fen."),
    "REPLACED": ("这次申请已由新的申请代替。", "A newer application took the place of this one."),
}
_OTHERS: Final = ("银行没有办成这一笔。", "The bank could not do this.")
_BACK: Final = ("款项全额退回原账户。", "The money goes back to its account in full.")
_SAFE: Final = ("钱没有动。", "No money has moved.")


def reason(code: str | None, *, money_back: bool = False) -> Reason | None:
    """Give the words of a reason's code; None for none. ``money_back``: money had moved and goes back in full."""
    if not code:
        return None
    zh, en = _WORDS.get(code, _OTHERS)
    safe = _BACK if money_back else _SAFE
    return Reason(code, zh + safe[0], f"{en} {safe[1]}")
