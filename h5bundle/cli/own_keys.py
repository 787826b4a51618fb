"""A person's own key on a command line: the option that names it, and signing with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import click

from h5bundle.cli.shared import read_secret
from h5bundle.keys import open_key, require_key
from security.jwk import jwk_of
from security.keys.remote import RemotePrivateKey, public_half
from security.suites import ES256

own_key_option: Final = click.option(
    "--key", "uri", required=True, help="URI of your own key: file:anna.pem, or hsm:token=…;object=…?module-path=…"
)


@dataclass(frozen=True, slots=True)
class OwnKey:
    """An opened key of a person, with its thumbprint."""

    key: RemotePrivateKey
    jkt: str

    @classmethod
    def open(cls, uri: str, passphrase_file: Path | None) -> Self:
        """Open a key; its passphrase or PIN comes from the file, or is asked for."""
        require_key(uri)
        signer = open_key(uri, read_secret(passphrase_file, f"Passphrase or PIN of {uri}"))
        public = public_half(signer)
        return cls(RemotePrivateKey(uri, public, lambda: signer), jwk_of(public).thumbprint)

    def sign(self, message: bytes) -> bytes:
        """Sign a message."""
        return ES256.sign(self.key, message)
