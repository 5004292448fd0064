"""Figures: what they are in a sentence, and which are said to differ; never a wrong one."""

from __future__ import annotations

import math

import pytest
from conftest import SEEDS
from figures_quality import pairs, told
from hypothesis import given
from hypothesis import strategies as st

from index.amounts import amounts
from index.differing import apart, matched
from index.figures import Figure, figures
from index.model import Span
from index.passages import paragraphs, sentences

BY_HAND = pairs()


def found_in(name: str) -> list[tuple[str, Figure]]:
    """The figures of a seed article with their words."""
    text = next(SEEDS.glob(f"{name}*.txt")).read_text(encoding="utf-8")
    blocks = list(paragraphs(text, 0))
    return [
        (text[figure.span.start : figure.span.end], figure)
        for number, block in enumerate(blocks)
        for sentence in sentences(text[block.start : block.end], block.start)
        for figure in figures(text, sentence, blocks[number - 1] if number else None)
    ]


@pytest.mark.parametrize("pair", [pair for pair in BY_HAND if not pair[0]], ids=lambda pair: pair[1][:40])
def test_no_figure_is_said_to_differ_that_does_not(pair: tuple[bool, str, str]) -> None:
    _, one, other = pair
    assert not told(one, other)
    assert not told(other, one)


def test_nine_of_ten_figures_that_differ_are_told_whichever_comes_first() -> None:
    differing = [(one, other) for truth, one, other in BY_HAND if truth]
    assert len(differing) > 60
    assert sum(told(one, other) for one, other in differing) >= 0.9 * len(differing)
    assert [told(one, other) for one, other in differing] == [told(other, one) for one, other in differing]


@pytest.mark.parametrize(
    ("words", "amount", "bounds", "unit"),
    [
        ("left at least four dead", "at least four", (4, math.inf), ""),
        ("no more than 12 people", "no more than 12", (-math.inf, 12), ""),
        ("between 36 and 40 people", "between 36 and 40", (36, 40), ""),
        ("rose from 89 to 93 people", "89 to 93", (93, 93), ""),
        ("forty-two ships", "forty-two", (42, 42), ""),
        ("two hundred and five ships", "two hundred and five", (205, 205), ""),
        ("half a million ships", "half a million", (475_000, 525_000), ""),
        ("40,000 ships", "40,000", (35_000, 45_000), ""),
        ("1.2 million ships", "1.2 million", (1_150_000, 1_250_000), ""),
        ("worth US$6.16bn", "US$6.16bn", (6.155e9, 6.165e9), "USD"),
        ("500 million euros", "500 million euros", (499.5e6, 500.5e6), "EUR"),
        ("17 kilograms of it", "17 kilograms", (16.5, 17.5), "kg"),
        ("a 58-hour curfew", "58-hour", (57.5 * 3600, 58.5 * 3600), "s"),
        ("69.5 per cent", "69.5 per cent", (69.45, 69.55), "%"),
        ("at 2:27am", "2:27am", (147, 147), "clock"),
        ("at 21:40 GMT", "21:40 GMT", (1300, 1300), "clock GMT"),
        ("on 9 May", "9 May", (509, 509), "date"),
        ("on May 9, 2021", "May 9, 2021", (509, 509), "date"),
    ],
)
def test_an_amount_is_read_with_its_bounds(words: str, amount: str, bounds: tuple[float, float], unit: str) -> None:
    [found] = amounts(words)
    assert words[found.span.start : found.span.end] == amount
    assert (found.low, found.high) == pytest.approx(bounds)
    assert found.unit == unit


@pytest.mark.parametrize(
    "words", ["at around 2:30 a.m.", "some 500 kilometers", "nearly 20 ships", "at 2:30 on Friday"]
)
def test_what_is_not_exact_is_about(words: str) -> None:
    assert [found.about for found in amounts(words)] == [True]


@pytest.mark.parametrize(
    "words", ["in 2022", "the UJ-22", "won 3-1", "Mr Hall, 34, said", "No. 10", "one of them", "the 1990s", "on 9/11"]
)
def test_what_counts_nothing_is_no_amount(words: str) -> None:
    assert amounts(words) == []


@given(st.text(alphabet=st.sampled_from("ab 0123456789.,:-–$€%\n’“”") | st.characters(), max_size=80))
def test_figures_of_any_text_lie_within_their_sentence(words: str) -> None:
    text = f"Before. {words}"
    for figure in figures(text, Span(8, len(text)), Span(0, 7)):
        assert 8 <= figure.span.start < figure.span.end <= len(text)
        assert text[figure.span.start : figure.span.end].strip() == text[figure.span.start : figure.span.end]


def test_of_the_seeds_only_the_toll_of_kherson_differs() -> None:
    french, mail = found_in("000"), found_in("001")
    every = [found_in(name) for name in ("000", "001", "002", "003", "004")]
    differing = {
        (words, others)
        for number, mine in enumerate(every)
        for theirs in every[number + 1 :]
        for words, one in mine
        for others, other in theirs
        if matched([one], [other]) and apart(one, other)
    }
    assert differing == {("at least four dead", "three people")}
    assert {"58-hour curfew", "some 500 kilometers", "500 million euros", "May 9"} <= {words for words, _ in french}
    assert {"2:27am", "2:43am", "17 kilograms of C4 plastic explosives", "five injured"} <= {words for words, _ in mail}


def test_a_sentence_with_two_figures_that_may_be_meant_is_not_compared() -> None:
    one = "There were 37 confirmed cases in Wuhan on Friday and 12 confirmed cases on the ship from Wuhan."
    assert told(
        "There were 37 confirmed cases in Wuhan on Friday.", "There were 40 confirmed cases in Wuhan on Friday."
    )
    assert not told(one, "There were 40 confirmed cases in Wuhan on Friday.")


def in_text(text: str, first: str) -> list[Figure]:
    """The figures of the sentence of a text that begins with some words."""
    start = text.index(first)
    end = text.find("\n", start)
    return figures(text, Span(start, len(text) if end < 0 else end), Span(0, max(0, text.find("\n"))))


def tell(one: str, other: str, first: str, days: int = 0) -> bool:
    """Whether a figure of the sentences of two texts that begin so differs."""
    return any(apart(*pair) for pair in matched(in_text(one, first), in_text(other, first), days))


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        # A sentence that names nothing is about what was spoken of before it.
        (
            "A bus fell in Lugo. Officials said three people died.",
            "A ship sank off Vigo. Officials said ten people died.",
            False,
        ),
        (
            "A bus fell in Lugo. Officials said three people died.",
            "A bus fell in Lugo. Officials said ten people died.",
            True,
        ),
        (
            "A bus fell in Lugo and in Vigo. Officials on the road said that three people died in the fall of the bus.",
            "A bus fell in Lugo and in Noia. Officials on the road said that ten people died in the fall of the bus.",
            False,
        ),
        (
            "Lugo won. Officials said it took 3 seats in Galicia.",
            "Vigo won. Officials said it took 5 seats in Galicia.",
            False,
        ),
    ],
)
def test_a_sentence_alone_does_not_tell_what_event_it_is_about(one: str, other: str, differs: bool) -> None:
    assert tell(one, other, "Officials") is differs
    assert tell(other, one, "Officials") is differs


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # What a number tells apart, who each is about, whose share it is, and parts of one amount.
        ("A category 2 storm in Lugo is one of 119 mph.", "A category 4 storm in Lugo is one of 130 mph."),
        ("In Lugo the ticket of Ana Ruiz received 203 votes.", "In Lugo the ticket of Luis Soto received 457 votes."),
        ("Latinos of Lugo were 22 % of the population.", "Latinos of Lugo were 6 % of the population."),
        ("Ana Ruiz won the race in Lugo in 1 hour 59 minutes.", "Ana Ruiz won the race in Lugo in 2 hours 4 minutes."),
        ("Lugo has 120 homes in the city, says Galicia.", "Lugo has 236 homes in the township, says Galicia."),
    ],
)  # fmt: skip
def test_what_is_not_surely_the_same_does_not_differ(one: str, other: str) -> None:
    assert not told(one, other)
    assert not told(other, one)


def test_what_was_so_on_another_day_does_not_differ() -> None:
    one = "The fire in Lugo has so far killed 14 people."
    other = "The fire in Lugo has so far killed 31 people."
    assert tell(one, other, "The fire", days=3)
    assert not tell(one, other, "The fire", days=4)
    assert tell(one.replace(" so far", ""), other.replace(" so far", ""), "The fire", days=4)


def test_two_days_differ_in_their_months_too() -> None:
    assert told("Ana Ruiz was born in Lugo on February 8.", "Ana Ruiz was born in Lugo on July 15.")
