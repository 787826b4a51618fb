"""Product definitions: the declarative form in which a product is written down, versioned and checked."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from bff.products.errors import ProductDataError

PRODUCT_FOLDER: Final = Path(__file__).parent / "data" / "products"
HIGHEST_RISK: Final = 5


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    zh: str
    en: str


class NavPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The net asset value of one day, four decimals."""

    date: date
    value: str


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One version of one product.

    Attributes:
        issuer_rating, seller_rating: risk 1..5 as the issuer and as the bank rate it; the higher counts.
        benchmark_low, benchmark_high: per cent, two decimals.
        minimum_fen, step_fen, quota_total_fen: in fen.
        raising_account, raising_name: where the money of orders goes.
    """

    code: str
    version: str
    valid_from: date
    name: str
    category: Words
    issuer: Words
    warning: Words
    state: str
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

    def __post_init__(self) -> None:
        """Refuse figures that contradict each other."""
        if not all(1 <= rating <= HIGHEST_RISK for rating in (self.issuer_rating, self.seller_rating)):
            message = "ratings run from 1 to 5"
            raise ValueError(message)
        if min(self.minimum_fen, self.step_fen, self.quota_total_fen, self.holding_days) <= 0:
            message = "minimum, step, quota and holding days are positive"
            raise ValueError(message)

    @property
    def risk(self) -> int:
        """Give the rating that counts: the higher of the two."""
        return max(self.issuer_rating, self.seller_rating)

    @property
    def risk_name(self) -> str:
        """Give ``R2``."""
        return f"R{self.risk}"


def load_definitions(folder: Path = PRODUCT_FOLDER) -> Mapping[str, Definition]:
    """Read every definition of a folder, by code.

    Raises:
        ProductDataError: a file is malformed, or a code is given twice.
    """
    definitions: dict[str, Definition] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            definition = msgspec.yaml.decode(path.read_bytes(), type=Definition)
        except (OSError, msgspec.MsgspecError) as error:
            raise ProductDataError(detail=f"{path.name}: {error}") from error
        if definition.code in definitions:
            raise ProductDataError(detail=f"{path.name}: {definition.code} is defined twice")
        definitions[definition.code] = definition
    return definitions
