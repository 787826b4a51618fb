"""``python -m bff.db.migrations URL [MESSAGE]``: migrate, or with a message write the next version file."""

import sys

from bff.db.migrations import make_revision, migrate

_WITH_MESSAGE = 3

if __name__ == "__main__":
    if len(sys.argv) not in {2, _WITH_MESSAGE}:
        sys.exit("usage: python -m bff.db.migrations URL [MESSAGE]")
    migrate(sys.argv[1])
    if len(sys.argv) == _WITH_MESSAGE:
        made = make_revision(sys.argv[1], sys.argv[2])
        sys.stdout.write(f"{made or 'nothing to change'}\n")
