"""A release desk behind its door, in this process, and the machines that speak to it with their own keys."""

import itertools
import json
import secrets  # noqa: TID251 — a machine has chance of its own
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, select

from bff.audit.models import EvidenceEntry
from bff.bundles import signers, uploads
from bff.bundles.clearing import Clearing
from bff.bundles.deciding import Decisions
from bff.bundles.desk import ReleaseDesk
from bff.bundles.intake import Intake, Limits
from bff.bundles.partials import FolderPartials
from bff.bundles.proposing import ProposalDesk
from bff.bundles.signers import Role
from bff.bus.limits import RateLimiter
from bff.db.engine import transaction
from bff.doors.proposals import ProposalDoor
from bff.doors.release import ReleaseDoor
from bff.doors.signed import SignedRequests
from bff.sessions.replay import MemoryReplayMarks
from bff.web import errors
from h5bundle.commands.package import receive
from h5bundle.commands.upload import UploadOptions, run
from h5bundle.keys import RoleKeys
from h5bundle.pack import Package
from h5bundle.remote import Remote, RemoteError, Reply, UnreachableError, Upload
from security.jwk import jwk_of
from security.suites import ES256, PrivateKey
from tests.h5bundle.conftest import FILES, NOW, Yard, declaration, package

URL = "https://bank.example"
OPS = frozenset({"wealth.order.prepare", "wealth.order.place", "wealth.order.get"})
LARGEST = 8 * 1024 * 1024


@dataclass
class Wire:
    """A network to the application; it can break before or after the server has acted."""

    app: Flask
    broken: list[str] = field(default_factory=list)
    sent: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.sent.append((method, url, dict(headers), body))
        how = self.broken.pop(0) if self.broken else ""
        if how == "before":
            raise UnreachableError(detail="cut off before the server had it")
        answer = self.app.test_client().open(
            url.removeprefix(URL), method=method, headers=dict(headers), data=body, base_url=URL
        )
        if how == "after":
            raise UnreachableError(detail="cut off before the answer came")
        return Reply(answer.status_code, answer.data)


@dataclass
class Machine:
    """A machine with a registered key."""

    press: "Press"
    key: PrivateKey
    person: str
    wire: Wire

    @property
    def jkt(self) -> str:
        return jwk_of(self.key.public_key()).thumbprint

    @property
    def remote(self) -> Remote:
        return Remote(
            server=URL,
            key=self.key,
            transport=self.wire,
            clock=lambda: self.press.now,
            new_bytes=secrets.token_bytes,
        )

    def upload(self, made: Package, text: str = "") -> Upload:
        options = UploadOptions(attempts=4)
        received = receive(made.archive, text)
        return run(options, received, self.remote, pause=lambda _: None, progress=lambda *_: None)

    def refusal(self, method: str, path: str, body: Any = None) -> str:
        try:
            self.remote.one(method, path, body)
        except RemoteError as error:
            return error.problem
        return "accepted"


@dataclass
class Press:
    """The desk with a repository in which wealth 1.0.0 is on offer."""

    engine: Engine
    yard: Yard
    folder: Path
    keys: RoleKeys | None = None
    now: datetime = NOW
    ids: Any = field(default_factory=itertools.count)
    ops: frozenset[str] = OPS

    def __post_init__(self) -> None:
        self.yard.publish(package())
        self.partials = FolderPartials(self.folder)
        self.clearing = Clearing(
            engine=self.engine,
            partials=self.partials,
            store=self.yard.store,
            keys=self.keys or self.yard.keys,
            ops=lambda: self.ops,
        )
        intake = Intake(
            clearing=self.clearing,
            server=URL,
            limits=Limits(bytes=LARGEST, lifetime=timedelta(hours=24)),
            new_id=lambda prefix: f"{prefix}_{next(self.ids):08d}",
        )
        decisions = Decisions(clearing=self.clearing, server=URL)
        self.desk = ReleaseDesk(clearing=self.clearing, intake=intake, decisions=decisions)
        requests = SignedRequests(
            signer=self.desk.signer,
            public_url=URL,
            marks=MemoryReplayMarks(lambda: self.now),
            limiter=RateLimiter(factor=1000),
            clock=self.tick,
        )
        self.proposals = ProposalDesk(clearing=self.clearing, kept=timedelta(days=30))
        self.app = Flask("press", static_folder=None)
        errors.register(self.app)
        self.app.register_blueprint(ReleaseDoor(desk=self.desk, requests=requests).blueprint())
        self.app.register_blueprint(ProposalDoor(desk=self.proposals, requests=requests).blueprint())

    def tick(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def machine(
        self, role: Role = Role.DEVELOPER, person: str = "li.na", bundles: tuple[str, ...] = ("wealth",)
    ) -> Machine:
        key = ES256.generate()
        with transaction(self.engine) as session:
            signers.add(
                session,
                public=jwk_of(key.public_key()),
                role=role,
                person=person,
                team="travel",
                bundles=bundles if role is Role.DEVELOPER else (),
                by="chen.yu",
                now=self.now,
            )
        return Machine(self, key, person, Wire(self.app))

    def stranger(self) -> Machine:
        return Machine(self, ES256.generate(), "nobody", Wire(self.app))

    def revoke(self, machine: Machine) -> None:
        with transaction(self.engine) as session:
            signers.revoke(session, machine.jkt, by="chen.yu", reason="leaked", now=self.now)
            uploads.withdraw_all(session, machine.jkt, reason="leaked", now=self.now)

    def kinds(self) -> list[str]:
        with transaction(self.engine, writing=False) as session:
            rows = session.scalars(select(EvidenceEntry.kind).order_by(EvidenceEntry.seq))
            return [kind.removeprefix("release.") for kind in rows if kind.startswith("release.")]

    def bodies(self, subject: str, kind: str = "") -> list[dict[str, Any]]:
        """Give what the evidence says of a thing, in order; all of it, or what is of one kind."""
        with transaction(self.engine, writing=False) as session:
            rows = select(EvidenceEntry).where(EvidenceEntry.subject == subject).order_by(EvidenceEntry.seq)
            return [json.loads(row.body) for row in session.scalars(rows) if row.kind.endswith(kind)]

    def offered(self) -> set[str]:
        return {path.name for path in (self.yard.store.folder / "targets/apps/wealth").glob("*.manifest.json")}


def release(version: str = "1.0.1", text: str = "b", **more: str) -> Package:
    files = {**FILES, "app.js": f"export const a = '{text}';\n".encode()}
    return package(version=version, files=files, **more)


def text_of(version: str = "1.0.1", **more: str) -> str:
    return declaration(version=version, **more)


@contextmanager
def refused(code: str) -> Iterator[None]:
    try:
        yield
    except RemoteError as error:
        assert error.problem == code, error.detail  # noqa: PT017 — several codes are compared by name
    else:
        message = f"{code} was expected, and the call was accepted"
        raise AssertionError(message)
