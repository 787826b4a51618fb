import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bff.core_bank.books import check_balanced
from bff.core_bank.port import CoreRefusedError, Posting
from tests.bff.core_bank.conftest import Bank

FEN = st.integers(-1, 400)
WHO = st.integers(0, 3)
STEPS = st.lists(
    st.tuples(st.sampled_from(["hold", "post", "void", "transfer", "reverse", "again"]), WHO, WHO, FEN), max_size=25
)
ROUND = itertools.count()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_is_asked_for_no_fen_appears_or_is_lost(bank: Bank, steps: list[tuple[str, int, int, int]]) -> None:
    name = f"round{next(ROUND)}"
    accounts = [bank.account(f"{name}.{index}", 500) for index in range(3)] + [bank.raising]
    holds, journals, calls = ["absent"], ["absent"], []
    for index, (verb, first, second, fen) in enumerate(steps):
        given_content: dict[str, dict[str, Any]] = {
            "hold": {"account": accounts[first], "amount": fen, "currency": "CNY"},
            "post": {"hold": holds[fen % len(holds)], "payee": accounts[second], "memo": "m"},
            "void": {"hold": holds[fen % len(holds)]},
            "transfer": {
                "payer": accounts[first],
                "payee": accounts[second],
                "amount": fen,
                "currency": "CNY",
                "memo": "m",
            },
            "reverse": {"journal": journals[fen % len(journals)], "memo": "m"},
        }
        if verb == "again" and calls:
            called, content, answer = calls[fen % len(calls)]
            assert outcome(bank, called, content) == answer
            continue
        if verb == "again":
            continue
        content = {"sequence": f"{name}.{index}", **given_content[verb]}
        answer = outcome(bank, verb, content)
        calls.append((verb, content, answer))
        if not isinstance(answer, str):
            {"hold": holds, "void": []}.get(verb, journals).append(answer.reference)
    bank.check_books()


def outcome(bank: Bank, verb: str, content: dict[str, Any]) -> Any:
    """Give the receipt, or the reason of a refusal; asking by the sequence number says the same."""
    try:
        answer = getattr(bank.core, verb)(**content)
    except CoreRefusedError as error:
        answer = error.reason
    known = bank.core.query(content["sequence"])
    assert answer == (known.receipt or known.reason)
    return answer


@pytest.mark.parametrize(
    "postings",
    [
        (),
        (Posting("a", 1, "CNY"),),
        (Posting("a", 1, "CNY"), Posting("b", -1, "USD")),
        (Posting("a", 2, "CNY"), Posting("b", -1, "CNY")),
    ],
)
def test_an_unbalanced_journal_is_a_mistake_of_ours(postings: tuple[Posting, ...]) -> None:
    with pytest.raises(ValueError, match="sums to zero"):
        check_balanced(postings)
