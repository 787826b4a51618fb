"""The shell's API client against a bank that checks everything, and the approval of a transaction from end to end."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from security.encoding import b64url_encode
from tests.native_bridge.shell.bank import Bank
from tests.native_bridge.shell.site import Site
from tests.native_bridge.shell.tuf_repository import NOW

pytestmark = pytest.mark.browser
BUNDLE = "wealth@1.0.0#" + "9f" * 32

MAKE = """async (now) => {
  globalThis.store = new MemoryStore();
  globalThis.device = await keys.DeviceKeys.open(store);
  globalThis.clock = now;
  globalThis.calls = [];
  globalThis.api = new Api({
    base: "/app/v1", keys: device, store, env: "sandbox", aud: "tidegate-bff", platform: "browser",
    model: "phone frame", app: { id: "cn.lanjiang.tidegate", version: "1.0.0" },
    clock: () => globalThis.clock, timeoutMs: 3000,
    confirmFactor: async () => "pin",
  });
  api.onCall = (call) => calls.push(call);
}"""


@pytest.fixture
def bank(site: Site) -> Bank:
    bank = Bank(NOW)
    site.bank = bank
    return bank


@pytest.fixture
def shell(bench: Page, bank: Bank) -> Page:
    assert bank.registrations == 0
    bench.evaluate(MAKE, NOW.timestamp() * 1000)
    return bench


def run(shell: Page, source: str) -> dict[str, Any]:
    return shell.evaluate(f"() => outcome(async () => {source})")


def request(shell: Page, **call: Any) -> dict[str, Any]:
    return shell.evaluate(
        "(call) => outcome(async () => { const { status, body } = await api.request(call); return { status, body }; })",
        call,
    )


def test_registration_happens_once_and_is_verified(shell: Page, bank: Bank) -> None:
    run(shell, "Promise.all([api.register(), api.register()])")
    assert run(shell, "api.register()")["ok"]["deviceId"] == "dev_1"
    assert bank.registrations == 1


def test_an_onboarding_session_learns_the_nonce(shell: Page, bank: Bank) -> None:
    assert run(shell, "api.ensureSession()")["ok"]["state"] == "onboarding"
    assert request(shell, op="device.get") == {"ok": {"status": 200, "body": {"scope": "onboarding"}}}
    bank.nonce = "nonce-2"
    assert request(shell, op="device.get")["ok"]["status"] == 200
    assert bank.refused == ["NONCE_REQUIRED"]


def test_log_in_signs_with_the_tx_key(shell: Page) -> None:
    run(shell, "api.login()")
    session = shell.evaluate("() => api.session")
    assert (session["state"], session["customer"]["name"]) == ("customer", "陈*")


def test_a_person_who_declines_is_not_logged_in(shell: Page, bank: Bank) -> None:
    source = """api.login({
      confirmFactor: async () => { throw Object.assign(new Error("no"), { code: "USER_CANCELLED" }); },
    })"""
    assert run(shell, source)["code"] == "USER_CANCELLED"
    assert bank.tokens == {}


def test_a_customer_operation_needs_a_customer(shell: Page, bank: Bank) -> None:
    run(shell, "api.ensureSession()")
    assert request(shell, op="wealth.product.list", bundle=BUNDLE)["code"] == "AUTH_REQUIRED"
    assert bank.received == []


def test_the_running_bundle_stands_in_the_proof(shell: Page, bank: Bank) -> None:
    run(shell, "api.login()")
    request(shell, op="wealth.product.list", bundle=BUNDLE)
    request(shell, op="wealth.product.list")
    assert [bundle for *_, bundle in bank.received] == [BUNDLE, None]


def test_parameters_go_to_path_query_and_body(shell: Page, bank: Bank) -> None:
    run(shell, "api.login()")
    request(shell, op="wealth.order.get", params={"orderId": "a/b?c#d 陈", "page": "1&x=2"}, bundle=BUNDLE)
    request(shell, op="wealth.suitability.assess", body={"version": "1"}, idempotencyKey="key-1", bundle=BUNDLE)
    (_, get, *_), (_, post, body, key, _) = bank.received
    assert get == "/app/v1/wealth/orders/a%2Fb%3Fc%23d%20%E9%99%88?page=1%26x%3D2"
    assert (post, body, key) == ("/app/v1/wealth/suitability", {"version": "1"}, "key-1")


def test_a_key_is_made_where_the_page_gives_none(shell: Page, bank: Bank) -> None:
    run(shell, "api.login()")
    for _ in range(2):
        request(shell, op="wealth.suitability.assess", body={}, bundle=BUNDLE)
    first, second = (key for _, _, _, key, _ in bank.received)
    assert first
    assert second
    assert first != second


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ({"op": "wealth.order.cancel"}, "METHOD_UNKNOWN"),
        ({"op": "https://evil.example/"}, "METHOD_UNKNOWN"),
        ({"op": "__proto__"}, "METHOD_UNKNOWN"),
        ({"op": ["wealth.product.list"]}, "METHOD_UNKNOWN"),
        ({"op": "session.revoke"}, "PERMISSION_DENIED"),
        ({"op": "approval.approve", "params": {"challengeId": "chl_1"}}, "PERMISSION_DENIED"),
        ({"op": "wealth.order.get"}, "PARAMS_INVALID"),
        ({"op": "wealth.order.get", "params": {"orderId": ".."}}, "PARAMS_INVALID"),
        ({"op": "wealth.order.get", "params": {"orderId": "a\r\nX: y"}}, "PARAMS_INVALID"),
        ({"op": "wealth.order.get", "params": {"orderId": {"a": 1}}}, "PARAMS_INVALID"),
        ({"op": "wealth.order.get", "params": {"orderId": "a", "b c": "1"}}, "PARAMS_INVALID"),
        ({"op": "wealth.order.get", "params": {"orderId": "a"}, "body": {}}, "PARAMS_INVALID"),
        ({"op": "wealth.suitability.assess", "params": {"x": "1"}}, "PARAMS_INVALID"),
        ({"op": "wealth.suitability.assess", "body": [1]}, "PARAMS_INVALID"),
        ({"op": "wealth.suitability.assess", "body": {}, "idempotencyKey": "a\nAuthorization: x"}, "PARAMS_INVALID"),
        ({"op": "wealth.product.list", "bundle": "wealth@1.0.0"}, "PARAMS_INVALID"),
        ({"op": "wealth.product.list", "bundle": ""}, "PARAMS_INVALID"),
    ],
)
def test_what_a_page_may_not_ask_never_leaves_the_device(
    shell: Page, bank: Bank, call: dict[str, Any], code: str
) -> None:
    run(shell, "api.login()")
    assert request(shell, **({"bundle": BUNDLE} | call))["code"] == code
    assert bank.received == []


def test_a_problem_is_an_answer(shell: Page) -> None:
    run(shell, "api.login()")
    answer = request(shell, op="wealth.order.get", params={"orderId": "missing"}, bundle=BUNDLE)
    assert answer == {"ok": {"status": 404, "body": {"code": "NOT_FOUND", "status": 404}}}


def test_a_file_is_an_answer_with_its_name_its_type_and_its_bytes(shell: Page, bank: Bank) -> None:
    run(shell, "api.login()")
    bank.file = bytes(range(256)) + b"\xef\xbb\xbf"
    answer = request(shell, op="wealth.transaction.csv", bundle=BUNDLE)
    file = {
        "name": "wealth-transactions.csv",
        "mediaType": "text/csv; charset=utf-8",
        "content": b64url_encode(bank.file),
    }
    assert answer == {"ok": {"status": 200, "body": {"file": file}}}


@pytest.mark.parametrize(
    ("file", "name"),
    [(b"a" * (4 * 1024 * 1024 + 1), "long.csv"), (b"a", "../escape.csv"), (b"a", ".hidden"), (b"a", "")],
)
def test_a_file_that_is_too_long_or_oddly_named_is_no_answer(shell: Page, bank: Bank, file: bytes, name: str) -> None:
    run(shell, "api.login()")
    bank.file, bank.file_name = file, name
    answer = request(shell, op="wealth.transaction.csv", bundle=BUNDLE)
    assert answer == {"ok": {"status": 200, "body": None}}


def test_an_expired_token_is_refreshed_once_for_all_who_wait(shell: Page, bank: Bank) -> None:
    run(shell, "api.login()")
    for token in bank.tokens.values():
        token.expired = True
    many = """{
      const all = await Promise.all([1, 2, 3].map(() => api.request({ op: "wealth.product.list" })));
      return all.map(({ status }) => status);
    }"""
    assert run(shell, many) == {"ok": [200, 200, 200]}
    assert bank.refreshes == 1


def test_a_token_is_refreshed_before_it_ends(shell: Page, bank: Bank) -> None:
    run(shell, "api.login()")
    shell.evaluate("() => { clock += 595_000; }")
    bank.now += timedelta(seconds=595)
    assert request(shell, op="wealth.product.list")["ok"]["body"] == {"scope": "customer"}
    assert (bank.refreshes, bank.refused) == (1, [])


def test_a_refused_refresh_asks_for_a_new_log_in(shell: Page, bank: Bank) -> None:
    run(shell, "api.login()")
    bank.refresh_tokens.clear()
    for token in bank.tokens.values():
        token.expired = True
    assert request(shell, op="wealth.product.list")["code"] == "AUTH_REQUIRED"
    assert shell.evaluate("() => api.session.state") == "none"


def test_a_clock_that_is_two_hours_wrong_is_corrected(shell: Page, bank: Bank) -> None:
    bank.now += timedelta(hours=2)
    assert run(shell, "api.ensureSession()")["ok"]["state"] == "onboarding"
    assert set(bank.refused) <= {"NONCE_REQUIRED"}


def test_without_a_server_it_says_offline(shell: Page, site: Site) -> None:
    run(shell, "api.login()")
    site.online = False
    assert request(shell, op="wealth.product.list")["code"] == "OFFLINE"
    assert shell.evaluate("() => calls.at(-1).code") == "OFFLINE"


def test_logging_out_forgets_the_tokens(shell: Page, bank: Bank) -> None:
    run(shell, "api.login()")
    run(shell, "api.logout()")
    assert shell.evaluate("() => api.session.state") == "none"
    assert bank.received[-1][1] == "/app/v1/sessions/revoke"


def test_binding_is_signed_and_verified(shell: Page) -> None:
    answer = run(shell, "{ const { body } = await api.prepareBind(); return api.confirmBind(body, '123456'); }")
    assert answer["ok"]["body"]["state"] == "ACTIVE"
    assert shell.evaluate("() => api.session.deviceState") == "ACTIVE"


@pytest.mark.parametrize("change", ["env: 'production'", "aud: 'other'", "expires: 1", "expires: body.expires + 86400"])
def test_a_binding_for_elsewhere_is_not_signed(shell: Page, bank: Bank, change: str) -> None:
    source = f"{{ const {{ body }} = await api.prepareBind(); return api.confirmBind({{ ...body, {change} }}, '1'); }}"
    assert run(shell, source)["code"] == "CHALLENGE_INVALID"
    assert [target for _, target, *_ in bank.received] == ["/app/v1/devices/bind/prepare"]


FETCH = """approval.fetchOperation(api, "chl_1", {
  env: "sandbox", aud: "tidegate-bff", deviceId: "dev_1", keyId: device.tx.thumbprint, bundle: "%s",
  purposes: ["wealth.order.place"], now: api.now(),
})"""
SIGN = (
    "{ const found = await "
    + FETCH
    + "; return approval.approve(api, device, store, found, { locale: 'zh-CN', factor: 'pin' }); }"
)


def test_an_approval_is_signed_as_shown_and_accepted(shell: Page, bank: Bank) -> None:
    run(shell, "api.login()")
    bank.last_seq = 41
    bank.freeze(BUNDLE)
    answer = run(shell, SIGN % BUNDLE)["ok"]
    assert (answer["status"], answer["body"]["seq"]) == (200, 42)
    assert answer["body"]["ui"] == f"tidegate-shell/1.0.0;zh-CN;sha256:{answer['displayHash']}"
    bank.last_seq = 0
    bank.freeze(BUNDLE)
    assert run(shell, SIGN % BUNDLE)["ok"]["body"]["seq"] == 43


@pytest.mark.parametrize(
    "change",
    [
        {"env": "production"},
        {"aud": "other"},
        {"dev": "dev_2"},
        {"kid": "A" * 43},
        {"txid": "opr_2"},
        {"bundle": "wealth@1.0.1#" + "9f" * 32},
        {"tmpl": "wealth.order.place/1#" + "0" * 64},
        {"exp": "1"},
        {"type": "accounts.close"},
        {"payee_name": "澜江\u200b银行"},
        {"amt": "5e4"},
        {"extra": "x"},
        {"alg": "none"},
    ],
)
def test_an_operation_that_does_not_belong_here_is_not_drawn(shell: Page, bank: Bank, change: dict[str, str]) -> None:
    run(shell, "api.login()")
    bank.freeze(BUNDLE)["fields"].update(change)
    assert run(shell, FETCH % BUNDLE)["code"] == "CHALLENGE_INVALID"


@pytest.mark.parametrize(
    "change",
    [
        {"status": "APPROVED"},
        {"challengeId": "chl_2"},
        {"template": {"id": "wealth.order.place/1", "rows": []}},
        {"lastSeq": "7"},
    ],
)
def test_an_answer_that_contradicts_itself_is_not_drawn(shell: Page, bank: Bank, change: dict[str, Any]) -> None:
    run(shell, "api.login()")
    bank.freeze(BUNDLE).update(change)
    assert run(shell, FETCH % BUNDLE)["code"] == "CHALLENGE_INVALID"


def test_every_missing_field_is_noticed(shell: Page, bank: Bank) -> None:
    run(shell, "api.login()")
    for name in list(bank.freeze(BUNDLE)["fields"]):
        del bank.freeze(BUNDLE)["fields"][name]
        assert run(shell, FETCH % BUNDLE)["code"] == "CHALLENGE_INVALID"
