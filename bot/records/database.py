"""The file that all records are in, which several processes may use at once."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.records.schema import MIGRATIONS
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Characters kept of an unanswered question, a reason, an outcome and each detail of an action.
TEXT_CHARS = 300
# How long to wait for another process that writes, in seconds; its writing takes milliseconds.
BUSY_SECONDS = 10.0


class RecordsError(OnTheRecordError):
    """The records cannot be read or written; nothing was changed."""


class Database:
    """One SQLite file, which is made where there is none; its connection may be asked for from any thread.

    Raises:
        RecordsError: the file is damaged, of a newer version, or cannot be opened or made.

    """

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._path = path
        self.clock = clock
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.touch(mode=0o600)  # it will hold what people asked, and the secret
        except OSError as exc:
            raise RecordsError(f"{path} cannot be made: {exc.strerror}. Check its folder and its permissions.") from exc
        with self._explained():
            self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._open()
        except BaseException:
            self._db.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection for this thread alone. Fetch all rows: a query that is left open keeps others from writing."""
        with self._lock, self._explained():
            yield self._db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection in a transaction, which is kept whole or not at all."""
        with self.reading() as db:
            # At once for writing: two that read first and then wanted to write would wait for each other.
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                db.rollback()
                raise

    def now(self) -> str:
        """The time as it is stored."""
        return stamp(self.clock())

    def close(self) -> None:
        """Let go of the file; to use it afterwards raises RecordsError."""
        with self._lock:
            self._db.close()

    def _open(self) -> None:
        """Set the connection up, check the file, and bring it to the version of this program."""
        with self.reading() as db:
            # No write-ahead log: a copy of the one file is whole, and it works on network drives too. The journal is
            # synced before the file and its removal after, so that a commit survives a power cut as well as a kill.
            db.execute("PRAGMA synchronous = EXTRA")
            db.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
            db.execute("BEGIN")  # so that nobody writes meanwhile
            ((fault,),) = db.execute("PRAGMA integrity_check(1)").fetchall()
            ((page,),) = db.execute("PRAGMA page_size").fetchall()
            if self._path.stat().st_size % page:  # SQLite fills the rest with zeros and says nothing
                fault = "its end is missing"
            if fault != "ok":
                raise RecordsError(_damaged(self._path, " ".join(fault.split())))
            version = _version(db)
            db.execute("COMMIT")
        if version > len(MIGRATIONS):
            raise RecordsError(
                f"{self._path} has version {version}, and this program knows versions up to {len(MIGRATIONS)}. "
                "Update the program, or put back a copy of the file from before it was updated."
            )
        for number, migrate in enumerate(MIGRATIONS, start=1):
            if version < number:
                with self.writing() as db:
                    if _version(db) < number:  # else another process has been faster
                        migrate(db)
                        db.execute(f"PRAGMA user_version = {number}")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what SQLite raises, and values that are not what was written, into sentences."""
        try:
            yield
        except sqlite3.Error as exc:
            raise RecordsError(_explanation(self._path, exc)) from exc
        except UnicodeEncodeError as exc:
            raise RecordsError("The text holds half a character and cannot be stored. Type it again.") from exc
        except ValueError as exc:
            raise RecordsError(_damaged(self._path, "a value cannot be read")) from exc


def stamp(moment: datetime) -> str:
    """A time as it is stored: always with microseconds, so that the order of texts is the order of times."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _explanation(path: Path, error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # errors of the module itself have none
    reason = " ".join(str(error).split())
    if code == sqlite3.SQLITE_BUSY:
        return f"{path} is in use by another process. Try again in a moment."
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return _damaged(path, reason)
    return (
        f"{path} cannot be read or written ({reason}). Check that it is a file, its permissions, and the disk's space."
    )


def _damaged(path: Path, reason: str) -> str:
    return (
        f"{path} is damaged ({reason}). Put back a copy of it, or move it away to begin anew; "
        "withdrawn articles are shown again then."
    )


def _version(db: sqlite3.Connection) -> int:
    ((version,),) = db.execute("PRAGMA user_version").fetchall()
    return int(version)


def timed(row: tuple[Any, ...], times: int = 1) -> tuple[Any, ...]:
    """A row whose last columns are times, as they are stored, with these as times."""
    return (*row[:-times], *map(datetime.fromisoformat, row[-times:]))
