"""What is followed where, what was in the index when, and what was told of it."""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.records.database import RecordsError, stamp, timed
from bot.timetable import Every
from bot.tongue import say

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bot.records.database import Database

# When a follow was looked after that is due whenever it is due.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# Follows that one place may have.
MOST = 20
_COLUMNS = (
    "number, platform, server, channel, target, fields, every, hour, language, private, paused, since, upto, "
    "checked, at"
)


class TooManyFollowsError(RecordsError):
    """A place has as many follows as it may have."""


class Paused(StrEnum):
    """Why a follow is told nothing at the moment."""

    NO = ""
    ASKED = "asked"
    UNWRITABLE = "unwritable"


class Seen(NamedTuple):
    """The first bytes of the hash of a text or of a passage, and of its outlet's name (see `news`)."""

    hash: int
    outlet: int


class Edition(NamedTuple):
    """A generation of the index, whatever number it has: one that is built anew begins to count again."""

    generation: int
    built_at: datetime


class Post(NamedTuple):
    """What a follow is still to be sent, by the key of its message; `tried` where it may have been, from `at` on."""

    key: str
    follow: int
    tried: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Follow:
    """A subject that is followed in a place, of all outlets that may be seen there or of some.

    The settings of `channel` hold, which is a thread's own channel; it is written to `target`, in this `language`.
    `since` is the number of the edition that was there when it was set, `upto` of the last that was looked at.
    Where only some see what is written there, it is `private`.
    """

    number: int
    platform: str
    server: str
    channel: str
    target: str
    subject: str
    outlets: tuple[str, ...]
    every: Every
    hour: int
    language: str
    private: bool
    paused: Paused
    since: int
    upto: int
    checked: datetime
    at: datetime


class Follows:
    """All follows. What people typed is sealed, and of whoever set one only a keyed hash is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- what there is in the index, in the order in which it was seen ---

    def editions(self) -> frozenset[Edition]:
        """The generations whose texts are known."""
        with self._database.reading() as db:
            rows = db.execute("SELECT generation, built_at FROM edition").fetchall()
            return frozenset(Edition(*timed(row)) for row in rows)

    def unseen(self, texts: Iterable[Seen]) -> frozenset[Seen]:
        """Those of the texts that no edition had."""
        with self._database.reading() as db:
            query = "SELECT 1 FROM seen_text WHERE hash = ? AND outlet = ?"
            return frozenset(text for text in texts if not db.execute(query, text).fetchall())

    def notice(self, edition: Edition, texts: Iterable[Seen], passages: Iterable[Seen]) -> None:
        """Remember an edition with the texts that none before it had, and their passages; once."""
        with self._database.writing() as db:
            query = "INSERT INTO edition (generation, built_at) VALUES (?, ?) ON CONFLICT DO NOTHING"
            added = db.execute(query, (edition.generation, edition.built_at.isoformat()))
            if not added.rowcount:
                return
            number = added.lastrowid
            for table, seen in (("seen_text", texts), ("seen_passage", passages)):
                query = f"INSERT INTO {table} VALUES (?, ?, {number}) ON CONFLICT DO NOTHING"
                db.executemany(query, seen)

    # --- follows ---

    def add(
        self,
        *,
        platform: str,
        server: str,
        channel: str,
        target: str,
        user: str,
        subject: str,
        outlets: Sequence[str],
        every: Every,
        hour: int,
        language: str,
        private: bool,
    ) -> Follow:
        """Follow a subject from the editions on that are known now.

        Raises:
            TooManyFollowsError: the place has `MOST` follows.
            RecordsError: no edition is known any more.

        """
        key = self._database.key
        with self._database.writing() as db:
            query = "SELECT count(*) FROM follow WHERE platform = ? AND target = ?"
            ((there,),) = db.execute(query, (platform, target)).fetchall()
            if there >= MOST:
                raise TooManyFollowsError(
                    say("More than {most} subjects cannot be followed in one place. End one first.", most=MOST)
                )
            ((last,),) = db.execute("SELECT max(number) FROM edition").fetchall()
            if last is None:
                raise RecordsError(say("What the index holds was not read yet. Try again in a moment."))
            fields = key.seal(json.dumps({"subject": subject, "outlets": list(outlets)}))
            values = (platform, server, channel, target, key.person(platform, user), fields, every.value, hour)
            now = self._database.now()
            added = db.execute(
                f"INSERT INTO follow VALUES (NULL, {', '.join('?' * 15)})",
                (*values, language, private, Paused.NO.value, last, last, now, now),
            )
            return self._one(db, added.lastrowid)

    def all(self, platform: str) -> tuple[Follow, ...]:
        """The follows of a platform, in the order in which they were set."""
        return self._which("platform = ?", platform)

    def of(self, platform: str, target: str) -> tuple[Follow, ...]:
        """The follows that are written to a place."""
        return self._which("platform = ? AND target = ?", platform, target)

    def by(self, platform: str, user: str) -> tuple[Follow, ...]:
        """The follows that a user has set."""
        return self._which("person = ?", self._database.key.person(platform, user))

    def is_setter(self, number: int, platform: str, user: str) -> bool:
        """Whether this user has set a follow."""
        with self._database.reading() as db:
            rows = db.execute("SELECT person FROM follow WHERE number = ?", (number,)).fetchall()
            return bool(rows) and hmac.compare_digest(rows[0][0], self._database.key.person(platform, user))

    def change(
        self, number: int, *, outlets: Sequence[str] | None = None, every: Every | None = None, hour: int | None = None
    ) -> None:
        """Change what is not None, from now on."""
        key = self._database.key
        with self._database.writing() as db:
            for name, value in (("every", every and every.value), ("hour", hour)):
                if value is not None:
                    db.execute(f"UPDATE follow SET {name} = ? WHERE number = ?", (value, number))
            for (sealed,) in db.execute("SELECT fields FROM follow WHERE number = ?", (number,)).fetchall():
                if outlets is not None:
                    fields = key.seal(json.dumps({**json.loads(key.unseal(sealed)), "outlets": list(outlets)}))
                    db.execute("UPDATE follow SET fields = ? WHERE number = ?", (fields, number))

    def pause(self, number: int, why: Paused) -> bool:
        """Pause a follow, or with `Paused.NO` let it go on; False where that was so."""
        with self._database.writing() as db:
            query = "UPDATE follow SET paused = ?, checked = ? WHERE number = ? AND paused <> ?"
            return db.execute(query, (why.value, self._database.now(), number, why.value)).rowcount > 0

    def pause_place(self, platform: str, target: str) -> int:
        """Pause all that is followed in a place that cannot be written to; how much went on until now."""
        with self._database.writing() as db:
            query = "UPDATE follow SET paused = ?, checked = ? WHERE platform = ? AND target = ? AND paused = ''"
            return db.execute(query, (Paused.UNWRITABLE.value, self._database.now(), platform, target)).rowcount

    def end(self, number: int) -> bool:
        """Forget a follow with what it was told; False where there is none."""
        with self._database.writing() as db:
            return db.execute("DELETE FROM follow WHERE number = ?", (number,)).rowcount > 0

    # --- what is told ---

    def waiting(self, follow: Follow) -> tuple[frozenset[Seen], int]:
        """The texts that a follow is to be told of if they treat its subject, and the number of the last edition."""
        with self._database.reading() as db:
            ((last,),) = db.execute("SELECT coalesce(max(number), 0) FROM edition").fetchall()
            query = (
                "SELECT hash, outlet FROM seen_text WHERE edition > ? "
                "UNION SELECT hash, outlet FROM later WHERE follow = ?"
            )
            rows = db.execute(query, (follow.upto, follow.number)).fetchall()
            return frozenset(Seen(*row) for row in rows), int(last)

    def new(self, follow: Follow, passages: Collection[int], outlets: Collection[int] | None) -> frozenset[int]:
        """Those of the passages, by hash, that no outlet seen had when the follow was set, and it was not told of."""
        found = set()
        with self._database.reading() as db:
            for passage in passages:
                query = "SELECT outlet FROM seen_passage WHERE hash = ? AND edition <= ?"
                before = {outlet for (outlet,) in db.execute(query, (passage, follow.since)).fetchall()}
                query = "SELECT 1 FROM told WHERE follow = ? AND hash = ?"
                told = db.execute(query, (follow.number, passage)).fetchall()
                if not told and not (before if outlets is None else before.intersection(outlets)):
                    found.add(passage)
        return frozenset(found)

    def take(
        self,
        follow: Follow,
        upto: int,
        told: Iterable[int] = (),
        later: Iterable[Seen] = (),
        fields: Mapping[str, Any] | None = None,
    ) -> bool:
        """Keep how far a follow has been looked after, and with `fields` what is to be sent; all of it or nothing.

        `told` are the passages that are sent, `later` the texts that are to be looked at again. False where another
        process has been faster, or the follow was changed meanwhile.
        """
        key, now = self._database.key, self._database.now()
        with self._database.writing() as db:
            query = "UPDATE follow SET upto = ?, checked = ? WHERE number = ? AND upto = ? AND checked = ?"
            was = (follow.number, follow.upto, stamp(follow.checked))
            if not db.execute(query, (upto, now, *was)).rowcount:
                return False
            db.executemany("INSERT INTO told VALUES (?, ?)", ((follow.number, passage) for passage in told))
            db.execute("DELETE FROM later WHERE follow = ?", (follow.number,))
            db.executemany("INSERT INTO later VALUES (?, ?, ?)", ((follow.number, *text) for text in later))
            if fields is not None:
                name = secrets.token_hex(6)
                db.execute(
                    "INSERT INTO message (key, person, platform, fields, at, server, private) "
                    "SELECT ?, person, platform, ?, ?, server, private FROM follow WHERE number = ?",
                    (name, key.seal(json.dumps(fields)), now, follow.number),
                )
                db.execute("INSERT INTO post (key, follow, tried, at) VALUES (?, ?, 0, ?)", (name, follow.number, now))
            return True

    def posts(self, platform: str) -> tuple[Post, ...]:
        """What is still to be sent, in order, to places that can be written to."""
        with self._database.reading() as db:
            query = (
                "SELECT p.key, p.follow, p.tried, p.at FROM post p JOIN follow f ON f.number = p.follow "
                "WHERE f.platform = ? AND f.paused = '' ORDER BY p.row"
            )
            return tuple(
                Post(key, follow, bool(tried), datetime.fromisoformat(at))
                for key, follow, tried, at in db.execute(query, (platform,)).fetchall()
            )

    def trying(self, key: str, *, tried: bool) -> None:
        """Say that a post may have been sent from now on; or not `tried`, that it certainly was not."""
        with self._database.writing() as db:
            db.execute("UPDATE post SET tried = ?, at = ? WHERE key = ?", (tried, self._database.now(), key))

    def sent(self, key: str, message: str | None) -> None:
        """Say that a post was sent, and under which id the platform knows it; or without one, that it is given up."""
        with self._database.writing() as db:
            db.execute("DELETE FROM post WHERE key = ?", (key,))
            if message is None:
                db.execute("DELETE FROM message WHERE key = ?", (key,))
            else:
                db.execute("UPDATE message SET id = ? WHERE key = ?", (message, key))

    def undo(self, key: str, told: Iterable[int], later: Iterable[Seen]) -> None:
        """Give up a post that was certainly not sent: its passages are not told, its texts looked at again at once."""
        with self._database.writing() as db:
            for (follow,) in db.execute("SELECT follow FROM post WHERE key = ?", (key,)).fetchall():
                db.executemany("DELETE FROM told WHERE follow = ? AND hash = ?", ((follow, each) for each in told))
                query = "INSERT INTO later VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
                db.executemany(query, ((follow, *text) for text in later))
                db.execute("UPDATE follow SET checked = ? WHERE number = ?", (stamp(_LONG_AGO), follow))
            db.execute("DELETE FROM post WHERE key = ?", (key,))
            db.execute("DELETE FROM message WHERE key = ?", (key,))

    def now(self) -> datetime:
        """The time by which it is told when a follow was looked after."""
        return self._database.clock()

    def _which(self, condition: str, *values: str | bytes) -> tuple[Follow, ...]:
        with self._database.reading() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM follow WHERE {condition} ORDER BY number", values).fetchall()
            return tuple(map(self._follow, rows))

    def _one(self, db: sqlite3.Connection, number: int | None) -> Follow:
        (row,) = db.execute(f"SELECT {_COLUMNS} FROM follow WHERE number = ?", (number,)).fetchall()
        return self._follow(row)

    def _follow(self, row: tuple[Any, ...]) -> Follow:
        number, *where, sealed, every, hour, language, private, paused, since, upto, checked, at = timed(row, 2)
        platform, server, channel, target = where
        fields = json.loads(self._database.key.unseal(sealed))
        what = (fields["subject"], tuple(fields["outlets"]), Every(every), hour, language, bool(private))
        rest = (Paused(paused), since, upto, checked, at)
        return Follow(number, platform, server, channel, target, *what, *rest)
