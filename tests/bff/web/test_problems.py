import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bff.errors import BffError
from bff.web.problems import ProblemCatalogue, load_everything

ERRORS_MD = Path(__file__).parents[3] / "docs" / "errors.md"


def kinds(root: type[BffError]) -> Iterator[type[BffError]]:
    for kind in root.__subclasses__():
        if kind.__module__.startswith("bff."):
            yield kind
            yield from kinds(kind)


@pytest.fixture(scope="module", autouse=True)
def _everything() -> None:
    load_everything()


def test_one_code_has_one_status() -> None:
    statuses: dict[str, set[int]] = {}
    for kind in kinds(BffError):
        statuses.setdefault(kind.code, set()).add(kind.status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_every_refusal_speaks_both_languages() -> None:
    for problem in ProblemCatalogue():
        assert re.search(r"[一-鿿]", problem.zh), problem.code
        assert re.fullmatch(r"[ -~¥–’]+", problem.en), problem.code
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", problem.code)
        assert 400 <= problem.status < 600


def test_the_document_lists_every_code_with_its_status() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", ERRORS_MD.read_text(), flags=re.MULTILINE))
    bank = {problem.code: str(problem.status) for problem in ProblemCatalogue()}
    assert listed == bank
