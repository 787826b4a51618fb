"""``h5bundle build``: write the files of a bundle into a folder, as they will be served."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from h5bundle.assets import collect
from h5bundle.errors import BuildError
from h5bundle.project import FILE_NAME, read_project

MADE_HERE: Final = ".h5bundle-build"
"""Marks a folder that a build made and may make anew; a name that is never packed."""


def run(project: Path, out: Path, *, names: str | None = None) -> dict[str, int]:
    """Build a project.

    Args:
        project: folder with ``bundle.yaml``.
        out: folder for the files; what an earlier build left there is removed, and nothing else ever is.
        names: ``hashed`` or ``stable`` instead of what ``bundle.yaml`` says.

    Raises:
        BuildError: the folder holds a project or files that no build made, or the sources do not become files.

    Returns:
        Name and length of every file.
    """
    read = read_project(project)
    if names is not None:
        read = replace(read, declaration=msgspec.structs.replace(read.declaration, names=names))
    files = collect(read)
    if (out / FILE_NAME).exists() or out.resolve() in project.resolve().parents:
        raise BuildError(detail=f"{out} holds a project and is not overwritten", remedy="give another folder")
    if out.is_dir() and any(out.iterdir()) and not (out / MADE_HERE).is_file():
        raise BuildError(detail=f"{out} holds files that no build made", remedy="give an empty folder, or remove it")
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    (out / MADE_HERE).write_bytes(b"")
    for name, data in files.items():
        place = out / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return {name: len(data) for name, data in files.items()}
