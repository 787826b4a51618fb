"""What protection costs on the server itself: the same read over HTTP, with DPoP and session, and with nothing checked.

Both servers are granian with one worker and one thread over one database; both get the same bytes, each request with a
proof of its own that was signed beforehand. The second server's authenticator takes every request for one customer's.
"""

import json
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from measuring import (
    ROOT,
    Case,
    Finding,
    Sample,
    arguments,
    conclude,
    figure,
    machine,
    ratio,
    report,
    rounds,
    show,
    thrift,
)
from servers import worked
from unlimited import CALLER

from tests.device import Device
from tests.running import Running

PATH = "/app/v1/wealth/suitability"
CALLS = 600
"""Calls of one round, over one connection that is kept."""
ONE_THREAD = {"TIDEGATE_LOG_LEVEL": "error", "TIDEGATE_THREADS": "1"}


def signed(device: Device, bundle: str, host: str) -> bytes:
    """Give a whole request to one server, with a proof of its own."""
    lines = [
        f"GET {PATH} HTTP/1.1",
        f"Host: {host}",
        f"Authorization: DPoP {device.access}",
        f"DPoP: {device.proof('GET', PATH, bundle)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def answer(connection: socket.socket) -> None:
    """Read one answer; anything but 200 is an error."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), data
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65536)


def asked(server: Running, requests: Callable[[str], Sequence[bytes]]) -> Callable[[], Sample]:
    """Make a case of one server."""

    def run() -> Sample:
        ready, times = requests(server.url.removeprefix("http://")), []
        assert server.process is not None
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            before, start = worked(server.process.pid), time.perf_counter()
            for request in ready:
                began = time.perf_counter()
                connection.sendall(request)
                answer(connection)
                times.append(time.perf_counter() - began)
            took, cpu = time.perf_counter() - start, worked(server.process.pid) - before
        return Sample(len(ready), took, tuple(times), cpu)

    return run


def main() -> None:
    given = arguments(str(__doc__).splitlines()[0])
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    script = (sys.executable, str(ROOT / "benchmarks/unlimited.py"))
    guarded = Running(var=folder / "var", extra=ONE_THREAD)
    opened = Running(var=folder / "var", command=(*script, "create_open"))
    try:
        guarded.start()
        guarded.stop()  # the folder is prepared
        guarded.command = (*script, "create_guarded")
        guarded.start()
        device = guarded.device()
        device.open_account(guarded.samples()[0])
        device.assess()
        bundle = device.digests["wealth"]
        caller = {"device": device.device_id, "customer": device.customer_id, "bundle": bundle}
        opened.extra = {**ONE_THREAD, CALLER: json.dumps(caller)}
        opened.start()

        def requests(host: str) -> list[bytes]:
            device.get("/wealth/suitability", bundle=bundle).ok()  # a fresh nonce and, when it is time, a fresh token
            return [signed(device, bundle, host) for _ in range(CALLS)]

        protected = Case("server: DPoP, token, session, bus, read", asked(guarded, requests))
        free = Case("the same server with nothing checked", asked(opened, requests))
        rounds([protected, free], given.rounds)
    finally:
        for server in (guarded, opened):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    cases = [protected, free]
    findings = [
        Finding("DPoP-protected ÷ same call unprotected, calls per second", ratio(protected, free), 0.5),
        Finding("DPoP-protected ÷ same call unprotected, CPU of the server", thrift(protected, free), 0.5),
    ]
    if given.json:
        report("protected", cases, findings)
        return
    print(f"# A protected call over HTTP ({machine()})")
    rows = [(case.name, figure(case.rate), figure(case.cost * 1e6), figure(case.quantile(0.5) * 1e6)) for case in cases]
    show("Medians of rounds, one connection", ("Server", "per second", "CPU µs each", "p50 µs"), rows)
    conclude(findings)


if __name__ == "__main__":
    main()
