import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.clients import Client, Node
from tests.interop.repository import Repository
from tests.serving import LoopbackServer


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node is not installed: the JavaScript client runs in the browser's tests only")
    return found


@pytest.fixture(scope="session")
def standing(node: str) -> Iterator[Node]:
    running = Node(node)
    yield running
    running.close()


@pytest.fixture
def repository() -> Repository:
    return Repository()


@pytest.fixture
def server(repository: Repository) -> Iterator[LoopbackServer]:
    with repository.serve() as running:
        yield running


@pytest.fixture(params=["python", "javascript"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path, server: LoopbackServer) -> Client:
    """Give a client that trusts nothing yet."""
    node = request.getfixturevalue("standing") if request.param == "javascript" else None
    return Client(request.param, node, tmp_path, f"http://127.0.0.1:{server.server_port}")


@pytest.fixture
def client(fresh: Client, repository: Repository) -> Client:
    """Give a client that trusts the repository's first root."""
    assert fresh.init(repository.first_root) == 0
    return fresh
