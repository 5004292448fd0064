from __future__ import annotations

import calendar
import os
import subprocess
import sys
import time
from datetime import date, timedelta
from itertools import count

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.days import DayError, NotADayError, parse_range, parse_since, parse_until
from index.errors import OnTheRecordError

TODAY = date(2023, 5, 10)  # a Wednesday
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ANY_DAY = st.dates(date(1000, 1, 1), date(2999, 12, 31))
ANY_TODAY = st.dates(date(1990, 1, 1), date(2090, 12, 31))
WORDS = st.sampled_from(
    [*MONTHS, *WEEKDAYS, "sept.", "last", "next", "this", "week", "month", "year", "day", "2 weeks", "a", "ago", "in",
     "of", "the", "3rd", "31", "0", "12", "30 February", "29", "2023", "0000", "2023-05-03", "3/5/2023", "13.5.2023",
     "today", "yesterday", "tomorrow", "before", "10:30", "5pm", "EST", "MCMXC", "999 years", "1683072000", ",",
     "-", "\0", "😀"]
)  # fmt: skip

# Loading the language at the first day takes long enough for hypothesis to complain; time has a test of its own.
unhurried = settings(deadline=None)


def nth(number: int) -> str:
    return f"{number}" + ("th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th"))


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2023-05-03", date(2023, 5, 3), None),
        ("2023-5-3", date(2023, 5, 3), None),
        ("2023/05/03", date(2023, 5, 3), None),
        ("3 May 2023", date(2023, 5, 3), None),
        ("3-May-2023", date(2023, 5, 3), None),
        ("  3   MAY 2023 ", date(2023, 5, 3), None),
        ("May 3 2023", date(2023, 5, 3), None),
        ("May 3rd, 2023", date(2023, 5, 3), None),
        ("Wednesday, 3 May 2023", date(2023, 5, 3), None),
        ("the 3rd of May", date(2023, 5, 3), None),
        ("3rd of May, 1999", date(1999, 5, 3), None),
        ("May 3", date(2023, 5, 3), None),
        ("May 10", date(2023, 5, 10), None),
        ("May 11", date(2022, 5, 11), None),
        ("29 Feb", date(2020, 2, 29), None),
        ("Sept. 3", date(2022, 9, 3), None),
        ("Monday", date(2023, 5, 8), None),
        ("last Monday", date(2023, 5, 8), None),
        ("wednesday", date(2023, 5, 10), None),
        ("last Wednesday", date(2023, 5, 3), None),
        ("thurs", date(2023, 5, 4), None),
        ("today", date(2023, 5, 10), None),
        ("yesterday", date(2023, 5, 9), None),
        ("the day before yesterday", date(2023, 5, 8), None),
        ("2 weeks ago", date(2023, 4, 26), None),
        ("two weeks ago", date(2023, 4, 26), None),
        ("a month ago", date(2023, 4, 10), None),
        ("100 days ago", date(2023, 1, 30), None),
        ("a year ago", date(2022, 5, 10), None),
        ("last week", date(2023, 5, 1), date(2023, 5, 7)),
        ("this week", date(2023, 5, 8), date(2023, 5, 14)),
        ("May 2023", date(2023, 5, 1), date(2023, 5, 31)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("Feb 2024", date(2024, 2, 1), date(2024, 2, 29)),
        ("May", date(2023, 5, 1), date(2023, 5, 31)),
        ("June", date(2022, 6, 1), date(2022, 6, 30)),
        ("last month", date(2023, 4, 1), date(2023, 4, 30)),
        ("this month", date(2023, 5, 1), date(2023, 5, 31)),
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("last year", date(2022, 1, 1), date(2022, 12, 31)),
        ("13/5/2023", date(2023, 5, 13), None),
        ("5/13/2023", date(2023, 5, 13), None),
        ("5.5.2023", date(2023, 5, 5), None),
    ],
)
def test_days_and_periods_are_read_as_people_write_them(text: str, since: date, until: date | None) -> None:
    assert (parse_since(text, TODAY), parse_until(text, TODAY)) == (since, until or since)


@unhurried
@given(ANY_DAY, ANY_TODAY)
def test_every_day_with_its_year_is_itself_whatever_today_is(day: date, today: date) -> None:
    month = MONTHS[day.month - 1]
    for text in (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.day} {month} {day.year}",
        f"{month[:3].lower()} {day.day}, {day.year}",
        f"the {nth(day.day)} of {month}, {day.year}",
        f"{WEEKDAYS[day.weekday()][:3]} {day.day} {month} {day.year}",
    ):
        assert parse_since(text, today) == parse_until(text, today) == day, text


@unhurried
@given(st.dates(date(2000, 1, 1), date(2000, 12, 31)), ANY_TODAY)
def test_a_day_without_a_year_is_the_latest_up_to_today(day: date, today: date) -> None:
    expected = next(
        date(year, day.month, day.day)
        for year in count(today.year, -1)
        if (day.month, day.day) != (2, 29) or calendar.isleap(year)
        if date(year, day.month, day.day) <= today
    )
    for text in (f"{day.day} {MONTHS[day.month - 1]}", f"{MONTHS[day.month - 1][:3]} {nth(day.day)}"):
        assert parse_since(text, today) == parse_until(text, today) == expected, text


@unhurried
@given(st.sampled_from(range(7)), ANY_TODAY)
def test_a_weekday_is_the_latest_up_to_today_and_the_last_one_before_today(number: int, today: date) -> None:
    fitting = (today - timedelta(days=back) for back in count() if (today - timedelta(days=back)).weekday() == number)
    latest, earlier = next(fitting), next(fitting)
    for name in (WEEKDAYS[number], WEEKDAYS[number][:3].lower()):
        assert parse_since(name, today) == parse_until(name, today) == latest
        assert parse_since(f"last {name}", today) == (earlier if latest == today else latest)


@unhurried
@given(st.integers(0, 999), ANY_TODAY)
def test_days_and_weeks_ago_are_counted_from_today(number: int, today: date) -> None:
    assert parse_since(f"{number} days ago", today) == today - timedelta(days=number)
    assert parse_until(f"{number} weeks ago", today) == today - timedelta(weeks=number)


def test_a_month_ago_stays_within_the_month() -> None:
    assert parse_since("1 month ago", date(2023, 3, 31)) == date(2023, 2, 28)
    assert parse_since("1 year ago", date(2024, 2, 29)) == date(2023, 2, 28)


@unhurried
@given(ANY_TODAY, st.integers(1, 12), st.integers(1000, 2999))
def test_a_period_lasts_from_its_first_to_its_last_day(today: date, month: int, year: int) -> None:
    one = timedelta(days=1)
    since, until = parse_since("last week", today), parse_until("last week", today)
    assert (since.weekday(), until - since) == (0, timedelta(days=6))
    assert since <= today - timedelta(days=7) <= until
    assert parse_until("last month", today) + one == parse_since("this month", today) == today.replace(day=1)
    assert parse_since("last month", today) == (today.replace(day=1) - one).replace(day=1)
    assert parse_until("last year", today) + one == parse_since("this year", today) == date(today.year, 1, 1)
    for text in (f"{MONTHS[month - 1]} {year}", f"{MONTHS[month - 1][:3]}, {year}", f"{year}-{month:02}"):
        assert parse_since(text, today) == date(year, month, 1)
        assert parse_until(text, today) == date(year, month, calendar.monthrange(year, month)[1])
    assert (parse_since(f"{year}", today), parse_until(f"{year}", today)) == (date(year, 1, 1), date(year, 12, 31))
    bare = parse_since(MONTHS[month - 1], today)
    assert (bare.month, bare.day, bare.year) == (month, 1, today.year - (month > today.month))


@unhurried
@given(st.integers(1, 31), st.integers(1, 31), st.integers(1900, 2099), st.sampled_from("/.-"))
def test_numbers_are_a_day_where_they_can_be_read_in_one_way_only(
    first: int, second: int, year: int, mark: str
) -> None:
    text = f"{first}{mark}{second:02}{mark}{year}"
    readings = set()
    for day, month in ((first, second), (second, first)):
        if month <= 12 and day <= calendar.monthrange(year, month)[1]:
            readings.add(date(year, month, day))
    if len(readings) == 1:
        assert {parse_since(text, TODAY)} == readings
    else:
        with pytest.raises(DayError) as caught:
            parse_since(text, TODAY)
        assert all(f"{day.day} {MONTHS[day.month - 1]} {year}" in str(caught.value) for day in readings)
        assert all(day.isoformat() in str(caught.value) for day in readings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Maytember", "“Maytember” is not a day I can read. Write it as 2023-05-03, 3 May 2023 or last Monday."),
        ("3/5/2023", "“3/5/2023” can be read as 3 May 2023 or 5 March 2023. Write 2023-05-03 or 2023-03-05."),
        ("tomorrow", "“tomorrow” is still to come, so no article is from then. Name today or a day before it."),
        ("31 June", "There is no “31 June”. Write it as 2023-05-03, 3 May 2023 or last Monday."),
        ("Tuesday 3 May 2023", "“Tuesday 3 May 2023” does not fit: 3 May 2023 is a Wednesday."),
        (" \n ", "An empty text is not a day I can read. Write it as 2023-05-03, 3 May 2023 or last Monday."),
        (
            "3\0 \u202eMay",
            "“3\ufffd \ufffdMay” is not a day I can read. Write it as 2023-05-03, 3 May 2023 or last Monday.",
        ),
        (
            "long " * 10_000,
            f"“{('long ' * 8).strip()}…” is not a day I can read. Write it as 2023-05-03, 3 May 2023 or last Monday.",
        ),
    ],
)
def test_a_refusal_says_what_was_not_understood_and_how_to_write_it(text: str, message: str) -> None:
    for parse in (parse_since, parse_until):
        with pytest.raises(DayError) as caught:
            parse(text, TODAY)
        assert str(caught.value) == message
        assert isinstance(caught.value, OnTheRecordError)


@pytest.mark.parametrize(
    "text",
    ["next week", "next Monday", "in 2 days", "the day after tomorrow", "3 weeks from now", "31/6/2023", "2023-02-29",
     "2023/13/05", "29 February 2023", "999 years ago"],
)  # fmt: skip
def test_what_has_the_form_of_a_day_but_cannot_be_one_is_told_from_what_has_not(text: str) -> None:
    with pytest.raises(DayError) as caught:
        parse_since(text, date(900, 1, 1) if "ago" in text else TODAY)
    assert not isinstance(caught.value, NotADayError)


@pytest.mark.parametrize(
    "text",
    ["", "0", "12", "32", "32 May", "0 May", "00 May", "May 32", "10:30", "5pm", "yesterday at 5pm", "2023-05-03 10:00",
     "2023-05-03T10:00", "3 May 2023 EST", "2 hours ago", "now", "1683072000", "MCMXC", "3 May 0000", "0000-01-01",
     "3 May 23", "3/5/23", "May '23", "20230503", "2023-13", "2023-5", "3 mai 2023", "3 de mayo", "gestern",
     "٣ May 2023", "2٠23", "٣ days ago", "😀", "\ud800", "3 May 2023!", "3 sun", "last", "ago", "1e9 days ago",
     "-1 days ago", "99999999999999999999 days ago", "spring 2023", "Q1 2023", "the attack", "may may 2023", "in May"],
)  # fmt: skip
def test_all_else_is_no_day(text: str) -> None:
    for parse in (parse_since, parse_until):
        with pytest.raises(NotADayError):
            parse(text, TODAY)


@unhurried
@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=6).map(" ".join)), ANY_TODAY)
def test_any_text_is_a_period_or_refused(text: str, today: date) -> None:
    refused = []
    for parse in (parse_since, parse_until):
        try:
            parse(text, today)
        except DayError as error:
            refused.append(str(error))
    assert len(set(refused)) <= 1
    assert len(refused) in (0, 2)
    if refused:
        assert refused[0].isprintable()
    else:
        since, until = parse_since(text, today), parse_until(text, today)
        assert since <= until
        assert since <= today or str(since.year) in text


@pytest.mark.parametrize("text", ["9" * 1_000_000, "may " * 250_000, " " * 1_000_000 + "May", "the 3rd of " * 5])
def test_no_text_takes_long(text: str) -> None:
    parse_since("3 May 2023", TODAY)  # the first day that is read loads the language
    started = time.process_time()
    with pytest.raises(NotADayError):
        parse_since(text, TODAY)
    assert time.process_time() - started < 20


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "no/such/zone"])
def test_the_time_zone_of_the_machine_does_not_matter(zone: str) -> None:
    program = (
        "from datetime import date; from bot.days import parse_since\n"
        "for text in ('today', '1 week ago', '9 May', 'May'): print(parse_since(text, date(2023, 5, 10)))"
    )
    environment = {**os.environ, "TZ": zone, "PYTHONWARNINGS": "error"}
    # The zone is kept by the process that has asked for it, so this takes a new one.
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["2023-05-10", "2023-05-03", "2023-05-09", "2023-05-01"]


@pytest.mark.parametrize(
    ("first", "last", "since", "until"),
    [
        ("1 May", "3 May", date(2023, 5, 1), date(2023, 5, 3)),
        ("1 May", "3 May 2021", date(2021, 5, 1), date(2021, 5, 3)),
        ("Saturday, 1 May", "3 May 2021", date(2021, 5, 1), date(2021, 5, 3)),
        ("30 December", "2 January 2023", date(2022, 12, 30), date(2023, 1, 2)),
        ("May", "July 2021", date(2021, 5, 1), date(2021, 7, 31)),
        ("2 weeks ago", "yesterday", date(2023, 4, 26), date(2023, 5, 9)),
        ("Monday", "Tuesday", date(2023, 5, 8), date(2023, 5, 9)),
        ("2021", "2022", date(2021, 1, 1), date(2022, 12, 31)),
        ("1 May 2023", "1 May 2023", date(2023, 5, 1), date(2023, 5, 1)),
    ],
)
def test_a_range_takes_the_year_of_its_first_day_from_the_last(first: str, last: str, since: date, until: date) -> None:
    assert parse_range(first, last, TODAY) == (since, until)


def test_a_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(DayError, match=r"^2023-05-09 comes after 2023-05-07\. Write the earlier day first\.$"):
        parse_range("yesterday", "last week", TODAY)
