"""Fixtures of this room's tests: a bank with the sweep, its published income, and its jobs on the world's clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bff.db.engines import KINDS, fresh_engine
from tests.bff.sweep.bank import SweepBank


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[SweepBank]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield SweepBank(engine)


@pytest.fixture(params=KINDS)
def any_bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SweepBank]:
    """A bank on each engine."""
    with fresh_engine(request.param, tmp_path) as engine:
        yield SweepBank(engine)
