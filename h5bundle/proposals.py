"""A change to roles that people sign: proposed once, signed by one person at a time, promoted when enough have signed.

A proposal is one file that a signer can judge with nothing else at hand but a root that they trust: it carries the
metadata that stands now, as the bytes in the repository, and the metadata that shall stand, with the signatures so far.
Its name is the hash of everything in it but the signatures, so files that were signed in parallel can be joined.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
import rfc8785

from h5bundle.digests import sha256
from h5bundle.errors import ProposalError
from h5bundle.formats import Metadata, Root, T, Targets
from h5bundle.keys import ROOT

FORMAT: Final = "tidegate-proposal/1"
FOLDER: Final = "proposals/"
MAX_BYTES: Final = 16_000_000
_NAME_DIGITS: Final = 32
_AGAIN: Final = "ask for the file anew, or propose again"


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the rollout shall say of a release once it is promoted.

    Attributes:
        manifest: target path of the release's manifest.
        permyriad: how many of 10,000 installations get it.
    """

    manifest: str
    permyriad: int


class Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One change to signed roles.

    Attributes:
        proposer, reason: who proposes it, and why.
        created: when, as ISO 8601 in UTC.
        roots: every root so far, as the texts in the repository; none for a repository that is to be made.
        base: role → the text of its metadata that stands now, for targets and every delegated role that changes.
        roles: role → its new metadata as TUF writes it, with the signatures so far.
        documents: target path → text, of the manifests that are offered anew and of the newest one before them.
        offer: what the rollout shall say.
    """

    format: str
    proposer: str
    reason: str
    created: str
    roots: tuple[str, ...]
    base: dict[str, str]
    roles: dict[str, dict[str, Any]]
    documents: dict[str, str]
    offer: Offer | None

    @property
    def name(self) -> str:
        """Give the proposal's name: a hash of everything but the signatures."""
        bare: dict[str, dict[str, Any]] = {
            role: {"signatures": [], "signed": fields.get("signed")} for role, fields in self.roles.items()
        }
        return sha256(_canonical(msgspec.structs.replace(self, roles=bare)))[:_NAME_DIGITS]

    @property
    def path(self) -> str:
        """Give its place in a store."""
        return f"{FOLDER}{self.name}.json"


@dataclass(frozen=True, slots=True)
class Listed:
    """A proposal as a store or a server lists it.

    Attributes:
        state: ``open``, ``complete``, ``promoted``, ``stale`` or ``invalid``.
        lines: who has signed and who is missing, or what is wrong.
    """

    name: str
    proposer: str
    reason: str
    created: str
    roles: tuple[str, ...]
    state: str
    lines: tuple[str, ...]


def encode(proposal: Proposal) -> bytes:
    """Give a proposal's bytes (RFC 8785); signatures are in the order of their key ids.

    Raises:
        ProposalError: it cannot be written.
    """
    roles = {}
    for role, fields in proposal.roles.items():
        signatures = sorted(fields["signatures"], key=lambda signature: signature["keyid"])
        roles[role] = {"signatures": signatures, "signed": fields["signed"]}
    return _canonical(msgspec.structs.replace(proposal, roles=roles))


def decode(data: bytes) -> Proposal:
    """Read a proposal's bytes.

    Raises:
        ProposalError: they are not the canonical bytes of a proposal, or what they propose is no TUF metadata.
    """
    if len(data) > MAX_BYTES:
        raise ProposalError(detail=f"the proposal has {len(data):,} bytes, more than {MAX_BYTES:,}")
    try:
        proposal = msgspec.json.decode(data, type=Proposal)
        canonical = proposal.format == FORMAT and encode(proposal) == data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, TypeError) as error:
        raise ProposalError(detail=f"the proposal cannot be read: {error}") from error
    if not canonical:
        raise ProposalError(detail=f"the proposal is not {FORMAT} in canonical form (RFC 8785)", remedy=_AGAIN)
    for role in proposal.roles:
        proposed(proposal, role)
    return proposal


def proposed(proposal: Proposal, role: str) -> Metadata[Any]:
    """Give a role's new metadata with the signatures so far.

    Raises:
        ProposalError: it is no such metadata, or a key has signed twice.
    """
    fields = proposal.roles[role]
    ids = [str(signature["keyid"]) for signature in fields["signatures"]]
    if len(set(ids)) != len(ids):
        raise ProposalError(detail=f"{role} carries two signatures of one key", remedy=_AGAIN)
    try:
        metadata: Metadata[Any] = Metadata.from_dict(msgspec.json.decode(rfc8785.dumps(fields)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProposalError(detail=f"what is proposed for {role} is no TUF metadata: {error}") from error
    if not isinstance(metadata.signed, Root if role == ROOT else Targets):
        raise ProposalError(detail=f"what is proposed for {role} is {metadata.signed.type} metadata")
    if metadata.signed.to_dict() != fields["signed"] or not all(
        isinstance(keyid, str) for keyid in metadata.signatures
    ):
        raise ProposalError(detail=f"what is proposed for {role} is not in TUF's own form", remedy=_AGAIN)
    return metadata


def put(proposal: Proposal, role: str, metadata: Metadata[T]) -> Proposal:
    """Give the proposal with other signatures of a role."""
    return msgspec.structs.replace(proposal, roles={**proposal.roles, role: metadata.to_dict()})


def join(proposal: Proposal, other: Proposal) -> Proposal:
    """Give a proposal with the signatures of both files.

    Raises:
        ProposalError: they are two proposals.
    """
    if proposal.name != other.name:
        raise ProposalError(
            detail=f"{other.name} is another proposal than {proposal.name}", remedy="join files of one proposal"
        )
    for role in proposal.roles:
        mine, theirs = proposed(proposal, role), proposed(other, role)
        mine.signatures = {**theirs.signatures, **mine.signatures}
        proposal = put(proposal, role, mine)
    return proposal


def _canonical(proposal: Proposal) -> bytes:
    """Give canonical bytes."""
    try:
        return rfc8785.dumps(msgspec.to_builtins(proposal))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise ProposalError(detail=f"the proposal cannot be written: {error}") from error
