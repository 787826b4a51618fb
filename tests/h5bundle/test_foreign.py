"""A front-end that nobody here wrote (two Vite builds inside playwright's package) is packed, published and pulled."""

import shutil
from pathlib import Path

import playwright
import pytest

from h5bundle.client import Installation, ReferenceClient, StoreFetcher
from h5bundle.commands import check, pack, publish, verify
from h5bundle.repository import trusted_root
from tests.h5bundle.conftest import TODAY, Yard

PACKAGE = Path(playwright.__file__).parent / "driver" / "package"
HEAD = "id: foreign\nversion: 1.0.0\ntitle: {zh: 外来, en: Foreign}\ndist: dist\nsize_budget: 5000000\n"
PART = """third_party:
  - {name: playwright, version: 1.0.0, licence: Apache-2.0, files: ["*"], licence_file: LICENSE}
"""
ALLOWED = """allow:
  - {code: EXTERNAL_ORIGIN, path: "*", reason: links and messages of the tool lead to its documentation}
  - {code: ABSOLUTE_PATH, path: "*", reason: this test does not open the page}
  - {code: INLINE_SCRIPT, path: "*", reason: only shown when opened from a disk}
  - {code: INLINE_STYLE, path: "*", reason: the CSP blocks it and nothing is lost}
  - {code: FORBIDDEN_API, path: "*", reason: guarded by features that a bundle does not have}
  - {code: NAVIGATION, path: "*", reason: links to its documentation that open nothing here}
  - {code: MARKUP_BLOCKED, path: "*", reason: its frames stay empty and nothing is lost}
"""


@pytest.fixture
def front_end(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / "foreign"
    shutil.copytree(PACKAGE / "lib" / "vite" / request.param, folder / "dist")
    shutil.copy(PACKAGE / "LICENSE", folder / "dist" / "LICENSE")
    (folder / "bundle.yaml").write_text(HEAD, encoding="utf-8")
    return folder


@pytest.mark.parametrize("front_end", ["recorder"], indirect=True)
def test_the_check_tells_what_keeps_a_foreign_front_end_from_running(front_end: Path) -> None:
    findings = check.run(check.CheckOptions(project=front_end))
    seen = {(finding.code, finding.path) for finding in findings if finding.stops}
    assert ("ABSOLUTE_PATH", "index.html") in seen
    assert ("LICENCE_MISSING", "index.html") in seen


@pytest.mark.parametrize("front_end", ["traceViewer"], indirect=True)
def test_inline_code_and_service_workers_are_found(front_end: Path) -> None:
    findings = check.run(check.CheckOptions(project=front_end))
    assert {"INLINE_SCRIPT", "FORBIDDEN_API"} <= {finding.code for finding in findings if finding.stops}


@pytest.mark.parametrize("front_end", ["recorder", "traceViewer"], indirect=True)
def test_allowed_with_reasons_it_is_published_and_pulled_byte_for_byte(
    front_end: Path, yard: Yard, tmp_path: Path
) -> None:
    (front_end / "bundle.yaml").write_text(HEAD + PART + ALLOWED, encoding="utf-8")
    findings = check.run(check.CheckOptions(project=front_end))
    assert [finding for finding in findings if finding.stops] == []
    assert findings
    made = pack.run(pack.PackOptions(project=front_end), None)
    publish.run(publish.PublishOptions(init=True), made, yard.store, yard.keys, now=TODAY)
    verify.run(yard.store, now=TODAY)
    client = _client(yard, tmp_path)
    pulled = client.pull("foreign", Installation(install_id="a"), now=TODAY)
    for name, data in made.files.items():
        assert (pulled.folder / name).read_bytes() == data
    assert client.pull("foreign", Installation(install_id="a"), now=TODAY).fetched == 0


def _client(yard: Yard, tmp_path: Path) -> ReferenceClient:
    root = trusted_root(yard.store)
    return ReferenceClient(
        tmp_path / "client", url="store://repository", trusted_root=root, fetcher=StoreFetcher(yard.store)
    )
