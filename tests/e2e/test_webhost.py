"""The same bundles in the shell and in the web host, and what the web host gives, refuses and leads to the app for."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from h5bundle.digests import sha256
from h5bundle.manifest import decode
from tests.e2e.browser import SECONDS, Person
from tests.e2e.visitor import Visitor, ask, h5bundle, publish, shown_digest, until
from tests.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SCREEN = ".whole[data-screen={kind}]"
OPEN = "在 App 中打开"


@pytest.fixture(scope="module")
def samples(running: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The two bundles that work on the web, by name with their digests."""
    folder = tmp_path_factory.mktemp("samples")
    made = {bundle: publish(running, folder, bundle) for bundle in ("shore", "reef")}
    for bundle, digest in made.items():
        until(running, bundle, digest)
    return made


@pytest.fixture
def visitor(chromium: Browser, running: Running) -> Iterator[Visitor]:
    somebody = Visitor(chromium, running)
    yield somebody
    somebody.context.close()


@pytest.mark.parametrize(("bundle", "place"), [("accounts", ""), ("wealth", "#/orders")])
def test_the_banks_bundle_is_the_same_release_in_both_hosts_and_the_web_leads_to_the_app(
    running: Running, person: Callable[..., Person], visitor: Visitor, bundle: str, place: str
) -> None:
    visitor.open(bundle, place)
    expect(visitor.page.locator(SCREEN.format(kind="need"))).to_be_visible(timeout=SECONDS)
    assert "METHOD_UNSUPPORTED · " in visitor.page.locator(".mono").inner_text()
    assert visitor.page.locator("iframe").count() == 0
    link = visitor.page.get_by_role("link", name=OPEN).get_attribute("href")
    assert link == f"{running.url}/?open={quote(bundle + place, safe='')}"
    on_the_web = shown_digest(running, bundle)

    customer = person()
    customer.wait_until_installed()
    customer.page.goto(link)
    frame = customer.frame(bundle)
    expect(frame.get_by_role("heading").first).to_be_visible(timeout=SECONDS)
    assert frame.locator("body").evaluate("() => location.pathname.split('/')[2]") == on_the_web
    assert frame.locator("body").evaluate("() => location.hash") == place
    assert customer.page.url == f"{running.url}/"
    manifest = decode(ask(running, f"/web/{bundle}/{on_the_web}.json").data)
    for path, entry in manifest.files.items():
        served = ask(running, f"/web/{bundle}/{on_the_web}/{path}")
        assert (served.status, sha256(served.data), served.headers["Content-Type"]) == (200, entry.sha256, entry.type)


def test_a_bundle_runs_in_the_web_host_with_reduced_grants(
    visitor: Visitor, samples: dict[str, str], running: Running
) -> None:
    visitor.open("shore", "#/at?x=1")
    frame = visitor.frame("shore")
    assert samples["shore"] in frame.url
    assert frame.evaluate("() => location.hash") == "#/at?x=1"
    assert frame.evaluate("() => self.origin") == "null"
    info = visitor.tried(frame, "app.info")["ok"]
    assert (info["platform"], info["locale"], info["env"], info["bank"]["zh"]) == (
        "web",
        "zh-CN",
        "sandbox",
        "澜江银行",
    )
    assert visitor.tried(frame, "session.status")["ok"]["state"] == "none"
    assert visitor.tried(frame, "store.set", {"key": "a", "value": {"n": 1}}) == {"ok": {}}
    assert visitor.tried(frame, "store.get", {"key": "a"}) == {"ok": {"value": {"n": 1}}}
    assert visitor.tried(frame, "ui.setTitleBar", {"title": "新标题"}) == {"ok": {}}
    expect(visitor.page.get_by_role("heading", name="新标题")).to_be_visible()
    welcome = frame.evaluate("() => bridge.welcome")
    assert welcome["denied"] == {"tx.sign": "METHOD_UNSUPPORTED", "net.request": "METHOD_UNSUPPORTED"}
    assert welcome["host"] == {"platform": "web", "app": "1.0.0"}
    expect(visitor.page.locator(".appbar")).to_be_hidden()
    link = f"{running.url}/?open=shore%23%2Fat%3Fx%3D1"
    for method, given in (
        ("tx.sign", {"challengeId": "chl_" + "a" * 26}),
        ("net.request", {"op": "wealth.product.list"}),
        ("device.status", None),
    ):
        assert visitor.tried(frame, method, given) == {"code": "METHOD_UNSUPPORTED", "details": {"deepLink": link}}
    expect(visitor.page.locator(".appbar")).to_be_visible()
    assert visitor.page.get_by_role("link", name=OPEN).get_attribute("href") == link
    assert visitor.tried(frame, "input.securePin", {"purpose": "pay"})["code"] == "PERMISSION_DENIED"


def test_one_bundle_opens_another_and_gets_its_result(visitor: Visitor, samples: dict[str, str]) -> None:
    assert samples
    visitor.open("shore")
    first = visitor.frame("shore")
    assert visitor.tried(first, "nav.open", {"route": "unknown"})["code"] == "PARAMS_INVALID"
    assert visitor.tried(first, "nav.open", {"route": "reef#/deep", "params": {"n": 7}}) == {"ok": {}}
    visitor.page.wait_for_url(re.compile("/web/reef/#/deep$"))
    second = visitor.frame("reef")
    shown = second.evaluate("() => shown.find(({ name }) => name === 'page.shown').payload")
    assert shown == {"route": "reef#/deep", "params": {"n": 7}, "caller": "shore", "result": None}
    visitor.tried(second, "nav.setBackGuard", {"enabled": True})
    visitor.page.get_by_role("button", name="返回").click()
    second.wait_for_function("() => shown.some(({ name }) => name === 'page.back')")
    visitor.close(second, {"result": {"done": True}})
    visitor.page.wait_for_url(re.compile("/web/shore/$"))
    back = visitor.frame("shore")
    assert back.evaluate("() => shown.find(({ name }) => name === 'page.shown').payload.result") == {"done": True}
    visitor.close(back, {})
    expect(visitor.page.locator(SCREEN.format(kind="left"))).to_be_visible()


def test_the_words_follow_the_language(chromium: Browser, running: Running, samples: dict[str, str]) -> None:
    assert samples
    somebody = Visitor(chromium, running, locale="en-GB")
    somebody.open("wealth")
    expect(somebody.page.get_by_role("heading", name="Open this in the app")).to_be_visible(timeout=SECONDS)
    somebody.page.get_by_role("button", name="中文").click()
    expect(somebody.page.get_by_role("heading", name="请在 App 中打开")).to_be_visible()
    somebody.context.close()


@pytest.mark.parametrize(
    "wish",
    [
        "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
        "https%3A%2F%2Fevil.example%2F",
        "%2F%2Fevil.example",
        "javascript%3Aalert(1)",
        "wealth%23%2F%3Cimg%20src%3Dx%3E",
        "wealth%40evil.example",
        "common",
        "unknown",
        "wealth&open=accounts",
        "",
    ],
)
def test_a_deep_link_that_is_no_route_of_an_installed_bundle_stays_at_home(
    running: Running, person: Callable[..., Person], wish: str
) -> None:
    customer = person()
    customer.wait_until_installed()
    customer.page.goto(f"{running.url}/?open={wish}")
    customer.wait_until_installed()
    customer.page.wait_for_function("() => location.search === ''")
    assert customer.page.url == f"{running.url}/"
    assert customer.page.locator("img[src=x]").count() == 0
    assert [frame.url for frame in customer.page.frames if "/v/" in frame.url] == []


def test_a_release_on_trial_is_not_for_the_web_and_a_halt_or_call_back_acts_at_once(
    running: Running, samples: dict[str, str], tmp_path: Path
) -> None:
    by = ("--by", "anna", "--why", "a test")
    first = samples["reef"]
    second = publish(running, tmp_path, "reef", "1.1.0", "--permyriad", "9999")
    assert shown_digest(running, "reef") == first
    assert ask(running, f"/web/reef/{second}/index.html").status == 404
    h5bundle(running, "offer", "reef", "1.1.0", "100%", *by)
    until(running, "reef", second)
    assert ask(running, f"/web/reef/{first}/index.html").status == 404
    h5bundle(running, "halt", "reef", *by)
    assert until(running, "reef", "") < 2
    assert [ask(running, path).status for path in ("/web/reef/", f"/web/reef/{second}/index.html")] == [503, 404]
    h5bundle(running, "resume", "reef", *by)
    until(running, "reef", second)
    done = running.call("revoke-bundle", second)
    assert done.returncode == 0, done.stderr
    assert until(running, "reef", "") < 4
    assert ask(running, f"/web/reef/{second}/index.html").status == 404
    assert ask(running, f"/web/reef/{second}.json").status == 404
