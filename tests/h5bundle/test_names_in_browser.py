"""A front-end with stable names in a real Chromium: it shows the same, asks for the same, and no request fails."""

from collections.abc import Mapping

import pytest
from playwright.sync_api import Browser, Route

from h5bundle.names import stable
from h5bundle.paths import media_type

HOST = "http://front-end.test/"
MODULES = {
    "index.html": b'<!doctype html><link rel="stylesheet" href="./assets/index-B1gSty1e.css">'
    b'<h1>wait</h1><script type="module" src="./assets/index-BkX3a_9Q.js"></script>',
    "assets/index-B1gSty1e.css": b"h1 { background: url(./dot-D0tD0tD0.svg) }",
    "assets/dot-D0tD0tD0.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "assets/index-BkX3a_9Q.js": b'const deps = ["./index-C0ffee12.js", "./index-D1abcdE4.js"];\n'
    b"const parts = await Promise.all(deps.map((name) => import(name)));\n"
    b'document.querySelector("h1").textContent = parts.map((part) => part.default).join(" ");',
    "assets/index-C0ffee12.js": b'import { end } from "./index-D1abcdE4.js"; export default "first" + end;',
    "assets/index-D1abcdE4.js": b'export const end = "!"; export default "second";',
}
TABLE = {
    "index.html": b'<!doctype html><h1>wait</h1><script src="./main.3f2a1b4c5d6e7f809a1b.js"></script>',
    "main.3f2a1b4c5d6e7f809a1b.js": b"""
const add = (tag, rest) => document.body.append(Object.assign(document.createElement(tag), rest));
const name = (id) => id + "." + { 20: "aa11bb22", 179: "0f0f1e1e" }[id] + ".chunk.js";
for (const id of [20, 179]) add("script", { src: name(id), async: false });
add("link", { rel: "stylesheet", href: 20 + ".5e5e6f6f.css" });
""",
    "20.aa11bb22.chunk.js": b'document.querySelector("h1").textContent = "first!";',
    "20.5e5e6f6f.css": b"h1 { color: teal }",
    "179.0f0f1e1e.chunk.js": b'document.querySelector("h1").textContent += " second";',
}


@pytest.mark.parametrize("files", [MODULES, TABLE], ids=["modules", "table"])
def test_a_front_end_shows_the_same_and_asks_for_the_same(chromium: Browser, files: Mapping[str, bytes]) -> None:
    renamed = stable(files)
    assert {path for path in renamed if path in files} == {"index.html"}
    assert shown(chromium, renamed) == shown(chromium, files) == ("first! second", [], len(files))


def shown(browser: Browser, files: Mapping[str, bytes]) -> tuple[str, list[str], int]:
    """Open a front-end; give its heading, the paths that were not there, and how many files were asked for."""
    missed: list[str] = []
    asked: set[str] = set()

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOST)
        if path not in files:
            missed.append(path)
            route.fulfill(status=404)
            return
        asked.add(path)
        route.fulfill(body=files[path], content_type=media_type(path))

    page = browser.new_page()
    try:
        page.route(f"{HOST}**", answer)
        page.goto(f"{HOST}index.html")
        page.get_by_role("heading", name="first! second").wait_for()
        page.wait_for_load_state("networkidle")
        return page.inner_text("h1"), [path for path in missed if path != "favicon.ico"], len(asked)
    finally:
        page.close()
