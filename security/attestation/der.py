"""A reader of DER (X.690) that has no lenient mode: one value has one encoding, and any other is refused.

General readers take long lengths, odd booleans or unsorted sets; two readers then see two things in the same bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from security.errors import EncodingError

UNIVERSAL: Final = 0
CONTEXT: Final = 2
_BOOLEAN, _INTEGER, _OCTETS, _NULL, _ENUMERATED, _SEQUENCE, _SET = 1, 2, 4, 5, 10, 16, 17
_LONG: Final = 0x1F
_MORE: Final = 0x80
_SEVEN: Final = 0x7F
_MOST_TAG_BYTES: Final = 4
_MOST_LENGTH_BYTES: Final = 4
_TRUTHS: Final = {b"\x00": False, b"\xff": True}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Element:
    """One tag with its content, and the bytes that both stood in."""

    kind: int
    number: int
    constructed: bool
    content: bytes
    encoded: bytes

    def integer(self) -> int:
        """Give an INTEGER."""
        return _whole(self._content(_INTEGER))

    def enumerated(self) -> int:
        """Give an ENUMERATED."""
        return _whole(self._content(_ENUMERATED))

    def boolean(self) -> bool:
        """Give a BOOLEAN: 00 or FF, nothing else."""
        try:
            return _TRUTHS[self._content(_BOOLEAN)]
        except KeyError:
            raise EncodingError(detail="a DER boolean is neither 00 nor FF") from None

    def octets(self) -> bytes:
        """Give an OCTET STRING."""
        return self._content(_OCTETS)

    def null(self) -> None:
        """Hold that this is NULL."""
        if self._content(_NULL):
            raise EncodingError(detail="a DER null has content")

    def sequence(self) -> tuple["Element", ...]:
        """Give the members of a SEQUENCE."""
        return read_all(self._content(_SEQUENCE, constructed=True))

    def set_of(self, read: Callable[["Element"], T]) -> tuple[T, ...]:
        """Give the members of a SET OF, which stand in the order of their encodings."""
        members = read_all(self._content(_SET, constructed=True))
        encodings = [member.encoded for member in members]
        if encodings != sorted(encodings):
            raise EncodingError(detail="a DER set is not sorted")
        return tuple(read(member) for member in members)

    def explicit(self) -> "Element":
        """Give the one element inside an explicit context tag."""
        if self.kind != CONTEXT or not self.constructed:
            raise EncodingError(detail="not an explicit context tag")
        return read_one(self.content)

    def _content(self, number: int, *, constructed: bool = False) -> bytes:
        if (self.kind, self.number, self.constructed) != (UNIVERSAL, number, constructed):
            raise EncodingError(detail=f"DER tag {self.number} of class {self.kind} stands where {number} should")
        return self.content


def read_one(data: bytes) -> Element:
    """Read exactly one element.

    Raises:
        EncodingError: none, more than one, bytes after it, or not DER.
    """
    element, end = _read(data, 0)
    if end != len(data):
        raise EncodingError(detail="bytes stand behind a DER element")
    return element


def read_all(data: bytes) -> tuple[Element, ...]:
    """Read elements up to the end.

    Raises:
        EncodingError: not DER.
    """
    found, at = [], 0
    while at < len(data):
        element, at = _read(data, at)
        found.append(element)
    return tuple(found)


def _read(data: bytes, start: int) -> tuple[Element, int]:
    first = _byte(data, start)
    number, at = (first & _LONG, start + 1) if first & _LONG != _LONG else _long_tag(data, start + 1)
    size, at = _length(data, at)
    end = at + size
    if end > len(data):
        raise EncodingError(detail="a DER length runs over the end")
    return Element(first >> 6, number, bool(first & 0x20), data[at:end], data[start:end]), end


def _long_tag(data: bytes, start: int) -> tuple[int, int]:
    number = 0
    for at in range(start, start + _MOST_TAG_BYTES):
        byte = _byte(data, at)
        number = number << 7 | byte & _SEVEN
        if not byte & _MORE:
            if number < _LONG or data[start] == _MORE:
                raise EncodingError(detail="a DER tag is longer than it need be")
            return number, at + 1
    raise EncodingError(detail="a DER tag is too long")


def _length(data: bytes, start: int) -> tuple[int, int]:
    first = _byte(data, start)
    if not first & _MORE:
        return first, start + 1
    count = first & _SEVEN
    end = start + 1 + count
    if not 0 < count <= _MOST_LENGTH_BYTES or end > len(data):
        raise EncodingError(detail="a DER length is indefinite or too long")
    size = int.from_bytes(data[start + 1 : end])
    if size < _MORE or data[start + 1] == 0:
        raise EncodingError(detail="a DER length is longer than it need be")
    return size, end


def _whole(content: bytes) -> int:
    if not content:
        raise EncodingError(detail="a DER integer is empty")
    if len(content) > 1 and (content[0], content[1] >> 7) in {(0x00, 0), (0xFF, 1)}:
        raise EncodingError(detail="a DER integer is longer than it need be")
    return int.from_bytes(content, signed=True)


def _byte(data: bytes, at: int) -> int:
    try:
        return data[at]
    except IndexError:
        raise EncodingError(detail="DER is cut short") from None
