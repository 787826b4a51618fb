"""What the headers fence off: foreign parents, and the side ways out of a page that no fetch directive covers."""

import socket
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Frame, Page

from native_bridge.hosting import HostedAnswer
from tests.native_bridge.shell.conftest import stocked
from tests.native_bridge.shell.site import Site, start
from tests.native_bridge.shell.tuf_repository import NOW

pytestmark = pytest.mark.browser

STUN = """(port) => {
  const connection = new RTCPeerConnection({ iceServers: [{ urls: `stun:127.0.0.1:${port}` }] });
  connection.createDataChannel("x");
  connection.createOffer().then((offer) => connection.setLocalDescription(offer)).catch(() => {});
}"""


@pytest.fixture
def shell(open_shell: Callable[[], Page]) -> Page:
    page = open_shell()
    page.evaluate("(now) => begin({ now })", int(NOW.timestamp() * 1000))
    page.evaluate("() => update()")
    assert page.evaluate("() => show('wealth')") == "live"
    return page


def inside(shell: Page) -> Frame:
    return next(frame for frame in shell.frames if "/v/" in frame.url)


@pytest.fixture
def datagrams() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as canary:
        canary.bind(("127.0.0.1", 0))
        canary.settimeout(2)
        yield canary


def test_no_stun_leaves_the_page(shell: Page, datagrams: socket.socket) -> None:
    port = datagrams.getsockname()[1]
    inside(shell).evaluate(STUN, port)
    with pytest.raises(TimeoutError):
        datagrams.recv(64)
    shell.evaluate(STUN, port)  # the same from a page without the fence arrives
    assert datagrams.recv(64)


@pytest.fixture
def door() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(2)
        yield canary


def test_no_navigation_of_the_page_reaches_another_origin(shell: Page, door: socket.socket) -> None:
    address = f"http://127.0.0.1:{door.getsockname()[1]}/?secret=1"
    inside(shell).evaluate("(address) => { setTimeout(() => { location.href = address; }, 0); }", address)
    shell.wait_for_function("() => frame.state === 'ended'")
    with pytest.raises(TimeoutError):
        door.accept()


@pytest.mark.parametrize("path", ["/__loader.html", "/v/{digest}/index.html"])
def test_a_parent_on_another_port_frames_nothing(shell: Page, context: BrowserContext, site: Site, path: str) -> None:
    target = site.bundle_origin("wealth") + path.format(digest=shell.evaluate("() => releases.get('wealth').digest"))
    other = Site(stocked())
    html = f"""<!doctype html><script>
      window.heard = 0;
      addEventListener("message", () => {{ window.heard += 1; }});
    </script><iframe src="{target}"></iframe>"""
    other.bank = lambda _: HostedAnswer(200, {"Content-Type": "text/html"}, html.encode())
    stop = start(other)
    try:
        page = context.new_page()
        messages: list[str] = []
        page.on("console", lambda message: messages.append(message.text))
        page.goto(other.origin + "/app/v1/thief")
        page.wait_for_timeout(500)
        assert page.evaluate("() => window.heard") == 0
        assert any("frame-ancestors" in message for message in messages)
    finally:
        stop()
