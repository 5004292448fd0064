"""What is the same in other words, and what is not: sentences, and quotations beside each other."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import carried_seeds
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from index.model import Kind, Passage, Source, Span
from index.passages import sentences
from index.renderings import quotations_of, rendering
from index.rewording import ALIKE, NEAR, Statement, apart, likeness, of_one_matter, read, words_of

SAID = "The mayor of Lugo announced on Monday a ban on drones over the city."


def passage(text: str, published: date | None = None) -> Passage:
    source = Source("a", "", False, None, None, published, None, "en", "")
    return Passage(source, 0, len(text), text, 1, Kind.BODY, tuple(sentences(text)))


def statement(text: str, published: date | None = None) -> Statement:
    return read(passage(text, published), Span(0, len(text)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Four people were killed in Lugo.", "Three people were killed in Lugo."),
        ("The bridge of Lugo was closed in 2019.", "The bridge of Lugo was closed in 2020."),
        ("The mayor opened the bridge.", "The mayor did not open the bridge."),
        ("The mayor opened the bridge.", "The mayor denied that the bridge was opened."),
        ("The mayor will open the bridge.", "If it rains, the mayor will open the bridge."),
        ("The mayor opened her bridge.", "The mayor opened his bridge."),
        ("The mayor opened the bridge.", "Did the mayor open the bridge?"),
        ("The mayor opened the bridge.", "And he opened the bridge."),
        ("The first bridge was opened.", "The second bridge was opened."),
        ("The bridge was opened on Monday.", "The bridge was opened on Friday."),
    ],
)
def test_what_tells_two_sentences_apart(one: str, other: str) -> None:
    assert apart(statement(one), statement(other))
    assert not apart(statement(one), statement(one)) or one.startswith("And")
    for one_matter in (True, False):
        assert not likeness(statement(one), statement(other), 1.0, one_matter=one_matter)


def test_days_are_told_apart_by_what_they_mean() -> None:
    one, other = ("The bridge was opened yesterday.", "Yesterday the bridge was opened.")
    days = date(2024, 5, 3), date(2024, 5, 9)
    assert apart(statement(one, days[0]), statement(other, days[1]))
    assert not apart(statement(one, days[0]), statement(other, days[0]))


def test_more_is_asked_for_where_articles_are_of_two_matters() -> None:
    one, other = (
        statement(SAID),
        statement("The mayor bans drones over parts of Lugo from summer on, they said at the old castle."),
    )
    assert likeness(one, other, 0.8, one_matter=True) > 0
    assert not likeness(one, other, 0.8, one_matter=False)
    assert likeness(one, statement(SAID), 1.0, one_matter=False) >= ALIKE
    assert not likeness(one, statement(SAID), NEAR - 0.01, one_matter=True)
    near, far = (Source("a", "", False, None, None, date(2024, 5, day), None, "en", "") for day in (1, 20))
    assert of_one_matter(0.9, near, near)
    assert not of_one_matter(0.8, near, near)
    assert not of_one_matter(0.9, near, far)


def test_names_count_in_any_spelling_and_form() -> None:
    one = statement("Officials of Ukraine met Mykhailo Podolyak in Iran.")
    for other, shared in (("Podoliak", True), ("Ukrainian", True), ("Iraq", False)):
        word = statement(f"Now there was {other}.").words[-1]
        assert any(map(word.like, one.words)) == shared


def test_the_words_that_say_it_are_the_closest_run_of_them() -> None:
    text = "After a long night of talks at the old castle, drones were banned over Lugo by the mayor, who then slept."
    marked = words_of(statement(SAID), statement(text))
    assert text[marked.start : marked.end] == "drones were banned over Lugo by the mayor"


def test_the_statement_of_the_seeds_is_one_in_all_its_versions() -> None:
    texts = {name: (ROOT / "seeds" / f"{name}.txt").read_text(encoding="utf-8") for name in carried_seeds.ARTICLES}
    spans = {name: quotations_of(text) for name, text in texts.items()}
    for version in carried_seeds.VERSIONS:
        for name, quoted in version.items():
            assert set(quoted) <= {texts[name][s.start : s.end] for s in spans[name]}
    one, other = carried_seeds.FRENCH, carried_seeds.KYIV
    (mine,), (theirs,) = (carried_seeds.VERSIONS[0][name] for name in (one, other))
    places = [texts[name].index(quoted) for name, quoted in ((one, mine), (other, theirs))]
    found = rendering(
        texts[one], Span(places[0], places[0] + len(mine)), texts[other], Span(places[1], places[1] + len(theirs))
    )
    assert found
    assert [texts[one][span.start : span.end] for span in found.one] == ["an attempted"]
    assert next(texts[other][span.start : span.end] for span in found.other) == "as a planned"


def test_quotations_on_something_else_are_not_one() -> None:
    one, other = (
        "We will open the new bridge of Lugo in the spring",
        "We will close the old harbour of Vigo in the winter",
    )
    assert rendering(one, Span(0, len(one)), other, Span(0, len(other))) is None


WORDS = st.lists(
    st.sampled_from(["the", "bridge", "Lugo", "opened", "closed", "“", "”", "mayor", "12", ".", "new\n", "old"]),
    max_size=20,
)


@given(WORDS, WORDS)
def test_what_differs_lies_within_and_in_order(ones: list[str], others: list[str]) -> None:
    one, other = " ".join(ones), " ".join(others)
    found = rendering(one, Span(0, len(one)), other, Span(0, len(other)))
    for text, spans in ((one, found.one), (other, found.other)) if found else ():
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
        assert all(a.end < b.start for a, b in pairwise(spans))
    for span in quotations_of(one):
        assert one[span.start : span.end] == one[span.start : span.end].strip() != ""
