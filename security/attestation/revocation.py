"""Google's list of revoked attestation keys: its form, its age and its verdict. Without a fresh list nothing passes."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec
from cryptography import x509

from security.attestation.model import AndroidPolicy, RevocationList
from security.attestation.rules import Rule, refuse

SKEW: Final = timedelta(minutes=5)
_SERIAL: Final = re.compile(r"[0-9a-fA-F]{1,64}")


class _Entry(msgspec.Struct):
    status: str


class _File(msgspec.Struct):
    entries: dict[str, _Entry]


def read_revocations(*, data: bytes, fetched_at: datetime) -> RevocationList:
    """Read the list as Google publishes it: a JSON object ``entries``, by serial number in hexadecimal.

    Raises:
        AttestationError: REVOCATION_UNAVAILABLE, it is not of that form or empty.
    """
    try:
        entries = msgspec.json.decode(data, type=_File).entries
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        refuse(Rule.REVOCATION_UNAVAILABLE, "the revocation list is not of Google's form", error)
    if not entries or not all(_SERIAL.fullmatch(serial) for serial in entries):
        refuse(Rule.REVOCATION_UNAVAILABLE, "the revocation list is empty or holds a serial number that is none")
    return RevocationList({int(serial, 16): entry.status for serial, entry in entries.items()}, fetched_at)


def check_revocation(
    *,
    certificates: Iterable[x509.Certificate],
    revocations: RevocationList | None,
    policy: AndroidPolicy,
    now: datetime,
) -> None:
    """Hold that the list is there and fresh, and that it names no certificate of the chain.

    Raises:
        AttestationError: REVOCATION_UNAVAILABLE, REVOCATION_STALE or REVOKED.
    """
    if revocations is None:
        refuse(Rule.REVOCATION_UNAVAILABLE, "there is no revocation list")
    if not now - timedelta(hours=policy.revocation_hours) <= revocations.fetched_at <= now + SKEW:
        refuse(Rule.REVOCATION_STALE, f"the revocation list was fetched at {revocations.fetched_at.isoformat()}")
    for one in certificates:
        status = revocations.entries.get(one.serial_number)
        if one.serial_number in policy.revoked_serials:
            status = "REVOKED by the bank"
        if status is not None:
            refuse(Rule.REVOKED, f"the certificate with serial number {one.serial_number:x} is {status}")
