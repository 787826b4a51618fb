"""Keys in an HSM, through PKCS#11: one session for each token in a process, and one signature at a time.

Tokens count log-ins and lock themselves after a few wrong PINs. So a process logs in once, and a PIN that a token has
refused is not offered to it again. A session belongs to the process that opened it: a forked child begins the module
anew and logs in by itself, and its parent's session is neither used nor closed by it.
"""

import contextlib
import hashlib
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote_to_bytes

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11 import exceptions
from pkcs11.util.ec import encode_ec_public_key
from securesystemslib.signer import (  # type: ignore[attr-defined]  # documented names, not marked as re-exports
    Signature,
    Signer,
    SSlibKey,
)

from security.errors import HsmError

SCHEME: Final = "ecdsa-sha2-nistp256"
PREFIX: Final = "hsm:"
_FORM: Final = "hsm:token=NAME;object=LABEL?module-path=/path/of/the/module.so (and id=%01, pin-source=FILE)"


@dataclass(frozen=True, slots=True)
class HsmKey:
    """Where a key lies, in the words of RFC 7512.

    Attributes:
        module: the vendor's PKCS#11 library.
        token: label of the token.
        label, ident: of the key; one of them may be None.
        pin_source: file with the PIN, or None.
    """

    module: str
    token: str
    label: str | None
    ident: bytes | None
    pin_source: Path | None


@dataclass(slots=True)
class _Sessions:
    """The sessions of one process, by module and token; whoever uses one holds the lock.

    Attributes:
        begun: modules that a parent has begun before this process was forked; they are begun anew before their use.
    """

    begun: set[str] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)
    opened: dict[tuple[str, str], Any] = field(default_factory=dict)
    refused: dict[tuple[str, str, str], str] = field(default_factory=dict)


_PROCESSES: Final[dict[int, _Sessions]] = {}
"""Process id → its sessions. Those of a parent are kept and never touched: an object that goes would close one."""


def sessions() -> _Sessions:
    """Give the sessions of this process; a forked child has none yet, and knows which PINs were refused."""
    found = _PROCESSES.get(os.getpid())
    if found is None:
        before = tuple(_PROCESSES.values())
        begun = {module for one in before for module, _ in one.opened} | {name for one in before for name in one.begun}
        refused = {attempt: words for one in before for attempt, words in one.refused.items()}
        found = _PROCESSES.setdefault(os.getpid(), _Sessions(begun=begun, refused=refused))
    return found


class HsmSigner(Signer):
    """Signs with a key that never leaves its token; safe to be used by many threads."""

    def __init__(self, private: Any, public: SSlibKey, key: HsmKey, pin: bytes) -> None:
        """Sign with a private key of an open session of this process; a forked child opens its own with the PIN."""
        self._private = private
        self._public = public
        self._key = key
        self._pin = pin
        self._process = os.getpid()

    @property
    def public_key(self) -> SSlibKey:
        """Give the public half."""
        return self._public

    @classmethod
    def from_priv_key_uri(cls, priv_key_uri: str, public_key: Any, secrets_handler: Any = None) -> "HsmSigner":
        """Open the key of a URI, as securesystemslib asks signers to; the handler is asked for the PIN."""
        signer = open_hsm(priv_key_uri, secrets_handler("pin").encode() if secrets_handler is not None else b"")
        if public_key is not None and public_key.keyid != signer.public_key.keyid:
            raise HsmError(detail=f"{priv_key_uri} is not the key {public_key.keyid[:8]}")
        return signer

    def sign(self, payload: bytes) -> Signature:
        """Sign; the token makes r and s, and TUF wants them as DER."""
        with sessions().lock:
            try:
                if self._process != os.getpid():
                    self._private, self._process = _private(self._key, self._pin), os.getpid()
                raw = self._private.sign(hashlib.sha256(payload).digest(), mechanism=pkcs11.Mechanism.ECDSA)
            except exceptions.PKCS11Error as error:
                raise _failed(error, self._key) from error
        half = len(raw) // 2
        der = encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
        return Signature(self._public.keyid, der.hex())


def open_hsm(uri: str, pin: bytes) -> HsmSigner:
    """Open a key of a token.

    Args:
        uri: ``hsm:token=…;object=…?module-path=…``.
        pin: the token's PIN; ``pin-source`` of the URI goes before it.

    Raises:
        HsmError: the URI is none, the token or the key is missing, the PIN is wrong or locked.
    """
    key = parse_hsm(uri)
    with sessions().lock:
        try:
            private = _private(key, pin)
            session = _session(key, _pin(key, pin))
            public = _only(session, pkcs11.ObjectClass.PUBLIC_KEY, key)
            point = load_der_public_key(encode_ec_public_key(public))
        except exceptions.PKCS11Error as error:
            raise _failed(error, key) from error
    if not isinstance(point, ec.EllipticCurvePublicKey) or not isinstance(point.curve, ec.SECP256R1):
        raise HsmError(
            detail=f"the key {key.label} of the token {key.token} is no ECDSA P-256 key", remedy="make one that is"
        )
    return HsmSigner(private, SSlibKey.from_crypto(point, scheme=SCHEME), key, pin)


def parse_hsm(uri: str) -> HsmKey:
    """Read a key's URI.

    Raises:
        HsmError: something is missing in it, or is not known.
    """
    path, _, query = uri.removeprefix(PREFIX).partition("?")
    named = {name: unquote_to_bytes(value) for name, _, value in (part.partition("=") for part in path.split(";"))}
    options = {name: values[0] for name, values in parse_qs(query).items()}
    known = named.keys() <= {"token", "object", "id"} and options.keys() <= {"module-path", "pin-source"}
    if not known or not named.get("token") or not (named.get("object") or named.get("id")) or not options:
        raise HsmError(detail=f"{uri!r} names no key of a token", remedy=f"write {_FORM}")
    if "module-path" not in options:
        raise HsmError(detail=f"{uri!r} names no PKCS#11 module", remedy=f"write {_FORM}")
    source = options.get("pin-source")
    label = named["object"].decode("utf-8", "replace") if "object" in named else None
    token = named["token"].decode("utf-8", "replace")
    return HsmKey(options["module-path"], token, label, named.get("id"), Path(source) if source else None)


def _private(key: HsmKey, pin: bytes) -> Any:
    """Give the private key, in the process's session."""
    return _only(_session(key, _pin(key, pin)), pkcs11.ObjectClass.PRIVATE_KEY, key)


def _pin(key: HsmKey, given: bytes) -> str:
    """Give the PIN from its file or as it was given."""
    if key.pin_source is None:
        return given.decode("utf-8", "replace")
    try:
        return key.pin_source.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise HsmError(detail=f"the PIN file {key.pin_source} cannot be read") from error


def _session(key: HsmKey, pin: str) -> Any:
    """Give the process's session with a token, logging in the first time."""
    place, own = (key.module, key.token), sessions()
    if place in own.opened:
        return own.opened[place]
    attempt = (*place, hashlib.sha256(pin.encode()).hexdigest())
    if attempt in own.refused:
        raise HsmError(detail=own.refused[attempt], remedy="it was not tried again; look the PIN up")
    try:
        library = pkcs11.lib(key.module)
        if key.module in own.begun:
            library.reinitialize()
            own.begun.discard(key.module)
        token = library.get_token(token_label=key.token, token_flags=pkcs11.TokenFlag.TOKEN_INITIALIZED)
        session = token.open(user_pin=pin)
    except (exceptions.PinIncorrect, exceptions.PinInvalid, exceptions.PinLenRange, exceptions.PinLocked) as error:
        refusal = _refusal(error, key)
        own.refused[attempt] = refusal.detail
        raise refusal from error
    own.opened[place] = session
    return session


def _only(session: Any, kind: pkcs11.ObjectClass, key: HsmKey) -> Any:
    """Give the one object that is meant; every search is brought to its end, for a token has one at a time."""
    wanted: dict[pkcs11.Attribute, Any] = {pkcs11.Attribute.CLASS: kind, pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.EC}
    if key.label is not None:
        wanted[pkcs11.Attribute.LABEL] = key.label
    if key.ident is not None:
        wanted[pkcs11.Attribute.ID] = key.ident
    found = list(session.get_objects(wanted))
    name = key.label or (key.ident or b"").hex()
    if not found:
        raise HsmError(detail=f"the token {key.token} has no key {name}", remedy="list them with the vendor's tool")
    if len(found) > 1:
        raise HsmError(detail=f"the token {key.token} has several keys {name}", remedy="name one by id=%…")
    return found[0]


def _failed(error: exceptions.PKCS11Error, key: HsmKey) -> HsmError:
    """Give up a session that failed, so that the next one who needs the token logs in anew."""
    session = sessions().opened.pop((key.module, key.token), None)
    if session is not None:
        with contextlib.suppress(exceptions.PKCS11Error):
            session.close()
    return _refusal(error, key)


def _refusal(error: exceptions.PKCS11Error, key: HsmKey) -> HsmError:
    """Say in words what a token refuses."""
    where = f"the token {key.token}"
    kinds: dict[type[exceptions.PKCS11Error], tuple[str, str]] = {
        exceptions.PinIncorrect: (f"the PIN of {where} is wrong", "look it up: a few wrong ones lock the token"),
        exceptions.PinInvalid: (f"the PIN of {where} is wrong", "look it up: a few wrong ones lock the token"),
        exceptions.PinLenRange: (f"the PIN of {where} is wrong", "look it up: a few wrong ones lock the token"),
        exceptions.PinLocked: (f"the PIN of {where} is locked", "its security officer sets a new one"),
        exceptions.NoSuchToken: (f"{where} is not there", "is it plugged in, and is its label right?"),
        exceptions.MultipleTokensReturned: (f"there is more than one of {where}", "give every token its own label"),
    }
    detail, remedy = kinds.get(type(error), (f"{where} does not work: {type(error).__name__} {error}".rstrip(), ""))
    return HsmError(detail=detail, remedy=remedy)
