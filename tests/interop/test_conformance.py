"""The command line of the conformance protocol: what is asked for, what is kept, what is fetched, how it ends."""

import json
import subprocess

import pytest

from tests.interop.clients import ROOT, Client
from tests.interop.repository import TOP, Repository

FIRST = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"]
KEPT = {"root": 1, "snapshot": 1, "targets": 1, "timestamp": 1}


def test_init_asks_nothing_of_the_repository(client: Client, repository: Repository) -> None:
    assert client.trusted() == {"root": 1}
    assert repository.log == []


def test_a_refresh_asks_for_each_top_level_role_once(client: Client, repository: Repository) -> None:
    assert client.refresh() == 0
    assert repository.asked() == FIRST
    assert client.refresh() == 0
    assert repository.asked() == ["2.root.json", "timestamp.json"]


def test_metadata_is_kept_byte_for_byte_without_versions_in_its_names(client: Client, repository: Repository) -> None:
    repository.files["metadata/timestamp.json"] += b"\n \n"
    assert client.refresh() == 0
    for role in TOP:
        assert (client.metadata / f"{role}.json").read_bytes() == repository.files[repository.place(role)]


def test_a_repository_without_consistent_snapshots_is_read(fresh: Client, repository: Repository) -> None:
    repository.root.consistent_snapshot = False
    repository.publish("root", "targets", "snapshot", "timestamp")
    repository.files = {name: data for name, data in repository.files.items() if ".targets" not in name}
    assert fresh.init(repository.files["metadata/2.root.json"]) == 0
    assert fresh.refresh() == 0
    assert repository.asked() == ["3.root.json", "timestamp.json", "snapshot.json", "targets.json"]


@pytest.mark.parametrize("broken", ["unsigned", "no version", "another type", "no metadata"])
def test_with_a_broken_first_root_nothing_is_asked(fresh: Client, repository: Repository, broken: str) -> None:
    root = json.loads(repository.first_root)
    if broken == "unsigned":
        root["signatures"] = []
    elif broken == "no version":
        del root["signed"]["version"]
    elif broken == "another type":
        root["signed"]["_type"] = "targets"
    fresh.init(b"[]" if broken == "no metadata" else json.dumps(root).encode())
    assert fresh.refresh() == 1
    assert repository.log == []


def test_a_download_refreshes_first(client: Client, repository: Repository) -> None:
    assert client.download("what nobody offers") == 1
    assert repository.asked() == FIRST
    assert client.trusted() == KEPT
    repository.offer("news.txt", b"news")
    repository.publish()
    assert client.download("news.txt") == 0
    assert client.trusted()["targets"] == 2
    assert client.fetched() == [b"news"]


def test_targets_are_fetched_in_order_up_to_the_first_that_fails(client: Client, repository: Repository) -> None:
    for name in ("a", "b", "c"):
        repository.offer(name, name.encode())
    repository.publish()
    assert client.download("b", "a", "missing", "c") == 1
    assert [path.rpartition(".")[2] for path in repository.asked("targets/")] == ["b", "a"]
    assert client.fetched() == [b"a", b"b"]


def test_a_target_that_is_there_is_not_fetched_again(client: Client, repository: Repository) -> None:
    repository.offer("deep/er/file.txt", b"text")
    repository.publish()
    assert client.download("deep/er/file.txt") == 0
    repository.log.clear()
    assert client.download("deep/er/file.txt") == 0
    assert repository.asked("targets/") == []
    next(place for place in client.targets.rglob("*") if place.is_file()).write_bytes(b"tampered")
    assert client.download("deep/er/file.txt") == 0
    assert client.fetched() == [b"text"]


def test_a_target_that_changed_takes_the_place_of_the_old_one(client: Client, repository: Repository) -> None:
    for content in (b"one", b"two, longer"):
        repository.offer("file", content)
        repository.publish()
        assert client.download("file") == 0
        assert client.fetched() == [content]


@pytest.mark.parametrize("served", [b"other", b"longer than text", b"te"])
def test_a_target_with_other_bytes_is_not_kept(client: Client, repository: Repository, served: bytes) -> None:
    repository.offer("file", b"text.")
    repository.publish()
    repository.files = {name: served if "targets/" in name else data for name, data in repository.files.items()}
    assert client.download("file") == 1
    assert client.fetched() == []


@pytest.mark.parametrize("hashes", [["sha256"], ["sha512"], ["sha512", "sha256"]])
def test_sha256_and_sha512_bind_a_target(client: Client, repository: Repository, hashes: list[str]) -> None:
    repository.offer("file", b"text", hashes=hashes)
    repository.publish()
    assert client.download("file") == 0
    assert len(repository.asked("targets/")) == 1


def test_a_hash_that_nobody_knows_binds_nothing(client: Client, repository: Repository) -> None:
    repository.offer("file", b"text")
    hashes = repository.targets.targets["file"].hashes
    hashes["crc"] = hashes.pop("sha256")
    repository.publish()
    assert client.download("file") == 1
    assert client.fetched() == []


@pytest.mark.parametrize(("role", "rubbish"), [("timestamp", b""), ("snapshot", b"{}"), ("targets", b"\xff")])
def test_kept_metadata_that_broke_is_fetched_again(
    client: Client, repository: Repository, role: str, rubbish: bytes
) -> None:
    assert client.refresh() == 0
    (client.metadata / f"{role}.json").write_bytes(rubbish)
    assert client.refresh() == 0
    assert (client.metadata / f"{role}.json").read_bytes() == repository.files[repository.place(role)]


@pytest.mark.parametrize(
    "arguments",
    [[], ["sing"], ["--metadata-dir", "{}", "refresh"], ["--metadata-dir", "{}", "init"], ["--unknown", "refresh"]],
)
def test_a_wrong_call_ends_with_one(client: Client, arguments: list[str]) -> None:
    assert client.call(*(argument.format(client.metadata) for argument in arguments)) == 1


def test_another_program_calls_it_and_reads_one_line_on_failure(client: Client, repository: Repository) -> None:
    places = ["--metadata-dir", str(client.metadata), "--metadata-url", f"{client.url}/metadata/"]
    refresh = [*client.command, *places, "refresh"]
    assert subprocess.run(refresh, cwd=ROOT, check=False).returncode == 0
    repository.files["metadata/timestamp.json"] = b"{}"
    failed = subprocess.run(refresh, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert len(failed.stderr.splitlines()) == 1
    assert failed.stderr.startswith("conformance: ")


def test_nothing_listens_there(fresh: Client, repository: Repository) -> None:
    fresh.init(repository.first_root)
    fresh.url = "http://127.0.0.1:9"
    assert fresh.refresh() == 1
    assert fresh.trusted() == {"root": 1}
