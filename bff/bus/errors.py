"""What the bus itself refuses, before or around a handler."""

from bff.errors import ALGS, BffError


class ScopeMissingError(BffError):
    """The session does not hold the operation's scope."""

    code = "SCOPE_MISSING"
    status = 403
    challenge = f'DPoP error="insufficient_scope", scope="customer", {ALGS}'
    zh = "需要先登录才能办理。"
    en = "Log in first to do this."


class StepUpRequiredError(BffError):
    """The person was verified too long ago for this operation; ``maxAge`` says how long ago it may be, in seconds."""

    code = "STEP_UP_REQUIRED"
    status = 403
    challenge = f'DPoP error="insufficient_user_authentication", {ALGS}'
    zh = "办理这项业务前，请再次验证本人身份。钱没有动。"
    en = "Confirm that it is you once more before doing this. No money has moved."


class ShellOnlyError(BffError):
    """The operation belongs to the native shell; no page may call it."""

    code = "SHELL_ONLY"
    status = 403
    zh = "这项服务不能由页面发起。"
    en = "A page cannot ask for this."


class BundleRequiredError(BffError):
    """The operation belongs to pages, and the call named no running bundle."""

    code = "BUNDLE_REQUIRED"
    status = 403
    zh = "这项服务只能在对应的页面里办理。"
    en = "This can only be done from its page."


class OpNotInManifestError(BffError):
    """The running bundle's signed manifest does not name the operation."""

    code = "OP_NOT_IN_MANIFEST"
    status = 403
    zh = "这个页面没有办理这项业务的许可，钱没有动。"
    en = "This page is not permitted to do this. No money has moved."


class OutcomeUnknownError(BffError):
    """The call was, or may have been, committed, and its outcome cannot be read now."""

    code = "OUTCOME_UNKNOWN"
    status = 503
    zh = "已经收到，结果暂时还查不到。不会重复办理，请稍后查看结果。"
    en = "This was received, but its result cannot be read just now. Nothing is done twice. Look at the result shortly."


class IdempotencyKeyRequiredError(BffError):
    """The operation changes something and the Idempotency-Key header is missing."""

    code = "IDEMPOTENCY_KEY_REQUIRED"
    status = 400
    zh = "请求缺少防重编号，没有办理。请更新应用后再试。"
    en = "The request has no idempotency key and was not carried out. Update the app and try again."


class IdempotencyMismatchError(BffError):
    """The key was used for another request."""

    code = "IDEMPOTENCY_MISMATCH"
    status = 422
    zh = "这个防重编号已用于另一笔请求，这次没有办理。"
    en = "This idempotency key belongs to another request. This one was not carried out."


class IdempotencyRunningError(BffError):
    """The first delivery of the same request has not finished."""

    code = "IDEMPOTENCY_RUNNING"
    status = 409
    zh = "这笔请求正在办理，不会重复扣款。请稍后查看结果。"
    en = "This request is being carried out and will not be charged twice. Look again shortly."
