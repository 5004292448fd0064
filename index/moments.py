"""Days that English texts speak of: words such as "May 3", "on Wednesday" or "last week", with the days they mean.

Words without a year, and days of the week, are worked out by the article's day of publication, and only where the verb
beside them, or the words themselves, leave one day: a wrong day is worse than none. "Today" in a quotation is its
speaker's, and left. These are rules with no model; `tests/moments_quality.py` measures them. Of libraries that were
tried on its articles in November 2026, dateparser's search found .93 of the days with a precision of .54 and other
spans in two of three, parsedatetime .37 with .27 and timefhuman .29 with .33; none uses the tense.
"""

from __future__ import annotations

import re
from calendar import monthrange
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from index.amounts import CLOCK, MONTHS, VALUES, amounts
from index.marks import marked
from index.model import Span
from index.tenses import EITHER, WAS, WILL_BE, side, told_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from index.model import Passage

# How far from the article's day a day without a year may lie, in days: where a verb tells on which side, and where none
# does.
_TOLD, _NEAR = 330, 60

# The first and the last day that words mean.
Period = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Moment:
    """Words of a text that name a day, a week, a month or a year: `span`, as offsets into the text.

    `first` and `last` are the days that they mean, the same where that is one; None where it is not worked out. `by` is
    the article's day where they were worked out by it. `minute` is the time of that day that the sentence states, in
    minutes after midnight.
    """

    span: Span
    first: date | None = None
    last: date | None = None
    by: date | None = None
    minute: int | None = None

    @property
    def meant(self) -> str:
        """The days as ISO 8601 writes them: 2023-05-03, 2023-05, 2023 or 2023-05-01/2023-05-07; "" for none."""
        if self.first is None or self.last is None:
            return ""
        first, last = self.first.isoformat(), self.last.isoformat()
        if first == last:
            return first
        if first.endswith("-01-01") and last == f"{first[:4]}-12-31":
            return first[:4]
        whole_month = (self.first, self.last) == _month(self.first.month, self.first.year)
        return first[:7] if whole_month else f"{first}/{last}"


def moments(passage: Passage) -> list[Moment]:
    """The days that an English passage speaks of, in the order of its words."""
    if not _may_name(passage.text):
        return []
    # Any white space may stand within a date, such as the one that breaks no line.
    words = re.sub(r"\s", " ", passage.text)
    told = list(words)
    for start, end in marked(passage.text):
        told[start:end] = "\0" * (end - start)
    found = []
    for sentence in passage.sentences:
        place = slice(sentence.start - passage.start, sentence.end - passage.start)
        if not _may_name(words[place]):
            continue
        read = _Sentence(words[place], "".join(told[place]), passage.source.published)
        for moment in read.moments():
            span = Span(sentence.start + moment.span.start, sentence.start + moment.span.end)
            found.append(replace(moment, span=span))
    return found


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence, also as it is `told`, with what is quoted blotted out, and the article's day."""

    words: str
    told: str
    published: date | None

    def moments(self) -> list[Moment]:
        """The days that it speaks of, as offsets into it."""
        found: list[Moment] = []
        taken = bytearray(len(self.words))  # characters of moments
        for pattern in (*_WRITTEN, *_COUNTED) if _DIGIT.search(self.words) else _COUNTED:
            for named in pattern.finditer(self.words):
                span = Span(*named.span("named"))
                if any(taken[span.start : span.end]):
                    continue
                with suppress(_NoDayError):
                    found.append(self._moment(named, span))
                    taken[span.start : span.end] = b"\1" * (span.end - span.start)
        return self._timed(sorted(found, key=lambda moment: moment.span.start))

    def _moment(self, named: re.Match[str], span: Span) -> Moment:
        if written := _WRITTEN.get(named.re):
            period = written(named)
            return Moment(span, *period) if period else Moment(span)
        # A year before the first or after the last cannot be counted with.
        countable = self.published and date.min.year < self.published.year < date.max.year
        if self.published is None or not countable or self.told[span.start] == "\0":
            return Moment(span)
        period = _COUNTED[named.re](named, self, self.published)
        return Moment(span, *period, by=self.published) if period else Moment(span)

    def _timed(self, found: list[Moment]) -> list[Moment]:
        """The moments, with the time of day that the sentence states, if it speaks of one time and of one day."""
        times = [int(a.low) for a in amounts(self.words) if a.unit == "clock"] if CLOCK.search(self.words) else []
        days = [moment for moment in found if moment.first and moment.first == moment.last]
        if len(times) != 1 or len(days) != 1:
            return found
        return [replace(moment, minute=times[0]) if moment == days[0] else moment for moment in found]


def _may_name(words: str) -> bool:
    """Whether words may name a day: to look costs little beside the patterns that find what they name."""
    small = words.lower()
    return (
        any(part in small for part in _NAMING) or any(part in words for part in _MONTHS) or bool(_DIGIT.search(words))
    )


class _NoDayError(Exception):
    """Words that look like a day are none."""


# --- words that name days --------------------------------------------------------------------------------------------

_DIGIT = re.compile(r"\d")
# What stands in any words for days but those with digits and the names of months, these by their first letters.
_NAMING = ("day", "week", "month", "year", "night", "morning", "afternoon", "evening", "morrow")
_MONTHS = tuple(name[:3].capitalize() for name in MONTHS)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAY = "|".join(_WEEKDAYS)
_MONTH = "|".join([*(name.capitalize() for name in MONTHS), r"Jan\.?", r"Feb\.?", r"Mar\.", r"Apr\.?", r"Jun\.",
                   r"Jul\.", r"Aug\.?", r"Sept?\.?", r"Oct\.?", r"Nov\.?", r"Dec\.?"])  # fmt: skip
_YEAR = r"(?:1[5-9]\d\d|20\d\d)(?![\d%]|[,.]\d|['’]?s\b)"
_OF_A_YEAR = rf"(?:(?:,? | of )(?P<year>{_YEAR})| ?[\[(](?P<inserted>{_YEAR})[\])])"
_BY_A_YEAR = r"(?:,? (?:of )?(?P<which>last|this|next) year\b)"
_NO_YEAR = r"(?! \d|['’])"
_NTH = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_DAY = (
    rf"(?:(?P<weekday>{_WEEKDAY}),? )?(?:(?P<day>\b{_NTH})(?:(?:\s?[–-]\s?| to | and )(?P<until>{_NTH}))?"
    rf"(?: of)? (?P<month>{_MONTH})(?!\w)|"
    rf"\b(?P<month2>{_MONTH}) (?P<day2>{_NTH})\b(?:(?:\s?[–-]\s?| to | and )(?P<until2>{_NTH})\b)?(?![:%/]|,\d))"
)
# What is always named so, whatever year it was in.
_NO_EVENT = r"(?!['’]s\b| (?:attacks?|bombings?|massacre|riots?|movement|revolution|uprising|coup|terror)\b)"
_COUNT = rf"(?:\d{{1,3}}|an?|{'|'.join(VALUES)})"
_ATTRIBUTIVE = re.compile(r"(?:['’]s|\b(?:the|its|their|this|a))\s$")

_DAY_OF_A_YEAR = re.compile(rf"(?P<named>{_DAY}{_OF_A_YEAR})")
_DATE = re.compile(r"(?<![\w-])(?P<named>(\d{4})-(\d\d)-(\d\d))(?![\w-])")
_MONTH_OF_A_YEAR = re.compile(rf"\b(?P<named>(?P<month>{_MONTH}){_OF_A_YEAR})")
_IN_A_YEAR = re.compile(
    r"\b(?:[Ii]n|[Ss]ince|[Dd]uring|[Bb]etween|[Ff]rom|[Bb]orn|[Ll]ate|[Ee]arly|[Mm]id)[ -](?:late |early |mid-)?"
    rf"(?P<named>(?P<year>{_YEAR})(?:(?:\s?[–-]\s?| (?:and|to|until|through) )(?P<until>{_YEAR}))?)"
    r"(?![–/-]?\d| people\b)"
)
# After these a number may be anything, unless the clause ends with it.
_OF_A_NUMBER = re.compile(
    rf"\b(?:[Uu]ntil|[Bb]y|[Bb]efore|[Aa]fter|[Oo]f|[Tt]hrough|[Tt]o) (?P<named>(?P<year>{_YEAR})(?P<until>))"
    r"(?=[.,;:)]|$|\s(?:to|and|until|when|by|in|at|as|with|for|on|the|after|before)\b)"
)

# Days that are counted from another one, which the text names somewhere.
_FROM_ANOTHER = re.compile(
    rf"\b(?P<named>(?:[Tt]he|[Tt]hat) (?:previous|next|following|same|preceding) (?:day|week|month|year|{_WEEKDAY})|"
    rf"{_COUNT} (?:days?|weeks?|months?|years?) (?:later|earlier)|"
    rf"[Tt]he day (?:before|after)(?! (?:yesterday|tomorrow))|(?:following|preceding|previous) (?:{_WEEKDAY}))\b"
)
_DAY_BY = re.compile(rf"(?P<named>{_DAY}{_BY_A_YEAR}?){_NO_EVENT}")
_MONTH_BY = re.compile(
    r"\b(?:[Ii]n|[Ss]ince|(?P<bound>[Uu]ntil|[Bb]y|[Ff]rom|[Tt]hrough)|[Dd]uring|[Ee]arly|[Ll]ate|[Mm]id|end of|"
    rf"middle of|beginning of|start of|half of)[ -](?P<named>(?P<month>{_MONTH})(?!\w){_BY_A_YEAR}?){_NO_YEAR}"
)
_NAMED_MONTH = re.compile(rf"\b(?P<named>(?P<side>[Ll]ast|[Nn]ext|[Tt]his) (?P<month>{_MONTH}))(?!\w){_NO_YEAR}")
_WEEKDAY_BY = re.compile(
    rf"(?<!\w[–-])\b(?P<named>(?:(?P<side>[Ll]ast|[Nn]ext|[Tt]his(?: past| coming)?) )?(?P<weekday>{_WEEKDAY}))\b"
    r"(?! [A-Z]|[–-])"
)
# "Every Friday" and "Sunday opening hours" are no days, and "Black Friday" is a name.
_NO_WEEKDAY = re.compile(r"\b(?:every|each|any|an?|per|one|most|some|[A-Z][\w’'.]*)\s$")
_WHOSE_DAY = re.compile(
    r"['’]s\b| (?:morning|afternoon|evening|night|in|at|to|that|by|for|on|with|after|as|and|or|but|before|when|while|"
    r"from|between|against|over|during|the|if|because|following|near|outside|inside|of|under|was|were|is)\b|[^ ]|$"
)
_PREPOSITION = re.compile(r"\b(?:on|by|since|until|till|from|through|of|early|late|after|before|for|to)\s$", re.I)
_TWO_WORDS = re.compile(r"(\w+)\W+(?:\w+\W+)?$")
# How far before a day what tells of it stands, in characters.
_BESIDE = 60
_OPENS = re.compile(r"(?:^|[.:;“‘\"(—–-]\s*)(?:On|By|Since|From|Early|Late|Before|After|Until|For|And|But|As|In)\s$")
_BESIDE_TODAY = re.compile(
    r"\b(?P<named>(?P<before>[Tt]he day before yesterday)|(?P<back>[Yy]esterday)|(?P<night>(?<!the )[Ll]ast night)|"
    r"(?P<same>[Tt]onight|[Tt]his (?:morning|afternoon|evening)|(?:earlier|later) today)|(?P<today>[Tt]oday)|"
    r"(?P<ahead>[Tt]omorrow))\b"
)
_BESIDE_THIS = re.compile(
    r"(?<!\bthe )\b(?P<named>(?P<side>[Ll]ast|[Tt]his|[Nn]ext) (?P<what>week|month|year))\b(?! of\b)"
)
_AGO = re.compile(
    r"(?P<hedge>\b(?:about|around|some|nearly|almost|over|than|least|roughly|or)\s)?"
    rf"\b(?P<named>(?P<count>{_COUNT}) (?P<what>day|week|month|year)s? ago)\b",
    re.IGNORECASE,
)
_BACK = {"last": -1, "this": 0, "next": 1}


def _day_of_a_year(named: re.Match[str]) -> Period | None:
    return _days(named, int(named["year"] or named["inserted"]))


def _date(named: re.Match[str]) -> Period | None:
    with suppress(ValueError):
        day = date.fromisoformat(named["named"])
        return day, day
    return None


def _month_of_a_year(named: re.Match[str]) -> Period | None:
    return _month(_month_number(named["month"]), int(named["year"] or named["inserted"]))


def _in_a_year(named: re.Match[str]) -> Period | None:
    first, last = int(named["year"]), int(named["until"] or named["year"])
    return (date(first, 1, 1), date(last, 12, 31)) if first <= last else None


def _unknown(_named: re.Match[str], _sentence: _Sentence, _by: date) -> Period | None:
    return None


def _day_by(named: re.Match[str], sentence: _Sentence, by: date) -> Period | None:
    if named["which"]:
        return _days(named, by.year + _BACK[named["which"]])
    found = (_days(named, year) for year in (by.year - 1, by.year, by.year + 1))
    # "The May 9 parade" is held every year.
    start = named.start("named")
    attributive = _ATTRIBUTIVE.search(sentence.words, max(0, start - _BESIDE), start)
    told = EITHER if attributive else side(sentence.told, Span(*named.span("named")))
    return _on_that_side(list(filter(None, found)), told, by)


def _month_by(named: re.Match[str], sentence: _Sentence, by: date) -> Period | None:
    number = _month_number(named["month"])
    if named["which"]:
        return _month(number, by.year + _BACK[named["which"]])
    found = [_month(number, year) for year in (by.year - 1, by.year, by.year + 1)]
    told = side(sentence.told, Span(*named.span("named")))
    return None if named["bound"] and not told else _on_that_side(found, told, by)


def _named_month(named: re.Match[str], _sentence: _Sentence, by: date) -> Period | None:
    """In May, "last March" may be this year's or the one before; in January only one is meant."""
    number, back = _month_number(named["month"]), _BACK[named["side"].lower()]
    year = by.year + back
    clear = back == 0 or (number > by.month if back < 0 else number < by.month)
    return _month(number, year) if clear else None


def _weekday_by(named: re.Match[str], sentence: _Sentence, by: date) -> Period | None:
    start = named.start("named")
    before = max(0, start - _BESIDE), start
    bare = not named["side"] and not _PREPOSITION.search(sentence.words, *before)
    if _NO_WEEKDAY.search(sentence.words, *before) and not _OPENS.search(sentence.words, *before):
        raise _NoDayError
    if bare and not _WHOSE_DAY.match(sentence.words, named.end("named")):
        raise _NoDayError
    number = _WEEKDAYS.index(named["weekday"])
    back, ahead = (by.weekday() - number) % 7, (number - by.weekday()) % 7
    told, word = side(sentence.told, Span(*named.span("named"))), (named["side"] or "").lower()
    if word == "this past":
        days = -(back or 7)
    elif word == "this coming":
        days = ahead or 7
    elif word == "last":
        # In the week before, it is the last one whichever way one counts.
        days = -(back or 7) if (back or 7) > by.weekday() else 0
    elif word == "next":
        days = (ahead or 7) if (ahead or 7) > 6 - by.weekday() else 0
    else:
        # On a Wednesday, what happened "on Wednesday" did so today; what will may be today or in a week.
        days = -back if told == WAS else ahead
        if (
            told == EITHER
            or (told == WILL_BE and not ahead)
            or (word == "this" and by.weekday() + days not in range(7))
        ):
            return None
    if word in {"last", "next"} and not days:
        return None
    day = by + timedelta(days)
    return day, day


def _beside_today(named: re.Match[str], sentence: _Sentence, by: date) -> Period | None:
    if named["today"]:
        # "Today" may be nowadays, unless something happened then.
        start = named.start("named")
        opens = not sentence.told[:start].strip('\0“”" ')
        before = _TWO_WORDS.search(sentence.told, max(0, start - _BESIDE), start)
        happened = before and told_by(before[1])
        if not (happened or (opens and side(sentence.told, Span(*named.span("named"))))):
            raise _NoDayError
    first, last = next(
        bounds
        for group, bounds in (("before", (-2, -2)), ("back", (-1, -1)), ("night", (-1, 0)), ("ahead", (1, 1)),
                              ("same", (0, 0)), ("today", (0, 0)))
        if named[group]
    )  # fmt: skip
    return by + timedelta(first), by + timedelta(last)


def _beside_this(named: re.Match[str], sentence: _Sentence, by: date) -> Period | None:
    back = _BACK[named["side"].lower()]
    if named["what"] == "week":
        # On a Sunday some think that another week has begun.
        if by.weekday() == 6 and (back or side(sentence.told, Span(*named.span("named"))) != WAS):
            return None
        monday = by + timedelta(7 * back - by.weekday())
        return monday, monday + timedelta(6)
    if named["what"] == "year":
        return date(by.year + back, 1, 1), date(by.year + back, 12, 31)
    month = by.month - 1 + back
    return _month(month % 12 + 1, by.year + month // 12)


def _ago(named: re.Match[str], _sentence: _Sentence, by: date) -> Period | None:
    """Only days: two weeks ago is about then, and ten years are often a round number."""
    if named["hedge"] or named["what"].lower() != "day":
        return None
    count = named["count"].lower()
    number = int(count) if count.isdecimal() else VALUES.get(count, 1)
    day = by - timedelta(number)
    return (day, day) if number <= 10 else None


# By pattern, what its words mean: as they are written, and counted from the article's day.
_WRITTEN: dict[re.Pattern[str], Callable[[re.Match[str]], Period | None]] = {
    _DAY_OF_A_YEAR: _day_of_a_year,
    _DATE: _date,
    _MONTH_OF_A_YEAR: _month_of_a_year,
    _IN_A_YEAR: _in_a_year,
    _OF_A_NUMBER: _in_a_year,
}
_COUNTED: dict[re.Pattern[str], Callable[[re.Match[str], _Sentence, date], Period | None]] = {
    _FROM_ANOTHER: _unknown,
    _DAY_BY: _day_by,
    _NAMED_MONTH: _named_month,
    _MONTH_BY: _month_by,
    _WEEKDAY_BY: _weekday_by,
    _BESIDE_TODAY: _beside_today,
    _BESIDE_THIS: _beside_this,
    _AGO: _ago,
}


def _days(named: re.Match[str], year: int) -> Period | None:
    """The day of a year, or the days; None where there is none, or it is another day of the week."""
    month = _month_number(named["month"] or named["month2"])
    first = int(re.sub(r"\D", "", named["day"] or named["day2"]))
    until = re.sub(r"\D", "", named["until"] or named["until2"] or "")
    with suppress(ValueError):
        period = date(year, month, first), date(year, month, int(until or first))
        fits = not named["weekday"] or _WEEKDAYS[period[0].weekday()] == named["weekday"]
        return period if fits and period[0] <= period[1] else None
    return None


def _month(number: int, year: int) -> Period:
    return date(year, number, 1), date(year, number, monthrange(year, number)[1])


def _month_number(name: str) -> int:
    return next(n for n, month in enumerate(MONTHS, start=1) if month.startswith(name.lower()[:3]))


def _on_that_side(found: list[Period], told: int, by: date) -> Period | None:
    """Of the same days in several years the one that is meant: the nearest on that side, or else one that is near."""
    if told == WAS:
        sided = [period for period in found if period[0] <= by][-1:]
    elif told == WILL_BE:
        sided = [period for period in found if period[1] >= by][:1]
    else:
        sided = found

    def distance(period: Period) -> int:
        return max(0, (period[0] - by).days, (by - period[1]).days)

    return min((p for p in sided if distance(p) <= (_TOLD if told else _NEAR)), key=distance, default=None)
