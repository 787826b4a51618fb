"""A repository that the real publishing command writes, opened by the real shell."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from h5bundle.commands import publish
from h5bundle.errors import TrustError
from h5bundle.keys import KeyFolder, app_role
from h5bundle.manifest import Requirement
from h5bundle.pack import Package, pack
from h5bundle.project import parse_declaration
from h5bundle.stores.local import LocalStore
from h5bundle.trust import role_keys
from tests.native_bridge.shell.conftest import PAGE, SHARED
from tests.native_bridge.shell.site import Site
from tests.native_bridge.shell.tuf_repository import NOW

pytestmark = pytest.mark.browser
COMMON = (
    "id: common\nversion: 1.0.0\ntitle: {zh: 公用, en: Common}\ndist: dist\nkind: shared\npermissions: {}\nops: []\n"
)
WEALTH = "id: wealth\nversion: 1.0.0\ntitle: {zh: 理财, en: Wealth}\ndist: dist\npermissions: {app.info: 1}\nops: []\n"


class Published:
    """The repository's folder as the site serves it."""

    def __init__(self, folder: Path) -> None:
        self.files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self.trusted_root = self.files["metadata/1.root.json"].decode()

    def role_keys(self, bundle: str) -> list[dict[str, str]]:
        newest = max(path for path in self.files if path.endswith(".targets.json"))
        try:
            keys = role_keys(self.files[newest], bundle).keys
        except TrustError:
            return []
        return [{"keyid": keyid, "pem": pem} for keyid, pem in keys.items()]


@pytest.fixture
def published(tmp_path: Path) -> Published:
    keys = KeyFolder(tmp_path / "keys", b"tide")
    for role in ("root", "targets", "online", "rollout", app_role("common"), app_role("wealth")):
        keys.generate(role)
    store = LocalStore(tmp_path / "repo")

    def put(package: Package) -> None:
        publish.run(publish.PublishOptions(init=True), package, store, keys, now=NOW)

    common = pack(parse_declaration(COMMON), SHARED, requires={})
    put(common)
    requires = {"common": Requirement(version="1.0.0", digest=common.digest)}
    put(pack(parse_declaration(WEALTH + "requires: {common: 1.0.0}\n"), PAGE, requires=requires))
    return Published(tmp_path / "repo")


def test_what_was_published_is_verified_and_shown(published: Published, site: Site, shell: Page) -> None:
    site.repository = published  # type: ignore[assignment]  # the part of a repository that the site reads
    shell.evaluate("(now) => begin({ now })", int(NOW.timestamp() * 1000))
    answer = shell.evaluate("() => update()")
    assert (answer["refused"], len(answer["refs"])) == ([], 2)
    assert shell.evaluate("() => outcome(() => show('wealth'))") == {"ok": "live"}
    shell.wait_for_function("() => heard.length === 1")
