import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from security import sm2
from security.errors import KeyStoreError
from security.keys import KeyState, KeyStore
from security.suites import ES256, SM2_SM3

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def store(folder: Path) -> KeyStore:
    return KeyStore.open(folder, "correct horse")


def states(store: KeyStore) -> dict[str, KeyState]:
    return {record.kid: record.state for record in store.records()}


def test_the_first_key_is_active_and_the_next_is_staged(store: KeyStore) -> None:
    first, second = store.generate("access-token", NOW), store.generate("access-token", NOW)
    assert (first.state, second.state) == (KeyState.ACTIVE, KeyState.STAGED)
    assert store.active("access-token") == first
    with pytest.raises(KeyStoreError):
        store.generate("access-token", NOW)


def test_a_key_signs_and_its_id_is_its_thumbprint(store: KeyStore) -> None:
    key = store.generate("audit-checkpoint", NOW)
    ES256.verify(key.jwk.public_key, b"m", key.sign(b"m"))
    assert key.kid == key.jwk.thumbprint


def test_another_instance_opens_the_same_keys(store: KeyStore, folder: Path) -> None:
    secret, signing = store.generate("sealing-kek", NOW), store.generate("tuf-app-wealth", NOW)
    other = KeyStore.open(folder, "correct horse")
    assert (other.active("sealing-kek").secret, len(secret.secret)) == (secret.secret, 32)
    ES256.verify(signing.jwk.public_key, b"m", other.active("tuf-app-wealth").sign(b"m"))


def test_a_wrong_passphrase_opens_nothing(store: KeyStore, folder: Path) -> None:
    store.generate("access-token", NOW)
    with pytest.raises(KeyStoreError) as caught:
        KeyStore.open(folder, "wrong")
    assert caught.value.code == "KEY_LOCKED"
    store.generate("blind-index", NOW)


@pytest.mark.parametrize("purpose", ["sealing-kek", "access-token"])
def test_no_file_holds_a_private_key_in_the_clear_or_is_open_to_others(
    store: KeyStore, folder: Path, purpose: str
) -> None:
    key = store.generate(purpose, NOW)
    files = [path for path in folder.iterdir() if path.name.startswith(purpose)]
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600]
    data = files[0].read_bytes()
    assert b"BEGIN PRIVATE KEY" not in data
    assert not isinstance(key.private, bytes) or key.private not in data


def test_rotation_reaches_a_running_instance_and_refuses_no_valid_key(store: KeyStore, folder: Path) -> None:
    old = store.generate("access-token", NOW)
    running = KeyStore.open(folder, "correct horse")
    assert running.active("access-token").kid == old.kid
    store.generate("access-token", NOW)
    assert len(running.verification_keys("access-token")) == 2
    new = store.rotate("access-token", NOW)
    assert running.active("access-token").kid == new.kid
    assert {kid: key.state for kid, key in running.verification_keys("access-token").items()} == {
        old.kid: KeyState.VERIFY_ONLY,
        new.kid: KeyState.ACTIVE,
    }
    assert {line["kid"] for line in running.jwks("access-token")["keys"]} == {old.kid, new.kid}
    store.retire(old.kid, NOW + timedelta(hours=1))
    assert set(running.verification_keys("access-token")) == {new.kid}


def test_revoking_works_at_once_and_leaves_an_active_key(store: KeyStore, folder: Path) -> None:
    old = store.generate("access-token", NOW)
    running = KeyStore.open(folder, "correct horse")
    running.active("access-token")
    store.revoke(old.kid, NOW)
    assert old.kid not in running.verification_keys("access-token")
    assert running.active("access-token").kid != old.kid
    assert states(running)[old.kid] is KeyState.REVOKED


def test_a_destroyed_key_leaves_its_line_only(store: KeyStore, folder: Path) -> None:
    key = store.generate("access-token", NOW)
    store.rotate("access-token", NOW)
    store.retire(key.kid, NOW + timedelta(hours=1))
    store.destroy(key.kid, NOW)
    assert states(KeyStore.open(folder, "correct horse"))[key.kid] is KeyState.DESTROYED
    assert [path.name for path in folder.iterdir() if key.kid in path.name] == []


def test_states_cannot_be_skipped(store: KeyStore) -> None:
    key = store.generate("access-token", NOW)
    for step in (store.retire, store.destroy):
        with pytest.raises(KeyStoreError):
            step(key.kid, NOW)
    store.revoke(key.kid, NOW)
    with pytest.raises(KeyStoreError):
        store.revoke(key.kid, NOW)
    with pytest.raises(KeyStoreError):
        store.retire("absent", NOW)
    assert states(store)[key.kid] is KeyState.REVOKED


@pytest.mark.parametrize("purpose", ["", "other", "TUF-root", "tuf-", "../x", "tuf-a/b"])
def test_there_are_no_keys_for_other_purposes(store: KeyStore, purpose: str) -> None:
    with pytest.raises(KeyStoreError):
        store.generate(purpose, NOW)
    with pytest.raises(KeyStoreError):
        store.active(purpose)


def test_a_secret_does_not_sign_and_a_signing_key_is_no_secret(store: KeyStore) -> None:
    with pytest.raises(KeyStoreError):
        store.generate("dpop-nonce", NOW).sign(b"m")
    with pytest.raises(KeyStoreError):
        _ = store.generate("access-token", NOW).secret


def index(folder: Path) -> dict[str, list[dict[str, str]]]:
    return json.loads((folder / "keys.json").read_bytes())  # type: ignore[no-any-return]  # the test's own form


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format":"tidegate-keys/2","keys":[]}', '{"format":"tidegate-keys/1"}']
)
def test_a_damaged_index_is_refused(store: KeyStore, folder: Path, text: str) -> None:
    store.generate("access-token", NOW)
    (folder / "keys.json").write_text(text)
    with pytest.raises(KeyStoreError):
        store.active("access-token")


def test_a_swapped_file_or_a_second_active_key_is_refused(store: KeyStore, folder: Path) -> None:
    store.generate("access-token", NOW)
    store.generate("audit-checkpoint", NOW)
    lines = index(folder)
    lines["keys"][0]["uri"], lines["keys"][1]["uri"] = lines["keys"][1]["uri"], lines["keys"][0]["uri"]
    (folder / "keys.json").write_text(json.dumps(lines))
    with pytest.raises(KeyStoreError):
        KeyStore.open(folder, "correct horse")
    lines = index(folder)
    lines["keys"][1]["purpose"] = "access-token"
    (folder / "keys.json").write_text(json.dumps(lines))
    with pytest.raises(KeyStoreError):
        KeyStore.open(folder, "correct horse")


@pytest.mark.parametrize("uri", ["file:../other.pem", "hsm:slot", "file:/etc/passwd"])
def test_an_uri_outside_the_folder_is_refused(store: KeyStore, folder: Path, uri: str) -> None:
    store.generate("access-token", NOW)
    lines = index(folder)
    lines["keys"][0]["uri"] = uri
    (folder / "keys.json").write_text(json.dumps(lines))
    with pytest.raises(KeyStoreError):
        KeyStore.open(folder, "correct horse")


def test_a_key_is_not_retired_while_what_it_signed_is_good(store: KeyStore) -> None:
    key = store.generate("access-token", NOW)
    store.rotate("access-token", NOW)
    with pytest.raises(KeyStoreError, match="verifies until 2026-11-23 09:00 UTC") as caught:
        store.retire(key.kid, NOW + timedelta(minutes=59))
    assert (caught.value.code, states(store)[key.kid]) == ("KEY_TOO_EARLY", KeyState.VERIFY_ONLY)
    store.retire(key.kid, NOW + timedelta(hours=1))
    assert states(store)[key.kid] is KeyState.RETIRED


def test_a_staged_key_verifies_and_signs_when_it_is_activated(store: KeyStore) -> None:
    old, new = store.generate("access-token", NOW), store.stage("access-token", NOW)
    assert (store.active("access-token"), set(store.verification_keys("access-token"))) == (old, {old.kid, new.kid})
    assert store.activate(new.kid, NOW).state is KeyState.ACTIVE
    assert states(store) == {old.kid: KeyState.VERIFY_ONLY, new.kid: KeyState.ACTIVE}
    with pytest.raises(KeyStoreError, match="ACTIVE cannot follow VERIFY_ONLY"):
        store.activate(old.kid, NOW)


def test_the_same_rotation_is_made_once(store: KeyStore) -> None:
    old = store.generate("access-token", NOW)
    store.rotate("access-token", NOW, instead_of=old.kid)
    with pytest.raises(KeyStoreError) as caught:
        store.rotate("access-token", NOW, instead_of=old.kid)
    assert (caught.value.code, len(store.records())) == ("KEY_CHANGED", 2)


def test_a_store_that_fits_together_has_no_faults_and_each_fault_is_told(store: KeyStore, folder: Path) -> None:
    kept, gone = store.generate("sealing-kek", NOW), store.generate("access-token", NOW)
    store.rotate("access-token", NOW)
    assert store.check() == ()
    (folder / f"access-token.{gone.kid}.key").unlink()
    (folder / "stray.pem").write_bytes(b"")
    (folder / "stray.pem").chmod(0o644)
    told = "\n".join(store.check())
    assert [words in told for words in ("stray.pem: no line", "stray.pem: others than", "its file cannot be read")] == [
        True,
        True,
        True,
    ]
    assert kept.kid not in told


def test_files_of_earlier_versions_still_open(store: KeyStore, folder: Path) -> None:
    signing, secret = store.generate("access-token", NOW), store.generate("sealing-kek", NOW)
    pem = signing.signing_key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"correct horse")
    )
    (folder / f"access-token.{signing.kid}.key").write_bytes(pem)
    derived = Scrypt(salt=b"s" * 16, length=32, n=2**15, r=8, p=1).derive(b"correct horse")
    sealed = AESGCM(derived).encrypt(b"n" * 12, secret.secret, b"TGK1")
    (folder / f"sealing-kek.{secret.kid}.key").write_bytes(b"TGK1" + b"s" * 16 + b"n" * 12 + sealed)
    other = KeyStore.open(folder, "correct horse")
    assert other.active("sealing-kek").secret == secret.secret
    ES256.verify(signing.jwk.public_key, b"m", other.active("access-token").sign(b"m"))


def test_writers_and_readers_at_once_always_see_one_active_key(store: KeyStore, folder: Path) -> None:
    store.generate("access-token", NOW)
    failures: list[BaseException] = []

    def rotate() -> None:
        mine = KeyStore.open(folder, "correct horse")
        for _ in range(5):
            mine.rotate("access-token", NOW)

    def read() -> None:
        mine = KeyStore.open(folder, "correct horse")
        for _ in range(200):
            assert mine.active("access-token").kid in mine.verification_keys("access-token")

    def guarded(work: object) -> None:
        try:
            work()  # type: ignore[operator]  # one of the two above
        except BaseException as error:  # noqa: BLE001 — carried to the test's thread
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in (rotate, rotate, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(state is KeyState.ACTIVE for state in states(store).values()) == 1
    assert len(store.records()) == 11


def test_a_store_of_the_other_suite_makes_its_keys_and_every_store_opens_them(folder: Path) -> None:
    pytest.importorskip("tongsuopy", reason="needs the extra `sm`")
    made = KeyStore.open(folder, "correct horse", "SM2-SM3")
    signing, sealing, release = (
        made.generate(purpose, NOW) for purpose in ("access-token", "sealing-kek", "tuf-app-wealth")
    )
    made.generate("blind-index", NOW)
    again = KeyStore.open(folder, "correct horse")
    assert [again.active(purpose).alg for purpose in ("access-token", "sealing-kek", "tuf-app-wealth")] == [
        "SM2-SM3",
        "SM4",
        "ES256",
    ]
    assert (len(sealing.secret), again.active("sealing-kek").secret, release.alg) == (16, sealing.secret, "ES256")
    SM2_SM3.verify(signing.jwk.public_key, b"m", again.active("access-token").sign(b"m"))
    assert again.jwks("access-token")["keys"][0]["crv"] == "SM2"
    number = f"{signing.private.number:064x}"
    assert all(number not in file.read_bytes().hex() for file in folder.iterdir())
    with pytest.raises(KeyStoreError, match="passphrase"):
        KeyStore.open(folder, "wrong")


def test_rotation_changes_the_suite_and_the_old_key_verifies_on(store: KeyStore, folder: Path) -> None:
    pytest.importorskip("tongsuopy", reason="needs the extra `sm`")
    old = store.generate("access-token", NOW)
    after = KeyStore.open(folder, "correct horse", "SM2-SM3")
    new = after.rotate("access-token", NOW)
    assert {key.kid: key.alg for key in after.verification_keys("access-token").values()} == {
        old.kid: "ES256",
        new.kid: "SM2-SM3",
    }


def test_an_index_that_renames_a_keys_suite_is_damaged(store: KeyStore, folder: Path) -> None:
    store.generate("access-token", NOW)
    index = folder / "keys.json"
    index.write_bytes(index.read_bytes().replace(b'"alg":"ES256"', b'"alg":"SM2-SM3"'))
    with pytest.raises(KeyStoreError) as caught:
        KeyStore.open(folder, "correct horse")
    assert caught.value.code == "KEY_INDEX_DAMAGED"


def test_an_sm2_key_without_its_library_says_what_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tongsuopy", reason="needs the extra `sm`")
    KeyStore.open(folder, "correct horse", "SM2-SM3").generate("access-token", NOW)
    monkeypatch.setattr(sm2, "_INSTALLED", False)
    with pytest.raises(KeyStoreError, match="tongsuopy"):
        KeyStore.open(folder, "correct horse")
