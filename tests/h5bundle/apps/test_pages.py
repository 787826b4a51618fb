"""Every page of every bundle: axe-core, 320 pixels, twice the text, touch, both languages and themes, trouble, bytes.

A bundle lists its addresses in ``pages.yaml`` beside its ``bundle.yaml``; a page that is not listed is not held to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, ViewportSize

from bff.sandbox import BUNDLES
from h5bundle.yaml_strict import load_yaml
from tests.h5bundle.apps.conftest import NOW, Screen
from tests.h5bundle.apps.site import APPS, GALLERY, HERE, Site, files_of

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
NAMES = (*(name for name in BUNDLES if name != "common"), GALLERY)
TALL: ViewportSize = {"width": 390, "height": 2600}
"""A phone on which nothing has to be scrolled: axe judges no colour that is out of view."""
PHONE: ViewportSize = {"width": 390, "height": 749}
WIRE = 150_000
"""Bytes that a first visit to a bundle may fetch, its share of the common bundle among them and nothing compressed."""

AXE_RUN = """async (rules) => (await axe.run(document, { resultTypes: ["violations"], ...rules })).violations
  .filter((found) => ["serious", "critical"].includes(found.impact))
  .map((found) => found.id + ": " + found.nodes.map((node) => node.target + " " + node.failureSummary).join(" | "))"""
COLOURS = {"runOnly": ["color-contrast"]}

WIDER = """() => [document.documentElement, ...document.querySelectorAll("main, main *")]
  .filter((e) => !e.closest("svg, .hide") && e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => e.tagName + "." + e.className)"""

SMALL = """() => [...document.querySelectorAll("button, summary, label.choice, .segments label, .input, a[href]")]
  .filter((e) => e.offsetParent && (e.getBoundingClientRect().height < 47.5 || e.getBoundingClientRect().width < 47.5))
  .map((e) => e.tagName + "." + e.className + ": " + e.textContent)"""

UNNAMED = """() => [...document.querySelectorAll("button, input, svg[role=img], [role=img]")]
  .filter((e) => !(e.textContent.trim() || e.ariaLabel || e.labels?.length || e.getAttribute("aria-labelledby")))
  .map((e) => e.outerHTML)"""


@dataclass(frozen=True)
class Page:
    """One address of a bundle, with the state of the tests' bank; ``press`` leads further into it, in Chinese."""

    bundle: str
    at: str
    state: str
    level: str = ""
    press: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ":".join(filter(None, (self.bundle, self.at, self.state, self.level, *self.press)))

    @property
    def query(self) -> dict[str, str]:
        return {"state": self.state} | ({"level": self.level} if self.level else {})


def listed(bundle: str) -> list[Page]:
    file = (HERE if bundle == GALLERY else APPS) / bundle / "pages.yaml"
    rows = load_yaml(file.read_text(encoding="utf-8"), name=str(file))
    return [msgspec.convert({"bundle": bundle, **row}, Page) for row in rows]


PAGES = [page for bundle in NAMES for page in listed(bundle)]


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("axe-core is not there: npm ci")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def desk(chromium: Browser) -> Iterator[Screen]:
    """One phone for all pages: each test visits its own address anew."""
    context = chromium.new_context(viewport=PHONE, locale="zh-CN", reduced_motion="reduce")
    context.clock.set_fixed_time(NOW)
    context.set_default_timeout(8000)
    screen = Screen(context.new_page())
    screen.listen()
    yield screen
    context.close()


class Findings(dict[str, Any]):
    """What is wrong with the page that stands on the desk, by how it was looked at."""

    def __init__(self, desk: Screen, axe: str) -> None:
        super().__init__()
        self.desk = desk
        self.axe = axe
        self.begin()

    def begin(self) -> None:
        """Bring axe into a document that was loaded just now."""
        self.desk.frame.evaluate(self.axe)

    def note(self, name: str, wrong: Any) -> None:
        if wrong:
            self[name] = wrong

    def look(self, name: str, other: str) -> None:
        """Hold what stands to everything, and its colours in the other theme as well."""
        frame = self.desk.frame
        self.desk.page.set_viewport_size(TALL)
        self.note(f"{name}, axe", frame.evaluate(AXE_RUN, {}))
        theme = frame.evaluate("document.documentElement.dataset.theme")
        frame.evaluate(f"document.documentElement.dataset.theme = '{other}'")
        self.note(f"{name}, {other}, axe", frame.evaluate(AXE_RUN, COLOURS))
        frame.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        self.desk.page.set_viewport_size(PHONE)
        self.note(f"{name}, too small to touch", frame.evaluate(SMALL))
        self.note(f"{name}, without a name", frame.evaluate(UNNAMED))
        self.note(f"{name}, not one h1", frame.locator("h1").count() != 1)
        self.squeeze(name)

    def squeeze(self, name: str) -> None:
        """Hold it to the narrowest screen and the largest text."""
        frame, page = self.desk.frame, self.desk.page
        page.set_viewport_size({"width": 320, "height": 640})
        self.note(f"{name}, 320 pixels", frame.evaluate(WIDER))
        frame.evaluate("document.documentElement.style.fontSize = '200%'")
        self.note(f"{name}, 320 pixels, text twice as large", frame.evaluate(WIDER))
        frame.evaluate("document.documentElement.style.fontSize = ''")
        page.set_viewport_size(PHONE)

    def trouble(self, name: str) -> None:
        """Hold a page without answers to one heading, words and something to do."""
        frame = self.desk.frame
        self.note(f"{name}, axe", frame.evaluate(AXE_RUN, {}))
        self.note(f"{name}, not one h1", frame.locator("h1").count() != 1)
        self.note(f"{name}, no words", not frame.locator("main").inner_text().strip())
        self.note(f"{name}, nothing to do", frame.get_by_role("button").count() == 0)


def turn(desk: Screen, theme: str, locale: str) -> None:
    """Change theme and language as the app does while the page stands: it is drawn anew."""
    desk.frame.evaluate("document.querySelector('main').dataset.old = ''")
    desk.host(f"host.event('theme.changed', {{theme: '{theme}', locale: '{locale}'}})")
    desk.frame.locator("main:not([data-old])").wait_for(state="attached")
    assert desk.frame.locator("html").get_attribute("lang") == locale
    desk.settle()


@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_is_one_that_a_bank_would_ship(desk: Screen, site: Site, axe: str, page: Page) -> None:
    desk.complaints.clear()
    desk.visit(site, page.bundle, page.at, **page.query)
    desk.settle()
    for name in page.press:
        desk.press(name)
        desk.settle()
    findings = Findings(desk, axe)
    findings.look("zh, light", other="dark")
    if not page.press:
        turn(desk, "dark", "en")
        findings.look("en, dark", other="light")
        desk.host("host.failing = {status: 503, body: {code: 'UPSTREAM', status: 503}}")
        turn(desk, "light", "zh-CN")
        findings.trouble("the bank does not answer")
        desk.host("(host.failing = null, host.offline = true)")
        turn(desk, "dark", "en")
        findings.trouble("offline, seen before")
        desk.host("host.store.delete('seen')")
        ready = desk.host("host.ready")
        desk.frame.evaluate("location.reload()")
        desk.page.wait_for_function(f"host.ready > {ready}")
        desk.settle()
        findings.begin()
        findings.trouble("offline, never seen")
    assert findings == {}
    assert desk.complaints == []


@pytest.mark.browser
def test_the_harness_finds_what_is_wrong(desk: Screen, site: Site, axe: str) -> None:
    desk.visit(site, GALLERY, "/", state="bound")
    desk.settle()
    desk.frame.evaluate(
        """() => {
          const main = document.querySelector("main");
          const add = (tag, style, text) => {
            const element = Object.assign(document.createElement(tag), { textContent: text });
            main.append(element);
            Object.assign(element.style, style);
          };
          add("h1", {}, "two");
          add("button", { width: "20px", height: "20px" }, "");
          add("p", { color: "rgb(200, 200, 200)" }, "pale by day");
          add("div", { width: "400px" }, "wide");
        }"""
    )
    findings = Findings(desk, axe)
    findings.look("x", other="dark")
    assert set(findings) == {
        "x, axe",
        "x, too small to touch",
        "x, without a name",
        "x, not one h1",
        "x, 320 pixels",
        "x, 320 pixels, text twice as large",
    }
    rules = {found.split(":")[0] for found in findings["x, axe"]}
    assert {"button-name", "color-contrast"} <= rules


@pytest.mark.parametrize("bundle", NAMES)
def test_a_first_visit_fetches_little(bundle: str) -> None:
    files = files_of(bundle)
    common = sum(len(content) for name, content in files.items() if name.startswith("_shared/"))
    own = sum(map(len, files.values())) - common
    assert own + common <= WIRE, f"{bundle}: {own} bytes of its own and {common} of the common bundle"
