"""A repository that our publisher made, a mirror that serves it falsely, and two clients that must not fall for it."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Protocol

from tuf.api.metadata import Metadata, MetaFile, TargetFile

from h5bundle.client import Installation, ReferenceClient
from h5bundle.commands import publish
from h5bundle.errors import H5BundleError
from h5bundle.fetching import BoundedFetcher
from h5bundle.formats import Signer
from h5bundle.keys import KeyFolder
from h5bundle.pack import Package
from h5bundle.reading import FIRST_ROOT
from h5bundle.repository import Policy
from h5bundle.stores.local import LocalStore
from h5bundle.trust import TIMESTAMP, metadata_path, target_file_path
from tests.serving import LoopbackServer

TODAY = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - python-tuf's client reads the machine's clock
TWO = {"root": 2, "targets": 2, "app": 2}
SECONDS = 1.5
SCRIPT = Path(__file__).with_name("victim.mjs")
Answer = Callable[[BaseHTTPRequestHandler], None]


class Mirror:
    """Serves a store, except where the attacker wants something else.

    Attributes:
        served: path → other bytes, nothing (404), or an answer of its own.
        log: what was asked for.
    """

    def __init__(self, store: LocalStore, keys: KeyFolder) -> None:
        self.store, self.keys = store, keys
        self.served: dict[str, bytes | Answer | None] = {}
        self.log: list[str] = []
        self.root = b""

    def publish(
        self,
        package: Package,
        *,
        now: datetime = TODAY,
        thresholds: Mapping[str, int] = TWO,
        lifetimes: Mapping[str, timedelta] | None = None,
    ) -> publish.PublishReceipt:
        """Publish as the bank does."""
        policy = Policy(thresholds=thresholds, lifetimes=dict(Policy().lifetimes) | dict(lifetimes or {}))
        options = publish.PublishOptions(init=True, policy=policy)
        receipt = publish.run(options, package, self.store, self.keys, now=now)
        self.root = self.root or self.store.read(FIRST_ROOT)
        return receipt

    def read(self, path: str) -> bytes:
        held = self.served.get(path)
        return held if isinstance(held, bytes) else self.store.read(path)

    def current(self, role: str) -> Metadata[Any]:
        """Give a role's metadata as it is served now."""
        timestamp: Metadata[Any] = Metadata.from_bytes(self.read(TIMESTAMP))
        if role == "timestamp":
            return timestamp
        snapshot: Metadata[Any] = Metadata.from_bytes(
            self.read(metadata_path("snapshot", timestamp.signed.snapshot_meta.version))
        )
        if role == "snapshot":
            return snapshot
        version = 1 if role == "root" else snapshot.signed.meta[f"{role}.json"].version
        return Metadata.from_bytes(self.read(metadata_path(role, version)))

    def put(self, role: str, metadata: Metadata[Any], signers: Sequence[Signer], version: int | None = None) -> bytes:
        """Sign a role's metadata anew and serve it, under its version or another."""
        metadata.signatures.clear()
        for signer in signers:
            metadata.sign(signer, append=True)
        data = metadata.to_bytes()
        place = TIMESTAMP if role == "timestamp" else metadata_path(role, version or metadata.signed.version)
        self.served[place] = data
        return data

    def announce(self, metas: Mapping[str, MetaFile] | None = None, *, signers: Sequence[Signer] | None = None) -> None:
        """Serve a new snapshot and timestamp, by the online key when no other is given."""
        online = self.keys.signers("online") if signers is None else signers
        snapshot, timestamp = self.current("snapshot"), self.current("timestamp")
        snapshot.signed.version += 1
        snapshot.signed.meta.update({f"{role}.json": meta for role, meta in (metas or {}).items()})
        data = self.put("snapshot", snapshot, online)
        timestamp.signed.version += 1
        timestamp.signed.snapshot_meta = MetaFile.from_data(snapshot.signed.version, data, ["sha256"])
        self.put("timestamp", timestamp, online)

    def forge(self, role: str, change: Callable[[Any], None], signers: Sequence[Signer]) -> None:
        """Change a role, sign it with what the attacker has, and let the online key announce it."""
        metadata = self.current(role)
        metadata.signed.version += 1
        change(metadata.signed)
        data = self.put(role, metadata, signers)
        self.announce({role: MetaFile.from_data(metadata.signed.version, data, ["sha256"])})

    def blob(self, path: str, data: bytes) -> TargetFile:
        """Serve a target's bytes under their hash, and give what a role would say of it."""
        target = TargetFile.from_data(path, data, ["sha256"])
        self.served[target_file_path(path, target.hashes["sha256"])] = data
        return target

    def target_path(self, path: str) -> str:
        """Give where a target lies that the bank offers."""
        role = "rollout" if path.startswith("rollout/") else f"app-{path.split('/')[1]}"
        return target_file_path(path, self.current(role).signed.targets[path].hashes["sha256"])

    def serve(self) -> LoopbackServer:
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.lstrip("/")
                mirror.log.append(path)
                answer = mirror.served.get(path, mirror.store.folder / path)
                if callable(answer):
                    answer(self)
                    return
                data = answer.read_bytes() if isinstance(answer, Path) and answer.is_file() else answer
                found = isinstance(data, bytes)
                self.send_response(200 if found else 404)
                self.send_header("Content-Length", str(len(data) if isinstance(data, bytes) else 0))
                self.end_headers()
                self.wfile.write(data if isinstance(data, bytes) else b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
                pass

        return LoopbackServer(Handler)


class Victim(Protocol):
    """A client with its folder or store."""

    def update(self) -> str:
        """Ask for the release of wealth; give "ok", or why it is refused."""
        ...

    def installed(self) -> list[str]:
        """Give the digests of the releases that are in place."""
        ...

    def close(self) -> None: ...


@dataclass
class PythonVictim:
    """The reference client, a new one for each update, over one folder."""

    folder: Path
    url: str
    root: bytes

    def update(self) -> str:
        fetcher = BoundedFetcher(pause=SECONDS, whole=SECONDS)
        try:
            client = ReferenceClient(self.folder, url=self.url, trusted_root=self.root, fetcher=fetcher)
            client.pull("wealth", Installation(install_id="one"), now=TODAY)
        except H5BundleError as error:
            return f"{error.code}: {error.detail}"
        return "ok"

    def installed(self) -> list[str]:
        return sorted(place.parent.name for place in self.folder.glob("slots/*/*/.manifest.json"))

    def close(self) -> None:
        pass


@dataclass
class JavaScriptVictim:
    """The shell's core in one Node process, over a store in memory."""

    folder: Path
    url: str
    root: bytes
    _process: subprocess.Popen[str] = field(init=False)
    _digests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        node = shutil.which("node")
        assert node is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        root = self.folder / "root.json"
        root.write_bytes(self.root)
        command = [node, str(SCRIPT), self.url, str(root), str(int(SECONDS * 1000))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def update(self) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("update\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        self._digests = answer["digests"]
        return str(answer["outcome"])

    def installed(self) -> list[str]:
        return sorted(self._digests)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()
