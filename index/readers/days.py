"""Days and times as files write them → dates; none that could mean two."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Hours ahead of UTC: the zones of RFC 2822, and those of Europe as Java and Unix write them. One that two places share,
# as IST, is not here.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2, "mez": 1, "mesz": 2,
    "eet": 2, "eest": 3, "msk": 3, "ast": -4, "adt": -3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7,
    "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip

_CLOCK = r"(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?(?!\d)"
_HALF = r"(?:\s*(?P<half>[AaPp])\.?[Mm]\b\.?)?"
_WEEKDAY = r"(?:[^\W\d_]{2,9}\.?,?\s+)?"
_MONTH = r"(?P<month>[A-Za-z]{3,9})\.?"
_FORMS = [
    re.compile(form, re.DOTALL)
    for form in (
        # ISO 8601, also without what stands between its parts or with a space for the T.
        rf"(?P<year>\d{{4}})(?P<mark>[-/.]?)(?P<month>\d{{2}})(?P=mark)(?P<day>\d{{2}})"
        rf"(?:(?:[Tt]|,?\s+){_CLOCK}{_HALF}(?P<zone>.*)|Z|[+-]\d{{2}}:?\d{{2}})?",
        r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?",
        # RFC 2822: Tue, 06 Feb 2024 08:15:00 +0100.
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:\s+|-){_MONTH}(?:\s+|-)(?P<year>\d{{4}})(?:,?\s+{_CLOCK}{_HALF}(?P<zone>.*))?",
        # As Americans and JavaScript write it: February 6, 2024 at 8:15 a.m.
        rf"{_WEEKDAY}{_MONTH}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})(?:,?\s+(?:at\s+)?{_CLOCK}{_HALF}(?P<zone>.*))?",
        # As Java and Unix write it: Tue Feb 06 08:15:00 CET 2024.
        rf"{_WEEKDAY}{_MONTH}\s+(?P<day>\d{{1,2}})\s+{_CLOCK}(?P<zone>\s+[^\d\s]\S*)?\s+(?P<year>\d{{4}})",
    )
]
_SECONDS = re.compile(r"\d{9,17}(?:\.\d*)?")
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?(?!\d)", re.IGNORECASE)


def day(value: str) -> date:
    """The calendar day, in the zone the value gives.

    Read are ISO 8601, RFC 2822, dates with the month in English, and seconds or milliseconds since 1970 (UTC).

    Raises:
        ValueError: it is none of these, or could mean two days.

    """
    found = moment(value)
    return found.date() if isinstance(found, datetime) else found


def moment(value: str) -> date:
    """The same as exactly as it is written: a datetime if a time of day can be read, with its zone if it gives one.

    Raises:
        ValueError: as `day`.

    """
    text = value.strip()
    with suppress(ValueError, OverflowError, OSError):  # such a day does not exist
        for form in _FORMS:
            if found := form.fullmatch(text):
                return _read(found)
        if _SECONDS.fullmatch(text):
            number = float(text)
            return datetime.fromtimestamp(number if number < 1e11 else number / 1000, UTC)
    raise ValueError(f'published = "{text[:40]}" is not a day in a form that can mean only one, such as 2023-05-04')


def first_moment(values: Iterable[str]) -> date | None:
    """The first of these that can be read."""
    for value in values:
        with suppress(ValueError):
            return moment(value)
    return None


def in_zone(local: str, utc: str) -> str:
    """A time that is told twice, by the clock on a wall and in UTC: the former, with the zone that the two tell.

    Where they do not fit together it is the first as it stands; nothing if that is no time.
    """
    with suppress(ValueError):
        wall = moment(local)
        with suppress(ValueError):
            clock = moment(utc)
            if isinstance(wall, datetime) and isinstance(clock, datetime) and not wall.tzinfo:
                zone = timezone(wall - clock.replace(tzinfo=None))
                return wall.replace(tzinfo=zone).isoformat()
        return local
    return ""


def _read(found: re.Match[str]) -> date:
    given = found.groupdict()
    month = given["month"]
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    on = date(int(given["year"]), number, int(given["day"]))
    if not given.get("hour"):
        return on
    hour = int(given["hour"])
    if half := given.get("half"):
        hour = hour % 12 + 12 * (half in "Pp")
    fraction = (given.get("fraction") or "")[:6].ljust(6, "0")
    with suppress(ValueError):  # such a time of day does not exist, or where it is meant is not known
        zone = _zone((given.get("zone") or "").strip())
        at = (hour, int(given["minute"]), int(given["second"] or 0), int(fraction))
        return datetime(on.year, on.month, on.day, *at, tzinfo=zone)
    return on


def _zone(text: str) -> timezone | None:
    """The zone that stands after a time; none if nothing does; ValueError if it is not known."""
    if not text:
        return None
    if found := _OFFSET.match(text):
        ahead = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
        return timezone(-ahead if found["sign"] == "-" else ahead)
    name = re.match(r"[A-Za-z]+", text)
    if name is None or name[0].lower() not in _ZONES:
        raise ValueError(text)
    return timezone(timedelta(hours=_ZONES[name[0].lower()]))
