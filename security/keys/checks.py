"""Looking a store over: index against files, files against keys, keys against their public halves."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from security.errors import SecurityError
from security.keys.key import Key
from security.keys.model import VERIFYING, KeyRecord, KeyState, algorithms
from security.keys.remote import is_remote, prove

_OWNER_ONLY: Final = 0o077


def find_faults(folder: Path, records: Sequence[KeyRecord], load: Callable[[KeyRecord], Key]) -> tuple[str, ...]:
    """Give every fault in words.

    Args:
        folder: of the store.
        records: every line of its index.
        load: opens a key, and raises when its file and its line disagree.
    """
    faults = [*_strays(folder, records)]
    for record in records:
        faults += [f"{record.purpose} {record.kid}: {fault}" for fault in _faults(folder, record, load)]
    return tuple(faults)


def _strays(folder: Path, records: Sequence[KeyRecord]) -> Iterator[str]:
    named = {record.uri.partition(":")[2] for record in records if not is_remote(record.uri)}
    for path in sorted(folder.iterdir()):
        if path.suffix in {".pem", ".key"} and path.name not in named:
            yield f"{path.name}: no line of the index names this file; a change was cut off, or somebody put it here"
        if path.suffix in {".pem", ".key", ".json"} and path.stat().st_mode & _OWNER_ONLY:
            yield f"{path.name}: others than its owner may read it; chmod 600"


def _faults(folder: Path, record: KeyRecord, load: Callable[[KeyRecord], Key]) -> Iterator[str]:
    try:
        if record.alg not in algorithms(record.purpose):
            yield f"its algorithm {record.alg} is not that of its purpose"
        if record.state is KeyState.DESTROYED:
            if not is_remote(record.uri) and (folder / record.uri.partition(":")[2]).exists():
                yield "it is DESTROYED and its file is there; delete the file"
            return
        if is_remote(record.uri) and record.state not in VERIFYING:
            return
        key = load(record)
        if key.public_jwk is not None and (
            record.state in {KeyState.ACTIVE, KeyState.STAGED} or not is_remote(record.uri)
        ):
            prove(key.signing_key)
    except SecurityError as error:
        yield error.detail
