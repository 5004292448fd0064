"""Answers, verifications and lists of articles as tables: CSV (RFC 4180) for spreadsheets and programs. Pure.

A spreadsheet takes a cell for a formula that begins with `=`, `+`, `-` or `@`, after white space or not. By what OWASP
says of CSV injection such a cell has an apostrophe in front, by which it is text; nothing else is changed. One that
begins so after apostrophes has one more, so that `plain` gives every cell back.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from bot import verdicts, wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.answer import Answer
    from bot.quotations import Verification
    from index.findings import Finding, Standing
    from index.model import Listing, Source

# A mark at the beginning of a file by which spreadsheets know UTF-8, and the encoding that has it.
ENCODING = "utf-8-sig"
ANSWER_COLUMNS = (
    "question", "number", "quote", "outlet", "date", "title", "paragraph", "url", "article", "start", "end", "sha256",
    "remarks", "refusal",
)  # fmt: skip
VERIFICATION_COLUMNS = (
    "number", "quotation", "quotation_start", "quotation_end", "verdict", "text", "outlet", "date", "title",
    "paragraph", "url", "article", "start", "end", "sha256", "differs_in", "speaker", "remarks",
)  # fmt: skip
SOURCE_COLUMNS = ("article", "title", "outlet", "author", "date", "language", "url", "sha256", "passages", "indexed_at")

# Full-width signs are formulas in Asian editions. White space and a control character at the beginning may be left out.
_FORMULA = re.compile(r"'*(?:[\s\x00-\x1f]*[=+\-@＝＋－＠]|[\t\r\n])")


def safe(words: str) -> str:
    """Words as a cell that no spreadsheet takes for a formula."""
    return f"'{words}" if _FORMULA.match(words) else words


def plain(cell: str) -> str:
    """The words of which `safe` has made a cell."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def table(rows: Iterable[Sequence[object]]) -> str:
    """Rows as lines of a table, each cell in quotation marks and ended by CRLF."""
    out = io.StringIO(newline="")
    cells = ([safe(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(cells)
    return out.getvalue()


def answer_rows(question: str, answer: Answer) -> list[Sequence[object]]:
    """A row for each excerpt, or one that says why there is none; columns: `ANSWER_COLUMNS`."""
    remarks = " ".join(wording.remarks(answer))
    told: list[Sequence[object]] = [
        (
            question, excerpt.number, excerpt.text,
            *_card(excerpt.source, excerpt.passage.paragraph, excerpt.link),
            excerpt.source.id, excerpt.start, excerpt.end, excerpt.source.sha256,
            remarks, None,
        )
        for excerpt in answer.excerpts
    ]  # fmt: skip
    unanswered = [None] * (len(ANSWER_COLUMNS) - 2)
    return told or [(question, *unanswered, answer.refusal and answer.refusal.message)]


def verification_rows(found: Verification) -> list[Sequence[object]]:
    """A row for each place of each quotation, one for a quotation that has none; columns: `VERIFICATION_COLUMNS`."""
    return [row for number, finding in enumerate(found.findings, start=1) for row in _finding_rows(number, finding)]


def source_rows(listings: Iterable[Listing]) -> list[Sequence[object]]:
    """A row for each article; columns: `SOURCE_COLUMNS`."""
    return [
        (
            row.source.id, _title(row.source), row.source.outlet, row.source.author, row.source.published,
            row.source.language, row.source.url, row.source.sha256, row.passages, row.indexed_at.isoformat(),
        )
        for row in listings
    ]  # fmt: skip


def _finding_rows(number: int, finding: Finding) -> Iterable[Sequence[object]]:
    quoted = finding.quotation
    head = (number, quoted.text, quoted.start, quoted.end, finding.verdict.value)
    remarks = " ".join(note for note in verdicts.finding_notes(finding) if isinstance(note, str))
    places = [*finding.standings, *(place for part in finding.parts for place in part.standings)]
    empty = [None] * (len(VERIFICATION_COLUMNS) - len(head) - 1)
    return [(*head, *_place(place), remarks) for place in places] or [(*head, *empty, remarks)]


def _place(place: Standing) -> Sequence[object]:
    differs = ", ".join(name.value for name in place.typography)
    offsets = (place.source.id, place.start, place.end, place.source.sha256)
    return place.text, *_card(place.source, place.paragraph), *offsets, differs, place.speaker and place.speaker.words


def _card(source: Source, paragraph: int, link: str = "") -> Sequence[object]:
    return source.outlet, source.published, _title(source), paragraph, link or source.url


def _title(source: Source) -> str | None:
    """A headline; opening words that stand in for one are none."""
    return source.title if source.title_given else None
