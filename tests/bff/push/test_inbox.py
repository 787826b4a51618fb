"""The inbox: said once, read by its owner only, gone when its time is over; every kind has its words."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bff.db.engine import transaction
from bff.push import inbox, kinds
from tests.bff.db.engines import KINDS, fresh_engine

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with fresh_engine(request.param, tmp_path) as opened:
        yield opened


def told(engine: Engine, customer: str, subject: str, at: datetime = NOW) -> bool:
    with transaction(engine) as session:
        body = {"model": "Phone X1"}
        return inbox.tell(
            session, customer_id=customer, kind="security.device_bound", subject=subject, body=body, now=at
        )


def page(engine: Engine, customer: str, before: str | None = None, limit: int = 10, at: datetime = NOW) -> list[str]:
    with transaction(engine, writing=False) as session:
        found = inbox.page(session, customer_id=customer, before=before, limit=limit, now=at)
        return [message.subject for message in found]


def test_of_one_subject_a_customer_is_told_once(engine: Engine) -> None:
    assert [told(engine, "cus_1", "dev_1"), told(engine, "cus_1", "dev_1"), told(engine, "cus_2", "dev_1")] == [
        True,
        False,
        True,
    ]
    assert (page(engine, "cus_1"), page(engine, "cus_2"), page(engine, "cus_3")) == (["dev_1"], ["dev_1"], [])


def test_pages_go_from_the_newest_on_and_lose_nothing(engine: Engine) -> None:
    for number in range(5):
        told(engine, "cus_1", f"dev_{number}")
    with transaction(engine, writing=False) as session:
        first = inbox.page(session, customer_id="cus_1", before=None, limit=2, now=NOW)
    told(engine, "cus_1", "dev_5")
    assert [message.subject for message in first] == ["dev_4", "dev_3"]
    assert page(engine, "cus_1", before=first[-1].message_id) == ["dev_2", "dev_1", "dev_0"]
    assert page(engine, "cus_2", before=first[-1].message_id) == []


def test_anothers_message_cannot_be_marked_read(engine: Engine) -> None:
    told(engine, "cus_1", "dev_1")
    with transaction(engine) as session:
        [message] = inbox.page(session, customer_id="cus_1", before=None, limit=1, now=NOW)
        assert not inbox.read(session, "cus_2", message.message_id, NOW)
        assert inbox.unread(session, "cus_1", NOW) == 1
        assert inbox.read(session, "cus_1", message.message_id, NOW)
        assert inbox.read(session, "cus_1", message.message_id, NOW + timedelta(hours=1))
        assert inbox.unread(session, "cus_1", NOW) == 0


def test_a_message_whose_time_is_over_is_not_shown_and_is_swept(engine: Engine) -> None:
    told(engine, "cus_1", "dev_1")
    end = NOW + timedelta(days=kinds.kinds()["security.device_bound"].days)
    assert (page(engine, "cus_1", at=end - timedelta(seconds=1)), page(engine, "cus_1", at=end)) == (["dev_1"], [])
    with transaction(engine) as session:
        assert (inbox.sweep(session, end - timedelta(seconds=1)), inbox.sweep(session, end)) == (0, 1)


def test_what_is_not_committed_was_not_told(engine: Engine) -> None:
    body, kind = {"model": "Phone X1"}, "security.device_bound"
    with transaction(engine) as session:
        assert inbox.tell(session, customer_id="cus_1", kind=kind, subject="dev_1", body=body, now=NOW)
        session.rollback()
    assert page(engine, "cus_1") == []


@pytest.mark.parametrize("body", [{}, {"model": "X", "mobile": "138"}])
def test_other_facts_than_the_kinds_are_refused(engine: Engine, body: dict[str, str]) -> None:
    with transaction(engine) as session, pytest.raises(ValueError, match="takes the facts model"):
        inbox.tell(session, customer_id="cus_1", kind="security.device_bound", subject="dev_1", body=body, now=NOW)


@pytest.mark.parametrize("name", sorted(kinds.kinds()))
def test_every_kind_has_whole_words_in_both_languages(name: str) -> None:
    kind = kinds.kinds()[name]
    body = {fact: f"<{fact}>" for fact in kind.facts}
    for language in kinds.LANGUAGES:
        words = kind.words(language, body)
        assert words.title
        assert words.text.endswith("。" if language == "zh" else ".")
        assert "{" not in words.title + words.text
