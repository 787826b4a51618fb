import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError

from bff.audit.models import EvidenceBlob, EvidenceEntry
from bff.bundles.models import BundleRelease
from bff.bundles.service import CACHED, ReleaseBook
from bff.bus.releases import BundleRevokedError, BundleUnknownError
from bff.db.engine import transaction
from bff.kinds import BundleRef
from h5bundle.client import releases
from tests.bff.bundles.conftest import Seconds
from tests.h5bundle.conftest import LATER, NOW, Yard, package


def recorded(engine: Engine, yard: Yard, book: ReleaseBook) -> tuple[str, ...]:
    with transaction(engine) as session:
        return tuple(str(ref) for ref in book.sync(session, now=NOW, releases=releases(yard.store, now=NOW)))


def test_a_published_release_is_recorded_once_with_its_evidence(engine: Engine, yard: Yard, seconds: Seconds) -> None:
    made = package(purposes="[wealth.order.place]")
    yard.publish(made)
    book = ReleaseBook(seconds)
    assert recorded(engine, yard, book) == (f"wealth@1.0.0#{made.digest}",)
    assert recorded(engine, yard, book) == ()
    with transaction(engine, writing=False) as session:
        found = book.release(session, made.digest)
        (entry,) = session.scalars(select(EvidenceEntry)).all()
        blobs = dict(session.execute(select(EvidenceBlob.sha256, EvidenceBlob.data)).all())
    assert (found.ops, found.purposes) == (frozenset({"wealth.order.prepare"}), frozenset({"wealth.order.place"}))
    body = json.loads(entry.body)
    assert (entry.kind, entry.subject, body["version"]) == ("bundle.released", made.digest, "1.0.0")
    assert blobs[body["manifest"]] == made.manifest_bytes
    assert body["manifest"] == made.digest
    (release,) = releases(yard.store, now=NOW)
    assert [blobs[body[name]] for name in ("role", "targets", "root")] == [release.role, release.targets, release.root]
    assert body["root"] == hashlib.sha256(release.root).hexdigest()


def test_a_digest_that_was_never_published_is_unknown(engine: Engine, seconds: Seconds) -> None:
    book = ReleaseBook(seconds)
    with transaction(engine, writing=False) as session, pytest.raises(BundleUnknownError):
        book.release(session, "a" * 64)
    with transaction(engine) as session, pytest.raises(BundleUnknownError):
        book.revoke(session, "a" * 64, NOW)


def test_an_unknown_digest_is_known_at_once_when_it_is_recorded(engine: Engine, yard: Yard, seconds: Seconds) -> None:
    made = package()
    yard.publish(made)
    book = ReleaseBook(seconds)
    with transaction(engine, writing=False) as session, pytest.raises(BundleUnknownError):
        book.release(session, made.digest)
    recorded(engine, yard, book)
    with transaction(engine, writing=False) as session:
        assert book.release(session, made.digest).ref.version == "1.0.0"


def test_a_call_back_acts_here_at_once_and_in_other_processes_within_seconds(
    engine: Engine, yard: Yard, seconds: Seconds
) -> None:
    made = package()
    yard.publish(made)
    here, there = ReleaseBook(seconds), ReleaseBook(seconds)
    recorded(engine, yard, here)
    for book in (here, there):
        with transaction(engine, writing=False) as session:
            book.release(session, made.digest)
    with transaction(engine) as session:
        here.revoke(session, made.digest, LATER)
        here.revoke(session, made.digest, LATER + timedelta(hours=1))
    with transaction(engine, writing=False) as session, pytest.raises(BundleRevokedError):
        here.release(session, made.digest)
    seconds.now += CACHED - 0.1
    with transaction(engine, writing=False) as session:
        assert there.release(session, made.digest).ref.digest == made.digest
    seconds.now += 0.1
    with transaction(engine, writing=False) as session, pytest.raises(BundleRevokedError):
        there.release(session, made.digest)
    with transaction(engine, writing=False) as session:
        kinds = session.scalars(select(EvidenceEntry.kind).order_by(EvidenceEntry.seq)).all()
        row = session.get_one(BundleRelease, made.digest)
    assert kinds == ["bundle.released", "bundle.revoked"]
    assert row.revoked_at == LATER


def test_a_revoked_release_does_not_come_back_with_the_next_sync(engine: Engine, yard: Yard, seconds: Seconds) -> None:
    made = package()
    yard.publish(made)
    book = ReleaseBook(seconds)
    recorded(engine, yard, book)
    with transaction(engine) as session:
        book.revoke(session, made.digest, NOW)
    assert recorded(engine, yard, book) == ()
    with transaction(engine, writing=False) as session, pytest.raises(BundleRevokedError):
        book.release(session, made.digest)


def test_a_transaction_that_fails_records_nothing(engine: Engine, yard: Yard, seconds: Seconds) -> None:
    yard.publish(package())
    book = ReleaseBook(seconds)
    with pytest.raises(IntegrityError):
        _record_and_fail(engine, yard, book)
    with transaction(engine, writing=False) as session:
        assert session.scalar(select(func.count()).select_from(BundleRelease)) == 0
        assert session.scalar(select(func.count()).select_from(EvidenceEntry)) == 0


def _record_and_fail(engine: Engine, yard: Yard, book: ReleaseBook) -> None:
    with transaction(engine) as session:
        book.sync(session, now=NOW, releases=releases(yard.store, now=NOW))
        session.add(BundleRelease(digest="b" * 64, bundle="wealth", version="9.9.9", ops="[]", state="PUBLISHED"))
        session.flush()


def test_a_version_that_returns_with_another_digest_is_told(engine: Engine, yard: Yard, seconds: Seconds) -> None:
    yard.publish(package())
    book = ReleaseBook(seconds)
    recorded(engine, yard, book)
    (release, *_) = releases(yard.store, now=NOW)
    other = replace(release, digest="f" * 64)
    with transaction(engine) as session:
        assert book.sync(session, now=NOW, releases=[release, other]) == ()
        assert book.unrecorded(session, [release, other]) == (BundleRef(release.bundle, release.version, "f" * 64),)
