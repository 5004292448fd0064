"""Which outlets and days of publication a question names. Articles of these are preferred; none is left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from index.model import Source

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|"
    r"Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<year>(?:19|20)\d\d))?"
_DATES = (
    re.compile(rf"\b{_DAY}(?:\s+of)?\s+{_MONTH}{_YEAR}(?!\w)", re.IGNORECASE),
    re.compile(rf"\b{_MONTH}\s+{_DAY}{_YEAR}(?!\w)", re.IGNORECASE),
    re.compile(r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b"),
)
# A day is one of publication only where publishing is spoken of: news is full of other days.
_PUBLISHING = re.compile(
    r"\b(?:report(?:s|ed|ing)?|publish(?:es|ed)?|articles?|coverage|cover(?:s|ed)|stor(?:y|ies)|wr[io]te|written)\b",
    re.IGNORECASE,
)
# What stands between an outlet's name and its desk or motto, as in "BBC News - World" or "The Roar | Sports".
_DIVIDER = re.compile(r"\s+[-–—|:/]\s+|:\s+")
_INITIALS = re.compile(r"[A-Z]{3,}(?!\w)")
# From this length on, a name is hardly an everyday word: it is known without its article, or in small letters.
_TELLING_CHARS = 8


@dataclass(frozen=True, slots=True)
class Day:
    """A day as a question names it: `words` as typed, `year` None where it names none."""

    words: str
    day: int
    month: int
    year: int | None

    def is_on(self, published: date | None) -> bool:
        """Whether something was published on that day, of any year if none is named."""
        if published is None:
            return False
        return (published.day, published.month) == (self.day, self.month) and self.year in (None, published.year)


@dataclass(frozen=True, slots=True)
class Preference:
    """The outlets and days that a question names; `outlets` are spelled as in the index."""

    outlets: tuple[str, ...] = ()
    days: tuple[Day, ...] = ()

    def met_by(self, source: Source) -> tuple[str, ...]:
        """What of it an article meets, in words; empty if it meets nothing."""
        days = tuple(day.words for day in self.days if day.is_on(source.published))
        return ((source.outlet,) if source.outlet in self.outlets else ()) + days


def understand(question: str, outlets: Iterable[str]) -> Preference:
    """What a question says of where and when something was published; `outlets` are those there are."""
    named = tuple(outlet for outlet in outlets if any(name.search(question) for name in spellings(outlet)))
    if not named and not _PUBLISHING.search(question):
        return Preference()
    return Preference(named, tuple(_day(match) for pattern in _DATES for match in pattern.finditer(question)))


def spoken(outlet: str) -> tuple[str, ...]:
    """What people call an outlet: its full name, the name without desk or motto, and the initials it begins with."""
    name = _DIVIDER.split(outlet)[0].strip()
    initials = _INITIALS.match(re.sub(r"^The\s+", "", name))
    return (outlet, name, *([initials.group()] if initials else ()))


@cache
def spellings(outlet: str) -> tuple[re.Pattern[str], ...]:
    """How people write an outlet: its name without desk or motto, perhaps without its article, or its initials.

    A name that may be an everyday word ("Wired", "The Age") must be written as it is, but for the case of "the".
    """
    name = _DIVIDER.split(outlet)[0].strip()
    bare = re.sub(r"^The\s+", "", name)
    if not bare:
        return ()
    telling = len(bare) >= _TELLING_CHARS
    article = "" if bare == name else r"(?:[Tt]he\s+)?" if telling else r"[Tt]he\s+"
    words = r"\s+".join(map(re.escape, bare.split()))
    names = [re.compile(rf"(?<!\w){article}{words}(?!\w)", re.IGNORECASE if telling and " " in bare else 0)]
    if initials := _INITIALS.match(bare):
        names.append(re.compile(rf"(?<!\w){initials.group()}(?!\w)", re.IGNORECASE))
    return tuple(names)


def _day(match: re.Match[str]) -> Day:
    month = match["month"].lower()
    number = int(month) if month.isdecimal() else _MONTHS.index(month[:3]) + 1
    return Day(match.group(), int(match["day"]), number, int(match["year"]) if match["year"] else None)
