import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import native_bridge
from bff.bundles.signing import CurrentSigningKeys
from bff.doors.shell import ShellHosting, shell_door
from bff.web import errors
from h5bundle.commands.deltas import delta_path
from h5bundle.commands.deltas_served import OnDemand
from h5bundle.errors import StoreError
from h5bundle.keys import KeyFolder
from h5bundle.stores.local import LocalStore
from tests.h5bundle.conftest import NOW, Yard, package
from tests.h5bundle.delta.releases import program

SHELL = "http://localhost:8000"
BUNDLE = "http://wealth-h5.localhost:8000"
FOLDER = Path(native_bridge.__file__).parent / "shell"
SCRIPT = {"Service-Worker": "script"}
FRAME = {"Sec-Fetch-Dest": "iframe"}


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Yard:
    keys = KeyFolder(tmp_path_factory.mktemp("keys"), b"tide")
    for role in ("root", "targets", "online", "rollout", "app-wealth"):
        keys.generate(role)
    made = Yard(LocalStore(tmp_path_factory.mktemp("repo")), keys)
    made.publish(package())
    return made


@pytest.fixture
def client(yard: Yard) -> Iterator[FlaskClient]:
    current = CurrentSigningKeys(yard.store, lambda: NOW)
    hosting = ShellHosting(
        shell_origin=SHELL,
        bundle_origin="http://{bundle}-h5.localhost:8000",
        folder=FOLDER,
        contract=b'{"contract":"1.0"}',
        config={"env": "sandbox", "aud": "tidegate-bff"},
        bundles=current.bundles,
        root=current.root,
        role_keys=current.of,
        repository=yard.store.folder,
        delta=OnDemand(yard.store),
    )
    app = Flask("test", static_folder=None)
    errors.register(app)
    app.register_blueprint(shell_door(hosting))
    app.add_url_rule("/app/v1/secret", view_func=lambda: "api", endpoint="secret")
    app.add_url_rule("/healthz", view_func=lambda: "ok", endpoint="health")
    with app.test_client() as opened:
        yield opened


def test_the_shells_page_comes_with_exact_frames(client: FlaskClient) -> None:
    answer = client.get("/", base_url=SHELL)
    policy = answer.headers["Content-Security-Policy"]
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert f"frame-src {BUNDLE};" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/shell/main.mjs", "text/javascript; charset=utf-8"),
        ("/shell/css/native.css", "text/css; charset=utf-8"),
        ("/shell/mark.svg", "image/svg+xml"),
        ("/shell/contract.json", "application/json"),
    ],
)
def test_the_shells_files_have_their_types_and_revalidate(client: FlaskClient, path: str, kind: str) -> None:
    first = client.get(path, base_url=SHELL)
    again = client.get(path, base_url=SHELL, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, first.content_type, first.headers["Cache-Control"]) == (200, kind, "no-cache")
    assert (again.status_code, again.data) == (304, b"")


def test_the_configuration_carries_the_root_verbatim(client: FlaskClient, yard: Yard) -> None:
    config = json.loads(client.get("/shell/config.json", base_url=SHELL).data)
    assert config["trustedRoot"].encode() == yard.store.read("metadata/1.root.json")
    assert (config["bundles"], config["env"], config["shellOrigin"]) == (["wealth"], "sandbox", SHELL)


@pytest.mark.parametrize(
    "path",
    [
        "/shell/../hosting.py",
        "/shell/%2e%2e/hosting.py",
        "/shell/..%2fhosting.py",
        "/shell/origin/sw.js",
        "/shell/nothing.js",
        "/shell/css",
        "/shell/core/",
        "/shell//etc/passwd",
        "/shell/main.mjs%00.css",
        "/repo/.lock",
        "/repo/metadata/9.root.json",
        "/repo/../keys/root.1.pem",
    ],
)
def test_what_is_not_the_shells_is_not_served(client: FlaskClient, path: str) -> None:
    assert client.get(path, base_url=SHELL, follow_redirects=True).status_code == 404


def test_proposals_are_for_those_who_sign_and_are_not_served(client: FlaskClient, yard: Yard) -> None:
    yard.store.put_metadata("proposals/0123.json", b"{}")
    paths = ("/repo/proposals/0123.json", "/repo//proposals/0123.json", "/repo/./proposals/0123.json")
    answers = [client.get(path, base_url=SHELL, follow_redirects=True).status_code for path in paths]
    assert answers == [404, 404, 404]


def test_objects_are_kept_for_ever_and_the_timestamp_never(client: FlaskClient, yard: Yard) -> None:
    stamp = client.get("/repo/metadata/timestamp.json", base_url=SHELL)
    (name,) = {path.name for path in (yard.store.folder / "objects").iterdir() if path.read_bytes().startswith(b"ex")}
    kept = client.get(f"/repo/objects/{name}", base_url=SHELL)
    assert stamp.headers["Cache-Control"] == "no-cache"
    assert "immutable" in kept.headers["Cache-Control"]
    assert kept.data == b"export const a = 1;\n"


def test_a_bundles_host_gives_loader_and_worker(client: FlaskClient) -> None:
    loader = client.get("/__loader.html", base_url=BUNDLE, headers=FRAME)
    worker = client.get("/__sw.js", base_url=BUNDLE, headers=SCRIPT)
    assert (loader.status_code, worker.status_code) == (200, 200)
    assert f"frame-ancestors {SHELL}" in loader.headers["Content-Security-Policy"]
    assert worker.content_type == "text/javascript; charset=utf-8"
    assert "Service-Worker-Allowed" not in worker.headers
    assert b"BEGIN PUBLIC KEY" in worker.data


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/__sw.js", {}),
        ("/__sw.js", {"Service-Worker": "other"}),
        ("/__sw.js?x", SCRIPT),
        ("/__sw.js/", SCRIPT),
        ("/__SW.js", SCRIPT),
        ("//__sw.js", SCRIPT),
        ("/__loader.html?x=1", FRAME),
        ("/__loader.html", {"Sec-Fetch-Dest": "document"}),
        ("/", {}),
        ("/app/v1/secret", {}),
        ("/healthz", {}),
        ("/repo/metadata/timestamp.json", {}),
        ("/shell/main.mjs", {}),
        ("/v/abc/index.html", {}),
    ],
)
def test_a_bundles_host_gives_nothing_else(client: FlaskClient, path: str, headers: dict[str, str]) -> None:
    answer = client.get(path, base_url=BUNDLE, headers=headers)
    assert (answer.status_code, answer.content_type) == (404, "text/plain; charset=utf-8")
    assert answer.headers["Content-Security-Policy"] == f"default-src 'none'; sandbox; frame-ancestors {SHELL}"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_a_bundles_host_takes_no_other_method(client: FlaskClient, method: str) -> None:
    assert client.open("/app/v1/secret", method=method, base_url=BUNDLE).status_code == 404


def test_the_host_of_an_unknown_bundle_gives_nothing(client: FlaskClient) -> None:
    assert client.get("/__sw.js", base_url="http://other-h5.localhost:8000", headers=SCRIPT).status_code == 404


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost:8001",
        "localhost",
        "wealth-h5.localhost:8001",
        "wealth-h5.localhost.evil.example:8000",
        "evil.wealth-h5.localhost:8000",
        "-h5.localhost:8000",
        "wealth_h5.localhost:8000",
    ],
)
def test_an_unknown_host_is_misdirected(client: FlaskClient, host: str) -> None:
    answer = client.get("/app/v1/secret", base_url=f"http://{host}")
    assert (answer.status_code, json.loads(answer.data)["code"]) == (421, "HOST_UNKNOWN")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "[::1]:8000"])
def test_the_machines_address_leads_to_its_name(client: FlaskClient, host: str) -> None:
    answer = client.get("/?next=//evil.example", base_url=f"http://{host}")
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{SHELL}/")
    assert (answer.headers["Cache-Control"], answer.data) == ("no-store", b"")


@pytest.mark.parametrize(
    ("host", "path", "method"),
    [
        ("127.0.0.1:8001", "/", "GET"),
        ("127.0.0.1", "/", "GET"),
        ("127.0.0.2:8000", "/", "GET"),
        ("0.0.0.0:8000", "/", "GET"),
        ("evil.example:8000", "/", "GET"),
        ("127.0.0.1:8000", "/", "POST"),
        ("127.0.0.1:8000", "/app/v1/secret", "GET"),
        ("127.0.0.1:8000", "/shell/config.json", "GET"),
    ],
)
def test_no_other_address_leads_anywhere(client: FlaskClient, host: str, path: str, method: str) -> None:
    answer = client.open(path, base_url=f"http://{host}", method=method)
    assert answer.status_code == 421
    assert answer.json is not None
    assert answer.json["detail"] == f"nothing is served under the host {host}; this instance answers at {SHELL}/"


def test_a_probe_needs_no_name(client: FlaskClient) -> None:
    assert client.get("/healthz", base_url="http://10.0.0.7:8000").status_code == 200


def test_a_delta_that_nobody_foresaw_is_made_once_and_kept(client: FlaskClient, yard: Yard) -> None:
    page = {"index.html": b"<!doctype html>"}
    script = program("etnri")
    releases = [
        package(version=f"1.{number}.0", files={**page, "app.js": script + b";more(%d)" % number})
        for number in range(1, 6)
    ]
    for release in releases:
        yard.publish(release)
    old, new = releases[0], releases[-1]
    path = delta_path(new.digest, old.digest)
    assert yard.store.exists(path) is False
    answer = client.get(f"/repo/{path}", base_url=SHELL)
    assert (answer.status_code, answer.content_type) == (200, "application/octet-stream")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert yard.store.read(path) == answer.data
    assert len(answer.data) < len(script) / 10


@pytest.mark.parametrize("base", ["0" * 64, "../x", "", "A" * 64])
def test_a_delta_from_what_is_no_release_is_not_there(client: FlaskClient, base: str) -> None:
    answer = client.get(f"/repo/{delta_path(package().digest, base)}", base_url=SHELL)
    assert (answer.status_code, answer.json["code"]) == (404, "SHELL_FILE_UNKNOWN")  # type: ignore[index]  # problem+json


@dataclass
class DistantStore:
    """A store in no folder, which may be away."""

    inner: LocalStore
    away: bool = False

    def read(self, path: str) -> bytes:
        if self.away:
            raise StoreError(detail="Can't connect to MySQL server on 'db.inner' (user tide)")
        return self.inner.read(path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@pytest.fixture
def distant(yard: Yard) -> DistantStore:
    return DistantStore(yard.store)


@pytest.fixture
def distant_client(distant: DistantStore) -> FlaskClient:
    current = CurrentSigningKeys(distant, lambda: NOW)  # type: ignore[arg-type]  # the rest of the port is the inner one's
    hosting = ShellHosting(
        shell_origin=SHELL,
        bundle_origin="http://{bundle}-h5.localhost:8000",
        folder=FOLDER,
        contract=b"{}",
        config={},
        bundles=current.bundles,
        root=current.root,
        role_keys=current.of,
        store=distant,  # type: ignore[arg-type]  # the same
    )
    app = Flask("test", static_folder=None)
    errors.register(app)
    app.register_blueprint(shell_door(hosting))
    return app.test_client()


def test_a_repository_in_no_folder_is_served_like_one_in_a_folder(
    client: FlaskClient, distant_client: FlaskClient, yard: Yard
) -> None:
    yard.store.put_metadata("proposals/0124.json", b"{}")
    for path in (*yard.store.paths("metadata/"), *yard.store.paths("targets/"), *yard.store.paths("objects/")):
        here, there = (each.get(f"/repo/{path}", base_url=SHELL) for each in (client, distant_client))
        assert (there.status_code, there.data) == (200, yard.store.read(path))
        told = [{name: value for name, value in each.headers.items() if name != "Date"} for each in (here, there)]
        assert told[0] == told[1]
        again = distant_client.get(f"/repo/{path}", base_url=SHELL, headers={"If-None-Match": there.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path", ["metadata/2.root.json", "proposals/0124.json", ".lock", "metadata/../keys.pem", "objects/", "metadata/%00"]
)
def test_what_a_distant_repository_does_not_show_is_not_there(distant_client: FlaskClient, path: str) -> None:
    answer = distant_client.get(f"/repo/{path}", base_url=SHELL)
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_a_repository_that_is_away_is_no_404_and_tells_nothing_of_the_network(
    distant_client: FlaskClient, distant: DistantStore
) -> None:
    before = distant_client.get("/shell/config.json", base_url=SHELL).data
    distant.away = True
    answer = distant_client.get("/repo/metadata/2.root.json", base_url=SHELL)
    assert (answer.status_code, json.loads(answer.data)["code"]) == (503, "REPOSITORY_UNAVAILABLE")
    assert b"db.inner" not in answer.data
    assert distant_client.get("/shell/config.json", base_url=SHELL).data == before
    assert distant_client.get("/__sw.js", base_url=BUNDLE, headers=SCRIPT).status_code == 200
