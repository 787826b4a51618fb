"""The release trains at a publication and at a promotion, under what the bank offers now."""

import pytest

from h5bundle.commands import promote, propose, publish, rollout
from h5bundle.commands.offers import Live
from h5bundle.errors import TrainError
from h5bundle.repository import load_for_reading
from h5bundle.rollout import Change
from h5bundle.standing import standing_of
from tests.h5bundle.conftest import LATER, OnlineOnly, Yard, package, shared_package

LIST = Live(ops=frozenset({"wealth.transaction.list"}))


def seen(yard: Yard) -> bytes:
    return yard.store.read("metadata/timestamp.json")


def test_a_release_is_not_published_when_the_bank_lacks_its_operation(yard: Yard) -> None:
    yard.publish(package())
    before = seen(yard)
    with pytest.raises(TrainError, match=r"wealth@1\.1\.0 needs operation wealth\.order\.prepare") as refusal:
        yard.publish(package(version="1.1.0"), live=LIST)
    assert (len(refusal.value.blockers), seen(yard) == before) == (1, True)
    assert yard.publish(package(version="1.1.0", ops="[wealth.transaction.list]"), live=LIST).changed is True


def test_a_release_for_nobody_waits_for_its_operation(yard: Yard) -> None:
    yard.publish(package())
    assert yard.publish(package(version="1.1.0"), permyriad=0, live=LIST).changed is True


def test_what_was_broken_before_is_no_reason_to_refuse_the_mending(yard: Yard) -> None:
    yard.publish(package())
    yard.publish(package(version="1.1.0", ops="[wealth.transaction.list]"), permyriad=100, live=LIST)
    assert (
        yard.publish(package(version="1.1.0", ops="[wealth.transaction.list]"), permyriad=200, live=LIST).permyriad
        == 200
    )


def test_signing_a_role_anew_offers_nothing_new(yard: Yard) -> None:
    yard.publish(package())
    yard.publish(package(version="1.1.0"), permyriad=0)
    state = load_for_reading(yard.store)
    author = propose.Author(name="anna", reason="renew", now=LATER)
    renewed = propose.renew(yard.store, ["app-wealth"], author)
    signed = propose.sign_with(renewed, standing_of(state), yard.keys, LATER)
    assert promote.run(signed, yard.store, yard.keys, now=LATER, live=LIST).changed is True


def test_a_release_that_waits_as_a_proposal_is_judged_again_at_its_promotion(yard: Yard) -> None:
    yard.publish(package())
    made = package(version="1.1.0")
    options = publish.PublishOptions()
    waiting = publish.run(options, made, yard.store, OnlineOnly(yard.keys), now=LATER)
    assert waiting.proposal is not None
    proposal = propose.find(yard.store, waiting.proposal)
    signed = propose.sign_with(proposal, standing_of(load_for_reading(yard.store)), yard.keys, LATER)
    before = seen(yard)
    with pytest.raises(TrainError, match="would break a release train"):
        promote.run(signed, yard.store, yard.keys, now=LATER, live=LIST)
    assert seen(yard) == before
    assert promote.run(signed, yard.store, yard.keys, now=LATER, live=Live()).changed is True


def test_a_halt_asks_for_nothing_that_another_bundle_could_have_broken(yard: Yard) -> None:
    yard.publish(shared_package())
    yard.publish(package())
    for manifest in (yard.store.folder / "targets/apps/common").glob("*.manifest.json"):
        manifest.unlink()
    receipt = rollout.run(
        "wealth", rollout.paused(Change("anna", "wrong fees"), halt=True), yard.store, yard.keys, now=LATER, live=LIST
    )
    assert (receipt.changed, receipt.halt) == (True, True)
