from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from h5bundle import rollout
from h5bundle.client import Installation, ReferenceClient, StoreFetcher
from h5bundle.errors import PullError
from h5bundle.manifest import Requirement
from h5bundle.repository import trusted_root
from h5bundle.trust import load, read_target
from tests.h5bundle.conftest import TODAY, Yard, package, shared_package
from tests.serving import LoopbackServer

ANYBODY = Installation(install_id="one")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        pass


@pytest.fixture
def address(yard: Yard) -> Iterator[str]:
    with LoopbackServer(partial(Quiet, directory=str(yard.store.folder))) as server:
        yield f"http://127.0.0.1:{server.server_port}"


def client(yard: Yard, folder: Path, **more: object) -> ReferenceClient:
    options = {"url": "store://repository", "fetcher": StoreFetcher(yard.store), **more}
    return ReferenceClient(folder, trusted_root=trusted_root(yard.store), **options)  # type: ignore[arg-type]  # options come by name


def test_over_http_a_release_comes_with_its_shared_bundles(yard: Yard, tmp_path: Path, address: str) -> None:
    shared = shared_package()
    made = package(pinned={"common": Requirement("1.0.0", shared.digest)}, requires="{common: 1.0.0}")
    yard.publish(shared, now=TODAY)
    yard.publish(made, now=TODAY)
    pulled = client(yard, tmp_path / "phone", url=address, fetcher=None).pull("wealth", ANYBODY, now=TODAY)
    assert (pulled.digest, pulled.fetched) == (made.digest, 3)
    assert (pulled.folder / "_shared/common/tokens.css").read_bytes() == b":root{}"
    assert (pulled.folder / ".manifest.json").read_bytes() == made.manifest_bytes


def test_a_file_altered_on_the_server_is_not_installed(yard: Yard, tmp_path: Path) -> None:
    made = package()
    yard.publish(made, now=TODAY)
    victim = yard.store.folder / "objects" / made.manifest.files["app.js"].sha256
    victim.write_bytes(b"export const a = 2;\n")
    with pytest.raises(PullError, match="objects/"):
        client(yard, tmp_path / "phone").pull("wealth", ANYBODY, now=TODAY)
    assert list((tmp_path / "phone" / "slots").iterdir()) == []


def test_a_client_that_saw_the_new_repository_refuses_the_old_one(yard: Yard, tmp_path: Path) -> None:
    yard.publish(package(), now=TODAY)
    old = yard.store.read("metadata/timestamp.json")
    yard.publish(package(version="1.1.0", floor="1.0.0"), now=TODAY)
    client(yard, tmp_path / "phone").refresh()
    yard.store.put_metadata("metadata/timestamp.json", old)
    with pytest.raises(PullError, match="believed"):
        client(yard, tmp_path / "phone").refresh()


def test_a_halted_or_unknown_bundle_gives_no_release(yard: Yard, tmp_path: Path) -> None:
    yard.publish(package(), now=TODAY, permyriad=0)
    phone = client(yard, tmp_path / "phone")
    with pytest.raises(PullError, match="no release"):
        phone.pull("wealth", ANYBODY, now=TODAY)
    with pytest.raises(PullError, match="does not offer"):
        phone.pull("other", ANYBODY, now=TODAY)


def test_cohorts_are_stable_and_only_grow(yard: Yard) -> None:
    yard.publish(package(), now=TODAY, permyriad=2_000)
    state = load(yard.store.read, trusted_root=trusted_root(yard.store), now=TODAY)
    narrow = rollout.decode(read_target(yard.store.read, state, "rollout/wealth.json"))
    yard.publish(package(), now=TODAY, permyriad=5_000)
    state = load(yard.store.read, trusted_root=trusted_root(yard.store), now=TODAY)
    wide = rollout.decode(read_target(yard.store.read, state, "rollout/wealth.json"))
    ask = [Installation(install_id=f"install-{number}") for number in range(2_000)]
    first = {who.install_id for who in ask if _gets(narrow, who)}
    second = {who.install_id for who in ask if _gets(wide, who)}
    assert first < second
    assert 300 < len(first) < 500
    assert 900 < len(second) < 1_100


def _gets(policy: rollout.RolloutPolicy, who: Installation) -> bool:
    chosen = rollout.choose(policy, install_id=who.install_id, app_version=who.app_version, platform=who.platform)
    return chosen is not None
