"""A browser of the Chromium family, found on this machine and run without a window on one address."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from h5bundle.errors import ProjectError

NAMES: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
    "brave-browser",
)
_PLACES: Final = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_OPTIONS: Final = (
    "--headless=new",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--mute-audio",
    "--window-size=500,900",
)
_SECONDS: Final = 10


def find_browser(given: Path | None = None) -> str:
    """Give a browser to run.

    Raises:
        ProjectError: there is none.
    """
    if given is not None:
        found = shutil.which(str(given))
    else:
        found = next(filter(None, map(shutil.which, NAMES)), None) or next(filter(os.path.exists, _PLACES), None)
    if found is None:
        raise ProjectError(
            detail=f"{given or 'a browser of the Chromium family'} was not found",
            remedy="install Chromium, Chrome or Edge, or name one with --browser",
        )
    return found


@contextmanager
def opened(browser: str, address: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a browser on an address with a profile of its own, and end it afterwards."""
    root = getattr(os, "geteuid", lambda: 1)() == 0
    with tempfile.TemporaryDirectory(prefix="h5bundle-test-", ignore_cleanup_errors=True) as profile:
        options = [*_OPTIONS, f"--user-data-dir={profile}", *(["--no-sandbox"] if root else [])]
        command = [browser, *options, address]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as process:
            try:
                yield process
            finally:
                process.terminate()
                try:
                    process.wait(_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
