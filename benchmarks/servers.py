"""What servers under measurement cost: CPU time of a process with its children."""

import os
from pathlib import Path


def worked(process: int) -> float:
    """Give the CPU seconds that a process and its children have worked."""
    stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    own = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return own + sum(worked(int(child)) for child in children)
