"""What the buttons of messages need."""

from __future__ import annotations

import hmac
import json
import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.records.database import Database


class Messages:
    """What is kept of messages that were sent, under keys of 12 hex digits; the words of it are sealed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(
        self, platform: str, user: str, fields: Mapping[str, Any], server: str = "", *, private: bool = True
    ) -> str:
        """Keep what the buttons of a message need, and for whom it is sent; the key has 12 hex digits.

        Of the user only a keyed hash is kept. What is `private`, since only some see it, is kept for a shorter time.
        """
        name = secrets.token_hex(6)
        key = self._database.key
        values = (name, key.person(platform, user), platform, key.seal(json.dumps(fields)), self._database.now())
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO message (key, person, platform, fields, at, server, private) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*values, server, private),
            )
        return name

    def name(self, key: str, message: str) -> None:
        """Say under which id the platform knows the message."""
        with self._database.writing() as db:
            db.execute("UPDATE message SET id = ? WHERE key = ?", (message, key))

    def count(self, key: str, unanswered: int | None) -> None:
        """Say which unanswered question the message refused to answer, by its row."""
        with self._database.writing() as db:
            db.execute("UPDATE message SET unanswered = ? WHERE key = ?", (unanswered, key))

    def fields(self, key: str) -> dict[str, Any] | None:
        """What was kept under a key, or None."""
        with self._database.reading() as db:
            rows = db.execute("SELECT fields FROM message WHERE key = ?", (key,)).fetchall()
            return json.loads(self._database.key.unseal(rows[0][0])) if rows else None

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
            return bool(rows) and hmac.compare_digest(rows[0][0], self._database.key.person(platform, user))
