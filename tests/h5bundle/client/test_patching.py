"""Updates by delta: fewer bytes from the network, and the same release whatever the delta is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from h5bundle.client import Installation, ReferenceClient, StoreFetcher
from h5bundle.commands.deltas import delta_path
from h5bundle.manifest import Requirement
from h5bundle.pack import Package
from h5bundle.repository import trusted_root
from tests.h5bundle.conftest import TODAY, Yard, package, shared_package

ANYBODY = Installation(install_id="one")
LINES = b"".join(b"export const constant%d = %d;\n" % (number, number * number) for number in range(400))
NEXT = LINES.replace(b"constant7 ", b"constantSeven ")


class Counting(StoreFetcher):
    """Tells which paths were asked for, and how many bytes came."""

    def __init__(self, yard: Yard) -> None:
        super().__init__(yard.store)
        self.asked: dict[str, int] = {}

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = url.removeprefix("store://repository/")
        self.asked[path] = 0
        for piece in super()._fetch(url):
            self.asked[path] += len(piece)
            yield piece


def pulled(yard: Yard, folder: Path) -> tuple[dict[str, int], Path, int]:
    fetcher = Counting(yard)
    root = trusted_root(yard.store)
    client = ReferenceClient(folder, url="store://repository", trusted_root=root, fetcher=fetcher)
    client.pull("wealth", ANYBODY, now=TODAY)
    opened = client.open("wealth", now=TODAY)
    client.ready("wealth", opened.digest)
    objects = {path: size for path, size in fetcher.asked.items() if path.startswith(("objects/", "deltas/"))}
    return objects, opened.folder, len(objects)


def released(yard: Yard, version: str, script: bytes, **more: object) -> Package:
    made = package(version=version, files={"index.html": b"<!doctype html>", "app.js": script}, floor="1.0.0", **more)  # type: ignore[arg-type]  # options come by name
    yard.publish(made, now=TODAY)
    return made


def test_an_update_comes_as_one_small_delta(yard: Yard, tmp_path: Path) -> None:
    old = released(yard, "1.0.0", LINES)
    pulled(yard, tmp_path / "phone")
    new = released(yard, "1.1.0", NEXT)
    objects, folder, _ = pulled(yard, tmp_path / "phone")
    assert list(objects) == [delta_path(new.digest, old.digest)]
    assert sum(objects.values()) < len(NEXT) / 50
    assert (folder / "app.js").read_bytes() == NEXT


@pytest.mark.parametrize("spoil", ["missing", "garbage", "flipped", "larger"])
def test_whatever_is_wrong_with_a_delta_the_whole_file_comes(yard: Yard, tmp_path: Path, spoil: str) -> None:
    old = released(yard, "1.0.0", LINES)
    pulled(yard, tmp_path / "phone")
    new = released(yard, "1.1.0", NEXT)
    path = delta_path(new.digest, old.digest)
    data = yard.store.read(path)
    middle = len(data) // 2
    spoilt = {
        "garbage": b"TGD1z" + bytes(40),
        "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
        "larger": data + bytes(len(NEXT)),
    }
    yard.store.remove(path)
    if spoil in spoilt:
        yard.store.put_metadata(path, spoilt[spoil])
    objects, folder, _ = pulled(yard, tmp_path / "phone")
    assert f"objects/{new.manifest.files['app.js'].sha256}" in objects
    assert (folder / "app.js").read_bytes() == NEXT


def test_a_shared_bundle_has_a_delta_of_its_own_and_a_first_install_asks_for_none(yard: Yard, tmp_path: Path) -> None:
    bases = []
    for version, style in (("1.0.0", LINES), ("1.1.0", NEXT)):
        shared = shared_package(version, files={"tokens.css": style})
        yard.publish(shared, now=TODAY)
        pinned = {"common": Requirement(version, shared.digest)}
        released(yard, version, LINES, pinned=pinned, requires=f"{{common: {version}}}")
        objects, folder, _ = pulled(yard, tmp_path / "phone")
        bases.append(shared.digest)
        assert (folder / "_shared/common/tokens.css").read_bytes() == style
        if version == "1.0.0":
            assert all(path.startswith("objects/") for path in objects)
    assert list(objects) == [delta_path(bases[1], bases[0])]
