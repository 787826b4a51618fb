"""SHA-256 as lower-case hex: the only hash of the repository."""

import hashlib
import re
from typing import Final

DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def sha256(data: bytes) -> str:
    """Give the hash of bytes as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()
