"""What makes two questions the same, and how one is shown."""

from __future__ import annotations

from bot.records.database import TEXT_CHARS

_CLOSING_PUNCTUATION = " .,;:?!…؟？！。"


def one_line(question: str) -> str:
    """A question as it is kept and shown."""
    return " ".join(question.split())[:TEXT_CHARS]


def normalised(question: str) -> str:
    """What makes two questions the same: words without case, single spaces, no punctuation at the end."""
    return " ".join(question.casefold().split()).rstrip(_CLOSING_PUNCTUATION)
