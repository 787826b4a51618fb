"""The command ``dev``: watches a project, publishes each save into the sandbox, and says how it went."""

import fcntl
import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final
from urllib.parse import quote, urlsplit

import click

from h5bundle.cli.project import finding_line
from h5bundle.cli.shared import (
    json_option,
    keys_option,
    open_keys,
    passphrase_option,
    project_argument,
    repository_option,
)
from h5bundle.commands import check
from h5bundle.commands.dev import OpenedKeys, Sandbox, Workshop, left_over, require_sandbox
from h5bundle.commands.watching import Watch
from h5bundle.errors import DevelopmentError, H5BundleError
from h5bundle.keys import KeyFolder, app_role
from h5bundle.project import read_project
from h5bundle.repository import load_for_reading
from h5bundle.stores.local import LocalStore

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SECONDS: Final = 5
_PAUSE: Final = 0.02
_NAMES: Final = 3


@click.command("dev", epilog="Example: h5bundle dev h5bundle/apps/wealth --at '#/orders'")
@project_argument
@repository_option
@keys_option
@passphrase_option
@click.option(
    "--server", default="http://localhost:8000", show_default=True, help="The sandbox, as `make run` starts it."
)
@click.option("--at", default="", help="Where to open the bundle: '#/orders'.")
@click.option("--once", is_flag=True, help="Publish once and leave it on offer; do not watch.")
@click.option("--end", is_flag=True, help="Only take back what an interrupted session has left.")
@json_option
def dev_command(  # noqa: PLR0913, PLR0917 - click gives options by name
    project: Path,
    repository: str | Path,
    keys: Path,
    passphrase_file: Path | None,
    server: str,
    at: str,
    once: bool,  # noqa: FBT001 - click gives flags by name
    end: bool,  # noqa: FBT001 - the same
    as_json: bool,  # noqa: FBT001 - the same
) -> None:
    """Show PROJECT in the shell and renew it at every save, until Ctrl-C.

    Each save is built, signed with the sandbox's keys and published into its repository as a development release, so
    the page runs as it will on a phone: from verified bytes, under its CSP, with its permissions, against the server.
    At the end, and at the next start after a crash, what was on offer before is offered again.
    """
    folder = Path(repository)
    store = LocalStore(folder)
    _require_sandbox(keys, store, server)
    held = open_keys(keys, passphrase_file or _sandbox_passphrase(keys))
    speaker = _Speaker(project, as_json)
    shop = Workshop(project, store, OpenedKeys(held), lambda: time.sleep(_PAUSE))
    for bundle in left_over(store, _now()):
        with _alone(folder, bundle) as alone:
            if alone and shop.end(bundle, _now()):
                speaker.say({"restored": bundle}, f"{bundle}: what an interrupted session left is taken back")
    if end:
        return
    bundle = read_project(project).declaration.id
    with _alone(folder, bundle) as alone:
        if not alone:
            raise DevelopmentError(
                detail=f"another session works on {bundle} in this sandbox", remedy="end it, or work there"
            )
        _make_role(held, store, bundle)
        speaker.saved(shop, (), time.monotonic(), strict=True)
        address = f"{server}/?live={bundle}" + (f"&at={quote(at, safe='')}" if at else "")
        speaker.say({"open": address}, f"open {address}")
        if not once:
            _until_ended(project, shop, speaker, bundle)


def _until_ended(project: Path, shop: Workshop, speaker: "_Speaker", bundle: str) -> None:
    """Watch until a signal comes; whatever ends it, what was on offer before is offered again."""
    try:
        with _ended_by_signals():
            _follow(Watch(project, time.sleep, time.monotonic), shop, speaker)
    except KeyboardInterrupt:
        pass
    finally:
        shop.end(bundle, _now())
        speaker.say({"restored": bundle}, f"{bundle}: what was on offer before is offered again")


def _follow(watch: Watch, shop: Workshop, speaker: "_Speaker") -> None:
    """Publish every save until somebody ends it."""
    watch.start()
    while True:
        changed, begun = watch.wait(speaker.findings)
        speaker.saved(shop, changed, begun, strict=False)


class _Speaker:
    """Says on one line what became of a save: text for people, a JSON document a line for tools."""

    def __init__(self, project: Path, as_json: bool) -> None:  # noqa: FBT001 - one of two ways to say it
        """Speak about a project."""
        self._project = project
        self._as_json = as_json
        self._told: frozenset[str] = frozenset()

    def say(self, document: dict[str, Any], line: str) -> None:
        """Say one thing."""
        click.echo(json.dumps(document, ensure_ascii=False) if self._as_json else line)

    def saved(self, shop: Workshop, changed: tuple[str, ...], begun: float, *, strict: bool) -> None:
        """Publish and tell; a save that does not build is told with its remedy, and the release before stays."""
        try:
            saved = shop.save(_now())
        except H5BundleError as error:
            if strict:
                raise
            line = click.style(f"{error.code}: {error.detail}", fg="red") + f" — {error.remedy or 'mend it and save'}"
            self.say({"error": error.code, "detail": error.detail, "remedy": error.remedy}, line)
            return
        milliseconds = round((time.monotonic() - begun) * 1000)
        what = _listed(changed) or f"{saved.files} files"
        line = f"{what} → {saved.bundle}@{saved.version}  {saved.written} new objects, {saved.size:,} bytes, "
        self.say(
            {"changed": changed, **asdict(saved), "milliseconds": milliseconds},
            line + click.style(f"published in {milliseconds} ms", fg="green"),
        )

    def findings(self) -> None:
        """Tell what the check has found since the last save; it keeps nothing from being shown."""
        try:
            found = check.run(check.CheckOptions(project=self._project))
        except H5BundleError:
            return  # told when it was saved
        lines = {finding_line(self._project, finding): finding for finding in found if finding.stops}
        for line in lines.keys() - self._told:
            self.say({"finding": asdict(lines[line])}, click.style(line, fg="yellow"))
        self._told = frozenset(lines)


def _listed(names: tuple[str, ...]) -> str:
    """Give the first names, and how many more there are."""
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")


def _require_sandbox(keys: Path, store: LocalStore, server: str) -> None:
    """Ask the server what it is."""
    address = urlsplit(server)
    if address.scheme != "http" or address.hostname not in LOOPBACK:
        raise DevelopmentError(detail=f"{server} is not on this machine", remedy="dev works with a sandbox: make run")
    connection = http.client.HTTPConnection(address.hostname, address.port or 80, timeout=_SECONDS)
    try:
        connection.request("GET", "/shell/config.json", headers={"Host": address.netloc})
        config = json.loads(connection.getresponse().read(1 << 20))
        sandbox = Sandbox(env=str(config["env"]), trusted_root=str(config["trustedRoot"]))
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        raise DevelopmentError(
            detail=f"{server} does not answer as a Tidegate server", remedy="start the sandbox first: make run"
        ) from error
    finally:
        connection.close()
    require_sandbox(keys, store, sandbox)


def _sandbox_passphrase(keys: Path) -> Path | None:
    """Give the file with the passphrase that a sandbox has made beside its keys, if there is one."""
    file = keys.parent / "passphrase"
    return file if file.is_file() else None


def _make_role(keys: KeyFolder, store: LocalStore, bundle: str) -> None:
    """Make the key of a bundle that the sandbox does not know yet."""
    if app_role(bundle) not in load_for_reading(store).roles:
        keys.generate(app_role(bundle))


@contextmanager
def _alone(folder: Path, bundle: str) -> Iterator[bool]:
    """Hold a bundle against other sessions; tell whether there is none. The system lets go when the holder dies."""
    descriptor = os.open(folder / f".dev-{bundle}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end the session as Ctrl-C does."""

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _now() -> datetime:
    """Take the time."""
    return datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in


COMMANDS = (dev_command,)
