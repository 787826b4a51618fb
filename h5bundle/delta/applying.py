"""Applying a delta: the base's files and the new manifest in, the changed files out, each with its hash proven."""

from collections.abc import Mapping

from h5bundle.delta import rewriting, wire
from h5bundle.delta.wire import DeltaError
from h5bundle.digests import sha256
from h5bundle.manifest import FileEntry, Manifest

__all__ = ["DeltaError", "apply", "changed"]


def changed(base: Mapping[str, bytes], manifest: Manifest) -> dict[str, FileEntry]:
    """Give the files of a release whose bytes the base lacks, by path and in their order; each hash once."""
    known = {sha256(data) for data in base.values()}
    found: dict[str, FileEntry] = {}
    for path in rewriting.ordered(manifest.files):
        entry = manifest.files[path]
        if entry.sha256 not in known:
            known.add(entry.sha256)
            found[path] = entry
    return found


def apply(delta: bytes, base: Mapping[str, bytes], manifest: Manifest) -> dict[str, bytes]:
    """Make the changed files of a release.

    Args:
        delta: what the repository gave; nothing in it is believed.
        base: the files of the base release by path, whole and verified.
        manifest: the new release, verified.

    Returns:
        Path → bytes, of the files whose bytes the base lacks; a path whose bytes another one has is left out.

    Raises:
        DeltaError: it is broken, or not between these releases. Fetch the whole files.
    """
    wanted = changed(base, manifest)
    head, body = wire.decode(delta)
    dictionary = rewriting.dictionary(head, base, rewriting.ordered(manifest.files))
    content = wire.unpack(body, dictionary, sum(entry.length for entry in wanted.values()))
    files: dict[str, bytes] = {}
    place = 0
    for path, entry in wanted.items():
        files[path] = content[place : place + entry.length]
        place += entry.length
        if sha256(files[path]) != entry.sha256:
            raise DeltaError(detail=f"{path} does not come out with the bytes of the manifest")
    return files
