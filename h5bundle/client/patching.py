"""Making a release's files out of those that run, with deltas from the repository.

A delta is not signed and not believed: what it makes must have the hashes of the new manifest. Whatever is wrong, and
wherever there is none, the files are fetched whole.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from h5bundle import delta
from h5bundle.client.fetching import Source
from h5bundle.client.slots import Release
from h5bundle.delta import DeltaError
from h5bundle.digests import sha256
from h5bundle.manifest import Manifest, decode


@dataclass(frozen=True, slots=True)
class DeltaPatch:
    """The patch of a client: one delta for the bundle, and one for each shared bundle that changed.

    Attributes:
        source: the repository.
        cached: gives a file's verified bytes by hash, or None when it is not here any more.
    """

    source: Source
    cached: Callable[[str], bytes | None]

    def __call__(self, release: Release, running: Release | None, wanted: frozenset[str]) -> Mapping[str, bytes]:
        """Make what can be made.

        Args:
            release: the new one.
            running: the one whose files are here, or None.
            wanted: hashes of the files that are missing.

        Returns:
            Bytes by hash; nothing where the whole files must be fetched.
        """
        made: dict[str, bytes] = {}
        for new, old in _changed(release, running):
            made |= self._part(decode(new), sha256(new), decode(old), sha256(old), wanted)
        return made

    def _part(
        self, new: Manifest, digest: str, old: Manifest, base_digest: str, wanted: frozenset[str]
    ) -> dict[str, bytes]:
        """Make the missing files of one bundle."""
        lengths = {entry.sha256: entry.length for entry in new.files.values() if entry.sha256 in wanted}
        base = {path: self.cached(entry.sha256) for path, entry in old.files.items()}
        whole = {path: data for path, data in base.items() if data is not None}
        if not lengths or len(whole) < len(base):
            return {}
        data = self.source.delta(digest, base_digest, sum(lengths.values()))
        if data is None:
            return {}
        try:
            files = delta.apply(data, whole, new)
        except DeltaError:
            return {}
        return {new.files[path].sha256: content for path, content in files.items()}


def _changed(release: Release, running: Release | None) -> Iterator[tuple[bytes, bytes]]:
    """Go through the manifests that are new, each with the one that runs."""
    if running is None:
        return
    if release.manifest.bundle == running.manifest.bundle and release.data != running.data:
        yield release.data, running.data
    for bundle, data in release.shared.items():
        if bundle in running.shared and running.shared[bundle] != data:
            yield data, running.shared[bundle]
