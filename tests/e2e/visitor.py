"""A visitor in a plain browser at the web host, and two small bundles that work there: shore and reef."""

import time
from pathlib import Path
from typing import Any

import urllib3
from playwright.sync_api import Browser, Frame, Page, expect
from urllib3.response import BaseHTTPResponse

from h5bundle.cli import main
from tests.e2e.browser import SECONDS
from tests.running import Running

RECORDED = 20
"""Seconds within which a running server shows what was published."""
DECLARATION = """\
id: {bundle}
version: {version}
title: {{ zh: 示例{bundle}, en: Sample {bundle} }}
floor: 1.0.0
permissions:
  app.info: 1
  app.ready: 1
  device.status: 1
  log.event: 1
  nav.close: 1
  nav.open: 1
  nav.setBackGuard: 1
  net.request: 1
  session.status: 1
  store.get: 1
  store.remove: 1
  store.set: 1
  tx.sign: 1
  ui.setTitleBar: 1
purposes: [wealth.order.place]
events: [page.back, page.shown, theme.changed]
ops: [wealth.product.list]
requires: {{ common: 1.0.0 }}
build: {{ bundles: {{ app.js: {{ sources: [app.js], filters: [esmin] }} }}, copy: [index.html] }}
"""
PAGE = """\
<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>sample</title>
<link rel="stylesheet" href="./_shared/common/tokens.css">
<script type="module" src="asset:app.js"></script><body><h1></h1><output></output></body></html>
"""
SCRIPT = """\
import { connect } from "./_shared/common/bridge.js";
const bridge = await connect({
  need: { "app.ready": 1, "store.get": 1, "store.set": 1 }, want: { "tx.sign": 1, "net.request": 1 },
});
Object.assign(globalThis, { bridge, shown: [] });
for (const name of ["page.shown", "page.back", "theme.changed"]) {
  bridge.on(name, (payload) => globalThis.shown.push({ name, payload }));
}
globalThis.tried = async (group, verb, input) => {
  try {
    return { ok: await (input === undefined ? bridge[group][verb]() : bridge[group][verb](input)) };
  } catch (error) {
    return { code: error.code, details: error.details };
  }
};
globalThis.calls = [
  () => bridge.device.status(), () => bridge.log.event({ name: "x", level: "info" }), () => bridge.nav.close(),
  () => bridge.nav.open({ route: "reef" }), () => bridge.nav.setBackGuard({ enabled: false }),
  () => bridge.net.request({ op: "wealth.product.list" }), () => bridge.session.status(),
  () => bridge.store.get({ key: "a" }), () => bridge.store.remove({ key: "a" }), () => bridge.store.set({ key: "a" }),
  () => bridge.tx.sign({ challengeId: "", purpose: "wealth.order.place" }),
  () => bridge.ui.setTitleBar({ title: "BUNDLE" }),
].length;
document.querySelector("h1").textContent = (await bridge.app.info()).platform;
await bridge.app.ready();
"""


def web_of(running: Running) -> str:
    """Give the origin of the server's web host."""
    return f"http://web.localhost:{running.port}"


def ask(
    running: Running, path: str, method: str = "GET", host: str = "web.localhost", **headers: str
) -> BaseHTTPResponse:
    """Ask the web host as a program would."""
    sent = {"Host": f"{host}:{running.port}", **headers}
    return urllib3.request(
        method, f"http://127.0.0.1:{running.port}{path}", headers=sent, redirect=False, retries=False
    )


def shown_digest(running: Running, bundle: str) -> str:
    """Give the digest of the release that a bundle's page would frame; empty for none."""
    page = ask(running, f"/web/{bundle}/").data.decode()
    return page.partition('data-digest="')[2].partition('"')[0]


def until(running: Running, bundle: str, digest: str) -> float:
    """Wait until the web host shows that release; give the seconds that it took."""
    begun = time.monotonic()
    while shown_digest(running, bundle) != digest:
        assert time.monotonic() - begun < RECORDED, f"{bundle} still shows {shown_digest(running, bundle)!r}"
        time.sleep(0.05)
    return time.monotonic() - begun


def h5bundle(running: Running, *words: str) -> str:
    """Run the toolkit on the server's repository, with the sandbox's keys."""
    keys = running.var / "release-keys"
    places = ("--repository", str(running.var / "repo"), "--keys", str(keys))
    secret = ("--passphrase-file", str(running.var / "passphrase"))
    done = running.call(*words, *places, *secret, command=main)
    assert done.returncode == 0, done.stderr
    return done.stdout


def publish(running: Running, folder: Path, bundle: str, version: str = "1.0.0", *more: str) -> str:
    """Write and publish one of the two bundles; give its digest."""
    source = folder / f"{bundle}-{version}" / "src"
    source.mkdir(parents=True)
    (source.parent / "bundle.yaml").write_text(DECLARATION.format(bundle=bundle, version=version), encoding="utf-8")
    (source / "index.html").write_text(PAGE, encoding="utf-8")
    (source / "app.js").write_text(SCRIPT.replace("BUNDLE", f"{bundle} {version}"), encoding="utf-8")
    said = h5bundle(running, "publish", str(source.parent), "--init", *more)
    return said.partition("#")[2][:64]


class Visitor:
    """One browser profile at the web host."""

    def __init__(self, browser: Browser, running: Running, locale: str = "zh-CN") -> None:
        self.running = running
        self.context = browser.new_context(viewport={"width": 390, "height": 844}, locale=locale)
        self.context.set_default_timeout(SECONDS)
        self.page: Page = self.context.new_page()

    def open(self, bundle: str, hash: str = "") -> None:  # noqa: A002 - the address's own word
        self.page.goto(f"{web_of(self.running)}/web/{bundle}/{hash}")

    def frame(self, bundle: str) -> Frame:
        """Give the bundle's live frame, once its first screen stands."""
        inner = self.page.frame_locator("iframe.bundle-frame")
        expect(inner.get_by_role("heading", name="web")).to_be_visible(timeout=SECONDS)
        (found,) = [one for one in self.page.frames if f"/web/{bundle}/" in one.url and one.parent_frame is not None]
        return found

    def tried(self, frame: Frame, method: str, given: Any = None) -> dict[str, Any]:
        """Call a method from the page: its result, or code and details of the refusal."""
        group, _, verb = method.partition(".")
        script = "([group, verb, given]) => tried(group, verb, given ?? undefined)"
        return dict(frame.evaluate(script, [group, verb, given]))

    def close(self, frame: Frame, given: dict[str, Any]) -> None:
        """Let the page close itself, from a turn of its own: the frame may be gone before an answer comes out of it."""
        frame.evaluate("(given) => void setTimeout(() => bridge.nav.close(given), 100)", given)
