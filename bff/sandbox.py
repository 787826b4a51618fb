"""Making a sandbox ready: development keys, sample people, the bank's own bundles built, signed and published.

Everything here may be done again: what is there stays, what is missing is made.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bff.core_bank.network import SamplePerson, SandboxBank
from h5bundle.commands import pack, publish, sign_timestamp
from h5bundle.commands.offers import Live
from h5bundle.errors import PublishError
from h5bundle.keys import ONLINE, ROLLOUT, ROOT, TARGETS, KeyFolder, app_role
from h5bundle.repository import is_repository
from h5bundle.stores.port import Store
from security.keys import KeyStore

MARKER: Final = "DEVELOPMENT"
"""A file of this name in a folder of keys says that they were made by a sandbox; production refuses them."""
BUNDLES: Final = ("common", "home", "accounts", "sweep", "wealth", "cards")
"""In this order: the shared bundle first, so that the others can pin it."""
_NOTE: Final = "These keys were made by a sandbox. A production server refuses this folder.\n"


@dataclass(frozen=True, slots=True)
class BundleNews:
    """What became of one bundle: its name, and why it could not be published (empty when it stands)."""

    name: str
    changed: bool
    trouble: str = ""


def stranger(name: str) -> BundleNews:
    """Give the news of a release whose version the database knows with other bytes."""
    trouble = (
        "the database knows this version with another digest, so its pages may call nothing: raise the version in "
        "bundle.yaml, or keep the repository and the database that belong together"
    )
    return BundleNews(name, changed=False, trouble=trouble)


def mark_development(folder: Path) -> None:
    """Say in a folder that its keys are for development."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    marker = folder / MARKER
    if not marker.exists():
        marker.write_text(_NOTE, encoding="utf-8")


def development_passphrase(folder: Path, new_bytes: Callable[[int], bytes]) -> str:
    """Give the passphrase of a sandbox's keys, made on first use and readable by its owner only."""
    file = folder / "passphrase"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(new_bytes(32).hex(), encoding="ascii")
    return file.read_text(encoding="ascii").strip()


def make_keys(keys: KeyStore, purposes: tuple[str, ...], now: datetime) -> tuple[str, ...]:
    """Make a key for every purpose that has none; tell for which."""
    present = {record.purpose for record in keys.records()}
    missing = tuple(purpose for purpose in purposes if purpose not in present)
    for purpose in missing:
        keys.generate(purpose, now)
    return missing


def make_release_keys(keys: KeyFolder) -> None:
    """Make 1-of-1 development keys for every role that has none."""
    for role in (ROOT, TARGETS, ONLINE, ROLLOUT, *map(app_role, BUNDLES)):
        if not keys.has(role):
            keys.generate(role)


def publish_bundles(
    projects: Path, store: Store, keys: KeyFolder, *, now: datetime, commit: Callable[[Path], str], live: Live
) -> Iterator[BundleNews]:
    """Build, sign and publish the bank's own bundles; a version that stands with other bytes is told, not replaced.

    Args:
        projects: folder with a project for each bundle.
        store: the repository.
        keys: of its roles.
        now: present instant.
        commit: gives the source commit of a project.
        live: what hosts and bank offer, for the release trains.
    """
    if is_repository(store):
        sign_timestamp.run(store, keys, now=now)
    for bundle in BUNDLES:
        project = projects / bundle
        try:
            package = pack.run(pack.PackOptions(project=project, commit=commit(project)), store)
            receipt = publish.run(publish.PublishOptions(init=True, live=live), package, store, keys, now=now)
            yield BundleNews(package.manifest.name, receipt.changed)
        except PublishError as error:
            yield BundleNews(
                bundle, changed=False, trouble=f"the published release stays: {error.detail}; {error.remedy}"
            )


def sample_people(bank: SandboxBank) -> list[Mapping[str, Any]]:
    """Give the sample people as the shell shows them."""
    return [
        {
            "name": person.name,
            "idNumber": person.id_number,
            "mobile": person.mobile,
            **_card(person),
            "also": [_card(one) for one in person.also],
            "note": {"zh": person.note_zh, "en": person.note_en},
        }
        for person in bank.people
    ]


def _card(one: SamplePerson) -> Mapping[str, str]:
    return {"card": one.card, "cardClass": one.card_class, "bankZh": one.bank_zh, "bankEn": one.bank_en}
