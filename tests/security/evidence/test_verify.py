import json
from collections.abc import Callable
from typing import Any

import pytest
from securesystemslib.signer import CryptoSigner

from security.display import template_hash
from security.encoding import b64url_decode, b64url_encode, canonical_json, parse_json
from security.errors import EvidenceError
from security.evidence import anchors_of, verify_export
from security.evidence.export import seal
from security.evidence.release import operations_of
from security.evidence.verify import LINKS
from security.suites import ES256, P256_ORDER
from tests.security.golden import TEMPLATE
from tests.security.orders import DEVICE, ORDER, PAYEE, PAYER, USED, AuditKey, Case, Releases, instant, manifest

CASE = Case()
EXPORT = CASE.export()
ANCHORS = {CASE.audit.kid: CASE.audit.jwk}


def broken(data: bytes, **trust: Any) -> str:
    with pytest.raises(EvidenceError) as caught:
        verify_export(data, **trust)
    return caught.value.link


def resealed(change: Callable[[dict[str, Any]], None], signer: AuditKey = CASE.audit) -> bytes:
    content = parse_json(EXPORT)
    del content["seal"]
    change(content)
    return seal(content, signer)


def test_honest_evidence_holds_link_by_link() -> None:
    verified = verify_export(EXPORT, anchors=ANCHORS, root=CASE.root)
    assert tuple(link.name for link in verified.links) == LINKS
    assert (verified.order, verified.anchored) == (ORDER, True)
    assert ("金额", "¥50,000.00") in [(row.label, row.value) for row in verified.rows]
    assert all("you gave" in sentence for sentence in verified.trust)


def test_without_anchors_it_says_whose_keys_it_took() -> None:
    verified = verify_export(EXPORT)
    assert (verified.anchored, CASE.audit.kid in verified.trust[0]) == (False, True)
    assert all("from the file itself" in sentence for sentence in verified.trust)


def test_strangers_bodies_are_left_out() -> None:
    assert b"somebody else" not in EXPORT
    assert b"QUOTA_GONE" not in EXPORT


@pytest.mark.slow
def test_one_flipped_bit_in_any_byte_breaks_a_link() -> None:
    for position in range(len(EXPORT)):
        changed = bytearray(EXPORT)
        changed[position] ^= 1 << position % 8
        assert broken(bytes(changed)) in {"file", "seal", "checkpoint", "chain"}, position


def test_any_byte_cut_or_added_breaks_the_file() -> None:
    for data in (EXPORT[:-1], EXPORT + b"\n", b" " + EXPORT, EXPORT.replace(b":", b": ", 1), b"", b"[]", b"{}"):
        assert broken(data) == "file"


def test_the_same_content_in_another_order_or_spelling_breaks_the_file() -> None:
    content = json.loads(EXPORT)
    assert broken(json.dumps(content).encode()) == "file"
    assert broken(EXPORT.replace("陈屿".encode(), b"\\u9648\\u5c7f", 1)) == "file"


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(format="tidegate-evidence/3"),
        lambda content: content.update(extra=1),
        lambda content: content.pop("aud"),
        lambda content: content["entries"][0].update(prev="G" * 64),
        lambda content: content["entries"][0].update(bodyHash=content["entries"][0]["bodyHash"].upper()),
        lambda content: content["entries"][0].update(at="2026-11-23T08:00:00Z"),
        lambda content: content["entries"][0].update(seq="1"),
        lambda content: content["keys"][0].update(kid="other"),
        lambda content: content["keys"][0].update(x="AAAA"),
        lambda content: content["keys"].append(content["keys"][0]),
        lambda content: content["blobs"].update({"0" * 64: "AAAA"}),
        lambda content: content["checkpoints"][0].update(sig=content["checkpoints"][0]["sig"] + "="),
    ],
)
def test_a_sealed_file_of_another_form_breaks(change: Callable[[dict[str, Any]], None]) -> None:
    assert broken(resealed(change)) == "file"


def test_a_stranger_cannot_seal() -> None:
    assert broken(resealed(lambda _content: None, AuditKey(ES256.generate()))) == "seal"


def test_a_forger_with_his_own_keys_is_caught_by_the_anchors() -> None:
    forged = Case()
    assert verify_export(forged.export()).order == ORDER
    assert broken(forged.export(), anchors=ANCHORS) == "seal"
    assert broken(forged.export(), root=CASE.root) == "bundle"


def test_the_seals_high_twin_is_refused() -> None:
    content = parse_json(EXPORT)
    raw = b64url_decode(content["seal"]["sig"])
    twin = raw[:32] + (P256_ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    content["seal"]["sig"] = b64url_encode(twin)
    assert broken(canonical_json(content)) == "seal"


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["entries"].pop(4),
        lambda content: content["entries"][5].update(prev="0" * 64),
        lambda content: content["entries"][5].update(kind="harmless"),
        lambda content: content["entries"][5].update(seq=99),
        lambda content: content["entries"][4].update(
            body=content["entries"][4]["body"].replace("50000.00", "10000.00")
        ),
        lambda content: content["entries"][5].update(bodyHash="0" * 64),
        lambda content: content["entries"].reverse(),
        lambda content: content["entries"].clear(),
    ],
)
def test_a_changed_chain_breaks_even_when_sealed(change: Callable[[dict[str, Any]], None]) -> None:
    assert broken(resealed(change)) in {"chain", "checkpoint"}


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["checkpoints"].clear(),
        lambda content: content["checkpoints"][0].update(seq=10),
        lambda content: content["checkpoints"][0].update(seq=12),
        lambda content: content["checkpoints"][0].update(at=instant(61)),
        lambda content: content["checkpoints"][0].update(hash="0" * 64),
        lambda content: content["checkpoints"][0].update(kid="unknown"),
        lambda content: content.update(env="production"),
        lambda content: content["entries"].pop(),
    ],
)
def test_a_changed_checkpoint_breaks_even_when_sealed(change: Callable[[dict[str, Any]], None]) -> None:
    assert broken(resealed(change)) == "checkpoint"


@pytest.mark.parametrize(
    ("kind", "path", "asked"),
    [
        ("wealth.order.place", "wealth/orders/prepare", "wealth.order.prepare"),
        ("wealth.redeem", "wealth/redemptions/prepare", "wealth.redeem.prepare"),
        ("accounts.transfer.bound", "accounts/acc_1/transfers/bound", "accounts.transfer.bound"),
    ],
)
def test_the_operation_that_asked_follows_from_kind_and_address(kind: str, path: str, asked: str) -> None:
    names = operations_of(kind, f"https://bank.example/app/v1/{path}")
    assert asked in names
    assert all(name.rpartition(".")[2] == path.rpartition("/")[2] for name in names)


@pytest.mark.parametrize(
    "releases",
    [
        Releases(manifest(ops=["wealth.product.list"])),
        Releases(manifest(purposes=[])),
        Releases(manifest(bundle="accounts")),
        Releases(manifest(format="tidegate-bundle/9")),
        Releases(manifest(version="1.0.1")),
        Releases(manifest(), role_path="apps/accounts/*"),
        Releases(manifest(), role_signer=CryptoSigner.generate_ecdsa()),
    ],
)
def test_code_that_was_not_released_for_this_breaks_the_bundle(releases: Releases) -> None:
    assert broken(Case(releases=releases).export()) == "bundle"


@pytest.mark.parametrize(
    "changes",
    [{"bundle": "accounts"}, {"version": "1.0.1"}, {"digest": "0" * 64}, {"manifest": "0" * 64}, {"root": 5}],
)
def test_a_false_release_entry_breaks_the_bundle(changes: dict[str, Any]) -> None:
    assert broken(CASE.lying("bundle.released", **changes)) == "bundle"


@pytest.mark.parametrize(("role", "taken"), [("root", "targets"), ("targets", "role"), ("role", "targets")])
def test_metadata_in_anothers_place_breaks_the_bundle(role: str, taken: str) -> None:
    blobs = CASE.bodies()[0][3]
    assert broken(CASE.lying("bundle.released", **{role: blobs[taken]})) == "bundle"


KINDS = {
    "bundle.released": "bundle",
    "device.registered": "device",
    "device.bound": "device",
    "operation.frozen": "request",
    "operation.approved": "approval",
    "order.placed": "outcome",
    "core.executed": "money",
    "order.settled": "outcome",
}


@pytest.mark.parametrize(("kind", "link"), KINDS.items())
def test_an_entry_that_is_missing_breaks_its_link(kind: str, link: str) -> None:
    assert broken(CASE.without(kind)) == link


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"bundle.released", "device.bound"}])
def test_an_entry_that_comes_twice_breaks(kind: str) -> None:
    twice = CASE.export(lambda bodies: [body for body in bodies for _ in range(2 if body[0] == kind else 1)])
    assert broken(twice) == KINDS[kind]


@pytest.mark.parametrize("kind", ["order.settled", "core.executed", "operation.approved", "device.bound"])
def test_an_entry_about_the_order_cannot_be_withheld(kind: str) -> None:
    content = parse_json(CASE.export(lambda bodies: [body for body in bodies for _ in range(1 + (body[0] == kind))]))
    del content["seal"]
    second = [line for line in content["entries"] if line["kind"] == kind][-1]
    del second["body"]
    assert broken(seal(content, CASE.audit)) == "chain"


OTHER = ES256.generate()
ATTESTED = {"format": "android-key", "digest": "ab" * 32}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("device.registered", {"level": "strongbox"}),
        ("device.registered", {"level": "software"}),
        ("device.registered", {"attestation": ATTESTED}),
        ("device.registered", {"level": "tee", "attestation": {**ATTESTED, "digest": "short"}}),
        ("device.registered", {"level": "tee", "attestation": {"format": "android-key"}}),
        ("device.registered", {"platform": "android"}),
        ("device.registered", {"challenge": "other"}),
        ("device.registered", {"deviceId": "dev_2"}),
        ("device.registered", {"popSignature": b64url_encode(bytes(64))}),
        ("device.registered", {"txKey": {"kty": "EC"}}),
        ("device.bound", {"customerId": "cus_2"}),
        ("device.bound", {"expires": 1}),
        ("device.bound", {"popJkt": "other"}),
        ("device.bound", {"signature": "x"}),
    ],
)
def test_a_false_device_breaks_the_device(kind: str, changes: dict[str, Any]) -> None:
    assert broken(CASE.lying(kind, **changes)) == "device"


def test_an_attested_device_is_shown_with_the_digest_of_what_was_attested() -> None:
    verified = verify_export(CASE.lying("device.registered", level="tee", attestation=ATTESTED))
    sentence = next(link.sentence for link in verified.links if link.name == "device")
    assert f"attestation level tee, checked by the bank: android-key, SHA-256 {'ab' * 32}" in sentence


def test_keys_swapped_for_each_other_break_the_device() -> None:
    body = CASE.bodies()[2][3]
    assert broken(CASE.lying("device.registered", txKey=body["popKey"], popKey=body["txKey"])) == "device"


def test_a_binding_after_the_request_breaks_the_device() -> None:
    def late(bodies: list[Any]) -> list[Any]:
        return [*bodies[:3], *bodies[4:5], bodies[3], *bodies[5:]]

    assert broken(CASE.export(late)) == "device"


@pytest.mark.parametrize(
    "case",
    [
        Case(claims={"bnd": f"wealth@1.0.0#{'0' * 64}"}),
        Case(claims={"htm": "GET"}),
        Case(claims={"htu": "http://localhost:8000/app/v1/other"}),
        Case(claims={"iat": 1}),
    ],
)
def test_a_proof_of_another_request_breaks_the_request(case: Case) -> None:
    assert broken(case.export()) == "request"


def test_the_proof_of_another_device_or_a_false_hash_breaks_the_request() -> None:
    stranger = Case(releases=CASE.releases)
    assert broken(CASE.lying("operation.frozen", proof=stranger.proof())) == "request"
    assert broken(CASE.lying("operation.frozen", requestHash="x")) == "request"
    assert broken(CASE.lying("operation.frozen", method="GET")) == "request"


@pytest.mark.parametrize(
    "case",
    [
        Case(approve=lambda fields: fields | {"amt": "60000.00"}),
        Case(approve=lambda fields: fields | {"payee": "6299001111111111111"}),
        Case(approve=lambda fields: fields | {"chal": b64url_encode(b"\1" * 32)}),
        Case(signer=OTHER),
        Case(fields={"exp": str(int(Case().frozen()["iat"]) + 5)}),
        Case(fields={"aud": "other-bank"}),
        Case(fields={"env": "production"}),
        Case(fields={"txid": "opr_2"}),
    ],
)
def test_an_approval_of_something_else_breaks_the_approval(case: Case) -> None:
    assert broken(case.export()) == "approval"


def test_the_request_keys_signature_breaks_the_approval() -> None:
    assert broken(Case(pop=CASE.pop, tx=CASE.tx, signer=CASE.pop).export()) == "approval"


def test_a_frozen_amount_changed_after_signing_breaks_the_approval() -> None:
    fields = CASE.bodies()[4][3]["fields"]
    assert broken(CASE.lying("operation.frozen", fields=fields | {"amt": "10000.00"})) == "approval"


def test_another_template_or_display_breaks_the_display() -> None:
    other = TEMPLATE | {"rows": TEMPLATE["rows"][1:]}
    assert broken(CASE.lying("operation.frozen", template=other)) == "display"
    lied = f"tidegate-shell/1.0.0;zh-CN;sha256:{'0' * 64}"
    assert broken(Case(approve=lambda fields: fields | {"ui": lied}).export()) == "display"
    english = Case(approve=lambda fields: fields | {"ui": fields["ui"].replace("zh-CN", "en")})
    assert broken(english.export()) == "display"
    assert broken(Case(fields={"tmpl": f"other/1#{template_hash(TEMPLATE)}"}).export()) == "display"


def postings(*pairs: tuple[str, int]) -> dict[str, Any]:
    return {"postings": [{"account": account, "amountFen": fen, "currency": "CNY"} for account, fen in pairs]}


@pytest.mark.parametrize(
    "changes",
    [
        postings((PAYER, -5_000_000), (PAYEE, 4_999_999)),
        postings((PAYER, -5_000_001), (PAYEE, 5_000_001)),
        postings((PAYER, -5_000_000), ("6299001111111111111", 5_000_000)),
        postings((PAYER, -5_000_000), (PAYEE, 4_999_900), ("fee", 100)),
        postings((PAYEE, -5_000_000), (PAYER, 5_000_000)),
        postings(),
        {"postings": [{"account": PAYER, "amountFen": 0, "currency": "USD"}]},
        {"orderId": "ord_2"},
        {"postings": "none"},
    ],
)
def test_other_money_breaks_the_money(changes: dict[str, Any]) -> None:
    assert broken(CASE.lying("core.executed", **changes)) == "money"


@pytest.mark.parametrize("changes", [{"amountFen": 5_000_001}, {"product": "OTHER"}])
def test_an_order_of_something_else_breaks_the_money(changes: dict[str, Any]) -> None:
    assert broken(CASE.lying("order.placed", **changes)) == "money"


def test_money_before_the_approval_breaks_the_money() -> None:
    def early(bodies: list[Any]) -> list[Any]:
        return [*bodies[:6], bodies[8], *bodies[6:8], *bodies[9:]]

    assert broken(CASE.export(early)) == "money"


@pytest.mark.parametrize("state", ["REJECTED", "FAILED", "UNKNOWN", "QUOTA_HELD"])
def test_an_outcome_that_contradicts_the_money_breaks_the_outcome(state: str) -> None:
    assert broken(Case(state=state).export()) == "outcome"


def test_a_refused_order_moved_no_money() -> None:
    verified = verify_export(Case(state="REJECTED").without("core.executed"))
    assert verified.links[-2].sentence == "No money moved: the core executed no posting for this order."


def unused(executed: Any) -> list[Any]:
    del executed
    return []


def agreement(*, money: bool = False, early: bool = False, used: Callable[[Any], list[Any]] = unused) -> bytes:
    """Give an order of no amount, as an agreement is, with what ``used`` adds of orders that it placed."""

    def mend(bodies: list[Any]) -> list[Any]:
        (executed,) = [body for body in bodies if body[0] == "core.executed"]
        kept = [body for body in bodies if money or body is not executed]
        told = [
            (kind, subject, second, body | {"amountFen": 0} if kind == "order.placed" else body)
            for kind, subject, second, body in kept
        ]
        return [*used(executed), *told] if early else [*told, *used(executed)]

    return Case(state="SIGNED", fields={"amt": "0.00"}).export(mend)


def test_an_agreement_moves_no_money_and_ends() -> None:
    money, outcome = verify_export(agreement()).links[-2:]
    assert money.sentence == "No money moved: none was signed for, and the core executed no posting for this order."
    assert " ended SIGNED at " in outcome.sentence


def using(state: str = "DONE", *, executions: int = 1, **changes: Any) -> Callable[[Any], list[Any]]:
    """Give the entries of an order of 50,000 yuan that the agreement placed, changed."""

    def used(executed: Any) -> list[Any]:
        kind, _, second, body = executed
        own = {"orderId": USED, "agreementId": ORDER, "amountFen": 5_000_000, "state": state}
        moved = {**body, "orderId": USED}
        moved |= {name: value for name, value in changes.items() if name in moved}
        own |= {name: value for name, value in changes.items() if name in {"agreementId", "amountFen"}}
        return [("agreement.used", USED, second, own), *[(kind, USED, second, moved)] * executions]

    return used


def test_an_order_that_an_agreement_placed_is_held_to_what_was_signed() -> None:
    money = verify_export(agreement(used=using())).links[-2].sentence
    assert money.startswith("No money moved: none was signed for")
    assert "Under it order rep_1 ended DONE. The core executed" in money
    assert f"{PAYER} was debited and {PAYEE} credited exactly CNY 50000.00" in money
    refused = verify_export(agreement(used=using("REJECTED", executions=0))).links[-2].sentence
    assert refused.endswith("Under it order rep_1 ended REJECTED: the core executed no posting for it.")


@pytest.mark.parametrize(
    "used",
    [
        using(agreementId="ord_2"),
        using(amountFen=5_000_001),
        using(**postings((PAYER, -5_000_000), ("6299001111111111111", 5_000_000))),
        using(**postings(("6299001111111111111", -5_000_000), (PAYEE, 5_000_000))),
        using(executions=0),
        using(executions=2),
        using("REJECTED"),
        using("UNKNOWN"),
        using(orderId="rep_2"),
    ],
)
def test_an_order_that_no_agreement_covers_breaks_the_money(used: Callable[[Any], list[Any]]) -> None:
    assert broken(agreement(used=used)) == "money"


def test_an_agreement_used_before_it_was_signed_breaks_the_money() -> None:
    assert broken(agreement(used=using(), early=True)) == "money"


def test_money_that_nobody_signed_for_breaks_the_money() -> None:
    assert broken(agreement(money=True)) == "money"


@pytest.mark.parametrize("changes", [{"orderId": "ord_2"}, {"state": 5}])
def test_a_false_outcome_breaks_the_outcome(changes: dict[str, Any]) -> None:
    assert broken(CASE.lying("order.settled", **changes)) in {"outcome", "money"}


def test_another_operation_breaks() -> None:
    assert broken(CASE.lying("order.placed", operationId="opr_2")) == "request"
    assert broken(CASE.lying("operation.approved", operationId="opr_2")) == "approval"
    assert broken(CASE.lying("order.placed", orderId="ord_2")) == "outcome"


def test_anchors_are_read_from_a_jwk_set() -> None:
    jwks = {"keys": [CASE.audit.jwk.as_dict() | {"kid": CASE.audit.kid, "alg": "ES256", "use": "sig"}]}
    assert anchors_of(jwks) == ANCHORS
    assert DEVICE in verify_export(EXPORT, anchors=anchors_of(jwks)).links[5].sentence


STRETCHED = CASE.export(stretches=[range(1, 2), range(3, 6), range(7, 11)])


def test_stretches_between_checkpoints_prove_as_much_as_one_piece() -> None:
    verified = verify_export(STRETCHED, anchors=ANCHORS, root=CASE.root)
    assert tuple(link.name for link in verified.links) == LINKS
    assert "in 3 stretches" in verified.links[2].sentence


def stretched(change: Callable[[dict[str, Any]], None]) -> bytes:
    content = parse_json(STRETCHED)
    del content["seal"]
    change(content)
    return seal(content, CASE.audit)


@pytest.mark.parametrize(
    ("link", "change"),
    [
        ("chain", lambda content: content["checkpoints"].pop(0)),
        ("chain", lambda content: content["entries"][1].update(prev="0" * 64)),
        ("chain", lambda content: content["entries"].pop(2)),
    ],
)
def test_a_stretch_that_its_checkpoint_does_not_sign_is_broken(
    link: str, change: Callable[[dict[str, Any]], None]
) -> None:
    assert broken(stretched(change)) == link
