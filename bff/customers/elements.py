"""Texts of a person, such as what the card network compares, sealed for their way through the outbox."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Final

import msgspec

from bff.customers.service import Person
from bff.customers.vault import Vault

_ELEMENTS: Final = "elements"


def seal_texts(vault: Vault, record_id: str, field: str, texts: Mapping[str, str]) -> str:
    """Seal texts under a record and a field, for the outbox."""
    return b64encode(vault.seal(record_id, field, msgspec.json.encode(texts).decode())).decode()


def open_texts(vault: Vault, record_id: str, field: str, sealed: str) -> dict[str, str]:
    """Open what ``seal_texts`` sealed."""
    return msgspec.json.decode(vault.open(record_id, field, b64decode(sealed)), type=dict[str, str])


def seal_elements(vault: Vault, check_id: str, card: str, person: Person) -> str:
    """Seal what the card network compares, for the outbox."""
    elements = {"card": card, "name": person.name, "id_number": person.id_number, "mobile": person.mobile}
    return seal_texts(vault, check_id, _ELEMENTS, elements)


def open_elements(vault: Vault, check_id: str, sealed: str) -> dict[str, str]:
    """Open what ``seal_elements`` sealed: the arguments of ``CardNetwork.check``."""
    return open_texts(vault, check_id, _ELEMENTS, sealed)
