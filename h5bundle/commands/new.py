"""``h5bundle new``: a bundle's folder that builds, passes the check and its own test, and runs in the app.

With ``--from`` it goes around the finished files of another build, and brings what that build needs to reach the app.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from h5bundle.errors import ProjectError
from h5bundle.manifest import BUNDLE_ID
from h5bundle.project import FILE_NAME
from h5bundle.sources import read_tree

_HERE: Final = Path(__file__).parents[1]
_SCAFFOLD: Final = _HERE / "scaffold"
_COMMON: Final = _HERE / "apps" / "common" / "src"
_TEST_TYPES: Final = _HERE / "testing" / "tests.d.ts"
_OWN: Final = ("src/index.html", "src/app.js", "src/words.js", "src/app.css", "tests/page.test.mjs")
_BUDGET_STEP: Final = 10_000
ENTRY: Final = "index.html"


def run(bundle: str, folder: Path) -> tuple[str, ...]:
    """Make a project.

    Args:
        bundle: bundle id.
        folder: where; it must not hold a project.

    Raises:
        ProjectError: the id is no id, or the folder holds something.

    Returns:
        The files that were made.
    """
    _require_id(bundle)
    if folder.exists() and any(folder.iterdir()):
        raise ProjectError(detail=f"{folder} is not empty", remedy="give a folder that does not exist yet")
    texts = {name: (_SCAFFOLD / name).read_text(encoding="utf-8") for name in (FILE_NAME, *_OWN, "jsconfig.json")}
    texts |= {"README.md": (_SCAFFOLD / "README.md").read_text(encoding="utf-8"), **_types()}
    return _write(folder, {name: text.replace("BUNDLE", bundle) for name, text in texts.items()})


def around(bundle: str, folder: Path, dist: str) -> tuple[str, ...]:
    """Make a project around the finished files of another build.

    Args:
        bundle: bundle id.
        folder: the front-end's own folder.
        dist: the folder of finished files below it.

    Raises:
        ProjectError: the id is no id, there is a declaration already, or the files have no entry page.
        BuildError: the finished files cannot be read.

    Returns:
        The files that were made.
    """
    _require_id(bundle)
    if (folder / FILE_NAME).exists():
        raise ProjectError(detail=f"{folder / FILE_NAME} is there already", remedy="edit it, or remove it first")
    files = read_tree(folder / dist)
    if ENTRY not in files:
        raise ProjectError(detail=f"{dist} holds no {ENTRY}", remedy="build the front-end first, then name its output")
    bridge = {f"tidegate/{name}": (_COMMON / name).read_text(encoding="utf-8") for name in ("bridge.js", "bridge.d.ts")}
    size = sum(map(len, files.values())) + len(bridge["tidegate/bridge.js"].encode())
    budget = (size * 5 // 4 // _BUDGET_STEP + 1) * _BUDGET_STEP
    declaration = (_SCAFFOLD / "around" / FILE_NAME).read_text(encoding="utf-8")
    for word, value in (("BUNDLE", bundle), ("BUDGET", str(budget)), ("DIST", dist)):
        declaration = declaration.replace(word, value)
    test = (_SCAFFOLD / "around" / "page.test.mjs").read_text(encoding="utf-8")
    made = {FILE_NAME: declaration, **bridge, "tests/page.test.mjs": test}
    return _write(folder, {name: text for name, text in made.items() if not (folder / name).exists()})


def _types() -> dict[str, str]:
    """Give the type files: where editors look for them, beside the sources as if they lay there."""
    return {
        "types/_shared/common/bridge.d.ts": (_COMMON / "bridge.d.ts").read_text(encoding="utf-8"),
        "types/h5bundle-test.d.ts": _TEST_TYPES.read_text(encoding="utf-8"),
    }


def _require_id(bundle: str) -> None:
    """Refuse what is no bundle id."""
    if BUNDLE_ID.fullmatch(bundle) is None:
        raise ProjectError(detail=f"{bundle!r} is no bundle id", remedy="use 2 to 24 lower-case letters and digits")


def _write(folder: Path, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Write the files and give their names."""
    for name, text in texts.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return tuple(texts)
