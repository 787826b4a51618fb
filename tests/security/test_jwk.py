import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from security.encoding import b64url_encode
from security.errors import JwkError
from security.jwk import jwk_of, parse_jwk

JWK = jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key())
GOOD = JWK.as_dict()


def test_a_key_reads_back_with_one_key_object() -> None:
    assert parse_jwk(GOOD) == JWK
    assert parse_jwk(GOOD).public_key is JWK.public_key


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    key = {
        "kty": "EC",
        "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    }
    assert parse_jwk(key).thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


@pytest.mark.parametrize(
    "change",
    [
        {"d": "AAAA"},
        {"kid": "1"},
        {"alg": "ES256"},
        {"kty": "oct"},
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"crv": "secp256k1"},
        {"x": GOOD["y"], "y": GOOD["x"]},
        {"x": b64url_encode(bytes(32)), "y": b64url_encode(bytes(32))},
        {"x": b64url_encode(bytes(31))},
        {"x": GOOD["x"] + "="},
        {"x": 5},
        {"x": b64url_encode(b"\0" + b"\1" * 32)},
        {"y": b64url_encode(b"\xff" * 32)},
    ],
)
def test_everything_but_one_point_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(JwkError):
        parse_jwk(GOOD | change)


def test_missing_members_and_other_curves_are_refused() -> None:
    with pytest.raises(JwkError):
        parse_jwk({name: GOOD[name] for name in ("kty", "crv", "x")})
    with pytest.raises(JwkError):
        jwk_of(ec.generate_private_key(ec.SECP384R1()).public_key())
