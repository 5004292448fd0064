"""The questions that the coverage does not answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.records.database import timed
from bot.records.questions import normalised, one_line

if TYPE_CHECKING:
    from datetime import datetime

    from bot.records.database import Database

# Unanswered questions kept for a server.
UNANSWERED = 10_000


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that was refused `count` times; its spelling, reason and generation are those of the last time."""

    question: str
    reason: str
    generation: int
    count: int
    first_asked: datetime
    last_asked: datetime


class Refusals:
    """The questions that were refused, and nothing of who asked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, platform: str, server: str, question: str, reason: str, generation: int) -> int | None:
        """Count a question that was refused; its row, None where it is nothing but punctuation and passed over.

        Nothing is kept of who asked. Private questions, asked where only some see them or for an answer that only the
        asker sees, must not be passed in.
        Up to 10 000 are kept for a server; a new one then takes the place of the least asked, and of those the oldest.
        """
        shown = one_line(question)
        asked = (platform, server, normalised(shown))
        if not asked[-1]:
            return None
        with self._database.writing() as db:
            now = self._database.now()
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
            query = "SELECT row FROM unanswered WHERE platform = ? AND server = ? AND normalised = ?"
            ((row,),) = db.execute(query, asked).fetchall()
            return int(row)

    def unanswered(self, platform: str, server: str, limit: int) -> tuple[Unanswered, ...]:
        """A server's unanswered questions, most asked first, then the one asked last."""
        with self._database.reading() as db:
            query = (
                "SELECT question, reason, generation, count, first_asked, last_asked FROM unanswered "
                "WHERE platform = ? AND server = ? ORDER BY count DESC, last_asked DESC, row DESC LIMIT ?"
            )
            rows = db.execute(query, (platform, server, limit)).fetchall()
            return tuple(Unanswered(*timed(row, 2)) for row in rows)

    def forget(self, platform: str, server: str, question: str) -> bool:
        """Forget a question, in any spelling that counts as the same; False if there was none."""
        asked = (platform, server, normalised(one_line(question)))
        with self._database.writing() as db:
            query = "DELETE FROM unanswered WHERE platform = ? AND server = ? AND normalised = ?"
            return db.execute(query, asked).rowcount > 0
