"""``h5bundle diff A B``: what a release asks for and carries that the one before did not, with every widening marked.

Widening is what a reviewer must see: a permission, purpose, operation or event more, a newer version of a method, a
source more in the CSP. A lower floor and an older shell are marked as well, since they let more in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from h5bundle.assets import collect
from h5bundle.commands.requirements import resolve
from h5bundle.errors import ManifestError, ProjectError
from h5bundle.lint.policy import read_policy
from h5bundle.manifest import Manifest, Requirement, decode
from h5bundle.pack import describe, unpack
from h5bundle.project import FILE_NAME, read_project
from h5bundle.repository import load_for_reading
from h5bundle.sources import MAX_TOTAL, read_plain
from h5bundle.stores.port import Store
from h5bundle.trust import manifest_target, read_target
from h5bundle.versions import parse_contract, parse_version

_LISTS: Final = ("purposes", "ops", "events")
_UNPINNED: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different.

    Attributes:
        what: ``permissions``, ``ops``, ``csp`` …
        name: which of them, or empty where there is one only.
        before, after: its values as text, empty where there is none.
        widens: whether the release may do or reach more.
    """

    what: str
    name: str
    before: str
    after: str
    widens: bool


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that is different; its length is None where it is not there."""

    path: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different between two releases.

    Attributes:
        before, after: their names.
        changes: in what the manifest declares, those that widen first.
        files: added, removed and changed ones.
        download: bytes of the files that a phone with the first release has to fetch whole.
        size: bytes of all files before and after.
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    files: tuple[FileChange, ...]
    download: int
    size: tuple[int, int]

    @property
    def same(self) -> bool:
        """Tell whether nothing is different but the version."""
        return not self.changes and not self.files

    @property
    def widens(self) -> bool:
        """Tell whether anything widens."""
        return any(change.widens for change in self.changes)


def run(first: str, second: str, store: Store | None) -> Difference:
    """Compare two releases.

    Args:
        first: a project folder, a ``.zip`` or ``.manifest.json`` that ``pack`` wrote, or ``bundle@version`` of the
            repository.
        second: the same.
        store: the repository, or None.

    Raises:
        H5BundleError: one of them is no release, or both are of different bundles.
    """
    before, after = read_release(first, store), read_release(second, store)
    if before.bundle != after.bundle:
        raise ManifestError(
            detail=f"{before.name} and {after.name} are not releases of one bundle",
            remedy="compare a bundle with itself",
        )
    return compare(before, after)


def read_release(text: str, store: Store | None) -> Manifest:
    """Give the manifest of what a person named.

    Raises:
        H5BundleError: it is no release.
    """
    path = Path(text)
    if path.is_dir():
        return _of_project(path, store)
    if text.endswith(".zip"):
        return unpack(_read(path, MAX_TOTAL))[0]
    if text.endswith(".json"):
        return decode(_read(path, MAX_TOTAL))
    bundle, at, version = text.partition("@")
    if not at:
        raise ProjectError(
            detail=f"{text[:80]!r} is no folder, no file of pack and no bundle@version",
            remedy=f"give a folder with {FILE_NAME}, a .zip or .manifest.json, or wealth@1.0.0",
        )
    return _published(bundle, version, store)


def compare(before: Manifest, after: Manifest) -> Difference:
    """Compare two manifests of one bundle."""
    changes = sorted(_changes(before, after), key=lambda change: (not change.widens, change.what, change.name))
    names = sorted(before.files.keys() | after.files.keys())
    files = tuple(
        FileChange(name, _length(before, name), _length(after, name))
        for name in names
        if before.files.get(name) != after.files.get(name)
    )
    held = {entry.sha256 for entry in before.files.values()}
    fetched = {entry.sha256: entry.length for entry in after.files.values() if entry.sha256 not in held}
    size = (_size(before), _size(after))
    return Difference(before.name, after.name, tuple(changes), files, sum(fetched.values()), size)


def _changes(before: Manifest, after: Manifest) -> Iterator[Change]:
    """Go through what the manifests declare."""
    yield from _permissions(before.permissions, after.permissions)
    for what in _LISTS:
        was, now = set(getattr(before, what)), set(getattr(after, what))
        for name in was ^ now:
            yield Change(what, name, name if name in was else "", name if name in now else "", name in now)
    yield from _policies(before.csp, after.csp)
    yield from _ranges(before, after)
    for name in before.requires.keys() | after.requires.keys():
        old, new = _pin(before.requires.get(name)), _pin(after.requires.get(name))
        if old != new:
            yield Change("requires", name, old, new, widens=False)
    for what in ("kind", "entry"):
        if getattr(before, what) != getattr(after, what):
            yield Change(what, "", str(getattr(before, what)), str(getattr(after, what)), widens=False)
    for language in ("zh", "en"):
        old, new = getattr(before.title, language), getattr(after.title, language)
        if old != new:
            yield Change("title", language, old, new, widens=False)


def _permissions(before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[Change]:
    """Compare bridge methods and their versions."""
    for name in before.keys() | after.keys():
        old, new = before.get(name, 0), after.get(name, 0)
        if old != new:
            yield Change("permissions", name, str(old or ""), str(new or ""), new > old)


def _policies(before: str, after: str) -> Iterator[Change]:
    """Compare two CSPs, directive by directive; one that is absent means what default-src says."""
    old, new = read_policy(before), read_policy(after)
    for directive in old.keys() | new.keys():
        was, now = _sources(old, directive), _sources(new, directive)
        if was != now:
            yield Change("csp", directive, " ".join(sorted(was)), " ".join(sorted(now)), bool(now - was - {"'none'"}))


def _sources(policy: Mapping[str, list[str]], directive: str) -> frozenset[str]:
    """Give what a directive lets in."""
    if directive in policy:
        return frozenset(policy[directive])
    return frozenset(policy.get("default-src", ["*"])) if directive.endswith("-src") else frozenset()


def _ranges(before: Manifest, after: Manifest) -> Iterator[Change]:
    """Compare contract range, oldest shell and floor."""
    old, new = before.contract, after.contract
    if old != new:
        wider = parse_contract(new.min) < parse_contract(old.min) or parse_contract(new.max) > parse_contract(old.max)
        yield Change("contract", "", f"{old.min} to {old.max}", f"{new.min} to {new.max}", wider)
    for what, was, now in (("shell", before.shell.min, after.shell.min), ("floor", before.floor, after.floor)):
        if was != now:
            yield Change(what, "", was, now, parse_version(now) < parse_version(was))


def _of_project(folder: Path, store: Store | None) -> Manifest:
    """Build the manifest of a project; a required bundle that is not at hand is left without its digest."""
    project = read_project(folder)
    wanted = project.declaration.requires
    pinned = resolve(wanted, (), store)
    requires = {name: pinned.get(name, Requirement(version, _UNPINNED)) for name, version in wanted.items()}
    return describe(project.declaration, collect(project), requires=requires)[0]


def _published(bundle: str, version: str, store: Store | None) -> Manifest:
    """Read a release that the repository offers."""
    path = manifest_target(bundle, version)
    state = None if store is None else load_for_reading(store)
    if store is None or state is None or state.target(path) is None:
        raise ProjectError(detail=f"{bundle}@{version} is not on offer here", remedy="look: h5bundle status")
    return decode(read_target(store.read, state, path))


def _read(path: Path, most: int) -> bytes:
    """Read a file that a person named."""
    try:
        return read_plain(path, name=str(path), most=most)
    except OSError as error:
        raise ProjectError(detail=f"{path} cannot be read: {error.strerror}") from error


def _pin(requirement: Requirement | None) -> str:
    """Give a requirement as text; the digest only where it is known."""
    if requirement is None:
        return ""
    return requirement.version if requirement.digest == _UNPINNED else f"{requirement.version}#{requirement.digest[:8]}"


def _length(manifest: Manifest, name: str) -> int | None:
    """Give a file's length, None where there is none."""
    return manifest.files[name].length if name in manifest.files else None


def _size(manifest: Manifest) -> int:
    """Give the bytes of all files."""
    return sum(entry.length for entry in manifest.files.values())
