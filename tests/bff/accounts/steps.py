"""Steps of this room's tests: what a customer does with his account, over the real bus."""

from typing import Any

from tests.bff.wealth.world import LIN, Phone, World


def signed(world: World, phone: Phone, asked: Any) -> Any:
    """Let the device sign what was prepared; give the answer."""
    challenge = asked["challengeId"]
    return world.approve(phone, challenge, world.message(phone, challenge))


def to_card(world: World, phone: Phone, fen: int, account: str = "") -> Any:
    """Transfer to the bound card."""
    body = {"accountId": account or phone.account_id, "amountFen": fen}
    return signed(world, phone, world.call(phone, "accounts.transfer.bound", body))


def payee(world: World, phone: Phone, number: str = LIN.card, name: str = LIN.name) -> str:
    """Keep a payee; give its id."""
    return str(world.call(phone, "accounts.payee.add", {"name": name, "number": number})["payeeId"])


def prepared_out(world: World, phone: Phone, fen: int, to: str, account: str = "") -> Any:
    """Prepare a transfer to a payee."""
    body = {"accountId": account or phone.account_id, "payeeId": to, "amountFen": fen}
    return world.call(phone, "accounts.transfer.out", body)


def to_payee(world: World, phone: Phone, fen: int, to: str, account: str = "") -> Any:
    """Transfer to a payee."""
    return signed(world, phone, prepared_out(world, phone, fen, to, account))


def counters(world: World) -> dict[tuple[str, str], int]:
    """Give every counter, by name and period."""
    rows = world.sql("SELECT counter, period, used_fen FROM account_counter")
    return {(counter, period): used for counter, period, used in rows}


def class_iii(world: World, phone: Phone, person: Any) -> str:
    """Open an account of class III beside the one there is; give its id."""
    application = world.applied(phone, person, **{"class": "III"})
    ids = {"applicationId": application["applicationId"]}
    world.call(phone, "accounts.application.verify_code", {**ids, "code": application["sandboxCode"]})
    world.call(phone, "accounts.application.bind_card", {**ids, "cardNumber": person.card})
    tax = {"residency": "CN_ONLY", "declared": True}
    return str(world.call(phone, "accounts.application.declare_tax", {**ids, **tax})["account"]["accountId"])
