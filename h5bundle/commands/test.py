"""``h5bundle test``: run a bundle's own tests, each with the page in a real browser under its CSP and permissions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from h5bundle.assets import collect
from h5bundle.commands.requirements import resolve
from h5bundle.errors import BuildError, CheckError, ProjectError
from h5bundle.manifest import Requirement, decode
from h5bundle.pack import describe
from h5bundle.paths import SHARED
from h5bundle.project import Project, read_project
from h5bundle.repository import load_for_reading
from h5bundle.sources import read_tree
from h5bundle.stores.port import Store
from h5bundle.testing.browser import find_browser, opened
from h5bundle.testing.site import TESTS, Content, Site
from h5bundle.trust import manifest_target, read_object, read_target

FOLDER: Final = "tests"
_UNPINNED: Final = "0" * 64


@dataclass(frozen=True, kw_only=True, slots=True)
class TestOptions:
    """What to test.

    Attributes:
        project: folder with ``bundle.yaml`` and ``tests/``.
        shared: project folders of required shared bundles, where they are not in the store.
        browser: which browser to run; one that is found when None.
        seconds: how long all tests may take.
    """

    project: Path
    shared: tuple[Path, ...] = ()
    browser: Path | None = None
    seconds: float = 120


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one test; the message is empty when it passed."""

    name: str
    message: str
    milliseconds: int


def run(options: TestOptions, store: Store | None) -> tuple[Result, ...]:
    """Run the tests of a project.

    Raises:
        ProjectError: it is no app, has no tests, or there is no browser.
        CheckError: the browser ended, or the time is over, before the tests did.
        H5BundleError: the project does not build, or a shared bundle is not to be found.
    """
    project = read_project(options.project)
    content = _content(project, options, store)
    browser = find_browser(options.browser)
    with Site(content) as site, opened(browser, site.address):
        found = site.results(options.seconds)
    if found is None:
        raise CheckError(
            detail=f"the tests did not end within {options.seconds:g} s",
            remedy="look for what waits, or give --seconds",
        )
    return tuple(Result(str(one["name"]), str(one["message"]), int(one["milliseconds"])) for one in found)


def _content(project: Project, options: TestOptions, store: Store | None) -> Content:
    """Build what the browser gets."""
    if project.declaration.page is None:
        raise ProjectError(detail="a shared bundle has no page to test", remedy="test the bundles that use it")
    tests = _tests(options.project)
    own = collect(project)
    wanted = project.declaration.requires
    shared = _shared(wanted, options.shared, store)
    pinned = {name: Requirement(version, _UNPINNED) for name, version in wanted.items()} | resolve(wanted, (), store)
    manifest, data = describe(project.declaration, own, requires=pinned)
    return Content(manifest=manifest, manifest_bytes=data, files={**own, **shared}, tests=tests)


def _tests(folder: Path) -> dict[str, bytes]:
    """Read the test files and what they import."""
    try:
        files = read_tree(folder / FOLDER)
    except BuildError as error:
        raise ProjectError(detail=error.detail, remedy=f"write a test: {FOLDER}/page{TESTS[0]}") from error
    found = {name: data for name, data in files.items() if name.endswith((".mjs", ".js", ".json"))}
    if not any(name.endswith(TESTS) for name in found):
        raise ProjectError(detail=f"{FOLDER}/ holds no test", remedy=f"name test files like page{TESTS[0]}")
    return found


def _shared(wanted: Mapping[str, str], folders: tuple[Path, ...], store: Store | None) -> dict[str, bytes]:
    """Give the files of required shared bundles below ``_shared/``."""
    files: dict[str, bytes] = {}
    given = {project.declaration.id: project for project in map(read_project, folders)}
    for bundle, version in wanted.items():
        found = collect(given[bundle]) if bundle in given else _published(bundle, version, store)
        files |= {f"{SHARED}/{bundle}/{name}": data for name, data in found.items()}
    return files


def _published(bundle: str, version: str, store: Store | None) -> dict[str, bytes]:
    """Read a shared bundle from the repository."""
    state = None if store is None else load_for_reading(store)
    path = manifest_target(bundle, version)
    if store is None or state is None or state.target(path) is None:
        raise ProjectError(
            detail=f"the required bundle {bundle} {version} was not found",
            remedy="give its project with --shared, or a repository that has it with -r",
        )
    manifest = decode(read_target(store.read, state, path))
    return {name: read_object(store.read, entry.sha256, entry.length) for name, entry in manifest.files.items()}
