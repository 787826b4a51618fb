"""Which releases a bundle's role goes on listing: a list of everything that ever was would grow for ever.

A phone verifies the whole list whenever it changes, so what nobody can get any more leaves it. Its files and manifests
stay in the store, its evidence stays with the bank; to offer it again it is published again.
"""

from collections.abc import Mapping
from typing import Final

from h5bundle.formats import TargetFile
from h5bundle.versions import parse_version

NEWEST: Final = 10
"""So many of the newest releases stay listed for a rollback, besides those that somebody needs."""


def listed(targets: Mapping[str, TargetFile], *, needed: frozenset[str]) -> dict[str, TargetFile]:
    """Give what a role goes on listing.

    Args:
        targets: everything that it lists, of one bundle: ``apps/<bundle>/<version>.…``.
        needed: versions that a policy offers or an offered release pins; they stay whatever their age.
    """
    versions = {path: _version(path) for path in targets}
    newest = sorted(set(versions.values()), key=parse_version)[-NEWEST:]
    return {path: target for path, target in targets.items() if versions[path] in {*newest, *needed}}


def _version(path: str) -> str:
    """Give the version in a target's path: three numbers, before the name of the document."""
    return ".".join(path.rpartition("/")[2].split(".")[:3])
