"""One empty repository of every kind; the object store is moto's server, which holds conditions of writes.

It is asked one request at a time: moto looks at a condition and writes in two steps, real object stores in one.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from tests.bff.db.engines import empty_url

KINDS = ("folder", "sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb), "s3")
SQL = KINDS[1:3]
_numbers = count(1)


class OneAtATime:
    """Lets a WSGI application answer one request after the other."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.turn = threading.Lock()

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        with self.turn:
            return list(self.application(environ, start_response))


@pytest.fixture(scope="session")
def object_server() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, OneAtATime(DomainDispatcherApplication(create_backend_app)), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(20)


@pytest.fixture
def make_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], str]]:
    """Give the address of a new, empty place of a kind."""
    with ExitStack() as stack:

        def make(kind: str) -> str:
            number = next(_numbers)
            if kind == "folder":
                return str(tmp_path / f"repo-{number}")
            if kind == "sqlite":
                return f"sqlite:///{tmp_path}/repo-{number}.db"
            if kind == "mariadb":
                return stack.enter_context(empty_url(kind, tmp_path))
            endpoint = str(request.getfixturevalue("object_server"))
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tide")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tide")
            bucket = f"releases-{os.getpid()}-{number}"
            boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket=bucket)
            return f"s3://{bucket}/bank/h5?endpoint={endpoint}&region=us-east-1"

        yield make


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, make_address: Callable[[str], str]) -> str:
    return make_address(request.param)


@pytest.fixture(params=SQL)
def sql_address(request: pytest.FixtureRequest, make_address: Callable[[str], str]) -> str:
    return make_address(request.param)
