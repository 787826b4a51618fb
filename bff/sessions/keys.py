"""The access-token keys of the key store, as tokens use them."""

from dataclasses import dataclass
from typing import Any, Final

from bff.sessions.tokens import SigningKey
from security.keys import Key, KeyStore

PURPOSE: Final = "access-token"


@dataclass(frozen=True, slots=True)
class TokenKey:
    """One key of the store."""

    key: Key

    @property
    def kid(self) -> str:
        """Give the key's id."""
        return self.key.kid

    @property
    def alg(self) -> str:
        """Give the suite's name, which is the token's ``alg``."""
        return self.key.alg

    @property
    def private(self) -> Any:
        """Give the private key object."""
        return self.key.signing_key

    @property
    def public_key(self) -> Any:
        """Give the public key object."""
        return self.key.jwk.public_key


@dataclass(frozen=True, slots=True)
class StoredTokenKeys:
    """Implements ``TokenKeys``; the store itself notices rotation and revocation at each use."""

    store: KeyStore

    def active(self) -> SigningKey:
        """Give the key that signs now."""
        return TokenKey(self.store.active(PURPOSE))

    def verifying(self, kid: str) -> SigningKey | None:
        """Give a key that may still verify, or None."""
        key = self.store.verification_keys(PURPOSE).get(kid)
        return None if key is None else TokenKey(key)
