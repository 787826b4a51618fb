"""The command line ``h5bundle``: parses, opens ports, takes the time, prints, exits.

Exit codes: 0 done · 1 the bundle or the repository is not as it should be · 2 the command was called wrongly ·
3 a key is missing or does not open · 4 the repository is in a state in which this cannot be done now.
"""

from typing import Final

import click

from h5bundle.cli import (
    client,
    deltas,
    dev,
    diff,
    preview,
    project,
    proposals,
    release,
    roles,
    rollout,
    signing,
    stores,
    test,
    upload,
)
from h5bundle.cli.shared import VERSION, Section, ToolkitGroup

EPILOG: Final = (
    "Example: h5bundle new travel. "
    "Exit codes: 0 done; 1 the bundle or the repository is not as it should be; 2 called wrongly; "
    "3 a key is missing or does not open; 4 the repository cannot take this now (diff: 0 the same, 1 different). "
    'Completion for bash: eval "$(_H5BUNDLE_COMPLETE=bash_source h5bundle)"; zsh_source and fish_source likewise.'
)
SECTIONS: Final[tuple[Section, ...]] = (
    ("Make a bundle", (*project.COMMANDS, *dev.COMMANDS, *test.COMMANDS, *diff.COMMANDS)),
    ("Release it", (*release.COMMANDS, *deltas.COMMANDS, *stores.COMMANDS, *upload.COMMANDS)),
    ("Who gets it", (*rollout.COMMANDS, *preview.COMMANDS)),
    ("Roles and keys", (*roles.COMMANDS, *proposals.COMMANDS, *signing.COMMANDS)),
    ("Be a client", client.COMMANDS),
)
"""What `h5bundle --help` shows; a module of commands stands in one section."""


@click.group(
    cls=ToolkitGroup, sections=SECTIONS, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(VERSION, prog_name="h5bundle")
def main() -> None:
    """From a front-end's folder to verified bytes on a phone."""
