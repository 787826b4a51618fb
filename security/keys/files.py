"""Private keys in files: Argon2id and AES-GCM under a passphrase; older files (PKCS#8, scrypt) still open.

Files are written beside their place and renamed into it, so that a reader sees the old one or the new one; only their
owner may read them.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)

from security.errors import KeyStoreError, SuiteUnavailableError
from security.keyforms import PART
from security.sm2 import Sm2PrivateKey
from security.suites import SM2_SM3, PrivateKey

_SCRYPT: Final = b"TGK1"
_SECRET: Final = b"TGK2"
_SIGNING: Final = b"TGK3"
_SM2: Final = b"TGK4"
_MAGIC: Final = len(_SECRET)
_SALT: Final = 16
_NONCE: Final = 12
_SCRYPT_COST: Final = 2**15
_MEMORY_KIB: Final = 32 * 1024
_PASSES: Final = 3
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
        magic, plain = _SECRET, key
    elif isinstance(key, Sm2PrivateKey):
        magic, plain = _SM2, key.number.to_bytes(PART)
    else:
        magic, plain = _SIGNING, key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    return magic + salt + nonce + AESGCM(_derive(magic, passphrase, salt)).encrypt(nonce, plain, magic)


def load_private(data: bytes, passphrase: bytes) -> PrivateKey | bytes:
    """Read a private key.

    Raises:
        KeyStoreError: KEY_LOCKED, the passphrase is wrong, the file is damaged, or it holds a key of a suite whose
            library is not installed.
    """
    magic = data[:_MAGIC]
    try:
        if magic in {_SCRYPT, _SECRET, _SIGNING, _SM2}:
            plain = _decrypt(magic, data[_MAGIC:], passphrase)
            if magic == _SM2:
                return SM2_SM3.derive(int.from_bytes(plain))
            if magic != _SIGNING:
                return plain
            key = load_der_private_key(plain, None)
        else:
            key = load_pem_private_key(data, passphrase)
    except SuiteUnavailableError as error:
        raise KeyStoreError(detail=error.detail, code="KEY_LOCKED") from error
    except (ValueError, TypeError, InvalidTag) as error:
        raise KeyStoreError(detail="the passphrase is wrong or a key file is damaged", code="KEY_LOCKED") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyStoreError(detail="a key file holds another kind of key", code="KEY_LOCKED")
    return key


def _decrypt(magic: bytes, rest: bytes, passphrase: bytes) -> bytes:
    salt, nonce = rest[:_SALT], rest[_SALT : _SALT + _NONCE]
    return AESGCM(_derive(magic, passphrase, salt)).decrypt(nonce, rest[_SALT + _NONCE :], magic)


@lru_cache(maxsize=64)
def _derive(magic: bytes, passphrase: bytes, salt: bytes) -> bytes:
    """Give the key of a file: derived once a process, which holds the passphrase and what is in the file anyway."""
    if magic == _SCRYPT:
        return Scrypt(salt=salt, length=32, n=_SCRYPT_COST, r=8, p=1).derive(passphrase)
    argon = Argon2id(salt=salt, length=32, iterations=_PASSES, lanes=1, memory_cost=_MEMORY_KIB)
    return argon.derive(passphrase)
