import hashlib
import os

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from security import sm2
from security.encoding import b64url_encode
from security.errors import JwkError, SignatureError, SuiteUnavailableError
from security.jwk import jwk_of, parse_jwk
from security.suites import ES256, SM2_SM3, suite, suite_of_key
from tests.security import sm2_reference as reference

pytest.importorskip("tongsuopy", reason="needs the extra `sm`")

# GB/T 32918.5-2017, annex A.2: an example of a signature on the recommended curve
PRIVATE = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
X = 0x09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020
Y = 0xCCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13
Z = "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"
NONCE = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
EXAMPLE = b"message digest"

KEY = SM2_SM3.generate()
PUBLIC = KEY.public_key()
MESSAGE = b"pay 50000.00"
GOOD = SM2_SM3.sign(KEY, MESSAGE)


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32) + s.to_bytes(32)


def refused(public: object, message: bytes, signature: bytes) -> str:
    with pytest.raises(SignatureError) as caught:
        SM2_SM3.verify(public, message, signature)
    return caught.value.code


def test_the_example_of_the_standard_comes_out_of_the_reference() -> None:
    assert reference.multiply(PRIVATE, reference.G) == (X, Y)
    assert reference.z_a((X, Y)).hex() == Z
    assert reference.sign(PRIVATE, EXAMPLE, NONCE) == (R, S)


def test_the_example_of_the_standard_is_accepted() -> None:
    key = SM2_SM3.derive(PRIVATE)
    assert (key.public_key().x, key.public_key().y) == (X, Y)
    SM2_SM3.verify(SM2_SM3.point(X, Y), EXAMPLE, raw(R, S))
    assert refused(key.public_key(), EXAMPLE + b".", raw(R, S)) == "SIG_INVALID"


def test_a_signature_under_another_user_id_is_refused() -> None:
    other = reference.sign(PRIVATE, EXAMPLE, NONCE, b"ALICE123@YAHOO.COM")
    assert refused(SM2_SM3.point(X, Y), EXAMPLE, raw(*other)) == "SIG_INVALID"


@settings(max_examples=10, deadline=None)
@given(st.binary(max_size=200), st.integers(1, reference.N - 2), st.integers(1, reference.N - 1))
def test_the_library_and_the_reference_accept_each_other(message: bytes, number: int, nonce: int) -> None:
    key = SM2_SM3.derive(number)
    public = key.public_key()
    SM2_SM3.verify(public, message, raw(*reference.sign(number, message, nonce)))
    signature = SM2_SM3.sign(key, message)
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    assert (len(signature), reference.verifies((public.x, public.y), message, r, s)) == (64, True)


def test_there_is_no_twin() -> None:
    r, s = int.from_bytes(GOOD[:32]), int.from_bytes(GOOD[32:])
    n = reference.N
    for pair in ((r, n - s), (n - r, s), (n - r, n - s), (s, r)):
        assert refused(PUBLIC, MESSAGE, raw(*pair)) == "SIG_INVALID"


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        bytes(64),
        raw(0, S),
        raw(R, 0),
        raw(reference.N, S),
        raw(R, reference.N),
        raw(R, reference.N - R),
        raw(2**256 - 1, S),
        raw(R, S) + b"\0",
        raw(R, S)[:-1],
        encode_dss_signature(R, S),
    ],
    ids=map(str, range(11)),
)
def test_every_other_form_is_refused(signature: bytes) -> None:
    assert refused(SM2_SM3.point(X, Y), EXAMPLE, signature) == "SIG_INVALID"


@settings(deadline=None)
@given(st.integers(0, 511))
def test_one_flipped_bit_is_refused(bit: int) -> None:
    changed = bytearray(GOOD)
    changed[bit // 8] ^= 1 << bit % 8
    assert refused(PUBLIC, MESSAGE, bytes(changed)) == "SIG_INVALID"


def test_a_suite_takes_no_key_and_no_signature_of_another() -> None:
    other = ES256.generate()
    signature = ES256.sign(other, MESSAGE)
    assert refused(PUBLIC, MESSAGE, signature) == "SIG_INVALID"
    assert refused(other.public_key(), MESSAGE, signature) == "ALG_MISMATCH"
    for wrong, key in ((ES256, KEY), (SM2_SM3, other), (ES256, ec.generate_private_key(ec.SECP384R1()))):
        with pytest.raises(SignatureError) as caught:
            wrong.sign(key, MESSAGE)
        assert caught.value.code == "ALG_MISMATCH"
    with pytest.raises(SignatureError) as caught:
        ES256.verify(PUBLIC, MESSAGE, GOOD)
    assert caught.value.code == "ALG_MISMATCH"


def test_nonces_differ_after_a_fork() -> None:
    """A server's workers are forked: equal generators would sign with equal nonces and give the key away."""
    child, parent = os.pipe()
    SM2_SM3.sign(KEY, MESSAGE)
    forked = os.fork()
    if forked == 0:
        os.write(parent, SM2_SM3.sign(KEY, MESSAGE))
        os._exit(0)
    here = SM2_SM3.sign(KEY, MESSAGE)
    os.waitpid(forked, 0)
    there = os.read(child, 64)
    os.close(child)
    os.close(parent)
    SM2_SM3.verify(PUBLIC, MESSAGE, there)
    assert len({signature[:32] for signature in (here, there, GOOD)}) == 3


def test_a_jwk_names_the_curve_and_has_a_thumbprint_of_its_own() -> None:
    jwk = jwk_of(SM2_SM3.point(X, Y))
    x, y = (b64url_encode(number.to_bytes(32)) for number in (X, Y))
    assert jwk.as_dict() == {"kty": "EC", "crv": "SM2", "x": x, "y": y}
    canonical = f'{{"crv":"SM2","kty":"EC","x":"{x}","y":"{y}"}}'
    assert (parse_jwk(jwk.as_dict()), jwk.alg) == (jwk, "SM2-SM3")
    assert jwk.thumbprint == b64url_encode(hashlib.sha256(canonical.encode()).digest())
    assert (suite("SM2-SM3"), suite_of_key(KEY), suite_of_key(PUBLIC)) == (SM2_SM3, SM2_SM3, SM2_SM3)


def test_a_point_of_one_curve_is_none_of_the_other() -> None:
    sm2_key, p256_key = jwk_of(PUBLIC), jwk_of(ES256.generate().public_key())
    for members in (sm2_key.as_dict() | {"crv": "P-256"}, p256_key.as_dict() | {"crv": "SM2"}):
        with pytest.raises(JwkError):
            parse_jwk(members)


def test_a_coordinate_beyond_the_field_is_no_second_form_of_a_key() -> None:
    x, y = next((x, y) for x in range(1, 100) if (y := _lift(x)) is not None)
    SM2_SM3.point(x, y)
    with pytest.raises(ValueError, match="out of range"):
        SM2_SM3.point(x + reference.P, y)


@pytest.mark.parametrize("number", [0, reference.N - 1, reference.N])
def test_a_number_out_of_range_is_no_private_key(number: int) -> None:
    with pytest.raises(ValueError, match="lies between"):
        SM2_SM3.derive(number)


def test_without_the_library_the_suite_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sm2, "_INSTALLED", False)
    for needs in (SM2_SM3.require, SM2_SM3.generate, lambda: SM2_SM3.point(X, Y)):
        with pytest.raises(SuiteUnavailableError, match="pip install"):
            needs()
    x, y = reference.multiply(5, reference.G) or (0, 0)  # a point that nothing has read before
    members = {"kty": "EC", "crv": "SM2", "x": b64url_encode(x.to_bytes(32)), "y": b64url_encode(y.to_bytes(32))}
    with pytest.raises(JwkError, match="tongsuopy"):
        parse_jwk(members)


def _lift(x: int) -> int | None:
    square = (x**3 + reference.A * x + reference.B) % reference.P
    y = pow(square, (reference.P + 1) // 4, reference.P)
    return y if y * y % reference.P == square else None
