import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from security.cli import evidence
from tests.security.orders import Case

CASE = Case()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "order.json").write_bytes(CASE.export())
    (tmp_path / "root.json").write_bytes(CASE.root)
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [CASE.audit.jwk.as_dict()]}))
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(evidence, ["verify", *map(str, arguments)])


def test_it_says_in_words_what_holds_and_on_which_keys(folder: Path) -> None:
    result = run(folder / "order.json")
    assert result.exit_code == 0
    assert "every link holds" in result.output
    assert "¥50,000.00" in result.output
    assert f"compare their thumbprints with the bank's own: {CASE.audit.kid}" in result.output


def test_it_answers_in_json(folder: Path) -> None:
    result = run(folder / "order.json", "--anchor", folder / "jwks.json", "--root", folder / "root.json", "--json")
    answer = json.loads(result.output)
    assert (result.exit_code, answer["ok"], answer["anchored"], len(answer["links"])) == (0, True, True, 11)


def test_a_broken_link_is_named_with_exit_code_1(folder: Path) -> None:
    (folder / "lie.json").write_bytes(CASE.lying("core.executed", orderId="ord_2"))
    result = run(folder / "lie.json")
    assert (result.exit_code, "BROKEN at link money" in result.output) == (1, True)
    answer = json.loads(run(folder / "lie.json", "--json").output)
    assert (answer["ok"], answer["link"]) == (False, "money")


def test_a_strangers_anchor_breaks_the_seal(folder: Path) -> None:
    (folder / "jwks.json").write_text(json.dumps({"keys": [Case().audit.jwk.as_dict()]}))
    result = run(folder / "order.json", "--anchor", folder / "jwks.json")
    assert (result.exit_code, "link seal" in result.output) == (1, True)


@pytest.mark.parametrize("content", ["tide", "[]", '{"signed":{"_type":"targets"}}', '{"signed":"root"}'])
def test_a_root_that_is_none_is_a_usage_error_and_no_broken_evidence(folder: Path, content: str) -> None:
    (folder / "root.json").write_text(content)
    result = run(folder / "order.json", "--root", folder / "root.json")
    assert (result.exit_code, "no TUF root metadata" in result.output, "BROKEN" in result.output) == (2, True, False)


def test_unreadable_input_is_a_usage_error(folder: Path) -> None:
    (folder / "jwks.json").write_text("{}")
    assert run(folder / "absent.json").exit_code == 2
    assert run(folder / "order.json", "--anchor", folder / "jwks.json").exit_code == 2
    assert run().exit_code == 2
