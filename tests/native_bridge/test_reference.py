"""The reference tells everything, and its committed text and the guide's tables are fresh."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from native_bridge.cli import main
from native_bridge.errors import BridgeError
from native_bridge.model import COMPILED, load
from native_bridge.reference import guide, reference

DOCS = Path(__file__).parents[2] / "docs"
CONTRACT = load(COMPILED.read_bytes())


def test_the_committed_pages_are_the_contract() -> None:
    page = (DOCS / "bridge.md").read_text(encoding="utf-8")
    assert (guide(page, CONTRACT), (DOCS / "bridge-reference.md").read_text(encoding="utf-8")) == (
        page,
        reference(CONTRACT),
    )


def test_every_name_has_its_heading() -> None:
    lines = set(reference(CONTRACT).splitlines())
    wanted = [f"### `{name}` version {method.mv}" for name, method in CONTRACT.methods.items()]
    wanted += [f"### `{name}`" for name in CONTRACT.events]
    wanted += [f"### {name}" for name in (*CONTRACT.errors, *CONTRACT.types)]
    assert [heading for heading in wanted if heading not in lines] == []


def test_every_note_and_remedy_is_told() -> None:
    page = reference(CONTRACT)
    notes = [note for method in CONTRACT.methods.values() for note in method.notes]
    notes += [note for event in CONTRACT.events.values() for note in event["notes"]]
    notes += [error["remedy"] for error in CONTRACT.errors.values()]
    assert [note for note in notes if note not in page] == []


def test_a_guide_without_marks_is_refused() -> None:
    with pytest.raises(BridgeError, match="<!-- methods -->"):
        guide("# Guide", CONTRACT)


def test_check_mode_finds_a_stale_page_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "bridge.md").write_bytes((DOCS / "bridge.md").read_bytes())
    command = ["docs", "--out", str(tmp_path)]
    assert CliRunner().invoke(main, [*command, "--check"]).exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bridge.md"]
    assert [CliRunner().invoke(main, extra).exit_code for extra in (command, [*command, "--check"])] == [0, 0]
