"""A person at the shell in a real Chromium: what they see, press and type, and what the console complained of."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, FrameLocator, Page, Playwright, expect, sync_playwright

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-features=Translate"
)
SECONDS = 30_000


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS.split())


class Person:
    """One browser profile with the shell open."""

    PIN = "271828"

    def __init__(self, browser: Browser, url: str, *, theme: str = "light", locale: str = "zh-CN") -> None:
        self.context = browser.new_context(
            viewport={"width": 1600, "height": 1000}, color_scheme="dark" if theme == "dark" else "light", locale=locale
        )
        self.context.set_default_timeout(SECONDS)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(url)
        self.dialog = self.page.get_by_role("dialog")

    def _heard(self, message: Any) -> None:
        expected = "status of 40" in message.text  # a 404 that ends the root chain, a 401 that brings a nonce
        if message.type == "error" and not expected:
            self.complaints.append(message.text)

    # ── the phone ──
    def open(self, tile: str, bundle: str) -> FrameLocator:
        self.page.get_by_role("main").get_by_role("button", name=tile).first.click()
        return self.frame(bundle)

    def frame(self, bundle: str) -> FrameLocator:
        return self.page.frame_locator(f'iframe[src*="//{bundle}-h5."], iframe[data-bundle="{bundle}"]')

    def press(self, frame: FrameLocator, name: str) -> None:
        frame.get_by_role("button", name=name, exact=True).click()

    def heading(self, frame: FrameLocator, text: str) -> None:
        expect(frame.get_by_role("heading", name=text)).to_be_visible(timeout=SECONDS)

    def type_pin(self) -> None:
        for digit in self.PIN:
            self.dialog.locator(".keys").get_by_role("button", name=digit, exact=True).click()
