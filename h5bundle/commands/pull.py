"""``h5bundle pull``: fetch a release like a phone would, with python-tuf's own client, and open it if asked."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from h5bundle.client import (
    STORE_URL,
    Equipment,
    Installation,
    Opened,
    Pulled,
    ReferenceClient,
    StoreFetcher,
)
from h5bundle.client.presets import open_preset
from h5bundle.rollout import Wish
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


def client(
    options: PullOptions, store: Store | None, *, trusted_root: bytes, preset: Store | None = None
) -> ReferenceClient:
    """Make the client.

    Args:
        options: what and where.
        store: the repository when there is no address.
        trusted_root: root metadata that came by a trusted way.
        preset: releases that the app carries inside.

    Raises:
        PresetError, TrustError: the preset does not verify.
    """
    fetcher = None if store is None or options.url is not None else StoreFetcher(store)
    inside = None if preset is None else open_preset(preset, trusted_root=trusted_root)
    return ReferenceClient(
        options.folder,
        url=(options.url or STORE_URL).rstrip("/"),
        trusted_root=trusted_root,
        fetcher=fetcher,
        equipment=Equipment(preset=inside, platform=options.installation.platform),
    )


def run(
    options: PullOptions, store: Store | None, *, trusted_root: bytes, now: datetime, wish: Wish | None = None
) -> Pulled:
    """Fetch, verify and unpack into a slot; arguments as for ``client``.

    Args:
        options: what and where.
        store: the repository when there is no address.
        trusted_root: root metadata that came by a trusted way.
        now: present instant.
        wish: the release that a preview link names; what the policy chooses when not given.

    Raises:
        PreviewError: the policy does not give this installation the release that is wished.
        PullError: something does not verify, or the policy gives no release and nothing is in place.
    """
    phone = client(options, store, trusted_root=trusted_root)
    if wish is None:
        return phone.pull(options.bundle, options.installation, now=now)
    return phone.preview(options.bundle, wish, options.installation)


def open_now(
    options: PullOptions, store: Store | None, *, trusted_root: bytes, preset: Store | None, now: datetime
) -> Opened:
    """Open what is in place, or the preset, without asking the network unless something must be healed.

    Raises:
        SlotError: nothing can be opened.
        UpdateRequiredError, CheckRequiredError: the policy lets nothing open before an update, or before a check.
    """
    return client(options, store, trusted_root=trusted_root, preset=preset).open(options.bundle, now=now)
