import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.bff.bus.world import PAGE
from tests.bff.doors.world import Phone, Site, refusal


def post_raw(
    phone: Phone, data: bytes, content_type: str = "application/json", path: str = "/counter/add"
) -> TestResponse:
    headers = {
        "DPoP": phone.proof("POST", "/app/v1" + path, bundle=str(PAGE)),
        "Authorization": f"DPoP {phone.access}",
        "Idempotency-Key": "k",
    }
    return phone.client.post("/app/v1" + path, data=data, content_type=content_type, headers=headers)


def test_a_call_goes_in_and_its_answer_out(phone: Phone) -> None:
    answer = phone.add()
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.json == {"entrySeq": 1, "state": "DONE"}


def test_a_replay_gets_identical_bytes(phone: Phone) -> None:
    first, again = phone.add(), phone.add()
    assert first.data == again.data
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")


@pytest.mark.parametrize(
    "body",
    [
        b'{"amountFen":1,"amountFen":2}',
        b'{"amountFen":NaN}',
        b'{"amountFen":1',
        b"[1]",
        b'"text"',
        b"\xff\xfe",
        b'{"amountFen":1,"kind":"\\ud800"}',
        b'{"amountFen":' + b"9" * 400 + b"}",
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"amountFen":1}x',
    ],
)
def test_a_body_that_is_not_strict_json_is_refused(phone: Phone, body: bytes) -> None:
    assert refusal(post_raw(phone, body)) == (400, "REQUEST_INVALID")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
def test_a_body_that_is_not_json_is_refused(phone: Phone, content_type: str) -> None:
    assert refusal(post_raw(phone, b'{"amountFen":1}', content_type)) == (415, "MEDIA_TYPE_UNSUPPORTED")


def test_a_body_with_a_charset_is_json_still(phone: Phone) -> None:
    assert post_raw(phone, b'{"amountFen":1}', "application/json; charset=utf-8").status_code == 200


def test_a_body_above_256_kib_is_refused(phone: Phone) -> None:
    body = json.dumps({"amountFen": 1, "x": "a" * 256 * 1024}).encode()
    assert refusal(post_raw(phone, body)) == (413, "TOO_LARGE")


def test_a_name_given_twice_is_refused(phone: Phone) -> None:
    twice = phone.send("GET", "/counter/read?amountFen=1&amountFen=2", bundle=str(PAGE))
    assert refusal(twice) == (400, "REQUEST_INVALID")
    mixed = phone.send("POST", "/counter/add?amountFen=1", {"amountFen": 1}, bundle=str(PAGE))
    assert refusal(mixed) == (400, "REQUEST_INVALID")


def test_the_catalogue_says_how_each_operation_is_called(site: Site) -> None:
    rows = {row["code"]: row for row in site.app.test_client().get("/app/v1/catalogue").json}
    assert rows["session.create"] == {
        "code": "session.create",
        "method": "POST",
        "path": "/sessions",
        "changes": True,
        "idempotency": "natural",
        "scope": None,
        "fromShell": True,
        "upload": None,
        "download": None,
    }
    assert rows["counter.add"]["scope"] == "customer"
    assert "counter.partner" not in rows


def test_an_operation_of_another_channel_has_no_route(phone: Phone) -> None:
    assert refusal(phone.send("POST", "/counter/partner", {"amountFen": 1}, bundle=str(PAGE))) == (404, "ROUTE_UNKNOWN")


def test_what_a_proxy_claims_counts_only_when_proxies_are_trusted(site: Site) -> None:
    seen: list[str] = []
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    for trusted in (0, 1):
        site.trusted_proxies = trusted
        app = site.make_app()
        app.add_url_rule("/who", view_func=lambda: __import__("flask").request.remote_addr)
        seen.append(app.test_client().get("/who", headers=forwarded).get_data(as_text=True))
    assert seen == ["127.0.0.1", "203.0.113.9"]


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
bodies = st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode())
paths = st.sampled_from(["/counter/add", "/counter/send", "/sessions", "/sessions/challenge", "/sessions/refresh"])
header_text = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=paths, body=bodies)
def test_no_body_brings_the_door_down(phone: Phone, path: str, body: bytes) -> None:
    assert post_raw(phone, body, path=path).status_code < 500


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE"]),
    path=paths | st.text(st.characters(min_codepoint=33, max_codepoint=1000, exclude_characters="?#"), max_size=30),
    query=st.text(st.characters(min_codepoint=33, max_codepoint=300), max_size=30),
    authorization=header_text,
    proof=header_text,
    key=header_text,
)
def test_no_request_brings_the_door_down(
    site: Site, method: str, path: str, query: str, authorization: str, proof: str, key: str
) -> None:
    headers = {"Authorization": authorization, "DPoP": proof, "Idempotency-Key": key, "X-Request-Id": key}
    answer = site.app.test_client().open("/app/v1" + path, method=method, query_string=query, headers=headers)
    assert answer.status_code < 500


def test_a_file_is_the_whole_body_of_an_operation_that_takes_one(phone: Phone) -> None:
    picture = b"\x89PNG" + b"\0" * 300_000
    answer = post_raw(phone, picture, "image/png", "/counter/file")
    assert answer.json == {"entrySeq": len(picture), "state": "image/png"}
    assert refusal(post_raw(phone, b"{}", "application/json", "/counter/file")) == (415, "MEDIA_TYPE_UNSUPPORTED")
    assert refusal(post_raw(phone, b"x" * 400_001, "image/png", "/counter/file")) == (413, "TOO_LARGE")
    assert refusal(post_raw(phone, b"", "image/png", "/counter/file")) == (400, "REQUEST_INVALID")
    assert refusal(post_raw(phone, picture, "image/png")) == (413, "TOO_LARGE")


def test_the_catalogue_says_what_files_are_taken(phone: Phone) -> None:
    rows = {row["code"]: row["upload"] for row in phone.client.get("/app/v1/catalogue").json}
    assert (rows["counter.add"], rows["counter.file"]) == (None, {"mediaTypes": ["image/png"], "mostBytes": 400_000})
