"""Readers in a process of their own, so that no file can stop or hang what has it read. Only JSON comes back."""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
from collections import deque
from contextlib import redirect_stderr
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from index.apart import MAX_BYTES, SECONDS, Apart, EndedError, work_for
from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, Refused, UnreadableError, as_fields, from_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection

# Files that are given to be read together.
_FILES_AT_ONCE = 32
# So many characters of articles are sent at once, and so a file of any size is.
_CHARS_AT_ONCE = 1_000_000
# For so long what small files hold is held back, so that neither side waits for the other at each of them.
_SECONDS_AT_ONCE = 0.1


class Wanted(NamedTuple):
    """A file to be read, and the module of its reader; `whole` where it is to be read once and hashed."""

    path: Path
    module: str
    whole: bool = False


class Read(NamedTuple):
    """What a file holds, or why it is not taken; the sha256 of its bytes where it was read as a whole and is taken."""

    drafts: list[Draft | Refused]
    failure: UnreadableError | None = None
    sha256: str = ""


class Worker:
    """Reads files apart; every article may take so many seconds. As a context it ends the process in the end."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._apart = Apart(__name__, seconds)
        self._parts: deque[dict[str, Any]] = deque()

    def read(self, files: Iterable[Wanted]) -> Iterator[Read]:
        """What each file holds, in order. A file that its reader fails on, hangs on or crashes on is refused.

        What came before that in a file of several is taken, with a refusal of the rest. Some more files are asked for
        than were answered, so that neither side waits for the other.
        """
        coming = iter(files)
        waiting: deque[Wanted] = deque()
        while True:
            more = list(islice(coming, _FILES_AT_ONCE)) if len(waiting) <= _FILES_AT_ONCE else []
            waiting.extend(more)
            if not waiting:
                return
            drafts: list[Draft | Refused] = []
            try:
                self._ask(more if self._apart.running else waiting)
                yield self._next(drafts)
                waiting.popleft()
            except EndedError as exc:
                if len(waiting) == 1:
                    yield _failed(drafts, str(exc), None)
                    waiting.popleft()
                else:
                    yield from self._one_by_one(waiting)

    def _one_by_one(self, waiting: deque[Wanted]) -> Iterator[Read]:
        """These files up to the one that ends the process: of several it is not known which it was."""
        while waiting:
            drafts: list[Draft | Refused] = []
            try:
                self._ask([waiting[0]])
                yield self._next(drafts)
                waiting.popleft()
            except EndedError as exc:
                yield _failed(drafts, str(exc), None)
                waiting.popleft()
                return

    def _ask(self, files: Iterable[Wanted]) -> None:
        asked = [(str(each.path), each.module, each.whole) for each in files]
        if not self._apart.running:
            self._parts.clear()
        if asked:
            self._apart.send(json.dumps(asked).encode())

    def _next(self, drafts: list[Draft | Refused]) -> Read:
        """The next file, whose articles are put into `drafts` as they come."""
        while True:
            while not self._parts:
                self._parts.extend(json.loads(self._apart.receive()))
            part = self._parts.popleft()
            drafts += map(from_fields, part["drafts"])
            if not part["sound"]:
                self._apart.close()
            if part["failure"]:
                return _failed(drafts, *part["failure"])
            if part["done"]:
                return Read(drafts, None, part["sha256"])

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._apart.close()


def _failed(drafts: list[Draft | Refused], reason: str, line: int | None) -> Read:
    if drafts:
        return Read([*drafts, Refused(f"{reason}; the rest of the file was not read", line)])
    return Read([], UnreadableError(reason, line))


def serve(connection: Connection, seconds: float) -> None:
    """Read files for as long as some are asked for, and send parts of what they hold, several at once."""
    with Path(os.devnull).open("w") as nothing, redirect_stderr(nothing):  # where libraries print what files hold
        while True:
            parts: list[dict[str, Any]] = []
            last = time.monotonic()
            for path, module, whole in json.loads(connection.recv_bytes()):
                work_for(seconds)
                for part in _parts(Wanted(Path(path), module, whole)):
                    parts.append(part)
                    if not part["done"] or not part["sound"] or time.monotonic() > last + _SECONDS_AT_ONCE:
                        _send(connection, parts)
                        work_for(seconds)
                        parts, last = [], time.monotonic()
            _send(connection, parts)


def _send(connection: Connection, parts: list[dict[str, Any]]) -> None:
    told = json.dumps(parts).encode()
    work_for(0)  # who asked may be busy, and if it is gone this ends
    connection.send_bytes(told)


def _parts(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """What a file holds, in parts, the last of which says why it is not taken, and if memory is left for another."""
    drafts: list[dict[str, Any]] = []
    chars = 0
    sha256, sound = "", True
    failure: tuple[str, int | None] | None = None
    try:
        read = import_module(wanted.module).read
        with wanted.path.open("rb") as file:
            source: BinaryIO = file
            if wanted.whole:
                # Read once, since a file may change between two readings; one more byte shows that it is too large.
                data = file.read(MAX_ARTICLE_BYTES + 1)
                source, sha256 = io.BytesIO(data), hashlib.sha256(data).hexdigest()
            for draft in read(source):
                drafts.append(as_fields(draft))
                chars += len(draft.text) if isinstance(draft, Draft) else len(draft.reason)
                if chars > _CHARS_AT_ONCE:
                    yield {"drafts": drafts, "failure": None, "done": False, "sha256": "", "sound": True}
                    drafts, chars = [], 0
    except UnreadableError as exc:
        failure = (str(exc), exc.line)
    except MemoryError:
        failure, sound = (f"it takes more than {MAX_BYTES // 1024**2:,} MiB of memory to be read", None), False
    except OSError as exc:
        failure = (f"it cannot be read: {exc.strerror or exc}", None)
    except Exception as exc:  # noqa: BLE001 – a fault of a reader, or of a library of it, refuses this file alone
        failure = (f"its reader failed ({type(exc).__name__}: {str(exc)[:200]})", None)
    yield {"drafts": drafts, "failure": failure, "done": True, "sha256": sha256, "sound": sound}
