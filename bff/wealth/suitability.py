"""Suitability: the questionnaire, a customer's level and how long it holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import insert
from sqlalchemy.orm import Session

from bff.kinds import Context, business_date
from bff.products.decisions import Decision
from bff.products.errors import ProductDataError
from bff.products.rulepacks import RulePack, RulePacks
from bff.wealth import repository, rules
from bff.wealth.errors import AssessmentLimitError, SuitabilityRequiredError
from bff.wealth.models import SuitabilityAssessment
from bff.wealth.rules import Questionnaire

QUESTIONS_FILE: Final = Path(__file__).parent / "data" / "suitability.yaml"
YEAR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Level:
    """A customer's level; both None when he has none that holds."""

    level: str | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Assessed:
    """The outcome of an assessment."""

    level: str
    score: int
    assessed_at: datetime
    valid_until: datetime
    left_today: int


def load_questionnaire(path: Path = QUESTIONS_FILE) -> Questionnaire:
    """Read the questions.

    Raises:
        ProductDataError: the file is malformed.
    """
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=Questionnaire)
    except (OSError, msgspec.MsgspecError) as error:
        raise ProductDataError(detail=f"{path.name}: {error}") from error


@dataclass(frozen=True, slots=True)
class Suitability:
    """Assesses customers."""

    questionnaire: Questionnaire
    packs: RulePacks

    def assess(self, session: Session, context: Context, version: str, answers: Mapping[str, str]) -> Assessed:
        """Score the answers and write the level that follows.

        Raises:
            AnswersInvalidError: they are not to the questions in force.
            AssessmentLimitError: no assessment is left today or in twelve months.
        """
        decision = Decision.begin(context, self.packs, "wealth.suitability")
        points = rules.score(self.questionnaire, version, answers)
        customer_id, pack = _customer(context), decision.rules
        repository.lock_profile(session, customer_id)
        left = self.left_today(session, context, pack)
        decision.note(questions=version, leftToday=left)
        if left == 0:
            raise AssessmentLimitError
        level = rules.level_of(self.questionnaire, points)
        valid_until = context.now + timedelta(days=pack.integer("level_valid_days"))
        assessment_id = self._store(session, context, pack, answers, (points, level))
        decision.note(level=level)
        decision.allow(session, context, assessment_id)
        values = {"level": level, "assessed_at": context.now, "valid_until": valid_until}
        repository.set_level(session, customer_id, **values)
        return Assessed(level, points, context.now, valid_until, left - 1)

    def level(self, session: Session, context: Context) -> Level:
        """Give the calling customer's level, when he has one that holds."""
        row = repository.profile(session, _customer(context))
        if row is None or row.level is None or row.valid_until <= context.now:
            return Level(None, None)
        return Level(row.level, row.valid_until)

    def require(self, session: Session, context: Context) -> str:
        """Give the calling customer's level.

        Raises:
            SuitabilityRequiredError: he has none that holds.
        """
        level = self.level(session, context).level
        if level is None:
            raise SuitabilityRequiredError
        return level

    def left_today(self, session: Session, context: Context, pack: RulePack | None = None) -> int:
        """Tell how many assessments are left today, by a pack, or by the one in force."""
        customer_id, today = _customer(context), business_date(context.now)
        pack = pack or self.packs.at(today)
        day = pack.integer("assessments_per_day") - repository.assessed_on(session, customer_id, today.isoformat())
        since = repository.assessed_since(session, customer_id, context.now - YEAR)
        return max(0, min(day, pack.integer("assessments_per_year") - since))

    def _store(
        self, session: Session, context: Context, pack: RulePack, answers: Mapping[str, str], found: tuple[int, str]
    ) -> str:
        row: dict[str, Any] = {
            "assessment_id": context.new_id("ass"),
            "customer_id": _customer(context),
            "version": self.questionnaire.version,
            "rule_version": pack.version,
            "answers": msgspec.json.encode(dict(answers)).decode(),
            "score": found[0],
            "level": found[1],
            "day": business_date(context.now).isoformat(),
            "assessed_at": context.now,
        }
        session.execute(insert(SuitabilityAssessment).values(**row))
        return str(row["assessment_id"])


def _customer(context: Context) -> str:
    return context.caller.customer_id or ""
