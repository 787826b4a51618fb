"""The command ``dev`` before and after its watching: whom it refuses, what it prints, what it leaves."""

import json
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bff.sandbox import mark_development
from h5bundle.cli import main
from h5bundle.commands.dev import left_over
from h5bundle.keys import KeyFolder
from h5bundle.repository import trusted_root
from tests.h5bundle.conftest import FILES, TODAY, Yard, declaration, package
from tests.serving import LoopbackServer

Serve = Callable[[Mapping[str, object] | bytes], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answer ``/shell/config.json`` as a server would."""
    servers: list[LoopbackServer] = []

    def start(config: Mapping[str, object] | bytes) -> str:
        body = config if isinstance(config, bytes) else json.dumps(config).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body if self.path == "/shell/config.json" else b"")

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        servers.append(LoopbackServer(Handler))
        return f"http://localhost:{servers[-1].server_address[1]}"

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def dev(yard: Yard, project: Callable[..., Path], tmp_path: Path) -> Callable[..., Result]:
    """Run ``dev`` with the keys and the passphrase of a sandbox, in which 1.0.0 is published."""
    yard.publish(package(), now=TODAY)
    folder = project(declaration(), {f"dist/{name}": data for name, data in FILES.items()})
    keys = tmp_path / "var" / "release-keys"
    keys.mkdir(parents=True)
    for file in yard.keys.folder.iterdir():
        (keys / file.name).write_bytes(file.read_bytes())
    mark_development(keys)
    (tmp_path / "var" / "passphrase").write_text("tide\n", encoding="utf-8")

    def run(*more: str) -> Result:
        places = ["-r", str(yard.store.folder), "--keys", str(keys)]
        return CliRunner().invoke(main, ["dev", str(folder), *places, *more])

    return run


def test_once_publishes_prints_the_address_and_end_takes_it_back(
    dev: Callable[..., Result], serve: Serve, yard: Yard
) -> None:
    server = serve({"env": "sandbox", "trustedRoot": trusted_root(yard.store).decode()})
    told = dev("--server", server, "--once", "--at", "#/orders")
    assert told.exit_code == 0
    first, second = told.output.splitlines()
    assert first.startswith("2 files → wealth@1.0.900002")
    assert second == f"open {server}/?live=wealth&at=%23%2Forders"
    assert left_over(yard.store, TODAY) == ("wealth",)
    ended = dev("--server", server, "--end", "--json")
    assert (ended.exit_code, json.loads(ended.output)) == (0, {"restored": "wealth"})
    assert left_over(yard.store, TODAY) == ()
    assert dev("--server", server, "--end").output == ""


def test_a_bundle_that_the_sandbox_does_not_know_gets_a_role(
    dev: Callable[..., Result], serve: Serve, yard: Yard, tmp_path: Path
) -> None:
    server = serve({"env": "sandbox", "trustedRoot": trusted_root(yard.store).decode()})
    (tmp_path / "project" / "bundle.yaml").write_text(declaration("brandnew"), encoding="utf-8")
    assert dev("--server", server, "--once").exit_code == 0
    assert KeyFolder(tmp_path / "var" / "release-keys", b"tide").has("app-brandnew")


@pytest.mark.parametrize("server", ["https://localhost", "http://bank.example", "http://localhost.evil.example", "x"])
def test_another_machine_is_refused_unasked(dev: Callable[..., Result], server: str) -> None:
    told = dev("--server", server, "--once")
    assert (told.exit_code, "is not on this machine" in told.stderr) == (4, True)


def test_what_is_no_sandbox_is_refused_and_nothing_is_published(
    dev: Callable[..., Result], serve: Serve, yard: Yard
) -> None:
    root = trusted_root(yard.store).decode()
    before = yard.store.read("metadata/timestamp.json")
    cases = {
        serve({"env": "production", "trustedRoot": root}): "the server is production",
        serve({"env": "sandbox", "trustedRoot": "other"}): "another repository",
        serve(b"<!doctype html>"): "does not answer as a Tidegate server",
        serve(b"[]"): "does not answer as a Tidegate server",
        "http://localhost:1": "does not answer as a Tidegate server",
    }
    for server, words in cases.items():
        told = dev("--server", server, "--once")
        assert (told.exit_code, words in told.stderr, " — " in told.stderr) == (4, True, True)
    assert yard.store.read("metadata/timestamp.json") == before


def test_keys_that_no_sandbox_made_are_refused(
    dev: Callable[..., Result], serve: Serve, yard: Yard, tmp_path: Path
) -> None:
    server = serve({"env": "sandbox", "trustedRoot": trusted_root(yard.store).decode()})
    (tmp_path / "var" / "release-keys" / "DEVELOPMENT").unlink()
    told = dev("--server", server, "--once")
    assert (told.exit_code, "not made by a sandbox" in told.stderr) == (4, True)


def test_a_project_that_does_not_build_at_the_start_is_an_error(
    dev: Callable[..., Result], serve: Serve, yard: Yard, tmp_path: Path
) -> None:
    server = serve({"env": "sandbox", "trustedRoot": trusted_root(yard.store).decode()})
    (tmp_path / "project" / "bundle.yaml").write_text("colour: red\n", encoding="utf-8")
    told = dev("--server", server)
    assert (told.exit_code, told.stderr.startswith("h5bundle: PROJECT_INVALID: ")) == (1, True)
