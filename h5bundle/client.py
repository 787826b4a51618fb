"""Reading the repository: the verified list of releases for the bff, and a reference client for everybody else.

``releases`` verifies a store beside the process by the rules of ``h5bundle.trust``. ``pull`` is the independent way:
python-tuf's own client fetches over HTTP or from a folder, chooses by the rollout policy, and unpacks into a new slot.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from h5bundle import rollout
from h5bundle.digests import sha256
from h5bundle.errors import ExpiredError, ObjectMissingError, PullError, TrustError
from h5bundle.fetching import BoundedFetcher
from h5bundle.keys import app_role
from h5bundle.manifest import Manifest, decode
from h5bundle.paths import SHARED
from h5bundle.repository import trusted_root as first_root
from h5bundle.stores.files import write_atomically
from h5bundle.stores.port import Store
from h5bundle.trust import TrustedState, load, manifest_target, object_path, read_target, rollout_target

MANIFEST_SUFFIX: Final = ".manifest.json"
STORE_URL: Final = "store://repository"


@dataclass(frozen=True, slots=True)
class PublishedRelease:
    """A release on offer, with the bytes that prove who signed it.

    Attributes:
        manifest: the manifest's bytes; manifest_model: read.
        role: signed metadata of ``app-<bundle>``; targets, root: those that delegate to it.
    """

    bundle: str
    version: str
    digest: str
    manifest: bytes
    manifest_model: Manifest
    role: bytes
    targets: bytes
    root: bytes


def releases(store: Store, *, now: datetime, trusted_root: bytes | None = None) -> tuple[PublishedRelease, ...]:
    """Give every release on offer, verified; bundles whose role has expired offer none.

    Args:
        store: the repository.
        now: against which expiry is checked.
        trusted_root: root metadata that came by a trusted way; the store's own first root when the store itself is
            the trusted way, as for a server that serves its own folder.

    Raises:
        TrustError: the repository is not whole.
    """
    anchor = first_root(store) if trusted_root is None else trusted_root
    state = load(store.read, trusted_root=anchor, now=now)
    return tuple(release for bundle in state.bundles for release in _of_bundle(store, state, bundle))


def _of_bundle(store: Store, state: TrustedState, bundle: str) -> Iterator[PublishedRelease]:
    """Go through the releases of one bundle."""
    role = state.roles[app_role(bundle)]
    for path in sorted(role.metadata.signed.targets):
        if not path.endswith(MANIFEST_SUFFIX):
            continue
        try:
            data = read_target(store.read, state, path)
        except ExpiredError:
            return
        manifest = decode(data)
        if manifest_target(manifest.bundle, manifest.version) != path or manifest.bundle != bundle:
            raise TrustError(subject=path, detail=f"it is the manifest of {manifest.name}")
        yield PublishedRelease(
            bundle, manifest.version, sha256(data), data, manifest, role.data, state.targets_bytes, state.root_bytes
        )


class StoreFetcher(FetcherInterface):
    """Lets python-tuf's client read a store instead of a web server."""

    def __init__(self, store: Store) -> None:
        """Read from a store."""
        self._store = store

    def _fetch(self, url: str) -> Iterator[bytes]:
        """Give an object's bytes; what is missing looks like HTTP 404."""
        try:
            return iter([self._store.read(urlsplit(url).path.lstrip("/"))])
        except ObjectMissingError as error:
            raise DownloadHTTPError(error.detail, 404) from error


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull put in place."""

    bundle: str
    version: str
    digest: str
    folder: Path
    fetched: int
    """How many files had to be fetched; the others were there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """What a client tells of itself to the rollout policy."""

    install_id: str
    app_version: str = "1.0.0"
    platform: str = "browser"


class ReferenceClient:
    """A client of the repository that keeps its trust and its slots in a folder."""

    def __init__(self, folder: Path, *, url: str, trusted_root: bytes, fetcher: FetcherInterface | None = None) -> None:
        """Open the client's folder.

        Args:
            folder: the client's own; made when it is not there.
            url: address of the repository, without the last slash.
            trusted_root: what the app carries inside.
            fetcher: how bytes are fetched; HTTP when not given.
        """
        metadata = folder / "metadata"
        metadata.mkdir(parents=True, exist_ok=True)
        self._slots = folder / "slots"
        self._objects = folder / "objects"
        self._targets = folder / "targets"
        for place in (self._slots, self._objects, self._targets):
            place.mkdir(exist_ok=True)
        self._url = url
        self._fetcher = fetcher or BoundedFetcher()
        try:
            self._updater = Updater(
                str(metadata),
                f"{url}/metadata/",
                str(self._targets),
                f"{url}/targets/",
                fetcher=self._fetcher,
                config=UpdaterConfig(),
                bootstrap=trusted_root,
            )
            self._updater.refresh()
        except RepositoryError as error:
            raise PullError(detail=f"the repository's metadata is not to be believed: {error}") from error
        except DownloadError as error:
            raise PullError(
                detail=f"{url} cannot be reached", remedy="is the address right, and is it served?"
            ) from error

    def pull(self, bundle: str, installation: Installation) -> Pulled:
        """Fetch the release that this installation gets, with the shared bundles that it requires, into a slot.

        Raises:
            PullError: the policy gives none, or something does not verify; what was in place stays.
        """
        policy = rollout.decode(self._target(rollout_target(bundle)))
        chosen = rollout.choose(
            policy,
            install_id=installation.install_id,
            app_version=installation.app_version,
            platform=installation.platform,
        )
        if chosen is None:
            raise PullError(detail=f"the rollout policy of {bundle} gives this installation no release")
        data = self._target(chosen.manifest)
        if sha256(data) != chosen.digest:
            raise PullError(detail=f"{chosen.manifest} is not the release that the policy names")
        manifest = decode(data)
        if chosen.manifest != manifest_target(bundle, manifest.version) or manifest.bundle != bundle:
            raise PullError(
                detail=f"the rollout policy of {bundle} points at {manifest.name}, another bundle's release"
            )
        return self._install(manifest, data)

    def _install(self, manifest: Manifest, data: bytes) -> Pulled:
        """Fetch files and unpack them into the slot of their digest."""
        digest = sha256(data)
        files, fetched = self._files(manifest)
        for shared, requirement in manifest.requires.items():
            required = self._target(manifest_target(shared, requirement.version))
            if sha256(required) != requirement.digest:
                raise PullError(detail=f"{shared} {requirement.version} is not the release that {manifest.name} pins")
            more, count = self._files(decode(required))
            files |= {f"{SHARED}/{shared}/{name}": content for name, content in more.items()}
            fetched += count
        slot = self._slots / manifest.bundle / digest
        for name, content in files.items():
            place = slot / name
            place.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(place, content)
        write_atomically(slot / ".manifest.json", data)
        return Pulled(manifest.bundle, manifest.version, digest, slot, fetched)

    def _files(self, manifest: Manifest) -> tuple[dict[str, bytes], int]:
        """Give the files of a manifest, fetching those that are not here."""
        files: dict[str, bytes] = {}
        fetched = 0
        for name, entry in manifest.files.items():
            kept = self._objects / entry.sha256
            data = kept.read_bytes() if kept.is_file() else b""
            if sha256(data) != entry.sha256:
                data = self._download(entry.sha256, entry.length)
                write_atomically(kept, data)
                fetched += 1
            files[name] = data
        return files, fetched

    def _download(self, digest: str, length: int) -> bytes:
        """Fetch one object and verify it."""
        try:
            data: bytes = self._fetcher.download_bytes(f"{self._url}/{object_path(digest)}", length)
        except (DownloadError, RepositoryError) as error:
            raise PullError(detail=f"{object_path(digest)} cannot be fetched: {error}") from error
        if sha256(data) != digest:
            raise PullError(detail=f"{object_path(digest)} has other bytes than its hash says")
        return data

    def _target(self, path: str) -> bytes:
        """Fetch one target through python-tuf."""
        try:
            target = self._updater.get_targetinfo(path)
            if target is None:
                raise PullError(detail=f"the repository does not offer {path}", remedy="look at: h5bundle status")
            kept = self._updater.find_cached_target(target) or self._updater.download_target(target)
        except (RepositoryError, DownloadError) as error:
            raise PullError(detail=f"{path} is not to be believed: {error}") from error
        return Path(kept).read_bytes()
