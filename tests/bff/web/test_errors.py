from pathlib import Path

import pytest
from flask import Flask, abort
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bff.db.engine import open_engine
from bff.errors import CatalogueError, NotFoundError, RateLimitedError
from tests.bff.doors.world import Site, refusal


class Driver(Exception):  # noqa: N818 — stands for the driver's own
    pass


class OperationalDriver(Driver):
    pass


OperationalDriver.__name__ = "OperationalError"


def raising(site: Site, error: Exception) -> Flask:
    def view() -> str:
        raise error

    site.app.add_url_rule("/raise", view_func=view)
    return site.app


def test_a_refusal_is_a_problem_document(site: Site) -> None:
    answer = (
        raising(site, NotFoundError(detail="no order ord_1", order="ord_1"))
        .test_client()
        .get("/raise", headers={"X-Request-Id": "support-4711"})
    )
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert answer.json == {
        "type": "urn:tidegate:problem:NOT_FOUND",
        "title": "Not Found",
        "status": 404,
        "detail": "no order ord_1",
        "code": "NOT_FOUND",
        "message": {"zh": NotFoundError.zh, "en": NotFoundError.en},
        "requestId": "support-4711",
        "order": "ord_1",
    }


def test_members_of_a_refusal_cannot_replace_its_own(site: Site) -> None:
    answer = raising(site, NotFoundError(code="OTHER", status=200)).test_client().get("/raise")
    assert (answer.json["code"], answer.json["status"]) == ("NOT_FOUND", 404)


ERRORS = (
    (ValueError("4111 1111 1111 1111"), 500, "INTERNAL"),
    (ProgrammingError("SELECT '欧阳某'", {}, Driver("no such table")), 500, "INTERNAL"),
    (OperationalError("SELECT '欧阳某'", {}, OperationalDriver("gone away")), 503, "BUSY"),
    (OperationalError("SELECT '欧阳某'", {}, OperationalDriver(2006, "gone away")), 503, "BUSY"),
    (OperationalError("SELECT '欧阳某'", {}, OperationalDriver(1040, "too many connections")), 503, "BUSY"),
    (OperationalError("SELECT '欧阳某'", {}, OperationalDriver(1054, "unknown column")), 500, "INTERNAL"),
    (OperationalError("SELECT '欧阳某'", {}, OperationalDriver("no such column: x")), 500, "INTERNAL"),
    (PoolTimeoutError("QueuePool limit reached"), 503, "BUSY"),
)


@pytest.mark.parametrize(("error", "status", "code"), ERRORS)
def test_what_nobody_foresaw_tells_nothing(site: Site, error: Exception, status: int, code: str) -> None:
    answer = raising(site, error).test_client().get("/raise")
    assert refusal(answer) == (status, code)
    for secret in ("4111", "欧阳某", "SELECT", "Traceback"):
        assert secret not in answer.get_data(as_text=True)


def test_a_fault_of_our_own_is_logged_with_its_reason(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    raising(site, CatalogueError(detail="no template is called x")).test_client().get("/raise")
    assert "CATALOGUE_INVALID: no template is called x" in caplog.text


@pytest.mark.parametrize(
    ("words", "named"),
    [((1205, "Lock wait for '欧阳某'"), "OperationalError 1205"), (("no room for '欧阳某'",), "OperationalError")],
)
def test_the_log_names_what_the_database_said_without_its_words(
    site: Site, caplog: pytest.LogCaptureFixture, words: tuple[object, ...], named: str
) -> None:
    def view() -> str:
        cause = OperationalDriver(*words)
        statement = "SELECT '欧阳某'"
        raise OperationalError(statement, {}, cause) from cause

    site.app.add_url_rule("/away", view_func=view)
    assert refusal(site.app.test_client().get("/away")) == (503, "BUSY")
    assert [record.getMessage() for record in caplog.records if record.name == "bff.web.errors"] == [
        f"the database does not answer: {named}"
    ]


def test_a_full_disk_is_named_in_the_log(site: Site, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    def view() -> str:
        engine = open_engine(f"sqlite:///{tmp_path / 'small.db'}")
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            connection.exec_driver_sql("CREATE TABLE tide (height INTEGER)")
        return "written"

    site.app.add_url_rule("/full", view_func=view)
    assert refusal(site.app.test_client().get("/full")) == (503, "BUSY")
    assert "OperationalError SQLITE_FULL" in caplog.text


def test_a_wait_is_told_in_the_header_as_well(site: Site) -> None:
    answer = raising(site, RateLimitedError(retryAfter=17)).test_client().get("/raise")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "17")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nothing", (404, "ROUTE_UNKNOWN")),
        ("GET", "/app/v1/nothing", (404, "ROUTE_UNKNOWN")),
        ("POST", "/healthz", (405, "METHOD_NOT_ALLOWED")),
        ("DELETE", "/app/v1/counter/add", (405, "METHOD_NOT_ALLOWED")),
    ],
)
def test_flasks_own_refusals_are_problems_too(site: Site, method: str, path: str, expected: tuple[int, str]) -> None:
    answer = site.app.test_client().open(path, method=method)
    assert refusal(answer) == expected
    assert (answer.status_code == 405) == ("Allow" in answer.headers)


@pytest.mark.parametrize(("status", "code"), [(400, "REQUEST_INVALID"), (418, "REQUEST_INVALID"), (502, "INTERNAL")])
def test_any_http_error_is_a_problem(site: Site, status: int, code: str) -> None:
    site.app.add_url_rule("/abort", view_func=lambda: abort(status))
    assert refusal(site.app.test_client().get("/abort"))[1] == code
