"""What the operations on accounts take and give."""

from typing import Annotated

import msgspec

from bff.approvals.reasons import Reason

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Request(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A request: unknown members are refused."""


class Answer(msgspec.Struct, rename="camel", kw_only=True):
    """An answer."""


class CreateRequest(Request):
    """Who wants an account."""

    name: Annotated[str, msgspec.Meta(max_length=120)]
    id_number: Annotated[str, msgspec.Meta(max_length=40)]
    mobile: Annotated[str, msgspec.Meta(max_length=40)]
    account_class: Annotated[str, msgspec.Meta(pattern="^(II|III)$")] = msgspec.field(name="class", default="II")


class ApplicationRequest(Request):
    """Which application."""

    application_id: Id


class CodeRequest(ApplicationRequest, kw_only=True):
    """The code from the phone."""

    code: Annotated[str, msgspec.Meta(pattern="^[0-9]{6}$")]


class CardRequest(ApplicationRequest, kw_only=True):
    """The class I card to bind."""

    card_number: Annotated[str, msgspec.Meta(max_length=40)]


class TaxRequest(ApplicationRequest, kw_only=True):
    """The CRS self-declaration: CN_ONLY, OTHER or BOTH."""

    residency: Annotated[str, msgspec.Meta(pattern="^(CN_ONLY|OTHER|BOTH)$")]
    declared: bool


class DocumentRequest(ApplicationRequest, kw_only=True):
    """One side of the identity card, FRONT or BACK, as the body of the request."""

    side: Annotated[str, msgspec.Meta(pattern="^(FRONT|BACK)$")]
    content: bytes
    media_type: str


class DocumentAnswer(Answer):
    """What was kept; ``sha256`` in hex."""

    side: str
    size: int
    sha256: str


class CardAnswer(Answer):
    """A bound card."""

    tail: str
    bank_zh: str
    bank_en: str


class OpenedAnswer(Answer):
    """The account of an application; the number's last four digits."""

    account_id: str
    number: str


class ApplicationAnswer(Answer):
    """An application, masked."""

    application_id: str
    account_class: str = msgspec.field(name="class")
    state: str
    name: str
    id_number: str
    mobile: str
    card: CardAnswer | None
    account: OpenedAnswer | None
    sandbox_code: str | None
    expires_at: str
    reason: Reason | None


class AccountRequest(Request):
    """Which account."""

    account_id: Id


class AccountAnswer(Answer):
    """An account; the number's last four digits."""

    account_id: str
    account_class: str = msgspec.field(name="class")
    number: str
    currency: str
    balance_fen: int
    available_fen: int
    state: str
    bound_card: CardAnswer
    opened_at: str | None


class AccountsAnswer(Answer):
    """The calling customer's accounts."""

    accounts: list[AccountAnswer]


class FundRequest(AccountRequest, kw_only=True):
    """How much to bring in from the bound card, in fen."""

    amount_fen: Annotated[int, msgspec.Meta(ge=1, le=100_000_000_000)]


class FundingAnswer(Answer):
    """A funding: DONE, FAILED or UNKNOWN, and the balance after it."""

    funding_id: str
    state: str
    amount_fen: int
    balance_fen: int
    reason: Reason | None
