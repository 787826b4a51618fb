"""Starts the private servers once for a whole run and prints how many tests were skipped, with their reasons."""

import os

import pytest

from tests.services import Services

SERVICES = pytest.StashKey[Services]()
ENVIRON = os.environ  # noqa: TID251 — the run's own switches


def pytest_configure(config: pytest.Config) -> None:
    """With TIDEGATE_TEST_SERVICES=1 (as `make test` sets it) start what is not given by address already."""
    if ENVIRON.get("TIDEGATE_TEST_SERVICES") != "1":
        return
    services = config.stash[SERVICES] = Services()
    for name, start in (("TIDEGATE_TEST_MARIADB", services.mariadb), ("TIDEGATE_TEST_REDIS", services.redis)):
        if name not in ENVIRON:
            address = start()
            if address is None:
                message = f"{name}: the server is not installed; `make setup-system` installs it"
                raise pytest.UsageError(message)
            ENVIRON[name] = address


def pytest_unconfigure(config: pytest.Config) -> None:
    services = config.stash.get(SERVICES, None)
    if services is not None:
        services.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"skipped: {len(terminalreporter.stats.get('skipped', []))}")
