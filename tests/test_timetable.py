"""When a follow is due, on the clock on the wall of its place."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.timetable import Every, due


@pytest.mark.parametrize(
    ("every", "hour", "zone", "checked", "now", "expected"),
    [
        (Every.ONCE, 8, "UTC", "2026-03-02T08:00", "2026-03-02T08:00", True),
        (Every.HOURLY, 8, "UTC", "2026-03-02T08:00", "2026-03-02T08:59", False),
        (Every.HOURLY, 8, "UTC", "2026-03-02T08:59", "2026-03-02T09:00", True),
        # Half past the hour elsewhere is not the hour there.
        (Every.HOURLY, 8, "Asia/Kolkata", "2026-03-02T08:35", "2026-03-02T09:25", False),
        (Every.DAILY, 9, "UTC", "2026-03-02T09:00", "2026-03-03T08:59", False),
        (Every.DAILY, 9, "UTC", "2026-03-02T09:00", "2026-03-03T09:00", True),
        (Every.DAILY, 9, "Asia/Tokyo", "2026-03-02T00:00", "2026-03-02T23:59", False),
        (Every.DAILY, 9, "Asia/Tokyo", "2026-03-02T00:00", "2026-03-03T00:00", True),
        # In Berlin clocks go from two to three on 29 March, and from three to two on 25 October.
        (Every.DAILY, 8, "Europe/Berlin", "2026-03-28T07:00", "2026-03-29T05:59", False),
        (Every.DAILY, 8, "Europe/Berlin", "2026-03-28T07:00", "2026-03-29T06:00", True),
        (Every.DAILY, 2, "Europe/Berlin", "2026-03-28T01:00", "2026-03-29T00:59", False),
        (Every.DAILY, 2, "Europe/Berlin", "2026-03-28T01:00", "2026-03-29T01:00", True),
        (Every.DAILY, 2, "Europe/Berlin", "2026-10-25T00:00", "2026-10-25T01:30", False),
        (Every.WEEKLY, 8, "UTC", "2026-03-02T08:00", "2026-03-09T07:59", False),
        (Every.WEEKLY, 8, "UTC", "2026-03-02T08:00", "2026-03-09T08:00", True),
        (Every.WEEKLY, 8, "UTC", "2026-03-02T07:59", "2026-03-05T12:00", True),
        (Every.WEEKLY, 8, "UTC", "2026-03-02T08:00", "2026-03-02T07:00", False),
    ],
)
def test_a_time_to_tell_has_come_or_not(
    every: Every, hour: int, zone: str, checked: str, now: str, expected: bool
) -> None:
    then, at = (datetime.fromisoformat(time).replace(tzinfo=UTC) for time in (checked, now))
    assert due(every, hour, then, at, ZoneInfo(zone)) is expected
