from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import credit, verdicts, wording
from bot.answer import Answer, Excerpt, Place
from bot.quotations import Verification
from bot.records.sent import Lost
from index.findings import Finding, Part, Quotation, Standing, Verdict
from index.model import Filters, Kind, Passage, Source, Span
from index.tokens import Change, Segment, Typography

BARE = Source("a", "Title of a", True, None, None, None, None, None, "0" * 64)
FULL = replace(BARE, title_given=False, outlet="The Paper", published=date(2023, 5, 3), url="https://x.test/a")
EXCERPT = Excerpt(1, "A.", 0, 2, Passage(BARE, 0, 2, "A.", 4, Kind.BODY, (Span(0, 2),)), 1.0)


def test_counts_are_honest() -> None:
    answer = Answer("q", (EXCERPT, replace(EXCERPT, number=2)), None, 5, 3)
    assert wording.counts(answer) == "2 excerpts from 1 of 5 articles in the index"
    alone = replace(answer, excerpts=(EXCERPT,), articles=1)
    assert wording.counts(alone) == "1 excerpt from 1 of 1 article in the index"


def test_a_citation_says_what_is_not_known() -> None:
    assert credit.citation(EXCERPT) == "source not stated · Title of a · paragraph 4"
    half = replace(EXCERPT, passage=replace(EXCERPT.passage, source=replace(BARE, outlet="The Paper")))
    assert credit.citation(half) == "The Paper · date not given · Title of a · paragraph 4"
    caption = replace(EXCERPT, passage=replace(EXCERPT.passage, source=FULL, kind=Kind.CAPTION))
    assert credit.citation(caption) == (
        "The Paper · 2023-05-03 · “Title of a” (opening words) · paragraph 4, picture caption · https://x.test/a"
    )


def test_the_other_places_of_the_same_words_are_named() -> None:
    assert credit.also_in(EXCERPT) == []
    also = replace(EXCERPT, also_in=(Place(BARE, 2), Place(FULL, 3)))
    assert credit.also_in(also) == [
        "The same words stand in: Title of a, outlet not given, paragraph 2; "
        "“Title of a” (opening words), The Paper, paragraph 3",
        "The same words stand in 2 other places.",
    ]


def test_where_the_words_are_nearly_the_same_what_differs_is_named_and_the_same_are_counted_apart() -> None:
    differing = (
        Segment(Change.REPLACED, "five", "some\nseven"),
        Segment(Change.LEFT_OUT, "", "not"),
        Segment(Change.ADDED, "alleged", ""),
    )
    near = Place(FULL, 3, differing)
    shown = (
        "Nearly the same, in: “Title of a” (opening words), The Paper, paragraph 3 "
        "(“some seven” there, “five” here; “not” only there; “alleged” only here)"
    )
    assert credit.also_in(replace(EXCERPT, also_in=(near,))) == [
        shown,
        "Nearly the same words stand in 1 other place.",
    ]
    # A difference is told once, whatever the number of places that have it.
    alike, other = replace(near, paragraph=7), Place(BARE, 9, differing[1:2])
    where, difference = shown.removesuffix(")").split(" (“some")
    assert credit.also_in(replace(EXCERPT, also_in=(near, other, alike)))[0] == (
        f"{where} and {where.removeprefix('Nearly the same, in: ').replace('3', '7')} (in each “some{difference}); "
        "Title of a, outlet not given, paragraph 9 (“not” only there)"
    )
    assert credit.also_in(replace(EXCERPT, also_in=(near, Place(BARE, 2), other))) == [
        f"The same words stand in: Title of a, outlet not given, paragraph 2. {shown}; "
        "Title of a, outlet not given, paragraph 9 (“not” only there)",
        "The same words stand in: Title of a, outlet not given, paragraph 2. "
        "Nearly the same words stand in 2 other places.",
        "The same words stand in 1 other place. Nearly the same words stand in 2 other places.",
    ]


def test_only_the_same_words_are_dated() -> None:
    dated = [replace(FULL, id=str(day), published=date(2023, 5, day)) for day in (1, 2, 3)]
    first, *rest = (Place(source, 1) for source in dated)
    near = replace(first, differing=(Segment(Change.ADDED, "alleged", ""),))
    quoted = replace(EXCERPT, passage=replace(EXCERPT.passage, source=dated[2]))
    for earliest, day in ((first, "2023-05-01"), (near, "2023-05-02")):
        told = credit.also_in(replace(quoted, also_in=(earliest, *rest)))[0]
        assert f"The earliest dated in this index is “Title of a” (opening words), The Paper, {day}" in told
    assert "earliest" not in credit.also_in(replace(quoted, also_in=(near,)))[0]


def test_remarks_say_what_was_understood() -> None:
    answer = Answer("q", (EXCERPT,), None, 5, 1)
    assert wording.remarks(answer) == ()
    filters = Filters(("The Paper", "Post"), (), date(2023, 5, 1), date(2023, 5, 3))
    assert wording.remarks(replace(answer, likely=False, filters=filters, preferred=("Post", "3 May"))) == (
        wording.MAY_NOT_ANSWER,
        "Only articles from The Paper or Post and published on or after 2023-05-01 and published on or before "
        "2023-05-03.",
        "The question names Post and 3 May, so such articles come first.",
    )


def test_a_lost_quotation_says_why() -> None:
    assert wording.lost(Lost.CHANGED) == "The article has changed since this was quoted. Ask again."
    assert wording.lost(Lost.GONE) == "The article of this quotation is no longer in the index."


def test_whoever_waits_behind_many_is_told_how_many() -> None:
    assert [wording.ahead(count) for count in (0, 19, 20)] == ["", "", "20 questions come before yours."]
    assert wording.searching(3) == "Searching the coverage…"
    assert wording.searching(1200) == "Searching the coverage… 1,200 questions come before yours."


# ---- quotations that were verified


def finding(text: str, verdict: Verdict, *standings: Standing, **more: object) -> Finding:
    return replace(Finding(Quotation(text, 0, len(text)), verdict, standings), **more)


HERE = Standing(BARE, 0, 5, "words", 2, (Typography.DASHES, Typography.QUOTATION_MARKS))
THERE = Standing(FULL, 0, 5, "words", 3)
ALTERED = (
    Segment(Change.EQUAL, "They “never” ", "They never "),
    Segment(Change.REPLACED, "said ", "denied\n"),
    Segment(Change.EQUAL, "it", "it"),
    Segment(Change.LEFT_OUT, "", " all"),
    Segment(Change.EQUAL, " ", " "),
    Segment(Change.ADDED, "today", ""),
)


def test_the_report_holds_every_finding_with_its_places_and_differences() -> None:
    found = Verification(
        (
            finding("some words", Verdict.EXACT, HERE, THERE, more=True, telling=False),
            finding("They “never” said it today", Verdict.ALTERED, THERE, segments=ALTERED),
            finding("one\n two … three", Verdict.STITCHED, parts=(Part(0, 8, (HERE,)), Part(11, 16, (THERE,)))),
            finding("some words", Verdict.OTHER_SOURCE, HERE, outlets=("Post", "Post of India")),
            finding("no words", Verdict.NOT_FOUND),
            finding("nor these", Verdict.NOT_FOUND),
        ),
        cut=True,
    )
    here = "source not stated · Title of a · paragraph 2 (differs in dashes, quotation marks)"
    there = "The Paper · 2023-05-03 · “Title of a” (opening words) · paragraph 3"
    assert verdicts.verification_lines(found) == [
        "6 quotations: 1 exact, 1 altered, 1 stitched, 1 other source, 2 not found in this index. "
        "Only the first part of the text was read.",
        "",
        "1. exact: some words",
        "   So few words say little, whether they stand somewhere or not.",
        f"   {here}",
        f"   {there}",
        "   It stands in more places than these.",
        "",
        "2. altered: They “never” said it today",
        "   They “never” [only in the quotation: said] [only in the article: denied] it [only in the article: all] "
        "[only in the quotation: today]",
        "   The nearest wording stands in:",
        f"   {there}",
        "",
        "3. stitched: one\n two … three",
        "   No one place has all of it; its parts stand apart.",
        "   “one two” stands in:",
        f"   {here}",
        "   “three” stands in:",
        f"   {there}",
        "",
        "4. other source: some words",
        "   No article of Post or Post of India in this index has these words. They stand in:",
        f"   {here}",
        "",
        "5. not found in this index: no words",
        "   No article in this index has it or anything near. It may have been said all the same.",
        "",
        "6. not found in this index: nor these",
        "   No article in this index has it or anything near. It may have been said all the same.",
    ]


def test_nothing_quoted_is_said_so() -> None:
    assert verdicts.verification_lines(Verification((), cut=False)) == ["Nothing is quoted there."]


def test_what_marks_words_that_are_left_out_is_not_told_as_the_quotations_own() -> None:
    shown = (
        Segment(Change.EQUAL, "They said ", "They said "),
        Segment(Change.LEFT_OUT, "[…] ", "never "),
        Segment(Change.EQUAL, "so", "so"),
    )
    found = finding("They said […] so", Verdict.SHORTENED, THERE, segments=shown)
    lines = verdicts.verification_lines(Verification((found,), cut=False))
    assert lines[0] == "1 quotation: 1 exact with words left out."
    assert lines[3].strip() == "They said […] [only in the article: never] so"


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("telling", [True, False])
def test_no_verdict_claims_more_than_the_index_shows(verdict: Verdict, telling: bool) -> None:
    found = finding("some words", verdict, HERE, telling=telling, parts=(Part(0, 4, (HERE,)),), outlets=("Post",))
    found = replace(found, until=datetime(2026, 11, 22, tzinfo=UTC) if verdict is Verdict.CORRECTED else None)
    told = "\n".join(verdicts.verification_lines(Verification((found,), cut=False))).lower()
    for claim in ("fabricat", "invent", "false", "fake", "wrong", "did not say", "never said", "lie"):
        assert claim not in told
    assert ("in this index" in told) or verdict in {
        Verdict.EXACT,
        Verdict.SHORTENED,
        Verdict.ALTERED,
        Verdict.STITCHED,
        Verdict.CORRECTED,
    }
    assert ("so few words say little" in told) == (not telling)


@given(st.text(st.sampled_from("ab \n…"), max_size=300), st.integers(4, 100))
def test_brief_words_are_the_beginning_and_the_end(text: str, limit: int) -> None:
    brief = wording.brief(text, limit)
    if len(text) <= limit:
        assert brief == text
    else:
        first, last = brief.split(f" {wording.TRIMMED} ")
        assert text.startswith(first)
        assert text.endswith(last)
        assert len(first) + len(last) <= limit
