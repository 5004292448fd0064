"""Days and periods as people write them, in English only; the locale and time zone of the machine do not matter.

A period (a week from Monday, a month, a year) stands for its first day or its last. What has no year is the latest that
has begun by today: on a Wednesday "Wednesday" is today, and "last Wednesday" a week ago. A day that is written with its
year is taken at its word, even one ahead of today.
"""

from __future__ import annotations

import calendar
import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

from dateparser import DateDataParser

from bot.tongue import say
from index.errors import OnTheRecordError

_MAX_CHARS = 60
_SHOWN_CHARS = 40
_WRITE = say("Write it as 2023-05-03, 3 May 2023 or last Monday.")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def _any(*forms: str) -> str:
    return f"(?:{'|'.join(forms)})"


def _pattern(*forms: str) -> re.Pattern[str]:
    return re.compile(_any(*forms), re.ASCII)


_WEEKDAY = rf"(?P<weekday>{_any(*(f'{name[:3]}(?:{name[3:]})?' for name in _WEEKDAYS), 'tues', 'weds', 'thurs?')})"
_MONTH = _any(*(rf"{name[:3]}(?:{name[3:]})?\.?" for name in _MONTHS), r"sept\.?")
_NTH = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"[12]\d{3}"
_DATE = rf"(?:{_WEEKDAY},? )?{_any(rf'(?:the )?{_NTH}(?: of)?[ -]{_MONTH}', f'{_MONTH} (?:the )?{_NTH}')}"
_COUNT = _any(r"\d{1,3}", "an?", *_NUMBERS)
_SPAN = rf"{_COUNT} (?:day|week|month|year)s?"

_ON_A_WEEKDAY = _pattern(rf"(?P<last>last )?{_WEEKDAY}")
_YEAR_FIRST = _pattern(rf"({_YEAR})([-/.])(\d\d?)\2(\d\d?)")
_YEAR_LAST = _pattern(rf"(\d\d?)([-/.])(\d\d?)\2({_YEAR})")
_AHEAD = _pattern(
    "tomorrow", "(?:the )?day after tomorrow", rf"next {_any('week', 'month', 'year', _WEEKDAY, _MONTH)}",
    rf"in {_SPAN}", rf"{_SPAN} from now",
)  # fmt: skip
# dateparser reads more than people mean ("12", "32 May", "10:30", "MCMXC", "3 May EST"): only these forms reach it.
_DAY = _pattern(
    "today", "yesterday", "(?:the )?day before yesterday", f"{_SPAN} ago", f"{_DATE}(?:(?:,? |-){_YEAR})?"
)  # fmt: skip
_PERIOD = _pattern(
    "(?:last|this) (?:week|month|year)", f"{_MONTH}(?:,? {_YEAR})?", rf"{_YEAR}-(?:0[1-9]|1[0-2])", _YEAR
)
_WITHOUT_YEAR = _pattern(_DATE, _MONTH)


class DayError(OnTheRecordError):
    """What was written cannot be used as a day; the message says why and shows how to write one."""


class NotADayError(DayError):
    """It does not look like a day at all."""


def today() -> date:
    """The day that "yesterday" is counted from."""
    return datetime.now(UTC).date()


def load() -> None:
    """Make the first day that is read as quick as the others: it loads a language, for tenths of a second."""
    parse_since("3 May", today())


def period(since: str | None, until: str | None) -> tuple[date | None, date | None]:
    """The first and the last day that somebody asks for, as far as they name one.

    Raises:
        DayError: as `parse_since`.

    """
    return parse_since(since, today()) if since else None, parse_until(until, today()) if until else None


def parse_since(text: str, today: date) -> date:
    """The day, or the first of the period, that `text` names.

    Raises:
        DayError: it names none, or one that does not exist, is still to come or can be read in two ways.

    """
    return _read(text, today)[0]


def parse_until(text: str, today: date) -> date:
    """The day, or the last of the period, that `text` names.

    Raises:
        DayError: as `parse_since`.

    """
    return _read(text, today)[1]


def parse_range(first: str, last: str, today: date) -> tuple[date, date]:
    """Both ends of "1 May to 3 May 2023"; a first day without a year is the latest before the last.

    Raises:
        DayError: as `parse_since`, or the first comes after the last.

    """
    until = parse_until(last, today)
    since = parse_since(first, until if _WITHOUT_YEAR.fullmatch(_words(first)) else today)
    if since > until:
        raise DayError(too_late(since, until))
    return since, until


def too_late(since: date, until: date) -> str:
    """That a first day is none."""
    days = {"since": since.isoformat(), "until": until.isoformat()}
    return say("{since} comes after {until}. Write the earlier day first.", **days)


def quoted(text: str) -> str:
    """What was typed, short and fit to be shown."""
    if not text.strip():
        return say("An empty text")
    shown = " ".join(text[:_SHOWN_CHARS].split()) + "…" * (len(text) > _SHOWN_CHARS)
    return say("“{words}”", words="".join(char if char.isprintable() else "�" for char in shown))


def _read(text: str, today: date) -> tuple[date, date]:
    """The first and the last day of what `text` names."""
    words = _words(text)
    if named := _ON_A_WEEKDAY.fullmatch(words):
        back = (today.weekday() - _weekday(named)) % 7
        day = today - timedelta(days=back or 7 if named["last"] else back)
        return day, day
    if numbers := _YEAR_FIRST.fullmatch(words):
        year, _, month, day_of_month = numbers.groups()
        day = _only_reading(text, _dates(year, (month, day_of_month)))
        return day, day
    if numbers := _YEAR_LAST.fullmatch(words):
        first, _, second, year = numbers.groups()
        day = _only_reading(text, _dates(year, (second, first), (first, second)))
        return day, day
    if _AHEAD.fullmatch(words):
        raise DayError(
            say(
                "{words} is still to come, so no article is from then. Name today or a day before it.",
                words=quoted(text),
            )
        )
    if named := _DAY.fullmatch(words):
        day = _parsed(text, words, today)
        if named["weekday"] and _weekday(named) != day.weekday():
            weekday = say(_WEEKDAYS[day.weekday()].capitalize())
            raise DayError(
                say("{words} does not fit: {day} is a {weekday}.", words=quoted(text), day=day, weekday=weekday)
            )
        return day, day
    if _PERIOD.fullmatch(words):
        return _around(_parsed(text, words, today), words)
    raise NotADayError(say("{words} is not a day I can read. {write}", words=quoted(text), write=_WRITE))


def _words(text: str) -> str:
    return " ".join(text.lower().split()) if len(text) <= _MAX_CHARS else ""


def _weekday(named: re.Match[str]) -> int:
    return next(number for number, name in enumerate(_WEEKDAYS) if name[:3] == named["weekday"][:3])


def _dates(year: str, *months_and_days: tuple[str, str]) -> list[date]:
    """The days that exist among these, each once."""
    found = []
    for month, day in months_and_days:
        with suppress(ValueError):
            found.append(date(int(year), int(month), int(day)))
    return list(dict.fromkeys(found))


def _only_reading(text: str, readings: list[date]) -> date:
    if not readings:
        raise _no_such_day(text)
    if len(readings) > 1:
        one, other = readings
        raise DayError(
            say(
                "{words} can be read as {one} or {other}. Write {first} or {second}.",
                words=quoted(text),
                one=one,
                other=other,
                first=one.isoformat(),
                second=other.isoformat(),
            )
        )
    return readings[0]


def _parsed(text: str, words: str, today: date) -> date:
    parser = DateDataParser(
        languages=["en"],
        settings={
            "PREFER_DATES_FROM": "past",
            "RELATIVE_BASE": datetime.combine(today, time()),
            "TIMEZONE": "UTC",  # or it asks the machine, and fails where that has none
        },
    )
    found: datetime | None = parser.get_date_data(words).date_obj
    if found is None:
        raise _no_such_day(text)
    return found.date()


def _around(day: date, words: str) -> tuple[date, date]:
    """The period that `words` name and `day` lies in."""
    if words.endswith("week"):
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if words.endswith("year") or words.isdecimal():
        return day.replace(month=1, day=1), day.replace(month=12, day=31)
    return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _no_such_day(text: str) -> DayError:
    return DayError(say("There is no {words}. {write}", words=quoted(text), write=_WRITE))
