"""Answers, verifications and lists of articles as files, read again by parsers that others wrote."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot import export, wording
from bot.answer import Answer, Excerpt, Place, Reason, Refusal, Way
from bot.export import Format
from bot.quotations import Verification
from bot.tables import plain
from index.findings import Finding, Part, Quotation, Standing, Verdict
from index.model import Kind, Listing, Passage, Source, Span, Speaker
from index.tokens import Typography

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = date(2026, 11, 29)
FULL = Source(
    "a", "Pier *and* sea", True, "The Paper", "A. Reporter", date(2023, 5, 3), "https://paper.test/a", "en", "ab" * 32
)
BARE = Source("b", "It was", False, None, None, None, None, None, "cd" * 32)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n*_`#->=+@&<[ 1.a"), min_size=1, max_size=40
).filter(lambda text: not text.isspace())


def excerpt(number: int, source: Source, text: str) -> Excerpt:
    passage = Passage(source, 7, 7 + len(text), text, 4, Kind.BODY, (Span(7, 7 + len(text)),))
    return Excerpt(number, text, 7, 7 + len(text), passage, 1.0)


def answer(*texts: str) -> Answer:
    excerpts = tuple(excerpt(n, (FULL, BARE)[n % 2], text) for n, text in enumerate(texts, start=1))
    return Answer("Who, *then*?", excerpts, None, 5, 1, likely=False, elapsed=0.5)


def finding(quoted: str, verdict: Verdict, *places: str) -> Finding:
    standings = tuple(Standing(FULL, 7, 7 + len(text), text, 4) for text in places)
    return Finding(Quotation(quoted, 2, 2 + len(quoted)), verdict, standings)


def quotations(markdown: str) -> list[str]:
    """The block quotes of a page as a reader sees them."""
    return [*_quotations(markdown)]


def _quotations(markdown: str) -> Iterator[str]:
    tokens = MarkdownIt().parse(markdown)
    for at, token in enumerate(tokens):
        if token.type == "blockquote_open":
            assert [part.type for part in tokens[at + 1 : at + 5]] == [
                "paragraph_open", "inline", "paragraph_close", "blockquote_close",
            ]  # fmt: skip
            children = tokens[at + 2].children or ()
            yield "".join("\n" if child.type == "hardbreak" else child.content for child in children)


def rows(text: str) -> list[dict[str, str]]:
    table = csv.DictReader(io.StringIO(text, newline=""))
    return [{name: plain(cell) for name, cell in row.items()} for row in table]


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_every_quotation_of_an_answer_is_verbatim_in_every_form(texts: list[str]) -> None:
    found = answer(*texts)
    assert quotations(export.answer(found, Format.MARKDOWN, DAY)) == texts
    told = json.loads(export.answer(found, Format.JSON, DAY))["excerpts"]
    assert [(e["text"], e["start"], e["end"]) for e in told] == [(text, 7, 7 + len(text)) for text in texts]
    table = rows(export.answer(found, Format.CSV, DAY))
    assert [(r["quote"], r["start"], r["end"]) for r in table] == [(t, "7", str(7 + len(t))) for t in texts]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS, max_size=2)), min_size=1, max_size=3))
def test_every_quotation_of_a_verification_is_verbatim_in_every_form(quoted: list[tuple[str, list[str]]]) -> None:
    found = Verification(tuple(finding(words, Verdict.EXACT, *places) for words, places in quoted), cut=False)
    flat = [text for words, places in quoted for text in (words, *places)]
    assert quotations(export.verification(found, Format.MARKDOWN)) == flat
    told = json.loads(export.verification(found, Format.JSON))
    assert [(f["quotation"], [place["text"] for place in f["places"]]) for f in told] == quoted
    table = rows(export.verification(found, Format.CSV))
    expected = [(words, place) for words, places in quoted for place in places or [""]]
    assert [(row["quotation"], row["text"]) for row in table] == expected
    assert {row["start"] for row in table} <= {"7", ""}


def test_an_answer_to_read_has_its_citations_and_what_is_to_be_known() -> None:
    found = answer("It was.", "It is.")
    also = replace(found.excerpts[0], also_in=(Place(FULL, 2),))
    text = export.answer(replace(found, excerpts=(also, found.excerpts[1])), Format.MARKDOWN, DAY)
    parts = text.split("\n\n")
    assert parts[:4] == [r"# Who, \*then\*?", f"**{wording.MAY_NOT_ANSWER}**", "## 1", "> It was."]
    assert "“It was” (opening words), paragraph 4" in parts[4]
    assert parts[5] == r"The same words stand in: Pier \*and\* sea, The Paper, paragraph 2"
    assert r"[Pier \*and\* sea](https://paper.test/a), The Paper, 2023-05-03, paragraph 4" in parts[8]
    assert parts[-1] == "2 excerpts from 2 of 5 articles in the index\n"


def test_a_refusal_is_told_with_the_nearest_articles() -> None:
    refused = replace(answer(), refusal=Refusal(Reason.NOTHING_NEAR, "No.", (FULL,)))
    text = export.answer(refused, Format.MARKDOWN, DAY)
    listed = "Closest:\n\n- [Pier \\*and\\* sea](https://paper.test/a), The Paper · 2023-05-03"
    assert text == f"# Who, \\*then\\*?\n\n**No.**\n\n{listed}\n"
    (row,) = rows(export.answer(refused, Format.CSV, DAY))
    assert {name for name, cell in row.items() if cell} == {"question", "refusal"}


def test_what_is_quoted_again_has_no_score_and_took_no_time() -> None:
    found = answer("It was.")
    again = replace(found, excerpts=(replace(found.excerpts[0], score=0.0),), elapsed=0.0, way=Way.SAID)
    told = json.loads(export.answer(again, Format.JSON, DAY))
    assert (told["excerpts"][0]["score"], told["elapsed_ms"], told["mode"]) == (None, None, "said")
    told = json.loads(export.answer(found, Format.JSON, DAY))
    assert (told["excerpts"][0]["score"], told["elapsed_ms"]) == (1.0, 500.0)


def test_a_verification_tells_verdicts_parts_and_speakers() -> None:
    there = Standing(FULL, 7, 14, "It was.", 4, (Typography.CAPITAL,), Speaker("he", "A. Mayor", goes_on=False))
    exact = Finding(Quotation("it was", 0, 6), Verdict.EXACT, (there,))
    stitched = Finding(Quotation("It was. No", 9, 19), Verdict.STITCHED, parts=(Part(0, 7, (there,)),))
    missing = finding("Nobody said it.", Verdict.NOT_FOUND)
    found = Verification((exact, stitched, missing), cut=True)
    text = export.verification(found, Format.MARKDOWN)
    assert text.startswith("# 3 quotations: 1 exact, 1 stitched, 1 not found in this index. Only the first part")
    assert quotations(text) == ["it was", "It was.", "It was. No", "It was.", "Nobody said it."]
    assert "There it is said by" in text
    table = rows(export.verification(found, Format.CSV))
    assert [(row["number"], row["verdict"], row["text"], row["speaker"]) for row in table] == [
        ("1", "exact", "It was.", "he"), ("2", "stitched", "It was.", "he"), ("3", "not_found", "", ""),
    ]  # fmt: skip
    assert table[2]["remarks"].startswith("No article in this index has it")


def test_a_list_has_every_article_and_what_is_known_of_it() -> None:
    at = datetime(2026, 11, 29, 12, tzinfo=UTC)
    listed = [Listing(FULL, 3, at), Listing(BARE, 1, at)]
    assert export.sources(listed, Format.MARKDOWN).split("\n") == [
        "# Sources: 2 articles",
        "",
        r"- [Pier \*and\* sea](https://paper.test/a), The Paper · 2023-05-03, a, 3 passages",
        "- “It was” (opening words), source not stated, b, 1 passage",
        "",
    ]
    told = json.loads(export.sources(listed, Format.JSON))
    assert [row["article"] for row in told] == [FULL.card(), BARE.card()]
    full, bare = rows(export.sources(listed, Format.CSV))
    assert full == {
        "article": "a", "title": "Pier *and* sea", "outlet": "The Paper", "author": "A. Reporter", "date": "2023-05-03",
        "language": "en", "url": "https://paper.test/a", "sha256": FULL.sha256, "passages": "3",
        "indexed_at": "2026-11-29T12:00:00+00:00",
    }  # fmt: skip
    assert {name for name, cell in bare.items() if cell} == {"article", "sha256", "passages", "indexed_at"}


@pytest.mark.parametrize("form", Format)
def test_a_table_begins_with_the_mark_of_utf_8_and_nothing_else_does(form: Format) -> None:
    names = export.files("answer", lambda wanted: f"é{wanted}")
    assert sorted(names) == ["answer.csv", "answer.json", "answer.md"]
    assert names[f"answer.{form.ending}"] == ("\ufeff" * (form is Format.CSV) + f"é{form}").encode()
