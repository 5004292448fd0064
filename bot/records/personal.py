"""What is kept of one person or of one server, over all that is remembered: to be shown, and to be forgotten."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.records.database import timed
from bot.records.feedback import FEEDBACK, Feedback, Verdict
from bot.records.questions import normalised
from bot.records.schema import NO_DELETION

if TYPE_CHECKING:
    import sqlite3

    from bot.records.database import Database
    from bot.records.follows import Follow, Follows
    from bot.records.places import Places
    from bot.records.retention import Retention


class Sent(NamedTuple):
    """What is kept of a message for its buttons: when, whether only some see it, and the fields."""

    at: datetime
    private: bool
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a person, newest first; and how many lines of the audit log and removals name them."""

    messages: tuple[Sent, ...]
    feedback: tuple[Feedback, ...]
    follows: tuple[Follow, ...]
    actions: int
    removals: int


class Personal:
    """All that is kept of people, of servers and for a time."""

    def __init__(self, database: Database, places: Places, follows: Follows, retention: Retention) -> None:
        self._database = database
        self._places = places
        self._follows = follows
        self.retention = retention

    def of(self, platform: str, user: str) -> Kept:
        """What is kept of a person."""
        key = self._database.key
        person, named = (key.person(platform, user),), (platform, user)
        with self._database.reading() as db:
            query = "SELECT fields, private, at FROM message WHERE person = ? ORDER BY at DESC, rowid DESC"
            messages = tuple(
                Sent(datetime.fromisoformat(at), bool(private), json.loads(key.unseal(fields)))
                for fields, private, at in db.execute(query, person).fetchall()
            )
            query = f"SELECT {FEEDBACK} FROM feedback WHERE person = ? ORDER BY at DESC, row DESC"
            feedback = tuple(Feedback(Verdict(row[0]), *timed(row[1:])) for row in db.execute(query, person).fetchall())
            ((actions,),) = db.execute("SELECT count(*) FROM action WHERE platform = ? AND user = ?", named).fetchall()
            query = "SELECT count(*) FROM withdrawal WHERE platform = ? AND user = ?"
            ((removals,),) = db.execute(query, named).fetchall()
        follows = self._follows.by(platform, user)[::-1]
        return Kept(messages, feedback, follows, actions, removals)

    def forget(self, platform: str, user: str) -> tuple[int, int, int]:
        """Forget what a person asked, said of excerpts and follows; how much of each.

        The audit log keeps what admins did.
        """
        person = (self._database.key.person(platform, user),)
        with self._database.writing() as db:
            messages = _forget_messages(db, "person = ?", *person)
            feedback, follows = (
                db.execute(f"DELETE FROM {table} WHERE person = ?", person).rowcount for table in ("feedback", "follow")
            )
            return messages, feedback, follows

    def forget_answer(self, key: str) -> None:
        """Forget an answer that was removed: what its buttons needed, its question where it was counted as unanswered.

        What its asker said of its excerpts goes with it.
        """
        with self._database.writing() as db:
            for person, fields in db.execute("SELECT person, fields FROM message WHERE key = ?", (key,)).fetchall():
                question = json.loads(self._database.key.unseal(fields)).get("question", "")
                said = (person, normalised(question))
                db.execute("DELETE FROM feedback WHERE person = ? AND normalised = ?", said)
            _forget_messages(db, "key = ?", key)

    def forget_server(self, platform: str, server: str) -> None:
        """Forget a server that the bot was taken out of: its settings, and all that was asked and said there."""
        here = (platform, server)
        with self._database.writing() as db:
            _forget_messages(db, "platform = ? AND server = ?", *here)
            for table in ("place", "unanswered", "feedback", "follow"):
                db.execute(f"DELETE FROM {table} WHERE platform = ? AND server = ?", here)
        self._places.read_anew()

    def prune(self) -> None:
        """Forget what has been kept for long enough."""
        kept, now = self.retention, self._database.clock()
        with self._database.writing() as db:
            for private, days in ((True, kept.private_days), (False, kept.public_days)):
                old = (private, kept.before(now, days))
                for table in ("message", "feedback"):
                    db.execute(f"DELETE FROM {table} WHERE private = ? AND at < ?", old)
                # A follow is of use as long as it tells anything.
                db.execute("DELETE FROM follow WHERE paused <> '' AND private = ? AND checked < ?", old)
            if db.execute("SELECT EXISTS (SELECT 1 FROM follow)").fetchall() == [(0,)]:
                for table in ("edition", "seen_text", "seen_passage"):
                    db.execute(f"DELETE FROM {table}")
            db.execute("DELETE FROM unanswered WHERE last_asked < ?", (kept.before(now, kept.public_days),))
            oldest = kept.before(now, kept.audit_days)
            if db.execute("SELECT EXISTS (SELECT 1 FROM action WHERE at < ?)", (oldest,)).fetchall() == [(1,)]:
                # The file lets nobody delete a line; what is too old goes while nobody else can write.
                db.execute("DROP TRIGGER action_no_delete")
                db.execute("DELETE FROM action WHERE at < ?", (oldest,))
                db.execute(NO_DELETION)


def _forget_messages(db: sqlite3.Connection, which: str, *values: str | bytes) -> int:
    """Delete what is kept of messages, and take them out of the counts of unanswered questions; how many there were."""
    counted = f"FROM message WHERE unanswered = unanswered.row AND {which}"
    db.execute(
        f"UPDATE unanswered SET count = count - (SELECT count(*) {counted}) "
        f"WHERE row IN (SELECT unanswered FROM message WHERE {which})",
        (*values, *values),
    )
    db.execute("DELETE FROM unanswered WHERE count < 1")
    return db.execute(f"DELETE FROM message WHERE {which}", values).rowcount
