from __future__ import annotations

import contextlib
import time
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.days import DayError
from bot.refine import RefinementError, refine
from index.errors import OnTheRecordError
from index.model import Filters

TODAY = date(2023, 5, 10)  # a Wednesday
BBC, FORTUNE, GUARDIAN, AGE, ROAR = "BBC News - World", "Fortune", "The Guardian", "The Age", "The Roar | Sports Blog"
MAIL, DAILY, LAW, WALL, KYIV = (
    "Mail on Sunday",
    "People's Daily",
    "Law & Order",
    "Wall and Main",
    "The Kyiv Independent",
)
OUTLETS = (BBC, FORTUNE, GUARDIAN, AGE, ROAR, MAIL, DAILY, LAW, WALL, KYIV)
OLD = Filters(
    outlets=(FORTUNE,),
    articles=("a",),
    since=date(2023, 4, 1),
    until=date(2023, 5, 31),
    visible=OUTLETS,
    withdrawn=("b",),
)
UNREADABLE = "is not a day I can read. Write it as 2023-05-03, 3 May 2023 or last Monday."
unhurried = settings(deadline=None)  # the first day that is read loads the language


def but(
    outlets: tuple[str, ...] = OLD.outlets, since: date | None = OLD.since, until: date | None = OLD.until
) -> Filters:
    """The old filters with these in place of their own."""
    return Filters(outlets, OLD.articles, since, until, OLD.visible, OLD.withdrawn)


@pytest.mark.parametrize(
    ("reply", "outlets"),
    [
        ("only from the BBC", (BBC,)),
        ("Only from BBC News.", (BBC,)),
        ("from bbc", (BBC,)),
        ("from bbc news - world", (BBC,)),
        ("just the guardian", (GUARDIAN,)),
        ("only Guardian", (GUARDIAN,)),
        ("only age", (AGE,)),
        ("only the roar", (ROAR,)),
        ("BBC only", (BBC,)),
        ("from the BBC only", (BBC,)),
        ("the BBC and fortune only", (BBC, FORTUNE)),
        ("only the BBC and Fortune", (BBC, FORTUNE)),
        ("only Fortune, the BBC, Fortune and the Age", (FORTUNE, BBC, AGE)),
        ("only from the BBC and from the Guardian", (BBC, GUARDIAN)),
        ("from the BBC or Guardian", (BBC, GUARDIAN)),
        ("only mail on sunday", (MAIL,)),
        ("only people’s daily & law & order", (DAILY, LAW)),
        ("only wall and main and the BBC", (WALL, BBC)),
        ("please, only the BBC!", (BBC,)),
        ("OK, and now only the BBC please.", (BBC,)),
        ("same but from the BBC", (BBC,)),
        ("The same, only from the BBC?", (BBC,)),
        ("from any outlet", ()),
        ("all outlets", ()),
        ("any source, thanks", ()),
    ],
)
def test_outlets_replace_the_earlier_ones(reply: str, outlets: tuple[str, ...]) -> None:
    assert refine(reply, OLD, OUTLETS, TODAY) == but(outlets=outlets)


@pytest.mark.parametrize(
    ("reply", "since", "until"),
    [
        ("since Monday", date(2023, 5, 8), OLD.until),
        ("only since Monday", date(2023, 5, 8), OLD.until),
        ("since May 3, 2023", date(2023, 5, 3), OLD.until),
        ("from 3 May", date(2023, 5, 3), OLD.until),
        ("from May", date(2023, 5, 1), OLD.until),
        ("after 3 May", date(2023, 5, 4), OLD.until),
        ("after April", date(2023, 5, 1), OLD.until),
        ("until yesterday", OLD.since, date(2023, 5, 9)),
        ("till last week", OLD.since, date(2023, 5, 7)),
        ("before 3 May", OLD.since, date(2023, 5, 2)),
        ("before May", OLD.since, date(2023, 4, 30)),
        ("on 3 May", date(2023, 5, 3), date(2023, 5, 3)),
        ("in May 2022", date(2022, 5, 1), date(2022, 5, 31)),
        ("only last week", date(2023, 5, 1), date(2023, 5, 7)),
        ("yesterday only", date(2023, 5, 9), date(2023, 5, 9)),
        ("between 1 May and 3 May", date(2023, 5, 1), date(2023, 5, 3)),
        ("between May 1, 2022 and May 3, 2022", date(2022, 5, 1), date(2022, 5, 3)),
        ("from 1 May to 3 May 2022", date(2022, 5, 1), date(2022, 5, 3)),
        ("from 1 May – 3 May", date(2023, 5, 1), date(2023, 5, 3)),
        ("since 1 May and until 3 May 2022", date(2022, 5, 1), date(2022, 5, 3)),
        ("since Monday, until Tuesday", date(2023, 5, 8), date(2023, 5, 9)),
        ("any time", None, None),
        ("all dates", None, None),
        ("any time until yesterday", None, date(2023, 5, 9)),
    ],
)
def test_days_set_the_bounds_that_they_name(reply: str, since: date | None, until: date | None) -> None:
    assert refine(reply, OLD, OUTLETS, TODAY) == but(since=since, until=until)


@pytest.mark.parametrize(
    ("reply", "refined"),
    [
        ("only the BBC, since Monday", but((BBC,), date(2023, 5, 8))),
        ("only the BBC since Monday", but((BBC,), date(2023, 5, 8))),
        ("Only the BBC. Since Monday.", but((BBC,), date(2023, 5, 8))),
        ("the BBC only, since Monday", but((BBC,), date(2023, 5, 8))),
        ("the BBC only since Monday", but((BBC,), date(2023, 5, 8))),
        ("since Monday and only the BBC and Fortune", but((BBC, FORTUNE), date(2023, 5, 8))),
        ("since May 3, 2023, only the BBC", but((BBC,), date(2023, 5, 3))),
        ("only mail on sunday on 3 May", but((MAIL,), date(2023, 5, 3), date(2023, 5, 3))),
        ("only the BBC and yesterday", but((BBC,), date(2023, 5, 9), date(2023, 5, 9))),
        ("from the BBC, from 1 May to 3 May", but((BBC,), date(2023, 5, 1), date(2023, 5, 3))),
        ("from all outlets and any time", but((), None, None)),
        ("all outlets since Monday", but((), date(2023, 5, 8))),
        ("everything", but((), None, None)),
        ("No filters!", but((), None, None)),
        ("everything since Monday", but((), date(2023, 5, 8), None)),
    ],
)
def test_clauses_are_combined(reply: str, refined: Filters) -> None:
    assert refine(reply, OLD, OUTLETS, TODAY) == refined


def test_an_older_bound_that_the_new_one_crosses_is_dropped() -> None:
    old = Filters(since=date(2023, 5, 3), until=date(2023, 5, 5))
    assert refine("since 6 May", old, (), TODAY) == Filters(since=date(2023, 5, 6))
    assert refine("since 5 May", old, (), TODAY) == Filters(since=date(2023, 5, 5), until=date(2023, 5, 5))
    assert refine("until 2 May", old, (), TODAY) == Filters(until=date(2023, 5, 2))
    assert refine("until 3 May", old, (), TODAY) == Filters(since=date(2023, 5, 3), until=date(2023, 5, 3))


def test_a_month_is_an_outlet_where_the_index_has_one_of_that_name() -> None:
    assert refine("from May", OLD, ("May",), TODAY) == but(outlets=("May",))
    assert refine("since May", OLD, ("May",), TODAY) == but(since=date(2023, 5, 1))


def test_an_outlet_without_a_name_is_never_meant() -> None:
    assert refine("from , since Monday", OLD, (" - World", ""), TODAY) is None


def test_outlets_that_share_a_name_are_all_meant() -> None:
    desks = ("BBC News - World", "BBC News - UK", "BBC Sport")
    assert refine("only BBC News", OLD, desks, TODAY) == but(outlets=desks[:2])
    assert refine("only the BBC", OLD, desks, TODAY) == but(outlets=desks)
    assert refine("only BBC News - UK", OLD, desks, TODAY) == but(outlets=desks[1:2])


@pytest.mark.parametrize(
    "reply",
    ["", " ", "😀", "\0", "?", "ok", "please", "only", "just", "from", "since", "only from", "only since", "the BBC",
     "yesterday", "and the BBC?", "from whom did the drones come?",
     "Who came from Kyiv since Monday?", "Who denied it on 3 May?", "since when?",
     "not from the BBC", "from the BBC and not Fortune", "only not from the BBC", "everything except the BBC",
     "since he was elected, what changed", "Only the BBC says so, what do others say?", "from the BBC, what was said?",
     "after tomorrow, what happens?", "since Monday the drones have been over Moscow every night",
     "only from the spokesmen of the Kremlin", "everything else", "in Kyiv", "on the roof", "in 2 days",
     "before the attack", "after the war", "between Russia and Ukraine", "between 3 May", "from Kyiv to Moscow",
     "from the front", "from Le Monde", "just Le Monde", "just kidding", "until the last of the soldiers left",
     "onlythe BBC", "from May or Fortune", "only the BBC " + "and Fortune " * 30],
)  # fmt: skip
def test_all_else_is_a_new_question(reply: str) -> None:
    assert refine(reply, OLD, [*OUTLETS[:-1], "Kyiv Independent"], TODAY) is None


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ("only from Le Monde", "There is no outlet “Le Monde” in this index."),
        ("just from Le Monde.", "There is no outlet “Le Monde” in this index."),
        ("Le Monde only", "There is no outlet “Le Monde” in this index."),
        ("only the BBC and CNN", "There is no outlet “CNN” in this index."),
        ("since Monday, only from Le Monde and the BBC", "There is no outlet “Le Monde” in this index."),
        ("only the Gaurdian", f"There is no outlet “the Gaurdian” in this index. The nearest: {GUARDIAN}."),
        ("from the gaurdian", f"There is no outlet “the gaurdian” in this index. The nearest: {GUARDIAN}."),
        ("just Kyiv", f"There is no outlet “Kyiv” in this index. The nearest: {KYIV}."),
        ("only \0 \u202ey", "There is no outlet “\ufffd \ufffdy” in this index."),
        ("only " + "x" * 200, f"There is no outlet “{'x' * 40}…” in this index."),
    ],
)
def test_an_outlet_that_is_not_there_is_told_with_the_nearest(reply: str, message: str) -> None:
    with pytest.raises(RefinementError) as caught:
        refine(reply, OLD, OUTLETS, TODAY)
    assert str(caught.value) == message
    assert isinstance(caught.value, OnTheRecordError)


def test_at_most_three_outlets_are_named_each_once_and_the_nearest_first() -> None:
    outlets = [f"Gazette of {place}" for place in ("Kyiv", "Lviv", "Odesa", "Dnipro")]
    with pytest.raises(RefinementError, match=r"nearest: Gazette of Kyiv, Gazette of Lviv, Gazette of Odesa\.$"):
        refine("only the Gazette", OLD, outlets, TODAY)
    with pytest.raises(RefinementError, match=r"nearest: Gazette of Dnipro, Gazette of Kyiv, Gazette of Lviv\.$"):
        refine("only the Gazette of Dnipr", OLD, outlets, TODAY)
    with pytest.raises(RefinementError, match=r"nearest: BBC News - World, BBC News - UK\.$"):
        refine("only the BBC Newz", OLD, ["BBC News - World", "BBC News - UK", "Fortune"], TODAY)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ("since Maytember", f"“Maytember” {UNREADABLE}"),
        ("only the BBC, until Maytember 2023!", f"“Maytember 2023” {UNREADABLE}"),
        ("since the attack", f"“the attack” {UNREADABLE}"),
        ("between 1 May and Maytember", f"“Maytember” {UNREADABLE}"),
        ("between Maytember and 3 May", f"“Maytember” {UNREADABLE}"),
        ("from 1 May to Maytember", f"“Maytember” {UNREADABLE}"),
        ("before 31 June", "There is no “31 June”. Write it as 2023-05-03, 3 May 2023 or last Monday."),
        ("only 31 June", "There is no “31 June”. Write it as 2023-05-03, 3 May 2023 or last Monday."),
        (
            "on 3/5/2023, only the BBC",
            "“3/5/2023” can be read as 3 May 2023 or 5 March 2023. Write 2023-05-03 or 2023-03-05.",
        ),
        ("from tomorrow", "“tomorrow” is still to come, so no article is from then. Name today or a day before it."),
        ("after 5 May, before 4 May", "2023-05-06 comes after 2023-05-03. Write the earlier day first."),
        ("between 2023-05-03 and 2023-05-01", "2023-05-03 comes after 2023-05-01. Write the earlier day first."),
    ],
)
def test_a_day_that_cannot_be_used_is_told(reply: str, message: str) -> None:
    with pytest.raises(DayError) as caught:
        refine(reply, OLD, OUTLETS, TODAY)
    assert str(caught.value) == message


NAMES = {"the BBC": BBC, "Fortune": FORTUNE, "guardian": GUARDIAN, "Mail on Sunday": MAIL, "wall and main": WALL}
BOUND = st.none() | st.dates(date(2022, 1, 1), date(2024, 12, 31))


@unhurried
@given(
    st.lists(st.sampled_from(sorted(NAMES)), max_size=3, unique=True),
    BOUND,
    BOUND,
    st.tuples(BOUND, BOUND).filter(lambda bounds: None in bounds or bounds[0] <= bounds[1]),
    st.permutations(range(3)),
    st.sampled_from([", ", " and ", "; ", ", and "]),
    st.sampled_from(["only ", "only from ", "just ", "from "]),
    st.booleans(),
)
def test_a_reply_changes_what_it_names_and_nothing_else(
    names: list[str],
    since: date | None,
    until: date | None,
    old_bounds: tuple[date | None, date | None],
    order: list[int],
    joint: str,
    intro: str,
    plainly: bool,
) -> None:
    old = Filters((AGE,), ("a",), *old_bounds, OUTLETS, ("b",))
    clauses = [
        intro + " and ".join(names) if names else "",
        (f"since {since}" if plainly else f"after {since - timedelta(days=1)}") if since else "",
        (f"until {until:%d.%m.%Y}" if until.day > 12 else f"before {until + timedelta(days=1)}") if until else "",
    ]
    reply = joint.join(clauses[number] for number in order if clauses[number])
    if since and until and since > until:
        with pytest.raises(DayError):
            refine(reply, old, OUTLETS, TODAY)
        return
    expected_since, expected_until = since or old.since, until or old.until
    if expected_since and expected_until and expected_since > expected_until:
        expected_since, expected_until = since, until
    outlets = tuple(NAMES[name] for name in names) or old.outlets
    expected = Filters(outlets, old.articles, expected_since, expected_until, old.visible, old.withdrawn)
    assert refine(reply, old, OUTLETS, TODAY) == (expected if reply else None)


PIECES = st.sampled_from(
    ["only", "just", "from", "since", "after", "until", "before", "between", "on", "in", "and", "or", ",", ".", "?",
     "to", "the BBC", "Fortune", "Le Monde", "gaurdian", "Monday", "3 May", "May 3, 2023", "2023", "Maytember",
     "tomorrow", "3/5/2023", "31 June", "any outlet", "any time", "everything", "please", "same but", "not",
     "who", "\0", "😀"]
)  # fmt: skip


@unhurried
@given(st.text(max_size=60) | st.lists(PIECES, max_size=8).map(" ".join), st.lists(st.text(max_size=12), max_size=3))
def test_any_reply_is_understood_refused_or_left_alone(reply: str, others: list[str]) -> None:
    try:
        refined = refine(reply, OLD, [BBC, FORTUNE, *others], TODAY)
    except (DayError, RefinementError):
        return
    if refined is not None:
        assert set(refined.outlets) <= {BBC, FORTUNE, *others}
        assert (refined.articles, refined.visible, refined.withdrawn) == (OLD.articles, OLD.visible, OLD.withdrawn)
        assert not (refined.since and refined.until) or refined.since <= refined.until


@pytest.mark.parametrize(
    "reply",
    ["only " + "a, " * 98 + "a", "since may, " * 27, "from 1 may to may " * 16, "only" * 74, "x only " * 42,
     "please " * 40 + "no", "." * 300, "since " + "and " * 70, "between " + "may and " * 36, "from " * 2_000_000],
)  # fmt: skip
def test_no_reply_takes_long(reply: str) -> None:
    outlets = ["a", *(f"Gazette {number}" for number in range(1000))]
    refine("since 3 May", OLD, outlets, TODAY)
    started = time.process_time()
    with contextlib.suppress(OnTheRecordError):
        refine(reply, OLD, outlets, TODAY)
    assert time.process_time() - started < 20
