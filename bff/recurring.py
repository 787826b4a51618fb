"""Every job of a bank: deliveries, signatures over the evidence, releases, keys, and the forgetting of what is over."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bff import audit, outbox
from bff.bundles.adoption import Adoption
from bff.bundles.desk import ReleaseDesk
from bff.bundles.proposing import ProposalDesk
from bff.bus import idempotency
from bff.custody import book
from bff.custody.calendar import KeyCalendar
from bff.custody.service import Custody
from bff.customers.moving import Moving
from bff.db.engine import retried
from bff.devices.sweeping import sweep as sweep_devices
from bff.house import CHECKPOINTS, House
from bff.jobs import Every, Job, Whole
from bff.push import inbox
from bff.retention.erasing import Retention
from bff.sessions import repository as sessions
from h5bundle.client import releases
from h5bundle.commands.deltas_served import Background
from h5bundle.errors import LockedError
from h5bundle.keys import ONLINE, KeyFolder
from h5bundle.repository import ALARM, QUIET, renew_online, timestamp_age
from h5bundle.stores.port import Store
from h5bundle.trust import TIMESTAMP
from security.keys import KeyStore

_log: Final = logging.getLogger("tidegate")
HOUR: Final = 3600
STANDS: Final = "the evidence stands at entry %d, hash %s, root %s, signed by %s"
TREE_ROWS: Final = 64
"""How much of the evidence's tree one transaction makes up for: 64 rows stand for 16,384 entries."""
FORGETTING: Final = (idempotency.sweep, sessions.sweep, outbox.sweep, inbox.sweep, sweep_devices, Adoption.sweep)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often what a bank may choose is done, in seconds; and whether the key calendar acts or only warns."""

    relay: int
    checkpoint: int
    calendar_acts: bool


@dataclass(frozen=True, slots=True)
class Recurring:
    """What the jobs of one process work on.

    What may take long has a lane of its own: a core that answers slowly, or deltas, must not keep the evidence from
    being signed.
    """

    engine: Engine
    keys: KeyStore
    house: House
    store: Store
    release_keys: KeyFolder
    desk: ReleaseDesk
    proposals: ProposalDesk
    custody: Custody
    mover: Callable[[], Moving]
    env: str
    process: int
    clock: Callable[[], datetime]

    def jobs(self, pace: Pace) -> tuple[Job, ...]:
        """Give every job, those that the domains declare among them."""
        return (
            Job("outbox", Every(pace.relay), Whole(self._relay), "outbox"),
            Job("checkpoint", Every(pace.checkpoint), Whole(self._sign)),
            *self.house.jobs,
            Job("sweep", Every(60), Whole(self._sweep)),
            Job("releases", Every(5), Whole(self._recorder())),
            Job("deltas", Every(5), Whole(Background(self.store, self.process)), "deltas"),
            Job("timestamp", Every(HOUR), Whole(self._renew)),
            Job("timestamp-age", Every(HOUR), Whole(self._watch)),
            Job("keys", Every(60), Whole(self._key_keeper(acting=pace.calendar_acts))),
            Job("rewrap", Every(600), Whole(self._rewrap)),
            Job("retention", Every(HOUR), Whole(self._erase)),
        )

    def _relay(self) -> str:
        done = self.house.relay.run()
        return f"{done.delivered} delivered, {done.refused} refused, {done.waiting} waiting, {done.busy} held by others"

    def _sign(self) -> str:
        """Let the evidence's tree reach a chain that is older, in steps that nobody waits long for; then sign it."""
        while not retried(self.engine, lambda session: audit.catch_up(session, limit=TREE_ROWS)):
            pass
        now, signer = self.clock(), self.keys.active(CHECKPOINTS)
        made = retried(self.engine, lambda session: audit.checkpoint(session, signer, now, env=self.env))
        if made is None:
            return "nothing new to sign"
        _log.info(STANDS, made.seq, made.hash, made.root, made.kid)  # the database can be changed later, this cannot
        return f"signed up to entry {made.seq}"

    def _sweep(self) -> None:
        for forget in FORGETTING:
            retried(self.engine, partial(self._forget, forget))
        self.desk.sweep(self.clock())
        self.proposals.sweep(self.clock)

    def _forget(self, sweep: Callable[[Session, datetime], object], session: Session) -> None:
        sweep(session, self.clock())

    def _recorder(self) -> Callable[[], None]:
        recorded = [b""]

        def record() -> None:
            self.desk.clearing.settle_all(self.clock)
            stamp = self.store.read(TIMESTAMP)
            if stamp == recorded[0]:
                return  # every release comes with a timestamp, so none is new
            found = releases(self.store, now=self.clock())
            retried(self.engine, lambda session: self.house.book.sync(session, now=self.clock(), releases=found))
            recorded[0] = stamp

        return record

    def _renew(self) -> None:
        if self.release_keys.has(ONLINE):
            with suppress(LockedError):  # another worker, or a publisher, signs it at this moment
                renew_online(self.store, self.release_keys, now=self.clock(), from_age=QUIET)

    def _watch(self) -> str:
        age = timestamp_age(self.store, now=self.clock())
        if age >= ALARM:
            _log.error(
                "the timestamp was not signed for %.0f %% of its life: phones stop updating at its end", 100 * age
            )
        return f"{100 * age:.0f} % of the timestamp's life are over"

    def _key_keeper(self, *, acting: bool) -> Callable[[], None]:
        calendar = KeyCalendar(self.keys, self.custody.guard, acting=acting)

        def keep_keys() -> None:
            now = self.clock()
            self.custody.settle(now)
            kept = calendar.keep(now)
            for words in kept.done:
                _log.info("key calendar: %s", words)
            for words in kept.warnings:
                _log.warning("key calendar: %s", words)
            records = self.keys.records()
            why = "the calendar" if kept.done else "seen by the server"
            told = retried(self.engine, lambda session: book.tell(session, records, why=why, now=now))
            if told:
                _log.info("the evidence tells %d changes of keys", told)

        return keep_keys

    def _rewrap(self) -> None:
        if any(len(self.keys.verification_keys(purpose)) > 1 for purpose in self.custody.guard.lasting):
            moved = self.mover().run()
            if moved.moved or moved.broken:
                _log.info("%d values and hashes moved to the present keys, %d do not open", moved.moved, moved.broken)

    def _erase(self) -> str:
        now = self.clock()
        erased = {name: count for name, count in Retention.at(self.engine, now).run(now).items() if count}
        return ", ".join(f"{count} {name}" for name, count in erased.items()) or "nothing was due"
