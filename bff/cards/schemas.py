"""What the operations on cards take and give."""

from typing import Annotated

import msgspec

from bff.approvals.reasons import Reason
from bff.products.definitions import Words

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Fen = Annotated[int, msgspec.Meta(ge=1, le=100_000_000_000)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]


class Request(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A request: unknown members are refused."""


class Answer(msgspec.Struct, rename="camel", kw_only=True):
    """An answer."""


class TermAnswer(Answer):
    """One figure of a contract, where it comes from, and a remark."""

    name: str
    value: int | str
    source: str
    remark: str


class ProductAnswer(Answer):
    """A card product."""

    code: str
    version: str
    name: Words
    level: Words
    benefits: Words
    open: bool
    terms: list[TermAnswer]


class ProductsAnswer(Answer):
    """The card products, the smallest line first."""

    products: list[ProductAnswer]


class OptionAnswer(Answer):
    """One answer to choose."""

    id: str
    text: Words


class QuestionAnswer(Answer):
    """One question; ``when``: answers to earlier ones that make it visible."""

    id: str
    kind: str
    text: Words
    most: int
    options: list[OptionAnswer]
    when: dict[str, list[str]]


class SectionAnswer(Answer):
    """Questions that are saved together."""

    id: str
    title: Words
    questions: list[QuestionAnswer]


class TextAnswer(Answer):
    """A text that is agreed to, with the SHA-256 that the consent must name."""

    kind: str
    version: str
    title: Words
    text: Words
    sha256: str


class FormAnswer(Answer):
    """The questions and texts in force."""

    version: str
    sections: list[SectionAnswer]
    texts: list[TextAnswer]


class CreateRequest(Request):
    """Which card is applied for."""

    product: Code


class ApplicationRequest(Request):
    """Which application."""

    application_id: Id


class SaveRequest(ApplicationRequest, kw_only=True):
    """The answers to one section."""

    section: Code
    answers: Annotated[dict[Code, Annotated[str, msgspec.Meta(max_length=200)]], msgspec.Meta(max_length=40)]


class ConsentRequest(ApplicationRequest, kw_only=True):
    """Which text is agreed to, by its hash."""

    kind: Code
    version: Code
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class DocumentRequest(ApplicationRequest, kw_only=True):
    """A document that was asked for, as the body of the request."""

    kind: Code
    content: bytes
    media_type: str


class DocumentAnswer(Answer):
    """What was kept; ``sha256`` in hex."""

    kind: str
    size: int
    sha256: str


class StepAnswer(Answer):
    """One step of the progress: its name, and when it was reached, None when it was not."""

    step: str
    at: str | None


class ApplicationAnswer(Answer):
    """An application and how far it is; its card's state once it was approved."""

    application_id: str
    product: str
    product_name: Words
    state: str
    steps: list[StepAnswer]
    saved: list[str]
    missing: list[str]
    asked: list[str]
    line_fen: int | None
    reason: str | None
    apply_again_from: str | None
    card_id: str | None
    created_at: str
    expires_at: str


class ApplicationAnswersAnswer(ApplicationAnswer, kw_only=True):
    """An application with its answers, for resuming it."""

    answers: dict[str, dict[str, str]]


class ApplicationsAnswer(Answer):
    """The caller's applications, the newest first."""

    applications: list[ApplicationAnswer]


class CardRequest(Request):
    """Which card."""

    card_id: Id


class ActivateRequest(CardRequest, kw_only=True):
    """The last four digits on the card that came by mail."""

    last_four: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}$")]


class CardAnswer(Answer):
    """A card; ``tail`` once it is activated, ``sandbox_letter`` what a sandbox's letter would show."""

    card_id: str
    account_id: str
    product: str
    product_name: Words
    level: Words
    state: str
    tail: str | None
    sandbox_letter: str | None
    replaces: str | None
    ordered_at: str
    mailed_at: str | None
    activated_at: str | None
    contract_id: str | None


class CardsAnswer(Answer):
    """The caller's cards, the newest first."""

    cards: list[CardAnswer]


class ReplacedAnswer(Answer):
    """The card that was ordered in the place of another."""

    card_id: str


class AccountRequest(Request):
    """Which card account."""

    account_id: Id


class BillAnswer(Answer):
    """The bill of a cycle; ``left_fen`` and ``minimum_left_fen`` are what is still to repay of it."""

    cycle: int
    closed_on: str
    due_on: str
    previous_fen: int
    principal_fen: int
    cash_fen: int
    interest_fen: int
    fee_fen: int
    total_fen: int
    minimum_fen: int
    repaid_fen: int
    left_fen: int
    minimum_left_fen: int
    rule_version: str
    product_version: str


class AutopayAnswer(Answer):
    """The agreement in force."""

    agreement_id: str
    payer_account_id: str
    share: str
    signed_at: str


class AccountAnswer(Answer):
    """A card account: its line, what is owed and held, and the newest bill."""

    account_id: str
    product: str
    product_name: Words
    state: str
    line_fen: int
    available_fen: int
    owed_fen: int
    held_fen: int
    repaying_fen: int
    unbilled_fen: int
    most_repay_fen: int
    cycle: int
    next_close: str | None
    overdue_since: str | None
    bill: BillAnswer | None
    autopay: AutopayAnswer | None


class BillsRequest(AccountRequest, kw_only=True):
    """Which page of bills: those after the one that ``cursor`` names."""

    cursor: int | None = None
    limit: Limit = 12


class BillsAnswer(Answer):
    """Bills, the newest first; ``next_cursor`` goes into ``cursor`` for the page after."""

    bills: list[BillAnswer]
    next_cursor: str | None


class BillRequest(AccountRequest, kw_only=True):
    """Which bill."""

    cycle: int


class EntriesRequest(AccountRequest, kw_only=True):
    """Which entries: of one cycle, of the unbilled ones (``unbilled``), or all; after the one of ``cursor``."""

    cycle: int | None = None
    unbilled: bool = False
    cursor: int | None = None
    limit: Limit = 50


class EntryAnswer(Answer):
    """One entry; positive fen are owed, negative were given back or repaid."""

    entry: int
    kind: str
    amount_fen: int
    cycle: int
    day: str
    at: str
    memo: str
    card_tail: str


class EntriesAnswer(Answer):
    """Entries, the newest first; ``next_cursor`` goes into ``cursor`` for the page after."""

    entries: list[EntryAnswer]
    next_cursor: str | None


class RepayRequest(AccountRequest, kw_only=True):
    """How much to repay, from which account of the caller's."""

    payer_account_id: Id
    amount_fen: Fen


class RepaymentRequest(Request):
    """Which repayment."""

    repayment_id: Id


class RepaymentAnswer(Answer):
    """A repayment."""

    repayment_id: str
    operation_id: str | None
    account_id: str
    amount_fen: int
    state: str
    automatic: bool
    created_at: str
    reason: Reason | None


class RepaymentsAnswer(Answer):
    """The newest repayments of an account."""

    repayments: list[RepaymentAnswer]


class AutopayRequest(AccountRequest, kw_only=True):
    """Which share of each bill is repaid from which account."""

    payer_account_id: Id
    share: Annotated[str, msgspec.Meta(pattern="^(FULL|MINIMUM)$")]
