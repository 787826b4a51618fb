"""Customers: enrolling a person once, and showing who he is without saying it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bff.customers import rules
from bff.customers.models import Customer
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
        index = self.vault.hash("idNumber", id_number)
        return session.scalar(select(Customer.customer_id).where(Customer.id_index == index))

    def enrol(self, session: Session, context: Context, person: Person) -> str:
        """Write a person down, or bring his name and mobile up to date; give the customer's id."""
        customer_id = context.new_id("cus")
        index = self.vault.hash("idNumber", person.id_number)
        values = {**self._sealed(customer_id, person), "updated_at": context.now}
        fresh = {"customer_id": customer_id, "id_index": index, "created_at": context.now}
        if insert_new(session, Customer, **fresh, **values):
            return customer_id
        known = session.execute(select(Customer.customer_id).where(Customer.id_index == index)).scalar_one()
        renewed = {**self._sealed(known, person), "updated_at": context.now}
        session.execute(update(Customer).where(Customer.customer_id == known).values(**renewed))
        return known

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

    def _sealed(self, customer_id: str, person: Person) -> dict[str, bytes | str]:
        fields = {"name": person.name, "id_number": person.id_number, "mobile": person.mobile}
        sealed = {field: self.vault.seal(customer_id, field, text) for field, text in fields.items()}
        return {**sealed, "mobile_index": self.vault.hash("mobile", person.mobile)}
