"""The deployment's nginx template: accepted by nginx itself, and in front of a real instance."""

import gzip
import http.client
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
from urllib3.response import BaseHTTPResponse

from native_bridge.hosting import refusal_headers
from native_bridge.webhosting import nothing_headers
from tests.config.fronting import TEMPLATE, Nginx, filled, fronting
from tests.device import Device
from tests.running import Running
from tests.services import free_port, program

IMMUTABLE = "public, max-age=31536000, immutable"

pytestmark = pytest.mark.skipif(program("nginx") is None, reason="nginx is not installed")


@dataclass
class Front:
    """A running instance behind nginx."""

    running: Running
    nginx: Nginx

    @property
    def port(self) -> int:
        return self.nginx.port

    def ask(self, path: str, host: str = "localhost", method: str = "GET", **headers: str) -> BaseHTTPResponse:
        sent = {"Host": f"{host}:{self.port}", **headers}
        return urllib3.request(method, f"http://127.0.0.1:{self.port}{path}", headers=sent, retries=False)

    def file(self, folder: str, pattern: str) -> str:
        """Give the public path of a published file."""
        repository = self.running.var / "repo"
        names = sorted(str(path.relative_to(repository)) for path in (repository / folder).rglob("*") if path.is_file())
        return "/repo/" + next(name for name in names if re.fullmatch(pattern, name))


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("front")
    public = free_port()
    own = {"TIDEGATE_PUBLIC_URL": f"http://localhost:{public}", "TIDEGATE_TRUSTED_PROXIES": "1"}
    origin = {"TIDEGATE_BUNDLE_ORIGIN": f"http://{{bundle}}-h5.localhost:{public}"}
    web = {"TIDEGATE_WEB_ORIGIN": f"http://web.localhost:{public}"}
    running = Running(var=folder / "var", extra={**own, **origin, **web}).start()
    try:
        nginx = fronting(folder / "nginx", var=running.var, port=public, upstream=running.port).start()
        try:
            yield Front(running, nginx)
        finally:
            nginx.stop()
    finally:
        running.stop()


def values(**changes: str) -> Mapping[str, str]:
    names = re.findall(r"\$\{(TIDEGATE_[A-Z_]+)\}", TEMPLATE.read_text())
    return {**dict.fromkeys(names, "x"), **changes}


def test_every_name_of_the_template_is_explained_in_its_head() -> None:
    head = TEMPLATE.read_text().partition("\nuser ")[0]
    assert sorted(set(values())) == sorted(
        set(re.findall(r"(?<=\s)(TIDEGATE_[A-Z_]+)(?=\s{1,}[^=\s])", head)) & set(values())
    )


def test_nothing_is_left_unfilled() -> None:
    assert "${" not in filled(values())


def test_nginx_accepts_it(tmp_path: Path) -> None:
    nginx = fronting(tmp_path / "nginx", var=tmp_path, port=free_port(), upstream=8000)
    done = nginx.check()
    assert (done.returncode, "test is successful" in done.stderr) == (0, True), done.stderr


def test_nginx_accepts_tls(tmp_path: Path) -> None:
    (tmp_path / "nginx").mkdir()
    (tmp_path / "nginx" / "tls.conf").write_text("ssl_protocols TLSv1.3;\nssl_reject_handshake on;\n")
    nginx = fronting(
        tmp_path / "nginx",
        var=tmp_path,
        port=443,
        upstream=8000,
        TIDEGATE_LISTEN=f"127.0.0.1:{free_port()} ssl http2",
    )
    done = nginx.check()
    assert done.returncode == 0, done.stderr


def test_the_update_check_is_the_file_itself_and_is_asked_for_again(front: Front) -> None:
    reply = front.ask("/repo/metadata/timestamp.json")
    assert reply.data == (front.running.var / "repo/metadata/timestamp.json").read_bytes()
    assert (reply.headers["Cache-Control"], reply.headers["Content-Type"]) == ("no-cache", "application/json")
    again = front.ask("/repo/metadata/timestamp.json", **{"If-None-Match": reply.headers["ETag"]})
    assert (again.status, again.data) == (304, b"")


def test_the_web_host_has_its_pages_and_files_and_nothing_else(front: Front) -> None:
    page = front.ask("/web/wealth/", host="web.localhost")
    digest = page.data.decode().partition('data-digest="')[2].partition('"')[0]
    file = front.ask(f"/web/wealth/{digest}/index.html", host="web.localhost")
    assert (page.status, file.status, file.headers["Cache-Control"]) == (
        200,
        200,
        IMMUTABLE.replace("public", "private"),
    )
    assert len(file.headers.getlist("Content-Security-Policy")) == 2
    for path in ("/", "/app/v1/catalogue", "/repo/metadata/timestamp.json", "/release/uploads", "/healthz"):
        reply = front.ask(path, host="web.localhost", Authorization="DPoP x")
        assert (reply.status, reply.data) == (404, b"Not found\n"), path
        assert {name: reply.headers[name] for name in nothing_headers()} == nothing_headers()


def test_versions_of_metadata_targets_and_objects_may_be_kept_for_ever(front: Front) -> None:
    for folder, pattern in (
        ("metadata", r"metadata/1\.root\.json"),
        ("targets", r"targets/apps/wealth/.*\.manifest\.json"),
        ("objects", r"objects/[0-9a-f]{64}"),
    ):
        path = front.file(folder, pattern)
        reply = front.ask(path)
        assert (reply.status, reply.headers["Cache-Control"]) == (200, IMMUTABLE), path
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.data == (front.running.var / path.removeprefix("/")).read_bytes()


def test_a_delta_is_the_file_itself_and_one_that_is_not_there_is_asked_of_the_instance(front: Front) -> None:
    there, absent = (f"deltas/{'a' * 64}/{digit * 64}.zst" for digit in "bc")
    place = front.running.var / "repo" / there
    place.parent.mkdir(parents=True)
    place.write_bytes(b"delta")
    answer = front.ask(f"/repo/{there}")
    assert (answer.status, answer.data, answer.headers["Content-Type"]) == (200, b"delta", "application/octet-stream")
    assert answer.headers["Cache-Control"] == IMMUTABLE
    missing = front.ask(f"/repo/{absent}")
    assert (missing.status, missing.headers["Cache-Control"]) == (404, "no-store")
    assert json.loads(missing.data)["code"] == "SHELL_FILE_UNKNOWN"


def test_metadata_may_travel_compressed(front: Front) -> None:
    path = front.file("metadata", r"metadata/1\.root\.json")
    pool = urllib3.PoolManager(retries=False)
    reply = pool.request(
        "GET",
        f"http://127.0.0.1:{front.port}{path}",
        headers={"Host": f"localhost:{front.port}", "Accept-Encoding": "gzip"},
        decode_content=False,
    )
    assert reply.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(reply.data) == (front.running.var / path.removeprefix("/")).read_bytes()


@pytest.mark.parametrize(
    "path",
    ["/repo/metadata/2.root.json", "/repo/metadata/root.json", "/repo/objects/" + "0" * 64, "/repo/", "/repo/x.json"],
)
def test_what_is_not_there_yet_is_never_kept(front: Front, path: str) -> None:
    reply = front.ask(path)
    assert (reply.status, reply.headers["Cache-Control"]) == (404, "no-store")


@pytest.mark.parametrize(
    "path",
    [
        "/repo/../keys/keys.json",
        "/repo/metadata/../../keys/keys.json",
        "/repo/metadata/%2e%2e/%2e%2e/passphrase",
        "/repo/objects/../../passphrase",
        "/repo/objects/..%2f..%2fpassphrase",
        "/keys/keys.json",
        "/passphrase",
    ],
)
def test_nothing_else_of_the_var_folder_is_served(front: Front, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=10)
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("Host", f"localhost:{front.port}")
    connection.endheaders()
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    assert reply.status in {400, 404}
    assert (front.running.var / "passphrase").read_bytes() not in body


def test_the_bundles_host_has_its_loader_and_its_worker(front: Front) -> None:
    host = "wealth-h5.localhost"
    loader = front.ask("/__loader.html", host)
    assert (loader.status, f"http://localhost:{front.port}" in loader.data.decode()) == (200, True)
    worker = front.ask("/__sw.js", host, **{"Service-Worker": "script"})
    assert (worker.status, worker.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")


@pytest.mark.parametrize(
    "path", ["/", "/app/v1/catalogue", "/repo/metadata/timestamp.json", "/shell/main.mjs", "/docs/api"]
)
def test_a_bundles_host_has_nothing_else(front: Front, path: str) -> None:
    reply = front.ask(path, "wealth-h5.localhost")
    expected = refusal_headers(shell_origin=f"http://localhost:{front.port}")
    assert reply.status == 404
    assert {name: reply.headers[name] for name in expected} == expected


@pytest.mark.parametrize(
    "host", ["example.org", "wealth-h5.localhost.example.org", "x.wealth-h5.localhost", "w-h5.localhost"]
)
def test_any_other_name_is_refused(front: Front, host: str) -> None:
    assert front.ask("/", host).status == 421


def test_the_shell_and_the_interface_are_forwarded(front: Front) -> None:
    page = front.ask("/")
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert front.ask("/app/v1/catalogue").json()


def test_signs_of_life_stay_inside(front: Front) -> None:
    assert [front.ask(path).status for path in ("/healthz", "/readyz")] == [404, 404]


def test_a_body_beyond_the_limit_never_reaches_the_instance(front: Front) -> None:
    url = f"http://127.0.0.1:{front.port}/app/v1/devices/challenge"
    headers = {"Host": f"localhost:{front.port}", "Content-Type": "application/json"}
    reply = urllib3.request("POST", url, body=b"x" * (256 * 1024 + 1), headers=headers, retries=False)
    assert (reply.status, reply.headers.get("Server")) == (413, "nginx")


def test_pieces_of_an_upload_get_through_and_larger_ones_do_not(front: Front) -> None:
    url = f"http://127.0.0.1:{front.port}/release/v1/uploads/upl_00000000"
    headers = {"Host": f"localhost:{front.port}", "Content-Type": "application/offset+octet-stream"}
    pieces = [
        urllib3.request("PATCH", url, body=bytes(length), headers=headers, retries=False)
        for length in (1024 * 1024, 1024 * 1024 + 1)
    ]
    assert [(reply.status, reply.headers.get("Content-Type")) for reply in pieces] == [
        (401, "application/problem+json"),
        (413, "text/html"),
    ]


def test_only_the_named_network_publishes(front: Front, tmp_path: Path) -> None:
    other = fronting(
        tmp_path / "nginx",
        var=front.running.var,
        port=free_port(),
        upstream=front.running.port,
        TIDEGATE_RELEASE_FROM="203.0.113.0/24",
    ).start()
    try:
        url = f"http://127.0.0.1:{other.port}/release/v1/uploads"
        reply = urllib3.request("GET", url, headers={"Host": f"localhost:{other.port}"}, retries=False)
    finally:
        other.stop()
    assert reply.status == 403


def test_a_phone_registers_and_logs_in_through_it(front: Front) -> None:
    phone = Device(base=f"http://localhost:{front.port}")
    phone.register()
    phone.session(customer=False)
    assert phone.get("/devices/current").ok()["deviceId"] == phone.device_id


def test_nobody_escapes_the_limits_by_naming_another_address(front: Front) -> None:
    """Counters per address must count the address that nginx saw, not what the caller says of himself."""
    statuses = [
        front.ask(
            "/app/v1/devices/challenge",
            method="POST",
            **{"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": "for=1.2.3.4"},
        ).status
        for number in range(200)
    ]
    assert 429 in statuses


def test_a_delta_that_no_publication_made_is_asked_of_the_bank(front: Front) -> None:
    answer = front.ask(f"/repo/deltas/{'0' * 64}/{'1' * 64}.zst")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_picture_of_an_application_may_be_larger_than_any_other_body(front: Front) -> None:
    picture = "/app/v1/accounts/applications/app_1/documents/FRONT"
    for path, status in ((picture, 401), ("/app/v1/accounts/applications", 413)):
        headers = {"Host": f"localhost:{front.port}", "Content-Type": "image/png"}
        answer = urllib3.request(
            "POST", f"http://127.0.0.1:{front.port}{path}", body=b"\0" * 1_000_000, headers=headers, retries=False
        )
        assert answer.status == status
