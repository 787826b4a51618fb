import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from security.ciphers import SM4_GCM
from security.errors import SealingError
from security.sealing import BlindIndex, Sealer, kek_id_of

OLD = Sealer({"k1": b"1" * 32}, "k1")
NEW = Sealer({"k1": b"1" * 32, "k2": b"2" * 32}, "k2")
ENVELOPE = OLD.seal(b"13800006620", "cus_1", "mobile")
CHINESE = Sealer({"k1": b"1" * 32, "k4": b"4" * 16}, "k4")
SM4_ENVELOPE = CHINESE.seal(b"13800006620", "cus_1", "mobile")


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_a_value_opens_again(value: bytes) -> None:
    assert OLD.open(OLD.seal(value, "cus_1", "name"), "cus_1", "name") == value


def test_two_seals_of_one_value_differ() -> None:
    assert OLD.seal(b"x", "cus_1", "name") != OLD.seal(b"x", "cus_1", "name")


@pytest.mark.parametrize(("record", "field"), [("cus_2", "mobile"), ("cus_1", "name"), ("cus_1mobile", "")])
def test_a_value_copied_elsewhere_does_not_open(record: str, field: str) -> None:
    with pytest.raises(SealingError):
        OLD.open(ENVELOPE, record, field)


def test_every_flipped_bit_is_noticed() -> None:
    for position in range(len(ENVELOPE)):
        changed = bytearray(ENVELOPE)
        changed[position] ^= 1 << position % 8
        with pytest.raises(SealingError):
            OLD.open(bytes(changed), "cus_1", "mobile")


@pytest.mark.parametrize("envelope", [b"", b"\1", ENVELOPE[:-1], ENVELOPE + b"\0", b"\2" + ENVELOPE[1:]])
def test_what_is_no_envelope_does_not_open(envelope: bytes) -> None:
    with pytest.raises(SealingError):
        OLD.open(envelope, "cus_1", "mobile")


def test_a_new_kek_rewraps_without_touching_the_ciphertext() -> None:
    moved = NEW.rewrap(ENVELOPE, "cus_1", "mobile")
    assert (kek_id_of(ENVELOPE), kek_id_of(moved), moved[-27:]) == ("k1", "k2", ENVELOPE[-27:])
    assert NEW.open(moved, "cus_1", "mobile") == b"13800006620"
    assert NEW.rewrap(moved, "cus_1", "mobile") == moved
    with pytest.raises(SealingError):
        OLD.open(moved, "cus_1", "mobile")


def test_another_kek_of_the_same_name_does_not_open() -> None:
    with pytest.raises(SealingError):
        Sealer({"k1": b"9" * 32}, "k1").open(ENVELOPE, "cus_1", "mobile")


def test_a_blind_index_finds_equals_within_one_field_and_key() -> None:
    index = BlindIndex({"i1": b"k" * 32}, "i1")
    assert index.of("mobile", "138") == index.of("mobile", "138")
    assert (
        len({index.of("mobile", "138"), index.of("mobile", "139"), index.of("card", "138"), index.of("mobile1", "38")})
        == 4
    )
    assert index.of("mobile", "138") != BlindIndex({"i1": b"l" * 32}, "i1").of("mobile", "138")


def test_sm4_gcm_gives_the_example_of_rfc_8998() -> None:
    key, nonce = bytes.fromhex("0123456789abcdeffedcba9876543210"), bytes.fromhex("00001234567800000000abcd")
    plaintext = b"".join(bytes([byte]) * 8 for byte in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = bytes.fromhex(
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397"
        "b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert SM4_GCM.encrypt(key, nonce, plaintext, bound) == sealed
    assert SM4_GCM.open(key, nonce, sealed, bound) == plaintext


def test_an_envelope_names_its_ciphers() -> None:
    assert (ENVELOPE[0], SM4_ENVELOPE[0], SM4_ENVELOPE[2:4]) == (1, 2, b"\2\2")
    assert (kek_id_of(SM4_ENVELOPE), CHINESE.open(SM4_ENVELOPE, "cus_1", "mobile")) == ("k4", b"13800006620")


def test_an_envelope_from_before_the_second_cipher_opens() -> None:
    old = bytes.fromhex(
        "01026b3102020202020202020202020221ccfa0ed496325e93e1f368aa2f458676b157032658e53b77522aed2fbfeb579c37102f"
        "81512fa91ad671e26eb96f7c0101010101010101010101014473fb5a4ab948cb5484d40ed6e59911daa4a79ae54b66f6ea6030"
    )
    assert CHINESE.open(old, "cus_1", "mobile") == b"13800006620"


def test_a_kek_of_another_cipher_rewraps_without_touching_the_ciphertext() -> None:
    moved = CHINESE.rewrap(ENVELOPE, "cus_1", "mobile")
    assert (moved[0], moved[2:4], moved[-27:]) == (2, b"\1\2", ENVELOPE[-27:])
    assert CHINESE.open(moved, "cus_1", "mobile") == b"13800006620"
    back = Sealer({"k4": b"4" * 16, "k1": b"1" * 32}, "k1").rewrap(moved, "cus_1", "mobile")
    assert (back[0], OLD.open(back, "cus_1", "mobile")) == (1, b"13800006620")


def test_every_flipped_bit_of_an_sm4_envelope_is_noticed() -> None:
    for position in range(len(SM4_ENVELOPE)):
        changed = bytearray(SM4_ENVELOPE)
        changed[position] ^= 1 << position % 8
        with pytest.raises(SealingError):
            CHINESE.open(bytes(changed), "cus_1", "mobile")


@pytest.mark.parametrize("named", [b"\1\1", b"\1\2", b"\2\1", b"\0\2", b"\3\2"])
def test_an_envelope_that_names_other_ciphers_does_not_open(named: bytes) -> None:
    with pytest.raises(SealingError):
        CHINESE.open(SM4_ENVELOPE[:2] + named + SM4_ENVELOPE[4:], "cus_1", "mobile")


def test_a_key_that_fits_no_cipher_seals_nothing() -> None:
    with pytest.raises(SealingError, match="fits no cipher"):
        Sealer({"k": b"k" * 24}, "k").seal(b"x", "cus_1", "name")
