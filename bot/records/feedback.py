"""What people say of excerpts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.records.database import timed
from bot.records.questions import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.records.database import Database

_CHUNK = 1000  # rows handled at a time when the whole table passes through memory
FEEDBACK = 'verdict, question, article, sha256, start, "end", number, generation, platform, server, at'


class Verdict(StrEnum):
    """What a reader says of an answer, the first two, or of one of its excerpts."""

    HELPFUL = "helpful"
    NOT_HELPFUL = "not_helpful"
    NOT_AN_ANSWER = "not_an_answer"
    WRONG_SOURCE = "wrong_source"


@dataclass(frozen=True, slots=True)
class Feedback:
    """What someone said of an excerpt, `article.text[start:end]`, which had this number in the answer.

    Where it is of the answer as a whole, the number is 0 and no article is named.
    """

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


class FeedbackLog:
    """The feedback: one verdict of a person on an excerpt of a question."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(
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
        private: bool = True,
    ) -> bool:
        """Keep what someone says of an excerpt; False if that person has said the same before.

        A person has one verdict on an excerpt of a question, whatever the server; a different one takes its place. Of
        the person only a keyed hash is kept. What was asked where only some see it is `private`, and kept for a shorter
        time.
        """
        with self._database.writing() as db:
            who = self._database.key.person(platform, user)
            values = (who, normalised(question), verdict, question, article, sha256, start, end, number, generation)
            done = db.execute(
                f"INSERT INTO feedback (person, normalised, {FEEDBACK}, private) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                'ON CONFLICT (person, normalised, article, sha256, start, "end") DO UPDATE SET '
                "verdict = excluded.verdict, question = excluded.question, number = excluded.number, "
                "generation = excluded.generation, server = excluded.server, at = excluded.at, "
                "private = excluded.private "
                "WHERE verdict <> excluded.verdict",
                (*values, platform, server, self._database.now(), private),
            )
            return done.rowcount > 0

    def all(self) -> Iterator[Feedback]:
        """All feedback, in the order in which it was first given. Others may write while it is read."""
        last = 0
        query = f"SELECT row, {FEEDBACK} FROM feedback WHERE row > ? ORDER BY row LIMIT {_CHUNK}"
        while True:
            with self._database.reading() as db:
                rows = db.execute(query, (last,)).fetchall()
                chunk = [Feedback(Verdict(row[1]), *timed(row[2:])) for row in rows]
            if not rows:
                return
            yield from chunk
            last = rows[-1][0]
