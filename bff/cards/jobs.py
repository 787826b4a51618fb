"""The recurring work of the cards room: cards in the making, bills, what was not repaid, agreements, what lapses."""

from dataclasses import dataclass
from datetime import time
from functools import partial
from typing import Final

from sqlalchemy import Engine

from bff.cards import holding, issuing
from bff.cards.acquiring import Acquiring
from bff.cards.autopay import Autopay
from bff.cards.billing import Billing
from bff.cards.issuing import Producing
from bff.cards.ports import ProducerState
from bff.core_bank.port import CoreError
from bff.db.engine import retried
from bff.jobs import Batches, Daily, Every, Job, Whole
from bff.kinds import Clock, NewId
from bff.outbox import Settlement
from bff.products.rulepacks import RulePacks

BILLS_AT: Final = time(0, 30)
REPAY_AT: Final = time(9)
MAILING_SECONDS: Final = 30
BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class CardJobs:
    """What the jobs work with."""

    engine: Engine
    clock: Clock
    new_id: NewId
    billing: Billing
    autopay: Autopay
    producing: Producing
    acquiring: Acquiring
    packs: RulePacks

    def jobs(self) -> tuple[Job, ...]:
        """Give the jobs."""
        return (
            Job("cards.statements", Daily(BILLS_AT), Batches(self.billing.close), "cards"),
            Job("cards.due", Daily(BILLS_AT), Batches(self.billing.assess), "cards"),
            Job("cards.autopay", Daily(REPAY_AT), Batches(partial(self.autopay.step, self.new_id)), "cards"),
            Job("cards.mailing", Every(MAILING_SECONDS), Whole(self.look_for_mail)),
            Job("cards.expiry", Every(3600), Whole(self.expire)),
        )

    def look_for_mail(self) -> str:
        """Ask the producer about every card in the making; nothing is asked within a transaction."""
        after, asked, mailed = "", 0, 0
        while ids := retried(self.engine, partial(issuing.embossing, after=after, limit=BATCH), writing=False):
            for card_id in ids:
                mailed += self._ask(card_id)
            asked, after = asked + len(ids), ids[-1]
        return f"{mailed} of {asked} cards in the making were mailed"

    def expire(self) -> str:
        """End what was left alone, and give back holds that nobody posted."""
        at = Settlement(self.clock(), self.new_id)
        ended = retried(self.engine, lambda session: holding.expire(session, self.packs, at))
        lapsed = 0
        while some := retried(self.engine, lambda session: self.acquiring.lapse(session, at.now, BATCH)):
            lapsed += some
        return f"{ended} applications and cards ended, {lapsed} holds lapsed"

    def _ask(self, card_id: str) -> bool:
        try:
            seen = self.producing.ask(card_id)
        except CoreError:
            return False  # the next run asks again
        if seen.state is not ProducerState.MAILED:
            return False
        now = self.clock()
        return retried(
            self.engine, lambda session: self.producing.mailed(session, card_id, seen.letter, seen.mailed_at or now)
        )
