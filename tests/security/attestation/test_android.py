from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from security.attestation.android import ATTESTATION, verify_android_device, verify_android_key
from security.attestation.chain import Root, chain_digest
from security.attestation.model import RevocationList
from security.errors import AttestationError
from security.jwk import jwk_of
from tests.security.attestation.authority import (
    CHALLENGE,
    DAY,
    FACTORY,
    LOWER_KEY,
    NOW,
    NULL,
    REMOTE,
    UPPER_KEY,
    Description,
    certificate,
    chain,
    enumerated,
    integer,
    name,
    new_key,
    octets,
    sequence,
    set_of,
    signed_again,
    trust,
)

KEY = new_key()
JWK = jwk_of(KEY.public_key())


def verify(certificates: Any = None, *, per_use: bool = True, now: Any = NOW, key: Any = JWK, **changes: Any) -> Any:
    given = chain(KEY) if certificates is None else certificates
    return verify_android_key(
        certificates=given, challenge=CHALLENGE, key=key, per_use=per_use, trust=trust(**changes), now=now
    )


def refused(certificates: Any = None, **changes: Any) -> str:
    with pytest.raises(AttestationError) as caught:
        verify(certificates, **changes)
    return caught.value.code


def saying(**changes: Any) -> list[bytes]:
    return chain(KEY, Description(**changes))


def test_an_honest_key_is_accepted_with_its_level_patches_root_and_digest() -> None:
    given = chain(KEY)
    seen = verify(given)
    assert (seen.level, seen.jkt, seen.patch_level, seen.root) == ("tee", JWK.thumbprint, 202610, "test root")
    assert seen.digest == chain_digest(given)


def test_a_chain_is_accepted_without_its_root() -> None:
    assert verify(chain(KEY)[:-1]).root == "test root"


@pytest.mark.parametrize(("levels", "level"), [((2, 2), "strongbox"), ((1, 2), "tee"), ((2, 1), "tee")])
def test_the_weaker_of_attestation_and_key_counts(levels: tuple[int, int], level: str) -> None:
    assert verify(saying(attestation_level=levels[0], key_level=levels[1])).level == level


def test_an_older_schema_and_unknown_later_tags_are_read() -> None:
    assert verify(saying(version=2)).level == "tee"
    assert verify(saying(version=500, hardware={999: octets(b"of a later version")})).level == "tee"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"challenge": b"another"}, "CHALLENGE_MISMATCH"),
        ({"attestation_level": 0}, "LEVEL_TOO_LOW"),
        ({"key_level": 0}, "LEVEL_TOO_LOW"),
        ({"key_level": 9}, "LEVEL_TOO_LOW"),
        ({"packages": ("cn.other",)}, "APP_MISMATCH"),
        ({"packages": ("cn.lanjiang.tidegate", "cn.other")}, "APP_MISMATCH"),
        ({"packages": ()}, "APP_MISMATCH"),
        ({"software": {709: None}}, "APP_MISMATCH"),
        ({"software": {600: NULL}}, "APP_MISMATCH"),
        ({"hardware": {600: NULL}}, "APP_MISMATCH"),
        ({"signers": (b"\x01" * 32,)}, "SIGNER_MISMATCH"),
        ({"signers": ()}, "SIGNER_MISMATCH"),
        ({"hardware": {702: integer(2)}}, "ORIGIN_NOT_GENERATED"),
        ({"hardware": {702: None}}, "ORIGIN_NOT_GENERATED"),
        ({"hardware": {702: None}, "software": {702: integer(0)}}, "ORIGIN_NOT_GENERATED"),
        ({"hardware": {1: set_of(integer(3))}}, "KEY_PURPOSE"),
        ({"hardware": {1: set_of(integer(7))}}, "KEY_PURPOSE"),
        ({"hardware": {2: integer(1)}}, "KEY_MISMATCH"),
        ({"hardware": {10: integer(2)}}, "KEY_MISMATCH"),
        ({"locked": b"\x01\x01\x00"}, "BOOT_UNLOCKED"),
        ({"boot_state": 1}, "BOOT_NOT_VERIFIED"),
        ({"boot_state": 2}, "BOOT_NOT_VERIFIED"),
        ({"hardware": {704: None}}, "BOOT_NOT_VERIFIED"),
        ({"patch": 202607}, "PATCH_TOO_OLD"),
        ({"patch": 202613}, "PATCH_TOO_OLD"),
        ({"hardware": {706: None}}, "PATCH_TOO_OLD"),
    ],
)
def test_what_the_key_must_say(changes: dict[str, Any], code: str) -> None:
    assert refused(saying(**changes)) == code


def test_patches_are_counted_from_the_end_of_their_month() -> None:
    last = NOW.replace(year=2026, month=10, day=30, hour=0)
    assert verify(saying(patch=202607), now=last, revocations=RevocationList({}, last)).patch_level == 202607
    late = last + timedelta(seconds=1)
    assert refused(saying(patch=202607), now=late, revocations=RevocationList({}, late)) == "PATCH_TOO_OLD"
    assert verify(saying(patch=20261105)).patch_level == 20261105


@pytest.mark.parametrize(
    "changes",
    [
        {"hardware": {503: NULL, 504: None}},
        {"software": {503: NULL}},
        {"hardware": {504: None}},
        {"hardware": {504: integer(0)}},
        {"hardware": {504: None}, "software": {504: integer(2)}},
        {"hardware": {505: integer(30)}},
        {"software": {505: integer(30)}},
    ],
)
def test_only_the_key_for_approvals_must_ask_at_each_use(changes: dict[str, Any]) -> None:
    assert refused(saying(**changes)) == "AUTH_NOT_PER_USE"
    assert verify(saying(**changes), per_use=False).level == "tee"


def test_a_policy_may_ask_for_strongbox() -> None:
    assert refused(policy={"levels": frozenset({"strongbox"})}) == "LEVEL_TOO_LOW"
    given = saying(attestation_level=2, key_level=2)
    assert verify(given, policy={"levels": frozenset({"strongbox"})}).level == "strongbox"


def test_the_leaf_must_be_about_the_registered_key() -> None:
    assert refused(key=jwk_of(new_key().public_key())) == "KEY_MISMATCH"
    other_curve = new_key(ec.SECP384R1())
    assert refused(chain(other_curve)) == "KEY_MISMATCH"
    assert refused(chain(rsa.generate_private_key(65537, 2048))) == "KEY_MISMATCH"


# ── the chain ──
def test_a_software_root_is_refused() -> None:
    stranger = new_key()
    of_stranger = certificate(FACTORY[0], UPPER_KEY, name(COMMON_NAME="root"), stranger)
    self_signed = certificate(name(COMMON_NAME="root"), stranger, name(COMMON_NAME="root"), stranger)
    assert refused([*chain(KEY)[:2], of_stranger, self_signed]) == "ROOT_UNKNOWN"
    assert refused(roots=()) == "ROOT_UNKNOWN"


def test_a_root_by_name_only_is_refused() -> None:
    stranger = new_key()
    given = chain(KEY)
    given[2] = certificate(FACTORY[0], UPPER_KEY, name(SERIAL_NUMBER="f92009e853b6b045"), stranger)
    assert refused(given) == "CHAIN_BROKEN"
    assert refused(given[:-1]) == "ROOT_UNKNOWN"


@pytest.mark.parametrize("order", [[0, 2, 3], [0, 2, 1, 3], [1, 0, 2, 3], [0, 1, 3], [0, 0, 1, 2, 3]])
def test_a_chain_with_gaps_or_out_of_order_is_refused(order: list[int]) -> None:
    given = chain(KEY)
    assert refused([given[at] for at in order]) == "CHAIN_BROKEN"


def test_too_few_or_too_many_certificates_are_refused() -> None:
    given = chain(KEY)
    for certificates in ([], given[:1], given * 3, [given[0], b"\x30\x80" + bytes(20_000)]):
        assert refused(certificates) == "CHAIN_MALFORMED"


def test_an_issuer_that_may_not_issue_is_refused() -> None:
    assert refused(chain(KEY, lower={"ca": False})) == "CHAIN_BROKEN"


def test_sha1_is_refused() -> None:
    given = chain(KEY)
    signer = rsa.generate_private_key(65537, 2048)
    root = Root("rsa", signer.public_key())
    honest = certificate(FACTORY[0], UPPER_KEY, name(COMMON_NAME="root"), signer, serial=0xAA)
    assert verify([*given[:2], honest], roots=(root,)).root == "rsa"
    body = honest.replace(bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105"))
    assert body != honest
    assert refused([*given[:2], body], roots=(root,)) == "ROOT_UNKNOWN"


def test_an_attested_key_cannot_extend_its_chain() -> None:
    """The classic forgery: a real hardware key signs a leaf that claims whatever its owner likes."""
    attested = chain(LOWER_KEY, leaf={"ca": True})
    forged = certificate(
        name(COMMON_NAME="x"), KEY, name(COMMON_NAME="Android Keystore Key"), LOWER_KEY, ca=False,
        private={ATTESTATION: Description().encode()},
    )  # fmt: skip
    assert refused([forged, *attested]) == "EXTENSION_MISPLACED"
    bare = certificate(name(COMMON_NAME="x"), KEY, name(COMMON_NAME="Android Keystore Key"), LOWER_KEY, ca=False)
    assert refused([bare, *attested]) == "EXTENSION_MISPLACED"


def test_a_leaf_needs_one_extension() -> None:
    assert refused(chain(KEY, leaf={"private": {}})) == "EXTENSION_MISSING"
    beside = ATTESTATION[:-2] + "18"
    said = Description().encode()
    twins = chain(KEY, leaf={"private": {ATTESTATION: said, beside: said}})
    twins[0] = signed_again(
        twins[0], bytes.fromhex("2b06010401d679020112"), bytes.fromhex("2b06010401d679020111"), LOWER_KEY
    )
    assert refused(twins) == "EXTENSION_DOUBLED"


# ── time ──
def test_a_factory_chain_does_not_expire_and_a_remote_one_does() -> None:
    old = {"start": NOW - 900 * DAY, "end": NOW - 800 * DAY}
    assert verify(chain(KEY, lower=old, upper=old)).level == "tee"
    assert verify(chain(KEY, names=REMOTE)).level == "tee"
    for place in ("lower", "upper", "leaf"):
        assert refused(chain(KEY, names=REMOTE, **{place: {**remote(place), **old}})) == "CHAIN_EXPIRED"
    early = {"start": NOW + DAY, "end": NOW + 9 * DAY}
    assert refused(chain(KEY, names=REMOTE, lower={**remote("lower"), **early})) == "CHAIN_EXPIRED"


def remote(place: str) -> dict[str, Any]:
    return {"private": {ATTESTATION: Description().encode()}, "ca": False} if place == "leaf" else {}


def test_a_chain_that_is_not_clearly_a_factorys_expires() -> None:
    old = {"start": NOW - 900 * DAY, "end": NOW - 800 * DAY}
    strange = (name(COMMON_NAME="a"), name(COMMON_NAME="b"))
    assert refused(chain(KEY, names=strange, lower=old)) == "CHAIN_EXPIRED"
    provisioned = {**old, "private": {"1.3.6.1.4.1.11129.2.1.30": b"\xa0"}}
    assert refused(chain(KEY, lower=provisioned)) == "CHAIN_EXPIRED"


# ── revocation ──
def test_without_a_fresh_list_nothing_passes() -> None:
    assert refused(revocations=None) == "REVOCATION_UNAVAILABLE"
    stale = RevocationList({}, NOW - timedelta(hours=24, seconds=1))
    assert refused(revocations=stale) == "REVOCATION_STALE"
    assert refused(revocations=RevocationList({}, NOW + timedelta(hours=1))) == "REVOCATION_STALE"
    assert verify(revocations=RevocationList({}, NOW - timedelta(hours=24))).level == "tee"


@pytest.mark.parametrize("serial", [0x1, 0xBB, 0xAA, 0xD50F])
@pytest.mark.parametrize("status", ["REVOKED", "SUSPENDED", "A_LATER_WORD"])
def test_a_certificate_of_the_list_is_refused_wherever_it_stands(serial: int, status: str) -> None:
    assert refused(revocations=RevocationList({serial: status}, NOW)) == "REVOKED"


def test_the_bank_may_revoke_on_its_own() -> None:
    assert refused(policy={"revoked_serials": frozenset({0xBB})}) == "REVOKED"


# ── bytes ──
def test_ber_is_refused_where_der_must_stand() -> None:
    said = Description().encode()
    body = said[4:]
    indefinite = b"\x30\x80" + body + b"\x00\x00"
    long = b"\x30\x83\x00" + said[2:4] + body
    for value in (indefinite, long, said + b"\x00", said[:-1], b"", b"\x31" + said[1:]):
        assert refused(chain(KEY, value)) == "EXTENSION_MALFORMED"


@pytest.mark.parametrize("truth", [b"\x01\x01\x01", b"\x01\x01\xfe", b"\x01\x02\xff\xff", b"\x01\x00", b"\x02\x01\xff"])
def test_a_malformed_boolean_is_refused(truth: bytes) -> None:
    assert refused(saying(locked=truth)) == "EXTENSION_MALFORMED"


@pytest.mark.parametrize(
    "hardware",
    [
        {702: b"\x02\x02\x00\x00"},
        {702: b"\x02\x00"},
        {702: enumerated(0)},
        {702: integer(0) + integer(0)},
        {503: b"\x05\x01\x00"},
        {1: b"\x31\x06" + integer(3) + integer(2)},
        {704: sequence(octets(b""), b"\x01\x01\xff", enumerated(0))},
        {1: integer(2)},
    ],
)
def test_values_of_another_form_are_refused(hardware: dict[int, bytes]) -> None:
    assert refused(saying(hardware=hardware)) == "EXTENSION_MALFORMED"


def test_tags_out_of_order_doubled_or_foreign_are_refused() -> None:
    said = Description()
    origin, patch = b"\xbf\x85\x3e\x03\x02\x01\x00", b"\xbf\x85\x42\x05\x02\x03\x03\x17\x72"
    whole = said.encode()
    assert origin in whole
    assert patch in whole
    foreign = whole.replace(origin, b"\x7f\x85\x3e\x03\x02\x01\x00")
    padded = whole.replace(b"\xa2\x03\x02\x01\x03", b"\xbf\x02\x02\x05\x00")
    last = b"\xbf\x85\x41\x05\x02\x03\x02\x71\x00"
    swapped = whole.replace(last + patch, patch + last)
    doubled = whole.replace(last, patch)
    for value in (foreign, padded, swapped, doubled):
        assert value != whole
        assert refused(chain(KEY, value)) == "EXTENSION_MALFORMED"


def test_trailing_bytes_behind_a_certificate_and_ber_certificates_are_refused() -> None:
    for at in range(4):
        given = chain(KEY)
        given[at] += b"\x00"
        assert refused(given) == "CHAIN_MALFORMED"
    given = chain(KEY)
    given[0] = b"\x30\x83\x00" + given[0][2:]
    assert refused(given) == "CHAIN_MALFORMED"


def test_a_changed_byte_anywhere_in_the_leaf_is_refused() -> None:
    given = chain(KEY)
    for at in range(0, len(given[0]), 7):
        changed = bytearray(given[0])
        changed[at] ^= 1
        assert refused([bytes(changed), *given[1:]])


# ── two keys ──
def device(**changes: Any) -> Any:
    pop, tx = KEY, new_key()
    given = {
        "pop_chain": chain(pop, Description(hardware={503: NULL, 504: None})),
        "tx_chain": chain(tx),
        "challenge": CHALLENGE,
        "pop_key": JWK,
        "tx_key": jwk_of(tx.public_key()),
        "trust": trust(),
        "now": NOW,
    }
    return verify_android_device(**{**given, **changes})


def test_a_device_of_two_keys_has_the_level_of_the_weaker_one() -> None:
    strong = chain(KEY, Description(attestation_level=2, key_level=2))
    seen = device(pop_chain=strong)
    assert (seen.format, seen.level, seen.challenge) == ("android-key", "tee", CHALLENGE.hex())


def test_swapped_keys_and_chains_are_refused() -> None:
    pop, tx = new_key(), new_key()
    chains = {"pop_chain": chain(pop), "tx_chain": chain(tx)}
    keys = {"pop_key": jwk_of(pop.public_key()), "tx_key": jwk_of(tx.public_key())}
    assert device(**chains, **keys).level == "tee"
    swapped = (
        {**chains, "pop_key": keys["tx_key"], "tx_key": keys["pop_key"]},
        {**keys, "pop_chain": chains["tx_chain"], "tx_chain": chains["pop_chain"]},
        {**keys, "pop_chain": chains["pop_chain"], "tx_chain": chains["pop_chain"]},
    )
    for given in swapped:
        with pytest.raises(AttestationError, match="KEY_MISMATCH"):
            device(**given)


def test_the_key_for_approvals_needs_its_owner_even_when_the_other_does_not() -> None:
    open_key = new_key()
    open_chain = chain(open_key, Description(hardware={503: NULL, 504: None}))
    with pytest.raises(AttestationError, match="AUTH_NOT_PER_USE"):
        device(tx_chain=open_chain, tx_key=jwk_of(open_key.public_key()))
