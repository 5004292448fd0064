"""What the readers of archives' exports share: lines, wrapped paragraphs, days and languages as archives write them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from index.readers.drafts import Draft, Refused
from index.readers.items import article

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from index.readers.items import Found

# Lines that are longer were not wrapped; where all are shorter, that cannot be told.
MAX_WRAPPED = 100
MIN_WRAPPED = 50

# The languages of archives' days and labels.
_DAY_LANGUAGES = ("en", "de", "fr", "es", "nl", "it", "pt", "sv", "da", "nb")
_DAY = re.compile(
    r"\b([^\W\d_]{3,10}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}"
    r"|\d{1,2}(?:\.|er|º)?\s+(?:de\s+)?[^\W\d_]{3,10}\.?\s+(?:de\s+)?\d{4})\b"
)
# A line that gives a day gives little else.
_MAX_DAY_CHARS = 200
# By their English names and their own.
_NAMES = {
    "ar": "arabic", "cs": "czech", "da": "danish dansk", "de": "german deutsch allemand", "el": "greek",
    "en": "english englisch anglais engels", "es": "spanish español", "et": "estonian", "fi": "finnish",
    "fr": "french français französisch", "he": "hebrew", "hu": "hungarian", "id": "indonesian",
    "it": "italian italiano", "ja": "japanese", "ko": "korean", "lt": "lithuanian", "lv": "latvian",
    "nl": "dutch nederlands", "no": "norwegian norsk", "pl": "polish", "pt": "portuguese português",
    "ro": "romanian", "ru": "russian русский", "sk": "slovak", "sv": "swedish svenska", "tr": "turkish",
    "uk": "ukrainian", "zh": "chinese",
}  # fmt: skip
_LANGUAGES = {name: code for code, names in _NAMES.items() for name in names.split()}
_COPYRIGHT = re.compile(r"(?:copyright|©|\(c\))(?:\s|\d|©)", re.IGNORECASE)
_RIGHTS = re.compile(r"all rights reserved\.?|alle rechte vorbehalten\.?|tous droits réservés\.?", re.IGNORECASE)


class Line(NamedTuple):
    """A line of an export without the white space around it, and its number in the text; empty if it is blank."""

    words: str
    number: int


def lines_of(text: str) -> list[Line]:
    """The lines of a text."""
    return [Line(words.replace("\xa0", " ").strip(), number) for number, words in enumerate(text.split("\n"), start=1)]


def blocks_of(lines: Iterable[Line]) -> list[list[Line]]:
    """The lines that stand together between blank ones."""
    blocks: list[list[Line]] = [[]]
    for line in lines:
        if line.words:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def joined(block: Iterable[Line]) -> str:
    """What lines say in one go."""
    return " ".join(line.words for line in block)


def paragraphs(lines: Sequence[str]) -> str:
    """The paragraphs of a text that was perhaps wrapped at a width: parted by blank lines, their lines joined again.

    A line was broken by its width if the next line's first word would not have fitted. Where lines are longer than any
    that is wrapped, each is a paragraph.
    """
    width = max(map(len, lines), default=0)
    text = ""
    for before, line in zip(["", *lines], lines, strict=False):
        if not line:
            continue
        if not before or width > MAX_WRAPPED:
            text += "\n\n"
        elif width >= MIN_WRAPPED and len(before) + 1 + len(line.split(" ", 1)[0]) > width:
            text += " "
        else:
            text += "\n"
        text += line
    return text.strip()


def is_notice(line: str) -> bool:
    """Whether a line says whose the rights are."""
    return bool(_COPYRIGHT.match(line) or _RIGHTS.fullmatch(line))


@lru_cache(maxsize=4096)
def day_in(line: str) -> date | None:
    """The day with the month's name that a line gives, if it gives one."""
    found = _DAY.search(line) if len(line) <= _MAX_DAY_CHARS else None
    if not found:
        return None
    import dateparser  # noqa: PLC0415 – costs start-up time

    settings = {"STRICT_PARSING": True, "DATE_ORDER": "DMY"}
    read = dateparser.parse(found[1], languages=list(_DAY_LANGUAGES), settings=settings)
    return read.date() if read else None


def language_in(words: str) -> str:
    """The code of the language that is named, or nothing."""
    return _LANGUAGES.get(words.strip().casefold(), "")


def document(
    name: str,
    line: int,
    body: Sequence[Line],
    said: Mapping[str, str],
    *,
    identity: str = "",
    notes: Sequence[str] = (),
) -> Draft | Refused:
    """One document of an export; why not, if it cannot be taken.

    Args:
        name: what it is called in a sentence, such as `document 3 of 10`.
        line: where it begins.
        body: its text.
        said: what the export says of it, by the fields of a card; `published` as a day is written.
        identity: what the archive calls it. Without one it is named by its outlet, day and title.
        notes: what is noted already.

    """
    values: dict[str, Found] = {key: [("the export", words)] for key, words in said.items() if words}
    found = (day_in(said.get("published", "")), said.get("published", ""))
    values["published"] = [("the export", found[0].isoformat())] if found[0] else []
    if not found[0]:
        notes = [*notes, f'its day "{found[1][:40]}" cannot be read' if found[1] else "the export gives no day of it"]
    values["language"] = [("the export", code)] if (code := language_in(said.get("language", ""))) else []
    text = paragraphs([each.words for each in body])
    identity = identity or "\n".join(said.get(key, "") for key in ("outlet", "published", "title"))
    draft = article([("its text", text)], values, identity=identity.strip(), line=line, notes=notes)
    return Refused(f"{name}: {draft.reason}", line, draft.member) if isinstance(draft, Refused) else draft


def told_apart(documents: Iterable[Draft | Refused]) -> Iterator[Draft | Refused]:
    """The same, where several texts of one outlet, day and headline, such as two editions, have names of their own."""
    texts: dict[str, str] = {}
    for each in documents:
        if isinstance(each, Draft) and texts.setdefault(each.member, each.text) != each.text:
            own = hashlib.sha256(each.text.encode()).hexdigest()[:8]
            yield replace(each, member=f"{each.member}-{own}")
        else:
            yield each
