"""What the commands share: options, errors as lines and exit codes, answers as text or JSON, progress, keys."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from h5bundle.commands.check import know
from h5bundle.commands.offers import Live
from h5bundle.errors import H5BundleError, ProjectError, StoreError
from h5bundle.keys import KeyFolder
from h5bundle.stores.opening import folder_of, open_store
from h5bundle.stores.port import Store

Section: TypeAlias = tuple[str, Sequence[click.Command]]
"""A heading and its commands."""
VERSION: Final = "1.0.0"
DEFAULT_REPOSITORY: Final = Path("var/repo")
DEFAULT_KEYS: Final = Path("var/release-keys")


def _address(_ctx: click.Context, _option: click.Parameter, value: str) -> str | Path:
    """Take a plain path as a path, and leave any other address as it is."""
    folder = folder_of(value)
    if folder is not None and folder.is_file():
        message = f"Directory {value!r} is a file."
        raise click.BadParameter(message)
    return folder or value


project_argument = click.argument("project", type=click.Path(path_type=Path, file_okay=False), default=".")
repository_option = click.option(
    "--repository",
    "-r",
    metavar="ADDRESS",
    callback=_address,
    default=str(DEFAULT_REPOSITORY),
    show_default=True,
    help="Release repository: a folder, sqlite:///FILE, mysql+pymysql://…, or s3://BUCKET/PREFIX.",
)
keys_option = click.option(
    "--keys",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_KEYS,
    show_default=True,
    help="Folder of the role keys.",
)
passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
    help="File with the passphrase of the keys ('-' reads a line of the input); asked for when not given.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for CI.")


def error_line(error: H5BundleError) -> str:
    """Give an error as the one line that is printed for it."""
    remedy = f" — {error.remedy}" if error.remedy else ""
    return f"h5bundle: {error.code}: {error.detail}{remedy}"


class ToolkitGroup(click.Group):
    """Shows commands by what they are for, and turns every error into one line with its remedy and an exit code."""

    def __init__(self, *, sections: Sequence[Section] = (), **more: Any) -> None:
        """Make the group with its commands."""
        super().__init__(**more)
        self.sections = sections
        for _, commands in sections:
            for command in commands:
                self.add_command(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under the headings of their sections."""
        del ctx
        for heading, commands in self.sections:
            with formatter.section(heading):
                formatter.write_dl([(command.name or "", command.get_short_help_str(limit=90)) for command in commands])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except H5BundleError as error:
            click.echo(error_line(error), err=True)
            sys.exit(error.exit_status)
        except BrokenPipeError:
            raise
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"h5bundle: FILE_SYSTEM: {place[:200]}{error.strerror or error}", err=True)
            sys.exit(StoreError.exit_status)


def answer(as_json: bool, value: Any, lines: list[str]) -> None:  # noqa: FBT001 - one of two ways to say it
    """Print the answer."""
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(value, enc_hook=str), ensure_ascii=False, sort_keys=True))
    else:
        for line in lines:
            click.echo(line)


def open_repository(address: str | Path) -> Store:
    """Open the repository at an address.

    Raises:
        StoreError: it is no address of a repository.
    """
    return open_store(address)


def live_from(catalogue: Path | None) -> Live:
    """Give what hosts and bank offer, for the release trains; without a catalogue operations are not judged."""
    known = know(catalogue)
    return Live(ops=known.ops, contract=known.contract)


def open_keys(folder: Path, passphrase_file: Path | None) -> KeyFolder:
    """Open the folder of keys with the passphrase from a file, the input or the person."""
    return KeyFolder(folder, read_secret(passphrase_file, "Passphrase of the role keys"))


def read_secret(file: Path | None, prompt: str) -> bytes:
    """Read a passphrase or a PIN: the first line of a file or of the input, or what the person types.

    Raises:
        ProjectError: the file cannot be read.
    """
    if file is None:
        return str(click.prompt(prompt, hide_input=True, err=True)).encode()
    try:
        with click.open_file(str(file), "rb") as opened:
            return bytes(opened.readline()).rstrip(b"\r\n")
    except OSError as error:
        raise ProjectError(detail=f"{file} cannot be read: {error.strerror}") from error


@contextmanager
def progress_bar(as_json: bool) -> Iterator[Callable[[str, int, int], None]]:  # noqa: FBT001 - one of two ways to say it
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
