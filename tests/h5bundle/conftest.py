from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from h5bundle.commands import deltas, publish
from h5bundle.formats import Key, Signer
from h5bundle.keys import KeyFolder, RoleKeys, app_role
from h5bundle.manifest import Requirement
from h5bundle.pack import Package, pack
from h5bundle.project import parse_declaration
from h5bundle.stores.local import LocalStore

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TODAY = datetime.now(UTC)  # noqa: TID251 - python-tuf's client reads the machine's clock
LATER = NOW + timedelta(hours=1)
FILES = {"index.html": b"<!doctype html><title>x</title>", "app.js": b"export const a = 1;\n"}


def declaration(bundle: str = "wealth", version: str = "1.0.0", **more: str) -> str:
    lines = {
        "id": bundle,
        "version": version,
        "title": "{zh: 名, en: Name}",
        "dist": "dist",
        "permissions": "{app.info: 1, net.request: 1}",
        "ops": "[wealth.order.prepare]",
        **more,
    }
    return "".join(f"{key}: {value}\n" for key, value in lines.items())


def package(
    bundle: str = "wealth",
    version: str = "1.0.0",
    files: Mapping[str, bytes] | None = None,
    pinned: Mapping[str, Requirement] | None = None,
    **more: str,
) -> Package:
    text = declaration(bundle, version, **more)
    return pack(parse_declaration(text), dict(files or FILES), requires=pinned or {})


def shared_package(version: str = "1.0.0", files: Mapping[str, bytes] | None = None) -> Package:
    text = declaration("common", version, kind="shared", permissions="{}", ops="[]", floor="1.0.0")
    return pack(parse_declaration(text), dict(files or {"tokens.css": b":root{}"}), requires={})


@dataclass(frozen=True)
class Yard:
    """A store with keys, and how to publish into it."""

    store: LocalStore
    keys: KeyFolder

    def publish(self, what: Package, *, now: datetime = NOW, **options: object) -> publish.PublishReceipt:
        """Publish a release, and then make its deltas."""
        chosen = publish.PublishOptions(init=True, **options)  # type: ignore[arg-type]  # options come by name
        receipt = publish.run(chosen, what, self.store, self.keys, now=now)
        if receipt.stands:
            deltas.follow(self.store, receipt.bundle, receipt.digest, before=receipt.before, progress=publish.silent)
        return receipt


@dataclass(frozen=True)
class OnlineOnly:
    """The keys of a server: those of the online roles."""

    every: RoleKeys

    def has(self, role: str) -> bool:
        return role in {"online", "rollout"}

    def signers(self, role: str) -> tuple[Signer, ...]:
        return self.every.signers(role) if self.has(role) else ()

    def public_keys(self, role: str) -> tuple[Key, ...]:
        return self.every.public_keys(role) if self.has(role) else ()


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> KeyFolder:
    folder = KeyFolder(tmp_path_factory.mktemp("keys"), b"tide")
    for role in ("root", "targets", "online", "rollout", *(app_role(name) for name in ("common", "wealth", "foreign"))):
        folder.generate(role)
    return folder


@pytest.fixture
def yard(tmp_path: Path, key_folder: KeyFolder) -> Yard:
    return Yard(LocalStore(tmp_path / "repo"), key_folder)


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    def make(text: str, files: Mapping[str, str | bytes]) -> Path:
        folder = tmp_path / "project"
        folder.mkdir()
        (folder / "bundle.yaml").write_text(text, encoding="utf-8")
        for name, content in files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return make
