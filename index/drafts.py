"""What the readers of files make: articles as their files tell them, before anything is derived or corrected."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# The fields of a card that a file, or `sources.toml`, may give.
CARD_FIELDS = ("title", "outlet", "author", "published", "url", "language")
# The largest text that is taken for one article, in bytes.
MAX_ARTICLE_BYTES = 20 * 1024 * 1024


class UnreadableError(Exception):
    """Why a file is not taken at all, as a sentence; the line, if it is known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as its file tells it.

    `text` is what will be stored and quoted: line ends are single line feeds, paragraphs are parted by blank lines, and
    nothing of the file's markup is in it. `card` holds checked values of `CARD_FIELDS`. `member` names the article
    within a file of several, and stays the same when the file is saved again. `line` is where it begins in the file,
    and `notes` say what was wrong with it and did no harm.
    """

    text: str
    card: Mapping[str, str | date] = field(default_factory=dict)
    member: str = ""
    body_start: int = 0
    line: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """An article of a file of several that is not taken, and why; the others are."""

    reason: str
    line: int | None = None
    member: str = ""


def card_field(key: str, value: object) -> str | date:
    """A checked value of a card's field.

    Raises:
        ValueError: it cannot be used; the message says why.

    """
    if key == "published":
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()
        except ValueError:
            raise ValueError(f"published = {json.dumps(str(value))} is not a date as YYYY-MM-DD") from None
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} must be a text in quotation marks that is not empty")
    if key == "url" and not re.fullmatch(r"https?://[^\s<>\"]+", value.strip()):
        raise ValueError(f"url = {json.dumps(value)} is not a link that starts with http:// or https://")
    if key == "language" and not re.fullmatch(r"[a-z]{2,3}(?:-[A-Za-z0-9]+)*", value.strip()):
        raise ValueError(f"language = {json.dumps(value)} is not a code such as en or pt-BR")
    return " ".join(value.split())
