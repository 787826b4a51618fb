"""Preview links: the rule and its twin, what the owner types, and what a tester's client gets and does not get."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from h5bundle.cli import main
from h5bundle.client.adoption import Adoption
from h5bundle.previews import read_link, write_link
from h5bundle.qr import half_blocks
from h5bundle.rollout import PreviewReason, Wish, hashed
from tests.h5bundle import previews
from tests.h5bundle.conftest import TODAY, Yard, package
from tests.services import NODE

GOLDEN = json.loads(previews.VECTORS.read_text(encoding="utf-8"))
BY = ("--by", "anna", "--why", "a preview")
TESTER = hashed("qa-phone")


@pytest.fixture
def run(yard: Yard, tmp_path: Path) -> Callable[..., Result]:
    yard.publish(package(version="1.0.0", floor="1.0.0"), now=TODAY)
    yard.publish(package(version="1.5.0", floor="1.0.0", title="{zh: 新, en: New}"), now=TODAY, permyriad=0)
    (tmp_path / "pass").write_text("tide\n", encoding="utf-8")
    keys = ("--keys", str(yard.keys.folder), "--passphrase-file", str(tmp_path / "pass"))

    def call(*words: str, signing: bool = False) -> Result:
        place = ("--repository", str(yard.store.folder))
        return CliRunner().invoke(main, [*words, *place, *(keys if signing else ())])

    return call


def made(run: Callable[..., Result], version: str = "1.5.0", *more: str) -> dict[str, object]:
    result = run("preview", "wealth", version, "--json", *more, signing=bool(more))
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.output))


def pull(run: Callable[..., Result], folder: Path, *more: str, who: str = "qa-phone") -> Result:
    return run("pull", "wealth", "--into", str(folder), "--install-id", who, "--json", *more)


def test_the_golden_cases_are_those_of_the_rule() -> None:
    assert previews.text() == previews.VECTORS.read_text(encoding="utf-8")


def test_the_golden_cases_meet_every_reason() -> None:
    assert {case["expected"]["reason"] for case in GOLDEN["decisions"]} == {str(reason) for reason in PreviewReason}


def test_no_case_gives_a_release_to_whom_its_policy_does_not_name() -> None:
    given = [case for case in GOLDEN["decisions"] if case["expected"]["digest"] is not None]
    for case in given:
        release = next(one for one in case["policy"]["releases"] if one["digest"] == case["expected"]["digest"])
        named = hashed(case["here"]["installId"]) in release["allow"]
        assert (named, case["policy"]["halt"], release["digest"]) == (True, False, case["wish"]["digest"])
    assert len(given) > 20


def test_the_shells_javascript_decides_and_reads_the_same() -> None:
    twin = Path(__file__).with_name("preview_twin.mjs")
    done = subprocess.run([NODE, str(twin)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "agreed"), done.stdout + done.stderr


@pytest.mark.parametrize("app", ["http://localhost:8000", "https://bank.example/open", "bank://open/"])
def test_a_link_says_what_was_wished(app: str) -> None:
    wish = Wish(bundle="wealth", version="1.5.0", digest="5" * 64)
    assert read_link(write_link(wish, app), app) == wish


def test_the_code_is_shown_with_its_link_and_grants_nothing(run: Callable[..., Result], yard: Yard) -> None:
    before = yard.store.read("metadata/timestamp.json")
    result = run("preview", "wealth", "1.5.0")
    link = next(line for line in result.output.splitlines() if line.startswith("http"))
    assert result.output.splitlines()[: len(half_blocks(link))] == list(half_blocks(link))
    assert "nobody is named yet" in result.output
    assert yard.store.read("metadata/timestamp.json") == before


def test_pictures_are_written(run: Callable[..., Result], tmp_path: Path) -> None:
    made(run, "1.5.0", "--png", str(tmp_path / "a.png"), "--svg", str(tmp_path / "a.svg"))
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG\r\n")
    assert b"<svg" in (tmp_path / "a.svg").read_bytes()


def test_a_picture_that_cannot_be_written_is_one_line(run: Callable[..., Result], tmp_path: Path) -> None:
    result = run("preview", "wealth", "1.5.0", "--png", str(tmp_path / "none" / "a.png"))
    assert (result.exit_code, result.stderr.startswith("h5bundle: FILE_SYSTEM:")) == (4, True)


def test_a_named_tester_gets_exactly_that_release_beside_what_runs(run: Callable[..., Result], tmp_path: Path) -> None:
    run("offer", "wealth", "1.0.0", "99.99%", *BY, signing=True)
    link = str(made(run, "1.5.0", "--add-tester", TESTER, *BY)["link"])
    phone = tmp_path / "phone"
    normal = json.loads(pull(run, phone).output)
    counted = Adoption(phone).ledger()
    preview = json.loads(pull(run, phone, "--preview", link).output)
    assert (normal["version"], preview["version"]) == ("1.0.0", "1.5.0")
    assert (Path(preview["folder"]) / "index.html").is_file()
    assert Adoption(phone).ledger() == counted
    opened = run("open", "wealth", "--into", str(phone), "--json")
    assert json.loads(opened.output)["version"] == "1.0.0"
    pull(run, phone)
    assert not Path(preview["folder"]).exists()


def test_whom_the_policy_does_not_name_is_told_who_it_is_and_gets_nothing(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    link = str(made(run, "1.5.0", "--add-tester", TESTER, *BY)["link"])
    result = pull(run, tmp_path / "phone", "--preview", link, who="stranger")
    assert (result.exit_code, result.stderr.count("\n")) == (4, 1)
    assert f"testers wealth 1.5.0 --hashed --add {hashed('stranger')}" in result.stderr
    assert list((tmp_path / "phone" / "slots").rglob("*.html")) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("_1.5.0_", "_0.9.0_", "below the signed floor"),
        ("_1.5.0_", "_1.4.0_", "is not on offer"),
        ("_1.5.0_", "_1.0.0_", "another digest"),
        ("wealth_", "cards_", "is not the bundle"),
        ("localhost", "evil.example", "no preview link of http://localhost:8000/"),
        ("wealth_", "<script>_", "no preview link"),
    ],
)
def test_a_forged_link_gives_a_tester_nothing(
    run: Callable[..., Result], tmp_path: Path, old: str, new: str, says: str
) -> None:
    link = str(made(run, "1.5.0", "--add-tester", TESTER, *BY)["link"])
    result = pull(run, tmp_path / "phone", "--preview", link.replace(old, new))
    assert (result.exit_code, result.stderr.startswith("h5bundle: PREVIEW_REFUSED: ")) == (4, True)
    assert says in result.stderr
    assert "<" not in result.stderr


def test_a_paused_bundle_has_no_previews(run: Callable[..., Result], tmp_path: Path) -> None:
    link = str(made(run, "1.5.0", "--add-tester", TESTER, *BY)["link"])
    run("halt", "wealth", *BY, signing=True)
    assert "is paused" in pull(run, tmp_path / "phone", "--preview", link).stderr
    asked = run("preview", "wealth", "1.5.0")
    assert (asked.exit_code, "h5bundle resume wealth" in asked.stderr) == (4, True)


def test_a_signed_release_in_no_policy_names_the_command_that_offers_it(run: Callable[..., Result]) -> None:
    run("rollback", "wealth", "1.0.0", *BY, signing=True)
    result = run("preview", "wealth", "1.5.0")
    assert (result.exit_code, "h5bundle offer wealth 1.5.0 0%" in result.stderr) == (4, True)
    added = made(run, "1.5.0", "--add-tester", TESTER, *BY)
    assert (added["testers"], added["policy"]) == (1, 4)
    assert made(run, "1.5.0", "--add-tester", TESTER, *BY) == added
    assert "is not signed here" in run("preview", "wealth", "3.0.0").stderr


@pytest.mark.parametrize("words", [("--add-tester", "qa-phone", *BY), ("--add-tester", TESTER)])
def test_a_tester_in_clear_or_without_a_reason_is_called_wrongly(
    run: Callable[..., Result], words: tuple[str, ...]
) -> None:
    assert run("preview", "wealth", "1.5.0", *words, signing=True).exit_code == 2


@pytest.mark.parametrize("app", ["javascript:alert(1)", "https://a b/", 'https://x/"><script>', "localhost:8000", ""])
def test_an_address_that_is_none_is_refused(run: Callable[..., Result], app: str) -> None:
    result = run("preview", "wealth", "1.5.0", "--app-link", app)
    assert (result.exit_code, "no address of an app" in result.stderr) == (4, True)
