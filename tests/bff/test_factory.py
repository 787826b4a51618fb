import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bff.db.engines import fresh_engine
from tests.bff.doors.world import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield Site(engine, tmp_path)


@pytest.mark.parametrize("path", ["/healthz", "/app/v1/catalogue", "/nothing", "/openapi.json"])
def test_every_answer_is_protected(site: Site, path: str) -> None:
    headers = site.app.test_client().get(path).headers
    expected = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cache-Control": "no-store",
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    }
    assert {name: headers.get(name) for name in expected} == expected
    assert "Set-Cookie" not in headers


def test_the_log_names_the_route_and_nothing_that_a_customer_typed(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    phone = site.phone()
    phone.log_in()
    with caplog.at_level(logging.INFO, logger="tidegate.access"):
        phone.send("GET", "/counter/read?amountFen=424242", bundle="wealth@1.0.0#" + "a" * 64)
    *_, record = [record for record in caplog.records if record.name == "tidegate.access"]
    assert record.getMessage() == "GET /app/v1/counter/read 200"
    facts = vars(record)
    assert (facts["method"], facts["status"]) == ("GET", 200)
    assert facts["request_id"].startswith("req_")
    assert "424242" not in str(facts)
    assert phone.access not in str(facts)


def test_a_static_rule_never_shadows_the_doors(site: Site) -> None:
    endpoints = [(rule.rule, frozenset(rule.methods or ())) for rule in site.app.url_map.iter_rules()]
    assert len(endpoints) == len(set(endpoints))
