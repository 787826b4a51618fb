"""What commands that speak to a server share: its address, the key that signs, HTTP, and how an upload is shown."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import click
import urllib3

from h5bundle.errors import ProjectError, RoleKeyError
from h5bundle.remote import Remote, Reply, UnreachableError, Upload
from security.errors import KeyStoreError
from security.keys.files import load_private
from security.suites import PrivateKey

TIMEOUT: Final = urllib3.Timeout(connect=5.0, read=60.0)
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class HttpTransport:
    """Sends requests over HTTPS; redirects are not followed and nothing is repeated."""

    ca: Path | None = None
    _pool: urllib3.PoolManager = field(init=False)

    def __post_init__(self) -> None:
        """Open the connection pool."""
        trust = None if self.ca is None else str(self.ca)
        object.__setattr__(self, "_pool", urllib3.PoolManager(timeout=TIMEOUT, retries=False, ca_certs=trust))

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send one request."""
        try:
            answer = self._pool.request(method, url, headers=headers, body=body or None, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(
                detail=f"{urlsplit(url).netloc} does not answer: {_words(error)}",
                remedy="is the address right, and does the server run? Call again to go on",
            ) from error
        return Reply(answer.status, answer.data)


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """Where to, and with which key."""

    server: str
    key: Path
    passphrase_file: Path | None
    passphrase_env: str | None
    ca: Path | None

    def open(self) -> Remote:
        """Open the key; nothing is connected yet.

        Raises:
            RoleKeyError: the key does not open.
            ProjectError: the address is none to which a signed release may go.
        """
        parts = urlsplit(self.server)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
        if not safe or not parts.netloc or parts.path.strip("/") or parts.query:
            raise ProjectError(
                detail=f"{self.server} is no server's address", remedy="give https://host, without a path"
            )
        return Remote(
            server=f"{parts.scheme}://{parts.netloc}",
            key=self._private(),
            transport=HttpTransport(self.ca),
            clock=lambda: datetime.now(UTC),  # noqa: TID251 - the CLI is where time comes in
            new_bytes=os.urandom,
        )

    def _private(self) -> PrivateKey:
        try:
            data = self.key.read_bytes()
            key = load_private(data, read_passphrase(self.passphrase_file, self.passphrase_env))
        except OSError as error:
            raise RoleKeyError(
                detail=f"{self.key} cannot be read: {error.strerror}", remedy="make one: h5bundle keygen"
            ) from error
        except KeyStoreError as error:
            raise RoleKeyError(
                detail=f"{self.key}: {error.detail}", remedy="give the passphrase with which it was made"
            ) from error
        if isinstance(key, bytes):
            raise RoleKeyError(detail=f"{self.key} is no ECDSA P-256 key", remedy="make one: h5bundle keygen")
        return key


def read_passphrase(file: Path | None, variable: str | None, *, confirm: bool = False) -> bytes:
    """Read a key's passphrase from a file, a variable of the environment, or the person.

    Raises:
        ProjectError: the file cannot be read, or the variable is not set.
    """
    if file is not None:
        try:
            with click.open_file(str(file), "rb") as opened:
                return bytes(opened.readline().rstrip(b"\r\n"))
        except OSError as error:
            raise ProjectError(detail=f"{file} cannot be read: {error.strerror}") from error
    if variable is not None:
        found = os.environ.get(variable)  # noqa: TID251 - the CLI is where the environment comes in
        if not found:
            raise ProjectError(detail=f"the variable {variable} is not set", remedy="set it in the CI's secrets")
        return found.encode()
    prompt = "Passphrase of the key"
    return str(click.prompt(prompt, hide_input=True, err=True, confirmation_prompt=confirm)).encode()


def access_options(command: Command) -> Command:
    """Give a command the options that make an ``Access``."""
    for option in (
        click.option("--ca", type=_FILE, help="Certificates to trust instead of the system's."),
        *passphrase_options,
        click.option("--key", type=_FILE, envvar="H5BUNDLE_KEY", required=True, help="Your private key (PKCS#8 PEM)."),
        click.option("--to", "server", envvar="H5BUNDLE_SERVER", required=True, help="The server's public address."),
    ):
        command = option(command)
    return command


_FILE: Final = click.Path(path_type=Path, dir_okay=False)
passphrase_options: Final = (
    click.option("--passphrase-env", metavar="NAME", help="Variable of the environment with the key's passphrase."),
    click.option(
        "--passphrase-file",
        type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
        help="File with the key's passphrase ('-' reads a line of the input); asked for when not given.",
    ),
)


def upload_lines(upload: Upload) -> list[str]:
    """Give an upload in lines: what it is, where it stands, what was found, what comes next.

    Some of it was written by whoever uploaded: nothing in it may move the cursor or hide what stands beside it.
    """
    return ["".join(map(_visible, line)) for line in _lines(upload)]


def _visible(character: str) -> str:
    """Give a character as a person sees it; control, bidi and zero-width characters as their number."""
    return character if character.isprintable() else f"\\u{ord(character):04x}"


def _lines(upload: Upload) -> list[str]:
    lines = [f"{upload.upload_id} {upload.bundle}@{upload.version}#{upload.manifest[:12]} {upload.state}"]
    if upload.state == "RECEIVING":
        lines.append(f"  {upload.offset:,} of {upload.length:,} bytes; kept until {upload.expires_at}")
    for finding in upload.findings:
        said = f"allowed: {finding.allowed}" if finding.allowed else finding.mend
        lines.append(f"  {finding.path}:{finding.line}: {finding.severity} {finding.code}: {finding.what} — {said}")
    lines += [f"  wider than before: {item}" for item in upload.widening]
    if upload.reason:
        lines.append(f"  reason: {upload.reason}")
    if upload.state == "WAITING_SECURITY":
        lines.append(f"  the security team decides: h5bundle uploads approve {upload.upload_id}")
    if upload.state == "ACCEPTED":
        lines.append(f"  release signers publish it: h5bundle uploads fetch {upload.upload_id}")
    return lines


def _words(error: Exception) -> str:
    """Give the inner reason of an HTTP error in one line."""
    return str(getattr(error, "reason", None) or error).splitlines()[0][:200]
