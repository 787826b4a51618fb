"""A repository of the format that signs whatever a test wants, however wrong, and serves it with a log of requests."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import quote, unquote

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from tests.serving import LoopbackServer

TOP = ("root", "timestamp", "snapshot", "targets")
BELOW_ROOT = ("targets", "snapshot", "timestamp")
TODAY = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - the clients under test read the machine's clock
LATER = TODAY + timedelta(days=30)
PAST = TODAY - timedelta(days=1)


class Repository:
    """What is signed now, what was published, and what was asked for.

    Attributes:
        signed: role → its content; a test changes it and publishes.
        signers: role → who signs it.
        files: path below the address → bytes.
        announce: whether lengths and hashes stand beside the versions.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.log: list[str] = []
        self.announce = False
        self.signers = {role: [CryptoSigner.generate_ecdsa()] for role in TOP}
        self.root = Root(expires=LATER, consistent_snapshot=True)
        self.timestamp, self.snapshot, self.targets = (
            Timestamp(expires=LATER),
            Snapshot(expires=LATER),
            Targets(expires=LATER),
        )
        for role in TOP:
            self.root.add_key(self.signers[role][0].public_key, role)
        self.signed: dict[str, Any] = {
            "root": self.root,
            "timestamp": self.timestamp,
            "snapshot": self.snapshot,
            "targets": self.targets,
        }
        for role in ("root", *BELOW_ROOT):
            self.write(role)
        self.first_root = self.files["metadata/1.root.json"]

    def sign(self, role: str, signers: Sequence[CryptoSigner] | None = None) -> bytes:
        metadata: Metadata[Any] = Metadata(self.signed[role])
        for signer in self.signers[role] if signers is None else signers:
            metadata.sign(signer, append=True)
        return metadata.to_bytes()

    def place(self, role: str) -> str:
        name = quote(role, "")
        versioned = role == "root" or (self.root.consistent_snapshot and role != "timestamp")
        return f"metadata/{self.signed[role].version}.{name}.json" if versioned else f"metadata/{name}.json"

    def write(self, role: str, data: bytes | None = None) -> None:
        """Put a role where clients look for it and announce it one step above."""
        data = self.sign(role) if data is None else data
        self.files[self.place(role)] = data
        version = self.signed[role].version
        known = {"length": len(data), "hashes": {"sha256": hashlib.sha256(data).hexdigest()}} if self.announce else {}
        if role == "snapshot":
            self.timestamp.snapshot_meta = MetaFile(version, **known)
        elif role not in TOP or role == "targets":
            self.snapshot.meta[f"{role}.json"] = MetaFile(version, **known)

    def publish(self, *roles: str) -> None:
        """Give each role its next version, in this order; all but the root when none is named."""
        for role in roles or BELOW_ROOT:
            self.signed[role].version += 1
            self.write(role)

    def delegate(self, role: DelegatedRole, to: str = "targets") -> Targets:
        """Let one role delegate to another, which gets a key of its own the first time."""
        delegator = self.signed[to]
        if delegator.delegations is None:
            delegator.delegations = Delegations(keys={}, roles={})
        delegator.delegations.roles[role.name] = role
        signers = self.signers.setdefault(role.name, [CryptoSigner.generate_ecdsa()])
        delegator.add_key(signers[0].public_key, role.name)
        content: Targets = self.signed.setdefault(role.name, Targets(expires=LATER))
        return content

    def offer(self, path: str, data: bytes, role: str = "targets", hashes: Sequence[str] = ("sha256",)) -> None:
        """Let a role offer a target, stored under each of its hashes."""
        target = TargetFile.from_data(path, data, list(hashes))
        self.signed[role].targets[path] = target
        folder, slash, name = path.rpartition("/")
        for digest in target.hashes.values():
            self.files[f"targets/{folder}{slash}{digest}.{name}"] = data

    def replace_key(self, role: str) -> CryptoSigner:
        """Take a role's keys away and give it a new one."""
        for keyid in list(self.root.roles[role].keyids):
            self.root.revoke_key(keyid, role)
        self.signers[role] = [CryptoSigner.generate_ecdsa()]
        self.root.add_key(self.signers[role][0].public_key, role)
        return self.signers[role][0]

    def asked(self, below: str = "metadata/") -> list[str]:
        """Give what was asked for since the last call."""
        paths = [path.removeprefix(below) for path in self.log if path.startswith(below)]
        self.log.clear()
        return paths

    def serve(self) -> LoopbackServer:
        repository = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.lstrip("/")
                repository.log.append(path)
                data = repository.files.get(path, repository.files.get(unquote(path)))
                self.send_response(200 if data is not None else 404)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
                pass

        return LoopbackServer(Handler)
