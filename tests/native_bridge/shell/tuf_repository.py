"""A TUF repository made with python-tuf in the layout of the release repository, and what an attacker may do to it."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785
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

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
TOP = ("root", "timestamp", "snapshot", "targets")
LONG = timedelta(days=30)
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'none'"
)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def media_type(path: str) -> str:
    kinds = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8"}
    return kinds.get(path.rpartition(".")[2], "text/javascript; charset=utf-8")


def build_manifest(bundle: str, version: str, files: Mapping[str, bytes], **members: Any) -> bytes:
    shared = "index.html" not in files
    manifest = {
        "format": "tidegate-bundle/1",
        "bundle": bundle,
        "version": version,
        "title": {"zh": bundle, "en": bundle},
        "kind": "shared" if shared else "app",
        "entry": None if shared else "index.html",
        "contract": {"min": "1.0", "max": "1.0"},
        "permissions": {"app.info": 1},
        "purposes": [],
        "events": [],
        "ops": [],
        "csp": CSP,
        "shell": {"min": "1.0.0"},
        "floor": "1.0.0",
        "requires": {},
        "source": {"commit": "0" * 40},
        "files": {
            path: {"length": len(data), "sha256": sha256(data), "type": media_type(path)}
            for path, data in files.items()
        },
    }
    return rfc8785.dumps(manifest | members)


class Repository:
    """Signed metadata and files by path below the repository's address."""

    def __init__(
        self, bundles: Sequence[str] = ("common", "wealth"), root_keys: int = 3, root_threshold: int = 2
    ) -> None:
        delegated = [f"app-{bundle}" for bundle in bundles] + ["rollout"]
        self.signers = {role: [CryptoSigner.generate_ecdsa()] for role in (*TOP, *delegated)}
        self.signers["root"] = [CryptoSigner.generate_ecdsa() for _ in range(root_keys)]
        self.files: dict[str, bytes] = {}
        self.root = Root(expires=NOW + LONG, consistent_snapshot=True)
        for role in TOP:
            for signer in self.signers[role]:
                self.root.add_key(signer.public_key, role)
        self.root.roles["root"].threshold = root_threshold
        self.roles = {role: Targets(expires=NOW + LONG) for role in delegated}
        self.targets = Targets(expires=NOW + LONG, delegations=self._delegations(delegated))
        self.snapshot = Snapshot(expires=NOW + LONG)
        self.timestamp = Timestamp(expires=NOW + LONG)
        self.write_root()
        self.trusted_root = self.files["metadata/1.root.json"].decode()
        self.publish(bump=False)

    def _delegations(self, delegated: Sequence[str]) -> Delegations:
        keys, roles = {}, {}
        for role in delegated:
            key = self.signers[role][0].public_key
            paths = ["rollout/*"] if role == "rollout" else [f"apps/{role.removeprefix('app-')}/*"]
            keys[key.keyid] = key
            roles[role] = DelegatedRole(role, [key.keyid], 1, role != "rollout", paths)
        return Delegations(keys=keys, roles=roles)

    def signed(self, role: str, signed: Any, signers: Sequence[CryptoSigner] | None = None) -> bytes:
        metadata = Metadata(signed)
        for signer in self.signers[role] if signers is None else signers:
            metadata.sign(signer, append=True)
        return metadata.to_bytes()

    def write_root(self, signers: Sequence[CryptoSigner] | None = None) -> None:
        self.files[f"metadata/{self.root.version}.root.json"] = self.signed("root", self.root, signers)

    def publish(self, *roles: str, bump: bool = True) -> None:
        """Sign the given delegated roles and all that stands above them, each with the next version."""
        step = 1 if bump else 0
        for role in roles if bump else self.roles:
            self.roles[role].version += step
            self.write_targets(role, self.roles[role])
        self.targets.version += step
        self.write_targets("targets", self.targets)
        self.write_snapshot(step)

    def write_targets(self, role: str, signed: Targets) -> None:
        data = self.signed(role, signed)
        self.files[f"metadata/{signed.version}.{role}.json"] = data
        self.snapshot.meta[f"{role}.json"] = MetaFile(signed.version, len(data), {"sha256": sha256(data)})

    def write_snapshot(self, step: int = 1) -> None:
        self.snapshot.version += step
        data = self.signed("snapshot", self.snapshot)
        self.files[f"metadata/{self.snapshot.version}.snapshot.json"] = data
        self.timestamp.snapshot_meta = MetaFile(self.snapshot.version, len(data), {"sha256": sha256(data)})
        self.write_timestamp(step)

    def write_timestamp(self, step: int = 1) -> None:
        self.timestamp.version += step
        self.files["metadata/timestamp.json"] = self.signed("timestamp", self.timestamp)

    def add_target(self, role: str, path: str, data: bytes) -> None:
        folder, _, name = path.rpartition("/")
        self.files[f"targets/{folder}/{sha256(data)}.{name}"] = data
        self.roles[role].targets[path] = TargetFile.from_data(path, data, ["sha256"])

    def add_release(self, bundle: str, version: str, files: Mapping[str, bytes], **members: Any) -> str:
        """Put a release's objects, manifest and a policy that gives it to everybody; give its digest."""
        manifest = build_manifest(bundle, version, files, **members)
        for data in files.values():
            self.files[f"objects/{sha256(data)}"] = data
        self.add_target(f"app-{bundle}", f"apps/{bundle}/{version}.manifest.json", manifest)
        self.add_policy(bundle, [(version, sha256(manifest), 10_000)])
        return sha256(manifest)

    def add_policy(
        self, bundle: str, releases: Sequence[tuple[str, str, int]], *, forced: bool = False, **members: Any
    ) -> None:
        policy = {
            "format": "tidegate-rollout/1",
            "bundle": bundle,
            "policy": 1,
            "releases": [
                {
                    "version": version,
                    "manifest": f"apps/{bundle}/{version}.manifest.json",
                    "digest": digest,
                    "permyriad": permyriad,
                    "salt": "a1",
                    "allow": [],
                    "platforms": [],
                    "channels": [],
                    "app": {"min": "1.0.0", "max": None},
                    "forced": forced,
                }
                for version, digest, permyriad in releases
            ],
            "halt": False,
            "floor": "1.0.0",
            "stale_hours": None,
            "change": {"by": "", "reason": ""},
        }
        self.add_target("rollout", f"rollout/{bundle}.json", rfc8785.dumps(policy | members))

    def role_keys(self, bundle: str) -> list[dict[str, str]]:
        return [
            {"keyid": signer.public_key.keyid, "pem": signer.public_key.keyval["public"]}
            for signer in self.signers.get(f"app-{bundle}", ())
        ]
