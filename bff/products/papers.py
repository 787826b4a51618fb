"""Papers: definitions, moves of sale, rule packs and calendars that one makes and another checks before they count.

Invariants: a paper's text never changes once it is proposed; it is decided once, by one conditional UPDATE, by another
person than its maker, who names the SHA-256 of the very text that he saw; maker and checker signed with keys of the
product team that were active then. Each step is one entry of the evidence, which keeps text, statement and signature.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Protocol

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bff import audit
from bff.db.engine import Result, retried
from bff.db.statements import changed, insert_new
from bff.errors import NotFoundError
from bff.kinds import business_date, instant
from bff.products.errors import PaperError, PaperPersonError
from bff.products.models import Paper
from bff.products.warehouse import CHECKED, SHIPPED
from security.encoding import b64url_encode, canonical_json, digest
from security.errors import SignatureError
from security.jwk import PublicJwk

PROPOSED: Final = "PROPOSED"
REFUSED: Final = "REFUSED"
WITHDRAWN: Final = "WITHDRAWN"
MARK: Final = b"tidegate.paper/1\n"
"""Stands before every statement that is signed, so that no signature of another kind can pass for one of these."""
SHORTEST_PREFIX: Final = 8
LONGEST_REASON: Final = 400


class Operator(Protocol):
    """A person of the product team, as the register of keys knows him."""

    @property
    def jkt(self) -> str:
        """Give his key's thumbprint."""
        ...

    @property
    def person(self) -> str:
        """Give his name."""
        ...

    @property
    def public(self) -> PublicJwk:
        """Give his public key."""
        ...


class Hand(Protocol):
    """What signs for a person: his own key, in a file or in a token."""

    @property
    def jkt(self) -> str:
        """Give the key's thumbprint."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign a message."""
        ...


@dataclass(frozen=True, slots=True)
class Draft:
    """A paper's contents: which version of what it is, from when on it counts, and its text.

    ``checked_at`` is of what stands without a paper and was checked with a release.
    """

    code: str
    version: str
    valid_from: date
    text: str
    family: str = ""
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of something, whether it ships with the bank or came by a paper."""

    draft: Draft
    state: str
    sha256: str
    maker: str
    checker: str
    checked_at: datetime | None
    reason: str

    def counts_on(self, day: date) -> bool:
        """Tell whether it was checked and has begun."""
        return self.state == CHECKED and self.draft.valid_from <= day


def in_force(entries: Sequence[Entry], code: str, day: date) -> Entry | None:
    """Give the version that counts on a day: the newest begun, of two of one day the one that was checked last."""
    begun = [entry for entry in entries if entry.draft.code == code and entry.counts_on(day)]
    first = datetime.min.replace(tzinfo=UTC)
    return max(begun, default=None, key=lambda one: (one.draft.valid_from, one.checked_at or first, one.draft.version))


class Kind(Protocol):
    """What a kind of paper is: products, their moves, rule packs or the calendar."""

    @property
    def name(self) -> str:
        """Give the kind's name."""
        ...

    def draft(self, raw: bytes, file: str, family: str) -> Draft:
        """Read a person's file; ProductDataError names the member that does not fit."""
        ...

    def admit(self, session: Session, draft: Draft, today: date) -> None:
        """Hold a draft to what is in force; ProductDataError says why it cannot become so."""
        ...

    def land(self, session: Session, paper: Paper, now: datetime) -> None:
        """Bring a paper into force that was checked just now."""
        ...

    def standing(self, session: Session) -> Sequence[Draft]:
        """Give what counts without a paper: what ships with the bank."""
        ...


@dataclass(frozen=True, slots=True)
class Papers:
    """The papers of one server.

    Attributes:
        engine: the database.
        kinds: the kinds of paper, by name.
        operator: gives a person by his key; raises a BffError for a key that may not do this.
        env, aud: the server's own names, inside every signature.
    """

    engine: Engine
    kinds: Mapping[str, Kind]
    operator: Callable[[Session, str], Operator]
    env: str
    aud: str

    def propose(self, kind: str, raw: bytes, hand: Hand, now: datetime, *, file: str = "", family: str = "") -> Paper:
        """Take a maker's file in; nothing of it counts before another person has checked it.

        Raises:
            ProductDataError: it does not fit; the detail names the member.
            PaperError: this version was proposed before.
            PaperPersonError: the key does not sign for anybody who may.
        """
        drafted = self.kinds[kind].draft(raw, file, family)
        paper = _paper(kind, drafted, hand.jkt, now)
        statement = self._statement("propose", paper, hand.jkt, now)
        signature = hand.sign(MARK + statement)

        def work(session: Session) -> None:
            maker = self._signed(session, hand.jkt, statement, signature)
            self.kinds[kind].admit(session, drafted, business_date(now))
            if not insert_new(session, Paper, **paper, maker=maker.person):
                said = f"{drafted.code} {drafted.version} was proposed before: a version's number is used once"
                raise PaperError(detail=said)
            self._tell(session, "proposed", paper, maker, (statement, signature), now, blobs=(drafted.text.encode(),))

        retried(self.engine, work)
        return self.get(kind, drafted.code, drafted.version)

    def check(self, kind: str, code: str, version: str, *, sha256: str, hand: Hand, now: datetime) -> Paper:
        """Take a checker's yes; the paper counts from its day on, in every instance.

        ``sha256`` is that of the text that the checker saw, or its first digits, 8 at least.

        Raises:
            NotFoundError: there is no such paper.
            PaperError: it was decided before, or has another SHA-256.
            PaperPersonError: he made it himself, or the key does not sign for anybody who may.
            ProductDataError: it does not fit any more to what is in force.
        """
        return self._decide(CHECKED, (kind, code, version), sha256, hand, now)

    def refuse(
        self, kind: str, code: str, version: str, *, sha256: str, hand: Hand, reason: str, now: datetime
    ) -> Paper:
        """Take a checker's no, with its reason; arguments and errors as for ``check``."""
        return self._decide(REFUSED, (kind, code, version), sha256, hand, now, reason)

    def withdraw(self, kind: str, code: str, version: str, *, hand: Hand, reason: str, now: datetime) -> Paper:
        """Take a paper back that nobody has decided on; its maker alone may.

        Raises:
            NotFoundError, PaperError, PaperPersonError: as for ``check``.
        """
        return self._decide(WITHDRAWN, (kind, code, version), None, hand, now, reason)

    def confirm(self, act: str, subject: str, hand: Hand, now: datetime) -> Operator:
        """Tell who signs for an act that needs one person, such as stopping a product's sale.

        Raises:
            PaperPersonError: the key does not sign for anybody who may.
        """
        members = {"act": act, "subject": subject, "by": hand.jkt, "at": instant(now)}
        statement = canonical_json({**members, "env": self.env, "aud": self.aud})
        signature = hand.sign(MARK + statement)
        return self._read(lambda session: self._signed(session, hand.jkt, statement, signature))

    def get(self, kind: str, code: str, version: str) -> Paper:
        """Give a paper.

        Raises:
            NotFoundError: there is none of that version.
        """
        return self._read(lambda session: _known(session, kind, code, version))

    def entries(self, kind: str) -> Sequence[Entry]:
        """Give every version of a kind by code and first day: what ships, and the papers in whatever state."""
        wanted = select(Paper).where(Paper.paper_kind == kind)

        def work(session: Session) -> list[Entry]:
            standing = map(_shipped, self.kinds[kind].standing(session))
            return [*standing, *map(_entry, session.scalars(wanted))]

        return sorted(self._read(work), key=lambda one: (one.draft.code, one.draft.valid_from, one.draft.version))

    def _decide(
        self, to: str, key: tuple[str, str, str], sha256: str | None, hand: Hand, now: datetime, reason: str = ""
    ) -> Paper:
        paper = _values(self.get(*key))
        if sha256 is not None:
            _require_seen(paper, sha256)
        if to != CHECKED and not 0 < len(reason.strip()) <= LONGEST_REASON:
            raise PaperError(detail=f"say in 1 to {LONGEST_REASON} characters why")
        statement = self._statement(to.lower(), paper, hand.jkt, now, reason)
        signature = hand.sign(MARK + statement)

        def work(session: Session) -> None:
            operator = self._signed(session, hand.jkt, statement, signature)
            _require_eyes(paper, operator, to)
            waiting = update(Paper).where(*_is(*key), Paper.state == PROPOSED, Paper.digest == paper["digest"])
            decided = {"checker": operator.person, "checker_key": hand.jkt, "decided_at": now, "reason": reason}
            if not changed(session, waiting.values(state=to, **decided)):
                raise PaperError(detail=f"{key[1]} {key[2]} was decided before")
            if to == CHECKED:
                row = _known(session, *key)
                self.kinds[key[0]].admit(session, _draft(row), business_date(now))
                self.kinds[key[0]].land(session, row, now)
            self._tell(session, to.lower(), paper, operator, (statement, signature), now)

        retried(self.engine, work)
        return self.get(*key)

    def _statement(self, act: str, paper: Mapping[str, Any], by: str, now: datetime, reason: str = "") -> bytes:
        what = {name: paper[name] for name in ("code", "version", "family")}
        what |= {"kind": paper["paper_kind"], "sha256": paper["digest"], "from": paper["valid_from"].isoformat()}
        who = {"act": act, "by": by, "at": instant(now), "reason": reason, "env": self.env, "aud": self.aud}
        return canonical_json({**what, **who})

    def _signed(self, session: Session, jkt: str, statement: bytes, signature: bytes) -> Operator:
        """Give the person whose active key signed; the signature is looked at whoever made it."""
        operator = self.operator(session, jkt)
        try:
            operator.public.verify(MARK + statement, signature)
        except SignatureError as error:
            raise PaperPersonError(detail=f"the signature is not of the key {jkt[:64]}") from error
        return operator

    @staticmethod
    def _tell(
        session: Session,
        step: str,
        paper: Mapping[str, Any],
        operator: Operator,
        signed: tuple[bytes, bytes],
        now: datetime,
        blobs: Sequence[bytes] = (),
    ) -> None:
        body = {"kind": paper["paper_kind"], "code": paper["code"], "version": paper["version"]}
        body |= {"sha256": paper["digest"], "person": operator.person, "jwk": operator.public.as_dict()}
        body |= {"statement": signed[0].decode(), "signature": b64url_encode(signed[1])}
        audit.append(session, kind=f"paper.{step}", subject=paper["code"], body=body, now=now, blobs=blobs)

    def _read(self, work: Callable[[Session], Result]) -> Result:
        return retried(self.engine, work, writing=False)


def _paper(kind: str, drafted: Draft, jkt: str, now: datetime) -> dict[str, Any]:
    """Give a new paper's row but for its maker's name."""
    what = {"paper_kind": kind, "code": drafted.code, "version": drafted.version, "family": drafted.family}
    text = {"text": drafted.text, "digest": digest(drafted.text.encode()), "valid_from": drafted.valid_from}
    return {**what, **text, "state": PROPOSED, "maker_key": jkt, "made_at": now, "reason": ""}


def _values(paper: Paper) -> dict[str, Any]:
    return {column.key: getattr(paper, column.key) for column in Paper.__table__.columns}


def _draft(paper: Paper) -> Draft:
    return Draft(paper.code, paper.version, paper.valid_from, paper.text, paper.family)


def _entry(paper: Paper) -> Entry:
    made = {"state": paper.state, "sha256": paper.digest, "maker": paper.maker, "reason": paper.reason}
    return Entry(_draft(paper), checker=paper.checker or "", checked_at=paper.decided_at, **made)


def _shipped(draft: Draft) -> Entry:
    sha256 = digest(draft.text.encode())
    return Entry(draft, CHECKED, sha256, SHIPPED, SHIPPED, draft.checked_at, "")


def _is(kind: str, code: str, version: str) -> tuple[Any, ...]:
    return (Paper.paper_kind == kind, Paper.code == code, Paper.version == version)


def _known(session: Session, kind: str, code: str, version: str) -> Paper:
    row = session.scalars(select(Paper).where(*_is(kind, code, version))).one_or_none()
    if row is None:
        raise NotFoundError(detail=f"nobody proposed {code[:64]} {version[:64]}; the list shows what there is")
    if digest(row.text.encode()) != row.digest:
        raise PaperError(detail=f"{code} {version}: the text is not the one that was proposed")
    return row


def _require_seen(paper: Mapping[str, Any], sha256: str) -> None:
    seen = sha256.strip().lower()
    if len(seen) < SHORTEST_PREFIX:
        raise PaperError(detail=f"give {SHORTEST_PREFIX} digits at least of the SHA-256 that you saw")
    if not str(paper["digest"]).startswith(seen):
        said = f"its SHA-256 is {paper['digest']}, not {seen[:64]}: look at it again"
        raise PaperError(detail=said)


def _require_eyes(paper: Mapping[str, Any], operator: Operator, to: str) -> None:
    """Let another person decide, or the maker withdraw."""
    own = operator.jkt == paper["maker_key"] or _name(operator.person) == _name(paper["maker"])
    if to == WITHDRAWN and not own:
        raise PaperPersonError(detail=f"{paper['maker']} made it: the maker withdraws it, another person refuses it")
    if to != WITHDRAWN and own:
        raise PaperPersonError(detail=f"{paper['maker']} made it: another person checks it")


def _name(person: str) -> str:
    """Give a name without what two spellings of one person may differ in."""
    return "".join(person.split()).casefold()
