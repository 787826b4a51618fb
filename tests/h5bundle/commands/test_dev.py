"""Development releases: what they never touch, and that the end and the next start bring back what was offered."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bff import sandbox
from h5bundle import rollout
from h5bundle.commands import dev, verify
from h5bundle.commands.dev import OpenedKeys, Sandbox, Workshop, left_over, require_sandbox
from h5bundle.errors import DevelopmentError, LockedError, ManifestError, ProjectError
from h5bundle.keys import KeyFolder
from h5bundle.manifest import decode
from h5bundle.repository import load_for_reading, trusted_root
from h5bundle.trust import manifest_target, read_target, rollout_target
from h5bundle.versions import development_version, is_development
from tests.h5bundle.conftest import FILES, LATER, Yard, declaration, package, shared_package


def never() -> None:
    raise AssertionError


@pytest.fixture
def shop(yard: Yard, project: Callable[..., Path]) -> Workshop:
    yard.publish(package())
    folder = project(declaration(), {f"dist/{name}": data for name, data in FILES.items()})
    return Workshop(folder, yard.store, OpenedKeys(yard.keys), never)


def policy(yard: Yard, bundle: str = "wealth") -> rollout.RolloutPolicy:
    return rollout.decode(read_target(yard.store.read, load_for_reading(yard.store), rollout_target(bundle)))


def objects(yard: Yard) -> set[str]:
    return set(yard.store.paths("objects"))


def offered(yard: Yard) -> Mapping[str, object]:
    return load_for_reading(yard.store).roles["app-wealth"].metadata.signed.targets


def save(shop: Workshop, text: str) -> dev.Saved:
    (shop.folder / "dist" / "app.js").write_text(text, encoding="utf-8")
    return shop.save(LATER)


def test_a_save_goes_to_everybody_before_what_was_offered_and_leaves_the_floor(shop: Workshop, yard: Yard) -> None:
    before = policy(yard)
    saved = save(shop, "let a = 2;")
    after = policy(yard)
    assert (saved.version, saved.files, saved.written) == ("1.0.900002", 2, 1)
    assert (after.releases[0].version, after.releases[0].permyriad) == (saved.version, 10_000)
    assert (after.releases[1:], after.floor, after.policy) == (before.releases, before.floor, before.policy + 1)
    verify.run(yard.store, now=LATER)


def test_a_second_save_takes_the_place_of_the_first_and_no_version_comes_twice(shop: Workshop, yard: Yard) -> None:
    first, second = save(shop, "let a = 2;"), save(shop, "let a = 3;")
    assert is_development(first.version)
    assert first.version < second.version
    assert [release.version for release in policy(yard).releases] == [second.version, "1.0.0"]
    assert manifest_target("wealth", first.version) in offered(yard)  # its page may still finish a call
    save(shop, "let a = 5;")
    assert manifest_target("wealth", first.version) not in offered(yard)
    shop.end("wealth", LATER)
    assert save(shop, "let a = 4;").version > second.version


def test_the_end_brings_back_exactly_what_was_offered_under_a_higher_policy(shop: Workshop, yard: Yard) -> None:
    before, kept, held = policy(yard), dict(offered(yard)), objects(yard)
    for number in range(3):
        save(shop, f"let a = {number + 2};")
    assert objects(yard) > held
    assert shop.end("wealth", LATER)
    after = policy(yard)
    assert (after.releases, after.floor, after.halt) == (before.releases, before.floor, before.halt)
    assert after.policy == before.policy + 4
    assert (dict(offered(yard)), objects(yard)) == (kept, held)
    assert not shop.end("wealth", LATER)
    verify.run(yard.store, now=LATER)


def test_what_a_crash_left_is_known_and_taken_back_by_a_new_session(shop: Workshop, yard: Yard) -> None:
    before = policy(yard)
    save(shop, "let a = 2;")
    assert left_over(yard.store, LATER) == ("wealth",)
    Workshop(shop.folder, yard.store, yard.keys, never).end("wealth", LATER)
    assert (policy(yard).releases, left_over(yard.store, LATER)) == (before.releases, ())


def test_a_release_published_meanwhile_stays(shop: Workshop, yard: Yard) -> None:
    save(shop, "let a = 2;")
    yard.publish(package(version="1.1.0"), now=LATER)
    assert [release.version for release in policy(yard).releases] == ["1.1.0"]
    assert save(shop, "let a = 3;").version.startswith("1.1.9")
    shop.end("wealth", LATER)
    assert [release.version for release in policy(yard).releases] == ["1.1.0"]
    assert policy(yard).floor == "1.1.0"


def test_an_object_that_a_release_needs_is_not_swept(shop: Workshop, yard: Yard) -> None:
    save(shop, "let a = 2;")
    files = {**FILES, "app.js": b"let a = 2;"}
    yard.publish(package(version="1.1.0", files=files), now=LATER)
    shop.end("wealth", LATER)
    verify.run(yard.store, now=LATER)


def test_a_bundle_that_was_never_published_is_offered_and_then_none(yard: Yard, project: Callable[..., Path]) -> None:
    yard.publish(package())
    folder = project(declaration("foreign"), {f"dist/{name}": data for name, data in FILES.items()})
    shop = Workshop(folder, yard.store, yard.keys, never)
    assert shop.save(LATER).version == "1.0.900001"
    assert policy(yard, "foreign").floor == "0.0.0"
    shop.end("foreign", LATER)
    assert policy(yard, "foreign").releases == ()


def test_what_does_not_build_changes_nothing(shop: Workshop, yard: Yard) -> None:
    before = yard.store.read("metadata/timestamp.json")
    (shop.folder / "bundle.yaml").write_text(declaration(colour="red"), encoding="utf-8")
    with pytest.raises(ProjectError):
        shop.save(LATER)
    (shop.folder / "bundle.yaml").write_text(declaration(requires="{common: 9.9.9}"), encoding="utf-8")
    with pytest.raises(ManifestError, match=r"common 9\.9\.9 is not in the sandbox"):
        shop.save(LATER)
    assert yard.store.read("metadata/timestamp.json") == before


def test_a_required_bundle_is_pinned(shop: Workshop, yard: Yard) -> None:
    common = shared_package()
    yard.publish(common)
    (shop.folder / "bundle.yaml").write_text(declaration(requires="{common: 1.0.0}"), encoding="utf-8")
    saved = shop.save(LATER)
    state = load_for_reading(yard.store)
    manifest = decode(read_target(yard.store.read, state, manifest_target("wealth", saved.version)))
    assert manifest.requires["common"].digest == common.digest


def test_it_waits_for_another_publisher_and_gives_up_in_words(shop: Workshop, yard: Yard) -> None:
    paused: list[None] = []
    held = yard.store.lock()
    held.__enter__()

    def pause() -> None:
        paused.append(None)
        if len(paused) == 3:
            held.__exit__(None, None, None)

    shop.pause = pause
    save(shop, "let a = 2;")
    assert len(paused) == 3
    shop.pause = lambda: None
    with yard.store.lock(), pytest.raises(LockedError):
        save(shop, "let a = 3;")


def test_only_a_sandbox_takes_unfinished_work(yard: Yard, tmp_path: Path) -> None:
    yard.publish(package())
    root = trusted_root(yard.store).decode()
    marked = tmp_path / "keys"
    sandbox.mark_development(marked)
    require_sandbox(marked, yard.store, Sandbox(env="sandbox", trusted_root=root))
    refused = [
        (tmp_path, Sandbox(env="sandbox", trusted_root=root), "not made by a sandbox"),
        (marked, Sandbox(env="production", trusted_root=root), "the server is production"),
        (marked, Sandbox(env="sandbox", trusted_root="{}"), "another repository"),
    ]
    for keys, server, words in refused:
        with pytest.raises(DevelopmentError, match=words):
            require_sandbox(keys, yard.store, server)


def test_the_keys_of_a_role_are_opened_once(key_folder: KeyFolder) -> None:
    keys = OpenedKeys(key_folder)
    assert keys.signers("online") is keys.signers("online")


@pytest.mark.parametrize(("version", "number"), [("1.0.900000", 1), ("1.0.0", 100_000)])
def test_development_versions_have_a_room_of_their_own(version: str, number: int) -> None:
    assert development_version("3.2.1", 7) == "3.2.900007"
    with pytest.raises(ManifestError, match="no room"):
        development_version(version, number)
