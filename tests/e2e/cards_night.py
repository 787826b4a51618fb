"""What the bank does overnight for cards, done at once on a server's own database: mail arrives, a cycle closes.

Run as ``python -m tests.e2e.cards_night mail`` or ``bill`` with the server's environment.
"""

import sys
from datetime import timedelta

from sqlalchemy import func, select

import app
from bff.cards.models import CardAccount
from bff.cards.room import Cards
from bff.db.engine import retried
from bff.jobs import Batches, Turn


def bill(room: Cards) -> str:
    """Run the job of statements as on the day after the cycles that are open close."""
    given = room.given
    closes = retried(given.engine, lambda session: session.scalar(select(func.max(CardAccount.next_close))), writing=False)
    work = next(job.work for job in room.jobs() if job.name == "cards.statements")
    assert isinstance(work, Batches)
    assert closes is not None
    turn = Turn((closes + timedelta(days=1)).isoformat(), "", 0, given.clock())
    return retried(given.engine, lambda session: work.step(session, turn)).outcome


if __name__ == "__main__":
    cards = app.open_prepared(app.read_settings()).house.cards
    print(cards.work().look_for_mail() if sys.argv[1:] == ["mail"] else bill(cards))  # noqa: T201 — what came of it
