import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from pkcs11 import exceptions

from h5bundle import hsm
from h5bundle.errors import RoleKeyError
from h5bundle.hsm import open_hsm, parse_hsm
from h5bundle.keys import KeyFolder, write_public
from tests.h5bundle.ceremony import Bank, run
from tests.softhsm import MODULE, PIN, soft_token

pytestmark = pytest.mark.skipif(not Path(MODULE).exists(), reason="needs SoftHSM")


def uri(name: str = "anna", label: str = "release") -> str:
    return f"hsm:token={label};object={name}?module-path={MODULE}"


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the folder of a token ``release`` with P-256 keys anna and boris, two keys twins, and a P-384 key."""
    curves = [(name, "secp256r1") for name in ("anna", "boris", "twin", "twin")]
    with soft_token(tmp_path_factory.mktemp("hsm"), "release", [*curves, ("big", "secp384r1")]) as folder:
        yield folder


@pytest.fixture(autouse=True)
def logged_out() -> None:
    for session in hsm.sessions().opened.values():
        session.close()
    hsm.sessions().opened.clear()
    hsm.sessions().refused.clear()


@pytest.mark.usefixtures("token")
def test_a_signature_of_the_token_is_what_tuf_wants() -> None:
    signer = open_hsm(uri(), PIN)
    signature = signer.sign(b"tide")
    signer.public_key.verify_signature(signature, b"tide")
    assert min(decode_dss_signature(bytes.fromhex(signature.signature))) > 0
    assert (signer.public_key.scheme, signature.keyid) == ("ecdsa-sha2-nistp256", signer.public_key.keyid)


@pytest.mark.usefixtures("token")
def test_sixteen_threads_at_once_give_only_valid_signatures_in_one_session() -> None:
    signers = [open_hsm(uri(name), PIN) for name in ("anna", "boris")]
    payloads = [f"payload {number}".encode() for number in range(320)]

    def work(number: int) -> None:
        signer = signers[number % 2]
        signer.public_key.verify_signature(signer.sign(payloads[number]), payloads[number])

    with ThreadPoolExecutor(16) as pool:
        assert len(list(pool.map(work, range(len(payloads))))) == 320
    assert len(hsm.sessions().opened) == 1


def in_a_child(work: Callable[[], object]) -> str:
    """Do something in a forked child, and give what it has to say."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = str(work())
        except BaseException as error:  # noqa: BLE001 - a child of a test must never go on with the tests
            said = repr(error)
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said


@pytest.mark.usefixtures("token")
def test_a_forked_child_signs_in_a_session_of_its_own() -> None:
    signer = open_hsm(uri(), PIN)
    parents = hsm.sessions()
    handle = next(iter(parents.opened.values()))

    def work() -> object:
        signature = signer.sign(b"child")
        signer.public_key.verify_signature(signature, b"child")
        own = hsm.sessions()
        return own is not parents and list(own.opened) == list(parents.opened) and handle not in own.opened.values()

    assert [in_a_child(work) for _ in range(2)] == ["True", "True"]
    assert next(iter(hsm.sessions().opened.values())) is handle
    signer.public_key.verify_signature(signer.sign(b"parent"), b"parent")


@pytest.mark.usefixtures("token")
def test_a_child_that_is_forked_while_another_thread_signs_does_not_wait_for_it() -> None:
    signer, held, done = open_hsm(uri(), PIN), threading.Event(), threading.Event()

    def hold() -> None:
        with hsm.sessions().lock:
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(20)
    said = in_a_child(lambda: len(bytes.fromhex(signer.sign(b"x").signature)) > 60)
    done.set()
    thread.join(20)
    assert said == "True"


@pytest.mark.usefixtures("token")
def test_a_child_knows_which_pin_was_refused_and_opens_keys_anew() -> None:
    with pytest.raises(RoleKeyError, match="PIN"):
        open_hsm(uri(), b"0000")
    open_hsm(uri(), PIN)
    assert "was not tried again" in in_a_child(lambda: refusal(b"0000"))
    assert in_a_child(lambda: open_hsm(uri("boris"), PIN).public_key.keytype) == "ecdsa"


def refusal(pin: bytes) -> str:
    hsm.sessions().opened.clear()
    try:
        open_hsm(uri(), pin)
    except RoleKeyError as error:
        return error.remedy
    return "opened"


@pytest.mark.usefixtures("token")
def test_threads_that_open_the_token_at_once_share_the_session() -> None:
    with ThreadPoolExecutor(16) as pool:
        signers = list(pool.map(lambda _: open_hsm(uri(), PIN), range(16)))
    assert len({signer.public_key.keyid for signer in signers}) == 1
    assert len(hsm.sessions().opened) == 1


@pytest.mark.parametrize(
    ("where", "pin", "words"),
    [
        (uri(), b"0000", "the PIN of the token release is wrong"),
        (uri(label="nowhere"), PIN, "the token nowhere is not there"),
        (uri("nobody"), PIN, "the token release has no key nobody"),
        (uri("twin"), PIN, "the token release has several keys twin"),
        (uri("big"), PIN, "is no ECDSA P-256 key"),
        ("hsm:token=release;object=anna?module-path=/no/such.so", PIN, "does not work"),
        ("hsm:token=release;object=anna", PIN, "names no key of a token"),
        ("hsm:object=anna?module-path=/x.so", PIN, "names no key of a token"),
        ("hsm:token=release;object=anna;slot=1?module-path=/x.so", PIN, "names no key of a token"),
        ("hsm:token=release;object=anna?pin-source=/x", PIN, "names no PKCS#11 module"),
        (f"{uri()}&pin-source=/no/such/file", PIN, "the PIN file /no/such/file cannot be read"),
    ],
)
@pytest.mark.usefixtures("token")
def test_what_does_not_open_is_told_with_exit_code_three(where: str, pin: bytes, words: str) -> None:
    with pytest.raises(RoleKeyError) as refused:
        open_hsm(where, pin)
    assert (refused.value.exit_status, words in refused.value.detail) == (3, True)


@pytest.mark.usefixtures("token")
def test_a_session_that_the_token_ended_is_told_and_the_next_one_logs_in_anew() -> None:
    signer = open_hsm(uri(), PIN)
    hsm.sessions().opened[MODULE, "release"].close()
    with pytest.raises(RoleKeyError, match="the token release does not work"):
        signer.sign(b"x")
    again = open_hsm(uri(), PIN)
    again.public_key.verify_signature(again.sign(b"x"), b"x")


@dataclass
class CountingToken:
    """Stands for a vendor's library whose token refuses a PIN, and counts how often it was asked."""

    error: Exception
    asked: list[str] = field(default_factory=list)

    def get_token(self, **_: Any) -> "CountingToken":
        return self

    def open(self, *, user_pin: str) -> None:
        self.asked.append(user_pin)
        raise self.error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (exceptions.PinIncorrect(), "is wrong"),
        (exceptions.PinLenRange(), "is wrong"),
        (exceptions.PinLocked(), "is locked"),
    ],
)
def test_a_pin_that_was_refused_is_never_offered_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    counting = CountingToken(error)
    monkeypatch.setattr(pkcs11, "lib", lambda _: counting)
    for name in ("anna", "boris", "anna"):
        with pytest.raises(RoleKeyError, match=words):
            open_hsm(uri(name), b"0000")
    assert counting.asked == ["0000"]
    with pytest.raises(RoleKeyError, match=words):
        open_hsm(uri(), b"1111")
    assert counting.asked == ["0000", "1111"]


def test_the_pin_may_lie_in_a_file_and_the_key_be_named_by_its_id(token: Path) -> None:
    (token / "pin").write_text("4321\n", encoding="utf-8")
    by_id = f"hsm:token=release;id=%00?module-path={MODULE}&pin-source={token / 'pin'}"
    assert open_hsm(by_id, b"").public_key == open_hsm(uri(), PIN).public_key
    assert parse_hsm(by_id).ident == b"\x00"


@pytest.mark.usefixtures("token")
def test_a_folder_lists_keys_of_a_token_beside_its_files(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys", PIN)
    folder.generate("app-wealth")
    (folder.folder / "keys.yaml").write_text(f'app-wealth: ["{uri()}"]\nonline: ["{uri("boris")}"]\n')
    assert [len(folder.signers(role)) for role in ("app-wealth", "online")] == [2, 1]
    assert (folder.has("online"), folder.has("root")) == (True, False)


@pytest.mark.usefixtures("token")
def test_a_ceremony_with_a_key_in_a_token(tmp_path: Path) -> None:
    bank = Bank(tmp_path / "bank")
    bank.found()
    public = bank.folder / "token.json"
    public.write_bytes(write_public(open_hsm(uri(), PIN).public_key, team="release", holder="token"))
    pin = bank.folder / "pin"
    pin.write_bytes(PIN + b"\n")
    file = bank.propose("keys", "app-wealth", "--add", str(public))
    bank.sign(file, "anna", "clara")
    assert bank.promote(file).exit_code == 0
    release = bank.file_of(bank.waiting("1.0.0"))
    bank.sign(release, "dario")
    arguments = ("sign", str(release), "--key", uri(), "--root", str(bank.root()), "--yes", "--passphrase-file")
    wrong = bank.folder / "wrong"
    wrong.write_bytes(b"9999\n")
    hsm.sessions().opened.popitem()[1].close()
    refused = run(*arguments, str(wrong))
    assert (refused.exit_code, "h5bundle: ROLE_KEY: the PIN of the token release is wrong" in refused.stderr) == (
        3,
        True,
    )
    signed = run(*arguments, str(pin))
    assert signed.exit_code == 0, signed.output
    assert bank.promote(release).exit_code == 0
