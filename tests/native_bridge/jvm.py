"""Compiles emitted hosts for the JVM; what the hosts of both languages have to do is written here once."""

import importlib.util
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from native_bridge.model import Contract
from security.encoding import b64url_encode

ROOT: Final = Path(__file__).parents[2]
DRIVERS: Final = ROOT / "native_bridge" / "drivers"
GOLDEN: Final = Path(__file__).parent / "emit" / "golden"
STUBS: Final = Path(__file__).parent / "emit" / "stubs"
"""Test doubles of what Android and androidx.webkit offer an adapter, with the same signatures."""
USES: Final = Path(__file__).parent / "emit" / "uses"
"""Programs that use an emitted host as an app would, and what they print."""
SHORT: Final = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]
"""For a virtual machine that ends before its second compiler would pay."""
JAVA: Final = ["java", *SHORT]
JAVA_FLAGS: Final = ["--release", "8", "-Xlint:all,-options", "-Werror", "-encoding", "UTF-8"]
KOTLIN_FLAGS: Final = ["-no-stdlib", "-no-reflect", "-Werror", "-Wextra", "-Xexplicit-api=strict", "-jvm-target", "1.8"]
NO_JAVA: Final = "no Java compiler: `apt-get install default-jdk-headless` gives one"
NO_KOTLIN: Final = "no Kotlin compiler: the Python package kotlin-jupyter-kernel carries one"


def kotlin_jars() -> Path | None:
    """Find the folder with the Kotlin compiler's jars."""
    found = importlib.util.find_spec("run_kotlin_kernel")
    places = list(found.submodule_search_locations or ()) if found else []
    jars = [Path(place) / "jars" for place in places]
    return next((folder for folder in jars if any(folder.glob("kotlin-stdlib-*.jar"))), None)


def has_java() -> bool:
    """Tell whether Java can be compiled here."""
    return shutil.which("javac") is not None


def write(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Write emitted files."""
    paths = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def compile_java(sources: Iterable[Path], out: Path, classpath: Iterable[Path] = ()) -> str:
    """Compile Java; what the compiler says is given back and is empty when all is well."""
    path = ":".join(map(str, classpath)) or "."
    command = ["javac", *(f"-J{flag}" for flag in SHORT), *JAVA_FLAGS, "-cp", path, "-d", str(out), *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def compile_kotlin(sources: Iterable[Path], out: Path, jars: Path, classpath: Iterable[Path] = ()) -> str:
    """Compile Kotlin; what the compiler says is given back and is empty when all is well."""
    stdlib = next(jars.glob("kotlin-stdlib-*.jar"))
    path = ":".join(map(str, [stdlib, *classpath]))
    compiler = [*JAVA, "-Xmx1g", "-cp", f"{jars}/*", "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"]
    command = [*compiler, *KOTLIN_FLAGS, "-cp", path, "-d", str(out), *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def compared_with_golden(language: str, files: Mapping[str, str], *, write_anew: bool) -> dict[str, list[str]]:
    """Give the names of golden files that are stale, missing or too many; write them first when asked to."""
    folder = GOLDEN / language
    if write_anew:
        shutil.rmtree(folder, ignore_errors=True)
        write(files, folder)
    kept = {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}
    return {
        "stale": sorted(name for name in kept.keys() & files.keys() if kept[name] != files[name]),
        "missing": sorted(files.keys() - kept.keys()),
        "too many": sorted(kept.keys() - files.keys()),
    }


FRESH: Final[dict[str, list[str]]] = {"stale": [], "missing": [], "too many": []}


def with_types(contract: Contract, extra: Mapping[str, Mapping[str, Any]]) -> Contract:
    """Give a contract with further types, which no method uses."""
    parts = {name: getattr(contract, name) for name in contract.__slots__}
    return Contract(**{**parts, "types": {**contract.types, **extra}})


EXTRA: Final[Mapping[str, Mapping[str, Any]]] = {
    "Small": {"kind": "record", "doc": "A & B.", "fields": {}},
    "Sum": {
        "kind": "record",
        "doc": "A sum, with fields that a language takes for its own words.",
        "fields": {
            "amount": {"type": "Money", "optional": False, "nullable": False, "doc": "How much."},
            "class": {"type": "bool", "optional": True, "nullable": False, "doc": "A keyword."},
            "object": {"type": "int", "optional": False, "nullable": True, "doc": "A keyword elsewhere."},
        },
    },
    "Money": {"kind": "decimal", "doc": "Money.", "scale": 2},
    "Choice": {"kind": "union", "doc": "One of two.", "tag": "kind", "cases": {"a": "Small", "the-sum": "Sum"}},
    "Many": {"kind": "list", "doc": "Sums.", "of": "Choice", "maxItems": 3},
    "Book": {"kind": "map", "doc": "By name.", "of": "Many"},
    "Shelf": {
        "kind": "record",
        "doc": "Several.",
        "fields": {
            "book": {"type": "Book", "optional": False, "nullable": False, "doc": "The book."},
            "choice": {"type": "Choice", "optional": True, "nullable": True, "doc": "The choice."},
        },
    },
}
"""Kinds of types that the contract does not use yet."""

_UPLOAD: Final[dict[str, Any]] = {"op": "wealth.document.upload", "fileToken": "fil_12345678"}
MANIFEST: Final[dict[str, Any]] = {
    "bundle": "wealth",
    "version": "1.0.0",
    "contract": {"min": "1.0", "max": "1.1"},
    "permissions": {"net.upload": 1, "net.request": 1, "store.get": 1},
    "events": [],
    "ops": ["wealth.document.upload", "wealth.product.list"],
    "purposes": [],
}


def request(number: int, method: str = "net.upload", p: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Give a request of a page."""
    head = {"v": 1, "t": "req", "s": "VECTOR-TOKEN", "n": number, "id": f"r{number}", "m": method, "mv": 1}
    return {"do": "receive", "message": {**head, "p": _UPLOAD if p is None else p}, "replies": []}


ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256: a signature with s in the upper half is refused."""
LINES: Final = ["", "[]", "null", '{"do":"no-such"}', '{"do":"finish","method":"a.b"}', "{" * 5000, "\\"]
"""Lines that are no command."""
RAW_TEXTS: Final = ["", "\ud800", "\x00", "[" * 300_000, '{"v":1e999}', "-", '"\\u12"', "9" * 400, "{}x", "\u2028{"]
"""Texts that are no envelope."""


def verification(key: ec.EllipticCurvePrivateKey, *numbers: int) -> dict[str, Any]:
    """Ask whether a signature of ``message`` is valid that stands on the wire as these numbers."""
    point = key.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": wire(point.x), "y": wire(point.y)}
    return {"do": "verify", "bytes": b64url_encode(b"message"), "signature": wire(*numbers), "key": jwk}


def wire(*numbers: int) -> str:
    """Write numbers of 32 bytes one after the other."""
    return b64url_encode(b"".join(number.to_bytes(32, "big") for number in numbers))


ODD_NUMBERS: Final = "[0.1,1e-7,123456.789,5e-324,1.7976931348623157e+308,1e+21,-0.000001,5.684341886080802e-14,100,0]"
"""As ECMAScript writes them; what a host reads and writes has to be the same text."""
