"""From an address to a store, and what a malformed one is told: never its password."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from h5bundle.cli import main
from h5bundle.cli.shared import open_repository
from h5bundle.commands import publish
from h5bundle.errors import StoreError
from h5bundle.keys import KeyFolder
from h5bundle.stores.local import LocalStore
from h5bundle.stores.opening import open_store
from tests.h5bundle.conftest import TODAY, package

PASSWORD = "tr0ub4dor"
MALFORMED = (
    f"redis://u:{PASSWORD}@h/0",
    f"mysql://u:{PASSWORD}@h/db",
    f"mysql+pymysql://u:{PASSWORD}@h",
    f"mysql+pymysql://u:{PASSWORD}@h:port/db",
    f"mysql+pymysql://u:{PASSWORD}@h/db?local_infile=1",
    f"mysql+pymysql://{PASSWORD}",
    "sqlite://",
    "sqlite:///:memory:",
    f"sqlite:///x?key={PASSWORD}",
    f"s3://u:{PASSWORD}@bucket/prefix",
    f"s3://bucket/prefix?secret={PASSWORD}",
    "s3://bucket?endpoint=ftp://h",
    "s3://bucket?lease=1",
    "s3://bucket?lease=soon",
    f"s3://bucket?endpoint=http://u:{PASSWORD}@h",
    f"mariadb+pymysql://u:{PASSWORD}?@h/",
    "s3://bucket?endpoint=http://a&endpoint=http://b",
    f"s3://[{PASSWORD}/x",
    "s3:///prefix",
)


@pytest.mark.parametrize("address", MALFORMED)
def test_a_malformed_address_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(StoreError) as refusal:
        open_store(address)
    error = refusal.value
    assert error.remedy
    assert PASSWORD not in error.detail + error.remedy


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    result = CliRunner().invoke(main, ["status", "-r", f"mysql+pymysql://u:{PASSWORD}@127.0.0.1:1/db"])
    assert result.exit_code == 4
    assert "STORE_FAILED" in result.stderr
    assert PASSWORD not in result.output


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 1000)
    store = open_store(f"sqlite:///{tmp_path}/x.db")
    for ask in (lambda: store.read("objects/a"), lambda: store.put_blob("objects/a", b"")):
        with pytest.raises(StoreError, match="file is not a database"):
            ask()
    assert (tmp_path / "x.db").read_bytes() == b"no database" * 1000


def test_looking_makes_nothing(tmp_path: Path) -> None:
    for address in (f"sqlite:///{tmp_path}/a/x.db", f"{tmp_path}/b", f"file://{tmp_path}/c%20d"):
        assert open_store(address).exists("metadata/timestamp.json") is False
        assert open_store(address).paths("metadata/") == ()
    assert list(tmp_path.iterdir()) == []


def test_a_file_address_is_a_folder(tmp_path: Path) -> None:
    assert open_store(f"file://{tmp_path}/c%20d") == LocalStore(tmp_path / "c d")
    for foreign in ("file://host/folder", "file:///", "", "file:///a?b=c"):
        with pytest.raises(StoreError):
            open_store(foreign)


def test_an_unknown_address_is_named() -> None:
    with pytest.raises(StoreError, match="ftp://host/folder"):
        open_store("ftp://u:p@host/folder?x=y")


def test_a_bucket_that_is_not_there_is_refused(make_address: Callable[[str], str]) -> None:
    address = make_address("s3").replace("s3://", "s3://no-")
    store = open_store(address)
    with pytest.raises(StoreError, match="NoSuchBucket"):
        store.put_metadata("metadata/1.root.json", b"x")
    with pytest.raises(StoreError, match="NoSuchBucket"), store.lock():
        pass


def test_a_plain_path_is_a_folder(tmp_path: Path) -> None:
    assert open_store(str(tmp_path)) == open_store(tmp_path) == open_repository(tmp_path) == LocalStore(tmp_path)


def test_commands_take_any_address(address: str, key_folder: KeyFolder) -> None:
    publish.run(publish.PublishOptions(init=True), package(), open_store(address), key_folder, now=TODAY)
    for command in ("status", "verify"):
        result = CliRunner().invoke(main, [command, "--repository", address])
        assert (result.exit_code, result.stderr) == (0, "")
        assert "1" in result.stdout


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert CliRunner().invoke(main, ["status", "-r", str(tmp_path / "file")]).exit_code == 2
