"""What can be wrong with a person's particulars or with a code sent to his phone."""

from bff.errors import BffError


class DuplicateAccountError(BffError):
    """The person already has an account of this class, or an application on its way."""

    code = "DUPLICATE_ACCOUNT"
    status = 409
    zh = "这位客户已经有我行的同类账户，没有重复开户。请直接用已有的账户。"
    en = "This person already has an account of this class with us. No second one was opened; use the one you have."


class CodeWrongError(BffError):
    """The code is not the one sent; ``left`` tries remain. The try counts, so it is kept."""

    code = "CODE_WRONG"
    status = 422
    keeps = True
    zh = "验证码不对，请再看一下短信，钱没有动。"
    en = "That is not the code we sent. Look at the message again. No money has moved."


class CodeLockedError(BffError):
    """Too many wrong codes: this one is dead."""

    code = "CODE_LOCKED"
    status = 429
    keeps = True
    zh = "错误次数太多，这个验证码已作废，钱没有动。请重新获取验证码。"
    en = "Too many wrong tries: this code no longer works. No money has moved. Ask for a new one."


class CodeExpiredError(BffError):
    """The code is too old, or none is pending."""

    code = "CODE_EXPIRED"
    status = 410
    zh = "验证码已过期，钱没有动。请重新获取验证码。"
    en = "The code has expired. No money has moved. Ask for a new one."


class CodeTooSoonError(BffError):
    """A code was sent a moment ago, or too many were sent already."""

    code = "CODE_TOO_SOON"
    status = 429
    zh = "验证码发送太频繁，钱没有动。请稍后再获取。"
    en = "Codes are being asked for too often. No money has moved. Wait a little and ask again."


class IdChecksumError(BffError):
    """The ID number's length, date of birth or check digit is wrong."""

    code = "ID_CHECKSUM"
    status = 422
    zh = "身份证号不对，请对照证件再输入一次。资料没有提交，钱没有动。"
    en = "The ID number is not valid. Check it against the card. Nothing was submitted and no money has moved."


class NameInvalidError(BffError):
    """The name is empty, too long, or holds characters that no name holds."""

    code = "NAME_INVALID"
    status = 422
    zh = "姓名格式不对，请按证件上的姓名填写。资料没有提交，钱没有动。"
    en = "The name is not valid. Write it as on the ID card. Nothing was submitted and no money has moved."


class MobileInvalidError(BffError):
    """The mobile number is no mainland mobile number."""

    code = "MOBILE_INVALID"
    status = 422
    zh = "手机号不对，请输入 11 位手机号。资料没有提交，钱没有动。"
    en = "The mobile number is not valid: 11 digits are needed. Nothing was submitted and no money has moved."
