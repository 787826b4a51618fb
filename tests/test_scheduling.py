"""What is dear to start is started on one worker only."""

from pathlib import Path

import pytest

from tests.scheduling import FIRST, TOGETHER, group_of, rank_of

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("tests/bff/web/test_names.py::test_a[x@y]", "tests/bff/web/test_names.py"),
        ("tests/test_app.py::test_a", "tests/test_app.py"),
        ("tests/attacks/test_tokens.py::test_a[sqlite-kid a path]", "tests/attacks sqlite"),
        ("tests/attacks/test_races.py::test_a[mariadb]", "tests/attacks mariadb"),
        ("tests/attacks/test_tuf.py::test_a[targets]", "tests/attacks "),
    ],
)
def test_a_test_knows_what_it_stays_together_with(name: str, group: str) -> None:
    assert group_of(name) == group


def test_the_longest_come_first() -> None:
    names = ["tests/bff/web/test_names.py::test_a", "tests/e2e/test_story.py::test_a", "tests/attacks/test_tuf.py::t"]
    assert sorted(names, key=rank_of) == names[::-1]


def test_the_folders_are_there() -> None:
    assert [name for name in {*FIRST, *TOGETHER} if not (ROOT / name).is_dir()] == []


CONFTEST = """
from tests.scheduling import Together
def pytest_xdist_make_scheduler(config, log):
    return Together(config, log)
"""
BODY = """
import pytest
@pytest.mark.parametrize("number", range(8))
def test_it(number):
    pass
"""


def test_a_parallel_run_deals_out_groups(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Holds the scheduler to the xdist that is installed: a file's tests all run on one worker."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_one=BODY, test_two=BODY)
    done = pytester.runpytest_subprocess("-n2", "--dist=loadscope", "-v", "-p", "no:cacheprovider")
    done.assert_outcomes(passed=16)
    passed = [line for line in done.outlines if " PASSED " in line]
    ran = {(line.split()[0], line.partition("::")[0].split()[-1]) for line in passed}
    assert {file for _, file in ran} == {"test_one.py", "test_two.py"}
    assert len(ran) == 2
