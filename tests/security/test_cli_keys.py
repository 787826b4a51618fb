"""The commands of the server's own keys, as the security team types them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from security.cli_keys import KeyDesk, keys
from security.keys import KeyState, KeyStore

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DASHED = "-EywJZhJZ1BGhT1VYCepCRzAZOLyJWCfhA0sdf-hQ_h"
"""What one thumbprint in 64 looks like: it begins with a hyphen and holds letters that are options elsewhere."""


class OneKey:
    """A store with one key whose id is given: thumbprints cannot be chosen."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self.revoked: list[str] = []

    def records(self) -> tuple[object, ...]:
        return self._store.records()

    def revoke(self, kid: str, now: datetime) -> None:
        assert now == NOW
        self.revoked.append(kid)


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    made = KeyStore.open(tmp_path / "keys", "words")
    made.generate("access-token", NOW)
    return made


def run(store: object, *words: str) -> Result:
    desk = KeyDesk(lambda: store, lambda: NOW, unturning=frozenset(), lasting=frozenset())  # type: ignore[arg-type, return-value]  # a store by its shape
    return CliRunner().invoke(keys, list(words), obj=desk)


@pytest.mark.parametrize(
    "words",
    [
        ("revoke", DASHED, "--confirm", DASHED),
        ("revoke", "--confirm", DASHED, DASHED),
        ("revoke", f"--confirm={DASHED}", DASHED),
    ],
)
def test_a_kid_that_begins_with_a_hyphen_is_no_option(store: KeyStore, words: tuple[str, ...]) -> None:
    held = OneKey(store)
    result = run(held, *words)
    assert (result.exit_code, result.output, held.revoked) == (0, f"{DASHED} REVOKED\n", [DASHED])


def test_a_key_is_revoked_only_when_its_id_is_repeated(store: KeyStore) -> None:
    kid = store.active("access-token").kid
    assert (run(store, "revoke", kid, "--confirm", DASHED).exit_code, store.active("access-token").kid) == (2, kid)
    assert run(store, "revoke", kid, "--confirm", kid).exit_code == 0
    assert store.active("access-token").kid != kid
    assert {record.kid: record.state for record in store.records()}[kid] is KeyState.REVOKED
