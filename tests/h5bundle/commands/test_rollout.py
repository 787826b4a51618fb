"""Changing who gets a release in a real repository: signed, audited, refused where a release train would break."""

from datetime import timedelta

import pytest

from h5bundle.commands import rollout as changing
from h5bundle.commands import verify
from h5bundle.commands.offers import Live, Offered
from h5bundle.commands.rollout import Targeting
from h5bundle.errors import PublishError, RoleKeyError
from h5bundle.keys import KeyFolder
from h5bundle.manifest import Requirement
from h5bundle.repository import load_for_reading
from h5bundle.rollout import Change, Here, RolloutPolicy, hashed
from tests.h5bundle.conftest import LATER, NOW, Yard, package, shared_package

WHY = Change("anna", "a test")


def run(yard: Yard, alter: changing.Alter, **more: object) -> changing.PolicyReceipt:
    return changing.run("wealth", alter, yard.store, yard.keys, now=LATER, **more)  # type: ignore[arg-type]  # options come by name


def stands(yard: Yard) -> RolloutPolicy:
    policy = Offered(yard.store, load_for_reading(yard.store)).policy("wealth")
    assert policy is not None
    return policy


@pytest.fixture
def two(yard: Yard) -> Yard:
    yard.publish(package(version="1.0.0", floor="1.0.0"))
    yard.publish(package(version="1.1.0", floor="1.0.0"), permyriad=500)
    return yard


def test_a_share_is_raised_by_one_signed_policy_that_says_who_and_why(two: Yard) -> None:
    receipt = run(two, changing.targeted(None, Targeting(permyriad=5000), WHY))
    assert (receipt.changed, receipt.policy, receipt.releases[0].permyriad) == (True, 3, 5000)
    assert (stands(two).change, [one.version for one in stands(two).releases]) == (WHY, ["1.1.0", "1.0.0"])
    assert verify.run(two.store, now=LATER).releases == 2


def test_the_same_change_again_signs_nothing(two: Yard) -> None:
    for alter in (
        changing.targeted("1.1.0", Targeting(permyriad=500), WHY),
        changing.paused(WHY, halt=False),
        changing.named("1.1.0", add=(), remove=(hashed("x"),), change=WHY),
    ):
        before = two.store.read("metadata/timestamp.json")
        assert run(two, alter).changed is False
        assert two.store.read("metadata/timestamp.json") == before


def test_a_rollback_and_the_way_back(two: Yard) -> None:
    back = run(two, changing.back_to("1.0.0", WHY))
    assert [(one.version, one.permyriad) for one in back.releases] == [("1.0.0", 10_000)]
    assert run(two, changing.back_to("1.0.0", WHY)).changed is False
    again = run(two, changing.offered("1.1.0", Targeting(permyriad=100, channels=("beta",)), WHY))
    shown = [(one.version, one.permyriad, one.channels) for one in again.releases]
    assert shown == [("1.1.0", 100, ("beta",)), ("1.0.0", 10_000, ())]


def test_what_is_not_signed_or_lies_below_the_floor_is_not_offered(two: Yard) -> None:
    with pytest.raises(PublishError, match=r"1\.7\.0 is not signed here: 1\.0\.0, 1\.1\.0 is"):
        run(two, changing.back_to("1.7.0", WHY))
    two.publish(package(version="1.2.0", floor="1.1.0"))
    for alter in (changing.back_to("1.0.0", WHY), changing.offered("1.0.0", Targeting(), WHY)):
        with pytest.raises(PublishError, match=r"below the floor 1\.1\.0"):
            run(two, alter)


def test_a_release_is_not_offered_when_the_bank_has_lost_its_operation(two: Yard) -> None:
    live = Live(ops=frozenset({"wealth.transaction.list"}))
    before = two.store.read("metadata/timestamp.json")
    two.publish(package(version="1.2.0", floor="1.0.0", ops="[wealth.transaction.list]"))
    run(two, changing.back_to("1.2.0", WHY), live=live)
    with pytest.raises(PublishError, match=r"wealth@1\.1\.0 needs operation wealth\.order\.prepare"):
        run(two, changing.back_to("1.1.0", WHY), live=live)
    assert stands(two).releases[0].version == "1.2.0"
    assert before != two.store.read("metadata/timestamp.json")


def test_a_release_is_not_offered_to_hosts_that_cannot_speak_to_it(two: Yard) -> None:
    two.publish(package(version="1.2.0", floor="1.0.0", contract='{min: "2.0", max: "2.1"}'), permyriad=0)
    with pytest.raises(PublishError, match=r"contract 2\.0 to 2\.1: hosts speak 1\.0"):
        run(two, changing.targeted("1.2.0", Targeting(permyriad=1), WHY), live=Live(contract="1.0"))


def test_the_train_shows_what_is_required_and_what_blocks(yard: Yard) -> None:
    shared = shared_package()
    yard.publish(shared)
    yard.publish(package(pinned={"common": Requirement("1.0.0", shared.digest)}, requires="{common: 1.0.0}"))
    found = changing.train(yard.store, Live(ops=frozenset()))
    assert found.requires == {"common@1.0.0": (), "wealth@1.0.0": ("common@1.0.0",)}
    assert [blocker.partition(":")[0] for blocker in found.blockers] == [
        "wealth@1.0.0 needs operation wealth.order.prepare"
    ]


def test_a_strangers_rollout_key_changes_nothing(two: Yard, tmp_path_factory: pytest.TempPathFactory) -> None:
    stranger = KeyFolder(tmp_path_factory.mktemp("stranger"), b"tide")
    for role in ("rollout", "online"):
        stranger.generate(role)
    before = two.store.read("metadata/timestamp.json")
    with pytest.raises(RoleKeyError):
        changing.run("wealth", changing.paused(WHY, halt=True), two.store, stranger, now=LATER)
    assert two.store.read("metadata/timestamp.json") == before


def test_an_expired_rollout_role_is_signed_anew_by_the_change(two: Yard) -> None:
    late = NOW + timedelta(days=5)
    receipt = changing.run("wealth", changing.paused(WHY, halt=True), two.store, two.keys, now=late)
    assert (receipt.halt, verify.run(two.store, now=late).releases) == (True, 2)


def test_why_gives_a_word_for_every_release(two: Yard) -> None:
    run(two, changing.named("1.1.0", add=(hashed("qa"),), remove=(), change=WHY))
    words = dict.fromkeys(changing.rollout.Reason, "{version} {share} {bucket}")
    found = changing.why(two.store, "wealth", Here(install_id="qa"), words)
    reasons = [one.reason for one in found.verdicts]
    assert (found.version, found.reason, reasons) == ("1.1.0", "named", ["named", "cohort"])
    with pytest.raises(PublishError, match="cards has no rollout policy"):
        changing.why(two.store, "cards", Here(install_id="qa"), words)
