from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import credit
from bot.answer import EXCERPT_CHARS, RELATIVE_FLOOR, Reason, compose, is_question, refuse, sought
from index.model import Kind, Passage, Source, Span
from index.search import Hit, Ranking, SentenceHit


def source(name: str) -> Source:
    return Source(name, f"Title of {name}", True, None, None, None, None, None, "0" * 64)


def hit(name: str, sentences: list[tuple[str, float]], paragraph: int = 1, offset: int = 0) -> Hit:
    """A hit whose passage is the sentences with a space between, `offset` characters into the article."""
    text = " ".join(words for words, _ in sentences)
    spans, at = [], offset
    for words, _ in sentences:
        spans.append(Span(at, at + len(words)))
        at += len(words) + 1
    passage = Passage(source(name), offset, offset + len(text), text, paragraph, Kind.BODY, tuple(spans))
    scored = tuple(SentenceHit(passage, span, score, {}) for span, (_, score) in zip(spans, sentences, strict=True))
    best = max(scored, key=lambda s: s.score)
    return Hit(passage, best.span, best.score, scored)


def ranking(*hits: Hit) -> Ranking:
    return Ranking(tuple(sorted(hits, key=lambda h: -h.score)), 1.0)


def test_different_articles_come_before_a_second_from_the_same() -> None:
    hits = [hit("a", [("One a.", 1.0)]), hit("a", [("Two a.", 0.95)], 2, 50), hit("b", [("One b.", 0.9)])]
    excerpts = compose(ranking(*hits), 3)
    assert [(e.number, e.text) for e in excerpts] == [(1, "One a."), (2, "One b."), (3, "Two a.")]
    assert [e.text for e in compose(ranking(*hits), 2)] == ["One a.", "One b."]


def test_a_far_lower_score_is_left_out() -> None:
    near, far = RELATIVE_FLOOR + 0.01, RELATIVE_FLOOR - 0.01
    excerpts = compose(ranking(hit("a", [("A.", 1.0)]), hit("b", [("B.", near)]), hit("c", [("C.", far)])), 3)
    assert [e.text for e in excerpts] == ["A.", "B."]


def test_the_same_words_are_quoted_once_and_their_other_places_named() -> None:
    excerpts = compose(
        ranking(hit("a", [("Same words.", 1.0)], 3), hit("b", [("Same words.", 0.9)], 7), hit("c", [("Other.", 0.8)])),
        3,
    )
    assert [e.text for e in excerpts] == ["Same words.", "Other."]
    assert [(p.source.id, p.paragraph) for p in excerpts[0].also_in] == [("b", 7)]
    assert excerpts[1].also_in == ()
    assert "Title of b" in credit.also_in(excerpts[0])[0]


NEAR = "The Kremlin said {} drones were shot down over Moscow on Wednesday, and two people were injured."


def test_nearly_the_same_words_are_quoted_once_and_their_other_places_say_what_differs() -> None:
    hits = [
        hit("a", [(NEAR.format("five"), 1.0)], 3),
        hit("b", [(f"MOSCOW - {NEAR.format('seven')}", 0.9)], 7),
        hit("a", [(NEAR.format("some five"), 0.85)], 9, 500),
        hit("c", [("Other.", 0.8)]),
    ]
    excerpts = compose(ranking(*hits), 3)
    assert [e.text for e in excerpts] == [NEAR.format("five"), "Other."]
    assert [(p.source.id, p.paragraph, [(d.quoted, d.printed) for d in p.differing]) for p in excerpts[0].also_in] == [
        ("b", 7, [("five", "seven")]),
        ("a", 9, [("", "some")]),
    ]
    assert excerpts[1].also_in == ()


def test_words_within_a_longer_sentence_are_not_the_same_whatever_language_tells_sentences_apart() -> None:
    hits = [
        hit("a", [("Russia attacked Kyiv.", 1.0)]),
        hit("b", [("Nobody believes that Russia attacked Kyiv.", 0.9)]),
        hit("c", [("They met Dr.", 0.1), ("Russia attacked Kyiv.", 0.8)]),  # one sentence by the rules of English
    ]
    assert [place.source.id for place in compose(ranking(*hits), 3)[0].also_in] == ["c"]


def test_another_sentence_beside_nearly_the_same_words_may_be_quoted() -> None:
    beside = [(NEAR.format("seven"), 0.2), (f"Nobody saw {FILLER}.", 0.9)]
    first, second = compose(ranking(hit("a", [(NEAR.format("five"), 1.0)]), hit("b", beside)), 3)
    assert (first.text, second.text) == (NEAR.format("five"), beside[1][0])
    assert [p.source.id for p in first.also_in] == ["b"]
    assert second.also_in == ()
    # And if it is quoted together with them.
    whole = [(NEAR.format("seven"), 0.9), ("Nobody saw any of them, or said so.", 0.8)]
    _, second = compose(ranking(hit("a", [(NEAR.format("five"), 1.0)]), hit("b", whole)), 3)
    assert second.text == " ".join(words for words, _ in whole)


def test_a_short_paragraph_is_quoted_whole() -> None:
    (excerpt,) = compose(ranking(hit("a", [("First one.", 0.1), ("Second one.", 1.0)], offset=7)), 3)
    assert (excerpt.text, excerpt.start, excerpt.end) == ("First one. Second one.", 7, 29)
    assert not excerpt.trimmed_before
    assert not excerpt.trimmed_after


def test_a_long_paragraph_is_trimmed_to_the_best_sentence_and_its_better_neighbour() -> None:
    long = "x" * (EXCERPT_CHARS // 2 - 10)
    parts = [(f"A{long}.", 0.2), (f"B{long}.", 1.0), (f"C{long}.", 0.5), (f"D{long}.", 0.9)]
    (excerpt,) = compose(ranking(hit("a", parts)), 1)
    assert excerpt.text == f"B{long}. C{long}."
    assert excerpt.trimmed_before
    assert excerpt.trimmed_after


FILLER = "x" * EXCERPT_CHARS


@pytest.mark.parametrize(
    "opening", ["He said so.", "‘They must go,’ she said.", "Its roof burned.", "The statement said so."]
)
def test_a_sentence_that_leans_on_the_one_before_brings_it_along(opening: str) -> None:
    parts = [(f"A{FILLER}.", 0.1), ("The mayor spoke.", 0.2), (opening, 1.0), (f"B{FILLER}.", 0.5)]
    (excerpt,) = compose(ranking(hit("a", parts)), 1)
    assert excerpt.text == f"The mayor spoke. {opening}"


@pytest.mark.parametrize(("begin", "end"), ["“”", "‘’"])
def test_a_quotation_keeps_its_speaker_and_is_not_broken_off(begin: str, end: str) -> None:
    said = [
        (f"{begin}We didn’t do it.", 0.2),
        ("We leave it to the court.", 0.1),
        (f"We defend cities,{end} Ann said.", 0.1),
    ]
    for best in range(3):
        parts = [(sentence, 1.0 if n == best else score) for n, (sentence, score) in enumerate(said)]
        parts = [(f"A{FILLER}.", 0.0), *parts, (f"B{FILLER}.", 0.5)]
        (excerpt,) = compose(ranking(hit("a", parts)), 1)
        assert excerpt.text == " ".join(sentence for sentence, _ in said)


def test_an_apostrophe_is_no_quotation() -> None:
    parts = [(f"A{FILLER}.", 0.1), ("Putin’s plan isn’t known.", 1.0), (f"B{FILLER}.", 0.5)]
    (excerpt,) = compose(ranking(hit("a", parts)), 1)
    assert excerpt.text == "Putin’s plan isn’t known."


def test_a_sentence_longer_than_the_limit_is_not_cut() -> None:
    huge = "y" * (EXCERPT_CHARS * 3) + "."
    (excerpt,) = compose(ranking(hit("a", [("Before.", 0.3), (huge, 1.0), ("After.", 0.3)])), 1)
    assert excerpt.text == huge


def answering(hit: Hit, words: str) -> Hit:
    """A hit with the words in its passage that answer."""
    start = hit.passage.start + hit.passage.text.index(words)
    return replace(hit, answer=Span(start, start + len(words)))


def test_the_words_that_answer_are_marked_without_white_space_around_them() -> None:
    parts = [("It was late.", 0.1), ("Ann  said no.", 1.0)]
    for words, marked in (("Ann", "Ann"), (" Ann ", "Ann"), (". Ann  said no.", ". Ann  said no."), ("  ", None)):
        (excerpt,) = compose(ranking(answering(hit("a", parts, offset=7), words)), 1)
        assert excerpt.text == "It was late. Ann  said no."
        assert (excerpt.answer and excerpt.passage.words(excerpt.answer)) == marked
        assert "".join(excerpt.parts) == excerpt.text
        assert excerpt.parts[1] == (marked or "")
    (unmarked,) = compose(ranking(hit("a", parts)), 1)
    assert unmarked.answer is None


def test_an_excerpt_is_cut_around_the_words_that_answer() -> None:
    long = "x" * (EXCERPT_CHARS - 20)
    parts = [(f"A{long}.", 0.2), ("Ann spoke.", 0.3), ("She said no.", 1.0), (f"B{long}.", 0.9), ("C.", 0.1)]
    for words, text in (
        ("no", "Ann spoke. She said no."),
        ("Ann spoke. She", "Ann spoke. She said no."),
        # Whole sentences, however long.
        ("xx. Ann", f"A{long}. Ann spoke. She said no."),
        ("no. Bx", f"Ann spoke. She said no. B{long}."),
        ("spoke. She said no. Bx", f"Ann spoke. She said no. B{long}."),
    ):
        (excerpt,) = compose(ranking(answering(hit("a", parts), words)), 1)
        assert excerpt.text == text
        assert excerpt.parts[1] == words


SENTENCE = st.tuples(
    st.text(st.characters(codec="utf-8", exclude_categories=["Zs", "Cc"]), min_size=1, max_size=200),
    st.floats(0.0, 1.0),
)


MARKS = st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0))


def marked_within(hit: Hit, first: float, last: float) -> Hit:
    """A hit with what stands between two shares of its passage as the words that answer."""
    start, end = (hit.passage.start + int(share * len(hit.passage.text)) for share in sorted((first, last)))
    return replace(hit, answer=Span(start, end))


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.lists(SENTENCE, min_size=1, max_size=6), st.none() | MARKS),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 6),
)
def test_any_ranking_gives_whole_sentences_in_order(
    parts: list[tuple[str, list[tuple[str, float]], tuple[float, float] | None]], count: int
) -> None:
    hits = [hit(name, sentences, n + 1, n * 10_000) for n, (name, sentences, _) in enumerate(parts)]
    marks = [mark for *_, mark in parts]
    hits = [marked_within(one, *mark) if mark else one for one, mark in zip(hits, marks, strict=True)]
    answers = {one.passage: one.answer for one in hits}
    excerpts = compose(ranking(*hits), count)
    assert 1 <= len(excerpts) <= count
    assert [e.number for e in excerpts] == list(range(1, len(excerpts) + 1))
    assert excerpts[0].score == max(h.score for h in hits)
    for excerpt in excerpts:
        passage = excerpt.passage
        assert passage.words(Span(excerpt.start, excerpt.end)) == excerpt.text
        assert excerpt.start in {s.start for s in passage.sentences}
        assert excerpt.end in {s.end for s in passage.sentences}
        assert excerpt.score >= RELATIVE_FLOOR * excerpts[0].score
        assert excerpt.trimmed_before == (excerpt.start > passage.start)
        assert excerpt.trimmed_after == (excerpt.end < passage.end)
        answer = answers[passage]
        assert excerpt.parts[1] == (passage.words(answer).strip() if answer else "")
        assert "".join(excerpt.parts) == excerpt.text
    articles = [e.source.id for e in excerpts]
    firsts = len(set(articles))
    assert len(set(articles[:firsts])) == firsts  # every new article comes before any second excerpt
    for group in (excerpts[:firsts], excerpts[firsts:]):
        assert all(a.score >= b.score for a, b in pairwise(group))


def read(hit: Hit, near: float) -> Hit:
    """A hit whose best sentence is so near, and whose other sentences are as near as can be."""
    sentences = (replace(s, features={"near": near if s.span == hit.best else 1.0}) for s in hit.sentences)
    return replace(hit, sentences=tuple(sentences))


def test_a_refusal_names_what_is_near_and_has_the_nearest_unmarked() -> None:
    far, near = 0.99, 1.0
    hits = [
        read(hit("far", [("One.", 1.0), ("Two.", 0.1)]), far),
        read(answering(hit("a", [("Ann said no.", 0.9)], offset=5), "no"), near),
        read(hit("a", [("Ann said it.", 0.8)], 2, 50), near),
        read(hit("b", [("Bob.", 0.7)]), near),
        read(hit("c", [("Cat.", 0.001)]), near),
        read(hit("d", [("Dan.", 0.0)]), near),
    ]
    refusal = refuse(ranking(*hits), Reason.NOTHING_NEAR, "No.")
    assert [source.id for source in refusal.nearest] == ["a", "b", "c"]
    assert refusal.closest
    assert (refusal.closest.number, refusal.closest.text, refusal.closest.start) == (0, "Ann said no.", 5)
    assert refusal.closest.answer is None
    elsewhere = refuse(ranking(hits[0]), Reason.FILTERED_OUT, "Not there.", answers=True)
    assert [source.id for source in elsewhere.nearest] == ["far"]
    assert elsewhere.closest
    nothing = refuse(ranking(hits[0]), Reason.NOTHING_NEAR, "No.")
    assert (nothing.nearest, nothing.closest) == ((), None)
    assert refuse(Ranking((), 0.0), Reason.NOTHING_NEAR, "No.").closest is None


def test_what_is_a_question() -> None:
    assert is_question("x")
    assert is_question("Чому?")
    for nothing in ("", "  ", "?!", "—", "\n"):
        assert not is_question(nothing)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("library", ["library"]),
        ("Putin", ["Putin"]),
        ("  kherson drones. ", ["kherson", "drones"]),
        ("drone attack!", ["drone", "attack"]),
        ("“drone attack”", ["drone", "attack"]),
        ("the library", ["library"]),
        ("U.S. Zelensky’s", ["U.S", "Zelensky’s"]),
        ("anti-aircraft missile-defence", ["anti-aircraft", "missile-defence"]),
        ("May 9", ["May", "9"]),
        ("Will Smith", ["Smith"]),
        ("talk show", ["talk", "show"]),
        ("Howard", ["Howard"]),
        ("дрони", ["дрони"]),
        ("乌克兰", ["乌克兰"]),
        ("the", ["the"]),
    ],
)
def test_one_or_two_words_that_ask_nothing_are_looked_for(text: str, words: list[str]) -> None:
    assert list(sought(text)) == words


@pytest.mark.parametrize(
    "text",
    ["", "?!", "who", "who?", "Putin?", "攻击？", "Who died", "what’s new", "drones where", "Putin said",
     "didn’t attack", "is war", "Putin resigned", "show drones", "Tell me", "drone attack Kremlin",
     "谁否认了克里姆林宫袭击"],
)  # fmt: skip
def test_whatever_asks_is_a_question(text: str) -> None:
    assert sought(text) == ()


def test_what_was_shown_before_is_skipped_and_the_others_keep_their_numbers() -> None:
    hits = [hit("a", [("One a.", 1.0)]), hit("a", [("Two a.", 0.95)], 2, 50), hit("b", [("One b.", 0.9)])]
    assert [(e.number, e.text) for e in compose(ranking(*hits), 2, skip=1)] == [(2, "One b."), (3, "Two a.")]
    assert compose(ranking(*hits), 2, skip=3) == ()
