"""A front-end developer saves, and the shell shows it: live reload from the editor to verified bytes in Chromium."""

import signal
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bff.sandbox import BUNDLES
from h5bundle import rollout
from h5bundle.repository import load_for_reading
from h5bundle.stores.local import LocalStore
from h5bundle.trust import read_target, rollout_target
from tests.e2e.browser import SECONDS, Person
from tests.e2e.developer import DECLARATION, Developer, demo, write
from tests.running import Running

SOON = 2.5
"""Seconds, generous: machines that run tests are busy. The benchmarks' page says what it takes on a quiet one."""
SAVES = 8
"""How many; `bench_live_reload.py` is what measures the time."""
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return demo(tmp_path / "demo")


@pytest.fixture
def developer(running: Running, bundle: Path) -> Iterator[Callable[..., Developer]]:
    started: list[Developer] = []

    def start(*more: str) -> Developer:
        started.append(Developer(running, bundle, *more))
        return started[-1]

    yield start
    for one in started:
        one.end(signal.SIGKILL)


def offered(running: Running) -> tuple[int, list[str], str]:
    store = LocalStore(running.var / "repo")
    policy = rollout.decode(read_target(store.read, load_for_reading(store), rollout_target("demo")))
    return policy.policy, [release.version for release in policy.releases], policy.floor


def test_every_save_is_on_the_screen_soon_and_may_call_the_bank_at_once(
    running: Running, person: Callable[..., Person], developer: Callable[..., Developer], bundle: Path
) -> None:
    session = developer()
    visitor = person()
    visitor.page.goto(str(session.heard("open")["open"]))
    frame = visitor.frame("demo")
    took = []
    for number in range(SAVES):
        time.sleep(0.2)
        begun = datetime.now(UTC).timestamp()  # noqa: TID251 — the page tells by the same clock when it showed the text
        write(bundle, f"第 {number} 版")
        heading = frame.get_by_role("heading", name=f"第 {number} 版", exact=True)
        expect(heading).to_be_visible(timeout=SECONDS)
        took.append(int(heading.get_attribute("data-at") or "") / 1000 - begun)
        expect(frame.locator("output")).not_to_be_empty(timeout=SECONDS)
        assert "BUNDLE_UNKNOWN" not in frame.locator("output").inner_text()
    local = visitor.page.locator(".left .nm:has-text('demo') + .row [data-origin=folder]")
    expect(local).to_have_text("本地")
    expect(visitor.page.locator(".left .nm")).to_have_count(len(BUNDLES) + 1)
    expect(visitor.page.locator(".left [data-origin=folder]")).to_have_count(1)
    saves = sorted(took[1:])  # the first waits for the shell to install everything
    assert statistics.median(saves) < SOON
    published = offered(running)
    assert (published[1][1:], published[2]) == ([], "0.0.0")
    assert session.end() == 0
    assert offered(running)[1] == []


def test_what_does_not_build_is_told_and_the_last_good_release_stays(
    running: Running, person: Callable[..., Person], developer: Callable[..., Developer], bundle: Path
) -> None:
    session = developer()
    visitor = person()
    visitor.page.goto(str(session.heard("open")["open"]))
    frame = visitor.frame("demo")
    expect(frame.get_by_role("heading", name="起初", exact=True)).to_be_visible(timeout=SECONDS)
    (bundle / "bundle.yaml").write_text(DECLARATION + "colour: red\n", encoding="utf-8")
    said = session.heard("error")
    assert (said["error"], "colour" in str(said["detail"]), bool(said["remedy"])) == ("PROJECT_INVALID", True, True)
    expect(frame.get_by_role("heading", name="起初", exact=True)).to_be_visible()
    (bundle / "bundle.yaml").write_text(DECLARATION, encoding="utf-8")
    session.heard("milliseconds")
    assert session.end(signal.SIGTERM) == 0
    assert offered(running)[1] == []


def test_a_second_session_leaves_the_first_alone_and_what_a_killed_one_left_is_taken_back(
    running: Running, developer: Callable[..., Developer], bundle: Path
) -> None:
    session = developer()
    session.heard("open")
    before = offered(running)
    second = developer()
    assert second.process.wait(20) == 4
    assert offered(running) == before
    assert session.end(signal.SIGKILL) != 0
    assert offered(running) == before
    again = developer("--end")
    assert again.heard("restored") == {"restored": "demo"}
    assert again.process.wait(20) == 0
    after = offered(running)
    assert (len(before[1]), after[1], after[0]) == (1, [], before[0] + 1)
    assert bundle.is_dir()
