"""A refusal leaves no bytes of its request on the connection, where they would cost the next request its answer."""

from io import BytesIO

import pytest
from flask import Flask

from bff.web import errors, names, protection


@pytest.fixture
def app() -> Flask:
    made = Flask("test")
    errors.register(made)
    protection.register(made, https=False)
    names.register(made, bytes)
    made.add_url_rule("/deaf", view_func=lambda: ("no", 401), endpoint="deaf", methods=["GET", "POST"])
    return made


def post(app: Flask, path: str, length: int) -> tuple[int, int]:
    """Send so many bytes; give the status and how many of them were taken off the connection."""
    body = BytesIO(b"x" * length)
    status = app.test_client().post(path, input_stream=body, content_length=length).status_code
    return status, body.tell()


@pytest.mark.parametrize(("path", "status"), [("/deaf", 401), ("/nowhere", 404)])
def test_an_unread_body_is_taken_off_the_connection(app: Flask, path: str, status: int) -> None:
    assert post(app, path, 100_000) == (status, 100_000)


def test_a_body_that_is_too_large_is_taken_off_so_that_its_sender_hears_why(app: Flask) -> None:
    length = protection.DRAINED
    assert post(app, "/deaf", length) == (401, length)


def test_an_endless_body_is_cut_off(app: Flask) -> None:
    assert post(app, "/deaf", protection.DRAINED + 1) == (401, 0)
    unknown = BytesIO(b"x" * 2 * protection.DRAINED)
    environ = {"wsgi.input": unknown, "wsgi.input_terminated": True}
    app.test_client().post("/deaf", environ_overrides=environ)
    assert unknown.tell() == protection.DRAINED


def test_a_request_without_a_body_costs_nothing(app: Flask) -> None:
    assert app.test_client().get("/deaf").status_code == 401
