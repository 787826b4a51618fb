"""A release on its way to a real server: the whole way by the command line, and with the server killed in between."""

import json
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from h5bundle.cli import main
from h5bundle.cli.remote import Access, HttpTransport
from h5bundle.commands import pack
from h5bundle.commands.package import Received, receive
from h5bundle.commands.upload import UploadOptions, run
from h5bundle.remote import Remote, Reply, Transport, UnreachableError
from h5bundle.stores.local import LocalStore
from tests.bff.db.engines import empty_url
from tests.running import ENVIRON, ROOT, Running

APPS = ROOT / "h5bundle" / "apps"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running.on_copy(tmp_path_factory.mktemp("press") / "var").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Two workers over MariaDB and Redis: a piece may come to another process than the one before."""
    database, redis = ENVIRON.get("TIDEGATE_TEST_MARIADB"), ENVIRON.get("TIDEGATE_TEST_REDIS")
    if database is None or redis is None:
        pytest.skip("TIDEGATE_TEST_MARIADB or TIDEGATE_TEST_REDIS names no server")
    folder = tmp_path_factory.mktemp("cluster")
    with empty_url("mariadb", folder) as url:
        marks = f"{redis.rpartition('/')[0]}/12"
        Redis.from_url(marks).flushdb()
        shared = {"TIDEGATE_DATABASE_URL": url, "TIDEGATE_REDIS_URL": marks, "TIDEGATE_WORKERS": "2"}
        running = Running(folder / "var", extra=shared).start()
        yield running
        running.stop()


@dataclass(frozen=True)
class Desk:
    """A folder with keys and the command line of people who publish."""

    server: Running
    folder: Path

    def tool(self, *words: str) -> Result:
        return CliRunner().invoke(main, words, env={"KEY_PASS": "tide"})

    def person(self, name: str, role: str, *bundles: str) -> list[str]:
        """Make and register a key; give the options that use it."""
        key = self.folder / f"{name}-{role}.pem"
        assert self.tool("keygen", str(key), "--passphrase-env", "KEY_PASS").exit_code == 0
        command = [
            "signers",
            "add",
            f"{key}.pub",
            "--role",
            role,
            "--person",
            name,
            "--team",
            "funds",
            "--by",
            "chen.yu",
        ]
        named = [word for bundle in bundles for word in ("--bundle", bundle)]
        self.tidegate(*command, *named)
        return ["--to", self.server.url, "--key", str(key), "--passphrase-env", "KEY_PASS"]

    def tidegate(self, *words: str) -> str:
        done = self.server.call(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def project(self, version: str, changes: Mapping[str, str] | None = None, size: int = 0) -> Path:
        """Copy the bank's wealth bundle as the next version, with so many bytes more."""
        project = self.folder / f"wealth-{version}"
        shutil.copytree(APPS / "wealth", project)
        text = (project / "bundle.yaml").read_text(encoding="utf-8")
        budget = {"size_budget: 120000": f"size_budget: {200_000 + size}"}
        for old, new in {"version: 1.0.0": f"version: {version}", **budget, **(changes or {})}.items():
            assert old in text
            text = text.replace(old, new, 1)
        if size:
            (project / "src" / "big.bin").write_bytes(bytes(range(256)) * (size // 256))
            text = text.replace("copy: [index.html]", "copy: [index.html, big.bin]")
        (project / "bundle.yaml").write_text(text, encoding="utf-8")
        return project

    def repository(self) -> list[str]:
        return ["--repository", str(self.server.var / "repo")]

    def received(self, project: Path) -> Received:
        packed = pack.run(pack.PackOptions(project=project), LocalStore(self.server.var / "repo"))
        return receive(packed.archive, (project / "bundle.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def desk(server: Running, tmp_path: Path) -> Desk:
    return Desk(server, tmp_path)


def pulled(desk: Desk, phone: str) -> str:
    """Give the version that a phone gets over HTTP."""
    root = desk.folder / "root.json"
    root.write_text(desk.tidegate("root"), encoding="utf-8")
    where = ["--into", str(desk.folder / phone), "--url", f"{desk.server.url}/repo", "--root", str(root), "--json"]
    return str(json.loads(desk.tool("pull", "wealth", *where).output)["version"])


@pytest.mark.parametrize("kind", ["server", pytest.param("cluster", marks=pytest.mark.mariadb)])
def test_from_a_ci_machine_to_a_phone(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    desk = Desk(request.getfixturevalue(kind), tmp_path)
    developer = desk.person("li.na", "developer", "wealth")
    guard = desk.person("wang.fang", "security")
    plain = desk.tool("upload", str(desk.project("1.0.1")), *developer, *desk.repository(), "--json")
    assert (plain.exit_code, json.loads(plain.output)["state"]) == (0, "PUBLISHED"), plain.output
    assert pulled(desk, "first") == "1.0.1"
    big = desk.project("1.1.0", size=3 * 1024 * 1024)
    assert desk.tool("upload", str(big), *developer, *desk.repository()).exit_code == 0
    assert pulled(desk, "big") == "1.1.0"
    wide = desk.project("1.2.0", {"purposes: [": "purposes: [wealth.order.sell, "})
    waiting = desk.tool("upload", str(wide), *developer, *desk.repository())
    assert (waiting.exit_code, "wider than before: purpose wealth.order.sell: new" in waiting.output) == (0, True)
    listed = json.loads(desk.tool("uploads", "list", *guard, "--state", "WAITING_SECURITY", "--json").output)
    (upload_id,) = [item["uploadId"] for item in listed["uploads"]]
    own = desk.tool("uploads", "approve", upload_id, *developer, "--reason", "mine", "--yes")
    assert (own.exit_code, "SIGNER_NOT_ALLOWED" in own.stderr) == (1, True)
    assert pulled(desk, "second") == "1.1.0"
    approved = desk.tool("uploads", "approve", upload_id, *guard, "--reason", "seen", "--yes")
    assert (approved.exit_code, "PUBLISHED" in approved.output) == (0, True)
    assert pulled(desk, "third") == "1.2.0"
    end = time.monotonic() + 30
    while not desk.server.digests()["wealth"].startswith("wealth@1.2.0#") and time.monotonic() < end:
        time.sleep(0.5)
    assert desk.server.digests()["wealth"].startswith("wealth@1.2.0#")


def test_a_refused_release_ends_with_one_and_names_the_places(desk: Desk) -> None:
    developer = desk.person("he.jing", "developer", "wealth")
    project = desk.project("1.0.0")
    done = desk.tool("upload", str(project), *developer, *desk.repository())
    assert (done.exit_code, "VERSION_TAKEN" in done.output, "raise version" in done.output) == (1, True, True)
    stranger = desk.folder / "stranger.pem"
    desk.tool("keygen", str(stranger), "--passphrase-env", "KEY_PASS")
    unknown = ["--to", desk.server.url, "--key", str(stranger), "--passphrase-env", "KEY_PASS"]
    refused = desk.tool("upload", str(project), *unknown, *desk.repository())
    assert (refused.exit_code, refused.stderr.count("\n"), "SIGNER_UNKNOWN" in refused.stderr) == (1, 1, True)


@dataclass
class Killing:
    """A network whose server is killed around given requests, and started again."""

    inner: Transport
    server: Running
    before: set[int] = field(default_factory=set)
    after: set[int] = field(default_factory=set)
    count: int = 0

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.count += 1
        number = self.count
        if number in self.before:
            return self._kill_within(method, url, headers, body)
        reply = self.inner.send(method, url, headers, body)
        if number in self.after:
            self.server.kill()
            self.server.start()
        return reply

    def _kill_within(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        def go() -> None:
            with suppress(UnreachableError):
                self.inner.send(method, url, headers, body)

        thread = threading.Thread(target=go)
        thread.start()
        time.sleep(0.01 * (self.count % 4))
        self.server.kill()
        thread.join()
        self.server.start()
        raise UnreachableError(detail="the server was killed")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_server_killed_between_and_within_pieces_loses_nothing(desk: Desk) -> None:
    options = desk.person("zhao.min", "developer", "wealth")
    received = desk.received(desk.project("1.3.0", size=4 * 1024 * 1024))
    access = Access(server=options[1], key=Path(options[3]), passphrase_file=None, passphrase_env="KEY_PASS", ca=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEY_PASS", "tide")
        opened = access.open()
    # 1 opens, 2 to 6 are pieces and questions where it stands, one of the last has it checked
    network = Killing(HttpTransport(), desk.server, before={3, 7}, after={2, 5})
    remote = Remote(
        server=opened.server, key=opened.key, transport=network, clock=opened.clock, new_bytes=opened.new_bytes
    )
    done = run(UploadOptions(), received, remote, pause=time.sleep, progress=lambda *_: None)
    assert (done.state, done.manifest) == ("PUBLISHED", received.package.digest)
    assert pulled(desk, "phone") == "1.3.0"
    assert desk.tool("verify", *desk.repository()).exit_code == 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_server_killed_while_it_checks_and_publishes_is_taken_over(desk: Desk) -> None:
    options = desk.person("sun.li", "developer", "wealth")
    received = desk.received(desk.project("1.4.0"))
    access = Access(server=options[1], key=Path(options[3]), passphrase_file=None, passphrase_env="KEY_PASS", ca=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEY_PASS", "tide")
        opened = access.open()
    network = Killing(HttpTransport(), desk.server, before={3})
    remote = Remote(
        server=opened.server, key=opened.key, transport=network, clock=opened.clock, new_bytes=opened.new_bytes
    )
    done = run(UploadOptions(wait=120), received, remote, pause=time.sleep, progress=lambda *_: None)
    assert (done.state, pulled(desk, "phone")) == ("PUBLISHED", "1.4.0")
    assert desk.tool("verify", *desk.repository()).exit_code == 0
