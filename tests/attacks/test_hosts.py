"""Attacks on the front: other hosts, bundle hosts, paths that climb, and answers that lack their protection."""

import pytest

from tests.attacks.bank import Bank, Customer, refused
from tests.device import Answer

CLIMBS = (
    "../passphrase",
    "..%2fpassphrase",
    "%2e%2e/passphrase",
    "%2e%2e%2fpassphrase",
    "..%5cpassphrase",
    "....//passphrase",
    "./../passphrase",
    "%252e%252e%252fpassphrase",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "metadata/../../passphrase",
    "metadata/..%2f..%2fpassphrase",
    "objects/%2e%2e/%2e%2e/keys/keys.json",
    "targets/../../release-keys/root.pem",
    "metadata/%00.json",
    "metadata/timestamp.json%00",
    "metadata/timestamp.json/",
    "metadata",
    "objects/",
    "origin/sw.js",
    "%6frigin/sw.js",
    "contrast.py",
    "__pycache__/contrast.cpython-311.pyc",
    ".git/config",
)


def bundle_host(bank: Bank, bundle: str = "wealth") -> str:
    return f"{bundle}-h5.localhost:{bank.running.port}"


HOSTS = (
    "evil.example",
    "localhost",
    "localhost:1",
    "127.0.0.1",
    "",
    "localhost.",
    "wealth-h5.localhost.evil.example",
    "x.localhost",
    "wealth-h5.localhost:1",
    "-h5.localhost",
    "we%61lth-h5.localhost",
    "wealth-h5.localhost, a",
)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/", "/app/v1/catalogue", "/shell/config.json", "/docs/api", "/openapi.json"])
def test_an_unknown_host_is_served_nothing(bank: Bank, host: str, path: str) -> None:
    """Defence: the host decides what is served; under a foreign name it could be framed or cached as another's."""
    answer = bank.wire("GET", path, {"Host": host})
    assert answer.status in {400, 421}, answer.raw
    if answer.headers.get("content-type") == "application/problem+json":
        assert answer.body["code"] in {"HOST_UNKNOWN", "REQUEST_INVALID"}
    assert b"trustedRoot" not in answer.raw


def test_forwarded_headers_of_a_stranger_mean_nothing(bank: Bank) -> None:
    """Defence: without a trusted proxy, X-Forwarded-* is ignored."""
    for headers in (
        {"Host": "evil.example", "X-Forwarded-Host": f"localhost:{bank.running.port}"},
        {"Host": "evil.example", "Forwarded": f"host=localhost:{bank.running.port}"},
    ):
        refused(bank.wire("GET", "/", headers), 421, "HOST_UNKNOWN")
    assert bank.wire("GET", "/", {"X-Forwarded-Host": "evil.example"}).status == 200


def test_an_unknown_bundles_host_is_served_nothing(bank: Bank) -> None:
    """Defence: a host of the pattern needs a role in the verified repository."""
    for bundle in ("evil", "bank", "a" * 24):
        for path in ("/__loader.html", "/__sw.js"):
            headers = {"Host": bundle_host(bank, bundle), "Service-Worker": "script", "Sec-Fetch-Dest": "iframe"}
            assert bank.wire("GET", path, headers).status == 404


def test_a_bundles_host_serves_loader_and_worker_and_nothing_else(bank: Bank) -> None:
    """Defence: nothing of the API, the shell or the interface page exists on a bundle's origin."""
    host = {"Host": bundle_host(bank)}
    assert bank.wire("GET", "/__loader.html", {**host, "Sec-Fetch-Dest": "iframe"}).status == 200
    assert bank.wire("GET", "/__sw.js", {**host, "Service-Worker": "script"}).status == 200
    for path in (
        "/",
        "/app/v1/catalogue",
        "/app/v1/accounts",
        "/shell/config.json",
        "/shell/contract.json",
        "/docs/api",
        "/openapi.json",
        "/healthz",
        "/readyz",
        "/__sw.js",
        "/__sw.js?x=1",
        "/__loader.html?x=1",
        "/__loader.html/",
        "//__loader.html",
        "/index.html",
        "/v/" + "0" * 64 + "/index.html",
    ):
        assert bank.wire("GET", path, host).status == 404, path
    assert bank.wire("GET", "/__loader.html", {**host, "Sec-Fetch-Dest": "document"}).status == 404
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert bank.wire(method, "/app/v1/sessions/challenge", host, b"{}").status == 404, method


def test_the_repository_is_the_same_under_every_host(bank: Bank) -> None:
    """Documented exception: the release repository is public, signed, and served before the host is looked at."""
    path = "/repo/metadata/timestamp.json"
    assert bank.wire("GET", path).raw == bank.wire("GET", path, {"Host": bundle_host(bank)}).raw


def test_an_object_never_becomes_a_page(bank: Bank) -> None:
    """Defence: objects have no media type of their own; a browser that guessed one would run a bundle's HTML here."""
    objects = bank.running.var / "repo" / "objects"
    pages = [file.name for file in objects.iterdir() if file.read_bytes().lstrip().startswith(b"<!doctype html")]
    assert pages
    for name in pages:
        answer = bank.wire("GET", f"/repo/objects/{name}")
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert bank.wire("GET", f"/repo/objects/{name}", {"Host": bundle_host(bank)}).status == 404


@pytest.mark.parametrize("climb", CLIMBS)
@pytest.mark.parametrize("folder", ["/shell/", "/repo/", "/repo/metadata/", "/repo/objects/", "/docs/api/static/"])
def test_no_path_climbs_out_of_its_folder(bank: Bank, folder: str, climb: str) -> None:
    """Defence: names are plain relative paths below the folder; links and templates are no files."""
    answer = bank.wire("GET", folder + climb)
    secret = (bank.running.var / "passphrase").read_bytes().strip()
    assert answer.status in {301, 302, 308, 400, 403, 404, 405}, (answer.status, answer.raw[:200])
    assert secret not in answer.raw
    assert b"root:" not in answer.raw
    assert b"{{ KEYS }}" not in answer.raw


def test_the_keys_are_not_beside_the_repository(bank: Bank) -> None:
    """Defence: of the repository's folder three folders are served; keys, database and log are elsewhere."""
    for name in ("keys.json", "../keys/keys.json", "passphrase", "tidegate.db", "server.log", "release-keys/root.pem"):
        assert bank.wire("GET", "/repo/" + name).status in {400, 404}


def headers_hold(answer: Answer) -> None:
    found = answer.headers
    assert found["x-content-type-options"] == "nosniff", found
    assert "server" not in found or "/" not in found["server"]
    assert "access-control-allow-origin" not in found
    assert "set-cookie" not in found


def test_every_kind_of_answer_is_protected(bank: Bank, alice: Customer) -> None:
    """Defence: what a view does not set, a guard sets for all, refusals and mistakes included."""
    answers = {
        "page": bank.wire("GET", "/"),
        "module": bank.wire("GET", "/shell/main.mjs"),
        "config": bank.wire("GET", "/shell/config.json"),
        "interface": bank.wire("GET", "/docs/api"),
        "document": bank.wire("GET", "/openapi.json"),
        "catalogue": bank.wire("GET", "/app/v1/catalogue"),
        "health": bank.wire("GET", "/healthz"),
        "ready": bank.wire("GET", "/readyz"),
        "answer": bank.send(alice.device, "GET", "/devices/current"),
        "refusal": bank.wire("GET", "/app/v1/accounts"),
        "no route": bank.wire("GET", "/nothing"),
        "no method": bank.wire("DELETE", "/app/v1/accounts"),
        "no host": bank.wire("GET", "/", {"Host": "evil.example"}),
        "loader": bank.wire("GET", "/__loader.html", {"Host": bundle_host(bank), "Sec-Fetch-Dest": "iframe"}),
        "worker": bank.wire("GET", "/__sw.js", {"Host": bundle_host(bank), "Service-Worker": "script"}),
        "no file": bank.wire("GET", "/x", {"Host": bundle_host(bank)}),
        "too large": bank.wire("POST", "/app/v1/sessions/challenge", {}, b"x" * 300_000),
    }
    for name, answer in answers.items():
        headers_hold(answer)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'"), name
        assert "unsafe" not in policy, name
        assert name == "worker" or "frame-ancestors" in policy, name
    for name in ("answer", "refusal", "catalogue", "no route"):
        assert answers[name].headers["cache-control"] == "no-store", name
    shell = bank.running.url
    assert f"frame-ancestors {shell}" in answers["loader"].headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answers["page"].headers["content-security-policy"]


def test_a_foreign_page_gets_no_permission(bank: Bank) -> None:
    """Defence: there is no CORS: neither a preflight nor a simple request is answered for another origin."""
    origin = {"Origin": "http://evil.example"}
    preflight = bank.wire("OPTIONS", "/app/v1/sessions/challenge", {**origin, "Access-Control-Request-Method": "POST"})
    assert preflight.status >= 400
    for answer in (preflight, bank.wire("GET", "/shell/config.json", origin), bank.wire("GET", "/healthz", origin)):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_request_id_is_echoed_only_when_it_is_sane(bank: Bank) -> None:
    """Defence: what comes back in a header or a log line is of one harmless form."""
    for hostile in ("x", "a" * 65, "id with space", "<script>alert(1)</script>", "id\tx-evil:1", "ä" * 12):
        answer = bank.wire("GET", "/healthz", {"X-Request-Id": hostile})
        assert answer.headers["x-request-id"] != hostile
        assert answer.headers["x-request-id"].startswith("req_")
    assert (
        bank.wire("GET", "/healthz", {"X-Request-Id": "trace-0000-0001"}).headers["x-request-id"] == "trace-0000-0001"
    )
