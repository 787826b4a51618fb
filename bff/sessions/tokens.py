"""Access tokens: JWTs in the suite of their key, by flask-jwt-extended, and the cache of those already verified.

Invariants: only keys of purpose ``access-token`` count, by ``kid``, and a token's ``alg`` is its key's own; an unknown,
retired or revoked ``kid`` is refused even when the verdict is cached; time is the caller's, never the library's.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import msgspec
from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError, get_unverified_header, register_algorithm
from jwt.algorithms import Algorithm

from bff.kinds import Scope
from bff.sessions.errors import TokenExpiredError, TokenInvalidError
from security.encoding import canonical_json, parse_object
from security.errors import SignatureError
from security.jwk import jwk_of, parse_jwk
from security.suites import ES256, SM2_SM3, SUITES

CACHED: Final = 20_000
LONGEST: Final = 4096
"""Characters of the longest token that is looked at."""
_HEADER: Final = frozenset({"typ", "alg", "kid"})
"""The members of a token's header, exactly: no key, no address of one and nothing critical comes with a token."""
_CENTURY: Final = timedelta(days=36500)


class SigningKey(Protocol):
    """A key of the store as tokens use it."""

    @property
    def kid(self) -> str:
        """Give the key's id."""
        ...

    @property
    def alg(self) -> str:
        """Give the name of the key's suite."""
        ...

    @property
    def private(self) -> Any:
        """Give the private key object."""
        ...

    @property
    def public_key(self) -> Any:
        """Give the public key object."""
        ...


class TokenKeys(Protocol):
    """The port to the server's keys of purpose ``access-token``."""

    def active(self) -> SigningKey:
        """Give the key that signs now."""
        ...

    def verifying(self, kid: str) -> SigningKey | None:
        """Give a key that may still verify, or None."""
        ...


class Confirmation(msgspec.Struct, frozen=True):
    """The key that a token is bound to (RFC 7800): its RFC 7638 thumbprint."""

    jkt: str


class Claims(msgspec.Struct, frozen=True):
    """What an access token states; ``sub`` is the customer, or the device while there is none."""

    sub: str
    did: str
    sid: str
    scope: Scope
    cnf: Confirmation
    iat: int
    exp: int
    jti: str

    @property
    def jkt(self) -> str:
        """Give the thumbprint of the key that the token is bound to."""
        return self.cnf.jkt


@dataclass(frozen=True, slots=True)
class _Verified:
    kid: str
    claims: Claims


@dataclass(frozen=True, slots=True)
class _Signing:
    """The identity handed to the library: whom the token is for, and the one key that signs and names it."""

    subject: str
    key: SigningKey


class _Sm2Jws(Algorithm):
    """SM2-SM3 as PyJWT calls an algorithm: the signature is raw, as in ES256."""

    def prepare_key(self, key: Any) -> Any:
        return key

    def sign(self, msg: bytes, key: Any) -> bytes:
        return SM2_SM3.sign(key, msg)

    def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
        try:
            SM2_SM3.verify(key, msg, sig)
        except SignatureError:
            return False
        return True

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> Any:  # noqa: FBT001, FBT002 — PyJWT's signature
        members = jwk_of(key_obj).as_dict()
        return members if as_dict else canonical_json(members).decode()

    @staticmethod
    def from_jwk(jwk: Any) -> Any:
        return parse_jwk(parse_object(jwk.encode()) if isinstance(jwk, str) else jwk).public_key


def _header(signing: _Signing) -> dict[str, str]:
    return {"alg": signing.key.alg, "kid": signing.key.kid, "typ": "at+jwt"}


def _teach_jws() -> None:
    """Let PyJWT know SM2-SM3, once a process."""
    with suppress(ValueError):  # it is known already
        register_algorithm(SM2_SM3.alg, _Sm2Jws())


class AccessTokens:
    """Issues and verifies access tokens."""

    def __init__(self, keys: TokenKeys, *, issuer: str, audience: str) -> None:
        """Set flask-jwt-extended up on an application of its own, so that tokens work outside a request as well.

        Args:
            keys: signing and verifying keys.
            issuer: the ``iss`` that tokens carry and must carry.
            audience: the same for ``aud``.
        """
        self._keys = keys
        self._cache: OrderedDict[str, _Verified] = OrderedDict()
        self._lock = threading.Lock()
        self._app = Flask(__name__)
        self._app.config.update(
            JWT_ALGORITHM=ES256.alg,  # each token's header names that of its key, which counts
            JWT_DECODE_ALGORITHMS=list(SUITES),
            JWT_HEADER_TYPE="DPoP",
            JWT_ENCODE_ISSUER=issuer,
            JWT_DECODE_ISSUER=issuer,
            JWT_ENCODE_AUDIENCE=audience,
            JWT_DECODE_AUDIENCE=audience,
            JWT_ENCODE_NBF=False,
            JWT_DECODE_LEEWAY=_CENTURY,  # iat and exp are judged below, by the caller's clock
            JWT_COOKIE_CSRF_PROTECT=False,
        )
        _teach_jws()
        manager = JWTManager(self._app)
        manager.user_identity_loader(lambda signing: signing.subject)
        manager.encode_key_loader(lambda signing: signing.key.private)
        manager.additional_headers_loader(_header)
        manager.decode_key_loader(self._decode_key)

    def issue(self, claims: Claims) -> str:
        """Sign a token with these claims."""
        members = msgspec.to_builtins(claims)
        with self._context():
            signing = _Signing(claims.sub, self._keys.active())
            token: str = create_access_token(signing, expires_delta=False, additional_claims=members)
        return token

    def verify(self, token: str, now: datetime) -> Claims:
        """Verify a token, or find that it was verified before.

        Raises:
            TokenInvalidError: not ours, of an unknown or withdrawn key, or not well-formed.
            TokenExpiredError: its time is over.
        """
        verified = self._cache.get(token)
        if verified is None:
            verified = self._decode(token)
            self._remember(token, verified)
        elif self._keys.verifying(verified.kid) is None:
            raise TokenInvalidError(detail="the key of this token has been withdrawn")
        claims = verified.claims
        seconds = now.timestamp()
        if claims.exp <= seconds:
            self._cache.pop(token, None)
            raise TokenExpiredError(detail="the access token is over")
        if claims.iat > seconds + 60:
            raise TokenInvalidError(detail="the access token comes from the future")
        return claims

    def _decode(self, token: str) -> _Verified:
        if len(token) > LONGEST:
            raise TokenInvalidError(detail="the access token is too long")
        try:
            with self._context():
                members = decode_token(token, allow_expired=True)
            return _Verified(get_unverified_header(token)["kid"], msgspec.convert(members, Claims))
        except (PyJWTError, JWTExtendedException, msgspec.ValidationError, KeyError, ValueError) as error:
            raise TokenInvalidError(detail=f"the access token does not hold: {type(error).__name__}") from error

    def _decode_key(self, header: Mapping[str, Any], _claims: Mapping[str, Any]) -> Any:
        kid = header.get("kid")
        ours = isinstance(kid, str) and header.get("typ") == "at+jwt" and set(header) == _HEADER
        key = self._keys.verifying(str(kid)) if ours else None
        if key is None or header.get("alg") != key.alg:
            raise TokenInvalidError(detail="the access token names no key that may verify, or not that key's alg")
        return key.public_key

    def _remember(self, token: str, verified: _Verified) -> None:
        with self._lock:
            self._cache[token] = verified
            while len(self._cache) > CACHED:
                self._cache.popitem(last=False)

    def _context(self) -> AbstractContextManager[Any]:
        return self._app.app_context()


def epoch(instant: datetime) -> int:
    """Give whole seconds since 1970, as JWT writes instants."""
    return int(instant.astimezone(UTC).timestamp())
