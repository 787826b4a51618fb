"""Seeing saves: each change once, a burst of writes as one, and nothing of what lies beside the bundle."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from h5bundle.commands.watching import LONGEST, Watch, changes, marks
from tests.h5bundle.conftest import declaration

FILES = {"dist/index.html": "<!doctype html>", "dist/a/app.js": "1"}


@dataclass
class Day:
    """A clock that sleeping moves, with things that happen at their second."""

    now: float = 0.0
    due: list[tuple[float, Callable[[], object]]] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        while self.due and self.due[0][0] <= self.now:
            self.due.pop(0)[1]()
        assert self.now < 60, "nothing was seen"

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def folder(project: Callable[..., Path]) -> Path:
    return project(declaration(), FILES)


def watch(folder: Path, *due: tuple[float, Callable[[], object]]) -> tuple[Watch, Day]:
    day = Day(due=sorted(due, key=lambda one: one[0]))
    watching = Watch(folder, day.sleep, day.monotonic)
    watching.start()
    return watching, day


def test_a_written_an_added_and_a_removed_file_are_seen(folder: Path) -> None:
    for path, work in (
        ("dist/a/app.js", lambda: (folder / "dist/a/app.js").write_text("22")),
        ("dist/b.js", lambda: (folder / "dist/b.js").write_text("")),
        ("dist/b.js", (folder / "dist/b.js").unlink),
        ("dist/a/app.js", lambda: (folder / "new").rename(folder / "dist/a/app.js")),
    ):
        (folder / "new").write_text("22")
        watching, day = watch(folder, (1.0, work))
        assert (watching.wait()[0], 1.0 <= day.now < 1.1) == ((path,), True)


def test_a_burst_is_one_save_and_a_folder_that_never_rests_is_taken_as_it_is(folder: Path) -> None:
    writes = [(1 + step / 100, lambda step=step: (folder / "dist" / f"{step}.js").touch()) for step in range(10)]
    watching, _ = watch(folder, *writes)
    changed, begun = watching.wait()
    assert (len(changed), 1.0 <= begun < 1.1) == (10, True)
    endless = [(1 + step / 100, lambda step=step: (folder / "dist" / f"e{step}.js").touch()) for step in range(500)]
    watching, day = watch(folder, *endless)
    _, begun = watching.wait()
    assert day.now - begun < LONGEST + 0.1


def test_what_can_wait_is_done_once_when_nobody_saves(folder: Path) -> None:
    done: list[float] = []
    watching, day = watch(folder, (0.5, (folder / "dist/b.js").touch), (9, (folder / "dist/b.js").unlink))
    watching.wait(lambda: done.append(day.now))
    assert done == []
    watching.wait(lambda: done.append(day.now))
    assert (len(done), 1.5 <= done[0] < 1.6) == (1, True)


def test_only_what_goes_into_the_bundle_is_looked_at(folder: Path) -> None:
    (folder / "node_modules").mkdir()
    (folder / "dist" / ".cache").mkdir()
    for name in ("node_modules/x.js", "dist/.hidden.js", "dist/.cache/x.js", "README.md"):
        (folder / name).write_text("x")
    assert sorted(marks(folder, ("dist",))) == ["bundle.yaml", "dist/a/app.js", "dist/index.html"]


def test_a_new_folder_of_the_declaration_is_followed_and_a_broken_one_keeps_the_old(folder: Path) -> None:
    (folder / "out").mkdir()
    watching, day = watch(folder, (1, lambda: (folder / "bundle.yaml").write_text("broken: [")))
    assert watching.wait()[0] == ("bundle.yaml",)
    day.due = [(day.now + 1, lambda: (folder / "dist/a/app.js").write_text("333"))]
    assert watching.wait()[0] == ("dist/a/app.js",)
    day.due = [(day.now + 1, lambda: (folder / "bundle.yaml").write_text(declaration(dist="out")))]
    assert watching.wait()[0] == ("bundle.yaml",)
    day.due = [(day.now + 1, lambda: (folder / "out/x.js").write_text("x"))]
    assert watching.wait()[0] == ("out/x.js",)


def test_changes_are_named_in_order() -> None:
    assert changes({"a": (1, 1, 1), "b": (1, 1, 1)}, {"b": (2, 1, 1), "c": (1, 1, 1)}) == ("a", "b", "c")
