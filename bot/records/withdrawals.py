"""The articles that nobody is to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.records.database import TEXT_CHARS, timed
from index.sums import row_sum

if TYPE_CHECKING:
    from datetime import datetime

    from bot.records.database import Database


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An article that is not to be shown: the hash of its text at that time, and who withdrew it when and why."""

    article: str
    sha256: str
    platform: str
    user: str
    reason: str | None
    at: datetime


class Withdrawals:
    """What was withdrawn, by the ids of articles, and not restored since."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ids: tuple[str, ...] = ()
        self._version: int | None = None

    def add(self, article: str, sha256: str, platform: str, user: str, reason: str | None = None) -> bool:
        """Keep an article from being shown, whatever its text becomes; False if it was withdrawn before."""
        with self._database.writing() as db:
            self._version = None
            values = (article, sha256, platform, user, reason and reason[:TEXT_CHARS], self._database.now())
            query = "INSERT INTO withdrawal VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (article) DO NOTHING"
            return db.execute(query, (*values, row_sum(*values))).rowcount > 0

    def restore(self, article: str) -> bool:
        """Let a withdrawn article be shown again; False if it was not withdrawn."""
        with self._database.writing() as db:
            self._version = None
            return db.execute("DELETE FROM withdrawal WHERE article = ?", (article,)).rowcount > 0

    def all(self) -> tuple[Withdrawal, ...]:
        """The withdrawn articles, newest first."""
        with self._database.reading() as db:
            self._database.check_rows(db, "withdrawal")
            query = "SELECT article, sha256, platform, user, reason, at FROM withdrawal ORDER BY at DESC, article"
            return tuple(Withdrawal(*timed(row)) for row in db.execute(query).fetchall())

    def ids(self) -> tuple[str, ...]:
        """The ids of the withdrawn articles, in order; cheap enough for every question.

        A caller that gets a RecordsError must not answer: it does not know what may be shown.
        """
        with self._database.reading() as db:
            # SQLite changes this number whenever another connection has committed, in this process or elsewhere; our
            # own commits do not change it, so they forget it themselves. It is read before the ids: a commit in between
            # then makes us read them once more, and never makes us keep old ones.
            ((version,),) = db.execute("PRAGMA data_version").fetchall()
            if version != self._version:
                self._database.check_rows(db, "withdrawal")
                rows = db.execute("SELECT article FROM withdrawal ORDER BY article").fetchall()
                self._ids = tuple(article for (article,) in rows)
                self._version = version
            return self._ids
