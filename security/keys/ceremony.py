"""A key ceremony: the procedure that witnesses read aloud, and the record of what they saw. Pure values."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from security.encoding import canonical_json, digest
from security.errors import KeyStoreError
from security.keys.model import KeyRecord, KeyState, algorithms, dump_index

FORMAT: Final = "tidegate-ceremony/1"
WITNESSES: Final = 2


def procedure(purpose: str, records: Iterable[KeyRecord]) -> tuple[str, ...]:
    """Give the steps by which the key of a purpose is followed by another before witnesses.

    Raises:
        KeyStoreError: no such purpose.
    """
    algorithms(purpose)
    active = [record.kid for record in records if record.purpose == purpose and record.state is KeyState.ACTIVE]
    now = active[0] if active else "none"
    return (
        f"Read aloud: the purpose is {purpose}, its active key is {now}. Each witness compares.",
        "tidegate keys verify. Every witness sees the words `nothing is wrong`.",
        f"tidegate keys stage {purpose}. Each witness writes the new key's id down by hand.",
        f"tidegate keys jwks {purpose}, for a signing purpose. Give it to whoever verifies.",
        "tidegate keys activate KID with the id that was written down, read aloud by another person.",
        "tidegate keys list. Each witness compares: the new id is ACTIVE, the old one VERIFY_ONLY.",
        "tidegate keys verify. Every witness sees the words `nothing is wrong`.",
        f"tidegate keys ceremony {purpose} --witness NAME --witness NAME --record FILE. Each witness signs FILE.",
    )


def record_of(
    purpose: str, records: Sequence[KeyRecord], faults: Sequence[str], witnesses: Sequence[str], now: datetime
) -> dict[str, Any]:
    """Give the record of a ceremony.

    Raises:
        KeyStoreError: fewer than two witnesses, one of them named twice, or no such purpose.
    """
    algorithms(purpose)
    if len(set(witnesses)) < WITNESSES or len(set(witnesses)) != len(witnesses):
        raise KeyStoreError(detail="a ceremony has at least two witnesses, each named once", code="WITNESS_MISSING")
    about = [record for record in records if record.purpose == purpose]
    said = {
        "format": FORMAT,
        "purpose": purpose,
        "at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "witnesses": sorted(witnesses),
        "index": digest(dump_index(records)),
        "keys": [
            {"kid": one.kid, "state": one.state.value, "changed": one.changed.isoformat()}
            for one in sorted(about, key=lambda one: one.changed)
        ],
        "faults": list(faults),
    }
    return {**said, "digest": digest(canonical_json(said))}
