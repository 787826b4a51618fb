"""The evidence of one order: which entries belong to it, what ties them to a signed checkpoint, and the export."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bff.audit.checkpoints import checkpoint, checkpoint_of, latest
from bff.audit.models import EvidenceBlob, EvidenceCheckpoint, EvidenceEntry
from bff.audit.tree import StoredTree
from bff.errors import NotFoundError
from bff.kinds import instant
from security.encoding import is_digest
from security.evidence import Checkpoint, Entry, export_evidence, export_stretches
from security.evidence.chain import Signer
from security.evidence.merkle import inclusion_path
from security.jwk import PublicJwk

_OF_ORDER: Final = (
    "order.placed",
    "order.confirmed",
    "order.cancelled",
    "core.executed",
    "order.settled",
    "order.refunded",
)
_OF_USE: Final = ("agreement.used", "core.executed")
"""Of an order that an agreement placed; it is shown with the agreement that was signed."""
_OF_OPERATION: Final = ("operation.frozen", "operation.approved")
_NEAR: Final = 32
"""How many entries one transaction may append between an approval and its order."""
_columns: Final = (
    EvidenceEntry.seq,
    EvidenceEntry.prev,
    EvidenceEntry.kind,
    EvidenceEntry.subject,
    EvidenceEntry.at,
    EvidenceEntry.body,
)


@dataclass(frozen=True, slots=True)
class Segment:
    """What the chain says of an order.

    Attributes:
        entries: stretches without a gap, each up to the entry of a checkpoint among ``checkpoints``.
        disclose: numbers of the entries whose bodies belong to the order.
        blobs: raw bytes to which those bodies point.
    """

    entries: tuple[Entry, ...]
    disclose: frozenset[int]
    checkpoints: tuple[Checkpoint, ...]
    blobs: tuple[bytes, ...]


def export_order(
    session: Session,
    *,
    order_id: str,
    env: str,
    aud: str,
    keys: Mapping[str, PublicJwk],
    signer: Signer,
    now: datetime,
    stretches: bool = False,
) -> bytes:
    """Write the evidence file of an order; the chain's end is signed first where it is not.

    Args:
        session: of a writing transaction.
        order_id: whose evidence; the id of the operation that was approved for it does as well. An order that an
            agreement placed is shown under the agreement, which is what the device signed.
        env: environment of this server.
        aud: its name inside the devices' signatures.
        keys: public keys of purpose ``audit-checkpoint`` by id, the withdrawn ones included.
        signer: the active key of that purpose.
        now: present instant.
        stretches: whether to show the chain's stretches around the entries, others' entries by hash, instead of paths.

    Raises:
        NotFoundError: the chain knows no such order.
        EvidenceError: the chain is not what was signed.
    """
    checkpoint(session, signer, now, env=env)
    named, order_id = order_id, _order_of(session, order_id)
    around: dict[str, Any] = {"env": env, "aud": aud, "order": order_id, "exported_at": instant(now), "signer": signer}
    if stretches:
        piece = segment(session, named)
        marks = piece.checkpoints
        shown: dict[str, Any] = {
            "entries": piece.entries,
            "disclose": piece.disclose,
            "checkpoints": marks,
            "blobs": piece.blobs,
        }
        return export_stretches(**around, **shown, keys=_used(keys, signer, marks))
    own = _own(session, named)
    mark = latest(session)
    if mark is None:
        raise NotFoundError(detail="no checkpoint covers this order yet")
    subtree = StoredTree(session).subtree
    return export_evidence(
        **around,
        entries=[
            _entry(row)
            for row in session.execute(select(*_columns).where(EvidenceEntry.seq.in_(own)).order_by(EvidenceEntry.seq))
        ],
        paths={seq: inclusion_path(index=seq - 1, size=mark.seq, subtree=subtree) for seq in own},
        checkpoint=mark,
        keys=_used(keys, signer, [mark]),
        blobs=_blobs(session, own.values()),
    )


def segment(session: Session, order_id: str) -> Segment:
    """Cut the stretches of the chain that prove an order, named as ``export_order`` takes it.

    Raises:
        NotFoundError: the chain knows no such order, or no checkpoint covers it yet.
    """
    own = _own(session, order_id)
    entries: list[Entry] = []
    marks: list[Checkpoint] = []
    for first, until in _stretches(session, sorted(own)):
        entries += read_entries(session, first, until)
        marks.append(checkpoint_of(session.get_one(EvidenceCheckpoint, until)))
    return Segment(
        entries=tuple(entries),
        disclose=frozenset(own),
        checkpoints=tuple(marks),
        blobs=_blobs(session, own.values()),
    )


def _own(session: Session, name: str) -> dict[int, Mapping[str, Any]]:
    order_id = _order_of(session, name)
    own = _entries_of(session, order_id)
    if not own:
        raise NotFoundError(detail="the chain knows no such order")
    return own | (_bodies(session, (name,), _OF_USE) if name != order_id else {})


def _order_of(session: Session, name: str) -> str:
    """Give the order of an operation's id, or the agreement of an order that it placed; any other id stays as it is.

    An order is placed by the transaction that approves it, so its entry stands among the next ones.
    """
    for body in _bodies(session, (name,), ("agreement.used",)).values():
        return str(body["agreementId"])
    for approved in _bodies(session, (name,), ("operation.approved",)):
        near = EvidenceEntry.seq.between(approved, approved + _NEAR)
        wanted = select(EvidenceEntry.subject, EvidenceEntry.body).where(EvidenceEntry.kind == "order.placed", near)
        for row in session.execute(wanted):
            if msgspec.json.decode(row.body)["operationId"] == name:
                return str(row.subject)
    return name


def _used(keys: Mapping[str, PublicJwk], signer: Signer, marks: Iterable[Checkpoint]) -> dict[str, PublicJwk]:
    used = {mark.kid for mark in marks} | {signer.kid}
    return {kid: jwk for kid, jwk in keys.items() if kid in used}


def read_entries(session: Session, first: int, last: int) -> list[Entry]:
    """Give the entries from one number to another, both included."""
    rows = select(*_columns).where(EvidenceEntry.seq.between(first, last)).order_by(EvidenceEntry.seq)
    return [_entry(row) for row in session.execute(rows)]


def _stretches(session: Session, numbers: list[int]) -> list[tuple[int, int]]:
    """Give the first and last number of each stretch: from an entry that is needed to the next checkpoint."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number <= found[-1][1]:
            continue
        wanted = select(func.min(EvidenceCheckpoint.seq)).where(EvidenceCheckpoint.seq >= number)
        until = session.scalar(wanted)
        if until is None:
            raise NotFoundError(detail="no checkpoint covers this order yet")
        found.append((number, until))
    return found


def _entries_of(session: Session, order_id: str) -> dict[int, Mapping[str, Any]]:
    """Give the bodies of the order's entries by number: its own, its operation's, its device's, its bundle's."""
    found = _bodies(session, (order_id,), _OF_ORDER)
    operations = {body["operationId"] for body in found.values() if "operationId" in body}
    found |= _bodies(session, operations, _OF_OPERATION)
    for fields in [body["fields"] for body in found.values() if "fields" in body]:
        found |= _bodies(session, (fields["dev"],), ("device.registered",))
        bound = _bodies(session, (fields["dev"],), ("device.bound", "device.recovered"))
        found |= {seq: body for seq, body in bound.items() if body["customerId"] == fields["cust"]}
        found |= _bodies(session, (fields["bundle"].rpartition("#")[2],), ("bundle.released",))
    return found


def _bodies(session: Session, subjects: Iterable[str], kinds: Iterable[str]) -> dict[int, Mapping[str, Any]]:
    wanted = select(EvidenceEntry.seq, EvidenceEntry.body).where(
        EvidenceEntry.subject.in_(list(subjects)), EvidenceEntry.kind.in_(list(kinds))
    )
    return {row.seq: msgspec.json.decode(row.body) for row in session.execute(wanted)}


def _blobs(session: Session, bodies: Iterable[Mapping[str, Any]]) -> tuple[bytes, ...]:
    """Give the blobs to which bodies point by a digest."""
    pointers = {text for body in bodies for text in body.values() if is_digest(text)}
    wanted = select(EvidenceBlob.data).where(EvidenceBlob.sha256.in_(sorted(pointers)))
    return tuple(session.scalars(wanted))


def _entry(row: Any) -> Entry:
    return Entry(row.seq, row.prev, row.kind, row.subject, row.at, row.body.encode())
