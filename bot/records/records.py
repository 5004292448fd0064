"""What the bot remembers besides the articles, in one SQLite file that several processes may use at once.

Settings of places, withdrawn articles, an audit log, what could not be answered, what people said of excerpts, and what
the buttons of messages need.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.settings import MAX_EXCERPTS
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

# Unanswered questions kept for a server.
UNANSWERED = 10_000
# Characters kept of an unanswered question, a reason, an outcome and each detail of an action.
TEXT_CHARS = 300
# How long the buttons of a message work, in days.
MESSAGE_DAYS = 365
# How long to wait for another process that writes, in seconds; its writing takes milliseconds.
BUSY_SECONDS = 10.0

_CHUNK = 1000  # rows handled at a time when a whole table passes through memory
_CLOSING_PUNCTUATION = " .,;:?!…؟？！。"
_SETTINGS = "answers, outlets, excerpts, private"
_FEEDBACK = 'verdict, question, article, sha256, start, "end", number, generation, platform, server, at'
_SCHEMA_1 = (
    """CREATE TABLE secret (bytes BLOB NOT NULL) STRICT""",
    """CREATE TABLE place (
        platform TEXT NOT NULL, server TEXT NOT NULL, channel TEXT NOT NULL,
        answers INTEGER, outlets TEXT, excerpts INTEGER, private INTEGER,
        PRIMARY KEY (platform, server, channel)
    ) STRICT""",
    """CREATE TABLE withdrawal (
        article TEXT PRIMARY KEY NOT NULL, sha256 TEXT NOT NULL, platform TEXT NOT NULL, user TEXT NOT NULL,
        reason TEXT, at TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE action (
        number INTEGER PRIMARY KEY, platform TEXT NOT NULL, user TEXT NOT NULL, server TEXT NOT NULL,
        channel TEXT NOT NULL, what TEXT NOT NULL, outcome TEXT NOT NULL, details TEXT NOT NULL, at TEXT NOT NULL
    ) STRICT""",
    *(
        f"""CREATE TRIGGER action_no_{event.split()[0].lower()} BEFORE {event} BEGIN
            SELECT RAISE(ABORT, 'the audit log is append only');
        END"""
        for event in (
            "UPDATE ON action",
            "DELETE ON action",
            # REPLACE deletes what is in its way without asking a trigger for deletions.
            "INSERT ON action WHEN EXISTS (SELECT 1 FROM action WHERE number = new.number)",
        )
    ),
    """CREATE TABLE unanswered (
        row INTEGER PRIMARY KEY, platform TEXT NOT NULL, server TEXT NOT NULL, normalised TEXT NOT NULL,
        question TEXT NOT NULL, reason TEXT NOT NULL, generation INTEGER NOT NULL, count INTEGER NOT NULL,
        first_asked TEXT NOT NULL, last_asked TEXT NOT NULL,
        UNIQUE (platform, server, normalised)
    ) STRICT""",
    """CREATE INDEX unanswered_by_count ON unanswered (platform, server, count, last_asked)""",
    """CREATE TABLE feedback (
        row INTEGER PRIMARY KEY, person BLOB NOT NULL, normalised TEXT NOT NULL, verdict TEXT NOT NULL,
        question TEXT NOT NULL, article TEXT NOT NULL, sha256 TEXT NOT NULL, start INTEGER NOT NULL,
        "end" INTEGER NOT NULL, number INTEGER NOT NULL, generation INTEGER NOT NULL, platform TEXT NOT NULL,
        server TEXT NOT NULL, at TEXT NOT NULL,
        UNIQUE (person, normalised, article, sha256, start, "end")
    ) STRICT""",
    """CREATE TABLE message (
        key TEXT PRIMARY KEY NOT NULL, person BLOB NOT NULL, platform TEXT NOT NULL, id TEXT, fields TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT""",
    """CREATE INDEX message_by_id ON message (platform, id)""",
    """CREATE INDEX message_by_time ON message (at)""",
)


def _version_1(db: sqlite3.Connection) -> None:
    for statement in _SCHEMA_1:
        db.execute(statement)
    db.execute("INSERT INTO secret VALUES (?)", (secrets.token_bytes(32),))


# The n-th takes a file from version n - 1 to n, in one transaction. Append; never change one that was released.
_MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_version_1,)


class RecordsError(OnTheRecordError):
    """The records cannot be read or written; nothing was changed."""


class BadSettingError(RecordsError):
    """A place cannot be set like this; every bad value is named, and nothing was changed."""


class Verdict(StrEnum):
    """What a reader says of an excerpt."""

    NOT_AN_ANSWER = "not_an_answer"
    WRONG_SOURCE = "wrong_source"


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """What holds in a place. No `outlets` means all of them; `excerpts` None means the bot's own number."""

    answers: bool = True
    outlets: tuple[str, ...] = ()
    excerpts: int | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class OwnSettings:
    """What is set exactly at one place; None is unset. Empty `outlets` say "all" against what the server says."""

    answers: bool | None = None
    outlets: tuple[str, ...] | None = None
    excerpts: int | None = None
    private: bool | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An article that is not to be shown: the hash of its text at that time, and who withdrew it when and why."""

    article: str
    sha256: str
    platform: str
    user: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Action:
    """A line of the audit log. `number` counts up; `outcome` is "done" or begins with "failed: "."""

    number: int
    details: Mapping[str, str | float | bool | None]
    platform: str
    user: str
    server: str
    channel: str
    what: str
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that was refused `count` times; its spelling, reason and generation are those of the last time."""

    question: str
    reason: str
    generation: int
    count: int
    first_asked: datetime
    last_asked: datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """What someone said of an excerpt, `article.text[start:end]`, which had this number in the answer."""

    verdict: Verdict
    question: str
    article: str
    sha256: str
    start: int
    end: int
    number: int
    generation: int
    platform: str
    server: str
    at: datetime

    def as_row(self) -> dict[str, str | int]:
        """The feedback as a line of JSON shows it, a contract that other tools rely on; it says nothing of where."""
        return {
            "question": self.question,
            "verdict": self.verdict.value,
            "article": self.article,
            "sha256": self.sha256,
            "start": self.start,
            "end": self.end,
            "generation": self.generation,
            "given_at": self.at.isoformat(),
        }


class Records:
    """The records in one file, which is made where there is none.

    Every method may be called from any thread, and raises RecordsError where the file cannot be read or written. What a
    method has stored outlives a kill and a power cut; one that raises has stored nothing. Platforms, servers, channels
    and users are named by text ids.

    Raises:
        RecordsError: the file is damaged, of a newer version, or cannot be opened or made.

    """

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._withdrawn: tuple[str, ...] = ()
        self._withdrawn_version: int | None = None
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

    def place(self, platform: str, server: str, channel: str) -> PlaceSettings:
        """What holds in a channel, or with channel "" in a server: its own values, else the server's, else defaults.

        For a thread, pass its parent channel.
        """
        resolved = PlaceSettings()
        # One query, so that a change in between cannot make up settings that never held.
        for layer in self._layers(platform, server, "", channel):
            resolved = replace(resolved, **{name: value for name, value in asdict(layer).items() if value is not None})
        return resolved

    def own_settings(self, platform: str, server: str, channel: str) -> OwnSettings:
        """What is set exactly there; channel "" is the server."""
        return next(iter(self._layers(platform, server, channel, channel)), OwnSettings())

    def change(self, platform: str, server: str, channel: str, **values: object) -> None:
        """Set fields of `OwnSettings` there, or unset those given as None; others stay as they are.

        Raises:
            BadSettingError: a name or value cannot be used; all of them are named.

        """
        problems = []
        stored: dict[str, object] = {}
        for name, value in values.items():
            try:
                stored[name] = None if value is None else _CHECKS[name](value)
            except KeyError:
                problems.append(f"There is no setting {name}; there are {', '.join(_CHECKS)}.")
            except ValueError as exc:
                problems.append(f"{name} {exc}")
        if problems:
            raise BadSettingError(" ".join(problems))
        here = (platform, server, channel)
        with self._writing() as db:
            for name, value in stored.items():
                db.execute(
                    f"INSERT INTO place (platform, server, channel, {name}) VALUES (?, ?, ?, ?) "
                    f"ON CONFLICT (platform, server, channel) DO UPDATE SET {name} = excluded.{name}",
                    (*here, value),
                )

    def withdraw(self, article: str, sha256: str, platform: str, user: str, reason: str | None = None) -> bool:
        """Keep an article from being shown, whatever its text becomes; False if it was withdrawn before."""
        with self._writing() as db:
            self._withdrawn_version = None
            values = (article, sha256, platform, user, reason and reason[:TEXT_CHARS], self._now())
            query = "INSERT INTO withdrawal VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (article) DO NOTHING"
            return db.execute(query, values).rowcount > 0

    def restore(self, article: str) -> bool:
        """Let a withdrawn article be shown again; False if it was not withdrawn."""
        with self._writing() as db:
            self._withdrawn_version = None
            return db.execute("DELETE FROM withdrawal WHERE article = ?", (article,)).rowcount > 0

    def withdrawn(self) -> tuple[Withdrawal, ...]:
        """The withdrawn articles, newest first."""
        with self._reading() as db:
            query = "SELECT article, sha256, platform, user, reason, at FROM withdrawal ORDER BY at DESC, article"
            return tuple(Withdrawal(*_timed(row)) for row in db.execute(query).fetchall())

    def withdrawn_ids(self) -> tuple[str, ...]:
        """The ids of the withdrawn articles, in order; cheap enough for every question.

        A caller that gets a RecordsError must not answer: it does not know what may be shown.
        """
        with self._reading() as db:
            # SQLite changes this number whenever another connection has committed, in this process or elsewhere; our
            # own commits do not change it, so they forget it themselves. It is read before the ids: a commit in between
            # then makes us read them once more, and never makes us keep old ones.
            ((version,),) = db.execute("PRAGMA data_version").fetchall()
            if version != self._withdrawn_version:
                rows = db.execute("SELECT article FROM withdrawal ORDER BY article").fetchall()
                self._withdrawn = tuple(article for (article,) in rows)
                self._withdrawn_version = version
            return self._withdrawn

    def note_action(
        self,
        platform: str,
        user: str,
        server: str,
        channel: str,
        what: str,
        details: Mapping[str, str | float | bool | None],
        outcome: str = "done",
    ) -> None:
        """Add a line to the audit log, which the file itself keeps from being changed; long texts in it are cut."""
        cut = {name: value[:TEXT_CHARS] if isinstance(value, str) else value for name, value in details.items()}
        with self._writing() as db:
            db.execute(
                "INSERT INTO action VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
                (platform, user, server, channel, what, outcome[:TEXT_CHARS], json.dumps(cut), self._now()),
            )

    def actions(self, limit: int, before: int | None = None) -> tuple[Action, ...]:
        """Lines of the audit log of all servers, newest first; the next page is that before the last one's number."""
        with self._reading() as db:
            query = (
                "SELECT number, details, platform, user, server, channel, what, outcome, at FROM action "
                f"WHERE number < coalesce(?, {2**63 - 1}) ORDER BY number DESC LIMIT ?"
            )
            rows = db.execute(query, (before, limit)).fetchall()
            return tuple(Action(row[0], json.loads(row[1]), *_timed(row[2:])) for row in rows)

    def note_refusal(self, platform: str, server: str, question: str, reason: str, generation: int) -> None:
        """Count a question that was refused; nothing but punctuation is passed over. Nothing is kept of who asked.

        Private questions, asked in a direct message or for an answer that only the asker sees, must not be passed in.
        Up to 10 000 are kept for a server; a new one then takes the place of the least asked, and of those the oldest.
        """
        shown = _one_line(question)
        asked = (platform, server, _normalised(shown))
        if not asked[-1]:
            return
        with self._writing() as db:
            now = self._now()
            counted = db.execute(
                "UPDATE unanswered SET question = ?, reason = ?, generation = ?, count = count + 1, last_asked = ? "
                "WHERE platform = ? AND server = ? AND normalised = ?",
                (shown, reason, generation, now, *asked),
            ).rowcount
            if not counted:
                # Before the new one comes: it has been asked once, and would be the first to go.
                db.execute(
                    "DELETE FROM unanswered WHERE row IN (SELECT row FROM unanswered WHERE platform = ? AND server = ? "
                    "ORDER BY count DESC, last_asked DESC, row DESC LIMIT -1 OFFSET ?)",
                    (platform, server, UNANSWERED - 1),
                )
                db.execute(
                    "INSERT INTO unanswered VALUES (NULL, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
                    (*asked, shown, reason, generation, now, now),
                )

    def unanswered(self, platform: str, server: str, limit: int) -> tuple[Unanswered, ...]:
        """A server's unanswered questions, most asked first, then the one asked last."""
        with self._reading() as db:
            query = (
                "SELECT question, reason, generation, count, first_asked, last_asked FROM unanswered "
                "WHERE platform = ? AND server = ? ORDER BY count DESC, last_asked DESC, row DESC LIMIT ?"
            )
            rows = db.execute(query, (platform, server, limit)).fetchall()
            return tuple(Unanswered(*_timed(row, 2)) for row in rows)

    def forget_unanswered(self, platform: str, server: str, question: str) -> bool:
        """Forget a question, in any spelling that counts as the same; False if there was none."""
        asked = (platform, server, _normalised(_one_line(question)))
        with self._writing() as db:
            query = "DELETE FROM unanswered WHERE platform = ? AND server = ? AND normalised = ?"
            return db.execute(query, asked).rowcount > 0

    def note_feedback(
        self,
        *,
        platform: str,
        server: str,
        user: str,
        question: str,
        verdict: Verdict,
        article: str,
        sha256: str,
        start: int,
        end: int,
        number: int,
        generation: int,
    ) -> bool:
        """Keep what someone says of an excerpt; False if that person has said the same before.

        A person has one verdict on an excerpt of a question, whatever the server; a different one takes its place. Of
        the person only a keyed hash is kept. It hides them from whoever sees rows, not from whoever holds the file and
        tries every id.
        """
        with self._writing() as db:
            person = self._person(db, platform, user)
            values = (person, _normalised(question), verdict, question, article, sha256, start, end, number, generation)
            done = db.execute(
                f"INSERT INTO feedback (person, normalised, {_FEEDBACK}) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                'ON CONFLICT (person, normalised, article, sha256, start, "end") DO UPDATE SET '
                "verdict = excluded.verdict, question = excluded.question, number = excluded.number, "
                "generation = excluded.generation, server = excluded.server, at = excluded.at "
                "WHERE verdict <> excluded.verdict",
                (*values, platform, server, self._now()),
            )
            return done.rowcount > 0

    def feedback(self) -> Iterator[Feedback]:
        """All feedback, in the order in which it was first given. Others may write while it is read."""
        last = 0
        query = f"SELECT row, {_FEEDBACK} FROM feedback WHERE row > ? ORDER BY row LIMIT {_CHUNK}"
        while True:
            with self._reading() as db:
                rows = db.execute(query, (last,)).fetchall()
                chunk = [Feedback(Verdict(row[1]), *_timed(row[2:])) for row in rows]
            if not rows:
                return
            yield from chunk
            last = rows[-1][0]

    def keep_message(self, platform: str, user: str, fields: Mapping[str, Any]) -> str:
        """Keep for a year what the buttons of a message need, and for whom it is sent; the key has 12 hex digits.

        Of the user only a keyed hash is kept.
        """
        key = secrets.token_hex(6)
        with self._writing() as db:
            now = self._clock().astimezone(UTC)
            db.execute("DELETE FROM message WHERE at < ?", (_stamp(now - timedelta(days=MESSAGE_DAYS)),))
            values = (key, self._person(db, platform, user), platform, json.dumps(fields), _stamp(now))
            db.execute("INSERT INTO message VALUES (?, ?, ?, NULL, ?, ?)", values)
        return key

    def name_message(self, key: str, message: str) -> None:
        """Say under which id the platform knows the message."""
        with self._writing() as db:
            db.execute("UPDATE message SET id = ? WHERE key = ?", (message, key))

    def message(self, key: str) -> dict[str, Any] | None:
        """What was kept under a key, or None."""
        with self._reading() as db:
            rows = db.execute("SELECT fields FROM message WHERE key = ?", (key,)).fetchall()
            return json.loads(rows[0][0]) if rows else None

    def message_key(self, platform: str, message: str) -> str | None:
        """The key of the latest message that the platform knows under an id, or None."""
        with self._reading() as db:
            query = "SELECT key FROM message WHERE platform = ? AND id = ? ORDER BY at DESC, rowid DESC LIMIT 1"
            rows = db.execute(query, (platform, message)).fetchall()
            return str(rows[0][0]) if rows else None

    def is_asker(self, key: str, platform: str, user: str) -> bool:
        """Whether the message of a key was sent for this user."""
        with self._reading() as db:
            rows = db.execute("SELECT person FROM message WHERE key = ?", (key,)).fetchall()
            return bool(rows) and hmac.compare_digest(rows[0][0], self._person(db, platform, user))

    def close(self) -> None:
        """Let go of the file; a method called afterwards raises RecordsError."""
        with self._lock:
            self._db.close()

    def _open(self) -> None:
        """Set the connection up, check the file, and bring it to the version of this program."""
        with self._reading() as db:
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
        if version > len(_MIGRATIONS):
            raise RecordsError(
                f"{self._path} has version {version}, and this program knows versions up to {len(_MIGRATIONS)}. "
                "Update the program, or put back a copy of the file from before it was updated."
            )
        for number, migrate in enumerate(_MIGRATIONS, start=1):
            if version < number:
                with self._writing() as db:
                    if _version(db) < number:  # else another process has been faster
                        migrate(db)
                        db.execute(f"PRAGMA user_version = {number}")

    def _layers(self, platform: str, server: str, *channels: str) -> list[OwnSettings]:
        """What is set at two channels, the server "" first."""
        with self._reading() as db:
            query = (
                f"SELECT {_SETTINGS} FROM place "
                "WHERE platform = ? AND server = ? AND channel IN (?, ?) ORDER BY channel"
            )
            return [
                OwnSettings(
                    None if answers is None else bool(answers),
                    None if outlets is None else tuple(json.loads(outlets)),
                    excerpts,
                    None if private is None else bool(private),
                )
                for answers, outlets, excerpts, private in db.execute(query, (platform, server, *channels)).fetchall()
            ]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """The connection for this thread alone. Fetch all rows: a query that is left open keeps others from writing."""
        with self._lock, self._explained():
            yield self._db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """The connection in a transaction, which is kept whole or not at all."""
        with self._reading() as db:
            # At once for writing: two that read first and then wanted to write would wait for each other.
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                db.rollback()
                raise

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

    def _person(self, db: sqlite3.Connection, platform: str, user: str) -> bytes:
        ((secret,),) = db.execute("SELECT bytes FROM secret").fetchall()
        return hmac.digest(secret, json.dumps([platform, user]).encode(), hashlib.sha256)

    def _now(self) -> str:
        return _stamp(self._clock())


def _stamp(moment: datetime) -> str:
    # Always with microseconds, so that the order of texts is the order of times.
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


def _timed(row: tuple[Any, ...], times: int = 1) -> tuple[Any, ...]:
    """A row whose last columns are times, as they are stored, with these as times."""
    return (*row[:-times], *map(datetime.fromisoformat, row[-times:]))


def _one_line(question: str) -> str:
    return " ".join(question.split())[:TEXT_CHARS]


def _normalised(question: str) -> str:
    """What makes two questions the same: words without case, single spaces, no punctuation at the end."""
    return " ".join(question.casefold().split()).rstrip(_CLOSING_PUNCTUATION)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be True or False, not {value!r}.")  # noqa: TRY004 people type it, no programmer
    return value


def _excerpts(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_EXCERPTS:
        raise ValueError(f"must be a whole number from 1 to {MAX_EXCERPTS}, not {value!r}.")
    return value


def _outlets(value: object) -> str:
    names = value if isinstance(value, tuple) else (None,)
    if not all(isinstance(name, str) and name.strip() for name in names):
        raise ValueError(f"must be names of outlets, not {value!r}.")
    return json.dumps(names)


_CHECKS: dict[str, Callable[[Any], object]] = {
    "answers": _truth,
    "outlets": _outlets,
    "excerpts": _excerpts,
    "private": _truth,
}
