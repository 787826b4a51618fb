"""Rules of the wealth sale that need no database: levels and scores, whether a sale fits, and an order's dates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from bff.products.calendar import TradingCalendar, cut_off_instant
from bff.products.definitions import Words
from bff.products.errors import CalendarExhaustedError, ProductClosedError
from bff.products.rulepacks import RulePack
from bff.wealth.errors import AmountMinimumError, AmountStepError, AnswersInvalidError, RiskMismatchError
from bff.wealth.products import WealthDefinition

LEVELS: Final = ("C1", "C2", "C3", "C4", "C5")


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer and its points."""

    id: str
    points: int
    text: Words


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question."""

    id: str
    text: Words
    options: tuple[Option, ...]


class Questionnaire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The questions, and the least score of each level."""

    version: str
    levels: dict[str, int]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Dates:
    """An order's dates, and until when it can be cancelled.

    ``provisional``: the calendar ends before redemption, which is a natural day then.
    """

    trade: date
    confirm: date
    redeemable: date
    provisional: bool
    cancellable_until: datetime


def score(questionnaire: Questionnaire, version: str, answers: Mapping[str, str]) -> int:
    """Add up the points of the answers.

    Raises:
        AnswersInvalidError: another version, or not exactly one known answer to each question.
    """
    if version != questionnaire.version or set(answers) != {question.id for question in questionnaire.questions}:
        raise AnswersInvalidError(detail="the answers are not to these questions", version=questionnaire.version)
    total = 0
    for question in questionnaire.questions:
        points = {option.id: option.points for option in question.options}
        if answers[question.id] not in points:
            raise AnswersInvalidError(detail=f"{question.id} has no such option", version=questionnaire.version)
        total += points[answers[question.id]]
    return total


def level_of(questionnaire: Questionnaire, points: int) -> str:
    """Give the highest level that the score reaches."""
    return max(level for level, least in questionnaire.levels.items() if points >= least)


def suits(risk: int, level: str) -> bool:
    """Tell whether a product of risk 1..5 may be sold to a customer of that level."""
    return level in LEVELS and risk <= int(level[1:])


def check_risk(product: WealthDefinition, level: str) -> None:
    """Block a sale above the customer's level.

    Raises:
        RiskMismatchError: it is.
    """
    if not suits(product.risk, level):
        raise RiskMismatchError(risk=product.risk_name, level=level)


def check_amount(product: WealthDefinition, amount: int) -> None:
    """Hold an amount to the product's minimum and step.

    Raises:
        AmountMinimumError, AmountStepError: it does not fit.
    """
    if amount < product.minimum_fen:
        raise AmountMinimumError(minimumFen=product.minimum_fen)
    if (amount - product.minimum_fen) % product.step_fen:
        raise AmountStepError(stepFen=product.step_fen)


def order_dates(
    calendar: TradingCalendar, rules: RulePack, product: WealthDefinition, now: datetime, *, raising: bool = False
) -> Dates:
    """Give the dates of an order placed now; while a product is raised, all its orders count by the day it begins.

    Raises:
        ProductClosedError: the raising is over.
        CalendarExhaustedError: a date before redemption lies beyond the calendar.
    """
    cut_off = rules.clock("cut_off")
    if raising and product.raising_until is not None and product.established_on is not None:
        until = cut_off_instant(product.raising_until, cut_off)
        if now >= until:
            raise ProductClosedError(detail=f"{product.code} was raised until {until}", product=product.code)
        trade = product.established_on
        confirm = calendar.on_or_after(trade)
    else:
        trade = calendar.trade_date(now, cut_off)
        confirm = calendar.after(trade, rules.integer("confirm_trading_days"))
        until = cut_off_instant(trade, cut_off)
    if product.private:
        until = max(until, now + timedelta(hours=rules.integer("cooling_off_hours")))
    natural = confirm + timedelta(days=product.holding_days)
    try:
        return Dates(trade, confirm, calendar.on_or_after(natural), provisional=False, cancellable_until=until)
    except CalendarExhaustedError:
        return Dates(trade, confirm, natural, provisional=True, cancellable_until=until)
