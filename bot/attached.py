"""Text files that are attached to be verified: how much of them is fetched and read."""

from __future__ import annotations

from bot.quotations import MAX_MESSAGE_CHARS
from bot.visit import UsageError

# How much is fetched of files, all together; much more than what is read of them.
MAX_FILE_BYTES = 10 * 1024 * 1024
# A character has up to four bytes. One more than is read shows that there was more.
READ_BYTES = 4 * (MAX_MESSAGE_CHARS + 1)


def require_small(size: int) -> None:
    """Raise UsageError where files have more bytes, all together, than are fetched."""
    if size > MAX_FILE_BYTES:
        raise UsageError(f"What is attached is larger than {MAX_FILE_BYTES // 1024**2} MB. Attach a part of it.")


def words(data: bytes) -> str:
    """What is read of a text file; no more, since decoding holds the event loop up, and more so the less it is text."""
    return data[:READ_BYTES].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
