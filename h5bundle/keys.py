"""Keys of the repository's roles: who signs what, behind one small port.

Every key is ECDSA P-256 and has a URI: ``file:anna.pem`` is an encrypted file, ``hsm:…`` a key in a token. A
folder of keys says by its file names or in ``keys.yaml`` which keys belong to which role. A public key may carry who
holds it and in which team, as fields that TUF clients pass over.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from h5bundle.errors import RoleKeyError
from h5bundle.formats import CryptoSigner, Key, Signer, SSlibKey
from h5bundle.hsm import PREFIX, SCHEME, open_hsm
from h5bundle.stores.files import write_atomically
from h5bundle.yaml_strict import load_yaml
from security.errors import KeyStoreError
from security.keys.files import load_private

ROOT: Final = "root"
TARGETS: Final = "targets"
ONLINE: Final = "online"
"""The key of snapshot and timestamp."""
ROLLOUT: Final = "rollout"
TEAM: Final = "x-tidegate-team"
"""Field of a public key: ``release`` or ``security``."""
HOLDER: Final = "x-tidegate-holder"
"""Field of a public key: whom to ask for a signature."""
TEAMS: Final = frozenset({"release", "security"})
KEY_LIST: Final = "keys.yaml"
_FILE: Final = "file:"
_PEM: Final = b"-----BEGIN"
_ROLE: Final = re.compile(r"[a-z][a-z0-9-]{1,40}")

_HOLDER: Final = re.compile(r"[\w.@-][\w .@-]{0,63}")

NewKey = Callable[[], ec.EllipticCurvePrivateKey]
"""Makes a P-256 key; chance comes in through it."""


def app_role(bundle: str) -> str:
    """Give the name of the role that signs a bundle's releases."""
    return f"app-{bundle}"


class RoleKeys(Protocol):
    """The keys at hand, by role."""

    def has(self, role: str) -> bool:
        """Tell whether any key of a role is at hand."""
        ...

    def signers(self, role: str) -> tuple[Signer, ...]:
        """Give the signers of a role that can sign here and now.

        Raises:
            RoleKeyError: there is none, or it does not open.
        """
        ...

    def public_keys(self, role: str) -> tuple[Key, ...]:
        """Give the public keys of a role.

        Raises:
            RoleKeyError: there is none.
        """
        ...


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """Role keys in a folder: ``<role>.<n>.pem``, and what ``keys.yaml`` lists (role: [URI, …]).

    Attributes:
        folder: where they lie; it should be readable by one person only.
        passphrase: opens every file, and is the PIN of tokens whose URI names no file with it.
    """

    folder: Path
    passphrase: bytes

    def signers(self, role: str) -> tuple[Signer, ...]:
        """Open the keys of a role."""
        uris = self._uris(role)
        if not uris:
            raise RoleKeyError(
                detail=f"there is no key of the role {role} in {self.folder}",
                remedy=f"ask its holder to sign, or make one: h5bundle publish --init (development) for {role}",
            )
        return tuple(open_key(uri, self.passphrase, folder=self.folder) for uri in uris)

    def public_keys(self, role: str) -> tuple[Key, ...]:
        """Give the public halves."""
        return tuple(signer.public_key for signer in self.signers(role))

    def has(self, role: str) -> bool:
        """Tell whether the folder holds a key of the role."""
        return bool(self._uris(role))

    def generate(self, role: str, *, count: int = 1, new_key: NewKey | None = None) -> None:
        """Make the keys of a role; keys that are there already stay.

        Args:
            role: ``root``, ``targets``, ``online``, ``rollout`` or ``app-<bundle>``.
            count: how many keys the role has in all.
            new_key: maker of keys; the system's randomness when not given.

        Raises:
            RoleKeyError: the role's name is no name, or the passphrase is empty.
        """
        if _ROLE.fullmatch(role) is None:
            raise RoleKeyError(detail=f"no key is made for {role!r}", remedy="give a role and a passphrase")
        for number in range(len(self._uris(role)) + 1, count + 1):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_key(self.folder / f"{role}.{number}.pem", self.passphrase, new_key=new_key)

    def _uris(self, role: str) -> list[str]:
        """Give the URIs of a role: files in their order, then the list."""
        files = sorted(self.folder.glob(f"{role}.[0-9]*.pem"))
        return [*(f"{_FILE}{path.name}" for path in files), *self._listed().get(role, ())]

    def _listed(self) -> dict[str, list[str]]:
        """Read the list of keys, if there is one."""
        path = self.folder / KEY_LIST
        if not path.is_file():
            return {}
        listed = load_yaml(path.read_text(encoding="utf-8"), name=str(path))
        lists = listed.values() if isinstance(listed, dict) else (None,)
        if not all(isinstance(uris, list) and all(isinstance(uri, str) for uri in uris) for uris in lists):
            raise RoleKeyError(
                detail=f"{path} does not give a list of URIs for each role", remedy="app-x: [file:a.pem]"
            )
        return dict(listed)


def open_key(uri: str, secret: bytes, *, folder: Path = Path()) -> Signer:
    """Open one key.

    Args:
        uri: ``file:anna.pem`` or ``hsm:token=…;object=…?module-path=…``.
        secret: the file's passphrase or the token's PIN.
        folder: from where a file's name counts.

    Raises:
        RoleKeyError: it does not open, and why.
    """
    if uri.startswith(PREFIX):
        return open_hsm(uri, secret)
    if not uri.startswith(_FILE):
        raise RoleKeyError(detail=f"{uri!r} is no key's URI", remedy="write file:NAME.pem or hsm:token=…")
    key = _open_file(folder / uri.removeprefix(_FILE), secret)
    return CryptoSigner(key, SSlibKey.from_crypto(key.public_key(), scheme=SCHEME))


def require_key(uri: str, *, folder: Path = Path()) -> None:
    """Hold that a key's file is there, before anybody is asked for its passphrase.

    Raises:
        RoleKeyError: it is not.
    """
    path = folder / uri.removeprefix(_FILE)
    if uri.startswith(_FILE) and not path.exists():
        raise _absent(path)


def write_key(path: Path, passphrase: bytes, *, new_key: NewKey | None = None) -> SSlibKey:
    """Make a key in an encrypted file.

    Raises:
        RoleKeyError: there is a file already, or the passphrase is empty.
    """
    if not passphrase or path.exists():
        detail = f"{path} is there already" if passphrase else "a key without a passphrase is not made"
        raise RoleKeyError(detail=detail, remedy="give a new name and a passphrase")
    key = new_key() if new_key is not None else ec.generate_private_key(ec.SECP256R1())
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    write_atomically(path, sealed, mode=0o600)
    return SSlibKey.from_crypto(key.public_key(), scheme=SCHEME)


def write_public(key: Key, *, team: str = "", holder: str = "") -> bytes:
    """Give a public key as a file for whoever puts it into a role."""
    fields = key.to_dict() | ({TEAM: team} if team else {}) | ({HOLDER: holder} if holder else {})
    return json.dumps({"keyid": key.keyid, **fields}, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def read_public(data: bytes, *, name: str) -> SSlibKey:
    """Read such a file.

    Raises:
        RoleKeyError: it is none, its key is no P-256 key, or its id is not the key's own.
    """
    try:
        fields = json.loads(data)
        keyid = fields.pop("keyid")
        key = Key.from_dict(keyid, fields)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RoleKeyError(
            detail=f"{name} is no public key of h5bundle", remedy="h5bundle public-key makes it"
        ) from error
    check_public(key, name)
    return SSlibKey(key.keyid, key.keytype, key.scheme, key.keyval, key.unrecognized_fields)


def check_public(key: Key, name: str) -> None:
    """Hold that a public key is of the one kind that is used here, and that its id is its own.

    Raises:
        RoleKeyError: it is not.
    """
    try:
        point = load_pem_public_key(key.keyval["public"].encode())
    except (ValueError, KeyError, AttributeError, UnsupportedAlgorithm) as error:
        raise RoleKeyError(detail=f"{name} holds no public key") from error
    if not isinstance(point, ec.EllipticCurvePublicKey) or not isinstance(point.curve, ec.SECP256R1):
        raise RoleKeyError(detail=f"{name} is no ECDSA P-256 key", remedy="h5bundle new-key makes one")
    made = SSlibKey.from_crypto(point, scheme=SCHEME)
    if (key.keyid, key.scheme, key.keyval) != (made.keyid, made.scheme, made.keyval):
        raise RoleKeyError(
            detail=f"the id in {name} is not that of its key", remedy="h5bundle public-key makes it anew"
        )
    team, holder = (key.unrecognized_fields.get(field, "") for field in (TEAM, HOLDER))
    if team != "" and (not isinstance(team, str) or team not in TEAMS):
        raise RoleKeyError(detail=f"{name} names a team that is none", remedy=f"choose from {', '.join(sorted(TEAMS))}")
    if holder != "" and (not isinstance(holder, str) or _HOLDER.fullmatch(holder) is None):
        raise RoleKeyError(detail=f"{name} names a holder that is no name", remedy="letters, digits, blank, . @ _ -")


def name_key(key: Key) -> str:
    """Give a key's name for people: holder, team and the beginning of its id."""
    fields: dict[str, Any] = key.unrecognized_fields
    said = [str(fields[field]) for field in (HOLDER, TEAM) if field in fields]
    return f"{key.keyid[:8]} ({', '.join(said)})" if said else key.keyid[:8]


def _absent(path: Path) -> RoleKeyError:
    return RoleKeyError(detail=f"there is no key {path}", remedy="is its name right?")


def _open_file(path: Path, passphrase: bytes) -> ec.EllipticCurvePrivateKey:
    """Open one file: encrypted PKCS#8, or a person's own key as ``h5bundle keygen`` writes it."""
    try:
        data = path.read_bytes()
        pem = data.startswith(_PEM)
        key = load_pem_private_key(data, passphrase or None) if pem else load_private(data, passphrase)
    except FileNotFoundError as error:
        raise _absent(path) from error
    except (OSError, ValueError, TypeError, KeyStoreError) as error:
        raise RoleKeyError(
            detail=f"the passphrase does not open {path.name}",
            remedy="give the passphrase with which the keys were made",
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RoleKeyError(detail=f"{path.name} is no ECDSA P-256 key", remedy="make the role's key anew")
    return key
