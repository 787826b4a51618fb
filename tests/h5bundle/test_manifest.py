import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from h5bundle.errors import H5BundleError, ManifestError
from h5bundle.manifest import decode, digest_of, encode
from tests.h5bundle.conftest import package

DATA = package().manifest_bytes


def altered(**members: object) -> bytes:
    return json.dumps(
        {**json.loads(DATA), **members}, separators=(",", ":"), sort_keys=True, ensure_ascii=False
    ).encode()


def test_bytes_and_manifest_are_each_others_only_form() -> None:
    assert encode(decode(DATA)) == DATA
    assert altered() == DATA


@pytest.mark.parametrize(
    "data",
    [
        DATA + b"\n",
        b" " + DATA,
        DATA.replace(b'"bundle":"wealth"', b'"bundle":"wealth","bundle":"wealth"'),
        DATA.replace(b'"kind":"app"', b'"kind":"app","extra":1'),
        altered(format="tidegate-bundle/2"),
        altered(bundle="Wealth"),
        altered(bundle="wealth-h5"),
        altered(entry="missing.html"),
        altered(entry=None),
        altered(kind="shared"),
        altered(version="1.0"),
        altered(version="01.0.0"),
        altered(floor="2.0.0"),
        altered(csp="default-src 'none'\r\nSet-Cookie: a=b"),
        altered(csp="default-src 'none', default-src *"),
        altered(permissions={"app.info": "1"}),
        altered(requires={"common": {"version": "1.0.0", "digest": "AB"}}),
        altered(files={"../x": {"length": 1, "sha256": "0" * 64, "type": "text/css"}}),
        altered(files={"index.html": {"length": -1, "sha256": "0" * 64, "type": "text/html"}}),
        altered(files={"index.html": {"length": 1, "sha256": "0" * 64, "type": "text/html\r\nX: y"}}),
        b"[" * 100_000,
        b"\xff\xfe",
        b"",
    ],
)
def test_everything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ManifestError):
        decode(data)


@given(st.integers(0, len(DATA) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_gives_another_digest(place: int, bit: int) -> None:
    flipped = bytearray(DATA)
    flipped[place] ^= 1 << bit
    try:
        decode(bytes(flipped))
    except H5BundleError:
        return
    assert digest_of(bytes(flipped)) != digest_of(DATA)
