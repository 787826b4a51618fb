"""Questions as data: answers are held to what is asked, and texts to their hash."""

import pytest

from bff.cards.errors import CardAnswersInvalidError, CardTextChangedError
from bff.cards.forms import Form, check_consent, check_section, load_form, load_texts
from bff.errors import NotFoundError
from tests.bff.cards.teller import ANSWERS

FORM, TEXTS = load_form(), load_texts()


def test_every_section_takes_its_answers() -> None:
    for name, answers in ANSWERS.items():
        assert check_section(FORM.section(name), answers) == answers


@pytest.mark.parametrize(
    ("section", "changes", "element"),
    [
        ("employment", {"status": "king"}, "status"),
        ("employment", {"employer": " "}, "employer"),
        ("employment", {"employer": "x" * 61}, "employer"),
        ("employment", {"employer": "a\u202eb"}, "employer"),
        ("employment", {"years": "61"}, "years"),
        ("employment", {"years": "-1"}, "years"),
        ("employment", {"years": "٤"}, "years"),
        ("employment", {"shoe_size": "43"}, "shoe_size"),
        ("employment", {"status": "retired"}, "employer"),
        ("income", {"annual_fen": "10000000001"}, "annual_fen"),
        ("income", {"source": "other"}, "source_text"),
        ("address", {"postcode": "31000"}, "postcode"),
        ("mailing", {"to": "other"}, "region"),
        ("contact", {"mobile": "12800003157"}, "mobile"),
    ],
)
def test_an_answer_that_does_not_hold_is_named(section: str, changes: dict[str, str], element: str) -> None:
    with pytest.raises(CardAnswersInvalidError) as refused:
        check_section(FORM.section(section), {**ANSWERS[section], **changes})
    assert refused.value.extra["element"] == element
    assert all(text not in str(refused.value) for text in changes.values() if text.strip())


def test_conditional_questions_are_asked_only_then() -> None:
    assert check_section(FORM.section("employment"), {"status": "retired"}) == {"status": "retired"}
    other = {"to": "other", "region": "浙江", "line": "一号", "postcode": "310000"}
    assert check_section(FORM.section("mailing"), other) == other


def test_a_form_that_asks_by_what_comes_later_is_refused() -> None:
    section = FORM.section("income")
    with pytest.raises(ValueError, match="cannot be asked"):
        Form("v", (type(section)("income", section.title, tuple(reversed(section.questions))),))
    with pytest.raises(NotFoundError):
        FORM.section("hobbies")


def test_consent_names_the_very_text() -> None:
    text = TEXTS[0]
    assert check_consent(TEXTS, text.kind, text.version, text.digest) is text
    for version, digest in ((text.version, "0" * 64), ("older", text.digest)):
        with pytest.raises(CardTextChangedError):
            check_consent(TEXTS, text.kind, version, digest)
    with pytest.raises(NotFoundError):
        check_consent(TEXTS, "cookies", text.version, text.digest)
