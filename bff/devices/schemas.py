"""What the operations on devices take and give."""

from typing import Annotated

import msgspec

from security.attestation.chain import MOST_CERTIFICATES

Short = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Signature = Annotated[str, msgspec.Meta(min_length=86, max_length=86)]


class Request(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A request: unknown members are refused."""


class Answer(msgspec.Struct, rename="camel", kw_only=True):
    """An answer."""


class ChallengeAnswer(Answer):
    """A challenge and its end."""

    challenge: str
    expires_at: str


class Jwk(msgspec.Struct, forbid_unknown_fields=True):
    """A public key; ``crv`` says of which suite: ``P-256`` (ES256) or ``SM2`` (SM2-SM3)."""

    kty: str
    crv: str
    x: Annotated[str, msgspec.Meta(min_length=43, max_length=43)]
    y: Annotated[str, msgspec.Meta(min_length=43, max_length=43)]


Certificate = Annotated[str, msgspec.Meta(min_length=1, max_length=22_000)]
Chain = Annotated[list[Certificate], msgspec.Meta(min_length=1, max_length=MOST_CERTIFICATES)]


class Attestation(msgspec.Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """How the device shows what it is; certificates (DER, the leaf first) and objects in base64url.

    ``android-key`` brings ``popChain`` and ``txChain``, ``apple-app-attest`` ``keyId`` and ``object``; a simulator says
    ``sim``.
    """

    format: Short
    pop_chain: Chain | None = None
    tx_chain: Chain | None = None
    key_id: Annotated[str, msgspec.Meta(min_length=43, max_length=43)] | None = None
    object: Annotated[str, msgspec.Meta(min_length=1, max_length=44_000)] | None = None


class RegisterRequest(Request):
    """A device's two keys and its proof of having both."""

    challenge: Annotated[str, msgspec.Meta(min_length=43, max_length=43)]
    app_id: Short
    app_version: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    platform: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    model: Short
    pop_key: Jwk
    tx_key: Jwk
    pop_signature: Signature
    tx_signature: Signature
    attestation: Attestation


class RegisteredAnswer(Answer):
    """A registered device."""

    device_id: str
    level: str
    state: str


class CustomerAnswer(Answer):
    """A customer, masked."""

    customer_id: str
    name: str


class DeviceAnswer(Answer):
    """The calling device; amounts in fen, ``coolingUntil`` while its limits are low for being new."""

    device_id: str
    state: str
    level: str
    model: str
    bound_at: str | None
    customer: CustomerAnswer | None
    last_seq: int
    cooling_until: str | None
    day_limit_fen: int
    day_left_fen: int


class BindingAnswer(Answer):
    """What the device must sign to be bound."""

    event_id: str
    customer_id: str
    customer_name: str
    mobile: str
    aud: str
    env: str
    expires: int
    expires_at: str
    sandbox_code: str | None = None


class ConfirmRequest(Request):
    """The code from the phone and the signature over the binding."""

    event_id: Short
    code: Annotated[str, msgspec.Meta(pattern="^[0-9]{6}$")]
    signature: Signature


class BoundAnswer(Answer):
    """A bound device."""

    device_id: str
    state: str
    bound_at: str


class StateAnswer(Answer):
    """A device and the state that it now has."""

    device_id: str
    state: str
