"""``h5bundle pull``: fetch a release like a phone would, with python-tuf's own client."""

from dataclasses import dataclass
from pathlib import Path

from h5bundle.client import STORE_URL as LOCAL
from h5bundle.client import Installation, Pulled, ReferenceClient, StoreFetcher
from h5bundle.stores.port import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class PullOptions:
    """What to fetch.

    Attributes:
        bundle: bundle id.
        folder: the client's folder: its trust, its objects, its slots.
        url: address of the repository; None to read a store.
        installation: what the client tells the rollout policy.
    """

    bundle: str
    folder: Path
    url: str | None
    installation: Installation


def run(options: PullOptions, store: Store | None, *, trusted_root: bytes) -> Pulled:
    """Fetch, verify and unpack into a slot.

    Args:
        options: what and where.
        store: the repository when there is no address.
        trusted_root: root metadata that came by a trusted way.

    Raises:
        PullError: something does not verify, or the policy gives no release.
    """
    fetcher = None if store is None or options.url is not None else StoreFetcher(store)
    url = (options.url or LOCAL).rstrip("/")
    client = ReferenceClient(options.folder, url=url, trusted_root=trusted_root, fetcher=fetcher)
    return client.pull(options.bundle, options.installation)
