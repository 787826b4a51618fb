import threading
from pathlib import Path

import pytest
from sqlalchemy import inspect

from bff.db.base import Base
from bff.db.engine import open_engine
from bff.db.migrations import load_models, make_revision, migrate
from tests.bff.db.engines import KINDS, empty_url


@pytest.mark.parametrize("kind", KINDS)
def test_many_instances_migrate_at_once_and_the_shape_is_that_of_the_models(kind: str, tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    blank = tmp_path / "blank"
    blank.mkdir()
    with empty_url("sqlite", blank) as url:
        migrate(url, versions)
        assert make_revision(url, "the first tables", versions) is not None
    with empty_url(kind, tmp_path) as url:
        failures: list[Exception] = []

        def start() -> None:
            try:
                migrate(url, versions)
            except Exception as error:  # noqa: BLE001 — collected for the assertion
                failures.append(error)

        threads = [threading.Thread(target=start) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        load_models()
        engine = open_engine(url)
        assert set(inspect(engine).get_table_names()) - {"alembic_version"} == set(Base.metadata.tables)
        engine.dispose()
        assert make_revision(url, "nothing", versions) is None
