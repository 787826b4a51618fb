"""The watch over logs is awake: it finds what it looks for, and fails the test in whose time it was logged."""

import logging
from pathlib import Path

import pytest

from tests.leaks import PEOPLE, Watch, check_file, find_leaks

pytest_plugins = ["pytester"]
CHEN = PEOPLE[0]
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjdXNfMSJ9.c2ln"


@pytest.mark.parametrize(
    "said",
    [
        f"opened for {CHEN['name']}",
        f"bound {CHEN['card']}",
        f"sent to {CHEN['mobile']}",
        f"of {CHEN['idNumber']}",
        "of 11010519491231002X",
        "sent to 13912345678",
        f"refused {JWT}",
        "-----BEGIN PRIVATE KEY-----",
        '{"code": "246810"}',
        "debited 6298010000000044174",
    ],
)
def test_each_kind_is_found(said: str) -> None:
    assert list(find_leaks(said))


@pytest.mark.parametrize("said", ["GET /accounts 200", "kid " + "a1" * 32, "CODE_WRONG", "1795758703.123456", "陈*"])
def test_plain_lines_hold_nothing(said: str) -> None:
    assert list(find_leaks(said)) == []


def test_a_record_is_seen_whatever_the_handlers_do() -> None:
    watch, logger = Watch(), logging.getLogger("tests.leaks")
    logger.setLevel(logging.INFO)
    watch.begin()
    try:
        logger.error("call %s", "13912345678")
        logger.error("failed", exc_info=ValueError(CHEN["idNumber"]))
    finally:
        watch.end()
    assert watch.seen == 2
    assert [found.rpartition(" logged ")[2] for found in watch.take()] == [
        "a mobile number",
        "a person's number",
        "an ID number",
    ]
    assert watch.take() == []


def test_extras_and_the_whole_chain_of_exceptions_are_read() -> None:
    watch, logger = Watch(), logging.getLogger("tests.leaks")
    logger.setLevel(logging.INFO)
    cause, error = ValueError(CHEN["mobile"]), RuntimeError("the call failed")
    error.__cause__ = cause
    watch.begin()
    try:
        logger.info("done", extra={"who": CHEN["name"]})
        logger.error("failed", exc_info=error)
    finally:
        watch.end()
    assert [found.rpartition(" logged ")[2] for found in watch.take()] == [
        "a person's name",
        "a person's number",
        "a mobile number",
    ]


def test_a_servers_log_is_read_as_well(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text(f"fine\nfor {CHEN['name']}\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="line 2 of a server's log holds a person's name"):
        check_file(log)
    check_file(tmp_path / "none.log")


def test_a_test_that_logs_a_mobile_number_fails_by_name(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    hooks = ("pytest_runtest_call", "pytest_runtest_teardown", "pytest_sessionstart", "pytest_sessionfinish")
    pytester.makeconftest(f"from tests.conftest import {', '.join(hooks)}")
    pytester.makepyfile(
        """
        import logging
        import pytest

        def test_leak():
            logging.getLogger("some.room").error("sent to %s", "13912345678")

        def test_leak_and_more():
            logging.getLogger("some.room").error("sent to %s", "13912345678")
            raise RuntimeError

        def test_fine():
            logging.getLogger("some.room").error("sent")

        @pytest.fixture
        def ending():
            yield
            logging.getLogger("some.end").error("sent to %s", "13912345678")

        def test_whose_end_leaks(ending):
            pass
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, failed=2, errors=1)
    result.stdout.fnmatch_lines(["*some.end * logged a mobile number*"])
    assert result.stdout.str().count("some.room") >= 2
