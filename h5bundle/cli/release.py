"""Commands for releases: publish, status, pull, verify."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from h5bundle.cli.client import adoption_line, read_adoption
from h5bundle.cli.deltas import deltas_option, follow
from h5bundle.cli.project import finding_line
from h5bundle.cli.shared import (
    answer,
    json_option,
    keys_option,
    live_from,
    open_keys,
    open_repository,
    passphrase_option,
    progress_bar,
    project_argument,
    repository_option,
)
from h5bundle.client import Installation
from h5bundle.commands import check, pack, publish, pull, status, verify
from h5bundle.commands.package import check_received, receive
from h5bundle.errors import CheckError
from h5bundle.lint import Finding
from h5bundle.previews import APP_LINK, read_link
from h5bundle.repository import trusted_root

FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command("publish", epilog="Example: h5bundle publish h5bundle/apps/wealth --permyriad 500")
@project_argument
@click.option("--package", "archive", type=FILE, help="Publish this packed zip instead of PROJECT.")
@click.option("--declaration", type=FILE, help="The bundle.yaml that the zip was packed with.")
@repository_option
@keys_option
@passphrase_option
@click.option("--permyriad", type=click.IntRange(0, 10_000), help="How many of 10,000 installations get it.")
@click.option("--init", is_flag=True, help="Make repository, role and development keys where there are none.")
@click.option("--commit", default="", help="Source commit for the manifest.")
@click.option("--by", default="publish", show_default=True, help="Your name, where others must sign too.")
@click.option("--catalogue", type=click.Path(path_type=Path, dir_okay=False), help="Operations of the bank, as JSON.")
@deltas_option
@json_option
def publish_command(  # noqa: PLR0913, PLR0917 - click gives options by name
    project: Path,
    archive: Path | None,
    declaration: Path | None,
    repository: str | Path,
    keys: Path,
    passphrase_file: Path | None,
    permyriad: int | None,
    init: bool,  # noqa: FBT001 - click gives flags by name
    commit: str,
    by: str,
    catalogue: Path | None,
    when: str,
    as_json: bool,  # noqa: FBT001 - the same
) -> None:
    """Check, pack and sign PROJECT (or a zip that was packed elsewhere), and put it on offer."""
    store = open_repository(repository)
    if archive is None:
        refuse_findings(project, check.run(check.CheckOptions(project=project, catalogue=catalogue), store))
        package = pack.run(pack.PackOptions(project=project, commit=commit), store)
    else:
        received = receive(
            archive.read_bytes(), "" if declaration is None else declaration.read_text("utf-8", "replace")
        )
        refuse_findings(archive, check_received(received, store, check.know(catalogue)))
        package = received.package
    held = open_keys(keys, passphrase_file)
    for role in publish.missing_roles(store, package.manifest.bundle) if init else ():
        held.generate(role)
    options = publish.PublishOptions(permyriad=permyriad, init=init, proposer=by, live=live_from(catalogue))
    with progress_bar(as_json) as report:
        receipt = publish.run(options, package, store, held, now=datetime.now(UTC), progress=report)  # noqa: TID251 - the CLI is where time comes in
    if not as_json:  # before deltas are made: whatever happens to them, this is so
        answer(as_json, receipt, _receipt_lines(receipt))
    made: dict[str, Any] | None = None
    lines: list[str] = []
    if receipt.stands:
        before = receipt.before
        made, lines = follow(store, receipt.bundle, receipt.digest, when, before=before, as_json=as_json)
    answer(as_json, {**asdict(receipt), "deltas": made}, lines)


@click.command("status", epilog="Example: h5bundle status --url http://localhost:8000 --json")
@repository_option
@click.option("--url", help="Address of a BFF: show as well how far each release came.")
@json_option
def status_command(repository: str | Path, url: str | None, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Show releases, who gets them, until when signatures are believed, and how far each release came."""
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    found = status.run(open_repository(repository), now=now)
    lines = [
        f"{release.bundle:<16} {release.version:<10} {_share(release.permyriad):>10}  {_named(release)}"
        for release in found.releases
    ]
    lines += [f"{role.role:<16} v{role.version:<9} {_until(role.expires, now)}" for role in found.roles]
    lines += [f"{bundle:<16} stale after {hours} h without a check" for bundle, hours in found.stale_hours.items()]
    adopted = () if url is None else read_adoption(url)
    lines += [adoption_line(one) for one in adopted]
    shown = found if url is None else {**asdict(found), "adoption": adopted}
    answer(as_json, shown, lines)


def _named(release: status.ReleaseStatus) -> str:
    """Give a release's digest, and mark one that must be taken."""
    return f"{release.digest}{'  forced' if release.forced else ''}"


@click.command("pull", epilog="Example: h5bundle pull wealth --into /tmp/phone --url http://localhost:8000/repo")
@click.argument("bundle")
@repository_option
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), required=True, help="The client's folder.")
@click.option("--url", help="Address of the repository; the folder is read when not given.")
@click.option("--root", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Trusted root metadata.")
@click.option("--install-id", default="h5bundle-pull", show_default=True, help="Who asks, for the rollout policy.")
@click.option(
    "--preview", "link", metavar="LINK", help="Fetch the release that a preview link names, beside what runs."
)
@click.option("--app-link", default=APP_LINK, show_default=True, help="The app's own address; no other link is taken.")
@json_option
def pull_command(
    bundle: str,
    repository: str | Path,
    into: Path,
    url: str | None,
    root: Path | None,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
    **given: Any,
) -> None:
    """Fetch BUNDLE like a phone would, verify it, and unpack it into a new slot."""
    store = open_repository(repository)
    anchor = root.read_bytes() if root is not None else trusted_root(store)
    options = pull.PullOptions(
        bundle=bundle, folder=into, url=url, installation=Installation(install_id=given["install_id"])
    )
    wish = None if given["link"] is None else read_link(given["link"], given["app_link"])
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    pulled = pull.run(options, store, trusted_root=anchor, now=now, wish=wish)
    lines = [f"{pulled.bundle}@{pulled.version}#{pulled.digest}", f"{pulled.folder}", *filter(None, [pulled.note])]
    lines += ["forced: nothing older opens any more"] if pulled.forced else []
    answer(as_json, pulled, lines)


@click.command("verify", epilog="Example: h5bundle verify --root 1.root.json")
@repository_option
@click.option("--root", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Trusted root metadata.")
@json_option
def verify_command(repository: str | Path, root: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Walk every signature, target and object; name the first that is not what was signed."""
    anchor = root.read_bytes() if root is not None else None
    with progress_bar(as_json) as report:
        now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
        found = verify.run(open_repository(repository), now=now, trusted_root=anchor, progress=report)
    answer(as_json, found, [f"whole: {found.roles} roles, {found.releases} releases, {found.objects} objects"])


def refuse_findings(project: Path, findings: tuple[Finding, ...]) -> None:
    """Refuse to publish what the check stops."""
    stops = [finding for finding in findings if finding.stops]
    for finding in stops:
        click.echo(finding_line(project, finding), err=True)
    if stops:
        raise CheckError(
            detail=f"{len(stops)} findings stop the publication", remedy="mend them, or allow with a reason"
        )


def _receipt_lines(receipt: publish.PublishReceipt) -> list[str]:
    """Say what a publication did, or for whom it waits."""
    name, share = (
        f"{receipt.bundle}@{receipt.version}#{receipt.digest}",
        f"{receipt.permyriad / 100:g} % of installations",
    )
    if receipt.proposal is None:
        return [f"{name} {'published' if receipt.changed else 'was published already'}", share]
    promoting = f"h5bundle promote {receipt.proposal}"
    following = receipt.waiting or (f"all have signed; where the online keys are: {promoting}",)
    return [f"{name} waits as the proposal {receipt.proposal}", *following, share]


def _share(permyriad: int | None) -> str:
    """Give a release's share of installations."""
    return "not chosen" if permyriad is None else f"{permyriad / 100:g} %"


def _until(expires: datetime, now: datetime) -> str:
    """Give an expiry with a word on how far it is."""
    if now >= expires:
        return f"EXPIRED {expires:%Y-%m-%d %H:%M}"
    return f"until {expires:%Y-%m-%d %H:%M} ({(expires - now).total_seconds() / 3600:.0f} h)"


COMMANDS = (publish_command, status_command, pull_command, verify_command)
