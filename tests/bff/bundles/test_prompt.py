"""A sandbox records a release at its first call, and asks the repository no more often than allowed."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from bff.bundles.prompt import PAUSE, PromptReleases
from bff.bundles.service import ReleaseBook
from bff.bus.releases import BundleRevokedError, BundleUnknownError, Release
from bff.db.engine import transaction
from h5bundle.client import PublishedRelease, releases
from h5bundle.errors import TrustError
from tests.bff.bundles.conftest import Seconds
from tests.h5bundle.conftest import NOW, Yard, package


class Repository:
    """What is on offer, and how often it was asked for."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard
        self.asked = 0
        self.broken = False

    def __call__(self) -> tuple[PublishedRelease, ...]:
        self.asked += 1
        if self.broken:
            raise TrustError(subject="metadata/timestamp.json", detail="forged")
        return releases(self.yard.store, now=NOW)


def clock() -> datetime:
    return NOW


def asked(engine: Engine, prompt: PromptReleases, digest: str) -> Release:
    """Ask as the bus does: inside a reading transaction."""
    with transaction(engine, writing=False) as session:
        return prompt.release(session, digest)


def test_a_release_is_known_at_its_first_call(engine: Engine, yard: Yard, seconds: Seconds) -> None:
    made = package()
    yard.publish(made)
    repository = Repository(yard)
    prompt = PromptReleases(ReleaseBook(seconds), engine, repository, clock, seconds)
    assert asked(engine, prompt, made.digest).ref.digest == made.digest
    assert asked(engine, prompt, made.digest).ref.digest == made.digest
    assert repository.asked == 1


def test_a_stranger_stays_one_and_does_not_make_it_read_again_and_again(
    engine: Engine, yard: Yard, seconds: Seconds
) -> None:
    yard.publish(package())
    repository = Repository(yard)
    prompt = PromptReleases(ReleaseBook(seconds), engine, repository, clock, seconds)
    for _ in range(50):
        with pytest.raises(BundleUnknownError):
            asked(engine, prompt, "0" * 64)
    assert repository.asked == 1
    seconds.now += PAUSE
    with pytest.raises(BundleUnknownError):
        asked(engine, prompt, "0" * 64)
    assert repository.asked == 2


def test_what_does_not_verify_is_not_recorded(engine: Engine, yard: Yard, seconds: Seconds) -> None:
    made = package()
    yard.publish(made)
    repository = Repository(yard)
    repository.broken = True
    prompt = PromptReleases(ReleaseBook(seconds), engine, repository, clock, seconds)
    with pytest.raises(BundleUnknownError):
        asked(engine, prompt, made.digest)


def test_a_release_that_was_called_back_stays_called_back(engine: Engine, yard: Yard, seconds: Seconds) -> None:
    made = package()
    yard.publish(made)
    book = ReleaseBook(seconds)
    prompt = PromptReleases(book, engine, Repository(yard), clock, seconds)
    asked(engine, prompt, made.digest)
    with transaction(engine) as session:
        book.revoke(session, made.digest, NOW)
    seconds.now += 10
    with pytest.raises(BundleRevokedError):
        asked(engine, prompt, made.digest)
