"""Starts the private servers once for a whole run and prints how many tests were skipped, with their reasons."""

import gc
import logging
import os
import tempfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.leaks import Watch
from tests.services import CHROMIUM, HEADLESS, Services

SERVICES = pytest.StashKey[Services]()
WATCH = Watch()
ENVIRON = os.environ  # noqa: TID251 — the run's own switches


TOGETHER = ("tests/attacks", "tests/native_bridge/bridge")
"""Folders whose tests share what would be started anew for each file; elsewhere a file is what stays together."""
FIRST = (
    "tests/attacks",
    "tests/e2e",
    "tests/faults",
    "tests/native_bridge/shell_ui",
    "tests/native_bridge/emit",
    "tests/native_bridge/shell",
    "tests/h5bundle/apps",
    "tests/properties",
)
"""Where the longest files are: a parallel run begins with them, so that both workers end with short ones."""


def group_of(item: pytest.Item) -> str:
    """Give what a test stays together with in a parallel run: its file, or its folder, on the same database there."""
    folder = item.path.parent.relative_to(item.config.rootpath).as_posix()
    if folder not in TOGETHER:
        return item.path.relative_to(item.config.rootpath).as_posix()
    spec = getattr(item, "callspec", None)
    return "-".join([folder, *([spec.params["bank"]] if spec and "bank" in spec.params else [])])


def pytest_configure(config: pytest.Config) -> None:
    """With TIDEGATE_TEST_SERVICES=1 (as `make test` sets it) start what is not given by address already.

    Every temporary file of such a run lies in memory where there is room: each test commits to a database of its own.
    """
    if ENVIRON.get("TIDEGATE_TEST_SERVICES") != "1" or "PYTEST_XDIST_WORKER" in ENVIRON:
        return
    services = config.stash[SERVICES] = Services()
    ENVIRON["TMPDIR"] = tempfile.tempdir = str(services.folder(in_memory=True))
    for name, start in (("TIDEGATE_TEST_MARIADB", services.mariadb), ("TIDEGATE_TEST_REDIS", services.redis)):
        if name not in ENVIRON:
            address = start()
            if address is None:
                message = f"{name}: the server is not installed; `make setup-system` installs it"
                raise pytest.UsageError(message)
            ENVIRON[name] = address


def pytest_sessionstart() -> None:
    """Listen to every logger."""
    WATCH.begin()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test in whose time personal data or a secret was logged, by it or by a thread of another.

    Every logger speaks up again, whatever a command that ran in this process has set.
    """
    logging.getLogger().setLevel(logging.INFO)
    logging.disable(logging.NOTSET)
    try:
        yield
    except BaseException as error:
        error.add_note("; ".join(["", *_leaked(item)]))
        raise
    _hold(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Hold what fixtures log when they end to the same."""
    yield
    _hold(item)


def _hold(item: pytest.Item) -> None:
    found = _leaked(item)
    if found:
        pytest.fail("; ".join(found), pytrace=False)


def _leaked(item: pytest.Item) -> list[str]:
    found = WATCH.take()
    return [] if item.path.name == "test_leaks.py" else found


def pytest_sessionfinish() -> None:
    WATCH.end()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In a parallel run keep together what shares a fixture, and begin with what takes longest.

    Before xdist's own hook, which writes the groups into the names that it deals out.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))
    if "PYTEST_XDIST_WORKER" in ENVIRON:
        items.sort(key=rank_of)


def rank_of(item: pytest.Item) -> int:
    """Give how early a test comes in a parallel run."""
    folder = item.path.parent.relative_to(item.config.rootpath).as_posix()
    return FIRST.index(folder) if folder in FIRST else len(FIRST)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass by what stands until the end: the modules and ten thousand tests."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    services = config.stash.get(SERVICES, None)
    if services is not None:
        services.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"skipped: {len(terminalreporter.stats.get('skipped', []))}")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The one Playwright of a run: a second one in the same thread would refuse to start."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all rooms; a test takes a context of its own from it, which is a fresh profile.

    The stories of ``tests/e2e`` have the whole browser instead.
    """
    browser = playwright.chromium.launch(executable_path=HEADLESS, args=list(CHROMIUM))
    yield browser
    browser.close()
