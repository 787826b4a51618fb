import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import native_bridge
from bff.bundles.anonymous import WebReleases
from bff.bundles.signing import CurrentSigningKeys
from bff.doors.shell import ShellHosting, shell_door
from bff.doors.web import WebHosting
from bff.web import errors, protection
from h5bundle.commands import rollout
from h5bundle.keys import KeyFolder
from h5bundle.manifest import Requirement
from h5bundle.pack import Package
from h5bundle.rollout import Change
from h5bundle.stores.local import LocalStore
from tests.h5bundle.conftest import NOW, Yard, package, shared_package

SHELL = "http://localhost:8000"
WEB = "http://web.localhost:8000"
FOLDER = Path(native_bridge.__file__).parent / "shell"
LINK = "https://app.bank.example/?open={route}"
COMMON = shared_package()
CSP = "default-src 'none'; script-src 'self' 'unsafe-inline'; connect-src *"


@dataclass
class Site:
    """The web host on a repository of its own."""

    yard: Yard
    now: datetime = NOW
    revoked: set[str] = field(default_factory=set)

    def client(self) -> FlaskClient:
        current = CurrentSigningKeys(self.yard.store, lambda: self.now)
        releases = WebReleases(
            store=self.yard.store,
            state=current.state,
            standing=lambda digest: digest not in self.revoked,
            app_version="1.0.0",
            clock=lambda: self.now,
        )
        web = WebHosting(
            origin=WEB, folder=FOLDER, contract=b"{}", config={"env": "sandbox"}, app_link=LINK, releases=releases
        )
        hosting = ShellHosting(
            shell_origin=SHELL,
            bundle_origin="http://{bundle}-h5.localhost:8000",
            folder=FOLDER,
            contract=b"{}",
            config={},
            bundles=current.bundles,
            root=current.root,
            role_keys=current.of,
            repository=self.yard.store.folder,
            web=web,
        )
        app = Flask("test", static_folder=None)
        errors.register(app)
        protection.register(app, https=False)
        app.register_blueprint(shell_door(hosting))
        app.add_url_rule("/app/v1/secret", view_func=lambda: "api", endpoint="secret")
        return app.test_client()


@pytest.fixture
def wealth() -> Package:
    pinned = {"common": Requirement("1.0.0", COMMON.digest)}
    return package(
        requires="{common: 1.0.0}",
        files={"index.html": b"<!doctype html>", "a/app.js": b"export {};\n"},
        pinned=pinned,
        csp=f'"{CSP}"',
    )


@pytest.fixture
def site(tmp_path: Path, wealth: Package) -> Site:
    keys = KeyFolder(tmp_path / "keys", b"tide")
    for role in ("root", "targets", "online", "rollout", "app-common", "app-wealth"):
        keys.generate(role)
    yard = Yard(LocalStore(tmp_path / "repo"), keys)
    yard.publish(COMMON)
    yard.publish(wealth)
    return Site(yard)


@pytest.fixture
def client(site: Site) -> Iterator[FlaskClient]:
    with site.client() as opened:
        yield opened


def test_the_page_names_the_release_and_frames_nothing_else(client: FlaskClient, wealth: Package) -> None:
    answer = client.get("/web/wealth/", base_url=WEB)
    policy = answer.headers["Content-Security-Policy"]
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert f"frame-src {WEB}/web/wealth/{wealth.digest}/;" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert f'data-digest="{wealth.digest}"' in answer.text
    assert 'href="https://app.bank.example/?open=wealth"' in answer.text
    assert "{{" not in answer.text
    assert answer.headers.getlist("Set-Cookie") == []


def test_a_file_comes_verified_with_both_policies_and_for_ever(client: FlaskClient, wealth: Package) -> None:
    answer = client.get(f"/web/wealth/{wealth.digest}/a/app.js", base_url=WEB)
    own, constant = answer.headers.getlist("Content-Security-Policy")
    assert (answer.data, answer.content_type) == (b"export {};\n", wealth.manifest.files["a/app.js"].type)
    assert own == CSP
    assert constant.startswith("sandbox allow-scripts allow-forms; ")
    assert "allow-same-origin" not in constant
    for part in (
        f"connect-src {WEB}/web/wealth/{wealth.digest}/",
        f"frame-ancestors {WEB}",
        "form-action 'none'",
        "frame-src 'none'",
    ):
        assert f"; {part}" in constant
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert (answer.headers["Access-Control-Allow-Origin"], answer.headers["Cross-Origin-Resource-Policy"]) == (
        "*",
        "cross-origin",
    )
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_shared_bundle_comes_below_the_release_that_pins_it(client: FlaskClient, wealth: Package) -> None:
    there = client.get(f"/web/wealth/{wealth.digest}/_shared/common/tokens.css", base_url=WEB)
    assert (there.status_code, there.data) == (200, b":root{}")
    assert client.get(f"/web/common/{COMMON.digest}/tokens.css", base_url=WEB).status_code == 404


def test_the_manifest_comes_as_signed(client: FlaskClient, wealth: Package) -> None:
    answer = client.get(f"/web/wealth/{wealth.digest}.json", base_url=WEB)
    assert (answer.data, answer.content_type) == (wealth.manifest_bytes, "application/json")


def test_the_configuration_says_what_is_on_offer_and_nothing_of_the_shell(client: FlaskClient) -> None:
    config = json.loads(client.get("/web/config.json", base_url=WEB).data)
    assert config == {"appLink": LINK, "bundles": ["wealth"], "env": "sandbox"}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/web/",
        "/web/wealth",
        "/web/unknown/",
        "/web/WEALTH/",
        "/web/wealth/{digest}",
        "/web/wealth/{digest}/",
        "/web/wealth/{digest}/nothing.js",
        "/web/wealth/{digest}/../{digest}/index.html",
        "/web/wealth/{digest}/%2e%2e/index.html",
        "/web/wealth/{digest}/a%2f..%2findex.html",
        "/web/wealth/{digest}/_shared/common/../../index.html",
        "/web/wealth/{digest}/_shared/unknown/tokens.css",
        "/web/wealth/" + "0" * 64 + "/index.html",
        "/web/wealth/" + "0" * 64 + ".json",
        "/web/common/{digest}/index.html",
        "/app/v1/secret",
        "/repo/metadata/timestamp.json",
        "/shell/config.json",
        "/shell/main.mjs",
        "/shell/index.html",
        "/shell/web/index.html",
        "/shell/origin/sw.js",
        "/shell/web/../../hosting.py",
        "/shell/web/%2e%2e/%2e%2e/hosting.py",
        "/shell/__init__.py",
        "/__loader.html",
        "/__sw.js",
        "/healthz",
    ],
)
def test_whatever_is_not_named_is_nothing(client: FlaskClient, wealth: Package, path: str) -> None:
    answer = client.get(path.replace("{digest}", wealth.digest), base_url=WEB, follow_redirects=True)
    assert (answer.status_code, answer.content_type) == (404, "text/plain; charset=utf-8")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_it_takes_no_other_method(client: FlaskClient, method: str) -> None:
    assert client.open("/app/v1/secret", method=method, base_url=WEB).status_code == 404
    assert client.open("/web/wealth/", method=method, base_url=WEB).status_code == 404


def test_the_shells_own_host_has_no_web_host(client: FlaskClient) -> None:
    assert client.get("/web/wealth/", base_url=SHELL).status_code == 404


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/shell/web/main.mjs", "text/javascript; charset=utf-8"),
        ("/shell/host/dispatcher.mjs", "text/javascript; charset=utf-8"),
        ("/shell/css/tokens.css", "text/css; charset=utf-8"),
        ("/shell/icons.svg", "image/svg+xml"),
        ("/shell/contract.json", "application/json"),
    ],
)
def test_the_hosts_own_files_are_no_document_of_anybody(client: FlaskClient, path: str, kind: str) -> None:
    answer = client.get(path, base_url=WEB)
    assert (answer.status_code, answer.content_type) == (200, kind)
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_release_called_back_is_shown_no_more_and_the_page_leads_to_the_app(
    site: Site, client: FlaskClient, wealth: Package
) -> None:
    assert client.get(f"/web/wealth/{wealth.digest}/index.html", base_url=WEB).status_code == 200
    site.revoked.add(wealth.digest)
    answer = client.get("/web/wealth/", base_url=WEB)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert 'data-digest=""' in answer.text
    assert "frame-src 'none'" in answer.headers["Content-Security-Policy"]
    assert client.get(f"/web/wealth/{wealth.digest}/index.html", base_url=WEB).status_code == 404


def test_what_a_called_back_shared_bundle_carries_is_shown_no_more(site: Site, client: FlaskClient) -> None:
    site.revoked.add(COMMON.digest)
    assert client.get("/web/wealth/", base_url=WEB).status_code == 503


def test_a_share_is_not_for_visitors_without_an_installation(site: Site, client: FlaskClient, wealth: Package) -> None:
    newer = package(version="1.1.0", floor="1.0.0", files={"index.html": b"<!doctype html>2"})
    site.yard.publish(newer, permyriad=9999)
    assert wealth.digest in client.get("/web/wealth/", base_url=WEB).text
    assert client.get(f"/web/wealth/{newer.digest}/index.html", base_url=WEB).status_code == 404
    site.yard.publish(newer, permyriad=10_000)
    assert newer.digest in client.get("/web/wealth/", base_url=WEB).text
    assert client.get(f"/web/wealth/{wealth.digest}/index.html", base_url=WEB).status_code == 404


def test_an_altered_object_is_not_served(site: Site, client: FlaskClient, wealth: Package) -> None:
    entry = wealth.manifest.files["a/app.js"]
    place = site.yard.store.folder / "objects" / entry.sha256
    place.chmod(0o644)
    place.write_bytes(b"import {};\n")
    assert client.get(f"/web/wealth/{wealth.digest}/a/app.js", base_url=WEB).status_code == 404
    assert client.get(f"/web/wealth/{wealth.digest}/index.html", base_url=WEB).status_code == 200


def test_an_altered_manifest_is_not_believed(site: Site, wealth: Package) -> None:
    (place,) = (site.yard.store.folder / "targets" / "apps" / "wealth").glob("*.manifest.json")
    place.chmod(0o644)
    place.write_bytes(wealth.manifest_bytes.replace(b"wealth.order", b"evil!!.order"))
    with site.client() as fresh:
        assert fresh.get("/web/wealth/", base_url=WEB).status_code == 503
        assert fresh.get(f"/web/wealth/{wealth.digest}.json", base_url=WEB).status_code == 404


def test_an_expired_policy_offers_nothing(site: Site, client: FlaskClient) -> None:
    assert client.get("/web/wealth/", base_url=WEB).status_code == 200
    site.now = NOW + timedelta(days=4)
    assert client.get("/web/wealth/", base_url=WEB).status_code == 503


def test_a_broken_repository_leads_to_the_app_and_serves_nothing(
    site: Site, client: FlaskClient, wealth: Package
) -> None:
    (site.yard.store.folder / "metadata" / "timestamp.json").write_bytes(b"{}")
    assert client.get("/web/wealth/", base_url=WEB).status_code == 503
    assert client.get(f"/web/wealth/{wealth.digest}/index.html", base_url=WEB).status_code == 404
    assert json.loads(client.get("/web/config.json", base_url=WEB).data)["bundles"] == []


def test_a_release_for_another_platform_leaves_the_web_the_one_behind(
    site: Site, client: FlaskClient, wealth: Package
) -> None:
    newer = package(version="1.1.0", floor="1.0.0", files={"index.html": b"<!doctype html>2"})
    site.yard.publish(newer, permyriad=0)
    alter = rollout.targeted("1.1.0", rollout.Targeting(permyriad=10_000, platforms=("ios",)), Change("anna", "iOS"))
    rollout.run("wealth", alter, site.yard.store, site.yard.keys, now=NOW)
    assert wealth.digest in client.get("/web/wealth/", base_url=WEB).text
    alter = rollout.targeted("1.1.0", rollout.Targeting(platforms=("ios", "web")), Change("anna", "web too"))
    rollout.run("wealth", alter, site.yard.store, site.yard.keys, now=NOW)
    assert newer.digest in client.get("/web/wealth/", base_url=WEB).text
