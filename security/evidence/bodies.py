"""The bodies of the entries that an order's evidence is made of, and the story that they tell together."""

from dataclasses import dataclass
from typing import Any

import msgspec

from security.evidence.file import EvidenceFile, FileEntry


class Released(msgspec.Struct, frozen=True):
    """``bundle.released``: which signed release a digest is; the last four name blobs."""

    bundle: str
    version: str
    digest: str
    manifest: str
    role: str
    targets: str
    root: str


class Attested(msgspec.Struct, rename="camel", frozen=True):
    """What a platform attested of a device: the format, and the SHA-256 of what the device sent."""

    format: str
    digest: str


class Registered(msgspec.Struct, rename="camel", frozen=True):
    """``device.registered``; a simulated device has no attestation."""

    device_id: str
    level: str
    platform: str
    app_id: str
    app_version: str
    challenge: str
    pop_key: dict[str, str]
    tx_key: dict[str, str]
    pop_signature: str
    tx_signature: str
    attestation: Attested | None = None


class Bound(msgspec.Struct, rename="camel", frozen=True):
    """``device.bound``."""

    device_id: str
    customer_id: str
    event_id: str
    expires: int
    pop_jkt: str
    tx_jkt: str
    signature: str


class Recovered(msgspec.Struct, rename="camel", frozen=True):
    """``device.recovered``: the device could not know whose it would be, so the customer is the bank's word."""

    device_id: str
    customer_id: str
    recovery_id: str
    expires: int
    lost: tuple[str, ...]
    signature: str


class Frozen(msgspec.Struct, rename="camel", frozen=True):
    """``operation.frozen``."""

    operation_id: str
    fields: dict[str, str]
    template: dict[str, Any]
    proof: str
    url: str
    method: str
    request_hash: str


class Approved(msgspec.Struct, rename="camel", frozen=True):
    """``operation.approved``."""

    operation_id: str
    message: str
    signature: str


class Placed(msgspec.Struct, rename="camel", frozen=True):
    """``order.placed``; ``shares`` of an order of shares, whose amount is known when it is confirmed."""

    order_id: str
    operation_id: str
    product: str
    amount_fen: int
    rule_version: str
    state: str
    shares: str | None = None


class PostingLine(msgspec.Struct, rename="camel", frozen=True):
    """One side of a journal in ``core.executed``."""

    account: str
    amount_fen: int
    currency: str


class Executed(msgspec.Struct, rename="camel", frozen=True):
    """``core.executed``."""

    order_id: str
    sequence: str
    verb: str
    reference: str
    postings: list[PostingLine]
    executed_at: str


class Settled(msgspec.Struct, rename="camel", frozen=True):
    """``order.settled``."""

    order_id: str
    state: str
    reason: str | None = None


class Used(msgspec.Struct, rename="camel", frozen=True):
    """``agreement.used``: how an order ended that an agreement placed; ``agreement_id`` is the agreement's order."""

    order_id: str
    agreement_id: str
    amount_fen: int
    state: str


class Confirmed(msgspec.Struct, rename="camel", frozen=True):
    """``order.confirmed``: at which net value an order became shares, or shares an amount.

    Numbers are texts: ``nav`` 1.0143, ``shares`` 49295.07, and the ``step`` of which shares are multiples, 0.01.
    """

    order_id: str
    nav: str
    nav_date: str
    shares: str
    step: str
    amount_fen: int


class Refunded(msgspec.Struct, rename="camel", frozen=True):
    """``order.refunded``: what had been debited was paid back, and why."""

    order_id: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Story:
    """The entries of one order and their bodies, found but not yet believed."""

    file: EvidenceFile
    placed_entry: FileEntry
    placed: Placed
    frozen_entry: FileEntry
    frozen: Frozen
    approved_entry: FileEntry
    approved: Approved

    def field(self, name: str) -> str:
        """Give a frozen field, empty when it is missing; the approval link holds them all."""
        return self.frozen.fields.get(name, "")


def gather(file: EvidenceFile) -> Story:
    """Find what the order's entry points to.

    Raises:
        EvidenceError: link ``outcome``, ``request`` or ``approval``: an entry is missing, doubled or malformed.
    """
    placed_entry = file.one("order.placed", file.order, "outcome")
    placed = placed_entry.read(Placed, "outcome")
    frozen_entry = file.one("operation.frozen", placed.operation_id, "request")
    approved_entry = file.one("operation.approved", placed.operation_id, "approval")
    return Story(
        file=file,
        placed_entry=placed_entry,
        placed=placed,
        frozen_entry=frozen_entry,
        frozen=frozen_entry.read(Frozen, "request"),
        approved_entry=approved_entry,
        approved=approved_entry.read(Approved, "approval"),
    )
