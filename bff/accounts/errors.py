"""What an application, an account or a funding can be refused for."""

from bff.errors import BffError


class UnderageError(BffError):
    """The person is younger than the rules ask."""

    code = "UNDERAGE"
    status = 422
    zh = "网上开户须年满 18 周岁，没有提交。未成年人请由监护人陪同到网点办理。"
    en = "Accounts are opened online from 18 years on. Nothing was submitted. Minors come to a branch with a guardian."


class CardLuhnError(BffError):
    """The card number's length or check digit is wrong."""

    code = "CARD_LUHN"
    status = 422
    zh = "卡号不对，请对照银行卡再输入一次。钱没有动。"
    en = "The card number is not valid. Check it against the card. No money has moved."


class BindMismatchError(BffError):
    """One of the five elements is not what the card's bank holds; ``element`` names it."""

    code = "BIND_MISMATCH"
    status = 422
    zh = "这张卡在发卡行留的信息和你填的不一致，没有绑定，钱没有动。请核对，或换一张卡。"
    en = "The card's bank holds other details. The card was not bound; no money has moved. Check them, or use another."


class BindNotClassIError(BffError):
    """The card belongs to an account that is not of class I."""

    code = "BIND_NOT_CLASS_I"
    status = 422
    zh = "这张卡是 Ⅱ类户。请换一张在柜台开立的 Ⅰ类户的卡。"
    en = "This card is a class II account. Use a class I card opened at a branch."


class CardCheckPendingError(BffError):
    """The card network has not answered yet."""

    code = "CARD_CHECK_PENDING"
    status = 503
    zh = "还没有收到发卡行的答复，没有绑定，钱没有动。请一分钟后再看。"
    en = "The card's bank has not answered yet. Nothing was bound and no money has moved. Look again in a minute."


class CrsRequiredError(BffError):
    """The tax declaration is missing, or says what needs a person to look at."""

    code = "CRS_REQUIRED"
    status = 422
    zh = "须声明仅为中国税收居民才能网上开户，没有提交。其他情况请带证件到网点办理。"
    en = "Opening online needs tax residency in China only, declared. Nothing was submitted. Otherwise see a branch."


class ApplicationExpiredError(BffError):
    """The application was left alone for too long."""

    code = "APPLICATION_EXPIRED"
    status = 410
    zh = "这次申请放得太久，已失效，没有开户。请重新申请。"
    en = "This application was left too long and has lapsed. No account was opened. Please apply again."


class LimitDayError(BffError):
    """The amount passes what may still move today."""

    code = "LIMIT_DAY"
    status = 409
    zh = "超过今天的转入限额，钱没有动。可以减少金额，或明天再转。"
    en = "This passes today's limit. No money has moved. Choose a smaller amount or come back tomorrow."


class LimitYearError(BffError):
    """The amount passes what may still move this year."""

    code = "LIMIT_YEAR"
    status = 409
    zh = "超过今年的限额，钱没有动。可以减少金额，或到网点办理。"
    en = "This passes this year's limit. No money has moved. Choose a smaller amount or see a branch."


class AccountStateError(BffError):
    """The account is not open."""

    code = "ACCOUNT_FROZEN"
    status = 409
    zh = "这个账户现在不能动账，钱没有动。请联系我们。"
    en = "Money cannot move on this account now. None has moved. Please contact us."


class CoreUnreachableError(BffError):
    """The core bank does not answer a question."""

    code = "CORE_UNREACHABLE"
    status = 503
    zh = "暂时查不到账户，钱没有动，余额也没有变。请稍后再看。"
    en = "The account cannot be read just now. No money has moved and the balance is unchanged. Look again shortly."


class DocumentInvalidError(BffError):
    """The file is not of the type that it claims."""

    code = "DOCUMENT_INVALID"
    status = 422
    zh = "这个文件不是可用的照片，没有保存。请重新拍摄或选择 JPEG、PNG 照片。"
    en = "This file is no usable picture and was not kept. Take it again, or choose a JPEG or PNG picture."
