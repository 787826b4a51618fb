"""Approvals as domains see them: freezing an operation for a device to sign, and writing down how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import insert
from sqlalchemy.orm import Session

from bff import audit
from bff.approvals import repository, rules
from bff.approvals.errors import BY_CODE, ApprovalsHeldError, PurposeNotInManifestError, TemplateInvalidError
from bff.approvals.models import ApprovalOperation
from bff.approvals.policies import policy_of
from bff.approvals.rules import CHALLENGED, DONE, FAILED
from bff.approvals.templates import Templates
from bff.bus.releases import BundleUnknownError, Releases
from bff.devices.errors import verifying
from bff.devices.repository import KnownDevice
from bff.devices.service import Devices
from bff.kinds import CURRENCY, Context, instant
from bff.push import inbox
from security.approvals import FROZEN, check_field, memo_encode
from security.display import render
from security.encoding import b64url_encode

_BYTES: Final = 32
_TOLD: Final = {DONE: "operation.done", FAILED: "operation.failed"}
"""The message that tells a customer of each end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a domain wants approved.

    Attributes:
        type: ``wealth.order.place``, as the bundle's manifest names it among its purposes.
        template_id: ``wealth.order.place/1``.
        amount_fen, payer, payee, payee_name, memo: what is signed.
        payload: what the domain needs again to place it; not shown, not signed.
    """

    type: str
    template_id: str
    amount_fen: int
    payer: str
    payee: str
    payee_name: str
    memo: Mapping[str, str]
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A frozen operation that waits for its device."""

    challenge_id: str
    operation_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Approvals:
    """Freezes operations."""

    aud: str
    env: str
    devices: Devices
    releases: Releases
    templates: Templates

    def ask(self, session: Session, context: Context, intent: Intent) -> Asked:
        """Freeze an operation and its challenge.

        Raises:
            DeviceStateError, SuiteRefusedError: the calling device may not approve for the calling customer.
            PurposeNotInManifestError: the running bundle may not ask for this.
            DeviceLevelError: devices of this level may not approve this.
            DeviceLimitError: the amount passes the device's day.
            ApprovalsHeldError: the customer reported a transaction that he had not asked for.
        """
        device = self.devices.require_active(session, context.caller.device_id, context.caller.customer_id)
        require_free(session, device.customer_id)
        bundle = self._bundle(session, context, intent.type)
        template, name = self.templates.get(intent.template_id)
        policy = policy_of(template)
        policy.require_level(device.level)
        if policy.counts:
            self.devices.check_limit(session, device, intent.amount_fen, context.now)
        asked = Asked(context.new_id("chl"), context.new_id("opn"), context.now + timedelta(seconds=policy.seconds))
        names = {"txid": asked.operation_id, "tmpl": name, "bundle": bundle}
        fields = self._fields(context, intent, device, {**names, "exp": str(int(asked.expires_at.timestamp()))})
        _check(fields, template, intent.amount_fen)
        self._store(session, context, intent, asked, (fields, template))
        _record(session, context, asked, fields, template)
        return asked

    def conclude(
        self, session: Session, operation_id: str, state: str, result: Mapping[str, Any], now: datetime
    ) -> None:
        """Write how an operation ended (DONE, FAILED) or that it is UNKNOWN; a failed one gives the limit back.

        The customer is told of the end in the same transaction.
        """
        if not repository.conclude(session, operation_id, state, result) or state not in _TOLD:
            return
        row = repository.told(session, operation_id)
        template = msgspec.json.decode(row.template)
        if state == FAILED and policy_of(template).counts:
            self.devices.give_back_limit(session, row.device_id, row.amount_fen, row.decided_at)
        facts = facts_of(template, row.amount_fen)
        inbox.tell(session, customer_id=row.customer_id, kind=_TOLD[state], subject=operation_id, body=facts, now=now)

    def _bundle(self, session: Session, context: Context, purpose: str) -> str:
        bundle = context.caller.bundle
        if bundle is None:
            raise BundleUnknownError(detail="an approval is asked for by a running bundle")
        release = self.releases.release(session, bundle.digest)
        if purpose not in release.purposes:
            raise PurposeNotInManifestError(detail=f"the manifest of {bundle.bundle} lacks the purpose {purpose}")
        return str(bundle)

    def _fields(
        self, context: Context, intent: Intent, device: KnownDevice, names: Mapping[str, str]
    ) -> dict[str, str]:
        issued = int(context.now.timestamp())
        fields = {
            **names,
            "v": "1",
            "alg": device.tx_key.alg,
            "aud": self.aud,
            "env": self.env,
            "cust": device.customer_id or "",
            "dev": device.device_id,
            "kid": device.tx_key.thumbprint,
            "type": intent.type,
            "cur": CURRENCY,
            "amt": rules.amount_text(intent.amount_fen),
            "payer": intent.payer,
            "payee": intent.payee,
            "payee_name": intent.payee_name,
            "memo": memo_encode(intent.memo),
            "chal": b64url_encode(context.new_bytes(_BYTES)),
            "iat": str(issued),
        }
        return {name: fields[name] for name in FROZEN}

    @staticmethod
    def _store(
        session: Session,
        context: Context,
        intent: Intent,
        asked: Asked,
        signed: tuple[Mapping[str, str], Mapping[str, Any]],
    ) -> None:
        fields, template = signed
        ids = {"operation_id": asked.operation_id, "challenge_id": asked.challenge_id, "state": CHALLENGED}
        whose = {"customer_id": fields["cust"], "device_id": fields["dev"], "bundle_digest": _digest(context)}
        texts = {"fields": fields, "template": template, "payload": intent.payload}
        encoded = {name: msgspec.json.encode(value).decode() for name, value in texts.items()}
        times = {"created_at": context.now, "expires_at": asked.expires_at}
        row = {**ids, **whose, **encoded, **times, "type": intent.type, "amount_fen": intent.amount_fen}
        session.execute(insert(ApprovalOperation).values(**row))


def require_free(session: Session, customer_id: str | None) -> None:
    """Hold that nothing keeps a customer from approving.

    Raises:
        ApprovalsHeldError: he reported a transaction that he had not asked for.
    """
    since = repository.held_since(session, customer_id or "")
    if since is not None:
        raise ApprovalsHeldError(detail="the customer said of a transaction that it was not his", since=instant(since))


def facts_of(template: Mapping[str, Any], amount_fen: int) -> dict[str, str]:
    """Give the facts of messages about an operation: what it is, and the amount, if any, as a customer reads it."""
    title = template["title"]
    amount = rules.money_words(amount_fen) if amount_fen else ""
    return {"title_zh": title["zh"], "title_en": title["en"], "amount": amount}


def _digest(context: Context) -> str:
    bundle = context.caller.bundle
    return "" if bundle is None else bundle.digest


def _check(fields: Mapping[str, str], template: Mapping[str, Any], amount_fen: int) -> None:
    """Refuse to freeze what no device could encode or draw, and an amount that its sheet would not show."""
    if amount_fen and not any(row["as"] == "money" for row in template["rows"]):
        raise TemplateInvalidError(detail=f"{template['id']} has no row for an amount")
    with verifying(BY_CODE):
        for name, value in fields.items():
            check_field(name, value)
        render(template=template, fields=fields, locale="zh-CN")


def _record(
    session: Session, context: Context, asked: Asked, fields: Mapping[str, str], template: Mapping[str, Any]
) -> None:
    body = {
        "operationId": asked.operation_id,
        "fields": dict(fields),
        "template": dict(template),
        "proof": context.proof,
        "url": context.url,
        "method": context.method,
        "requestHash": context.body_hash,
    }
    audit.append(session, kind="operation.frozen", subject=asked.operation_id, body=body, now=context.now)
