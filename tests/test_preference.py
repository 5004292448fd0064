from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.model import Source
from index.preference import Preference, understand

OUTLETS = (
    "BBC News - World", "Fortune", "The Age", "The Guardian", "The New York Times", "The Roar | Sports Blog", "NBCNews",
)  # fmt: skip


def article(outlet: str | None, published: date | None) -> Source:
    return Source("a", "Title", True, outlet, None, published, None, None, "0" * 64)


@pytest.mark.parametrize(
    ("question", "outlets"),
    [
        ("What did the BBC say?", ["BBC News - World"]),
        ("what did bbc say", ["BBC News - World"]),
        ("What did BBC News say?", ["BBC News - World"]),
        ("What does Fortune say?", ["Fortune"]),
        ("Who made a fortune?", []),
        ("Which words did The Age use?", ["The Age"]),
        ("Which words did the Age use?", ["The Age"]),
        ("Is it a Bronze Age sword?", []),
        ("What is the age of Putin?", []),
        ("According to the Guardian, who fired?", ["The Guardian"]),
        ("According to Guardian reporters, who fired?", ["The Guardian"]),
        ("Who is the guardian of the child?", []),
        ("did the new york times say so", ["The New York Times"]),
        ("did the New  York Times and Fortune agree", ["Fortune", "The New York Times"]),
        ("What did The Roar say?", ["The Roar | Sports Blog"]),
        ("Was there a roar?", []),
        ("Who watches NBC?", []),
        ("Fortunes were made", []),
    ],
)
def test_outlets_are_known_by_the_names_that_people_write(question: str, outlets: list[str]) -> None:
    assert list(understand(question, OUTLETS).outlets) == outlets


@pytest.mark.parametrize(
    "words", ["3 May", "May 3", "3rd of May", "May 3rd", "May 3, 2023", "3 May 2023", "2023-05-03", "03 May", "3 MAY"]
)
def test_a_day_is_understood_in_the_forms_people_write(words: str) -> None:
    preference = understand(f"What was reported on {words}?", OUTLETS)
    assert [day.words for day in preference.days] == [words]
    assert preference.met_by(article(None, date(2023, 5, 3))) == (words,)
    assert preference.met_by(article(None, date(2023, 5, 4))) == ()
    assert preference.met_by(article(None, date(2023, 3, 5))) == ()
    assert preference.met_by(article(None, None)) == ()
    named_year = "2023" in words
    assert preference.met_by(article(None, date(2022, 5, 3))) == (() if named_year else (words,))


def test_other_days_are_not_taken_for_days_of_publication() -> None:
    assert understand("How many soldiers march on May 9?", OUTLETS) == Preference()
    assert understand("Which story has 13 mayors?", OUTLETS).days == ()
    assert [day.words for day in understand("What did the BBC say on May 9?", OUTLETS).days] == ["May 9"]


def test_what_an_article_meets_is_told_in_words() -> None:
    preference = understand("What did the BBC report on 3 May?", OUTLETS)
    assert preference.met_by(article("BBC News - World", date(2023, 5, 3))) == ("BBC News - World", "3 May")
    assert preference.met_by(article("BBC News - World", None)) == ("BBC News - World",)
    assert preference.met_by(article("Fortune", date(2023, 5, 3))) == ("3 May",)
    assert preference.met_by(article(None, None)) == ()


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_day_finds_its_articles(day: date) -> None:
    for words in (f"{day.day} {day:%B} {day.year}", f"{day:%b} {day.day}, {day.year}", day.isoformat()):
        preference = understand(f"What was published on {words}?", ())
        assert preference.met_by(article(None, day)) == (words,)
        assert preference.met_by(article(None, day + timedelta(days=1))) == ()


@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=3))
def test_any_question_and_outlet_can_be_read(question: str, outlets: list[str]) -> None:
    assert set(understand(question, outlets).outlets) <= set(outlets)


def test_a_name_without_letters_is_never_named() -> None:
    assert understand("What did it report?", ("", " - World", "The ")).outlets == ()
