"""The emitted Swift host: it compiles without a warning, conforms to every vector, and its adapter believes one page.

What needs the compiler runs with `make check-swift`, which unpacks one.
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from native_bridge.emit.swift import emit
from native_bridge.errors import BridgeError
from native_bridge.model import compile_folder
from tests.native_bridge.emit.compiling import COMPOSED, ROOT, laid_out
from tests.native_bridge.emit.swift_toolchain import FOUNDATION, LIBRARIES, Toolchain
from tests.native_bridge.fuzz.runs import EVERY
from tests.native_bridge.playing import CONTRACT, FOUND, Host, offered, play

APPLE: Final = Path(__file__).parent / "apple"
DRIVER: Final = ROOT / "native_bridge" / "drivers" / "swift" / "Driver.swift"
TOOLCHAIN: Final = Toolchain.found()
needs_swift = pytest.mark.skipif(TOOLCHAIN is None, reason="no Swift compiler: `make check-swift` unpacks one")
WARNED: Final = re.compile(r"\.swift:\d+:\d+: (?:error|warning)")
MATCHES: Final = {
    "[a-z][a-z0-9-]{1,30}(#/[A-Za-z0-9/_.?=&%-]*)?": ["wealth", "wealth#/", "w", "wealth#", "Wealth"],
    r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+": ["a.b", "a", "a..b", "a.b.c_1", "a.B"],
    r"[^\x00-\x1F\x7F-\x9F\u200B-\u200F]+": ["a 字", "a\n", "\u200b", ""],
    "(ab|cd)*e?": ["", "abcde", "abce", "acb"],
    "a{2}b{1,}c{0,2}": ["aab", "aabbcc", "ab", "aabccc"],
    "(a*)*b": ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", "aab", "b"],
}


def test_the_core_needs_no_library_and_unwraps_nothing_by_force() -> None:
    files = emit(compile_folder())
    imports = {name: re.findall(r"^\s*import (\w+)", text, re.MULTILINE) for name, text in files.items()}
    assert {name: found for name, found in imports.items() if found} == {"WebBridge.swift": ["Foundation", "WebKit"]}
    code = {name: re.sub(r'//.*|"(?:[^"\\]|\\.)*"', "", text) for name, text in files.items()}
    assert [name for name, text in code.items() if re.search(r"[\w)\]]!(?!=)|\btry!|\bas!", text)] == []


def test_no_text_becomes_script() -> None:
    adapter = emit(compile_folder())["WebBridge.swift"]
    assert re.findall(r"evaluateJavaScript|WKUserScript", adapter) == []


@pytest.mark.parametrize("pattern", ["(?=a)", r"\d+", "a+?", ".*", "^a", "a$"])
def test_a_pattern_that_the_matcher_cannot_read_is_refused(pattern: str) -> None:
    contract = compile_folder()
    wrong = {"kind": "string", "minLength": 0, "maxLength": 9, "pattern": pattern, "doc": "X."}
    with pytest.raises(BridgeError, match="Wrong: the Swift host cannot read the pattern"):
        emit(replace(contract, types={**contract.types, "Wrong": wrong}))


def compiled(folder: Path, module: str, main: str, libraries: tuple[str, ...], *options: str) -> Path:
    assert TOOLCHAIN is not None
    laid_out(folder, emit(compile_folder()))
    out = folder / f"{module}.o"
    told = TOOLCHAIN.compile(module, sorted(folder.glob("*.swift")), out, "-warnings-as-errors", *options)
    assert [line for line in told.splitlines() if WARNED.search(line)] == []
    objects = [out, *folder.glob("*.stub")]
    TOOLCHAIN.link(objects, folder / main, libraries)
    return folder / main


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    assert TOOLCHAIN is not None
    folder = tmp_path_factory.mktemp("swift")
    laid_out(folder, {"Driver.swift": DRIVER.read_text(encoding="utf-8")})
    with Host(TOOLCHAIN.command(compiled(folder, "Driver", "driver", LIBRARIES))) as host:
        yield host


@needs_swift
def test_the_host_says_who_it_is(host: Host) -> None:
    expected = {"protocol": 1, "language": "swift", "contract": CONTRACT.hash, "can": ["session", "window"]}
    assert host.ask({"do": "about"}) == expected


@needs_swift
@pytest.mark.parametrize("name", offered("session", "window"))
def test_the_host_conforms(host: Host, name: str) -> None:
    assert play(host, FOUND[name].data) == []


@needs_swift
@pytest.mark.parametrize("pattern", MATCHES)
def test_the_matcher_agrees_with_the_engine_of_the_compiler(host: Host, pattern: str) -> None:
    expected = {text: re.fullmatch(pattern, text) is not None for text in MATCHES[pattern] if len(text) < 30}
    told = {text: host.ask("match", pattern=pattern, text=text)["matches"] for text in expected}
    assert told == expected


@needs_swift
def test_unions_lists_and_maps_are_read_and_written(tmp_path: Path) -> None:
    assert TOOLCHAIN is not None
    contract = compile_folder()
    laid_out(tmp_path, emit(replace(contract, types={**contract.types, **COMPOSED})))
    told = TOOLCHAIN.compile("Composed", sorted(tmp_path.glob("*.swift")), tmp_path / "all.o", "-warnings-as-errors")
    assert [line for line in told.splitlines() if WARNED.search(line)] == []


@needs_swift
def test_no_text_makes_the_matcher_slow(host: Host) -> None:
    text = max(MATCHES["(a*)*b"], key=len)
    assert host.ask("match", pattern="(a*)*b", text=text) == {"readable": True, "matches": False}


@needs_swift
def test_the_adapter_believes_the_main_frame_of_one_origin(tmp_path: Path) -> None:
    assert TOOLCHAIN is not None
    stub = [APPLE / "WebKit.swift"]
    made = ("-emit-module", "-emit-module-path", str(tmp_path / "WebKit.swiftmodule"))
    assert WARNED.findall(TOOLCHAIN.compile("WebKit", stub, tmp_path / "WebKit.stub", *made)) == []
    laid_out(tmp_path, {"Use.swift": (APPLE / "Use.swift").read_text(encoding="utf-8")})
    program = compiled(tmp_path, "Use", "use", (*LIBRARIES, *FOUNDATION), "-I", str(tmp_path))
    told = json.loads(subprocess.run(TOOLCHAIN.command(program), capture_output=True, check=True).stdout)
    assert (told["scripts"], told["audit"]) == (["tidegateReceive(text)"], AUDIT)
    messages = [json.loads(text) for text in told["told"]]
    assert [message.get("r", message.get("p")) for message in messages] == [
        None,
        None,
        None,
        {"value": "wealth/a"},
        None,
        {},
        {"sent": 1, "total": 2},
        {"status": 200, "body": "7"},
        {"theme": "dark", "locale": "zh-CN"},
    ]


AUDIT: Final = [
    ["drop", "SESSION_INVALID", "source"],
    ["drop", "SESSION_INVALID", "source"],
    ["drop", "SESSION_INVALID", "origin"],
    ["drop", "SESSION_INVALID", "origin"],
    ["drop", "SESSION_INVALID", "data"],
    ["drop", "SESSION_INVALID", "state"],
    ["drop", "ENVELOPE_INVALID", "a message is a string"],
    ["session", "", "welcome"],
    ["call", "", ""],
    ["call", "STORAGE_FULL", ""],
    ["call", "", ""],
    ["call", "", ""],
    ["event", "", ""],
    ["session", "", "ended: navigation"],
    ["drop", "SESSION_INVALID", "data"],
    ["drop", "SESSION_INVALID", "the session is ended"],
]


@needs_swift
@pytest.mark.parametrize("run", EVERY)
def test_the_host_holds_under_arbitrary_input(host: Host, run: Callable[[Host], None]) -> None:
    run(host)
