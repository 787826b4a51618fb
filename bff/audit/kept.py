"""What an outsider kept of the chain, to be held against the database: checkpoints, and entries from any export."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from security.encoding import parse_object
from security.errors import EvidenceError
from security.evidence import Checkpoint, verifier
from security.jwk import PublicJwk


@dataclass(frozen=True, slots=True)
class Kept:
    """Checkpoints, and hashes of entries by number."""

    checkpoints: Sequence[Checkpoint] = ()
    entries: Mapping[int, str] = field(default_factory=dict)


def read_kept(files: Iterable[bytes], keys: Mapping[str, PublicJwk]) -> Kept:
    """Read checkpoints, orders and periods that the bank gave out before.

    Args:
        files: their bytes.
        keys: the public keys that may have signed them, by id.

    Raises:
        EvidenceError: a file does not hold by itself, so it shows nothing about the chain.
    """
    anchors = [key.as_dict() for key in keys.values()]
    marks: list[Checkpoint] = []
    entries: dict[int, str] = {}
    for data in files:
        try:
            verifier.verify(data, anchors)
        except verifier.BrokenError as error:
            raise EvidenceError(link=error.link, detail=f"a kept file does not hold: {error.detail}") from error
        said = parse_object(data)
        marks += [
            Checkpoint(mark["seq"], mark["hash"], mark["at"], mark["kid"], mark["sig"], mark.get("root"))
            for mark in said.get("checkpoints", [said])
        ]
        entries |= {line["seq"]: verifier.entry_hash(line) for line in said.get("entries", [])}
    return Kept(tuple(marks), entries)
