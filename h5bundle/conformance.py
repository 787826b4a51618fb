"""python-tuf's client, as Tidegate uses it, behind the command line of the TUF conformance protocol.

``python -m h5bundle.conformance --metadata-dir DIR init ROOT``, then ``refresh`` or ``download``. Exit code 0 or 1; why
stands in one line of the error output. ``root.json`` in the folder is where each run begins.
"""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.ngclient.updater import Updater

from h5bundle.fetching import BoundedFetcher

FOLDER: Final = click.Path(path_type=Path, file_okay=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where a client keeps its trust and its files, and where the repository lies."""

    metadata_dir: Path
    metadata_url: str | None = None
    target_base_url: str | None = None
    target_dir: Path | None = None

    def updater(self) -> Updater:
        """Give a client that begins with the folder's root.

        Raises:
            click.UsageError: there is no address of the metadata.
        """
        if self.metadata_url is None:
            message = "--metadata-url is missing"
            raise click.UsageError(message)
        return Updater(
            str(self.metadata_dir),
            self.metadata_url,
            str(self.target_dir) if self.target_dir else None,
            self.target_base_url,
            fetcher=BoundedFetcher(),
            bootstrap=None,
        )


@click.group()
@click.option("--metadata-dir", type=FOLDER, required=True, help="Folder of the trusted metadata.")
@click.option("--metadata-url", help="Address of the repository's metadata.")
@click.option("--target-base-url", help="Address of the repository's targets.")
@click.option("--target-dir", type=FOLDER, help="Folder of the fetched targets.")
@click.option("--target-name", "target_names", multiple=True, help="Target to fetch; may be given again.")
@click.pass_context
def client(
    context: click.Context,
    metadata_dir: Path,
    metadata_url: str | None,
    target_base_url: str | None,
    target_dir: Path | None,
    target_names: tuple[str, ...],
) -> None:
    """A TUF client under test."""
    places = Places(
        metadata_dir=metadata_dir, metadata_url=metadata_url, target_base_url=target_base_url, target_dir=target_dir
    )
    context.obj = (places, target_names)


@client.command()
@click.argument("root", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def init(parts: tuple[Places, tuple[str, ...]], root: Path) -> None:
    """Trust ROOT from now on; nothing is asked of the repository."""
    folder = parts[0].metadata_dir
    folder.mkdir(parents=True, exist_ok=True)
    trusted = folder / "root.json"
    trusted.unlink(missing_ok=True)
    shutil.copyfile(root, trusted)


@client.command()
@click.pass_obj
def refresh(parts: tuple[Places, tuple[str, ...]]) -> None:
    """Bring the top-level roles up to date."""
    parts[0].updater().refresh()


@client.command()
@click.pass_obj
def download(parts: tuple[Places, tuple[str, ...]]) -> None:
    """Fetch the named targets in their order, and stop at the first that fails."""
    places, names = parts
    if not names or places.target_base_url is None or places.target_dir is None:
        message = "download needs --target-name, --target-base-url and --target-dir"
        raise click.UsageError(message)
    updater = places.updater()
    updater.refresh()
    for name in names:
        target = updater.get_targetinfo(name)
        if target is None:
            message = f"no role offers {name}"
            raise RepositoryError(message)
        if updater.find_cached_target(target) is None:
            updater.download_target(target)


def main(arguments: Sequence[str]) -> int:
    """Run the client.

    Returns:
        The exit code.
    """
    try:
        client.main(list(arguments), prog_name="conformance", standalone_mode=False)
    except click.ClickException as error:
        click.echo(f"conformance: {error.format_message()}", err=True)
        return 1
    except (RepositoryError, DownloadError, OSError, ValueError) as error:
        click.echo(f"conformance: {type(error).__name__}: {error}", err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
