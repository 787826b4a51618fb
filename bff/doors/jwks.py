"""The door with the server's public keys: what verifiers fetch, the next keys among them."""

from flask import Blueprint, Response, jsonify

from security.keys import KeyStore

SECONDS = 60
"""How long a verifier may keep the set: a staged key is known everywhere this long before it can sign."""


def jwks_door(keys: KeyStore, purposes: tuple[str, ...]) -> Blueprint:
    """Give the blueprint over the signing purposes."""
    door = Blueprint("jwks", __name__)

    @door.get("/.well-known/jwks/<purpose>.json")
    def jwks(purpose: str) -> Response:
        """Give the public keys of a purpose that verify."""
        found = keys.jwks(purpose) if purpose in purposes else {"keys": []}
        answer = jsonify(found)
        answer.headers["Cache-Control"] = f"public, max-age={SECONDS}"
        if purpose not in purposes:
            answer.status_code = 404
        return answer

    return door
