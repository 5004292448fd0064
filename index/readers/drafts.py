"""What the readers of files make: articles as their files tell them, before anything is derived or corrected.

What was read of a file that takes long is remembered, so that it is read once.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

# The fields of a card that a file, or `sources.toml`, may give.
CARD_FIELDS = ("title", "outlet", "author", "published", "url", "language")
# The largest text that is taken for one article, in bytes.
MAX_ARTICLE_BYTES = 20 * 1024 * 1024
TOO_LARGE = f"it is larger than {MAX_ARTICLE_BYTES // 1024**2} MiB, too large for one article"
# Part of what a file's drafts are remembered under: changed with what a reader makes of a file, or how that is kept.
_CACHED_AS = "3"
_HASH_CHARS = 64


class UnreadableError(Exception):
    """Why a file is not taken at all, as a sentence; the line, if it is known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


class Revision(NamedTuple):
    """Which version of an article a file says that it has: its number, and when it was changed last and published.

    0 and None where it does not say. A time is as exact as it is given: a datetime where it has a time of day.
    """

    number: int = 0
    changed: date | None = None
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as its file tells it.

    `text` is what will be stored and quoted: line ends are single line feeds, paragraphs are parted by blank lines, and
    nothing of the file's markup is in it. `card` holds checked values of `CARD_FIELDS`. `member` names the article
    within a file of several, and stays the same when the file is saved again. `line` is where it begins in the file,
    and `notes` say what was wrong with it and did no harm. `revision` is not shown: it tells versions apart. A `teaser`
    is only the beginning of its article, the rest of which the file does not have.
    """

    text: str
    card: Mapping[str, str | date] = field(default_factory=dict)
    member: str = ""
    body_start: int = 0
    line: int | None = None
    notes: tuple[str, ...] = ()
    revision: Revision = field(default_factory=Revision)
    teaser: bool = False

    def noting(self, notes: Iterable[str]) -> Draft:
        """The same, with more notes."""
        return replace(self, notes=(*self.notes, *notes))


@dataclass(frozen=True, slots=True)
class Refused:
    """An article of a file of several that is not taken, and why; the others are.

    With a `withdrawal` its publisher has taken the article back, in this version; earlier ones in other files go too.
    """

    reason: str
    line: int | None = None
    member: str = ""
    withdrawal: Revision | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in the corpus: the file (relative to the corpus folder), the line if known, and a sentence."""

    file: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}{f':{self.line}' if self.line else ''}: {self.reason}"


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


def line_finder(text: str) -> Callable[..., int | None]:
    """A function (table, key=None) → line number, since tomllib reports no places for values it accepts."""
    name = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
    opening = re.compile(rf"\s*+(\[*)\s*({name}(?:\s*\.\s*{name})*)\s*[\]=]")
    lines: dict[tuple[str, str | None], int] = {}
    table: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if found := opening.match(line):
            names = [part.strip("\"'") for part in re.findall(name, found[2])]
            path = names if found[1] else table + names
            table = names if found[1] else table
            lines.setdefault((path[0], None), number)
            lines.setdefault((path[0], path[1] if path[1:] else None), number)

    def locate(name: str, key: str | None = None) -> int | None:
        return lines.get((name, key), lines.get((name, None)))

    return locate


class DraftCache:
    """Remembers what was read of files, by what is in them; where it cannot, everything is read anew.

    As a context it forgets, in the end, what was not asked for.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None
        self._asked: set[str] = set()

    def key(self, data: bytes, module: str) -> str:
        """What the drafts that a module's reader makes of these bytes are remembered under."""
        key = _key(hashlib.sha256(data).hexdigest(), module)
        self._asked.add(key)
        return key

    def get(self, key: str) -> list[Draft | Refused] | None:
        """What is remembered, if it is."""
        with suppress(sqlite3.Error, ValueError, KeyError, TypeError):
            for (kept,) in self._opened().execute("SELECT drafts FROM read WHERE key = ?", (key,)):
                fields = kept[_HASH_CHARS:]
                if kept == _hashed(key, fields):
                    return [from_fields(each) for each in json.loads(fields)]
        return None

    def keep(self, sha256: str, module: str, drafts: Sequence[Draft | Refused]) -> None:
        """Remember what a module's reader has made of bytes of this hash."""
        key = _key(sha256, module)
        self._asked.add(key)
        with suppress(sqlite3.Error, ValueError):  # a ValueError: SQLite quotes damaged bytes that are not UTF-8
            fields = json.dumps([as_fields(draft) for draft in drafts])
            self._opened().execute("INSERT OR REPLACE INTO read VALUES (?, ?)", (key, _hashed(key, fields)))

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = sqlite3.connect(self._path or ":memory:", isolation_level=None)
            # What a crash takes is read anew.
            self._db.executescript(
                "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;"
                "CREATE TABLE IF NOT EXISTS read (key TEXT PRIMARY KEY, drafts TEXT NOT NULL) STRICT;"
            )
        return self._db

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._db is None:
            return
        with suppress(sqlite3.Error, ValueError):
            self._db.execute(
                "DELETE FROM read WHERE key NOT IN (SELECT value FROM json_each(?))", (json.dumps([*self._asked]),)
            )
        self._db.close()


def _key(sha256: str, module: str) -> str:
    return f"{sha256} {module} {_CACHED_AS}"


def _hashed(key: str, fields: str) -> str:
    """Drafts as they are remembered: after a hash of them and their key, by which a changed byte is seen."""
    return hashlib.sha256((key + fields).encode()).hexdigest() + fields


def as_fields(draft: Draft | Refused) -> dict[str, Any]:
    """For JSON."""
    fields = asdict(draft)
    if isinstance(draft, Draft):
        fields["card"] = {name: v.isoformat() if isinstance(v, date) else v for name, v in draft.card.items()}
    kind = "revision" if isinstance(draft, Draft) else "withdrawal"
    if fields[kind] is not None:
        fields[kind] = [v.isoformat() if isinstance(v, date) else v for v in fields[kind]]
    return fields


def from_fields(fields: dict[str, Any]) -> Draft | Refused:
    """What `as_fields` made, checked; `fields` are used up."""
    if "reason" in fields:
        told = fields.pop("withdrawal")
        return Refused(**fields, withdrawal=_revision(told) if told is not None else None)
    card = {name: card_field(name, value) for name, value in fields.pop("card").items()}
    revision = _revision(fields.pop("revision"))
    return Draft(card=card, revision=revision, **{**fields, "notes": tuple(fields["notes"])})


def _revision(told: list[Any]) -> Revision:
    number, *times = told
    return Revision(number, *(_time(each) if each else None for each in times))


def _time(text: str) -> date:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
