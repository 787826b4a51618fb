"""The shell's own QR code, module by module against segno's."""

import hashlib
import json
import subprocess
from pathlib import Path

import segno

from tests.services import NODE

MODULE = (Path(__file__).parents[3] / "native_bridge" / "shell" / "core" / "qr.mjs").as_uri()
HASHES = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(20)]


def run(script: str) -> str:
    source = f"import {{ qrOfHash }} from {json.dumps(MODULE)};\n{script}"
    command = [NODE, "--input-type=module", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True, timeout=60).stdout


def is_data(row: int, column: int) -> bool:
    """Tell whether a module carries data: it lies in no finder, timing line or alignment pattern."""
    finder = (row < 9 and (column < 9 or column > 24)) or (row > 24 and column < 9)
    return not (finder or 6 in {row, column} or (24 <= row <= 28 and 24 <= column <= 28))


def codewords(rows: list[list[int]]) -> bytes:
    """Read a code of version 4 under mask 0 in its zigzag, from the right below."""
    bits = []
    columns = [column for column in range(32, -1, -1) if column != 6]
    for turn, pair in enumerate(zip(columns[::2], columns[1::2], strict=True)):
        for row in range(32, -1, -1) if turn % 2 == 0 else range(33):
            bits += [rows[row][column] ^ (1 - (row + column) % 2) for column in pair if is_data(row, column)]
    return bytes(int("".join(map(str, bits[at : at + 8])), 2) for at in range(0, 800, 8))


def product(a: int, b: int) -> int:
    """Multiply in the field of the standard."""
    result = 0
    for place in range(8):
        result ^= (a << place) * (b >> place & 1)
    for place in range(14, 7, -1):
        result ^= (0x11D << place - 8) * (result >> place & 1)
    return result


def syndromes(words: bytes) -> list[int]:
    """Evaluate the words as a polynomial at the roots of the code: all zero when no bit is wrong."""
    found, root = [], 1
    for _ in range(20):
        total = 0
        for word in words:
            total = product(total, root) ^ word
        found.append(total)
        root = product(root, 2)
    return found


def drawn() -> list[list[list[int]]]:
    return list(json.loads(run(f"console.log(JSON.stringify({json.dumps(HASHES)}.map(qrOfHash)))")))


def test_patterns_and_text_stand_where_another_encoder_puts_them() -> None:
    for found, text in zip(drawn(), HASHES, strict=True):
        code = segno.make_qr(text, version=4, error="l", mode="byte", mask=0, boost_error=False)
        other = [list(map(int, row)) for row in code.matrix]
        fixed = [(row, column) for row in range(33) for column in range(33) if not is_data(row, column)]
        assert [found[row][column] for row, column in fixed] == [other[row][column] for row, column in fixed]
        assert codewords(found)[:66] == codewords(other)[:66]  # what fills up behind the text may differ
        assert syndromes(codewords(other)) == [0] * 20


def test_the_code_says_the_hash_and_its_check_bytes_are_right() -> None:
    for found, text in zip(drawn(), HASHES, strict=True):
        words = codewords(found)
        assert int.from_bytes(words[:66]) == 4 << 524 | 64 << 516 | int.from_bytes(text.encode()) << 4
        assert words[66:80] == bytes([0xEC, 0x11] * 7)
        assert syndromes(words) == [0] * 20


def test_only_a_hash_is_drawn() -> None:
    tries = ["", "A" * 64, "a" * 63, "<svg>", "a" * 64 + "\n"]
    attempt = "(one) => { try { qrOfHash(one); return 'drawn'; } catch (error) { return error.name; } }"
    script = f"console.log({json.dumps(tries)}.map({attempt}).join())"
    assert run(script).strip() == ",".join(["RangeError"] * len(tries))
