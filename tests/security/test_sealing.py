import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.errors import SealingError
from security.sealing import BlindIndex, Sealer, kek_id_of

OLD = Sealer({"k1": b"1" * 32}, "k1")
NEW = Sealer({"k1": b"1" * 32, "k2": b"2" * 32}, "k2")
ENVELOPE = OLD.seal(b"13800006620", "cus_1", "mobile")


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
    index = BlindIndex(b"k" * 32)
    assert index.of("mobile", "138") == index.of("mobile", "138")
    assert (
        len({index.of("mobile", "138"), index.of("mobile", "139"), index.of("card", "138"), index.of("mobile1", "38")})
        == 4
    )
    assert index.of("mobile", "138") != BlindIndex(b"l" * 32).of("mobile", "138")
