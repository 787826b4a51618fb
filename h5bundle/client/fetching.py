"""What comes from the repository, verified: targets by python-tuf's own client, objects by their hash.

Nothing is asked of the network before the first target: a client that only opens what it has needs none.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from h5bundle.digests import sha256
from h5bundle.errors import ObjectMissingError, PullError
from h5bundle.fetching import BoundedFetcher
from h5bundle.stores.port import Store
from h5bundle.trust import object_path

STORE_URL: Final = "store://repository"


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


class Source:
    """One repository as a client sees it: metadata is refreshed once, before the first target."""

    def __init__(self, folder: Path, *, url: str, trusted_root: bytes, fetcher: FetcherInterface | None) -> None:
        """Name the repository; nothing is fetched yet.

        Args:
            folder: keeps ``metadata/`` and ``targets/``; made when it is not there.
            url: address of the repository, without the last slash.
            trusted_root: what the app carries inside.
            fetcher: how bytes are fetched; HTTP when not given.
        """
        self._metadata = folder / "metadata"
        self._targets = folder / "targets"
        for place in (self._metadata, self._targets):
            place.mkdir(parents=True, exist_ok=True)
        self._url = url
        self._trusted_root = trusted_root
        self._fetcher = fetcher or BoundedFetcher()
        self._updater: Updater | None = None

    def refresh(self) -> Updater:
        """Bring the metadata up to date, once.

        Raises:
            PullError: the repository cannot be reached, or is not to be believed.
        """
        if self._updater is not None:
            return self._updater
        try:
            updater = Updater(
                str(self._metadata),
                f"{self._url}/metadata/",
                str(self._targets),
                f"{self._url}/targets/",
                fetcher=self._fetcher,
                config=UpdaterConfig(),
                bootstrap=self._trusted_root,
            )
            updater.refresh()
        except RepositoryError as error:
            raise PullError(detail=f"the repository's metadata is not to be believed: {error}") from error
        except DownloadError as error:
            raise PullError(
                detail=f"{self._url} cannot be reached", remedy="is the address right, and is it served?"
            ) from error
        self._updater = updater
        return updater

    def target(self, path: str) -> bytes:
        """Fetch one target through python-tuf.

        Raises:
            PullError: it is not on offer, or not what was signed.
        """
        updater = self.refresh()
        try:
            target = updater.get_targetinfo(path)
            if target is None:
                raise PullError(detail=f"the repository does not offer {path}", remedy="look at: h5bundle status")
            kept = updater.find_cached_target(target) or updater.download_target(target)
        except (RepositoryError, DownloadError) as error:
            raise PullError(detail=f"{path} is not to be believed: {error}") from error
        return Path(kept).read_bytes()

    def delta(self, digest: str, base: str, limit: int) -> bytes | None:
        """Fetch the delta between two releases, which nobody vouches for; None when there is none to be had.

        Args:
            digest: of the new manifest.
            base: of the manifest that runs.
            limit: bytes that it may have at the most: those of the files that it replaces.
        """
        try:
            data: bytes = self._fetcher.download_bytes(f"{self._url}/deltas/{digest}/{base}.zst", limit)
        except (DownloadError, RepositoryError):
            return None
        return data

    def object(self, digest: str, length: int) -> bytes:
        """Fetch one object and verify it.

        Raises:
            PullError: it cannot be fetched, or has other bytes than its hash says.
        """
        try:
            data: bytes = self._fetcher.download_bytes(f"{self._url}/{object_path(digest)}", length)
        except (DownloadError, RepositoryError) as error:
            raise PullError(detail=f"{object_path(digest)} cannot be fetched: {error}") from error
        if sha256(data) != digest:
            raise PullError(detail=f"{object_path(digest)} has other bytes than its hash says")
        return data
