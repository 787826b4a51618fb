"""A server that kills itself, with everything that belongs to it, at the n-th commit after it was armed.

It is the real one but for two things: it has no jobs (their commits would blur the count), and it listens to commits.
CRASH_AT is n, counted from 1; the file CRASH_ARMED names must exist for commits to count.
"""

import os
import signal
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection, Engine, event

import app

ENVIRON = os.environ  # noqa: TID251 — how a test tells its server when to die


def create_app() -> Flask:
    instance = app.open_instance(app.read_settings())
    armed, at, seen = Path(ENVIRON["CRASH_ARMED"]), int(ENVIRON["CRASH_AT"]), [0]

    def commit(_connection: Connection) -> None:
        if armed.exists():
            seen[0] += 1
            if seen[0] == at:
                os.killpg(os.getpgid(0), signal.SIGKILL)

    event.listen(Engine, "commit", commit)
    return app.wsgi(instance)


if __name__ == "__main__":
    app.prepare(app.read_settings())
    app.serve(app.read_settings(), "tests.faults.crashing:create_app")
