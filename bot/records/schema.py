"""The tables of the records, and how a file of an earlier version gets them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

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
MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_version_1,)
