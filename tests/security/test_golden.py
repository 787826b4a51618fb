import json
import subprocess
from pathlib import Path

import pytest

from security.approvals import decode, memo_decode
from security.dpop import read_proof
from security.encoding import b64url_decode, clean_text
from security.errors import EncodingError, SignatureError
from security.jwk import parse_jwk
from security.suites import ES256
from tests.security.golden import FILES, VECTORS, text
from tests.services import NODE

ENCODING = json.loads((VECTORS / "encoding.json").read_text(encoding="utf-8"))
TWIN = Path(__file__).with_name("twins.mjs")


@pytest.mark.parametrize("name", FILES)
def test_the_vectors_are_what_the_code_makes(name: str) -> None:
    assert (VECTORS / name).read_text(encoding="utf-8") == text(FILES[name]())


def test_transactions_decode_and_their_signatures_hold() -> None:
    key = parse_jwk(ENCODING["signatures"][0]["jwk"])
    for vector in ENCODING["transactions"]:
        message = bytes.fromhex(vector["hex"])
        assert decode(message) == vector["fields"]
        ES256.verify(key.public_key, message, b64url_decode(vector["signature"]))


def test_of_a_pair_of_twins_one_holds() -> None:
    for vector in ENCODING["signatures"]:
        key, message = parse_jwk(vector["jwk"]).public_key, bytes.fromhex(vector["messageHex"])
        ES256.verify(key, message, b64url_decode(vector["canonical"]))
        with pytest.raises(SignatureError) as caught:
            ES256.verify(key, message, b64url_decode(vector["highS"]))
        assert caught.value.code == "SIG_NONCANONICAL"


def test_the_proof_reads() -> None:
    assert read_proof(ENCODING["proof"]["jws"]).claims == ENCODING["proof"]["claims"]


def test_texts_memos_and_base64url_are_judged_as_the_vectors_say() -> None:
    for clean in ENCODING["cleanText"]["clean"]:
        assert clean_text(clean) == clean
    for refused, judge in (
        (ENCODING["cleanText"]["unclean"], clean_text),
        (ENCODING["b64url"]["invalid"], b64url_decode),
    ):
        for value in refused:
            with pytest.raises(EncodingError):
                judge(value)
    for memo in ENCODING["memo"]:
        assert memo_decode(memo["text"]) == dict(memo["items"])


def test_the_shells_javascript_makes_the_same_bytes_and_rows() -> None:
    done = subprocess.run([NODE, str(TWIN)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "agreed"), done.stdout + done.stderr
