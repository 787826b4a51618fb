"""Attacks on approvals by QR code, through the door: read with published keys alone, raced against the yes online."""

from collections import Counter
from datetime import UTC, datetime
from functools import partial

from security.jwk import parse_jwk
from security.offline import Holder, read_request, write_answer
from tests.attacks.bank import ORDER, Bank, Customer, books_hold, now, refused
from tests.attacks.racing import persist, race
from tests.attacks.test_races import wait_until_settled
from tests.device import FIELDS, Answer, b64, lp, sign, thumbprint

RACERS = 64


def published(bank: Bank, customer: Customer) -> dict[str, dict[str, str]]:
    """Give the keys that a phone fetched while it had network."""
    reply = customer.device.http.request("GET", f"{bank.running.url}/.well-known/jwks/platform-reply.json")
    return {line["kid"]: {name: line[name] for name in ("kty", "crv", "x", "y")} for line in reply.json()["keys"]}


def scanned(bank: Bank, customer: Customer, challenge: str) -> dict[str, str]:
    phone = customer.device
    shown = phone.get("/approvals-offline").ok()["operations"]
    [code] = [each["code"] for each in shown if each["challengeId"] == challenge]
    holder = Holder(aud=phone.aud, env=phone.env, cust=phone.customer_id, dev=phone.device_id, kid=thumbprint(phone.tx))
    tmpl = phone.frozen(challenge)["fields"]["tmpl"]
    keys = {kid: parse_jwk(members) for kid, members in published(bank, customer).items()}
    return read_request(code, keys=keys, holder=holder, templates={tmpl}, now=datetime.fromtimestamp(now(), UTC))


def signed(customer: Customer, fields: dict[str, str]) -> tuple[str, bytes, bytes]:
    """Give the code of an answer, and the message and signature within it."""
    customer.device.seq += 1
    own = {"ui": "tidegate-shell/1.0.0;zh-CN;sha256:" + "0" * 64, "seq": str(customer.device.seq), "factor": "pin"}
    whole = {**fields, **own}
    message = lp("BANK-DEVBIND/v1/TX-APPROVE", *(part for name in FIELDS for part in (name, whole[name])))
    signature = sign(customer.device.tx, message)
    return write_answer(fields=whole, signature=signature), message, signature


def test_anothers_answer_looks_like_none(bank: Bank, alice: Customer, bob: Customer) -> None:
    """Defence: an operation of another customer is as unknown as none, whoever signed the answer."""
    challenge = alice.prepare()
    code, _, _ = signed(alice, scanned(bank, alice, challenge))
    for given in (challenge, "chl_none"):
        answer = bob.device.post(f"/approvals/{given}/offline-answer", {"code": code})
        refused(answer, 404, "NOT_FOUND")
    offered = bob.device.get("/approvals-offline").ok()["operations"]
    assert challenge not in {operation["challengeId"] for operation in offered}
    assert alice.device.post(f"/approvals/{challenge}/offline-answer", {"code": code}).ok()["status"] == "DONE"


def test_of_64_racers_online_and_by_qr_code_one_message_wins(bank: Bank, alice: Customer) -> None:
    """Defence: both ways spend the challenge by the same conditional UPDATE."""
    before, challenge = alice.balance(), alice.prepare()
    fields = scanned(bank, alice, challenge)
    code, message, _ = signed(alice, fields)
    _, other, signature = signed(alice, fields)
    assert message != other

    def send(path: str, body: dict[str, str]) -> Answer:
        twin = alice.twin()
        return persist(lambda: twin.post(f"/approvals/{challenge}/{path}", body), "BUSY", "DATABASE_BUSY")

    offline = partial(send, "offline-answer", {"code": code})
    online = partial(send, "approve", {"message": b64(other), "signature": b64(signature)})
    answers = race([offline, online] * (RACERS // 2))
    wait_until_settled(bank)
    seen = [Counter(answer.status for answer in answers[way::2]) for way in (0, 1)]
    assert sorted(counter[200] for counter in seen) == [0, RACERS // 2], seen
    assert alice.balance() == before - ORDER
    books_hold(bank)
