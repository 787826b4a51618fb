"""What the operations take and give by which one device follows another."""

from typing import Annotated, Literal

import msgspec

from bff.devices.owned_schemas import Id
from bff.devices.schemas import Answer, CustomerAnswer, Request, Signature


class TransferRequest(Request):
    """A transfer by its id."""

    transfer_id: Id


class TransferAnswer(Answer):
    """A transfer: who comes, the digits that both devices show, and what signatures name."""

    transfer_id: str
    state: str
    digits: str
    device_id: str
    model: str
    platform: str
    level: str
    pop_jkt: str
    tx_jkt: str
    aud: str
    env: str
    expires: int
    expires_at: str
    mode: str | None = None
    customer: CustomerAnswer | None = None


class ApproveRequest(TransferRequest):
    """Whether the approving device goes (MOVE) or stays (ADD), and its signature over the transfer."""

    mode: Literal["MOVE", "ADD"]
    signature: Signature


class TransferConfirmRequest(TransferRequest):
    """The new device's signature over its binding; the transfer's id stands for the event."""

    signature: Signature


class RecoveryRequest(Request):
    """Who one is, and the number of a bank card of one's own."""

    name: Annotated[str, msgspec.Meta(max_length=120)]
    id_number: Annotated[str, msgspec.Meta(max_length=40)]
    card_number: Annotated[str, msgspec.Meta(pattern="^[0-9]{12,19}$")]


class RecoveryCodeRequest(Request):
    """A recovery by its id."""

    recovery_id: Id


class RecoveryAnswer(Answer):
    """A recovery: what the signature names; it does not say whether the person was found."""

    recovery_id: str
    device_id: str
    aud: str
    env: str
    expires: int
    expires_at: str
    sandbox_code: str | None = None


class RecoveryConfirmRequest(RecoveryCodeRequest):
    """The code from the mobile, and the new device's signature over the recovery."""

    code: Annotated[str, msgspec.Meta(pattern="^[0-9]{6}$")]
    signature: Signature
