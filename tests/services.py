"""Private servers for the tests: MariaDB and Redis on free loopback ports, in a folder that is removed afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import playwright

SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])  # noqa: TID251 — tests start servers
START_SECONDS = 60
NODE = str(Path(playwright.__file__).parent / "driver" / "node")
"""The Node that Playwright brings along: tests of JavaScript need no other."""
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=Translate",  # Playwright's own list would turn storage partitioning off; the last one wins
)
"""What every Chromium of the tests is started with."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


MEMORY = Path("/dev/shm")  # noqa: S108 — a folder of its own is made in it
ROOMY = 4 << 30


def program(name: str) -> str | None:
    return shutil.which(name, path=SEARCH)


BROWSER = program("chromium") or "/usr/bin/chromium"
"""The whole browser, as people have it."""
HEADLESS = program("chromium-headless-shell") or BROWSER
"""The same engine without the windows of a browser: a page costs two thirds of the time."""


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = START_SECONDS) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            message = f"{process.args!r} ended with {process.returncode} before it listened"
            raise RuntimeError(message)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    message = f"{process.args!r} did not listen on {port} within {seconds} s"
    raise RuntimeError(message)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass
class Server:
    """A server's process, which can be killed and started again on the same files and port."""

    command: Sequence[str]
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Server":
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(self.command, stdout=sink, stderr=sink)
        wait_for_port(self.port, self.process)
        return self

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)


@dataclass
class Services:
    """Started servers; ``close`` stops each by its process and removes their folder."""

    stack: ExitStack = field(default_factory=ExitStack)
    database: Server | None = None
    """The MariaDB that was started."""

    def folder(self, *, in_memory: bool = False) -> Path:
        """Make a folder that goes with the services; in memory where the system has room for it there."""
        room = in_memory and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOMY
        path = Path(tempfile.mkdtemp(prefix="tidegate-tests-", dir=MEMORY if room else None))
        self.stack.callback(shutil.rmtree, path, ignore_errors=True)
        return path

    def start(self, command: Sequence[str], port: int, log: Path) -> Server:
        server = Server(command, port, log)
        self.stack.callback(server.stop)
        return server.start()

    def mariadb(self, *, in_memory: bool = True) -> str | None:
        """Start MariaDB and give a SQLAlchemy URL of an empty database, or None when it is not installed.

        Its files lie in memory where there is room; not for a benchmark, whose commits must reach a disk.
        """
        server, install, client = program("mariadbd"), program("mariadb-install-db"), program("mariadb")
        if not (server and install and client):
            return None
        folder, port = self.folder(in_memory=in_memory), free_port()  # each test's tables cost a hundred fsyncs
        data, run_as = folder / "data", ["--user=root"] if os.getuid() == 0 else []
        subprocess.run(
            [
                install,
                "--no-defaults",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                *run_as,
            ],
            check=True,
            capture_output=True,
        )
        options = ["--no-defaults", *run_as, f"--datadir={data}", f"--socket={folder / 'm.sock'}", f"--port={port}"]
        tuning = [
            "--bind-address=127.0.0.1",
            "--max-connections=400",
            f"--pid-file={folder / 'm.pid'}",
            f"--tmpdir={folder}",
        ]
        self.database = self.start([server, *options, *tuning], port, folder / "mariadb.log")
        users = ("'t'@'%'", "'t'@'localhost'")
        grants = " ".join(f"CREATE USER {user} IDENTIFIED BY 't'; GRANT ALL ON *.* TO {user};" for user in users)
        script = f"CREATE DATABASE tidegate CHARACTER SET utf8mb4; {grants}"
        subprocess.run(
            [client, "--no-defaults", f"--socket={folder / 'm.sock'}", "-u", "root", "-e", script], check=True
        )
        return f"mysql+pymysql://t:t@127.0.0.1:{port}/tidegate?charset=utf8mb4"

    def redis(self) -> str | None:
        """Start Redis and give its URL, or None when it is not installed."""
        server = program("redis-server")
        if not server:
            return None
        folder, port = self.folder(), free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self.start([server, *options], port, folder / "redis.log")
        return f"redis://127.0.0.1:{port}/0"

    def close(self) -> None:
        self.stack.close()
