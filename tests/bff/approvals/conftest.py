"""Fixtures of this room's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bff.db.engines import fresh_engine
from tests.bff.wealth.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield World(engine)
