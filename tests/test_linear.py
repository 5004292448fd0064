"""What hostile files and messages cost: four times as much of anything takes about four times as long, never sixteen.

Processor time is compared with itself, so that a slow machine makes no difference.
"""

from __future__ import annotations

import io
import json
import time
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from test_read_pdf import pdf, set_lines

from bot.quotations import quotations, verify
from index.findings import Quotation
from index.model import Article, Source, Span
from index.moments import moments
from index.passages import split
from index.quoting import hold
from index.readers import html, mail, markup, text, wire, xml
from index.readers import json as json_reader
from index.readers import pdf as pdf_reader
from index.readers.drafts import UnreadableError, line_finder
from index.readers.formats import reader_of
from index.speech import speeches

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds below which nothing is compared, and what four times as much may cost: 4 if it is linear, 16 if it is square.
ENOUGH = 0.01
MOST = 9.0
PAGE = b"<html><body><article><p>The pier was closed on Monday. The council met in the town.</p>"
SOURCE = Source("a", "t", False, None, None, None, None, None, "x")


def cost(work: Callable[[int], object], size: int) -> float:
    """Seconds of the processor."""
    begun = time.process_time()
    with suppress(UnreadableError):
        work(size)
    return time.process_time() - begun


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """`work` does something of a size; that it is long enough for what is square to be seen is for the caller."""
    measured = []
    for _ in range(3):  # the processor's caches may be another's for a while
        large = cost(work, size * 4)
        if large < MOST * ENOUGH:
            return
        small = cost(work, size)
        if large < MOST * small:
            return
        measured.append((small, large))
    raise AssertionError(f"seconds for {size} and for {size * 4}: {measured}")


def repeated(part: str, size: int) -> str:
    return part * (size // len(part))


PDFS = {
    "a word that ends in a hyphen": lambda n: set_lines(["a" * n + "-", "b c"]),
    "words that end in hyphens": lambda n: set_lines([f"{'a' * 60}-"] * (n // 60), leading=0.001),
    "a known word in pieces": lambda n: set_lines(["ab" * 30, *["ab-"] * (n // 4)], leading=0.001),
}


@pytest.mark.parametrize("lines", PDFS)
def test_lines_of_a_pdf_that_are_broken_off(lines: str) -> None:
    assert_linear(lambda n: list(pdf_reader.read(io.BytesIO(pdf(PDFS[lines](n))))), 2_000)


PAGES = {
    "elements that are not shown": lambda n: PAGE + b"<p>" + b"<b hidden>x</b>some text of the page here " * (n // 40),
    "headings and schema.org data": lambda n: (
        PAGE
        + b"<h1>Head line</h1>" * (n // 40)
        + b"<script type='application/ld+json'>"
        + json.dumps([{"@type": "NewsArticle", "headline": f"{number}"} for number in range(n // 40)]).encode()
    ),
    "paragraphs": lambda n: PAGE + b"<p>The council of the town met on Monday.</p>" * (n // 40),
}


@pytest.mark.parametrize("raw", PAGES)
def test_pages(raw: str) -> None:
    assert_linear(lambda n: list(html.read(io.BytesIO(PAGES[raw](n)))), 20_000)


JSON = {
    "escaped quotation marks": lambda n: b'{"a": "' + b'\\"' * n,
    "strings that are not closed": lambda n: b'{"a": [\n' + b'"\\"\\"\\" {\n' * (n // 10),
    "items in items": lambda n: b"[\n" + b"{\n" * n + b"}\n" * n + b"]",
    "items that are not closed": lambda n: b"[\n" + b'{"text": "a", \n' * (n // 10) + b"]",
    "many bodies": lambda n: json.dumps(
        {"uri": "a", "versioncreated": "2024-01-01", "bodies": [{"value": "long " * n}, *[{"value": "x"}] * (n // 10)]}
    ).encode(),
}


@pytest.mark.parametrize("raw", JSON)
def test_json(raw: str) -> None:
    assert_linear(lambda n: list(json_reader.read(io.BytesIO(JSON[raw](n)))), 4_000)


def test_xml_with_many_bodies() -> None:
    body = b"<body.content><p>%s</p></body.content>"
    assert_linear(
        lambda n: list(
            xml.read(io.BytesIO(b"<nitf><body>" + body % (b"w " * n) + body % b"x" * n + b"</body></nitf>"))
        ),
        2_000,
    )


@pytest.mark.parametrize("part", ["<p ", "<p/", "&amp", "<!--", "<![CDATA[", "<?", " \n", "&lt;p&gt;"])
def test_markup(part: str) -> None:
    assert_linear(lambda n: markup.prose(f"<p>{repeated(part, n)}"), 10_000)


def test_a_text_that_begins_like_a_date_header() -> None:
    assert_linear(lambda n: list(text.read(io.BytesIO(b"date" + b" " * n + b"x"))), 10_000)


HEADS = {
    "a line as of a mailbox": lambda n: "From x" + "1" * n,
    "headers above a wire": lambda n: f"a: b\n{repeated('   ' + chr(10), n)}!\n\neca062 4 i 211 c\nx/\n",
    "marks and spaces": lambda n: "\x01" + repeated(" \x01", n),
}


@pytest.mark.parametrize("head", HEADS)
def test_what_a_file_is(head: str) -> None:
    assert_linear(lambda n: reader_of(HEADS[head](n).encode(), "a.txt"), 2_000)


@pytest.mark.parametrize("part", [" \n", "1", "(", "\x03 ", "\n\n"])
def test_wires(part: str) -> None:
    begin = b"\x01eca062 4 i 211 c   ona 061\n\na/\n\x02Title =\n\n"
    assert_linear(lambda n: list(wire.read(io.BytesIO(begin + repeated(part, n).encode() + b"x\x03"))), 4_000)


@pytest.mark.parametrize("part", ["@", '"', "(", "<", "a:", "<a@b> ", " "])
def test_senders_of_mail(part: str) -> None:
    end = b"x\nMessage-ID: <a@b>\n\nThe ferry waits.\n"
    assert_linear(lambda n: list(mail.read(io.BytesIO(b"From: N" + repeated(part, n).encode() + end))), 4_000)


@pytest.mark.parametrize("part", [" ", "a.", "[", '"a"."', "a = 1\n"])
def test_lines_of_metadata(part: str) -> None:
    assert_linear(lambda n: line_finder(repeated(part, n)), 4_000)


@pytest.mark.parametrize(
    "part", ["“", "The council met. ", "— ", "pic.twitter.com/a ", "\n \n", "a\n", "(@a) ", " \u00a0"]
)
def test_passages(part: str) -> None:
    assert_linear(lambda n: split(Article(SOURCE, f"x{repeated(part, n)}", 0)), 20_000)


@pytest.mark.parametrize("part", ["Monday ", "He will speak on Monday ", "May 3 and ", "“today ", "in 2019 to "])
def test_days_that_a_text_speaks_of(part: str) -> None:
    dated = replace(SOURCE, published=date(2023, 5, 4))

    def read(size: int) -> None:
        for passage in split(Article(dated, repeated(part, size))):
            moments(passage)

    assert_linear(read, 2500)


@pytest.mark.parametrize(
    "part",
    [
        '" ‘!"',
        "‘!s’ b",
        "‘s’ b",
        "'a ",
        "“",
        '"a ',
        "«",
        "» ",
        "> a\n",
        ">>> ",
        "“a\n\n",
        "\n",
        "‚a’ ",
        "'90s ",
        "„a“ ",
    ],
)
def test_quotations_of_a_message(part: str) -> None:
    assert_linear(lambda n: quotations(repeated(part, n)), 20_000)


class OneArticle:
    """As much of a store as a quotation is held against, with one passage that is the whole text."""

    def __init__(self, words: str) -> None:
        self._article = Article(SOURCE, words, 0)

    def article(self, _: str) -> Article:
        return self._article

    def articles_with(self, *_: object) -> list[tuple[Article, list[Span]]]:
        return [(self._article, [Span(0, len(self._article.text))])]

    def outlets(self, _: object) -> list[str]:
        return ["A Paper"]

    def earlier_with(self, *_: object) -> list[object]:
        return []


@pytest.mark.parametrize(
    "part",
    [
        '" ‘!"', "‘!s’ b", "‘s’ b", "'a ", "“", '"a ', "«a» ", "> a\n", ">>> a ", "“a b … a b” ", "“a [a] b” ", "a … ",
        "(a) [", '"a b a" ', "“" + "a b " * 450 + "”",
    ],
)  # fmt: skip
def test_verification_of_as_much_as_is_read(part: str) -> None:
    store: Any = OneArticle(repeated("a b ", 1_000))
    assert_linear(lambda n: verify(repeated(part, n), store), 20_000)


@pytest.mark.parametrize("quoted", ["a", "a a", "a … a", "a a a a … b b b b", "a b x a a a b b a"])
@pytest.mark.parametrize("part", ["a ", "b a ", "a a a a b b b b "])
def test_quotations_held_against_an_article(quoted: str, part: str) -> None:
    quotation = Quotation(quoted, 0, len(quoted))
    assert_linear(lambda n: hold(quotation, OneArticle(repeated(part, n))), 5_000)  # as much of a store as is needed


@pytest.mark.parametrize(
    "part",
    [
        "Ana Ruiz and Eva Soto of the Lugo Party said that “x”, ",
        "“We won,” said Ana Ruiz. “They lost,” she added to us. ",
        "“We won,” he said. ",
        "The vote, Ana Ruiz said,\n\n",
        "Aa Bb ",
    ],
)
def test_who_speaks_in_an_article(part: str) -> None:
    assert_linear(lambda n: speeches(repeated(part, n)), 10_000)
