"""The commands for who gets a release, as the release team types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from h5bundle.cli import main
from tests.h5bundle.conftest import TODAY, Yard, package

BY = ("--by", "anna", "--why", "first day")


@pytest.fixture
def run(yard: Yard, tmp_path: Path) -> Callable[..., Result]:
    yard.publish(package(version="1.0.0", floor="1.0.0"), now=TODAY)
    yard.publish(package(version="1.1.0", floor="1.0.0"), now=TODAY, permyriad=500)
    (tmp_path / "pass").write_text("tide\n", encoding="utf-8")
    keys = ("--keys", str(yard.keys.folder), "--passphrase-file", str(tmp_path / "pass"), *BY)

    def call(*words: str, signing: bool = True) -> Result:
        place = ("--repository", str(yard.store.folder))
        return CliRunner().invoke(main, [*words, *place, *(keys if signing else ())])

    return call


def test_the_first_week_of_a_release(run: Callable[..., Result]) -> None:
    assert run("rollout", "wealth", "5.5%").output.splitlines()[1] == "  1.1.0      5.5 %"
    asked = run("testers", "wealth", "1.1.0", "--add", "qa-phone")
    assert asked.output.splitlines()[1] == "  1.1.0      5.5 %  1 testers"
    said = run("why", "wealth", "qa-phone", signing=False).output
    assert said.startswith("wealth policy 4: gets 1.1.0: it is a named tester\n")
    assert "测试名单" in run("why", "wealth", "qa-phone", "--lang", "zh", signing=False).output
    assert "paused" in run("halt", "wealth").output
    assert "正在用的版本照常用" in run("why", "wealth", "qa-phone", "--lang", "zh", signing=False).output
    assert "paused" not in run("resume", "wealth").output
    assert run("resume", "wealth").output.startswith("wealth policy 6 (as it was)")
    back = json.loads(run("rollback", "wealth", "1.0.0", "--json").output)
    assert ([one["version"] for one in back["releases"]], back["changed"]) == (["1.0.0"], True)
    beta = run("offer", "wealth", "1.1.0", "100%", "--channel", "beta", "--forced")
    assert beta.output.splitlines()[1] == "  1.1.0      100 %  channel beta, forced"
    everywhere = run("rollout", "wealth", "100%", "--channel", "ALL", "--not-forced")
    assert everywhere.output.splitlines()[1:] == ["  1.1.0      100 %"]


@pytest.mark.parametrize("share", ["5", "101%", "0.001%", "-1%", "5 %", "five%"])
def test_a_share_that_could_be_misread_is_refused(run: Callable[..., Result], share: str) -> None:
    result = run("rollout", "wealth", "--", share)
    assert (result.exit_code, result.output.count("\n") > 0) == (2, True)


def test_a_refusal_is_one_line_with_its_code(run: Callable[..., Result]) -> None:
    result = run("rollback", "wealth", "0.9.0")
    assert result.exit_code == 4
    assert result.stderr.startswith("h5bundle: PUBLISH_REFUSED: wealth 0.9.0 is not signed")
    assert run("rollout", "cards", "5%").stderr.startswith("h5bundle: PUBLISH_REFUSED: cards has no rollout policy")


def test_the_train_ends_with_a_code_when_something_blocks(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "catalogue.json").write_text("[]", encoding="utf-8")
    assert run("train", signing=False).exit_code == 0
    blocked = run("train", "--catalogue", str(tmp_path / "catalogue.json"), signing=False)
    assert (blocked.exit_code, "BLOCKED wealth@1.1.0 needs operation" in blocked.output) == (4, True)


def test_force_and_limit_are_set_shown_and_taken_away(run: Callable[..., Result]) -> None:
    said = run("rollout", "wealth", "100%", "--forced", "--stale-hours", "72").output.splitlines()
    assert (said[0].endswith(", stale after 72 h"), said[1]) == (True, "  1.1.0      100 %  forced")
    why = run("why", "wealth", "a-phone", signing=False).output
    assert ("1.1.0 is forced" in why, "after 72 h without" in why) == (True, True)
    assert "必须更新" in run("why", "wealth", "a-phone", "--lang", "zh", signing=False).output
    status = run("status", signing=False).output
    assert ("  forced" in status, "stale after 72 h without a check" in status) == (True, True)
    shown = json.loads(run("status", "--json", signing=False).output)
    assert shown["stale_hours"] == {"wealth": 72}
    off = json.loads(run("rollout", "wealth", "100%", "--no-forced", "--stale-hours", "none", "--json").output)
    assert (off["stale_hours"], off["releases"][0]["forced"], off["changed"]) == (None, False, True)


@pytest.mark.parametrize("hours", ["0", "-1", "8761", "1.5", "two", ""])
def test_a_limit_that_could_be_misread_is_refused(run: Callable[..., Result], hours: str) -> None:
    result = run("rollout", "wealth", "5%", f"--stale-hours={hours}")
    assert (result.exit_code, "write hours from 1 to 8760, or none" in result.output) == (2, True)
