"""nginx with the deployment's template filled in, as a process of its own in a private folder."""

import getpass
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.services import program, stop, wait_for_port

TEMPLATE = Path(__file__).parents[2] / "config" / "deploy" / "nginx" / "nginx.conf.template"
_NAME = re.compile(r"\$\{(TIDEGATE_[A-Z_]+)\}")


def filled(values: Mapping[str, str]) -> str:
    """Fill the template in; a name without a value is a KeyError."""
    lines = [line for line in TEMPLATE.read_text().splitlines() if not line.lstrip().startswith("#")]
    return _NAME.sub(lambda match: values[match[1]], "\n".join(lines) + "\n")


@dataclass
class Nginx:
    """One nginx; ``folder`` holds its configuration, logs and temporary files."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        return self.folder / "nginx.conf"

    def check(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*self._command(), "-t"], capture_output=True, text=True, check=False)

    def start(self) -> "Nginx":
        with (self.folder / "start.log").open("ab") as log:
            self.process = subprocess.Popen([*self._command(), "-g", "daemon off;"], stdout=log, stderr=log)
        wait_for_port(self.port, self.process)
        return self

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)
            self.process = None

    def _command(self) -> list[str]:
        found = program("nginx")
        assert found is not None, "nginx is not installed; `make setup-system` installs it"
        return [found, "-c", str(self.config), "-p", str(self.folder), "-e", str(self.folder / "error.log")]


def fronting(folder: Path, *, var: Path, port: int, upstream: int, **changes: str) -> Nginx:
    """Write the configuration of an nginx on ``port`` in front of the instance that listens on ``upstream``."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {
        "TIDEGATE_RELEASE_FROM": "127.0.0.1",
        "TIDEGATE_NGINX_USER": getpass.getuser(),
        "TIDEGATE_NGINX_WORKERS": "1",
        "TIDEGATE_NGINX_RUN": str(folder),
        "TIDEGATE_LISTEN": f"127.0.0.1:{port}",
        "TIDEGATE_TLS": str(folder / "tls*.conf"),
        "TIDEGATE_SHELL_HOST": "localhost",
        "TIDEGATE_BUNDLE_HOSTS": r"[a-z][a-z0-9]{1,23}-h5\.localhost",
        "TIDEGATE_WEB_HOST": "web.localhost",
        "TIDEGATE_SHELL_ORIGIN": f"http://localhost:{port}",
        "TIDEGATE_UPSTREAM": f"127.0.0.1:{upstream}",
        "TIDEGATE_VAR": str(var),
        **changes,
    }
    nginx = Nginx(folder, port)
    nginx.config.write_text(filled(values))
    return nginx
