"""Readers in a process of their own, so that no file can stop or hang what has it read. Only JSON comes back."""

from __future__ import annotations

import hashlib
import io
import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from index.apart import MAX_BYTES, SECONDS, Apart, EndedError, work_for
from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, Refused, UnreadableError, as_fields, from_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection

# So many characters of articles are sent at once, and so a file of any size is.
_CHARS_AT_ONCE = 1_000_000


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

    def read(self, files: Sequence[Wanted]) -> Iterator[Read]:
        """What each file holds, in order. A file that its reader fails on, hangs on or crashes on is refused.

        What came before that in a file of several is taken, with a refusal of the rest.
        """
        waiting = list(files)
        while waiting:
            done = 0
            drafts: list[Draft | Refused] = []
            try:
                self._apart.send(json.dumps([(str(each.path), each.module, each.whole) for each in waiting]).encode())
                while done < len(waiting) and self._apart.running:
                    drafts = []
                    yield self._next(drafts)
                    done += 1
            except EndedError as exc:
                yield _failed(drafts, str(exc), None)
                done += 1
            waiting = waiting[done:]

    def _next(self, drafts: list[Draft | Refused]) -> Read:
        while True:
            told = json.loads(self._apart.receive())
            drafts += map(from_fields, told["drafts"])
            if not told["sound"]:
                self._apart.close()
            if told["failure"]:
                return _failed(drafts, *told["failure"])
            if told["done"]:
                return Read(drafts, None, told["sha256"])

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._apart.close()


def _failed(drafts: list[Draft | Refused], reason: str, line: int | None) -> Read:
    if drafts:
        return Read([*drafts, Refused(f"{reason}; the rest of the file was not read", line)])
    return Read([], UnreadableError(reason, line))


def serve(connection: Connection, seconds: float) -> None:
    """Read files for as long as some are asked for."""
    while True:
        for path, module, whole in json.loads(connection.recv_bytes()):
            _serve(connection, Wanted(Path(path), module, whole), seconds)
        work_for(0)


def _serve(connection: Connection, wanted: Wanted, seconds: float) -> None:
    """Read a file and send what it holds, and whether its reader has left memory for another."""
    fields: list[dict[str, Any]] = []
    chars = 0
    sha256, sound = "", True
    failure: tuple[str, int | None] | None = None

    def send(*, done: bool) -> None:
        told = {"drafts": fields, "failure": failure, "done": done, "sha256": sha256, "sound": sound}
        connection.send_bytes(json.dumps(told).encode())

    work_for(seconds)
    try:
        read = import_module(wanted.module).read
        with wanted.path.open("rb") as file:
            source: BinaryIO = file
            if wanted.whole:
                # Read once, since a file may change between two readings; one more byte shows that it is too large.
                data = file.read(MAX_ARTICLE_BYTES + 1)
                source, sha256 = io.BytesIO(data), hashlib.sha256(data).hexdigest()
            for draft in read(source):
                fields.append(as_fields(draft))
                chars += len(draft.text) if isinstance(draft, Draft) else len(draft.reason)
                if chars > _CHARS_AT_ONCE:
                    send(done=False)
                    fields.clear()
                    chars = 0
                    work_for(seconds)
    except UnreadableError as exc:
        failure = (str(exc), exc.line)
    except MemoryError:
        failure, sound = (f"it takes more than {MAX_BYTES // 1024**2:,} MiB of memory to be read", None), False
    except ConnectionError:
        raise
    except OSError as exc:
        failure = (f"it cannot be read: {exc.strerror or exc}", None)
    except Exception as exc:  # noqa: BLE001 – a fault of a reader, or of a library of it, refuses this file alone
        failure = (f"its reader failed ({type(exc).__name__}: {str(exc)[:200]})", None)
    send(done=True)
