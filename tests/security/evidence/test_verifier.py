"""The stand-alone verifier: what it accepts, that any changed byte is found, and that it needs nothing of Tidegate."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from security.encoding import b64url_decode, b64url_encode, canonical_json, parse_json
from security.errors import EvidenceError
from security.evidence import checkpoint_message, entry_hash, verifier, verify_export
from security.evidence.chain import leaf_of
from security.evidence.export import seal
from security.evidence.statements import read_checkpoint, write_checkpoint, write_consistency
from security.suites import P256_ORDER
from tests.security.evidence.samples import FOLDER
from tests.security.orders import ORDER, Case

CASE = Case()
ENTRIES = CASE.chain()
ANCHORS = [CASE.audit.jwk.as_dict()]
PERIOD = CASE.period(6, 11, 5, 8, 11, bodies=True)
PROVED = CASE.proved()
SAMPLES = {name: (FOLDER / name).read_bytes() for name in ("order-1.json", "order-2.json", "period-1.json")}
JWKS = json.loads((FOLDER / "audit-jwks.json").read_bytes())["keys"]


def kept(name: str) -> bytes:
    return (FOLDER / f"{name}.checkpoint.json").read_bytes()


def broken(data: bytes, *arguments: Any) -> str:
    with pytest.raises(verifier.BrokenError) as caught:
        verifier.verify(data, *arguments)
    return caught.value.link


def resealed(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    content = parse_json(data)
    del content["seal"]
    change(content)
    return seal(content, CASE.audit)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_hold_against_the_anchors_and_what_was_kept(name: str) -> None:
    report = verifier.verify(SAMPLES[name], JWKS, [kept("old"), kept("new")])
    links = {link for link, _ in report.sentences}
    assert {"file", "seal", "chain", "checkpoint", "kept"} <= links
    assert ({"device", "approval"} <= links) == name.startswith("order")
    assert {JWKS[0]["kid"]} == report.kids


def test_the_samples_hold_in_the_full_verifier() -> None:
    root = (FOLDER / "root.json").read_bytes()
    for name in ("order-1.json", "order-2.json"):
        assert verify_export(SAMPLES[name], root=root).order == ORDER


def test_entries_leaves_and_signed_messages_are_those_of_the_vectors() -> None:
    vectors = json.loads((FOLDER / "chain.json").read_bytes())
    entry, mark = vectors["entry"], vectors["checkpoint"]
    line = {name: entry[name] for name in ("seq", "prev", "kind", "subject", "at", "bodyHash", "body")}
    assert entry["hash"] == verifier.entry_hash(line)
    assert entry["leaf"] == verifier.leaf_hash(bytes.fromhex(entry["hash"])).hex() == leaf_of(entry["hash"]).hex()
    said = {"env": mark["env"], "seq": mark["seq"], "head": mark["head"], "at": mark["at"]}
    assert mark["v1"] == checkpoint_message(**said).hex()
    assert mark["v2"] == checkpoint_message(**said, root=mark["root"]).hex()
    assert mark["root"] == entry["leaf"]


FLIPS = st.tuples(st.sampled_from(sorted(SAMPLES)), st.integers(0, 2**30), st.integers(1, 255))


@settings(deadline=None)
@given(FLIPS)
def test_any_change_of_any_byte_is_found(flip: tuple[str, int, int]) -> None:
    name, place, mask = flip
    changed = bytearray(SAMPLES[name])
    changed[place % len(changed)] ^= mask
    assert broken(bytes(changed), JWKS) in {"file", "seal", "checkpoint", "chain"}


@settings(deadline=None)
@given(st.sampled_from(["old", "new"]), st.integers(0, 2**30), st.integers(1, 255))
def test_any_change_of_a_kept_checkpoint_or_its_proof_is_found(name: str, place: int, mask: int) -> None:
    files = {"old": kept("old"), "new": kept("new"), "proof": (FOLDER / "consistency.json").read_bytes()}
    for target in (name, "proof"):
        changed = bytearray(files[target])
        changed[place % len(changed)] ^= mask
        given_files = files | {target: bytes(changed)}
        with pytest.raises(verifier.BrokenError):
            verifier.verify_consistency(given_files["old"], given_files["new"], given_files["proof"], JWKS)


@settings(deadline=None)
@given(st.data())
def test_any_change_of_any_member_is_found_even_when_it_is_sealed_again(data: st.DataObject) -> None:
    """The bank's seal alone helps no forger: entries, paths, peaks and checkpoints hold each other."""
    source = data.draw(st.sampled_from(["period", "order"]))
    content = parse_json(PERIOD if source == "period" else PROVED)
    del content["seal"]
    part = data.draw(st.sampled_from([name for name in ("entries", "checkpoints", "peaks") if content.get(name)]))
    at = data.draw(st.integers(0, len(content[part]) - 1))
    item = content[part][at]
    if isinstance(item, dict):
        member = data.draw(st.sampled_from(sorted(item)))
        value = item[member]
        item[member] = value + 1 if isinstance(value, int) else value[1:] if value else ["0" * 64]
    else:
        content[part][at] = ("0" if item[0] != "0" else "1") + item[1:]
    assert broken(seal(content, CASE.audit)) in {"file", "chain", "checkpoint"}


@pytest.mark.parametrize(
    ("link", "change"),
    [
        ("file", lambda content: content.update(format="tidegate-evidence/3")),
        ("file", lambda content: content.update(extra=1)),
        ("file", lambda content: content["keys"][0].update(kid="other")),
        ("file", lambda content: content["entries"][0].update(seq=True)),
        ("chain", lambda content: content["entries"].pop(3)),
        ("chain", lambda content: content["entries"].clear()),
        ("chain", lambda content: content["entries"].reverse()),
        ("chain", lambda content: content["entries"].insert(3, content["entries"][3])),
        ("chain", lambda content: content["peaks"].pop()),
        ("chain", lambda content: content["entries"][2].update(body="{}")),
        ("checkpoint", lambda content: content["checkpoints"].pop()),
        ("checkpoint", lambda content: content["entries"].pop()),
        ("checkpoint", lambda content: content.update(env="production")),
        ("checkpoint", lambda content: content["checkpoints"][1].update(root="0" * 64)),
        ("checkpoint", lambda content: content["checkpoints"][1].pop("root")),
        ("checkpoint", lambda content: content["checkpoints"][1].update(seq=7)),
        ("checkpoint", lambda content: content["checkpoints"][1].update(at="2026-11-23T09:00:00.000Z")),
    ],
)
def test_a_changed_period_breaks_even_when_sealed(link: str, change: Callable[[dict[str, Any]], object]) -> None:
    assert broken(resealed(PERIOD, change)) == link


def test_a_period_may_withhold_every_body_and_begin_before_there_was_a_tree() -> None:
    hidden = CASE.period(1, 11, 5, 11, old=(5,))
    assert "11 entries from 1 to 11 hold, 0 shown" in dict(verifier.verify(hidden, ANCHORS).sentences)["chain"]
    assert b"somebody else" not in hidden
    verifier.verify(CASE.period(6, 11, 5, 11, old=(5,)), ANCHORS)
    verifier.verify(CASE.period(1, 5, 5, old=(5,)), ANCHORS)


def test_strangers_leave_no_trace_in_an_order_with_paths() -> None:
    file = parse_json(PROVED)
    assert {"dev_other", "dev_third", "wealth.order.prepare"}.isdisjoint({line["subject"] for line in file["entries"]})
    assert all("body" in line for line in file["entries"])


def test_a_forged_checkpoint_breaks_against_the_anchors() -> None:
    forger = Case()
    forged = write_checkpoint(forger.mark(forger.chain(), 11), env=CASE.env)
    assert broken(forged, ANCHORS) == "checkpoint"
    assert broken(forger.proved(), ANCHORS) == "checkpoint"
    assert broken(forger.period(1, 11, 11), ANCHORS) == "checkpoint"
    assert broken(write_checkpoint(CASE.mark(ENTRIES, 11), env="production"), ANCHORS) == "checkpoint"


def test_the_high_twin_of_a_signature_is_refused() -> None:
    said = parse_json(write_checkpoint(CASE.mark(ENTRIES, 11), env=CASE.env))
    raw = b64url_decode(said["sig"])
    said["sig"] = b64url_encode(raw[:32] + (P256_ORDER - int.from_bytes(raw[32:])).to_bytes(32))
    assert broken(canonical_json(said), ANCHORS) == "checkpoint"


def test_two_histories_are_found_by_whoever_kept_a_checkpoint() -> None:
    """Both histories are whole, and signed by the bank's own key: only what was kept outside tells."""
    other = Case(audit=CASE.audit)
    period, order = other.period(1, 11, 11), other.proved()
    mark = write_checkpoint(CASE.mark(ENTRIES, 11), env=CASE.env)
    verifier.verify(period, ANCHORS)
    assert broken(period, ANCHORS, [mark]) == "checkpoint"
    assert broken(order, ANCHORS, [mark]) == "checkpoint"
    early = write_checkpoint(CASE.mark(ENTRIES, 4), env=CASE.env)
    assert broken(period, ANCHORS, [early]) == "checkpoint"
    verifier.verify(CASE.period(1, 11, 11), ANCHORS, [early, mark])


def test_no_proof_leads_from_one_history_into_another_or_to_a_shorter_one() -> None:
    old, new, split = kept("old"), kept("new"), kept("split")
    proof = (FOLDER / "consistency.json").read_bytes()
    verifier.verify_consistency(old, new, proof, JWKS)
    for files in ((split, new, proof), (new, old, proof), (old, old, proof)):
        with pytest.raises(verifier.BrokenError):
            verifier.verify_consistency(*files, JWKS)
    marks = [read_checkpoint(data)[1] for data in (split, new)]
    path = [bytes.fromhex(node) for node in json.loads(proof)["path"]]
    with pytest.raises(EvidenceError, match="different histories"):
        write_consistency(old=marks[0], new=marks[1], path=path)


def test_a_file_that_is_no_checkpoint_is_not_read_as_one() -> None:
    for data in (b"{}", PERIOD, kept("old") + b"\n", kept("old").replace(b'"root":"', b'"root":"A', 1)):
        with pytest.raises(EvidenceError):
            read_checkpoint(data)


@pytest.mark.parametrize(
    ("kind", "changes", "link"),
    [
        ("device.bound", {"customerId": "cus_2"}, "device"),
        ("device.bound", {"signature": b64url_encode(bytes(64))}, "device"),
        ("device.registered", {"challenge": "other"}, "device"),
        ("device.registered", {"txKey": {"kty": "EC"}}, "file"),
        ("device.registered", {"popSignature": 5}, "file"),
        ("operation.approved", {"message": b64url_encode(b"\0\0\0\1x")}, "approval"),
        ("operation.approved", {"signature": b64url_encode(b"\1" * 64)}, "approval"),
        ("operation.frozen", {"fields": {}}, "approval"),
        ("order.placed", {"operationId": "opr_2"}, "approval"),
    ],
)
def test_a_lie_about_device_or_approval_breaks_its_link(kind: str, changes: dict[str, Any], link: str) -> None:
    def mend(bodies: list[Any]) -> list[Any]:
        return [(name, who, at, body | changes if name == kind else body) for name, who, at, body in bodies]

    assert broken(CASE.proved(mend)) == link
    assert broken(CASE.export(mend)) == link


def test_an_approval_of_another_amount_breaks_in_both_verifiers() -> None:
    lied = Case(approve=lambda fields: fields | {"amt": "60000.00"}).proved()
    assert broken(lied) == "approval"
    with pytest.raises(EvidenceError, match="approval"):
        verify_export(lied)


@pytest.mark.parametrize(
    ("link", "change"),
    [
        ("file", lambda content: content["entries"][0].pop("path")),
        ("file", lambda content: content["entries"][0].pop("body")),
        ("file", lambda content: content["entries"][0]["path"].append("x")),
        ("chain", lambda content: content["entries"][0]["path"].pop()),
        ("chain", lambda content: content["entries"][0]["path"].append("0" * 64)),
        ("chain", lambda content: content["entries"][1].update(seq=4)),
        ("chain", lambda content: content["entries"].reverse()),
        ("chain", lambda content: content["entries"].clear()),
        ("chain", lambda content: content["checkpoints"].clear()),
        ("chain", lambda content: content["checkpoints"][0].update(root="0" * 64)),
        ("chain", lambda content: content["checkpoints"][0].pop("root")),
        ("checkpoint", lambda content: content["checkpoints"][0].update(hash="0" * 64)),
        ("outcome", lambda content: content["entries"].pop()),
    ],
)
def test_a_changed_order_with_paths_breaks_in_the_full_verifier(
    link: str, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(EvidenceError) as caught:
        verify_export(resealed(PROVED, change))
    assert caught.value.link == link


def alone(tmp_path: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a copy of the one file, in isolated mode: neither this folder nor the environment is on its path."""
    copy = tmp_path / "verify.py"
    copy.write_bytes(Path(verifier.__file__).read_bytes())
    command = [sys.executable, "-I", str(copy), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)


def test_the_verifier_imports_the_standard_library_and_cryptography_only() -> None:
    names: set[str] = set()
    for node in ast.walk(ast.parse(Path(verifier.__file__).read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
    assert names - set(sys.stdlib_module_names) == {"cryptography"}


def test_a_copy_of_the_verifier_runs_alone_and_says_what_holds_and_what_does_not(tmp_path: Path) -> None:
    anchor = ("--anchor", FOLDER / "audit-jwks.json")
    held = alone(tmp_path, FOLDER / "order-2.json", *anchor, "--kept", FOLDER / "new.checkpoint.json")
    assert (held.returncode, "CNY 50000.00" in held.stdout, "were the anchors" in held.stdout) == (0, True, True)
    pair = (FOLDER / "old.checkpoint.json", FOLDER / "new.checkpoint.json")
    assert alone(tmp_path, *pair, "--proof", FOLDER / "consistency.json", *anchor).returncode == 0
    split = alone(tmp_path, FOLDER / "period-1.json", *anchor, "--kept", FOLDER / "split.checkpoint.json")
    assert (split.returncode, "BROKEN at link checkpoint" in split.stdout) == (1, True)
    assert alone(tmp_path, *pair).returncode == 2
    assert alone(tmp_path, FOLDER / "absent.json").returncode == 2
    assert "Traceback" not in alone(tmp_path, FOLDER / "order-2.json", "--anchor", FOLDER / "tree.json").stderr


def test_it_refuses_what_is_no_evidence() -> None:
    for data in (b"", b"[]", b"{}", b'{"format":["x"]}', b'{"format":1.5}', b"\xff", b'{"a":1,"a":1}', b"[" * 100_000):
        assert broken(data) == "file"
    assert broken(kept("old")) == "checkpoint"


def test_the_entry_hash_is_the_one_of_the_house() -> None:
    entry = ENTRIES[3]
    line = {"seq": 4, "prev": entry.prev, "kind": entry.kind, "subject": entry.subject, "at": entry.at}
    said = {**line, "body_hash": entry.body_hash}
    assert entry_hash(**said) == verifier.entry_hash({**line, "bodyHash": entry.body_hash})


def test_a_stranger_cannot_seal_a_period() -> None:
    content = parse_json(PERIOD)
    del content["seal"]
    stranger = Case().audit
    assert broken(seal(content, stranger)) == "checkpoint"
