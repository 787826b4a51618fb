"""Releases in Chromium: what is offered, verified, stored, started offline, and thrown away."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from h5bundle import delta
from h5bundle.manifest import decode
from tests.native_bridge.shell.conftest import PAGE, SHARED
from tests.native_bridge.shell.site import Site
from tests.native_bridge.shell.tuf_repository import NOW, sha256

pytestmark = pytest.mark.browser
MILLISECONDS = int(NOW.timestamp() * 1000)


@pytest.fixture
def shell(open_shell: Callable[[], Page], site: Site) -> Page:
    page = open_shell()
    site.log.clear()
    return page


def begin(shell: Page, now: int = MILLISECONDS) -> list[str]:
    return shell.evaluate("(now) => begin({ now })", now)


def update(shell: Page) -> dict[str, Any]:
    return shell.evaluate("() => outcome(update)")


def downloads(site: Site) -> list[str]:
    return [path for _, path in site.log if path.startswith("/repo/objects/")]


def test_an_update_brings_whole_verified_releases(shell: Page, site: Site) -> None:
    assert begin(shell) == []
    answer = update(shell)["ok"]
    assert answer["refused"] == []
    assert [ref.partition("#")[0] for ref in answer["refs"]] == ["common@1.0.0", "wealth@1.0.0"]
    assert len(downloads(site)) == len(SHARED) + len(PAGE)
    last = answer["progress"][-1]
    assert (last["phase"], last["bundle"], last["doneBytes"]) == ("done", "wealth", last["totalBytes"])
    assert answer["trust"]["root"]["threshold"] == 2
    assert answer["trust"]["app-wealth"]["keyids"] == [site.repository.role_keys("wealth")[0]["keyid"]]


def test_a_second_update_downloads_nothing(shell: Page, site: Site) -> None:
    begin(shell)
    update(shell)
    site.log.clear()
    assert update(shell)["ok"]["changed"] == []
    assert downloads(site) == []


def test_an_update_downloads_changed_files_only_and_drops_the_old_ones(shell: Page, site: Site) -> None:
    begin(shell)
    update(shell)
    site.log.clear()
    new = PAGE | {"lazy/extra.js": b'export const extra = "new";\n'}
    common = shell.evaluate("() => releases.get('common').digest")
    requires = {"common": {"version": "1.0.0", "digest": common}}
    site.repository.add_release("wealth", "1.1.0", new, requires=requires)
    site.repository.publish("app-wealth", "rollout")
    assert update(shell)["ok"]["changed"] == ["wealth"]
    assert downloads(site) == [f"/repo/objects/{sha256(new['lazy/extra.js'])}"]
    kept = shell.evaluate("() => store.keys('objects')")
    assert sha256(PAGE["lazy/extra.js"]) not in kept
    assert sha256(new["lazy/extra.js"]) in kept


@pytest.mark.parametrize("spoilt", [False, True])
def test_an_update_comes_as_a_delta_and_whole_when_the_delta_is_spoilt(
    shell: Page, site: Site, *, spoilt: bool
) -> None:
    old = b"".join(b"export const constant%d = %d;\n" % (number, number) for number in range(400))
    files = {path: data for path, data in PAGE.items() if path != "app.js"}
    first = site.repository.add_release("wealth", "1.1.0", files | {"app.js": old})
    site.repository.publish("app-wealth", "rollout")
    shell.evaluate("(now) => begin({ now, deltas: true })", MILLISECONDS)
    update(shell)
    new = files | {"app.js": old.replace(b"constant7 ", b"constantSeven ")}
    second = site.repository.add_release("wealth", "1.2.0", new)
    site.repository.publish("app-wealth", "rollout")
    manifest = decode(site.repository.files[f"targets/apps/wealth/{second}.1.2.0.manifest.json"])
    made = delta.make(files | {"app.js": old}, manifest, new)
    assert made is not None
    path = f"deltas/{second}/{first}.zst"
    site.repository.files[path] = made[:-1] + bytes([made[-1] ^ 1]) if spoilt else made
    site.log.clear()
    assert update(shell)["ok"]["refused"] == []
    asked = [name for _, name in site.log if "/deltas/" in name or "/objects/" in name]
    whole = [f"/repo/objects/{sha256(new['app.js'])}"] if spoilt else []
    assert asked == [f"/repo/{path}", *whole]
    assert shell.evaluate("() => releases.get('wealth').version") in {"1.1.0", "1.2.0"}
    kept = shell.evaluate("(hash) => releases.object(hash).then((bytes) => bytes.length)", sha256(new["app.js"]))
    assert kept == len(new["app.js"])


def test_what_was_stored_starts_offline_even_after_expiry(
    shell: Page, site: Site, open_shell: Callable[[], Page]
) -> None:
    begin(shell)
    refs = update(shell)["ok"]["refs"]
    again = open_shell()
    site.repository.files.clear()
    assert begin(again, MILLISECONDS + 400 * 86_400_000) == refs
    assert update(again)["code"] == "TUF_EXPIRED"
    assert again.evaluate("() => releases.list().map(({ ref }) => ref)") == refs


def test_without_a_connection_an_update_says_offline(shell: Page, context: BrowserContext) -> None:
    begin(shell)
    context.set_offline(True)
    assert update(shell)["code"] == "OFFLINE"


@pytest.mark.parametrize(
    "damage",
    [
        "store.put('objects', releases.get('wealth').files[0].sha256, new Uint8Array(3))",
        "store.remove('objects', releases.get('wealth').files[0].sha256)",
        "store.put('objects', releases.get('wealth').digest, encoding.utf8('{}'))",
        """store.change('releases', 'wealth', (kept) => {
            for (const roles of Object.values(kept.roles)) roles['app-wealth'] = roles['app-common'];
            return kept;
        }).then(() => null)""",
    ],
)
def test_what_was_altered_in_storage_is_not_started_and_is_healed(
    shell: Page, open_shell: Callable[[], Page], damage: str
) -> None:
    begin(shell)
    refs = update(shell)["ok"]["refs"]
    shell.evaluate(f"() => {damage}")
    again = open_shell()
    assert begin(again) == refs[:1]
    assert update(again)["ok"]["refs"] == refs


def test_an_object_with_other_bytes_is_refused_and_the_old_release_stays(shell: Page, site: Site) -> None:
    begin(shell)
    refs = update(shell)["ok"]["refs"]
    new = PAGE | {"main.js": b"export {};\n"}
    site.repository.add_release("wealth", "1.1.0", new)
    site.repository.publish("app-wealth", "rollout")
    site.repository.files[f"objects/{sha256(new['main.js'])}"] = b"export  ;\n"
    answer = update(shell)["ok"]
    assert [(one["bundle"], one["code"]) for one in answer["refused"]] == [("wealth", "RELEASE_INVALID")]
    assert answer["refs"] == refs


def test_a_shared_bundle_that_is_not_the_pinned_one_is_refused(shell: Page, site: Site) -> None:
    requires = {"common": {"version": "1.0.0", "digest": "0" * 64}}
    site.repository.add_release("wealth", "1.1.0", PAGE, requires=requires)
    site.repository.publish("app-wealth", "rollout")
    begin(shell)
    assert [one["bundle"] for one in update(shell)["ok"]["refused"]] == ["wealth"]


def test_a_policy_that_names_another_digest_is_refused(shell: Page, site: Site) -> None:
    site.repository.add_policy("wealth", [("1.0.0", "0" * 64, 10_000)])
    site.repository.publish("rollout")
    begin(shell)
    assert update(shell)["ok"]["refused"][0]["code"] == "RELEASE_INVALID"


def test_a_release_below_the_floor_is_not_taken(shell: Page, site: Site) -> None:
    begin(shell)
    digest = next(iter(update(shell)["ok"]["refs"][1:])).partition("#")[2]
    site.repository.add_policy("wealth", [("1.0.0", digest, 10_000)], floor="1.0.1")
    site.repository.publish("rollout")
    assert [ref.partition("@")[0] for ref in update(shell)["ok"]["refs"]] == ["common"]


def test_a_halted_bundle_goes_on_running(shell: Page, site: Site, open_shell: Callable[[], Page]) -> None:
    begin(shell)
    refs = update(shell)["ok"]["refs"]
    digest = refs[1].partition("#")[2]
    site.repository.add_policy("wealth", [("1.0.0", digest, 10_000)], halt=True)
    site.repository.publish("rollout")
    shell.evaluate("() => releases.opening('wealth')")
    assert update(shell)["ok"]["refs"] == refs
    assert shell.evaluate("() => releases.policies.wealth.reason") == "halted"
    assert begin(open_shell()) == refs


def test_a_halt_takes_back_what_was_not_opened_yet(shell: Page, site: Site) -> None:
    begin(shell)
    first = update(shell)["ok"]["refs"]
    shell.evaluate("() => releases.opening('wealth')")
    new = site.repository.add_release("wealth", "1.1.0", PAGE | {"more.js": b""})
    site.repository.publish("app-wealth", "rollout")
    assert "1.1.0" in update(shell)["ok"]["refs"][1]
    site.repository.add_policy("wealth", [("1.1.0", new, 10_000)], halt=True, policy=2)
    site.repository.publish("rollout")
    assert update(shell)["ok"]["refs"] == first


def test_the_cohort_decides_and_is_told(shell: Page, site: Site) -> None:
    begin(shell)
    shell.evaluate("() => store.put('values', 'installId', 'install-7')")
    first = int(sha256(b"install-7:a1")[:8], 16) % 10_000
    digest = sha256(
        next(d for p, d in site.repository.files.items() if p.endswith(".1.0.0.manifest.json") and "wealth" in p)
    )
    for permyriad, taken in [(first, False), (first + 1, True)]:
        site.repository.add_policy("wealth", [("1.0.0", digest, permyriad)])
        site.repository.publish("rollout")
        assert (len(update(shell)["ok"]["refs"]) == 2) is taken
        assert shell.evaluate("() => releases.policies.wealth.bucket") == first


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        ("1.0.0", "1.0.0", 0),
        ("1.0.10", "1.0.9", 1),
        ("1.0.0-rc.1", "1.0.0", -1),
        ("1.0.0-rc.2", "1.0.0-rc.10", -1),
        ("2.0.0", "10.0.0", -1),
    ],
)
def test_versions_have_their_order(bench: Page, left: str, right: str, order: int) -> None:
    assert bench.evaluate("([a, b]) => Math.sign(policy.compareVersions(a, b))", [left, right]) == order
