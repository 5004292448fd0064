from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from conftest import SEEDS
from hypothesis import given, settings
from hypothesis import strategies as st

from index.corpus import read_corpus
from index.model import Article, Kind, Source, Span
from index.passages import MAX_PASSAGE_CHARS, paragraph_spans, sentences, split

if TYPE_CHECKING:
    from index.model import Passage


def article(text: str, body_start: int = 0, language: str | None = None) -> Article:
    return Article(Source("a", "A", False, None, None, None, None, language, "0" * 64), text, body_start, language)


def paragraphs(text: str) -> list[str]:
    made = article(text)
    return [text[span.start : span.end] for span in paragraph_spans(made)]


def kinds(text: str) -> list[Kind]:
    return [passage.kind for passage in split(article(text))]


@pytest.fixture(scope="module")
def seeds() -> dict[str, Article]:
    return {made.source.id[:3]: made for made in read_corpus(SEEDS).articles}


# --- what holds for any text ---------------------------------------------------------------------------------------

# Words, marks and breaks that newsrooms leave, so that paragraphs, repeats, captions and embeds come up often.
_WORDS = ["Kyiv said no.", "Mr. Smith", "He", "“Yes!”", "U.S. troops", "🇷🇺🇺🇦", "e\u0301", "3.5", "https://a.b/c.d?e"]
_MARKS = [
    "Also Read: More",
    "Pictured: A dome",
    "pic.twitter.com/abc",
    "— A (@a) May 3, 2023",
    ". ",
    "? ",
    "。",
    "“",
    "(",
]
_SPACE = ["\n", "\n\n", "\n \n", "\n\n\n\n", "\t", "  ", "\u00a0", "\u2028", "\x0b", "\x85", "\x1c", "\u200b"]
_LONG = ["word " * 12, "Word. " * 40, "x" * 300]
_PIECES = st.sampled_from([*_WORDS, *_MARKS, *_SPACE, *_LONG])
_TEXTS = st.one_of(st.lists(_PIECES, max_size=30).map("".join), st.text(st.characters(codec="utf-8"), max_size=200))


def check(made: Article) -> list[Passage]:
    """Everything that must hold for the passages of an article."""
    text, spans, passages = made.text, paragraph_spans(made), split(made)
    covered = [False] * len(text)
    for passage in passages:
        assert 0 <= made.body_start <= passage.start < passage.end <= len(text)
        assert passage.source is made.source
        assert passage.text == text[passage.start : passage.end] == passage.text.strip()
        paragraph = spans[passage.paragraph - 1]
        assert paragraph.start <= passage.start
        assert passage.end <= paragraph.end
        assert all(line.strip() for line in passage.text.split("\n"))  # no blank line within
        assert passage.sentences
        assert (passage.sentences[0].start, passage.sentences[-1].end) == (passage.start, passage.end)
        for span in passage.sentences:
            assert passage.start <= span.start < span.end <= passage.end
            words = text[span.start : span.end]
            assert words == passage.words(span) == words.strip() != ""
        assert all(a.end <= b.start and not text[a.end : b.start].strip() for a, b in pairwise(passage.sentences))
        assert len(passage.text) <= MAX_PASSAGE_CHARS or len(passage.sentences) == 1
        covered[passage.start : passage.end] = [True] * len(passage.text)
    assert all(a.end <= b.start for a, b in pairwise(passages))
    assert all(a.paragraph <= b.paragraph for a, b in pairwise(passages))

    seen: set[str] = set()
    for number, span in enumerate(spans, start=1):
        words = text[span.start : span.end]
        own = [passage for passage in passages if passage.paragraph == number]
        assert bool(own) == (words not in seen)  # a repeated paragraph is left out, and only that
        assert len({passage.kind for passage in own}) <= 1
        seen.add(words)
        if own:
            assert all(covered[n] or text[n].isspace() for n in range(span.start, span.end))
    assert all(a.end < b.start for a, b in pairwise(spans))
    inside = {n for span in spans for n in range(span.start, span.end)}
    assert all(text[n].isspace() for n in range(made.body_start, len(text)) if n not in inside)
    return passages


@given(_TEXTS)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_any_text_is_cut_without_loss_and_with_exact_offsets(text: str) -> None:
    check(article(text))


@given(_TEXTS, st.integers(0, 40))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_a_header_is_never_part_of_a_passage(text: str, body_start: int) -> None:
    check(article("x" * body_start + text, body_start))


@pytest.mark.parametrize("language", ["en", "de", "zh", "ar", "hi", "pt-BR", "xx", "tlh"])
def test_any_language_code_keeps_the_offsets_exact(language: str) -> None:
    text = "Первый. Второй! 你好。再见。 هل هذا؟ نعم. यह है। वह है। Dr. Who? Ja."
    assert len(check(article(text, language=language))) == 1


@pytest.mark.parametrize(("language", "count"), [("de", 2), ("en", 3), (None, 3)])
def test_sentences_end_as_the_language_of_the_article_has_it(language: str | None, count: int) -> None:
    (passage,) = split(article("Der 3. Oktober ist da. Ja.", language=language))
    assert len(passage.sentences) == count


def test_the_seeds_are_cut_without_loss(seeds: dict[str, Article]) -> None:
    for made in seeds.values():
        check(made)


def test_no_text_no_passages() -> None:
    assert split(article("")) == split(article(" \n\n ")) == []


# --- the seeds -----------------------------------------------------------------------------------------------------

CAPTIONS_OF_001 = {
    6: "Pictured: A fireball is seen rising over the Kremlin after an alleged drone strike by Ukraine",
    7: "Pictured: An explosion is seen (left) over the Kremlin.",
    19: "Russia has accused Ukraine of attempting to assassinate Vladimir Putin in a double drone strike",
    20: "Pictured: A plume of smoke rises over the illuminated spires of the Kremlin overnight",
    50: "Pictured: What appears to be a drone is seen flying over the Kremlin overnight",
    51: "Pictured: An explosion erupts over the Kremlin in a purported drone strike in Moscow",
    52: "People are seen on the dome of the Kremlin Senate building in central Moscow, May 3, after the purported",
    66: "The Kremlin said on Wednesday it shot down two drones launched by Ukraine that it said were part of",
    90: "In this file photo taken on March 15, 2023 a ‘No Drone Zone’ sign sits in central Moscow",
    91: "A group of police officers stand at the corner of the GUM department store in the empty Red Square, closed",
}


def of_kind(made: Article, kind: Kind) -> dict[int, str]:
    return {passage.paragraph: passage.text for passage in split(made) if passage.kind is kind}


@pytest.mark.parametrize(("name", "count"), [("000", 22), ("001", 95), ("002", 14), ("003", 10), ("004", 15)])
def test_seed_paragraphs_are_those_between_blank_lines(seeds: dict[str, Article], name: str, count: int) -> None:
    made = seeds[name]
    blocks = [block.strip() for block in made.text[made.body_start :].split("\n\n") if block.strip()]
    assert [made.text[span.start : span.end] for span in paragraph_spans(made)] == blocks
    assert len(blocks) == count


def test_seed_000_and_003_are_prose_throughout(seeds: dict[str, Article]) -> None:
    for name in ("000", "003"):
        assert {passage.kind for passage in split(seeds[name])} == {Kind.BODY}


def test_seed_001_has_its_captions_punctuated_or_not_and_no_other(seeds: dict[str, Article]) -> None:
    found = of_kind(seeds["001"], Kind.CAPTION)
    assert found.keys() == CAPTIONS_OF_001.keys()
    for number, opening in CAPTIONS_OF_001.items():
        assert found[number].startswith(opening)
    assert {passage.kind for passage in split(seeds["001"])} == {Kind.BODY, Kind.CAPTION}


def test_seed_002_has_two_related_links(seeds: dict[str, Article]) -> None:
    assert of_kind(seeds["002"], Kind.RELATED) == {
        6: "Also Read: Assam: Bir Lachit Sena leader Shrinkhal Chaliha arrested again",
        10: "Also Read: Russian missile strikes kill 25 in Ukraine",
    }
    assert {passage.kind for passage in split(seeds["002"])} == {Kind.BODY, Kind.RELATED}


def test_seed_004_has_a_tweet_of_three_paragraphs_and_a_repeated_caption_once(seeds: dict[str, Article]) -> None:
    made = seeds["004"]
    embed = of_kind(made, Kind.EMBED)
    assert sorted(embed) == [10, 11, 12]
    assert embed[10].startswith("🇷🇺🇺🇦 At night,")
    assert embed[12].endswith("pic.twitter.com/Iq7wCw4z6D — Zlatti71 (@djuric_zlatko) May 3, 2023")
    assert list(of_kind(made, Kind.CAPTION)) == [3]
    numbers = [passage.paragraph for passage in split(made)]
    assert numbers == [1, 2, 3, *range(5, 16)]
    third, fourth = (made.text[span.start : span.end] for span in paragraph_spans(made)[2:4])
    assert third == fourth
    assert made.text.count(third) == 2


# --- paragraphs ----------------------------------------------------------------------------------------------------


def test_hard_wrapped_lines_are_one_paragraph() -> None:
    first = "The mayor said on Monday that the bridge\nwould stay closed for the whole of the\nweek. Nobody was hurt."
    second = "Repairs begin on Tuesday, the council\nadded in a note."
    text = f"{first}\n\n{second}\n"
    assert paragraphs(text) == [first, second]
    assert [text[s.start : s.end] for s in split(article(text))[0].sentences] == [
        "The mayor said on Monday that the bridge\nwould stay closed for the whole of the\nweek.",
        "Nobody was hurt.",
    ]


def test_one_line_per_paragraph_is_that_many_paragraphs() -> None:
    lines = ["The bridge is closed.", "“It will stay so,” the mayor said.", "Nobody was hurt. Repairs begin."]
    assert paragraphs("\n".join(lines)) == lines


def test_long_lines_are_paragraphs_even_when_unfinished() -> None:
    lines = ["word " * 30 + "end", "word " * 30 + "end", "last"]
    assert paragraphs("\n".join(lines)) == lines


def test_half_of_the_lines_unfinished_is_not_yet_hard_wrapping() -> None:
    assert len(paragraphs("One line is unfinished\nThis one is finished.\nThe last.")) == 3


@pytest.mark.parametrize("blank", ["\n\n", "\n \t\n", "\n\n\n\n", "\n\u00a0\n", "\n\x0b\n"])
def test_a_line_without_ink_parts_paragraphs(blank: str) -> None:
    assert paragraphs(f"  wrapped words that go{blank}on without an end ") == [
        "wrapped words that go",
        "on without an end",
    ]


def test_paragraph_numbers_count_repeats_and_every_kind() -> None:
    text = "One.\n\nAlso Read: Two\n\nOne.\n\nFour."
    assert [(p.paragraph, p.text, p.kind) for p in split(article(text))] == [
        (1, "One.", Kind.BODY),
        (2, "Also Read: Two", Kind.RELATED),
        (4, "Four.", Kind.BODY),
    ]


# --- sentences and size --------------------------------------------------------------------------------------------


def test_offsets_count_characters_and_not_bytes_or_code_units() -> None:
    text = "🇺🇦🇺🇦 Été. 𝔘nd 日本。 Ende."
    (passage,) = check(article(text))
    assert passage.sentences[0] == Span(0, 9)
    assert passage.words(passage.sentences[0]) == "🇺🇦🇺🇦 Été."
    assert passage.end == len(text)


def test_sentence_bounds_are_shifted_and_carry_no_white_space() -> None:
    assert sentences("  One.  Two. ", offset=10) == [Span(12, 16), Span(18, 22)]
    assert sentences(" \n ") == []


def test_abbreviations_do_not_end_a_sentence() -> None:
    assert len(sentences("Mr. Putin met Dr. Smith at 2:30 a.m. local time.")) == 1


def test_a_long_paragraph_becomes_passages_of_whole_sentences_up_to_the_limit() -> None:
    sentence = "A" + "b" * 98 + "."
    text = " ".join([sentence] * 25)  # 101 characters each with its space: 9 of them are 908, 10 are 1009
    made = check(article(text))
    assert [len(passage.sentences) for passage in made] == [9, 9, 7]
    assert {passage.paragraph for passage in made} == {1}


def test_a_passage_may_be_exactly_as_long_as_the_limit() -> None:
    fits = "A" * 498 + ". " + "B" * 499 + "."
    assert len(fits) == MAX_PASSAGE_CHARS
    assert len(split(article(fits))) == 1
    assert len(split(article(fits[:-1] + "B."))) == 2


def test_a_sentence_longer_than_the_limit_stands_alone_and_whole() -> None:
    long = "Long " + "word " * 400 + "end."
    assert [p.text for p in check(article(f"Short one. {long} Short two."))] == ["Short one.", long, "Short two."]


# --- kinds ---------------------------------------------------------------------------------------------------------

PROSE = "\n\n".join(f"Sentence number {n} is finished." for n in range(8))


@pytest.mark.parametrize(
    "line",
    ["Also Read: Another", "READ MORE: Another", "Related stories – Another", "See also | Another", "Read next: x"],
)
def test_links_to_other_stories_are_related(line: str) -> None:
    assert kinds(f"{PROSE}\n\n{line}\n\nMore.")[8] is Kind.RELATED


@pytest.mark.parametrize(
    "line", ["Read the report.", "Also read by many: nobody.", "Related: " + "long words " * 40 + ".", "Readmore: x"]
)
def test_prose_about_reading_is_not_a_related_link(line: str) -> None:
    assert kinds(f"{PROSE}\n\n{line}\n\nMore.")[8] is Kind.BODY


@pytest.mark.parametrize(
    "line",
    [
        "Pictured: The dome.",
        "Photo: Reuters",
        "The dome in Moscow. Pictured: The dome.",
        "In this undated handout photo the dome is seen.",
        "A long line of nine words that never really ends",
    ],
)
def test_captions_are_told_by_their_mark_or_by_their_open_end(line: str) -> None:
    assert kinds(f"{PROSE}\n\n{line}\n\nMore.")[8] is Kind.CAPTION


@pytest.mark.parametrize(
    "line",
    [
        "A short subheading",
        "A photo was published.",
        "He said “enough of this now I am leaving.”",
        "It ended after eight or even more words…",
    ],
)
def test_subheadings_and_finished_lines_are_prose(line: str) -> None:
    assert kinds(f"{PROSE}\n\n{line}\n\nMore.")[8] is Kind.BODY


@pytest.mark.parametrize(("words", "kind"), [(7, Kind.BODY), (8, Kind.CAPTION)])
def test_an_unfinished_line_is_a_caption_from_eight_words_on(words: int, kind: Kind) -> None:
    assert kinds(f"{PROSE}\n\n{'word ' * words}\n\nMore.")[8] is kind


@pytest.mark.parametrize(("unfinished", "kind"), [(2, Kind.CAPTION), (3, Kind.BODY)])
def test_unfinished_lines_are_captions_only_where_three_of_four_paragraphs_end(unfinished: int, kind: Kind) -> None:
    lines = [f"This is line number {n} of the unfinished ones" for n in range(unfinished)]
    assert kinds("\n\n".join([PROSE, *lines]))[8:] == [kind] * unfinished


def test_a_headline_without_an_end_is_no_caption() -> None:
    assert kinds(f"A headline of nine words that has no end\n\n{PROSE}")[0] is Kind.BODY


def test_where_nothing_ends_in_a_full_stop_nothing_is_a_caption() -> None:
    line = "A long line of nine words that never really ends"
    assert kinds("\n\n".join(f"{line} {n}" for n in range(5))) == [Kind.BODY] * 5


POST = "— Name (@handle_1) May 3, 2023"


@pytest.mark.parametrize(
    "end", [POST, "see pic.twitter.com/abc123", "&mdash; Name (@h) June 12, 2021", f"pic.twitter.com/a {POST}"]
)
def test_a_signed_post_is_an_embed(end: str) -> None:
    assert kinds(f"{PROSE}\n\nA post. {end}\n\nMore.")[8:] == [Kind.EMBED, Kind.BODY]


def test_a_post_reaches_back_over_wide_gaps_only_and_not_without_end() -> None:
    wide = "\n\n\n\n".join(f"Post line {n}." for n in range(3))
    assert kinds(f"{PROSE}\n\n{wide} {POST}\n\nMore.")[7:] == [Kind.BODY, *[Kind.EMBED] * 3, Kind.BODY]
    long = "\n\n\n\n".join(f"Post line {n}." for n in range(8))
    assert kinds(f"{PROSE}\n\n{PROSE.replace('S', 'T')}\n\n{long} {POST}").count(Kind.EMBED) == 6


def test_a_post_named_in_mid_sentence_is_prose() -> None:
    assert kinds(f"{PROSE}\n\nThe link pic.twitter.com/abc123 was shared widely.")[8] is Kind.BODY


@pytest.mark.parametrize("blank", "\u00a0\u2009\u202f\u3000\u2003\t")
def test_a_blank_of_any_kind_before_a_full_stop_is_a_blank(blank: str) -> None:
    words = f"A{blank}. Smith came. He{blank}left."
    spans = sentences(words)
    assert [words[span.start : span.end] for span in spans][-1] == f"He{blank}left."
