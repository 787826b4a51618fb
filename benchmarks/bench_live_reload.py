"""Live reload: from the moment an editor has written a file to the moment the page of the new release shows its text.

A real sandbox, `h5bundle dev` and the shell in Chromium; twenty saves a round. The page tells by the machine's clock
when it showed the text. The limit is half a second.
"""

import shutil
import signal
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from measuring import arguments, figure, machine, quantile, show
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.browser import SECONDS, Person
from tests.e2e.developer import Developer, demo, write
from tests.running import Running
from tests.services import CHROMIUM

SAVES = 20
REST = 0.3
SETTLING = 3


def now() -> float:
    """Give the machine's clock, which the page reads as well."""
    return datetime.now(UTC).timestamp()  # noqa: TID251 — a script


def round_of_saves(browser: Browser, running: Running, folder: Path) -> tuple[list[float], list[float]]:
    """Save twenty times: seconds until shown, and milliseconds until published, as `dev` tells them."""
    session = Developer(running, demo(folder))
    person = Person(browser, running.url)
    try:
        person.page.goto(str(session.heard("open")["open"]))
        frame = person.frame("demo")
        expect(frame.get_by_role("heading", name="起初", exact=True)).to_be_visible(timeout=SECONDS)
        time.sleep(SETTLING)
        shown = []
        for number in range(SAVES):
            time.sleep(REST)
            begun = now()
            write(folder, f"第 {number} 版")
            heading = frame.get_by_role("heading", name=f"第 {number} 版", exact=True)
            expect(heading).to_be_visible(timeout=SECONDS)
            shown.append(int(heading.get_attribute("data-at") or "") / 1000 - begun)
        published = [float(str(session.heard("milliseconds")["milliseconds"])) for _ in shown]
    finally:
        session.end(signal.SIGINT)
        person.context.close()
    return shown, published


def main() -> None:
    given = arguments(str(__doc__).splitlines()[0])
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    running = Running(var=folder / "var").start()
    shown: list[float] = []
    published: list[float] = []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(CHROMIUM))
            for number in range(given.rounds):
                seen, signed = round_of_saves(browser, running, folder / f"round-{number}")
                shown += seen
                published += signed
            browser.close()
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)
    rows = [
        ("published, from the first look at the change", *spread(published, 1)),
        ("on the screen, from the write", *spread(shown, 1000)),
    ]
    print(f"# Live reload ({machine()})")
    show(f"{len(shown)} saves", ("Milliseconds until", "median", "90 %", "longest"), rows)
    print(f"\n{sum(one <= 0.5 for one in shown)} of {len(shown)} saves within half a second")


def spread(times: list[float], scale: float) -> tuple[str, str, str]:
    """Give median, nine tenths and longest."""
    chosen = (statistics.median(times), quantile(times, 0.9), max(times))
    return figure(chosen[0] * scale), figure(chosen[1] * scale), figure(chosen[2] * scale)


if __name__ == "__main__":
    main()
