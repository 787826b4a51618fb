"""Trials, presets, healing and counters of the shell's core in Chromium, over real repositories."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.native_bridge.shell.conftest import PAGE, SHARED
from tests.native_bridge.shell.site import Site
from tests.native_bridge.shell.tuf_repository import NOW, sha256

pytestmark = pytest.mark.browser
CASES = json.loads((Path(__file__).parents[2] / "h5bundle" / "client" / "trials.json").read_text(encoding="utf-8"))
MILLISECONDS = int(NOW.timestamp() * 1000)
YEAR = 400 * 86_400_000
RUN = """(steps) => {
  const at = "2026-11-23T08:00:00.000Z";
  let standing = trials.nothing();
  for (const [name, ...given] of steps) {
    if (name === "told") standing = trials.told(standing, { policy: given[0], floor: given[1], chosen: given[2] });
    else if (name === "downloaded") standing = trials.downloaded(standing, { version: given[0], digest: given[1] });
    else if (name === "opened") standing = trials.opened(standing, { at });
    else if (name === "failed") standing = trials.failed(standing, given[0], { reason: "not-ready", at });
    else standing = trials[name](standing, given[0]);
  }
  return standing;
}"""


def test_the_rules_are_those_of_the_other_client(bench: Page) -> None:
    wrong = []
    for case in CASES:
        standing = bench.evaluate(RUN, case["steps"])
        slots = {name: standing[name] and standing[name]["digest"] for name in ("running", "next", "good")}
        found = {**slots, "refused": [one["digest"] for one in standing["refused"]]}
        if found != {name: case[name] for name in found}:
            wrong.append((case["name"], found))
    assert wrong == []


def begin(shell: Page, now: int = MILLISECONDS, **how: Any) -> list[str]:
    return shell.evaluate("(how) => begin(how)", {"now": now, **how})


def opened(shell: Page) -> str:
    return shell.evaluate("() => releases.opening('wealth').then((release) => release.version)")


def failed(shell: Page, digest: str) -> str | None:
    return shell.evaluate(
        "(digest) => releases.failed('wealth', digest, 'not-ready').then(({ back }) => back?.version ?? null)", digest
    )


def newer(site: Site, version: str, text: bytes = b"", **policy: Any) -> str:
    digest = site.repository.add_release("wealth", version, PAGE | {"more.js": text}, requires=pinned(site))
    site.repository.add_policy("wealth", [(version, digest, 10_000)], **policy)
    site.repository.publish("app-wealth", "rollout")
    return digest


def pinned(site: Site) -> dict[str, Any]:
    path = next(path for path in site.repository.files if path.startswith("targets/apps/common/"))
    return {"common": {"version": "1.0.0", "digest": sha256(site.repository.files[path])}}


@pytest.fixture
def good(shell: Page) -> Page:
    """A shell in which 1.0.0 was opened and became ready."""
    begin(shell)
    shell.evaluate("() => update()")
    assert opened(shell) == "1.0.0"
    shell.evaluate("() => releases.ready('wealth', releases.get('wealth').digest)")
    return shell


def test_what_is_sent_back_stays_back_over_restarts_and_updates(
    good: Page, site: Site, open_shell: Callable[[], Page]
) -> None:
    bad = newer(site, "1.1.0", policy=2)
    assert good.evaluate("() => update().then(({ changed }) => changed)") == ["wealth"]
    assert opened(good) == "1.1.0"
    assert failed(good, bad) == "1.0.0"
    again = open_shell()
    assert "wealth@1.0.0" in begin(again)[1]
    assert again.evaluate("() => update().then(({ changed }) => changed)") == []
    assert opened(again) == "1.0.0"
    [refused] = again.evaluate("() => releases.standing('wealth').refused")
    assert (refused["version"], refused["digest"], refused["reason"]) == ("1.1.0", bad, "not-ready")
    newer(site, "1.1.1", b"1", policy=3)
    again.evaluate("() => update()")
    assert opened(again) == "1.1.1"


def test_an_update_while_a_page_is_open_leaves_credit_and_blame_with_the_opened_digest(good: Page, site: Site) -> None:
    first = newer(site, "1.1.0", policy=2)
    good.evaluate("() => update()")
    opened(good)
    second = newer(site, "1.2.0", b"2", policy=3)
    good.evaluate("() => update()")
    assert failed(good, second) is None
    assert failed(good, first) == "1.2.0"
    standing = good.evaluate("() => releases.standing('wealth')")
    assert [one["digest"] for one in standing["refused"]] == [first]
    assert (standing["running"]["version"], standing["next"]["digest"]) == ("1.0.0", second)


def test_a_changed_shared_bundle_is_blamed_through_the_release_that_pins_it(good: Page, site: Site) -> None:
    common = site.repository.add_release("common", "1.1.0", SHARED | {"shared.js": b'export const shared = "2";\n'})
    requires = {"common": {"version": "1.1.0", "digest": common}}
    bad = site.repository.add_release("wealth", "1.1.0", PAGE, requires=requires)
    site.repository.publish("app-common", "app-wealth", "rollout")
    good.evaluate("() => update()")
    assert opened(good) == "1.1.0"
    assert failed(good, bad) == "1.0.0"
    kept = good.evaluate("() => [releases.get('common').version, releases.standing('common').refused]")
    assert kept == ["1.1.0", []]
    assert good.evaluate("() => Promise.all(releases.get('wealth').files.map(({ sha256 }) => releases.object(sha256)))")


def test_another_tab_takes_part_in_the_same_trial(good: Page, site: Site, open_shell: Callable[[], Page]) -> None:
    other = open_shell()
    begin(other)
    bad = newer(site, "1.1.0", policy=2)
    other.evaluate("() => update()")
    assert opened(good) == "1.1.0"
    assert failed(other, bad) == "1.0.0"
    assert opened(good) == "1.0.0"


def test_offline_the_blame_goes_to_what_was_opened(good: Page, site: Site, open_shell: Callable[[], Page]) -> None:
    bad = newer(site, "1.1.0", policy=2)
    good.evaluate("() => update()")
    other = open_shell()
    site.repository.files.clear()
    begin(other)
    assert opened(other) == "1.1.0"
    assert failed(other, bad) == "1.0.0"
    assert opened(other) == "1.0.0"


def test_a_damaged_object_is_fetched_again(good: Page, site: Site) -> None:
    file = sha256(PAGE["main.js"])
    good.evaluate("(file) => store.put('objects', file, new Uint8Array(3))", file)
    site.log.clear()
    assert good.evaluate("(file) => releases.object(file).then(({ length }) => length)", file) == len(PAGE["main.js"])
    assert [path for _, path in site.log] == [f"/repo/objects/{file}"]
    site.repository.files[f"objects/{file}"] = b"other"
    good.evaluate("(file) => store.remove('objects', file)", file)
    assert good.evaluate("(file) => outcome(() => releases.object(file))", file)["code"] == "RELEASE_INVALID"


def test_a_damaged_new_release_gives_way_to_the_last_good_one(
    good: Page, site: Site, open_shell: Callable[[], Page]
) -> None:
    newer(site, "1.1.0", b"new", policy=2)
    good.evaluate("() => update()")
    good.evaluate("(file) => store.remove('objects', file)", sha256(b"new"))
    other = open_shell()
    begin(other)
    assert opened(other) == "1.0.0"


def carried(site: Site) -> dict[str, bytes]:
    """What the repository holds now as a preset with 1.0.0."""
    path = next(path for path in site.repository.files if path.endswith(".1.0.0.manifest.json") and "wealth" in path)
    named = [{"bundle": "wealth", "version": "1.0.0", "digest": sha256(site.repository.files[path])}]
    index = {"format": "tidegate-preset/1", "releases": named}
    return dict(site.repository.files) | {"preset.json": json.dumps(index).encode()}


def test_a_first_start_without_the_repository_opens_the_preset_a_year_later(shell: Page, site: Site) -> None:
    site.preset = carried(site)
    site.repository.files.clear()
    assert begin(shell, MILLISECONDS + YEAR, preset="/shell/preset") == []
    assert shell.evaluate("() => releases.preset()") == 1
    assert opened(shell) == "1.0.0"
    assert begin(shell, MILLISECONDS + YEAR)[0].startswith("wealth@1.0.0#")


def test_the_first_update_that_fails_gives_way_to_the_preset(shell: Page, site: Site) -> None:
    site.preset = carried(site)
    bad = newer(site, "1.1.0", policy=2)
    begin(shell, preset="/shell/preset")
    shell.evaluate("() => update()")
    assert opened(shell) == "1.1.0"
    assert failed(shell, bad) == "1.0.0"


def test_a_preset_of_another_root_is_not_installed(shell: Page, site: Site) -> None:
    preset = carried(site)
    timestamp = json.loads(preset["metadata/timestamp.json"])
    timestamp["signed"]["version"] += 1
    site.preset = preset | {"metadata/timestamp.json": json.dumps(timestamp).encode()}
    begin(shell, preset="/shell/preset")
    assert shell.evaluate("() => releases.preset()") == 0


def test_files_made_from_older_ones_are_hashed_and_wrong_ones_fetched(good: Page, site: Site) -> None:
    newer(site, "1.1.0", b"patched", policy=2)
    made = sha256(b"patched")
    site.log.clear()
    good.evaluate(
        """async ([now, made]) => {
          await begin({ now, patch: async ({ running, missing }) => {
            globalThis.asked = [running.version, missing.map(({ sha256 }) => sha256)];
            return new Map([[made, encoding.utf8("patched")]]);
          } });
          await update();
        }""",
        [MILLISECONDS, made],
    )
    assert good.evaluate("() => asked") == ["1.0.0", [made]]
    assert [path for _, path in site.log if "/objects/" in path] == []


def test_each_step_is_told_once_for_the_counters(shell: Page) -> None:
    begin(shell)
    shell.evaluate("() => update()")
    opened(shell)
    digest = shell.evaluate("() => releases.get('wealth').digest")
    shell.evaluate("(digest) => releases.ready('wealth', digest)", digest)
    told = [event for event, bundle, of in shell.evaluate("() => events") if (bundle, of) == ("wealth", digest)]
    assert told == ["checked", "downloaded", "verified", "launched", "ready"]


def test_the_counters_send_each_event_once_under_one_number(bench: Page) -> None:
    sent = bench.evaluate(
        """async () => {
          const store = new MemoryStore();
          const sent = [];
          let arrives = false;
          const send = async (batch) => { sent.push(batch); return arrives; };
          const adoption = new Adoption({ store, platform: "browser", send });
          for (let turn = 0; turn < 2; turn += 1) await adoption.count("ready", "wealth", "d1");
          const lost = await adoption.flush();
          arrives = true;
          await adoption.count("ready", "wealth", "d2");
          const arrived = await adoption.flush();
          return { sent, lost, arrived, again: await adoption.flush() };
        }"""
    )
    assert (sent["lost"], sent["arrived"], sent["again"]) == (0, 2, 0)
    assert sent["sent"][0] == sent["sent"][1]
    assert [[one["digest"] for one in batch["events"]] for batch in sent["sent"][1:]] == [["d1"], ["d2"]]
    assert sorted(sent["sent"][0]) == ["batch", "events"]


def test_a_deadline_counts_only_time_that_somebody_could_see(bench: Page) -> None:
    assert bench.evaluate(
        """async () => {
          let [visible, ran] = [false, 0];
          visibleDeadline(300, () => { ran += 1; }, { visible: () => visible });
          await new Promise((resolve) => setTimeout(resolve, 700));
          const hidden = ran;
          visible = true;
          await new Promise((resolve) => setTimeout(resolve, 900));
          return [hidden, ran];
        }"""
    ) == [0, 1]
