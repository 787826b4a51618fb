"""Starts the private servers once for a whole run and prints how many tests were skipped, with their reasons."""

import gc
import logging
import os
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.leaks import Watch
from tests.scheduling import Together, rank_of
from tests.services import CHROMIUM, HEADLESS, Services

pytest_plugins = ["pytester"]
SERVICES = pytest.StashKey[Services]()
WATCH = Watch()
ENVIRON = os.environ  # noqa: TID251 — the run's own switches


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a parallel run begin with the longest files."""
    if "PYTEST_XDIST_WORKER" in ENVIRON:
        items.sort(key=lambda item: rank_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Deal out what stays together, whatever ``--dist`` says."""
    return Together(config, log)


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
