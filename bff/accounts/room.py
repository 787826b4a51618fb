"""The accounts room put together: from the ports and rooms that it stands on to its operations, topics and jobs."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from bff.accounts import card_changes, closing, transfers
from bff.accounts.application_operations import application_operations
from bff.accounts.applications import Applications
from bff.accounts.bound import BoundCards
from bff.accounts.card_changes import CardChanges
from bff.accounts.closing import Closings, Holdings
from bff.accounts.counters import Counters
from bff.accounts.delivery import Delivery
from bff.accounts.funding import Fundings
from bff.accounts.incoming import Incoming
from bff.accounts.jobs import jobs
from bff.accounts.movement_delivery import Movements
from bff.accounts.movement_operations import moving_operations, turning_operations
from bff.accounts.operations import holding_operations
from bff.accounts.payees import Payees
from bff.accounts.returns import Returns
from bff.accounts.service import Accounts
from bff.accounts.statement_operations import statement_operations
from bff.accounts.statements import Statements
from bff.accounts.transfers import Transfers
from bff.approvals.decisions import Spender
from bff.approvals.service import Approvals
from bff.catalogue.operation import Operation
from bff.core_bank.port import CardNetwork, CoreBank
from bff.customers.vault import Vault
from bff.jobs import Job
from bff.kinds import Clock
from bff.outbox import Topic
from bff.products.rulepacks import RulePacks


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsRoom:
    """The parts of the room that others meet."""

    vault: Vault
    core: CoreBank
    cards: CardNetwork
    packs: RulePacks
    accounts: Accounts
    applications: Applications
    bound: BoundCards
    payees: Payees
    fundings: Fundings
    transfers: Transfers
    returns: Returns
    incoming: Incoming
    closings: Closings
    changes: CardChanges
    statements: Statements

    @classmethod
    def build(
        cls,
        *,
        core: CoreBank,
        cards: CardNetwork,
        accounts: Accounts,
        applications: Applications,
        approvals: Approvals,
        holdings: Mapping[str, Holdings],
    ) -> "AccountsRoom":
        """Put the room together.

        Args:
            core: port to the core bank.
            cards: port to the card network.
            accounts: as other rooms were given them before.
            applications: the same.
            approvals: where operations are frozen for a device.
            holdings: rooms that may hold something for an account, by the name of what they hold.
        """
        vault, people, packs = applications.vault, applications.customers, applications.packs
        counters, bound, payees = Counters(packs), BoundCards(vault), Payees(vault, packs)
        fundings = Fundings(accounts, vault, counters)
        returns = Returns(accounts, fundings, counters)
        return cls(
            vault=vault,
            core=core,
            cards=cards,
            packs=packs,
            accounts=accounts,
            applications=applications,
            bound=bound,
            payees=payees,
            fundings=fundings,
            transfers=Transfers(accounts, people, payees, bound, counters, approvals, vault),
            returns=returns,
            incoming=Incoming(bound, counters, returns),
            closings=Closings(accounts, people, packs, approvals, holdings),
            changes=CardChanges(accounts, people, packs, approvals, vault),
            statements=Statements(core),
        )

    def operations(self) -> tuple[Operation, ...]:
        """Give the room's operations."""
        return (
            *application_operations(self.applications),
            *holding_operations(self.accounts, self.fundings),
            *moving_operations(self.accounts, self.transfers, self.payees),
            *turning_operations(self.accounts, self.changes, self.closings),
            *statement_operations(self.accounts, self.statements),
        )

    def spenders(self) -> Mapping[str, Spender]:
        """Give who executes what a device signed, by type."""
        return {
            transfers.BOUND: self.transfers,
            transfers.OUT: self.transfers,
            closing.TYPE: self.closings,
            card_changes.TYPE: self.changes,
        }

    def topics(self) -> tuple[Topic, ...]:
        """Give the topics of the outbox."""
        moving = (self.accounts, self.payees, self.transfers, self.incoming, self.returns, self.closings, self.changes)
        return (
            *Delivery(self.vault, self.core, self.cards, self.fundings, self.bound).topics(),
            *Movements(self.core, self.cards, *moving).topics(),
        )

    def jobs(self, engine: Engine, clock: Clock) -> tuple[Job, ...]:
        """Give the recurring work."""
        return jobs(engine, clock, self.packs, self.statements)
