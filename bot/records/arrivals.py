"""What a platform has sent, so that the same sent again is told apart, by another process or after a restart too."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.records.database import stamp

if TYPE_CHECKING:
    from bot.records.database import Database

# A signature of Slack is good for five minutes.
REMEMBERED = timedelta(minutes=10)


class Arrivals:
    """What has come in the last minutes, as hashes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_new(self, platform: str, name: str) -> bool:
        """Whether nothing of this name has come; from now on it has."""
        arrived = hashlib.sha256(f"{platform}\n{name}".encode()).digest()
        with self._database.writing() as db:
            now = self._database.clock()
            db.execute("DELETE FROM arrival WHERE at < ?", (stamp(now - REMEMBERED),))
            query = "INSERT INTO arrival VALUES (?, ?) ON CONFLICT (hash) DO NOTHING"
            return db.execute(query, (arrived, stamp(now))).rowcount > 0
