"""What commands that work on the database are given by the front door: how to open it, and the present instant."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Engine

DESK: Final = "tidegate.desk"
"""Where a command's context keeps it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """``open`` opens the database that was prepared; ``clock`` gives the present instant."""

    open: Callable[[], Engine]
    clock: Callable[[], datetime]
