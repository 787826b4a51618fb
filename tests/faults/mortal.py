"""The whole bank in processes that end by SIGKILL at a step that is named by its number, on one prepared database.

A step is a commit of something written, or either side of a call to the core that changes something there. The parent
prepares, forks what may die, and looks; a process forked later is the one that was started again.
"""

import os
import re
import shutil
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Engine, LargeBinary, Table, event
from sqlalchemy.types import TypeDecorator

from bff.core_bank.ledger import EmbeddedCore
from bff.db.base import Base
from tests.properties.flaky import Flaky
from tests.properties.whole import Whole

LEASES = 61
"""Seconds after which the leases of a dead process, of messages and of jobs, are over."""
CHANGES = ("INSERT", "UPDATE", "DELETE")
OTHERWISE = {
    "evidence_entry": {"seq", "prev", "hash", "body_hash", "at"},
    "evidence_head": {"hash"},
    "core_execution": {"content_hash"},
    "core_posting": {"id"},
    "inbox_message": {"seq", "message_id"},
    "job_run": {"worker", "lease", "attempts", "outcome"},
    "outbox_message": {"id", "attempts", "problem", "lease_owner"},
    "sweep_movement": {"seq"},
}
"""Columns that may tell how often and by whom something was tried, or in which order what is equal came about."""
INTERLEAVED = OTHERWISE | {
    "account": {"balance_fen", "available_fen"},
    "core_execution": {"content_hash", "receipt"},
    "core_posting": {"id", "balance_after"},
}
"""Where several processes work on one account at one instant of a clock that stands, balances on the way differ."""
UNTOLD = {"evidence_node", "evidence_checkpoint"}
"""Tables of hashes over what others hold."""
MADE = re.compile(r"([a-z]+)_r\d+x\d+")
AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+\d\d:\d\d)")
SEALED = re.compile(r'"sealed":"[^"]+"')
Tables = dict[str, Counter[tuple[Any, ...]]]


class Fate:
    """Ends its process at the n-th step after it was set."""

    def __init__(self, engine: Engine) -> None:
        self.left = 0
        self._wrote = False
        event.listen(engine, "before_cursor_execute", self._look)
        event.listen(engine, "commit", self._commit)

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def _look(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self._wrote |= statement.startswith(CHANGES)

    def _commit(self, _connection: Any) -> None:
        if self._wrote:
            self._wrote = False
            self.step()


class Fatal(Flaky):
    """The core, with a step on either side of each call that changes something there."""

    def __init__(self, ledger: EmbeddedCore, fate: Fate) -> None:
        super().__init__(ledger)
        self.fate = fate

    def _troubled(self, verb: Callable[..., Any]) -> Callable[..., Any]:
        carried = super()._troubled(verb)

        def call(*arguments: Any, **named: Any) -> Any:
            self.fate.step()
            answer = carried(*arguments, **named)
            self.fate.step()
            return answer

        return call


@dataclass(frozen=True)
class Moment:
    """A prepared state of the database, and the instant at which it stands."""

    file: Path
    now: datetime


class Mortal(Whole):
    """The whole bank; what it does in a fork may end at any step."""

    era = ""
    """Marks the ids that are made after the first moment: they differ from run to run."""

    def __init__(self, engine: Engine) -> None:
        self.fate = Fate(engine)
        super().__init__(engine, lambda ledger: Fatal(ledger, self.fate))

    def new_id(self, prefix: str) -> str:
        made = super().new_id(prefix)
        return made.replace("_", f"_r{os.getpid()}x", 1) if self.era else made

    # ── moments ──
    def moment(self, name: str) -> Moment:
        """Keep the present state."""
        self.engine.dispose()  # the last connection moves what is in the log into the file
        file = Path(str(self.engine.url.database))
        kept = file.with_name(f"{name}.db")
        shutil.copyfile(file, kept)
        return Moment(kept, self.now)

    def back(self, moment: Moment) -> None:
        """Stand where the bank stood at a moment."""
        self.engine.dispose()
        file = Path(str(self.engine.url.database))
        for ending in ("-wal", "-shm"):
            file.with_name(file.name + ending).unlink(missing_ok=True)
        shutil.copyfile(moment.file, file)
        self.now = moment.now

    # ── processes ──
    def fork(self, work: Callable[[], object], at: int = 0) -> int:
        """Begin work in a process of its own, which ends at step ``at``, if that is not 0; give the process."""
        self.engine.dispose()
        child = os.fork()
        if child:
            return child
        code = 1
        try:
            self.fate.left = at
            work()
            code = 0
        except BaseException:  # noqa: BLE001 — the parent's test must not go on in the child
            traceback.print_exc()
        finally:
            os._exit(code)

    def done(self, *children: int) -> bool:
        """Wait for processes; tell whether all of them lived. One that failed otherwise fails the test."""
        ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        assert set(ends) <= {0, -signal.SIGKILL}, f"a process ended with {ends}: its output says why"
        return not any(ends)

    def jobs_at(self, *names: str) -> None:
        """Do what is due of some jobs, and deliver what they put."""
        for name in names:
            while self.worker.turn(self.job(name)):
                pass
        self.relay.run()

    # ── tables ──
    def tables(self, otherwise: Mapping[str, set[str]] = OTHERWISE) -> Tables:
        """Give every row of every table but for times, chance and the columns named."""
        told = (table for table in Base.metadata.sorted_tables if table.name not in UNTOLD)
        return {table.name: Counter(self._rows(table, otherwise.get(table.name, set()))) for table in told}

    def _rows(self, table: Table, otherwise: set[str]) -> Iterable[tuple[Any, ...]]:
        told = [column.name for column in table.columns if column.name not in otherwise and _is_plain(column.type)]
        names = ", ".join(f"`{name}`" for name in told)
        for row in self.sql(f"SELECT {names} FROM {table.name}"):  # noqa: S608 — our own tables
            yield tuple(_plain(value) for value in row)


def _is_plain(kind: Any) -> bool:
    return not isinstance(kind.impl if isinstance(kind, TypeDecorator) else kind, DateTime | LargeBinary)


def _plain(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return SEALED.sub("sealed", AT.sub("at", MADE.sub(r"\1", value)))


def differences(want: Tables, got: Tables) -> dict[str, tuple[list[Any], list[Any]]]:
    """Give, by table, the rows that are missing and those that are too many."""
    both = {name: (want[name] - got[name], got[name] - want[name]) for name in want.keys() & got.keys()}
    return {name: (list(lost.elements()), list(more.elements())) for name, (lost, more) in both.items() if lost or more}
