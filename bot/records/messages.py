"""What the buttons of messages need."""

from __future__ import annotations

import hmac
import json
import secrets
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from bot.records.database import stamp
from bot.records.people import person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.records.database import Database

# How long the buttons of a message work, in days.
MESSAGE_DAYS = 365


class Messages:
    """What is kept of messages that were sent, under keys of 12 hex digits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, platform: str, user: str, fields: Mapping[str, Any]) -> str:
        """Keep for a year what the buttons of a message need, and for whom it is sent; the key has 12 hex digits.

        Of the user only a keyed hash is kept.
        """
        key = secrets.token_hex(6)
        with self._database.writing() as db:
            now = self._database.clock().astimezone(UTC)
            db.execute("DELETE FROM message WHERE at < ?", (stamp(now - timedelta(days=MESSAGE_DAYS)),))
            values = (key, person(db, platform, user), platform, json.dumps(fields), stamp(now))
            db.execute("INSERT INTO message VALUES (?, ?, ?, NULL, ?, ?)", values)
        return key

    def name(self, key: str, message: str) -> None:
        """Say under which id the platform knows the message."""
        with self._database.writing() as db:
            db.execute("UPDATE message SET id = ? WHERE key = ?", (message, key))

    def fields(self, key: str) -> dict[str, Any] | None:
        """What was kept under a key, or None."""
        with self._database.reading() as db:
            rows = db.execute("SELECT fields FROM message WHERE key = ?", (key,)).fetchall()
            return json.loads(rows[0][0]) if rows else None

    def key(self, platform: str, message: str) -> str | None:
        """The key of the latest message that the platform knows under an id, or None."""
        with self._database.reading() as db:
            query = "SELECT key FROM message WHERE platform = ? AND id = ? ORDER BY at DESC, rowid DESC LIMIT 1"
            rows = db.execute(query, (platform, message)).fetchall()
            return str(rows[0][0]) if rows else None

    def is_asker(self, key: str, platform: str, user: str) -> bool:
        """Whether the message of a key was sent for this user."""
        with self._database.reading() as db:
            rows = db.execute("SELECT person FROM message WHERE key = ?", (key,)).fetchall()
            return bool(rows) and hmac.compare_digest(rows[0][0], person(db, platform, user))
