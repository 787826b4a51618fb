"""Commands of the client's side: open what was pulled, make what an app carries inside, send what was counted."""

import os
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import urllib3

from h5bundle.cli.shared import answer, json_option, open_repository, repository_option
from h5bundle.client import Installation
from h5bundle.client.adoption import Adoption
from h5bundle.commands import adoption, preset, pull
from h5bundle.errors import AdoptionError
from h5bundle.repository import trusted_root
from h5bundle.stores.local import LocalStore

_ADOPTION: Final = "/app/v1/bundles/adoption"
_SECONDS: Final = 15.0
_root_option = click.option(
    "--root", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Trusted root metadata."
)


@click.command("open", epilog="Example: h5bundle open wealth --into /tmp/phone --preset preset --root 1.root.json")
@click.argument("bundle")
@repository_option
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), required=True, help="The client's folder.")
@click.option("--url", help="Address of the repository, to heal from; the folder is read when not given.")
@_root_option
@click.option(
    "--preset",
    "inside",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Releases that the app carries inside.",
)
@click.option("--verdict", type=click.Choice(["ready", "failed"]), help="What the app says of the opened release.")
@json_option
def open_command(
    bundle: str,
    repository: str | Path,
    into: Path,
    url: str | None,
    root: Path | None,
    inside: Path | None,
    verdict: str | None,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Hash every file of BUNDLE's release and give its folder; the network is asked only to heal."""
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    store = open_repository(repository)
    anchor = root.read_bytes() if root is not None else trusted_root(store)
    options = pull.PullOptions(bundle=bundle, folder=into, url=url, installation=Installation(install_id=""))
    shelf = None if inside is None else LocalStore(inside)
    client = pull.client(options, store, trusted_root=anchor, preset=shelf)
    opened = client.open(bundle, now=now)
    lines = [f"{opened.bundle}@{opened.version}#{opened.digest}", f"{opened.folder}"]
    lines += [f"{opened.healed} files were put right"] if opened.healed else []
    lines += [opened.fell_back] if opened.fell_back else []
    if verdict == "ready":
        client.ready(bundle, opened.digest)
    elif verdict == "failed":
        refusal = client.failed(bundle, opened.digest, reason="not-ready", now=now)
        lines += ["sent back; the last good release opens next" if refusal else "nothing to go back to; it stays"]
    answer(as_json, opened, lines)


@click.command("preset", epilog="Example: h5bundle preset accounts wealth --out preset")
@click.argument("bundles", nargs=-1, required=True)
@repository_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to fill.")
@_root_option
@json_option
def preset_command(
    bundles: tuple[str, ...],
    repository: str | Path,
    out: Path,
    root: Path | None,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Copy out of the repository what an app carries inside: metadata, manifests and files of BUNDLES."""
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    store = open_repository(repository)
    anchor = root.read_bytes() if root is not None else trusted_root(store)
    made = preset.run(bundles, store, LocalStore(out), trusted_root=anchor, now=now)
    lines = [f"{one.bundle}@{one.version}#{one.digest}" for one in made.releases]
    answer(as_json, made, [*lines, f"{made.files} files, {made.bytes} bytes in {out}"])


@click.command("report", epilog="Example: h5bundle report --into /tmp/phone --url http://localhost:8000")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False, exists=True), required=True, help="Its folder."
)
@click.option("--url", required=True, help="Address of the BFF.")
@json_option
def report_command(into: Path, url: str, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Send what a client counted of its releases; no id of it or of anybody goes along."""

    def post(batch: bytes) -> int:
        try:
            return _ask("POST", url, batch).status
        except urllib3.exceptions.HTTPError:
            return 0

    book = Adoption(into)
    sent = adoption.send(book, post, lambda: urlsafe_b64encode(os.urandom(18)).decode())
    left = len(book.ledger().waiting) + len(getattr(book.ledger().sending, "events", ()))
    answer(as_json, {"sent": sent, "waiting": left}, [f"{sent} events sent, {left} wait"])


def read_adoption(url: str) -> tuple[adoption.ReleaseAdoption, ...]:
    """Ask a BFF how far each release came.

    Raises:
        AdoptionError: it does not say.
    """

    def get() -> tuple[int, bytes]:
        found = _ask("GET", url, None)
        return found.status, found.data

    try:
        return adoption.read(get)
    except urllib3.exceptions.HTTPError as error:
        raise AdoptionError(
            detail=f"{url} cannot be reached", remedy="is the address right, and is it served?"
        ) from error


def adoption_line(one: adoption.ReleaseAdoption) -> str:
    """Write one release's counters."""
    counts = f"{one.downloaded} downloaded  {one.launched} launched  {one.ready} ready  {one.rolledback} rolled back"
    return f"{one.bundle:<16} {one.version:<10} {one.platform or '-':<8} {counts}  {one.never_launched} never launched"


def _ask(method: str, url: str, body: bytes | None) -> urllib3.BaseHTTPResponse:
    headers = {} if body is None else {"Content-Type": "application/json"}
    pool = urllib3.PoolManager()
    address = f"{url.rstrip('/')}{_ADOPTION}"
    return pool.request(method, address, body=body, headers=headers, timeout=_SECONDS, retries=False)


COMMANDS = (open_command, preset_command, report_command)
