"""Executing at the core exactly once: a sequence number that may have been sent is asked about before it is sent again.

The first sending of all needs no question: the outbox says which that is (``Topic.first``). A core that meets a number
twice all the same executes it once; that is its own promise (``CoreBank``).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bff.core_bank.port import (
    BatchTransfer,
    CoreBank,
    CoreError,
    CoreQuery,
    CoreReceipt,
    CoreRefusedError,
    CoreStatus,
    CoreUnknownError,
    check_batch,
)
from bff.kinds import CURRENCY, instant


def execute(core: CoreBank, sequence: str, send: Callable[[], CoreReceipt], *, first: bool = False) -> CoreReceipt:
    """Give the receipt of ``sequence``; call ``send`` only when the core has never heard of it.

    Args:
        core: the core bank.
        sequence: the consumer's sequence number under which ``send`` would act.
        send: calls one verb under that very number.
        first: nobody can have sent the number before.

    Raises:
        CoreUnknownError: nobody knows yet; ask again later.
        CoreRefusedError: the core said no.
    """
    if first:
        return send()
    known = core.query(sequence)
    if known.status is CoreStatus.ABSENT:
        return send()
    if known.status is CoreStatus.FAILED:
        raise CoreRefusedError(known.reason)
    if known.status is CoreStatus.SUCCESS and known.receipt is not None:
        return known.receipt
    raise CoreUnknownError(sequence)


def transfer(
    core: CoreBank, key: str, *, payer: str, payee: str, amount: int, memo: str, told: str, first: bool = False
) -> Mapping[str, Any]:
    """Have the core move money at once, under the sequence number ``key``.

    Args:
        core: the core bank.
        key: idempotency key of the delivery.
        payer: account at the core, or a class I card.
        payee: account at the core.
        amount: fen.
        memo: what both sides read.
        told: the customer's account among them, whose balance is wanted too.
        first: nobody can have sent ``key`` before.

    Raises:
        CoreUnknownError, CoreRefusedError: as ``execute``.

    Returns:
        Members of a result: ``sequence, verb, reference, postings, executedAt``, and the balance when the core says.
    """
    receipt = execute(
        core,
        key,
        lambda: core.transfer(sequence=key, payer=payer, payee=payee, amount=amount, currency=CURRENCY, memo=memo),
        first=first,
    )
    _require_amount(receipt, amount)
    return {**_members(receipt), **told_balance(core, told, receipt)}


def debit(core: CoreBank, order_id: str, *, payer: str, payee: str, amount: int, memo: str) -> Mapping[str, Any]:
    """Have the core debit an order in two phases, hold and post; every sequence number derives from the order's id.

    Raises:
        CoreUnknownError: nobody knows yet; ask again later.
        CoreRefusedError: the core said no; what was held is free again.

    Returns:
        Members of a result, as ``transfer`` gives them.
    """
    sequence = f"{order_id}.hold"
    held = execute(
        core, sequence, lambda: core.hold(sequence=sequence, account=payer, amount=amount, currency=CURRENCY)
    )
    receipt = _post(core, order_id, held.reference, payee, memo)
    _require_amount(receipt, amount)
    return {**_members(receipt), **told_balance(core, payer, receipt)}


def money(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what ``transfer`` and ``debit`` are told of a movement that an outbox message describes."""
    whole = {name: payload[name] for name in ("payer", "payee", "memo")}
    return {**whole, "amount": payload["amountFen"]}


def _post(core: CoreBank, order_id: str, hold: str, payee: str, memo: str) -> CoreReceipt:
    """Post the hold; when the core refuses, give the hold back before the refusal counts."""
    sequence, void = f"{order_id}.post", f"{order_id}.void"
    try:
        return execute(core, sequence, lambda: core.post(sequence=sequence, hold=hold, payee=payee, memo=memo))
    except CoreRefusedError:
        execute(core, void, lambda: core.void(sequence=void, hold=hold))
        raise


def _require_amount(receipt: CoreReceipt, amount: int) -> None:
    """Take no receipt for ours that moved another amount: neither a posting nor a question names it on the wire."""
    if sum(posting.amount for posting in receipt.postings if posting.amount > 0) != amount:
        raise CoreUnknownError(receipt.sequence)


def _members(receipt: CoreReceipt) -> Mapping[str, Any]:
    return {
        "sequence": receipt.sequence,
        "verb": receipt.verb,
        "reference": receipt.reference,
        "postings": [
            {"account": posting.account, "amountFen": posting.amount, "currency": posting.currency}
            for posting in receipt.postings
        ],
        "executedAt": instant(receipt.executed_at),
    }


def execute_many(core: CoreBank, transfers: Sequence[BatchTransfer]) -> tuple[CoreQuery, ...]:
    """Give what became of each transfer; send, in one batch, those of which the core has never heard.

    Args:
        core: the core bank.
        transfers: 1 to ``MAX_BATCH``.

    Returns:
        For each: S with its receipt, F with the reason; U or ABSENT means that nobody knows yet: ask again later.

    Raises:
        CoreRefusedError: CONTENT_INVALID or SEQUENCE_INVALID, the batch is none.
    """
    check_batch(transfers)
    known: list[CoreQuery] = []
    for one in transfers:
        known.append(core.query(one.sequence))
        if known[-1].status is CoreStatus.UNKNOWN:  # the next question would wait as long for nothing
            return (*known, *[CoreQuery(CoreStatus.UNKNOWN)] * (len(transfers) - len(known)))
    absent = [index for index, told in enumerate(known) if told.status is CoreStatus.ABSENT]
    if absent:
        sent = core.transfer_many([transfers[index] for index in absent])
        for index, told in zip(absent, sent, strict=True):
            known[index] = told
    return tuple(known)


def told_balance(core: CoreBank, account: str, receipt: CoreReceipt) -> Mapping[str, int]:
    """Give the balance after a movement, as members of a result: from its receipt, or asked for; empty when unknown.

    The movement is done by then: whatever the core answers here must not pass for the answer to the movement.
    """
    for left in receipt.left:
        if left.account == account:
            return {"balanceFen": left.balance, "availableFen": left.available}
    try:
        seen = core.enquire(account)
    except CoreError:
        return {}
    return {"balanceFen": seen.balance, "availableFen": seen.available}
