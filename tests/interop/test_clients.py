"""TUF clients that nobody here wrote fetch a release from our running server: python-tuf's and tuf-js, unmodified."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import urllib3
from tuf.api.metadata import Metadata, Root
from tuf.ngclient import Updater

from h5bundle.keys import KeyFolder
from h5bundle.rollout import decode
from tests.interop.clients import ROOT
from tests.running import Running
from tests.serving import LoopbackServer

SCRIPT = Path(__file__).with_name("foreign.mjs")
POLICY = "rollout/wealth.json"
Fetch = Callable[..., dict[str, bytes]]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running.on_copy(tmp_path_factory.mktemp("interop") / "var").start()
    yield running
    running.stop()


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def repository(bank: Running, log: list[str]) -> Iterator[str]:
    """Give the address of the server's repository behind a proxy that only writes down what passes."""
    http = urllib3.PoolManager(retries=False)

    class Passing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            log.append(self.path.removeprefix("/repo/"))
            answer = http.request("GET", f"{bank.url}{self.path}", redirect=False)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.data)))
            self.end_headers()
            self.wfile.write(answer.data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            pass

    with LoopbackServer(Passing) as proxy:
        yield f"http://127.0.0.1:{proxy.server_port}/repo"


def python_tuf(folder: Path, repository: str, *names: str) -> dict[str, bytes]:
    root = (folder / "root.json").read_bytes()
    metadata, targets = folder / "python", folder / "targets"
    targets.mkdir(exist_ok=True)
    updater = Updater(str(metadata), f"{repository}/metadata/", str(targets), f"{repository}/targets/", bootstrap=root)
    updater.refresh()
    fetched = {}
    for name in names:
        target = updater.get_targetinfo(name)
        assert target is not None
        place = updater.find_cached_target(target) or updater.download_target(target)
        fetched[name] = Path(place).read_bytes()
    return fetched


def tuf_js(folder: Path, repository: str, *names: str) -> dict[str, bytes]:
    metadata, targets = folder / "javascript", folder / "targets"
    for place in (metadata, targets):
        place.mkdir(exist_ok=True)
    if not (metadata / "root.json").exists():
        shutil.copy(folder / "root.json", metadata / "root.json")
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run(
        [node, str(SCRIPT), str(metadata), str(targets), repository, *names],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: Path(place).read_bytes() for name, place in json.loads(done.stdout).items()}


@pytest.fixture(params=["python-tuf", "tuf-js"])
def fetch(request: pytest.FixtureRequest) -> Fetch:
    if request.param == "python-tuf":
        return python_tuf
    if shutil.which("node") is None:
        pytest.skip("Node is not installed")
    if not (ROOT / "node_modules" / "tuf-js").is_dir():
        pytest.skip("tuf-js is not installed: npm ci brings it")
    return tuf_js


def first_root(bank: Running, folder: Path) -> bytes:
    data = (bank.var / "repo" / "metadata" / "1.root.json").read_bytes()
    (folder / "root.json").write_bytes(data)
    return data


def test_a_foreign_client_fetches_a_release_and_nothing_twice(
    bank: Running, repository: str, log: list[str], tmp_path: Path, fetch: Fetch
) -> None:
    first_root(bank, tmp_path)
    policy = decode(fetch(tmp_path, repository, POLICY)[POLICY])
    release = policy.releases[0]
    bundle = release.manifest.replace(".manifest.json", ".zip")
    log.clear()
    fetched = fetch(tmp_path, repository, POLICY, release.manifest, bundle)
    store = bank.var / "repo" / "targets" / "apps" / "wealth"
    assert fetched[release.manifest] in [place.read_bytes() for place in store.glob("*.manifest.json")]
    assert fetched[bundle] in [place.read_bytes() for place in store.glob("*.zip")]
    assert json.loads(fetched[release.manifest])["bundle"] == "wealth"
    assert len([path for path in log if path.startswith("targets/")]) == 2
    log.clear()
    assert fetch(tmp_path, repository, POLICY, release.manifest, bundle) == fetched
    assert [path for path in log if not path.endswith(".root.json")] == ["metadata/timestamp.json"]


def test_a_foreign_client_follows_our_chain_of_roots(
    bank: Running, repository: str, log: list[str], tmp_path: Path, fetch: Fetch
) -> None:
    metadata = bank.var / "repo" / "metadata"
    newest = Metadata[Root].from_bytes(first_root(bank, tmp_path))
    keys = KeyFolder(bank.var / "release-keys", (bank.var / "passphrase").read_bytes().strip())
    for version in (2, 3):
        newest.signed.version = version
        newest.signed.expires += timedelta(days=1)
        newest.signatures.clear()
        for signer in keys.signers("root"):
            newest.sign(signer, append=True)
        newest.to_file(str(metadata / f"{version}.root.json"))
    fetch(tmp_path, repository, POLICY)
    roots = [path for path in log if path.endswith(".root.json")]
    assert roots == [f"metadata/{version}.root.json" for version in (2, 3, 4)]
