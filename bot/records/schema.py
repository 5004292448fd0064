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
_CHECKED_2 = {
    "place": "platform, server, channel, answers, outlets, excerpts, private",
    "withdrawal": "article, sha256, platform, user, reason, at",
    "action": "number, platform, user, server, channel, what, outcome, details, at",
}
# What whole rows are checked by; a changed byte in any other column of these tables shows.
CHECKED = {**_CHECKED_2, "place": f"{_CHECKED_2['place']}, timezone"}
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
    *(f"ALTER TABLE {table} ADD COLUMN sum BLOB" for table in _CHECKED_2),
)
_SCHEMA_3 = (
    "ALTER TABLE place ADD COLUMN timezone TEXT",
    # What is followed where: `channel` is whose settings hold, `target` where it is written. `since` is the edition
    # that was there when it was set, `upto` the last that was looked at.
    """CREATE TABLE follow (
        number INTEGER PRIMARY KEY AUTOINCREMENT, platform TEXT NOT NULL, server TEXT NOT NULL, channel TEXT NOT NULL,
        target TEXT NOT NULL, person BLOB NOT NULL, fields TEXT NOT NULL, every TEXT NOT NULL, hour INTEGER NOT NULL,
        language TEXT NOT NULL, private INTEGER NOT NULL, paused TEXT NOT NULL, since INTEGER NOT NULL,
        upto INTEGER NOT NULL, checked TEXT NOT NULL, at TEXT NOT NULL
    ) STRICT""",
    # Generations in the order in which they were seen, and in which of them each text and passage was seen first: by
    # the first bytes of hashes, and by outlet, since not every place sees all of them.
    """CREATE TABLE edition (
        number INTEGER PRIMARY KEY, generation INTEGER NOT NULL, built_at TEXT NOT NULL, UNIQUE (generation, built_at)
    ) STRICT""",
    *(
        f"""CREATE TABLE seen_{what} (
            hash INTEGER NOT NULL, outlet INTEGER NOT NULL, edition INTEGER NOT NULL, PRIMARY KEY (hash, outlet)
        ) STRICT, WITHOUT ROWID"""
        for what in ("text", "passage")
    ),
    "CREATE INDEX seen_text_by_edition ON seen_text (edition)",
    # What a follow was told, and texts that were not there when it was looked for what is new.
    """CREATE TABLE told (
        follow INTEGER NOT NULL REFERENCES follow ON DELETE CASCADE, hash INTEGER NOT NULL, PRIMARY KEY (follow, hash)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE later (
        follow INTEGER NOT NULL REFERENCES follow ON DELETE CASCADE, hash INTEGER NOT NULL, outlet INTEGER NOT NULL,
        PRIMARY KEY (follow, hash, outlet)
    ) STRICT, WITHOUT ROWID""",
    # What is still to be sent, in order, by the key of its message; `tried` where it may have been.
    """CREATE TABLE post (
        row INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, follow INTEGER NOT NULL REFERENCES follow ON DELETE CASCADE,
        tried INTEGER NOT NULL, at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX post_by_follow ON post (follow)",
)


def _version_1(db: sqlite3.Connection) -> None:
    for statement in _SCHEMA_1:
        db.execute(statement)
    db.execute("INSERT INTO secret VALUES (?)", (secrets.token_bytes(32),))


def _version_2(db: sqlite3.Connection) -> None:
    for statement in _SCHEMA_2:
        db.execute(statement)
    db.execute("DROP TRIGGER action_no_update")
    for table, columns in _CHECKED_2.items():
        _sum_rows(db, table, columns)
    db.execute(_NO_UPDATE)


def _version_3(db: sqlite3.Connection) -> None:
    for statement in _SCHEMA_3:
        db.execute(statement)
    _sum_rows(db, "place", f"{_CHECKED_2['place']}, timezone")


def _sum_rows(db: sqlite3.Connection, table: str, columns: str) -> None:
    for row, *values in db.execute(f"SELECT rowid, {columns} FROM {table}").fetchall():
        db.execute(f"UPDATE {table} SET sum = ? WHERE rowid = ?", (row_sum(*values), row))


# The n-th takes a file from version n - 1 to n, in one transaction. Append; never change one that was released.
MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_version_1, _version_2, _version_3)
