"""The last links: ``money``, what the core posted, and ``outcome``, how the order ended."""

from collections import defaultdict
from typing import Final

from security.approvals import memo_decode
from security.errors import ApprovalError, EvidenceError
from security.evidence.bodies import Executed, Settled, Story

UNDONE: Final = frozenset({"REJECTED", "FAILED"})
"""Order states in which no money has moved."""
OPEN: Final = frozenset({"CREATED", "QUOTA_HELD", "UNKNOWN", "CORE_UNKNOWN"})
"""Order states that are no outcome yet."""


def check_money(story: Story) -> str:
    """Hold that the core moved exactly the signed amount between the signed accounts, or nothing for an undone order.

    An order of no amount, such as an agreement, moves nothing.

    Raises:
        EvidenceError: link ``money``.
    """
    amount = _fen(story.field("amt"))
    if story.placed.amount_fen != amount:
        raise EvidenceError(link="money", detail="the order's amount is not the signed one")
    _check_product(story)
    entries = story.file.find("core.executed", story.file.order)
    executions = [(entry, entry.read(Executed, "money")) for entry in entries]
    moved = [(entry, executed) for entry, executed in executions if executed.postings]
    if not moved and amount == 0:
        return "No money moved: none was signed for, and the core executed no posting for this order."
    if not moved and _settled(story, "money").state in UNDONE:
        return "No money moved: the core executed no posting for this order."
    if len(moved) != 1:
        raise EvidenceError(link="money", detail=f"{len(moved)} executions moved money, there must be one")
    entry, executed = moved[0]
    if executed.order_id != story.file.order:
        raise EvidenceError(link="money", detail="the execution is another order's")
    if entry.seq < max(story.placed_entry.seq, story.approved_entry.seq):
        raise EvidenceError(link="money", detail="the money moved before the approval was recorded")
    _check_postings(story, executed, amount)
    return (
        f"The core executed {executed.verb} {executed.reference} at {executed.executed_at} under sequence number "
        f"{executed.sequence}: {story.field('payer')} was debited and {story.field('payee')} credited exactly "
        f"{story.field('cur')} {story.field('amt')}; the postings sum to zero."
    )


def check_outcome(story: Story) -> str:
    """Hold that the order of this operation ended, and how.

    Raises:
        EvidenceError: link ``outcome``.
    """
    entry = story.file.one("order.settled", story.file.order, "outcome")
    settled = _settled(story, "outcome")
    if settled.order_id != story.file.order or story.placed.order_id != story.file.order:
        raise EvidenceError(link="outcome", detail="the order's ids differ")
    if entry.seq < story.placed_entry.seq:
        raise EvidenceError(link="outcome", detail="the order was settled before it was placed")
    moved = any(
        executed.read(Executed, "outcome").postings for executed in story.file.find("core.executed", story.file.order)
    )
    undone = settled.state in UNDONE or _fen(story.field("amt")) == 0
    if settled.state in OPEN or moved == undone:
        raise EvidenceError(link="outcome", detail=f"state {settled.state} is no outcome, or contradicts the money")
    because = f" ({settled.reason})" if settled.reason else ""
    return (
        f"Order {story.file.order} of operation {story.placed.operation_id} for {story.placed.product}, under rules "
        f"{story.placed.rule_version}, ended {settled.state}{because} at {entry.at_text}."
    )


def _settled(story: Story, link: str) -> Settled:
    return story.file.one("order.settled", story.file.order, link).read(Settled, link)


def _fen(amount: str) -> int:
    return int(amount.replace(".", ""))


def _check_product(story: Story) -> None:
    try:
        product = memo_decode(story.field("memo")).get("product")
    except ApprovalError as error:
        raise EvidenceError(link="money", detail=error.detail) from error
    if product != story.placed.product:
        raise EvidenceError(link="money", detail="the order's product is not the signed one")


def _check_postings(story: Story, executed: Executed, amount: int) -> None:
    sums: dict[str, int] = defaultdict(int)
    accounts: dict[str, int] = defaultdict(int)
    for posting in executed.postings:
        sums[posting.currency] += posting.amount_fen
        accounts[posting.account] += posting.amount_fen
    if any(sums.values()) or set(sums) != {story.field("cur")}:
        raise EvidenceError(link="money", detail="the postings do not sum to zero in the signed currency")
    if dict(accounts) != {story.field("payer"): -amount, story.field("payee"): amount}:
        raise EvidenceError(link="money", detail="the postings are not the signed amount between the signed accounts")
