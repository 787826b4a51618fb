"""An applicant's answers, sealed by section."""

import msgspec
from sqlalchemy.orm import Session

from bff.cards import repository
from bff.customers.vault import Vault


def seal_section(vault: Vault, application_id: str, section: str, answers: dict[str, str]) -> bytes:
    """Seal the answers to one section."""
    return vault.seal(application_id, _field(section), msgspec.json.encode(answers).decode())


def open_sections(session: Session, vault: Vault, application_id: str) -> dict[str, dict[str, str]]:
    """Give all that was answered, by section, in clear."""
    return {
        section: msgspec.json.decode(vault.open(application_id, _field(section), envelope), type=dict[str, str])
        for section, envelope in repository.sections(session, application_id).items()
    }


def _field(section: str) -> str:
    return f"section.{section}"
