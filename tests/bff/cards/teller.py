"""The steps of a card's life over the real bus, for the tests of this room."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bff.cards.acquiring import Purchase
from bff.db.engine import retried
from bff.jobs import Batch, Batches, Turn
from bff.kinds import SHANGHAI
from bff.outbox import Settlement
from tests.bff.wealth.world import CHEN, Phone, World

GOLD = "CARD-TIDE-GOLD"
PLATINUM = "CARD-TIDE-PLAT"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 32
ANSWERS: dict[str, dict[str, str]] = {
    "employment": {"status": "employed", "employer": "澜江书店", "years": "4"},
    "income": {"annual_fen": "24000000", "source": "wages", "housing": "rent"},
    "address": {"region": "浙江省杭州市上城区", "line": "望潮路 1 号", "postcode": "310000"},
    "mailing": {"to": "home"},
    "contact": {"name": "林初夏", "relation": "friend", "mobile": "13800003157"},
}


def at(day: str, clock: str = "10:00") -> datetime:
    """Give an instant on the bank's wall."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SHANGHAI).astimezone(UTC)


class Teller:
    """A customer at the cards room of a world."""

    def __init__(self, world: World, phone: Phone | None = None, fund: int = 20_000_000) -> None:
        self.world = world
        self.phone = world.bound(CHEN, fund) if phone is None else phone
        self.application = self.card = self.account = ""

    def call(self, code: str, **body: Any) -> Any:
        return self.world.call(self.phone, f"cards.{code}", body)

    # ── applying ──
    def draft(self, product: str = GOLD) -> str:
        self.application = self.call("application.create", product=product)["applicationId"]
        return self.application

    def fill(self, **changes: dict[str, str]) -> None:
        for section, answers in {**ANSWERS, **changes}.items():
            self.call("application.save", applicationId=self.application, section=section, answers=answers)

    def agree(self) -> None:
        for text in self.call("form")["texts"]:
            named = {name: text[name] for name in ("kind", "version", "sha256")}
            self.call("application.consent", applicationId=self.application, **named)

    def submit(self) -> Any:
        return self.call("application.submit", applicationId=self.application)

    def applied(self, product: str = GOLD, **changes: dict[str, str]) -> Any:
        self.draft(product)
        self.fill(**changes)
        self.agree()
        return self.submit()

    def state(self) -> str:
        return str(self.call("application.get", applicationId=self.application)["state"])

    # ── the bank ──
    @property
    def settlement(self) -> Settlement:
        return Settlement(self.world.now, self.world.new_id)

    def do(self, work: Any) -> Any:
        return retried(self.world.engine, work)

    def approve(self, line_fen: int | None = None) -> str:
        reviewing = self.world.cards.reviewing
        asked = (self.application, "chen.yu", "papers hold", line_fen)
        self.card = self.do(lambda session: reviewing.approve(session, *asked, self.settlement))
        return self.card

    def mail(self) -> None:
        self.world.relay.run()
        self.world.later(seconds=60)
        self.world.cards.work().look_for_mail()

    def tail(self) -> str:
        return str(self.world.sql("SELECT tail FROM credit_card WHERE card_id = :card", card=self.card)[0][0])

    def activate(self, tail: str | None = None) -> Any:
        given = self.tail() if tail is None else tail
        done = self.sign(self.call("contract.prepare", cardId=self.card, lastFour=given))
        self.account = self.call("get", cardId=self.card)["accountId"]
        return done

    def sign(self, asked: Any) -> Any:
        message = self.world.message(self.phone, asked["challengeId"])
        return self.world.approve(self.phone, asked["challengeId"], message)

    def mailed(self, product: str = GOLD, line_fen: int | None = None) -> "Teller":
        self.applied(product)
        self.approve(line_fen)
        self.mail()
        return self

    def ready(self, product: str = GOLD, line_fen: int | None = None) -> "Teller":
        self.mailed(product, line_fen).activate()
        return self

    # ── spending ──
    def authorise(self, fen: int, reference: str, kind: str = "PURCHASE") -> None:
        asked = Purchase(reference, kind, fen, "书店")
        self.world.cards.acquiring.authorise(self.world.engine, self.card, asked, self.world.now)

    def post(self, reference: str, fen: int | None = None) -> None:
        acquiring = self.world.cards.acquiring
        self.do(lambda session: acquiring.post(session, reference, fen, self.world.now))

    def spend(self, fen: int, reference: str | None = None, kind: str = "PURCHASE") -> str:
        name = self.world.new_id("acq") if reference is None else reference
        self.authorise(fen, name, kind)
        self.post(name)
        return name

    def refund(self, of: str, fen: int, reference: str = "rfd_1") -> None:
        acquiring = self.world.cards.acquiring
        self.do(lambda session: acquiring.refund(session, reference, of, fen, self.world.now))

    def repay(self, fen: int) -> Any:
        return self.sign(self.prepare(fen))

    def prepare(self, fen: int) -> Any:
        body = {"accountId": self.account, "payerAccountId": self.phone.account_id, "amountFen": fen}
        return self.call("repay.prepare", **body)

    def autopay(self, share: str = "FULL") -> Any:
        body = {"accountId": self.account, "payerAccountId": self.phone.account_id, "share": share}
        return self.sign(self.call("autopay.prepare", **body))

    # ── time ──
    def until(self, day: str, clock: str = "10:00", step: int = 1) -> None:
        """Let the days pass: every so many of them the jobs run, as a worker does them."""
        end = at(day, clock)
        while self.world.now < end:
            self.world.now = min(self.world.now + timedelta(days=step), end)
            self.night()

    def night(self) -> None:
        for name in ("cards.statements", "cards.due", "cards.autopay"):
            self.run(name, self.world.now.astimezone(SHANGHAI).date().isoformat())
        self.world.relay.run()

    def run(self, name: str, slot: str) -> list[Batch]:
        job = next(job for job in self.world.cards.jobs() if job.name == name)
        assert isinstance(job.work, Batches)
        step = job.work.step
        batches = [Batch("", 0, finished=False)]
        while not batches[-1].finished:
            turn = Turn(slot, batches[-1].cursor, sum(batch.done for batch in batches), self.world.now)
            batches.append(self.do(lambda session, turn=turn: step(session, turn)))
        return batches[1:]

    def seen(self) -> Any:
        return self.call("account.get", accountId=self.account)

    def bills(self) -> list[Any]:
        return list(self.call("bill.list", accountId=self.account, limit=50)["bills"])

    def entries(self) -> list[tuple[str, int]]:
        """Give kind and amount of each entry, the oldest first."""
        listed = self.call("entry.list", accountId=self.account, limit=100)["entries"]
        return [(entry["kind"], entry["amountFen"]) for entry in reversed(listed)]

    def holds(self) -> bool:
        """Tell whether the account's buckets are the sums of its entries, within its line."""
        kept = self._of("SELECT principal_fen, cash_fen, interest_fen, fee_fen, held_fen FROM card_account")
        entries = "SELECT SUM(principal_fen), SUM(cash_fen), SUM(interest_fen), SUM(fee_fen) FROM card_entry"
        held = "SELECT COALESCE(SUM(CASE WHEN state = 'HELD' THEN amount_fen END), 0) FROM card_authorisation"
        summed = (*self._of(entries), *self._of(held))
        (within,) = self._of("SELECT principal_fen + cash_fen + held_fen <= line_fen FROM card_account")
        return kept == tuple(int(fen or 0) for fen in summed) and bool(within)

    def _of(self, query: str) -> tuple[Any, ...]:
        """Read one row about this account."""
        (row,) = self.world.sql(f"{query} WHERE account_id = :account", account=self.account)
        return tuple(row)
