import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from h5bundle.errors import H5BundleError, ManifestError, PathError
from h5bundle.manifest import Requirement
from h5bundle.pack import Package, archive, pack, unpack
from h5bundle.project import parse_declaration
from tests.h5bundle.conftest import FILES, declaration, package

SCRIPT = """
import sys
from pathlib import Path
from h5bundle.commands.pack import PackOptions, run
run(PackOptions(project=Path(sys.argv[1]), out=Path(sys.argv[2])), None)
"""


def zipped(*members: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, data in members:
            made.writestr(name, data)
    return buffer.getvalue()


def test_the_same_input_packs_to_the_same_bytes_on_any_machine(project: Callable[..., Path], tmp_path: Path) -> None:
    files = {f"dist/{name}": data for name, data in FILES.items()}
    first = project(declaration(), files)
    other = tmp_path / "elsewhere" / "deep"
    other.mkdir(parents=True)
    for path in sorted(first.rglob("*"), reverse=True):
        if path.is_file():
            place = other / path.relative_to(first)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
            place.chmod(0o600)
            os.utime(place, (1, 1))
    outputs = []
    for number, (folder, zone, mask) in enumerate(((first, "UTC", "022"), (other, "Asia/Shanghai", "077"))):
        out = tmp_path / f"out{number}"
        command = [
            "/bin/sh",
            "-c",
            f'umask {mask}; exec "$0" "$@"',
            sys.executable,
            "-c",
            SCRIPT,
            str(folder),
            str(out),
        ]
        environment = {"TZ": zone, "PYTHONHASHSEED": str(number + 1), "PYTHONPATH": str(Path.cwd()), "LC_ALL": "C"}
        subprocess.run(command, env=environment, check=True)
        outputs.append({path.name: path.read_bytes() for path in sorted(out.iterdir())})
    assert outputs[0] == outputs[1]
    assert sorted(outputs[0]) == ["wealth-1.0.0.manifest.json", "wealth-1.0.0.sbom.json", "wealth-1.0.0.zip"]


def test_the_zip_says_nothing_of_the_machine() -> None:
    with zipfile.ZipFile(io.BytesIO(package().archive)) as made:
        members = made.infolist()
    assert [member.filename for member in members] == ["manifest.json", "files/app.js", "files/index.html"]
    assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}
    assert {member.external_attr >> 16 for member in members} == {stat.S_IFREG | 0o644}
    assert {member.compress_type for member in members} == {zipfile.ZIP_STORED}


def test_a_zip_of_ours_reads_back() -> None:
    made = package()
    assert unpack(made.archive) == (made.manifest, dict(made.files))


def forged(made: Package) -> list[bytes]:
    link = zipfile.ZipInfo("files/index.html")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    page, script = FILES["index.html"], FILES["app.js"]
    manifest = ("manifest.json", made.manifest_bytes)
    return [
        zipped(manifest, ("files/app.js", script), ("files/../../evil.js", b"x"), ("files/index.html", page)),
        zipped(manifest, ("files/app.js", script), ("/etc/passwd", b"x")),
        zipped(manifest, ("files/app.js", script), (link, page)),
        zipped(manifest, ("files/app.js", b"other"), ("files/index.html", page)),
        zipped(manifest, ("files/app.js", script)),
        zipped(manifest, ("files/app.js", script), ("files/index.html", page), ("files/more.js", b"")),
        zipped(("files/app.js", script), manifest, ("files/index.html", page)),
        zipped(manifest, ("files/app.js", script), ("files/index.html", page)),
        made.archive + b"x",
        made.archive[:-1],
        b"PK",
        b"",
        archive(made.manifest_bytes + b" ", made.files),
    ]


@pytest.mark.parametrize("number", range(13))
def test_a_zip_that_is_not_exactly_ours_is_refused(number: int) -> None:
    with pytest.raises(H5BundleError):
        unpack(forged(package())[number])


def test_a_zip_bomb_is_refused_before_it_is_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("manifest.json", b" " * 50_000_000)
    with pytest.raises(ManifestError, match="inflate"):
        unpack(buffer.getvalue())


@pytest.mark.parametrize("name", ["../x.js", "_shared/common/x.js", "APP.js"])
def test_a_name_that_is_not_allowed_is_not_packed(name: str) -> None:
    with pytest.raises(PathError):
        package(files={**FILES, name: b"x"})


def test_a_requirement_that_was_not_found_is_named() -> None:
    with pytest.raises(ManifestError, match=r"common 1\.0\.0"):
        pack(parse_declaration(declaration(requires="{common: 1.0.0}")), FILES, requires={})


def test_the_bill_of_materials_names_code_of_others_and_required_bundles() -> None:
    part = "[{name: mit-lib, version: 2.0.0, licence: MIT, files: [app.js], licence_file: LICENSE}]"
    text = declaration(third_party=part, requires="{common: 1.0.0}")
    made = pack(parse_declaration(text), FILES, requires={"common": Requirement("1.0.0", "a" * 64)})
    document = json.loads(made.sbom)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": made.digest}]
    assert [item["bom-ref"] for item in document["components"]] == ["mit-lib@2.0.0", "common@1.0.0"]
    assert document["components"][0]["licenses"] == [{"expression": "MIT"}]
