"""The client's commands, called as a person calls them, and a small BFF that takes their counters."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from h5bundle.cli import main
from h5bundle.commands import adoption
from h5bundle.errors import AdoptionError
from tests.h5bundle.conftest import TODAY, Yard, package
from tests.serving import LoopbackServer

COUNTERS = {
    "bundle": "wealth", "version": "1.0.0", "digest": "a" * 64, "platform": "ios", "checked": 9, "downloaded": 7,
    "verified": 7, "launched": 4, "ready": 3, "rolledback": 1,
}  # fmt: skip


class Bff(BaseHTTPRequestHandler):
    taken: list[Any] = []  # noqa: RUF012 - one server a test, emptied by the fixture
    status = 200

    def do_GET(self) -> None:
        self._answer(json.dumps({"releases": [COUNTERS]}).encode())

    def do_POST(self) -> None:
        self.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(b"{}")

    def _answer(self, body: bytes) -> None:
        self.send_response(type(self).status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        pass


@pytest.fixture
def bff() -> Iterator[str]:
    Bff.taken, Bff.status = [], 200
    with LoopbackServer(Bff) as server:
        yield f"http://127.0.0.1:{server.server_port}"


def run(*words: object) -> Any:
    done = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
    return done if done.exit_code else json.loads(done.stdout)


@pytest.fixture
def repository(yard: Yard) -> Path:
    yard.publish(package(), now=TODAY)
    return yard.store.folder


def test_pull_open_and_a_verdict(repository: Path, tmp_path: Path) -> None:
    phone = tmp_path / "phone"
    pulled = run("pull", "wealth", "-r", repository, "--into", phone, "--json")
    opened = run("open", "wealth", "-r", repository, "--into", phone, "--verdict", "ready", "--json")
    assert (opened["digest"], opened["folder"]) == (pulled["digest"], pulled["folder"])
    said = CliRunner().invoke(
        main, ["open", "wealth", "-r", str(repository), "--into", str(phone), "--verdict", "failed"]
    )
    assert "nothing to go back to; it stays" in said.stdout


def test_a_preset_starts_a_client_that_has_nothing(repository: Path, tmp_path: Path) -> None:
    made = run("preset", "wealth", "-r", repository, "--out", tmp_path / "preset", "--json")
    assert [one["bundle"] for one in made["releases"]] == ["wealth"]
    root = tmp_path / "preset" / "metadata" / "1.root.json"
    opened = run(
        "open", "wealth", "--into", tmp_path / "phone", "--preset", tmp_path / "preset", "--root", root, "--json"
    )
    assert opened["version"] == "1.0.0"
    nothing = CliRunner().invoke(main, ["open", "wealth", "--into", str(tmp_path / "other"), "--root", str(root)])
    assert (nothing.exit_code, "SLOT_UNUSABLE" in nothing.stderr) == (1, True)
    refused = CliRunner().invoke(main, ["preset", "other", "-r", str(repository), "--out", str(tmp_path / "x")])
    assert (refused.exit_code, "does not offer other" in refused.stderr) == (1, True)


def test_what_was_counted_is_sent_once(repository: Path, tmp_path: Path, bff: str) -> None:
    phone = tmp_path / "phone"
    run("pull", "wealth", "-r", repository, "--into", phone, "--json")
    Bff.status = 503
    assert run("report", "--into", phone, "--url", bff, "--json") == {"sent": 0, "waiting": 3}
    Bff.status = 200
    assert run("report", "--into", phone, "--url", bff, "--json") == {"sent": 3, "waiting": 0}
    assert run("report", "--into", phone, "--url", bff, "--json") == {"sent": 0, "waiting": 0}
    assert Bff.taken[0] == Bff.taken[1]
    assert [one["event"] for one in Bff.taken[1]["events"]] == ["checked", "downloaded", "verified"]
    assert sorted(Bff.taken[1]["events"][0]) == ["bundle", "digest", "event", "platform"]


def test_status_shows_who_never_launched_and_who_went_back(repository: Path, bff: str) -> None:
    assert run("status", "-r", repository, "--url", bff, "--json")["adoption"] == [COUNTERS]
    said = CliRunner().invoke(main, ["status", "-r", str(repository), "--url", bff])
    assert "7 downloaded  4 launched  3 ready  1 rolled back  3 never launched" in said.stdout


def test_a_server_that_gives_no_counters_is_told(repository: Path, bff: str) -> None:
    Bff.status = 404
    said = CliRunner().invoke(main, ["status", "-r", str(repository), "--url", bff])
    assert (said.exit_code, "ADOPTION_UNREAD" in said.stderr, "tidegate adoption" in said.stderr) == (4, True, True)
    gone = CliRunner().invoke(main, ["status", "-r", str(repository), "--url", "http://127.0.0.1:9"])
    assert (gone.exit_code, "cannot be reached" in gone.stderr) == (4, True)


def test_an_answer_of_another_kind_is_told() -> None:
    with pytest.raises(AdoptionError, match="none of ours"):
        adoption.read(lambda: (200, b"<html>"))
