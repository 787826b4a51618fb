"""What a device can be refused for, and how refusals of ``security`` become ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bff.errors import BffError
from security.errors import AttestationError, SecurityError


class SignatureInvalidError(BffError):
    """A signature does not verify."""

    code = "SIG_INVALID"
    status = 403
    zh = "设备签名没有通过核验，钱没有动。请重试；仍不行请重新绑定设备。"
    en = "The device's signature did not verify. No money has moved. Try again, or bind the device anew."


class SignatureNoncanonicalError(BffError):
    """A signature is the high-S twin of one that verifies."""

    code = "SIG_NONCANONICAL"
    status = 403
    zh = "设备签名的格式不符合要求，钱没有动。请更新应用后再试。"
    en = "The device's signature is not in its one form. No money has moved. Update the app and try again."


class EncodingInvalidError(BffError):
    """A member is not canonical base64url, or a text is unclean."""

    code = "ENCODING_INVALID"
    status = 400
    zh = "提交的内容格式不对，钱没有动。请更新应用后再试。"
    en = "What was sent is not in its proper form. No money has moved. Update the app and try again."


class KeyInvalidError(BffError):
    """A public key is no point of a known curve in JWK form, or both keys are one, or of two suites."""

    code = "KEY_INVALID"
    status = 400
    zh = "设备密钥不合要求，没有登记，钱没有动。请更新应用后再试。"
    en = "The device's keys are not acceptable and were not registered. No money has moved. Update the app and retry."


class SuiteRefusedError(BffError):
    """The device's keys are of a suite that this bank does not accept, or not any more."""

    code = "SUITE_REFUSED"
    status = 403
    zh = "这台设备的密钥算法不被接受，没有办理，钱没有动。请更新应用后重新登记。"
    en = "This device's keys use an algorithm that is not accepted. No money has moved. Update the app, register anew."


class AttestationRefusedError(BffError):
    """The device cannot show that its keys are kept well enough for this environment."""

    code = "ATTESTATION_REFUSED"
    status = 403
    zh = "这台设备不能证明密钥的安全性，不能登记，钱没有动。请换一台设备。"
    en = "This device cannot prove that its keys are safe, so it cannot be used. No money has moved. Use another."


class DeviceKeyKnownError(BffError):
    """One of the keys belongs to another registration."""

    code = "DEVICE_KEY_KNOWN"
    status = 409
    zh = "这台设备的密钥已经登记过，不能再用于别的登记，钱没有动。请重新安装应用。"
    en = "This device's key is registered already and cannot serve another. No money has moved. Reinstall the app."


class DeviceStateError(BffError):
    """The device is blocked, removed, bound already or not bound yet."""

    code = "DEVICE_STATE"
    status = 409
    zh = "这台设备现在的状态不能这样操作，钱没有动。请在“我的设备”里查看。"
    en = "This device's present state does not allow that. No money has moved. See your devices."


class BindNoApplicationError(BffError):
    """No account was opened on this device, so there is nobody to bind it to."""

    code = "BIND_NO_APPLICATION"
    status = 409
    zh = "还没有在这台设备上开好账户，暂时不能绑定，钱没有动。请先完成开户。"
    en = "No account has been opened on this device yet, so it cannot be bound. No money has moved. Open one first."


class BindExpiredError(BffError):
    """The binding was prepared too long ago."""

    code = "BIND_EXPIRED"
    status = 410
    zh = "绑定已超时，没有生效，钱没有动。请重新绑定。"
    en = "The binding timed out and did not take effect. No money has moved. Start it again."


class DeviceLimitError(BffError):
    """The amount passes what this device may still move today."""

    code = "DEVICE_LIMIT"
    status = 409
    zh = "超过这台设备今天的限额，钱没有动。新绑定的设备三天内限额较低，可以减少金额或改天再办。"
    en = "This passes the device's limit for today. No money has moved. New devices have lower limits for three days."


BY_CODE: Final[dict[str, type[BffError]]] = {
    "SIG_INVALID": SignatureInvalidError,
    "SIG_NONCANONICAL": SignatureNoncanonicalError,
    "ENCODING_INVALID": EncodingInvalidError,
    "KEY_INVALID": KeyInvalidError,
    "DEVICE_INVALID": KeyInvalidError,
    "SUITE_REFUSED": SuiteRefusedError,
    "ATTESTATION_REFUSED": AttestationRefusedError,
    "BIND_EXPIRED": BindExpiredError,
}


@contextmanager
def verifying(known: dict[str, type[BffError]] = BY_CODE) -> Iterator[None]:
    """Turn a refusal of ``security`` into the refusal of ours with the same code; an unknown one is a bad signature.

    A refused attestation says in its member ``rule`` which rule does not hold.
    """
    try:
        yield
    except AttestationError as error:
        raise AttestationRefusedError(detail=error.detail, rule=error.code) from error
    except SecurityError as error:
        raise known.get(error.code, SignatureInvalidError)(detail=error.detail) from error


class DeviceCapError(BffError):
    """The customer has as many devices as he may have."""

    code = "DEVICE_CAP"
    status = 409
    zh = "绑定的设备已经到上限，没有绑定，钱没有动。请先在“我的设备”里移除一台。"
    en = "You have as many devices as you may have. Nothing was bound and no money has moved. Remove one first."


class TransferInvalidError(BffError):
    """The transfer is unknown, over, not approved, used, or approved by a device that may not any more."""

    code = "TRANSFER_INVALID"
    status = 409
    zh = "换机申请已失效或还没有确认，没有生效，钱没有动。请在新手机上重新申请。"
    en = "The move is over or was not approved. Nothing has changed and no money has moved. Ask again on the new phone."


class RecoveryRefusedError(BffError):
    """The recovery does not hold: person, card, code or signature, and it is not said which."""

    code = "RECOVERY_REFUSED"
    status = 403
    keeps = True
    zh = "没有通过身份核验，什么都没有改变，钱没有动。请核对资料和验证码，或到网点办理。"
    en = "You could not be identified. Nothing has changed and no money has moved. Check what you entered, or visit us."


class RecoveryTooManyError(BffError):
    """Too many recoveries were begun on this device or from this line today."""

    code = "RECOVERY_TOO_MANY"
    status = 429
    zh = "今天找回的次数太多，没有办理，钱没有动。请明天再试，或到网点办理。"
    en = "Too many recoveries were begun today. No money has moved. Try again tomorrow, or visit us."


class PinWrongError(BffError):
    """The PIN is not the device's; ``left`` tries remain. The try counts, so it is kept."""

    code = "PIN_WRONG"
    status = 422
    keeps = True
    zh = "交易密码不对，钱没有动。请再试一次。"
    en = "The transaction PIN is wrong. No money has moved. Try again."


class PinPausedError(BffError):
    """Too many wrong PINs in a short time; ``retryAfter`` says for how long no try is taken."""

    code = "PIN_PAUSED"
    status = 429
    zh = "密码错误次数较多，请稍等再试，钱没有动。"
    en = "Too many wrong PINs. Wait a little and try again. No money has moved."


class PinLockedError(BffError):
    """No PIN is taken from this device until its owner sets a new one with the device's transaction key."""

    code = "PIN_LOCKED"
    status = 423
    keeps = True
    zh = "交易密码已锁定，钱没有动。请用指纹或面容验证后重设密码。"
    en = "The transaction PIN is locked. No money has moved. Verify yourself on this device and set a new one."


class PinWeakError(BffError):
    """The new PIN is one that anybody would guess, or the old one."""

    code = "PIN_WEAK"
    status = 422
    zh = "这个密码太容易被猜到，没有设置。请不要用连号、重复数字、生日或手机号。"
    en = "That PIN is too easy to guess and was not set. Avoid runs, repeats, your birthday and your mobile number."
