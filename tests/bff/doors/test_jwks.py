"""The server's public keys as verifiers fetch them."""

from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from bff.doors.jwks import jwks_door
from security.keys import KeyStore

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_a_published_purpose_shows_its_next_key_and_no_revoked_one(tmp_path: Path) -> None:
    store = KeyStore.open(tmp_path, "words")
    first, staged = store.generate("access-token", NOW), store.stage("access-token", NOW)
    store.generate("sealing-kek", NOW)
    app = Flask(__name__)
    app.register_blueprint(jwks_door(store, ("access-token",)))
    client = app.test_client()

    def kids() -> set[str]:
        return {line["kid"] for line in client.get("/.well-known/jwks/access-token.json").get_json()["keys"]}

    assert kids() == {first.kid, staged.kid}
    store.revoke(first.kid, NOW)
    assert kids() == {staged.kid}
    assert [client.get(f"/.well-known/jwks/{name}.json").status_code for name in ("sealing-kek", "tide")] == [404, 404]
