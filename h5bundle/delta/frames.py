"""One zstd frame against a raw dictionary, without magic number, checksum, size and dictionary id.

The output depends on the zstd library's version, the level and the order of the dictionary; one thread works, because
the bytes differ between none and several. What matters to a client is only that it decompresses.
"""

from typing import Final

from backports import zstd
from backports.zstd import CompressionParameter, DecompressionParameter

_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_WINDOW_MIN: Final = 10
_WINDOW_MAX: Final = 27
"""128 MiB: more than the largest release, and what every decoder allows."""
_DICTIONARY_MIN: Final = 8


class FrameError(Exception):
    """The frame is broken, or gives another number of bytes."""

    def __init__(self, detail: str) -> None:
        """Carry what is wrong."""
        super().__init__(detail)
        self.detail = detail


def compress(data: bytes, dictionary: bytes, level: int, *, distant: bool = False) -> bytes:
    """Compress into one frame.

    Args:
        data: what.
        dictionary: what the receiver has; anything shorter than 8 bytes counts as nothing.
        level: 1–22.
        distant: look for long matches first, as far away as they may be: quick, and in a large dictionary better.
    """
    options: dict[int, int] = {
        CompressionParameter.compression_level: level,
        CompressionParameter.window_log: window_log(len(data) + len(dictionary)),
        CompressionParameter.checksum_flag: 0,
        CompressionParameter.content_size_flag: 0,
        CompressionParameter.dict_id_flag: 0,
        CompressionParameter.nb_workers: 0,
        CompressionParameter.enable_long_distance_matching: int(distant),
    }
    compressor = zstd.ZstdCompressor(options=options, zstd_dict=_prefix(dictionary))
    frame: bytes = compressor.compress(data, zstd.ZstdCompressor.FLUSH_FRAME)
    return frame.removeprefix(_MAGIC)


def decompress(frame: bytes, dictionary: bytes, length: int) -> bytes:
    """Decompress one frame to exactly ``length`` bytes; a frame that asks for more memory or more bytes is refused.

    Raises:
        FrameError: it is not such a frame.
    """
    options: dict[int, int] = {DecompressionParameter.window_log_max: window_log(length + len(dictionary))}
    try:
        decompressor = zstd.ZstdDecompressor(zstd_dict=_prefix(dictionary), options=options)
        data: bytes = decompressor.decompress(_MAGIC + frame, max_length=length + 1)
    except zstd.ZstdError as error:
        raise FrameError(detail=str(error)) from error
    if len(data) != length or not decompressor.eof or decompressor.unused_data:
        raise FrameError(detail=f"it does not end after {length} bytes")
    return data


def window_log(total: int) -> int:
    """Give the window that reaches from the end of the content to the begin of the dictionary."""
    return min(_WINDOW_MAX, max(_WINDOW_MIN, (total - 1).bit_length()))


def _prefix(dictionary: bytes) -> tuple[zstd.ZstdDict, int] | None:
    """Give a dictionary in the form that reaches every byte of it, whatever stands at its begin."""
    return zstd.ZstdDict(dictionary, is_raw=True).as_prefix if len(dictionary) >= _DICTIONARY_MIN else None
