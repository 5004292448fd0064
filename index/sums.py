"""What a stored row is checked by, so that a byte that changes in it is seen."""

from __future__ import annotations

import hashlib
import json

# Made once: `json.dumps` makes one for every row, which takes five times as long.
_ENCODER = json.JSONEncoder(default=repr)


def row_sum(*values: str | float | bytes | None) -> bytes:
    """The sum of a row's values; SQLite gets it as a function of this name."""
    return hashlib.sha256(_ENCODER.encode(values).encode()).digest()[:8]
