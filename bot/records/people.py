"""Who somebody is, for telling whether it is the same person: a hash under a secret of the file, and no name."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def person(db: sqlite3.Connection, platform: str, user: str) -> bytes:
    """The keyed hash of a user.

    It hides them from whoever sees rows, not from whoever holds the file and tries every id.
    """
    ((secret,),) = db.execute("SELECT bytes FROM secret").fetchall()
    return hmac.digest(secret, json.dumps([platform, user]).encode(), hashlib.sha256)
