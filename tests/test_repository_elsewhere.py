"""A running bank whose release repository lies in a database or a bucket."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import urllib3

from bff.sandbox import BUNDLES
from h5bundle.client import Installation
from h5bundle.commands import publish, pull, sign_timestamp, verify
from h5bundle.keys import KeyFolder
from h5bundle.repository import trusted_root
from h5bundle.stores.opening import open_store
from tests.h5bundle.conftest import package
from tests.h5bundle.stores.conftest import make_address, object_server
from tests.running import Running

__all__ = ["make_address", "object_server"]
pytestmark = pytest.mark.slow
SECONDS = 20


@pytest.mark.parametrize("kind", ["sqlite", "s3"])
def test_a_bank_serves_signs_and_records_from_where_its_repository_lies(
    make_address: Callable[[str], str], tmp_path: Path, kind: str
) -> None:
    address = make_address(kind)
    secrets = {"AWS_ACCESS_KEY_ID": "tide", "AWS_SECRET_ACCESS_KEY": "tide"}
    running = Running(var=tmp_path / "var", extra={"TIDEGATE_REPOSITORY": address, **secrets}).start()
    try:
        assert not (running.var / "repo").exists()
        assert sorted(running.digests()) == sorted(BUNDLES)
        store, now = open_store(address), datetime.now(UTC)  # noqa: TID251 - it is published now
        verify.run(store, now=now)
        stamp = urllib3.request("GET", f"{running.url}/repo/metadata/timestamp.json")
        assert (stamp.status, stamp.headers["Cache-Control"]) == (200, "no-cache")
        assert stamp.data == store.read("metadata/timestamp.json")
        absent = urllib3.request("GET", f"{running.url}/repo/metadata/9.root.json")
        assert (absent.status, absent.headers["Cache-Control"]) == (404, "no-store")
        options = pull.PullOptions(
            bundle="wealth",
            folder=tmp_path / "phone",
            url=f"{running.url}/repo",
            installation=Installation(install_id="a"),
        )
        pulled = pull.run(options, None, trusted_root=trusted_root(store), now=now)
        assert pulled.bundle == "wealth"
        keys = KeyFolder(running.var / "release-keys", (running.var / "passphrase").read_bytes().strip())
        keys.generate("app-foreign")
        made = package("foreign", permissions="{}", ops="[]")
        publish.run(publish.PublishOptions(init=True), made, store, keys, now=now)
        sign_timestamp.run(store, keys, now=now)
        end = time.monotonic() + SECONDS
        while "foreign" not in running.digests():
            assert time.monotonic() < end, "the release was not recorded"
            time.sleep(0.5)
    finally:
        running.kill()
