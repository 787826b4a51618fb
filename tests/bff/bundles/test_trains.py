"""Release trains at the desk: no upload comes on offer without what it needs, and a refusal has one stable code."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from bff.bundles.signers import Role
from h5bundle.commands import promote, propose, rollout
from h5bundle.commands.offers import Offered
from h5bundle.commands.upload import decide
from h5bundle.errors import TrainError
from h5bundle.keys import KeyFolder
from h5bundle.manifest import Requirement
from h5bundle.pack import Package
from h5bundle.remote import RemoteError
from h5bundle.repository import load_for_reading
from h5bundle.rollout import Change
from h5bundle.standing import standing_of
from tests.bff.bundles.press import OPS, Press, release, text_of
from tests.h5bundle.conftest import Yard, package, shared_package

LOST = "wealth.order.prepare"
VAULT = {"ops": "[wealth.order.prepare, bank.vault.open]"}


@pytest.fixture
def press(engine: Engine, yard: Yard, tmp_path: Path) -> Press:
    return Press(engine, yard, tmp_path / "uploads")


@pytest.fixture
def keyless(engine: Engine, yard: Yard, tmp_path: Path) -> Press:
    return Press(engine, yard, tmp_path / "uploads", keys=KeyFolder(tmp_path / "none", b"tide"))


def versions(press: Press) -> list[str]:
    world = Offered(press.yard.store, load_for_reading(press.yard.store))
    return sorted(world.signed()["wealth"])


def pinned(shared: Package, version: str = "1.0.1") -> Package:
    return package(version=version, pinned={"common": Requirement("1.0.0", shared.digest)}, requires="{common: 1.0.0}")


def test_an_operation_that_the_bank_has_not_is_a_problem_with_its_reason(press: Press) -> None:
    machine = press.machine()
    done = machine.upload(release(**VAULT), text_of(**VAULT))
    (found,) = [item for item in done.findings if item.code == "TRAIN_BROKEN"]
    said = "wealth@1.0.1 needs operation bank.vault.open: the live catalogue has none of that name"
    assert (done.state, found.what) == ("REFUSED", said)
    with pytest.raises(RemoteError) as refusal:
        machine.remote.one("POST", f"/{done.upload_id}/complete", {})
    told = (refusal.value.status, refusal.value.problem, refusal.value.members["blockers"])
    assert told == (409, "TRAIN_BROKEN", [said])
    assert versions(press) == ["1.0.0"]


def test_an_operation_that_goes_before_the_approval_stops_the_release(press: Press) -> None:
    developer, guard = press.machine(), press.machine(Role.SECURITY, "wang.fang")
    wider = {"ops": "[wealth.order.prepare, wealth.order.get]"}
    waiting = developer.upload(release(**wider), text_of(**wider))
    assert waiting.state == "WAITING_SECURITY"
    press.ops = OPS - {"wealth.order.get"}
    done = decide(waiting, "approve", "seen", guard.remote)
    assert (done.state, "TRAIN_BROKEN" in {item.code for item in done.findings}) == ("REFUSED", True)
    assert versions(press) == ["1.0.0"]


def test_an_accepted_release_is_refused_by_the_job_when_its_operation_goes(keyless: Press) -> None:
    done = keyless.machine().upload(release(), text_of())
    assert done.state == "ACCEPTED"
    keyless.ops = OPS - {LOST}
    object.__setattr__(keyless.clearing, "keys", keyless.yard.keys)
    keyless.clearing.settle_all(keyless.tick)
    row = keyless.clearing.present(done.upload_id)
    assert (row.state, "TRAIN_BROKEN" in row.findings, versions(keyless)) == ("REFUSED", True, ["1.0.0"])


def test_a_pinned_shared_release_must_be_there_with_its_digest(press: Press) -> None:
    shared = shared_package()
    assert "TRAIN_BROKEN" in {item.code for item in press.machine().upload(pinned(shared)).findings}
    press.yard.publish(shared)
    other = shared_package(files={"tokens.css": b":root{color:red}"})
    assert "TRAIN_BROKEN" in {item.code for item in press.machine().upload(pinned(other)).findings}
    text = text_of(requires="{common: 1.0.0}")
    assert press.machine().upload(pinned(shared), text).state == "PUBLISHED"


def test_a_shared_release_that_an_upload_pinned_meanwhile_is_not_withdrawn(press: Press) -> None:
    shared = shared_package()
    press.yard.publish(shared)
    author = propose.Author(name="anna", reason="unused", now=press.now)
    withdrawal = propose.withdraw(press.yard.store, "common", "1.0.0", author)
    assert press.machine().upload(pinned(shared), text_of(requires="{common: 1.0.0}")).state == "PUBLISHED"
    stands = standing_of(load_for_reading(press.yard.store))
    signed = propose.sign_with(withdrawal, stands, press.yard.keys, press.now)
    with pytest.raises(TrainError, match=r"wealth@1\.0\.1 needs common@1\.0\.0: no role signs that release"):
        promote.run(signed, press.yard.store, press.yard.keys, now=press.now)


def test_a_halt_is_never_refused_and_what_goes_on_again_is_judged(press: Press) -> None:
    store, keys, why = press.yard.store, press.yard.keys, Change("anna", "operation gone")
    press.ops = OPS - {LOST}
    live = press.clearing.live()
    halted = rollout.run("wealth", rollout.paused(why, halt=True), store, keys, now=press.now, live=live)
    assert halted.halt is True
    with pytest.raises(TrainError, match=r"wealth@1\.0\.0 needs operation wealth\.order\.prepare"):
        rollout.run("wealth", rollout.paused(why, halt=False), store, keys, now=press.now, live=live)
