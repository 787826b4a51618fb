"""Who may take part, by key: developers for named bundles, release signers, the security team, the product team.

A key is known by its RFC 7638 thumbprint and belongs to one person; adding and revoking go into the evidence. Revoking
a developer's key withdraws every upload of it that is not published yet.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bff import audit
from bff.bundles.upload_errors import SignerUnknownError
from bff.bundles.upload_models import ReleaseSigner
from bff.db.statements import changed, insert_new
from bff.errors import ConflictError, RequestInvalidError
from h5bundle.manifest import BUNDLE_ID
from security.jwk import PublicJwk, parse_jwk

ACTIVE: Final = "ACTIVE"
REVOKED: Final = "REVOKED"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{1,62}")
LONGEST: Final = 500


class Role(StrEnum):
    """What a key is for."""

    DEVELOPER = "developer"
    RELEASE = "release"
    SECURITY = "security"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Signer:
    """One registered key.

    Attributes:
        jkt: its thumbprint; public: the key.
        person: whose it is; a CI machine's is the person who answers for it.
        bundles: what a developer's key may upload.
    """

    jkt: str
    public: PublicJwk
    role: Role
    person: str
    team: str
    bundles: tuple[str, ...]
    state: str
    added_at: datetime
    reason: str

    @property
    def is_active(self) -> bool:
        """Tell whether it may still be used."""
        return self.state == ACTIVE


def find(session: Session, jkt: str, *, locking: bool = False) -> Signer | None:
    """Give a key's registration, revoked or not; with ``locking`` nobody changes it before the commit."""
    statement = select(ReleaseSigner).where(ReleaseSigner.jkt == jkt)
    row = session.scalars(statement.with_for_update() if locking else statement).one_or_none()
    return None if row is None else _signer(row)


def every(session: Session) -> tuple[Signer, ...]:
    """Give all registrations."""
    rows = session.scalars(select(ReleaseSigner).order_by(ReleaseSigner.role, ReleaseSigner.person, ReleaseSigner.jkt))
    return tuple(map(_signer, rows))


def add(
    session: Session,
    *,
    public: PublicJwk,
    role: Role,
    person: str,
    team: str,
    bundles: tuple[str, ...],
    by: str,
    now: datetime,
) -> Signer:
    """Register a key.

    Raises:
        RequestInvalidError: a name is none, or the bundles do not fit the role.
        ConflictError: the key is registered already, or was; a revoked key never comes back.
    """
    _check_names(person=person, team=team, by=by)
    if (role is Role.DEVELOPER) != bool(bundles) or any(BUNDLE_ID.fullmatch(name) is None for name in bundles):
        raise RequestInvalidError(detail="a developer's key needs the bundles it may upload; other keys have none")
    chosen = sorted(set(bundles))
    values = {"role": role.value, "person": person, "team": team}
    jwk = json.dumps(public.as_dict(), sort_keys=True)
    row = {**values, "jwk": jwk, "bundles": json.dumps(chosen), "state": ACTIVE, "added_at": now, "added_by": by}
    if not insert_new(session, ReleaseSigner, jkt=public.thumbprint, **row):
        raise ConflictError(detail=f"{public.thumbprint} is registered already, or was revoked: make a new key")
    body = {**values, "jkt": public.thumbprint, "jwk": public.as_dict(), "bundles": chosen, "by": by}
    audit.append(session, kind="release.signer_added", subject=public.thumbprint, body=body, now=now)
    return Signer(public.thumbprint, public, role, person, team, tuple(chosen), ACTIVE, now, "")


def revoke(session: Session, jkt: str, *, by: str, reason: str, now: datetime) -> Signer:
    """Revoke a key at once; doing so again changes nothing.

    Raises:
        SignerUnknownError: it is not registered.
        RequestInvalidError: who or why is missing.
    """
    _check_names(by=by)
    if not reason.strip() or len(reason) > LONGEST:
        raise RequestInvalidError(detail=f"say in 1 to {LONGEST} characters why the key is revoked")
    statement = (
        update(ReleaseSigner)
        .where(ReleaseSigner.jkt == jkt, ReleaseSigner.state == ACTIVE)
        .values(state=REVOKED, revoked_at=now, revoked_by=by, reason=reason)
    )
    if changed(session, statement):
        body = {"jkt": jkt, "by": by, "reason": reason}
        audit.append(session, kind="release.signer_revoked", subject=jkt, body=body, now=now)
    found = find(session, jkt)
    if found is None:
        raise SignerUnknownError(detail=f"no key {jkt[:64]} is registered")
    return found


def _check_names(**names: str) -> None:
    for what, name in names.items():
        if _NAME.fullmatch(name) is None:
            message = f"{what} {name[:64]!r} is not 2 to 63 of a-z, 0-9, '.', '_', '@' and '-'"
            raise RequestInvalidError(detail=message, field=what)


def _signer(row: ReleaseSigner) -> Signer:
    members: Mapping[str, Any] = json.loads(row.jwk)
    return Signer(
        row.jkt,
        parse_jwk(members),
        Role(row.role),
        row.person,
        row.team,
        tuple(json.loads(row.bundles)),
        row.state,
        row.added_at,
        row.reason or "",
    )
