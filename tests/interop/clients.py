"""Both clients behind the command line of the TUF conformance protocol."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from h5bundle import conformance

ROOT = Path(__file__).parents[2]
JAVASCRIPT = ROOT / "native_bridge" / "shell" / "tuf" / "conformance.mjs"


@dataclass
class Client:
    """One client with its folders; Python runs within this process, by the same function that the command calls."""

    language: str
    node: str
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
            "javascript": [self.node, str(JAVASCRIPT)],
        }[self.language]

    def call(self, *arguments: str) -> int:
        if self.language == "python":
            return conformance.main(arguments)
        done = subprocess.run([*self.command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        self.told.append(done.stderr)
        return done.returncode

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
