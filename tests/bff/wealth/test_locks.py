"""One order of locks: transactions that take the same rows in two orders kill each other as deadlocks on a server."""

import pytest
from sqlalchemy import Connection, event

from tests.bff.wealth.world import World

ORDER = ("device_day", "product_quota", "account", "evidence_head")


def locked(world: World) -> list[list[str]]:
    """Watch the engine: for each transaction, the contended tables in the order in which it first locks them."""
    transactions: list[list[str]] = []

    def begin(_connection: Connection) -> None:
        transactions.append([])

    def execute(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        for table in ORDER:
            locks = statement.startswith(f"UPDATE {table} ") or (table == "evidence_head" and table in statement)
            if locks and table not in transactions[-1]:
                transactions[-1].append(table)

    event.listen(world.engine, "begin", begin)
    event.listen(world.engine, "before_cursor_execute", execute)
    return transactions


@pytest.mark.parametrize("fault", ["", "refuse:ACCOUNT_FROZEN"])
def test_placing_and_settling_lock_in_one_order(world: World, fault: str) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    message = world.message(phone, challenge)
    if fault:
        world.core.faults["transfer"] = [fault]
    transactions = locked(world)
    world.approve(phone, challenge, message)
    contended = [tables for tables in transactions if len(tables) > 1]
    assert len(contended) == 2, "the placing and the settling transaction"
    for tables in contended:
        assert {"evidence_head", "product_quota"} <= set(tables)
        assert tables == [table for table in ORDER if table in tables]
