"""A release that a real server cannot sign: uploaded, proposed, signed at home, handed in, pulled."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.test_upload import Desk, pulled
from tests.running import Running


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    running = Running.on_copy(tmp_path / "var").start()
    yield Desk(running, tmp_path)
    running.stop()


def test_a_server_with_online_keys_alone_publishes_what_was_signed_elsewhere(desk: Desk) -> None:
    home = desk.folder / "anna"
    home.mkdir()
    (desk.server.var / "release-keys" / "app-wealth.1.pem").rename(home / "own.pem")
    developer = desk.person("li.na", "developer", "wealth")
    signer = desk.person("zhao.min", "release")
    uploaded = desk.tool("upload", str(desk.project("1.0.1")), *developer, *desk.repository(), "--json")
    assert (uploaded.exit_code, json.loads(uploaded.output)["state"]) == (0, "ACCEPTED"), uploaded.output
    (waiting,) = json.loads(desk.tool("signing", "list", *signer, "--json").output)["proposals"]
    assert (waiting["state"], waiting["proposer"], waiting["roles"]) == ("open", "li.na", ["app-wealth"])
    file = home / "next.json"
    fetched = desk.tool("signing", "fetch", waiting["name"][:8], *signer, "--out", str(file))
    assert (fetched.exit_code, f"next: h5bundle sign {file}" in fetched.output) == (0, True), fetched.output
    early = desk.tool("signing", "submit", str(file), *signer)
    assert (early.exit_code, "needs 1 more" in early.output or "0/1" in early.output) == (0, True), early.output
    root = desk.folder / "trusted.json"
    root.write_text(desk.tidegate("root"), encoding="utf-8")
    secret = ["--passphrase-file", str(desk.server.var / "passphrase")]
    done = desk.tool("sign", str(file), "--key", f"file:{home / 'own.pem'}", "--root", str(root), "--yes", *secret)
    assert done.exit_code == 0, done.output
    handed = desk.tool("signing", "submit", str(file), *signer)
    assert (handed.exit_code, "promoted" in handed.output) == (0, True), handed.output
    (upload,) = json.loads(desk.tool("uploads", "list", *developer, "--json").output)["uploads"]
    assert (upload["state"], pulled(desk, "phone")) == ("PUBLISHED", "1.0.1")
    refused = desk.tool("signing", "fetch", waiting["name"], *developer)
    assert (refused.exit_code, "SIGNER_NOT_ALLOWED" in refused.stderr) == (1, True)
