"""A front-end that nobody here wrote is packed, signed, published, verified and opened in the shell.

It is taken as it is but for one colour: its code highlighter has one that could pass for the bank's brass, which no
bundle may be allowed.
"""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import expect

from h5bundle.commands import check, pack, publish
from h5bundle.keys import KeyFolder
from h5bundle.stores.local import LocalStore
from tests.e2e.browser import SECONDS, Person
from tests.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BRASS = "#f0c674"
PROJECT = """\
id: swagger
version: 4.15.5
title: {zh: 接口浏览器, en: Swagger UI}
dist: dist
size_budget: 9000000
third_party:
  - {name: swagger-ui, version: 4.15.5, licence: Apache-2.0, files: ["*"], licence_file: LICENSE}
allow:
  - {code: EXTERNAL_ORIGIN, path: "*", reason: links to its documentation and an example address that the CSP blocks}
  - {code: FORBIDDEN_API, path: "*", reason: guarded by features that a bundle does not have}
  - {code: INLINE_SCRIPT, path: oauth2-redirect.html, reason: the CSP blocks it and nobody signs in here}
  - {code: INLINE_STYLE, path: "*", reason: the CSP blocks it and nothing is lost}
"""


def swagger(folder: Path) -> Path:
    """Make a bundle project around the distribution as its package carries it."""
    found = find_spec("swagger_ui_bundle")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    (vendor,) = (package / "vendor").glob("swagger-ui-4*")
    shutil.copytree(vendor, folder / "dist", ignore=shutil.ignore_patterns("*.map", "*.j2", "*-es-*"))
    script = folder / "dist" / "swagger-ui-bundle.js"
    script.write_text(script.read_text(encoding="utf-8").replace(BRASS, "#c8c8c8"), encoding="utf-8")
    (licence,) = package.parent.glob("swagger_ui_bundle-*.dist-info/LICENSE")
    shutil.copy(licence, folder / "dist" / "LICENSE")
    (folder / "bundle.yaml").write_text(PROJECT, encoding="utf-8")
    return folder


def test_a_foreign_front_end_runs_from_verified_bytes(
    running: Running, person: Callable[..., Person], tmp_path: Path
) -> None:
    project = swagger(tmp_path / "swagger")
    assert [item for item in check.run(check.CheckOptions(project=project)) if item.stops] == []
    store, now = LocalStore(running.var / "repo"), datetime.now(UTC)  # noqa: TID251 — it is published now
    keys = KeyFolder(running.var / "release-keys", (running.var / "passphrase").read_bytes().strip())
    keys.generate("app-swagger")
    made = pack.run(pack.PackOptions(project=project), store)
    publish.run(publish.PublishOptions(init=True), made, store, keys, now=now)
    visitor = person()
    visitor.blocked = True
    page = visitor.open("接口浏览器", "swagger")
    expect(page.locator(".swagger-ui .topbar")).to_be_visible(timeout=SECONDS)
    (frame,) = [frame for frame in visitor.page.frames if "swagger-h5" in frame.url]
    assert f"/v/{made.digest}/index.html" in frame.url
    assert frame.evaluate("typeof SwaggerUIBundle") == "function"
    assert frame.evaluate("fetch('https://example.com/').then(() => 'went out', () => 'blocked')") == "blocked"
