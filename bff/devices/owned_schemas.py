"""What the operations take and give by which a customer looks after his devices and their PINs."""

from typing import Annotated

import msgspec

from bff.devices.schemas import Answer, Request
from bff.sessions.schemas import PersonRequest

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Pin = Annotated[str, msgspec.Meta(pattern="^[0-9]{6}$")]


class OwnedDevice(Answer):
    """One of the customer's devices; amounts in fen, ``coolingUntil`` while its limits are low for being new."""

    device_id: str
    name: str
    model: str
    platform: str
    level: str
    bound_at: str
    last_used_at: str | None
    cooling_until: str | None
    day_limit_fen: int
    day_left_fen: int
    current: bool


class OwnedDevicesAnswer(Answer):
    """The customer's devices, the first bound first, and how many he may have."""

    devices: list[OwnedDevice]
    most: int


class RenameRequest(Request):
    """A name for a device."""

    device_id: Id
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class RenamedAnswer(Answer):
    """A device and its name."""

    device_id: str
    name: str


class RemoveRequest(PersonRequest, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The device that goes, and the signature over a challenge that names it."""

    device_id: Id


class PinSetRequest(PersonRequest, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A new PIN, and the signature over a challenge of the purpose ``pin``."""

    pin: Pin


class PinRequest(Request):
    """The calling device's PIN."""

    pin: Pin


class PinChangeRequest(Request):
    """The calling device's PIN, and the one that comes in its place."""

    pin: Pin
    new_pin: Pin


class PinAnswer(Answer):
    """Whether the calling device has a PIN, and how many wrong ones it may still take."""

    is_set: bool
    set_at: str | None
    left: int
    locked: bool
    paused_until: str | None
