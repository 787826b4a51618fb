"""What the warehouse, the calendar and the rule packs can refuse."""

from bff.errors import BffError


class ProductDataError(BffError):
    """A file of definitions, rules or trading days contradicts itself: a mistake of ours, found at start."""

    code = "PRODUCT_DATA_INVALID"


class RulePackMissingError(BffError):
    """No version of a rule pack is in force on that day."""

    code = "RULES_MISSING"
    status = 503
    zh = "这项业务的规则还没有生效，暂时不能办理，钱没有动。"
    en = "The rules for this are not in force yet, so it cannot be done now. No money has moved."


class CalendarExhaustedError(BffError):
    """A date lies beyond the calendar of trading days: nothing is guessed."""

    code = "CALENDAR_EXHAUSTED"
    status = 503
    zh = "交易日历还没有更新到这个日期，暂时不能下单，钱没有动。我们更新后就可以继续。"
    en = "The trading calendar does not reach that date yet, so orders wait. No money has moved. We will extend it."


class ProductClosedError(BffError):
    """The product is not open for sale now."""

    code = "PRODUCT_CLOSED"
    status = 409
    zh = "这个产品现在不开放购买，钱没有动。可以看看其他产品。"
    en = "This product is not open for purchase now. No money has moved. See the other products."


class ProductChangedError(BffError):
    """The product got another version between the purchase's preparation and its signature."""

    code = "PRODUCT_CHANGED"
    status = 409
    zh = "产品说明刚刚更新了，没有下单，钱没有动。请看过新的说明后再买。"
    en = "The product's terms have just changed, so nothing was ordered. No money has moved. Read them and buy again."


class PaperError(BffError):
    """A paper is not accepted, or is in a state in which this cannot be done to it."""

    code = "PAPER_REFUSED"
    status = 409
    zh = "这份定义没有被接受。"
    en = "This paper was not accepted."


class PaperPersonError(PaperError):
    """The key belongs to nobody who may do this: above all, nobody checks what he made himself."""

    code = "PAPER_PERSON"
    status = 403


class ProductStateError(BffError):
    """The product is in another state of sale than this step needs."""

    code = "PRODUCT_STATE"
    status = 409
    zh = "这个产品的状态已经变了，没有办理，钱没有动。请刷新后再看。"
    en = "The product's state has changed, so nothing was done. No money has moved. Refresh and look again."


class QuotaGoneError(BffError):
    """What is left of the product's quota is less than the amount."""

    code = "QUOTA_GONE"
    status = 409
    zh = "剩下的额度不够这笔金额，钱没有动。可以减少金额，或看看其他产品。"
    en = "The quota left is below this amount. No money has moved. Choose a smaller amount or another product."
