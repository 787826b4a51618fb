import pytest
from hypothesis import given
from hypothesis import strategies as st

from bff.web.names import name_request
from tests.bff.doors.world import Site

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


def chance(size: int) -> bytes:
    return bytes(range(size))


@pytest.mark.parametrize("given_id", ["req-12345678", "a" * 64, "A1b2.C3_d4"])
def test_a_sane_request_id_is_taken_over(given_id: str) -> None:
    assert name_request(given_id, None, chance).request_id == given_id


@pytest.mark.parametrize(
    "given_id", [None, "", "short", "a" * 65, "has space1", "<script>alert", "line\nbreak00", "-leading0"]
)
def test_any_other_request_id_is_replaced(given_id: str | None) -> None:
    assert name_request(given_id, None, chance).request_id == "req_101112131415161718191a1b"


def test_a_trace_goes_on_under_a_span_of_our_own() -> None:
    names = name_request(None, f"00-{TRACE}-{SPAN}-01", chance)
    assert (names.trace_id, names.flags) == (TRACE, "01")
    assert names.span_id != SPAN


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        "x",
        f"01-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
    ],
)
def test_a_broken_trace_is_begun_anew(traceparent: str | None) -> None:
    assert name_request(None, traceparent, chance).trace_id == bytes(range(16)).hex()


@given(st.text(), st.text())
def test_whatever_comes_the_names_are_fit_for_headers_and_logs(request_id: str, traceparent: str) -> None:
    names = name_request(request_id, traceparent, chance)
    assert names.request_id.isascii()
    assert names.request_id.isprintable()
    assert len(names.traceparent) == 55


def test_names_come_back_in_the_answer(site: Site) -> None:
    headers = {"X-Request-Id": "support-4711", "traceparent": f"00-{TRACE}-{SPAN}-01"}
    answer = site.app.test_client().get("/healthz", headers=headers)
    assert answer.headers["X-Request-Id"] == "support-4711"
    assert answer.headers["traceparent"].startswith(f"00-{TRACE}-")
