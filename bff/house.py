"""All rooms of the bff connected: from ports and plain values to the door, the relay and the release book.

This is the only module that knows every domain; it decides nothing, it only says who gets whom.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bff import accounts, cards, customers, devices, sweep, wealth
from bff.accounts.applications import Applications
from bff.accounts.room import AccountsRoom
from bff.accounts.sealed import sealed as accounts_sealed
from bff.accounts.service import Accounts
from bff.approvals.decisions import Decisions
from bff.approvals.jobs import jobs as approvals_jobs
from bff.approvals.operations import operations as approvals_operations
from bff.approvals.service import Approvals
from bff.approvals.templates import Templates
from bff.bundles.adoption import Adoption
from bff.bundles.operations import operations as bundles_operations
from bff.bundles.prompt import PromptReleases
from bff.bundles.service import ReleaseBook
from bff.bus import Bus
from bff.bus.limits import Limiter
from bff.bus.releases import Releases
from bff.cards import numbers as card_numbers
from bff.cards.ports import CardProducer, CreditBureau
from bff.cards.products import FAMILY as CARD
from bff.cards.room import Cards, Given
from bff.cards.sealed import sealed as cards_sealed
from bff.catalogue import Catalogue, Operation
from bff.core_bank.ledger import cards_under
from bff.core_bank.port import CardNetwork, CodeSender, CoreBank
from bff.customers.codes import Codes
from bff.customers.inbox_operations import operations as inbox_operations
from bff.customers.models import sealed as customers_sealed
from bff.customers.moving import Moving
from bff.customers.reindexing import Reindexing
from bff.customers.rewrapping import Rewrapping
from bff.customers.service import Customers
from bff.customers.vault import Vault
from bff.db.engine import retried
from bff.devices import pins
from bff.devices.attestation import UNATTESTED, Attesting
from bff.devices.binding import Binder
from bff.devices.directory import Directory
from bff.devices.handover_operations import operations as handover_operations
from bff.devices.instances import AppInstances
from bff.devices.operations import operations as devices_operations
from bff.devices.owned import OwnedDevices
from bff.devices.owned_operations import operations as owned_operations
from bff.devices.pins import Pins
from bff.devices.recoveries import Recoveries
from bff.devices.service import Devices
from bff.devices.transfers import Transfers
from bff.doors.app import AppDoor
from bff.jobs import Job
from bff.kinds import Clock, NewBytes, NewId
from bff.outbox import Relay
from bff.products import decisions
from bff.products.book import PaperBook
from bff.products.calendar import TradingCalendar
from bff.products.drafts import CalendarDrafts, ProductDrafts, RuleDrafts
from bff.products.jobs import jobs as products_jobs
from bff.products.moves import StateDrafts
from bff.products.papers import Kind
from bff.products.rulepacks import RulePacks
from bff.products.warehouse import Warehouse
from bff.sessions.authenticator import Authenticator, Nonces
from bff.sessions.keys import StoredTokenKeys
from bff.sessions.operations import operations as sessions_operations
from bff.sessions.replay import ReplayMarks
from bff.sessions.service import Lifetimes, Sessions
from bff.sessions.tokens import AccessTokens
from bff.sessions.verification import Verification
from bff.sweep.products import FAMILY as SWEEP
from bff.sweep.room import Sweep
from bff.sweep.terms import Terms
from bff.wealth.confirmation import Confirmation
from bff.wealth.delivery import Deliveries
from bff.wealth.holding_operations import operations as holding_operations
from bff.wealth.jobs import jobs as wealth_jobs
from bff.wealth.life import Life
from bff.wealth.operations import operations as wealth_operations
from bff.wealth.orders import TYPE as PURCHASE
from bff.wealth.orders import Orders
from bff.wealth.payouts import Payouts
from bff.wealth.products import FAMILY as WEALTH
from bff.wealth.ratings import Ratings
from bff.wealth.redemptions import TYPE as REDEMPTION
from bff.wealth.redemptions import Redemptions
from bff.wealth.refunds import Refunds
from bff.wealth.suitability import Suitability, load_questionnaire
from h5bundle.client import PublishedRelease
from security.dpop import NonceBook
from security.keys import KeyStore
from security.sealing import BlindIndex, Sealer
from security.suites import ES256

SEALING: Final = "sealing-kek"
INDEXING: Final = "blind-index"
NONCES: Final = "dpop-nonce"
CHECKPOINTS: Final = "audit-checkpoint"
REPLIES: Final = "platform-reply"
ROOMS: Final = {
    "accounts": accounts,
    "cards": cards,
    "customers": customers,
    "devices": devices,
    "sweep": sweep,
    "wealth": wealth,
}
"""Rooms that keep rule packs, by the name of the pack."""
PURPOSES: Final = ("access-token", CHECKPOINTS, SEALING, INDEXING, NONCES, REPLIES)
"""The purposes for which the bff needs an active key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the bff stands on and is given from outside.

    Attributes:
        engine: the database; keys: the server's keys.
        core, cards, codes: ports to the core bank, the card network and the SMS provider.
        bureau, producer: ports to the credit bureau and to who embosses and mails cards.
        marks, nonces, limiter: replay marks, DPoP nonces, rate limits.
        clock, monotonic, new_id, new_bytes: time and chance.
        aud, env: the server's name and environment inside every signature.
        public_url: origin at which apps reach it.
        token_seconds, refresh_days: lives of access tokens and of sessions.
        lease_seconds: how long a relay holds a message; longer than any call to the core.
        attesting: checks what devices' platforms attest.
        offered: gives the releases in the repository, for recording a new one at its first call; in a sandbox only.
        suites: of which suites devices' keys may be; the server's own new keys and seals are of the first.
    """

    engine: Engine
    keys: KeyStore
    core: CoreBank
    cards: CardNetwork
    codes: CodeSender
    bureau: CreditBureau
    producer: CardProducer
    marks: ReplayMarks
    nonces: Nonces
    limiter: Limiter
    clock: Clock
    monotonic: Callable[[], float]
    new_id: NewId
    new_bytes: NewBytes
    aud: str
    env: str
    public_url: str
    token_seconds: int
    refresh_days: int
    lease_seconds: int
    attesting: Attesting = UNATTESTED
    offered: Callable[[], Iterable[PublishedRelease]] | None = None
    suites: tuple[str, ...] = (ES256.alg,)


@dataclass(frozen=True, slots=True)
class StoredSealing:
    """Seals with the store's present key-encryption key and opens with every one that still may."""

    keys: KeyStore
    new_bytes: NewBytes

    def seal(self, *, plaintext: bytes, record_id: str, field: str) -> bytes:
        """Seal one field of one record."""
        return self._sealer().seal(plaintext, record_id, field)

    def open(self, *, envelope: bytes, record_id: str, field: str) -> bytes:
        """Open it again."""
        return self._sealer().open(envelope, record_id, field)

    def rewrap(self, *, envelope: bytes, record_id: str, field: str) -> bytes:
        """Give the same value under the present key."""
        return self._sealer().rewrap(envelope, record_id, field)

    def _sealer(self) -> Sealer:
        known = {kid: key.secret for kid, key in self.keys.verification_keys(SEALING).items()}
        return Sealer(keys=known, active=self.keys.active(SEALING).kid, new_bytes=self.new_bytes)


@dataclass(frozen=True, slots=True)
class StoredIndex:
    """The keyed hashes by which sealed fields are found again."""

    keys: KeyStore

    def of(self, *, field: str, value: str) -> str:
        """Give the hash of a value under the present key."""
        return self._index().of(field, value)

    def every(self, *, field: str, value: str) -> Mapping[str, str]:
        """Give it under every key that still counts, by the key's id, the present one first."""
        return self._index().every(field, value)

    def _index(self) -> BlindIndex:
        known = {kid: key.secret for kid, key in self.keys.verification_keys(INDEXING).items()}
        return BlindIndex(keys=known, active=self.keys.active(INDEXING).kid)


@dataclass(frozen=True, slots=True)
class StoredNonces:
    """The nonces that instances share: issued under the store's present key, taken under every one that still may."""

    keys: KeyStore

    def issue(self, now: datetime) -> str:
        """Give the present nonce."""
        return NonceBook(self.keys.active(NONCES).secret).issue(now)

    def accepts(self, nonce: str, now: datetime) -> bool:
        """Tell whether a nonce is ours and fresh."""
        known = self.keys.verification_keys(NONCES).values()
        return any(NonceBook(key.secret).accepts(nonce, now) for key in known)


SEALED: Final = (*customers_sealed(), *accounts_sealed(), *cards_sealed())
"""Every column of this bank whose values are sealed."""


def moving(engine: Engine, keys: KeyStore, new_bytes: NewBytes, seed: Callable[[], None]) -> Moving:
    """Give the moving of what hangs on older keys to the present ones."""
    sealing = StoredSealing(keys, new_bytes)
    vault = Vault(sealing, StoredIndex(keys))
    sealed = Rewrapping(engine, sealing, lambda: keys.active(SEALING).kid, SEALED)
    indexed = Reindexing(engine, vault, lambda: keys.active(INDEXING).kid)
    counts = (pins.under, cards_under, card_numbers.under)

    def take_up() -> None:
        seed()
        card_numbers.reindex(engine, vault)

    return Moving(sealed, indexed, take_up, tuple(partial(_counted, engine, count) for count in counts))


def _counted(engine: Engine, count: Callable[[Session, str], int], kid: str) -> int:
    return retried(engine, lambda session: count(session, kid), writing=False)


@dataclass(frozen=True, slots=True)
class House:
    """What stands when all rooms are connected."""

    door: AppDoor
    relay: Relay
    book: ReleaseBook
    warehouse: Warehouse
    papers: Mapping[str, Kind]
    cards: Cards
    jobs: tuple[Job, ...]
    accounts: AccountsRoom


def build_house(outside: Surroundings) -> House:
    """Connect the rooms."""
    book = ReleaseBook(outside.monotonic)
    papers = PaperBook(outside.engine, outside.monotonic)
    packs = {name: papers.over(_packs(room)) for name, room in ROOMS.items()}
    vault = Vault(StoredSealing(outside.keys, outside.new_bytes), StoredIndex(outside.keys))
    people = Customers(vault)
    codes = Codes(vault, packs["customers"], outside.codes)
    registry = Devices(outside.aud, outside.env, packs["devices"], outside.attesting, outside.suites)
    applications = Applications(vault, people, codes, packs["accounts"])
    held = Accounts(outside.core)
    asked = Approvals(outside.aud, outside.env, registry, book, Templates.load())
    warehouse = Warehouse((WEALTH, CARD, SWEEP))
    suitability = Suitability(load_questionnaire(), packs["wealth"])
    calendar = TradingCalendar.load(added=papers.calendars)
    wealth_packs = packs["wealth"]
    swept = Sweep.over(Terms(warehouse, calendar, packs["sweep"]), held, people, asked)
    orders = Orders(warehouse, calendar, wealth_packs, suitability, people, held, asked)
    refunds, payouts = Refunds(warehouse, held), Payouts(held, asked)
    redemptions = Redemptions(warehouse, calendar, wealth_packs, people, held, asked)
    credit = _cards(outside, people, held, asked, (warehouse, packs["cards"]))
    accounts_room = AccountsRoom.build(
        core=outside.core,
        cards=outside.cards,
        accounts=held,
        applications=applications,
        approvals=asked,
        holdings={"wealth": orders, "sweep": swept, "cards": credit},
    )
    tokens = AccessTokens(StoredTokenKeys(outside.keys), issuer=outside.public_url, audience=outside.aud)
    directory = Directory(people)
    lifetimes = Lifetimes(timedelta(seconds=outside.token_seconds), timedelta(days=outside.refresh_days))
    recoveries = Recoveries(registry, people, codes, outside.cards)
    verification = Verification(directory, outside.aud, outside.env, AppInstances(outside.attesting))
    operations: tuple[Operation, ...] = (
        *devices_operations(registry, Binder(registry, people, codes, applications), people, verification),
        *owned_operations(OwnedDevices(registry), Pins(registry, people, vault), verification),
        *handover_operations(Transfers(registry), recoveries, people),
        *sessions_operations(
            Sessions(directory, tokens, outside.aud, outside.env, lifetimes, outside.suites[0]), verification
        ),
        *approvals_operations(
            Decisions(
                asked,
                {
                    PURCHASE: orders,
                    REDEMPTION: redemptions,
                    **accounts_room.spenders(),
                    **credit.spenders(),
                    **swept.spenders(),
                },
            ),
            lambda: outside.keys.active(REPLIES),
        ),
        *inbox_operations(),
        *accounts_room.operations(),
        *wealth_operations(orders, refunds, suitability),
        *holding_operations(redemptions),
        *credit.operations(),
        *swept.operations(),
        *bundles_operations(Adoption(), readable=outside.env != "production"),
    )
    topics = (
        *codes.topics(),
        *recoveries.topics(),
        *accounts_room.topics(),
        *Deliveries(outside.core, orders, refunds, payouts).topics(),
        *credit.topics(),
        *swept.topics(outside.core),
    )
    lease = timedelta(seconds=outside.lease_seconds)
    relay = Relay(outside.engine, topics, outside.clock, outside.new_id, lease=lease)
    authenticator = Authenticator(outside.engine, tokens, directory, outside.marks, outside.nonces, outside.suites)
    known: Releases = book
    if outside.offered is not None:
        known = PromptReleases(book, outside.engine, outside.offered, outside.clock, outside.monotonic)
    door = _door(outside, operations, known, relay, authenticator, papers)
    life = Life(outside.engine, outside.clock, outside.new_id, warehouse, wealth_packs, refunds, payouts)
    ratings = Ratings(outside.engine, outside.clock, warehouse)
    jobs = (
        *approvals_jobs(outside.engine, outside.clock),
        *products_jobs(calendar, outside.clock),
        *accounts_room.jobs(outside.engine, outside.clock),
        *wealth_jobs(calendar, Confirmation(wealth_packs), life, ratings),
        *credit.jobs(),
        *swept.jobs(outside.engine, outside.clock, invented=outside.env == "sandbox"),
    )
    products, states = ProductDrafts(warehouse), StateDrafts(warehouse)
    kinds: tuple[Kind, ...] = (products, states, RuleDrafts(packs), CalendarDrafts(calendar))
    named = {kind.name: kind for kind in kinds}
    return House(door, relay, book, warehouse, named, credit, jobs, accounts_room)


def _cards(
    outside: Surroundings, people: Customers, held: Accounts, asked: Approvals, data: tuple[Warehouse, RulePacks]
) -> Cards:
    given = Given(
        engine=outside.engine,
        core=outside.core,
        bureau=outside.bureau,
        producer=outside.producer,
        customers=people,
        accounts=held,
        approvals=asked,
        warehouse=data[0],
        packs=data[1],
        clock=outside.clock,
        new_id=outside.new_id,
        new_bytes=outside.new_bytes,
    )
    return Cards.of(given)


def _door(
    outside: Surroundings,
    operations: tuple[Operation, ...],
    releases: Releases,
    relay: Relay,
    authenticator: Authenticator,
    papers: PaperBook,
) -> AppDoor:
    index = StoredIndex(outside.keys)
    bus = Bus(
        catalogue=Catalogue(operations),
        engine=outside.engine,
        releases=releases,
        limiter=outside.limiter,
        relay=relay,
        fingerprints=lambda request: tuple(index.every(field="request", value=request).values()),
        refresh=papers.refresh,
        keep=decisions.refuse,
    )
    return AppDoor(
        bus=bus,
        authenticator=authenticator,
        nonces=outside.nonces,
        public_url=outside.public_url,
        clock=outside.clock,
        new_id=outside.new_id,
        new_bytes=outside.new_bytes,
    )


def _packs(room: object) -> RulePacks:
    """Read the rule packs that stand in a room's data folder."""
    return RulePacks.load(Path(str(getattr(room, "__file__", ""))).parent / "data")
