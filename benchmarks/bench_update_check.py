"""The update check: the timestamp file from nginx with the deployment's template, and from Tidegate's own server.

Both stand against an nginx that serves a file of the same size with the fewest settings; wrk asks. One worker each.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measuring import Case, Finding, Sample, arguments, conclude, figure, machine, ratio, report, rounds, show
from servers import worked

from tests.config.fronting import Nginx, fronting
from tests.running import Running
from tests.services import free_port, program

PATH = "/repo/metadata/timestamp.json"
SECONDS = 1
CONNECTIONS = 32
PLAIN = """
user {user};
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 10000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


def plain(folder: Path, size: int) -> Nginx:
    """Give the peer: nginx with a file of that size and nothing else."""
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "file").write_bytes(b"x" * size)
    nginx = Nginx(folder, free_port())
    user = folder.owner()
    nginx.config.write_text(PLAIN.format(folder=folder, port=nginx.port, user=user))
    return nginx


def loaded(wrk: str, process: int, port: int, path: str) -> Callable[[], Sample]:
    """Make a case of one server under load; an answer that is no 200 is an error."""
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-H", "Host: localhost"]

    def run() -> Sample:
        command = [wrk, *options, f"http://127.0.0.1:{port}{path}"]
        before = worked(process)
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        assert "Non-2xx" not in said, said
        cpu = worked(process) - before
        found = re.search(r"(\d+) requests in ([\d.]+)s", said)
        tail = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
        assert found is not None, said
        assert tail is not None, said
        late = float(tail[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[tail[2]]
        return Sample(int(found[1]), float(found[2]), (late,), cpu)

    return run


def main() -> None:
    given = arguments(str(__doc__).splitlines()[0])
    wrk = program("wrk")
    if wrk is None:
        print("wrk is not installed; `make setup-bench` installs it", file=sys.stderr)
        sys.exit(2)
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    running = Running(var=folder / "var", extra={"TIDEGATE_LOG_LEVEL": "error"})
    started: list[Nginx] = []
    try:
        running.start()
        size = (running.var / "repo/metadata/timestamp.json").stat().st_size
        front = fronting(folder / "front", var=running.var, port=free_port(), upstream=running.port)
        peer = plain(folder / "plain", size)
        started.extend((front, peer))
        for nginx in started:
            nginx.start()
        assert front.process and peer.process and running.process  # noqa: PT018 — all three were started above
        cases = [
            Case("nginx, deployment template", loaded(wrk, front.process.pid, front.port, PATH)),
            Case("Tidegate itself (granian's static route)", loaded(wrk, running.process.pid, running.port, PATH)),
            Case(f"nginx, plain file of {size} bytes", loaded(wrk, peer.process.pid, peer.port, "/file")),
        ]
        rounds(cases, given.rounds)
    finally:
        for nginx in started:
            nginx.stop()
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)
    tell(cases, as_json=given.json)


def tell(cases: list[Case], *, as_json: bool) -> None:
    """Print what was found."""
    front, own, peer = cases
    findings = [
        Finding("update check behind nginx ÷ nginx static", ratio(front, peer), 0.95),
        Finding("update check by Tidegate itself ÷ nginx static", ratio(own, peer)),
        Finding("CPU of a check: nginx static ÷ behind nginx", peer.cost / front.cost),
        Finding("CPU of a check: nginx static ÷ Tidegate itself", peer.cost / own.cost),
    ]
    if as_json:
        report("update check", cases, findings)
        return
    print(f"# Update check ({machine()})")
    rows = [
        (case.name, figure(case.rate), figure(case.quantile(0.5) * 1000), figure(case.cost * 1e6)) for case in cases
    ]
    show(f"Medians of rounds, {CONNECTIONS} connections", ("Server", "per second", "p99 ms", "CPU µs each"), rows)
    conclude(findings)


if __name__ == "__main__":
    main()
