import pytest

from security.errors import PinError
from security.pins import check_pin, pin_hash, verify_pin

KEYED, SALT = "ab" * 32, bytes(range(16))


def test_a_pin_is_kept_under_key_and_salt_and_verified() -> None:
    kept = pin_hash(keyed=KEYED, salt=SALT)
    assert kept == "ErVuEs7FL6XsnnGfKF3Od2ONmwPLuw-4VePqFJMKZic"
    verify_pin(keyed=KEYED, salt=SALT, kept=kept)
    for keyed, salt in (("ac" + KEYED[2:], SALT), (KEYED, bytes(16))):
        with pytest.raises(PinError) as refused:
            verify_pin(keyed=keyed, salt=salt, kept=kept)
        assert refused.value.code == "PIN_WRONG"


def test_a_salt_has_sixteen_bytes() -> None:
    with pytest.raises(PinError):
        pin_hash(keyed=KEYED, salt=b"short")


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "１２３４５６", "12345\n", "+12345"])
def test_a_pin_has_six_ascii_digits(pin: str) -> None:
    check_pin(pin="739205")
    with pytest.raises(PinError):
        check_pin(pin=pin)
