"""The authenticated ciphers that seal data: AES-256-GCM, and SM4-GCM (RFC 8998); a key's length tells which."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from security.errors import SealingError

NONCE: Final = 12
TAG: Final = 16
Step = Callable[[bytes, bytes, bytes, bytes], bytes]
"""Key, nonce, text and what is bound to it give the other text."""


@dataclass(frozen=True, slots=True)
class Cipher:
    """One cipher.

    Attributes:
        name: as documents say it; number: as envelopes say it; key_bytes: length of its keys.
        encrypt: gives the ciphertext with its tag; decrypt: gives the plaintext or raises InvalidTag.
    """

    name: str
    number: int
    key_bytes: int
    encrypt: Step
    decrypt: Step

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, bound: bytes) -> bytes:
        """Give the plaintext.

        Raises:
            SealingError: another key, other bytes, or bound to something else.
        """
        try:
            return self.decrypt(key, nonce, ciphertext, bound)
        except InvalidTag as error:
            raise SealingError(detail="the value does not belong here, or was changed") from error


def _sm4_encrypt(key: bytes, nonce: bytes, plaintext: bytes, bound: bytes) -> bytes:
    work = BlockCipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    work.authenticate_additional_data(bound)
    return work.update(plaintext) + work.finalize() + work.tag


def _sm4_decrypt(key: bytes, nonce: bytes, ciphertext: bytes, bound: bytes) -> bytes:
    work = BlockCipher(algorithms.SM4(key), modes.GCM(nonce, ciphertext[-TAG:])).decryptor()
    work.authenticate_additional_data(bound)
    return work.update(ciphertext[:-TAG]) + work.finalize()


AES_256_GCM: Final = Cipher(
    "AES-256-GCM",
    1,
    32,
    lambda key, nonce, text, bound: AESGCM(key).encrypt(nonce, text, bound),
    lambda key, nonce, text, bound: AESGCM(key).decrypt(nonce, text, bound),
)
SM4_GCM: Final = Cipher("SM4-GCM", 2, 16, _sm4_encrypt, _sm4_decrypt)
CIPHERS: Final = (AES_256_GCM, SM4_GCM)


def cipher_of_key(key: bytes) -> Cipher:
    """Give the cipher whose keys have this key's length.

    Raises:
        SealingError: none has.
    """
    for cipher in CIPHERS:
        if cipher.key_bytes == len(key):
            return cipher
    raise SealingError(detail="the key fits no cipher")


def cipher_of_number(number: int) -> Cipher:
    """Give the cipher that an envelope names.

    Raises:
        SealingError: there is none of that number.
    """
    for cipher in CIPHERS:
        if cipher.number == number:
            return cipher
    raise SealingError(detail="not an envelope of a known cipher")
