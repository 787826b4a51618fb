"""What customers' hands do in this room's tests: verify themselves, move to a new phone, come back without one."""

from typing import Any

from tests import device as wire
from tests.bff.wealth.world import Phone, World

NAMES = ("tidegate-bff", "sandbox")


def person(world: World, phone: Phone, purpose: str, about: str = "", **changes: str) -> dict[str, str]:
    """Verify the person on a phone for a purpose; ``changes`` may sign another one."""
    asked = world.call(phone, "session.verification.challenge", {"purpose": purpose, "about": about})
    signed = changes.get("signed", asked["purpose"])
    names = (asked["aud"], asked["env"], signed, phone.device_id, asked["customerId"], asked["challenge"])
    message = wire.lp("BANK-DEVBIND/v1/VERIFY", *names, wire.thumbprint(phone.pop), "face")
    return {"challenge": asked["challenge"], "factor": "face", "txSignature": wire.b64(wire.sign(phone.tx, message))}


def set_pin(world: World, phone: Phone, pin: str = "739205") -> Any:
    return world.call(phone, "device.pin.set", {"pin": pin, **person(world, phone, "pin")})


def approval(phone: Phone, asked: Any, mode: str, forged: dict[str, str] | None = None) -> dict[str, str]:
    """Sign a transfer on the old phone; ``forged`` says which parts of what is signed are others."""
    parts = {"transferId": asked["transferId"], "mode": mode, "customer": str(phone.customer_id)}
    parts |= {"old": phone.device_id, "new": asked["deviceId"], "pop": asked["popJkt"], "tx": asked["txJkt"]}
    parts |= {"expires": str(asked["expires"])} | (forged or {})
    message = wire.lp("BANK-DEVBIND/v1/DEV-TRANSFER", *NAMES, *parts.values())
    return {"transferId": asked["transferId"], "mode": mode, "signature": wire.b64(wire.sign(phone.tx, message))}


def binding(phone: Phone, event_id: str, customer_id: str, expires: int) -> str:
    thumbs = (wire.thumbprint(phone.pop), wire.thumbprint(phone.tx))
    message = wire.lp("BANK-DEVBIND/v1/DEV-BIND", *NAMES, event_id, phone.device_id, customer_id, *thumbs, str(expires))
    return wire.b64(wire.sign(phone.tx, message))


def confirmation(phone: Phone, asked: Any) -> dict[str, str]:
    signature = binding(phone, asked["transferId"], asked["customer"]["customerId"], asked["expires"])
    return {"transferId": asked["transferId"], "signature": signature}


def let_in(world: World, old: Phone, mode: str) -> Phone:
    """Let a new phone in by an old one."""
    new = world.registered()
    asked = world.call(new, "device.transfer.ask")
    world.call(old, "device.transfer.approve", approval(old, asked, mode))
    told = world.call(new, "device.transfer.get", {"transferId": asked["transferId"]})
    world.call(new, "device.transfer.confirm", confirmation(new, told))
    new.customer_id = told["customer"]["customerId"]
    return new


def recovering(phone: Phone, begun: Any) -> str:
    thumbs = (wire.thumbprint(phone.pop), wire.thumbprint(phone.tx))
    names = (*NAMES, begun["recoveryId"], phone.device_id, *thumbs, str(begun["expires"]))
    return wire.b64(wire.sign(phone.tx, wire.lp("BANK-DEVBIND/v1/DEV-RECOVER", *names)))


def begin(world: World, phone: Phone, who: Any, **changes: str) -> Any:
    form = {"name": who.name, "idNumber": who.id_number, "cardNumber": who.card} | changes
    return world.call(phone, "device.recovery.begin", form)


def told(world: World, phone: Phone) -> list[str]:
    """Give the kinds of what the customer was told, the newest first."""
    return [one["kind"] for one in world.call(phone, "inbox.list")["messages"]]
