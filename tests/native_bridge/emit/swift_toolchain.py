"""A Swift compiler that was unpacked into a folder: compiles, links and runs without being installed."""

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

HOME: Final = os.environ.get("TIDEGATE_TEST_SWIFT")  # noqa: TID251 — where `make check-swift` has unpacked it
LIBRARIES: Final = ("swiftCore", "swift_Concurrency", "swift_StringProcessing", "swift_RegexParser", "swiftGlibc")
FOUNDATION: Final = (
    "Foundation",
    "FoundationEssentials",
    "FoundationInternationalization",
    "_FoundationICU",
    "dispatch",
    "swiftDispatch",
    "BlocksRuntime",
)
FOREIGN: Final = ("-Wl,--unresolved-symbols=ignore-in-shared-libs", "-Wl,--allow-shlib-undefined")


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One unpacked compiler."""

    root: Path

    @classmethod
    def found(cls) -> Self | None:
        """Give the compiler of this run, or None."""
        root = Path(HOME) if HOME else None
        return cls(root) if root and (root / "usr/libexec/swift/bin/swift-frontend").is_file() else None

    @property
    def system(self) -> Path:
        """Where the libraries of its own Debian lie."""
        return self.root / "usr" / "lib" / f"{platform.machine()}-linux-gnu"

    @property
    def resources(self) -> Path:
        """Where Swift's modules lie."""
        return self.root / "usr/libexec/swift/lib/swift"

    def command(self, program: Path) -> list[str]:
        """Give the command that runs a program with its own Debian's loader and libraries."""
        loader = next(self.system.glob("ld-linux-*.so.*"))
        libraries = (self.system, self.resources / "linux", self.resources.parent)
        return [str(loader), "--library-path", ":".join(map(str, libraries)), str(program)]

    def compile(self, module: str, sources: Sequence[Path], out: Path, *options: str) -> str:
        """Compile a module to an object file; gives what the compiler says."""
        frontend = self.command(self.root / "usr/libexec/swift/bin/swift-frontend")
        fixed = ["-frontend", "-c", "-wmo", "-swift-version", "6", "-parse-as-library", "-module-name", module]
        places = ["-sdk", str(self.root), "-resource-dir", str(self.resources), "-o", str(out)]
        command = [*frontend, *fixed, *options, *map(str, sources), *places]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        return told.stderr

    def link(self, objects: Sequence[Path], out: Path, libraries: Sequence[str]) -> None:
        """Link objects to a program."""
        runtime = self.resources / "linux" / platform.machine() / "swiftrt.o"
        names = [f"-l{name}" for name in ("swiftSwiftOnoneSupport", *libraries)]
        command = ["gcc", *map(str, objects), str(runtime), f"-L{self.resources / 'linux'}", *names, "-lm", *FOREIGN]
        subprocess.run([*command, "-o", str(out)], check=True)
