"""One usable key, and how a new one is made and named."""

import hmac
import os
from dataclasses import dataclass

from security.encoding import b64url_encode
from security.errors import KeyStoreError
from security.jwk import PublicJwk, jwk_of
from security.keys.model import SECRETS, KeyState
from security.suites import PrivateKey, suite


@dataclass(frozen=True, slots=True)
class Key:
    """One usable key.

    Attributes:
        kid, purpose, alg, state: as the index says.
        private: the private key of a signing purpose, 32 or 16 bytes of a secret one.
        public_jwk: the public key of a signing purpose, else None.
    """

    kid: str
    purpose: str
    alg: str
    state: KeyState
    private: PrivateKey | bytes
    public_jwk: PublicJwk | None

    @property
    def signing_key(self) -> PrivateKey:
        """Give the private key of a signing purpose.

        Raises:
            KeyStoreError: the key is a secret.
        """
        if isinstance(self.private, bytes):
            raise KeyStoreError(detail=f"{self.purpose} keys do not sign")
        return self.private

    @property
    def secret(self) -> bytes:
        """Give the bytes of a secret key.

        Raises:
            KeyStoreError: the key signs.
        """
        if not isinstance(self.private, bytes):
            raise KeyStoreError(detail=f"{self.purpose} keys are no secrets")
        return self.private

    @property
    def jwk(self) -> PublicJwk:
        """Give the public key of a signing purpose.

        Raises:
            KeyStoreError: the key is a secret.
        """
        if self.public_jwk is None:
            raise KeyStoreError(detail=f"{self.purpose} keys have no public part")
        return self.public_jwk

    def sign(self, message: bytes) -> bytes:
        """Sign with the key's own suite: raw, in its one form."""
        private = self.signing_key
        return suite(self.alg).sign(private, message)


def new_private(alg: str) -> PrivateKey | bytes:
    """Make a private key with the operating system's randomness.

    Raises:
        SuiteUnavailableError: the library of that suite is not installed.
    """
    return os.urandom(SECRETS[alg]) if alg in SECRETS else suite(alg).generate()


def key_id(private: PrivateKey | bytes) -> tuple[str, PublicJwk | None]:
    """Give a key's id and its public part: the thumbprint, or for a secret a name that only its holder can derive."""
    if isinstance(private, bytes):
        return b64url_encode(hmac.digest(private, b"TIDEGATE-KID/v1", "sha256")[:18]), None
    public = jwk_of(private.public_key())
    return public.thumbprint, public
