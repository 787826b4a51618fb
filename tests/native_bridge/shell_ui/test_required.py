"""A forced release takes the place of an open page, and a check that lies too far back comes before any page."""

import pytest

from tests.native_bridge.shell_ui.conftest import Shell
from tests.native_bridge.shell_ui.site import MAIN
from tests.native_bridge.shell_ui.test_back import again, newer, standing

pytestmark = pytest.mark.browser
SCREEN = "[data-held=UPDATE_REQUIRED]"
SEEN_LATER = """async () => {
  const { Store } = await import("/shell/core/store.mjs");
  const store = await Store.open();
  await store.change("releases", "wealth", (record) => {
    const { terms } = record.standing;
    return { ...record, standing: { ...record.standing, terms: { ...terms, seen: terms.seen + 3600 } } };
  });
  store.close();
}"""
"""The device has shown an instant an hour later than its clock says now: the clock was set back."""


def reload(shell: Shell) -> None:
    """Let the shell ask the repository again, with its pages open."""
    shell.page.click("[data-do=reload]")
    shell.page.wait_for_selector("[data-do=reload]:not([aria-busy])")


def forced(shell: Shell) -> str:
    digest = newer(shell, MAIN + b"// newer\n")
    shell.site.repository.add_policy("wealth", [("1.1.0", digest, 10_000)], forced=True, policy=2)
    shell.site.repository.publish("rollout")
    return digest


def test_an_open_page_gives_way_to_a_forced_release(shell: Shell) -> None:
    shell.open()
    digest = forced(shell)
    reload(shell)
    shell.page.wait_for_selector(SCREEN)
    assert shell.page.text_content(f"{SCREEN} h3") == "必须更新"
    assert str(shell.page.text_content(f"{SCREEN} p")).startswith("金芒果有一个")
    assert shell.page.evaluate("document.activeElement.textContent") == "更新并打开"
    assert [frame for frame in shell.page.frames if "wealth-h5" in frame.url] == []
    shell.page.keyboard.press("Enter")
    shell.page.wait_for_selector(".origin .chip.ok")
    assert standing(shell)["running"]["digest"] == digest


def test_without_its_files_a_forced_release_keeps_the_older_one_shut(shell: Shell) -> None:
    shell.open()
    shell.page.click(".navbar button")
    shell.page.route("**/objects/**", lambda route: route.abort())
    shell.page.route("**/deltas/**", lambda route: route.abort())
    digest = forced(shell)
    reload(shell)
    shell.page.click("[data-open=wealth]")
    shell.page.wait_for_selector(SCREEN)
    assert standing(shell)["running"]["version"] == "1.0.0"
    shell.page.unroute("**/objects/**")
    shell.page.unroute("**/deltas/**")
    shell.page.click(f"{SCREEN} .primary")
    shell.page.wait_for_selector(".origin .chip.ok")
    assert standing(shell)["running"]["digest"] == digest


def test_a_check_that_lies_too_far_back_comes_first(shell: Shell) -> None:
    digest = newer(shell, MAIN)
    shell.site.repository.add_policy("wealth", [("1.1.0", digest, 10_000)], stale_hours=1, policy=2)
    shell.site.repository.publish("rollout")
    again(shell)
    shell.page.evaluate(SEEN_LATER)
    shell.page.route("**/repo/**", lambda route: route.abort())
    shell.page.click("[data-open=wealth]")
    shell.page.wait_for_selector("[data-held=CHECK_REQUIRED]")
    shell.page.unroute("**/repo/**")
    shell.page.click("[data-held=CHECK_REQUIRED] .primary")
    shell.page.wait_for_selector(".origin .chip.ok")


def test_a_page_under_a_sheet_of_the_bank_is_not_torn_away(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, "tx.sign({ challengeId: 'chl_jmg_00001' })")
    bound.page.wait_for_selector(".native")
    digest = forced(bound)
    bound.page.evaluate("document.querySelector('[data-do=reload]').click()")
    bound.page.wait_for_timeout(3000)
    assert standing(bound)["terms"]["must"] == digest
    assert (bound.page.locator(SCREEN).count(), bound.page.locator(".native").count()) == (0, 1)
    bound.page.keyboard.press("Escape")
    bound.page.wait_for_selector(SCREEN)
