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
    zh = "超过今天的限额，钱没有动。可以减少金额，或明天再转。"
    en = "This passes today's limit. No money has moved. Choose a smaller amount or come back tomorrow."


class LimitYearError(BffError):
    """The amount passes what may still move this year."""

    code = "LIMIT_YEAR"
    status = 409
    zh = "超过今年的限额，钱没有动。可以减少金额，或到网点办理。"
    en = "This passes this year's limit. No money has moved. Choose a smaller amount or see a branch."


class AccountStateError(BffError):
    """The account is frozen, asleep or closed, or not open yet."""

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


class LimitBalanceError(BffError):
    """The account would hold more than its class may."""

    code = "LIMIT_BALANCE"
    status = 409
    zh = "转入后余额会超过这类账户的上限，钱没有动。可以减少金额。"
    en = "The account would then hold more than its class allows. No money has moved. Choose a smaller amount."


class NotBoundError(BffError):
    """The other side is not the account's bound card, and this account may deal with no other."""

    code = "NOT_BOUND"
    status = 409
    zh = "这个账户只能和绑定的卡往来，钱没有动。需要其他方式请到网点核实身份。"
    en = "This account may only deal with its bound card. No money has moved. A branch can lift this after an ID check."


class BoundPendingError(BffError):
    """It is not known yet how the core books the bound card; it is being asked, so the question is kept."""

    code = "BOUND_PENDING"
    status = 503
    keeps = True
    zh = "正在核对绑定的卡，还没有转出，钱没有动。请一分钟后再试。"
    en = "The bound card is being checked. Nothing was transferred and no money has moved. Try again in a minute."


class PayeePendingError(BffError):
    """It is not known yet whether the payee's account exists."""

    code = "PAYEE_PENDING"
    status = 503
    zh = "还没有核对到收款账户，钱没有动。请一分钟后再看。"
    en = "The payee's account has not been checked yet. No money has moved. Look again in a minute."


class PayeeUnknownError(BffError):
    """There is no such account to pay."""

    code = "PAYEE_UNKNOWN"
    status = 422
    zh = "没有找到这个收款账户，钱没有动。请核对账号。"
    en = "There is no such account to pay. No money has moved. Check the number."


class PayeesFullError(BffError):
    """The customer has as many payees as one may have."""

    code = "PAYEES_FULL"
    status = 409
    zh = "收款人已满，没有保存，钱没有动。请先删除不用的收款人。"
    en = "Your list of payees is full. Nothing was saved and no money has moved. Remove one first."


class NotEmptyError(BffError):
    """The account still holds money or products, or something is under way; ``holds`` names what."""

    code = "ACCOUNT_NOT_EMPTY"
    status = 409
    zh = "账户里还有钱、产品或未完成的交易，没有销户。请先转出或赎回，等交易完成后再销户。"
    en = "The account still holds money or products, or something is under way. It was not closed. Empty it first."


class ClassMismatchError(BffError):
    """An account of this class may not be used for this."""

    code = "ACCOUNT_CLASS"
    status = 409
    zh = "这类账户不能办理这项业务，钱没有动。请换用 Ⅱ类户。"
    en = "Accounts of this class cannot be used for this. No money has moved. Use a class II account."


class CardChangeExpiredError(BffError):
    """The checked card was not signed for in time."""

    code = "CARD_CHANGE_EXPIRED"
    status = 410
    zh = "这次换卡放得太久，已失效，绑定的卡没有变。请重新填写卡号。"
    en = "This change was left too long and has lapsed. The bound card is unchanged. Enter the card again."
