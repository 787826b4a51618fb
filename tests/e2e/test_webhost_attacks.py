"""A hostile bundle, a hostile site and a hostile store against the web host, in a real browser."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, expect

from h5bundle.manifest import decode
from tests.e2e.visitor import Visitor, ask, publish, until, web_of
from tests.running import Running
from tests.serving import LoopbackServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SUBMIT = """\
document.body.append(Object.assign(document.createElement("form"), { action: "/web/reef/" }));
document.forms[0].submit()"""
COUNT_PORTS = """() => {
  window.ports = 0;
  addEventListener("message", ({ ports }) => { window.ports += ports.length; });
}"""
ENDED = ".whole[data-screen=ended]"


@pytest.fixture(scope="module")
def samples(running: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
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


@pytest.mark.parametrize(
    "reach",
    [
        "localStorage.length",
        "sessionStorage.length",
        "document.cookie",
        "parent.document.title",
        "top.localStorage.length",
        "parent.location.href",
        "indexedDB.databases()",
        "caches.keys()",
        "navigator.serviceWorker.getRegistrations()",
    ],
)
def test_a_page_reaches_no_storage_and_not_the_host(visitor: Visitor, samples: dict[str, str], reach: str) -> None:
    assert samples
    visitor.open("shore")
    frame = visitor.frame("shore")
    script = f"async () => {{ try {{ return String(await ({reach})); }} catch (error) {{ return error.name; }} }}"
    assert frame.evaluate(script) == "SecurityError"


@pytest.mark.parametrize(
    "key", ["../reef/secret", "reef/secret", "/secret", "__proto__/x", "..", "secret/../../reef/secret"]
)
def test_a_page_names_no_key_of_another_bundle(visitor: Visitor, samples: dict[str, str], key: str) -> None:
    assert samples
    visitor.open("reef")
    assert visitor.tried(visitor.frame("reef"), "store.set", {"key": "secret", "value": "the reef's"}) == {"ok": {}}
    visitor.open("shore")
    frame = visitor.frame("shore")
    assert visitor.tried(frame, "store.get", {"key": "secret"}) == {"ok": {"value": None}}
    assert visitor.tried(frame, "store.get", {"key": key})["code"] == "PARAMS_INVALID"


@pytest.mark.parametrize(
    "leave",
    [
        "location.href = `/web/reef/${REEF}/index.html`",
        "location.href = '/web/reef/'",
        "location.href = 'http://localhost:PORT/'",
        "location.href = 'data:text/html,<h1>x</h1>'",
        "location.href = URL.createObjectURL(new Blob(['<h1>x</h1>'], { type: 'text/html' }))",
        "location.reload()",
        SUBMIT,
    ],
)
def test_a_frame_that_leaves_its_release_has_no_session_and_shows_nothing_else(
    visitor: Visitor, samples: dict[str, str], running: Running, leave: str
) -> None:
    visitor.open("shore")
    frame = visitor.frame("shore")
    script = leave.replace("${REEF}", samples["reef"]).replace("`", "'").replace("PORT", str(running.port))
    frame.evaluate(f"() => setTimeout(() => {{ {script}; }})")
    visitor.page.wait_for_timeout(1000)
    others = [one.url for one in visitor.page.frames if one.parent_frame and samples["shore"] not in one.url]
    assert [url for url in others if "reef" in url or ("localhost:" in url and "web." not in url)] == []
    expect(visitor.page.locator(ENDED)).to_be_visible()
    assert visitor.page.locator("iframe").count() == 0


@pytest.mark.parametrize(
    "escape",
    ["top.location.href = 'https://evil.example/'", "window.open('https://evil.example/')", "open('/web/reef/')"],
)
def test_a_page_moves_neither_the_tab_nor_opens_another(visitor: Visitor, samples: dict[str, str], escape: str) -> None:
    assert samples
    visitor.open("shore")
    frame = visitor.frame("shore")
    frame.evaluate(f"() => {{ try {{ {escape}; }} catch {{}} }}")
    visitor.page.wait_for_timeout(300)
    assert len(visitor.context.pages) == 1
    assert visitor.page.url.endswith("/web/shore/")


def test_a_page_frames_nothing_and_calls_nobody(visitor: Visitor, samples: dict[str, str], running: Running) -> None:
    assert samples
    visitor.open("shore")
    frame = visitor.frame("shore")
    for address in ("/web/reef/", f"{running.url}/", "about:blank", f"/web/reef/{samples['reef']}/index.html"):
        frame.evaluate(
            "(src) => void document.body.append(Object.assign(document.createElement('iframe'), { src }))", address
        )
    visitor.page.wait_for_timeout(500)
    inner = [one for one in visitor.page.frames if one.parent_frame == frame]
    assert [one.url for one in inner if one.url.startswith("http")] == []
    for address in (f"{running.url}/app/v1/catalogue", f"{web_of(running)}/web/config.json", "https://evil.example/"):
        call = "(address) => fetch(address, { credentials: 'include' }).then(() => 'answered', (error) => error.name)"
        assert frame.evaluate(call, address) == "TypeError"


@pytest.mark.parametrize(
    "forged", ["window.postMessage({ tidegate: 'page-hello' }, '*')", "new BroadcastChannel('x').postMessage(1)"]
)
def test_a_hello_that_is_not_the_frames_gets_no_port(visitor: Visitor, samples: dict[str, str], forged: str) -> None:
    assert samples
    visitor.open("shore")
    frame = visitor.frame("shore")
    visitor.page.evaluate(COUNT_PORTS)
    visitor.page.evaluate(f"() => {{ {forged}; }}")
    visitor.page.wait_for_timeout(300)
    assert visitor.page.evaluate("() => window.ports") == 0
    assert visitor.tried(frame, "app.info")["ok"]["platform"] == "web"


def test_a_second_hello_ends_the_session(visitor: Visitor, samples: dict[str, str]) -> None:
    assert samples
    visitor.open("shore")
    visitor.frame("shore").evaluate("() => parent.postMessage({ tidegate: 'page-hello' }, '*')")
    expect(visitor.page.locator(ENDED)).to_be_visible()


def test_a_bundles_file_opened_alone_has_no_origin_and_no_host(
    visitor: Visitor, samples: dict[str, str], running: Running
) -> None:
    visitor.open("shore")
    visitor.frame("shore")
    visitor.page.goto(f"{web_of(running)}/web/shore/{samples['shore']}/index.html")
    assert visitor.page.evaluate("() => self.origin") == "null"
    with pytest.raises(Error, match="SecurityError"):
        visitor.page.evaluate("() => localStorage.length")


class Foreign(BaseHTTPRequestHandler):
    """A site of somebody else that frames what it is given."""

    def __init__(self, address: str, *rest: Any) -> None:
        self.address = address
        super().__init__(*rest)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f'<!doctype html><iframe src="{self.address}"></iframe>'.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep quiet."""


@pytest.mark.parametrize("path", ["/web/shore/", "/web/shore/{shore}/index.html", "/web/shore/{shore}.json"])
def test_a_foreign_site_frames_neither_host_nor_bundle(
    visitor: Visitor, samples: dict[str, str], running: Running, path: str
) -> None:
    address = web_of(running) + path.format(**samples)
    with LoopbackServer(partial(Foreign, address)) as site:
        visitor.page.goto(f"http://web.localhost:{site.server_port}/")
        visitor.page.wait_for_timeout(1000)
        (framed,) = [one for one in visitor.page.frames if one.parent_frame]
        assert framed.url.startswith("chrome-error:")


def test_the_hosts_own_page_reaches_no_interface_of_the_bank(
    chromium: Browser, running: Running, samples: dict[str, str]
) -> None:
    assert samples
    context = chromium.new_context(bypass_csp=True)  # what is left when the policy is not there
    page = context.new_page()
    page.goto(f"{web_of(running)}/web/shore/")
    call = (
        "(address) => fetch(address, { credentials: 'include' }).then((reply) => reply.status, (error) => error.name)"
    )
    assert page.evaluate(call, f"{running.url}/app/v1/catalogue") == "TypeError"
    assert page.evaluate(call, f"{running.url}/shell/config.json") == "TypeError"
    assert page.evaluate(call, f"{web_of(running)}/app/v1/catalogue") == 404
    context.close()


def test_an_altered_object_is_not_served(running: Running, samples: dict[str, str], visitor: Visitor) -> None:
    digest = samples["reef"]
    manifest = decode(ask(running, f"/web/reef/{digest}.json").data)
    (name, entry) = next((name, entry) for name, entry in manifest.files.items() if name.endswith(".js"))
    stored = Path(running.var / "repo" / "objects" / entry.sha256)
    whole = stored.read_bytes()
    stored.chmod(0o644)
    stored.write_bytes(whole[:-1] + b" ")
    try:
        assert ask(running, f"/web/reef/{digest}/{name}").status == 404
        visitor.open("reef")
        visitor.page.wait_for_timeout(500)
        assert visitor.page.locator("h1", has_text="web").count() == 0
    finally:
        stored.write_bytes(whole)
    assert ask(running, f"/web/reef/{digest}/{name}").data == whole


@pytest.mark.parametrize(
    "place",
    [
        "#/<img src=x onerror=alert(1)>",
        "#//evil.example/<b>",
        "#javascript:alert(1)",
        "#/%22onclick",
        "#/" + "a" * 300,
        "?open=//evil.example",
    ],
)
def test_an_address_of_the_host_puts_nothing_of_its_own_into_the_link(
    visitor: Visitor, samples: dict[str, str], running: Running, place: str
) -> None:
    assert samples
    visitor.open("shore", place)
    frame = visitor.frame("shore")
    link = visitor.tried(frame, "device.status")["details"]["deepLink"]
    origin, _, route = link.partition("/?open=")
    assert origin == running.url
    assert json.dumps(link).isascii()
    assert not set(route) & set("<>\"'/#: ")
    assert visitor.page.locator("img[src=x]").count() == 0
