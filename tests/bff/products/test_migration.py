"""Products of a database that knew one version each come over with their text, byte by byte."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import inspect, text

from bff.db.engine import open_engine, transaction
from bff.db.migrations import migrate
from bff.products.warehouse import Warehouse
from bff.wealth.products import FAMILY
from tests.bff.db.engines import KINDS, empty_url

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PRODUCT = "INSERT INTO product VALUES ('JMG-WY90', '2026.1', 'CLOSED', :definition, '2026-11-20 01:00:00')"
QUOTA = "INSERT INTO product_quota (code, total_fen, held_fen, confirmed_fen) VALUES ('JMG-WY90', :total, 0, 700)"


@pytest.mark.parametrize("kind", KINDS)
def test_the_version_that_was_on_sale_stays_readable_as_it_was(kind: str, tmp_path: Path) -> None:
    (shipped,) = (one for one in FAMILY.shipped() if one.code == "JMG-WY90")
    members = msgspec.to_builtins(shipped)
    text_before = json.dumps(dict(reversed(members.items())), ensure_ascii=False)  # another order of members than ours
    with empty_url(kind, tmp_path) as url:
        migrate(url, to="0013")
        engine = open_engine(url)
        with engine.begin() as connection:
            connection.execute(text(PRODUCT), {"definition": text_before})
            connection.execute(text(QUOTA), {"total": shipped.quota_total_fen})
        migrate(url)
        with transaction(engine) as session:
            warehouse = Warehouse((FAMILY,))
            found = warehouse.get(session, FAMILY, "JMG-WY90", date(2026, 11, 23))
            assert (found.definition, found.state) == (shipped, "CLOSED")
            assert found.quota_left_fen == shipped.quota_total_fen - 700
            assert session.scalar(text("SELECT definition FROM product_version")) == text_before
            assert warehouse.synchronise(session, NOW) == len(FAMILY.shipped()) - 1
        assert {column["name"] for column in inspect(engine).get_columns("product")} == {
            "code",
            "family",
            "state",
            "updated_at",
        }
        engine.dispose()
