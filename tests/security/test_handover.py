"""Transfers and recoveries over fixed bytes, so that no message changes its form unnoticed."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from security.encoding import b64url_encode
from security.errors import DeviceError, SignatureError
from security.handover import (
    Newcomer,
    recovery_message,
    transfer_digits,
    transfer_message,
    verify_recovery,
    verify_transfer,
)
from security.jwk import jwk_of
from security.suites import ES256

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
EXPIRES = int(NOW.timestamp()) + 600
NEW = Newcomer(device_id="dev_new", pop_jkt="P" * 43, tx_jkt="T" * 43)
HERE = {"aud": "tidegate-bff", "env": "sandbox"}
MOVE: dict[str, Any] = {**HERE, "transfer_id": "trf_1", "mode": "MOVE", "customer_id": "cus_1"}
MOVE |= {"old_device_id": "dev_old", "newcomer": NEW, "expires": EXPIRES}
BACK: dict[str, Any] = {**HERE, "recovery_id": "rec_1", "newcomer": NEW, "expires": EXPIRES}
KEY = ES256.generate()
JWK = jwk_of(KEY.public_key())


def signed(message: bytes) -> str:
    return b64url_encode(ES256.sign(KEY, message))


def test_messages_and_digits_keep_their_form() -> None:
    assert hashlib.sha256(transfer_message(**MOVE)).hexdigest()[:16] == "4884e442503bc803"
    assert hashlib.sha256(recovery_message(**BACK)).hexdigest()[:16] == "09b5dbe9b5e7e08c"
    assert transfer_digits(transfer_id="trf_1", newcomer=NEW) == "599463"


def test_an_honest_transfer_and_recovery_are_accepted() -> None:
    transfer = verify_transfer(**MOVE, old_tx_key=JWK, signature=signed(transfer_message(**MOVE)), now=NOW)
    assert (transfer.transfer_id, transfer.mode, transfer.newcomer) == ("trf_1", "MOVE", NEW)
    recovery = verify_recovery(**BACK, tx_key=JWK, signature=signed(recovery_message(**BACK)), now=NOW)
    assert (recovery.recovery_id, recovery.device_id) == ("rec_1", "dev_new")


OTHERS: dict[str, Any] = {"aud": "x", "env": "production", "newcomer": replace(NEW, tx_jkt="X" * 43), "expires": 1}


@pytest.mark.parametrize("part", [*OTHERS, "transfer_id", "mode", "customer_id", "old_device_id"])
def test_every_part_of_a_transfer_is_signed(part: str) -> None:
    other = {**MOVE, part: OTHERS.get(part, "ADD")}
    with pytest.raises(SignatureError):
        verify_transfer(**MOVE, old_tx_key=JWK, signature=signed(transfer_message(**other)), now=NOW)


@pytest.mark.parametrize("part", [*OTHERS, "recovery_id"])
def test_every_part_of_a_recovery_is_signed(part: str) -> None:
    other = {**BACK, part: OTHERS.get(part, "x")}
    with pytest.raises(SignatureError):
        verify_recovery(**BACK, tx_key=JWK, signature=signed(recovery_message(**other)), now=NOW)


def test_one_does_not_stand_for_the_other_and_neither_lives_on() -> None:
    with pytest.raises(SignatureError):
        verify_recovery(**BACK, tx_key=JWK, signature=signed(transfer_message(**MOVE)), now=NOW)
    late = datetime.fromtimestamp(EXPIRES, UTC)
    with pytest.raises(DeviceError, match="BIND_EXPIRED"):
        verify_transfer(**MOVE, old_tx_key=JWK, signature=signed(transfer_message(**MOVE)), now=late)
    with pytest.raises(DeviceError, match="BIND_EXPIRED"):
        verify_recovery(**BACK, tx_key=JWK, signature=signed(recovery_message(**BACK)), now=late)
    odd = {**MOVE, "mode": "COPY"}
    with pytest.raises(DeviceError, match="DEVICE_INVALID"):
        verify_transfer(**odd, old_tx_key=JWK, signature=signed(transfer_message(**odd)), now=NOW)
