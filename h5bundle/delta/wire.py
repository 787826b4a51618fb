"""The bytes of a delta: magic and codec, a head that says how the dictionary is rewritten, and one frame.

The head is two sections, places and names; each is plain, or packed when that is shorter. Numbers are LEB128 of at
most five bytes. Everything that a delta says of its own size is held against bounds before memory is taken.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from h5bundle.delta import frames
from h5bundle.errors import H5BundleError

MAGIC: Final = b"TGD1z"
"""Format 1, codec zstd."""
HEAD_LIMIT: Final = 1 << 20
NAME_LIMIT: Final = 3
"""Identifiers of at most so many bytes are renamed: what minifiers make."""
_BITS: Final = 7
_NUMBER_BYTES: Final = 5


class DeltaError(H5BundleError):
    """The bytes are no delta between these releases; the whole files are."""

    code = "DELTA_INVALID"


@dataclass(frozen=True, slots=True)
class Head:
    """How a base becomes a dictionary.

    Attributes:
        pairs: (base file, new file), whose names differ in a hash, by their places in the sorted paths.
        renamed: base files whose identifiers are renamed, by their places, ascending.
        gaps: for each renaming, how many identifiers are passed before it.
        names: for each renaming, what the identifier is called from here on.
    """

    pairs: tuple[tuple[int, int], ...] = ()
    renamed: tuple[int, ...] = ()
    gaps: tuple[int, ...] = ()
    names: tuple[bytes, ...] = ()


def encode(head: Head, body: bytes, level: int) -> bytes:
    """Give the bytes of a delta."""
    values: Iterable[int] = ()
    if head.pairs or head.renamed:
        pairs = (value for pair in head.pairs for value in pair)
        values = (len(head.pairs), *pairs, len(head.renamed), *head.renamed, *head.gaps)
    places = _section(b"".join(map(number, values)), level)
    names = _section(b"".join(name + b"\n" for name in head.names), level)
    return b"".join((MAGIC, places, names, body))


def decode(data: bytes) -> tuple[Head, bytes]:
    """Read a delta's head, and give its body.

    Raises:
        DeltaError: it is not in the form that ``encode`` gives.
    """
    if not data.startswith(MAGIC):
        raise DeltaError(detail="it does not begin like a delta of this codec")
    reader = Reader(data, len(MAGIC))
    places, names = _read_section(reader), _read_section(reader)
    return _head(places, names), reader.rest()


def _section(plain: bytes, level: int) -> bytes:
    """Write a section of the head."""
    packed = frames.compress(plain, b"", level) if plain else b""
    if len(packed) >= len(plain):
        return number(len(plain)) + number(0) + plain if plain else number(0)
    return number(len(plain)) + number(len(packed)) + packed


def _read_section(reader: "Reader") -> bytes:
    """Read a section of the head."""
    length = reader.number()
    if length == 0:
        return b""
    packed = reader.number()
    if length > HEAD_LIMIT or packed >= length:
        raise DeltaError(detail="its head is too large")
    return unpack(reader.take(packed), b"", length) if packed else reader.take(length)


def unpack(frame: bytes, dictionary: bytes, length: int) -> bytes:
    """Decompress a frame to exactly so many bytes.

    Raises:
        DeltaError: it does not give them.
    """
    try:
        return frames.decompress(frame, dictionary, length)
    except frames.FrameError as error:
        raise DeltaError(detail=f"a frame does not decompress: {error}") from error


def number(value: int) -> bytes:
    """Give a number as LEB128."""
    out = bytearray()
    while value >= 1 << _BITS:
        out.append(value & 0x7F | 0x80)
        value >>= _BITS
    out.append(value)
    return bytes(out)


class Reader:
    """Reads numbers and bytes, and nothing past the end."""

    def __init__(self, data: bytes, place: int = 0) -> None:
        """Read from a place on."""
        self._data = data
        self._place = place

    def number(self) -> int:
        """Read a number in its shortest form."""
        value = 0
        for index in range(_NUMBER_BYTES):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << (_BITS * index)
            if byte < 1 << _BITS:
                if byte == 0 and index:
                    break
                return value
        raise DeltaError(detail="a number is not in its shortest form, or too large")

    @property
    def done(self) -> bool:
        """Tell whether nothing is left."""
        return self._place == len(self._data)

    def take(self, count: int) -> bytes:
        """Read so many bytes."""
        if count > len(self._data) - self._place:
            raise DeltaError(detail="it is cut off")
        self._place += count
        return self._data[self._place - count : self._place]

    def rest(self) -> bytes:
        """Read all that is left."""
        return self.take(len(self._data) - self._place)


def _head(places: bytes, names: bytes) -> Head:
    """Read the sections of the head."""
    if not places and not names:
        return Head()
    reader = Reader(places)
    pairs = tuple((reader.number(), reader.number()) for _ in range(_count(reader, places)))
    renamed = tuple(reader.number() for _ in range(_count(reader, places)))
    gaps = []
    while not reader.done:
        gaps.append(reader.number())
    called = names.split(b"\n")
    if called.pop() or len(called) != len(gaps) or not all(0 < len(name) <= NAME_LIMIT for name in called):
        raise DeltaError(detail="the names in its head are not in order")
    return Head(pairs, renamed, tuple(gaps), tuple(called))


def _count(reader: Reader, data: bytes) -> int:
    """Read how many things follow: never more than there are bytes."""
    count = reader.number()
    if count > len(data):
        raise DeltaError(detail="its head is cut off")
    return count
