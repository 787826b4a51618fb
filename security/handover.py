"""The bytes by which a customer changes devices, and their checks: one device approves another, or a new one recovers.

As in ``security.devices`` each message starts with its own domain string: no signature of another kind, not even of
binding, stands for one of these.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from security.encoding import b64url_decode, lp
from security.errors import DeviceError
from security.jwk import PublicJwk

MOVE: Final = "MOVE"
"""The approving device goes, the new one comes in its place."""
ADD: Final = "ADD"
"""Both stay."""
MODES: Final = frozenset({MOVE, ADD})
_TRANSFER: Final = "BANK-DEVBIND/v1/DEV-TRANSFER"
_RECOVER: Final = "BANK-DEVBIND/v1/DEV-RECOVER"
_DIGITS: Final = "TIDEGATE-TRANSFER-DIGITS/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """The device that is to be added: its id and the thumbprints of its keys."""

    device_id: str
    pop_jkt: str
    tx_jkt: str


@dataclass(frozen=True, slots=True)
class VerifiedTransfer:
    """A transfer that the customer's own device approved."""

    transfer_id: str
    mode: str
    newcomer: Newcomer


@dataclass(frozen=True, slots=True)
class VerifiedRecovery:
    """A recovery that the new device's ``tx`` key signed."""

    recovery_id: str
    device_id: str


def transfer_message(
    *,
    aud: str,
    env: str,
    transfer_id: str,
    mode: str,
    customer_id: str,
    old_device_id: str,
    newcomer: Newcomer,
    expires: int,
) -> bytes:
    """Give what ``tx`` of the old device signs to let a new one in; ``expires`` in epoch seconds."""
    names = (transfer_id, mode, customer_id, old_device_id)
    return lp(_TRANSFER, aud, env, *names, newcomer.device_id, newcomer.pop_jkt, newcomer.tx_jkt, str(expires))


def recovery_message(*, aud: str, env: str, recovery_id: str, newcomer: Newcomer, expires: int) -> bytes:
    """Give what ``tx`` of a new device signs to take the place of all lost ones; ``expires`` in epoch seconds."""
    keys = (newcomer.device_id, newcomer.pop_jkt, newcomer.tx_jkt)
    return lp(_RECOVER, aud, env, recovery_id, *keys, str(expires))


def transfer_digits(*, transfer_id: str, newcomer: Newcomer) -> str:
    """Give six digits that both devices show: a person sees that the old one approves this very new one."""
    shown = hashlib.sha256(lp(_DIGITS, transfer_id, newcomer.device_id, newcomer.pop_jkt, newcomer.tx_jkt)).digest()
    return f"{int.from_bytes(shown[:8]) % 1_000_000:06d}"


def verify_transfer(  # noqa: PLR0913 — the message's parts, one by one
    *,
    aud: str,
    env: str,
    transfer_id: str,
    mode: str,
    customer_id: str,
    old_device_id: str,
    old_tx_key: PublicJwk,
    newcomer: Newcomer,
    expires: int,
    signature: str,
    now: datetime,
) -> VerifiedTransfer:
    """Accept the old device's approval of a new one.

    Raises:
        DeviceError: BIND_EXPIRED, it came at or after ``expires``; DEVICE_INVALID, there is no such mode.
        SignatureError: it is not ``old_tx_key``'s over this very transfer.
        EncodingError: the signature is not canonical base64url.
    """
    if mode not in MODES:
        raise DeviceError(detail="a transfer moves or adds")
    _check_time(now, expires)
    message = transfer_message(
        aud=aud,
        env=env,
        transfer_id=transfer_id,
        mode=mode,
        customer_id=customer_id,
        old_device_id=old_device_id,
        newcomer=newcomer,
        expires=expires,
    )
    old_tx_key.verify(message, b64url_decode(signature))
    return VerifiedTransfer(transfer_id, mode, newcomer)


def verify_recovery(
    *,
    aud: str,
    env: str,
    recovery_id: str,
    newcomer: Newcomer,
    tx_key: PublicJwk,
    expires: int,
    signature: str,
    now: datetime,
) -> VerifiedRecovery:
    """Accept a new device's signature over its recovery.

    Raises:
        DeviceError: BIND_EXPIRED, it came at or after ``expires``.
        SignatureError: it is not ``tx_key``'s over this very recovery.
        EncodingError: the signature is not canonical base64url.
    """
    _check_time(now, expires)
    message = recovery_message(aud=aud, env=env, recovery_id=recovery_id, newcomer=newcomer, expires=expires)
    tx_key.verify(message, b64url_decode(signature))
    return VerifiedRecovery(recovery_id, newcomer.device_id)


def _check_time(now: datetime, expires: int) -> None:
    if now.timestamp() >= expires:
        raise DeviceError(detail="it has expired", code="BIND_EXPIRED")
