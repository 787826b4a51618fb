"""A chain with its checkpoints, and what somebody with the database may do to it; hashes are written as he pleases."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from bff.audit import append, checkpoint
from bff.audit.examination import Examination, examine
from bff.audit.kept import Kept
from bff.audit.models import EvidenceCheckpoint, EvidenceEntry, EvidenceHead, EvidenceNode
from bff.audit.tree import grow
from bff.db.base import table_of
from bff.db.engine import steady, transaction
from security.encoding import digest
from security.evidence import GENESIS, Checkpoint, entry_hash
from security.suites import ES256
from tests.security.orders import AuditKey

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ENTRIES = table_of(EvidenceEntry)
Row = dict[str, Any]


@dataclass
class Bank:
    """A bank's chain of entries about ``a1``, ``a2`` …"""

    engine: Engine
    key: AuditKey = field(default_factory=lambda: AuditKey(ES256.generate()))
    env: str = "sandbox"

    def say(self, count: int) -> None:
        with transaction(self.engine) as session:
            for number in range(count):
                append(session, kind="test", subject=f"a{number}", body={"n": number}, now=NOW)

    def sign(self) -> Checkpoint:
        with transaction(self.engine) as session:
            made = checkpoint(session, self.key, NOW, env=self.env)
        assert made is not None
        return made

    def grown(self, *counts: int) -> list[Checkpoint]:
        """Append so many entries and sign, again and again."""
        made = []
        for count in counts:
            self.say(count)
            made.append(self.sign())
        return made

    def examine(self, kept: Kept | None = None) -> Examination:
        with transaction(steady(self.engine), writing=False) as session:
            return examine(session, env=self.env, keys={self.key.kid: self.key.jwk}, kept=kept)

    def found(self, kept: Kept | None = None) -> list[tuple[int, str]]:
        return [(one.seq, one.wrong) for one in self.examine(kept).findings]

    def rows(self) -> list[Row]:
        with transaction(self.engine, writing=False) as session:
            return [dict(row._mapping) for row in session.execute(select(ENTRIES).order_by(ENTRIES.c.seq))]

    def put(self, rows: list[Row], *, head: bool = True) -> None:
        """Replace the whole table, and the head row where he thinks of it."""
        with transaction(self.engine) as session:
            session.execute(delete(ENTRIES))
            if rows:
                session.execute(insert(ENTRIES), rows)
            if head:
                end = {"seq": rows[-1]["seq"], "hash": rows[-1]["hash"]} if rows else {"seq": 0, "hash": GENESIS}
                session.execute(update(EvidenceHead).values(**end))

    def forget(self, *, above: int = 0) -> None:
        """Delete the tree, and the checkpoints above an entry."""
        with transaction(self.engine) as session:
            session.execute(delete(EvidenceNode))
            session.execute(delete(EvidenceCheckpoint).where(EvidenceCheckpoint.seq > above))

    def plant(self, tree: int) -> None:
        """Write the tree anew, as it follows from the rows that stand there now."""
        with transaction(self.engine) as session:
            session.execute(delete(EvidenceNode))
            grow(session, tree)


def hashed(row: Mapping[str, Any]) -> Row:
    """Give a row with the hashes that fit what it says."""
    said = {**row, "body_hash": digest(str(row["body"]).encode())}
    parts = {name: said[name] for name in ("seq", "prev", "kind", "subject", "at", "body_hash")}
    return {**said, "hash": entry_hash(**parts)}


def rewritten(rows: list[Row], change: Callable[[list[Row]], object]) -> list[Row]:
    """Change rows, then number and hash all of them anew: each by itself, and together, they are in good order."""
    copy = [dict(row) for row in rows]
    change(copy)
    prev, made = GENESIS, []
    for seq, row in enumerate(copy, 1):
        made.append(hashed({**row, "seq": seq, "prev": prev}))
        prev = made[-1]["hash"]
    return made
