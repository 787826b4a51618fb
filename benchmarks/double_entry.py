"""The limit that money has on a database: a bare double-entry write, committed.

One row of a journal, two postings and two balances, prepared once, in one durable transaction of the house's own: what
any double-entry core does for one transfer, and nothing else.
"""

from dataclasses import dataclass
from typing import Any

from measuring import Sample, repeated, together
from sqlalchemy import BigInteger, Column, Engine, Integer, MetaData, String, Table, bindparam, insert, update

from bff.db.engine import retried, transaction

RICH = 10**12
_bare = MetaData()
_JOURNAL = Table("bare_journal", _bare, Column("id", Integer, primary_key=True), Column("memo", String(200)))
_POSTING = Table(
    "bare_posting",
    _bare,
    Column("id", Integer, primary_key=True),
    Column("journal", Integer),
    Column("account", Integer),
    Column("amount", BigInteger),
)
_ACCOUNT = Table(
    "bare_account", _bare, Column("id", Integer, primary_key=True, autoincrement=False), Column("balance", BigInteger)
)
_POST = insert(_POSTING)
_ENTER = insert(_JOURNAL)
_MOVE = (
    update(_ACCOUNT)
    .where(_ACCOUNT.c.id == bindparam("account"))
    .values(balance=_ACCOUNT.c.balance + bindparam("amount"))
)


@dataclass
class Bare:
    """Tables of its own beside the ledger's, with a payer and a payee for each client."""

    engine: Engine
    clients: int

    def __post_init__(self) -> None:
        """Make tables and accounts."""
        _bare.create_all(self.engine)
        with transaction(self.engine) as session:
            rows = [{"id": number, "balance": RICH} for number in range(1, 2 * self.clients + 1)]
            session.execute(insert(_ACCOUNT), rows)

    def write(self, client: int = 0) -> None:
        """Commit one transfer of one client."""
        payer, payee = 1 + client, 1 + self.clients + client

        def step(session: Any) -> None:
            journal = session.execute(_ENTER, {"memo": "benchmark"}).inserted_primary_key[0]
            sides = [{"account": payer, "amount": -1}, {"account": payee, "amount": 1}]
            session.execute(_POST, [{"journal": journal, **side} for side in sides])
            session.connection().execute(_MOVE, sides)

        retried(self.engine, step)

    def alone(self, seconds: float) -> Sample:
        """Write again and again as one client."""
        return repeated(self.write, seconds)

    def crowd(self, seconds: float) -> Sample:
        """Write again and again as all clients at once."""
        return together([lambda client=client: self._again(client, seconds) for client in range(self.clients)])

    def _again(self, client: int, seconds: float) -> Sample:
        return repeated(lambda: self.write(client), seconds)
