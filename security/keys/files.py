"""Private keys in files: PKCS#8 under a passphrase for signing keys, scrypt and AES-GCM for secret ones.

Files are written beside their place and renamed into it, so that a reader sees the old one or the new one; only their
owner may read them.
"""

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from security.errors import KeyStoreError
from security.suites import PrivateKey

_MAGIC: Final = b"TGK1"
_SALT: Final = 16
_NONCE: Final = 12
_COST: Final = 2**15
_OWNER_ONLY: Final = 0o600


def write_atomically(path: Path, data: bytes) -> None:
    """Put a file in place in one step, readable by its owner only, and on the disk before it shows."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def dump_private(key: PrivateKey | bytes, passphrase: bytes) -> bytes:
    """Write a private key under a passphrase."""
    if isinstance(key, bytes):
        salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
        return _MAGIC + salt + nonce + AESGCM(_derive(passphrase, salt)).encrypt(nonce, key, _MAGIC)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))


def load_private(data: bytes, passphrase: bytes) -> PrivateKey | bytes:
    """Read a private key.

    Raises:
        KeyStoreError: KEY_LOCKED, the passphrase is wrong or the file is damaged.
    """
    try:
        if data.startswith(_MAGIC):
            salt, nonce = data[4 : 4 + _SALT], data[4 + _SALT : 4 + _SALT + _NONCE]
            return AESGCM(_derive(passphrase, salt)).decrypt(nonce, data[4 + _SALT + _NONCE :], _MAGIC)
        key = load_pem_private_key(data, passphrase)
    except (ValueError, TypeError, InvalidTag) as error:
        raise KeyStoreError(detail="the passphrase is wrong or a key file is damaged", code="KEY_LOCKED") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyStoreError(detail="a key file holds another kind of key", code="KEY_LOCKED")
    return key


def _derive(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(passphrase)
