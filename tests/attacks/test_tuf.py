"""Every attack that the TUF specification names, on repositories that our publisher made, against both clients.

A client passes when it says no within bounded time and memory, and what it has in place stays.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.signer import CryptoSigner, Key
from tuf.api.metadata import DelegatedRole, MetaFile

from h5bundle.digests import sha256
from h5bundle.keys import KeyFolder
from h5bundle.stores.local import LocalStore
from h5bundle.trust import TIMESTAMP, metadata_path, object_path
from tests.attacks.mirror import TODAY, JavaScriptVictim, Mirror, PythonVictim, Victim
from tests.h5bundle.conftest import FILES, package

POLICY = "rollout/wealth.json"
MANIFEST = "apps/wealth/1.0.0.manifest.json"
ROLES = ("root", "targets", "online", "rollout", "app-wealth", "app-other")
REFUSED_SECONDS = 10
MEBIBYTE = 2**20
Meet = Callable[[Mirror], Victim]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFolder:
    folder = KeyFolder(tmp_path_factory.mktemp("role-keys"), b"tide")
    for role in ROLES:
        folder.generate(role, count=1 if role in {"online", "rollout"} else 2)
    return folder


@pytest.fixture
def mirror(tmp_path: Path, keys: KeyFolder) -> Mirror:
    return Mirror(LocalStore(tmp_path / "repo"), keys)


@pytest.fixture(params=["python", "javascript"])
def meet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Meet]:
    """Give a maker of victims that trust the bank's first root and ask the mirror."""
    if request.param == "javascript" and shutil.which("node") is None:
        pytest.skip("Node is not installed: the shell's client is attacked in the browser's tests only")
    kind = {"python": PythonVictim, "javascript": JavaScriptVictim}[request.param]
    made: list[Victim] = []
    servers = []

    def make(mirror: Mirror) -> Victim:
        servers.append(mirror.serve())
        made.append(kind(tmp_path / "client", f"http://127.0.0.1:{servers[-1].server_port}", mirror.root))
        return made[-1]

    yield make
    for victim in made:
        victim.close()
    for server in servers:
        server.close()


def served(mirror: Mirror, meet: Meet, **options: Any) -> tuple[Victim, list[str]]:
    """Publish a release, let a client install it, and give the client with what it has."""
    receipt = mirror.publish(package(), **options)
    victim = meet(mirror)
    assert victim.update() == "ok"
    assert victim.installed() == [receipt.digest]
    mirror.log.clear()
    return victim, [receipt.digest]


def refused(victim: Victim, before: list[str], *words: str) -> None:
    """Hold that the client refuses, says why, and keeps what it had."""
    began = time.monotonic()
    said = victim.update()
    assert time.monotonic() - began < REFUSED_SECONDS
    assert said != "ok"
    assert not words or any(word.lower() in said.lower() for word in words), said
    assert victim.installed() == before


# ── arbitrary software, wrong software, extraneous dependencies ──


@pytest.mark.parametrize("what", ["manifest", "policy", "file", "longer file"])
def test_arbitrary_software_under_the_right_names(mirror: Mirror, meet: Meet, what: str) -> None:
    mirror.publish(package())
    evil = FILES["app.js"].replace(b"1", b"2")
    place = {"manifest": mirror.target_path(MANIFEST), "policy": mirror.target_path(POLICY)}.get(
        what, object_path(sha256(FILES["app.js"]))
    )
    honest = mirror.store.read(place)
    mirror.served[place] = {"file": evil, "longer file": evil * 9}.get(what, honest.replace(b"wealth", b"stealt"))
    refused(meet(mirror), [])


def test_an_extraneous_dependency_slipped_into_the_manifest(mirror: Mirror, meet: Meet) -> None:
    other = mirror.publish(package("other"))
    mirror.publish(package())
    manifest = json.loads(mirror.read(mirror.target_path(MANIFEST)))
    manifest["requires"] = {"other": {"version": "1.0.0", "digest": other.digest}}
    mirror.served[mirror.target_path(MANIFEST)] = json.dumps(manifest, separators=(",", ":"), sort_keys=True).encode()
    refused(meet(mirror), [])


def test_another_bundle_in_place_of_the_one_asked_for(mirror: Mirror, meet: Meet) -> None:
    """The mirror swaps bytes; then a thief of the rollout key points at a release that another team signed."""
    other = mirror.publish(package("other"))
    mirror.publish(package())
    place = mirror.target_path(MANIFEST)
    mirror.served[place] = mirror.read(mirror.target_path("apps/other/1.0.0.manifest.json"))
    victim = meet(mirror)
    refused(victim, [])
    del mirror.served[place]
    policy = json.loads(mirror.read(mirror.target_path(POLICY)))
    policy["releases"][0] |= {"manifest": "apps/other/1.0.0.manifest.json", "digest": other.digest}
    data = json.dumps(policy, separators=(",", ":"), sort_keys=True).encode()
    blob = mirror.blob(POLICY, data)
    mirror.forge("rollout", lambda role: role.targets.update({POLICY: blob}), mirror.keys.signers("rollout"))
    refused(victim, [])


# ── endless data, slow retrieval ──


@pytest.mark.parametrize("what", ["root", "timestamp", "snapshot", "targets", "role", "manifest", "file"])
def test_endless_data_is_cut_off(mirror: Mirror, meet: Meet, what: str) -> None:
    mirror.publish(package())
    sent = 0

    def endless(request: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        request.send_response(200)
        request.end_headers()
        with suppress(OSError):
            for _ in range(64):
                sent += request.wfile.write(b" " * MEBIBYTE)

    places = {
        "root": metadata_path("root", 2),
        "timestamp": TIMESTAMP,
        "role": metadata_path("app-wealth", mirror.current("app-wealth").signed.version),
        "manifest": mirror.target_path(MANIFEST),
        "file": object_path(sha256(FILES["app.js"])),
    }
    place = places.get(what) or metadata_path(what, mirror.current(what).signed.version)
    mirror.served[place] = endless
    refused(meet(mirror), [])
    assert sent < 48 * MEBIBYTE


@pytest.mark.parametrize("what", ["timestamp", "file", "silence"])
def test_slow_retrieval_is_left(mirror: Mirror, meet: Meet, what: str) -> None:
    """A byte from time to time is never a pause, and still the client leaves."""
    mirror.publish(package())

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "400")
        request.end_headers()
        with suppress(OSError):
            for _ in range(200):
                time.sleep(5 if what == "silence" else 0.1)
                request.wfile.write(b" ")

    mirror.served[object_path(sha256(FILES["app.js"])) if what == "file" else TIMESTAMP] = drip
    refused(meet(mirror), [])


# ── freeze, rollback, fast-forward, mix and match ──


def test_an_indefinite_freeze_ends_with_the_timestamp(mirror: Mirror, meet: Meet) -> None:
    mirror.publish(package(), now=TODAY - timedelta(days=1, seconds=1))
    refused(meet(mirror), [], "expired")


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets", "app", "rollout"])
def test_no_role_is_believed_past_its_day(mirror: Mirror, meet: Meet, role: str) -> None:
    mirror.publish(package(), now=TODAY - timedelta(hours=2), lifetimes={role: timedelta(hours=1)})
    refused(meet(mirror), [], "expired")


def test_a_timestamp_of_yesterday_is_a_rollback(mirror: Mirror, meet: Meet) -> None:
    victim, _ = served(mirror, meet)
    old = mirror.read(TIMESTAMP)
    newer = mirror.publish(package(version="1.1.0"))
    assert victim.update() == "ok"
    mirror.served[TIMESTAMP] = old
    kept = victim.installed()
    assert newer.digest in kept
    refused(victim, kept)


def honest_changes(mirror: Mirror) -> None:
    """Let the bank sign a next version of every role below root."""
    for role in ("targets", "app-wealth", "rollout"):
        mirror.forge(role, lambda _: None, mirror.keys.signers(role))


@pytest.mark.parametrize("role", ["snapshot", "targets", "app-wealth", "rollout"])
def test_a_thief_of_the_online_key_rolls_no_role_back(mirror: Mirror, meet: Meet, role: str) -> None:
    """Old versions were signed honestly, and the online key announces them once more."""
    mirror.publish(package())
    old_snapshot = mirror.current("timestamp").signed.snapshot_meta
    old = mirror.current("snapshot").signed.meta
    honest_changes(mirror)
    victim = meet(mirror)
    assert victim.update() == "ok"
    if role == "snapshot":
        timestamp = mirror.current("timestamp")
        timestamp.signed.version += 1
        timestamp.signed.snapshot_meta = old_snapshot
        mirror.put("timestamp", timestamp, mirror.keys.signers("online"))
    else:
        mirror.announce({role: old[f"{role}.json"]})
    refused(victim, victim.installed())


def test_a_thief_of_the_online_key_hides_no_role(mirror: Mirror, meet: Meet) -> None:
    victim, before = served(mirror, meet)
    snapshot = mirror.current("snapshot")
    del snapshot.signed.meta["app-wealth.json"]
    mirror.put("snapshot", snapshot, mirror.keys.signers("online"))
    mirror.announce()
    refused(victim, before)


def test_after_a_fast_forward_new_keys_bring_clients_back(mirror: Mirror, meet: Meet) -> None:
    victim, before = served(mirror, meet)
    for role in ("snapshot", "timestamp"):
        metadata = mirror.current(role)
        metadata.signed.version = 2**31
        mirror.put(role, metadata, mirror.keys.signers("online"))
    snapshot = mirror.read(metadata_path("snapshot", 2**31))
    timestamp = mirror.current("timestamp")
    timestamp.signed.snapshot_meta = MetaFile.from_data(2**31, snapshot, ["sha256"])
    mirror.put("timestamp", timestamp, mirror.keys.signers("online"))
    assert victim.update() == "ok"
    mirror.served.clear()
    refused(victim, before)
    fresh = CryptoSigner.generate_ecdsa()
    root = mirror.current("root")
    root.signed.version = 2
    for role in ("snapshot", "timestamp"):
        root.signed.revoke_key(root.signed.roles[role].keyids[0], role)
        root.signed.add_key(fresh.public_key, role)
    mirror.put("root", root, mirror.keys.signers("root"))
    mirror.announce(signers=[fresh])
    assert victim.update() == "ok"
    assert victim.installed() == before


@pytest.mark.parametrize("role", ["snapshot", "targets", "app-wealth", "rollout"])
def test_parts_of_two_states_are_not_mixed(mirror: Mirror, meet: Meet, role: str) -> None:
    """Yesterday's file stands under today's name."""
    victim, before = served(mirror, meet)
    old = mirror.read(metadata_path(role, mirror.current(role).signed.version))
    honest_changes(mirror)
    mirror.served[metadata_path(role, mirror.current(role).signed.version)] = old
    refused(victim, before)


@pytest.mark.parametrize("change", [b" ", b"\n" * 3, None])
@pytest.mark.parametrize("role", ["snapshot", "targets", "app-wealth"])
def test_metadata_has_the_announced_length_and_hash(
    mirror: Mirror, meet: Meet, role: str, change: bytes | None
) -> None:
    mirror.publish(package())
    place = metadata_path(role, mirror.current(role).signed.version)
    data = mirror.read(place)
    mirror.served[place] = data.replace(b'"expires"', b'"Expires"', 1) if change is None else data + change
    refused(meet(mirror), [])


# ── malicious mirrors ──


@pytest.mark.parametrize("answer", ["nothing", "an error", "garbage", "a redirect"])
@pytest.mark.parametrize("place", ["timestamp", "everything"])
def test_a_malicious_mirror_takes_nothing_away(mirror: Mirror, meet: Meet, answer: str, place: str) -> None:
    victim, before = served(mirror, meet)
    status = {"nothing": 404, "an error": 503, "garbage": 200, "a redirect": 302}[answer]

    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Location", f"/elsewhere{request.path}")
        request.end_headers()
        request.wfile.write(b'{"signed": {}, "signatures": []}')

    honest_changes(mirror)
    mirror.served[f"elsewhere/{TIMESTAMP}"] = mirror.read(TIMESTAMP)
    everything = [path.relative_to(mirror.store.folder).as_posix() for path in mirror.store.folder.rglob("*.*")]
    for path in [TIMESTAMP] if place == "timestamp" else [*everything, *mirror.served]:
        if not path.startswith("elsewhere/"):
            mirror.served[path] = reply
    refused(victim, before)
    assert not [path for path in mirror.log if path.startswith("elsewhere/")]


# ── stolen keys, fewer than the threshold ──


def offers(mirror: Mirror, data: bytes) -> Callable[[Any], None]:
    """Give the change with which a thief offers other bytes as the release."""
    blob = mirror.blob(MANIFEST, data)
    return lambda role: role.targets.update({MANIFEST: blob})


def test_one_stolen_key_of_a_bundle_signs_no_release(mirror: Mirror, meet: Meet) -> None:
    """Not even together with the online key, and with the one signature under both key ids."""
    victim, before = served(mirror, meet)
    thief = mirror.keys.signers("app-wealth")[:1]
    mirror.forge("app-wealth", offers(mirror, b"{}"), thief)
    refused(victim, before)
    place = metadata_path("app-wealth", mirror.current("app-wealth").signed.version)
    twice = json.loads(mirror.read(place))
    other = mirror.keys.public_keys("app-wealth")[1].keyid
    twice["signatures"].append({"keyid": other, "sig": twice["signatures"][0]["sig"]})
    data = mirror.served[place] = json.dumps(twice).encode()
    version = twice["signed"]["version"]
    mirror.announce({"app-wealth": MetaFile.from_data(version, data, ["sha256"])})
    refused(victim, before)


@pytest.mark.parametrize("meet", ["javascript"], indirect=True)
def test_the_shell_counts_one_key_under_two_ids_once(mirror: Mirror, meet: Meet) -> None:
    """Targets, signed in full, lists one key twice by mistake. python-tuf counts ids: only the shell can refuse."""
    victim, before = served(mirror, meet)
    lone = mirror.keys.signers("app-wealth")[0]
    twin = Key.from_dict("f" * 64, lone.public_key.to_dict())

    def list_twice(targets: Any) -> None:
        role = targets.delegations.roles["app-wealth"]
        role.keyids = []
        for key in (lone.public_key, twin):
            targets.add_key(key, "app-wealth")

    mirror.forge("targets", list_twice, mirror.keys.signers("targets"))
    role = mirror.current("app-wealth")
    role.signed.version += 1
    offers(mirror, b"{}")(role.signed)
    twice = json.loads(mirror.put("app-wealth", role, [lone]))
    twice["signatures"].append({"keyid": twin.keyid, "sig": twice["signatures"][0]["sig"]})
    data = mirror.served[metadata_path("app-wealth", role.signed.version)] = json.dumps(twice).encode()
    mirror.announce({"app-wealth": MetaFile.from_data(role.signed.version, data, ["sha256"])})
    refused(victim, before, "TUF_SIGNATURE")


def test_one_stolen_key_of_targets_delegates_to_nobody(mirror: Mirror, meet: Meet) -> None:
    victim, before = served(mirror, meet)
    stranger = CryptoSigner.generate_ecdsa()

    def hand_over(targets: Any) -> None:
        delegated = DelegatedRole("app-wealth", [], 1, terminating=True, paths=["apps/wealth/*"])
        targets.delegations.roles["app-wealth"] = delegated
        targets.add_key(stranger.public_key, "app-wealth")

    mirror.forge("targets", hand_over, mirror.keys.signers("targets")[:1])
    mirror.forge("app-wealth", offers(mirror, b"{}"), [stranger])
    refused(victim, before)


@pytest.mark.parametrize("signed_by", ["one old key", "old keys only", "new keys only", "nobody"])
def test_a_root_below_either_threshold_hands_nothing_over(mirror: Mirror, meet: Meet, signed_by: str) -> None:
    victim, before = served(mirror, meet)
    own = [CryptoSigner.generate_ecdsa() for _ in range(2)]
    root = mirror.current("root")
    root.signed.version = 2
    for keyid in list(root.signed.roles["root"].keyids):
        root.signed.revoke_key(keyid, "root")
    for signer in own:
        root.signed.add_key(signer.public_key, "root")
    old = mirror.keys.signers("root")
    signers = {"one old key": [old[0], *own], "old keys only": old, "new keys only": own, "nobody": []}[signed_by]
    mirror.put("root", root, signers)
    refused(victim, before)


@pytest.mark.parametrize("version", [1, 3])
def test_roots_follow_one_by_one(mirror: Mirror, meet: Meet, version: int) -> None:
    victim, before = served(mirror, meet)
    root = mirror.current("root")
    root.signed.version = version
    mirror.put("root", root, mirror.keys.signers("root"), version=2)
    refused(victim, before)


def test_the_online_key_alone_signs_no_targets(mirror: Mirror, meet: Meet) -> None:
    victim, before = served(mirror, meet)
    mirror.forge("targets", lambda _: None, mirror.keys.signers("online"))
    refused(victim, before)


@pytest.mark.parametrize("role", ["timestamp", "snapshot"])
def test_without_the_online_key_nothing_is_announced(mirror: Mirror, meet: Meet, role: str) -> None:
    victim, before = served(mirror, meet)
    stranger = [CryptoSigner.generate_ecdsa()]
    if role == "timestamp":
        timestamp = mirror.current("timestamp")
        timestamp.signed.version += 1
        mirror.put("timestamp", timestamp, stranger)
    else:
        mirror.announce(signers=stranger)
        mirror.put("timestamp", mirror.current("timestamp"), mirror.keys.signers("online"))
    refused(victim, before)


@pytest.mark.parametrize("digest", ["of other bytes", "of nothing"])
def test_the_rollout_key_chooses_only_among_signed_releases(mirror: Mirror, meet: Meet, digest: str) -> None:
    victim, before = served(mirror, meet)
    policy = json.loads(mirror.read(mirror.target_path(POLICY)))
    evil = b'{"bundle":"wealth"}'
    policy["policy"] += 1
    policy["releases"][0]["digest"] = sha256(evil)
    if digest == "of nothing":
        policy["releases"][0] |= {"version": "9.0.0", "manifest": "apps/wealth/9.0.0.manifest.json"}
    mirror.blob(MANIFEST, evil)
    blob = mirror.blob(POLICY, json.dumps(policy, separators=(",", ":"), sort_keys=True).encode())
    mirror.forge("rollout", lambda role: role.targets.update({POLICY: blob}), mirror.keys.signers("rollout"))
    refused(victim, before)


@pytest.mark.parametrize("role", ["app-other", "rollout"])
def test_no_role_speaks_outside_its_paths(mirror: Mirror, meet: Meet, role: str) -> None:
    """With all its keys, another role offers a newer release of wealth, and the rollout key points at it."""
    mirror.publish(package("other"))
    victim, before = served(mirror, meet)
    path = "apps/wealth/9.0.0.manifest.json"
    data = mirror.read(mirror.target_path(MANIFEST)).replace(b'"version":"1.0.0"', b'"version":"9.0.0"')
    blob = mirror.blob(path, data)
    policy = json.loads(mirror.read(mirror.target_path(POLICY)))
    policy["releases"][0] |= {"version": "9.0.0", "manifest": path, "digest": sha256(data)}
    chosen = mirror.blob(POLICY, json.dumps(policy, separators=(",", ":"), sort_keys=True).encode())
    mirror.forge(role, lambda signed: signed.targets.update({path: blob}), mirror.keys.signers(role))
    mirror.forge("rollout", lambda signed: signed.targets.update({POLICY: chosen}), mirror.keys.signers("rollout"))
    refused(victim, before)
