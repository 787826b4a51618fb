"""A bundle in its frame: cold start without a content request, and each thing that a hostile page tries."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Playwright

from native_bridge.hosting import HostedAnswer
from tests.native_bridge.shell.conftest import PAGE, SHARED
from tests.native_bridge.shell.site import Site
from tests.native_bridge.shell.tuf_repository import CSP, NOW, sha256
from tests.services import CHROMIUM, HEADLESS

pytestmark = pytest.mark.browser
MILLISECONDS = int(NOW.timestamp() * 1000)
HOST = "wealth-h5.localhost"


def ready(page: Page) -> Page:
    page.evaluate("(now) => begin({ now })", MILLISECONDS)
    page.evaluate("() => update()")
    return page


@pytest.fixture
def shell(open_shell: Callable[[], Page]) -> Page:
    return ready(open_shell())


def show(shell: Page, **how: Any) -> dict[str, Any]:
    return shell.evaluate("(how) => outcome(() => show('wealth', how))", how)


def inside(shell: Page) -> Frame:
    return next(frame for frame in shell.frames if "/v/" in frame.url)


def wait(shell: Page, condition: str) -> None:
    shell.wait_for_function(f"() => {condition}")


def asked(site: Site) -> list[str]:
    return [path for host, path in site.log if host == HOST]


def digest(shell: Page) -> str:
    return shell.evaluate("() => releases.get('wealth').digest")


def served(frame: Frame, path: str) -> int:
    """What a script element's request for the path gives, as fetch cannot be used under connect-src 'none'."""
    source = """(path) => new Promise((resolve) => {
      const element = Object.assign(document.createElement('script'), { src: path });
      element.onload = () => resolve(200);
      element.onerror = () => resolve(404);
      document.head.append(element);
    })"""
    return frame.evaluate(source, path)


def test_a_cold_open_reaches_the_page_and_asks_the_network_for_no_content(shell: Page, site: Site) -> None:
    site.log.clear()
    assert show(shell) == {"ok": "live"}
    wait(shell, "heard.length === 1")
    assert shell.evaluate("() => heard") == ['{"t":"hello","shared":"common 1"}']
    assert shell.evaluate("() => states.map(({ state }) => state)") == ["loading", "loader", "entering", "live"]
    assert sorted(set(asked(site))) == ["/__loader.html", "/__sw.js"]
    assert inside(shell).evaluate("() => import('./lazy/extra.js').then(({ extra }) => extra)") == "lazy"
    assert sorted(set(asked(site))) == ["/__loader.html", "/__sw.js"]


def test_cold_opens_in_a_row(shell: Page, site: Site) -> None:
    forget = """async () => {
      for (const name of await caches.keys()) await caches.delete(name);
      await (await navigator.serviceWorker.getRegistration()).unregister(); }"""
    for _ in range(20):
        assert show(shell) == {"ok": "live"}
        wait(shell, "heard.length === 1")
        inside(shell).evaluate(forget)
        shell.evaluate("() => frame.close()")
    assert {path for path in asked(site) if path.startswith("/v/")} == set()


def test_a_prepared_bundle_opens_without_the_network(shell: Page, context: BrowserContext, site: Site) -> None:
    sent = shell.evaluate("() => prepare('wealth')")
    assert sent == {"sent": len(PAGE) + len(SHARED)}
    assert shell.locator("iframe").count() == 0
    context.set_offline(True)
    site.online = False
    site.log.clear()
    assert show(shell) == {"ok": "live"}
    assert shell.evaluate("() => states.at(-1).sent") == 0
    assert asked(site) == []


def test_a_new_shell_page_reopens_offline_from_what_is_stored(
    shell: Page, context: BrowserContext, open_shell: Callable[[], Page]
) -> None:
    shell.evaluate("() => prepare('wealth')")
    again = open_shell()
    again.evaluate(
        "() => fetch('/config.json').then((answer) => answer.json()).then((config) => { globalThis.config = config; })"
    )
    context.set_offline(True)
    assert len(again.evaluate("(now) => begin({ now })", MILLISECONDS)) == 2
    assert show(again) == {"ok": "live"}


def test_an_unprepared_bundle_does_not_open_offline(shell: Page, context: BrowserContext) -> None:
    context.set_offline(True)
    assert show(shell, options={"timeouts": {"loader": 1500}})["code"] == "FRAME_FAILED"
    assert shell.evaluate("() => [frame.state, document.querySelector('iframe')]") == ["ended", None]


def test_answers_carry_both_policies_and_the_fence(shell: Page, site: Site) -> None:
    answers: list[Any] = []
    shell.on("response", lambda answer: answers.append(answer) if "/v/" in answer.url else None)
    show(shell)
    wait(shell, "heard.length === 1")
    entry = next(answer for answer in answers if answer.url.endswith("/index.html"))
    headers = entry.all_headers()
    assert entry.from_service_worker
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert CSP in headers["content-security-policy"]
    assert f"frame-ancestors {site.origin}; worker-src 'none'; frame-src 'none'" in headers["content-security-policy"]
    assert headers["connection-allowlist"] == "(response-origin); webrtc=block"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")


def test_a_lax_manifest_cannot_loosen_the_constant_policy(shell: Page, site: Site) -> None:
    site.repository.add_release(
        "wealth",
        "1.2.0",
        PAGE
        | {
            "main.js": PAGE["main.js"].replace(
                b'import { shared } from "./_shared/common/shared.js";', b'const shared = "none";'
            )
        },
        csp="default-src * 'unsafe-inline'; worker-src *",
    )
    site.repository.publish("app-wealth", "rollout")
    shell.evaluate("() => update()")
    assert show(shell) == {"ok": "live"}
    registering = "() => navigator.serviceWorker.register('/__sw.js').then(() => 'done', (error) => error.name)"
    assert inside(shell).evaluate(registering) != "done"
    framed = """() => new Promise((resolve) => {
      addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
      document.body.append(Object.assign(document.createElement('iframe'), { src: 'about:srcdoc', srcdoc: 'x' }));
      document.body.append(Object.assign(document.createElement('iframe'), { src: '/__loader.html' }));
    })"""
    assert inside(shell).evaluate(framed) == "frame-src"


OVERWRITE = """async (digest) => {
  const cache = await caches.open(`slot-${digest}`);
  for (const request of await cache.keys()) {
    if (!request.url.includes('/object/')) continue;
    const bytes = new Uint8Array(await (await cache.match(request)).arrayBuffer());
    bytes[bytes.length - 1] = 0x20;
    await cache.put(request, new Response(bytes));
  }
}"""


def test_an_overwritten_cache_is_refused_and_healed_at_the_next_open(shell: Page) -> None:
    show(shell)
    frame = inside(shell)
    frame.evaluate(OVERWRITE, digest(shell))
    assert served(frame, "./other.js") == 404
    assert show(shell) == {"ok": "live"}
    assert shell.evaluate("() => states.at(-1).sent") == len(PAGE) + len(SHARED)
    assert served(inside(shell), "./lazy/../main.js") == 200


@pytest.mark.parametrize("entry", ["/manifest", "/role", "/shared/common"])
def test_a_forged_slot_entry_is_refused(shell: Page, entry: str) -> None:
    show(shell)
    frame = inside(shell)
    forge = """async ([digest, entry]) => {
      const cache = await caches.open(`slot-${digest}`);
      const text = await (await cache.match(entry)).text();
      await cache.put(entry, new Response(text.replace('1.0.0', '1.0.1').replace('"sig": "30', '"sig": "31')));
    }"""
    frame.evaluate(forge, [digest(shell), entry])
    assert served(frame, "./_shared/common/shared.js?" if entry == "x" else "./_shared/common/shared.js") == 404
    assert show(shell) == {"ok": "live"}


FORGE = """async ([digest, forgeRole]) => {
  const cache = await caches.open(`slot-${digest}`);
  const manifest = JSON.parse(await (await cache.match('/manifest')).text());
  const body = new TextEncoder().encode(JSON.stringify({ ...manifest, csp: "default-src *" }));
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
  const hash = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const slot = await caches.open(`slot-${hash}`);
  for (const kept of await cache.keys()) await slot.put(new URL(kept.url).pathname, await cache.match(kept));
  await slot.put('/manifest', new Response(body));
  const role = await (await cache.match('/role')).text();
  if (forgeRole) await slot.put('/role', new Response(role.replaceAll(digest, hash)));
  setTimeout(() => { location.href = `/v/${hash}/index.html`; }, 0);
  return hash;
}"""


@pytest.mark.parametrize("forge_role", [False, True], ids=["role as signed", "role lists it unsigned"])
def test_a_whole_forged_slot_under_its_own_digest_is_refused(shell: Page, *, forge_role: bool) -> None:
    show(shell)
    statuses: dict[str, int] = {}
    shell.on("response", lambda answer: statuses.update({answer.url: answer.status}))
    forged = inside(shell).evaluate(FORGE, [digest(shell), forge_role])
    wait(shell, "frame.state === 'ended'")
    assert shell.evaluate("() => [frame.reason, ports]") == ["navigated", 1]
    assert [status for url, status in statuses.items() if f"/v/{forged}/" in url] == [404]


def test_another_bundles_signed_manifest_is_refused(shell: Page) -> None:
    common = shell.evaluate("() => ({ ...releases.get('common'), manifestBytes: null, roleBytes: null }).digest")
    refused = shell.evaluate("""() => {
      const release = { ...releases.get('common'), entry: 'shared.js' };
      return outcome(() => makeFrame('wealth').open(release, document.getElementById('stage')));
    }""")
    assert len(common) == 64
    assert (refused["code"], "OTHER_BUNDLE" in refused["message"]) == ("FRAME_FAILED", True)


def test_a_second_hello_ends_the_session(shell: Page) -> None:
    show(shell)
    inside(shell).evaluate("() => { parent.postMessage({ tidegate: 'page-hello' }, '*'); }")
    wait(shell, "frame.state === 'ended'")
    assert shell.evaluate("() => [frame.reason, ports, document.querySelector('iframe')]") == ["second-hello", 1, None]


@pytest.mark.parametrize(
    "leave", ["location.reload()", "location.href = './other.html'", "location.href = '/__loader.html'"]
)
def test_a_navigation_ends_the_session_without_a_new_port(shell: Page, leave: str) -> None:
    show(shell)
    inside(shell).evaluate(f"() => {{ setTimeout(() => {{ {leave}; }}, 0); }}")
    wait(shell, "frame.state === 'ended'")
    assert shell.evaluate("() => ports") == 1
    assert shell.locator("iframe").count() == 0


def test_a_fragment_and_push_state_keep_the_session(shell: Page) -> None:
    assert show(shell, hash="#/orders") == {"ok": "live"}
    frame = inside(shell)
    assert frame.evaluate("() => location.hash") == "#/orders"
    frame.evaluate("() => { location.hash = '#/home'; history.pushState(null, '', './deep'); }")
    frame.wait_for_timeout(200)
    assert shell.evaluate("() => frame.state") == "live"


def test_another_origin_is_blocked_by_the_shells_policy(shell: Page, site: Site) -> None:
    show(shell)
    target = f"http://127.0.0.1:{site.port}/"
    inside(shell).evaluate("(target) => { setTimeout(() => { location.href = target; }, 0); }", target)
    wait(shell, "frame.state === 'ended'")
    assert ("127.0.0.1", "/") not in site.log


def test_a_hello_from_a_wrong_window_or_origin_is_dropped(shell: Page) -> None:
    shell.evaluate(
        """() => {
          makeFrame('wealth').open(releases.get('wealth'), document.getElementById('stage'));
          postMessage({ tidegate: 'page-hello' }, '*');
        }"""
    )
    wait(shell, "frame.state === 'live'")
    shell.evaluate("() => { postMessage({ tidegate: 'page-hello' }, '*'); }")
    shell.wait_for_timeout(100)
    assert shell.evaluate("() => [frame.state, ports]") == ["live", 1]
    assert {drop["reason"] for drop in shell.evaluate("() => drops")} == {"source"}


def test_what_another_bundles_frame_says_is_left_to_that_frame(shell: Page) -> None:
    show(shell)
    shell.evaluate("() => { globalThis.first = frame; globalThis.firstDrops = drops; }")
    shell.evaluate("""() => outcome(() => makeFrame('accounts', { timeouts: { loader: 700 } })
      .open(releases.get('wealth'), document.getElementById('stage')))""")
    assert shell.evaluate("() => [first.state, firstDrops]") == ["live", []]


LIAR = b"""<!doctype html><script>
  for (const name of ["loader-hello", "page-hello"]) {
    for (const window of new Set([parent, top])) window.postMessage({ tidegate: name }, "*");
  }
  addEventListener("message", (event) => { if (event.ports.length) parent.postMessage("I have a port", "*"); });
</script>"""


@pytest.fixture
def unfenced(chromium: Browser, site: Site) -> Iterator[Page]:
    """The shell's page without any CSP, so that only its own check of window messages stands."""
    site.bank = lambda _: HostedAnswer(200, {"Content-Type": "text/html"}, LIAR)
    context = chromium.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(site.origin + "/")
    page.evaluate("() => import('/harness.mjs').then(() => null)")
    yield ready(page)
    context.close()


NESTED = """(address) => new Promise((resolve) => {
  const frame = document.createElement("iframe");
  frame.onload = () => setTimeout(resolve, 200);
  if (address) frame.src = address;
  else frame.srcdoc = "<script>top.postMessage({ tidegate: 'page-hello' }, '*')</" + "script>";
  document.body.append(frame);
})"""


@pytest.mark.parametrize("host", ["", "wealth-h5.evil.localhost"], ids=["nested in the page", "beside it"])
def test_another_frame_gets_no_port_and_is_audited(unfenced: Page, site: Site, host: str) -> None:
    assert show(unfenced) == {"ok": "live"}
    place = unfenced if host else inside(unfenced)
    place.evaluate(NESTED, f"http://{host}:{site.port}/app/v1/liar" if host else "")
    drops = unfenced.evaluate("() => drops")
    assert {drop["reason"] for drop in drops} == {"source"}
    assert unfenced.evaluate("() => [frame.state, ports]") == ["live", 1]


@pytest.mark.parametrize("host", ["wealth-h5.evil.localhost", "wealth-h5.localhost.evil.localhost", "127.0.0.1"])
def test_a_look_alike_origin_in_the_frame_gets_no_port_and_is_audited(unfenced: Page, site: Site, host: str) -> None:
    address = f"http://{host}:{site.port}"
    ended = unfenced.evaluate(
        """(address) => outcome(() => {
          const opening = makeFrame('wealth', { timeouts: { loader: 1200 } })
            .open(releases.get('wealth'), document.getElementById('stage'));
          frame.element.src = address;
          return opening;
        })""",
        address + "/app/v1/liar",
    )
    assert ended["code"] == "FRAME_FAILED"
    assert {"origin": address, "reason": "origin"} in unfenced.evaluate("() => drops")
    assert unfenced.evaluate("() => [frame.state, ports, document.querySelector('iframe')]") == ["ended", 0, None]


def test_a_silent_page_ends_the_session(shell: Page) -> None:
    show(shell, options={"heartbeat": {"everyMs": 60, "misses": 2}})
    shell.wait_for_timeout(500)
    assert shell.evaluate("() => frame.state") == "live"
    inside(shell).evaluate("() => { window.mute = true; }")
    wait(shell, "frame.state === 'ended'")
    assert shell.evaluate("() => frame.reason") == "silent"


def test_heartbeats_do_not_reach_the_dispatcher(shell: Page) -> None:
    show(shell, options={"heartbeat": {"everyMs": 30, "misses": 5}})
    shell.wait_for_timeout(300)
    assert shell.evaluate("() => heard.length") == 1


def test_only_exact_names_are_served(shell: Page) -> None:
    show(shell)
    base = f"/v/{digest(shell)}/"
    names = [
        "main.js?x",
        "lazy%2fextra.js",
        "lazy%5cextra.js",
        "..%2fmain.js",
        "lazy/%252e%252e/main.js",
        "nothing.js",
        "_shared/wealth/main.js",
        "_shared/common/main.js",
    ]
    assert served(inside(shell), base + "lazy/extra.js") == 200
    assert {name: served(inside(shell), base + name) for name in names} == dict.fromkeys(names, 404)


def test_the_worker_keeps_the_repository_from_the_bundles_origin(shell: Page, site: Site) -> None:
    show(shell)
    site.log.clear()
    name = f"/repo/objects/{sha256(PAGE['main.js'])}"
    assert served(inside(shell), name) == 404
    inside(shell).evaluate("(name) => { setTimeout(() => { location.href = name; }, 0); }", name)
    wait(shell, "frame.state === 'ended'")
    assert asked(site) == []


def test_a_page_gets_nothing_of_another_release(shell: Page, site: Site) -> None:
    show(shell)
    old = digest(shell)
    new = {**PAGE, "main.js": PAGE["main.js"] + b"// new\n"}
    common = shell.evaluate("() => releases.get('common').digest")
    site.repository.add_release("wealth", "1.1.0", new, requires={"common": {"version": "1.0.0", "digest": common}})
    site.repository.publish("app-wealth", "rollout")
    shell.evaluate("() => update()")
    assert show(shell) == {"ok": "live"}
    assert digest(shell) != old
    assert served(inside(shell), f"/v/{old}/lazy/extra.js") == 404
    assert served(inside(shell), f"/v/{digest(shell)}/lazy/extra.js") == 200


def test_opening_takes_the_old_frame_away_and_nothing_is_prepared_beside_it(shell: Page) -> None:
    show(shell)
    shell.evaluate("() => { globalThis.first = frame; }")
    show(shell)
    assert shell.evaluate("() => [first.state, first.reason, document.querySelectorAll('iframe').length]") == [
        "ended",
        "replaced",
        1,
    ]
    refused = shell.evaluate("() => outcome(() => prepare('wealth'))")
    assert refused["code"] == "FRAME_FAILED"


def test_two_tabs_with_two_versions_both_live(shell: Page, site: Site, open_shell: Callable[[], Page]) -> None:
    show(shell)
    common = shell.evaluate("() => releases.get('common').digest")
    site.repository.add_release("wealth", "1.1.0", PAGE, requires={"common": {"version": "1.0.0", "digest": common}})
    site.repository.publish("app-wealth", "rollout")
    other = ready(open_shell())
    assert show(other) == {"ok": "live"}
    assert inside(shell).url != inside(other).url
    assert inside(shell).evaluate("() => import('./lazy/extra.js').then(({ extra }) => extra)") == "lazy"


def test_only_the_newest_slots_are_kept_and_the_present_one_stays(shell: Page) -> None:
    show(shell)
    made = "async () => { for (let n = 0; n < 6; n += 1) await caches.open(`slot-${String(n).repeat(64)}`); }"
    inside(shell).evaluate(made)
    assert show(shell) == {"ok": "live"}
    kept = inside(shell).evaluate("() => caches.keys()")
    assert (f"slot-{digest(shell)}" in kept, len(kept)) == (True, 3)
    assert inside(shell).evaluate("() => import('./lazy/extra.js').then(({ extra }) => extra)") == "lazy"


def test_a_page_that_unregisters_its_worker_is_healed_at_the_next_open(shell: Page) -> None:
    show(shell)
    gone = "async () => (await navigator.serviceWorker.getRegistration()).unregister()"
    assert inside(shell).evaluate(gone) is True
    assert show(shell) == {"ok": "live"}
    assert served(inside(shell), "./main.js") == 200


@pytest.mark.parametrize("milliseconds", [0, 400], ids=["hello before load", "load before hello"])
def test_hello_and_load_come_in_either_order(shell: Page, site: Site, milliseconds: int) -> None:
    common = shell.evaluate("() => releases.get('common').digest")
    late = f"setTimeout(() => parent.postMessage({{ tidegate: 'page-hello' }}, '*'), {milliseconds});".encode()
    early = b"parent.postMessage({ tidegate: 'page-hello' }, '*');"
    slow = b'<img src="./lazy/extra.js"><script src="./hello.js"></script>'
    hello = late if milliseconds else early
    record = b"addEventListener('load', () => { window.loaded = performance.now(); });"
    init = b"addEventListener('message', ({ data }) => { if (data?.tidegate) window.init = performance.now(); });"
    files = {"index.html": b"<!doctype html>" + slow, "hello.js": record + init + hello, "lazy/extra.js": b""}
    requires = {"common": {"version": "1.0.0", "digest": common}}
    site.repository.add_release("wealth", "1.2.0", files, requires=requires)
    site.repository.publish("app-wealth", "rollout")
    shell.evaluate("() => update()")
    assert show(shell) == {"ok": "live"}
    frame = inside(shell)
    frame.wait_for_function("() => window.loaded && window.init")
    if milliseconds:
        assert frame.evaluate("() => window.loaded < window.init")
    assert shell.evaluate("() => [frame.state, ports]") == ["live", 1]


def test_what_was_prepared_opens_offline_after_a_restart_of_the_browser(
    playwright: Playwright, site: Site, tmp_path: Path
) -> None:
    def started() -> BrowserContext:
        return playwright.chromium.launch_persistent_context(
            str(tmp_path), executable_path=HEADLESS, args=list(CHROMIUM)
        )

    def opened(context: BrowserContext) -> Page:
        page = context.new_page()
        page.goto(site.origin + "/")
        page.evaluate("() => import('/harness.mjs').then(() => null)")
        return page

    context = started()
    ready(opened(context)).evaluate("() => prepare('wealth')")
    context.close()
    context = started()
    page = opened(context)
    page.evaluate(
        "() => fetch('/config.json').then((answer) => answer.json()).then((config) => { globalThis.config = config; })"
    )
    context.set_offline(True)
    assert len(page.evaluate("(now) => begin({ now })", MILLISECONDS)) == 2
    assert show(page) == {"ok": "live"}
    context.close()


def test_the_bundles_origin_gives_nothing_at_top_level(shell: Page, context: BrowserContext, site: Site) -> None:
    shell.evaluate("() => prepare('wealth')")
    page = context.new_page()
    for path in [f"/v/{digest(shell)}/index.html", "/__loader.html", "/"]:
        answer = page.goto(site.bundle_origin("wealth") + path)
        assert answer is not None
        assert answer.status == 404


def test_a_worker_that_was_stopped_serves_again(shell: Page, context: BrowserContext) -> None:
    show(shell)
    client = context.new_cdp_session(shell)
    client.send("ServiceWorker.enable")
    client.send("ServiceWorker.stopAllWorkers")
    assert inside(shell).evaluate("() => import('./lazy/extra.js').then(({ extra }) => extra)") == "lazy"


def test_new_keys_of_a_role_reach_the_worker(shell: Page, site: Site) -> None:
    show(shell)
    site.repository.signers["app-wealth"] = site.repository.signers["rollout"]
    key = site.repository.signers["rollout"][0].public_key
    role = site.repository.targets.delegations.roles["app-wealth"]
    role.keyids = [key.keyid]
    common = shell.evaluate("() => releases.get('common').digest")
    site.repository.add_release("wealth", "1.1.0", PAGE, requires={"common": {"version": "1.0.0", "digest": common}})
    site.repository.publish("app-wealth", "rollout")
    assert shell.evaluate("() => update()")["refused"] == []
    assert show(shell) == {"ok": "live"}
    assert sha256(PAGE["main.js"])[:4]
