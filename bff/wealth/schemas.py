"""What the operations on wealth products, suitability and orders take and give."""

from typing import Annotated

import msgspec

from bff.approvals.reasons import Reason
from bff.products.definitions import Words

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Request(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A request: unknown members are refused."""


class Answer(msgspec.Struct, rename="camel", kw_only=True):
    """An answer."""


class ProductRequest(Request):
    """Which product."""

    code: Code


class ProductCard(Answer):
    """A product in a list."""

    code: str
    name: str
    risk: str
    category: Words
    benchmark_low: str
    benchmark_high: str
    holding_days: int
    minimum_fen: int
    step_fen: int
    state: str
    quota_total_fen: int
    quota_left_fen: int
    private: bool
    matures_on: str | None


class ProductsAnswer(Answer):
    """What is on sale, the least risky first."""

    products: list[ProductCard]


class NavAnswer(Answer):
    """A day's net asset value."""

    date: str
    value: str


class DatesAnswer(Answer):
    """The dates of an order placed now; a provisional day of redemption is a natural day, no trading day yet."""

    purchase_before: str
    trade_date: str
    confirm_date: str
    redeemable_from: str
    redeemable_provisional: bool
    cancellable_until: str


class SuitabilityAnswer(Answer):
    """Whether the product suits the caller; ``matches`` is None when he has no level.

    ``qualified`` tells of a private product whether the bank has seen that he is a qualified investor.
    """

    level: str | None
    valid_until: str | None
    matches: bool | None
    qualified: bool | None


class ProductAnswer(ProductCard, kw_only=True):
    """One product; ``dates`` is None when the calendar does not reach them."""

    nav: list[NavAnswer]
    dates: DatesAnswer | None
    suitability: SuitabilityAnswer
    warning: Words
    issuer: Words


class OptionAnswer(Answer):
    """One answer to choose."""

    id: str
    text: Words


class QuestionAnswer(Answer):
    """One question."""

    id: str
    text: Words
    options: list[OptionAnswer]


class QuestionsAnswer(Answer):
    """The questionnaire in force, without its points."""

    version: str
    questions: list[QuestionAnswer]


class AssessRequest(Request):
    """The answers, option id by question id."""

    version: Code
    answers: Annotated[dict[Code, Code], msgspec.Meta(max_length=40)]


class AssessedAnswer(Answer):
    """The level that was found."""

    level: str
    score: int
    assessed_at: str
    valid_until: str
    left_today: int


class LevelAnswer(Answer):
    """The level now."""

    level: str | None
    valid_until: str | None
    left_today: int


class PrepareRequest(Request):
    """What to buy, from which account, for how many fen; ``qualified``: he declares to be a qualified investor."""

    product: Code
    account_id: Id
    amount_fen: Annotated[int, msgspec.Meta(ge=1, le=100_000_000_000)]
    age_confirmed: bool = False
    qualified: bool = False


class OrderRequest(Request):
    """Which order."""

    order_id: Id


class StepAnswer(Answer):
    """A state that an order reached, and when."""

    state: str
    at: str


class OrderAnswer(Answer):
    """An order; ``shares``, ``nav`` and ``restFen`` once it is confirmed, ``cancellableUntil`` while it can be."""

    order_id: str
    operation_id: str
    product: str
    product_name: str
    amount_fen: int
    state: str
    trade_date: str
    confirm_date: str
    redeemable_from: str
    redeemable_provisional: bool
    bundle: str
    device_id: str
    placed_at: str
    reason: Reason | None
    cancellable_until: str | None
    nav: str | None
    shares: str | None
    rest_fen: int | None
    steps: list[StepAnswer]
