"""The shell's twin of deltas: what Python makes is applied in Node and Chromium, what is broken is refused by both."""

import base64
import json
import random  # noqa: TID251 - noise of a known seed
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from h5bundle import delta
from h5bundle.delta import frames, wire
from h5bundle.manifest import Manifest
from tests.h5bundle.delta.releases import corrupted, release, small_pair
from tests.h5bundle.delta.test_making import trees

SCRIPT = Path(__file__).with_name("decoding.mjs")
NODE = shutil.which("node")
in_node = pytest.mark.skipif(NODE is None, reason="needs Node")
MADE, BASE, MANIFEST, EXPECTED = small_pair()


def text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def texts(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: text(data) for path, data in files.items()}


def setting(base: Mapping[str, bytes], manifest: Manifest) -> dict[str, Any]:
    return {"base": texts(base), "manifest": msgspec.to_builtins(manifest)}


def node(cases: Iterable[Mapping[str, Any]]) -> list[Any]:
    assert NODE is not None
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([NODE, SCRIPT], input=lines, capture_output=True, text=True, check=True, timeout=100)
    return [json.loads(line) for line in done.stdout.splitlines()]


def in_python(data: bytes) -> dict[str, str] | None:
    try:
        return texts(delta.apply(data, BASE, MANIFEST))
    except delta.DeltaError:
        return None


@in_node
def test_a_delta_made_by_python_is_applied_in_node() -> None:
    assert node([setting(BASE, MANIFEST), {"delta": text(MADE)}]) == [None, texts(EXPECTED)]


@in_node
@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(trees, trees), min_size=15, max_size=15))
def test_any_delta_is_applied_in_node(pairs: list[tuple[dict[str, bytes], dict[str, bytes]]]) -> None:
    cases: list[Mapping[str, Any]] = []
    expected: list[Any] = []
    for old, new in pairs:
        base, _ = release(old)
        files, manifest = release(new, "1.0.1")
        cases.append(setting(base, manifest))
        expected.append(None)
        for effort in (delta.FULL, delta.ON_DEMAND):
            made = delta.make(base, manifest, files, effort=effort)
            if made is not None:
                cases.append({"delta": text(made)})
                expected.append(texts({path: files[path] for path in delta.changed(base, manifest)}))
    assert node(cases) == expected


@in_node
def test_node_refuses_what_python_refuses() -> None:
    broken = list(corrupted(MADE))
    found = node([setting(BASE, MANIFEST), *({"delta": text(data)} for data in broken)])[1:]
    both = [(mine, theirs) for mine, theirs in zip(map(in_python, broken), found, strict=True) if mine != theirs]
    assert [pair for pair in both if pair not in [(None, texts(EXPECTED)), (texts(EXPECTED), None)]] == []
    assert len(both) <= 8


@in_node
def test_node_refuses_bombs_and_other_bases() -> None:
    bomb = frames.compress(bytes(50_000_000), b"", 1)
    asked: list[Mapping[str, Any]] = [
        setting(BASE, MANIFEST),
        {"delta": text(wire.encode(wire.Head(), bomb, 1))},
        {"delta": text(wire.MAGIC + wire.number(wire.HEAD_LIMIT) + wire.number(len(bomb)) + bomb)},
        setting({**BASE, "start.js": b"other"}, MANIFEST),
        {"delta": text(MADE)},
        setting({}, MANIFEST),
        {"delta": text(MADE)},
    ]
    assert node(asked) == [None] * len(asked)


@in_node
def test_frames_of_every_level_decode() -> None:
    chance = random.Random(11)
    words = [chance.randbytes(chance.randrange(1, 40)) for _ in range(300)]
    cases, expected = [], []
    for level in (1, 3, 5, 9, 13, 16, 19, 22):
        for size in (0, 1, 2, 6, 7, 63, 255, 256, 1000, 20_000, 400_000):
            for kind in ("words", "noise", "run", "letters"):
                data = {
                    "words": lambda size: b"".join(chance.choices(words, k=size // 20 + 1))[:size],
                    "noise": chance.randbytes,
                    "run": lambda size: b"\x07" * size,
                    "letters": lambda size: bytes(chance.choices(b"etaoin shrdlu", k=size)),
                }[kind](size)
                prefix = b"".join(chance.choices(words, k=40)) + data[: size // 3]
                frame = frames.compress(data, prefix, level)
                cases.append({"frame": text(frame), "prefix": text(prefix), "size": len(data)})
                expected.append(text(data))
    assert node(cases) == expected


@in_node
@settings(max_examples=5, deadline=None)
@given(st.lists(st.binary(max_size=200), min_size=100, max_size=100))
def test_no_frame_makes_the_decoder_fall(noise: list[bytes]) -> None:
    found = node({"frame": text(frame), "prefix": text(b"tide" * 9), "size": 500} for frame in noise)
    assert [one for one in found if isinstance(one, dict)] == []


@pytest.mark.browser
def test_the_shells_page_applies_a_delta_without_webassembly(bench: Page) -> None:
    script = """async ([made, {base, manifest}, broken]) => {
      const { applyDelta } = await import("/shell/core/delta.mjs");
      const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      const files = new Map(Object.entries(base).map(([path, data]) => [path, bytes(data)]));
      const out = await applyDelta(bytes(made), files, manifest);
      const refused = await outcome(() => applyDelta(bytes(broken), files, manifest));
      return [Object.fromEntries([...out].map(([path, data]) => [path, encoding.hex(data)])), refused.code];
    }"""
    broken = MADE[:-5] + bytes([MADE[-5] ^ 0x55]) + MADE[-4:]
    found = bench.evaluate(script, [text(MADE), setting(BASE, MANIFEST), text(broken)])
    assert found == [{path: data.hex() for path, data in EXPECTED.items()}, "DELTA_INVALID"]
