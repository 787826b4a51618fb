"""What Android's attestation extension (1.3.6.1.4.1.11129.2.1.17) says of a key, read by the published schema.

Tags that the schema knows must have its types; tags of later versions are held to DER and to their order, and then
left alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from security.attestation.der import CONTEXT, Element, read_one
from security.attestation.rules import Rule, refuse
from security.errors import EncodingError

PURPOSE, ALGORITHM, CURVE = 1, 2, 10
NO_AUTH, AUTH_TYPE, AUTH_TIMEOUT = 503, 504, 505
ALL_APPLICATIONS, ORIGIN, ROOT_OF_TRUST, PATCH_LEVEL, APPLICATION = 600, 702, 704, 706, 709
_SETS: Final = frozenset({PURPOSE, 4, 5, 6, 203})
_NUMBERS: Final = frozenset(
    {ALGORITHM, 3, 8, CURVE, 200, 400, 401, 402, 405, AUTH_TYPE, AUTH_TIMEOUT, 701, ORIGIN, 705, PATCH_LEVEL, 718, 719}
)
_FLAGS: Final = frozenset({7, 303, 305, NO_AUTH, 506, 507, 508, 509, ALL_APPLICATIONS, 703, 720})
_OCTETS: Final = frozenset({601, APPLICATION, *range(710, 718), 723, 724})
_MEMBERS: Final = 8
_WITH_BOOT_HASH: Final = 3
"""From this version of the schema on, the root of trust holds the hash of what was booted."""


@dataclass(frozen=True, slots=True)
class RootOfTrust:
    """What the boot loader said: the key of what was booted, whether it is locked, and how the check went."""

    boot_key: bytes
    locked: bool
    boot_state: int
    boot_hash: bytes


@dataclass(frozen=True, slots=True)
class Application:
    """Which apps may use the key, and the SHA-256 digests of the certificates that sign them."""

    packages: tuple[str, ...]
    signers: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Authorizations:
    """One list of what holds for the key, by the schema's tags; a flag is True."""

    values: Mapping[int, Any] = field(default_factory=dict)

    def number(self, tag: int) -> int | None:
        """Give an integer, or None."""
        return self.values.get(tag)

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Give a set of integers, empty when it is not there."""
        return tuple(self.values.get(tag, ()))

    def has(self, tag: int) -> bool:
        """Tell whether the tag is there."""
        return tag in self.values

    @property
    def root_of_trust(self) -> RootOfTrust | None:
        """Give the root of trust, or None."""
        return self.values.get(ROOT_OF_TRUST)

    @property
    def application(self) -> Application | None:
        """Give the apps that may use the key, or None."""
        return self.values.get(APPLICATION)


@dataclass(frozen=True, slots=True)
class KeyDescription:
    """The whole extension; levels are 0 software, 1 trusted environment, 2 StrongBox."""

    version: int
    attestation_level: int
    key_level: int
    challenge: bytes
    software: Authorizations
    hardware: Authorizations


def read_extension(value: bytes) -> KeyDescription:
    """Read the extension's value.

    Raises:
        AttestationError: EXTENSION_MALFORMED, it is not DER or not of the schema.
    """
    try:
        return _description(read_one(value).sequence())
    except EncodingError as error:
        refuse(Rule.EXTENSION_MALFORMED, f"the attestation extension is malformed: {error.detail}", error)


def _description(members: tuple[Element, ...]) -> KeyDescription:
    if len(members) != _MEMBERS:
        raise EncodingError(detail=f"it has {len(members)} members")
    version = members[0].integer()
    members[2].integer()
    members[5].octets()
    return KeyDescription(
        version=version,
        attestation_level=members[1].enumerated(),
        key_level=members[3].enumerated(),
        challenge=members[4].octets(),
        software=_authorizations(members[6], version),
        hardware=_authorizations(members[7], version),
    )


def _authorizations(element: Element, version: int) -> Authorizations:
    values: dict[int, Any] = {}
    last = 0
    for member in element.sequence():
        inner = member.explicit()
        if member.kind != CONTEXT or member.number <= last:
            raise EncodingError(detail=f"tag {member.number} follows tag {last}")
        last = member.number
        values[last] = _value(last, inner, version)
    return Authorizations(values)


def _value(tag: int, inner: Element, version: int) -> Any:
    if tag in _NUMBERS:
        return inner.integer()
    if tag in _SETS:
        return inner.set_of(Element.integer)
    if tag in _FLAGS:
        inner.null()
        return True
    if tag == ROOT_OF_TRUST:
        return _root_of_trust(inner.sequence(), version)
    if tag in _OCTETS:
        return _application(inner.octets()) if tag == APPLICATION else inner.octets()
    return inner.encoded


def _root_of_trust(members: tuple[Element, ...], version: int) -> RootOfTrust:
    has_hash = version >= _WITH_BOOT_HASH
    if len(members) != (4 if has_hash else 3):
        raise EncodingError(detail=f"the root of trust has {len(members)} members")
    boot_hash = members[3].octets() if has_hash else b""
    return RootOfTrust(members[0].octets(), members[1].boolean(), members[2].enumerated(), boot_hash)


def _application(value: bytes) -> Application:
    members = read_one(value).sequence()
    if len(members) != 2:  # noqa: PLR2004 — packages and signers
        raise EncodingError(detail=f"the application id has {len(members)} members")
    return Application(members[0].set_of(_package), members[1].set_of(Element.octets))


def _package(element: Element) -> str:
    members = element.sequence()
    if len(members) != 2:  # noqa: PLR2004 — name and version
        raise EncodingError(detail=f"a package has {len(members)} members")
    members[1].integer()
    try:
        return members[0].octets().decode()
    except UnicodeDecodeError as error:
        raise EncodingError(detail="a package's name is not UTF-8") from error
