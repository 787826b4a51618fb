"""What a role goes on listing: bounded, and never less than what somebody can get."""

from h5bundle.commands import rollout as changing
from h5bundle.commands import verify
from h5bundle.formats import TargetFile
from h5bundle.manifest import Requirement
from h5bundle.repository import load_for_reading
from h5bundle.retention import NEWEST, listed
from h5bundle.rollout import Change
from tests.h5bundle.conftest import TODAY, Yard, package, shared_package

WHY = Change("anna", "a test")


def versions(yard: Yard, bundle: str) -> list[str]:
    return sorted(changing.Offered(yard.store, load_for_reading(yard.store)).signed()[bundle])


def test_the_newest_and_the_needed_stay_with_all_their_documents() -> None:
    target = TargetFile.from_data("x", b"", ["sha256"])
    kinds = ("manifest.json", "zip", "sbom.json")
    paths = [f"apps/wealth/1.{number}.0.{kind}" for number in range(30) for kind in kinds]
    kept = listed(dict.fromkeys(paths, target), needed=frozenset({"1.3.0", "9.9.9"}))
    numbers = [3, *range(30 - NEWEST, 30)]
    assert sorted(kept) == sorted(path for path in paths if int(path.split(".")[1]) in numbers)


def test_past_releases_leave_the_list_and_nothing_that_is_offered_does(yard: Yard) -> None:
    yard.publish(package(version="1.0.0", floor="1.0.0"), now=TODAY)
    yard.publish(package(version="1.1.0", floor="1.0.0"), now=TODAY)
    changing.run("wealth", changing.back_to("1.0.0", WHY), yard.store, yard.keys, now=TODAY)
    for number in range(2, NEWEST + 4):
        yard.publish(package(version=f"1.{number}.0", floor="1.0.0"), now=TODAY, permyriad=100)
    assert "1.0.0" in versions(yard, "wealth")
    assert "1.1.0" not in versions(yard, "wealth")
    for number in range(NEWEST + 4, 2 * NEWEST + 4):
        yard.publish(package(version=f"1.{number}.0", floor="1.0.0"), now=TODAY)
    assert len(versions(yard, "wealth")) == NEWEST
    assert verify.run(yard.store, now=TODAY).releases == NEWEST


def test_a_shared_release_that_an_offered_one_pins_stays(yard: Yard) -> None:
    shared = shared_package("1.0.0")
    yard.publish(shared, now=TODAY)
    pinned = {"common": Requirement("1.0.0", shared.digest)}
    yard.publish(package(pinned=pinned, requires="{common: 1.0.0}"), now=TODAY)
    for number in range(1, NEWEST + 4):
        yard.publish(shared_package(f"1.{number}.0"), now=TODAY)
    assert len(versions(yard, "common")) == 1 + NEWEST
    assert changing.train(yard.store, changing.Live()).blockers == ()


def test_a_published_again_release_is_offered_again(yard: Yard) -> None:
    old = package(version="1.0.0", floor="1.0.0")
    yard.publish(old, now=TODAY)
    for number in range(1, NEWEST + 3):
        yard.publish(package(version=f"1.{number}.0", floor="1.0.0"), now=TODAY)
    assert "1.0.0" not in versions(yard, "wealth")
    yard.publish(old, now=TODAY)
    assert changing.Offered(yard.store, load_for_reading(yard.store)).release("wealth", "1.0.0")[1] == old.digest
