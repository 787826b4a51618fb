"""The commands of four eyes, with operators' keys in files."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from bff.bundles import signers
from bff.bundles.signers import Role
from bff.custody.cli import COMMANDS, DESK, CustodyDesk
from bff.db.engine import transaction
from bff.house import moving
from h5bundle.keys import write_key
from security.jwk import jwk_of
from security.suites import ES256
from tests.bff.custody.conftest import NOW, Room

WORDS = b"an operator's words"


@contextmanager
def group(room: Room) -> Iterator[click.Group]:
    ids = iter(range(100))

    def enter(ctx: click.Context) -> None:
        ctx.meta[DESK] = CustodyDesk(
            open=lambda: room.custody,
            moving=lambda: moving(room.engine, room.store, lambda count: b"\1" * count, lambda: None),
            clock=lambda: NOW,
            new_id=lambda prefix: f"{prefix}_{next(ids)}",
        )

    made = click.Group("keys", callback=click.pass_context(enter))
    for command in COMMANDS:
        made.add_command(command)
    yield made


def operator(room: Room, folder: Path, person: str) -> tuple[str, ...]:
    """Register a person with a key file; give the options that name it."""
    private = ES256.generate()
    write_key(folder / f"{person}.pem", WORDS, new_key=lambda: private)
    (folder / "words").write_bytes(WORDS + b"\n")
    about = {"role": Role.SECURITY, "person": person, "team": "security", "bundles": (), "by": "chen.yu", "now": NOW}
    with transaction(room.engine) as session:
        signers.add(session, public=jwk_of(private.public_key()), **about)  # type: ignore[arg-type]  # as named
    return "--key", f"file:{folder / person}.pem", "--passphrase-file", str(folder / "words")


def run(room: Room, *words: str) -> Result:
    with group(room) as commands:
        return CliRunner().invoke(commands, list(words))


@pytest.fixture
def people(room: Room, tmp_path: Path) -> dict[str, tuple[str, ...]]:
    return {person: operator(room, tmp_path, person) for person in ("anna", "boris")}


def test_one_asks_and_another_approves(room: Room, people: dict[str, tuple[str, ...]]) -> None:
    old = room.store.active("access-token").kid
    asked = run(room, "request", "revoke", old, *people["anna"], "--reason", "stolen", "--json")
    said = json.loads(asked.output)
    assert (said["state"], said["asked"], said["subject"], said["before"]) == ("WAITING", "anna", old, "ACTIVE")
    own = run(room, "approve", said["id"], *people["anna"])
    assert (type(own.exception).__name__, room.store.active("access-token").kid) == ("OperatorError", old)
    done = json.loads(run(room, "approve", said["id"], *people["boris"], "--json").stdout)
    assert (done["state"], done["decided"], done["outcome"]) == ("PERFORMED", "boris", f"{old} REVOKED")
    assert f"{said['id']} PERFORMED until 2026-11-24 08:00 anna and boris  revoke {old}" in run(room, "requests").output


def test_a_change_that_cannot_be_made_ends_with_one(room: Room, people: dict[str, tuple[str, ...]]) -> None:
    said = json.loads(run(room, "request", "rotate", "access-token", *people["anna"], "--reason", "x", "--json").output)
    room.store.rotate("access-token", NOW)
    done = run(room, "approve", said["id"], *people["boris"])
    assert (done.exit_code, "FAILED" in done.stdout, "KEY_CHANGED" in done.stdout) == (1, True, True)


def test_a_request_is_rejected(room: Room, people: dict[str, tuple[str, ...]]) -> None:
    said = json.loads(run(room, "request", "stage", "access-token", *people["anna"], "--reason", "x", "--json").output)
    done = run(room, "reject", said["id"], *people["boris"])
    assert (done.exit_code, "REJECTED" in done.stdout, len(room.store.records())) == (0, True, 1)


def test_nothing_was_asked_for_and_nothing_is_sealed(room: Room) -> None:
    for purpose in ("sealing-kek", "blind-index"):
        room.store.generate(purpose, NOW)
    assert run(room, "requests").output == "nobody has asked for a change of a key\n"
    assert run(room, "rewrap").output == "0 values and hashes moved, 0 do not open\n"
