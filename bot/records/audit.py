"""What admins did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.records.database import TEXT_CHARS, timed
from index.sums import row_sum

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.records.database import Database


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


class AuditLog:
    """The audit log, which the file itself keeps from being changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(
        self,
        platform: str,
        user: str,
        server: str,
        channel: str,
        what: str,
        details: Mapping[str, str | float | bool | None],
        outcome: str = "done",
    ) -> None:
        """Add a line; long texts in it are cut."""
        cut = {name: value[:TEXT_CHARS] if isinstance(value, str) else value for name, value in details.items()}
        with self._database.writing() as db:
            ((number,),) = db.execute("SELECT coalesce(max(number), 0) + 1 FROM action").fetchall()
            told = (platform, user, server, channel, what, outcome[:TEXT_CHARS], json.dumps(cut), self._database.now())
            row = (number, *told)
            db.execute("INSERT INTO action VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, row_sum(*row)))

    def actions(self, limit: int, before: int | None = None) -> tuple[Action, ...]:
        """Lines of all servers, newest first; the next page is that before the last one's number."""
        with self._database.reading() as db:
            query = (
                "SELECT number, details, platform, user, server, channel, what, outcome, at FROM action "
                f"WHERE number < coalesce(?, {2**63 - 1}) ORDER BY number DESC LIMIT ?"
            )
            rows = db.execute(query, (before, limit)).fetchall()
            return tuple(Action(row[0], json.loads(row[1]), *timed(row[2:])) for row in rows)
