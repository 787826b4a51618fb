import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from h5bundle.cli import main
from h5bundle.commands import diff, pack
from h5bundle.commands.diff import Change, FileChange, compare
from h5bundle.errors import H5BundleError
from tests.h5bundle.conftest import FILES, Yard, declaration, package


def changes(**more: str) -> set[tuple[str, str, bool]]:
    found = compare(package().manifest, package(version="1.1.0", floor="1.0.0", **more).manifest)
    return {(change.what, change.name, change.widens) for change in found.changes}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"permissions": "{app.info: 1, net.request: 1, tx.sign: 1}"}, ("permissions", "tx.sign", True)),
        ({"permissions": "{app.info: 1, net.request: 2}"}, ("permissions", "net.request", True)),
        ({"permissions": "{app.info: 1}"}, ("permissions", "net.request", False)),
        ({"ops": "[wealth.order.prepare, accounts.list]"}, ("ops", "accounts.list", True)),
        ({"ops": "[]"}, ("ops", "wealth.order.prepare", False)),
        ({"purposes": "[wealth.order.place]"}, ("purposes", "wealth.order.place", True)),
        ({"events": "[page.back]"}, ("events", "page.back", True)),
        ({"contract": '{min: "1.0", max: "2.0"}'}, ("contract", "", True)),
        ({"contract": '{min: "1.0", max: "1.0"}'}, None),
        ({"shell": "{min: 0.9.0}"}, ("shell", "", True)),
        ({"shell": "{min: 2.0.0}"}, ("shell", "", False)),
        ({"csp": "\"default-src 'none'; img-src 'self' https://cdn.example\""}, ("csp", "img-src", True)),
        ({"csp": "\"default-src 'none'; img-src 'self'\""}, ("csp", "img-src", False)),
        ({"csp": "\"script-src 'self'\""}, ("csp", "default-src", True)),
        ({"title": "{zh: 名, en: Other}"}, ("title", "en", False)),
    ],
)
def test_what_widens_is_marked_and_what_narrows_is_not(
    more: dict[str, str], expected: tuple[str, str, bool] | None
) -> None:
    found = changes(**more)
    assert expected in found if expected else found == set()


def test_a_directive_that_is_left_out_means_what_default_src_says() -> None:
    strict = package(csp="\"default-src 'none'; img-src 'self'\"").manifest
    lax = package(csp="\"default-src 'none'\"").manifest
    assert [change.widens for change in compare(strict, lax).changes] == [False]
    assert [change.widens for change in compare(lax, strict).changes] == [True]
    open_ = package(csp="\"img-src 'self'\"").manifest
    assert ("csp", "default-src", True) in {(c.what, c.name, c.widens) for c in compare(lax, open_).changes}


def test_files_are_told_with_their_lengths_and_what_a_phone_has_to_fetch() -> None:
    files = {"index.html": FILES["index.html"], "new.js": b"12345", "copy.html": FILES["index.html"]}
    found = compare(package().manifest, package(files=files).manifest)
    length = len(FILES["index.html"])
    assert found.files == (
        FileChange("app.js", len(FILES["app.js"]), None),
        FileChange("copy.html", None, length),
        FileChange("new.js", None, 5),
    )
    assert (found.download, found.size[1]) == (5, 2 * length + 5)


def test_a_lower_floor_is_marked() -> None:
    before, after = package(floor="1.0.0"), package(version="1.1.0", floor="0.9.0")
    assert Change("floor", "", "1.0.0", "0.9.0", widens=True) in compare(before.manifest, after.manifest).changes


def test_folder_zip_manifest_and_published_release_are_the_same(
    yard: Yard, project: Callable[..., Path], tmp_path: Path
) -> None:
    folder = project(declaration(), {f"dist/{name}": data for name, data in FILES.items()})
    made = pack.run(pack.PackOptions(project=folder, out=tmp_path / "out"), None)
    yard.publish(made)
    places = [
        str(folder),
        str(tmp_path / "out" / "wealth-1.0.0.zip"),
        str(tmp_path / "out" / "wealth-1.0.0.manifest.json"),
        "wealth@1.0.0",
    ]
    assert [diff.run(places[0], place, yard.store).same for place in places] == [True] * 4


@pytest.mark.parametrize("named", ["wealth@9.9.9", "nothing", "gone.zip", "gone.json"])
def test_what_is_no_release_is_told(yard: Yard, named: str) -> None:
    yard.publish(package())
    with pytest.raises(H5BundleError) as caught:
        diff.run("wealth@1.0.0", named, yard.store)
    assert caught.value.detail


def test_exit_codes_are_those_of_diff(project: Callable[..., Path], tmp_path: Path) -> None:
    folder = project(declaration(), {f"dist/{name}": data for name, data in FILES.items()})
    pack.run(pack.PackOptions(project=folder, out=tmp_path / "out"), None)
    packed, place = str(tmp_path / "out" / "wealth-1.0.0.zip"), ["-r", str(tmp_path / "repo")]
    same = CliRunner().invoke(main, ["diff", packed, str(folder), *place])
    assert (same.exit_code, same.output) == (0, "wealth@1.0.0 → wealth@1.0.0: the same\n")
    (folder / "bundle.yaml").write_text(declaration(version="1.1.0", events="[page.back]"), encoding="utf-8")
    different = CliRunner().invoke(main, ["diff", packed, str(folder), *place])
    assert (different.exit_code, "! events page.back added (widens)" in different.output) == (1, True)
    as_json = json.loads(CliRunner().invoke(main, ["diff", packed, str(folder), "--json", *place]).output)
    assert (as_json["same"], as_json["widens"], as_json["changes"][0]["name"]) == (False, True, "page.back")
    assert CliRunner().invoke(main, ["diff", packed, str(tmp_path / "gone.zip"), *place]).exit_code == 2
