"""Full disks, and databases that go away in the middle: told clearly, and the repository is as valid as before."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from sqlalchemy import make_url

from h5bundle.commands import publish, sign_timestamp, verify
from h5bundle.errors import StoreError
from h5bundle.keys import KeyFolder
from h5bundle.stores.opening import open_store
from h5bundle.trust import TIMESTAMP
from tests.h5bundle.conftest import LATER, NOW, package
from tests.h5bundle.stores.publisher import OPTIONS
from tests.h5bundle.stores.test_processes import finish, start
from tests.h5bundle.test_repository import FailingStore, shown


@pytest.mark.parametrize("kind", ["folder", "sqlite"])
def test_a_full_disk_is_told_and_the_repository_stays_as_it_was(
    make_address: Callable[[str], str], key_folder: KeyFolder, kind: str
) -> None:
    address = make_address(kind)
    store = open_store(address)
    publish.run(OPTIONS, package(), store, key_folder, now=NOW)
    before = store.read(TIMESTAMP)
    code, errors = finish(start(address, key_folder, "full", "wealth", "1.1.0", "300000"))
    assert (code, errors.split(":")[0]) == (4, "STORE_FAILED")
    assert "Traceback" not in errors
    assert store.read(TIMESTAMP) == before
    verify.run(store, now=LATER)
    publish.run(OPTIONS, package(version="1.1.0", floor="1.0.0"), store, key_folder, now=LATER)
    verify.run(store, now=LATER)


class Line:
    """A line to a server that can be cut and mended."""

    def __init__(self, host: str, port: int) -> None:
        self.server = (host, port)
        self.whole = True
        self.ends: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.whole = False
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.ends.clear()

    def mend(self) -> None:
        self.whole = True

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                if not self.whole:
                    near.close()
                    continue
                far = socket.create_connection(self.server)
                self.ends += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pass_on(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture
def line(make_address: Callable[[str], str]) -> Iterator[tuple[Line, str, str]]:
    """Give a line, an address through it, and the address without it."""
    direct = make_url(make_address("mariadb"))
    made = Line(str(direct.host), direct.port or 3306)
    through = direct.set(host="127.0.0.1", port=made.port)
    yield made, through.render_as_string(hide_password=False), direct.render_as_string(hide_password=False)
    made.listener.close()
    made.cut()


@pytest.mark.mariadb
def test_a_database_that_goes_away_at_any_write_loses_nothing_that_was_published(
    line: tuple[Line, str, str], key_folder: KeyFolder
) -> None:
    wire, through, direct = line
    reader, store = open_store(direct), open_store(through)
    publish.run(OPTIONS, package(), store, key_folder, now=NOW)

    class Cutting(FailingStore):
        def _put(self, path: str, write: Callable[[], None]) -> None:
            self.writes.append(path)
            if len(self.writes) - 1 == self.fail_at:
                wire.cut()
            write()

    step = 0
    while True:
        made = package(version=f"1.{step + 1}.0", floor="1.0.0")
        cutting = Cutting(store, step, after=False)  # type: ignore[arg-type]  # it takes any store
        try:
            publish.run(OPTIONS, made, cutting, key_folder, now=LATER)
        except StoreError as error:
            assert "t:t" not in error.detail  # noqa: PT017 - the loop needs to go on
        else:
            break
        with pytest.raises(StoreError):
            store.read(TIMESTAMP)
        verify.run(reader, now=LATER)
        assert ("wealth", made.manifest.version) not in shown(reader)  # type: ignore[arg-type]  # it takes any store
        wire.mend()
        sign_timestamp.run(store, key_folder, now=LATER)
        publish.run(OPTIONS, made, store, key_folder, now=LATER)
        step += 1
    assert step >= 8
    verify.run(reader, now=LATER)
