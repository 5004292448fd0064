"""A message → the quotations in it, the outlet it names for each, and what became of them in the coverage. Pure.

What counts as quoted, outermost first:

- lines that begin with `>` and white space, and all that follows `>>>`, as one quotation each;
- words between quotation marks of any language. Where the next paragraph opens the mark again, the quotation runs on;
  a mark that is never closed runs to the end of its paragraph, but a single one that is not closed is an apostrophe;
- where nothing is marked, the whole message.

An outlet belongs to a quotation if its name is the nearest to it in the same sentence, or else in the same line; a name
that is nearer to another quotation comes after those that are not. Names within quotations do not count. A sentence
ends with its line or with a full stop, question or exclamation mark before white space and no small letter; a line that
ends in a colon, or before one that opens with a dash, goes on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from index.attribution import attributed
from index.findings import Quotation
from index.marks import MAX_QUOTATION_CHARS, marked
from index.preference import spellings
from index.quoting import ANY, hold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from index.findings import Finding
    from index.model import Filters
    from index.store import Texts

# How much of a message is read, in characters, and how many quotations of it are held.
MAX_MESSAGE_CHARS = 1_000_000
MAX_QUOTATIONS = 100
# How far from a quotation an outlet's name is looked for, in characters.
_NAMING_CHARS = 400

_LINE_END = re.compile(r"(?<!:)(?<!:\s)\n(?!\s*[—–])")
_SENTENCE_END = re.compile(rf"[.!?…][\"'”’»)\]]*\s+(?=\S)(?![a-z])|{_LINE_END.pattern}")


@dataclass(frozen=True, slots=True)
class Reading:
    """The quotations of a message in order; `cut` tells that it may have more than these."""

    quotations: tuple[Quotation, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of the quotations of a message, in order; `cut` tells that it may have more than were held."""

    findings: tuple[Finding, ...]
    cut: bool


def verify(message: str, store: Texts, filters: Filters = ANY) -> Verification:
    """Hold every quotation of a message against the articles that pass `filters`, and who said it there."""
    read = quotations(message)
    named = attributions(message, read.quotations, store.outlets(filters))
    held = (hold(quotation, store, filters, names) for quotation, names in zip(read.quotations, named, strict=True))
    return Verification(tuple(attributed(held, message[:MAX_MESSAGE_CHARS], store)), read.cut)


def quotations(message: str) -> Reading:
    """What a message quotes, without the marks; no quotation overlaps another."""
    text = message[:MAX_MESSAGE_CHARS]
    pieces = (piece for span in marked(text) for piece in _pieces(text, *span))
    found = list(islice(pieces, MAX_QUOTATIONS + 1))
    found = found or list(islice(_pieces(text, 0, len(text)), MAX_QUOTATIONS + 1))
    read = tuple(Quotation(text[start:end], start, end) for start, end in found[:MAX_QUOTATIONS])
    return Reading(read, len(found) > MAX_QUOTATIONS or len(message) > MAX_MESSAGE_CHARS)


def attributions(message: str, held: Sequence[Quotation], outlets: Sequence[str]) -> list[tuple[str, ...]]:
    """For each quotation the outlets that the message may mean by the name it gives for it; several share a name."""
    return [_attributed(message, held, quotation, outlets) for quotation in held] if outlets else [()] * len(held)


def _pieces(message: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A quotation without the white space around it; a long one in pieces, cut after a line, a sentence or a word."""
    while start < end:
        stop = min(end, start + MAX_QUOTATION_CHARS)
        if stop < end:
            cuts = (message.rfind(mark, start + 1, stop) for mark in ("\n", ". ", " "))
            stop = next((cut + 1 for cut in cuts if cut > 0), stop)
        piece = message[start:stop]
        if any(character.isalnum() for character in piece):
            first = start + len(piece) - len(piece.lstrip())
            yield first, first + len(piece.strip())
        start = stop


def _attributed(
    message: str, held: Sequence[Quotation], quotation: Quotation, outlets: Sequence[str]
) -> tuple[str, ...]:
    first, last = max(0, quotation.start - _NAMING_CHARS), quotation.end + _NAMING_CHARS
    nearby = [other for other in held if other.start < last and other.end > first]
    around = message[first:last]
    for other in nearby:
        # Nothing within quotations is read but what ends them, which may end a sentence.
        start, end = max(other.start - first, 0), max(other.end - 1 - first, 0)
        around = around[:start] + "x" * len(around[start:end]) + around[end:]
    named = [
        (outlet, m.span()) for outlet in outlets for pattern in spellings(outlet) for m in pattern.finditer(around)
    ]
    start, end = quotation.start - first, quotation.end - first
    for bound in (_SENTENCE_END, _LINE_END):
        left = max((m.end() for m in bound.finditer(around, 0, start)), default=0)
        following = bound.search(around, end - 1)
        right = following.start() if following else len(around)
        distances: dict[str, tuple[bool, int]] = {}
        for outlet, (begin, stop) in named:
            if left <= begin and stop <= right:
                away = _distance(quotation, first + begin, first + stop)
                nearer = any(_distance(other, first + begin, first + stop) < away for other in nearby)
                distances[outlet] = min(distances.get(outlet, (nearer, away)), (nearer, away))
        if distances:
            nearest = min(distances.values())
            return tuple(outlet for outlet, distance in distances.items() if distance == nearest)
    return ()


def _distance(quotation: Quotation, start: int, end: int) -> int:
    return max(quotation.start - end, start - quotation.end)
