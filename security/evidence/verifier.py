"""Verify Tidegate's evidence with this one file, which needs Python 3.11, the package cryptography, and nothing else.

    python verify.py FILE [--anchor JWKS] [--kept CHECKPOINT]...        an order, a period, or a checkpoint
    python verify.py OLD NEW --proof PROOF --anchor JWKS                is NEW a continuation of OLD?

It checks the links file, seal, chain, checkpoint, and of an order device and approval. It does not look at the signed
release, the request's proof, the lines that were shown, and the money: the command `evidence verify` does.
Exit codes: 0 every link holds, 1 one is broken, 2 called wrongly or a file cannot be read.
"""

import argparse
import base64
import hashlib
import json
import re
import struct
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

Json: TypeAlias = dict[str, Any]
Known: TypeAlias = dict[int, tuple[str, str | None]]
"""By number the hash of an entry and, where the file tells it, the root of the tree up to it."""
Point: TypeAlias = tuple[int, int]
PublicKey: TypeAlias = ec.EllipticCurvePublicKey | Point
"""A key of P-256, or of SM2 as the numbers x and y of its point."""
KeyOf: TypeAlias = Callable[[str], PublicKey]

GENESIS: Final = "0" * 64
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group P-256: of the two signatures (r, s) and (r, ORDER - s) only the one with the smaller s is accepted."""
SM2_P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
SM2_B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
SM2_N: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
SM2_G: Final = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
"""The curve y² = x³ - 3x + b over the field of p, its group of n points, and its generator (GB/T 32918.5)."""
LARGEST: Final = 2**53 - 1
"""The largest whole number that JSON carries everywhere."""
MARK: Final[dict[str, type]] = {"seq": int, "hash": str, "at": str, "kid": str, "sig": str}
LINE: Final[dict[str, type]] = {"seq": int, "prev": str, "kind": str, "subject": str, "at": str, "bodyHash": str}
FRAME: Final[dict[str, type]] = {
    "format": str, "env": str, "exportedAt": str, "entries": list, "checkpoints": list, "keys": list, "seal": dict,
}  # fmt: skip
OF_ORDER: Final[dict[str, type]] = {"aud": str, "order": str, "blobs": dict}
STRETCHES, PATHS, PERIOD = "tidegate-evidence/1", "tidegate-evidence/2", "tidegate-period/1"
CHECKPOINT, CONSISTENCY = "tidegate-checkpoint/1", "tidegate-consistency/1"


class BrokenError(Exception):
    """A link does not hold; ``link`` names it, ``detail`` says what is wrong."""

    def __init__(self, *, link: str, detail: str) -> None:
        """Carry both."""
        super().__init__(f"{link}: {detail}")
        self.link = link
        self.detail = detail


@dataclass
class Report:
    """What was found to hold, sentence by sentence, and the keys on which it rests."""

    title: str
    sentences: list[tuple[str, str]] = field(default_factory=list)
    kids: set[str] = field(default_factory=set)

    def say(self, link: str, sentence: str) -> None:
        """Add a sentence."""
        self.sentences.append((link, sentence))


# ── bytes ──


def canonical(value: Any) -> bytes:
    """Write JSON in its one form (RFC 8785), for whole numbers and ASCII names; all of ours are, and others refused."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_json(data: bytes) -> Json:
    """Read an object of which no byte could be another one: duplicate names, spaces, other escapes are refused."""
    try:
        value = json.loads(data.decode(), parse_int=_whole, parse_float=_whole, parse_constant=_whole)
        whole = isinstance(value, dict) and canonical(value) == data
    except (ValueError, RecursionError) as error:
        raise BrokenError(link="file", detail=f"it is not JSON: {type(error).__name__}") from error
    if not whole:
        raise BrokenError(link="file", detail="it is not canonical JSON (RFC 8785)")
    return dict(value)


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) > LARGEST:
        raise BrokenError(link="file", detail="a number is too large")
    return number


def members(value: Any, needed: Mapping[str, type], optional: Mapping[str, type] | None = None) -> Json:
    """Hold an object to its members and their types."""
    types = {**needed, **(optional or {})}
    if not isinstance(value, dict) or not set(needed) <= set(value) <= set(types):
        raise BrokenError(link="file", detail=f"an object has other members than {', '.join(needed)}")
    for name, item in value.items():
        if type(item) is not types[name]:
            raise BrokenError(link="file", detail=f"{name} is not of type {types[name].__name__}")
    return value


def unbase64(text: Any) -> bytes:
    """Read base64url without padding, in its one form."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, TypeError) as error:
        raise BrokenError(link="file", detail="a text is not base64url") from error
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise BrokenError(link="file", detail="a text is not base64url in its one form")
    return data


def unhex(text: Any) -> bytes:
    """Read a SHA-256 of 64 lower-case hex digits."""
    if not isinstance(text, str) or not re.fullmatch("[0-9a-f]{64}", text):
        raise BrokenError(link="file", detail="a hash is not 64 lower-case hex digits")
    return bytes.fromhex(text)


def sha256(data: bytes) -> str:
    """Give the SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def lp(*texts: str) -> bytes:
    """Write each text as the length of its UTF-8 (four bytes, the highest first) and its UTF-8."""
    return b"".join(struct.pack(">I", len(raw)) + raw for raw in (text.encode() for text in texts))


def unlp(data: bytes) -> list[str]:
    """Read back what ``lp`` wrote."""
    texts, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4])
        texts.append(data[at + 4 : end].decode())
        at = end
    if lp(*texts) != data:
        raise BrokenError(link="approval", detail="the signed message is malformed")
    return texts


# ── signatures ──


def key_of(jwk: Mapping[str, Any]) -> tuple[str, PublicKey]:
    """Give a key of P-256 or SM2 and its thumbprint (RFC 7638), which is its id."""
    curve = jwk.get("crv")
    if jwk.get("kty") != "EC" or curve not in ("P-256", "SM2"):
        raise BrokenError(link="file", detail=f"this verifier knows P-256 and SM2 keys, not {curve}")
    x, y = (int.from_bytes(unbase64(jwk.get(name))) for name in ("x", "y"))
    try:
        key = _sm2_point(x, y) if curve == "SM2" else ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError as error:
        raise BrokenError(link="file", detail=f"a key is not a point of {curve}") from error
    named = canonical({name: jwk[name] for name in ("crv", "kty", "x", "y")})
    return base64.urlsafe_b64encode(hashlib.sha256(named).digest()).rstrip(b"=").decode(), key


def check_signature(link: str, key: PublicKey, message: bytes, signature: str) -> None:
    """Accept a signature in the suite of its key: base64url of r and s, 32 bytes each; in ES256 s in the lower half."""
    raw = unbase64(signature)
    r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
    r_end, s_end = (SM2_N, SM2_N) if isinstance(key, tuple) else (ORDER, ORDER // 2 + 1)
    if len(raw) != 64 or not 0 < r < r_end or not 0 < s < s_end:  # noqa: PLR2004 — two halves of 32 bytes
        raise BrokenError(link=link, detail="a signature is out of range or not in its one form")
    try:
        if isinstance(key, tuple):
            _sm2_verify(key, message, r, s)
        else:
            key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise BrokenError(link=link, detail="a signature does not fit the message and the key") from error


def _sm2_point(x: int, y: int) -> Point:
    if not (x < SM2_P and y < SM2_P) or (y * y - x**3 + 3 * x - SM2_B) % SM2_P:
        raise ValueError
    return x, y


def _sm2_verify(key: Point, message: bytes, r: int, s: int) -> None:
    """Verify as GB/T 32918.2 section 7 says; everything here is public, so plain arithmetic will do."""
    user = b"1234567812345678"
    curve = (SM2_P - 3, SM2_B, *SM2_G, *key)
    z = _sm3((8 * len(user)).to_bytes(2) + user + b"".join(number.to_bytes(32) for number in curve))
    t = (r + s) % SM2_N
    point = _sm2_add(_sm2_times(s, SM2_G), _sm2_times(t, key))
    if t == 0 or point is None or (int.from_bytes(_sm3(z + message)) + point[0]) % SM2_N != r:
        raise InvalidSignature


def _sm3(data: bytes) -> bytes:
    hashed = hashes.Hash(hashes.SM3())
    hashed.update(data)
    return hashed.finalize()


def _sm2_add(one: Point | None, two: Point | None) -> Point | None:
    if one is None or two is None:
        return one or two
    if one[0] == two[0] and (one[1] + two[1]) % SM2_P == 0:
        return None
    rise, run = (3 * one[0] ** 2 - 3, 2 * one[1]) if one == two else (two[1] - one[1], two[0] - one[0])
    slope = rise * pow(run, -1, SM2_P) % SM2_P
    x = (slope**2 - one[0] - two[0]) % SM2_P
    return x, (slope * (one[0] - x) - one[1]) % SM2_P


def _sm2_times(number: int, point: Point) -> Point | None:
    total: Point | None = None
    power: Point | None = point
    while number:
        total = _sm2_add(total, power) if number & 1 else total
        power, number = _sm2_add(power, power), number >> 1
    return total


def check_mark(env: str, mark: Json, key: KeyOf) -> None:
    """Accept a checkpoint: the bank signed that its chain ended with this hash, and its tree in this root."""
    said = [env, str(mark["seq"]), mark["hash"], *([mark["root"]] if "root" in mark else []), mark["at"]]
    version = "v2" if "root" in mark else "v1"
    check_signature("checkpoint", key(mark["kid"]), lp(f"TIDEGATE-CHECKPOINT/{version}", *said), mark["sig"])


# ── the tree (RFC 9162 section 2.1) ──


def leaf_hash(entry: bytes) -> bytes:
    """Give the hash of a leaf, whose bytes are an entry's hash."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the hash of a node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def fold_peaks(peaks: Sequence[bytes]) -> bytes:
    """Give the root over complete subtrees, the largest first."""
    if not peaks:
        return hashlib.sha256().digest()
    *rest, root = peaks
    for peak in reversed(rest):
        root = node_hash(peak, root)
    return root


def root_of_path(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """Give the root to which a leaf's path leads: at each height the sibling stands left or right, or there is none."""
    root, place, last, used = leaf, index, size - 1, 0
    if not 0 <= index < size:
        raise BrokenError(link="chain", detail=f"leaf {index} is outside a tree of {size}")
    while last:
        if place % 2 or place < last:
            if used == len(path):
                raise BrokenError(link="chain", detail="a path is too short")
            root = node_hash(path[used], root) if place % 2 else node_hash(root, path[used])
            used += 1
        place, last = place // 2, last // 2
    if used != len(path):
        raise BrokenError(link="chain", detail="a path is too long")
    return root


def roots_of_consistency(old: int, new: int, old_root: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Give the roots of both trees from the nodes of a consistency proof.

    The path's nodes cover the new tree; those left of ``old`` are the old tree's. Where the old tree is one complete
    subtree, its root is the first node and the path leaves it out.
    """
    if not 0 < old <= new:
        raise BrokenError(link="chain", detail=f"no tree of {old} entries grows into one of {new}")
    if old == new:
        if path:
            raise BrokenError(link="chain", detail="a path is too long")
        return old_root, old_root
    nodes = list(path)
    place, last = old - 1, new - 1
    while place % 2:
        place, last = place // 2, last // 2
    first = second = old_root if place == 0 else (nodes.pop(0) if nodes else b"")
    while last:
        if place % 2 or place < last:
            if not nodes:
                raise BrokenError(link="chain", detail="a path is too short")
            node = nodes.pop(0)
            if place % 2:
                first, second = node_hash(node, first), node_hash(node, second)
            else:
                second = node_hash(second, node)
        place, last = place // 2, last // 2
    if nodes:
        raise BrokenError(link="chain", detail="a path is too long")
    return first, second


# ── the files ──


def verify(data: bytes, anchors: Iterable[Json] | None = None, kept: Iterable[bytes] = ()) -> Report:
    """Verify an order's evidence, a period or a checkpoint.

    Args:
        data: the file.
        anchors: the bank's audit keys as JWKs that the reader got another way; None to take the file's own.
        kept: files of checkpoints that the reader kept; where the file speaks of the same place it must agree.
    """
    file = read_json(data)
    kind = file.get("format")
    report = Report(f"{kind}, SHA-256 {sha256(data)}")
    report.say("file", f"The file is canonical JSON of {len(data)} bytes.")
    if kind == CHECKPOINT and anchors is None:
        raise BrokenError(link="checkpoint", detail="it carries no key: give the bank's audit keys with --anchor")
    if kind == CHECKPOINT:
        _hold_mark(data, report, _keys(anchors or (), report))
        return report
    _check_frame(file)
    key = _keys(_named(file["keys"]) if anchors is None else anchors, report)
    tail = b',"seal":' + canonical(file["seal"]) + b"}"  # no name sorts behind it
    check_signature("seal", key(file["seal"]["kid"]), data.removesuffix(tail) + b"}", file["seal"]["sig"])
    report.say("seal", f"The bank sealed the file with key {file['seal']['kid']}.")
    known = _check_chain(file, report)
    for mark in file["checkpoints"]:
        check_mark(file["env"], mark, key)
    newest = max(file["checkpoints"], key=lambda mark: mark["seq"])
    report.say("checkpoint", f"The bank signed at {newest['at']} that its chain stood at entry {newest['seq']}.")
    _hold_kept(file["env"], known, [_hold_mark(text, None, key) for text in kept], report)
    if kind != PERIOD:
        _check_person(file, report)
    return report


def verify_consistency(old: bytes, new: bytes, proof: bytes, anchors: Iterable[Json]) -> Report:
    """Verify that the history behind the checkpoint ``new`` begins with the one behind ``old``."""
    report = Report("two checkpoints")
    key = _keys(anchors, report)
    before, after = (_hold_mark(data, report, key) for data in (old, new))
    if before["env"] != after["env"]:
        raise BrokenError(link="checkpoint", detail="the checkpoints are of different environments")
    said = members(read_json(proof), {"format": str, "old": int, "new": int, "path": list})
    if (said["format"], said["old"], said["new"]) != (CONSISTENCY, before["seq"], after["seq"]):
        raise BrokenError(link="chain", detail="the proof is of other checkpoints")
    sizes = (before["seq"], after["seq"])
    roots = roots_of_consistency(*sizes, unhex(before["root"]), [unhex(node) for node in said["path"]])
    if roots != (unhex(before["root"]), unhex(after["root"])):
        detail = f"the checkpoints of entries {sizes[0]} and {sizes[1]} are not shown to be of one history"
        raise BrokenError(
            link="chain", detail=f"{detail}: ask for the right proof; when there is none, the history was rewritten"
        )
    report.say("chain", f"The first {sizes[0]} of {sizes[1]} entries are the ones that the older checkpoint signed.")
    return report


def _keys(jwks: Iterable[Json], report: Report) -> KeyOf:
    keys = dict(key_of(jwk) for jwk in jwks)

    def key(kid: str) -> PublicKey:
        if kid not in keys:
            raise BrokenError(link="checkpoint", detail=f"key {kid} is none of the keys that are trusted")
        report.kids.add(kid)
        return keys[kid]

    return key


def _named(jwks: Sequence[Json]) -> list[Json]:
    for jwk in jwks:
        if key_of(members(jwk, {"kid": str, "kty": str, "crv": str, "x": str, "y": str}))[0] != jwk["kid"]:
            raise BrokenError(link="file", detail="a key's id is not its thumbprint")
    return list(jwks)


def _hold_mark(data: bytes, report: Report | None, key: KeyOf) -> Json:
    mark = members(read_json(data), {"format": str, "env": str, **MARK, "root": str})
    if mark["format"] != CHECKPOINT:
        raise BrokenError(link="file", detail=f"format {mark['format']} is no checkpoint")
    check_mark(mark["env"], mark, key)
    if report is not None:
        report.say("checkpoint", f"The bank signed at {mark['at']} a tree of {mark['seq']}, root {mark['root']}.")
    return mark


def _check_frame(file: Json) -> None:
    forms: dict[str, dict[str, type]] = {PERIOD: {"peaks": list}, PATHS: OF_ORDER, STRETCHES: OF_ORDER}
    extra = forms.get(str(file.get("format")))
    if extra is None:
        raise BrokenError(link="file", detail=f"format {file.get('format')!r} is unknown")
    members(file, {**FRAME, **extra})
    members(file["seal"], {"kid": str, "sig": str})
    for mark in file["checkpoints"]:
        members(mark, MARK, {"root": str})
    for line in file["entries"]:
        members(line, LINE, {"body": str, "path": list})
    for name, blob in file.get("blobs", {}).items():
        if sha256(unbase64(blob)) != name:
            raise BrokenError(link="file", detail=f"the bytes named {name} have another SHA-256")
    if not file["entries"] or not file["checkpoints"]:
        raise BrokenError(link="chain", detail="there are no entries, or no checkpoints")


def entry_hash(line: Json) -> str:
    """Give the hash of an entry, and hold the body, where it is shown, to its hash."""
    if "body" in line and sha256(line["body"].encode()) != line["bodyHash"]:
        raise BrokenError(link="chain", detail=f"the body of entry {line['seq']} has another hash")
    parts = (line["prev"], line["kind"], line["subject"], line["at"], line["bodyHash"])
    return sha256(lp("TIDEGATE-EVIDENCE/v1", str(line["seq"]), *parts))


def _check_chain(file: Json, report: Report) -> Known:
    """Check how the entries hang together; give hash and root, where known, by entry number."""
    entries = file["entries"]
    if (entries[0]["seq"] == 1) != (entries[0]["prev"] == GENESIS) or entries[0]["seq"] < 1:
        raise BrokenError(link="chain", detail="the chain does not begin as it must")
    check = {PERIOD: _check_period, PATHS: _check_paths, STRETCHES: _check_stretches}[file["format"]]
    known = check(file)
    for mark in file["checkpoints"]:
        own, root = known.get(mark["seq"], ("", None))
        if mark["hash"] != own or (root is not None and mark.get("root", root) != root):
            raise BrokenError(link="checkpoint", detail=f"the checkpoint of entry {mark['seq']} is of another chain")
    shown = sum("body" in line for line in entries)
    report.say("chain", f"{len(entries)} entries from {entries[0]['seq']} to {entries[-1]['seq']} hold, {shown} shown.")
    return known


def _check_stretches(file: Json) -> Known:
    known: Known = {}
    signed = {mark["seq"] for mark in file["checkpoints"]}
    before: Json | None = None
    for line in file["entries"]:
        if before is not None and not (line["seq"] > before["seq"] + 1 and before["seq"] in signed):
            _follow(line, before["seq"], known[before["seq"]][0])
        known[line["seq"]] = (entry_hash(line), None)
        before = line
    if file["entries"][-1]["seq"] not in signed:
        raise BrokenError(link="checkpoint", detail="no checkpoint signs the last entry")
    return known


def _check_period(file: Json) -> Known:
    """Check every entry, and after each one what the tree's root must be."""
    entries, peaks = file["entries"], [unhex(peak) for peak in file["peaks"]]
    seq, own = entries[0]["seq"] - 1, entries[0]["prev"]
    if len(peaks) != seq.bit_count():
        raise BrokenError(link="chain", detail="the peaks are not those of the entries before the first")
    wanted = {mark["seq"] for mark in file["checkpoints"]}
    known: Known = {seq: (own, fold_peaks(peaks).hex())}
    for line in entries:
        _follow(line, seq, own)
        own, carried = entry_hash(line), seq
        leaf = leaf_hash(unhex(own))
        while carried % 2:
            leaf, carried = node_hash(peaks.pop(), leaf), carried // 2
        peaks.append(leaf)
        seq += 1
        known[seq] = (own, fold_peaks(peaks).hex() if seq in wanted else None)
    if seq not in wanted:
        raise BrokenError(link="checkpoint", detail="no checkpoint signs the last entry")
    return known


def _check_paths(file: Json) -> Known:
    if len(file["checkpoints"]) != 1 or "root" not in file["checkpoints"][0]:
        raise BrokenError(link="checkpoint", detail="there must be one checkpoint with a root")
    mark = file["checkpoints"][0]
    known: Known = {}
    for line in file["entries"]:
        seq = line["seq"]
        if "path" not in line or "body" not in line or seq <= max(known, default=0):
            raise BrokenError(link="chain", detail=f"entry {seq} is out of order, or without path or body")
        if seq - 1 in known:
            _follow(line, seq - 1, known[seq - 1][0])
        known[seq] = (entry_hash(line), None)
        path = [unhex(node) for node in line["path"]]
        if root_of_path(seq - 1, mark["seq"], leaf_hash(unhex(known[seq][0])), path) != unhex(mark["root"]):
            raise BrokenError(link="chain", detail=f"entry {seq} does not lead to the checkpoint's root")
    own = known.get(mark["seq"], (mark["hash"], None))[0]
    return {**known, mark["seq"]: (own, mark["root"])}


def _follow(line: Json, seq: int, own: str) -> None:
    if line["seq"] != seq + 1 or line["prev"] != own:
        raise BrokenError(link="chain", detail=f"entry {line['seq']} does not follow entry {seq}")


def _hold_kept(env: str, known: Known, kept: Sequence[Json], report: Report) -> None:
    for mark in kept:
        if mark["env"] != env:
            raise BrokenError(
                link="checkpoint", detail=f"the kept checkpoint of entry {mark['seq']} is of another environment"
            )
        own, root = known.get(mark["seq"], (None, None))
        if own is not None and (own != mark["hash"] or (root or mark["root"]) != mark["root"]):
            detail = f"the kept checkpoint of entry {mark['seq']} contradicts this file: the bank signed two histories"
            raise BrokenError(link="checkpoint", detail=detail)
        told = "agrees with this file" if own is not None else "speaks of another place: ask for a consistency proof"
        report.say("kept", f"The kept checkpoint of entry {mark['seq']} {told}.")


# ── the person's signature ──


def _check_person(file: Json, report: Report) -> None:
    """Check that a bound device signed exactly what the bank had frozen for this order."""
    try:
        placed = _body(file, "order.placed", file["order"], "approval")[1]
        frozen_seq, frozen = _body(file, "operation.frozen", placed["operationId"], "approval")
        approved_seq, approved = _body(file, "operation.approved", placed["operationId"], "approval")
        key = _check_device(file, frozen["fields"], frozen_seq, report)
        message = unbase64(approved["message"])
        domain, *parts = unlp(message)
        fields = dict(zip(parts[::2], parts[1::2], strict=True))
        same = all(fields.get(name) == value for name, value in frozen["fields"].items())
        if domain != "BANK-DEVBIND/v1/TX-APPROVE" or not same or len(parts) != 2 * len(fields):
            raise BrokenError(link="approval", detail="the signed message is not the frozen transaction")
        if fields["alg"] != ("SM2-SM3" if isinstance(key, tuple) else "ES256"):
            raise BrokenError(link="approval", detail="the signed transaction names another algorithm than the key's")
        if (fields["env"], fields["aud"], fields["txid"]) != (file["env"], file["aud"], placed["operationId"]):
            raise BrokenError(link="approval", detail="the signed transaction is another one's")
        at = next(line["at"] for line in file["entries"] if line["seq"] == approved_seq)
        if approved_seq < frozen_seq or datetime.fromisoformat(at).timestamp() > int(fields["exp"]):
            raise BrokenError(link="approval", detail="it was approved before it was frozen, or after it had expired")
        check_signature("approval", key, message, approved["signature"])
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise BrokenError(link="approval", detail=f"a body is malformed: {type(error).__name__}") from error
    told = "{cur} {amt} from {payer} to {payee} ({payee_name}), {type}, asked by {bundle}".format(**fields)
    report.say("approval", f"The device's key signed: {told}; recorded at {at}.")


def _check_device(file: Json, fields: Json, before: int, report: Report) -> PublicKey:
    device = fields["dev"]
    seq, told = _body(file, "device.registered", device, "device")
    (pop, pop_key), (tx, tx_key) = key_of(told["popKey"]), key_of(told["txKey"])
    names = ("challenge", "appId", "appVersion", "platform")
    said = lp("BANK-DEVBIND/v1/DEV-REGISTER", file["aud"], file["env"], *(told[name] for name in names), pop, tx)
    check_signature("device", pop_key, said, told["popSignature"])
    check_signature("device", tx_key, said, told["txSignature"])
    both = [_bodies(file, kind, device, "device") for kind in ("device.bound", "device.recovered")]
    bindings = sorted((at, body) for found in both for at, body in found if seq < at < before)
    bound = bindings[-1][1] if bindings else {}
    keys = (bound.get("popJkt", pop), bound.get("txJkt", tx))  # a recovery names its keys in what is signed alone
    if (bound.get("customerId"), *keys, pop != tx) != (fields["cust"], pop, tx, True):
        raise BrokenError(
            link="device", detail="the device was not bound to this customer with these keys before the request"
        )
    if "recoveryId" in bound:
        what, about = "RECOVER", [bound["recoveryId"], device]
        meant = f"its recovery, which by the bank's checks is that of customer {fields['cust']}"
    else:
        what, about = "BIND", [bound["eventId"], device, fields["cust"]]
        meant = f"its binding to customer {fields['cust']}"
    domain = f"BANK-DEVBIND/v1/DEV-{what}"
    said = lp(domain, file["aud"], file["env"], *about, pop, tx, str(bound["expires"]))
    check_signature("device", tx_key, said, bound["signature"])
    report.say("device", f"Device {device} (level {told['level']}) signed {meant}.")
    return tx_key


def _bodies(file: Json, kind: str, subject: str, link: str) -> list[tuple[int, Json]]:
    found = [line for line in file["entries"] if (line["kind"], line["subject"]) == (kind, subject)]
    if any("body" not in line for line in found):
        raise BrokenError(link=link, detail=f"an entry {kind} about {subject} is withheld")
    return [(line["seq"], json.loads(line["body"])) for line in found]


def _body(file: Json, kind: str, subject: str, link: str) -> tuple[int, Json]:
    found = _bodies(file, kind, subject, link)
    if len(found) != 1:
        raise BrokenError(link=link, detail=f"{len(found)} entries {kind} about {subject}, there must be one")
    return found[0]


# ── the command line ──


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify files and print what holds; give the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="evidence; or two checkpoints, old and new")
    parser.add_argument("--anchor", type=Path, help="JWK set of the bank's audit keys, got another way")
    parser.add_argument("--kept", type=Path, action="append", default=[], help="a checkpoint that you kept")
    parser.add_argument("--proof", type=Path, help="the bank's proof that the second checkpoint continues the first")
    given = parser.parse_args(arguments)
    if len(given.files) != (1 if given.proof is None else 2):
        parser.error("give one file, or two checkpoints with --proof")
    try:
        anchors = None if given.anchor is None else list(json.loads(given.anchor.read_bytes())["keys"])
        files, kept = ([path.read_bytes() for path in paths] for paths in (given.files, given.kept))
        proof = None if given.proof is None else given.proof.read_bytes()
    except (OSError, ValueError, KeyError, TypeError) as error:
        parser.error(f"a file cannot be read: {error}")
    try:
        report = (
            verify(files[0], anchors, kept)
            if proof is None
            else verify_consistency(files[0], files[1], proof, anchors or ())
        )
    except BrokenError as error:
        sys.stdout.write(f"BROKEN at link {error.link}: {error.detail}\n")
        return 1
    lines = [report.title, *(f"  ok  {link:<10}  {sentence}" for link, sentence in report.sentences)]
    whose = "came from the file itself; compare their" if anchors is None else "were the anchors that you gave;"
    sys.stdout.write("\n".join([*lines, f"The bank's keys {whose} thumbprints: {', '.join(sorted(report.kids))}\n"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
