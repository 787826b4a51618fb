"""The command ``test``: a bundle's own tests in a browser, told one by one."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from h5bundle.cli.shared import answer, json_option, open_repository, project_argument, repository_option
from h5bundle.commands import test
from h5bundle.errors import CheckError


@click.command("test", epilog="Example: h5bundle test travel --shared h5bundle/apps/common")
@project_argument
@repository_option
@click.option("--shared", multiple=True, type=click.Path(path_type=Path, file_okay=False), help="Required project.")
@click.option("--browser", type=click.Path(path_type=Path, dir_okay=False), help="Chromium, Chrome or Edge.")
@click.option("--seconds", type=click.FloatRange(1), default=120, show_default=True, help="How long all may take.")
@json_option
def test_command(
    project: Path,
    repository: str | Path,
    shared: tuple[Path, ...],
    browser: Path | None,
    seconds: float,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Run the tests in PROJECT/tests: the page in a browser without a window, under its own CSP and permissions.

    Nothing but a browser of the Chromium family is needed. Answers of the bank are declared in the tests; a call that
    the manifest does not grant, an answer that the contract does not know and an error in the page fail a test.
    """
    options = test.TestOptions(project=project, shared=shared, browser=browser, seconds=seconds)
    results = test.run(options, open_repository(repository))
    failed = sum(bool(result.message) for result in results)
    lines = [_line(result) for result in results]
    document = {"tests": [asdict(result) for result in results], "failed": failed}
    answer(as_json, document, [*lines, f"{len(results)} tests, {failed} failed"])
    if failed:
        sys.exit(CheckError.exit_status)


def _line(result: test.Result) -> str:
    """Give one test as a line."""
    if result.message:
        return click.style("✗", fg="red") + f" {result.name}: {result.message}"
    return click.style("✓", fg="green") + f" {result.name} ({result.milliseconds} ms)"


COMMANDS = (test_command,)
