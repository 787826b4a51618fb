"""Role keys in an HSM: what ``security.hsm`` refuses, told as the release tools tell it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from h5bundle.errors import RoleKeyError
from h5bundle.formats import Signature, Signer, SSlibKey
from security import hsm
from security.errors import HsmError
from security.hsm import PREFIX, SCHEME, HsmKey, sessions

__all__ = ["PREFIX", "SCHEME", "HsmSigner", "open_hsm", "parse_hsm", "sessions"]


class HsmSigner(Signer):
    """Signs with a key that never leaves its token; safe to be used by many threads."""

    def __init__(self, inner: hsm.HsmSigner) -> None:
        """Sign with an opened key."""
        self._inner = inner

    @property
    def public_key(self) -> SSlibKey:
        """Give the public half."""
        return self._inner.public_key

    @classmethod
    def from_priv_key_uri(cls, priv_key_uri: str, public_key: Any, secrets_handler: Any = None) -> "HsmSigner":
        """Open the key of a URI, as securesystemslib asks signers to; the handler is asked for the PIN."""
        with _told():
            return cls(hsm.HsmSigner.from_priv_key_uri(priv_key_uri, public_key, secrets_handler))

    def sign(self, payload: bytes) -> Signature:
        """Sign; the token makes r and s, and TUF wants them as DER."""
        with _told():
            return self._inner.sign(payload)


def open_hsm(uri: str, pin: bytes) -> HsmSigner:
    """Open a key of a token.

    Raises:
        RoleKeyError: the URI is none, the token or the key is missing, the PIN is wrong or locked.
    """
    with _told():
        return HsmSigner(hsm.open_hsm(uri, pin))


def parse_hsm(uri: str) -> HsmKey:
    """Read a key's URI.

    Raises:
        RoleKeyError: something is missing in it, or is not known.
    """
    with _told():
        return hsm.parse_hsm(uri)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except HsmError as error:
        raise RoleKeyError(detail=error.detail, remedy=error.remedy) from error
