from datetime import UTC, datetime

import pytest

from security.attestation.revocation import read_revocations
from security.errors import AttestationError

AT = datetime(2026, 11, 27, tzinfo=UTC)


def test_the_list_is_read_by_serial_number_whatever_the_status() -> None:
    data = b'{"entries": {"0fAb": {"status": "REVOKED", "reason": "KEY_COMPROMISE"}, "1": {"status": "SUSPENDED"}}}'
    assert read_revocations(data=data, fetched_at=AT).entries == {0xFAB: "REVOKED", 1: "SUSPENDED"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"entries": {}}',
        b'{"entries": []}',
        b'{"entries": {"1": {}}}',
        b'{"entries": {"xyz": {"status": "REVOKED"}}}',
        b'{"entries": {"-1": {"status": "REVOKED"}}}',
    ],
)
def test_what_is_no_list_counts_as_none(data: bytes) -> None:
    with pytest.raises(AttestationError, match="REVOCATION_UNAVAILABLE"):
        read_revocations(data=data, fetched_at=AT)
