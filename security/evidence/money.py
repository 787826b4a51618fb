"""The last links: ``money``, what the core posted, and ``outcome``, how the order ended."""

from collections import defaultdict
from typing import Final

from security.approvals import memo_decode
from security.errors import ApprovalError, EvidenceError
from security.evidence.bodies import Executed, Refunded, Settled, Story, Used
from security.evidence.file import FileEntry
from security.evidence.shares import check_bought, confirmation, worth

UNDONE: Final = frozenset({"REJECTED", "FAILED", "CANCELLED"})
"""Order states in which no money has moved."""
_NOTHING: Final = "No money moved: none was signed for, and the core executed no posting for this order."
OPEN: Final = frozenset({"CREATED", "QUOTA_HELD", "UNKNOWN", "CORE_UNKNOWN"})
"""Order states that are no outcome yet."""


def check_money(story: Story) -> str:
    """Hold that the core moved exactly what was signed for, and nothing for an undone order.

    An order of money moves the signed amount between the signed accounts; when it was refunded, a second execution
    moved exactly that back. An order of shares moves what the signed shares were worth by the net value that its
    confirmation names. An order of neither, such as an agreement, moves nothing; an order that it placed, when one is
    shown, moved what its entry says between the accounts of the agreement, after the agreement was signed.

    Raises:
        EvidenceError: link ``money``.
    """
    amount = _fen(story.field("amt"))
    if story.placed.amount_fen != amount:
        raise EvidenceError(link="money", detail="the order's amount is not the signed one")
    shares = _check_memo(story)
    moved = _moved(story)
    if not moved and amount == 0 and shares is None:
        shown = [one for one in story.file.entries if one.kind == "agreement.used" and one.body is not None]
        return _NOTHING + "".join(_used(story, entry, entry.read(Used, "money")) for entry in shown)
    if not moved and _settled(story, "money").state in UNDONE:
        return "No money moved: the core executed no posting for this order."
    refunded = _refunded(story, "money") is not None
    if len(moved) != 1 + refunded:
        raise EvidenceError(link="money", detail=f"{len(moved)} executions moved money, there must be {1 + refunded}")
    if moved[0][0].seq < max(story.placed_entry.seq, story.approved_entry.seq):
        raise EvidenceError(link="money", detail="the money moved before the approval was recorded")
    due = amount if shares is None else worth(story, shares, moved[0][0].seq)
    _check_postings(story, moved[0][1], due)
    said = f"exactly {story.field('cur')} {due // 100}.{due % 100:02d}"
    if shares is not None:
        said += f", what {shares} shares were worth by the net value of the confirmation"
    told = _told(story, moved[0][1], said)
    if not refunded:
        return told
    _check_postings(story, moved[1][1], -due)
    again = moved[1][1]
    return (
        f"{told} It was refunded: {again.verb} {again.reference} at {again.executed_at} moved exactly the same back, "
        "so debit and refund cancel each other."
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
    moved = bool(_moved(story, "outcome"))
    undone = settled.state in UNDONE or (_fen(story.field("amt")) == 0 and story.placed.shares is None)
    if settled.state in OPEN or moved == undone:
        raise EvidenceError(link="outcome", detail=f"state {settled.state} is no outcome, or contradicts the money")
    because = f" ({settled.reason})" if settled.reason else ""
    return (
        f"Order {story.file.order} of operation {story.placed.operation_id} for {story.placed.product}, under rules "
        f"{story.placed.rule_version}, ended {settled.state}{because} at {entry.at_text}."
    ) + _afterwards(story)


def _afterwards(story: Story) -> str:
    """Tell what became of a purchase that had been taken: paid back, or confirmed at a net value."""
    refunded = _refunded(story, "outcome")
    if refunded is not None:
        return f" Afterwards it was {refunded.state} ({refunded.reason})."
    if story.placed.shares is not None or not story.file.find("order.confirmed", story.file.order):
        return ""
    confirmed, _ = confirmation(story, "outcome")
    check_bought(confirmed, _fen(story.field("amt")), "outcome")
    return f" It was confirmed at the net value {confirmed.nav} of {confirmed.nav_date} as {confirmed.shares} shares."


def _moved(story: Story, link: str = "money") -> list[tuple[FileEntry, Executed]]:
    """Give the executions that moved money, in their order; each is of this order."""
    return _executions(story, story.file.order, link)


def _executions(story: Story, order: str, link: str) -> list[tuple[FileEntry, Executed]]:
    executions = [(entry, entry.read(Executed, link)) for entry in story.file.find("core.executed", order)]
    if any(executed.order_id != order for _, executed in executions if executed.postings):
        raise EvidenceError(link=link, detail="the execution is another order's")
    return [(entry, executed) for entry, executed in executions if executed.postings]


def _refunded(story: Story, link: str) -> Refunded | None:
    """Read the entry that says that the order was paid back, if there is one."""
    if not story.file.find("order.refunded", story.file.order):
        return None
    refunded = story.file.one("order.refunded", story.file.order, link).read(Refunded, link)
    if refunded.order_id != story.file.order:
        raise EvidenceError(link=link, detail="the refund is another order's")
    return refunded


def _used(story: Story, entry: FileEntry, used: Used) -> str:
    """Hold an order that the agreement placed to what was signed: from whom, to whom, and not before."""
    if used.agreement_id != story.file.order or used.order_id != entry.subject:
        raise EvidenceError(link="money", detail=f"order {entry.subject} was placed by another agreement")
    if entry.seq < max(story.placed_entry.seq, story.approved_entry.seq):
        raise EvidenceError(link="money", detail="the agreement was used before it was signed")
    executions = _executions(story, used.order_id, "money")
    if used.state in UNDONE and not executions:
        return f" Under it order {used.order_id} ended {used.state}: the core executed no posting for it."
    if len(executions) != 1 or used.state in UNDONE | OPEN:
        detail = f"order {used.order_id} ended {used.state} with {len(executions)} executions"
        raise EvidenceError(link="money", detail=detail)
    executed = executions[0][1]
    _check_postings(story, executed, used.amount_fen)
    said = f"exactly {story.field('cur')} {used.amount_fen // 100}.{used.amount_fen % 100:02d}"
    return f" Under it order {used.order_id} ended {used.state}. " + _told(story, executed, said)


def _told(story: Story, executed: Executed, what: str) -> str:
    return (
        f"The core executed {executed.verb} {executed.reference} at {executed.executed_at} under sequence number "
        f"{executed.sequence}: {story.field('payer')} was debited and {story.field('payee')} credited {what}; "
        "the postings sum to zero."
    )


def _settled(story: Story, link: str) -> Settled:
    return story.file.one("order.settled", story.file.order, link).read(Settled, link)


def _fen(amount: str) -> int:
    return int(amount.replace(".", ""))


def _check_memo(story: Story) -> str | None:
    """Hold the order's product and shares to the signed memo's; give the shares of an order of shares."""
    try:
        memo = memo_decode(story.field("memo"))
    except ApprovalError as error:
        raise EvidenceError(link="money", detail=error.detail) from error
    if memo.get("product") != story.placed.product:
        raise EvidenceError(link="money", detail="the order's product is not the signed one")
    if memo.get("shares") != story.placed.shares:
        raise EvidenceError(link="money", detail="the order's shares are not the signed ones")
    return memo.get("shares") if _fen(story.field("amt")) == 0 else None


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
