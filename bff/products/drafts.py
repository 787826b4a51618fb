"""The kinds of paper: how products, rule packs and the calendar are read, held to what is in force, and join it.

Invariant: no paper changes what was: a product's version starts today at the earliest (each order keeps the one it was
sold under), a rule pack's tomorrow, and a calendar says nothing new of today or before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from bff.products import book
from bff.products.calendar import MARKET, CalendarDocument, TradingCalendar, check_upload, read_calendar
from bff.products.definitions import text_of
from bff.products.errors import PaperError, ProductDataError
from bff.products.models import Paper
from bff.products.papers import Draft
from bff.products.rulepacks import Rule, RulePack, RulePacks, read_pack
from bff.products.warehouse import SHIPPED, Checking, Warehouse
from security.encoding import digest


@dataclass(frozen=True, slots=True)
class ProductDrafts:
    """Definitions of products."""

    warehouse: Warehouse
    name: str = "product"

    def draft(self, raw: bytes, file: str, family: str) -> Draft:
        """Read a definition of a family."""
        made = self.warehouse.family(family).parse(raw, file)
        return Draft(made.code, made.version, made.valid_from, text_of(made), family)

    def admit(self, session: Session, draft: Draft, today: date) -> None:
        """Refuse a version that is there already, and a start in the past."""
        family = self.warehouse.family(draft.family)
        self.warehouse.require_new(session, family, family.read(draft.text))
        _require_ahead("valid_from", draft.valid_from, today)

    def land(self, session: Session, paper: Paper, now: datetime) -> None:
        """Bring the version into the warehouse."""
        family = self.warehouse.family(paper.family)
        checking = Checking(paper.maker, paper.made_at, paper.checker or "", now)
        self.warehouse.add(session, family, family.read(paper.text), checking)

    def standing(self, session: Session) -> Sequence[Draft]:
        """Give the versions that ship."""
        rows = (row for row in self.warehouse.versions(session) if row.maker == SHIPPED)
        names = ("code", "version", "valid_from", "definition", "family", "checked_at")
        return [Draft(*(getattr(row, name) for name in names)) for row in rows]


@dataclass(frozen=True, slots=True)
class RuleDrafts:
    """Rule packs."""

    packs: Mapping[str, RulePacks]
    name: str = "rules"

    def draft(self, raw: bytes, file: str, family: str) -> Draft:
        """Read a rule pack."""
        del family
        made = read_pack(raw, file)
        return Draft(made.pack, made.version, made.effective_from, text_of(made))

    def admit(self, session: Session, draft: Draft, today: date) -> None:
        """Refuse a pack that nobody reads, one without a rule that is read, and a start that is not to come."""
        del session
        made = msgspec.json.decode(draft.text, type=RulePack)
        if made.pack not in self.packs:
            raise ProductDataError(detail=f"pack: there is no {made.pack[:40]}; there are {', '.join(self.packs)}")
        packs = self.packs[made.pack]
        if made.version in {pack.version for pack in packs.versions}:
            raise ProductDataError(detail=f"version: {made.version} ships with the bank")
        for name, rule in packs.at(today).rules.items():
            _require_rule(made, name, rule)
        if draft.valid_from <= today:
            raise PaperError(detail=f"effective_from is {draft.valid_from}: rules change from tomorrow on")

    def land(self, session: Session, paper: Paper, now: datetime) -> None:
        """Do nothing: the book of every instance finds it."""

    def standing(self, session: Session) -> Sequence[Draft]:
        """Give the packs that ship."""
        del session
        shipped = (pack for packs in self.packs.values() for pack in packs.versions)
        return [Draft(pack.pack, pack.version, pack.effective_from, text_of(pack)) for pack in shipped]


@dataclass(frozen=True, slots=True)
class CalendarDrafts:
    """Calendars of trading days."""

    calendar: TradingCalendar
    name: str = "calendar"

    def draft(self, raw: bytes, file: str, family: str) -> Draft:
        """Read a calendar; its version is its last day with the first digits of its digest."""
        del family
        made = read_calendar(raw, file)
        text = text_of(made)
        return Draft(made.market, f"{made.last}-{digest(text.encode())[:8]}", made.first, text)

    def admit(self, session: Session, draft: Draft, today: date) -> None:
        """Hold it to the days in force as this very transaction sees them."""
        made = msgspec.json.decode(draft.text, type=CalendarDocument)
        others = (row for row in book.checked(session, self.name) if row.version != draft.version)
        uploads = [msgspec.json.decode(row.text, type=CalendarDocument) for row in others]
        check_upload(self.calendar.over(uploads), made, today)

    def land(self, session: Session, paper: Paper, now: datetime) -> None:
        """Do nothing: the book of every instance finds it."""

    def standing(self, session: Session) -> Sequence[Draft]:
        """Give the days that ship."""
        del session
        days = self.calendar.shipped
        made = CalendarDocument(MARKET, days.source, days.first, days.last, (), tuple(sorted(days.days)))
        return [Draft(MARKET, f"{days.last}-{SHIPPED}", days.first, text_of(made))]


def _require_ahead(member: str, day: date, today: date) -> None:
    if day < today:
        raise PaperError(detail=f"{member} is {day}: that day is over, orders were taken without this version")


def _require_rule(made: RulePack, name: str, known: Rule) -> None:
    """Refuse a pack that lacks a rule which is read, or gives it in another form."""
    found = made.rules.get(name)
    if found is None:
        raise ProductDataError(detail=f"rules: {name} is missing; every rule in force must be given")
    if _form(found.value) != _form(known.value):
        raise ProductDataError(detail=f"rules.{name}: {found.value!r} is not of the form of {known.value!r}")


def _form(value: int | str) -> Any:
    """Tell what a value can be read as: a number, a time of day, or a text."""
    if isinstance(value, int):
        return int
    try:
        time.fromisoformat(value)
    except ValueError:
        return str
    return time
