from collections.abc import Iterator
from typing import cast

import pytest
from sqlalchemy import Engine, Table, delete

from bff.db.engine import open_engine
from bff.jobs.models import JobRun
from tests.bff.db.engines import KINDS, empty_url
from tests.bff.jobs.ledger import BOOKED

TABLES = (cast("Table", JobRun.__table__), BOOKED)


@pytest.fixture(scope="module", params=KINDS)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Open one database for all, with the two tables that matter."""
    with empty_url(request.param, tmp_path_factory.mktemp("jobs")) as url:
        engine = open_engine(url)
        for table in TABLES:
            table.create(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def engine(opened: Engine) -> Engine:
    with opened.begin() as connection:
        for table in TABLES:
            connection.execute(delete(table))
    return opened
