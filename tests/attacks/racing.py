"""Racers: threads that start together, each with a connection of its own."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.device import Answer

T = TypeVar("T")
PATIENCE = 60
"""Seconds after which a racer that was told to come back gives up."""


def race(runners: Sequence[Callable[[], T]]) -> list[T]:
    """Start all at the same moment and give what each got."""
    gate = threading.Barrier(len(runners))

    def run(runner: Callable[[], T]) -> T:
        gate.wait(PATIENCE)
        return runner()

    with ThreadPoolExecutor(len(runners)) as pool:
        return list(pool.map(run, runners))


def persist(call: Callable[[], Answer], *passing: str) -> Answer:
    """Call again while the answer is one of these codes, or says that the server is busy."""
    end = time.monotonic() + PATIENCE
    while True:
        answer = call()
        if answer.status == 200 or time.monotonic() > end or answer.body["code"] not in passing:
            return answer
        time.sleep(float(answer.body.get("retryAfter", 0.02)))
