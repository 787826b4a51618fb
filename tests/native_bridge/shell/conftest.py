"""Chromium, a server with the shell's and the bundles' hosts, and a page that has the shell's modules."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.native_bridge.shell.site import Site, start
from tests.native_bridge.shell.tuf_repository import Repository

SHARED = {"shared.js": b'export const shared = "common 1";\n', "tokens.css": b":root { --sea: #06355c; }\n"}
PAGE = {
    "index.html": b'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>wealth</title>'
    b'<link rel="stylesheet" href="./_shared/common/tokens.css"><script type="module" src="./main.js"></script>',
    "main.js": b"""import { shared } from "./_shared/common/shared.js";
addEventListener("message", (event) => {
  if (event.data?.tidegate !== "page-init") return;
  const port = event.ports[0];
  window.inits = (window.inits ?? 0) + 1;
  port.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.t === "ping" && !window.mute) port.postMessage(JSON.stringify({ v: 1, t: "pong", n: message.n }));
  };
  port.postMessage(JSON.stringify({ t: "hello", shared }));
});
parent.postMessage({ tidegate: "page-hello" }, "*");
""",
    "lazy/extra.js": b'export const extra = "lazy";\n',
    "other.html": b'<!doctype html><title>other</title><script src="./other.js"></script>',
    "other.js": b'parent.postMessage({ tidegate: "page-hello" }, "*");\n',
}


def stocked(version: str = "1.0.0") -> Repository:
    """A repository with a shared bundle and a bundle that requires it."""
    repository = Repository()
    common = repository.add_release("common", "1.0.0", SHARED)
    requires = {"common": {"version": "1.0.0", "digest": common}}
    repository.add_release("wealth", version, PAGE, requires=requires)
    repository.publish("app-common", "app-wealth", "rollout")
    return repository


@pytest.fixture(scope="session")
def served() -> Iterator[Site]:
    site = Site(stocked())
    stop = start(site)
    yield site
    stop()


@pytest.fixture
def site(served: Site) -> Site:
    served.reset(stocked())
    return served


@pytest.fixture(scope="session")
def bench(chromium: Browser, served: Site) -> Iterator[Page]:
    """One page for all tests that need modules but no storage and no frame of their own."""
    page = chromium.new_page()
    page.goto(served.origin + "/")
    page.evaluate("() => import('/harness.mjs').then(() => null)")
    yield page
    page.context.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def open_shell(context: BrowserContext, site: Site) -> Callable[[], Page]:
    def opened() -> Page:
        page = context.new_page()
        page.goto(site.origin + "/")
        page.evaluate("() => import('/harness.mjs').then(() => null)")
        return page

    return opened


@pytest.fixture
def shell(open_shell: Callable[[], Page]) -> Page:
    return open_shell()
