"""What the rooms are given from the key store follows its changes while they run."""

from datetime import UTC, datetime
from pathlib import Path

from bff.house import NONCES, StoredNonces
from security.keys import KeyStore

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_a_rotated_nonce_key_is_taken_over_and_a_revoked_one_dropped_at_once(tmp_path: Path) -> None:
    store = KeyStore.open(tmp_path, "passphrase")
    first = store.generate(NONCES, NOW)
    here, there = StoredNonces(store), StoredNonces(KeyStore.open(tmp_path, "passphrase"))
    before = here.issue(NOW)
    store.rotate(NONCES, NOW)
    after = there.issue(NOW)
    assert before != after
    assert [here.accepts(nonce, NOW) for nonce in (before, after)] == [True, True]
    store.revoke(first.kid, NOW)
    assert [there.accepts(nonce, NOW) for nonce in (before, after)] == [False, True]
