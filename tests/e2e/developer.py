"""A front-end developer at work: a small bundle, and ``h5bundle dev`` on it as a process of its own."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.running import ROOT, Running

DECLARATION = """\
id: demo
version: 1.0.0
title: { zh: 演示, en: Demo }
permissions: { app.info: 1, app.ready: 1, net.request: 1 }
ops: [accounts.application.current]
requires: { common: 1.0.0 }
build: { bundles: { app.js: { sources: [app.js], filters: [esmin] } }, copy: [index.html] }
"""
PAGE = """\
<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>demo</title>
<script type="module" src="asset:app.js"></script><body><h1></h1><output></output></body></html>
"""
SCRIPT = """\
import { connect } from "./_shared/common/bridge.js";
Object.assign(document.querySelector("h1"), { textContent: "TITLE" }).dataset.at = Date.now();
const bridge = await connect({ need: { "app.ready": 1, "net.request": 1 }, want: {} });
await bridge.app.ready();
const answer = await bridge.net.request({ op: "accounts.application.current" }).catch((error) => error);
document.querySelector("output").textContent = JSON.stringify(answer.details ?? answer);
"""


class Developer:
    """``h5bundle dev`` on a copy of a bundle, as a process of its own."""

    def __init__(self, running: Running, folder: Path, *more: str) -> None:
        self.folder = folder
        places = ["--repository", str(running.var / "repo"), "--keys", str(running.var / "release-keys")]
        command = [sys.executable, "-m", "h5bundle.cli", "dev", str(folder), *places, "--server", running.url, "--json"]
        self.process = subprocess.Popen([*command, *more], cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def heard(self, key: str) -> dict[str, object]:
        """Wait for a line that speaks of something."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said: dict[str, object] = json.loads(line)
            if key in said:
                return said
        message = f"dev ended with {self.process.wait(10)} and said nothing of {key}"
        raise AssertionError(message)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)


def demo(folder: Path) -> Path:
    """Make the bundle."""
    (folder / "src").mkdir(parents=True)
    (folder / "bundle.yaml").write_text(DECLARATION, encoding="utf-8")
    (folder / "src" / "index.html").write_text(PAGE, encoding="utf-8")
    write(folder, "起初")
    return folder


def write(bundle: Path, title: str) -> None:
    (bundle / "src" / "app.js").write_text(SCRIPT.replace("TITLE", title), encoding="utf-8")
