import json
import random  # noqa: TID251 - a fixed seed, so that a failure comes again
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from h5bundle.commands import sign as signing
from h5bundle.errors import H5BundleError, ProposalError
from h5bundle.proposals import decode, encode, proposed, put
from tests.h5bundle.ceremony import Bank
from tests.h5bundle.conftest import TODAY

RUBBISH: list[Any] = [None, True, -1, 2**53 - 1, "", "x", "2026-01-01T00:00:00Z", [], [1], {}, {"a": 1}]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    made = Bank(tmp_path_factory.mktemp("bank") / "bank")
    made.found()
    made.release("1.0.0")
    return made


@pytest.fixture(scope="module")
def files(bank: Bank) -> dict[str, bytes]:
    """Give proposals of every shape: of the root and targets, of a bundle's keys, of a release, and the first one."""
    release = bank.file_of(bank.waiting("1.1.0", permissions="{app.info: 1}"))
    bank.sign(release, "dario")
    made = {"release": release.read_bytes(), "first": (bank.folder / "init.json").read_bytes()}
    incoming = bank.hire("fritz", "security")
    for role in ("targets", "app-wealth"):
        made[role] = bank.propose("keys", role, "--replace-all", "--add", incoming, "--threshold", "1").read_bytes()
    return made


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*path, name)
        yield from places(each, (*path, name))


def spoilt(data: bytes, chance: random.Random) -> bytes:
    """Give a proposal in which one value is another, is missing, or stands a second time."""
    fields = json.loads(data)
    *way, last = chance.choice(list(places(fields)))
    holder = fields
    for name in way:
        holder = holder[name]
    action = chance.choice(["other", "missing", "twice"])
    if action == "missing":
        del holder[last]
    elif action == "twice" and isinstance(holder, list):
        holder.append(holder[last])
    else:
        holder[last] = chance.choice(RUBBISH)
    return rfc8785.dumps(fields)


def read(data: bytes, trusted_root: bytes | None) -> signing.Reading | None:
    """Give what a signer reads, or None when it is refused in words; any other error is a fault."""
    try:
        return signing.read(data, trusted_root=trusted_root, now=TODAY)
    except H5BundleError:
        return None


@pytest.mark.parametrize("shape", ["release", "first", "targets", "app-wealth"])
def test_a_spoilt_proposal_is_refused_in_words_and_no_signature_outlives_what_it_signed(
    bank: Bank, files: dict[str, bytes], shape: str
) -> None:
    trusted = None if shape == "first" else bank.root().read_bytes()
    known = decode(files[shape])
    chance = random.Random(f"tide {shape}")
    refused = 0
    for _ in range(120):
        reading = read(spoilt(files[shape], chance), trusted)
        if reading is None:
            refused += 1
            continue
        for role, fields in reading.proposal.roles.items():
            assert fields["signatures"] == [] or fields["signed"] == known.roles[role]["signed"]
    assert refused > 60


@pytest.mark.parametrize("shape", ["release", "first", "targets", "app-wealth"])
def test_a_proposal_is_its_bytes_and_its_name_does_not_depend_on_signatures(
    files: dict[str, bytes], shape: str
) -> None:
    proposal = decode(files[shape])
    assert encode(proposal) == files[shape]
    for role in proposal.roles:
        metadata = proposed(proposal, role)
        metadata.signatures.clear()
        assert put(proposal, role, metadata).name == proposal.name


@pytest.mark.parametrize("cut", [1, 2, 3, 100])
def test_a_file_that_is_cut_off_is_no_proposal(files: dict[str, bytes], cut: int, tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes(files["release"][:-cut])
    with pytest.raises(H5BundleError, match="cannot be read"):
        decode((tmp_path / "cut").read_bytes())


def test_a_root_whose_lifetimes_are_none_is_refused(bank: Bank, files: dict[str, bytes]) -> None:
    for value in (None, [], {"lifetimes": 1}, {"lifetimes": {"root": "1"}}, {"lifetimes": {"root": -1}}, {"app": 0}):
        fields = json.loads(files["targets"])
        fields["roles"]["root"]["signed"]["x-tidegate-policy"] = value
        with pytest.raises(ProposalError, match="x-tidegate-policy"):
            signing.read(rfc8785.dumps(fields), trusted_root=bank.root().read_bytes(), now=TODAY)
