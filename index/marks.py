"""What a text marks as quoted: words between quotation marks of any language, and quoted lines.

Where the next paragraph opens the mark again, a quotation runs on; a mark that is never closed runs to the end of its
paragraph, but a single one that is not closed is an apostrophe.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# How long a quotation between single marks may be, in characters, and how long one is that is held in one piece.
MAX_QUOTATION_CHARS = 2000

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


def marked(message: str) -> Iterator[tuple[int, int]]:
    """Where quotations stand, without their marks, in order; none overlaps another."""
    singles = {mark: _Singles.of(message, mark) for mark in _SINGLE if mark in message}
    at = 0
    for block in _BLOCK_QUOTE.finditer(message):
        yield from _between_marks(message, at, block.start(), singles)
        yield block.end("prefix"), block.end()
        at = block.end()
    yield from _between_marks(message, at, len(message), singles)


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
