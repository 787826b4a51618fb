"""The commands of the server's own keys, as the security team types them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from security.cli_keys import KeyDesk, keys
from security.errors import KeyStoreError
from security.keys import KeyRecord, KeyState, KeyStore
from security.keys.changes import Action, Guard

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DASHED = "-EywJZhJZ1BGhT1VYCepCRzAZOLyJWCfhA0sdf-hQ_h"
"""What one thumbprint in 64 looks like: it begins with a hyphen and holds letters that are options elsewhere."""
DASHED_SECRET = "-6hkYIYTZ1BGhT1VdJhS5DzU"
"""The same for the id of a secret key."""


class OneKey:
    """A store with one key whose id is given: thumbprints cannot be chosen."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.state = KeyState.VERIFY_ONLY

    def records(self) -> tuple[KeyRecord, ...]:
        return (KeyRecord(self.kid, "access-token", "ES256", self.state, "file:x", {}, NOW),)

    def revoke(self, kid: str, now: datetime) -> None:
        assert (kid, now) == (self.kid, NOW)
        self.state = KeyState.REVOKED


@dataclass
class Told:
    """What the commands reported, and whether they may change anything."""

    reasons: list[str] = field(default_factory=list)
    ceremonies: list[Mapping[str, Any]] = field(default_factory=list)
    alone: bool = True

    def permit(self, action: Action) -> None:
        if not self.alone:
            raise KeyStoreError(detail=f"{action} needs two operators here", code="FOUR_EYES")


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    made = KeyStore.open(tmp_path / "keys", "words")
    made.generate("access-token", NOW)
    return made


def run(store: object, *words: str, told: Told | None = None, now: datetime = NOW) -> Result:
    told = told or Told()
    desk = KeyDesk(
        open=lambda: store,  # type: ignore[arg-type, return-value]  # a store by its shape
        clock=lambda: now,
        guard=Guard(lasting=frozenset(), uses=lambda _: 0),
        permit=told.permit,
        tell=told.reasons.append,
        witnessed=told.ceremonies.append,
    )
    return CliRunner().invoke(keys, list(words), obj=desk)


@pytest.mark.parametrize("kid", [DASHED, DASHED_SECRET])
@pytest.mark.parametrize("form", ["{0} --confirm {0}", "--confirm {0} {0}", "--confirm={0} {0}"])
def test_a_kid_that_begins_with_a_hyphen_is_no_option(form: str, kid: str) -> None:
    held = OneKey(kid)
    result = run(held, "revoke", *form.format(kid).split())
    assert (result.exit_code, result.output, held.state) == (0, f"{kid} REVOKED\n", KeyState.REVOKED)


def test_a_key_is_revoked_only_when_its_id_is_repeated(store: KeyStore) -> None:
    kid = store.active("access-token").kid
    assert (run(store, "revoke", kid, "--confirm", DASHED).exit_code, store.active("access-token").kid) == (2, kid)
    assert run(store, "revoke", kid, "--confirm", kid).exit_code == 0
    assert store.active("access-token").kid != kid
    assert {record.kid: record.state for record in store.records()}[kid] is KeyState.REVOKED


def test_a_whole_life_by_commands_each_told_once(store: KeyStore) -> None:
    old, told = store.active("access-token").kid, Told()
    staged = json.loads(run(store, "stage", "access-token", "--json", told=told).output)
    assert (staged["state"], staged["purpose"]) == ("STAGED", "access-token")
    run(store, "activate", staged["kid"], told=told)
    early = run(store, "retire", old, told=told)
    assert (early.exception.code, len(told.reasons)) == ("KEY_TOO_EARLY", 2)  # type: ignore[union-attr]  # refused
    later = NOW + timedelta(hours=1)
    assert run(store, "retire", old, told=told, now=later).output == f"{old} RETIRED\n"
    assert run(store, "destroy", old, "--confirm", old, told=told, now=later).output == f"{old} DESTROYED\n"
    assert told.reasons == [f"tidegate keys {word}" for word in ("stage", "activate", "retire", "destroy")]


def test_one_person_alone_changes_nothing_where_two_are_needed(store: KeyStore) -> None:
    before, told = store.records(), Told(alone=False)
    kid = store.active("access-token").kid
    for words in (("rotate", "access-token"), ("stage", "access-token"), ("revoke", kid, "--confirm", kid)):
        assert run(store, *words, told=told).exception.code == "FOUR_EYES"  # type: ignore[union-attr]  # refused
    assert (store.records(), told.reasons) == (before, [])


def test_the_calendar_as_words_and_as_json(store: KeyStore) -> None:
    kid = store.active("access-token").kid
    assert f"later     2027-02-22 rotate access-token {kid}" in run(store, "calendar").output
    due = run(store, "calendar", now=NOW + timedelta(days=90)).output
    assert f"DUE       2027-02-22 rotate access-token {kid}" in due
    found = json.loads(run(store, "calendar", "--json").output)
    assert [(entry["action"], entry["urgent"]) for entry in found] == [("stage", False), ("rotate", False)]


def test_verify_compares_with_what_is_published(store: KeyStore, tmp_path: Path) -> None:
    assert (run(store, "verify").output, run(store, "verify").exit_code) == ("nothing is wrong\n", 0)
    old = store.active("access-token").kid
    given = tmp_path / "jwks.json"
    given.write_text(run(store, "jwks", "access-token").output)
    assert run(store, "verify", "--published", f"access-token={given}").exit_code == 0
    store.revoke(old, NOW)
    found = run(store, "verify", "--json", "--published", f"access-token={given}")
    assert (found.exit_code, json.loads(found.output)["faults"]) == (
        1,
        [
            f"access-token {store.active('access-token').kid}: verifies, and is not published",
            f"access-token {old}: is published, and does not verify",
        ],
    )
    assert run(store, "verify", "--published", str(given)).exit_code == 2


def test_a_ceremony_is_printed_and_then_recorded_with_its_witnesses(store: KeyStore, tmp_path: Path) -> None:
    told = Told()
    steps = run(store, "ceremony", "access-token", told=told).output.splitlines()
    assert (steps[2].startswith("3. tidegate keys stage access-token"), told.ceremonies) == (True, [])
    alone = run(store, "ceremony", "access-token", "--witness", "anna", "--witness", "anna", told=told)
    assert (alone.exception.code, told.ceremonies) == ("WITNESS_MISSING", [])  # type: ignore[union-attr]  # refused
    file = tmp_path / "seen.json"
    words = ("ceremony", "access-token", "--witness", "boris", "--witness", "anna", "--record", str(file))
    assert run(store, *words, told=told).exit_code == 0
    seen = json.loads(file.read_text())
    assert (seen, seen["witnesses"], seen["faults"]) == (told.ceremonies[0], ["anna", "boris"], [])
