"""A real Tidegate as a process of its own, on a free port, in a folder of its own."""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import click
import urllib3
from click.testing import CliRunner

from app import cli
from tests.device import Device
from tests.leaks import check_file
from tests.services import free_port

ROOT = Path(__file__).parents[1]
ENVIRON = os.environ  # noqa: TID251 — a process started by a test gets this run's environment
START_SECONDS = 90
SERVE = (sys.executable, "-m", "app", "serve")
Done = subprocess.CompletedProcess[str]


def call(command: click.Command, *words: str, **environ: str) -> Done:
    """Run a command in this process, with these settings alone."""
    clean = {name: None for name in ENVIRON if name.startswith("TIDEGATE_") or name == "PORT"}
    result = CliRunner().invoke(command, words, env={**clean, **environ})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return Done([str(command.name), *words], result.exit_code, result.stdout, result.stderr)


@cache
def prepared() -> Path:
    """Prepare one folder a process; a test that changes it, or serves from it, takes a copy."""
    folder = Path(tempfile.mkdtemp(prefix="tidegate-prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    done = call(cli, "prepare", TIDEGATE_VAR=str(folder / "var"))
    assert done.returncode == 0, done.stderr
    return folder / "var"


@dataclass
class Running:
    """A server that can be killed and started again on the same folder."""

    var: Path
    port: int = field(default_factory=free_port)
    command: Sequence[str] = (sys.executable, "-m", "app", "run")
    extra: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        clean = {name: text for name, text in ENVIRON.items() if not name.startswith("TIDEGATE_")}
        return {**clean, "TIDEGATE_VAR": str(self.var), "PORT": str(self.port), **self.extra}

    @classmethod
    def on_copy(cls, var: Path, extra: Mapping[str, str] | None = None) -> "Running":
        """Give a server on a copy of what was prepared once: the settings must be none that preparing goes by."""
        shutil.copytree(prepared(), var)
        return cls(var=var, extra=extra or {}, command=SERVE)

    def start(self) -> "Running":
        self.var.mkdir(parents=True, exist_ok=True)
        with (self.var / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + START_SECONDS
        http = urllib3.PoolManager(retries=False, timeout=2)
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError((self.var / "server.log").read_text()[-4000:])
            with suppress(urllib3.exceptions.HTTPError):
                if http.request("GET", f"http://127.0.0.1:{self.port}/readyz").status == 200:
                    return self
            time.sleep(0.1)
        self.kill()
        raise RuntimeError("not ready: " + (self.var / "server.log").read_text()[-4000:])

    def kill(self) -> None:
        """End every process of the server at once, as a power cut does."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the server to finish and wait for it."""
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)
        self.process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process = None
        check_file(self.var / "server.log")

    def digests(self) -> dict[str, str]:
        """Give what each published bundle calls itself, as a shell would after verifying."""
        shown = self.call("bundles", "--json")
        assert shown.returncode == 0, shown.stderr
        return {row["bundle"]: row["ref"] for row in json.loads(shown.stdout)}

    def call(self, *words: str, command: click.Command = cli) -> Done:
        """Run a command beside the server, with its settings, in this process."""
        return call(command, *words, **{"TIDEGATE_VAR": str(self.var), **self.extra})

    def samples(self) -> list[dict[str, Any]]:
        reply = urllib3.request("GET", self.url + "/shell/config.json")
        return list(reply.json()["samples"])

    def sample(self, name: str) -> dict[str, Any]:
        """Give the sample of a person."""
        return next(row for row in self.samples() if row["name"] == name)

    def device(self) -> Device:
        return Device(base=self.url, digests=self.digests())
