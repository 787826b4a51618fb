"""Keys of the repository's roles: who signs what, behind one small port.

In development and in tests every key is an ECDSA P-256 key in an encrypted PKCS#8 file of one folder. Elsewhere the
same port is implemented by signers that speak to an HSM: a signer is what ``securesystemslib`` calls one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from h5bundle.errors import RoleKeyError
from h5bundle.formats import CryptoSigner, Signer, SSlibKey
from h5bundle.stores.files import write_atomically

ROOT: Final = "root"
TARGETS: Final = "targets"
ONLINE: Final = "online"
"""The key of snapshot and timestamp."""
ROLLOUT: Final = "rollout"
SCHEME: Final = "ecdsa-sha2-nistp256"
_ROLE: Final = re.compile(r"[a-z][a-z0-9-]{1,40}")

NewKey = Callable[[], ec.EllipticCurvePrivateKey]
"""Makes a P-256 key; chance comes in through it."""


def app_role(bundle: str) -> str:
    """Give the name of the role that signs a bundle's releases."""
    return f"app-{bundle}"


class RoleKeys(Protocol):
    """The keys at hand, by role."""

    def signers(self, role: str) -> tuple[Signer, ...]:
        """Give the signers of a role that can sign here and now.

        Raises:
            RoleKeyError: there is none, or it does not open.
        """
        ...

    def public_keys(self, role: str) -> tuple[SSlibKey, ...]:
        """Give the public keys of a role.

        Raises:
            RoleKeyError: there is none.
        """
        ...


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """Role keys in a folder: ``<role>.<n>.pem``, encrypted with one passphrase.

    Attributes:
        folder: where they lie; it should be readable by one person only.
        passphrase: opens every file.
    """

    folder: Path
    passphrase: bytes

    def signers(self, role: str) -> tuple[Signer, ...]:
        """Open the keys of a role."""
        return tuple(CryptoSigner(key, _public(key)) for key in self._keys(role))

    def public_keys(self, role: str) -> tuple[SSlibKey, ...]:
        """Give the public halves."""
        return tuple(_public(key) for key in self._keys(role))

    def has(self, role: str) -> bool:
        """Tell whether the folder holds a key of the role."""
        return bool(self._files(role))

    def generate(self, role: str, *, count: int = 1, new_key: NewKey | None = None) -> None:
        """Make the keys of a role; keys that are there already stay.

        Args:
            role: ``root``, ``targets``, ``online``, ``rollout`` or ``app-<bundle>``.
            count: how many keys the role has in all.
            new_key: maker of keys; the system's randomness when not given.

        Raises:
            RoleKeyError: the role's name is no name, or the passphrase is empty.
        """
        if _ROLE.fullmatch(role) is None or not self.passphrase:
            raise RoleKeyError(detail=f"no key is made for {role!r}", remedy="give a role and a passphrase")
        for number in range(len(self._files(role)) + 1, count + 1):
            key = new_key() if new_key is not None else ec.generate_private_key(ec.SECP256R1())
            sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(self.passphrase))
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self.folder / f"{role}.{number}.pem", sealed, mode=0o600)

    def _files(self, role: str) -> list[Path]:
        """Give the files of a role in their order."""
        return sorted(self.folder.glob(f"{role}.[0-9]*.pem"))

    def _keys(self, role: str) -> list[ec.EllipticCurvePrivateKey]:
        """Open the files of a role."""
        files = self._files(role)
        if not files:
            raise RoleKeyError(
                detail=f"there is no key of the role {role} in {self.folder}",
                remedy=f"ask its holder to sign, or make one: h5bundle publish --init (development) for {role}",
            )
        return [self._open(path) for path in files]

    def _open(self, path: Path) -> ec.EllipticCurvePrivateKey:
        """Open one file."""
        try:
            key = load_pem_private_key(path.read_bytes(), self.passphrase or None)
        except (OSError, ValueError, TypeError) as error:
            raise RoleKeyError(
                detail=f"the passphrase does not open {path.name}",
                remedy="give the passphrase with which the keys were made",
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise RoleKeyError(detail=f"{path.name} is no ECDSA P-256 key", remedy="make the role's key anew")
        return key


def _public(key: ec.EllipticCurvePrivateKey) -> SSlibKey:
    """Give the public half as TUF writes it."""
    return SSlibKey.from_crypto(key.public_key(), scheme=SCHEME)
