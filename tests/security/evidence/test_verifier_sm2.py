"""The stand-alone verifier on evidence of SM2: its arithmetic against the standard, the reference and the library."""

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from security.encoding import b64url_encode
from security.evidence import verifier
from security.suites import ES256, SM2_SM3
from tests.security import sm2_reference as reference
from tests.security import test_sm2 as standard
from tests.security.orders import AuditKey, Case

pytest.importorskip("tongsuopy", reason="needs the extra `sm`, to sign")

PUBLIC = (standard.X, standard.Y)
NUMBERS = st.integers(1, reference.N - 2)


def text(r: int, s: int) -> str:
    return b64url_encode(standard.raw(r, s))


def broken(*arguments: Any) -> str:
    with pytest.raises(verifier.BrokenError) as caught:
        verifier.check_signature("device", *arguments)
    return caught.value.detail


def sm2_case() -> Case:
    return Case(audit=AuditKey(SM2_SM3.generate()), pop=SM2_SM3.generate(), tx=SM2_SM3.generate())


def test_the_example_of_the_standard_is_accepted_and_nothing_near_it() -> None:
    verifier.check_signature("device", PUBLIC, standard.EXAMPLE, text(standard.R, standard.S))
    assert broken(PUBLIC, standard.EXAMPLE + b".", text(standard.R, standard.S)).startswith("a signature does not fit")
    assert broken(PUBLIC, standard.EXAMPLE, text(standard.R, standard.S + 1)).startswith("a signature does not fit")
    for r, s in ((0, 1), (1, 0), (reference.N, 1), (1, reference.N), (1, reference.N - 1)):
        assert broken(PUBLIC, standard.EXAMPLE, text(r, s))


@settings(max_examples=15, deadline=None)
@given(private=NUMBERS, nonce=NUMBERS, message=st.binary(max_size=64))
def test_it_agrees_with_the_reference(private: int, nonce: int, message: bytes) -> None:
    public = reference.multiply(private, reference.G)
    r, s = reference.sign(private, message, nonce)
    assert public is not None
    verifier.check_signature("device", public, message, text(r, s))
    assert broken(public, message + b"x", text(r, s))


@pytest.mark.parametrize(("x", "y"), [(1, 1), (standard.X, standard.Y + 1), (standard.X + reference.P, standard.Y)])
def test_a_point_off_the_curve_is_no_key(x: int, y: int) -> None:
    jwk = {"kty": "EC", "crv": "SM2"} | {
        name: base64.urlsafe_b64encode(value.to_bytes(33).lstrip(b"\0")).rstrip(b"=").decode()
        for name, value in (("x", x), ("y", y))
    }
    with pytest.raises(verifier.BrokenError, match="not a point of SM2"):
        verifier.key_of(jwk)


def test_an_order_of_an_sm2_device_under_an_sm2_checkpoint_holds() -> None:
    case = sm2_case()
    report = verifier.verify(case.proved(), [case.audit.jwk.as_dict()])
    assert {"device", "approval", "checkpoint"} <= {link for link, _ in report.sentences}
    assert report.kids == {case.audit.kid}


@pytest.mark.parametrize("own", [ES256, SM2_SM3], ids=["ES256", "SM2-SM3"])
def test_a_transaction_that_names_the_other_suite_is_broken(own: Any) -> None:
    other = {"ES256": "SM2-SM3", "SM2-SM3": "ES256"}[own.alg]
    case = Case(pop=own.generate(), tx=own.generate(), fields={"alg": other})
    with pytest.raises(verifier.BrokenError, match="another algorithm"):
        verifier.verify(case.proved(), [case.audit.jwk.as_dict()])
