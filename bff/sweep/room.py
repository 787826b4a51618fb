"""The sweep connected: what the house takes from this room, made of what it is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bff.approvals.decisions import Spender
from bff.approvals.payers import AccountsView
from bff.approvals.service import Approvals
from bff.catalogue.operation import Operation
from bff.core_bank.port import CoreBank
from bff.customers.service import Customers
from bff.db.engine import retried
from bff.jobs import Job
from bff.kinds import Clock
from bff.outbox import Topic
from bff.sweep import agreements, purchases, redemptions, repository, sandbox
from bff.sweep.accrual import Accrual
from bff.sweep.agreements import Agreements
from bff.sweep.delivery import Delivery
from bff.sweep.jobs import jobs
from bff.sweep.operations import operations
from bff.sweep.purchases import Purchases
from bff.sweep.redemptions import Redemptions
from bff.sweep.settling import Settling
from bff.sweep.terms import Terms


@dataclass(frozen=True, slots=True)
class Sweep:
    """The room's parts."""

    terms: Terms
    agreements: Agreements
    purchases: Purchases
    redemptions: Redemptions

    @classmethod
    def over(cls, terms: Terms, accounts: AccountsView, customers: Customers, approvals: Approvals) -> Self:
        """Connect the room to its terms and to the rooms below."""
        below = (terms, accounts, customers, approvals)
        return cls(terms, Agreements(*below), Purchases(*below), Redemptions(*below))

    def spenders(self) -> Mapping[str, Spender]:
        """Give who places which type of signed operation."""
        return {
            agreements.TYPE: self.agreements,
            purchases.TYPE: self.purchases,
            redemptions.TYPE: self.redemptions,
        }

    def holds(self, session: Session, account_id: str) -> bool:
        """Tell whether an account still has shares, an order on its way, or an agreement."""
        return repository.holds(session, account_id)

    def operations(self) -> tuple[Operation, ...]:
        """Give the operations."""
        return operations(self.agreements, self.purchases, self.redemptions)

    def topics(self, core: CoreBank) -> tuple[Topic, ...]:
        """Give what leaves by the outbox."""
        return Delivery(core, self.purchases, self.redemptions).topics()

    def jobs(self, engine: Engine, clock: Clock, *, invented: bool) -> tuple[Job, ...]:
        """Give the recurring work; ``invented`` income is a sandbox's."""

        def publish() -> str:
            days = retried(
                engine, lambda session: sandbox.publish(session, self.terms.every(session, clock()), clock())
            )
            return f"{days} days published"

        settling = Settling(self.terms, self.redemptions)
        return jobs(Accrual(self.terms), settling, publish if invented else None)
