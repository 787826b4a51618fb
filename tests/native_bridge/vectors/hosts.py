"""Hosts for these tests: the JavaScript driver as it is, and copies of it with one mistake each."""

import shutil
import sys
import time
from pathlib import Path

from native_bridge import __file__ as package
from native_bridge.hostprocess import HostProcess

BRIDGE = Path(package).parent
DRIVER = Path("drivers", "javascript", "host.mjs")
PARTS = ("drivers", "shell/host", "shell/core", "vectors/runner.mjs", "contract/contract.json")


def javascript(folder: Path = BRIDGE, *, timeout: float = 20) -> HostProcess:
    """Start the JavaScript driver of a folder."""
    return HostProcess(["node", str(folder / DRIVER)], timeout=timeout, clock=time.monotonic)


def scripted(source: str, *, timeout: float = 20) -> HostProcess:
    """Start a host that is a few lines of Python."""
    return HostProcess([sys.executable, "-c", source], timeout=timeout, clock=time.monotonic)


def mutated(folder: Path, file: str, right: str, wrong: str) -> Path:
    """Copy the core and its driver, and put one mistake into a file of the core."""
    for part in PARTS:
        source, target = BRIDGE / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    path = folder / "shell" / "host" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1, f"{file} has {text.count(right)} times what is to be changed: {right}"
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    return folder
