"""What an application, a card or a repayment can be refused for."""

from bff.errors import BffError


class ApplicationLiveError(BffError):
    """The person has an application for this product on its way, or its card."""

    code = "CARD_APPLICATION_LIVE"
    status = 409
    zh = "你已有这张卡或正在办理的申请，没有重复提交。可以在申请进度里查看。"
    en = "You have this card, or an application for it is under way. Nothing was submitted twice. See its progress."


class CoolingError(BffError):
    """The person was declined not long ago; ``until`` tells from which day on he may apply again."""

    code = "CARD_COOLING"
    status = 409
    zh = "上次申请没有通过，暂时不能再申请这张卡。可以在提示的日期之后再试。"
    en = "Your last application was declined, so you cannot apply for this card again yet. Try after the date shown."


class CardAnswersInvalidError(BffError):
    """An answer is missing, unasked for or not of its form; ``element`` names the question."""

    code = "CARD_ANSWERS_INVALID"
    status = 422
    zh = "有一项没有填对，没有保存。请检查标出的那一项。"
    en = "One answer is not right, so nothing was saved. Check the one that is marked."


class CardIncompleteError(BffError):
    """Sections or consents are missing; ``missing`` names them."""

    code = "CARD_INCOMPLETE"
    status = 409
    zh = "申请还没有填完，没有提交。请先完成缺少的部分。"
    en = "The application is not complete, so it was not submitted. Finish the parts that are missing."


class CardTextChangedError(BffError):
    """The text that was agreed to is not the one in force."""

    code = "CARD_TEXT_CHANGED"
    status = 409
    zh = "授权书或合约有更新，没有记录你的同意。请重新阅读后再确认。"
    en = "The text has changed, so your consent was not recorded. Read it again and then confirm."


class CardApplicationExpiredError(BffError):
    """The application was left alone for too long."""

    code = "CARD_APPLICATION_EXPIRED"
    status = 410
    zh = "这次申请放得太久，已失效。请重新申请。"
    en = "This application was left too long and has lapsed. Please apply again."


class CardDocumentInvalidError(BffError):
    """The file is not of its type, was not asked for, or there are too many."""

    code = "CARD_DOCUMENT_INVALID"
    status = 422
    zh = "这份材料不能接收，没有保存。请按要求换一份图片。"
    en = "This document cannot be taken, so it was not saved. Send a picture of what was asked for."


class CardTailWrongError(BffError):
    """The last four digits are another card's; ``left`` tells how many tries there are."""

    code = "CARD_TAIL_WRONG"
    status = 403
    zh = "卡号后四位不对，没有激活。请对照收到的卡片再输入一次。"
    en = "Those are not the card's last four digits, so it was not activated. Check the card that you received."
    keeps = True


class CardLockedError(BffError):
    """Too many wrong digits were tried."""

    code = "CARD_LOCKED"
    status = 403
    zh = "输错次数太多，这张卡已锁定，不能激活。请联系我们换一张卡。"
    en = "Too many wrong digits were tried, so this card is locked and cannot be activated. Contact us for another."


class CardStateError(BffError):
    """The card is in a state in which this cannot be done."""

    code = "CARD_STATE"
    status = 409
    zh = "卡片当前状态不能这样操作，钱没有动。请刷新后再看。"
    en = "The card's present state does not allow this. No money has moved. Refresh and look again."


class CardBalanceError(BffError):
    """The account cannot be closed while something is owed, held or overpaid."""

    code = "CARD_BALANCE"
    status = 409
    zh = "还有未结清的金额，不能销卡，钱没有动。请先还清，或等待入账完成。"
    en = "Something is still open on the account, so it cannot be closed. No money has moved. Settle it first."


class CreditGoneError(BffError):
    """Less credit is available than the amount."""

    code = "CARD_CREDIT_GONE"
    status = 409
    zh = "可用额度不够，这笔没有通过，钱没有动。"
    en = "Less credit is available, so this was not authorised. No money has moved."


class RepayTooMuchError(BffError):
    """The amount is above what may be repaid; ``mostFen`` tells how much may."""

    code = "CARD_REPAY_TOO_MUCH"
    status = 422
    zh = "还款金额超过可还的金额，钱没有动。请减少金额。"
    en = "That is more than can be repaid now. No money has moved. Choose a smaller amount."


class AutopayExistsError(BffError):
    """An agreement on automatic repayment is in force."""

    code = "CARD_AUTOPAY_EXISTS"
    status = 409
    zh = "已经开通自动还款，没有重复开通。需要更改的，请先关闭原来的。"
    en = "Automatic repayment is on already. To change it, end the present agreement first."


class CardTransactionError(BffError):
    """The acquirer's message contradicts what is known of its reference; only the feed reads this."""

    code = "CARD_TRANSACTION"
    status = 409
    zh = "这笔交易和已有记录不一致，没有入账。"
    en = "The transaction contradicts what is known of it and was not posted."
