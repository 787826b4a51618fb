"""The guide's tables are the contract's: with TIDEGATE_WRITE_DOCS=1 they are written anew."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from native_bridge.model import COMPILED, Contract, load

GUIDE = Path(__file__).parents[2] / "docs" / "bridge.md"
ENVIRON = os.environ  # noqa: TID251 — the run's own switch
CONTRACT = load(COMPILED.read_bytes())


def methods(contract: Contract) -> Iterator[str]:
    yield "| Method | Tier | Input → output | Most | Own errors | |"
    yield "|---|---|---|---|---|---|"
    for method in contract.methods.values():
        shape = f"{record(contract, method.input)} → {record(contract, method.output)}"
        errors = ", ".join(sorted(method.errors)) or "—"
        yield f"| `{method.name}` | {method.tier} | {shape} | {method.timeout_ms // 1000} s | {errors} | {method.doc} |"


def record(contract: Contract, name: str) -> str:
    fields = contract.types[name]["fields"]
    return ", ".join(f"`{field}{'?' if spec['optional'] else ''}`" for field, spec in fields.items()) or "—"


def errors(contract: Contract) -> Iterator[str]:
    yield "| Code | Common | Retryable | |"
    yield "|---|---|---|---|"
    for code, spec in sorted(contract.errors.items()):
        common, retryable = ("yes" if spec[key] else "no" for key in ("common", "retryable"))
        yield f"| `{code}` | {common} | {retryable} | {spec['doc']} |"


def events(contract: Contract) -> Iterator[str]:
    yield "| Event | Payload | |"
    yield "|---|---|---|"
    for name, spec in sorted(contract.events.items()):
        yield f"| `{name}` | {record(contract, spec['payload'])} | {spec['doc']} |"


@pytest.mark.parametrize(("name", "table"), [("methods", methods), ("errors", errors), ("events", events)])
def test_a_table_of_the_guide_is_the_contract(name: str, table: Callable[[Contract], Iterator[str]]) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- {name} -->\n)(.*?)(<!-- /{name} -->)", re.DOTALL)
    rows = "\n".join(table(CONTRACT)) + "\n"
    if ENVIRON.get("TIDEGATE_WRITE_DOCS") == "1":
        text = pattern.sub(lambda found: found[1] + rows + found[3], text)
        GUIDE.write_text(text, encoding="utf-8")
    found = pattern.search(text)
    assert found is not None
    assert found[2] == rows
