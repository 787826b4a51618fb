"""A publisher as a process of its own: publishes releases of a bundle, or renews the timestamp, and may be told to die.

python -m tests.h5bundle.stores.publisher ADDRESS KEYS publish BUNDLE FIRST COUNT
python -m tests.h5bundle.stores.publisher ADDRESS KEYS renew COUNT
python -m tests.h5bundle.stores.publisher ADDRESS KEYS job HOURS      renews as the job does, so long after
python -m tests.h5bundle.stores.publisher ADDRESS KEYS die BUNDLE VERSION AT    kills itself after AT writes
python -m tests.h5bundle.stores.publisher ADDRESS KEYS full BUNDLE VERSION BYTES  has no room for BYTES
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from h5bundle.commands import publish, sign_timestamp
from h5bundle.errors import LockedError, StoreError
from h5bundle.keys import KeyFolder
from h5bundle.repository import QUIET, renew_online
from h5bundle.stores.opening import open_store
from tests.h5bundle.conftest import LATER, package

OPTIONS = publish.PublishOptions(init=True)
PATIENCE = 120


class Dying:
    """A store whose process is killed after so many writes."""

    def __init__(self, inner: Any, at: int) -> None:
        self.inner = inner
        self.left = at

    def __getattr__(self, name: str) -> Any:
        if name == "put_blobs":
            raise AttributeError(name)
        found = getattr(self.inner, name)
        return self._counted(found) if name in {"put_blob", "put_metadata", "swap"} else found

    def _counted(self, write: Callable[..., None]) -> Callable[..., None]:
        def counted(*arguments: Any, **options: Any) -> None:
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self.left -= 1
            write(*arguments, **options)

        return counted


def patiently(work: Callable[[], object]) -> None:
    """Do it, again while somebody else holds the repository."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            work()
        except LockedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def main(address: str, keys: str, verb: str, *words: str) -> None:
    store, held = open_store(address, lock_seconds=30), KeyFolder(Path(keys), b"tide")
    if verb == "renew":
        for _ in range(int(words[0])):
            patiently(lambda: sign_timestamp.run(store, held, now=LATER))
            time.sleep(0.02)
    elif verb == "job":
        now = LATER + timedelta(hours=int(words[0]))
        patiently(lambda: renew_online(store, held, now=now, from_age=QUIET))
    elif verb == "publish":
        bundle, first, count = words[0], int(words[1]), int(words[2])
        for number in range(first, first + count):
            made = package(bundle, f"1.{number}.0", floor="1.0.0")
            patiently(lambda made=made: publish.run(OPTIONS, made, store, held, now=LATER))  # type: ignore[misc]  # mypy knows no default of a lambda
    elif verb == "full":
        bundle, version, length = words
        made = package(
            bundle, version, {"index.html": b"<!doctype html>", "big.js": os.urandom(int(length))}, floor="1.0.0"
        )
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(length) // 2, int(length) // 2))
        try:
            publish.run(OPTIONS, made, store, held, now=LATER)
        except StoreError as error:
            sys.stderr.write(f"{error.code}: {error.detail}")
            sys.exit(error.exit_status)
    else:
        bundle, version, at = words
        dying: Any = Dying(store, int(at))
        publish.run(OPTIONS, package(bundle, version, floor="1.0.0"), dying, held, now=LATER)


if __name__ == "__main__":
    main(*sys.argv[1:])
