"""Compiles what is emitted for TypeScript, strictly, and says which compiler there is."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
LOCAL: Final = ROOT / "node_modules" / "typescript" / "bin" / "tsc"  # .bin/tsc may be that of ohos-typescript
DRIVER: Final = ROOT / "native_bridge" / "drivers" / "typescript" / "driver.ts"
STRICT: Final = (
    "--strict",
    "--exactOptionalPropertyTypes",
    "--noUncheckedIndexedAccess",
    "--noImplicitOverride",
    "--noImplicitReturns",
    "--noFallthroughCasesInSwitch",
    "--noPropertyAccessFromIndexSignature",
    "--noUnusedLocals",
    "--noUnusedParameters",
    "--target",
    "es2022",
)
NODE: Final = ("--lib", "es2022", "--module", "commonjs", "--moduleResolution", "node10")

_FIELD: Final = {"optional": True, "nullable": True, "doc": "F."}
COMPOSED: Final = {
    "Card": {"kind": "record", "doc": "A.", "fields": {"pan": {**_FIELD, "type": "Digits"}}},
    "Cash": {"kind": "record", "doc": "A.", "fields": {}},
    "Digits": {"kind": "decimal", "doc": "D.", "scale": 2},
    "Means": {"kind": "union", "doc": "B.", "tag": "kind", "cases": {"card": "Card", "cash": "Cash"}},
    "Many": {"kind": "list", "doc": "C.", "of": "Means", "minItems": 1},
    "Book": {"kind": "map", "doc": "D.", "of": "Many"},
    "Nothing": {"kind": "record", "doc": "All.", "fields": {"book": {**_FIELD, "type": "Book"}}},
}
"""Kinds of types that the contract has no example of."""


def compiler() -> str | None:
    """Give the path of tsc."""
    return str(LOCAL) if LOCAL.is_file() else shutil.which("tsc")


needs_typescript = pytest.mark.skipif(
    compiler() is None, reason="no TypeScript compiler: `npm install --no-save typescript` gives one"
)
needs_node = pytest.mark.skipif(
    compiler() is None or shutil.which("node") is None, reason="no Node or no TypeScript compiler"
)


def laid_out(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by name."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def mistakes(folder: Path, source: str, options: Sequence[str]) -> str:
    """Type-check one file and give what the compiler says."""
    command = [compiler() or "", *STRICT, *options, "--noEmit", str(folder / source)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def compiled(folder: Path, source: str, options: Sequence[str] = NODE) -> Path:
    """Compile one file and all that it imports, and give the JavaScript of that file."""
    command = [compiler() or "", *STRICT, *options, "--outDir", str(folder / "js"), str(folder / source)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.stdout, told.returncode) == ("", 0)
    return (folder / "js" / source).with_suffix(".js")
