import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Engine, select

from bff.audit.models import EvidenceEntry
from bff.bundles import signers
from bff.bundles.signers import Role
from bff.bundles.signers_cli import SignerDesk, signers_group
from bff.bundles.upload_errors import SignerUnknownError
from bff.db.engine import transaction
from bff.errors import ConflictError, RequestInvalidError
from security.jwk import PublicJwk, jwk_of
from security.suites import ES256, SM2_SM3
from tests.h5bundle.conftest import LATER, NOW

KEY = ES256.generate()
PUBLIC = jwk_of(KEY.public_key())


def add(engine: Engine, public: PublicJwk = PUBLIC, **changes: object) -> signers.Signer:
    right = {"role": Role.DEVELOPER, "person": "li.na", "team": "travel", "bundles": ("travel",), "by": "chen.yu"}
    with transaction(engine) as session:
        return signers.add(session, public=public, now=NOW, **{**right, **changes})


def test_adding_and_revoking_go_into_the_evidence_with_who_and_why(engine: Engine) -> None:
    add(engine)
    with transaction(engine) as session:
        signers.revoke(session, PUBLIC.thumbprint, by="wang.fang", reason="the laptop was lost", now=LATER)
        signers.revoke(session, PUBLIC.thumbprint, by="he.jing", reason="again", now=LATER + timedelta(hours=1))
    with transaction(engine, writing=False) as session:
        found = signers.find(session, PUBLIC.thumbprint)
        entries = session.scalars(select(EvidenceEntry).order_by(EvidenceEntry.seq)).all()
    assert found is not None
    assert (found.state, found.reason, found.public) == ("REVOKED", "the laptop was lost", PUBLIC)
    assert [(entry.kind, json.loads(entry.body)["by"]) for entry in entries] == [
        ("release.signer_added", "chen.yu"),
        ("release.signer_revoked", "wang.fang"),
    ]


def test_a_revoked_key_never_comes_back(engine: Engine) -> None:
    add(engine)
    with transaction(engine) as session:
        signers.revoke(session, PUBLIC.thumbprint, by="chen.yu", reason="leaked", now=NOW)
    with pytest.raises(ConflictError):
        add(engine)


@pytest.mark.parametrize(
    "wrong",
    [
        {"person": "李娜"},
        {"person": "Li.Na"},
        {"team": ""},
        {"by": "x"},
        {"bundles": ()},
        {"bundles": ("*",)},
        {"role": Role.SECURITY},
    ],
)
def test_a_registration_that_names_nobody_is_refused(engine: Engine, wrong: dict[str, object]) -> None:
    with pytest.raises(RequestInvalidError):
        add(engine, **wrong)


def test_of_eight_who_register_one_key_one_does(engine: Engine) -> None:
    done: list[str] = []

    def go(number: int) -> None:
        try:
            done.append(add(engine, person=f"person{number}").person)
        except ConflictError:
            done.append("")

    threads = [threading.Thread(target=go, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len([name for name in done if name])) == (8, 1)


def test_an_unknown_key_cannot_be_revoked(engine: Engine) -> None:
    with transaction(engine) as session, pytest.raises(SignerUnknownError):
        signers.revoke(session, "x" * 43, by="chen.yu", reason="leaked", now=NOW)


@pytest.fixture
def tool(engine: Engine) -> Callable[..., Result]:
    root = click.Group("tidegate")
    root.add_command(signers_group(SignerDesk(lambda: engine, lambda: NOW)))
    return lambda *words: CliRunner().invoke(root, ["signers", *words])


def test_keys_are_registered_from_pem_and_jwk_listed_and_revoked(tool: Callable[..., Result], tmp_path: Path) -> None:
    pem, jwk = tmp_path / "dev.pub", tmp_path / "dev.jwk"
    pem.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    other = jwk_of(ES256.generate().public_key())
    jwk.write_text(json.dumps(other.as_dict()))
    who = ["--person", "li.na", "--team", "travel", "--by", "chen.yu"]
    assert tool("list").output.startswith("no keys are registered")
    assert tool("add", str(pem), "--role", "developer", "--bundle", "travel", *who).exit_code == 0
    assert tool("add", str(jwk), "--role", "security", *who).exit_code == 0
    listed = json.loads(tool("list", "--json").output)
    assert {item["jkt"]: item["role"] for item in listed} == {
        PUBLIC.thumbprint: "developer",
        other.thumbprint: "security",
    }
    revoked = tool("revoke", PUBLIC.thumbprint, "--by", "chen.yu", "--reason", "leaked")
    assert revoked.output == f"{PUBLIC.thumbprint} REVOKED; 0 uploads withdrawn\n"
    assert [item["state"] for item in json.loads(tool("list", "--json").output)] == ["REVOKED", "ACTIVE"]


def test_a_key_of_another_suite_is_no_release_signer(tool: Callable[..., Result], tmp_path: Path) -> None:
    pytest.importorskip("tongsuopy", reason="needs the extra `sm`")
    jwk = tmp_path / "sm2.jwk"
    jwk.write_text(json.dumps(jwk_of(SM2_SM3.generate().public_key()).as_dict()))
    who = ("--person", "li.na", "--team", "travel", "--by", "chen.yu")
    refused = tool("add", str(jwk), "--role", "security", *who)
    assert (refused.exit_code != 0, "SM2-SM3 key" in f"{refused.output}{refused.exception}") == (True, True)
    assert tool("list").output.startswith("no keys are registered")
