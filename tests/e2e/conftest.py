"""The real server and a person at the shell, fresh for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from tests.e2e.browser import Person
from tests.running import Running
from tests.services import BROWSER, CHROMIUM


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The whole browser, as people have it."""
    browser = playwright.chromium.launch(executable_path=BROWSER, args=list(CHROMIUM))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that lets one address come as often as a whole street: every person of a module sits behind it."""
    street = {"TIDEGATE_ANONYMOUS_LIMIT": "20000/minute"}
    server = Running.on_copy(tmp_path_factory.mktemp("tidegate") / "var", street).start()
    yield server
    server.stop()


@pytest.fixture
def person(chromium: Browser, running: Running) -> Iterator[Callable[..., Person]]:
    """Let somebody sit down at the shell; at the end nobody may have heard the console complain."""
    people: list[Person] = []

    def sit_down(**wishes: str) -> Person:
        people.append(Person(chromium, running.url, **wishes))
        return people[-1]

    yield sit_down
    for somebody in people:
        somebody.context.close()
    assert [complaint for somebody in people for complaint in somebody.complaints] == []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "order.evidence.json"
