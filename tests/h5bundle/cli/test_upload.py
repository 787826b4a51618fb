"""The command line of remote publishing, as far as it goes without a server."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from h5bundle.cli import main
from h5bundle.cli.own_keys import OwnKey
from h5bundle.errors import RoleKeyError
from security.jwk import jwk_of, parse_jwk
from security.keys.files import load_private
from tests.h5bundle.conftest import Yard, declaration, package
from tests.services import free_port

PLAIN = {"permissions": "{}", "ops": "[]"}


def tool(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(main, words, input=answer, env={"KEY_PASS": "tide", "H5BUNDLE_SERVER": None})


@pytest.fixture
def key(tmp_path: Path) -> Path:
    place = tmp_path / "dev.pem"
    assert tool("keygen", str(place), "--passphrase-env", "KEY_PASS").exit_code == 0
    return place


def test_a_key_is_made_once_encrypted_and_for_its_owner_only(tmp_path: Path) -> None:
    place = tmp_path / "dev.pem"
    made = json.loads(tool("keygen", str(place), "--passphrase-env", "KEY_PASS", "--json").output)
    opened = load_private(place.read_bytes(), b"tide")
    public = jwk_of(opened.public_key())
    assert (parse_jwk(made["jwk"]), made["jkt"]) == (public, public.thumbprint)
    assert load_pem_public_key(Path(made["public"]).read_bytes()) == opened.public_key()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    again = tool("keygen", str(place), "--passphrase-env", "KEY_PASS")
    assert (again.exit_code, "exists already" in again.stderr) == (1, True)
    assert load_private(place.read_bytes(), b"tide").public_key() == opened.public_key()


def test_a_key_of_keygen_signs_as_its_owners_own_key(key: Path, tmp_path: Path) -> None:
    words, wrong = tmp_path / "words", tmp_path / "wrong"
    words.write_bytes(b"tide\n")
    wrong.write_bytes(b"ebb\n")
    own = OwnKey.open(f"file:{key}", words)
    public = jwk_of(load_private(key.read_bytes(), b"tide").public_key())
    assert own.jkt == public.thumbprint
    public.verify(b"M", own.sign(b"M"))
    with pytest.raises(RoleKeyError, match="does not open"):
        OwnKey.open(f"file:{key}", wrong)


def test_the_passphrase_is_asked_for_twice_when_none_is_given(tmp_path: Path) -> None:
    place = tmp_path / "dev.pem"
    assert tool("keygen", str(place), answer="tide\nebb\ntide\ntide\n").exit_code == 0
    assert load_private(place.read_bytes(), b"tide")


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--passphrase-env", "KEY_NONE"], 1, "the variable KEY_NONE is not set"),
        (["--to", "http://app.bank.example"], 1, "no server's address"),
        (["--to", "https://app.bank.example/path"], 1, "no server's address"),
        (["--to", "file:///etc"], 1, "no server's address"),
        (["--key", "none.pem"], 3, "none.pem cannot be read"),
    ],
)
def test_a_wrong_call_is_one_line_with_its_remedy(key: Path, options: list[str], status: int, said: str) -> None:
    right = ["--to", "http://localhost:1", "--key", str(key), "--passphrase-env", "KEY_PASS"]
    done = tool("uploads", "list", *right, *options)
    assert (done.exit_code, done.stderr.count("\n"), said in done.stderr, " — " in done.stderr) == (
        status,
        1,
        True,
        True,
    )


def test_a_wrong_passphrase_ends_with_three(key: Path, tmp_path: Path) -> None:
    (tmp_path / "pass").write_text("ebb\n")
    where = ["--to", "http://localhost:1", "--key", str(key), "--passphrase-file", str(tmp_path / "pass")]
    done = tool("uploads", "list", *where)
    assert (done.exit_code, "the passphrase is wrong" in done.stderr) == (3, True)


def test_a_server_that_is_away_ends_with_four_and_says_how_to_go_on(
    key: Path, project: Callable[..., Path], tmp_path: Path
) -> None:
    folder = str(project(declaration(**PLAIN), {"dist/index.html": "<!doctype html>"}))
    where = ["--to", f"http://localhost:{free_port()}", "--key", str(key), "--passphrase-env", "KEY_PASS"]
    done = tool("upload", folder, *where, "-r", str(tmp_path / "repo"), "--attempts", "1")
    assert (done.exit_code, "Call again to go on" in done.stderr) == (4, True)


def test_what_the_server_would_refuse_never_leaves_the_house(key: Path, project: Callable[..., Path]) -> None:
    folder = str(project(declaration(**PLAIN), {"dist/index.html": "<script>x</script>"}))
    where = ["--to", f"http://localhost:{free_port()}", "--key", str(key), "--passphrase-env", "KEY_PASS"]
    done = tool("upload", folder, *where)
    assert (done.exit_code, "INLINE_SCRIPT" in done.stderr, "CHECK_FAILED" in done.stderr) == (1, True, True)


def test_a_zip_is_published_with_the_declaration_that_it_was_packed_with(yard: Yard, tmp_path: Path) -> None:
    made = package(version="1.0.1", **PLAIN)
    yard.publish(package(**PLAIN))
    (tmp_path / "wealth.zip").write_bytes(made.archive)
    (tmp_path / "wealth.yaml").write_text(declaration(version="1.0.1", **PLAIN))
    (tmp_path / "other.yaml").write_text(declaration(version="1.0.2", **PLAIN))
    (tmp_path / "pass").write_text("tide")
    keys = ["--keys", str(yard.keys.folder), "--passphrase-file", str(tmp_path / "pass")]
    where = ["--package", str(tmp_path / "wealth.zip"), "-r", str(yard.store.folder), *keys]
    other = tool("publish", *where, "--declaration", str(tmp_path / "other.yaml"))
    assert (other.exit_code, "does not make the manifest of wealth@1.0.1: version differs" in other.stderr) == (1, True)
    done = tool("publish", *where, "--declaration", str(tmp_path / "wealth.yaml"), "--json")
    assert (done.exit_code, json.loads(done.output)["digest"]) == (0, made.digest), done.stderr
    assert json.loads(tool("publish", *where, "--json").output)["digest"] == made.digest
