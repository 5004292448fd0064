"""The tables of the records, and how a file of an earlier version gets them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from index.sums import row_sum

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
# What whole rows are checked by; a changed byte in any other column of these tables shows.
CHECKED = {
    "place": "platform, server, channel, answers, outlets, excerpts, private",
    "withdrawal": "article, sha256, platform, user, reason, at",
    "action": "number, platform, user, server, channel, what, outcome, details, at",
}
NO_DELETION = """CREATE TRIGGER action_no_delete BEFORE DELETE ON action BEGIN
    SELECT RAISE(ABORT, 'the audit log is append only');
END"""
_NO_UPDATE = NO_DELETION.replace("delete", "update").replace("DELETE", "UPDATE")
_SCHEMA_2 = (
    # `place` says where it was asked; `unanswered` is where it was counted. What is private is kept for a shorter time;
    # of what was kept before, nobody knows whether it is.
    "ALTER TABLE message ADD COLUMN server TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE message ADD COLUMN private INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE message ADD COLUMN unanswered INTEGER REFERENCES unanswered ON DELETE SET NULL",
    "ALTER TABLE feedback ADD COLUMN private INTEGER NOT NULL DEFAULT 1",
    "CREATE INDEX message_by_person ON message (person)",
    "CREATE INDEX message_by_unanswered ON message (unanswered)",
    # What the key is told by, which lies in a file of its own.
    "CREATE TABLE key (sum BLOB NOT NULL) STRICT",
    # What arrived over HTTP or a socket a short while ago, as a hash.
    "CREATE TABLE arrival (hash BLOB PRIMARY KEY NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID",
    *(f"ALTER TABLE {table} ADD COLUMN sum BLOB" for table in CHECKED),
)


def _version_1(db: sqlite3.Connection) -> None:
    for statement in _SCHEMA_1:
        db.execute(statement)
    db.execute("INSERT INTO secret VALUES (?)", (secrets.token_bytes(32),))


def _version_2(db: sqlite3.Connection) -> None:
    for statement in _SCHEMA_2:
        db.execute(statement)
    db.execute("DROP TRIGGER action_no_update")
    for table, columns in CHECKED.items():
        for row, *values in db.execute(f"SELECT rowid, {columns} FROM {table}").fetchall():
            db.execute(f"UPDATE {table} SET sum = ? WHERE rowid = ?", (row_sum(*values), row))
    db.execute(_NO_UPDATE)


# The n-th takes a file from version n - 1 to n, in one transaction. Append; never change one that was released.
MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_version_1, _version_2)
