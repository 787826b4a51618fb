"""Writes the sample files and vectors of evidence: ``python -m tests.security.evidence.samples`` makes them anew.

The tree's leaves are those of the reference tests of Certificate Transparency; what RFC 6962 logs publish for them is
held by ``test_merkle.py``.
"""

import json
from pathlib import Path
from typing import Any

from security.encoding import digest
from security.evidence import checkpoint_message, entry_hash, verifier
from security.evidence.chain import leaf_of
from security.evidence.merkle import consistency_path, fold, inclusion_path, leaf_hash
from security.evidence.statements import write_checkpoint, write_consistency
from tests.security.orders import Case, subtree_of

FOLDER = Path(verifier.__file__).parent / "vectors"
LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
HASHES = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]


def subtree(start: int, end: int) -> bytes:
    return fold(HASHES[start:end])


def tree() -> dict[str, Any]:
    sizes = range(1, len(LEAVES) + 1)
    return {
        "leaves": list(LEAVES),
        "leafHashes": [own.hex() for own in HASHES],
        "roots": [subtree(0, size).hex() for size in sizes],
        "inclusion": [
            {"index": index, "size": size, "path": hexes(inclusion_path(index=index, size=size, subtree=subtree))}
            for size in sizes
            for index in range(size)
        ],
        "consistency": [
            {"old": old, "size": size, "path": hexes(consistency_path(old=old, size=size, subtree=subtree))}
            for size in sizes
            for old in range(1, size + 1)
        ],
    }


def hexes(nodes: list[bytes]) -> list[str]:
    return [node.hex() for node in nodes]


def chain() -> dict[str, Any]:
    said = {"seq": 1, "prev": "0" * 64, "kind": "test", "subject": "陈屿", "at": "2026-11-23T08:00:00.000Z"}
    body = '{"a":"b"}'
    own = entry_hash(**said, body_hash=digest(body.encode()))  # type: ignore[arg-type]  # one mapping for arguments of several types
    where: dict[str, Any] = {"env": "sandbox", "seq": 1, "head": own, "at": said["at"]}
    root = fold([leaf_of(own)]).hex()
    return {
        "entry": {**said, "body": body, "bodyHash": digest(body.encode()), "hash": own, "leaf": leaf_of(own).hex()},
        "checkpoint": {
            **where,
            "root": root,
            "v1": checkpoint_message(**where).hex(),
            "v2": checkpoint_message(**where, root=root).hex(),
        },
    }


def files() -> dict[str, bytes]:
    case = Case()
    entries = case.chain()
    marks = {seq: case.mark(entries, seq) for seq in (5, len(entries))}
    old, new = marks.values()
    path = consistency_path(old=old.seq, size=new.seq, subtree=subtree_of(entries))
    stranger = Case(audit=case.audit).chain(lambda bodies: [*bodies[:3], *bodies[4:]])
    return {
        "order-1.json": case.export(),
        "order-2.json": case.proved(),
        "period-1.json": case.period(6, len(entries), 5, len(entries), bodies=True),
        "old.checkpoint.json": write_checkpoint(old, env=case.env),
        "new.checkpoint.json": write_checkpoint(new, env=case.env),
        "split.checkpoint.json": write_checkpoint(case.mark(stranger, 5), env=case.env),
        "consistency.json": write_consistency(old=old, new=new, path=path),
        "audit-jwks.json": json.dumps({"keys": [case.audit.jwk.as_dict() | {"kid": case.audit.kid}]}).encode(),
        "root.json": case.root,
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, value in (("tree.json", tree()), ("chain.json", chain())):
        text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
        (FOLDER / name).write_text(text, encoding="utf-8")
    for name, data in files().items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
