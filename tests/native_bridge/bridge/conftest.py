"""One Chromium for the tests of the bridge."""

from collections.abc import Iterator

import pytest

from tests.native_bridge.bridge.chromium import Chromium


@pytest.fixture(scope="package")
def chromium() -> Iterator[Chromium]:
    browser = Chromium()
    yield browser
    browser.close()
