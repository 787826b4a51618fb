"""A release that never becomes ready: the person is back on the one before, and told so in one calm sentence."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.native_bridge.shell import tuf_repository
from tests.native_bridge.shell_ui.conftest import Shell
from tests.native_bridge.shell_ui.site import MAIN, PAGE, PERMISSIONS, stocked

pytestmark = pytest.mark.browser
SILENT = MAIN.replace(b"await bridge.app.ready();\n", b"")
GONE = b'addEventListener("load", () => setTimeout(() => location.reload(), 100));\n'
LOOP = b"location.reload();\n"


def newer(shell: Shell, main: bytes, permissions: dict[str, int] = PERMISSIONS) -> str:
    repository = shell.site.repository
    path = next(path for path in repository.files if path.startswith("targets/apps/common/"))
    requires = {"common": {"version": "1.0.0", "digest": tuf_repository.sha256(repository.files[path])}}
    files = {"index.html": PAGE.encode(), "main.js": main}
    members: dict[str, Any] = {
        "requires": requires,
        "permissions": permissions,
        "title": {"zh": "金芒果", "en": "Wealth"},
    }
    digest = repository.add_release("wealth", "1.1.0", files, **members)
    repository.publish("app-wealth", "rollout")
    return digest


@pytest.fixture
def proven(unstarted: Shell) -> Shell:
    """A shell in which 1.0.0 of wealth was ready once; it gives a page a second."""
    unstarted.site.extra = {"readyMs": 1000}
    unstarted.begin()
    unstarted.open()
    unstarted.page.click(".navbar button")
    return unstarted


def again(shell: Shell) -> None:
    shell.page.reload()
    shell.page.wait_for_selector("[data-open=wealth]")
    shell.page.wait_for_selector("[data-do=reload]:not([aria-busy])")


def standing(shell: Shell) -> dict[str, Any]:
    return shell.page.evaluate(
        """async () => {
          const { Store } = await import("/shell/core/store.mjs");
          const store = await Store.open();
          const { standing } = await store.get("releases", "wealth");
          store.close();
          return standing;
        }"""
    )


@pytest.mark.parametrize(("main", "reason"), [(SILENT, "not-ready"), (GONE, "navigated"), (LOOP, "timeout")])
def test_a_release_that_never_becomes_ready_gives_way_and_stays_back(proven: Shell, main: bytes, reason: str) -> None:
    bad = newer(proven, main)
    again(proven)
    proven.page.click("[data-open=wealth]")
    proven.page.wait_for_selector(".toast:has-text('已为你换回 1.0.0')", timeout=25_000)
    frame = next(frame for frame in proven.page.frames if "wealth-h5" in frame.url)
    frame.wait_for_selector("body[data-ready]")
    proven.page.wait_for_selector("[data-back='1.1.0']")
    assert [(one["digest"], one["reason"]) for one in standing(proven)["refused"]] == [(bad, reason)]
    again(proven)
    assert proven.page.text_content("[data-bundle=wealth] .chip.warn") == "已退回"
    proven.open()
    assert standing(proven)["running"]["version"] == "1.0.0"


def test_a_release_that_is_ready_stays(proven: Shell) -> None:
    newer(proven, MAIN + b"// newer\n")
    again(proven)
    proven.open()
    proven.page.wait_for_timeout(1500)
    found = standing(proven)
    assert (found["good"]["version"], found["trial"], found["refused"]) == ("1.1.0", None, [])


def test_a_page_that_was_left_in_time_has_no_verdict(proven: Shell) -> None:
    proven.site.extra = {"readyMs": 60_000}
    newer(proven, SILENT)
    again(proven)
    proven.page.click("[data-open=wealth]")
    proven.page.wait_for_selector(".origin .chip.ok")
    proven.page.click(".navbar button")
    proven.page.wait_for_timeout(300)
    found = standing(proven)
    assert (found["running"]["version"], found["refused"], found["trial"]["silent"]) == ("1.1.0", [], 0)


def test_a_first_release_that_is_not_ready_is_shown_all_the_same(unstarted: Shell) -> None:
    now = datetime.now(UTC)  # noqa: TID251 — the browser's clock is the real one
    unstarted.site.repository, _ = stocked(now)
    newer(unstarted, SILENT)
    unstarted.site.extra = {"readyMs": 500}
    unstarted.begin()
    unstarted.page.click("[data-open=wealth]")
    unstarted.page.wait_for_selector(".origin .chip.ok")
    unstarted.page.wait_for_selector(".wait", state="detached")
    assert (standing(unstarted)["running"]["version"], standing(unstarted)["refused"]) == ("1.1.0", [])


def test_a_release_that_may_not_say_ready_is_ready_when_it_is_live(proven: Shell) -> None:
    newer(proven, SILENT, {name: 1 for name in PERMISSIONS if name != "app.ready"})
    again(proven)
    proven.page.click("[data-open=wealth]")
    proven.page.wait_for_selector(".origin .chip.ok")
    proven.page.wait_for_timeout(1500)
    assert standing(proven)["good"]["version"] == "1.1.0"
