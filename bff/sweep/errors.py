"""What an agreement, a purchase or a redemption can be refused for, and what keeps an end of day from running."""

from bff.errors import BffError


class AgreementRequiredError(BffError):
    """There is no agreement for this account."""

    code = "AGREEMENT_REQUIRED"
    status = 409
    zh = "这个账户还没有签约利民宝，钱没有动。签约一次就可以使用。"
    en = "This account has no sweep agreement yet. No money has moved. Sign once and you can go on."


class AgreementStateError(BffError):
    """The agreement is in a state that does not allow this."""

    code = "AGREEMENT_STATE"
    status = 409
    zh = "签约现在的状态不能这样操作，没有改动。请刷新后再看。"
    en = "The agreement's state does not allow this. Nothing was changed. Refresh and look again."


class AgreementHoldsError(BffError):
    """The agreement cannot end while there are shares or orders on their way."""

    code = "AGREEMENT_HOLDS"
    status = 409
    zh = "利民宝里还有份额或在途的订单，没有解约。请先全部转出，到账后再解约。"
    en = "There are shares or orders on their way, so the agreement stands. Redeem everything first, then end it."


class FloorInvalidError(BffError):
    """The amount to keep in the account is out of range."""

    code = "FLOOR_INVALID"
    status = 422
    zh = "保留金额超出允许的范围，没有签约。请调整金额。"
    en = "The amount to keep is out of range. Nothing was signed. Adjust it."


class SweepAmountError(BffError):
    """The amount is below the product's minimum or not on its step."""

    code = "SWEEP_AMOUNT"
    status = 422
    zh = "金额低于最低金额或不符合递增单位，钱没有动。请调整金额。"
    en = "The amount is below the minimum or off the product's steps. No money has moved. Adjust it."


class SweepFundsError(BffError):
    """The account has less than the amount."""

    code = "SWEEP_FUNDS"
    status = 409
    zh = "账户余额不够，钱没有动。可以减少金额。"
    en = "The account does not hold enough. No money has moved. Choose a smaller amount."


class SharesShortError(BffError):
    """The position has fewer free shares than the amount."""

    code = "SHARES_SHORT"
    status = 409
    zh = "可转出的份额不够，钱没有动。确认中和已申请转出的份额不能再转出。"
    en = "There are not enough free shares. No money has moved. Shares being confirmed or redeemed cannot be used."


class FastCapError(BffError):
    """The amount passes what one investor may redeem at once from one product on one day."""

    code = "FAST_CAP"
    status = 409
    zh = "超过今天的快速转出额度，钱没有动。可以减少金额，或改用普通转出，下一个交易日到账。"
    en = "This passes today's limit of fast redemption. No money has moved. Take less, or redeem normally (T+1)."


class FastPoolError(BffError):
    """The bank's advance for fast redemptions is used up for now."""

    code = "FAST_POOL"
    status = 409
    zh = "今天的快速转出总额度已用完，钱没有动。可以改用普通转出，下一个交易日到账。"
    en = "The bank's pool for fast redemption is used up. No money has moved. Redeem normally (T+1) instead."


class IncomeMissingError(BffError):
    """A day's income is not approved yet, so its end of day waits."""

    code = "SWEEP_INCOME_MISSING"


class DayOrderError(BffError):
    """An end of day came out of turn, or before what it depends on."""

    code = "SWEEP_DAY_ORDER"


class IncomeRefusedError(BffError):
    """A day's income cannot be entered or approved so; the detail says why."""

    code = "SWEEP_INCOME_REFUSED"
