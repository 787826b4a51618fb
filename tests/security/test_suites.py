import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from security.errors import SecurityError, SignatureError
from security.suites import ES256, P256_ORDER, suite

KEY = ES256.generate()
PUBLIC = KEY.public_key()
MESSAGE = b"pay 50000.00"
GOOD = ES256.sign(KEY, MESSAGE)
R, S = int.from_bytes(GOOD[:32]), int.from_bytes(GOOD[32:])


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32) + s.to_bytes(32)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_a_signature_is_raw_low_and_accepted(message: bytes) -> None:
    signature = ES256.sign(KEY, message)
    ES256.verify(PUBLIC, message, signature)
    assert (len(signature), int.from_bytes(signature[32:]) <= P256_ORDER // 2) == (64, True)


def test_the_high_twin_is_named_and_refused() -> None:
    with pytest.raises(SignatureError) as caught:
        ES256.verify(PUBLIC, MESSAGE, raw(R, P256_ORDER - S))
    assert caught.value.code == "SIG_NONCANONICAL"


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        bytes(64),
        raw(0, S),
        raw(R, 0),
        raw(P256_ORDER, S),
        raw(R, P256_ORDER),
        raw(2**256 - 1, S),
        raw(R, 2**256 - 1),
        GOOD + b"\0",
        GOOD[:-1],
        b"\0" + GOOD,
        encode_dss_signature(R, S),
        b"\x30\x80" + encode_dss_signature(R, S)[2:] + b"\0\0",
        encode_dss_signature(R, S).ljust(64, b"\0")[:64],
        GOOD[32:] + GOOD[:32],
    ],
    ids=map(str, range(15)),  # the bytes are new in every process, their names must not be
)
def test_every_other_form_is_refused(signature: bytes) -> None:
    with pytest.raises(SignatureError):
        ES256.verify(PUBLIC, MESSAGE, signature)


@settings(deadline=None)
@given(st.integers(0, 511))
def test_one_flipped_bit_is_refused(bit: int) -> None:
    changed = bytearray(GOOD)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SignatureError):
        ES256.verify(PUBLIC, MESSAGE, bytes(changed))


def test_another_message_or_key_is_refused() -> None:
    for key, message in ((PUBLIC, MESSAGE + b"0"), (ES256.generate().public_key(), MESSAGE)):
        with pytest.raises(SignatureError):
            ES256.verify(key, message, GOOD)


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "ES256K", "RS256", "", "es256"])
def test_other_algorithms_are_unknown(alg: str) -> None:
    with pytest.raises(SecurityError) as caught:
        suite(alg)
    assert caught.value.code == "ALG_UNSUPPORTED"


def test_the_default_installation_works_without_the_library() -> None:
    program = (
        "import sys; sys.modules['tongsuopy'] = None\n"
        "from security.suites import ES256, SM2_SM3\n"
        "key = ES256.generate(); ES256.verify(key.public_key(), b'm', ES256.sign(key, b'm'))\n"
        "try: SM2_SM3.generate()\n"
        "except Exception as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("SUITE_UNAVAILABLE: SM2-SM3 needs the package tongsuopy")
