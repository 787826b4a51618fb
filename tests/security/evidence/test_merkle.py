"""Roots and proofs against published answers, against each other, and against a second implementation, the verifier."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from security.errors import EvidenceError
from security.evidence import verifier
from security.evidence.merkle import (
    EMPTY,
    Peaks,
    consistency_path,
    fold,
    inclusion_path,
    leaf_hash,
    peaks_of,
    root_by_inclusion,
    roots_by_consistency,
)
from tests.security.evidence.samples import FOLDER, HASHES, tree

PUBLISHED_ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
PUBLISHED_PATHS = {
    ("inclusion", 0, 8): ("96a296d2", "5f083f0a", "6b47aaf2"),
    ("inclusion", 5, 8): ("bc1a0643", "ca854ea1", "d37ee418"),
    ("inclusion", 2, 3): ("fac54203",),
    ("inclusion", 1, 5): ("6e340b9c", "5f083f0a", "bc1a0643"),
    ("consistency", 1, 8): ("96a296d2", "5f083f0a", "6b47aaf2"),
    ("consistency", 6, 8): ("0ebc5d34", "ca854ea1", "d37ee418"),
    ("consistency", 2, 5): ("5f083f0a", "bc1a0643"),
    ("consistency", 1, 1): (),
}
LEAVES = [leaf_hash(bytes([number])) for number in range(90)]
SIZES = st.integers(1, len(LEAVES))


def subtree(start: int, end: int) -> bytes:
    return fold(LEAVES[start:end])


def vectors() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "tree.json").read_bytes()))


def test_the_roots_are_those_that_certificate_transparency_publishes() -> None:
    assert list(PUBLISHED_ROOTS) == [fold(HASHES[:size]).hex() for size in range(1, 9)]
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("kind", "first", "size"), PUBLISHED_PATHS)
def test_the_paths_are_the_published_ones(kind: str, first: int, size: int) -> None:
    name = "index" if kind == "inclusion" else "old"
    (path,) = [case["path"] for case in vectors()[kind] if (case[name], case["size"]) == (first, size)]
    assert PUBLISHED_PATHS[kind, first, size] == tuple(node[:8] for node in path)


def test_the_vectors_are_what_the_code_makes() -> None:
    assert tree() == vectors()


@settings(deadline=None)
@given(SIZES)
def test_a_tree_that_grows_leaf_by_leaf_has_the_root_of_the_whole(size: int) -> None:
    grown = Peaks()
    for leaf in LEAVES[:size]:
        grown.append(leaf)
    assert subtree(0, size) == grown.root
    assert grown.peaks == peaks_of(size, subtree)
    assert verifier.fold_peaks(grown.peaks) == grown.root


def test_peaks_of_another_size_are_refused() -> None:
    with pytest.raises(EvidenceError, match="2 peaks do not make a tree of 4 leaves"):
        Peaks(4, LEAVES[:2])


@settings(deadline=None)
@given(SIZES, st.data())
def test_both_implementations_accept_every_proof(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(index=index, size=size, subtree=subtree)
    assert subtree(0, size) == root_by_inclusion(index=index, size=size, leaf=LEAVES[index], path=path)
    assert subtree(0, size) == verifier.root_of_path(index, size, LEAVES[index], path)
    old = index + 1
    proof = consistency_path(old=old, size=size, subtree=subtree)
    roots = (subtree(0, old), subtree(0, size))
    assert roots == roots_by_consistency(old=old, size=size, old_root=roots[0], path=proof)
    assert roots == verifier.roots_of_consistency(old, size, roots[0], proof)
    assert len(path) <= (size - 1).bit_length()
    assert len(proof) <= (size - 1).bit_length() + 1


def twisted(path: list[bytes], data: st.DataObject) -> list[bytes]:
    """Give a path that is longer, shorter, in another order, or has one bit flipped."""
    kinds = ["longer"] + (["shorter", "flipped"] if path else []) + (["swapped"] if len(path) > 1 else [])
    kind, at = data.draw(st.sampled_from(kinds)), data.draw(st.integers(0, max(0, len(path) - 1)))
    if kind == "longer":
        return [*path[:at], LEAVES[0], *path[at:]]
    if kind == "shorter":
        return [*path[:at], *path[at + 1 :]]
    if kind == "swapped":
        at = max(1, at)
        return [*path[: at - 1], path[at], path[at - 1], *path[at + 1 :]]
    bit = data.draw(st.integers(0, 255))
    return [*path[:at], (int.from_bytes(path[at]) ^ 1 << bit).to_bytes(32), *path[at + 1 :]]


def told(work: Any, *arguments: Any, **named: Any) -> object:
    try:
        return work(*arguments, **named)
    except (EvidenceError, verifier.BrokenError):
        return None


@settings(deadline=None)
@given(SIZES, st.data())
def test_no_twisted_path_leads_to_the_root(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaf, root = LEAVES[index], subtree(0, size)
    path = twisted(inclusion_path(index=index, size=size, subtree=subtree), data)
    assert told(root_by_inclusion, index=index, size=size, leaf=leaf, path=path) != root
    assert told(verifier.root_of_path, index, size, leaf, path) != root
    old = index + 1
    roots = (subtree(0, old), root)
    proof = twisted(consistency_path(old=old, size=size, subtree=subtree), data)
    assert told(roots_by_consistency, old=old, size=size, old_root=roots[0], path=proof) != roots
    assert told(verifier.roots_of_consistency, old, size, roots[0], proof) != roots


@settings(deadline=None)
@given(SIZES, SIZES, st.data())
def test_no_leaf_leads_to_the_root_from_another_place(size: int, other: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(index=index, size=size, subtree=subtree)
    if other - 1 != index:
        assert told(root_by_inclusion, index=other - 1, size=size, leaf=LEAVES[index], path=path) != subtree(0, size)
        assert told(verifier.root_of_path, other - 1, size, LEAVES[index], path) != subtree(0, size)


@pytest.mark.parametrize(("old", "size"), [(0, 3), (4, 3), (-1, 3), (0, 0)])
def test_sizes_in_the_wrong_order_have_no_proof(old: int, size: int) -> None:
    assert consistency_path(old=old, size=size, subtree=subtree) == []
    with pytest.raises(EvidenceError):
        roots_by_consistency(old=old, size=size, old_root=LEAVES[0], path=[])
    with pytest.raises(verifier.BrokenError):
        verifier.roots_of_consistency(old, size, LEAVES[0], [])


def test_a_node_is_never_a_leaf() -> None:
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != fold(LEAVES[:2])
