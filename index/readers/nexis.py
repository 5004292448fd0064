"""An export of LexisNexis or Nexis Uni → the documents in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.readers.drafts import Draft, Refused
from index.readers.labelled import Line, blocks_of, day_in, document, is_notice, joined, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# "1 of 2 DOCUMENTS" and "Dokument 1 von 2" begin a document of LexisNexis, "End of Document" ends one of Nexis Uni.
_BEGINS = re.compile(
    r"(?:FOCUS - )?(\d{1,6}) (?:of|von|van|de|di|sur|av) (\d{1,6}) (?:DOCUMENT|DOKUMENT|DOCUMENTO)\w{0,2}"
    r"|(?:Document|Dokument|Documento) (\d{1,6}) (?:of|von|van|de|di|sur|av) (\d{1,6})",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"End of Document|Ende des Dokuments|Fin (?:du|de) document|Fin del documento|Einde van (?:het )?document",
    re.IGNORECASE,
)

# What stands before a colon at a line's beginning: of a document's head, and of what follows its text.
_HEAD = {
    **dict.fromkeys(("BYLINE", "AUTOR", "AUTEUR"), "author"),
    **dict.fromkeys(("HEADLINE", "TITEL"), "title"),
    **dict.fromkeys(("SECTION", "RUBRIK", "RUBRIQUE", "LENGTH", "LÄNGE", "LONGUEUR", "LENGTE", "DATELINE"), ""),
    **dict.fromkeys(("HIGHLIGHT", "SERIES", "COLUMN", "KICKER", "DISTRIBUTION", "ABSTRACT"), ""),
}
_TAIL = {
    **dict.fromkeys(("LANGUAGE", "SPRACHE", "LANGUE", "TAAL"), "language"),
    **dict.fromkeys(("LOAD-DATE", "UPDATE", "DATE-CHARGEMENT", "PUBLICATION-TYPE", "TYPE-PUBLICATION"), ""),
    **dict.fromkeys(("ZEITUNGS-CODE", "JOURNAL-CODE", "GRAPHIC", "GRAFIK", "DOCUMENT-TYPE"), ""),
}
# These follow a text too, but may also begin a paragraph of it.
_PERHAPS_TAIL = {
    *("SUBJECT", "COMPANY", "ORGANIZATION", "TICKER", "INDUSTRY", "GEOGRAPHIC", "PERSON", "URL", "NOTES", "CORRECTION"),
    *("CORRECTION-DATE", "PUB-SUBJECT", "TYPE", "CITY", "STATE", "COUNTRY", "NAME", "STATUS", "ACC-NO"),
}
_LABEL = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+){0,2}): ?(.*)")
_BODY = re.compile(r"BODY:|Body|Text|Corps|Textkörper")
# Lines of their own in Nexis Uni, the first of which that stands there ends the text.
_CLASSES = {"Classification", "Klassifizierung", "Classificatie"}
_PICTURES = {"Graphic", "Grafik", "Graphique", "Notes"}
_EDITION = re.compile(r"(?:edition|édition|ausgabe|editie)\b", re.IGNORECASE)
_SUPPLIER = re.compile(r"(?:distributed|provided) by\b", re.IGNORECASE)
# A headline is shorter.
_MAX_TITLE_CHARS = 400


def documents(text: str) -> Iterator[Draft | Refused] | None:
    """The documents of the export, or nothing if the text is none.

    A line such as "1 of 2 DOCUMENTS" is enough to make it one. Headline, outlet, day and byline are taken from the
    places where the export has them; the day of loading is not that of publication.
    """
    lines = lines_of(text)
    marks = [(line, mark) for line in lines if (mark := _BEGINS.fullmatch(line.words))]
    ends = [line for line in lines if _ENDS.fullmatch(line.words)]
    labels = {_label(line) for line in lines}
    if any(mark[1] for _, mark in marks) or (marks and labels & _TAIL.keys()):
        return _between(lines, marks)
    is_uni = "LENGTH" in labels and any(_BODY.fullmatch(line.words) for line in lines)
    return _ended(lines, ends) if is_uni or (ends and labels & _TAIL.keys()) else None


def _between(lines: Sequence[Line], marks: Sequence[tuple[Line, re.Match[str]]]) -> Iterator[Draft | Refused]:
    """The documents of LexisNexis, each from its mark to the next."""
    starts = [line.number for line, _ in marks]
    for (line, mark), start, end in zip(marks, starts, [*starts[1:], len(lines) + 1], strict=True):
        name = f"document {mark[1] or mark[3]} of {mark[2] or mark[4]}"
        yield _document(name, line.number, blocks_of(lines[start : end - 1]), is_uni=False)
    total = max(int(mark[2] or mark[4]) for _, mark in marks)
    if len(marks) != total:
        yield Refused(f"the export says that it has {total:,} documents, and {len(marks):,} are in this file")


def _ended(lines: Sequence[Line], ends: Sequence[Line]) -> Iterator[Draft | Refused]:
    """The documents of Nexis Uni, each up to its end."""
    start = 0
    for number, end in enumerate(ends, start=1):
        blocks = blocks_of(lines[start : end.number - 1])
        first = blocks[0][0].number if blocks else end.number
        yield _document(f"document {number} of {len(ends)}", first, blocks, is_uni=True)
        start = end.number
    left = blocks_of(lines[start:])
    if any(_label(block[0]) in {"LENGTH", *_TAIL} for block in left):
        yield Refused("the export breaks off in its last document, which is not taken", left[0][0].number)


def _document(name: str, number: int, blocks: Sequence[list[Line]], *, is_uni: bool) -> Draft | Refused:
    lines = [line for block in blocks for line in block]
    labelled = next((line.number for line in lines if _label(line) in _HEAD or _BODY.fullmatch(line.words)), None)
    dated = next((line for line in lines if day_in(line.words) and _says_when(line)), None)
    if dated and labelled and labelled < dated.number:
        dated = None
    if not dated and not labelled:
        reason = "neither a day nor a label such as LENGTH: tells its head from its text"
        return Refused(f"{name}: {reason}", number)
    bound = dated.number if dated else labelled or 0
    said = _above([line.words for line in lines if line.number < bound], is_uni=is_uni)
    said["published"] = dated.words if dated else ""
    below = [rest for block in blocks if (rest := [line for line in block if line.number > bound - (not dated)])]
    if dated and not is_uni and below and (below[0][0].number == bound + 1 or _EDITION.search(below[0][-1].words)):
        del below[0]  # the edition
    head, body = _head(below, is_titled=is_uni)
    end = _end(body, is_uni=is_uni)
    tail = _fields(line for block in body[end:] for line in block)
    text = [line for block in body[:end] for line in (*block, Line("", 0))]
    return document(name, number, text, tail | said | head)


def _says_when(line: Line) -> bool:
    """Whether a line with a day in it is not about the rights, or what a label says."""
    return not is_notice(line.words) and not re.match(r"[\w ]+:", line.words)


def _label(line: Line) -> str:
    """The label that a line begins with; nothing if it is none that exports have."""
    found = _LABEL.match(line.words)
    label = found[1].upper() if found else ""
    return label if label in _HEAD or label in _TAIL or label in _PERHAPS_TAIL else ""


def _fields(lines: Iterable[Line]) -> dict[str, str]:
    """What labels say that the card has a field for."""
    said: dict[str, str] = {}
    field = ""
    for line in lines:
        if label := _label(line):
            field = _HEAD.get(label) or _TAIL.get(label) or ""
            words = line.words.partition(":")[2].strip()
        else:
            words = f"{said.get(field, '')} {line.words}"
        if field:
            said[field] = words
    return {**said, **({"author": re.sub(r" ?; ?", ", ", said["author"])} if "author" in said else {})}


def _above(lines: Sequence[str], *, is_uni: bool) -> dict[str, str]:
    """What stands above the day: last the outlet, and in Nexis Uni the headline before it."""
    lines = [line for line in lines if not is_notice(line) and not _SUPPLIER.match(line)]
    if len(lines) > 1 and lines[-1].startswith("(") and not is_uni:
        lines = [*lines[:-2], f"{lines[-2]} {lines[-1]}"]
    names = ("title", "outlet") if is_uni and len(lines) > 1 else ("title",) if is_uni else ("outlet",)
    return dict(zip(names, lines[-len(names) :], strict=False))


def _head(blocks: Sequence[list[Line]], *, is_titled: bool) -> tuple[dict[str, str], list[list[Line]]]:
    """What stands below the day and above the text, and the text with what follows it."""
    start = next((n for n, block in enumerate(blocks) if _BODY.fullmatch(block[0].words)), None)
    is_titled = is_titled or any(_label(block[0]) in {"HEADLINE", "TITEL"} for block in blocks)
    said: dict[str, str] = {}
    for number, block in enumerate(blocks[:start]):
        if _label(block[0]) in _HEAD:
            said |= _fields(block)
        elif number == 0 and not is_titled and len(joined(block)) <= _MAX_TITLE_CHARS:
            said["title"] = joined(block)
        elif start is None and not is_notice(block[0].words):
            return said, list(blocks[number:])
    if start is None:
        return said, []
    return said, [block for block in (blocks[start][1:], *blocks[start + 1 :]) if block]


def _end(blocks: Sequence[list[Line]], *, is_uni: bool) -> int:
    """How many of these blocks are the text."""
    end = next((n for n, block in enumerate(blocks) if _ends_text(block[0])), len(blocks))
    if is_uni:
        classes = [n for n, block in enumerate(blocks) if block[0].words in _CLASSES]
        end = min(end, *classes[-1:], len(blocks))
        end = next((n for n in reversed(range(end)) if blocks[n][0].words in _PICTURES), end)
    while end and (is_notice(blocks[end - 1][0].words) or _label(blocks[end - 1][0]) in _PERHAPS_TAIL):
        end -= 1
    return end


def _ends_text(line: Line) -> bool:
    """Whether a line begins what follows a text; in prose a label is neither in capitals nor has it a hyphen."""
    label = line.words.partition(":")[0]
    return _label(line) in _TAIL and (label.isupper() or "-" in label)
