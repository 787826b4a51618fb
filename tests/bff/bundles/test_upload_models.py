import shutil
from pathlib import Path

import pytest
from sqlalchemy import inspect

from bff.db.engine import open_engine
from bff.db.migrations import VERSIONS, make_revision, migrate
from tests.bff.db.engines import KINDS, empty_url


@pytest.mark.parametrize("kind", KINDS)
def test_the_migrations_lead_to_the_tables_of_the_models(kind: str, tmp_path: Path) -> None:
    versions = Path(shutil.copytree(VERSIONS, tmp_path / "versions"))
    with empty_url(kind, tmp_path) as url:
        migrate(url, versions)
        engine = open_engine(url)
        names = inspect(engine).get_table_names()
        engine.dispose()
        assert {"release_signer", "release_upload"} <= set(names)
        assert make_revision(url, "nothing", versions) is None
