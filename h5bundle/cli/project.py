"""Commands for a front-end developer's folder: new, build, check, pack."""

import json
import sys
from pathlib import Path

import click

from h5bundle.cli.shared import VERSION, answer, json_option, open_repository, project_argument, repository_option
from h5bundle.commands import build, check, new, pack
from h5bundle.errors import CheckError
from h5bundle.lint import Finding
from h5bundle.lint.sarif import report


@click.command("new", epilog="Example: h5bundle new travel; around a finished build: h5bundle new travel . --from dist")
@click.argument("bundle")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--from", "dist", help="Folder of finished files (Vite, webpack) below FOLDER to make it around.")
@json_option
def new_command(bundle: str, folder: Path | None, dist: str | None, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Make a folder with a bundle that builds, passes the check and its own tests."""
    place = folder or Path("." if dist else bundle)
    files = new.around(bundle, place, dist) if dist else new.run(bundle, place)
    answer(as_json, {"folder": str(place), "files": files}, [f"{place}: {', '.join(files)}", f"next: cd {place}"])


@click.command("build", epilog="Example: h5bundle build h5bundle/apps/wealth --out /tmp/wealth")
@project_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="build",
    show_default=True,
    help="Folder to write to.",
)
@click.option("--names", type=click.Choice(["hashed", "stable"]), help="File names, instead of what bundle.yaml says.")
@json_option
def build_command(project: Path, out: Path, names: str | None, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Write the files of PROJECT as they will be served."""
    files = build.run(project, out, names=names)
    answer(as_json, {"out": str(out), "files": files}, [f"{length:>9,}  {name}" for name, length in files.items()])


@click.command("check", epilog="Example: h5bundle check h5bundle/apps/wealth --shared h5bundle/apps/common")
@project_argument
@repository_option
@click.option("--shared", multiple=True, type=click.Path(path_type=Path, file_okay=False), help="Required project.")
@click.option("--catalogue", type=click.Path(path_type=Path, dir_okay=False), help="Operations of the bank, as JSON.")
@click.option("--sarif", type=click.Path(path_type=Path, dir_okay=False), help="Write a SARIF file, for code scanning.")
@json_option
def check_command(
    project: Path,
    repository: str | Path,
    shared: tuple[Path, ...],
    catalogue: Path | None,
    sarif: Path | None,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Tell what must be mended in PROJECT before it can be published."""
    options = check.CheckOptions(project=project, catalogue=catalogue, shared=shared)
    findings = check.run(options, open_repository(repository))
    if sarif is not None:
        root = "" if project.is_absolute() else f"{project.as_posix()}/"
        sarif.write_text(json.dumps(report(findings, root=root, version=VERSION), indent=1), encoding="utf-8")
    stops = sum(finding.stops for finding in findings)
    lines = [finding_line(project, finding) for finding in findings]
    answer(as_json, {"findings": findings, "stops": stops}, [*lines, f"{len(findings)} findings, {stops} to mend"])
    if stops:
        sys.exit(CheckError.exit_status)


@click.command("pack", epilog="Example: h5bundle pack h5bundle/apps/common --out dist")
@project_argument
@repository_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="dist",
    show_default=True,
    help="Folder to write to.",
)
@click.option("--requires", multiple=True, type=click.Path(path_type=Path, dir_okay=False), help="Shared manifest.")
@click.option("--commit", default="", help="Source commit for the manifest.")
@json_option
def pack_command(
    project: Path,
    repository: str | Path,
    out: Path,
    requires: tuple[Path, ...],
    commit: str,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Pack PROJECT: the same bytes from the same input on any machine."""
    options = pack.PackOptions(project=project, manifests=requires, commit=commit, out=out)
    package = pack.run(options, open_repository(repository))
    packed = {"name": package.manifest.name, "digest": package.digest, "out": str(out), "zip": len(package.archive)}
    answer(as_json, packed, [f"{package.manifest.name}  {package.digest}", f"{len(package.archive):,} bytes in {out}"])


def finding_line(project: Path, finding: Finding) -> str:
    """Give one finding as compilers write them."""
    said = f"allowed: {finding.allowed}" if finding.allowed else finding.mend
    column = f":{finding.column}" if finding.column > 1 else ""
    return (
        f"{project / finding.path}:{finding.line}{column}: {finding.severity} {finding.code}: {finding.what} — {said}"
    )


COMMANDS = (new_command, build_command, check_command, pack_command)
