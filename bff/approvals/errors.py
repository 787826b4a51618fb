"""What an approval can be refused for."""

from typing import Final

from bff.devices.errors import BY_CODE as DEVICE_REFUSALS
from bff.errors import BffError


class ApprovalInvalidError(BffError):
    """The message is not the canonical form of a transaction."""

    code = "APPROVAL_INVALID"
    status = 400
    zh = "签名的内容格式不对，没有执行，钱没有动。请更新应用后再试。"
    en = (
        "What was signed is not in its proper form. Nothing was executed, no money has moved. Update the app and retry."
    )


class ApprovalMismatchError(BffError):
    """The message is not the transaction that was frozen."""

    code = "APPROVAL_MISMATCH"
    status = 403
    zh = "签名的内容和这笔交易不一致，没有执行，钱没有动。请回到页面重新发起。"
    en = "What was signed is not this transaction. Nothing was executed, no money has moved. Start again from the page."


class ApprovalExpiredError(BffError):
    """The approval came after its time."""

    code = "APPROVAL_EXPIRED"
    status = 410
    zh = "确认超时，没有执行，钱没有动。请回到页面重新发起。"
    en = "The confirmation timed out. Nothing was executed, no money has moved. Start again from the page."


class SequenceReusedError(BffError):
    """The device's counter did not grow: an old message, or a copy of the device."""

    code = "SEQ_REUSED"
    status = 403
    zh = "这台设备的签名序号不对，没有执行，钱没有动。请重新打开应用；仍不行请联系我们。"
    en = "This device's counter did not grow. Nothing was executed, no money has moved. Reopen the app, or call us."


class FactorRefusedError(BffError):
    """The factor by which the person confirmed is not good enough."""

    code = "FACTOR_REFUSED"
    status = 403
    zh = "这笔交易要用更强的方式确认，没有执行，钱没有动。请用面容或密码确认。"
    en = "This needs a stronger confirmation. Nothing was executed, no money has moved. Use your face or PIN."


class ChallengeUsedError(BffError):
    """The operation was approved by another message, rejected or cancelled."""

    code = "CHALLENGE_USED"
    status = 409
    zh = "这笔交易已经处理过，没有再执行一次。请在订单里查看结果。"
    en = "This transaction has been dealt with and was not executed again. See its result among your orders."


class PurposeNotInManifestError(BffError):
    """The running bundle's manifest does not name this kind of approval."""

    code = "PURPOSE_NOT_IN_MANIFEST"
    status = 403
    zh = "这个页面没有发起这类交易的许可，钱没有动。请更新应用后再试。"
    en = "This page is not allowed to ask for such a transaction. No money has moved. Update the app and try again."


class DeviceLevelError(BffError):
    """Devices of this attestation level may not approve this."""

    code = "DEVICE_LEVEL"
    status = 403
    zh = "这台设备的安全级别不能确认这类交易，没有执行，钱没有动。请换一台设备。"
    en = "This device is not secure enough for this. Nothing was executed, no money has moved. Use another one."


class ApprovalsHeldError(BffError):
    """The customer reported a transaction that he had not asked for; nothing is approved until he verified himself."""

    code = "APPROVALS_HELD"
    status = 403
    zh = "你报告过一笔不是你发起的交易，现在不能发起或确认新的交易，钱没有动。请重新登录，核实身份后解除。"
    en = (
        "You reported a transaction that you had not asked for, so none can be made now. No money has moved. "
        "Log in again and verify yourself to lift this."
    )


class HoldUnknownError(BffError):
    """No hold stands for that customer."""

    code = "HOLD_UNKNOWN"


class TemplateInvalidError(BffError):
    """A template is not whole: a mistake of ours, found at the start."""

    code = "TEMPLATE_INVALID"


class TemplateUnknownError(BffError):
    """No template is called that: a mistake of ours, found at the first call."""

    code = "TEMPLATE_UNKNOWN"


class InsufficientFundsError(BffError):
    """The account has less than the amount."""

    code = "INSUFFICIENT_FUNDS"
    status = 409
    zh = "账户余额不够，钱没有动。可以先从绑定的卡转入，或减少金额。"
    en = "The account does not hold enough. No money has moved. Bring money in from the bound card, or buy less."


BY_CODE: Final[dict[str, type[BffError]]] = {
    **DEVICE_REFUSALS,
    "APPROVAL_INVALID": ApprovalInvalidError,
    "DISPLAY_INVALID": ApprovalInvalidError,
    "APPROVAL_MISMATCH": ApprovalMismatchError,
    "APPROVAL_EXPIRED": ApprovalExpiredError,
    "SEQ_REUSED": SequenceReusedError,
    "FACTOR_REFUSED": FactorRefusedError,
}
"""Refusals of ``security`` by their code, as ``bff.devices.errors.verifying`` takes them."""
