"""Private keys in files: PKCS#8 under a passphrase for P-256 keys, scrypt and AES-GCM for SM2 and secret ones.

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

from security.errors import KeyStoreError, SuiteUnavailableError
from security.keyforms import PART
from security.sm2 import Sm2PrivateKey
from security.suites import SM2_SM3, PrivateKey

_SECRET: Final = b"TGK1"
_SM2: Final = b"TGK2"
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
        return _seal(_SECRET, key, passphrase)
    if isinstance(key, Sm2PrivateKey):
        return _seal(_SM2, key.number.to_bytes(PART), passphrase)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))


def load_private(data: bytes, passphrase: bytes) -> PrivateKey | bytes:
    """Read a private key.

    Raises:
        KeyStoreError: KEY_LOCKED, the passphrase is wrong, the file is damaged, or it holds a key of a suite whose
            library is not installed.
    """
    try:
        if data.startswith(_SECRET):
            return _unseal(_SECRET, data, passphrase)
        if data.startswith(_SM2):
            return SM2_SM3.derive(int.from_bytes(_unseal(_SM2, data, passphrase)))
        key = load_pem_private_key(data, passphrase)
    except SuiteUnavailableError as error:
        raise KeyStoreError(detail=error.detail, code="KEY_LOCKED") from error
    except (ValueError, TypeError, InvalidTag) as error:
        raise KeyStoreError(detail="the passphrase is wrong or a key file is damaged", code="KEY_LOCKED") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyStoreError(detail="a key file holds another kind of key", code="KEY_LOCKED")
    return key


def _seal(magic: bytes, key: bytes, passphrase: bytes) -> bytes:
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    return magic + salt + nonce + AESGCM(_derive(passphrase, salt)).encrypt(nonce, key, magic)


def _unseal(magic: bytes, data: bytes, passphrase: bytes) -> bytes:
    start = len(magic) + _SALT
    salt, nonce = data[len(magic) : start], data[start : start + _NONCE]
    return AESGCM(_derive(passphrase, salt)).decrypt(nonce, data[start + _NONCE :], magic)


def _derive(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(passphrase)
