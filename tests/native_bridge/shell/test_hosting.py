"""What a bundle's origin answers, byte for byte and header for header, without a browser."""

import base64
import hashlib
import json
import re

import pytest

from native_bridge.hosting import (
    BundleHost,
    HostingError,
    loader_headers,
    page_headers,
    render_loader,
    render_worker,
    shell_headers,
    worker_headers,
)

SHELL = "http://localhost:8000"
KEYS = [{"keyid": "a" * 64, "pem": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}]
HOST = BundleHost(bundle="wealth", keys=KEYS, threshold=1, shell_origin=SHELL)
SCRIPT = {"service-worker": "script"}


def test_the_loaders_script_runs_by_its_hash() -> None:
    page = render_loader(shell_origin=SHELL).decode()
    script = page.partition("<script>")[2].rpartition("</script>")[0]
    source = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = loader_headers(shell_origin=SHELL)["Content-Security-Policy"]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{source}'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {SHELL}"
    )


def test_no_placeholder_is_left() -> None:
    worker = render_worker(bundle="wealth", keys=KEYS, threshold=1, shell_origin=SHELL).decode()
    assert re.findall(r"\{\{.*?\}\}", worker + render_loader(shell_origin=SHELL).decode()) == []
    assert f"const KEYS = {json.dumps(KEYS)};" in worker
    assert 'const BUNDLE = "wealth";' in worker


def test_the_worker_has_no_wider_scope() -> None:
    assert "Service-Worker-Allowed" not in worker_headers()
    assert worker_headers()["Content-Security-Policy"] == "default-src 'none'"


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/__loader.html", {}, 200),
        ("/__loader.html", {"sec-fetch-dest": "iframe"}, 200),
        ("/__loader.html", {"sec-fetch-dest": "document"}, 404),
        ("/__loader.html?x", {}, 404),
        ("/__sw.js", SCRIPT, 200),
        ("/__sw.js", {}, 404),
        ("/__sw.js", {"service-worker": "no"}, 404),
        ("/__sw.js?x", SCRIPT, 404),
        ("/__sw.js/", SCRIPT, 404),
        ("/./__sw.js", SCRIPT, 404),
        ("/%5f_sw.js", SCRIPT, 404),
        ("/", {}, 404),
        ("/v/" + "0" * 64 + "/index.html", {}, 404),
        ("/v/../__loader.html", {}, 404),
    ],
)
def test_only_the_two_exact_names_are_answered(target: str, headers: dict[str, str], status: int) -> None:
    answer = HOST.answer(target=target, headers=headers)
    assert answer.status == status
    if status != 200:
        assert answer.headers["Content-Security-Policy"] == f"default-src 'none'; sandbox; frame-ancestors {SHELL}"
        assert answer.headers["Content-Type"].startswith("text/plain")


def test_the_shell_frames_exact_origins_only() -> None:
    policy = shell_headers(bundle_origins=["http://wealth-h5.localhost:8000"])["Content-Security-Policy"]
    assert "frame-src http://wealth-h5.localhost:8000; frame-ancestors 'none'" in policy
    with pytest.raises(HostingError):
        shell_headers(bundle_origins=["http://*.localhost:8000"])


@pytest.mark.parametrize("origin", ["http://localhost:8000/", "*", "http://a b", "http://x;script-src *", "null", ""])
def test_what_is_no_origin_reaches_no_header(origin: str) -> None:
    with pytest.raises(HostingError):
        page_headers(shell_origin=origin)
    with pytest.raises(HostingError):
        render_loader(shell_origin=origin)


@pytest.mark.parametrize(
    ("bundle", "threshold"), [("wealth", 0), ("wealth", 2), ("Wealth", 1), ("we-alth", 1), ('w";x="', 1)]
)
def test_a_host_that_cannot_be_is_refused(bundle: str, threshold: int) -> None:
    with pytest.raises(HostingError):
        render_worker(bundle=bundle, keys=KEYS, threshold=threshold, shell_origin=SHELL)
