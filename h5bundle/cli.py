"""The command line ``h5bundle``: parses, opens ports, takes the time, prints, exits.

Exit codes: 0 done · 1 the bundle or the repository is not as it should be · 2 the command was called wrongly ·
3 a key is missing or does not open · 4 the repository is in a state in which this cannot be done now.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from h5bundle.client import Installation
from h5bundle.commands import build, check, new, pack, publish, pull, sign_timestamp, status, verify
from h5bundle.errors import CheckError, H5BundleError, ProjectError, StoreError
from h5bundle.keys import KeyFolder
from h5bundle.lint import Finding
from h5bundle.repository import trusted_root
from h5bundle.stores.local import LocalStore

EPILOG: Final = (
    "Example: h5bundle new travel. "
    "Exit codes: 0 done; 1 the bundle or the repository is not as it should be; 2 called wrongly; "
    "3 a key is missing or does not open; 4 the repository cannot take this now."
)
DEFAULT_REPOSITORY: Final = Path("var/repo")
DEFAULT_KEYS: Final = Path("var/release-keys")

_project = click.argument("project", type=click.Path(path_type=Path, file_okay=False), default=".")
_repository = click.option(
    "--repository",
    "-r",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_REPOSITORY,
    show_default=True,
    help="Folder of the release repository.",
)
_keys = click.option(
    "--keys",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_KEYS,
    show_default=True,
    help="Folder of the role keys.",
)
_passphrase = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
    help="File with the passphrase of the keys ('-' reads a line of the input); asked for when not given.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for CI.")


class _Group(click.Group):
    """Turns every error of the toolkit into one line with its remedy, and into an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except H5BundleError as error:
            remedy = f" — {error.remedy}" if error.remedy else ""
            click.echo(f"h5bundle: {error.code}: {error.detail}{remedy}", err=True)
            sys.exit(error.exit_status)
        except BrokenPipeError:
            raise
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"h5bundle: FILE_SYSTEM: {place[:200]}{error.strerror or error}", err=True)
            sys.exit(StoreError.exit_status)


@click.group(cls=_Group, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("1.0.0", prog_name="h5bundle")
def main() -> None:
    """From a front-end's folder to verified bytes on a phone."""


@main.command("new", epilog="Example: h5bundle new travel")
@click.argument("bundle")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@_json
def new_command(bundle: str, folder: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Make a folder with a bundle that builds and passes the check."""
    place = folder or Path(bundle)
    files = new.run(bundle, place)
    _answer(as_json, {"folder": str(place), "files": files}, [f"{place}: {', '.join(files)}", f"next: cd {place}"])


@main.command("build", epilog="Example: h5bundle build h5bundle/apps/wealth --out /tmp/wealth")
@_project
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="build",
    show_default=True,
    help="Folder to write to.",
)
@_json
def build_command(project: Path, out: Path, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Write the files of PROJECT as they will be served."""
    files = build.run(project, out)
    _answer(as_json, {"out": str(out), "files": files}, [f"{length:>9,}  {name}" for name, length in files.items()])


@main.command("check", epilog="Example: h5bundle check h5bundle/apps/wealth --shared h5bundle/apps/common")
@_project
@_repository
@click.option("--shared", multiple=True, type=click.Path(path_type=Path, file_okay=False), help="Required project.")
@click.option("--catalogue", type=click.Path(path_type=Path, dir_okay=False), help="Operations of the bank, as JSON.")
@_json
def check_command(
    project: Path,
    repository: Path,
    shared: tuple[Path, ...],
    catalogue: Path | None,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Tell what must be mended in PROJECT before it can be published."""
    options = check.CheckOptions(project=project, catalogue=catalogue, shared=shared)
    findings = check.run(options, LocalStore(repository))
    stops = sum(finding.stops for finding in findings)
    lines = [_finding_line(project, finding) for finding in findings]
    _answer(as_json, {"findings": findings, "stops": stops}, [*lines, f"{len(findings)} findings, {stops} to mend"])
    if stops:
        sys.exit(CheckError.exit_status)


@main.command("pack", epilog="Example: h5bundle pack h5bundle/apps/common --out dist")
@_project
@_repository
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="dist",
    show_default=True,
    help="Folder to write to.",
)
@click.option("--requires", multiple=True, type=click.Path(path_type=Path, dir_okay=False), help="Shared manifest.")
@click.option("--commit", default="", help="Source commit for the manifest.")
@_json
def pack_command(
    project: Path,
    repository: Path,
    out: Path,
    requires: tuple[Path, ...],
    commit: str,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Pack PROJECT: the same bytes from the same input on any machine."""
    options = pack.PackOptions(project=project, manifests=requires, commit=commit, out=out)
    package = pack.run(options, LocalStore(repository))
    answer = {"name": package.manifest.name, "digest": package.digest, "out": str(out), "zip": len(package.archive)}
    _answer(as_json, answer, [f"{package.manifest.name}  {package.digest}", f"{len(package.archive):,} bytes in {out}"])


@main.command("publish", epilog="Example: h5bundle publish h5bundle/apps/wealth --permyriad 500")
@_project
@_repository
@_keys
@_passphrase
@click.option("--permyriad", type=click.IntRange(0, 10_000), help="How many of 10,000 installations get it.")
@click.option("--init", is_flag=True, help="Make repository, role and development keys where there are none.")
@click.option("--commit", default="", help="Source commit for the manifest.")
@click.option("--catalogue", type=click.Path(path_type=Path, dir_okay=False), help="Operations of the bank, as JSON.")
@_json
def publish_command(  # noqa: PLR0913, PLR0917 - click gives options by name
    project: Path,
    repository: Path,
    keys: Path,
    passphrase_file: Path | None,
    permyriad: int | None,
    init: bool,  # noqa: FBT001 - click gives flags by name
    commit: str,
    catalogue: Path | None,
    as_json: bool,  # noqa: FBT001 - the same
) -> None:
    """Check, pack and sign PROJECT, and put it on offer."""
    store = LocalStore(repository)
    _refuse_findings(project, check.run(check.CheckOptions(project=project, catalogue=catalogue), store))
    package = pack.run(pack.PackOptions(project=project, commit=commit), store)
    held = _open_keys(keys, passphrase_file)
    for role in publish.missing_roles(store, package.manifest.bundle) if init else ():
        held.generate(role)
    options = publish.PublishOptions(permyriad=permyriad, init=init)
    with _progress(as_json) as report:
        receipt = publish.run(options, package, store, held, now=datetime.now(UTC), progress=report)  # noqa: TID251 - the CLI is where time comes in
    done = "published" if receipt.changed else "was published already"
    share = f"{receipt.permyriad / 100:g} % of installations"
    _answer(as_json, receipt, [f"{receipt.bundle}@{receipt.version}#{receipt.digest} {done}", share])


@main.command("status", epilog="Example: h5bundle status --json")
@_repository
@_json
def status_command(repository: Path, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Show releases, who gets them, and until when signatures are believed."""
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    found = status.run(LocalStore(repository), now=now)
    lines = [
        f"{release.bundle:<16} {release.version:<10} {_share(release.permyriad):>10}  {release.digest}"
        for release in found.releases
    ]
    lines += [f"{role.role:<16} v{role.version:<9} {_until(role.expires, now)}" for role in found.roles]
    _answer(as_json, found, lines)


@main.command("pull", epilog="Example: h5bundle pull wealth --into /tmp/phone --url http://localhost:8000/repo")
@click.argument("bundle")
@_repository
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), required=True, help="The client's folder.")
@click.option("--url", help="Address of the repository; the folder is read when not given.")
@click.option("--root", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Trusted root metadata.")
@click.option("--install-id", default="h5bundle-pull", show_default=True, help="Who asks, for the rollout policy.")
@_json
def pull_command(
    bundle: str,
    repository: Path,
    into: Path,
    url: str | None,
    root: Path | None,
    install_id: str,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Fetch BUNDLE like a phone would, verify it, and unpack it into a new slot."""
    store = LocalStore(repository)
    anchor = root.read_bytes() if root is not None else trusted_root(store)
    options = pull.PullOptions(bundle=bundle, folder=into, url=url, installation=Installation(install_id=install_id))
    pulled = pull.run(options, store, trusted_root=anchor)
    _answer(as_json, pulled, [f"{pulled.bundle}@{pulled.version}#{pulled.digest}", f"{pulled.folder}"])


@main.command("verify", epilog="Example: h5bundle verify --root 1.root.json")
@_repository
@click.option("--root", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Trusted root metadata.")
@_json
def verify_command(repository: Path, root: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Walk every signature, target and object; name the first that is not what was signed."""
    anchor = root.read_bytes() if root is not None else None
    with _progress(as_json) as report:
        now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
        found = verify.run(LocalStore(repository), now=now, trusted_root=anchor, progress=report)
    _answer(as_json, found, [f"whole: {found.roles} roles, {found.releases} releases, {found.objects} objects"])


@main.command("sign-timestamp", epilog="Example: h5bundle sign-timestamp --passphrase-file /run/secrets/online")
@_repository
@_keys
@_passphrase
@_json
def sign_timestamp_command(
    repository: Path,
    keys: Path,
    passphrase_file: Path | None,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Sign timestamp (and, at half of their time, snapshot and rollout) anew; for a job every few hours."""
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    renewal = sign_timestamp.run(LocalStore(repository), _open_keys(keys, passphrase_file), now=now)
    _answer(
        as_json, renewal, [f"signed {', '.join(renewal.roles)}; believed until {renewal.expires:%Y-%m-%d %H:%M} UTC"]
    )


def _answer(as_json: bool, value: Any, lines: list[str]) -> None:  # noqa: FBT001 - one of two ways to say it
    """Print the answer."""
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(value, enc_hook=str), ensure_ascii=False, sort_keys=True))
    else:
        for line in lines:
            click.echo(line)


def _finding_line(project: Path, finding: Finding) -> str:
    """Give one finding as compilers write them."""
    said = f"allowed: {finding.allowed}" if finding.allowed else finding.mend
    return f"{project / finding.path}:{finding.line}: {finding.severity} {finding.code}: {finding.what} — {said}"


def _refuse_findings(project: Path, findings: tuple[Finding, ...]) -> None:
    """Refuse to publish what the check stops."""
    stops = [finding for finding in findings if finding.stops]
    for finding in stops:
        click.echo(_finding_line(project, finding), err=True)
    if stops:
        raise CheckError(
            detail=f"{len(stops)} findings stop the publication", remedy="mend them, or allow with a reason"
        )


def _open_keys(folder: Path, passphrase_file: Path | None) -> KeyFolder:
    """Open the folder of keys with the passphrase from a file, the input or the person."""
    if passphrase_file is None:
        return KeyFolder(folder, click.prompt("Passphrase of the role keys", hide_input=True, err=True).encode())
    try:
        with click.open_file(str(passphrase_file), "rb") as file:
            return KeyFolder(folder, file.readline().rstrip(b"\r\n"))
    except OSError as error:
        raise ProjectError(detail=f"{passphrase_file} cannot be read: {error.strerror}") from error


@contextmanager
def _progress(as_json: bool) -> Iterator[Callable[[str, int, int], None]]:  # noqa: FBT001 - one of two ways to say it
    """Show a bar on a terminal, and nothing anywhere else."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=as_json or not console.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        yield report


def _share(permyriad: int | None) -> str:
    """Give a release's share of installations."""
    return "not chosen" if permyriad is None else f"{permyriad / 100:g} %"


def _until(expires: datetime, now: datetime) -> str:
    """Give an expiry with a word on how far it is."""
    if now >= expires:
        return f"EXPIRED {expires:%Y-%m-%d %H:%M}"
    return f"until {expires:%Y-%m-%d %H:%M} ({(expires - now).total_seconds() / 3600:.0f} h)"
