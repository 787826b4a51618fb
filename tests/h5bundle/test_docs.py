"""The page for front-end teams holds every command, key, finding and exit code, and nothing that is not there."""

import re
from pathlib import Path

from h5bundle import lint
from h5bundle.cli import main
from h5bundle.errors import H5BundleError
from h5bundle.project import FILTERS, Declaration

PAGE = Path("docs/bundles.md").read_text(encoding="utf-8")
CODES = re.compile(r"\"([A-Z]+(?:_[A-Z]+)+)\"")


def test_every_command_is_shown() -> None:
    assert [name for name in main.commands if f"h5bundle {name}" not in PAGE and f"`{name}`" not in PAGE] == []


def test_every_key_of_the_declaration_is_listed() -> None:
    rows = " ".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `"))
    assert [key for key in Declaration.__struct_fields__ if f"`{key}`" not in rows] == []


def test_every_finding_is_listed_and_only_those() -> None:
    folder = Path(lint.__file__).parent
    made = {code for path in folder.glob("*.py") for code in CODES.findall(path.read_text(encoding="utf-8"))}
    start = PAGE.index("| Finding |")
    listed = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", PAGE[start : PAGE.index("`NATIVE_*`", start)]))
    assert listed == made - set(lint.__all__)


def test_every_filter_is_named() -> None:
    assert [name for name in sorted(FILTERS) if name not in PAGE] == []


def test_every_exit_code_is_explained() -> None:
    def kinds(root: type[H5BundleError]) -> set[int]:
        return {root.exit_status} | {code for kind in root.__subclasses__() for code in kinds(kind)}

    explained = PAGE[PAGE.index("## Exit codes") :]
    assert [code for code in sorted({0, 2} | kinds(H5BundleError)) if f"{code} " not in explained] == []
