"""A text as it is compared: tokens, what may differ between them in look only, and two texts side by side.

Texts are compared as tokens: words, numbers and punctuation. White space, quotation marks, markup and invisible
characters part tokens and are not compared; dashes are one dash, three dots are an ellipsis, accents are composed and
ligatures taken apart. So typography never makes a quotation altered, and what differs in it is told.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise, takewhile
from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

from index.model import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_APOSTROPHES = "'’‘ʼ‛´＇"
_QUOTATION_MARKS = frozenset('"“”„‟«»‹›‚`「」『』＂' + _APOSTROPHES)
_MARKUP = frozenset("*_~>")
_INVISIBLE = frozenset(map(chr, (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF)))
# One shape for two or three letters.
_LIGATURES = {shape: unicodedata.normalize("NFKC", shape) for shape in map(chr, range(0xFB00, 0xFB07))}
_DASHES = "‐‑‒–—―−﹘﹣－"
# Scripts that are written without spaces between words: each character is a token.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_IGNORED = re.escape("".join(sorted(_QUOTATION_MARKS | _MARKUP | _INVISIBLE)))
_LETTER = rf"(?:[^\W_{_UNSPACED}]|[\u0300-\u036f]|[{''.join(sorted(_INVISIBLE))}](?=\w))"
_TOKEN = re.compile(
    r"(?P<ellipsis>[\[(]\s?(?:…|\.{3}|\.\s\.\s\.)\s?[\])]|…|\.{3}|\.\s\.\s\.)"
    rf"|(?P<dash>[-{_DASHES}]+)"
    r"|(?P<number>\d+(?:[.,:]\d+)+)"
    rf"|(?P<word>[{_UNSPACED}][\u3099\u309a]?|[^\W_]{_LETTER}*(?:[{_APOSTROPHES}]{_LETTER}+)*)"
    rf"|(?P<mark>[^\s{_IGNORED}])"
)
_LETTERS = str.maketrans(dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_INVISIBLE) | _LIGATURES)
ELLIPSES = frozenset(("…", "[…]"))
# What may close a quotation whatever the text has there; a question or an exclamation is the speaker's own.
CLOSING = frozenset(",.;:-、。，．") | ELLIPSES


class Typography(StrEnum):
    """What may differ between a quotation and a place in which it stands exactly."""

    QUOTATION_MARKS = "quotation marks"
    DASHES = "dashes"
    ELLIPSIS = "ellipsis"
    SPACES = "spaces"
    ACCENTS = "composed accents"
    LIGATURES = "ligatures"
    CAPITAL = "capital at the start"
    CLOSING = "closing punctuation"
    MARKUP = "markup"
    INVISIBLE = "invisible characters"


class Change(StrEnum):
    """What became of a stretch of a quotation."""

    EQUAL = "equal"
    LEFT_OUT = "left_out"
    ADDED = "added"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a quotation beside the article's: equal but for typography, or what differs.

    Of words that are left out, `quoted` is what marks that, if anything does.
    """

    change: Change
    quoted: str
    printed: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """A stretch of a text as it is compared: token n is `text[spans[n][0]:spans[n][1]]` and compares as `keys[n]`.

    `lines` holds the keys, each on a line, for finding runs of them.
    """

    text: str
    start: int
    end: int
    keys: list[str]
    spans: list[tuple[int, int]]
    lines: str

    def find(self, run: Sequence[str]) -> Iterator[range]:
        """Each place where the run stands, as numbers of tokens, whatever the case of its first letter."""
        rest = "".join(f"{key}\n" for key in run[1:])
        for first in {run[0], other_case(run[0])}:
            wanted = f"\n{first}\n{rest}"
            number = counted = 0
            at = self.lines.find(wanted)
            while at >= 0:
                number += self.lines.count("\n", counted, at)
                counted = at
                yield range(number, number + len(run))
                at = self.lines.find(wanted, at + 1)

    def token(self, number: int) -> str:
        """The characters of a token."""
        return self.text[slice(*self.spans[number])]

    def gap(self, number: int) -> str:
        """The characters between a token and the one before; those after the last token come before its follower."""
        start = self.spans[number - 1][1] if number else self.start
        return self.text[start : self.spans[number][0] if number < len(self.spans) else self.end]


@dataclass(frozen=True, slots=True)
class Step:
    """Tokens of a quotation beside those of an article, the same or not; either may be none."""

    quoted: range
    printed: range
    same: bool


def tokens(text: str, start: int = 0, end: int | None = None) -> Tokens:
    """The tokens of `text[start:end]`, with offsets into the whole text; no token may lie across the bounds."""
    end = len(text) if end is None else end
    found = list(_TOKEN.finditer(text, start, end))
    keys = [_key(match.group(), match.lastgroup) for match in found]
    return Tokens(text, start, end, keys, [match.span() for match in found], "\n".join(("", *keys, "")))


def aligned(quoted: Sequence[str], printed: Sequence[str]) -> list[Step]:
    """Two runs of keys with as few that differ as can be; what is the same and what differs take turns."""
    steps = (
        Step(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), same=step.tag == "equal")
        for step in Levenshtein.opcodes(quoted, printed)
    )
    return _merged(steps)


def _key(token: str, sort: str | None) -> str:
    if sort == "ellipsis":
        return "[…]" if token[0] in "[(" else "…"
    if sort == "dash":
        return "-"
    return token if token.isascii() and token.isalnum() else unicodedata.normalize("NFC", token.translate(_LETTERS))


def other_case(word: str) -> str:
    """A word with its first letter large where it is small, and small where it is large."""
    return (word[0].lower() if word[0].isupper() else word[0].upper()) + word[1:]


def stretched(quoted: Tokens, core: range, printed: Tokens, place: range) -> tuple[range, range]:
    """Two stretches of tokens with those before and after that are the same on both sides."""
    before = zip(reversed(range(core.start)), reversed(range(place.start)), strict=False)
    after = zip(range(core.stop, len(quoted.keys)), range(place.stop, len(printed.keys)), strict=False)
    left, right = (
        sum(1 for _ in takewhile(lambda pair: quoted.keys[pair[0]] == printed.keys[pair[1]], pairs))
        for pairs in (before, after)
    )
    return range(core.start - left, core.stop + right), range(place.start - left, place.stop + right)


def differing_in(quoted: Tokens, core: range, printed: Tokens, place: range) -> set[Typography]:
    """The differences in typography between two stretches of tokens that compare as the same."""
    differing = set[Typography]()
    for here, there in zip(core, place, strict=True):
        differing |= _letters_differ(quoted.token(here), printed.token(there), quoted.keys[here])
        if here > core.start:
            differing |= ignored_differ(quoted.gap(here), printed.gap(there))
    return differing


def _letters_differ(quoted: str, printed: str, key: str) -> set[Typography]:
    if quoted == printed:
        return set()
    if key in ELLIPSES or key == "-":
        return {Typography.DASHES if key == "-" else Typography.ELLIPSIS}
    differing = ignored_differ(quoted, printed)
    if list(filter(_LIGATURES.__contains__, quoted)) != list(filter(_LIGATURES.__contains__, printed)):
        differing.add(Typography.LIGATURES)
    one, other = quoted.translate(_LETTERS), printed.translate(_LETTERS)
    if one != other:
        composed = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
        differing.add(Typography.ACCENTS if composed else Typography.CAPITAL)
    return differing


def ignored_differ(quoted: str, printed: str) -> set[Typography]:
    """The differences in the characters that are not compared."""
    if quoted == printed:
        return set()
    sorts: dict[Typography, Callable[[str], bool]] = {
        Typography.QUOTATION_MARKS: _QUOTATION_MARKS.__contains__,
        Typography.SPACES: str.isspace,
        Typography.MARKUP: _MARKUP.__contains__,
        Typography.INVISIBLE: _INVISIBLE.__contains__,
    }
    return {name for name, is_one in sorts.items() if list(filter(is_one, quoted)) != list(filter(is_one, printed))}


def side_by_side(quoted: Tokens, printed: Tokens, steps: Iterable[Step]) -> tuple[Span, tuple[Segment, ...]]:
    """The wording that the steps tell of, and its stretches, whose characters joined are both texts."""
    run = _merged(steps)
    # What stands before or after the wording was not left out of it.
    run = run[not run[0].quoted : len(run) - (not run[-1].quoted)]
    start, end = printed.spans[run[0].printed.start][0], printed.spans[run[-1].printed.stop - 1][1]
    quoted_cuts = [quoted.start, *(_cut(quoted, step.quoted.start) for step in run[1:]), quoted.end]
    cuts = [start, *(min(max(start, _cut(printed, step.printed.start)), end) for step in run[1:]), end]
    segments = []
    for step, here, there in zip(run, pairwise(quoted_cuts), pairwise(cuts), strict=True):
        change = Change.EQUAL if step.same else Change.REPLACED
        if not step.quoted or not step.printed:
            change = Change.ADDED if step.quoted else Change.LEFT_OUT
        segments.append(Segment(change, quoted.text[slice(*here)], printed.text[slice(*there)]))
    return Span(start, end), tuple(segments)


def _merged(steps: Iterable[Step]) -> list[Step]:
    """The steps with those of one kind that follow each other as one."""
    merged = []
    for same, group in groupby(steps, key=lambda step: step.same):
        run = list(group)
        quoted, place = (
            range(first.start, last.stop)
            for first, last in ((run[0].quoted, run[-1].quoted), (run[0].printed, run[-1].printed))
        )
        merged.append(Step(quoted, place, same=same))
    return merged


def _cut(read: Tokens, number: int) -> int:
    """Where to cut before a token: after the white space, so that opening marks stay with it."""
    if number == len(read.spans):
        return read.end
    return read.spans[number][0] - len(re.split(r"\s", read.gap(number))[-1])
