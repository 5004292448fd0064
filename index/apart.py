"""A process of its own for work on what others wrote, with limits of time and memory: what ends it ends nothing else.

The process that asks starts it (`Apart`), and the other one runs this module, which calls `serve` of the module that
does the work. Both hold an end of a connection; when the one that asked is gone, the other ends too.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Self

from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Sequence

# Seconds for one piece of work; the longest that is honest takes a tenth of that on a slow machine.
SECONDS = 60
# What it may need for that, besides what it has at the beginning.
MAX_BYTES = 1536 * 1024**2
# Seconds in which it must start; the machine may be busy.
_START_SECONDS = 60


class EndedError(Exception):
    """The process was ended, or ended itself; the reason as a clause."""


class ApartError(OnTheRecordError):
    """The process cannot be started at all."""


class Apart:
    """Another process, which works with `module.serve(connection, seconds)`: it starts when it is first sent something.

    One that has ended is started again by the next `send`. A message back is awaited for so many `seconds`. Not safe
    for several threads at once.
    """

    def __init__(self, module: str, seconds: float = SECONDS) -> None:
        self._module = module
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection

    @property
    def running(self) -> bool:
        """Whether it is there, as far as is known."""
        return self._process is not None

    def send(self, message: bytes) -> None:
        """Send a message.

        Raises:
            ApartError: it does not start.
            EndedError: it has ended meanwhile.

        """
        if not self.running:
            self._start()
        try:
            self._connection.send_bytes(message)
        except OSError as exc:
            raise EndedError(self._ended()) from exc

    def receive(self) -> bytes:
        """The next message; if none comes in time, the process is ended.

        Raises:
            EndedError: it was ended, or ended itself.

        """
        return self._receive(self._seconds)

    def stop(self) -> None:
        """End what the process does now, from any thread: whoever awaits a message is told that it has ended."""
        if (process := self._process) is not None:
            process.kill()

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._ended()

    def _start(self) -> None:
        ours, theirs = Pipe()
        self._connection = ours
        number = str(theirs.fileno())
        # In a group of its own Ctrl-C does not reach it. Its folder is where both packages are found, installed or not.
        self._process = subprocess.Popen(  # noqa: S603 – a program of ours
            [sys.executable, "-m", __name__, self._module, number, str(self._seconds)],
            cwd=Path(__file__).parents[1],
            pass_fds=[int(number)],
            process_group=0,
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        try:
            self._receive(_START_SECONDS)  # it says that it is ready
        except EndedError as exc:
            raise ApartError(f"The process that works on files and long texts does not start: {exc}.") from exc

    def _receive(self, seconds: float) -> bytes:
        try:
            if self._connection.poll(seconds):
                return self._connection.recv_bytes()
        except (EOFError, OSError) as exc:
            raise EndedError(self._ended()) from exc
        self.close()
        raise EndedError(f"it takes longer than {seconds:.0f} seconds")

    def _ended(self) -> str:
        """Let go of a process that has ended or is about to; why it has, as a clause."""
        if self._process is None:
            return "it was closed"
        self._connection.close()
        number = self._process.wait()
        self._process = None
        name = signal.Signals(-number).name if number < 0 else f"status {number}"
        return f"what worked on it ended by itself ({name})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def work_for(seconds: float) -> None:
    """Have the system end this process after so many seconds, as nobody may be left who would; 0 is without end."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def run(arguments: Sequence[str]) -> None:
    """Be the other process, with a module, the number of the connection, and how many seconds a piece of work may take.

    Whoever asked waits that long and then ends this process; a little later it ends by itself.
    """
    module, number, seconds = arguments
    connection = Connection(int(number))
    serve = import_module(module).serve
    _limit_memory()
    connection.send_bytes(b"ready")
    with suppress(EOFError, ConnectionError):  # nobody asks any more
        serve(connection, float(seconds) + 1)


def _limit_memory() -> None:
    """Bound what this process has of its own where the system tells that (Linux); elsewhere readers' bounds must do."""
    import resource  # noqa: PLC0415 – not on every system

    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
        most = pages * resource.getpagesize() + MAX_BYTES
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


if __name__ == "__main__":
    run(sys.argv[1:])
