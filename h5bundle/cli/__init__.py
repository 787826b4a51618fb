"""The command line ``h5bundle``: parses, opens ports, takes the time, prints, exits.

Exit codes: 0 done · 1 the bundle or the repository is not as it should be · 2 the command was called wrongly ·
3 a key is missing or does not open · 4 the repository is in a state in which this cannot be done now.
"""

from typing import Final

import click

from h5bundle.cli import deltas, project, release, roles
from h5bundle.cli.shared import ToolkitGroup

EPILOG: Final = (
    "Example: h5bundle new travel. "
    "Exit codes: 0 done; 1 the bundle or the repository is not as it should be; 2 called wrongly; "
    "3 a key is missing or does not open; 4 the repository cannot take this now."
)
COMMANDS: Final = (*project.COMMANDS, *release.COMMANDS, *deltas.COMMANDS, *roles.COMMANDS)


@click.group(cls=ToolkitGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("1.0.0", prog_name="h5bundle")
def main() -> None:
    """From a front-end's folder to verified bytes on a phone."""


for command in COMMANDS:
    main.add_command(command)
