"""Assessments: scores, levels and how many are allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bff.wealth import rules
from bff.wealth.errors import AnswersInvalidError, AssessmentLimitError
from bff.wealth.suitability import load_questionnaire
from tests.bff.wealth.world import CHEN, World

QUESTIONNAIRE = load_questionnaire()


@pytest.mark.parametrize(("option", "level"), [(0, "C1"), (1, "C2"), (2, "C3"), (-1, "C5")])
def test_a_level_follows_from_the_answers(world: World, option: int, level: str) -> None:
    phone = world.bound(CHEN)
    found = world.assess(phone, option)
    held = world.call(phone, "wealth.suitability.get")
    assert (found["level"], held["level"], found["leftToday"]) == (level, level, 1)
    assert held["validUntil"] == "2027-11-23T02:00:00.000Z"


def test_two_a_day_and_eight_in_twelve_months(world: World) -> None:
    phone = world.bound(CHEN)
    for _ in range(4):
        assert [world.assess(phone)["leftToday"] for _ in range(2)] in ([1, 0], [1, 0])
        with pytest.raises(AssessmentLimitError):
            world.assess(phone)
        world.later(days=1)
    with pytest.raises(AssessmentLimitError):
        world.assess(phone)
    world.later(days=363)
    assert world.assess(phone)["level"] == "C5"


def test_answers_to_other_questions_are_refused() -> None:
    answers = {question.id: question.options[0].id for question in QUESTIONNAIRE.questions}
    for version, wrong in (("old", answers), (QUESTIONNAIRE.version, {**answers, "more": "a"})):
        with pytest.raises(AnswersInvalidError):
            rules.score(QUESTIONNAIRE, version, wrong)
    with pytest.raises(AnswersInvalidError):
        rules.score(QUESTIONNAIRE, QUESTIONNAIRE.version, {**answers, "goal": "z"})


@given(st.integers(0, 100), st.integers(0, 100))
def test_more_points_never_give_a_lower_level(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert rules.level_of(QUESTIONNAIRE, low) <= rules.level_of(QUESTIONNAIRE, high)
