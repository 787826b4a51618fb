"""Every kind of order that a device signs, and the funding of an account: how each is asked for, and how it ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine

from bff.core_bank.network import SandboxCardNetwork
from tests import device as wire
from tests.bff.cards.teller import Teller
from tests.bff.wealth.world import CHEN, GU, SU, Phone
from tests.faults.mortal import Mortal
from tests.properties.whole import PRODUCT

SECOND_CARD: Final = "6298019999999999994"
Later = tuple[tuple[str, str, str], ...]
"""Days, hours and jobs by which an order comes to its end."""


@dataclass(frozen=True)
class Act:
    """One call that a phone makes, and may make again with the very same bytes."""

    phone: Phone
    code: str
    body: dict[str, Any]
    key: str


@dataclass(frozen=True)
class Kind:
    """One kind of order.

    Attributes:
        ask: prepares it, at a bank that ``Townsfolk`` is; gives what its customer does to place it.
        moves: how often the core executes something for it.
        state: of the order at its end.
        later: what has to happen for that.
    """

    ask: Callable[["Townsfolk"], Act]
    state: str
    moves: int = 1
    later: Later = ()


class Townsfolk(Mortal):
    """A Thursday morning: two customers with everything there is, one without an agreement, one with nothing left."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.owing = self.teller
        self.newcomer, self.leaver = self.bound(GU, 1_000_000), self.bound(SU)
        self.waiting = Teller(self, self.phone(1)).mailed()
        for who in (0, 1):
            self.buy(self.phone(who), 2_000_000, PRODUCT)
            self.put(self.phone(who), 900_000)
            self.call(
                self.phone(who), "accounts.fund", {"accountId": self.phone(who).account_id, "amountFen": 5_000_000}
            )
        self.owing.spend(200_000)
        for _ in range(3):
            self.night()
        self.publish("1.0456", "2026-11-26", PRODUCT)  # known before any process is killed
        self.changed = self._other_card()

    def _other_card(self) -> str:
        """Have a second card of a customer compared with his bank; give the change that may be signed."""
        network: Any = self.room.cards
        assert isinstance(network, SandboxCardNetwork)
        network._by_card = {**network._by_card, SECOND_CARD: network._by_card[CHEN.card]}
        body = {"accountId": self.phone(0).account_id, "cardNumber": SECOND_CARD}
        return str(self.call(self.phone(0), "accounts.card.check", body)["changeId"])

    def signed_by(self, phone: Phone, asked: Mapping[str, Any]) -> Act:
        """Let a device sign what was asked for; the call that carries it is not made yet."""
        challenge, message = asked["challengeId"], self.message(phone, asked["challengeId"])
        signed = {"message": wire.b64(message), "signature": wire.b64(wire.sign(phone.tx, message))}
        return Act(phone, "approval.approve", {"challengeId": challenge, **signed}, self.new_id("key"))

    def asked(self, code: str, phone: Phone | None = None, **body: Any) -> Act:
        """Prepare an order of an account's, and let its device sign it."""
        phone = self.phone(0) if phone is None else phone
        return self.signed_by(phone, self.call(phone, code, {"accountId": phone.account_id, **body}))

    def does(self, act: Act) -> Any:
        """Make the call."""
        return self.call(act.phone, act.code, act.body, key=act.key)

    def funding(self) -> Act:
        """Give the call that funds an account, which nobody signs."""
        phone = self.phone(0)
        return Act(phone, "accounts.fund", {"accountId": phone.account_id, "amountFen": 70_000}, self.new_id("key"))


def _redeemed(mode: str) -> Callable[[Townsfolk], Act]:
    return lambda bank: bank.asked("sweep.redeem.prepare", product="LMB", amountFen=30_000, mode=mode)


KINDS: Mapping[str, Kind] = {
    "accounts.fund": Kind(Townsfolk.funding, "DONE"),
    "accounts.transfer.bound": Kind(lambda bank: bank.asked("accounts.transfer.bound", amountFen=40_000), "DONE"),
    "accounts.transfer.out": Kind(
        lambda bank: bank.asked("accounts.transfer.out", payeeId=bank.payees[0], amountFen=40_000), "DONE"
    ),
    "accounts.card.change": Kind(
        lambda bank: bank.asked("accounts.card.change", changeId=bank.changed), "DONE", moves=0
    ),
    "accounts.close": Kind(lambda bank: bank.asked("accounts.close", bank.leaver), "DONE"),
    "cards.contract.sign": Kind(
        lambda bank: bank.signed_by(
            bank.waiting.phone,
            bank.waiting.call("contract.prepare", cardId=bank.waiting.card, lastFour=bank.waiting.tail()),
        ),
        "SIGNED",
        moves=0,
    ),
    "cards.repay.place": Kind(lambda bank: bank.signed_by(bank.owing.phone, bank.owing.prepare(20_000)), "DONE"),
    "cards.autopay.sign": Kind(
        lambda bank: bank.signed_by(
            bank.owing.phone,
            bank.owing.call(
                "autopay.prepare",
                accountId=bank.owing.account,
                payerAccountId=bank.owing.phone.account_id,
                share="FULL",
            ),
        ),
        "SIGNED",
        moves=0,
    ),
    "sweep.agreement.sign": Kind(
        lambda bank: bank.asked("sweep.agreement.prepare", bank.newcomer, product="LMB", floorFen=100_000),
        "SIGNED",
        moves=0,
    ),
    "sweep.purchase": Kind(
        lambda bank: bank.asked("sweep.purchase.prepare", product="LMB", amountFen=60_000), "ACCEPTED"
    ),
    "sweep.redeem fast": Kind(_redeemed("fast"), "PAID"),
    "sweep.redeem normal": Kind(_redeemed("normal"), "PAID", later=(("2026-11-27", "09:00", "sweep.settle"),)),
    "wealth.order.place": Kind(
        lambda bank: bank.asked("wealth.order.prepare", product=PRODUCT, amountFen=1_000_000), "ACCEPTED"
    ),
    "wealth.redeem": Kind(
        lambda bank: bank.asked("wealth.redeem.prepare", product=PRODUCT, shares="1000.00"),
        "PAID",
        later=(("2026-11-27", "09:00", "wealth.confirmation"), ("2026-11-30", "10:00", "wealth.life")),
    ),
}
"""By the type of what is signed; the two ways of taking money out of the sweep are one type."""
