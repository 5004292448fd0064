"""Links to the very words of an excerpt, held against a reader of text directives that follows their rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import regex
from conftest import SEEDS
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.directive import words_link
from index.corpus import read_corpus
from index.model import Article, Source, Span
from index.passages import split

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Source("a", "Title of a", True, None, None, None, "https://paper.test/a", None, "0" * 64)
# Places between words, by the Unicode annex that browsers follow.
BOUND = regex.compile(r"\b|\A|\Z", regex.WORD | regex.V1)


def found(text: str, link: str) -> Span | None:
    """What a browser finds by the directive of a link in a page whose paragraphs are the lines of a text."""
    given = urlsplit(link).fragment.partition(":~:text=")[2].split(",")
    prefix = unquote(given.pop(0)[:-1]) if given[0].endswith("-") else ""
    suffix = unquote(given.pop()[1:]) if given[-1].startswith("-") else ""
    begin, *rest = map(unquote, given)
    bounds = {bound.start() for bound in BOUND.finditer(text)}

    def places(words: str, at: int, *, start_bound: bool, end_bound: bool) -> Iterator[Span]:
        """Where words stand from a place on, in one line, any blanks for one, with words ending where they must."""
        pattern = r"[^\S\n]+".join(map(regex.escape, words.split(" ")))
        for match in regex.finditer(pattern, text, regex.IGNORECASE | regex.FULLCASE, pos=at, overlapped=True):
            if (match.start() in bounds or not start_bound) and (match.end() in bounds or not end_bound):
                yield Span(*match.span())

    def beyond_blanks(at: int) -> int:
        return len(text) - len(text[at:].lstrip())

    def beginnings() -> Iterator[Span]:
        """Where the quotation may begin: each place once, with what must stand before it."""
        must_end = bool(rest) or not suffix
        if not prefix:
            yield from places(begin, 0, start_bound=True, end_bound=must_end)
            return
        for before in places(prefix, 0, start_bound=True, end_bound=False):
            at = beyond_blanks(before.end)
            match = next(places(begin, at, start_bound=False, end_bound=must_end), None)
            if match and match.start == at:
                yield match

    for match in beginnings():
        ends = places(rest[0], match.end, start_bound=True, end_bound=not suffix) if rest else iter([match])
        for end in ends:
            at = beyond_blanks(end.end)
            after = next(places(suffix, at, start_bound=False, end_bound=True), None) if suffix else None
            if not suffix or (after and after.start == at):
                return Span(match.start, end.end)
        if rest:
            return None
    return None


def article(text: str, **card: object) -> Article:
    return Article(replace(SOURCE, **card), text)


def quoted(text: str, words: str, nth: int = 0) -> Span:
    start = [match.start() for match in regex.finditer(regex.escape(words), text)][nth]
    return Span(start, start + len(words))


def test_a_short_quotation_is_in_its_link_whole_and_a_long_one_by_its_ends() -> None:
    text = "It rained. The mayor said the pier, built in 1901 & closed twice, would not re-open this year. So be it."
    assert words_link(article(text), quoted(text, "So be it.")) == "https://paper.test/a#:~:text=So%20be%20it."
    long = quoted(text, text[11:-10])
    assert (
        words_link(article(text), long)
        == "https://paper.test/a#:~:text=The%20mayor%20said%20the,not%20re%2Dopen%20this%20year."
    )
    assert found(text, words_link(article(text), long)) == long


def test_commas_hyphens_and_ampersands_are_no_syntax() -> None:
    text = "Yes, A&B-C said so."
    assert words_link(article(text), Span(0, len(text))).endswith("#:~:text=Yes%2C%20A%26B%2DC%20said%20so.")


def test_words_that_stand_there_before_are_told_apart_by_those_beside_them() -> None:
    text = (
        'One man said "no". Two men left. One man said “NO”. All of them went on and on and on until they said no. No.'
    )
    second = quoted(text, "One man said “NO”.")
    # The marks alone tell them apart here, and browsers may not look at them.
    assert words_link(article(text), second).endswith(":~:text=men%20left.-,One%20man%20said%20%E2%80%9CNO%E2%80%9D.")
    assert found(text, words_link(article(text), second)) == second
    text = (
        "He said no and then no. He said no and then he went home and slept and ate and said no. Then no. Said no. End."
    )
    whole = Span(24, len(text) - 5)
    assert found(text, words_link(article(text), whole)) == whole


def test_the_headline_stands_above_the_text() -> None:
    text = "Pier closed. The pier is closed."
    assert words_link(article(text, title="Pier closed"), quoted(text, "Pier closed.")).endswith(
        "#:~:text=Pier%20closed."
    )
    text = "Why it is. Pier closed today. More."
    link = words_link(article(text, title="Pier closed today."), quoted(text, "Pier closed today."))
    assert link.endswith("#:~:text=it%20is.-,Pier%20closed%20today.")


def test_what_the_address_has_behind_its_hash_stays_and_another_directive_does_not() -> None:
    text = "So be it."
    for url, begins in (
        ("https://paper.test/a#part", "https://paper.test/a#part:~:text="),
        ("https://paper.test/a#:~:text=other", "https://paper.test/a#:~:text="),
    ):
        assert words_link(article(text, url=url), Span(0, 9)) == f"{begins}So%20be%20it."
    for url in (None, "javascript:alert(1)", "https://user@paper.test/"):
        assert words_link(article(text, url=url), Span(0, 9)) == ""


def test_words_that_nothing_tells_apart_have_no_link() -> None:
    line = "The same line stands here more than once, and nothing tells them apart at all, truly nothing."
    text = "\n".join([line] * 4)
    last = quoted(text, "stands here", 3)
    assert words_link(article(text), last) == ""
    assert words_link(article(text), quoted(text, "stands here", 0)) != ""
    assert words_link(article(text), Span(9, 9)) == ""


def test_every_passage_of_the_seed_articles_is_found_and_no_other_before_it() -> None:
    articles = read_corpus(SEEDS).articles
    passages = [(replace(a, source=replace(a.source, url=SOURCE.url)), p) for a in articles for p in split(a)]
    assert len(passages) > 100
    for whole, passage in passages:
        link = words_link(whole, Span(passage.start, passage.end))
        assert found(whole.text, link) == Span(passage.start, passage.end), passage.text


# Few words in many orders, so that what is quoted stands elsewhere too.
WORDS = st.sampled_from(["a", "A", "ab", "no.", "“no”", "é", "e", "b-c", "x,y", "&", "12", "俄国。", "他说，", "don’t"])
BLANKS = st.sampled_from([" ", " ", " ", "\n", "\n\n", "  ", "\u00a0"])


@settings(max_examples=400)
@given(st.lists(st.tuples(WORDS, BLANKS), min_size=1, max_size=40), st.data())
def test_a_link_finds_the_span_in_the_text_and_nothing_before_it(
    parts: list[tuple[str, str]], data: st.DataObject
) -> None:
    text = "".join(word + blank for word, blank in parts)
    at = [0]
    for word, blank in parts:
        at.append(at[-1] + len(word) + len(blank))
    first = data.draw(st.integers(0, len(parts) - 1))
    last = data.draw(st.integers(first, len(parts) - 1))
    span = Span(at[first], at[last] + len(parts[last][0]))
    link = words_link(article(text), span)
    if link:
        assert found(text, link) == span
