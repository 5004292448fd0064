"""Citations, read again by parsers that others wrote."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import bibtexparser
import pytest
import rispy
from bibtexparser.middlewares import LatexDecodingMiddleware
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import html
from markdown_it import MarkdownIt
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from bot.answer import Excerpt
from bot.citing import Form, cite, csl_item
from bot.tongue import speak
from index.model import Kind, Passage, Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = date(2026, 11, 29)
HASH = "ab" * 32
FULL = Source(
    "a", "Pier & {Sea}", True, "The Paper", "A. Reporter and B. Writer", date(2023, 5, 3), "https://paper.test/a_(b)?c=1%20",
    "en", HASH,
)  # fmt: skip
BARE = Source("b", "It was closed", False, None, None, None, None, None, HASH)


def excerpt(source: Source, text: str = "It was closed at 5 %.", link: str = "") -> Excerpt:
    passage = Passage(source, 10, 10 + len(text), text, 4, Kind.BODY, (Span(10, 10 + len(text)),))
    return Excerpt(1, text, 10, 10 + len(text), passage, 1.0, link=link)


# pylatexenc does not know two commands that LaTeX has, and takes two for other characters than LaTeX does.
CONTEXT = get_default_latex_context_db()
CONTEXT.add_context_category(
    "here",
    prepend=True,
    macros=[
        MacroTextSpec(f"text{name}", mark)
        for name, mark in {"braceleft": "{", "braceright": "}", "asciicircum": "^", "asciitilde": "~"}.items()
    ],
)
LATEX = LatexNodes2Text(latex_context=CONTEXT, keep_braced_groups=False, strict_latex_spaces=True)

LINKED = excerpt(FULL, link="https://paper.test/a_(b)?c=1%20#:~:text=It%20was,%25.")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    yield
    speak("en")


def bibtex(text: str) -> tuple[str, str, dict[str, str], dict[str, str]]:
    """The type and key of the only entry, its fields as they stand, and with LaTeX read."""
    (raw,) = bibtexparser.parse_string(text).entries
    (read,) = bibtexparser.parse_string(text, append_middleware=[LatexDecodingMiddleware(decoder=LATEX)]).entries
    plain, decoded = ({key: field.value for key, field in entry.fields_dict.items()} for entry in (raw, read))
    return raw.entry_type, raw.key, plain, decoded


def quotation(markdown: str) -> tuple[str, str]:
    """The quotation and what stands below it as a reader of the rendered page sees them."""
    quoted, below = html.fragments_fromstring(MarkdownIt().render(markdown))
    # A line end follows in the page's source.
    return quoted.text_content()[1:-1], below.text_content()


def test_each_form_has_what_is_known() -> None:
    told = "A. Reporter and B. Writer, Pier & {Sea}, The Paper, 2023-05-03, paragraph 4"
    seen = f"(accessed 2026-11-29; SHA-256 of the stored text {HASH})"
    assert cite([LINKED], Form.FOOTNOTE, DAY) == f"“It was closed at 5 %.” {told}, {LINKED.link} {seen}"
    markdown = cite([LINKED], Form.MARKDOWN, DAY)
    assert quotation(markdown) == ("It was closed at 5 %.", f"— {told} {seen}")
    assert "](https://paper.test/a_%28b%29?c=1%20#:~:text=It%20was,%25.)" in markdown
    figure = html.fromstring(cite([LINKED], Form.HTML, DAY))
    (block,) = figure.iter("blockquote")
    assert block.get("cite") == "https://paper.test/a_%28b%29?c=1%20#:~:text=It%20was,%25."
    assert (block.get("lang"), block.text_content()) == ("en", "It was closed at 5 %.")
    assert figure.find(".//a").get("href") == block.get("cite")
    assert figure.find("figcaption").text_content() == f"{told} {seen}"
    note = f"It was closed at 5 %.\nparagraph 4\nsha256 {HASH}"
    assert json.loads(cite([LINKED], Form.CSL, DAY)) == [
        {
            "id": "abababababab-10-31",
            "type": "article-newspaper",
            "title": "Pier & {Sea}",
            "author": [{"literal": "A. Reporter and B. Writer"}],
            "container-title": "The Paper",
            "issued": {"date-parts": [[2023, 5, 3]]},
            "accessed": {"date-parts": [[2026, 11, 29]]},
            "URL": FULL.url,
            "language": "en",
            "note": note,
        }
    ]
    kind, key, raw, decoded = bibtex(cite([LINKED], Form.BIBTEX, DAY))
    assert (kind, key, raw["url"]) == ("article", "abababababab-10-31", "https://paper.test/a_%28b%29?c=1%20")
    assert decoded == {
        "title": "Pier & {Sea}", "author": "A. Reporter and B. Writer", "journal": "The Paper", "year": "2023",
        "date": "2023-05-03", "url": decoded["url"], "urldate": "2026-11-29", "language": "en", "annote": note,
    }  # fmt: skip
    assert rispy.loads(cite([LINKED], Form.RIS, DAY)) == [
        {
            "type_of_reference": "NEWS", "id": key, "title": "Pier & {Sea}", "authors": ["A. Reporter and B. Writer"],
            "secondary_title": "The Paper", "year": "2023", "date": "2023/05/03", "urls": [FULL.url],
            "access_date": "2026/11/29", "language": "en", "notes": note.split("\n"),
        }
    ]  # fmt: skip


def test_what_is_not_known_is_left_out() -> None:
    bare = excerpt(BARE)
    seen = f"(accessed 2026-11-29; SHA-256 of the stored text {HASH})"
    told = f"“It was closed” (opening words), paragraph 4 {seen}"
    assert cite([bare], Form.FOOTNOTE, DAY) == f"“It was closed at 5 %.” {told}"
    assert quotation(cite([bare], Form.MARKDOWN, DAY))[1] == f"— {told}"
    figure = html.fromstring(cite([bare], Form.HTML, DAY))
    assert (figure.find("blockquote").attrib, figure.find(".//a")) == ({}, None)
    assert figure.find("figcaption").text_content() == told
    assert csl_item(bare, DAY).keys() == {"id", "type", "accessed", "note"}
    kind, _, raw, _ = bibtex(cite([bare], Form.BIBTEX, DAY))
    assert (kind, raw.keys()) == ("misc", {"urldate", "annote"})
    (item,) = rispy.loads(cite([bare], Form.RIS, DAY))
    assert item.keys() == {"type_of_reference", "id", "access_date", "notes"}


def test_an_address_that_leads_elsewhere_is_no_link() -> None:
    elsewhere = excerpt(replace(FULL, url="javascript:alert(1)"))
    assert "](" not in cite([elsewhere], Form.MARKDOWN, DAY)
    figure = html.fromstring(cite([elsewhere], Form.HTML, DAY))
    assert (figure.find("blockquote").get("cite"), figure.find(".//a")) == (None, None)


def test_several_excerpts_make_one_file() -> None:
    two = [LINKED, replace(excerpt(BARE), start=12)]
    assert len(json.loads(cite(two, Form.CSL, DAY))) == 2
    assert len({entry.key for entry in bibtexparser.parse_string(cite(two, Form.BIBTEX, DAY)).entries}) == 2
    assert [item["id"] for item in rispy.loads(cite(two, Form.RIS, DAY))] == [
        "abababababab-10-31",
        "abababababab-12-31",
    ]
    assert cite(two, Form.MARKDOWN, DAY).count("> ") == 2


def test_a_citation_processor_makes_a_bibliography_of_it() -> None:
    items = CiteProcJSON([csl_item(LINKED, DAY)])
    bibliography = CitationStylesBibliography(
        CitationStylesStyle("harvard-cite-them-right", validate=False), items, formatter.plain
    )
    bibliography.register(Citation([CitationItem("abababababab-10-31")]))
    (line,) = map(str, bibliography.bibliography())
    for words in ("A. Reporter and B. Writer", "2023", "Pier & {Sea}", "The Paper", "https://paper.test/a_(b)", "29"):
        assert words in line, line


def test_what_the_bot_says_is_in_the_language_of_whoever_asks() -> None:
    speak("de")
    told = cite([LINKED], Form.FOOTNOTE, DAY)
    assert told.startswith("„It was closed at 5 %.“ A. Reporter")
    assert "Absatz 4" in told
    assert "accessed" not in told


# What means something in one of the forms.
MARKUP = st.sampled_from(
    ["{", "}", "\\", "\\\\", "%", "&", "&amp;", "<b>", "</p>", "_", "*", "`", "#", "$", "~", "^", '"', "'",
     "@article{x,", "ER  - ", "TY  - ", "- ", "1. ", "12) ", "> ", "==", "[a](b)", "|", "\\textbf{a}", "``", "--", "?`",
      "é", "俄", "🛰️"]
)  # fmt: skip
WORDS = st.lists(MARKUP | st.sampled_from(["a", "b ", "c. "]), min_size=1, max_size=12).map(
    lambda parts: "".join(parts).strip()
)
LINES = st.lists(WORDS.filter(bool), min_size=1, max_size=3).map("\n".join)


@settings(max_examples=150, deadline=None)
@given(WORDS.filter(bool), LINES)
@example("TI  - a\nER  - \n\nTY  - JOUR", "1. a\n- b\n=== c\n# d\n    e")
@example("a } @article{b, title = {c", "} % \\")
def test_titles_and_quotations_come_back_as_they_were(title: str, text: str) -> None:
    hostile = excerpt(replace(FULL, title=title, outlet=title, author=title), text)
    quoted, below = quotation(cite([hostile], Form.MARKDOWN, DAY))
    line = " ".join(title.split("\n"))
    assert quoted == text
    assert below.startswith(f"— {line}, {line}, {line}, 2023-05-03")
    figure = html.fromstring(cite([hostile], Form.HTML, DAY))
    assert figure.find("blockquote").text_content() == text
    assert figure.find(".//cite").text_content() == title
    (item,) = json.loads(cite([hostile], Form.CSL, DAY))
    assert (item["title"], item["note"].removesuffix(f"\nparagraph 4\nsha256 {HASH}")) == (title, text)
    (ris,) = rispy.loads(cite([hostile], Form.RIS, DAY))
    assert (ris["title"], ris["secondary_title"], ris["authors"]) == (line, line, [line])
    assert ris["notes"][0] == " ".join(text.split("\n"))
    _, _, _, decoded = bibtex(cite([hostile], Form.BIBTEX, DAY))
    assert {decoded["title"], decoded["author"], decoded["journal"]} == {line}
    assert decoded["annote"].split("\nparagraph 4")[0] == " ".join(text.split("\n"))
