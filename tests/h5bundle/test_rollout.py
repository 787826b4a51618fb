"""Who gets which release: the same in the toolkit and in the shell, stable, monotonic, and never below the floor."""

import json
import subprocess
from pathlib import Path

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from h5bundle import rollout
from h5bundle.errors import ManifestError, PublishError
from h5bundle.rollout import Change, Here, Reason
from h5bundle.versions import parse_version
from tests.h5bundle import rollouts
from tests.h5bundle.conftest import package
from tests.services import NODE

CHANGE = Change("anna", "a test")
GOLDEN = json.loads(rollouts.VECTORS.read_text(encoding="utf-8"))
INSTALLS = tuple(f"phone-{number}" for number in range(2000))


def policy_of(version: str = "1.0.0", *, permyriad: int = 500) -> rollout.RolloutPolicy:
    made = package(version=version)
    return rollout.offer(None, made.manifest, made.digest, permyriad)


def test_the_golden_cases_are_those_of_the_rule() -> None:
    assert rollouts.text() == rollouts.VECTORS.read_text(encoding="utf-8")


def test_the_shells_javascript_decides_the_same() -> None:
    twin = Path(__file__).with_name("rollout_twin.mjs")
    done = subprocess.run([NODE, str(twin)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "agreed"), done.stdout + done.stderr


def test_the_golden_cases_meet_every_reason() -> None:
    met = {reason for case in GOLDEN for _, reason in case["expected"]["verdicts"]}
    assert met | {case["expected"]["reason"] for case in GOLDEN} == {str(reason) for reason in Reason}


@settings(deadline=None)
@given(st.text(min_size=1), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_larger_share_only_ever_adds(install: str, one: int, other: int) -> None:
    small, large = sorted((one, other))
    here = Here(install_id=install)
    narrow, wide = (rollout.decide(policy_of(permyriad=share), here).release for share in (small, large))
    assert narrow is None or wide is not None


def test_cohorts_are_spread_evenly_and_differ_between_releases() -> None:
    salts = [policy_of(version).releases[0].salt for version in ("1.0.0", "1.0.1")]
    for salt in salts:
        tenths = [0] * 10
        for install in INSTALLS:
            tenths[rollout.cohort(install, salt) // 1000] += 1
        expected = len(INSTALLS) / 10
        assert sum((count - expected) ** 2 / expected for count in tenths) < 27.9  # chi-square, 9 degrees, p = .001
    first, second = ({one for one in INSTALLS if rollout.cohort(one, salt) < 500} for salt in salts)
    assert len(first & second) < len(first) / 2


def test_a_raised_share_keeps_the_salt_and_the_testers() -> None:
    policy = rollout.with_testers(policy_of(), "1.0.0", [rollout.hashed("qa")], CHANGE)
    made = package()
    wider = rollout.offer(policy, made.manifest, made.digest, 5000)
    assert (wider.releases[0].salt, wider.releases[0].allow) == (policy.releases[0].salt, (rollout.hashed("qa"),))


def test_a_halted_policy_gives_nothing_new_and_a_publication_does_not_resume_it() -> None:
    policy = rollout.halted(policy_of(permyriad=10_000), CHANGE, halt=True)
    assert rollout.decide(policy, Here(install_id="x")).reason is Reason.HALTED
    newer = package(version="1.1.0")
    assert rollout.offer(policy, newer.manifest, newer.digest, 10_000).halt is True


def test_a_rollback_is_a_higher_policy_that_names_an_older_release_and_nothing_else() -> None:
    old, new = package(version="1.0.0", floor="1.0.0"), package(version="1.1.0", floor="1.0.0")
    policy = rollout.halted(rollout.offer(policy_of(), new.manifest, new.digest, 10_000), CHANGE, halt=True)
    back = rollout.rolled_back(policy, old.manifest, old.digest, CHANGE)
    shown = (back.policy, back.halt, [release.version for release in back.releases], back.change)
    assert shown == (policy.policy + 1, False, ["1.0.0"], CHANGE)


def test_no_rollback_goes_below_the_floor() -> None:
    old, new = package(version="1.0.0", floor="1.0.0"), package(version="1.1.0", floor="1.1.0")
    policy = rollout.offer(policy_of(), new.manifest, new.digest, 10_000)
    with pytest.raises(PublishError, match=r"floor 1\.1\.0"):
        rollout.rolled_back(policy, old.manifest, old.digest, CHANGE)


def test_a_release_with_targets_leaves_the_one_behind_it_for_the_others() -> None:
    policy = policy_of(permyriad=10_000)
    newer = package(version="1.1.0", floor="1.0.0")
    beta = msgspec.structs.replace(rollout.fresh(newer.manifest, newer.digest, 10_000), channels=("beta",))
    both = rollout.in_front(policy, beta, CHANGE)
    got = [
        rollout.choose(both, install_id="x", app_version="1.0.0", platform="ios", channel=c) for c in ("beta", "stable")
    ]
    assert [release and release.version for release in got] == ["1.1.0", "1.0.0"]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["offer", "back", "halt", "share"]), st.integers(0, 4), st.integers(0, 4)),
        max_size=12,
    )
)
def test_whatever_is_done_the_floor_never_sinks_and_numbers_grow(steps: list[tuple[str, int, int]]) -> None:
    policy = policy_of("1.0.0")
    for what, version, floor in steps:
        made = package(version=f"1.{version}.0", floor=f"1.{min(floor, version)}.0")
        before = policy
        try:
            if what == "offer":
                policy = rollout.offer(policy, made.manifest, made.digest, version * 2500)
            elif what == "back":
                policy = rollout.rolled_back(policy, made.manifest, made.digest, CHANGE)
            elif what == "halt":
                policy = rollout.halted(policy, CHANGE, halt=bool(version % 2))
            elif policy.releases:
                front = msgspec.structs.replace(policy.releases[0], permyriad=version * 2500)
                policy = rollout.altered(policy, front, CHANGE)
        except PublishError:
            assert parse_version(made.manifest.version) < parse_version(policy.floor)
        assert policy == before or policy.policy == before.policy + 1
        assert parse_version(policy.floor) >= parse_version(before.floor)
        assert all(parse_version(one.version) >= parse_version(policy.floor) for one in policy.releases)
        assert rollout.decode(rollout.encode(policy)) == policy


@pytest.mark.parametrize(
    "wrong",
    [
        {"policy": 0},
        {"stale_hours": 0},
        {"extra": 1},
        {"floor": "1"},
        {"releases": [{**GOLDEN[0]["policy"], "version": "x"}]},
        {"format": "tidegate-rollout/2"},
    ],
)
def test_a_malformed_policy_is_refused(wrong: dict[str, object]) -> None:
    members = msgspec.to_builtins(policy_of()) | wrong
    with pytest.raises(ManifestError):
        rollout.decode(rfc8785.dumps(members))
