"""Writes vectors of bytes and signatures as ``security`` makes them: ``python -m tests.native_bridge.vector_files``."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from native_bridge.conformance import VECTORS
from security.encoding import b64url_decode, b64url_encode
from security.suites import P256_ORDER

ENCODING: Final = json.loads((VECTORS / "encoding.json").read_text(encoding="utf-8"))
DISPLAY: Final = json.loads((VECTORS / "display.json").read_text(encoding="utf-8"))


def transactions() -> dict[str, Any]:
    """Give the bytes that are signed, and what is refused before anything is signed."""
    good = ENCODING["transactions"][0]["fields"]
    rows = [
        {
            "note": f"approved by {one['fields']['factor']}",
            "operation": {"fields": one["fields"]},
            "signed": b64url_encode(bytes.fromhex(one["hex"])),
        }
        for one in ENCODING["transactions"]
    ]
    rows += [
        {"note": f"{name} {value!r}"[:80], "operation": {"fields": {**good, name: value}}, "refused": True}
        for name, values in ENCODING["refusedFields"].items()
        for value in values
    ]
    less = {name: value for name, value in good.items() if name != "seq"}
    rows += [
        {"note": "a field is missing", "operation": {"fields": less}, "refused": True},
        {"note": "a field too many", "operation": {"fields": {**good, "note": "x"}}, "refused": True},
    ]
    return {
        "title": "The bytes of a transaction are exactly these, and a field of another form is never signed",
        "bytes": rows,
    }


def rows() -> dict[str, Any]:
    """Give the hash of what a person sees, and the templates that nobody may be shown."""
    template = DISPLAY["template"]
    seen = [
        {
            "note": one["name"],
            "operation": {"fields": one["fields"], "template": template, "locale": one["locale"]},
            "displayHash": one["hash"],
        }
        for one in DISPLAY["cases"]
    ]
    fields = DISPLAY["cases"][0]["fields"]
    refused = [
        {
            "note": f"a row as {row.get('as')} from {row.get('from')}",
            "operation": {"fields": fields, "template": {**template, "rows": [row]}, "locale": "en"},
            "refused": True,
        }
        for row in DISPLAY["refusedRows"]
    ]
    return {
        "title": "The hash of the rows is that of the words that were shown, and a row of another kind is refused",
        "bytes": seen + refused,
    }


def signatures() -> dict[str, Any]:
    """Give signatures in their one form, and every other way of writing them."""
    return {
        "title": "A signature is 64 bytes, r then s, with the lower s; nothing else is one",
        "verify": [row for one in ENCODING["signatures"] for row in _written(one)],
    }


def _written(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
    message = b64url_encode(bytes.fromhex(one["messageHex"]))
    raw = b64url_decode(one["canonical"])
    r, s = raw[:32], raw[32:]
    zero, order = bytes(32), P256_ORDER.to_bytes(32, "big")
    forms: list[tuple[str, bytes | str, bool]] = [
        ("canonical", raw, True),
        ("the twin with the higher s", one["highS"], False),
        ("DER, as a JVM writes it", _der(r, s), False),
        ("a byte too many", raw + b"\0", False),
        ("a byte too few", raw[:63], False),
        ("empty", b"", False),
        ("r is zero", zero + s, False),
        ("s is zero", r + zero, False),
        ("r is the order", order + s, False),
        ("s is the order", r + order, False),
        ("s before r", s + r, False),
        ("padded base64", one["canonical"] + "==", False),
        ("one bit of r is another", bytes([r[0] ^ 1]) + r[1:] + s, False),
    ]
    for note, signature, valid in forms:
        text = signature if isinstance(signature, str) else b64url_encode(signature)
        yield {"note": note, "bytes": message, "signature": text, "key": one["jwk"], "valid": valid}
    other = b64url_encode(bytes.fromhex(one["messageHex"]) + b"\0")
    yield {"note": "other bytes", "bytes": other, "signature": one["canonical"], "key": one["jwk"], "valid": False}


def _der(r: bytes, s: bytes) -> bytes:
    def integer(number: bytes) -> bytes:
        short = number.lstrip(b"\0")
        padded = b"\0" + short if short[0] & 0x80 else short
        return bytes([2, len(padded)]) + padded

    both = integer(r) + integer(s)
    return bytes([0x30, len(both)]) + both


FILES: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "bytes/transaction-bytes.json": transactions,
    "bytes/display-hash.json": rows,
    "bytes/signature-form.json": signatures,
}


def text(data: dict[str, Any]) -> str:
    """Write a vector as its file holds it."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write all of them."""
    for name, make in FILES.items():
        path = VECTORS / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text(make()), encoding="utf-8")


if __name__ == "__main__":
    main()
