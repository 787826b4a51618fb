"""Forced releases and stale checks in the reference client, on a repository that was really published."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from h5bundle import rollout, terms
from h5bundle.client import ReferenceClient
from h5bundle.commands import rollout as changing
from h5bundle.errors import CheckRequiredError, PullError, UpdateRequiredError
from h5bundle.rollout import Change
from tests.h5bundle.client.test_reference import ANYBODY, NEXT, Offline, client, released
from tests.h5bundle.conftest import TODAY, Yard

WHO = Change("anna", "a hole")
HOUR = timedelta(hours=1)


@pytest.fixture
def phone(yard: Yard, tmp_path: Path) -> Path:
    """A client's folder with 1.0.0 running and ready."""
    released(yard, "1.0.0")
    folder = tmp_path / "phone"
    ours = client(yard, folder)
    pulled = ours.pull("wealth", ANYBODY, now=TODAY)
    ours.open("wealth", now=TODAY)
    ours.ready("wealth", pulled.digest)
    return folder


def say(yard: Yard, **targets: object) -> changing.PolicyReceipt:
    targeting = changing.Targeting(**targets)  # type: ignore[arg-type]  # targets come by name
    return changing.run("wealth", changing.targeted(None, targeting, WHO), yard.store, yard.keys, now=TODAY)


class WithoutObjects(Offline):
    """A repository whose metadata is reached, and whose files are not."""

    def __init__(self, yard: Yard) -> None:
        self._store = yard.store

    def _fetch(self, url: str) -> object:
        if "/objects/" in url:
            return Offline._fetch(self, url)
        return super(Offline, self)._fetch(url)


def test_a_forced_release_opens_and_nothing_older_does(yard: Yard, phone: Path) -> None:
    new = released(yard, "1.1.0", NEXT)
    say(yard, forced=True)
    ours = client(yard, phone)
    pulled = ours.pull("wealth", ANYBODY, now=TODAY)
    assert (pulled.version, pulled.forced) == ("1.1.0", True)
    assert ours.open("wealth", now=TODAY).digest == new.digest


def test_a_forced_release_that_cannot_be_had_keeps_the_older_one_shut_until_it_is_here(yard: Yard, phone: Path) -> None:
    released(yard, "1.1.0", NEXT)
    say(yard, forced=True)
    cut = client(yard, phone)
    cut._source._fetcher = WithoutObjects(yard)
    with pytest.raises((PullError, OSError)):
        cut.pull("wealth", ANYBODY, now=TODAY)
    before = cut.standing("wealth")
    with pytest.raises(UpdateRequiredError) as refused:
        client(yard, phone, offline=True).open("wealth", now=TODAY)
    assert refused.value.remedy == "h5bundle pull wealth"
    after = cut.standing("wealth")
    assert (after.running, after.trial) == (before.running, before.trial)
    again = client(yard, phone)
    again.pull("wealth", ANYBODY, now=TODAY)
    assert again.open("wealth", now=TODAY).version == "1.1.0"


def test_a_forced_release_that_failed_its_trial_is_forced_no_more_on_that_device(yard: Yard, phone: Path) -> None:
    new = released(yard, "1.1.0", NEXT)
    say(yard, forced=True)
    ours = client(yard, phone)
    ours.pull("wealth", ANYBODY, now=TODAY)
    ours.open("wealth", now=TODAY)
    ours.failed("wealth", new.digest, reason="not-ready", now=TODAY)
    assert ours.open("wealth", now=TODAY).version == "1.0.0"
    again = client(yard, phone)
    assert again.pull("wealth", ANYBODY, now=TODAY).version == "1.0.0"
    assert again.open("wealth", now=TODAY).version == "1.0.0"


def test_a_pause_ends_the_force(yard: Yard, phone: Path) -> None:
    released(yard, "1.1.0", NEXT)
    say(yard, forced=True)
    changing.run("wealth", changing.paused(WHO, halt=True), yard.store, yard.keys, now=TODAY)
    ours = client(yard, phone)
    ours.pull("wealth", ANYBODY, now=TODAY)
    assert ours.open("wealth", now=TODAY).version == "1.0.0"


@pytest.fixture
def limited(yard: Yard, phone: Path) -> ReferenceClient:
    """A client whose bundle may go two hours without a check."""
    assert say(yard, stale_hours=2).stale_hours == 2
    client(yard, phone).pull("wealth", ANYBODY, now=TODAY)
    return client(yard, phone, offline=True)


def test_nothing_opens_after_so_long_without_a_check_and_a_check_mends_it(
    yard: Yard, phone: Path, limited: ReferenceClient
) -> None:
    assert limited.open("wealth", now=TODAY + 2 * HOUR).version == "1.0.0"
    with pytest.raises(CheckRequiredError):
        limited.open("wealth", now=TODAY + 2 * HOUR + timedelta(seconds=1))
    client(yard, phone).pull("wealth", ANYBODY, now=TODAY + 3 * HOUR)
    assert limited.open("wealth", now=TODAY + 3 * HOUR).version == "1.0.0"


def test_attack_the_clock_is_set_back_to_stay_on_an_old_release(limited: ReferenceClient) -> None:
    limited.open("wealth", now=TODAY + HOUR)
    with pytest.raises(CheckRequiredError):
        limited.open("wealth", now=TODAY)
    with pytest.raises(CheckRequiredError):
        limited.open("wealth", now=TODAY + 3 * HOUR)
    for back in (timedelta(0), timedelta(seconds=299), HOUR, timedelta(days=300)):
        with pytest.raises(CheckRequiredError):
            limited.open("wealth", now=TODAY + 3 * HOUR - back)


def test_taking_the_limit_away_opens_again_after_one_check(yard: Yard, phone: Path, limited: ReferenceClient) -> None:
    assert say(yard, stale_hours=0).stale_hours is None
    client(yard, phone).pull("wealth", ANYBODY, now=TODAY)
    assert limited.open("wealth", now=TODAY + 99 * HOUR).version == "1.0.0"


def test_a_clock_that_is_put_right_by_a_little_asks_for_nothing() -> None:
    kept = terms.Terms(stale_hours=2, checked=1_000, seen=1_000)
    assert [terms.is_stale(kept, now=1_000 - back) for back in (0, 300, 301)] == [False, False, True]


def test_share_and_limit_change_in_one_policy_and_the_same_again_signs_nothing(yard: Yard, phone: Path) -> None:
    first = say(yard, forced=True, stale_hours=72)
    assert (first.policy, first.changed, first.releases[0].forced) == (2, True, True)
    again = say(yard, forced=True, stale_hours=72)
    assert (again.policy, again.changed) == (2, False)
    assert msgspec.structs.asdict(first.releases[0]) == msgspec.structs.asdict(again.releases[0])
    assert phone.exists()
    assert first.releases[0].permyriad == rollout.EVERYBODY
