"""An export of ProQuest → the documents in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.readers.drafts import Draft, Refused
from index.readers.labelled import Line, blocks_of, document, joined, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BETWEEN = re.compile(r"_{20,}|Document \d+ of \d+")
_NUMBERED = re.compile(r"Document (\d+) of (\d+)")
_TEXT = re.compile(r"Full[ -]text:\s*(.*)", re.IGNORECASE)
# What stands before a colon at a line's beginning, and which field of a card it tells.
_FIELDS = {
    "Title": "title",
    "Author": "author",
    "Publication title": "outlet",
    "Publication date": "published",
    "Language of publication": "language",
}
_OTHERS = (
    *("Subject", "Business indexing term", "Location", "People", "Company / organization", "Company/organization"),
    *("Identifier / keyword", "Identifier/keyword", "Classification", "Illustration", "Credit", "Column", "Dateline"),
    *(
        "Alternate title",
        "Pages",
        "First page",
        "Number of pages",
        "Page count",
        "Publication year",
        "Section",
        "Edition",
    ),
    *("Volume", "Issue", "Publisher", "Place of publication", "Country of publication", "Publication subject", "ISSN"),
    *("e-ISSN", "Source type", "Source", "Document type", "Document feature", "ProQuest document ID", "Document URL"),
    *("Copyright", "Last updated", "Database", "Publication info", "Abstract", "Links", "Supplement", "Series"),
)
_LABEL = re.compile(rf"({'|'.join(map(re.escape, (*_FIELDS, *_OTHERS)))}):(?:\s+(.*))?")
# One of these is in every document, and in no text.
_SURE = {"Publication title", "ProQuest document ID", "Publication year", "Source type"}


def documents(text: str) -> Iterator[Draft | Refused] | None:
    """The documents of the export, or nothing if the text is none.

    The number that ProQuest gives a document becomes part of the article's id, and its page there the link.
    """
    lines = lines_of(text)
    labels = {found[1] for line in lines if (found := _LABEL.fullmatch(line.words))}
    return _documents(lines) if {"ProQuest document ID", "Publication title"} <= labels else None


def _documents(lines: Sequence[Line]) -> Iterator[Draft | Refused]:
    parts: list[list[Line]] = [[]]
    for line in lines:
        if _BETWEEN.fullmatch(line.words) and any(each.words for each in parts[-1]):
            parts.append([])
        parts[-1].append(line)
    number = 0
    totals = [int(found[2]) for line in lines if (found := _NUMBERED.fullmatch(line.words))]
    for part in parts:
        blocks = blocks_of(line for line in part if not _BETWEEN.fullmatch(line.words))
        if any(_TEXT.match(block[0].words) or _label(block[0]) in _SURE for block in blocks):
            number += 1
            yield _document(f"document {number}", blocks)
    if totals and number != max(totals):
        yield Refused(f"the export says that it has {max(totals):,} documents, and {number:,} are in this file")


def _label(line: Line) -> str:
    found = _LABEL.fullmatch(line.words)
    return found[1] if found else ""


def _document(name: str, blocks: Sequence[list[Line]]) -> Draft | Refused:
    first = blocks[0][0].number
    start = next((n for n, block in enumerate(blocks) if _TEXT.match(block[0].words)), None)
    said: dict[str, str] = {}
    identity = ""
    for block in blocks:
        for line in block:
            found = _LABEL.fullmatch(line.words)
            if found and found[1] in _FIELDS:
                said.setdefault(_FIELDS[found[1]], (found[2] or "").strip())
            elif found and found[1] == "ProQuest document ID":
                identity = found[2] or ""
            elif found and found[1] == "Document URL":
                said.setdefault("url", found[2] or "")
    said["outlet"] = said.get("outlet", "").partition(";")[0].strip()
    said.setdefault("title", "" if _label(blocks[0][0]) else joined(blocks[0]))
    if start is None:
        return Refused(f"{name}: it has no full text in the export", first, identity)
    opening = _TEXT.match(blocks[start][0].words)
    after = [[Line(opening[1] if opening else "", blocks[start][0].number), *blocks[start][1:]], *blocks[start + 1 :]]
    body = [line for block in after[: _end(after)] for line in (*block, Line("", 0))]
    return document(name, first, body, said, identity=identity)


def _end(blocks: Sequence[list[Line]]) -> int:
    """How many of these blocks are the text: all before the labels in front of one that is in no text."""
    end = next((n for n, block in enumerate(blocks) if _label(block[0]) in _SURE), len(blocks))
    while end > 1 and _label(blocks[end - 1][0]):
        end -= 1
    return end
