"""Hostile bodies and fields: whatever comes in, the answer is a clear refusal with a stable code."""

import http.client
import json
from typing import Any

import pytest

from tests.attacks.bank import ORDER, Bank, Customer, refused
from tests.device import Answer, Device

JSON = "application/json"
PREPARE = "/wealth/orders/prepare"


@pytest.fixture(scope="module")
def victim(bank: Bank) -> Customer:
    return bank.poor


@pytest.fixture(scope="module")
def balance(victim: Customer) -> int:
    return victim.balance()


def order(victim: Customer, **changes: Any) -> dict[str, Any]:
    return {"product": "JMG-TT01", "accountId": victim.account, "amountFen": ORDER, **changes}


def post(bank: Bank, victim: Customer, raw: bytes, media: str | None = JSON) -> Answer:
    page = bank.digests["wealth"]
    return bank.send(victim.device, "POST", PREPARE, raw, bundle=page, Content_Type=media)


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return f'{{"product":{opening * depth}1{closing * depth}}}'.encode()


RAW: dict[str, bytes] = {
    "a key twice": b'{"product":"JMG-TT01","amountFen":1000000,"amountFen":1,"accountId":"x"}',
    "a key twice by escape": b'{"product":"JMG-TT01","amountFen":1000000,"amount\\u0046en":1,"accountId":"x"}',
    "a key twice, deep": b'{"product":{"a":1,"a":2},"accountId":"x","amountFen":1}',
    "deep lists": nested(40),
    "very deep lists": nested(60_000),
    "very deep objects": nested(20_000, '{"a":', "}"),
    "not JSON": b"product=JMG-TT01",
    "cut short": b'{"product":"JMG-TT01"',
    "two documents": b"{}{}",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "NaN": b'{"amountFen":NaN}',
    "Infinity": b'{"amountFen":-Infinity}',
    "not UTF-8": b'{"product":"\xff\xfe"}',
    "UTF-16": '{"product":"x"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a lone surrogate": b'{"product":"\\ud800","accountId":"x","amountFen":1}',
    "a comment": b'{"product":"x"/*,*/}',
    "a trailing comma": b'{"product":"x",}',
    "an integer of 5000 digits": b'{"amountFen":' + b"9" * 5000 + b"}",
    "an integer beyond 2^53": b'{"product":"JMG-TT01","accountId":"x","amountFen":9007199254740993}',
    "an exponent": b'{"product":"JMG-TT01","accountId":"x","amountFen":1e400}',
    "whitespace": b" \n\t ",
    "a NUL": b"{}\x00",
}


@pytest.mark.parametrize("name", RAW)
def test_a_body_is_strict_json(bank: Bank, victim: Customer, name: str) -> None:
    """Defence: one strict reader: no key twice, bounded depth, no number that evidence could not hold."""
    refused(post(bank, victim, RAW[name]), 400, "REQUEST_INVALID")


@pytest.mark.parametrize("media", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_is_application_json(bank: Bank, victim: Customer, media: str | None) -> None:
    """Defence: a form that a foreign page could send without asking is no call."""
    refused(post(bank, victim, json.dumps(order(victim)).encode(), media), 415, "MEDIA_TYPE_UNSUPPORTED")


def test_a_large_body_is_refused(bank: Bank, victim: Customer) -> None:
    """Defence: a body has at most 256 KiB, whether it says its length or not."""
    refused(post(bank, victim, b'{"product":"' + b"x" * 1_000_000 + b'"}'), 413, "TOO_LARGE")
    almost = post(bank, victim, b'{"product":"' + b"x" * 200_000 + b'","accountId":"x","amountFen":1}')
    refused(almost, 400, "REQUEST_INVALID")


def test_a_refusal_does_not_cost_the_next_request_its_answer(bank: Bank) -> None:
    """Defence: a body that was not read is taken off the connection, which the next request then uses."""
    connection = http.client.HTTPConnection("127.0.0.1", bank.running.port, timeout=30)
    headers = {"Host": bank.running.url.removeprefix("http://"), "Content-Type": JSON}
    for number in range(60):
        path, body = ("/nothing", b"{}") if number % 2 else ("/app/v1/wealth/orders/prepare", b"x" * 1000)
        connection.request("POST", path, body, headers)
        reply = connection.getresponse()
        assert reply.status == (404 if number % 2 else 401)
        reply.read()
    connection.close()


FIELDS: dict[str, dict[str, Any]] = {
    "negative": {"amountFen": -ORDER},
    "zero": {"amountFen": 0},
    "float": {"amountFen": 1000000.5},
    "whole float": {"amountFen": 1000000.0},
    "text": {"amountFen": "1000000"},
    "true": {"amountFen": True},
    "null": {"amountFen": None},
    "list": {"amountFen": [ORDER]},
    "beyond the most": {"amountFen": 100_000_000_001},
    "64 bits": {"amountFen": 2**53 - 1},
    "a member more": {"payee": "6299009000070027"},
    "another's customer": {"customerId": "cus_x"},
    "product a number": {"product": 1},
    "product too long": {"product": "x" * 65},
    "product empty": {"product": ""},
    "account too long": {"accountId": "a" * 41},
    "account an object": {"accountId": {"$ne": ""}},
    "prototype": {"__proto__": {"amountFen": 1}},
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_has_one_type_and_its_bounds(bank: Bank, victim: Customer, name: str) -> None:
    """Defence: requests are converted strictly; unknown members are refused; values are not echoed."""
    answer = post(bank, victim, json.dumps(order(victim, **FIELDS[name])).encode())
    refused(answer, 400, "REQUEST_INVALID")
    assert "6299009000070027" not in json.dumps(answer.body)


TEXTS = {
    "NUL": "JMG\x00TT01",
    "bidi": "JMG-\u202eTT01",
    "zero width": "JMG-TT\u200b01",
    "full width": "ＪＭＧ－ＴＴ０１",
    "SQL": "' OR 1=1 --",
    "template": "{{7*7}}",
    "traversal": "../../passphrase",
    "emoji": "🥭",
    "combining": "JMG-TT01\u0301",
    "trailing space": "JMG-TT01 ",
    "another case": "jmg-tt01",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_finds_nothing(bank: Bank, victim: Customer, name: str) -> None:
    """Defence: ids are compared byte by byte by bound parameters; MariaDB's collation must not find a neighbour."""
    for changes in ({"product": TEXTS[name]}, {"accountId": TEXTS[name]}):
        refused(post(bank, victim, json.dumps(order(victim, **changes)).encode()), 404, "NOT_FOUND")


def test_an_id_in_another_case_finds_nothing(bank: Bank, victim: Customer) -> None:
    """Defence: ids are binary in the database: upper case is another id."""
    for account in (victim.account.upper(), victim.account + " ", victim.account.replace("acc_", "acc-")):
        refused(post(bank, victim, json.dumps(order(victim, accountId=account)).encode()), 404, "NOT_FOUND")


def test_amounts_below_the_product_are_refused_in_words(bank: Bank, victim: Customer) -> None:
    """Defence: the product's minimum and step, on the server."""
    for fen, code in ((1, "AMOUNT_MINIMUM"), (ORDER + 1, "AMOUNT_STEP")):
        answer = post(bank, victim, json.dumps(order(victim, product="JMG-XL30", amountFen=fen)).encode())
        assert answer.body["code"] == code, answer.body
        assert 400 <= answer.status < 500


PATHS = {
    "NUL": "/accounts/acc%00x",
    "traversal": "/accounts/..%2f..%2fpassphrase",
    "not UTF-8": "/accounts/%ff%fe",
    "bidi": "/accounts/acc_%e2%80%aex",
    "very long": "/accounts/" + "a" * 5000,
    "percent": "/accounts/%",
    "semicolon": "/accounts/acc_x;admin=1",
}


@pytest.mark.parametrize("name", PATHS)
def test_a_hostile_path_is_refused(bank: Bank, victim: Customer, name: str) -> None:
    """Defence: a path's text is as strict as a body's; the proof names the address that the server sees."""
    answer = bank.send(victim.device, "GET", PATHS[name], bundle=bank.digests["accounts@1.0.1"])
    assert 400 <= answer.status < 500, answer.raw
    if answer.headers["content-type"] == "application/problem+json":
        assert answer.body["code"] in {"PROOF_INVALID", "NOT_FOUND", "REQUEST_INVALID", "ROUTE_UNKNOWN"}


QUERIES = ["?account_id=other", "?accountId=other", "?a=1&a=2", "?a=%00", "?x" + "=1&x" * 500]


@pytest.mark.parametrize("query", QUERIES)
def test_a_hostile_query_is_refused(bank: Bank, victim: Customer, query: str) -> None:
    """Defence: path, query and body are one payload; nothing may be given twice or be unknown."""
    path = f"/accounts/{victim.account}"
    proof = victim.device.proof("GET", "/app/v1" + path, bank.digests["accounts@1.0.1"])
    refused(bank.send(victim.device, "GET", path + query, DPoP=proof), 400, "REQUEST_INVALID")


def test_a_query_beside_a_body_is_refused(bank: Bank, victim: Customer) -> None:
    """Defence: only a GET takes query parameters."""
    raw, page = json.dumps(order(victim)).encode(), bank.digests["wealth"]
    proof = victim.device.proof("POST", "/app/v1" + PREPARE, page)
    answer = bank.send(victim.device, "POST", PREPARE + "?amountFen=1", raw, DPoP=proof)
    refused(answer, 400, "REQUEST_INVALID")


@pytest.mark.parametrize("key", ["", "x" * 81, "tab\there"])
def test_an_idempotency_key_has_one_form(bank: Bank, victim: Customer, key: str) -> None:
    """Defence: a key is 1 to 80 printable ASCII characters; without one nothing is done."""
    answer = bank.send(
        victim.device,
        "POST",
        PREPARE,
        json.dumps(order(victim)).encode(),
        bundle=bank.digests["wealth"],
        Idempotency_Key=key,
    )
    refused(answer, 400, "REQUEST_INVALID" if key else "IDEMPOTENCY_KEY_REQUIRED")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "PROPFIND"])
def test_another_method_is_refused(bank: Bank, victim: Customer, method: str) -> None:
    """Defence: a route has its own method and no automatic others."""
    answer = bank.wire(method, "/app/v1/sessions/challenge", {"Authorization": f"DPoP {victim.device.access}"})
    assert answer.status == 405, answer.raw


def test_hostile_login_bodies_are_refused(bank: Bank) -> None:
    """Defence: the public operations are as strict: what nobody had to prove himself for."""
    device = bank.device()
    bodies: list[tuple[str, Any]] = [
        ("/sessions/challenge", {"deviceId": 1}),
        ("/sessions/challenge", {}),
        ("/sessions", {"deviceId": "x", "challenge": "x", "admin": True}),
        ("/sessions", {"deviceId": "x", "challenge": ["x"]}),
        ("/sessions/refresh", {"refreshToken": None}),
        ("/devices", {"challenge": "x"}),
        ("/devices/challenge", {"x": 1}),
    ]
    for path, body in bodies:
        refused(device.post(path, body), 400, "REQUEST_INVALID")
    for text in ("\x00", "x" * 10_000, "\u202e", "' OR 1=1"):
        answer = device.post("/sessions/challenge", {"deviceId": text})
        assert answer.status in {200, 400}, answer.body
        assert create(device, text).body["code"] in {"CHALLENGE_INVALID", "REQUEST_INVALID"}


def create(device: Device, text: str) -> Answer:
    return device.post("/sessions", {"deviceId": text, "challenge": text, "txSignature": text})


def test_none_of_this_moved_money(victim: Customer, balance: int) -> None:
    """Holds all of the above."""
    assert victim.balance() == balance
