from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from h5bundle.keys import KeyFolder
from h5bundle.stores.local import LocalStore
from tests.bff.db.engines import KINDS, fresh_engine
from tests.h5bundle.conftest import Yard


@dataclass
class Seconds:
    """A clock that only moves when told."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with fresh_engine(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture(scope="session")
def role_keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFolder:
    folder = KeyFolder(tmp_path_factory.mktemp("release-keys"), b"tide")
    for role in ("root", "targets", "online", "rollout", "app-common", "app-wealth"):
        folder.generate(role)
    return folder


@pytest.fixture
def yard(tmp_path: Path, role_keys: KeyFolder) -> Yard:
    return Yard(LocalStore(tmp_path / "repo"), role_keys)
