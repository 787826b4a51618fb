"""Both clients behind the command line of the TUF conformance protocol."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from h5bundle import conformance

ROOT = Path(__file__).parents[2]
JAVASCRIPT = ROOT / "native_bridge" / "shell" / "tuf" / "conformance.mjs"


class Node:
    """The JavaScript client, loaded once."""

    def __init__(self, path: str) -> None:
        self.path = path
        command = [path, str(Path(__file__).with_name("calls.mjs"))]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(self, *arguments: str) -> tuple[int, str]:
        """Do one call; give its exit code and what it wrote to the error output."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        return told["code"], told["said"]

    def close(self) -> None:
        self._process.communicate(timeout=20)


@dataclass
class Client:
    """One client with its folders; both run within a process that stands, by the function that the command calls."""

    language: str
    node: "Node | None"
    folder: Path
    url: str
    told: list[str] = field(default_factory=list)

    @property
    def metadata(self) -> Path:
        return self.folder / "metadata"

    @property
    def targets(self) -> Path:
        return self.folder / "targets"

    @property
    def command(self) -> list[str]:
        """Give the command as another program would call it."""
        return {
            "python": [sys.executable, "-m", "h5bundle.conformance"],
            "javascript": [self.node.path if self.node else "", str(JAVASCRIPT)],
        }[self.language]

    def call(self, *arguments: str) -> int:
        if self.node is None:
            return conformance.main(arguments)
        code, said = self.node.call(*arguments)
        self.told.append(said)
        return code

    def init(self, root: bytes) -> int:
        self.targets.mkdir(parents=True, exist_ok=True)
        given = self.folder / "given.json"
        given.write_bytes(root)
        return self.call("--metadata-dir", str(self.metadata), "init", str(given))

    def refresh(self) -> int:
        return self.call("--metadata-dir", str(self.metadata), "--metadata-url", f"{self.url}/metadata/", "refresh")

    def download(self, *names: str) -> int:
        wanted = [part for name in names for part in ("--target-name", name)]
        places = ["--target-base-url", f"{self.url}/targets/", "--target-dir", str(self.targets)]
        metadata = ["--metadata-dir", str(self.metadata), "--metadata-url", f"{self.url}/metadata"]
        return self.call(*metadata, *wanted, *places, "download")

    def trusted(self) -> dict[str, int]:
        """Give the versions that the client keeps as trusted, by the files' names."""
        kept = sorted(self.metadata.glob("*.json"))
        return {place.stem: json.loads(place.read_bytes())["signed"]["version"] for place in kept}

    def fetched(self) -> list[bytes]:
        """Give the contents of the fetched targets, in the order of their names."""
        return [place.read_bytes() for place in sorted(self.targets.rglob("*")) if place.is_file()]
