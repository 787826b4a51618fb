"""A host under test as a process: one line in, one line out, bounded in time and in what it may say."""

import json
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from queue import Empty, Queue
from typing import IO, Any, Final, Self

from native_bridge.playing import HostError

LONGEST_ANSWER: Final = 8 * 1024 * 1024
_LAST_WORDS: Final = 20
_ENDING_SECONDS: Final = 5
_QUEUED: Final = 4


class HostProcess:
    """A running host; leaving the context ends it, by force if it does not end by itself."""

    def __init__(self, command: Sequence[str], *, seconds: float) -> None:
        """Start a host.

        Args:
            command: program and arguments.
            seconds: how long one answer may take.

        Raises:
            HostError: it cannot be started.
        """
        self._seconds = seconds
        self._lines: Queue[bytes] = Queue(_QUEUED)
        self._words: deque[str] = deque(maxlen=_LAST_WORDS)
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(list(command), stdin=pipe, stdout=pipe, stderr=pipe)
        except OSError as error:
            message = f"{command[0]} cannot be started: {error.strerror}"
            raise HostError(message) from error
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._listen, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def ask(self, command: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send one command and give its answer.

        Raises:
            HostError: the host ended, was silent for too long, or said what is no answer.
        """
        line = json.dumps(command).encode()  # ASCII: some readers of lines take U+2028 for the end of one
        return self.ask_line(line, what=str(command.get("do")))

    def ask_line(self, line: bytes, *, what: str) -> Mapping[str, Any]:
        """Send one line as it is.

        Raises:
            HostError: as ``ask``.
        """
        try:
            self._stdin.write(line + b"\n")
            self._stdin.flush()
            answer = self._lines.get(timeout=self._seconds)
        except Empty:
            message = f"the host did not answer {what} within {self._seconds:g} seconds{self._said()}"
            raise HostError(message) from None
        except OSError as error:
            raise self._ended(what) from error
        if not answer:
            raise self._ended(what)
        return self._understood(answer, what)

    def __enter__(self) -> Self:
        """Give the host itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.close()

    def close(self) -> int:
        """End its input and give its exit code; a host that stays is killed."""
        with suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return self._process.wait()

    @property
    def _stdin(self) -> IO[bytes]:
        if self._process.stdin is None:
            message = "the host has no input"
            raise HostError(message)
        return self._process.stdin

    def _read(self, stream: IO[bytes]) -> None:
        """Hand on the lines of its output; the queue holds back a host that floods."""
        while line := stream.readline(LONGEST_ANSWER):
            self._lines.put(line)
        self._lines.put(b"")

    def _listen(self, stream: IO[bytes]) -> None:
        for line in iter(lambda: stream.readline(LONGEST_ANSWER), b""):
            self._words.append(line.decode("utf-8", "replace").rstrip()[:400])

    def _understood(self, answer: bytes, what: str) -> Mapping[str, Any]:
        try:
            value = json.loads(answer)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            message = f"the host answered {what} with what is no JSON object: {answer[:200]!r}{self._said()}"
            raise HostError(message)
        return value

    def _ended(self, what: str) -> HostError:
        return HostError(f"the host ended with code {self.close()} before it answered {what}{self._said()}")

    def _said(self) -> str:
        """Give its last words on standard error."""
        self._readers[1].join(0.2)
        return "".join(f"\n  {word}" for word in self._words)
