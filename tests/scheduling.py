"""Which tests of a parallel run stay together on one worker, and which come first, so that the workers end together.

A file stays together; a folder does where its tests share what would be started anew for each file. The group is read
from a test's name by the scheduler itself: what xdist offers for it (``xdist_group``) does nothing under this pytest.
"""

import re

from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/attacks", "tests/native_bridge/bridge")
"""Folders whose tests share a server or a browser, a server for each database."""
FIRST = (
    "tests/attacks",
    "tests/e2e",
    "tests/faults",
    "tests/native_bridge/shell_ui",
    "tests/native_bridge/emit",
    "tests/native_bridge/shell",
    "tests/h5bundle/apps",
    "tests/properties",
)
"""Where the longest files are."""
DATABASE = re.compile(r"\[(sqlite|mariadb)\b")


def group_of(name: str) -> str:
    """Give what a test stays together with, by the test's name."""
    file = name.partition("::")[0]
    folder = file.rpartition("/")[0]
    if folder not in TOGETHER:
        return file
    database = DATABASE.search(name)
    return f"{folder} {database[1] if database else ''}"


def rank_of(name: str) -> int:
    """Give how early a test comes."""
    folder = name.partition("::")[0].rpartition("/")[0]
    return FIRST.index(folder) if folder in FIRST else len(FIRST)


class Together(LoadScopeScheduling):
    """Deals out groups."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
