"""The warehouse: products of every family as they are on a business date, their states of sale and their quota.

Invariants: a version of a definition is never changed once it is written, and one whose text differs from its SHA-256
is not sold; ``held + confirmed ≤ total`` at every instant; each change of a state or a counter is one conditional
UPDATE whose row count is looked at, so that no racer acts on a figure that another has changed.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, Generic

from sqlalchemy import Row, Select, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from bff import audit
from bff.db.base import table_of
from bff.db.prepared import Prepared
from bff.db.statements import changed, insert_new
from bff.errors import NotFoundError
from bff.kinds import instant
from bff.products.definitions import Definition, Family, Kind, read_definition, text_of
from bff.products.errors import (
    ProductChangedError,
    ProductClosedError,
    ProductDataError,
    ProductStateError,
    QuotaGoneError,
)
from bff.products.models import Product, ProductQuota, ProductVersion
from security.encoding import digest

CHECKED: Final = "CHECKED"
"""The state of a version that goes, or went, on sale on its day."""
REMEMBERED: Final = 512
"""Of how many texts a process remembers what they say."""
SHIPPED: Final = "shipped"
"""Who made and checked a definition that a sandbox took from the files that ship with the bank."""
_product: Final = table_of(Product)
_version: Final = table_of(ProductVersion)
_quota: Final = table_of(ProductQuota)
_HOLD: Final = Prepared(
    update(_quota)
    .where(
        _quota.c.code == bindparam("wanted"),
        _quota.c.held_fen + _quota.c.confirmed_fen + bindparam("by") <= bindparam("most"),
    )
    .values(held_fen=_quota.c.held_fen + bindparam("by"), total_fen=bindparam("most"))
)
_FROM_HELD: Final = Prepared(
    update(_quota)
    .where(_quota.c.code == bindparam("wanted"), _quota.c.held_fen >= bindparam("by"))
    .values(held_fen=_quota.c.held_fen - bindparam("by"), confirmed_fen=_quota.c.confirmed_fen + bindparam("more"))
)
_GIVE_BACK: Final = Prepared(
    update(_quota)
    .where(_quota.c.code == bindparam("wanted"), _quota.c.confirmed_fen >= bindparam("by"))
    .values(confirmed_fen=_quota.c.confirmed_fen - bindparam("by"))
)
_OF_FAMILY: Final = (_product.c.code == _version.c.code) & (_product.c.family == bindparam("family"))
_IN_FORCE: Final = (_version.c.state == CHECKED) & (_version.c.valid_from <= bindparam("day"))
_NEWEST: Final = (_version.c.valid_from.desc(), _version.c.checked_at.desc(), _version.c.version.desc())
_TEXT: Final = (_version.c.code, _version.c.version, _version.c.definition, _version.c.digest)
_NOW: Final = (*_TEXT, _product.c.state, _quota.c.held_fen, _quota.c.confirmed_fen)
_WITH_STATE: Final[Select[Any]] = (
    select(*_NOW)
    .join_from(_version, _product, _OF_FAMILY)
    .outerjoin(_quota, _quota.c.code == _version.c.code)
    .where(_IN_FORCE)
)
_ONE: Final = Prepared(_WITH_STATE.where(_version.c.code == bindparam("wanted")).order_by(*_NEWEST).limit(1))
_rank: Final = func.row_number().over(partition_by=_version.c.code, order_by=_NEWEST).label("rank")
_ranked: Final = select(_version.c.code, _version.c.version, _rank).where(_IN_FORCE).subquery()
_ALL: Final = _WITH_STATE.join(
    _ranked, (_ranked.c.code == _version.c.code) & (_ranked.c.version == _version.c.version) & (_ranked.c.rank == 1)
).order_by(_version.c.code)
_KNOWN: Final[Select[Any]] = select(*_TEXT).where(
    _version.c.code == bindparam("wanted"), _version.c.version == bindparam("of")
)
_SOLD: Final = _KNOWN.join_from(_version, _product, _OF_FAMILY).where(_version.c.state == CHECKED)
_STATE: Final[Select[Any]] = select(_product.c.state, _product.c.updated_at).where(
    _product.c.code == bindparam("wanted"), _product.c.family == bindparam("family")
)
_OWNER: Final = select(_product.c.family).where(_product.c.code == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class OnSale(Generic[Kind]):
    """A product as it is on a day: the version in force, its state of sale, its quota in fen.

    Attributes:
        takes_orders: whether its state is one in which orders are taken.
        quota_total_fen, quota_left_fen: by the version in force; both 0 in a family without quotas.
    """

    definition: Kind
    state: str
    takes_orders: bool
    quota_total_fen: int
    quota_left_fen: int

    def require_open(self) -> None:
        """Refuse a product that takes no orders."""
        if not self.takes_orders:
            raise ProductClosedError(detail=f"{self.definition.code} is {self.state}", product=self.definition.code)

    def require_version(self, shown: str | None) -> None:
        """Refuse an order that was frozen under another version than the one in force; None of before versions."""
        if shown not in {None, self.definition.version}:
            said = f"{self.definition.code} is sold under {self.definition.version} now, it was shown under {shown}"
            raise ProductChangedError(detail=said, product=self.definition.code)


@dataclass(frozen=True, slots=True)
class Checking:
    """Who made and checked a version, and when."""

    maker: str
    made_at: datetime
    checker: str
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Reads, moves and counts the products of its families."""

    families: tuple[Family[Any], ...]

    def family(self, name: str) -> Family[Any]:
        """Give a family by its name.

        Raises:
            NotFoundError: there is none of that name.
        """
        for family in self.families:
            if family.name == name:
                return family
        names = ", ".join(family.name for family in self.families)
        raise NotFoundError(detail=f"there is no family {name[:40]!r}: the families are {names}")

    def synchronise(self, session: Session, now: datetime) -> int:
        """Bring the versions that ship with the bank into the tables, as checked; tell how many. Again does 0.

        Raises:
            ProductDataError: a version is there already with another definition.
        """
        shipped = [(family, one) for family in self.families for one in family.shipped()]
        return sum(_stock(session, family, definition, now) for family, definition in shipped)

    def add(self, session: Session, family: Family[Any], definition: Definition, checking: Checking) -> None:
        """Bring a version in that a second person has checked: it is on sale from its day.

        Raises:
            ProductDataError: the version is there already, or the code is another family's.
        """
        self.require_new(session, family, definition)
        _write(session, family, definition, checking)

    def family_of(self, session: Session, code: str) -> Family[Any]:
        """Give the family of a product.

        Raises:
            NotFoundError: there is no product of that code.
        """
        name = session.scalar(_OWNER, {"wanted": code})
        if name is None:
            raise NotFoundError(detail=f"there is no product {code[:64]}")
        return self.family(name)

    def require_new(self, session: Session, family: Family[Any], definition: Definition) -> None:
        """Refuse a version that is there already, and a code of another family.

        Raises:
            ProductDataError: it is one of these.
        """
        code, version = definition.code, definition.version
        if session.execute(_KNOWN, {"wanted": code, "of": version}).first() is not None:
            raise ProductDataError(detail=f"{code} {version} is there already: a change needs a version of its own")
        owner = session.scalar(_OWNER, {"wanted": code})
        if owner not in {None, family.name}:
            raise ProductDataError(detail=f"{code} is a product of another family: {owner}")

    def versions(self, session: Session) -> Sequence[Row[Any]]:
        """Give every version of every product with its texts, people and state of sale, by code and day."""
        names = (*_TEXT, _version.c.valid_from, _version.c.maker, _version.c.checker, _version.c.checked_at)
        wanted: Select[Any] = select(*names, _product.c.family, _product.c.state).join_from(_version, _product)
        return session.execute(wanted.order_by(_version.c.code, *_NEWEST)).all()

    def get(self, session: Session, family: Family[Kind], code: str, day: date) -> OnSale[Kind]:
        """Give one product as it is on a business date.

        Raises:
            NotFoundError: the family has none of that code, or no version of it is in force on that day.
            ProductDataError: the definition is not the one that was checked.
        """
        row = _ONE.first(session, {"family": family.name, "wanted": code, "day": day})
        if row is None:
            raise NotFoundError(detail="there is no product of that code")
        return _on_sale(family, row)

    def on_sale(self, session: Session, family: Family[Kind], day: date) -> tuple[OnSale[Kind], ...]:
        """Give every product of a family of which a version is in force on a business date, by code."""
        rows = session.execute(_ALL, {"family": family.name, "day": day})
        return tuple(_on_sale(family, row) for row in rows)

    def version(self, session: Session, family: Family[Kind], code: str, version: str) -> Kind:
        """Give a version as it was checked, whether it is in force or not: the one an order was sold under.

        Raises:
            NotFoundError: there is no such version.
            ProductDataError: the definition is not the one that was checked.
        """
        row = session.execute(_SOLD, {"family": family.name, "wanted": code, "of": version}).first()
        if row is None:
            raise NotFoundError(detail="there is no such version of a product")
        return _definition(family, row)

    def require_move(
        self,
        session: Session,
        family: Family[Any],
        code: str,
        from_states: Collection[str],
        to: str,
        *,
        since: str | None = None,
    ) -> Row[Any]:
        """Give a product's state, and since when it is in it, when it may move from one of ``from_states`` now.

        Raises:
            NotFoundError: the family has no product of that code.
            ProductStateError: it is in none of these states, or not since then, or the family allows no such move.
        """
        found = session.execute(_STATE, {"wanted": code, "family": family.name}).first()
        if found is None:
            raise NotFoundError(detail="there is no product of that code")
        state = found.state
        if state not in from_states:
            raise ProductStateError(detail=f"{code} is {state}, not {' or '.join(sorted(from_states))}", state=state)
        if to not in family.moves.get(state, ()):
            raise ProductStateError(detail=f"{code} is {state}: it does not become {to}", state=state)
        if since not in {None, instant(found.updated_at)}:
            said = f"{code} is {state} since {instant(found.updated_at)}, not {since}: it moved meanwhile"
            raise ProductStateError(detail=said, state=state)
        return found

    def move(
        self,
        session: Session,
        family: Family[Any],
        code: str,
        from_states: Collection[str],
        to: str,
        *,
        by: str,
        now: datetime,
        since: str | None = None,
    ) -> None:
        """Move a product from one of ``from_states`` to another state of sale, with evidence.

        Raises:
            NotFoundError, ProductStateError: as ``require_move``, or another moved it at this moment.
        """
        found = self.require_move(session, family, code, from_states, to, since=since)
        state = found.state
        row = update(_product).where(
            _product.c.code == code, _product.c.state == state, _product.c.updated_at == found.updated_at
        )
        if not changed(session, row.values(state=to, updated_at=now)):
            raise ProductStateError(detail=f"{code} is no longer {state}", state=state)
        body = {"product": code, "family": family.name, "from": state, "to": to, "by": by}
        audit.append(session, kind="product.state", subject=code, body=body, now=now)

    def hold(self, session: Session, product: OnSale[Any], amount: int) -> None:
        """Reserve quota for an order under the version in force.

        Raises:
            QuotaGoneError: less than ``amount`` fen is left.
        """
        code, total = product.definition.code, product.quota_total_fen
        if _HOLD.changed(session, {"wanted": code, "by": amount, "most": total}) != 1:
            raise QuotaGoneError(detail=f"{code} has less than {amount} fen left", product=code)

    def confirm(self, session: Session, code: str, amount: int) -> None:
        """Turn a hold into quota taken for good: the order was accepted."""
        self._from_held(session, code, amount, confirmed=amount)

    def release(self, session: Session, code: str, amount: int) -> None:
        """Give a hold back: the order was rejected."""
        self._from_held(session, code, amount, confirmed=0)

    def give_back(self, session: Session, code: str, amount: int) -> None:
        """Give quota back that was taken: the order was cancelled or refunded."""
        if _GIVE_BACK.changed(session, {"wanted": code, "by": amount}) != 1:
            raise ProductDataError(detail=f"{code} has sold less than {amount} fen: the counters contradict the orders")

    @staticmethod
    def _from_held(session: Session, code: str, amount: int, *, confirmed: int) -> None:
        if _FROM_HELD.changed(session, {"wanted": code, "by": amount, "more": confirmed}) != 1:
            raise ProductDataError(detail=f"{code} holds less than {amount} fen: the counters contradict the orders")


def _definition(family: Family[Kind], row: Row[Any]) -> Kind:
    """Read the definition of a row; its text must be the one that was checked."""
    if not _is_checked(row.definition, row.digest):
        raise ProductDataError(detail=f"{row.code} {row.version}: the definition is not the one that was checked")
    found: Kind = _decoded(family.definition, family.name, row.definition)
    return found


@lru_cache(maxsize=REMEMBERED)
def _is_checked(text: str, sha256: str) -> bool:
    """Tell whether a text has its digest; both are the key, so a text that was changed is looked at anew."""
    return digest(text.encode()) == sha256


@lru_cache(maxsize=REMEMBERED)
def _decoded(kind: type[Any], family: str, text: str) -> Any:
    """Decode a text once for each family; what comes out is frozen, so callers may share it."""
    return read_definition(kind, family, text)


def _on_sale(family: Family[Kind], row: Row[Any]) -> OnSale[Kind]:
    definition = _definition(family, row)
    total = definition.quota_fen or 0
    left = max(0, total - (row.held_fen or 0) - (row.confirmed_fen or 0))
    return OnSale(definition, row.state, row.state in family.taking, total, left)


def _stock(session: Session, family: Family[Any], definition: Definition, now: datetime) -> bool:
    """Write a version as checked, with its product when that is new; tell whether it was missing."""
    known = session.execute(_KNOWN, {"wanted": definition.code, "of": definition.version}).first()
    if known is not None:
        if _definition(family, known) != definition:
            said = f"{definition.code} {definition.version} is known with another definition"
            raise ProductDataError(detail=f"{said}: a change needs a version of its own")
        return False
    _write(session, family, definition, Checking(SHIPPED, now, SHIPPED, now))
    return True


def _write(session: Session, family: Family[Any], definition: Definition, checking: Checking) -> None:
    """Write a version that was checked, with its product when that is new."""
    _place(session, family, definition, checking.checked_at)
    text = text_of(definition)
    row = {"code": definition.code, "version": definition.version, "valid_from": definition.valid_from}
    row |= {"state": CHECKED, "definition": text, "digest": digest(text.encode())}
    session.execute(insert(_version).values(**row, **asdict(checking)))


def _place(session: Session, family: Family[Any], definition: Definition, now: datetime) -> None:
    """Give a product its row and its counters unless it has them; a code belongs to one family for good."""
    code, quota = definition.code, definition.quota_fen
    insert_new(session, Product, code=code, family=family.name, state=definition.state, updated_at=now)
    if session.scalar(_STATE, {"wanted": code, "family": family.name}) is None:
        raise ProductDataError(detail=f"{code} is a product of another family")
    if quota is not None:
        insert_new(session, ProductQuota, code=code, total_fen=quota, held_fen=0, confirmed_fen=0)
