"""Customers: enrolling a person once, and showing who he is without saying it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from bff.customers import rules
from bff.customers.models import Customer, CustomerIndex
from bff.customers.vault import Vault
from bff.db.statements import insert_new
from bff.errors import NotFoundError
from bff.kinds import Context


@dataclass(frozen=True, slots=True)
class Person:
    """A person's particulars in clear: never logged, never answered."""

    name: str
    id_number: str
    mobile: str

    @property
    def born(self) -> date:
        """Give the date of birth."""
        return rules.birth_date(self.id_number)

    @property
    def masked(self) -> "Person":
        """Give what a screen may show."""
        return Person(rules.mask_name(self.name), rules.mask_id_number(self.id_number), rules.mask_mobile(self.mobile))


@dataclass(frozen=True, slots=True)
class Customers:
    """Who the bank knows."""

    vault: Vault

    def find(self, session: Session, id_number: str) -> str | None:
        """Give the id of the customer with that ID number, or None."""
        hashes = self.vault.hashes("idNumber", id_number).values()
        return session.scalar(select(CustomerIndex.customer_id).where(CustomerIndex.id_index.in_(hashes)).limit(1))

    def enrol(self, session: Session, context: Context, person: Person) -> str:
        """Write a person down, or bring his name and mobile up to date; give the customer's id."""
        customer_id = context.new_id("cus")
        known = self._claimed(session, customer_id, person.id_number)
        values = {**self._sealed(known, person), "updated_at": context.now}
        if known == customer_id:
            session.execute(insert(Customer).values(customer_id=known, created_at=context.now, **values))
        else:
            session.execute(update(Customer).where(Customer.customer_id == known).values(**values))
        return known

    def _claimed(self, session: Session, customer_id: str, id_number: str) -> str:
        """Take a person's hashes under every key that counts for a new customer; give whose they are.

        Of two who enrol one person, under whatever keys each knows of, both take at least one hash in common.
        """
        hashes = self.vault.hashes("idNumber", id_number)
        of_person = CustomerIndex.id_index.in_(hashes.values())
        rows = session.execute(select(CustomerIndex.id_index, CustomerIndex.customer_id).where(of_person))
        known = {row.id_index: row.customer_id for row in rows}
        owner = next(iter(known.values()), customer_id)
        taken = [
            insert_new(session, CustomerIndex, id_index=hashes[kid], customer_id=owner, kid=kid)
            for kid in sorted(hashes)
            if hashes[kid] not in known
        ]
        if owner != customer_id or all(taken):
            return owner
        theirs = select(CustomerIndex.customer_id).where(of_person, CustomerIndex.customer_id != customer_id)
        owner = session.scalars(theirs.limit(1)).one()  # who was faster in this very moment
        session.execute(update(CustomerIndex).where(of_person).values(customer_id=owner))
        return owner

    def person(self, session: Session, customer_id: str) -> Person:
        """Give a customer's particulars in clear.

        Raises:
            NotFoundError: there is no such customer.
        """
        columns = (Customer.name, Customer.id_number, Customer.mobile)
        row = session.execute(select(*columns).where(Customer.customer_id == customer_id)).first()
        if row is None:
            raise NotFoundError(detail="there is no such customer")
        fields = ("name", "id_number", "mobile")
        return Person(*(self.vault.open(customer_id, field, value) for field, value in zip(fields, row, strict=True)))

    def _sealed(self, customer_id: str, person: Person) -> dict[str, bytes]:
        fields = {"name": person.name, "id_number": person.id_number, "mobile": person.mobile}
        return {field: self.vault.seal(customer_id, field, text) for field, text in fields.items()}
