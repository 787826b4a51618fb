"""Reads the words of a PDF that was written here back, line by line as they stand in the content streams."""

import base64
import re
import zlib

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_SHOWN = re.compile(rb"1 0 0 1 [\d.]+ ([\d.]+) Tm [^(]*\(((?:[^()\\]|\\.)*)\) Tj", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pdf_lines(content: bytes) -> list[list[str]]:
    """Give the texts of every line, page by page; the dot between two as it was meant, not as the font has it."""
    lines: list[tuple[object, list[str]]] = []
    for page, packed in enumerate(_STREAM.findall(content)):
        stream = zlib.decompress(base64.a85decode(packed.strip().removesuffix(b"~>")))
        for y, text in _SHOWN.findall(stream):
            if not lines or lines[-1][0] != (page, y):
                lines.append(((page, y), []))
            lines[-1][1].append(_ESCAPE.sub(_plain, text).decode("utf-16-be").replace("・", " · "))
    return [texts for _, texts in lines]


def _plain(match: re.Match[bytes]) -> bytes:
    name = match[1]
    return bytes([int(name, 8)]) if len(name) == 3 else _NAMED.get(name, name)
