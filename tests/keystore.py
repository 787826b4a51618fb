"""A key store that was made once a process: deriving what locks a file is dear on purpose, so tests take copies."""

import atexit
import shutil
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from security.keys import KeyStore

WORDS = "words"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
"""When its key was made."""


def copied_keys(folder: Path) -> KeyStore:
    """Lay a store with a key for access tokens into a new folder and open it."""
    shutil.copytree(_made(), folder)
    return KeyStore.open(folder, WORDS)


@cache
def _made() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tidegate-keys-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    KeyStore.open(folder, WORDS).generate("access-token", NOW)
    return folder
