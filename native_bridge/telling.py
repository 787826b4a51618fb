"""How the ``bridge`` command answers: text or one JSON document, an error as one line and exit 1."""

import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click

from native_bridge.errors import BridgeError, ContractError

P = ParamSpec("P")
R = TypeVar("R")

as_json = click.option("--json", "machine", is_flag=True, help="Answer one JSON document.")


def answer(machine: bool, document: dict[str, Any], text: str) -> None:  # noqa: FBT001 — the --json switch itself
    """Print the text, or the document when a machine asked."""
    click.echo(json.dumps(document, ensure_ascii=False, sort_keys=True) if machine else text)


def refusing(command: Callable[P, R]) -> Callable[P, R]:
    """Tell an error of this package on stderr, or as JSON, and exit 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except BridgeError as error:
            _tell(error, machine=bool(kwargs.get("machine")))
            sys.exit(1)
        except OSError as error:
            message = f"{error.filename or 'a file'} cannot be read or written: {error.strerror}"
            _tell(BridgeError(message), machine=bool(kwargs.get("machine")))
            sys.exit(1)

    return run


def _tell(error: BridgeError, *, machine: bool) -> None:
    findings = error.findings if isinstance(error, ContractError) else ()
    if machine:
        rows = [
            {"file": row.file, "line": row.line, "path": row.path, "message": row.message, "remedy": row.remedy}
            for row in findings
        ]
        click.echo(json.dumps({"ok": False, "error": str(error), "findings": rows}, ensure_ascii=False))
    else:
        click.echo(str(error), err=True)
