"""The one error root of the bff: an error carries a stable code, what to tell a customer, and data; never HTTP text.

``status`` is the HTTP status that ``bff.web`` gives it. ``zh`` and ``en`` are what a customer may read: what happened,
is the money safe, what now. ``detail`` is for developers and logs.
"""

from typing import Any, ClassVar, Final

ALGS: Final = 'algs="ES256"'
"""How a challenge names the suites of proofs, until a door says which it accepts."""


class BffError(Exception):
    """A refusal with a stable code."""

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500
    zh: ClassVar[str] = "系统出了点问题，钱没有动。请稍后再试。"
    en: ClassVar[str] = "Something went wrong on our side. No money has moved. Please try again shortly."
    keeps: ClassVar[bool] = False
    """Whether the bus commits what the handler wrote before it refused: a counter of wrong codes must not roll back."""
    challenge: ClassVar[str] = ""
    """What a caller who must prove himself is told to do: the value of WWW-Authenticate."""

    def __init__(self, *, detail: str = "", **extra: Any) -> None:
        """Carry a sentence for developers and members for the problem document.

        Args:
            detail: what was wrong and what to do, in English, free of personal data.
            extra: further members of the problem (camelCase, JSON values), ``element="mobile"``.
        """
        super().__init__(detail or self.en)
        self.detail = detail or self.en
        self.extra = extra


class CatalogueError(BffError):
    """The catalogue contradicts itself: a mistake of ours, found at start."""

    code = "CATALOGUE_INVALID"


class OperationUnknownError(BffError):
    """No operation has that code, or not on this channel."""

    code = "OPERATION_UNKNOWN"
    status = 404
    zh = "没有这项服务。请更新应用后再试。"
    en = "There is no such service. Update the app and try again."


class NotFoundError(BffError):
    """The thing asked for does not exist, or belongs to somebody else: both look the same."""

    code = "NOT_FOUND"
    status = 404
    zh = "没有找到这条记录。"
    en = "There is no such record."


class RequestInvalidError(BffError):
    """The request does not have the operation's shape."""

    code = "REQUEST_INVALID"
    status = 400
    zh = "提交的内容不完整或格式不对，请检查后再提交。"
    en = "Something in the form is missing or malformed. Check it and send it again."


class ConflictError(BffError):
    """The thing is in a state in which this cannot be done."""

    code = "STATE_CONFLICT"
    status = 409
    zh = "当前状态不能这样操作，请刷新后再看。"
    en = "This cannot be done in the present state. Refresh and look again."


class RateLimitedError(BffError):
    """The caller asked too often."""

    code = "RATE_LIMITED"
    status = 429
    zh = "操作太频繁了，请稍等片刻再试。"
    en = "That was too often. Please wait a moment and try again."
