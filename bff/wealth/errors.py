"""What a purchase or an assessment can be refused for."""

from bff.errors import BffError


class SuitabilityRequiredError(BffError):
    """The customer has no level, or it has lapsed."""

    code = "SUITABILITY_REQUIRED"
    status = 409
    zh = "购买前要先做风险测评，钱没有动。测评大约 1 分钟，做完可以继续。"
    en = "A suitability assessment is needed first. No money has moved. It takes about a minute, then you can go on."


class RiskMismatchError(BffError):
    """The product's risk is above the customer's level."""

    code = "RISK_MISMATCH"
    status = 409
    zh = "这个产品的风险高于你的等级，不能购买，钱没有动。看看其他产品。"
    en = "This product's risk is above your level, so it cannot be bought. No money has moved. See other products."

    def __init__(self, *, risk: str, level: str) -> None:
        """Say which risk met which level, and what fits instead."""
        super().__init__(detail=f"{risk} is above {level}", risk=risk, level=level)
        fits = "R1" if level == "C1" else f"R1–R{level[1:]}"
        zh = f"这个产品是 {risk}，你的等级是 {level}，不能购买，钱没有动。看看 {fits} 的产品。"
        en = (
            f"This product is {risk} and your level is {level}, so it cannot be bought. No money has moved. See {fits}."
        )
        vars(self).update(zh=zh, en=en)  # the sentence of this very case


class AgeConfirmationRequiredError(BffError):
    """From a certain age on the customer must say once more that he wants it."""

    code = "AGE_CONFIRMATION_REQUIRED"
    status = 409
    zh = "你已年满 65 周岁，购买前请再确认一次已了解风险。钱没有动。"
    en = "From the age of 65, please confirm once more that you understand the risk. No money has moved."


class AmountMinimumError(BffError):
    """The amount is below the product's minimum."""

    code = "AMOUNT_MINIMUM"
    status = 422
    zh = "金额低于起购金额，钱没有动。请提高金额。"
    en = "The amount is below the minimum. No money has moved. Choose a larger amount."


class AmountStepError(BffError):
    """The amount is not on a step of the product."""

    code = "AMOUNT_STEP"
    status = 422
    zh = "金额不符合递增单位，钱没有动。请调整金额。"
    en = "The amount does not fit the product's steps. No money has moved. Adjust it."


class AssessmentLimitError(BffError):
    """Too many assessments in a day or in twelve months."""

    code = "ASSESSMENT_LIMIT"
    status = 429
    zh = "测评次数已用完（每天 2 次，12 个月 8 次），原来的等级不变，钱没有动。"
    en = "No assessments are left (2 a day, 8 in 12 months). Your level is unchanged and no money has moved."


class AnswersInvalidError(BffError):
    """The answers do not fit the questionnaire in force."""

    code = "ANSWERS_INVALID"
    status = 422
    zh = "测评题目有更新或没有答完，没有提交，钱没有动。请重新作答。"
    en = "The questions have changed or some are unanswered. Nothing was submitted, no money has moved. Answer again."


class QualificationRequiredError(BffError):
    """The product is private, and the customer has not declared or not shown that he is a qualified investor."""

    code = "QUALIFICATION_REQUIRED"
    status = 409
    zh = "这是私募产品，只面向合格投资者，钱没有动。请带资产或收入证明到网点登记，再确认声明。"
    en = "This product is for qualified investors only. No money has moved. Show proof at a branch, then declare it."


class HeadcountFullError(BffError):
    """A private product has as many investors as the rule allows."""

    code = "HEADCOUNT_FULL"
    status = 409
    zh = "这个私募产品的投资者人数已满，钱没有动。可以看看其他产品。"
    en = "This private product has all the investors that it may have. No money has moved. See the other products."


class NotCancellableError(BffError):
    """The time in which an order could be cancelled is over, or it is no longer in a state that can be."""

    code = "NOT_CANCELLABLE"
    status = 409
    zh = "这笔委托已过撤单时间，不能撤单，原委托继续有效。"
    en = "The time to cancel this order is over, so it stands as it is."


class NotRedeemableError(BffError):
    """The product takes no redemptions now."""

    code = "NOT_REDEEMABLE"
    status = 409
    zh = "这个产品现在不开放赎回，份额没有动。"
    en = "This product takes no redemptions now. Your shares have not moved."


class SharesGoneError(BffError):
    """There are fewer redeemable shares than were asked for."""

    code = "SHARES_GONE"
    status = 409
    zh = "可赎回的份额不够，份额没有动。还在持有期内或已在赎回中的份额不能再赎回。"
    en = "Fewer shares can be redeemed. Nothing has moved. Shares in their holding period or on their way cannot be."


class SharesInvalidError(BffError):
    """The number of shares is below the minimum or has another step."""

    code = "SHARES_INVALID"
    status = 422
    zh = "赎回份额不符合规则，份额没有动。请调整份额，或一次赎回全部。"
    en = "This number of shares does not fit the rules. Nothing has moved. Adjust it, or redeem all."


class NavConflictError(BffError):
    """Another net value of that product and day was written: what orders were confirmed by stands."""

    code = "NAV_CONFLICT"
    status = 409


class NavInvalidError(BffError):
    """A file or a value of net values is malformed, or of a product that does not exist."""

    code = "NAV_INVALID"
    status = 422
