"""What the card network compares, sealed for its way through the outbox."""

from base64 import b64decode, b64encode

import msgspec

from bff.customers.service import Person
from bff.customers.vault import Vault


def seal_elements(vault: Vault, check_id: str, card: str, person: Person) -> str:
    """Seal what the card network compares, for the outbox."""
    elements = {"card": card, "name": person.name, "id_number": person.id_number, "mobile": person.mobile}
    return b64encode(vault.seal(check_id, "elements", msgspec.json.encode(elements).decode())).decode()


def open_elements(vault: Vault, check_id: str, sealed: str) -> dict[str, str]:
    """Open what ``seal_elements`` sealed: the arguments of ``CardNetwork.check``."""
    return msgspec.json.decode(vault.open(check_id, "elements", b64decode(sealed)), type=dict[str, str])
