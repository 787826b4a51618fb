import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest
from tuf.api.exceptions import DownloadError, DownloadHTTPError, DownloadLengthMismatchError, SlowRetrievalError

from h5bundle.fetching import BoundedFetcher
from tests.serving import LoopbackServer

Served = Callable[[BaseHTTPRequestHandler], None]


def answer(status: int = 200, body: bytes = b"text", **headers: str) -> Served:
    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return reply


def dripping(request: BaseHTTPRequestHandler) -> None:
    answer(body=b"", Content_Length="1000")(request)
    with suppress(OSError):
        for _ in range(100):
            request.wfile.write(b".")
            time.sleep(0.05)


def dripping_headers(request: BaseHTTPRequestHandler) -> None:
    with suppress(OSError):
        request.wfile.write(b"HTTP/1.0 200 OK\r\nX-Long: ")
        for _ in range(100):
            request.wfile.write(b".")
            time.sleep(0.05)


def silent(_request: BaseHTTPRequestHandler) -> None:
    time.sleep(1.5)


@pytest.fixture
def served() -> Iterator[tuple[dict[str, Served], str]]:
    places: dict[str, Served] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            places[self.path](self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            pass

    with LoopbackServer(Handler) as server:
        yield places, f"http://127.0.0.1:{server.server_port}"


def test_a_file_comes_whole(served: tuple[dict[str, Served], str]) -> None:
    places, url = served
    places["/file"] = answer(body=b"a" * 200_000, Content_Length="200000")
    assert BoundedFetcher().download_bytes(f"{url}/file", 200_000) == b"a" * 200_000


def test_more_than_the_limit_is_refused(served: tuple[dict[str, Served], str]) -> None:
    places, url = served
    places["/file"] = answer(body=b"a" * 200_000)
    with pytest.raises(DownloadLengthMismatchError):
        BoundedFetcher().download_bytes(f"{url}/file", 199_999)


@pytest.mark.parametrize("status", [204, 301, 403, 404, 500])
def test_another_status_is_an_error_with_its_number(served: tuple[dict[str, Served], str], status: int) -> None:
    places, url = served
    places["/file"] = answer(status, b"", Location="/other")
    places["/other"] = answer()
    with pytest.raises(DownloadHTTPError) as caught:
        BoundedFetcher().download_bytes(f"{url}/file", 10)
    assert caught.value.status_code == status


@pytest.mark.parametrize("server", [dripping, dripping_headers, silent])
def test_a_slow_server_is_left_within_bounds(served: tuple[dict[str, Served], str], server: Served) -> None:
    places, url = served
    places["/file"] = server
    began = time.monotonic()
    with pytest.raises(SlowRetrievalError):
        BoundedFetcher(pause=0.4, whole=0.6).download_bytes(f"{url}/file", 1000)
    assert time.monotonic() - began < 2


def test_a_file_that_breaks_off_is_an_error(served: tuple[dict[str, Served], str]) -> None:
    places, url = served
    places["/file"] = answer(body=b"half", Content_Length="8")
    with pytest.raises(DownloadError):
        BoundedFetcher().download_bytes(f"{url}/file", 8)


def test_where_nobody_listens_is_an_error() -> None:
    with pytest.raises(DownloadError):
        BoundedFetcher(pause=0.5, whole=1).download_bytes("http://127.0.0.1:9/file", 8)
