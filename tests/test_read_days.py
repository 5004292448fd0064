"""Days and times as files write them: the day is that of the zone that is given, and the zone is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.readers.days import day, first_moment, moment

CET = timezone(timedelta(hours=1))
MORNING = datetime(2024, 2, 6, 8, 15, tzinfo=CET)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-02-06T08:15+01:00", MORNING),
        ("2024-02-06T08:15+0100", MORNING),
        ("2024-02-06T08:15:00+01", MORNING),
        ("2024-02-06T08:15:00.000+01:00[Europe/Paris]", MORNING),
        ("2024-02-06 08:15:00 +0100 CET", MORNING),
        ("20240206T081500+0100", MORNING),
        ("2024/02/06 08:15 CET", MORNING),
        ("Tue Feb 06 08:15:00 CET 2024", MORNING),
        ("Tue Feb 06 08:15:00 GMT+01:00 2024", MORNING),
        ("Di Feb 06 08:15:00 MEZ 2024", MORNING),
        ("Tue, 06 Feb 2024 08:15:00 +01:00", MORNING),
        ("Tue, 06 Feb 2024 08:15:00 +0100 (CET)", MORNING),
        ("6-Feb-2024 08:15 CET", MORNING),
        ("Tue Feb 06 2024 08:15:00 GMT+0100 (Central European Standard Time)", MORNING),
        ("February 6, 2024 at 8:15 a.m. CET", MORNING),
        ("Feb. 6, 2024 08:15 CET", MORNING),
        ("2024-02-06T08:15Z", datetime(2024, 2, 6, 8, 15, tzinfo=UTC)),
        ("Tue Feb  6 08:15:00 EST 2024", datetime(2024, 2, 6, 13, 15, tzinfo=UTC)),
        ("Feb 6, 2024, 12:15 AM UTC", datetime(2024, 2, 6, 0, 15, tzinfo=UTC)),
        ("Feb 6, 2024, 12:15 PM UTC", datetime(2024, 2, 6, 12, 15, tzinfo=UTC)),
        ("2024-02-06T08:15:30,250Z", datetime(2024, 2, 6, 8, 15, 30, 250000, tzinfo=UTC)),
        ("2024-02-06T08:15:30-02:30", datetime(2024, 2, 6, 10, 45, 30, tzinfo=UTC)),
        ("2024-02-06T08:15", datetime(2024, 2, 6, 8, 15)),
        ("Tue Feb  6 08:15:00 2024", datetime(2024, 2, 6, 8, 15)),
        ("20240206081500", datetime(2024, 2, 6, 8, 15)),
        ("202402060815", datetime(2024, 2, 6, 8, 15)),
        # Where such a time is meant is not known, or there is none; the day is.
        ("2024-02-06T08:15 IST", date(2024, 2, 6)),
        ("2024-02-06T25:00:00Z", date(2024, 2, 6)),
        ("February 6, 2024", date(2024, 2, 6)),
        ("Tuesday, February 6, 2024", date(2024, 2, 6)),
        ("2024.02.06", date(2024, 2, 6)),
        ("2024-02-06Z", date(2024, 2, 6)),
    ],
)
def test_a_time_is_read_with_its_zone_in_every_form_that_can_mean_only_one(written: str, meant: date) -> None:
    found = moment(f" {written}\n")
    assert (found, type(found)) == (meant, type(meant))
    if isinstance(meant, datetime):
        assert isinstance(found, datetime)
        assert (found.tzinfo is None) == (meant.tzinfo is None)
    assert day(written) == date(2024, 2, 6)


@pytest.mark.parametrize("written", ["2024-02-06T00:15:00+02:00", "Tue, 06 Feb 2024 00:15:00 +02:00"])
def test_the_day_is_that_of_the_zone_that_is_given(written: str) -> None:
    assert day(written) == date(2024, 2, 6)
    assert moment(written) == datetime(2024, 2, 5, 22, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        *("06/02/2024", "6.2.2024", "2024-2-6", "2024-02", "2024-02-30", "2024-02/06", "Feb 2024", "Foo 6, 2024"),
        *("Tue Feb 06", "31 June 2024", "Mon, 30 Nov -0001 00:00:00 +0000", "0000-00-00 00:00:00", "", "today"),
    ],
)
def test_what_is_no_day_or_could_be_two_is_an_error_that_says_so(written: str) -> None:
    with pytest.raises(ValueError, match="is not a day in a form that can mean only one"):
        moment(written)


def test_the_first_that_can_be_read_is_taken() -> None:
    assert first_moment(["soon", "2024-02-06", "2024-02-07"]) == date(2024, 2, 6)
    assert first_moment(["soon"]) is None


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda when: when.replace(microsecond=0)),
    st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_every_standard_form_of_a_time_is_that_time(when: datetime, zone: timezone) -> None:
    at = when.replace(tzinfo=zone)
    for written in (at.isoformat(), at.isoformat(" "), format_datetime(at), at.strftime("%Y%m%dT%H%M%S%z")):
        assert moment(written) == at
        assert day(written) == when.date()
