"""The front door: environment, clock, chance, engine and wiring; ``create_app`` for servers, commands for people."""

import errno
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from base64 import b32encode, b32hexencode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import msgspec
from flask import Blueprint, Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bff import audit, sandbox
from bff.accounts.cli import ACCOUNTS_DESK, AccountsDesk, accounts
from bff.accounts.room import AccountsRoom
from bff.approvals.cli import approvals
from bff.audit.cli import EvidenceDesk, bank_commands
from bff.bundles.adoption import Adoption
from bff.bundles.anonymous import WebReleases, standing_in
from bff.bundles.clearing import Clearing
from bff.bundles.deciding import Decisions
from bff.bundles.desk import ReleaseDesk
from bff.bundles.intake import Intake, Limits
from bff.bundles.models import BundleRelease
from bff.bundles.partials import FolderPartials
from bff.bundles.proposing import ProposalDesk
from bff.bundles.schemas import ReleaseAdoption
from bff.bundles.signers import Role, Signer
from bff.bundles.signers_cli import SignerDesk, signers_group
from bff.bundles.signing import CurrentSigningKeys
from bff.bus.limits import RateLimiter
from bff.cards.cli import DESK as CARDS
from bff.cards.cli import cards
from bff.cards.producer import SandboxBureau, SandboxProducer
from bff.core_bank.cli import front_command
from bff.core_bank.esb.adapter import EsbCore
from bff.core_bank.esb.transport import HttpTransport, Tls
from bff.core_bank.esb.wire import wire_of
from bff.core_bank.ledger import EmbeddedCore
from bff.core_bank.network import SandboxCardNetwork, SandboxCodeSender, load_sandbox
from bff.custody import book
from bff.custody.cli import COMMANDS, CustodyDesk
from bff.custody.cli import DESK as CUSTODY
from bff.custody.service import Custody, operator_of
from bff.customers.moving import Moving
from bff.db.desk import DESK, Desk
from bff.db.engine import open_engine, ping, retried, transaction
from bff.db.migrations import migrate
from bff.devices.attestation import Attesting, RevocationFile
from bff.devices.cli import devices
from bff.doors.jwks import jwks_door
from bff.doors.proposals import ProposalDoor
from bff.doors.release import ReleaseDoor
from bff.doors.shell import ShellHosting, shell_door
from bff.doors.signed import SignedRequests
from bff.doors.web import WebHosting
from bff.errors import BffError
from bff.factory import Parts, create_flask
from bff.house import (
    CHECKPOINTS,
    INDEXING,
    PURPOSES,
    REPLIES,
    SEALING,
    House,
    StoredIndex,
    StoredNonces,
    Surroundings,
    build_house,
    moving,
)
from bff.jobs.cli import DESK as JOBS
from bff.jobs.cli import JobDesk, jobs
from bff.jobs.worker import Worker
from bff.kinds import BundleRef
from bff.products.cli import calendar, products, rules
from bff.products.papers import Papers
from bff.products.papers_cli import DESK as PAPERS
from bff.products.papers_cli import PaperDesk
from bff.recurring import Pace, Recurring
from bff.retention.cli import retention
from bff.sessions.replay import MemoryReplayMarks, RedisReplayMarks, ReplayMarks
from bff.sweep.cli import sweep
from bff.wealth import navs
from bff.wealth.cli import wealth
from bff.wealth.products import FAMILY as WEALTH_PRODUCTS
from config.logging import configure
from config.settings import Settings, SettingsError, describe, from_environ
from h5bundle.client import releases
from h5bundle.commands import rollout
from h5bundle.commands.check import know
from h5bundle.commands.deltas_served import OnDemand
from h5bundle.commands.offers import Live
from h5bundle.errors import H5BundleError, StoreError
from h5bundle.keys import KeyFolder
from h5bundle.repository import is_repository, trusted_root
from h5bundle.rollout import Change
from h5bundle.stores.opening import LOCK_SECONDS, folder_of, open_store
from h5bundle.stores.port import Store
from native_bridge.errors import BridgeError
from native_bridge.model import compile_folder
from security.attestation.policies import read_policies
from security.cli import evidence
from security.cli_keys import KeyDesk, keys
from security.dpop import NonceBook
from security.errors import AttestationPolicyError, KeyStoreError, SecurityError, SuiteUnavailableError
from security.jwk import parse_jwk
from security.keys import KeyStore
from security.keys.changes import Action, Guard
from security.suites import suite

Answer = TypeVar("Answer")
_log: Final = logging.getLogger("tidegate")
ROOT: Final = Path(__file__).parent
APPS: Final = ROOT / "h5bundle" / "apps"
SHELL: Final = ROOT / "native_bridge" / "shell"
APP: Final = {"id": "cn.lanjiang.tidegate", "version": "1.0.0"}
MOUNTS: Final = ("metadata", "targets")
"""What the server's static route serves of the repository, by its endings .json and .zip; nothing else of its folder.

Objects have no ending, so the static route would leave their media type to the browser's guess, and a bundle's HTML
would run on the shell's own origin: the shell's door serves them, as bytes."""
OTHER_PORTS: Final = (8123, 8124)
FIXED: Final = frozenset({SEALING, INDEXING})
"""Purposes whose keys open or find what is stored: without one, records are lost and nothing tells which."""
REMEDIES: Final = {
    "FOUR_EYES": "ask with `tidegate keys request`, and another operator approves with `tidegate keys approve`",
    "KEY_CHANGED": "`tidegate keys list` shows what stands now; ask again if it is still wanted",
    "KEY_PUBLIC_MISSING": "give the file with its public key, PEM or JWK",
    "KEY_LOCKED": "give in TIDEGATE_KEY_PASSPHRASE what the keys were made with; when it is empty, the file "
    "`passphrase` in the var folder is taken",
    "PURPOSE_UNKNOWN": f"the purposes are {', '.join(PURPOSES)}",
    "KEY_UNAVAILABLE": "`tidegate keys list` shows what there is",
    "BUNDLE_UNKNOWN": "`tidegate bundles` lists the releases with their digests",
    "NOT_FOUND": "look at what you gave (the shell shows an order's number, ord_…); is TIDEGATE_VAR the server's?",
}
"""What to do next, by the code of a refusal."""
PUBLISHED: Final = ("access-token", CHECKPOINTS, REPLIES)
"""Purposes whose public keys the server publishes."""


class StartError(Exception):
    """Tidegate cannot start; the message says why and what to do."""


def clock() -> datetime:
    """Give the present instant."""
    return datetime.now(UTC)  # noqa: TID251 — the one clock


def new_bytes(count: int) -> bytes:
    """Give unpredictable bytes."""
    return os.urandom(count)


def new_id(prefix: str) -> str:
    """Make an id that nobody can guess: a prefix and 130 random bits in lower-case base 32."""
    return f"{prefix}_{b32encode(new_bytes(17)).decode().rstrip('=').lower()[:26]}"


def growing_id(prefix: str) -> str:
    """Make an id of the same length that sorts by its millisecond, with 82 random bits behind it.

    For rows of which there are very many and whose ids open nothing: they are added at one place of their indexes.
    """
    raw = int(clock().timestamp() * 1000).to_bytes(6) + new_bytes(11)
    return f"{prefix}_{b32hexencode(raw).decode().rstrip('=').lower()[:26]}"


def read_settings() -> Settings:
    """Read the settings from this process's environment."""
    return from_environ(os.environ)  # noqa: TID251 — the door to the environment


@dataclass(frozen=True, slots=True)
class Instance:
    """One opened Tidegate: its stores, keys and connected rooms."""

    settings: Settings
    engine: Engine
    keys: KeyStore
    core: EmbeddedCore | EsbCore
    store: Store
    house: House

    @property
    def release_keys(self) -> KeyFolder:
        """Give the keys of the release repository."""
        return KeyFolder(self.settings.release_keys, passphrase(self.settings).encode())


def passphrase(settings: Settings) -> str:
    """Give the passphrase of the key files."""
    return settings.key_passphrase or sandbox.development_passphrase(settings.var, new_bytes)


def open_instance(settings: Settings) -> Instance:
    """Open stores and keys and connect the rooms; nothing is made and no job is started.

    Raises:
        StartError: production was asked for with development keys or without its providers, or a suite's library is
            not installed.
        KeyStoreError: the passphrase does not open the keys.
    """
    _refuse_development(settings)
    _require_suites(settings)
    settings.var.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database)
    keys = KeyStore.open(settings.keys, passphrase(settings), settings.suite[0])
    core = _esb(settings) if settings.esb else _ledger(engine, keys)
    store = _open_store(settings)
    return Instance(
        settings, engine, keys, core, store, build_house(_surroundings(settings, engine, keys, core, store))
    )


def _ledger(engine: Engine, keys: KeyStore) -> EmbeddedCore:
    index = StoredIndex(keys)
    return EmbeddedCore(engine, clock, growing_id, lambda card: index.every(field="core.card", value=card))


def _esb(settings: Settings) -> EsbCore:
    tls = Tls(*(Path(name) if name else None for name in _core_files(settings)))
    transport = HttpTransport(settings.esb, seconds=settings.core_seconds, tls=tls)
    return EsbCore(transport, wire_of(settings.core_wire, clock), new_id)


def _core_files(settings: Settings) -> tuple[str, str, str]:
    """Give the files for TLS with the ESB.

    Raises:
        StartError: one of them is not there.
    """
    files = (settings.core_ca, settings.core_certificate, settings.core_key)
    for name, file in zip(("CORE_CA", "CORE_CERTIFICATE", "CORE_KEY"), files, strict=True):
        if file and not Path(file).is_file():
            message = f"TIDEGATE_{name}: there is no file {file}"
            raise StartError(message)
    return files


def open_prepared(settings: Settings) -> Instance:
    """Open an instance that ``prepare`` made; a folder where there is none stays as it is.

    Raises:
        StartError: there is none, or as ``open_instance``.
    """
    _refuse_development(settings)
    if not is_repository(_open_store(settings)):
        message = f"nothing was prepared in {settings.var.absolute()}: run `tidegate prepare`, or set TIDEGATE_VAR"
        raise StartError(message)
    return open_instance(settings)


def _open_store(settings: Settings, lock_seconds: int = LOCK_SECONDS) -> Store:
    try:
        return open_store(settings.repository_address, lock_seconds=lock_seconds)
    except StoreError as error:
        message = f"TIDEGATE_REPOSITORY: {error.detail}; {error.remedy}"
        raise StartError(message) from error


def _require_suites(settings: Settings) -> None:
    for name in settings.suite:
        try:
            suite(name).require()
        except SuiteUnavailableError as error:
            message = f"TIDEGATE_SUITE: {error.detail}"
            raise StartError(message) from error


def _refuse_development(settings: Settings) -> None:
    if not settings.production:
        return
    marked = [folder for folder in (settings.keys, settings.release_keys) if (folder / sandbox.MARKER).exists()]
    if marked:
        message = f"{marked[0]} holds development keys: production needs keys of its own (`tidegate keys rotate`)"
        raise StartError(message)
    message = (
        "production needs adapters to the card network and the SMS provider; this version carries sandbox providers "
        "only: run with TIDEGATE_ENV=sandbox"
    )
    raise StartError(message)


def _surroundings(
    settings: Settings, engine: Engine, keys: KeyStore, core: EmbeddedCore | EsbCore, store: Store
) -> Surroundings:
    shared = settings.redis_url
    return Surroundings(
        engine=engine,
        keys=keys,
        core=core,
        cards=SandboxCardNetwork(load_sandbox()),
        codes=SandboxCodeSender(),
        bureau=SandboxBureau(),
        producer=SandboxProducer(engine, clock, lambda text: StoredIndex(keys).of(field="card.production", value=text)),
        marks=_marks(settings),
        nonces=StoredNonces(keys) if shared else NonceBook(new_bytes(32)),  # a restart forgets own marks and nonces
        limiter=RateLimiter(shared or "memory://"),
        clock=clock,
        monotonic=time.monotonic,
        new_id=new_id,
        new_bytes=new_bytes,
        aud=settings.audience,
        env=settings.env,
        public_url=settings.origin,
        token_seconds=settings.token_seconds,
        refresh_days=settings.refresh_days,
        lease_seconds=settings.lease_seconds,
        attesting=_attesting(settings),
        offered=None if settings.production else lambda: releases(store, now=clock()),
        suites=settings.suite,
    )


def _attesting(settings: Settings) -> Attesting:
    revocations = RevocationFile(Path(settings.revocation_list)).read if settings.revocation_list else lambda: None
    if not settings.attestation_policy:
        return Attesting(revocations=revocations)
    try:
        policies = read_policies(Path(settings.attestation_policy).read_bytes())
    except (OSError, AttestationPolicyError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.detail
        message = f"TIDEGATE_ATTESTATION_POLICY: {settings.attestation_policy}: {reason}; docs/security.md has its form"
        raise StartError(message) from error
    return Attesting(policies=policies, revocations=revocations)


def _marks(settings: Settings) -> ReplayMarks:
    return RedisReplayMarks(settings.redis_url) if settings.redis_url else MemoryReplayMarks(clock)


def mover_of(settings: Settings, engine: Engine, keys: KeyStore) -> Moving:
    """Give the moving of what hangs on older keys; the embedded core takes up its sample accounts, old or new."""

    def seed() -> None:
        if not settings.esb:
            _ledger(engine, keys).seed(load_sandbox())

    return moving(engine, keys, new_bytes, seed)


def guard_of(mover: Callable[[], Moving]) -> Guard:
    """Give what stored data forbids to do with keys."""
    return Guard(lasting=FIXED, uses=lambda kid: mover().uses(kid))


def custody_of(settings: Settings, engine: Engine, store: KeyStore) -> Custody:
    """Give the requests for changes of keys."""
    return Custody(
        engine=engine,
        store=store,
        guard=guard_of(lambda: mover_of(settings, engine, store)),
        env=settings.env,
        aud=settings.audience,
        longest=timedelta(hours=settings.key_request_hours),
    )


def papers_of(instance: Instance) -> Papers:
    """Give the papers of the product team."""
    settings = instance.settings

    def operator(session: Session, jkt: str) -> Signer:
        return operator_of(session, jkt, Role.PRODUCT)

    return Papers(instance.engine, instance.house.papers, operator, settings.env, settings.audience)


def live_operations(instance: Instance) -> frozenset[str]:
    """Give the codes of the bank's live operations."""
    return frozenset(operation.code for operation in instance.house.door.bus.catalogue)


def release_desk(instance: Instance) -> ReleaseDesk:
    """Give the desk of remote publishing."""
    settings = instance.settings
    clearing = Clearing(
        engine=instance.engine,
        partials=FolderPartials(settings.uploads),
        store=instance.store,
        keys=instance.release_keys,
        ops=lambda: live_operations(instance),
    )
    limits = Limits(bytes=settings.upload_bytes, lifetime=timedelta(hours=settings.upload_hours))
    intake = Intake(clearing=clearing, server=settings.origin, limits=limits, new_id=new_id)
    return ReleaseDesk(clearing=clearing, intake=intake, decisions=Decisions(clearing=clearing, server=settings.origin))


def proposal_desk(instance: Instance, desk: ReleaseDesk) -> ProposalDesk:
    """Give the desk for signatures, beside that of uploads."""
    return ProposalDesk(clearing=desk.clearing, kept=timedelta(days=instance.settings.proposal_days))


def _release_doors(instance: Instance) -> list[Blueprint]:
    settings = instance.settings
    desk = release_desk(instance)
    requests = SignedRequests(
        signer=desk.signer,
        public_url=settings.origin,
        marks=_marks(settings),
        limiter=RateLimiter(settings.redis_url or "memory://"),
        clock=clock,
    )
    proposals = ProposalDoor(desk=proposal_desk(instance, desk), requests=requests)
    return [ReleaseDoor(desk=desk, requests=requests).blueprint(), proposals.blueprint()]


def create_app() -> Flask:
    """Open an instance from the environment, start its jobs, and give the WSGI application."""
    settings = read_settings()
    configure(settings)
    instance = open_instance(settings)
    if settings.jobs == "on":
        threading.Thread(target=worker_of(instance).run, daemon=True, name="jobs").start()
    return wsgi(instance)


def wsgi(instance: Instance) -> Flask:
    """Give the WSGI application of an opened instance."""
    checks = {
        "database": lambda: ping(instance.engine),
        "repository": lambda: _require(is_repository(instance.store), "there is no release repository"),
        "keys": lambda: _require(all(instance.keys.active(purpose) for purpose in PURPOSES), "a key is missing"),
    }
    proxies = instance.settings.trusted_proxies
    parts = Parts(
        door=instance.house.door,
        checks=checks,
        blueprints=[shell_door(_hosting(instance)), jwks_door(instance.keys, PUBLISHED), *_release_doors(instance)],
        trusted_proxies=proxies,
        anonymous_limit=instance.settings.anonymous_limit,
        counters=instance.settings.redis_url or "memory://",
    )
    return create_flask(parts)


def _hosting(instance: Instance) -> ShellHosting:
    settings = instance.settings
    signing = CurrentSigningKeys(instance.store, clock)
    preset = settings.var / "preset"
    config: dict[str, Any] = {
        "bank": {"zh": settings.bank_zh, "en": settings.bank_en},
        "env": settings.env,
        "aud": settings.audience,
        "app": APP,
        "readyMs": settings.ready_seconds * 1000,
        "links": dict(settings.links),
    }
    if not settings.production:
        config["samples"] = sandbox.sample_people(load_sandbox())
    contract = compile_folder().compiled
    return ShellHosting(
        shell_origin=settings.origin,
        bundle_origin=settings.bundle_origins,
        folder=SHELL,
        contract=contract,
        config=config,
        bundles=signing.bundles,
        root=signing.root,
        role_keys=signing.of,
        repository=folder_of(settings.repository_address),
        store=instance.store,
        preset=preset if preset.is_dir() else None,
        delta=OnDemand(_open_store(settings, lock_seconds=1)),  # no phone waits for a publisher
        web=_web_hosting(instance, signing, contract) if settings.web_host else None,
    )


def _web_hosting(instance: Instance, signing: CurrentSigningKeys, contract: bytes) -> WebHosting:
    settings = instance.settings
    return WebHosting(
        origin=settings.web_host,
        folder=SHELL,
        contract=contract,
        config={"bank": {"zh": settings.bank_zh, "en": settings.bank_en}, "env": settings.env, "app": APP},
        app_link=settings.app_address,
        releases=WebReleases(
            store=instance.store,
            state=signing.state,
            standing=standing_in(instance.house.book, instance.engine),
            app_version=APP["version"],
            clock=clock,
        ),
    )


def _require(held: bool, otherwise: str) -> None:  # noqa: FBT001 — the condition is the argument
    if not held:
        raise StartError(otherwise)


def worker_of(instance: Instance) -> Worker:
    """Give a worker for this process, with every job of this bank."""
    settings, desk = instance.settings, release_desk(instance)
    recurring = Recurring(
        engine=instance.engine,
        keys=instance.keys,
        house=instance.house,
        store=instance.store,
        release_keys=instance.release_keys,
        desk=desk,
        proposals=proposal_desk(instance, desk),
        custody=custody_of(settings, instance.engine, instance.keys),
        mover=lambda: mover_of(settings, instance.engine, instance.keys),
        env=settings.env,
        process=os.getpid(),
        clock=clock,
    )
    pace = Pace(settings.relay_seconds, settings.checkpoint_seconds, calendar_acts=settings.key_calendar == "on")
    name = f"{socket.gethostname()[:60]}:{os.getpid()}"
    return Worker(instance.engine, recurring.jobs(pace), clock, new_id, name)


def prepare(settings: Settings) -> tuple[Instance, list[sandbox.BundleNews]]:
    """Bring a sandbox into being, or up to date: keys, tables, people, products, published bundles."""
    _refuse_development(settings)
    _require_suites(settings)
    settings.var.mkdir(parents=True, exist_ok=True)
    secret = passphrase(settings)
    for folder in (settings.keys, settings.release_keys):
        sandbox.mark_development(folder)
    sandbox.make_keys(KeyStore.open(settings.keys, secret, settings.suite[0]), PURPOSES, clock())
    sandbox.make_release_keys(KeyFolder(settings.release_keys, secret.encode()))
    if not settings.database_url:
        (settings.var / "tidegate.db").touch(mode=0o600)  # SQLite gives its other files the same mode
    migrate(settings.database)
    instance = open_instance(settings)
    mover_of(settings, instance.engine, instance.keys).run()
    live = Live(ops=live_operations(instance), contract=know().contract)
    keys, now = instance.release_keys, clock()
    news = list(sandbox.publish_bundles(APPS, instance.store, keys, now=now, commit=_commit, live=live))
    found = releases(instance.store, now=clock())
    with transaction(instance.engine) as session:
        instance.house.warehouse.synchronise(session, clock())
        navs.seed(session, WEALTH_PRODUCTS.shipped(), clock())
        instance.house.book.sync(session, now=clock(), releases=found)
        strangers = instance.house.book.unrecorded(session, found)
    return instance, [*news, *(sandbox.stranger(str(ref)) for ref in strangers)]


def _commit(project: Path) -> str:
    """Give the commit that last touched a project, or nothing outside a git checkout."""
    command = ["git", "log", "-1", "--format=%H", "--", str(project)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def serve(settings: Settings, target: str = "app:create_app") -> None:
    """Serve until stopped; a folder's metadata and targets come from the server's own static route."""
    folder = folder_of(settings.repository_address)
    mounts = [] if folder is None else [(f"/repo/{name}", folder / name) for name in MOUNTS]
    for _, place in mounts:
        place.mkdir(parents=True, exist_ok=True)
    Server(
        target,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=settings.workers,
        blocking_threads=settings.threads,
        websockets=False,
        log_level=LogLevels.error,
        static_path_route=[route for route, _ in mounts] or None,
        static_path_mount=[place for _, place in mounts] or None,
        static_path_expires=0,
        respawn_failed_workers=True,
        workers_kill_timeout=20,
    ).serve()


class _Group(click.Group):
    """Turns every error of ours into one line and a documented exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (SettingsError, StartError) as error:
            _end(str(error), 2)
        except (BffError, SecurityError, H5BundleError) as error:
            _end(_words(error), 1)
        except BridgeError as error:
            _end(str(error), 1)
        except (SQLAlchemyError, OSError) as error:
            _end(_surrounding(error), 2)


def _words(error: BffError | SecurityError | H5BundleError) -> str:
    remedy = getattr(error, "remedy", "") or REMEDIES.get(error.code, "")
    return f"{error.code}: {error.detail}{' — ' if remedy else ''}{remedy}"


def _surrounding(error: SQLAlchemyError | OSError) -> str:
    """Say what of the surroundings does not serve: the database, or a file."""
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror}. Look at TIDEGATE_VAR, the disk and its permissions"
    reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
    return f"the database does not serve: {reason} — look at TIDEGATE_DATABASE_URL; `tidegate prepare` makes the tables"


def _end(message: str, status: int) -> None:
    click.echo(f"tidegate: {message}", err=True)
    sys.exit(status)


_EPILOG: Final = (
    "Example: PORT=8123 tidegate run. Exit codes: 0 done; 1 refused, the line says why; 2 called or configured wrongly."
)


@click.group(cls=_Group, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="tidegate")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Run Tidegate and look after it. Settings come from the environment: see `tidegate settings`."""
    ctx.obj = KeyDesk(
        open=_keys,
        clock=clock,
        guard=guard_of(_moving),
        permit=_permit,
        tell=_tell,
        witnessed=_witnessed,
    )
    ctx.meta[DESK] = Desk(lambda: _database(read_settings()), clock)
    ctx.meta[JOBS] = JobDesk(
        lambda: _database(read_settings()), lambda: worker_of(open_prepared(read_settings())), clock
    )
    ctx.meta[ACCOUNTS_DESK] = AccountsDesk(_accounts_room, clock, new_id)
    ctx.meta[CARDS] = lambda: open_prepared(read_settings()).house.cards
    ctx.meta[CUSTODY] = CustodyDesk(_custody, _moving, clock, new_id)
    ctx.meta[PAPERS] = PaperDesk(lambda: papers_of(open_prepared(read_settings())), clock)


@cli.command(epilog="Example: PORT=8123 tidegate run")
def run() -> None:
    """Make a sandbox ready and serve it."""
    settings = read_settings()
    configure(settings)
    _require_port(settings)
    click.echo("Tidegate: keys, tables, sample people, bundles …")
    _, news = prepare(settings)
    for item in news:
        if item.trouble:
            click.echo(f"  {item.name}: {item.trouble}", err=True)
        elif item.changed:
            click.echo(f"  {item.name} signed and published")
    click.echo(_greeting(settings))
    serve(settings)


@cli.command("prepare", epilog="Example: tidegate prepare && tidegate serve")
def prepare_command() -> None:
    """Make a sandbox ready without serving it."""
    _, news = prepare(read_settings())
    for item in news:
        click.echo(f"{item.name}  {item.trouble or ('published' if item.changed else 'stands')}")


@cli.command("serve", epilog="Example: TIDEGATE_REDIS_URL=redis://localhost/0 TIDEGATE_WORKERS=2 tidegate serve")
def serve_command() -> None:
    """Serve what `prepare` made."""
    settings = read_settings()
    configure(settings)
    engine = open_prepared(settings).engine
    ping(engine)
    engine.dispose()
    _require_port(settings)
    click.echo(_greeting(settings))
    serve(settings)


@cli.command("worker", epilog="Example: tidegate worker")
def worker_command() -> None:
    """Do the jobs in a process of its own until it is stopped; any number of workers may run.

    Servers then need TIDEGATE_JOBS=off to leave the jobs to it. SIGTERM and Ctrl-C let the batch at hand finish.
    """
    settings = read_settings()
    configure(settings)
    worker = worker_of(open_prepared(settings))
    ping(worker.engine)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: worker.stop.set())
    click.echo(f"Tidegate's worker {worker.name} does {len(worker.jobs)} jobs. Stop it with Ctrl-C.")
    worker.run()
    click.echo("stopped")


def _require_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            port = error.errno in {errno.EADDRINUSE, errno.EACCES}
            other = next(number for number in OTHER_PORTS if number != settings.port)
            remedy = f"Choose another port: PORT={other} make run" if port else "Look at TIDEGATE_HOST"
            message = f"cannot listen on {settings.host}:{settings.port} ({error.strerror}). {remedy}"
            raise StartError(message) from error


def _greeting(settings: Settings) -> str:
    names = ", ".join(settings.bundle_origins.replace("{bundle}", name) for name in sandbox.BUNDLES[1:])
    return (
        f"\nTidegate is serving ({settings.env}). Stop it with Ctrl-C.\n"
        f"  shell, a phone in the browser   {settings.origin}/\n"
        f"  interface, to read and to try   {settings.origin}/docs/api\n"
        f"  ready?                          {settings.origin}/readyz\n"
        f"  origins of the bundles          {names}\n"
        f"  keys and data                   {settings.var.absolute()}\n"
    )


@cli.command("settings", epilog="Example: tidegate settings")
@click.option("--markdown", is_flag=True, help="Give docs/settings.md.")
def settings_command(*, markdown: bool) -> None:
    """Show every setting with its default, or the documentation page."""
    page = describe()
    click.echo(page if markdown else page.partition("|---|---|---|\n")[2], nl=False)


@cli.command("bundles", epilog="Example: tidegate bundles --json")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def bundles_command(*, as_json: bool) -> None:
    """List the releases that the release book knows."""
    instance = open_prepared(read_settings())
    with transaction(instance.engine, writing=False) as session:
        rows = list(session.scalars(select(BundleRelease).order_by(BundleRelease.bundle, BundleRelease.version)))
        found = [
            {"ref": str(BundleRef(row.bundle, row.version, row.digest)), "bundle": row.bundle, "state": row.state}
            for row in rows
        ]
    lines = "\n".join(f"{row['state']:<10} {row['ref']}" for row in found)
    click.echo(json.dumps(found) if as_json else lines)


@cli.command("adoption", epilog="Example: tidegate adoption wealth --json")
@click.argument("bundle", required=False)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def adoption_command(*, bundle: str | None, as_json: bool) -> None:
    """Show how far each release (of BUNDLE) came, in installations: checked … launched, ready, rolled back."""
    instance = open_prepared(read_settings())
    with transaction(instance.engine, writing=False) as session:
        found = Adoption.of(session, bundle).releases
    click.echo(msgspec.json.encode(found).decode() if as_json else "\n".join(_adopted(one) for one in found))


def _adopted(one: ReleaseAdoption) -> str:
    counts = ("checked", "downloaded", "verified", "launched", "ready", "rolledback")
    told = "  ".join(f"{name} {getattr(one, name)}" for name in counts)
    return f"{one.bundle:<12} {one.version:<10} {one.platform or '-':<8} {told}"


@cli.command("revoke-bundle", epilog="Example: tidegate revoke-bundle 3f0c…e1")
@click.argument("digest")
def revoke_bundle(digest: str) -> None:
    """Call a release back: within seconds the BFF refuses every call from that DIGEST (or bundle@version#digest)."""
    instance = open_prepared(read_settings())
    digest = digest.rpartition("#")[2]
    with transaction(instance.engine) as session:
        instance.house.book.revoke(session, digest, clock())
    click.echo(f"{digest} is revoked")


@cli.command("kill", epilog="Example: tidegate kill wealth --version 1.5.0 --by anna --why 'wrong fees'")
@click.argument("bundle")
@click.option("--version", help="Only this release; all of the bundle's when not given.")
@click.option("--by", required=True, help="Your name; it stands in the signed policy.")
@click.option("--why", required=True, help="The reason; it stands there too.")
def kill(bundle: str, version: str | None, by: str, why: str) -> None:
    """Call back releases of BUNDLE and pause its rollout: within seconds the BFF refuses their calls.

    Needs the rollout and online keys; revoke-bundle needs none: use it where they are not, and pause elsewhere.
    """
    instance = open_prepared(read_settings())
    with transaction(instance.engine) as session:
        killed = instance.house.book.revoke_all(session, bundle, version, clock())
    for ref in killed:
        click.echo(f"{ref} is revoked")
    pause = rollout.paused(Change(by, why), halt=True)
    receipt = rollout.run(bundle, pause, instance.store, instance.release_keys, now=clock())
    click.echo(f"{bundle} is paused by policy {receipt.policy}")


@cli.command("root", epilog="Example: tidegate root > root.json")
def root_command() -> None:
    """Give the first root metadata of the releases: what an app carries inside, and `evidence verify --root` takes."""
    click.echo(trusted_root(open_prepared(read_settings()).store).decode(), nl=False)


def _keys() -> KeyStore:
    settings = read_settings()
    return KeyStore.open(settings.keys, passphrase(settings), settings.suite[0])


def _moving() -> Moving:
    settings = read_settings()
    return mover_of(settings, _database(settings), KeyStore.open(settings.keys, passphrase(settings)))


def _accounts_room() -> tuple[Engine, AccountsRoom]:
    instance = open_prepared(read_settings())
    return instance.engine, instance.house.accounts


def _custody() -> Custody:
    settings = read_settings()
    return custody_of(settings, _database(settings), KeyStore.open(settings.keys, passphrase(settings)))


def _database(settings: Settings) -> Engine:
    """Open the database that ``prepare`` made; none is made here.

    Raises:
        StartError: there is none.
    """
    if not settings.database_url and not (settings.var / "tidegate.db").exists():
        message = f"there is no database in {settings.var.absolute()}: run `tidegate prepare`, or set TIDEGATE_VAR"
        raise StartError(message)
    return open_engine(settings.database)


def _permit(action: Action) -> None:
    if read_settings().needs_two:
        raise KeyStoreError(detail=f"{action} needs two operators here", code="FOUR_EYES")


def _tell(why: str) -> None:
    """Have the evidence tell what changed; without a database that serves, the server's job does it later."""
    settings = read_settings()
    if settings.database_url or (settings.var / "tidegate.db").exists():
        records, now = _keys().records(), clock()
        try:
            retried(_database(settings), lambda session: book.tell(session, records, why=why, now=now))
        except (SQLAlchemyError, BffError) as error:
            message = f"the key is changed; the evidence is told later, by the server ({type(error).__name__})"
            click.echo(message, err=True)


def _witnessed(seen: Mapping[str, Any]) -> None:
    body = dict(seen)
    engine, now = _database(read_settings()), clock()
    retried(
        engine,
        lambda session: audit.append(session, kind="key.ceremony", subject=body["digest"], body=body, now=now),
    )


def _front_ledger() -> EmbeddedCore:
    instance = open_prepared(read_settings())
    ledger = _ledger(instance.engine, instance.keys)
    ledger.seed(load_sandbox())
    return ledger


cli.add_command(front_command(_front_ledger, clock))
for command in COMMANDS:
    keys.add_command(command)
cli.add_command(keys)
cli.add_command(devices)
cli.add_command(approvals)
cli.add_command(accounts)
cli.add_command(cards)
cli.add_command(retention)
cli.add_command(jobs)
cli.add_command(sweep)
cli.add_command(products)
cli.add_command(rules)
cli.add_command(calendar)
cli.add_command(wealth)
cli.add_command(signers_group(SignerDesk(lambda: open_prepared(read_settings()).engine, clock)))


def _at_the_desk(work: Callable[[EvidenceDesk], Answer]) -> Answer:
    """Do something with this instance's evidence; what is wrong becomes one line."""
    try:
        return work(_evidence_desk(open_prepared(read_settings())))
    except (SettingsError, StartError) as error:
        raise click.UsageError(str(error)) from error
    except (BffError, SecurityError) as error:
        raise click.ClickException(_words(error)) from error
    except (SQLAlchemyError, OSError) as error:
        raise click.UsageError(_surrounding(error)) from error


def _evidence_desk(instance: Instance) -> EvidenceDesk:
    public: Mapping[str, Any] = {
        record.kid: parse_jwk(record.public) for record in instance.keys.records() if record.purpose == CHECKPOINTS
    }
    return EvidenceDesk(
        engine=instance.engine,
        env=instance.settings.env,
        aud=instance.settings.audience,
        keys=public,
        signer=instance.keys.active(CHECKPOINTS),
        now=clock(),
    )


for command in bank_commands(_at_the_desk):
    evidence.add_command(command)


if __name__ == "__main__":
    cli()
