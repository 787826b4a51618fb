"""Verification codes: made, sent through the outbox, and compared with a counter that racers cannot pass.

Invariants: a code is kept as a keyed hash; it is spent once; at most ``code_tries`` guesses are compared with it, and a
wrong guess stays counted although the call is refused.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Row, case, func, or_, select, update
from sqlalchemy.orm import Session

from bff import outbox
from bff.core_bank.port import CodeSender
from bff.customers.errors import CodeExpiredError, CodeLockedError, CodeTooSoonError, CodeWrongError
from bff.customers.models import MobileDay, VerificationCode
from bff.customers.vault import Vault
from bff.db.statements import changed, insert_new
from bff.kinds import Context, business_date
from bff.outbox import Delivered, Outcome, Settlement, Topic
from bff.products.rulepacks import RulePack, RulePacks

TOPIC: Final = "customers.code"
_SPACE: Final = 1_000_000


class _Message(msgspec.Struct):
    mobile: str
    code: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Codes:
    """Issues and checks codes; ``holder`` is the id of what a code is for."""

    vault: Vault
    packs: RulePacks
    sender: CodeSender

    def issue(self, session: Session, context: Context, *, purpose: str, holder: str, mobile: str) -> None:
        """Make a code for ``holder``, in place of an earlier one, and have it sent after the commit.

        Raises:
            CodeTooSoonError: one was sent a moment ago, or too many were.
        """
        rules = self.packs.at(business_date(context.now))
        self._count_mobile(session, context, mobile, rules)
        code_id = context.new_id("cod")
        code = f"{int.from_bytes(context.new_bytes(8)) % _SPACE:06d}"
        self._store(
            session, context, rules, (purpose, holder), (code_id, self.vault.hash("code", _named(code_id, code)))
        )
        message = msgspec.json.encode(_Message(mobile, code, purpose)).decode()
        sealed = b64encode(self.vault.seal(code_id, "message", message)).decode()
        outbox.put(session, topic=TOPIC, key=code_id, payload={"codeId": code_id, "sealed": sealed}, now=context.now)

    def check(self, session: Session, context: Context, *, purpose: str, holder: str, code: str) -> None:
        """Compare a guess, and spend the code when it is right.

        Raises:
            CodeExpiredError: none is pending.
            CodeWrongError, CodeLockedError: the guess is wrong; it was counted.
        """
        most = self.packs.at(business_date(context.now)).integer("code_tries")
        row = _pending(session, purpose, holder)
        if row is None or row.used_at is not None or row.expires_at <= context.now:
            raise CodeExpiredError
        guess = update(VerificationCode).where(VerificationCode.code_id == row.code_id)
        unspent = guess.where(VerificationCode.used_at.is_(None), VerificationCode.tries < most)
        if not changed(session, unspent.values(tries=VerificationCode.tries + 1)):
            raise CodeLockedError
        hashes = self.vault.hashes("code", _named(row.code_id, code)).values()
        if not any(hmac.compare_digest(row.code_hash, one) for one in hashes):
            _refuse(session, row.code_id, most)
        if not changed(session, guess.where(VerificationCode.used_at.is_(None)).values(used_at=context.now)):
            raise CodeExpiredError

    def shown(self, session: Session, purpose: str, holder: str) -> str | None:
        """Give the code that a sandbox provider shows on the screen, while it is pending."""
        row = _pending(session, purpose, holder)
        return None if row is None or row.used_at is not None else row.sandbox_code

    def topics(self) -> tuple[Topic, ...]:
        """Give the outbox topic by which codes leave."""
        return (Topic(TOPIC, self._send, _settle),)

    def _count_mobile(self, session: Session, context: Context, mobile: str, rules: RulePack) -> None:
        present, *others = self.vault.hashes("mobile", mobile).values()
        key = {"mobile_index": present, "day": business_date(context.now).isoformat()}
        insert_new(session, MobileDay, **key, sends=0)
        before = select(func.sum(MobileDay.sends)).where(MobileDay.mobile_index.in_(others))
        sent = session.scalar(before.where(MobileDay.day == key["day"])) or 0
        most = rules.integer("code_sends_per_mobile_day") - sent
        row = update(MobileDay).filter_by(**key).where(MobileDay.sends < most)
        if not changed(session, row.values(sends=MobileDay.sends + 1)):
            raise CodeTooSoonError(detail="this mobile has had its codes for today")

    @staticmethod
    def _store(
        session: Session, context: Context, rules: RulePack, key: tuple[str, str], fresh: tuple[str, str]
    ) -> None:
        purpose, holder = key
        values = {"code_id": fresh[0], "code_hash": fresh[1], "sent_at": context.now, "used_at": None, "tries": 0}
        values["expires_at"] = context.now + timedelta(minutes=rules.integer("code_minutes"))
        if insert_new(session, VerificationCode, purpose=purpose, holder=holder, sends=1, **values):
            return
        before = context.now - timedelta(seconds=rules.integer("code_resend_seconds"))
        yesterday = VerificationCode.sent_at <= context.now - timedelta(days=1)
        few = or_(yesterday, VerificationCode.sends < rules.integer("code_sends"))
        again = update(VerificationCode).filter_by(purpose=purpose, holder=holder)
        allowed = again.where(VerificationCode.sent_at <= before, few)
        sends = case((yesterday, 1), else_=VerificationCode.sends + 1)
        if not changed(session, allowed.values(sends=sends, sandbox_code=None, **values)):
            raise CodeTooSoonError(retryAfter=rules.integer("code_resend_seconds"))

    def _send(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        text = self.vault.open(str(payload["codeId"]), "message", b64decode(str(payload["sealed"])))
        message = msgspec.json.decode(text, type=_Message)
        del key  # the provider knows no idempotency key: a second delivery shows the same code again
        return {"sandboxCode": self.sender.send(mobile=message.mobile, code=message.code, purpose=message.purpose)}


def _named(code_id: str, code: str) -> str:
    return f"{code_id}:{code}"


def _pending(session: Session, purpose: str, holder: str) -> Row[Any] | None:
    columns = VerificationCode.__table__.columns
    return session.execute(select(*columns).where(columns.purpose == purpose, columns.holder == holder)).first()


def _refuse(session: Session, code_id: str, most: int) -> None:
    tries = session.scalar(select(VerificationCode.tries).where(VerificationCode.code_id == code_id)) or most
    if tries >= most:
        raise CodeLockedError
    raise CodeWrongError(left=most - tries)


def _settle(session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome) -> None:
    del settlement
    shown = outcome.result.get("sandboxCode") if isinstance(outcome, Delivered) else None
    row = update(VerificationCode).where(VerificationCode.code_id == payload["codeId"])
    session.execute(row.values(sandbox_code=shown))
