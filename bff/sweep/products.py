"""What a sweep product is: its definition, its funds and accounts, and the family it forms in the warehouse."""

from pathlib import Path
from typing import Final, Literal

import msgspec

from bff.products.definitions import Definition, Family, Words

_HIGHEST_RISK: Final = 5
OPEN: Final = "OPEN"
PAUSED: Final = "PAUSED"
"""No purchases are taken; redemptions go on."""


class ShareClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One share class: its fund code, and its name."""

    fund: str
    name: str


class BankAccounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The accounts at the core: the fund's, the bank's advance, where income comes from, and where residues go."""

    fund: str
    fund_name: str
    advance: str
    advance_name: str
    income: str
    rounding: str


class SweepDefinition(Definition, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One version of one sweep product.

    Attributes:
        terms: version of what a customer signs.
        income_from: day from which shares earn: the day on which their purchase is confirmed.
        earns_until: a redemption's last day of income: the day before it is paid.
        minimum_fen, step_fen: of a purchase; floor_default_fen: what a form proposes to keep.
        classes: share classes, the one that agreements sweep into first.
    """

    category: Words
    issuer: Words
    warning: Words
    issuer_rating: int
    seller_rating: int
    terms: str
    income_from: Literal["confirmation"]
    earns_until: Literal["day_before_payment"]
    minimum_fen: int
    step_fen: int
    floor_default_fen: int
    accounts: BankAccounts
    classes: tuple[ShareClass, ...]

    def __post_init__(self) -> None:
        """Refuse figures that contradict each other."""
        if not all(1 <= rating <= _HIGHEST_RISK for rating in (self.issuer_rating, self.seller_rating)):
            message = "ratings run from 1 to 5"
            raise ValueError(message)
        if min(self.minimum_fen, self.step_fen) <= 0 or self.floor_default_fen < 0:
            message = "minimum and step are positive, the floor is not negative"
            raise ValueError(message)
        if not self.classes or len(set(self.funds)) != len(self.classes):
            message = "a product has share classes, each with a fund code of its own"
            raise ValueError(message)

    @property
    def risk_name(self) -> str:
        """Give ``R1``: the higher of the two ratings."""
        return f"R{max(self.issuer_rating, self.seller_rating)}"

    @property
    def funds(self) -> tuple[str, ...]:
        """Give the fund codes."""
        return tuple(one.fund for one in self.classes)


FAMILY: Final = Family(
    name="sweep",
    definition=SweepDefinition,
    folder=Path(__file__).parent / "data" / "products",
    starts=frozenset({OPEN}),
    moves={OPEN: frozenset({PAUSED}), PAUSED: frozenset({OPEN})},
    taking=frozenset({OPEN}),
    stopped=frozenset({PAUSED}),
)
