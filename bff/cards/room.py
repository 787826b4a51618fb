"""The cards room connected: what it needs from the house, and what it gives back to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bff.approvals.decisions import Spender
from bff.approvals.payers import AccountsView
from bff.approvals.service import Approvals
from bff.cards import autopay, holding, repaying, repository
from bff.cards.account_operations import account_operations
from bff.cards.acquiring import Acquiring
from bff.cards.application_operations import application_operations
from bff.cards.applications import Applications
from bff.cards.autopay import Autopay
from bff.cards.billing import Billing
from bff.cards.card_operations import card_operations
from bff.cards.delivery import Delivery
from bff.cards.file_operations import file_operations
from bff.cards.forms import load_form, load_texts
from bff.cards.holding import Holding
from bff.cards.issuing import Issuing, Producing
from bff.cards.jobs import CardJobs
from bff.cards.numbers import Numbers
from bff.cards.ports import CardProducer, CreditBureau
from bff.cards.products import CardProducts
from bff.cards.repaying import Repaying
from bff.cards.reviewing import Reviewing
from bff.catalogue import Operation
from bff.core_bank.network import CARDS_COLLECTING, load_sandbox
from bff.core_bank.port import CoreBank
from bff.customers.service import Customers
from bff.jobs import Job
from bff.kinds import Clock, NewBytes, NewId
from bff.outbox import Topic
from bff.products.rulepacks import RulePacks
from bff.products.warehouse import Warehouse


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What the room stands on."""

    engine: Engine
    core: CoreBank
    bureau: CreditBureau
    producer: CardProducer
    customers: Customers
    accounts: AccountsView
    approvals: Approvals
    warehouse: Warehouse
    packs: RulePacks
    clock: Clock
    new_id: NewId
    new_bytes: NewBytes


@dataclass(frozen=True, slots=True)
class Cards:
    """The room's parts; commands work with them too."""

    given: Given
    applications: Applications
    reviewing: Reviewing
    issuing: Issuing
    producing: Producing
    holding: Holding
    acquiring: Acquiring
    repaying: Repaying
    autopay: Autopay
    billing: Billing

    @classmethod
    def of(cls, given: Given) -> "Cards":
        """Connect the parts."""
        products, packs, texts = CardProducts(given.warehouse), given.packs, load_texts()
        vault = given.customers.vault
        collecting = load_sandbox().internal_account(CARDS_COLLECTING)
        ours = (collecting.number, collecting.name_zh)
        applications = Applications(vault, given.customers, products, packs, load_form(), texts)
        issuing = Issuing(vault, given.customers, products, Numbers(vault, given.new_bytes))
        repayments = Repaying(given.approvals, given.accounts, given.customers, products, packs, *ours)
        return cls(
            given,
            applications,
            Reviewing(applications, issuing),
            issuing,
            Producing(vault, products, given.producer),
            Holding(given.approvals, issuing, products, packs, texts, *ours),
            Acquiring(products, packs),
            repayments,
            Autopay(repayments),
            Billing(products, packs),
        )

    def holds(self, session: Session, account_id: str) -> bool:
        """Tell whether a card is repaid from an account by an agreement; the accounts room asks."""
        return repository.repays_from(session, account_id)

    def operations(self) -> tuple[Operation, ...]:
        """Give the operations of this room."""
        return (
            *application_operations(self.applications),
            *card_operations(self.holding),
            *account_operations(self.repaying, self.autopay),
            *file_operations(self.repaying.products, self.given.packs),
        )

    def topics(self) -> tuple[Topic, ...]:
        """Give the room's topics."""
        given = self.given
        vault = given.customers.vault
        return Delivery(vault, given.core, given.bureau, self.reviewing, self.producing, self.repaying).topics()

    def spenders(self) -> Mapping[str, Spender]:
        """Give who executes what a device signed, by type."""
        spenders: dict[str, Any] = {
            holding.TYPE: self.holding,
            repaying.TYPE: self.repaying,
            autopay.TYPE: self.autopay,
        }
        return spenders

    def work(self) -> CardJobs:
        """Give the recurring work."""
        given = self.given
        parts = (self.billing, self.autopay, self.producing, self.acquiring, given.packs)
        return CardJobs(given.engine, given.clock, given.new_id, *parts)

    def jobs(self) -> tuple[Job, ...]:
        """Give the room's jobs."""
        return self.work().jobs()
