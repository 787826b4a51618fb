"""Counters that lose nothing to each other, count nothing twice, and know nobody."""

import itertools
import threading
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, inspect, select

from bff.bundles.adoption import BATCHES_KEPT, Adoption
from bff.bundles.models import AdoptionBatch, AdoptionCount, BundleRelease
from bff.bundles.operations import operations
from bff.bundles.schemas import AdoptionEvent, AdoptionReport, ReleaseAdoption
from bff.db.engine import retried, transaction
from bff.db.statements import insert_new
from bff.kinds import Caller, Channel, Context
from tests.h5bundle.conftest import NOW

OURS, OLD = "a" * 64, "b" * 64
NUMBERS = itertools.count()
THREADS, BATCHES = 64, 5


def context(now: Any = NOW) -> Context:
    caller = Caller(channel=Channel.APP, address="192.0.2.7")
    return Context(caller, now, new_id=lambda prefix: prefix, new_bytes=lambda count: b"x" * count)


def event(name: str, digest: str = OURS, **other: Any) -> AdoptionEvent:
    return AdoptionEvent(other.get("bundle", "wealth"), digest, other.get("platform", "browser"), name)  # type: ignore[arg-type]  # names are checked on the wire


def batch(*events: AdoptionEvent, number: str | None = None) -> AdoptionReport:
    return AdoptionReport(number or f"number-{next(NUMBERS):020}", events)


def report(engine: Engine, what: AdoptionReport, now: Any = NOW) -> int:
    return retried(engine, lambda session: Adoption().report(session, context(now), what)).counted


def read(engine: Engine, bundle: str | None = None) -> tuple[ReleaseAdoption, ...]:
    with transaction(engine, writing=False) as session:
        return Adoption.of(session, bundle).releases


@pytest.fixture
def released(engine: Engine) -> Engine:
    with transaction(engine) as session:
        for digest, version in ((OURS, "1.1.0"), (OLD, "1.0.0")):
            insert_new(
                session,
                BundleRelease,
                digest=digest,
                bundle="wealth",
                version=version,
                ops="[]",
                purposes="[]",
                state="PUBLISHED",
                recorded_at=NOW,
            )
    return engine


def test_a_batch_is_counted_once_however_often_it_comes(released: Engine) -> None:
    what = batch(event("checked"), event("downloaded"), event("downloaded"))
    assert [report(released, what) for _ in range(3)] == [2, 0, 0]
    (new, old) = sorted(read(released, "wealth"), key=lambda one: one.digest)
    assert new == ReleaseAdoption("wealth", "1.1.0", OURS, "browser", checked=1, downloaded=1)
    assert old == ReleaseAdoption("wealth", "1.0.0", OLD, "")
    assert read(released, "other") == ()


def test_what_nobody_published_is_not_counted(released: Engine) -> None:
    assert report(released, batch(event("ready", "c" * 64), event("ready", bundle="accounts"))) == 0
    with transaction(released, writing=False) as session:
        assert session.scalars(select(AdoptionCount)).all() == []


def test_no_count_is_lost_among_many_threads(released: Engine) -> None:
    events = [event(name, digest) for digest in (OURS, OLD) for name in ("launched", "ready", "rolledback")]
    failures: list[Exception] = []

    def send(turn: int) -> None:
        try:
            for _ in range(BATCHES):
                report(released, batch(*(events if turn % 2 else reversed(events))))
        except Exception as error:  # noqa: BLE001 — collected for the assertion
            failures.append(error)

    threads = [threading.Thread(target=send, args=(turn,)) for turn in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    expected = THREADS * BATCHES
    assert {(one.launched, one.ready, one.rolledback) for one in read(released)} == {(expected, expected, expected)}


def test_days_are_added_up_and_old_rows_swept(released: Engine) -> None:
    report(released, batch(event("ready")), NOW)
    report(released, batch(event("ready")), NOW + timedelta(days=1))
    assert next(one for one in read(released) if one.digest == OURS).ready == 2
    with transaction(released) as session:
        assert Adoption.sweep(session, NOW + BATCHES_KEPT + timedelta(hours=1)) == 1
    with transaction(released) as session:
        assert Adoption.sweep(session, NOW + timedelta(days=402)) == 3
    assert next(one for one in read(released) if one.digest == OURS).ready == 0


def test_nothing_that_is_kept_names_anybody(released: Engine) -> None:
    report(released, batch(event("ready"), number="drawn-for-this-batch"))
    columns = {table: {one["name"] for one in inspect(released).get_columns(table)} for table in ("adoption_count",)}
    assert columns == {"adoption_count": {"day", "digest", "platform", "event", "count"}}
    with transaction(released, writing=False) as session:
        assert session.scalars(select(AdoptionBatch.batch)).all() == ["drawn-for-this-batch"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch": "short", "events": [{"bundle": "wealth", "digest": OURS, "platform": "browser", "event": "ready"}]},
        {"batch": "n" * 20, "events": []},
        {"batch": "n" * 20, "events": [{"bundle": "wealth", "digest": OURS, "platform": "me", "event": "ready"}]},
        {"batch": "n" * 20, "events": [{"bundle": "wealth", "digest": "A" * 64, "platform": "ios", "event": "ready"}]},
        {"batch": "n" * 20, "events": [{"bundle": "wealth", "digest": OURS, "platform": "ios", "event": "paid"}]},
        {
            "batch": "n" * 20,
            "events": [{"bundle": "wealth", "digest": OURS, "platform": "ios", "event": "ready", "id": 1}],
        },
        {
            "batch": "n" * 20,
            "events": [{"bundle": "wealth", "digest": OURS, "platform": "ios", "event": "ready"}] * 33,
        },
    ],
)
def test_a_report_of_another_shape_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, AdoptionReport)


def test_production_gives_the_counters_to_nobody_over_http() -> None:
    assert [one.code for one in operations(Adoption(), readable=False)] == ["bundles.adoption.report"]
