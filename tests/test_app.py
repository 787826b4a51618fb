"""The front door as newcomers and operators meet it: refusals that say what to do, and changes while it runs."""

import base64
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from app import cli, growing_id, new_id
from bff import sandbox
from bff.house import PURPOSES
from config.settings import Settings
from h5bundle.keys import ONLINE, ROLLOUT, TARGETS
from h5bundle.keys import ROOT as ROOT_ROLE
from security import sm2
from security.cli import evidence
from tests import running
from tests.running import ROOT, Done, Running
from tests.services import free_port

OWN = os.environ  # noqa: TID251 — commands get this run's environment, less its settings
ORIGIN = {"TIDEGATE_KEY_PASSPHRASE": "tide", "TIDEGATE_PUBLIC_URL": "https://bank.example"}
PRODUCTION = {"TIDEGATE_ENV": "production", **ORIGIN}


def test_ids_that_grow_sort_by_their_time_and_differ_within_it() -> None:
    first = growing_id("jnl")
    time.sleep(0.002)
    later = [growing_id("jnl") for _ in range(1000)]
    assert first < min(later)
    assert len(set(later)) == len(later)
    assert {len(one) for one in later} == {len(new_id("jnl"))}


def call(program: str, *words: str, **environ: str) -> Done:
    """Run `tidegate` or `evidence` in this process, with these settings alone."""
    return running.call({"tidegate": cli, "evidence": evidence}[program], *words, **environ)


def typed(*words: str, **environ: str) -> Done:
    """Run `tidegate` as a process of its own: what serves takes the log and the signals over."""
    clean = {name: text for name, text in OWN.items() if not name.startswith("TIDEGATE_") and name != "PORT"}
    command = [sys.executable, "-m", "app", *words]
    return subprocess.run(
        command, cwd=ROOT, env={**clean, **environ}, check=False, capture_output=True, text=True, timeout=60
    )


def refusal(done: Done) -> str:
    """Give the one line of a refusal; there is no trace and nothing on standard output."""
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was prepared once; tests that change it take a copy."""
    return Path(shutil.copytree(running.prepared(), tmp_path_factory.mktemp("front") / "var"))


@pytest.mark.parametrize(
    ("text", "why"),
    [(None, "No such file"), ("apps: []", "object"), ("apps: {a: {android: {}}}", "packages")],
)
def test_a_policy_that_cannot_be_read_stops_the_start(
    prepared: Path, tmp_path: Path, text: str | None, why: str
) -> None:
    file = tmp_path / "attestation.yaml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    done = call("tidegate", "bundles", TIDEGATE_VAR=str(prepared), TIDEGATE_ATTESTATION_POLICY=str(file))
    line = refusal(done)
    assert "TIDEGATE_ATTESTATION_POLICY" in line
    assert why in line
    assert done.returncode != 0


@pytest.fixture
def copy(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "var"))


@pytest.fixture(scope="module")
def server(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    var = shutil.copytree(prepared, tmp_path_factory.mktemp("served") / "var")
    started = Running(Path(var)).start()
    yield started
    started.stop()


def get(url: str, **headers: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request("GET", url, headers=headers, redirect=False, retries=False, timeout=5)


# ── calling it wrongly ──


@pytest.mark.parametrize("command", ["run", "serve"])
def test_a_taken_port_is_one_line_with_the_way_out(command: str, prepared: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = typed(command, PORT=str(port), TIDEGATE_VAR=str(prepared))
    words = f"cannot listen on 127.0.0.1:{port} (Address already in use). Choose another port: PORT=8123 make run"
    assert (done.returncode, refusal(done)) == (2, f"tidegate: {words}")


def test_a_foreign_address_is_no_question_of_ports(prepared: Path) -> None:
    done = typed("serve", PORT=str(free_port()), TIDEGATE_HOST="203.0.113.7", TIDEGATE_VAR=str(prepared))
    assert done.returncode == 2
    assert refusal(done).endswith("(Cannot assign requested address). Look at TIDEGATE_HOST")


@pytest.mark.parametrize("command", [("run",), ("prepare",), ("serve",), ("bundles",), ("keys", "list"), ("root",)])
def test_an_unknown_setting_is_named(command: tuple[str, ...], tmp_path: Path) -> None:
    done = call("tidegate", *command, TIDEGATE_PROT="8000", TIDEGATE_VAR=str(tmp_path / "var"))
    assert done.returncode == 2
    assert refusal(done) == "tidegate: TIDEGATE_PROT is not a setting; docs/settings.md lists them all"
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("command", ["run", "prepare"])
def test_a_suite_without_its_library_is_told_before_anything_is_made(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sm2, "_INSTALLED", False)
    environ = {"TIDEGATE_VAR": str(tmp_path / "var"), "PORT": str(free_port()), "TIDEGATE_LOG_LEVEL": "error"}
    done = call("tidegate", command, **environ, TIDEGATE_SUITE="ES256,SM2-SM3")
    said = "tidegate: TIDEGATE_SUITE: SM2-SM3 needs the package tongsuopy, which is not installed: "
    assert (done.returncode, done.stderr.strip()) == (2, f"{said}pip install tongsuopy==1.0.1")
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("command", [("bundles",), ("root",), ("revoke-bundle", "00")])
def test_what_was_never_prepared_is_said_and_stays_untouched(command: tuple[str, ...], tmp_path: Path) -> None:
    var = tmp_path / "mistyped"
    done = call("tidegate", *command, TIDEGATE_VAR=str(var))
    assert done.returncode == 2
    assert refusal(done) == f"tidegate: nothing was prepared in {var}: run `tidegate prepare`, or set TIDEGATE_VAR"
    assert not var.exists()


def test_serving_what_was_never_prepared_is_refused(tmp_path: Path) -> None:
    done = typed("serve", PORT=str(free_port()), TIDEGATE_VAR=str(tmp_path / "mistyped"))
    assert (done.returncode, "run `tidegate prepare`" in refusal(done)) == (2, True)
    assert not (tmp_path / "mistyped").exists()


@pytest.mark.parametrize("command", [("bundles",), ("keys", "list"), ("prepare",)])
def test_a_wrong_passphrase_is_told_with_the_settings_name(command: tuple[str, ...], prepared: Path) -> None:
    done = call("tidegate", *command, TIDEGATE_KEY_PASSPHRASE="ebb", TIDEGATE_VAR=str(prepared))
    assert done.returncode == 1
    assert refusal(done).startswith("tidegate: KEY_LOCKED: the passphrase is wrong or a key file is damaged — give in")
    assert "TIDEGATE_KEY_PASSPHRASE" in done.stderr


def test_a_database_that_is_away_is_one_line_without_its_password(prepared: Path) -> None:
    url = f"mysql+pymysql://tide:hunter2@127.0.0.1:{free_port()}/tidegate"
    done = call("tidegate", "bundles", TIDEGATE_DATABASE_URL=url, TIDEGATE_VAR=str(prepared))
    assert done.returncode == 2
    assert refusal(done).startswith("tidegate: the database does not serve: ")
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize("content", [b"", b"not a database, certainly not one of ours"])
def test_a_database_without_our_tables_is_one_line(content: bytes, prepared: Path, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(content)
    url = f"sqlite:///{tmp_path / 'other.db'}"
    done = call("tidegate", "bundles", TIDEGATE_DATABASE_URL=url, TIDEGATE_VAR=str(prepared))
    assert done.returncode == 2
    assert "`tidegate prepare` makes the tables" in refusal(done)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = call("tidegate", "prepare", TIDEGATE_VAR=str(tmp_path / "file" / "var"))
    assert (done.returncode, "Look at TIDEGATE_VAR" in refusal(done)) == (2, True)


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"TIDEGATE_ENV": "production"}, "needs TIDEGATE_KEY_PASSPHRASE"),
        ({"TIDEGATE_ENV": "production", "TIDEGATE_KEY_PASSPHRASE": "tide"}, "needs TIDEGATE_PUBLIC_URL with https://"),
        (PRODUCTION, "needs adapters to the card network and the SMS provider"),
    ],
)
def test_production_is_refused_with_the_reason(environ: dict[str, str], reason: str, tmp_path: Path) -> None:
    for words in (("prepare",), ("bundles",)):
        done = call("tidegate", *words, TIDEGATE_VAR=str(tmp_path / "var"), **environ)
        assert (done.returncode, reason in refusal(done)) == (2, True)
    assert not (tmp_path / "var" / "keys").exists()


def test_serving_production_is_refused_with_the_reason(tmp_path: Path) -> None:
    done = typed("serve", PORT=str(free_port()), TIDEGATE_VAR=str(tmp_path / "var"), **PRODUCTION)
    assert (done.returncode, "production needs adapters to the card network" in refusal(done)) == (2, True)


def test_production_refuses_a_sandboxs_keys(prepared: Path) -> None:
    done = call("tidegate", "prepare", TIDEGATE_VAR=str(prepared), **PRODUCTION)
    assert (done.returncode, f"{prepared}/keys holds development keys" in refusal(done)) == (2, True)


# ── the commands ──


def test_settings_prints_every_setting() -> None:
    done = call("tidegate", "settings")
    named = [line.split("`")[1] for line in done.stdout.splitlines()]
    assert named == [f"TIDEGATE_{name.upper()}" for name in Settings.__dataclass_fields__]
    assert call("tidegate", "settings", "--markdown").stdout == (ROOT / "docs/settings.md").read_text(encoding="utf-8")


def test_bundles_as_json(prepared: Path) -> None:
    rows = json.loads(call("tidegate", "bundles", "--json", TIDEGATE_VAR=str(prepared)).stdout)
    assert [(row["bundle"], row["state"]) for row in rows] == [(name, "PUBLISHED") for name in sorted(sandbox.BUNDLES)]
    assert {len(row["ref"].partition("#")[2]) for row in rows} == {64}


def test_a_release_is_called_back_by_the_name_that_bundles_shows(copy: Path) -> None:
    ref = json.loads(call("tidegate", "bundles", "--json", TIDEGATE_VAR=str(copy)).stdout)[0]["ref"]
    done = call("tidegate", "revoke-bundle", ref, TIDEGATE_VAR=str(copy))
    assert done.stdout == f"{ref.partition('#')[2]} is revoked\n"
    assert f"REVOKED    {ref}" in call("tidegate", "bundles", TIDEGATE_VAR=str(copy)).stdout


def test_an_unknown_release_is_not_called_back(prepared: Path) -> None:
    done = call("tidegate", "revoke-bundle", "0" * 64, TIDEGATE_VAR=str(prepared))
    assert (done.returncode, "`tidegate bundles` lists the releases" in refusal(done)) == (1, True)


def test_evidence_of_an_unknown_order_is_one_line(prepared: Path, tmp_path: Path) -> None:
    out = tmp_path / "order.json"
    done = call("evidence", "export", "ord_nothing", "--out", str(out), TIDEGATE_VAR=str(prepared))
    assert (done.returncode, refusal(done).startswith("Error: NOT_FOUND: the chain knows no such order")) == (1, True)
    assert not out.exists()


def test_evidence_from_a_mistyped_folder_is_a_wrong_call(tmp_path: Path) -> None:
    done = call("evidence", "export", "ord_nothing", TIDEGATE_VAR=str(tmp_path / "mistyped"))
    assert (done.returncode, "nothing was prepared in" in done.stderr) == (2, True)
    assert not (tmp_path / "mistyped").exists()


# ── keys and folders ──


def records(var: Path) -> list[dict[str, str]]:
    return list(json.loads(call("tidegate", "keys", "list", "--json", TIDEGATE_VAR=str(var)).stdout))


def kid_of(var: Path, purpose: str) -> str:
    return next(row["kid"] for row in records(var) if (row["purpose"], row["state"]) == (purpose, "ACTIVE"))


def test_a_second_prepare_changes_nothing_and_is_quick(copy: Path) -> None:
    bundles = call("tidegate", "bundles", "--json", TIDEGATE_VAR=str(copy)).stdout
    before = {path.name: path.read_bytes() for name in ("keys", "release-keys") for path in (copy / name).iterdir()}
    started = time.monotonic()
    done = call("tidegate", "prepare", TIDEGATE_VAR=str(copy))
    assert time.monotonic() - started < 20, "a second start takes seconds"
    assert done.stdout == "".join(f"{bundle}@1.0.0  stands\n" for bundle in sandbox.BUNDLES)
    assert before == {
        path.name: path.read_bytes() for name in ("keys", "release-keys") for path in (copy / name).iterdir()
    }
    assert call("tidegate", "bundles", "--json", TIDEGATE_VAR=str(copy)).stdout == bundles


def test_keys_and_database_are_their_owners_only(prepared: Path) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    folders = [prepared / "keys", prepared / "release-keys"]
    private = [path for folder in folders for path in folder.iterdir() if path.suffix in {".pem", ".key"}]
    assert len(private) == len(PURPOSES) + len(sandbox.BUNDLES) + len((ROOT_ROLE, TARGETS, ONLINE, ROLLOUT))
    secret = [*private, prepared / "passphrase", prepared / "tidegate.db", prepared / "keys" / "keys.json"]
    assert [path.name for path in secret if mode(path) != 0o600] == []
    assert [mode(folder) for folder in folders] == [0o700, 0o700]
    assert [(folder / "DEVELOPMENT").exists() for folder in folders] == [True, True]
    heads = {path.read_bytes()[:32] for path in private if path.suffix == ".pem"}
    assert heads == {b"-----BEGIN ENCRYPTED PRIVATE KEY"}
    assert {path.read_bytes()[:4] for path in private if path.suffix == ".key"} == {b"TGK2", b"TGK3"}


def test_git_never_sees_what_an_instance_keeps() -> None:
    kept = ["var/passphrase", "var/keys/keys.json", "var/tidegate.db"]
    ignored = subprocess.run(["git", "check-ignore", *kept], cwd=ROOT, check=False, capture_output=True, text=True)
    tracked = subprocess.run(["git", "ls-files", "var"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert (ignored.stdout.split(), tracked.stdout) == (kept, "")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("rotate", "tide"), 1, "the purposes are access-token, "),
        (("revoke", "nothing", "--confirm", "nothing"), 1, "`tidegate keys list` shows what there is"),
        (("revoke", "nothing", "--confirm", "else"), 2, "--confirm must repeat the KID"),
        (("jwks", "sealing-kek"), 1, "sealing-kek keys have no public part"),
    ],
)
def test_a_refused_change_of_keys(words: tuple[str, ...], status: int, said: str, prepared: Path) -> None:
    before = records(prepared)
    done = call("tidegate", "keys", *words, TIDEGATE_VAR=str(prepared))
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (status, True, False)
    assert records(prepared) == before


@pytest.mark.parametrize("purpose", ["sealing-kek", "blind-index"])
def test_a_key_that_stored_data_hangs_on_is_not_revoked(purpose: str, prepared: Path) -> None:
    kid = kid_of(prepared, purpose)
    done = call("tidegate", "keys", "revoke", kid, "--confirm", kid, TIDEGATE_VAR=str(prepared))
    assert (done.returncode, kid_of(prepared, purpose)) == (1, kid)
    assert "could never be read again" in refusal(done)


# ── while it runs ──


def test_life_and_readiness(server: Running) -> None:
    assert (get(server.url + "/healthz").status, get(server.url + "/healthz").json()) == (200, {"status": "ok"})
    ready = {"status": "ok", "checks": {"database": "ok", "repository": "ok", "keys": "ok"}}
    assert get(server.url + "/readyz").json() == ready
    assert get(f"http://127.0.0.1:{server.port}/readyz", Host="10.0.0.7").json() == ready


def test_an_instance_without_its_repository_is_not_ready_and_recovers(server: Running) -> None:
    stamp = server.var / "repo" / "metadata" / "timestamp.json"
    away = stamp.rename(stamp.with_suffix(".away"))
    try:
        answer = get(server.url + "/readyz")
        assert (answer.status, answer.json()["checks"]["repository"]) == (503, "failed")
        assert get(server.url + "/healthz").status == 200
    finally:
        away.rename(stamp)
    assert get(server.url + "/readyz").status == 200


def test_the_machines_address_leads_to_the_shell(server: Running) -> None:
    answer = get(f"http://127.0.0.1:{server.port}/")
    assert (answer.status, answer.headers["Location"]) == (308, f"{server.url}/")
    assert get(answer.headers["Location"]).status == 200
    refused = get(f"http://127.0.0.1:{server.port}/app/v1/catalogue")
    assert (refused.status, refused.json()["code"]) == (421, "HOST_UNKNOWN")
    assert f"this instance answers at {server.url}/" in refused.json()["detail"]


class Traffic(threading.Thread):
    """A bound phone that keeps asking, below its rate."""

    def __init__(self, server: Running) -> None:
        super().__init__()
        self.device = server.device()
        self.account = self.device.open_account(server.samples()[0])
        self.answers: list[tuple[int, Any]] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            answer = self.device.get("/accounts", bundle=self.device.digests["accounts"])
            self.answers.append((answer.status, "" if answer.status == 200 else answer.body))
            self.over.wait(0.55)

    def seen(self, count: int) -> None:
        """Wait for so many further answers."""
        wanted, end = len(self.answers) + count, time.monotonic() + 30
        while len(self.answers) < wanted and time.monotonic() < end:
            time.sleep(0.02)
        assert len(self.answers) >= wanted


def header(token: str) -> dict[str, Any]:
    text = token.split(".", maxsplit=1)[0]
    return dict(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


def test_keys_change_under_traffic_and_no_valid_call_is_refused(server: Running) -> None:
    traffic = Traffic(server)
    old = header(traffic.device.access)["kid"]
    traffic.start()
    try:
        for words in (("stage", "access-token"), *(("rotate", name) for name in PURPOSES)):
            traffic.seen(3)
            done = call("tidegate", "keys", *words, TIDEGATE_VAR=str(server.var))
            assert done.returncode == 0, done.stderr
        traffic.seen(3)
    finally:
        traffic.over.set()
        traffic.join()
    assert [answer for answer in traffic.answers if answer != (200, "")] == []
    device = traffic.device
    device.session(customer=True)
    assert header(device.access)["kid"] == kid_of(server.var, "access-token") != old
    device.fund(traffic.account, 5_000_000)
    device.assess()
    order = device.buy(traffic.account, "JMG-TT01", 1_000_000)["result"]["orderId"]
    proves_its_evidence(server, order)
    refuses_a_revoked_key(server, device)


def proves_its_evidence(server: Running, order: str) -> None:
    out, anchor, root = (server.var / name for name in ("order.json", "jwks.json", "root.json"))
    environ = {"TIDEGATE_VAR": str(server.var)}
    exported = call("evidence", "export", order, "--out", str(out), **environ)
    assert exported.stdout.endswith(f"Prove it with: evidence verify {out}\n")
    anchor.write_text(call("tidegate", "keys", "jwks", "audit-checkpoint", **environ).stdout, encoding="utf-8")
    root.write_text(call("tidegate", "root", **environ).stdout, encoding="utf-8")
    proved = call("evidence", "verify", str(out), "--anchor", str(anchor), "--root", str(root))
    assert (proved.returncode, "every link holds" in proved.stdout) == (0, True)


def refuses_a_revoked_key(server: Running, device: Any) -> None:
    kid = header(device.access)["kid"]
    assert call("tidegate", "keys", "revoke", kid, "--confirm", kid, TIDEGATE_VAR=str(server.var)).returncode == 0
    refused = device.get("/accounts", bundle=device.digests["accounts"])
    assert (refused.status, refused.body["code"]) == (401, "TOKEN_INVALID")
    device.session(customer=True)
    assert device.get("/accounts", bundle=device.digests["accounts"]).status == 200


def test_orders_and_accounts_outlive_stop_prepare_and_start(copy: Path) -> None:
    server = Running(copy).start()
    try:
        device = server.device()
        account = device.open_account(server.samples()[0])
        device.fund(account, 5_000_000)
        device.assess()
        device.buy(account, "JMG-TT01", 1_000_000)
        before = device.get("/wealth/transactions", bundle=device.digests["wealth"]).ok()
        server.stop()
        assert call("tidegate", "prepare", TIDEGATE_VAR=str(copy)).returncode == 0
        server.command = (sys.executable, "-m", "app", "serve")
        server.start()
        device.nonce = ""
        assert device.get("/wealth/transactions", bundle=device.digests["wealth"]).ok() == before
        assert len(before["transactions"]) == 1
    finally:
        server.stop()
