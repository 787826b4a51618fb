"""``h5bundle build``: write the files of a bundle into a folder, as they will be served."""

import shutil
from pathlib import Path

from h5bundle.assets import collect
from h5bundle.errors import BuildError
from h5bundle.project import FILE_NAME, read_project


def run(project: Path, out: Path) -> dict[str, int]:
    """Build a project.

    Args:
        project: folder with ``bundle.yaml``.
        out: folder for the files; what was in it is removed, unless it is a project itself.

    Raises:
        BuildError: the folder holds a project, or the sources do not become files.

    Returns:
        Name and length of every file.
    """
    files = collect(read_project(project))
    if (out / FILE_NAME).exists() or out.resolve() in project.resolve().parents:
        raise BuildError(detail=f"{out} holds a project and is not overwritten", remedy="give another folder")
    if out.exists():
        shutil.rmtree(out)
    for name, data in files.items():
        place = out / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return {name: len(data) for name, data in files.items()}
