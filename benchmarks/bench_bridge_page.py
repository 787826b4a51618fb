"""The bridge in a page: a round trip through the shell against a bare echo between the same two frames, in Chromium.

The shell is the real one of a sandbox, and the page is a real bundle with the real client. `app.info` and a request
with 200 kB go through the bridge; the peer sends texts of the same lengths over a MessagePort and checks nothing. A
second peer also writes the large text from its object and reads it into one. The large request names an operation
that the manifest does not list: it is read and judged whole, and refused without a network.
With `--calls` so many calls are made, and each is counted that was lost, answered twice or answered wrongly.
"""

import argparse
import json
import shutil
import signal
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from measuring import Finding, conclude, figure, machine, quantile, show
from playwright.sync_api import Browser, Frame, expect, sync_playwright

from tests.e2e.browser import SECONDS, Person
from tests.e2e.developer import Developer, demo
from tests.running import Running
from tests.services import CHROMIUM

LARGE: Final = 200_000
PAIRS: Final = 200
DOCUMENT: Final = 50_000
"""So many calls are made by one document: a session has a limit of 100,000."""
SCRIPT = """\
import { connect } from "./_shared/common/bridge.js";
const bridge = await connect({ need: { "app.ready": 1, "app.info": 1, "net.request": 1 }, want: {} });
await bridge.app.ready();
globalThis.measured = bridge;
document.querySelector("h1").textContent = "ready";
"""
LISTEN = """() => addEventListener("message", (event) => {
  if (event.data !== "bench") return;
  event.stopImmediatePropagation();
  globalThis.bare = event.ports[0];
}, { capture: true })"""
SHELL = """([selector, answers]) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => {
    if (data.startsWith("{")) globalThis.benchRead = JSON.parse(data);
    port1.postMessage("x".repeat(data.length > 10000 ? answers[1] : answers[0]));
  };
  document.querySelector(selector).contentWindow.postMessage("bench", "*", [port2]);
}"""
ROUND_TRIPS = """async ([pairs, large, small]) => {
  const bridge = globalThis.measured;
  const bare = globalThis.bare;
  const echo = (text) => new Promise((resolve) => { bare.onmessage = resolve; bare.postMessage(text); });
  const row = "字".repeat(10) + "y".repeat(40);
  const body = { rows: Array.from({ length: large / 100 }, (_, n) => ({ number: n, text: row })) };
  const asked = { op: "wealth.product.list", body };
  const length = JSON.stringify(asked).length;
  const short = "x".repeat(small);
  const long = JSON.stringify(asked).padEnd(length + small).replace("{", " ");
  const withJson = () => echo(JSON.stringify(asked));
  const refused = async () => {
    const error = await bridge.net.request(asked).then(() => null, (failure) => failure);
    if (error?.code !== "PERMISSION_DENIED") throw new Error(`not refused: ${error?.code}`);
  };
  const info = () => bridge.app.info();
  const cases = { info, bareInfo: () => echo(short), large: refused, bareLarge: () => echo(long), withJson };
  const times = { info: [], bareInfo: [], large: [], bareLarge: [], withJson: [] };
  const several = { info: 5, bareInfo: 5, large: 1, bareLarge: 1, withJson: 1 };
  for (let pair = -5; pair < pairs; pair += 1) {
    for (const [name, call] of Object.entries(cases)) {
      const begun = performance.now();
      for (let time = 0; time < several[name]; time += 1) await call();
      if (pair >= 0) times[name].push((performance.now() - begun) / several[name]);
    }
  }
  return { times, bytes: new TextEncoder().encode(long).length };
}"""
COUNTED = """async ([calls, atOnce]) => {
  const answers = new Map();
  let sent = 0;
  let wrong = 0;
  const worker = async () => {
    while (sent < calls) {
      const number = sent;
      sent += 1;
      const info = await globalThis.measured.app.info();
      if (info.platform !== "browser") wrong += 1;
      answers.set(number, (answers.get(number) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const doubled = [...answers.values()].filter((times) => times !== 1).length;
  return { sent, lost: sent - answers.size, doubled, wrong };
}"""


def bundle(folder: Path) -> Path:
    """Make a bundle whose page keeps its bridge for us."""
    demo(folder)
    (folder / "src" / "app.js").write_text(SCRIPT, encoding="utf-8")
    return folder


def opened(person: Person, address: str) -> Frame:
    """Open the page, and give its frame when its session stands."""
    person.page.goto(address)
    expect(person.frame("demo").get_by_role("heading", name="ready", exact=True)).to_be_visible(timeout=SECONDS)
    return next(frame for frame in person.page.frames if "//demo-h5." in frame.url and "/v/" in frame.url)


def measured(person: Person, address: str, rounds: int) -> tuple[dict[str, list[list[float]]], int]:
    """Measure round trips in several rounds; milliseconds by case and round, and the bytes of the large text."""
    found: dict[str, list[list[float]]] = {}
    size = 0
    for _ in range(rounds):
        frame = opened(person, address)
        frame.evaluate(LISTEN)
        info = frame.evaluate("() => globalThis.measured.app.info()")
        answers = [len(json.dumps(info)) + 40, 180]
        person.page.evaluate(SHELL, ['iframe[src*="//demo-h5."], iframe[data-bundle="demo"]', answers])
        frame.wait_for_function("() => globalThis.bare !== undefined")
        told = frame.evaluate(ROUND_TRIPS, [PAIRS, LARGE, 130])
        size = told["bytes"]
        for name, times in told["times"].items():
            found.setdefault(name, []).append(times)
    return found, size


def counted(person: Person, address: str, calls: int) -> dict[str, int]:
    """Make many calls, sixteen at a time, in as many documents as their sessions' limit asks for."""
    total = {"sent": 0, "lost": 0, "doubled": 0, "wrong": 0}
    while total["sent"] < calls:
        frame = opened(person, address)
        told = frame.evaluate(COUNTED, [min(DOCUMENT, calls - total["sent"]), 16])
        for name in total:
            total[name] += told[name]
        print(f"{total['sent']} of {calls} calls", file=sys.stderr, flush=True)
    return total


def visit(browser: Browser, running: Running, folder: Path, given: argparse.Namespace) -> Any:
    """Open the sandbox with the bundle in it, and do what was asked."""
    session = Developer(running, bundle(folder))
    person = Person(browser, running.url)
    person.context.set_default_timeout(600_000)
    try:
        address = str(session.heard("open")["open"])
        if given.calls:
            return counted(person, address, given.calls)
        return measured(person, address, given.rounds)
    finally:
        session.end(signal.SIGINT)
        person.context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="rounds that count (default 3)")
    parser.add_argument("--calls", type=int, default=0, help="count lost and doubled answers to so many calls instead")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    running = Running(var=folder / "var").start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(CHROMIUM))
            found = visit(browser, running, folder / "demo", given)
            browser.close()
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if given.calls:
        print(json.dumps(found))
        sys.exit(1 if found["lost"] or found["doubled"] or found["wrong"] else 0)
    tell(*found)


def tell(found: dict[str, list[list[float]]], size: int) -> None:
    """Print what was found."""
    print(f"# The bridge in a page ({machine()})")
    names = {
        "info": "app.info",
        "bareInfo": "bare echo of the same lengths",
        "large": f"a request with {size:,} bytes, refused",
        "bareLarge": "bare echo of the same lengths, large",
        "withJson": "the same, with JSON.stringify and JSON.parse",
    }
    rows = [
        (
            names[name],
            *(figure(statistics.median(quantile(times, share) for times in found[name])) for share in (0.5, 0.95)),
        )
        for name in names
    ]
    show("Milliseconds of a round trip, medians of rounds", ("Round trip", "median", "95 %"), rows)

    def over(case: str, peer: str, share: float) -> float:
        pairs = zip(found[case], found[peer], strict=True)
        return statistics.median(quantile(one, share) / quantile(other, share) for one, other in pairs)

    conclude(
        [
            Finding("app.info ÷ bare, median", over("info", "bareInfo", 0.5), 1.5, at_most=True),
            Finding("app.info ÷ bare, 95 %", over("info", "bareInfo", 0.95)),
            Finding("large ÷ bare, median", over("large", "bareLarge", 0.5), 1.5, at_most=True),
            Finding("large ÷ bare, 95 %", over("large", "bareLarge", 0.95)),
            Finding("large ÷ bare with JSON, median", over("large", "withJson", 0.5)),
            Finding("bare with JSON ÷ bare, median", over("withJson", "bareLarge", 0.5)),
        ]
    )


if __name__ == "__main__":
    main()
