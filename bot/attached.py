"""Text files that are attached to be verified: how much of them is fetched."""

from __future__ import annotations

from bot.tongue import say
from bot.visit import UsageError

# How much is fetched of files, all together; much more than what is read of them.
MAX_FILE_BYTES = 10 * 1024 * 1024


def require_small(size: int) -> None:
    """Raise UsageError where files have more bytes, all together, than are fetched."""
    if size > MAX_FILE_BYTES:
        raise UsageError(
            say("What is attached is larger than {n} MB. Attach a part of it.", n=MAX_FILE_BYTES // 1024**2)
        )
