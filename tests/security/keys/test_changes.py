"""Changes of keys as values: made once, on the state that they were asked for, and never against stored data."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from security.errors import KeyStoreError
from security.keys import KeyState, KeyStore
from security.keys.changes import Action, Guard, frozen, perform

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=91)


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore.open(tmp_path / "keys", "words")


def guard(**uses: int) -> Guard:
    held = frozenset({"sealing-kek", "blind-index"})
    return Guard(lasting=held, uses=lambda _: uses.get("held", 0))


def refused(store: KeyStore, action: Action, subject: str, now: datetime = NOW, **uses: int) -> str:
    with pytest.raises(KeyStoreError) as caught:
        perform(store, frozen(store, action, subject), now, guard(**uses))
    return caught.value.code


def test_a_whole_life(store: KeyStore) -> None:
    first = perform(store, frozen(store, Action.ROTATE, "access-token"), NOW, guard())
    second = perform(store, frozen(store, Action.STAGE, "access-token"), NOW, guard())
    assert (first.state, second.state) == (KeyState.ACTIVE, KeyState.STAGED)
    perform(store, frozen(store, Action.ACTIVATE, second.kid), NOW, guard())
    steps = [
        perform(store, frozen(store, action, first.kid), LATER, guard()).state
        for action in (Action.RETIRE, Action.DESTROY)
    ]
    assert steps == [KeyState.RETIRED, KeyState.DESTROYED]
    assert perform(store, frozen(store, Action.REVOKE, second.kid), LATER, guard()).state is KeyState.REVOKED
    assert store.active("access-token").kid not in {first.kid, second.kid}


@pytest.mark.parametrize("action", [Action.ROTATE, Action.STAGE])
def test_a_change_that_was_overtaken_is_refused(store: KeyStore, action: Action) -> None:
    store.generate("access-token", NOW)
    asked = frozen(store, action, "access-token")
    store.rotate("access-token", NOW)
    before = store.records()
    with pytest.raises(KeyStoreError) as caught:
        perform(store, asked, NOW, guard())
    assert (caught.value.code, store.records()) == ("KEY_CHANGED", before)


def test_a_key_that_data_hangs_on_stays(store: KeyStore) -> None:
    old = store.generate("sealing-kek", NOW)
    assert refused(store, Action.REVOKE, old.kid) == "KEY_IN_USE"
    store.rotate("sealing-kek", NOW)
    assert refused(store, Action.REVOKE, old.kid, NOW + timedelta(minutes=9)) == "KEY_TOO_EARLY"
    assert refused(store, Action.REVOKE, old.kid, LATER, held=3) == "KEY_IN_USE"
    assert refused(store, Action.RETIRE, old.kid, LATER, held=3) == "KEY_IN_USE"
    assert perform(store, frozen(store, Action.RETIRE, old.kid), LATER, guard()).state is KeyState.RETIRED
    assert refused(store, Action.DESTROY, old.kid, LATER, held=1) == "KEY_IN_USE"


def test_an_index_key_turns_and_stays_while_customers_hang_on_it(store: KeyStore) -> None:
    old = store.generate("blind-index", NOW)
    assert refused(store, Action.REVOKE, old.kid) == "KEY_IN_USE"
    perform(store, frozen(store, Action.ROTATE, "blind-index"), NOW, guard())
    assert refused(store, Action.REVOKE, old.kid, LATER, held=1) == "KEY_IN_USE"
    assert perform(store, frozen(store, Action.REVOKE, old.kid), LATER, guard()).state is KeyState.REVOKED


def test_there_is_no_change_of_an_unknown_key_or_purpose(store: KeyStore) -> None:
    for action, subject in ((Action.ROTATE, "tide"), (Action.REVOKE, "absent")):
        with pytest.raises(KeyStoreError):
            frozen(store, action, subject)
