"""A folder of encrypted keys with one index: generating, rotating and revoking while instances run.

Invariants: the index is the truth and is replaced in one step; a writer holds the folder's lock from reading the index
to writing it; a reader looks at the index file's stamp at every use and reads it again when it changed, so a rotation
or a revocation works in every running instance at once.
"""

import fcntl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from security.errors import JwkError, KeyStoreError
from security.jwk import PublicJwk, jwk_of, parse_jwk
from security.keys.calendar import CalendarEntry, entries
from security.keys.checks import find_faults
from security.keys.files import dump_private, load_private, write_atomically
from security.keys.key import Key, key_id, new_private
from security.keys.model import (
    SECRETS,
    VERIFYING,
    KeyRecord,
    KeyState,
    algorithm,
    algorithms,
    dump_index,
    find,
    known,
    load_index,
)
from security.keys.remote import is_remote, open_remote, prove, public_of
from security.suites import ES256, PublicKey

INDEX: Final = "keys.json"


class KeyStore:
    """The keys of one folder; safe to share between threads."""

    def __init__(self, folder: Path, passphrase: bytes, suite: str = ES256.alg) -> None:
        """Take a folder that exists, which ``open`` makes, and the suite of keys to be made."""
        self._suite = suite
        self._folder = folder
        self._passphrase = passphrase
        self._lock = threading.RLock()
        self._stamp: tuple[int, int, int] | None = None
        self._records: Mapping[str, KeyRecord] = {}
        self._keys: dict[str, Key] = {}

    @classmethod
    def open(cls, folder: Path, passphrase: str, suite: str = ES256.alg) -> "KeyStore":
        """Open the store of a folder, making an empty one where there is none.

        Raises:
            KeyStoreError: the passphrase does not open the keys that are there, or the index is damaged.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        store = cls(folder, passphrase.encode(), suite)
        store.reload()
        for record in store.records():
            if record.state in VERIFYING:
                store._key(record)
        return store

    @property
    def folder(self) -> Path:
        """Give the folder."""
        return self._folder

    def records(self) -> tuple[KeyRecord, ...]:
        """Give every line of the index, of all states."""
        self.reload()
        return tuple(self._records.values())

    def reload(self) -> None:
        """Read the index again when its file changed.

        Raises:
            KeyStoreError: the index is damaged.
        """
        with self._lock:
            stamp = _stamp(self._folder / INDEX)
            if stamp == self._stamp:
                return
            records = load_index((self._folder / INDEX).read_bytes()) if stamp else {}
            self._keys = {
                kid: key for kid, key in self._keys.items() if kid in records and records[kid].state is key.state
            }
            self._records, self._stamp = records, stamp

    def generate(self, purpose: str, now: datetime) -> Key:
        """Make a key: ACTIVE when its purpose has none, else STAGED beside the active one.

        Raises:
            KeyStoreError: no such purpose, or one is staged already.
        """
        with self._writing() as records:
            state = KeyState.STAGED if find(records, purpose, KeyState.ACTIVE) else KeyState.ACTIVE
            return self._key(self._generate(records, purpose, now, state))

    def stage(self, purpose: str, now: datetime, *, uri: str = "", public: PublicKey | None = None) -> Key:
        """Make a STAGED key, known to verifiers before it signs; or take the one that a token or a cloud has.

        Args:
            purpose: what it is for.
            now: present instant.
            uri: of a key outside the folder, which signs a probe first; empty to make one here.
            public: its public half, where the place does not give it.

        Raises:
            KeyStoreError: no such purpose, one is staged already, or the key of the URI does not prove itself.
        """
        if not uri:
            with self._writing() as records:
                return self._key(self._generate(records, purpose, now, KeyState.STAGED))
        if algorithms(purpose) <= set(SECRETS):
            raise KeyStoreError(detail=f"{purpose} keys are secrets and lie in files", code="KEY_URI")
        held = open_remote(uri, public or public_of(uri))
        prove(held)
        jwk = jwk_of(held.public_key())
        with self._writing() as records:
            _refuse_second(records, purpose)
            if jwk.thumbprint in records:
                raise KeyStoreError(detail=f"{jwk.thumbprint} is in the index already", code="KEY_STATE")
            record = KeyRecord(jwk.thumbprint, purpose, jwk.alg, KeyState.STAGED, uri, jwk.as_dict(), now)
            records[record.kid] = record
        return self._key(record)

    def activate(self, kid: str, now: datetime) -> Key:
        """Make a STAGED key ACTIVE, and the active one of its purpose VERIFY_ONLY.

        Raises:
            KeyStoreError: no such key, or it is in another state.
        """
        with self._writing() as records:
            following = known(records, kid).moved(KeyState.ACTIVE, now)
            active = find(records, following.purpose, KeyState.ACTIVE)
            if active is not None:
                records[active.kid] = active.moved(KeyState.VERIFY_ONLY, now)
            records[kid] = following
        return self._key(following)

    def active(self, purpose: str) -> Key:
        """Give the one key that signs or seals.

        Raises:
            KeyStoreError: the purpose has no ACTIVE key.
        """
        self.reload()
        record = find(self._records, purpose, KeyState.ACTIVE)
        if record is None:
            raise KeyStoreError(detail=f"no active key for {purpose}")
        return self._key(record)

    def verification_keys(self, purpose: str) -> Mapping[str, Key]:
        """Give the keys that verify or open, by kid: STAGED, ACTIVE and VERIFY_ONLY."""
        self.reload()
        wanted = [item for item in self._records.values() if item.purpose == purpose and item.state in VERIFYING]
        return {record.kid: self._key(record) for record in wanted}

    def jwks(self, purpose: str) -> dict[str, Any]:
        """Give the public keys that verify, as a JWK set with the next one in it."""
        keys = self.verification_keys(purpose).values()
        return {"keys": [{**key.jwk.as_dict(), "kid": key.kid, "alg": key.alg, "use": "sig"} for key in keys]}

    def rotate(self, purpose: str, now: datetime, *, instead_of: str | None = None) -> Key:
        """Make the staged key ACTIVE and the active one VERIFY_ONLY; a key is made when none was staged.

        Args:
            purpose: whose key.
            now: present instant.
            instead_of: id of the key that is to be followed; so two who want the same rotation make one.

        Raises:
            KeyStoreError: no such purpose; KEY_CHANGED when another key than ``instead_of`` is ACTIVE.
        """
        with self._writing() as records:
            staged = find(records, purpose, KeyState.STAGED)
            active = find(records, purpose, KeyState.ACTIVE)
            if instead_of is not None and (active is None or active.kid != instead_of):
                raise KeyStoreError(detail=f"{instead_of} is not the active key of {purpose}", code="KEY_CHANGED")
            following = staged or self._generate(records, purpose, now, KeyState.STAGED if active else KeyState.ACTIVE)
            if active is not None:
                records[active.kid] = active.moved(KeyState.VERIFY_ONLY, now)
            if following.state is KeyState.STAGED:
                following = records[following.kid] = following.moved(KeyState.ACTIVE, now)
        return self._key(following)

    def revoke(self, kid: str, now: datetime) -> None:
        """End a key at once; when it was ACTIVE, the staged one or a new one takes its place.

        Raises:
            KeyStoreError: no such key, or it is destroyed.
        """
        with self._writing() as records:
            record = known(records, kid)
            records[kid] = record.moved(KeyState.REVOKED, now)
            if record.state is not KeyState.ACTIVE:
                return
            staged = find(records, record.purpose, KeyState.STAGED)
            if staged is None:
                self._generate(records, record.purpose, now, KeyState.ACTIVE)
            else:
                records[staged.kid] = staged.moved(KeyState.ACTIVE, now)

    def retire(self, kid: str, now: datetime) -> None:
        """End the verifying of a VERIFY_ONLY key.

        Raises:
            KeyStoreError: no such key, it is in another state, or KEY_TOO_EARLY.
        """
        with self._writing() as records:
            records[kid] = known(records, kid).retired(now)

    def destroy(self, kid: str, now: datetime) -> None:
        """Delete the private part of a RETIRED or REVOKED key; its line stays.

        A key outside the folder is forgotten here; its token or cloud destroys it.

        Raises:
            KeyStoreError: no such key, or it is in another state.
        """
        with self._writing() as records:
            records[kid] = record = known(records, kid).moved(KeyState.DESTROYED, now)
        if not is_remote(record.uri):
            self._file(record).unlink(missing_ok=True)

    def calendar(self, now: datetime) -> tuple[CalendarEntry, ...]:
        """Give what is due when, the nearest first."""
        return entries(self.records(), now)

    def check(self) -> tuple[str, ...]:
        """Look for what does not fit together: files, index, keys that do not sign; give it in words, or nothing."""
        return find_faults(self._folder, self.records(), self._load)

    @contextmanager
    def _writing(self) -> Iterator[dict[str, KeyRecord]]:
        with self._lock, (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.reload()
            records = dict(self._records)
            yield records
            write_atomically(self._folder / INDEX, dump_index(records.values()))
            self.reload()

    def _generate(self, records: dict[str, KeyRecord], purpose: str, now: datetime, state: KeyState) -> KeyRecord:
        _refuse_second(records, purpose)
        alg = algorithm(purpose, self._suite)
        private = new_private(alg)
        kid, public = key_id(private)
        name = f"{purpose}.{kid}.key"
        write_atomically(self._folder / name, dump_private(private, self._passphrase))
        record = KeyRecord(kid, purpose, alg, state, f"file:{name}", public.as_dict() if public else {}, now)
        records[kid] = record
        return record

    def _key(self, record: KeyRecord) -> Key:
        with self._lock:
            key = self._keys.get(record.kid)
            if key is None or key.state is not record.state:
                key = self._keys[record.kid] = self._load(record)
            return key

    def _load(self, record: KeyRecord) -> Key:
        try:
            public = parse_jwk(record.public) if record.public else None
            if is_remote(record.uri) and public is not None:
                held = open_remote(record.uri, public.public_key)
                return Key(record.kid, record.purpose, record.alg, record.state, held, public)
            private = load_private(self._file(record).read_bytes(), self._passphrase)
        except OSError as error:
            raise KeyStoreError(detail=f"{record.kid}: its file cannot be read", code="KEY_LOCKED") from error
        except JwkError as error:
            raise KeyStoreError(detail=f"{record.kid}: {error.detail}", code="KEY_INDEX_DAMAGED") from error
        same = len(private) == SECRETS.get(record.alg) if isinstance(private, bytes) else _suits(public, record.alg)
        if not same or key_id(private) != (record.kid, public):
            raise KeyStoreError(detail=f"{record.kid}: file and index disagree", code="KEY_INDEX_DAMAGED")
        return Key(record.kid, record.purpose, record.alg, record.state, private, public)

    def _file(self, record: KeyRecord) -> Path:
        scheme, _, name = record.uri.partition(":")
        if scheme != "file" or name != Path(name).name:
            raise KeyStoreError(detail=f"{record.kid}: its URI is not a file of this folder", code="KEY_INDEX_DAMAGED")
        return self._folder / name


def _refuse_second(records: Mapping[str, KeyRecord], purpose: str) -> None:
    if find(records, purpose, KeyState.STAGED) is not None:
        raise KeyStoreError(detail=f"a key is staged for {purpose} already", code="KEY_STATE")


def _suits(public: PublicJwk | None, alg: str) -> bool:
    return public is not None and public.alg == alg


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
