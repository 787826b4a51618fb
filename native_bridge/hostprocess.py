"""A host under test as a process: one command a line in, one answer a line out, bounded in time and memory."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn, Self

from native_bridge.errors import BridgeError

MOST_ANSWER: Final = 16 * 1024 * 1024
MOST_NOTES: Final = 4096
PIECE: Final = 65536
GRACE: Final = 5


class HostError(BridgeError):
    """The host hung, died, flooded, or said something that is no answer."""


class HostStartError(HostError):
    """The command cannot be started."""


class HostProcess:
    """One process; its own group is killed when it does not end by itself."""

    def __init__(self, command: Sequence[str], *, timeout: float, clock: Callable[[], float]) -> None:
        """Start the process.

        Args:
            command: the program and its arguments.
            timeout: seconds that one answer may take.
            clock: seconds that only grow.

        Raises:
            HostStartError: there is no such program.
        """
        self._timeout, self._clock = timeout, clock
        self._answer, self._notes = bytearray(), bytearray()
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            message = f"{command[0]} cannot be started: {error.strerror}"
            raise HostStartError(message) from error
        self._pipes = [self._process.stdin, self._process.stdout, self._process.stderr]
        self._in, self._out, self._err = (pipe.fileno() for pipe in self._pipes if pipe is not None)
        for number in (self._in, self._out, self._err):
            os.set_blocking(number, False)

    def __enter__(self) -> Self:
        """Give the host itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no process behind."""
        self.stop()

    def ask(self, command: dict[str, Any]) -> Any:
        """Send a command and give its answer.

        Raises:
            HostError: no answer came in time, or none that is JSON.
        """
        return self.ask_line(json.dumps(command))

    def ask_line(self, text: str) -> Any:
        """Send one line as it is and give its answer.

        Raises:
            HostError: as ``ask``.
        """
        if self._answer:
            self._fail("the host said more than one line for a command")
        line = self._exchange(text.encode() + b"\n")
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            self._fail(f"the host's answer is not JSON: {line[:120]!r}")
        if not isinstance(answer, dict):
            self._fail(f"the host's answer is not an object: {line[:120]!r}")
        return answer

    def _exchange(self, text: bytes) -> bytes:
        deadline = self._clock() + self._timeout
        left = memoryview(text)
        with selectors.DefaultSelector() as ready:
            ready.register(self._in, selectors.EVENT_WRITE)
            ready.register(self._out, selectors.EVENT_READ)
            ready.register(self._err, selectors.EVENT_READ)
            while (end := self._answer.find(b"\n")) < 0:
                events = ready.select(max(0.0, deadline - self._clock()))
                if self._clock() >= deadline:
                    self._fail(f"the host gave no answer within {self._timeout:g} s")
                for key, _ in events:
                    if key.fd == self._in:
                        left = self._written(left)
                        if not left:
                            ready.unregister(self._in)
                    elif not self._heard(key.fd):
                        ready.unregister(key.fd)
        line = bytes(self._answer[:end])
        del self._answer[: end + 1]
        return line

    def _written(self, left: memoryview) -> memoryview:
        try:
            return left[os.write(self._in, left[:PIECE]) :]
        except OSError:
            return left[len(left) :]  # what the host left behind tells more: its end is noticed on its output

    def _heard(self, number: int) -> bool:
        piece = os.read(number, PIECE)
        if number == self._err:
            self._notes += piece
            del self._notes[:-MOST_NOTES]
            return bool(piece)
        if not piece:
            self._fail(f"the host ended with code {self._ended()}")
        self._answer += piece
        if len(self._answer) > MOST_ANSWER:
            self._fail(f"the host's answer is larger than {MOST_ANSWER} bytes")
        return True

    def _ended(self) -> int | None:
        try:
            return self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            return None

    def _fail(self, what: str) -> NoReturn:
        self._kill()
        self._hear_last_notes()
        notes = self._notes.decode(errors="replace").strip()
        raise HostError(f"{what}; it noted: {notes[-500:]}" if notes else what)

    def _hear_last_notes(self) -> None:
        try:
            self._notes += os.read(self._err, PIECE)
        except OSError:
            return

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        """End the host's input, wait a little, kill what is left of it; give its code."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._ended()
        self._kill()
        for pipe in self._pipes:
            if pipe is not None:
                pipe.close()
        return self._process.returncode
