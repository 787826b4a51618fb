"""The files of a bundle: built from sources by webassets, or taken from a folder that another build made.

Outputs carry eight digits of their hash in the name, so references are rewritten: in HTML and CSS what is written
``asset:app.js``, in JavaScript a string that is exactly ``"./app.js"`` or ``"asset:app.js"``. Outputs may refer to
each other as long as they do not do so in a circle.
"""

import re
import tempfile
from collections.abc import Mapping
from fnmatch import fnmatchcase
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import Any, Final

import msgspec
from webassets.bundle import Bundle
from webassets.env import Environment
from webassets.exceptions import BundleError
from webassets.filter import Filter

from h5bundle.digests import sha256
from h5bundle.errors import BuildError
from h5bundle.javascript import minify
from h5bundle.names import stable
from h5bundle.paths import check_paths, is_text
from h5bundle.project import FILE_NAME, AssetBundle, Build, Project
from h5bundle.sources import read_tree

_REFERENCE: Final = re.compile(r"asset:([\w./-]+)")
_SCRIPT_REFERENCE: Final = re.compile(r"([\"'])(asset:|\./)([\w./-]+)\1")
_FINGERPRINT: Final = 8
_SCRIPTS: Final = (".js", ".mjs")


class EsMinify(Filter):
    """The ``esmin`` filter: comments and blanks go, modules and template literals stay byte for byte."""

    name = "esmin"  # type: ignore[assignment]  # webassets types the base as None

    def output(self, _in: StringIO, out: StringIO, **_: Any) -> None:
        """Minify one output."""
        out.write(minify(_in.read()))


def collect(project: Project) -> dict[str, bytes]:
    """Give every file of the bundle by its name, as the manifest will list it.

    Raises:
        BuildError: a source is missing, is a link, or cannot be processed; a reference leads nowhere.
        PathError: a name is not allowed.
    """
    declaration = project.declaration
    if declaration.dist is not None:
        files = read_tree(_inside(project, declaration.dist))
        files = stable(files) if declaration.names == "stable" else files
    elif declaration.build is not None:
        build = declaration.build
        fingerprint = build.fingerprint and declaration.names != "stable"
        files = _build(_inside(project, build.source), msgspec.structs.replace(build, fingerprint=fingerprint))
    else:
        files = {}
    if not files:
        raise BuildError(detail="the bundle has no files", remedy=f"look at build: or dist: in {FILE_NAME}")
    check_paths(files)
    return dict(sorted(files.items()))


def texts(project: Project) -> dict[str, str]:
    """Give the text files as the team wrote them, by the names that a person would look for.

    With ``build:`` these are the sources (``src/app.js``), with ``dist:`` the files themselves.

    Raises:
        BuildError: a folder or a source is missing.
    """
    declaration = project.declaration
    if declaration.build is None:
        files = read_tree(_inside(project, declaration.dist or "."))
        return {name: data.decode(errors="replace") for name, data in files.items() if is_text(name)}
    build = declaration.build
    files = read_tree(_inside(project, build.source))
    patterns = [*build.copy, *(source for output in build.bundles.values() for source in output.sources)]
    used = {name for pattern in patterns for name in _matching(pattern, files)}
    return {f"{build.source}/{name}": files[name].decode(errors="replace") for name in sorted(used) if is_text(name)}


def _inside(project: Project, name: str) -> Path:
    """Give a folder of the project: what lies elsewhere on the machine is never packed.

    Raises:
        BuildError: the name leads out of the project, or is no name of a folder.
    """
    try:
        folder = (project.folder / name).resolve()
        folder.is_dir()
    except (OSError, ValueError, RuntimeError) as error:
        raise BuildError(detail=f"{name[:80]!r} is no name of a folder", remedy=f"look at {FILE_NAME}") from error
    if not folder.is_relative_to(project.folder.resolve()):
        raise BuildError(detail=f"{name[:80]!r} lies outside the project", remedy="name a folder inside it")
    return folder


def _build(folder: Path, build: Build) -> dict[str, bytes]:
    """Make the outputs and take the copies, then rewrite the references between them."""
    folder = folder.resolve()
    sources = read_tree(folder)
    outputs = {name: _merge(name, output, sources, folder) for name, output in build.bundles.items()}
    copies = {name: sources[name] for pattern in build.copy for name in _matching(pattern, sources)}
    twice = sorted(outputs.keys() & copies.keys())
    if twice:
        raise BuildError(detail=f"{twice[0]} is copied and built", remedy="remove it from build.copy")
    renamed = _Renaming(outputs, fingerprint=build.fingerprint)
    return {**{renamed.name(name): renamed.content(name) for name in outputs}, **renamed.rewritten(copies)}


def _merge(name: str, output: AssetBundle, sources: Mapping[str, bytes], folder: Path) -> bytes:
    """Run one output through webassets."""
    members = [member for pattern in output.sources for member in _matching(pattern, sources)]
    _check_filters(name, output, [sources[member] for member in members])
    careful = EsMinify()  # type: ignore[no-untyped-call]  # webassets has no types
    filters = [careful if filter_ == "esmin" else filter_ for filter_ in output.filters]
    with tempfile.TemporaryDirectory() as scratch:
        settings = {"directory": scratch, "url": "", "cache": False, "manifest": False, "load_path": [str(folder)]}
        environment = Environment(**settings)  # type: ignore[no-untyped-call]  # webassets has no types
        members = [str(folder / member) for member in members]
        bundle = Bundle(*members, filters=filters or None, output="output")  # type: ignore[no-untyped-call]  # webassets has no types
        environment.register("output", bundle)  # type: ignore[no-untyped-call]  # webassets has no types
        try:
            bundle.build(force=True)  # type: ignore[no-untyped-call]  # webassets has no types
        except (BundleError, UnicodeDecodeError) as error:
            raise BuildError(detail=f"{name} cannot be built: {error}") from error
        return (Path(scratch) / "output").read_bytes()


def _check_filters(name: str, output: AssetBundle, contents: list[bytes]) -> None:
    """Refuse rjsmin where it would damage the code: it takes ``//`` inside nested templates for a comment."""
    if "rjsmin" in output.filters and any(b"`" in content for content in contents):
        raise BuildError(detail=f"rjsmin damages template literals, and {name} has some", remedy="use the filter esmin")


def _matching(pattern: str, sources: Mapping[str, bytes]) -> list[str]:
    """Give the sources of a pattern, in order of their names."""
    found = [pattern] if pattern in sources else [name for name in sources if fnmatchcase(name, pattern)]
    if not found:
        raise BuildError(detail=f"no source is called {pattern}", remedy=f"look at build: in {FILE_NAME}")
    return found


class _Renaming:
    """New names of outputs, made from their content after the references in it were rewritten."""

    def __init__(self, outputs: Mapping[str, bytes], *, fingerprint: bool) -> None:
        """Hold the outputs as webassets made them."""
        self._outputs = outputs
        self._fingerprint = fingerprint
        self._done: dict[str, tuple[str, bytes]] = {}
        self._open: list[str] = []

    def name(self, output: str) -> str:
        """Give an output's name in the bundle."""
        return self._finish(output)[0]

    def content(self, output: str) -> bytes:
        """Give an output's bytes, references rewritten."""
        return self._finish(output)[1]

    def rewritten(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """Give copied files with their references rewritten."""
        return {name: self._rewrite(name, content) for name, content in files.items()}

    def _finish(self, output: str) -> tuple[str, bytes]:
        """Rewrite an output's references, which finishes the outputs that it names first."""
        if output not in self._done:
            if output in self._open:
                circle = " → ".join([*self._open[self._open.index(output) :], output])
                raise BuildError(
                    detail=f"outputs refer to each other in a circle: {circle}",
                    remedy="join them into one output, or set build.fingerprint: false",
                )
            self._open.append(output)
            content = self._rewrite(output, self._outputs[output])
            self._open.pop()
            self._done[output] = (self._fingerprinted(output, content), content)
        return self._done[output]

    def _fingerprinted(self, output: str, content: bytes) -> str:
        """Put the hash before the suffix: ``app.js`` becomes ``app.1f0c9a3e.js``."""
        if not self._fingerprint:
            return output
        path = PurePosixPath(output)
        return str(path.with_name(f"{path.stem}.{sha256(content)[:_FINGERPRINT]}{path.suffix}"))

    def _rewrite(self, name: str, content: bytes) -> bytes:
        """Rewrite the references of one file."""
        if not is_text(name):
            return content
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise BuildError(detail=f"{name} is no UTF-8", remedy="save it as UTF-8") from error
        if name.endswith(_SCRIPTS):
            return self._rewrite_script(name, text).encode()
        return _REFERENCE.sub(lambda match: self._reference(name, match[1]), text).encode()

    def _rewrite_script(self, name: str, text: str) -> str:
        """Rewrite the strings of a script that name an output."""

        def replace(match: re.Match[str]) -> str:
            quote, scheme, target = match.groups()
            if scheme == "./" and target not in self._outputs:
                return match[0]
            return f"{quote}{self._reference(name, target)}{quote}"

        return _SCRIPT_REFERENCE.sub(replace, text)

    def _reference(self, name: str, target: str) -> str:
        """Give the relative address of an output as seen from a file."""
        if target not in self._outputs:
            raise BuildError(detail=f"{name} refers to asset:{target}, which is not built", remedy="add it to build")
        own = self._finish(target)[0]
        depth = name.count("/")
        return "./" + own if depth == 0 else "../" * depth + own
