"""Chromium with the whole shell in it, served by this folder's site, and the page of the bundle that was opened."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page

from tests.native_bridge.shell.site import start
from tests.native_bridge.shell_ui.bank import Bank
from tests.native_bridge.shell_ui.site import ShellSite, stocked

PIN = "136913"
PHRASE = "外婆家的渡口"
NOT_YET_SIGNED = "404"  # the next root, which is asked for at each start and is not there


@dataclass
class Shell:
    """The shell in a browser."""

    page: Page
    site: ShellSite
    bank: Bank
    trouble: list[str] = field(default_factory=list)

    def begin(self) -> None:
        self.page.goto(self.site.origin)
        self.page.wait_for_selector("[data-open=wealth]")
        self.page.wait_for_selector("[data-do=reload]:not([aria-busy])")

    def open(self, bundle: str = "wealth") -> Frame:
        """Open a bundle and give its page."""
        self.page.click(f"[data-open={bundle}]")
        self.page.wait_for_selector(".origin .chip.ok")
        frame = next(frame for frame in self.page.frames if f"{bundle}-h5" in frame.url)
        frame.wait_for_selector("body[data-ready]")
        return frame

    def enrol(self) -> None:
        """Put a PIN and a reserved phrase on the device, as binding would."""
        self.page.evaluate(
            """async ([pin, phrase]) => {
              const { Store } = await import("/shell/core/store.mjs");
              const { PinVault } = await import("/shell/ui/pin.mjs");
              const store = await Store.open();
              await new PinVault({ store, iterations: 1000 }).set(pin);
              await store.put("values", "phrase", phrase);
              store.close();
            }""",
            [PIN, PHRASE],
        )

    def ask(self, frame: Frame, call: str) -> None:
        """Let the page call without waiting for the answer."""
        frame.evaluate(f"""() => {{ window.answer = null; bridge.{call}.then(
            (value) => {{ window.answer = {{ value }}; }},
            (error) => {{ window.answer = {{ code: error.code, details: error.details }}; }}); }}""")

    def answer(self, frame: Frame) -> dict[str, Any]:
        frame.wait_for_function("() => window.answer !== null")
        return dict(frame.evaluate("window.answer"))


@pytest.fixture
def unstarted(chromium: Browser) -> Iterator[Shell]:
    """A shell that has not loaded anything; the device is new."""
    now = datetime.now(UTC)  # noqa: TID251 — the browser's clock is the real one
    repository, bundle = stocked(now)
    bank = Bank(now=now, bundle=bundle)
    site = ShellSite(repository, bank=bank.answer, teller=bank)
    stop = start(site)
    context = chromium.new_context(viewport={"width": 1600, "height": 1000})
    context.set_default_timeout(15_000)
    shell = Shell(context.new_page(), site, bank)
    shell.page.on("console", lambda message: shell.trouble.append(message.text) if message.type == "error" else None)
    shell.page.on("pageerror", lambda error: shell.trouble.append(str(error)))
    yield shell
    context.close()
    stop()


@pytest.fixture
def shell(unstarted: Shell) -> Shell:
    """A shell on a new device."""
    unstarted.begin()
    return unstarted


@pytest.fixture
def bound(unstarted: Shell) -> Shell:
    """A shell on a bound device with a PIN and a reserved phrase."""
    unstarted.bank.state = "ACTIVE"
    unstarted.begin()
    unstarted.enrol()
    return unstarted
