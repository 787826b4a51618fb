"""Instances of an app that Apple attested: the key that each kept, and the assertions by which it shows itself again.

Invariants: an assertion is over the very message that K_tx signs; its counter grows by one conditional UPDATE, so a
copy of an instance, or an assertion that comes twice, is noticed; whether assertions are asked for the app's policy
says, and then a device without a kept key has to register anew.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from bff.db.statements import changed
from bff.devices.attestation import Attesting
from bff.devices.errors import verifying
from bff.devices.models import AppInstance, Device
from security.attestation.apple import verify_assertion
from security.attestation.model import APP_ATTEST, ApplePolicy
from security.attestation.rules import Rule, refuse
from security.encoding import b64url_decode


def keep(session: Session, device_id: str, public_key: bytes, now: datetime) -> None:
    """Keep the key of a device's app instance, with a counter that has not begun."""
    row = {"device_id": device_id, "public_key": public_key, "counter": 0, "kept_at": now}
    session.execute(insert(AppInstance).values(**row))


@dataclass(frozen=True, slots=True)
class AppInstances:
    """Implements the verification's port; ``attesting`` knows the policies."""

    attesting: Attesting

    def check(self, session: Session, device_id: str, message: bytes, assertion: str | None) -> None:
        """Hold that the app instance of a device stands behind a message, where its policy asks for that.

        Raises:
            AttestationRefusedError: its member ``rule`` says what does not hold.
            EncodingInvalidError: the assertion is not canonical base64url.
        """
        joined = select(Device.level, Device.app_id, AppInstance.public_key, AppInstance.counter)
        joined = joined.outerjoin(AppInstance, AppInstance.device_id == Device.device_id)
        row = session.execute(joined.where(Device.device_id == device_id)).first()
        if row is None or row.level != APP_ATTEST:
            return
        with verifying():
            policy = self._policy(row.app_id)
            if assertion is None:
                if policy.assertions:
                    refuse(Rule.ASSERTION_MISSING, "the app's policy asks for an assertion")
                return
            if row.public_key is None:
                refuse(Rule.ASSERTION_INVALID, "no key of this instance was kept: register anew")
            verified = verify_assertion(
                assertion=b64url_decode(assertion),
                client_data_hash=hashlib.sha256(message).digest(),
                public_key=row.public_key,
                last_counter=row.counter,
                policy=policy,
            )
            lower = update(AppInstance).where(
                AppInstance.device_id == device_id, AppInstance.counter < verified.counter
            )
            if not changed(session, lower.values(counter=verified.counter)):
                refuse(Rule.COUNTER_NOT_GROWN, "another assertion of this instance came meanwhile")

    def _policy(self, app_id: str) -> ApplePolicy:
        app = self.attesting.policies.apps.get(app_id)
        if app is None or app.apple is None:
            refuse(Rule.APP_UNKNOWN, f"no policy names the app {app_id!r} on iOS")
        return app.apple
