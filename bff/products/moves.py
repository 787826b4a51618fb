"""Moves of a product's state of sale as papers: what does not stop a sale counts once a second person has checked it.

Invariants: a move is checked on the business date on which it was proposed, and while the product has not moved since:
after a sale was stopped no paper of before opens it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import msgspec
from sqlalchemy.orm import Session

from bff.kinds import business_date, instant
from bff.products.definitions import Code, State, from_yaml, text_of
from bff.products.errors import PaperError, ProductDataError
from bff.products.models import Paper
from bff.products.papers import Draft
from bff.products.warehouse import Warehouse
from security.encoding import digest

Instant = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One move, as it is signed.

    Attributes:
        since: when the product came into ``from_state``.
        at: when the move was proposed.
    """

    product: Code
    from_state: State
    to_state: State
    since: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class StateDrafts:
    """Moves of states of sale."""

    warehouse: Warehouse
    name: str = "state"

    def written(self, session: Session, code: str, from_state: str, to_state: str, now: datetime) -> bytes:
        """Write a move down for its maker to sign.

        Raises:
            NotFoundError: there is no product of that code.
            ProductStateError: it is in another state, or its family allows no such move.
        """
        family = self.warehouse.family_of(session, code)
        since = self.warehouse.require_move(session, family, code, {from_state}, to_state).updated_at
        times = {"since": instant(since), "at": instant(now)}
        return text_of(Move(product=code, from_state=from_state, to_state=to_state, **times)).encode()

    def draft(self, raw: bytes, file: str, family: str) -> Draft:
        """Read a move; its version is its states with the first digits of its digest."""
        made = from_yaml(raw, Move, file)
        text = text_of(made)
        version = f"{made.from_state}-{made.to_state}-{digest(text.encode())[:8]}"
        return Draft(made.product, version, business_date(datetime.fromisoformat(made.at)), text, family)

    def admit(self, session: Session, draft: Draft, today: date) -> None:
        """Refuse a move that the product does not make now, and one of another day."""
        made = _read(draft.code, draft.text)
        family = self.warehouse.family(draft.family)
        states = ({made.from_state}, made.to_state)
        self.warehouse.require_move(session, family, made.product, *states, since=made.since)
        if draft.valid_from != today:
            said = f"it was proposed on {draft.valid_from}: a move is checked on the day on which it was proposed"
            raise PaperError(detail=said)

    def land(self, session: Session, paper: Paper, now: datetime) -> None:
        """Move the product."""
        made = _read(paper.code, paper.text)
        family, by = self.warehouse.family(paper.family), f"{paper.maker} and {paper.checker}"
        states = ({made.from_state}, made.to_state)
        self.warehouse.move(session, family, made.product, *states, by=by, now=now, since=made.since)

    def standing(self, session: Session) -> Sequence[Draft]:
        """Give nothing: no move ships."""
        del session
        return ()


def _read(code: str, text: str) -> Move:
    """Read the move of a paper, which says of the very product under whose code it is kept."""
    made = msgspec.json.decode(text, type=Move)
    if made.product != code:
        raise ProductDataError(detail=f"{code}: the paper is of {made.product}")
    return made
