"""The TUF client in Chromium against repositories that python-tuf signs, and against every attack TUF knows."""

import json
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Key, MetaFile, TargetFile

from tests.native_bridge.shell.site import Site
from tests.native_bridge.shell.tuf_repository import LONG, NOW, Repository, sha256

pytestmark = pytest.mark.browser
MANIFEST = "apps/wealth/1.0.0.manifest.json"


@pytest.fixture
def shell(bench: Page, site: Site) -> Page:
    assert site.log == []
    bench.evaluate("() => forget()")
    return bench


def refresh(shell: Page, *paths: str, later: timedelta = timedelta()) -> dict[str, Any]:
    now = (NOW + later).isoformat()
    return shell.evaluate("([now, paths]) => outcome(() => tuf(now, paths))", [now, list(paths)])


def test_a_repository_is_verified_down_to_a_delegated_target(shell: Page) -> None:
    expected = {"root": 1, "timestamp": 2, "snapshot": 2, "targets": 2, "app-wealth": 2, "rollout": 2}
    assert refresh(shell, MANIFEST, "rollout/wealth.json") == {"ok": expected}


def test_a_second_refresh_asks_only_for_root_and_timestamp(shell: Page, site: Site) -> None:
    refresh(shell, MANIFEST)
    site.log.clear()
    refresh(shell)
    asked = [path for _, path in site.log if path.startswith("/repo/")]
    assert asked == ["/repo/metadata/2.root.json", "/repo/metadata/timestamp.json"]


def test_roots_are_walked_one_by_one(shell: Page, site: Site) -> None:
    for _ in range(3):
        site.repository.root.version += 1
        site.repository.write_root()
    assert refresh(shell)["ok"]["root"] == 4
    site.log.clear()
    assert refresh(shell)["ok"]["root"] == 4
    assert "/repo/metadata/5.root.json" in [path for _, path in site.log]


def replace_root_keys(repository: Repository) -> list[CryptoSigner]:
    old = repository.signers["root"]
    fresh = [CryptoSigner.generate_ecdsa() for _ in range(3)]
    for signer in old:
        repository.root.revoke_key(signer.public_key.keyid, "root")
    for signer in fresh:
        repository.root.add_key(signer.public_key, "root")
    repository.signers["root"] = fresh
    repository.root.version += 1
    return old


def test_root_keys_rotate_when_old_and_new_threshold_sign(shell: Page, site: Site) -> None:
    old = replace_root_keys(site.repository)
    site.repository.write_root([*old, *site.repository.signers["root"]])
    assert refresh(shell)["ok"]["root"] == 2


@pytest.mark.parametrize("signing", ["new only", "old only", "one old", "none"])
def test_a_root_below_either_threshold_is_refused(shell: Page, site: Site, signing: str) -> None:
    old = replace_root_keys(site.repository)
    new = site.repository.signers["root"]
    signers = {"new only": new, "old only": old, "one old": [old[0], *new], "none": []}[signing]
    site.repository.write_root(signers)
    assert refresh(shell)["code"] == "TUF_SIGNATURE"


def test_one_key_under_two_ids_counts_once(shell: Page, site: Site) -> None:
    root = site.repository.root
    lone = site.repository.signers["root"][0]
    twin = Key.from_dict("f" * 64, lone.public_key.to_dict())
    for keyid in list(root.roles["root"].keyids):
        root.revoke_key(keyid, "root")
    root.add_key(lone.public_key, "root")
    root.add_key(twin, "root")
    root.version = 1
    forged = json.loads(site.repository.signed("root", root, [lone]))
    forged["signatures"].append({"keyid": twin.keyid, "sig": forged["signatures"][0]["sig"]})
    site.repository.trusted_root = json.dumps(forged)
    assert refresh(shell)["code"] == "TUF_SIGNATURE"


def test_a_root_with_a_gap_in_its_version_is_refused(shell: Page, site: Site) -> None:
    site.repository.root.version = 3
    site.repository.write_root()
    site.repository.files["metadata/2.root.json"] = site.repository.files.pop("metadata/3.root.json")
    assert refresh(shell)["code"] == "TUF_VERSION"


def test_an_older_timestamp_is_refused(shell: Page, site: Site) -> None:
    before = site.repository.files["metadata/timestamp.json"]
    site.repository.publish()
    refresh(shell)
    site.repository.files["metadata/timestamp.json"] = before
    assert refresh(shell)["code"] == "TUF_ROLLBACK"


def test_a_timestamp_that_lowers_the_snapshot_is_refused(shell: Page, site: Site) -> None:
    site.repository.publish()
    refresh(shell)
    site.repository.timestamp.snapshot_meta = MetaFile(1)
    site.repository.write_timestamp()
    assert refresh(shell)["code"] == "TUF_ROLLBACK"


def test_a_snapshot_that_lowers_a_role_is_refused(shell: Page, site: Site) -> None:
    refresh(shell)
    site.repository.snapshot.meta["app-wealth.json"] = MetaFile(1)
    site.repository.write_snapshot()
    assert refresh(shell)["code"] == "TUF_ROLLBACK"


def test_a_snapshot_without_a_role_it_had_is_refused(shell: Page, site: Site) -> None:
    refresh(shell)
    del site.repository.snapshot.meta["app-wealth.json"]
    site.repository.write_snapshot()
    assert refresh(shell)["code"] == "TUF_ROLLBACK"


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets", "app-wealth"])
def test_a_frozen_repository_is_refused(shell: Page, site: Site, role: str) -> None:
    repository = site.repository
    early = NOW + timedelta(hours=1)
    tops = {"timestamp": repository.timestamp, "snapshot": repository.snapshot, "targets": repository.targets}
    if role == "root":
        repository.root.expires = early
        repository.root.version += 1
        repository.write_root()
    else:
        (tops | repository.roles)[role].expires = early
        repository.publish("app-wealth")
    assert refresh(shell, MANIFEST)["ok"]["root"] >= 1
    assert refresh(shell, MANIFEST, later=timedelta(hours=2))["code"] == "TUF_EXPIRED"


def test_metadata_is_not_fresh_at_the_instant_of_its_expiry(shell: Page) -> None:
    assert refresh(shell, later=LONG - timedelta(seconds=1))["ok"]["root"] == 1
    assert refresh(shell, later=LONG)["code"] == "TUF_EXPIRED"


def test_a_snapshot_of_another_state_is_refused(shell: Page, site: Site) -> None:
    """Mix and match without hashes: only the version tells."""
    repository = site.repository
    repository.timestamp.snapshot_meta = MetaFile(3)
    repository.write_timestamp()
    repository.files["metadata/3.snapshot.json"] = repository.files["metadata/2.snapshot.json"]
    assert refresh(shell)["code"] == "TUF_VERSION"


def test_targets_of_another_state_are_refused(shell: Page, site: Site) -> None:
    repository = site.repository
    repository.snapshot.meta["targets.json"] = MetaFile(3)
    repository.write_snapshot()
    repository.files["metadata/3.targets.json"] = repository.files["metadata/2.targets.json"]
    assert refresh(shell)["code"] == "TUF_VERSION"


@pytest.mark.parametrize("role", ["snapshot", "targets", "app-wealth"])
def test_metadata_with_another_hash_is_refused(shell: Page, site: Site, role: str) -> None:
    path = f"metadata/2.{role}.json"
    site.repository.files[path] = site.repository.files[path].replace(b"2026", b"2027", 1)
    assert refresh(shell, MANIFEST)["code"] == "TUF_HASH"


@pytest.mark.parametrize("role", ["snapshot", "targets", "app-wealth"])
def test_metadata_longer_than_announced_is_refused(shell: Page, site: Site, role: str) -> None:
    path = f"metadata/2.{role}.json"
    site.repository.files[path] += b" "
    assert refresh(shell, MANIFEST)["code"] == "TUF_LENGTH"


def test_an_endless_timestamp_is_refused(shell: Page, site: Site) -> None:
    site.repository.files["metadata/timestamp.json"] += b" " * 20_000
    assert refresh(shell)["code"] == "TUF_LENGTH"


def test_a_target_with_other_bytes_is_refused(shell: Page, site: Site) -> None:
    path = next(path for path in site.repository.files if path.startswith("targets/apps/wealth/"))
    site.repository.files[path] = site.repository.files[path].replace(b"1.0.0", b"1.0.1")
    assert refresh(shell, MANIFEST)["code"] == "TUF_HASH"
    site.repository.files[path] += b"\n"
    assert refresh(shell, MANIFEST)["code"] == "TUF_LENGTH"


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "app-wealth"])
def test_metadata_signed_by_a_stranger_is_refused(shell: Page, site: Site, role: str) -> None:
    site.repository.signers[role] = [CryptoSigner.generate_ecdsa()]
    site.repository.publish("app-wealth")
    assert refresh(shell, MANIFEST)["code"] == "TUF_SIGNATURE"


def test_the_key_of_one_bundle_cannot_sign_for_another(shell: Page, site: Site) -> None:
    site.repository.signers["app-wealth"] = site.repository.signers["app-common"]
    site.repository.publish("app-wealth")
    assert refresh(shell, MANIFEST)["code"] == "TUF_SIGNATURE"


def test_a_role_cannot_offer_what_was_not_delegated_to_it(shell: Page, site: Site) -> None:
    path = "apps/accounts/9.0.0.manifest.json"
    site.repository.add_target("app-wealth", path, b"{}")
    site.repository.publish("app-wealth")
    assert refresh(shell, path)["code"] == "TUF_DELEGATION"


def test_a_terminating_role_has_the_last_word(shell: Page, site: Site) -> None:
    repository = site.repository
    repository.targets.delegations.roles["rollout"].paths = ["rollout/*", "apps/*/*"]
    path = "apps/wealth/9.0.0.manifest.json"
    repository.add_target("rollout", path, b"{}")
    repository.publish("rollout")
    assert refresh(shell, path)["code"] == "TUF_DELEGATION"
    repository.targets.delegations.roles["app-wealth"].terminating = False
    repository.publish()
    assert refresh(shell, path)["ok"]["rollout"] == 3


def test_a_pattern_does_not_reach_across_a_slash(shell: Page, site: Site) -> None:
    site.repository.add_target("app-wealth", "apps/wealth/deep/1.json", b"{}")
    site.repository.publish("app-wealth")
    assert refresh(shell, "apps/wealth/deep/1.json")["code"] == "TUF_DELEGATION"


def test_after_a_fast_forward_rotated_keys_recover(shell: Page, site: Site) -> None:
    """An attacker with the online keys set huge versions; new keys make lower versions acceptable again."""
    repository = site.repository
    repository.timestamp.version = repository.snapshot.version = 2**31
    repository.write_snapshot()
    assert refresh(shell)["ok"]["snapshot"] == 2**31 + 1
    for role in ("timestamp", "snapshot"):
        repository.root.revoke_key(repository.signers[role][0].public_key.keyid, role)
        repository.signers[role] = [CryptoSigner.generate_ecdsa()]
        repository.root.add_key(repository.signers[role][0].public_key, role)
    repository.root.version += 1
    repository.write_root()
    repository.timestamp.version = repository.snapshot.version = 9
    repository.write_snapshot()
    assert refresh(shell)["ok"]["snapshot"] == 10


def test_stored_metadata_that_was_altered_counts_as_absent(shell: Page) -> None:
    refresh(shell, MANIFEST)
    shell.evaluate("() => { for (const name of storage.kept.keys()) storage.kept.set(name, encoding.utf8('{}')); }")
    assert refresh(shell, MANIFEST)["ok"]["app-wealth"] == 2


@pytest.mark.parametrize("broken", [b"", b"[]", b'{"signed":{},"signatures":[]}', b'{"a":1,"a":2}', b"\xff"])
def test_what_is_no_metadata_is_refused(shell: Page, site: Site, broken: bytes) -> None:
    site.repository.files["metadata/timestamp.json"] = broken
    assert refresh(shell)["code"] == "TUF_FORMAT"


def test_a_missing_snapshot_is_told(shell: Page, site: Site) -> None:
    del site.repository.files["metadata/2.snapshot.json"]
    assert refresh(shell)["code"] == "TUF_MISSING"


def test_a_target_without_sha256_is_refused(shell: Page, site: Site) -> None:
    data = b"{}"
    site.repository.roles["app-wealth"].targets["apps/wealth/x"] = TargetFile(
        2, {"md5": sha256(data)[:32]}, "apps/wealth/x"
    )
    site.repository.publish("app-wealth")
    assert refresh(shell, "apps/wealth/x")["code"] == "TUF_DELEGATION"


DER = "3006020101020101"


@pytest.mark.parametrize(
    ("der", "good"),
    [
        (DER, True),
        (DER + "00", False),  # something after it
        ("3081" + DER[2:], False),  # long form of a short length
        ("300702020001020101", False),  # not minimal
        ("3006020181020101", False),  # negative
        ("30050201010200", False),  # empty
        ("3006020101030101", False),  # no integer
        ("3006020100020101", False),  # zero
    ],
)
def test_only_strict_der_is_a_signature(shell: Page, der: str, good: bool) -> None:  # noqa: FBT001 — a table
    assert shell.evaluate("(der) => tufKeys.rawSignature(encoding.fromHex(der)) !== null", der) is good


@pytest.mark.parametrize("scheme", ["ed25519", "rsassa-pss-sha256"])
def test_the_shell_takes_no_scheme_but_its_own(shell: Page, site: Site, scheme: str) -> None:
    """The client could verify them: the rules of the shell do not let them count."""
    other = CryptoSigner.generate_ed25519() if scheme == "ed25519" else CryptoSigner.generate_rsa(size=2048)
    site.repository.root.add_key(other.public_key, "timestamp")
    site.repository.root.version += 1
    site.repository.write_root()
    site.repository.signers["timestamp"] = [other]
    site.repository.publish()
    assert refresh(shell)["code"] == "TUF_SIGNATURE"


def test_the_shell_takes_no_hash_but_its_own(shell: Page, site: Site) -> None:
    target = TargetFile.from_data("apps/wealth/x", b"{}", ["sha512"])
    site.repository.roles["app-wealth"].targets["apps/wealth/x"] = target
    site.repository.publish("app-wealth")
    assert refresh(shell, "apps/wealth/x")["code"] == "TUF_DELEGATION"


def test_a_role_that_expired_is_not_held_as_trusted(shell: Page, site: Site) -> None:
    site.repository.roles["app-wealth"].expires = NOW - timedelta(hours=1)
    site.repository.publish("app-wealth")
    roles = shell.evaluate(
        """async ([now, path, root]) => {
          const parts = { root: encoding.utf8(root), storage, fetcher: repositoryFetcher("/repo"), now: new Date(now) };
          const client = new TufClient(parts);
          await client.refresh();
          const { code } = await outcome(() => client.target(path));
          return [code, Object.keys(client.summary())];
        }""",
        [NOW.isoformat(), MANIFEST, site.repository.trusted_root],
    )
    assert roles == ["TUF_EXPIRED", ["root", "timestamp", "snapshot", "targets"]]
