"""What every page gets whose operation waits for the device's signature."""

import msgspec

from bff.approvals.service import Asked
from bff.kinds import instant


class PreparedAnswer(msgspec.Struct, rename="camel", kw_only=True):
    """What ``tx.sign`` is called with, and until when."""

    challenge_id: str
    operation_id: str
    expires_at: str


def prepared(asked: Asked) -> PreparedAnswer:
    """Give a frozen operation as an answer."""
    ids = {"challenge_id": asked.challenge_id, "operation_id": asked.operation_id}
    return PreparedAnswer(**ids, expires_at=instant(asked.expires_at))
