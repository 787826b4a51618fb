"""A person at the shell in a real Chromium: what they see, press and type, and what the console complained of."""

import re
from typing import Any

from playwright.sync_api import Browser, FrameLocator, Page, expect

SECONDS = 30_000


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
        self.offline = self.blocked = False
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(url)
        self.dialog = self.page.get_by_role("dialog")

    def _heard(self, message: Any) -> None:
        # expected: a 404 that ends the chain of roots, a 401 that brings a nonce, requests while offline, and what the
        # CSP keeps a foreign front-end from doing
        expected = (
            "status of 40" in message.text
            or (self.offline and "ERR_INTERNET_DISCONNECTED" in message.text)
            or (self.blocked and "Content Security Policy" in message.text)
        )
        if message.type == "error" and not expected:
            self.complaints.append(message.text)

    # ── the phone ──
    def open(self, tile: str, bundle: str) -> FrameLocator:
        self.page.get_by_role("main").get_by_role("button", name=tile).first.click()
        return self.frame(bundle)

    def home(self) -> None:
        """Go back until the phone shows its native home."""
        tile = self.page.get_by_role("main").get_by_role("button", name="金芒果")
        while not tile.is_visible():
            self.back()
            self.page.wait_for_timeout(300)

    def back(self) -> None:
        """Press the way back in the phone's title bar."""
        self.page.get_by_role("main").get_by_role("button", name=re.compile("返回|关闭")).first.click()

    def wait_until_installed(self) -> None:
        """Wait until every bundle is verified and stands ready on its own origin."""
        expect(self.page.get_by_role("main").get_by_role("button", name="金芒果")).to_be_visible(timeout=SECONDS)
        self.page.wait_for_load_state("networkidle")

    def frame(self, bundle: str) -> FrameLocator:
        return self.page.frame_locator(f'iframe[src*="//{bundle}-h5."], iframe[data-bundle="{bundle}"]')

    def press(self, frame: FrameLocator, name: str) -> None:
        frame.get_by_role("button", name=name, exact=True).click()

    def heading(self, frame: FrameLocator, text: str | re.Pattern[str]) -> None:
        expect(frame.get_by_role("heading", name=text)).to_be_visible(timeout=SECONDS)

    def type_pin(self) -> None:
        for digit in self.PIN:
            self.dialog.locator(".keys").get_by_role("button", name=digit, exact=True).click()
