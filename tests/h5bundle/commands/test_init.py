import json
from pathlib import Path

import pytest

from h5bundle.cli import main
from tests.h5bundle.ceremony import Bank, run

ROLES = """\
root: {threshold: 2, keys: [anna.json, boris.json, clara.json]}
targets: {threshold: 1, keys: [anna.json]}
online: {keys: [online.json]}
rollout: {keys: [rollout.json]}
app: {threshold: 2}
bundles: {wealth: {threshold: 2, keys: [anna.json, dario.json]}}
"""


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return Bank(tmp_path / "bank")


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("threshold: 2, keys: [anna.json, b", "threshold: 4, keys: [anna.json, b", 1, "4 of 3 keys cannot sign"),
        ("clara.json]", "anna.json]", 1, "a key stands twice"),
        ("clara.json]", "nobody.json]", 1, "nobody.json, which"),
        ("clara.json]", "../bank/pass]", 3, "is no public key"),
        ("rollout.json", "online.json", 1, "rollout and snapshot share a key"),
        ("online: {keys: [online.json]}", "online: {keys: [clara.json]}", 1, "a key of root is an online key too"),
        ("[anna.json, dario.json]", "[dario.json, elena.json]", 1, "no key of the security team"),
        ("wealth:", "Wealth:", 1, "is no bundle's id"),
        ("app: {threshold: 2}", "app: {threshold: 2}\nextra: 1", 1, "unknown field `extra`"),
        ("app: {threshold: 2}", "app: {threshold: 2}\nlifetimes: {root: 0}", 1, "no lifetime in days"),
        ("app: {threshold: 2}", "app: {threshold: 2}\nlifetimes: {ruth: 9}", 1, "no lifetime in days"),
        ("app: {threshold: 2}", "app: {threshold: 2}\napp: {threshold: 1}", 1, "stands twice"),
    ],
)
def test_a_file_of_roles_that_cannot_be_is_refused(bank: Bank, old: str, new: str, code: int, words: str) -> None:
    assert old in ROLES
    file = bank.folder / "roles.yaml"
    file.write_text(ROLES.replace(old, new, 1), encoding="utf-8")
    out = ("--out", str(bank.folder / "init.json"))
    refused = run("init", str(file), *bank.repository, "--by", "anna", "--why", "x", *out)
    assert (refused.exit_code, words in refused.stderr) == (code, True), refused.stderr
    assert not (bank.folder / "init.json").exists()


def test_the_first_proposal_shows_every_key_with_its_whole_id(bank: Bank) -> None:
    file = bank.folder / "roles.yaml"
    file.write_text(ROLES, encoding="utf-8")
    out = bank.folder / "init.json"
    made = run("init", str(file), *bank.repository, "--by", "anna", "--why", "x", "--out", str(out))
    assert made.exit_code == 0
    for name, role in (("boris", "root"), ("dario", "app-wealth"), ("anna", "targets")):
        assert any(
            line.strip().startswith(f"{role}: + key") and bank.keyid(name) in line for line in made.output.splitlines()
        )
    assert "root: threshold 2 of 3 keys" in made.output
    assert bank.promote(out).exit_code == 4
    assert run("status", *bank.repository).exit_code == 4


def test_a_repository_is_not_made_over_another(bank: Bank) -> None:
    bank.found()
    again = run("init", str(bank.folder / "roles.yaml"), *bank.repository, "--by", "anna", "--why", "x")
    assert (again.exit_code, "already" in again.stderr) == (4, True)


def test_a_person_makes_a_key_and_its_public_half(bank: Bank) -> None:
    key, public = bank.folder / "own.pem", bank.folder / "own.json"
    made = json.loads(run("new-key", str(key), *bank.secret, "--json").stdout)
    team = ("--team", "security", "--holder", "fritz")
    shown = json.loads(run("public-key", f"file:{key}", *team, "--out", str(public), *bank.secret, "--json").stdout)
    assert made["key"] == shown["key"] == json.loads(public.read_bytes())["keyid"]
    assert run("new-key", str(key), *bank.secret).exit_code == 3
    bad = run("public-key", f"file:{key}", "--holder", "a, security", "--out", str(public), *bank.secret)
    assert (bad.exit_code, "holder that is no name" in bad.stderr) == (3, True)


def test_every_kind_of_proposal_shows_an_example() -> None:
    group = main.commands["propose"]
    for name in sorted(getattr(group, "commands", {})):
        shown = run("propose", name, "--help")
        assert (shown.exit_code, f"Example: h5bundle propose {name}" in shown.output) == (0, True)
