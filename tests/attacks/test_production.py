"""Production refuses what a sandbox is allowed: development keys, plain HTTP, many workers that share nothing."""

from pathlib import Path
from subprocess import CompletedProcess, run
from sys import executable

import pytest

from bff.sandbox import mark_development
from tests.running import ROOT, Running

PRODUCTION = {
    "TIDEGATE_ENV": "production",
    "TIDEGATE_PUBLIC_URL": "https://m.example",
    "TIDEGATE_KEY_PASSPHRASE": "a passphrase of the bank's own",
}


def tidegate(folder: Path, command: str, settings: dict[str, str]) -> CompletedProcess[str]:
    """Run a command on a folder in which a sandbox has made keys."""
    mark_development(folder / "keys")
    environ = Running(var=folder, extra=settings).environ
    words = [executable, "-m", "app", command]
    return run(words, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("command", ["serve", "prepare"])
def test_development_keys_are_refused(tmp_path: Path, command: str) -> None:
    """Defence: a folder in which a sandbox made keys says so, and production stops at it."""
    done = tidegate(tmp_path, command, PRODUCTION)
    assert done.returncode == 2
    assert "holds development keys: production needs keys of its own" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"TIDEGATE_PUBLIC_URL": "http://m.example"}, "TIDEGATE_PUBLIC_URL with https://"),
        ({"TIDEGATE_KEY_PASSPHRASE": ""}, "TIDEGATE_KEY_PASSPHRASE"),
        ({"TIDEGATE_WORKERS": "2"}, "TIDEGATE_REDIS_URL"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(tmp_path: Path, changes: dict[str, str], named: str) -> None:
    """Defence: neither plain HTTP, nor keys without a passphrase, nor replay marks in one process of several."""
    done = tidegate(tmp_path, "serve", {**PRODUCTION, **changes})
    assert done.returncode == 2
    assert named in done.stderr
