"""What a wealth product is: its definition, the states of its sale, and the family it forms in the warehouse."""

from datetime import date
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from bff.products.definitions import Definition, Family, Words
from bff.products.warehouse import OnSale

HIGHEST_RISK: Final = 5
RAISING: Final = "RAISING"
SOLD_OUT: Final = "SOLD_OUT"
ESTABLISHED: Final = "ESTABLISHED"
OPEN: Final = "OPEN"
CLOSED: Final = "CLOSED"
MATURED: Final = "MATURED"
SETTLED: Final = "SETTLED"
FAILED: Final = "FAILED"


class NavPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The net asset value of one day, four decimals."""

    date: date
    value: str


class WealthDefinition(Definition, frozen=True, kw_only=True):
    """One version of one wealth product.

    Attributes:
        issuer_rating, seller_rating: risk 1..5 as the issuer and as the bank rate it; the higher counts.
        benchmark_low, benchmark_high: per cent, two decimals.
        minimum_fen, step_fen, quota_total_fen: in fen.
        raising_account, raising_name: where the money of orders goes, and where it is paid out from.
        private: whether it is for qualified investors, with a cap on their number and a cooling-off.
        raising_until: last day of a raising, until the cut-off.
        established_on: day on which it begins, when at least ``minimum_raised_fen`` was raised; else it fails.
        matures_on: day by whose net value everybody is paid out; None for one without an end.
    """

    category: Words
    issuer: Words
    warning: Words
    issuer_rating: int
    seller_rating: int
    benchmark_low: str
    benchmark_high: str
    holding_days: int
    minimum_fen: int
    step_fen: int
    quota_total_fen: int
    raising_account: str
    raising_name: str
    nav: tuple[NavPoint, ...]
    private: bool = False
    raising_until: date | None = None
    established_on: date | None = None
    minimum_raised_fen: int = 0
    matures_on: date | None = None

    def __post_init__(self) -> None:
        """Refuse figures that contradict each other."""
        if not all(1 <= rating <= HIGHEST_RISK for rating in (self.issuer_rating, self.seller_rating)):
            message = "ratings run from 1 to 5"
            raise ValueError(message)
        if min(self.minimum_fen, self.step_fen, self.quota_total_fen, self.holding_days) <= 0:
            message = "minimum, step, quota and holding days are positive"
            raise ValueError(message)
        days = [day for day in (self.raising_until, self.established_on, self.matures_on) if day is not None]
        raised = self.raising_until is not None and self.established_on is not None
        if days != sorted(set(days)) or (self.state == RAISING) != raised:
            message = "what is raised has a last day of raising, then a day of establishment, then perhaps a maturity"
            raise ValueError(message)

    @property
    def quota_fen(self) -> int:
        """Give how many fen may be sold."""
        return self.quota_total_fen

    @property
    def risk(self) -> int:
        """Give the rating that counts: the higher of the two."""
        return max(self.issuer_rating, self.seller_rating)

    @property
    def risk_name(self) -> str:
        """Give ``R2``."""
        return f"R{self.risk}"


FAMILY: Final = Family(
    name="wealth",
    definition=WealthDefinition,
    folder=Path(__file__).parent / "data" / "products",
    starts=frozenset({RAISING, OPEN}),
    moves={
        RAISING: frozenset({ESTABLISHED, FAILED}),
        ESTABLISHED: frozenset({OPEN, CLOSED}),
        OPEN: frozenset({CLOSED, MATURED}),
        CLOSED: frozenset({OPEN, MATURED}),
        MATURED: frozenset({SETTLED}),
    },
    taking=frozenset({RAISING, OPEN}),
    stopped=frozenset({CLOSED, FAILED}),
)

Product: TypeAlias = OnSale[WealthDefinition]
REDEEMABLE: Final = frozenset({OPEN})
"""States in which shares are taken back before a product's maturity."""


def shown_state(product: Product) -> str:
    """Give the state to show: ``SOLD_OUT`` is not kept, it is raising with less left than the smallest purchase."""
    sold_out = product.state == RAISING and product.quota_left_fen < product.definition.minimum_fen
    return SOLD_OUT if sold_out else product.state
