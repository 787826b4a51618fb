from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bff.db.engines import fresh_engine
from tests.bff.doors.world import Phone, Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield Site(engine, tmp_path)


@pytest.fixture
def phone(site: Site) -> Phone:
    logged_in = site.phone()
    assert logged_in.log_in().status_code == 200
    return logged_in
