"""A phone's screen in Chromium with a page of a bundle in it, under a host that speaks the bridge's envelope."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page

from tests.h5bundle.apps.site import Site

NOW = datetime(2026, 11, 20, 6, 32, tzinfo=UTC)


@dataclass
class Screen:
    """One open page of a bundle."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def visit(self, site: Site, bundle: str, at: str = "/", **state: str) -> None:
        """Open a bundle at an address, with the state of the tests' bank."""
        self.page.goto(f"http://localhost:{site.port}/?{urlencode({'bundle': bundle, 'at': at, **state})}")
        self.page.wait_for_function("window.host && host.ready > 0")

    @property
    def frame(self) -> Frame:
        """The bundle's own document."""
        return next(frame for frame in self.page.frames if "-h5.localhost" in frame.url)

    def host(self, script: str) -> Any:
        """Ask or tell the host: an expression over ``host``."""
        return self.page.evaluate(script)

    def opened(self, count: int = 1) -> list[str]:
        """Which bundles and pages the page asked the host to open, once there are so many."""
        self.page.wait_for_function("(count) => host.opened.length >= count", arg=count)
        return list(self.host("host.opened"))

    def sent(self, op: str) -> list[dict[str, Any]]:
        """What the page asked of one operation."""
        calls: list[dict[str, Any]] = self.host("host.calls.filter((c) => c.m === 'net.request').map((c) => c.p)")
        return [call for call in calls if call["op"] == op]

    def listen(self) -> None:
        """Note what the console complains of, by the CSP or by a script."""
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def settle(self) -> None:
        """Wait until the page has drawn what it fetched."""
        self.frame.locator("main .bone").first.wait_for(state="detached")
        self.frame.locator("h1").first.wait_for(state="attached")

    def heading(self, text: str) -> None:
        """Wait for a heading."""
        self.frame.get_by_role("heading", name=text).first.wait_for()

    def press(self, name: str) -> None:
        """Press a button by its name."""
        self.frame.get_by_role("button", name=name, exact=True).first.click()


Open = Callable[..., Screen]


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture(scope="module")
def kit(site: Site, chromium: Browser) -> Iterator[Page]:
    """A page that holds the shared module as ``kit``."""
    context = chromium.new_context()
    context.clock.set_fixed_time(NOW)
    page = context.new_page()
    page.goto(f"http://localhost:{site.port}/host/host.css")
    text = site.files["wealth"]["_shared/common/ui.js"].decode()
    page.evaluate(
        """async (text) => {
          const address = URL.createObjectURL(new Blob([text], {type: "text/javascript"}));
          window.kit = await import(address);
        }""",
        text,
    )
    yield page
    context.close()


@pytest.fixture
def open_page(site: Site, chromium: Browser) -> Iterator[Open]:
    """Open a bundle at an address; at the end nothing may have been complained about, by the CSP or by a script."""
    contexts: list[BrowserContext] = []
    screens: list[Screen] = []

    def open_(bundle: str, at: str = "/", *, width: int = 390, height: int = 749, **state: str) -> Screen:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", device_scale_factor=2
        )
        context.clock.set_fixed_time(NOW)
        context.set_default_timeout(8000)
        contexts.append(context)
        screen = Screen(context.new_page())
        screens.append(screen)
        screen.listen()
        screen.visit(site, bundle, at, **state)
        return screen

    yield open_
    for context in contexts:
        context.close()
    assert [screen.complaints for screen in screens] == [[] for _ in screens]
