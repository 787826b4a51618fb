"""Who is asked for a target, in which order, and how roles with strange names are kept, by both clients."""

import hashlib
from pathlib import Path
from urllib.parse import quote

import pytest
from tuf.api.metadata import DelegatedRole, Delegations, SuccinctRoles, Targets

from tests.interop.clients import Client
from tests.interop.repository import LATER, PAST, Repository

ANY = ("*",)
ORDERS: dict[str, tuple[list[tuple[str, str, bool, tuple[str, ...]]], list[str]]] = {
    "one": ([("targets", "A", False, ANY)], ["A"]),
    "two, as they stand": ([("targets", "B", False, ANY), ("targets", "A", False, ANY)], ["B", "A"]),
    "deep before wide": (
        [("targets", "A", False, ANY), ("targets", "B", False, ANY), ("A", "C", False, ANY), ("C", "D", False, ANY)],
        ["A", "C", "D", "B"],
    ),
    "a terminating role ends the search": (
        [("targets", "A", False, ANY), ("targets", "B", False, ANY), ("A", "C", True, ANY), ("A", "D", False, ANY)],
        ["A", "C"],
    ),
    "but not below itself": (
        [("targets", "A", True, ANY), ("targets", "B", False, ANY), ("A", "C", False, ANY)],
        ["A", "C"],
    ),
    "only who may speak of the path": (
        [("targets", "A", True, ("*.txt",)), ("targets", "B", False, ("*/*",)), ("targets", "C", False, ("file.*",))],
        ["C"],
    ),
    "nobody twice": ([("targets", "A", False, ANY), ("A", "B", False, ANY), ("B", "A", False, ANY)], ["A", "B"]),
    "by the first way": (
        [("targets", "A", False, ANY), ("targets", "B", False, ANY), ("A", "C", False, ANY), ("B", "C", False, ANY)],
        ["A", "C", "B"],
    ),
}


@pytest.mark.parametrize(("graph", "order"), ORDERS.values(), ids=ORDERS)
def test_roles_are_asked_in_order(
    client: Client, repository: Repository, graph: list[tuple[str, str, bool, tuple[str, ...]]], order: list[str]
) -> None:
    for to, name, terminating, paths in graph:
        repository.delegate(DelegatedRole(name, [], 1, terminating=terminating, paths=list(paths)), to)
    roles = dict.fromkeys(name for _, name, _, _ in graph)
    repository.publish(*roles, "targets", "snapshot", "timestamp")
    assert client.download("file.bin") == 1
    assert repository.asked()[4:] == [f"2.{role}.json" for role in order]


def test_a_target_is_found_where_the_whole_chain_allows_it(client: Client, repository: Repository) -> None:
    repository.delegate(DelegatedRole("all", [], 1, terminating=False, paths=["apps/*/*"]))
    repository.delegate(DelegatedRole("one", [], 1, terminating=False, paths=["apps/one/*", "other/*"]), "all")
    repository.offer("apps/one/x", b"allowed", "one")
    repository.offer("other/x", b"not by all", "one")
    repository.offer("apps/two/x", b"not by one", "one")
    repository.publish("one", "all", "targets", "snapshot", "timestamp")
    assert client.download("apps/one/x") == 0
    assert [client.download(path) for path in ("other/x", "apps/two/x")] == [1, 1]
    assert client.fetched() == [b"allowed"]


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("?.bin", "a.bin", True),
        ("?.bin", "ab.bin", False),
        ("[a-c].bin", "b.bin", True),
        ("[!a-c].bin", "b.bin", False),
        ("a*", "a/b", False),
        ("*/*", "a/b", True),
        ("A.bin", "a.bin", False),
        ("a+b.bin", "a+b.bin", True),
    ],
)
def test_patterns_are_the_shells_per_segment(
    client: Client,
    repository: Repository,
    pattern: str,
    path: str,
    matches: bool,  # noqa: FBT001 - a table
) -> None:
    repository.delegate(DelegatedRole("A", [], 1, terminating=False, paths=[pattern]))
    repository.offer(path, b"x", "A")
    repository.publish("A", "targets", "snapshot", "timestamp")
    assert client.download(path) == (0 if matches else 1)


def test_hash_prefixes_delegate(client: Client, repository: Repository) -> None:
    path = "deep/file.bin"
    first = hashlib.sha256(path.encode()).hexdigest()[0]
    for name, prefixes in (("other", sorted(set("0123456789abcdef") - {first})), ("own", [first])):
        repository.delegate(DelegatedRole(name, [], 1, terminating=False, path_hash_prefixes=prefixes))
        repository.offer(path, name.encode(), name)
    repository.publish("other", "own", "targets", "snapshot", "timestamp")
    assert client.download(path) == 0
    assert client.fetched() == [b"own"]


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_a_hash_bin_answers_for_its_paths(client: Client, repository: Repository, bits: int) -> None:
    bins = SuccinctRoles([], 1, bits, "bin")
    repository.targets.delegations = Delegations(keys={}, succinct_roles=bins)
    signer = repository.signers["targets"][0]
    repository.targets.add_key(signer.public_key)
    path = "deep/file.bin"
    role = bins.get_role_for_target(path)
    repository.signed[role], repository.signers[role] = Targets(expires=LATER), [signer]
    repository.offer(path, b"binned", role)
    repository.publish(role, "targets", "snapshot", "timestamp")
    assert client.download(path) == 0
    assert repository.asked()[4:5] == [f"2.{role}.json"]


@pytest.mark.parametrize("role", ["?", "#", "/abs", "../up", "..", "a b%2f", "角色", "root.json", "snapshot/x"])
def test_a_role_of_any_name_is_asked_for_and_kept_inside_the_folder(
    client: Client, repository: Repository, tmp_path: Path, role: str
) -> None:
    before = {place for place in tmp_path.rglob("*") if client.metadata not in place.parents}
    repository.delegate(DelegatedRole(role, [], 1, terminating=False, paths=["*"]))
    repository.publish(role, "targets", "snapshot", "timestamp")
    assert client.download("nothing") == 1
    assert f"2.{quote(role, '')}.json" in repository.asked()
    assert len(client.trusted()) == 5
    assert (client.metadata / f"{quote(role, '')}.json").is_file()
    assert {place for place in tmp_path.rglob("*") if client.metadata not in place.parents} == before


def test_a_delegated_role_that_expired_offers_nothing(client: Client, repository: Repository) -> None:
    content = repository.delegate(DelegatedRole("A", [], 1, terminating=False, paths=["*"]))
    repository.offer("old", b"old", "A")
    repository.publish("A", "targets", "snapshot", "timestamp")
    assert client.download("old") == 0
    repository.offer("new", b"new", "A")
    content.expires = PAST
    repository.publish("A", "snapshot", "timestamp")
    assert client.refresh() == 0
    assert client.download("new") == 1
    assert client.trusted()["A"] == 2
    content.expires = LATER
    repository.publish("A", "snapshot", "timestamp")
    assert client.download("new") == 0


def test_keys_of_one_delegation_do_not_sign_another(client: Client, repository: Repository) -> None:
    for name in ("A", "B"):
        repository.delegate(DelegatedRole(name, [], 1, terminating=False, paths=[f"{name}/*"]))
    repository.offer("B/x", b"x", "B")
    repository.signers["B"] = repository.signers["A"]
    repository.publish("A", "B", "targets", "snapshot", "timestamp")
    assert client.download("B/x") == 1


def test_more_roles_than_the_limit_are_not_asked(client: Client, repository: Repository) -> None:
    names = [f"r{index}" for index in range(40)]
    for name in names:
        repository.delegate(DelegatedRole(name, [], 1, terminating=False, paths=["*"]))
    repository.offer("last", b"x", names[-1])
    repository.publish(*names, "targets", "snapshot", "timestamp")
    assert client.download("last") == 1
    assert len(repository.asked()) < 4 + len(names)
