"""Bringing a database to the present shape, and making the next step when models changed.

Migrations run under a lock, so any number of instances may start at once; they need no file in the working folder.
"""

import fcntl
import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

import bff
from bff.db.engine import open_engine
from bff.db.errors import DatabaseBusyError

HERE: Final = Path(__file__).parent
VERSIONS: Final = HERE / "versions"
LOCK_SECONDS: Final = 120
"""How long an instance waits while another one migrates."""
_LOCK: Final = "tidegate.migrate"


def migrate(url: str, versions: Path = VERSIONS, *, to: str = "head") -> None:
    """Bring the database to the newest version; one that is there already stays as it is.

    Args:
        url: SQLAlchemy URL.
        versions: folder of the version files.
        to: the version at which to stop.

    Raises:
        DatabaseBusyError: another instance has been migrating for too long.
    """
    engine = open_engine(url, answer_seconds=None)
    try:
        with _locked(url), engine.connect() as connection, _named_lock(connection):
            command.upgrade(_config(versions, connection), to)
    finally:
        engine.dispose()


def make_revision(url: str, message: str, versions: Path = VERSIONS) -> Path | None:
    """Write the version file that leads from the database's shape to that of the models.

    Args:
        url: a database at the newest version.
        message: what changes, a few words.
        versions: folder of the version files.

    Returns:
        The new file; None when there is nothing to change.
    """
    load_models()
    before = set(versions.glob("*.py"))
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            command.revision(_config(versions, connection), message=message, autogenerate=True)
    finally:
        engine.dispose()
    made = sorted(set(versions.glob("*.py")) - before)
    return made[0] if made else None


def load_models() -> None:
    """Import every module of the bff, so that each of its tables stands in the metadata."""
    for module in pkgutil.walk_packages(bff.__path__, "bff."):
        if not module.name.startswith("bff.db.migrations"):
            importlib.import_module(module.name)


def _config(versions: Path, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _locked(url: str) -> Iterator[None]:
    """Hold a lock file beside a SQLite database."""
    name = open_engine(url).url.database if url.startswith("sqlite") else None
    if name is None or name == ":memory:":
        yield
        return
    with Path(f"{name}.migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _named_lock(connection: Connection) -> Iterator[None]:
    """Hold a named lock of a database server."""
    if connection.dialect.name == "sqlite":
        yield
        return
    if connection.scalar(text("SELECT GET_LOCK(:name, :seconds)"), {"name": _LOCK, "seconds": LOCK_SECONDS}) != 1:
        raise DatabaseBusyError(detail="another instance has been migrating for too long")
    connection.commit()  # the lock belongs to the connection; Alembic opens its transactions itself
    try:
        yield
    finally:
        connection.scalar(text("SELECT RELEASE_LOCK(:name)"), {"name": _LOCK})
