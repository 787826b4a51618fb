"""Approvals of a device without network: another device of the customer shows the request and carries the answer.

Invariant: the carrier proves nothing by itself. The answer is the device's signature over the same bytes as online and
is spent by the same code; the carrier's session only says whose operations may be seen and posted to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bff.approvals import repository
from bff.approvals.decisions import MOST_WAITING, Decisions
from bff.approvals.errors import BY_CODE
from bff.approvals.repository import Frozen
from bff.devices.errors import verifying
from bff.errors import NotFoundError
from bff.kinds import Context
from bff.sessions.verification import calling
from security.errors import ApprovalError
from security.evidence.chain import Signer
from security.offline import read_answer, write_request


@dataclass(frozen=True, slots=True)
class Offline:
    """Shows requests as texts for QR codes and takes answers; ``signer`` gives the server's present key."""

    decisions: Decisions
    signer: Callable[[], Signer]

    def waiting(self, session: Session, context: Context) -> Sequence[tuple[Frozen, str | None]]:
        """Give what waits for any device of the calling customer, the newest first, each with its QR code's text.

        There is no text where a QR code cannot hold the operation.
        """
        found = repository.waiting(session, calling(context)[1], None, context.now, MOST_WAITING)
        signer = self.signer()
        return [(frozen, _text(frozen, signer)) for frozen in found]

    def get(self, session: Session, context: Context, challenge_id: str) -> Frozen:
        """Give an operation of the calling customer, whichever of his devices is to approve it.

        Raises:
            NotFoundError: it does not exist, or belongs to another customer.
        """
        frozen = repository.find(session, challenge_id)
        if frozen is None or frozen.customer_id != context.caller.customer_id:
            raise NotFoundError(detail="there is no such challenge")
        return frozen

    def answer(self, session: Session, context: Context, challenge_id: str, text: str) -> Frozen:
        """Spend a challenge with the answer that the device showed as a QR code.

        Raises:
            NotFoundError: another customer's challenge.
            ApprovalInvalidError: not the text of an answer.
            BffError: as ``Decisions.approve``.
        """
        frozen = self.get(session, context, challenge_id)
        with verifying(BY_CODE):
            signed = read_answer(text, frozen=frozen.fields)
        carrier = context.caller.device_id
        return self.decisions.spend(session, context, frozen, (signed.message, signed.signature), carrier=carrier)


def _text(frozen: Frozen, signer: Signer) -> str | None:
    try:
        return write_request(frozen=frozen.fields, key=signer)
    except ApprovalError:
        return None
