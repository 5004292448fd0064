"""The file that all records are in, which several processes may use at once."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from bot.records.key import Key, new_secret, read_secret, write_secret
from bot.records.schema import CHECKED, MIGRATIONS
from index.durable import sync_folder
from index.errors import OnTheRecordError
from index.sums import row_sum

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

    Beside it lies its `key`, without which it says nothing of people; and a copy of what nobody may lose.

    Raises:
        RecordsError: the file is damaged, missing though there is its key, of a newer version, or cannot be opened or
            made; or the key is not its own.

    """

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._key_path = path.with_suffix(".key")
        self._copy_path = path.with_name(f"{path.stem}-copy{path.suffix}")
        self.clock = clock
        self._lock = threading.Lock()
        try:
            self._make()
        except OSError as exc:
            raise RecordsError(f"{path} cannot be made: {exc.strerror}. Check its folder and its permissions.") from exc
        with self._explained():
            self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._open()
            self.key = self._own_key()
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
        with self.reading() as db, _transaction(db):
            yield db

    def now(self) -> str:
        """The time as it is stored."""
        return stamp(self.clock())

    def close(self) -> None:
        """Let go of the file; to use it afterwards raises RecordsError."""
        with self._lock:
            self._db.close()

    def keep_copy(self) -> None:
        """Copy what nobody may lose to a file of its own, whole or not at all: settings, removals and the audit log.

        What people asked is not in it, so that what is forgotten is forgotten there too.
        """
        aside = self._copy_path.with_name(f"{self._copy_path.name}.new")
        with self.reading() as db:
            tables = {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in (*CHECKED, "key")}
            self.check_rows(db, *CHECKED)
        with self._explained():
            try:
                aside.unlink(missing_ok=True)
                aside.touch(mode=0o600)
                with closing(sqlite3.connect(aside, isolation_level=None)) as copy, _transaction(copy):
                    _migrate(copy)
                    copy.execute("DELETE FROM secret")
                    for table, rows in tables.items():
                        for row in rows:
                            copy.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
                aside.replace(self._copy_path)
                sync_folder(self._path.parent)
            except OSError as exc:
                raise RecordsError(f"{self._copy_path.name} cannot be written: {exc.strerror}.") from exc

    def _make(self) -> None:
        """Make the file where there is none, aside at first: one that is empty was never ours."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists():
            if self._path.is_file() and not self._path.stat().st_size:
                raise RecordsError(self._lost("is empty"))
            return
        with FileLock(self._path.with_suffix(".lock")), self._explained():
            if self._path.exists():
                return  # another process has been faster
            if read_secret(self._key_path):
                raise RecordsError(self._lost("is missing"))
            aside = self._path.with_name(f"{self._path.name}.new")
            for left_over in (aside, aside.with_name(f"{aside.name}-journal")):
                left_over.unlink(missing_ok=True)
            aside.touch(mode=0o600)  # it will hold what people asked
            with closing(sqlite3.connect(aside, isolation_level=None)) as db, _transaction(db):
                _migrate(db)
            aside.rename(self._path)
            sync_folder(self._path.parent)

    def _open(self) -> None:
        """Set the connection up, check the file, and bring it to the version of this program."""
        self._db.create_function("row_sum", -1, row_sum, deterministic=True)
        with self.reading() as db:
            # No write-ahead log: a copy of the one file is whole, and it works on network drives too. The journal is
            # synced before the file and its removal after, so that a commit survives a power cut as well as a kill.
            db.execute("PRAGMA synchronous = EXTRA")
            db.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("BEGIN")  # so that nobody writes meanwhile
            ((fault,),) = db.execute("PRAGMA integrity_check(1)").fetchall()
            ((page,),) = db.execute("PRAGMA page_size").fetchall()
            if self._path.stat().st_size % page:  # SQLite fills the rest with zeros and says nothing
                fault = "its end is missing"
            if fault != "ok":
                raise RecordsError(self._damaged(" ".join(fault.split())))
            version = _version(db)
            db.execute("COMMIT")
        if not version:
            raise RecordsError(self._lost("holds no records"))
        if version > len(MIGRATIONS):
            raise RecordsError(
                f"{self._path.name} has version {version}, and this program knows versions up to {len(MIGRATIONS)}. "
                "Update the program, or put back a copy of the file from before it was updated."
            )
        if version < len(MIGRATIONS):
            with self.writing() as db:
                _migrate(db)
        with self.reading() as db:
            self.check_rows(db, *CHECKED)

    def check_rows(self, db: sqlite3.Connection, *tables: str) -> None:
        """Raise RecordsError where a row of the tables is not as it was written."""
        for table in tables:
            query = f"SELECT count(*) FROM {table} WHERE sum IS NOT row_sum({CHECKED[table]})"
            ((changed,),) = db.execute(query).fetchall()
            if changed:
                raise RecordsError(self._damaged(f"a row of {table} is not as it was written"))

    def _own_key(self) -> Key:
        """The key of this file, which is put into its own where it is still within."""
        name = self._key_path.name
        with self._explained():
            try:
                secret = read_secret(self._key_path)
            except OSError as exc:
                raise RecordsError(f"{name} cannot be read: {exc.strerror}. Check its permissions.") from exc
            except ValueError as exc:
                raise RecordsError(f"{name} holds no key. Put back a copy of it.") from exc
        with self.reading() as db:
            within = db.execute("SELECT bytes FROM secret").fetchall()
        if within or secret == b"":
            secret = self._new_key()
        if secret is None:
            raise RecordsError(
                f"{name} is missing, and without it nobody is told by {self._path.name}. Put back a copy of it; or "
                "make an empty file of that name, and what is kept of people is forgotten."
            )
        key = Key(secret)
        with self.reading() as db:
            sums = db.execute("SELECT sum FROM key").fetchall()
        if sums != [(key.check,)]:
            raise RecordsError(f"{name} is not the key of {self._path.name}. Put back the two of one copy.")
        return key

    def _new_key(self) -> bytes:
        """Put the secret that is still within the file into its own, or a new one in place of one that was emptied."""
        try:
            with self.writing() as db:
                within, there = db.execute("SELECT bytes FROM secret").fetchall(), read_secret(self._key_path)
                if there and (not within or within[0][0] != there):
                    return there  # another process has been faster, or it is the key of another file
                secret = within[0][0] if within else new_secret()
                key = Key(secret)
                if within:
                    for name, words in db.execute("SELECT key, fields FROM message").fetchall():
                        db.execute("UPDATE message SET fields = ? WHERE key = ?", (key.seal(words), name))
                else:
                    db.execute("DELETE FROM message")
                    db.execute("DELETE FROM feedback")
                    db.execute("DELETE FROM follow")
                db.execute("DELETE FROM secret")
                db.execute("DELETE FROM key")
                db.execute("INSERT INTO key VALUES (?)", (key.check,))
                write_secret(self._key_path, secret)
                sync_folder(self._path.parent)
                return secret
        except OSError as exc:
            raise RecordsError(f"{self._key_path.name} cannot be written: {exc.strerror}.") from exc

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what SQLite raises, and values that are not what was written, into sentences."""
        try:
            yield
        except sqlite3.Error as exc:
            raise RecordsError(self._explanation(exc)) from exc
        except UnicodeEncodeError as exc:
            raise RecordsError("The text holds half a character and cannot be stored. Type it again.") from exc
        except ValueError as exc:
            raise RecordsError(self._damaged("a value cannot be read")) from exc

    def _explanation(self, error: sqlite3.Error) -> str:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # errors of the module itself have none
        reason = " ".join(str(error).split())
        if code == sqlite3.SQLITE_BUSY:
            return f"{self._path.name} is in use by another process. Try again in a moment."
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return self._damaged(reason)
        return (
            f"{self._path.name} cannot be read or written ({reason}). Check that it is a file, its permissions, and "
            "the disk's space."
        )

    def _damaged(self, reason: str) -> str:
        return self._lost(f"is damaged ({reason})")

    def _lost(self, why: str) -> str:
        """That the file cannot be used, and what to do: no path of the server, since anybody may be told."""
        name, copy = self._path.name, ""
        with suppress(OSError):
            written = datetime.fromtimestamp(self._copy_path.stat().st_mtime, UTC)
            copy = f" ({self._copy_path.name}, of {written:%Y-%m-%d %H:%M} UTC, has settings, removals and audit log)"
        return (
            f"{name} {why}. Put back a copy of it{copy}, or delete it and {self._key_path.name} to begin anew; "
            "withdrawn articles are shown again then."
        )


def stamp(moment: datetime) -> str:
    """A time as it is stored: always with microseconds, so that the order of texts is the order of times."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Everything within is kept or nothing."""
    # At once for writing: two that read first and then wanted to write would wait for each other.
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


def _migrate(db: sqlite3.Connection) -> None:
    """Bring the tables to the version of this program, within a transaction."""
    for number, migrate in enumerate(MIGRATIONS, start=1):
        if _version(db) < number:  # else another process has been faster
            migrate(db)
            db.execute(f"PRAGMA user_version = {number}")


def _version(db: sqlite3.Connection) -> int:
    ((version,),) = db.execute("PRAGMA user_version").fetchall()
    return int(version)


def timed(row: tuple[Any, ...], times: int = 1) -> tuple[Any, ...]:
    """A row whose last columns are times, as they are stored, with these as times."""
    return (*row[:-times], *map(datetime.fromisoformat, row[-times:]))
