"""One address without a token ends at the ceiling; a caller with a token does not."""

from datetime import UTC, datetime

from flask import Flask

from bff.web import errors, floods, names

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


def flooded() -> Flask:
    app = Flask("test")
    errors.register(app)
    names.register(app, bytes)
    floods.register(app, limit="3/hour", storage_uri="memory://", clock=lambda: NOW)
    app.add_url_rule("/thing", view_func=lambda: "fine", endpoint="thing")
    return app


def test_the_fourth_request_without_a_token_is_refused_with_its_time() -> None:
    client = flooded().test_client()
    assert [client.get("/thing").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.get("/thing")
    assert refused.json is not None
    assert (refused.json["code"], refused.content_type) == ("RATE_LIMITED", "application/problem+json")
    assert "3 per 1 hour" in refused.json["detail"]
    assert int(refused.headers["Retry-After"]) > 0


def test_who_carries_a_token_is_not_counted_by_address() -> None:
    client = flooded().test_client()
    assert {client.get("/thing", headers={"Authorization": "DPoP x"}).status_code for _ in range(9)} == {200}


def test_addresses_are_counted_apart() -> None:
    client = flooded().test_client()
    for _ in range(4):
        client.get("/thing", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert client.get("/thing", environ_base={"REMOTE_ADDR": "192.0.2.2"}).status_code == 200
