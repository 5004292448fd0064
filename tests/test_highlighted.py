"""Links to the very words of an excerpt, followed by a real browser: it highlights these words and no others."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import browser
import pytest
import regex
from browser import STYLE, Browser, Seen
from conftest import SEEDS

from bot.directive import words_link
from index.corpus import read_corpus
from index.model import Article, Source, Span
from index.passages import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SOURCE = Source("a", "A title", True, None, None, None, "https://paper.test/a", None, "0" * 64)
# What texts are made of by chance: words that stand in them more than once, and what is hard about their ends.
WORDS = (
    "a", "A", "ab", "pier", "Pier", "piers", "the", "no.", "“no”", "‘No’,", '"no"', "é", "e", "café", "b-c", "re-open",
    "x,y", "&", "A&B", "1,000", "12", "$5", "5%", "don’t", "don't", "(so)", "[…]", "…", "–", "U.S.", "st.", "Straße",
    "俄国。", "他说，", "はい、", "мост", "İ", "ﬁn", "a/b", "#tag", "@name", "naïve", "NAÏVE", "œuvre",
)  # fmt: skip
_AT_ONCE = 10
BLANKS = (" ", " ", " ", " ", " ", "\n", "\n\n", "\u00a0")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = browser.installed()
    if program is None:
        pytest.skip(f"none of {', '.join(browser.NAMES)} is installed")
    with browser.opened(program) as opened:
        yield opened


def saved(article: Article, file: Path, *, inline: bool = False) -> Path:
    """A page of an article: its headline, unless the text begins with it, and each line a paragraph."""
    title = article.source.title
    head = [f"<h1>{escape(title)}</h1>"] if article.source.title_given and not article.text.startswith(title) else []
    lines = [escape(line) for line in article.text.split("\n") if line.strip()]
    if inline:
        # What pages set in italics and link to begins and ends anywhere.
        lines = [re.sub(r"(\S+ \S+ )(\S+)", r"\1<a href='#'>\2</a>", line) for line in lines]
    body = "\n".join([*head, *(f"<p>{line}</p>" for line in lines)])
    file.write_text(f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{body}", encoding="utf-8")
    return file


def directive(article: Article, span: Span) -> str:
    return words_link(article, span).partition(":~:")[2]


def marked(text: str) -> str:
    """The characters of a text that a page shows, as far as their colour is the page's."""
    return regex.sub(browser.UNPAINTED, "", text)


def look(chromium: Browser, article: Article, spans: Sequence[Span], page: Path) -> None:
    """Follow a link to spans, in their order in the text, and assert that exactly they are highlighted."""
    shown = len(marked(article.text))

    def expected(seen: Seen) -> bool:
        lit = [False] * len(seen.characters)
        for span in spans:
            begin = len(seen.characters) - shown + len(marked(article.text[: span.start]))
            end = begin + len(marked(article.text[span.start : span.end]))
            lit[begin:end] = [True] * (end - begin)
        return seen.highlighted == lit

    seen = chromium.look(page, "&".join(directive(article, span) for span in spans), expected)
    words = "".join(marked(article.text[span.start : span.end]) for span in spans)
    assert expected(seen), (seen.words, words, article.text)
    assert seen.in_sight


@pytest.mark.parametrize("inline", [False, True])
def test_every_passage_of_the_seed_articles_is_highlighted(chromium: Browser, tmp_path: Path, inline: bool) -> None:
    for number, read in enumerate(read_corpus(SEEDS).articles):
        article = replace(read, source=replace(read.source, url=SOURCE.url))
        page = saved(article, tmp_path / f"{number}.html", inline=inline)
        spans = [Span(passage.start, passage.end) for passage in split(article)]
        spans = [span for span in spans if directive(article, span)]
        # Some at once, so that those between are seen to be left alone; of more than some fifteen not all are followed.
        apart = max(2, len(spans) // _AT_ONCE)
        for first in range(apart):
            look(chromium, article, spans[first::apart], page)


@pytest.mark.parametrize("seed", range(6))
def test_any_words_are_highlighted_or_have_no_link(chromium: Browser, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choice(WORDS) + chance.choice(BLANKS) for _ in range(120)).strip()
    article = Article(SOURCE, text)
    page = saved(article, tmp_path / "page.html", inline=seed % 2 == 1)
    words = [Span(*word.span()) for word in re.finditer(r"\S+", text)]
    spans, at, linked = [], 0, 0
    while at < len(words) - 14:
        first = at + chance.randrange(3)
        last = first + chance.choice((0, 1, 2, 3, 5, 9, 12))
        spans.append(Span(words[first].start, words[last].end))
        at = last + 2
    linked = [span for span in spans if directive(article, span)]
    assert len(linked) > len(spans) / 2
    for some in (linked[::2], linked[1::2]):
        look(chromium, article, some, page)
