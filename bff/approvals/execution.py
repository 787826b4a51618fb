"""Executing at the core exactly once: a sequence number is asked about before it is ever sent (again)."""

from collections.abc import Callable, Mapping

from bff.core_bank.port import CoreBank, CoreError, CoreReceipt, CoreRefusedError, CoreStatus, CoreUnknownError


def execute(core: CoreBank, sequence: str, send: Callable[[], CoreReceipt]) -> CoreReceipt:
    """Give the receipt of ``sequence``; call ``send`` only when the core has never heard of it.

    Args:
        core: the core bank.
        sequence: the consumer's sequence number under which ``send`` would act.
        send: calls one verb under that very number.

    Raises:
        CoreUnknownError: nobody knows yet; ask again later.
        CoreRefusedError: the core said no.
    """
    known = core.query(sequence)
    if known.status is CoreStatus.ABSENT:
        return send()
    if known.status is CoreStatus.FAILED:
        raise CoreRefusedError(known.reason)
    if known.status is CoreStatus.SUCCESS and known.receipt is not None:
        return known.receipt
    raise CoreUnknownError(sequence)


def told_balance(core: CoreBank, account: str) -> Mapping[str, int]:
    """Ask for the balance after a movement, as members of a result; empty when the core does not say.

    The movement is done by then: whatever the core answers here must not pass for the answer to the movement.
    """
    try:
        seen = core.enquire(account)
    except CoreError:
        return {}
    return {"balanceFen": seen.balance, "availableFen": seen.available}
