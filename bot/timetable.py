"""When a follow is due: at once, hourly, or daily or weekly at an hour of the place's time zone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# The hour that is meant where none is given.
HOUR = 8


class Every(StrEnum):
    """How often it is told what is new; weekly is on Mondays."""

    ONCE = "at once"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


def due(every: Every, hour: int, checked: datetime, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a time to tell has come since it was `checked`; of several that were missed, once."""
    return every is Every.ONCE or checked < _latest(every, hour, now.astimezone(zone))


def _latest(every: Every, hour: int, now: datetime) -> datetime:
    """The latest time to tell that is not after `now`, which is in the place's time zone."""
    if every is Every.HOURLY:
        return now.replace(minute=0, second=0, microsecond=0)
    latest = now.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    # Days are counted on the clock on the wall; an hour that a change of clocks leaves out comes an hour later.
    latest -= timedelta(days=latest.weekday() if every is Every.WEEKLY else 0)
    if latest.astimezone(UTC) > now.astimezone(UTC):
        latest -= timedelta(days=7 if every is Every.WEEKLY else 1)
    return latest.astimezone(UTC)
