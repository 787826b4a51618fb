"""The links that the device signed: ``device``, ``request``, ``approval`` and what it showed, ``display``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from security.approvals import VerifiedApproval, decode, read_ui, verify_approval
from security.devices import SIMULATED, check_level, verify_binding, verify_registered_keys
from security.display import LOCALES, Row, display_hash, render, template_hash
from security.dpop import read_proof
from security.encoding import b64url_decode, is_digest
from security.errors import EvidenceError, SecurityError
from security.evidence.bodies import Bound, Recovered, Registered, Story
from security.evidence.file import FileEntry
from security.handover import Newcomer, verify_recovery
from security.jwk import PublicJwk, parse_jwk
from security.suites import SUITES

FACTORS: Final = frozenset({"face", "pin"})
PROOF_SKEW: Final = 120
"""How far a proof's clock and the operation's ``iat`` may lie apart, in seconds."""


@dataclass(frozen=True, slots=True)
class BoundDevice:
    """The device that signed, with its keys."""

    pop_key: PublicJwk
    tx_key: PublicJwk
    sentence: str


def check_device(story: Story) -> BoundDevice:
    """Hold that both keys registered together and that the signing one said to whom the device belongs.

    Raises:
        EvidenceError: link ``device``.
    """
    device_id, customer_id = story.field("dev"), story.field("cust")
    registered_entry = story.file.one("device.registered", device_id, "device")
    registered = registered_entry.read(Registered, "device")
    bound_entry, bound = _binding(story, device_id)
    if not registered_entry.seq < bound_entry.seq < story.frozen_entry.seq:
        raise EvidenceError(link="device", detail="registration, binding and request are out of order")
    try:
        keys = parse_jwk(registered.pop_key), parse_jwk(registered.tx_key)
        _check_registration(story, registered, keys)
        signed = _check_binding(story, bound_entry, bound, keys)
    except SecurityError as error:
        raise _wrapped(error, "device") from error
    if registered.device_id != device_id or (bound.device_id, bound.customer_id) != (device_id, customer_id):
        raise EvidenceError(link="device", detail="the device or the customer is another one")
    sentence = (
        f"Device {device_id} ({_level(registered)}, {registered.platform}) registered its two keys "
        f"of the suite {keys[1].alg} with both signatures, and its signing key {keys[1].thumbprint} signed {signed} "
        f"{customer_id}."
    )
    return BoundDevice(*keys, sentence)


def check_request(story: Story, device: BoundDevice) -> str:
    """Hold that the device's other key signed the request, and for which code.

    Raises:
        EvidenceError: link ``request``.
    """
    try:
        proof = read_proof(story.frozen.proof)
    except SecurityError as error:
        raise _wrapped(error, "request") from error
    if proof.public_key != device.pop_key:
        raise EvidenceError(link="request", detail="the proof is another device's")
    if (proof.method, proof.url) != (story.frozen.method, story.frozen.url.partition("?")[0]):
        raise EvidenceError(link="request", detail="the proof is of another request")
    if proof.bundle is None or proof.bundle != story.field("bundle"):
        raise EvidenceError(link="request", detail="the proof names another bundle than the frozen transaction")
    if not is_digest(story.frozen.request_hash):
        raise EvidenceError(link="request", detail="the request's hash is not 64 lower-case hex digits")
    iat = story.field("iat")
    if not iat.isascii() or not iat.isdigit() or abs(int(iat) - proof.issued_at) > PROOF_SKEW:
        raise EvidenceError(link="request", detail="proof and transaction were made at different times")
    return (
        f"The device's request key signed {proof.method} {proof.url} in the name of {proof.bundle}; the request's body "
        f"had SHA-256 {story.frozen.request_hash} (recorded by the bank, not covered by the proof)."
    )


def check_approval(story: Story, device: BoundDevice) -> tuple[VerifiedApproval, str]:
    """Hold that the bound device signed exactly the transaction that the server had frozen.

    Raises:
        EvidenceError: link ``approval``.
    """
    fields = story.frozen.fields
    if story.approved_entry.seq < story.frozen_entry.seq:
        raise EvidenceError(link="approval", detail="the approval was recorded before the transaction was frozen")
    if (
        len({story.field("txid"), story.frozen.operation_id, story.approved.operation_id, story.placed.operation_id})
        != 1
    ):
        raise EvidenceError(link="approval", detail="the operation's ids differ")
    if (story.field("env"), story.field("aud")) != (story.file.env, story.file.aud):
        raise EvidenceError(link="approval", detail="the transaction is of another environment or server")
    try:
        message = b64url_decode(story.approved.message)
        decode(message)  # nobody but the bank has held the frozen fields to their forms
        approval = verify_approval(
            message=message,
            signature=b64url_decode(story.approved.signature),
            frozen=fields,
            public_key=device.tx_key,
            last_seq=-1,
            now=story.approved_entry.at,
            factors=FACTORS,
        )
    except SecurityError as error:
        raise _wrapped(error, "approval") from error
    sentence = (
        f"The device signed, by {approval.factor}, exactly the frozen transaction: {fields['cur']} {fields['amt']} "
        f"from {fields['payer']} to {fields['payee']} ({fields['payee_name']}), {fields['type']}, "
        f"bundle {fields['bundle']}, counter {approval.seq}, at {story.approved_entry.at_text}, before it expired."
    )
    return approval, sentence


def check_display(story: Story, approval: VerifiedApproval) -> tuple[tuple[Row, ...], str]:
    """Hold that what was shown is what the signed template makes of the signed fields.

    Raises:
        EvidenceError: link ``display``.
    """
    template = story.frozen.template
    try:
        ui, own_hash = read_ui(approval.ui), template_hash(template)
        locale = next(known for known in LOCALES if known == ui.locale)
        rows = render(template=template, fields=approval.fields, locale=locale)
    except SecurityError as error:
        raise _wrapped(error, "display") from error
    if approval.fields["tmpl"] != f"{template.get('id')}#{own_hash}":
        raise EvidenceError(link="display", detail="the template is not the signed one")
    if display_hash(rows) != ui.display_hash:
        raise EvidenceError(link="display", detail="the rows drawn again have another hash than the signed one")
    shown = "; ".join(f"{row.label}: {row.value}" for row in rows)
    return rows, f"The shell signed that it showed these lines, drawn again here from the signed fields: {shown}."


def _binding(story: Story, device_id: str) -> tuple[FileEntry, Bound | Recovered]:
    """Give how the device came to its customer: by a binding, or by a recovery."""
    kinds = ("device.bound", "device.recovered")
    found = [entry for kind in kinds for entry in story.file.find(kind, device_id)]
    earlier = [entry for entry in found if entry.seq < story.frozen_entry.seq]
    if not earlier:
        raise EvidenceError(link="device", detail=f"no entry device.bound about {device_id} before the request")
    last = max(earlier, key=lambda entry: entry.seq)
    return last, last.read(Bound, "device") if last.kind == kinds[0] else last.read(Recovered, "device")


def _level(registered: Registered) -> str:
    attested = registered.attestation
    if attested is None:
        return f"attestation level {registered.level}"
    checked = f"checked by the bank: {attested.format}, SHA-256 {attested.digest}"
    return f"attestation level {registered.level}, {checked}"


def _check_registration(story: Story, registered: Registered, keys: Sequence[PublicJwk]) -> None:
    check_level(level=registered.level, env=story.file.env)
    attested = registered.attestation
    if (attested is None) != (registered.level == SIMULATED) or (attested and not is_digest(attested.digest)):
        raise EvidenceError(link="device", detail="the level and the recorded attestation contradict each other")
    verify_registered_keys(
        aud=story.file.aud,
        env=story.file.env,
        challenge=registered.challenge,
        app_id=registered.app_id,
        app_version=registered.app_version,
        platform=registered.platform,
        pop_key=keys[0],
        tx_key=keys[1],
        pop_signature=registered.pop_signature,
        tx_signature=registered.tx_signature,
        suites=SUITES,
    )


def _check_binding(story: Story, entry: FileEntry, bound: Bound | Recovered, keys: Sequence[PublicJwk]) -> str:
    """Hold what the device signed; give it in words."""
    if isinstance(bound, Recovered):
        verify_recovery(
            aud=story.file.aud,
            env=story.file.env,
            recovery_id=bound.recovery_id,
            newcomer=Newcomer(device_id=bound.device_id, pop_jkt=keys[0].thumbprint, tx_jkt=keys[1].thumbprint),
            tx_key=keys[1],
            expires=bound.expires,
            signature=bound.signature,
            now=entry.at,
        )
        return f"its recovery {bound.recovery_id}, which by the bank's checks of card and code is that of customer"
    if (bound.pop_jkt, bound.tx_jkt) != (keys[0].thumbprint, keys[1].thumbprint):
        raise EvidenceError(link="device", detail="the binding is of other keys than the registration")
    verify_binding(
        aud=story.file.aud,
        env=story.file.env,
        event_id=bound.event_id,
        device_id=bound.device_id,
        customer_id=bound.customer_id,
        pop_jkt=bound.pop_jkt,
        tx_key=keys[1],
        expires=bound.expires,
        signature=bound.signature,
        now=entry.at,
    )
    return "its binding to customer"


def _wrapped(error: SecurityError, link: str) -> EvidenceError:
    return (
        error if isinstance(error, EvidenceError) else EvidenceError(link=link, detail=f"{error.code}: {error.detail}")
    )
