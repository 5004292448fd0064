from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.followup import taken, things, with_things

PIER = "When did the east pier burn?"


@pytest.mark.parametrize(
    ("question", "named"),
    [
        (PIER, ("the east pier",)),
        ("Who owns the east pier?", ("the east pier",)),
        ("Who denied involvement in the Kremlin drone attack?", ("the Kremlin drone attack",)),
        ("Why did the mayor of Utrecht resign?", ("the mayor", "Utrecht")),
        ("What did Emmanuel Macron say about the Kremlin?", ("Emmanuel Macron", "the Kremlin")),
        ("Which pelican stole the hat of the mayor?", ("the hat", "the mayor")),
        ("Who said “a tiny shaker of pepper”?", ("a tiny shaker of pepper",)),
        ("Kherson: who ordered the curfew, and when?", ("Kherson", "the curfew")),
        ("Did a pelican steal a hat in Dresden, or in Ghent, or in Delft?", ("a pelican", "a hat", "Dresden")),
        ("who paid for it?", ()),
        ("What happened?", ()),
        ("", ()),
    ],
)
def test_what_a_question_names(question: str, named: tuple[str, ...]) -> None:
    assert things(question) == named


@pytest.mark.parametrize(
    "question",
    ["and who paid for it?", "Who paid for it?", "But why?", "… and when?", "What did they say?", "Is he well"],
)
def test_a_question_that_points_back_takes_what_the_one_before_names(question: str) -> None:
    assert taken(question, PIER) == ("the east pier",)
    # One that did so itself is no end of it.
    assert taken("and when?", with_things(question, ("the east pier",))) == ("the east pier",)


@pytest.mark.parametrize(
    "question",
    [
        "Who paid?",
        "and who paid for the west pier?",
        "And what did Macron say?",
        "Who said “burn it”?",
        "What happened in Utrecht before he resigned?",
        "and " * 100,
        "",
    ],
)
def test_a_question_that_names_something_or_does_not_point_back_stands_alone(question: str) -> None:
    assert taken(question, PIER) == ()


@given(
    question=st.text(),
    before=st.text() | st.lists(st.sampled_from(["the ", "A", "b c ", "did ", "“", "”", ", "])).map("".join),
)
def test_nothing_but_words_of_the_question_before_is_taken(question: str, before: str) -> None:
    for thing in taken(question, before) + taken("and it?", before):
        assert " ".join(thing.split()) in " ".join(before.split())
