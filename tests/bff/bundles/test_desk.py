"""Remote publishing through its door: what goes well, and every way in which it must not."""

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from bff.bundles.signers import Role
from bff.doors.release import BYTES
from h5bundle.client import releases
from h5bundle.commands.upload import decide, fetch, withdraw
from h5bundle.keys import KeyFolder
from h5bundle.pack import Package
from h5bundle.remote import RemoteError, UnreachableError
from security import release as statements
from security.dpop import make_proof
from security.encoding import b64url_decode, b64url_encode
from security.release import DecisionStatement, UploadStatement, widening_digest
from security.suites import P256_ORDER
from tests.bff.bundles.press import URL, Machine, Press, refused, release, text_of
from tests.h5bundle.conftest import Yard, package

WIDER = {"purposes": "[wealth.order.place]", "permissions": "{app.info: 1, net.request: 1, tx.sign: 1}"}


@pytest.fixture
def press(engine: Engine, yard: Yard, tmp_path: Path) -> Press:
    return Press(engine, yard, tmp_path / "uploads")


@pytest.fixture
def keyless(engine: Engine, yard: Yard, tmp_path: Path) -> Press:
    """A server that holds no role keys, as in production."""
    return Press(engine, yard, tmp_path / "uploads", keys=KeyFolder(tmp_path / "none", b"tide"))


def opening(machine: Machine, made: Package, **changes: Any) -> dict[str, Any]:
    statement = UploadStatement(
        server=URL,
        bundle=made.manifest.bundle,
        version=made.manifest.version,
        manifest=made.digest,
        archive=hashlib.sha256(made.archive).hexdigest(),
        declaration=hashlib.sha256(b"").hexdigest(),
    )
    body = {
        "bundle": statement.bundle,
        "version": statement.version,
        "length": len(made.archive),
        "archive": statement.archive,
        "manifest": statement.manifest,
        "signature": statements.sign(machine.key, statement),
    }
    return {**body, **changes}


def offered(press: Press) -> list[str]:
    return sorted(f"{item.bundle}@{item.version}" for item in releases(press.yard.store, now=press.now))


# ── what goes well ──


def test_a_release_that_asks_for_nothing_new_is_published_at_once(press: Press) -> None:
    made = release()
    done = press.machine().upload(made, text_of())
    assert (done.state, done.manifest, done.widening) == ("PUBLISHED", made.digest, ())
    assert offered(press) == ["wealth@1.0.0", "wealth@1.0.1"]
    assert press.kinds() == ["signer_added", "opened", "checking", "accepted", "published"]
    assert press.partials.uploads() == ()


def test_uploading_the_same_again_changes_nothing(press: Press) -> None:
    machine, made = press.machine(), release()
    first, second = machine.upload(made), machine.upload(made)
    assert (first.upload_id, second.state) == (second.upload_id, "PUBLISHED")
    assert press.kinds().count("opened") == 1


def test_a_wider_release_waits_and_is_published_when_security_approves(press: Press) -> None:
    developer, guard = press.machine(), press.machine(Role.SECURITY, "wang.fang")
    done = developer.upload(release(**WIDER), text_of(**WIDER))
    assert (done.state, offered(press)) == ("WAITING_SECURITY", ["wealth@1.0.0"])
    assert sorted(done.widening) == ["permission tx.sign: new (version 1)", "purpose wealth.order.place: new"]
    approved = decide(guard.remote.one("GET", f"/{done.upload_id}"), "approve", "seen with the team", guard.remote)
    assert (approved.state, offered(press)) == ("PUBLISHED", ["wealth@1.0.0", "wealth@1.0.1"])
    assert press.kinds()[2:] == ["opened", "checking", "waiting_security", "accepted", "published"]


def test_a_rejected_release_is_refused_with_the_reason(press: Press) -> None:
    developer, guard = press.machine(), press.machine(Role.SECURITY, "wang.fang")
    done = developer.upload(release(**WIDER))
    decide(guard.remote.one("GET", f"/{done.upload_id}"), "reject", "no need to sign", guard.remote)
    seen = developer.remote.one("GET", f"/{done.upload_id}")
    assert (seen.state, seen.reason, offered(press)) == ("REFUSED", "no need to sign", ["wealth@1.0.0"])


def test_a_server_without_keys_leaves_publishing_to_the_release_signers(keyless: Press) -> None:
    made = release()
    done = keyless.machine().upload(made, text_of())
    signer = keyless.machine(Role.RELEASE, "zhao.min")
    found, data = fetch(done.upload_id, signer.remote)
    assert (done.state, data, found.declaration) == ("ACCEPTED", made.archive, text_of())
    keyless.yard.publish(made)
    keyless.clearing.settle_all(keyless.tick)
    assert signer.remote.one("GET", f"/{done.upload_id}").state == "PUBLISHED"


def test_findings_come_back_with_place_and_remedy(press: Press) -> None:
    files = {"index.html": b"<!doctype html>\n<script>alert(1)</script>"}
    done = press.machine().upload(package(version="1.0.1", files=files))
    (finding,) = [item for item in done.findings if item.code == "INLINE_SCRIPT"]
    assert (done.state, finding.path, finding.line) == ("REFUSED", "index.html", 2)
    assert finding.mend == "move it into a file"


def test_what_the_team_allows_with_a_reason_waits_for_security_once(press: Press) -> None:
    files = {"index.html": b"<!doctype html>", "vendor.js": b"eval('1');\n"}
    allow = {"allow": "[{code: FORBIDDEN_API, path: vendor.js, reason: only outside the app}]"}
    developer, guard = press.machine(), press.machine(Role.SECURITY, "wang.fang")
    first = developer.upload(package(version="1.0.1", files=files, **allow), text_of("1.0.1", **allow))
    assert (first.state, first.widening) == (
        "WAITING_SECURITY",
        ("allowed FORBIDDEN_API in vendor.js: only outside the app",),
    )
    decide(first, "approve", "read it", guard.remote)
    second = developer.upload(package(version="1.0.2", files=files, **allow), text_of("1.0.2", **allow))
    assert second.state == "PUBLISHED"
    bare = developer.upload(package(version="1.0.3", files=files))
    assert (bare.state, [item.code for item in bare.findings if item.stops]) == ("REFUSED", ["FORBIDDEN_API"])


# ── cut off ──


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("at", range(5))
def test_a_cut_connection_is_taken_up_again(press: Press, how: str, at: int) -> None:
    machine = press.machine()
    made = package(version="1.0.1", files={"index.html": b"<!doctype html>", "a.bin": bytes(2_500_000)})
    machine.wire.broken = [*([""] * at), how]
    text = text_of(size_budget="4000000")
    assert machine.upload(made, "").state == "REFUSED"
    big = package(
        version="1.0.2", files={"index.html": b"<!doctype html>", "a.bin": bytes(2_500_000)}, size_budget="4000000"
    )
    machine.wire.broken = [*([""] * at), how]
    done = machine.upload(big, text.replace("1.0.1", "1.0.2"))
    assert (done.state, done.offset) == ("PUBLISHED", len(big.archive))


def test_the_next_call_goes_on_where_the_last_one_ended(press: Press) -> None:
    machine, made = press.machine(), release()
    upload = machine.remote.one("POST", "", opening(machine, made))
    machine.remote.append(upload, made.archive[:100])
    machine.wire.sent.clear()
    done = machine.upload(made)
    assert (done.upload_id, done.state) == (upload.upload_id, "PUBLISHED")
    pieces = [body for method, _, _, body in machine.wire.sent if method == "PATCH"]
    assert pieces == [made.archive[100:]]


def test_a_network_that_stays_away_is_told_after_the_attempts(press: Press) -> None:
    machine = press.machine()
    machine.wire.broken = ["before"] * 50
    with pytest.raises(UnreachableError):
        machine.upload(release())
    assert len(machine.wire.sent) == 4


def test_bytes_behind_the_counted_ones_mean_nothing(press: Press) -> None:
    """A crash between the disk and the database leaves bytes that were never acknowledged."""
    machine, made = press.machine(), release()
    upload = machine.remote.one("POST", "", opening(machine, made))
    upload = machine.remote.append(upload, made.archive[:100])
    with press.partials.hold(upload.upload_id) as part:
        part.write(100, b"never counted")
    assert machine.upload(made).state == "PUBLISHED"


def test_lost_bytes_are_asked_for_again(press: Press) -> None:
    machine, made = press.machine(), release()
    upload = machine.remote.one("POST", "", opening(machine, made))
    machine.remote.append(upload, made.archive[:200])
    press.partials.remove(upload.upload_id)
    assert machine.upload(made).state == "PUBLISHED"


@pytest.mark.parametrize("kept", [0, 100])
def test_bytes_that_are_lost_before_the_check_are_sent_again(press: Press, kept: int) -> None:
    machine, made = press.machine(), release()
    upload = machine.remote.one("POST", "", opening(machine, made))
    machine.remote.append(upload, made.archive)
    press.partials.remove(upload.upload_id)
    with press.partials.hold(upload.upload_id) as part:
        part.write(0, made.archive[:kept])
    done = machine.upload(made)
    assert (done.upload_id, done.state) == (upload.upload_id, "PUBLISHED")


def test_an_instance_without_the_bytes_leaves_an_accepted_upload_to_the_others(keyless: Press) -> None:
    done, signer = keyless.machine().upload(release()), keyless.machine(Role.RELEASE, "zhao.min")
    object.__setattr__(keyless.clearing, "keys", keyless.yard.keys)
    place = keyless.folder / f"{done.upload_id}.part"
    away = place.rename(place.with_suffix(".away"))
    assert keyless.clearing.settle(done.upload_id, keyless.tick).state == "ACCEPTED"
    with refused("UPLOAD_ELSEWHERE"):
        fetch(done.upload_id, signer.remote)
    away.rename(place)
    assert keyless.clearing.settle(done.upload_id, keyless.tick).state == "PUBLISHED"


def test_of_sixteen_pieces_at_one_offset_exactly_one_wins(press: Press) -> None:
    machine, made = press.machine(), release()
    upload = machine.remote.one("POST", "", opening(machine, made))
    results: list[str] = []
    gate = threading.Barrier(16)

    def send(number: int) -> None:
        remote = machine.remote
        gate.wait()
        try:
            remote.append(upload, bytes([number]) * (50 + number))
            results.append(f"won {number}")
        except RemoteError as error:
            results.append(error.problem)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [int(result.split()[1]) for result in results if result.startswith("won")]
    assert sorted(set(results) - {f"won {winner}"}) == ["UPLOAD_OFFSET"]
    after = machine.remote.one("GET", f"/{upload.upload_id}")
    with press.partials.hold(upload.upload_id) as part:
        assert (after.offset, part.read(after.offset)) == (50 + winner, bytes([winner]) * (50 + winner))


def test_what_is_left_alone_is_swept_with_its_bytes(press: Press) -> None:
    machine, made = press.machine(), release()
    upload = machine.remote.one("POST", "", opening(machine, made))
    machine.remote.append(upload, made.archive[:100])
    press.now += timedelta(hours=25)
    with refused("UPLOAD_EXPIRED"):
        machine.remote.append(upload, made.archive[:100])
    press.desk.sweep(press.now)
    assert (press.partials.uploads(), machine.remote.one("GET", f"/{upload.upload_id}").state) == ((), "EXPIRED")
    assert machine.upload(made).upload_id != upload.upload_id


# ── who may ask ──


def test_a_request_without_a_proof_or_with_a_strangers_is_refused(press: Press) -> None:
    plain = press.app.test_client().get("/release/v1/uploads", base_url=URL)
    assert (plain.status_code, plain.json["code"], plain.content_type) == (
        401,
        "PROOF_INVALID",
        "application/problem+json",
    )
    with refused("SIGNER_UNKNOWN"):
        press.stranger().remote.every(None)


def test_a_replayed_request_is_refused(press: Press) -> None:
    machine = press.machine()
    machine.remote.every(None)
    method, url, headers, body = machine.wire.sent[-1]
    again = machine.wire.send(method, url, headers, body)
    assert (again.status, b"PROOF_REPLAYED" in again.body) == (401, True)


@pytest.mark.parametrize(
    "change",
    [{"method": "HEAD"}, {"url": f"{URL}/release/v1/uploads/upl_1"}, {"body": b"{}"}, {"now": timedelta(seconds=61)}],
    ids=["method", "address", "body", "time"],
)
def test_a_proof_of_another_request_is_refused(press: Press, change: dict[str, Any]) -> None:
    machine = press.machine()
    right = {"method": "GET", "url": f"{URL}/release/v1/uploads", "body": b"", "jti": "j" * 20, "now": timedelta()}
    asked = {**right, **change}
    proof = make_proof(key=machine.key, **{**asked, "now": press.now + asked["now"]})
    answer = press.app.test_client().get("/release/v1/uploads", base_url=URL, headers={"DPoP": proof})
    assert (answer.status_code, answer.json["code"]) == (401, "PROOF_INVALID")


def test_a_tampered_piece_is_refused_at_the_door(press: Press) -> None:
    machine, made = press.machine(), release()
    upload = machine.remote.one("POST", "", opening(machine, made))
    machine.wire.broken = ["before"]
    with pytest.raises(UnreachableError):
        machine.remote.append(upload, made.archive)
    method, url, headers, body = machine.wire.sent[-1]
    changed = machine.wire.send(method, url, headers, bytes([body[0] ^ 1]) + body[1:])
    assert (changed.status, b"PROOF_INVALID" in changed.body) == (401, True)
    assert machine.remote.one("GET", f"/{upload.upload_id}").offset == 0


def test_bytes_that_are_not_those_that_were_signed_are_refused(press: Press) -> None:
    machine, made = press.machine(), release()
    upload = machine.remote.one("POST", "", opening(machine, made))
    machine.remote.append(upload, made.archive[:-1] + b"!")
    done = machine.remote.one("POST", f"/{upload.upload_id}/complete", {})
    assert (done.state, [item.code for item in done.findings]) == ("REFUSED", ["ZIP_DIGEST"])


def high_s(signature: str) -> str:
    raw = b64url_decode(signature)
    return b64url_encode(raw[:32] + (P256_ORDER - int.from_bytes(raw[32:])).to_bytes(32))


def test_the_high_s_twin_of_a_statement_is_refused(press: Press) -> None:
    machine = press.machine()
    body = opening(machine, release())
    assert machine.refusal("POST", "", {**body, "signature": high_s(body["signature"])}) == "STATEMENT_INVALID"


def test_a_statement_of_another_upload_is_refused(press: Press) -> None:
    machine = press.machine()
    other = opening(machine, release(text="other"))
    body = opening(machine, release(), signature=other["signature"])
    assert machine.refusal("POST", "", body) == "STATEMENT_INVALID"
    assert machine.refusal("POST", "", opening(press.machine(), release())) == "STATEMENT_INVALID"


def test_a_key_uploads_only_its_bundles(press: Press) -> None:
    machine = press.machine(bundles=("accounts",))
    assert machine.refusal("POST", "", opening(machine, release())) == "SIGNER_NOT_ALLOWED"
    guard = press.machine(Role.SECURITY, "wang.fang")
    assert guard.refusal("POST", "", opening(guard, release())) == "SIGNER_NOT_ALLOWED"


def test_another_developers_upload_looks_like_none(press: Press) -> None:
    mine, other = press.machine(), press.machine(person="he.jing")
    upload = mine.remote.one("POST", "", opening(mine, release()))
    for path in (upload.upload_id, "upl_99999999", "x"):
        assert other.refusal("GET", f"/{path}") == "UPLOAD_UNKNOWN"
        assert other.refusal("POST", f"/{path}/complete", {}) == "UPLOAD_UNKNOWN"
    with refused("UPLOAD_UNKNOWN"):
        other.remote.append(upload, b"x")
    assert other.remote.every(None) == ()


def test_a_key_that_is_revoked_in_mid_upload_takes_its_uploads_along(press: Press) -> None:
    machine, made = press.machine(), release()
    upload = machine.remote.one("POST", "", opening(machine, made))
    machine.remote.append(upload, made.archive[:100])
    press.revoke(machine)
    with refused("SIGNER_REVOKED"):
        machine.remote.append(upload, made.archive[100:])
    guard = press.machine(Role.SECURITY, "wang.fang")
    assert guard.remote.one("GET", f"/{upload.upload_id}").state == "WITHDRAWN"
    press.desk.sweep(press.now)
    assert press.partials.uploads() == ()
    assert press.kinds()[-3:] == ["signer_revoked", "withdrawn", "signer_added"]


def test_a_waiting_upload_of_a_revoked_key_is_not_approved(press: Press) -> None:
    developer, guard = press.machine(), press.machine(Role.SECURITY, "wang.fang")
    done = developer.upload(release(**WIDER))
    press.revoke(developer)
    with refused("SIGNER_REVOKED"):
        decide(done, "approve", "fine", guard.remote)
    assert offered(press) == ["wealth@1.0.0"]


# ── four eyes ──


def test_no_key_of_the_uploader_approves(press: Press) -> None:
    developer = press.machine(person="li.na")
    own = press.machine(Role.SECURITY, person="li.na")
    signer = press.machine(Role.RELEASE, person="zhao.min")
    done = developer.upload(release(**WIDER))
    for machine, code in ((developer, "SIGNER_NOT_ALLOWED"), (signer, "SIGNER_NOT_ALLOWED"), (own, "FOUR_EYES")):
        with refused(code):
            decide(done, "approve", "fine", machine.remote)
    assert (developer.remote.one("GET", f"/{done.upload_id}").state, offered(press)) == (
        "WAITING_SECURITY",
        ["wealth@1.0.0"],
    )


def test_a_widening_gets_through_no_other_door(press: Press) -> None:
    developer = press.machine()
    done = developer.upload(release(**WIDER))
    assert developer.remote.one("POST", f"/{done.upload_id}/complete", {}).state == "WAITING_SECURITY"
    assert developer.upload(release(**WIDER)).upload_id == done.upload_id
    press.clearing.settle_all(press.tick)
    press.clearing.settle(done.upload_id, press.tick)
    assert offered(press) == ["wealth@1.0.0"]


@pytest.mark.parametrize("wrong", ["manifest", "widening", "upload", "decision", "server", "reason"])
def test_an_approval_of_something_else_is_refused(press: Press, wrong: str) -> None:
    developer, guard = press.machine(), press.machine(Role.SECURITY, "wang.fang")
    done = developer.upload(release(**WIDER))
    right = {
        "server": URL,
        "upload": done.upload_id,
        "manifest": done.manifest,
        "widening": widening_digest(done.widening),
        "decision": "approve",
        "reason": "fine",
    }
    signed = DecisionStatement(**{**right, wrong: "f" * 64})
    body = {"manifest": right["manifest"], "widening": right["widening"], "reason": "fine"}
    body["signature"] = statements.sign(guard.key, signed)
    assert guard.refusal("POST", f"/{done.upload_id}/approve", body) == "STATEMENT_INVALID"
    named = {**body, **({wrong: "f" * 64} if wrong in {"manifest", "widening"} else {})}
    assert guard.refusal("POST", f"/{done.upload_id}/approve", named) == "STATEMENT_INVALID"
    assert offered(press) == ["wealth@1.0.0"]


def test_an_approval_does_not_pass_to_a_release_that_was_changed(press: Press) -> None:
    developer, guard = press.machine(), press.machine(Role.SECURITY, "wang.fang")
    first = developer.upload(release(text="harmless", **WIDER))
    second = developer.upload(release(text="other", **WIDER))
    body = {
        "manifest": first.manifest,
        "widening": first.widening_digest,
        "reason": "fine",
        "signature": statements.sign(
            guard.key,
            DecisionStatement(
                server=URL,
                upload=first.upload_id,
                manifest=first.manifest,
                widening=first.widening_digest,
                decision="approve",
                reason="fine",
            ),
        ),
    }
    assert guard.refusal("POST", f"/{second.upload_id}/approve", body) == "STATEMENT_INVALID"


def test_what_became_wider_after_its_check_waits_again(keyless: Press) -> None:
    """Between acceptance and publication another release has given something up."""
    keyless.yard.publish(package(version="1.0.5", **WIDER))
    done = keyless.machine().upload(release("1.0.9", **WIDER))
    keyless.yard.publish(package(version="1.0.6"))
    object.__setattr__(keyless.clearing, "keys", keyless.yard.keys)
    assert (done.state, keyless.clearing.settle(done.upload_id, keyless.tick).state) == ("ACCEPTED", "WAITING_SECURITY")
    assert offered(keyless) == ["wealth@1.0.0", "wealth@1.0.5", "wealth@1.0.6"]


def test_of_two_decisions_one_counts(press: Press) -> None:
    developer, guard = press.machine(), press.machine(Role.SECURITY, "wang.fang")
    done = developer.upload(release(**WIDER))
    decide(done, "reject", "no", guard.remote)
    with refused("UPLOAD_STATE"):
        decide(done, "approve", "yes", guard.remote)
    assert press.kinds()[-1] == "refused"


class Watched:
    """Role keys that let something happen at the moment of signing."""

    def __init__(self, keys: KeyFolder, happen: Callable[[], object]) -> None:
        self.keys, self.happen = keys, happen

    def signers(self, role: str) -> Any:
        happen, self.happen = self.happen, lambda: None
        happen()
        return self.keys.signers(role)

    def public_keys(self, role: str) -> Any:
        return self.keys.public_keys(role)

    def has(self, role: str) -> bool:
        return self.keys.has(role)


@pytest.mark.parametrize("event", ["revoked", "withdrawn"])
def test_what_is_taken_back_while_it_is_being_published_is_not(keyless: Press, event: str) -> None:
    developer = keyless.machine()
    done = developer.upload(release())
    happen = {
        "revoked": lambda: keyless.revoke(developer),
        "withdrawn": lambda: withdraw(done.upload_id, "superseded", developer.remote),
    }[event]
    object.__setattr__(keyless.clearing, "keys", Watched(keyless.yard.keys, happen))
    assert (keyless.clearing.settle(done.upload_id, keyless.tick).state, offered(keyless)) == (
        "WITHDRAWN",
        ["wealth@1.0.0"],
    )


def test_of_eight_who_publish_one_upload_one_does_and_nothing_is_done_twice(keyless: Press) -> None:
    done = keyless.machine().upload(release())
    object.__setattr__(keyless.clearing, "keys", keyless.yard.keys)
    threads = [threading.Thread(target=keyless.clearing.settle, args=(done.upload_id, keyless.tick)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keyless.clearing.settle_all(keyless.tick)
    assert (keyless.kinds().count("published"), offered(keyless)) == (1, ["wealth@1.0.0", "wealth@1.0.1"])


def test_packages_are_for_those_who_decide_or_sign_and_only_once_checked(press: Press) -> None:
    developer, signer = press.machine(), press.machine(Role.RELEASE, "zhao.min")
    upload = developer.remote.one("POST", "", opening(developer, release()))
    with refused("UPLOAD_STATE"):
        fetch(upload.upload_id, signer.remote)
    waiting = developer.upload(release(**WIDER))
    with refused("SIGNER_NOT_ALLOWED"):
        fetch(waiting.upload_id, developer.remote)
    assert fetch(waiting.upload_id, signer.remote)[1] == release(**WIDER).archive
    with refused("SIGNER_NOT_ALLOWED"):
        withdraw(waiting.upload_id, "not mine", signer.remote)


# ── rules of the repository, limits ──


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: release("1.0.0"), "VERSION_TAKEN"),
        (lambda: release("0.9.0"), "VERSION_OLD"),
        (lambda: package(bundle="foreign", version="1.0.0"), "ROLE_UNKNOWN"),
        (lambda: release(ops="[wealth.order.prepare, bank.vault.open]"), "OP_UNKNOWN"),
    ],
    ids=["taken", "old", "no role", "operation"],
)
def test_the_repositorys_rules_hold(press: Press, made: Any, code: str) -> None:
    done = press.machine(bundles=("wealth", "foreign")).upload(made())
    assert (done.state, code in {item.code for item in done.findings if item.stops}) == ("REFUSED", True)


def test_a_declaration_that_makes_another_manifest_is_refused(press: Press) -> None:
    machine, made = press.machine(), release()
    text = text_of(size_budget="10") + "floor: 1.0.1\n"
    assert machine.upload(made, text_of()).state == "PUBLISHED"
    other = release("1.0.2")
    statement = UploadStatement(
        server=URL,
        bundle="wealth",
        version="1.0.2",
        manifest=other.digest,
        archive=hashlib.sha256(other.archive).hexdigest(),
        declaration=hashlib.sha256(text.encode()).hexdigest(),
    )
    body = opening(machine, other, declaration=text, signature=statements.sign(machine.key, statement))
    upload = machine.remote.one("POST", "", body)
    machine.remote.append(upload, other.archive)
    done = machine.remote.one("POST", f"/{upload.upload_id}/complete", {})
    assert (done.state, [item.code for item in done.findings]) == ("REFUSED", ["MANIFEST_INVALID"])


def test_more_than_was_said_and_more_than_may_be_is_refused(press: Press) -> None:
    machine, made = press.machine(), release()
    upload = machine.remote.one("POST", "", opening(machine, made))
    with refused("UPLOAD_TOO_LARGE"):
        machine.remote.append(upload, made.archive + b"x")
    assert machine.refusal("POST", "", opening(machine, made, length=9 * 1024 * 1024)) == "UPLOAD_TOO_LARGE"
    with refused("TOO_LARGE"):
        machine.remote.append(upload, bytes(1024 * 1024 + 1))
    with refused("UPLOAD_INCOMPLETE"):
        machine.remote.one("POST", f"/{upload.upload_id}/complete", {})


def test_a_key_has_five_unfinished_uploads_at_most(press: Press) -> None:
    machine = press.machine()
    opened = [machine.remote.one("POST", "", opening(machine, release(text=str(number)))) for number in range(5)]
    body = opening(machine, release(text="more"))
    assert machine.refusal("POST", "", body) == "UPLOADS_OPEN"
    assert withdraw(opened[0].upload_id, "superseded", machine.remote).state == "WITHDRAWN"
    assert machine.refusal("POST", "", body) == "accepted"


@pytest.mark.parametrize(
    "change",
    [
        {"bundle": "../x"},
        {"version": "1"},
        {"length": 0},
        {"archive": "x"},
        {"more": 1},
        {"declaration": "x" * 65537},
    ],
)
def test_an_opening_that_is_none_is_refused(press: Press, change: dict[str, Any]) -> None:
    machine = press.machine()
    assert machine.refusal("POST", "", opening(machine, release(), **change)) == "REQUEST_INVALID"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["POST", "PATCH", "GET", "HEAD"]),
    path=st.sampled_from(["", "/upl_00000000", "/upl_00000000/complete", "/upl_00000000/approve", "/x/withdraw"]),
    body=st.one_of(st.binary(max_size=200), st.builds(json.dumps, st.recursive(st.text(), st.lists)).map(str.encode)),
    offset=st.text("0123456789-x ", max_size=20),
)
def test_no_signed_request_is_a_mistake_of_ours(press: Press, method: str, path: str, body: bytes, offset: str) -> None:
    machine = press.machine()
    headers = {"Upload-Offset": offset, "Content-Type": "application/json" if method == "POST" else BYTES}
    assert status(machine, method, path, b"" if method in {"GET", "HEAD"} else body, headers) < 500


def status(machine: Machine, method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        return machine.remote.call(method, path, body, headers).status
    except RemoteError as error:
        return error.status


def test_a_text_that_is_no_unicode_is_refused(press: Press) -> None:
    machine = press.machine()
    body = json.dumps(opening(machine, release(), declaration="\ud800")).encode()
    assert status(machine, "POST", "", body, {"Content-Type": "application/json"}) == 400
