from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.bff.bus.world import Bank
from tests.bff.db.engines import KINDS, fresh_engine


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with fresh_engine(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def bank(engine: Engine) -> Bank:
    return Bank(engine)
