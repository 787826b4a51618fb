"""The rooms' operations as a whole: every refusal that one names exists, in both languages and with its own code."""

import re
from pathlib import Path

from bff.errors import BffError
from tests.bff.wealth.world import ROOT, World


def every_error(root: type[BffError] = BffError) -> set[type[BffError]]:
    return {root, *(found for child in root.__subclasses__() for found in every_error(child))}


def test_each_named_refusal_exists_and_speaks_both_languages(world: World) -> None:
    known = {error.code: error for error in every_error()}
    named = {code for operation in world.bus.catalogue for code in operation.errors}
    assert named <= set(known)
    for code in named:
        assert re.search(r"[\u4e00-\u9fff].*。$", known[code].zh)
        assert known[code].en.endswith(".")


def test_a_code_belongs_to_one_refusal() -> None:
    rooms = ("customers", "devices", "approvals", "products", "accounts", "sweep", "wealth")
    codes: list[str] = []
    for room in rooms:
        codes += re.findall(r'^    code = "(\w+)"$', Path(ROOT, room, "errors.py").read_text(), re.MULTILINE)
    assert len(codes) == len(set(codes))


def test_scopes_and_doors_are_as_published(world: World) -> None:
    shell = {operation.code for operation in world.bus.catalogue if operation.from_shell}
    assert shell == {
        *("device.challenge", "device.register", "device.get", "device.bind.prepare", "device.bind.confirm"),
        *("device.unbind", "session.verification.challenge"),
        *("device.list", "device.rename", "device.remove"),
        *("device.pin.get", "device.pin.set", "device.pin.change", "device.pin.verify"),
        *("device.transfer.ask", "device.transfer.get", "device.transfer.offer"),
        *("device.transfer.approve", "device.transfer.confirm"),
        *("device.recovery.begin", "device.recovery.code", "device.recovery.confirm"),
        *("session.verification.user", "session.verification.step_up"),
        *("approval.get", "approval.approve", "approval.reject", "approval.list", "approval.hold.lift"),
        *("approval.offline.list", "approval.offline.answer"),
        *("inbox.list", "inbox.read"),
    }
    open_to_all = {operation.code for operation in world.bus.catalogue if operation.scope is None}
    assert open_to_all == {"device.challenge", "device.register"}
    templated = {operation.code: operation.template for operation in world.bus.catalogue if operation.template}
    assert templated == {
        "wealth.order.prepare": "wealth.order.place/2",
        "wealth.redeem.prepare": "wealth.redeem/1",
        "accounts.transfer.bound": "accounts.transfer.bound/1",
        "accounts.transfer.out": "accounts.transfer.out/1",
        "accounts.close": "accounts.close/1",
        "accounts.card.change": "accounts.card.change/1",
        "cards.contract.prepare": "cards.contract.sign/1",
        "cards.autopay.prepare": "cards.autopay.sign/1",
        "cards.repay.prepare": "cards.repay/1",
        "sweep.agreement.prepare": "sweep.agreement.sign/1",
        "sweep.purchase.prepare": "sweep.purchase/1",
        "sweep.redeem.prepare": "sweep.redeem/1",
    }
