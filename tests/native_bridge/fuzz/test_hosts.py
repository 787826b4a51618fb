"""The JavaScript core under arbitrary input; ``TIDEGATE_FUZZ_HOST='./host --fast'`` takes another host.

The hosts of other languages go through the same runs beside their vectors, in ``tests/native_bridge/emit``.
"""

import os
import shlex
import time
from collections.abc import Callable, Iterator

import pytest

from native_bridge.hostprocess import HostProcess
from tests.native_bridge.fuzz.runs import EVERY
from tests.native_bridge.vectors.hosts import javascript

OTHER = shlex.split(os.getenv("TIDEGATE_FUZZ_HOST", ""))


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(OTHER, timeout=20, clock=time.monotonic) if OTHER else javascript() as process:
        yield process


@pytest.mark.parametrize("run", EVERY)
def test_a_host_holds_under_arbitrary_input(host: HostProcess, run: Callable[[HostProcess], None]) -> None:
    run(host)
