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
from bisect import bisect_left
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from index.findings import Quotation
from index.preference import spellings
from index.quoting import ANY, hold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from index.findings import Finding
    from index.model import Filters
    from index.store import Texts

# How much of a message is read, in characters, and how many quotations of it are held.
MAX_MESSAGE_CHARS = 1_000_000
MAX_QUOTATIONS = 100
# How long a quotation may be, in characters; a longer one is held in several pieces.
MAX_QUOTATION_CHARS = 2000
# How far from a quotation an outlet's name is looked for, in characters.
_NAMING_CHARS = 400

# What closes each mark that opens.
_CLOSING = {
    '"': '"', "“": "”", "”": "”", "„": "“”", "‟": "”", "«": "»", "»": "«»", "‹": "›", "›": "‹›", "「": "」", "『": "』",
    "＂": "＂", "'": "'", "‘": "’", "‚": "‘’",
}  # fmt: skip
_SINGLE = frozenset("'‘‚")
_BLANK_LINE = r"\n[^\S\n]*(?=\n)"
_WITHIN = {mark: re.compile(rf"{_BLANK_LINE}|[{mark}{closing}]") for mark, closing in _CLOSING.items()}
# Apostrophes within words are passed over here, since there are many.
_OPENING = re.compile(rf"(?<!\w)['‘](?=\S)|[{''.join(mark for mark in _CLOSING if mark not in _SINGLE)}‚]")
# Marks that open wherever they stand while nothing else is open.
_ALWAYS_OPEN = frozenset("“„‟「『")
# What a mark may stand after, besides white space, when it opens.
_BEFORE = frozenset("([{—–-/:,;>*_~|" + "".join(_CLOSING))
_PUNCTUATION = frozenset(".,;:!?…")
# Words that begin with an apostrophe.
_ELIDED = re.compile(r"['‘](?:\d0s|tis|twas|twill|em|til|till|cause|cos|bout|round|n)\b", re.IGNORECASE)
_BLOCK_QUOTE = re.compile(
    r"^[^\S\n]*(?P<prefix>>>>\s|>[^\S\n])(?:(?<=>>>\s)[\s\S]*|[^\n]*(?:\n[^\S\n]*>[^\n]*)*)", re.MULTILINE
)
_LINE_END = re.compile(r"(?<!:)(?<!:\s)\n(?!\s*[—–])")
_SENTENCE_END = re.compile(rf"[.!?…][\"'”’»)\]]*\s+(?=\S)(?![a-z])|{_LINE_END.pattern}")


@dataclass(frozen=True, slots=True)
class _Singles:
    """Where single marks of a message may end quotations: read once, since each that opens asks.

    `bars` end the search. At `closing` a quotation may end; at one that is not `certain` the mark may be the apostrophe
    of a plural ("the drones’ debris"), if one that is `sure` follows, beside punctuation.
    """

    bars: list[int]
    closing: list[int]
    certain: frozenset[int]
    sure: list[int]

    @classmethod
    def of(cls, message: str, mark: str) -> _Singles:
        """What a message has for this mark; within a word it is an apostrophe."""
        bars, closing, certain, sure = [], [], set(), []
        for event in _WITHIN[mark].finditer(message):
            at = event.start()
            before, after = message[max(0, at - 1) : at], message[at + 1 : at + 2]
            if message[at] == "\n" or (message[at] == mark and not before.isalnum() and after.isalnum()):
                bars.append(at)
            elif not (after.isalnum() or before.isspace() or message[at] not in _CLOSING[mark]):
                closing.append(at)
                if before not in "sS" or not message[at + 1 : at + 3].strip().islower():
                    certain.add(at)
                if before in _PUNCTUATION or after in _PUNCTUATION or not after.strip("\n"):
                    sure.append(at)
        return cls(bars, closing, frozenset(certain), sure)

    def end(self, start: int, end: int) -> int | None:
        """Where a quotation ends that begins at `start`, None if it is none."""
        stop = _first(self.bars, start, min(end, start + MAX_QUOTATION_CHARS))
        closed = _first(self.closing, start, stop)
        if closed == stop:
            return None
        return closed if closed in self.certain else _first(self.sure, closed + 1, stop, closed)


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
    """Hold every quotation of a message against the articles that pass `filters`."""
    read = quotations(message)
    named = attributions(message, read.quotations, store.outlets(filters))
    held = (hold(quotation, store, filters, names) for quotation, names in zip(read.quotations, named, strict=True))
    return Verification(tuple(held), read.cut)


def quotations(message: str) -> Reading:
    """What a message quotes, without the marks; no quotation overlaps another."""
    text = message[:MAX_MESSAGE_CHARS]
    marked = (piece for span in _marked(text) for piece in _pieces(text, *span))
    found = list(islice(marked, MAX_QUOTATIONS + 1))
    found = found or list(islice(_pieces(text, 0, len(text)), MAX_QUOTATIONS + 1))
    read = tuple(Quotation(text[start:end], start, end) for start, end in found[:MAX_QUOTATIONS])
    return Reading(read, len(found) > MAX_QUOTATIONS or len(message) > MAX_MESSAGE_CHARS)


def attributions(message: str, held: Sequence[Quotation], outlets: Sequence[str]) -> list[tuple[str, ...]]:
    """For each quotation the outlets that the message may mean by the name it gives for it; several share a name."""
    return [_attributed(message, held, quotation, outlets) for quotation in held] if outlets else [()] * len(held)


def _marked(message: str) -> Iterator[tuple[int, int]]:
    singles = {mark: _Singles.of(message, mark) for mark in _SINGLE if mark in message}
    at = 0
    for block in _BLOCK_QUOTE.finditer(message):
        yield from _between_marks(message, at, block.start(), singles)
        yield block.end("prefix"), block.end()
        at = block.end()
    yield from _between_marks(message, at, len(message), singles)


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


def _between_marks(message: str, at: int, end: int, singles: Mapping[str, _Singles]) -> Iterator[tuple[int, int]]:
    while opening := _OPENING.search(message, at, end):
        start, mark, at = opening.start(), opening.group(), opening.end()
        if not _opens(message, start):
            continue
        if mark not in _SINGLE:
            stop, resume = _end(message, mark, at, end)
            yield at, stop
            at = resume
        elif closed := singles[mark].end(at, end):
            yield at, closed
            at = closed + 1


def _opens(message: str, at: int) -> bool:
    """Whether a mark stands as one that opens: after white space or an opening character, and before something."""
    before, after = message[max(0, at - 1) : at], message[at + 1 : at + 2]
    if message[at] in _ALWAYS_OPEN:
        return True
    if message[at] in _SINGLE and _ELIDED.match(message, at):
        return False
    return (not before or before.isspace() or before in _BEFORE) and (message[at] == "«" or bool(after.strip()))


def _end(message: str, mark: str, start: int, end: int) -> tuple[int, int]:
    """Where a quotation ends that began with a mark, and where to read on."""
    depth, at = 0, start
    while event := _WITHIN[mark].search(message, at, end):
        found, at = event.start(), event.end()
        if message[found] == "\n":
            while at < end and message[at].isspace():
                at += 1
            if at == end or message[at] != mark:
                return found, at
            at += 1
        elif message[found] == mark and message[found - 1] == "\n":
            continue  # a paragraph that opens the mark again
        elif message[found] not in _CLOSING[mark]:
            depth += 1
        elif message[found] == mark and message[found - 1].isspace() and _opens(message, found):
            return found, found  # the mark before was never closed
        elif depth:
            depth -= 1
        else:
            return found, at
    return end, end


def _first(places: Sequence[int], start: int, stop: int, otherwise: int | None = None) -> int:
    """The first of the places from `start` on and before `stop`, else `otherwise`, or where that is None, `stop`."""
    number = bisect_left(places, start)
    if number < len(places) and places[number] < stop:
        return places[number]
    return stop if otherwise is None else otherwise


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
