"""Commands for remote publishing: upload, uploads, keygen."""

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import click
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from h5bundle.cli.project import finding_line
from h5bundle.cli.release import refuse_findings
from h5bundle.cli.remote import Access, access_options, passphrase_options, read_passphrase, upload_lines
from h5bundle.cli.shared import answer, json_option, open_repository, progress_bar, repository_option
from h5bundle.commands import check, pack, upload
from h5bundle.commands.package import Received, check_received, receive
from h5bundle.errors import CheckError, ProjectError, RoleKeyError, StoreError
from h5bundle.project import FILE_NAME
from h5bundle.remote import Upload
from h5bundle.stores.files import write_atomically
from h5bundle.stores.port import Store
from security.jwk import jwk_of
from security.keys.files import dump_private
from security.release import APPROVE, REJECT
from security.suites import ES256

_PATH: Final = click.Path(path_type=Path, exists=True)
_FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)
_UNDONE: Final = 4


@click.command(
    "upload",
    epilog="Example: h5bundle upload travel --to https://app.bank.example --key dev.pem --passphrase-env KEY_PASS "
    "--wait 30",
)
@click.argument("what", metavar="PROJECT|ZIP", type=_PATH, default=".")
@access_options
@repository_option
@click.option("--declaration", type=_FILE, help="The bundle.yaml that a ZIP was packed with.")
@click.option("--requires", multiple=True, type=_FILE, help="Shared manifest that PROJECT pins.")
@click.option("--commit", default="", help="Source commit for the manifest of PROJECT.")
@click.option("--catalogue", type=_FILE, help="Operations of the bank, as JSON.")
@click.option("--wait", type=click.IntRange(0, 10_080), default=0, help="Minutes to wait for the decision.")
@click.option("--attempts", type=click.IntRange(1, 100), default=8, help="Failed calls in a row before it gives up.")
@json_option
def upload_command(  # noqa: PLR0913, PLR0917 - click gives options by name
    what: Path,
    repository: str | Path,
    declaration: Path | None,
    requires: tuple[Path, ...],
    commit: str,
    catalogue: Path | None,
    wait: int,
    attempts: int,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
    **access: Any,
) -> None:
    """Check PROJECT (or a packed ZIP), upload it signed, and say what the server found.

    Cut off, it goes on by itself, and the next call goes on where this one ended. Ends with 1 when the release is
    refused, with 4 when the server cannot be reached or nobody has decided in time.
    """
    store = open_repository(repository)
    if what.is_dir():
        refuse_findings(what, check.run(check.CheckOptions(project=what, catalogue=catalogue), store))
        package = pack.run(pack.PackOptions(project=what, manifests=requires, commit=commit), store)
        received = receive(package.archive, _text(what / FILE_NAME))
    else:
        received = receive(_bytes(what), "" if declaration is None else _text(declaration))
    _check(what, received, store)
    remote = Access(**access).open()
    options = upload.UploadOptions(attempts=attempts, wait=wait * 60.0)
    with progress_bar(as_json) as report:
        done = upload.run(options, received, remote, pause=time.sleep, progress=report)
    _end(as_json, done)


@click.group("uploads", epilog="Example: h5bundle uploads list --to https://app.bank.example --key dev.pem")
def uploads_group() -> None:
    """Look at uploads, decide on them, fetch them for signing."""


@uploads_group.command("list", epilog="Example: h5bundle uploads list --state WAITING_SECURITY")
@access_options
@click.option("--state", help="Only those in this state.")
@json_option
def list_command(state: str | None, as_json: bool, **access: Any) -> None:  # noqa: FBT001 - click gives flags by name
    """List the newest uploads: your own, or all of them with a release or security key."""
    found = Access(**access).open().every(state)
    lines = [upload_lines(item)[0] + f"  {item.created_at}" for item in found]
    answer(as_json, {"uploads": found}, lines or ["no uploads"])


@uploads_group.command("show", epilog="Example: h5bundle uploads show upl_3k…")
@click.argument("upload_id")
@access_options
@json_option
def show_command(upload_id: str, as_json: bool, **access: Any) -> None:  # noqa: FBT001 - click gives flags by name
    """Show an upload with its findings and widenings."""
    found = Access(**access).open().one("GET", f"/{upload_id}")
    answer(as_json, found, upload_lines(found))


@uploads_group.command("approve", epilog='Example: h5bundle uploads approve upl_3k… --reason "seen with the team"')
@click.argument("upload_id")
@access_options
@click.option("--reason", required=True, help="Why: is signed and stands in the evidence.")
@click.option("--yes", is_flag=True, help="Do not ask whether the list shown is the one to approve.")
@json_option
def approve_command(
    upload_id: str,
    reason: str,
    yes: bool,  # noqa: FBT001 - click gives flags by name
    as_json: bool,  # noqa: FBT001 - the same
    **access: Any,
) -> None:
    """Approve what an upload may do that the release before could not; the list is shown, and signed as shown."""
    _decide(upload_id, APPROVE, reason, yes=yes, as_json=as_json, access=Access(**access))


@uploads_group.command("reject", epilog='Example: h5bundle uploads reject upl_3k… --reason "no need to sign"')
@click.argument("upload_id")
@access_options
@click.option("--reason", required=True, help="Why: the developer reads it; it is signed and stands in the evidence.")
@json_option
def reject_command(upload_id: str, reason: str, as_json: bool, **access: Any) -> None:  # noqa: FBT001 - click gives flags by name
    """Refuse an upload that waits for the security team."""
    _decide(upload_id, REJECT, reason, yes=True, as_json=as_json, access=Access(**access))


@uploads_group.command("withdraw", epilog="Example: h5bundle uploads withdraw upl_3k… --reason superseded")
@click.argument("upload_id")
@access_options
@click.option("--reason", required=True, help="Why: stands in the evidence.")
@json_option
def withdraw_command(upload_id: str, reason: str, as_json: bool, **access: Any) -> None:  # noqa: FBT001 - click gives flags by name
    """Take an upload of your own back before it is published."""
    done = upload.withdraw(upload_id, reason, Access(**access).open())
    answer(as_json, done, upload_lines(done))


@uploads_group.command("fetch", epilog="Example: h5bundle uploads fetch upl_3k… --out signing")
@click.argument("upload_id")
@access_options
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default="signing", show_default=True, help="Folder."
)
@json_option
def fetch_command(upload_id: str, out: Path, as_json: bool, **access: Any) -> None:  # noqa: FBT001 - click gives flags by name
    """Fetch the package of a checked upload, to be looked at or signed on this machine."""
    found, data = upload.fetch(upload_id, Access(**access).open())
    received = receive(data, found.declaration)
    archive = out / f"{found.bundle}-{found.version}.zip"
    declaration = out / f"{found.bundle}-{found.version}.{FILE_NAME}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(archive, data)
        if found.declaration:
            write_atomically(declaration, found.declaration.encode())
    except OSError as error:
        raise StoreError(detail=f"{out} cannot be written: {error.strerror}") from error
    more = f" --declaration {declaration}" if found.declaration else ""
    lines = [f"{archive}  {received.package.digest}", f"next: h5bundle publish --package {archive}{more}"]
    answer(as_json, {"package": str(archive), "digest": received.package.digest}, lines)


@click.command("keygen", epilog="Example: h5bundle keygen dev.pem --passphrase-env KEY_PASS")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--passphrase-file", type=_FILE, help="File with the passphrase to encrypt it with.")
@passphrase_options[0]
@json_option
def keygen_command(file: Path, passphrase_file: Path | None, passphrase_env: str | None, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Make a developer's key: FILE (encrypted) and FILE.pub, which the security team registers."""
    public_file = file.with_name(f"{file.name}.pub")
    for place in (file, public_file):
        if place.exists():
            raise ProjectError(
                detail=f"{place} exists already", remedy="choose another name; keys are not written over"
            )
    secret = read_passphrase(passphrase_file, passphrase_env, confirm=True)
    if not secret:
        raise RoleKeyError(detail="the passphrase is empty", remedy="give one: the key must not lie open")
    key = ES256.generate()
    public = jwk_of(key.public_key())
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        write_atomically(file, dump_private(key, secret), mode=0o600)
        write_atomically(public_file, pem)
    except OSError as error:
        raise StoreError(detail=f"{file} cannot be written: {error.strerror}") from error
    facts = {"jkt": public.thumbprint, "jwk": public.as_dict(), "public": str(public_file)}
    lines = [public.thumbprint, json.dumps(public.as_dict()), f"register {public_file}: tidegate signers add"]
    answer(as_json, facts, lines)


def _check(what: Path, received: Received, store: Store) -> None:
    """Refuse at home what the server would refuse: the rules over the packed files."""
    stops = [finding for finding in check_received(received, store) if finding.stops]
    for finding in stops:
        click.echo(finding_line(what, finding), err=True)
    if stops:
        raise CheckError(
            detail=f"{len(stops)} findings in the packed files stop the publication",
            remedy="mend them; allow: and third_party: must name the files as they are packed",
        )


def _decide(upload_id: str, decision: str, reason: str, *, yes: bool, as_json: bool, access: Access) -> None:
    remote = access.open()
    shown = remote.one("GET", f"/{upload_id}")
    if not yes:
        for line in upload_lines(shown):
            click.echo(line, err=True)
        click.confirm("Approve exactly this?", abort=True, err=True)
    done = upload.decide(shown, decision, reason, remote)
    answer(as_json, done, upload_lines(done))


def _end(as_json: bool, done: Upload) -> None:  # noqa: FBT001 - one of two ways to say it
    """Say where an upload stands, and end with what it means for CI."""
    answer(as_json, done, upload_lines(done))
    if done.state in upload.FAILED:
        sys.exit(CheckError.exit_status if done.state == "REFUSED" else _UNDONE)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(detail=f"{path} cannot be read") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ProjectError(detail=f"{path} cannot be read: {error.strerror}") from error


COMMANDS = (upload_command, uploads_group, keygen_command)
