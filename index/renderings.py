"""One quotation in several wordings, as in translations of a statement: which are one, and in which words they differ.

Two are the same if most telling words of the shorter stand in the other in the same order, and enough of them: by their
words alone, so that only what was translated closely is found. English; pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapidfuzz.distance import LCSseq

from index.features import FUNCTION_WORDS
from index.figures import stem
from index.marks import marked
from index.model import Span
from index.tokens import aligned, tokens

if TYPE_CHECKING:
    from index.tokens import Tokens

# Telling words in common, at least, and their share of those of the shorter one: set on the statement of the seeds.
COMMON, SHARE = 4, 0.6
# What may stand between two quotations that are parts of one, in characters: "” and an “".
_BETWEEN = 12


@dataclass(frozen=True, slots=True)
class Rendering:
    """Two quotations that are one in other words; the spans are of the words that the other one does not have."""

    one: tuple[Span, ...]
    other: tuple[Span, ...]
    common: int


def quotations_of(text: str) -> list[Span]:
    """The quotations of a text, without white space at their ends; those that are parts of one are joined."""
    found: list[Span] = []
    for span in (Span(*span) for span in marked(text) if text[slice(*span)].strip()):
        joined = found and "\n" not in text[found[-1].end : span.start] and span.start - found[-1].end <= _BETWEEN
        found.append(_trimmed(text, Span(found.pop().start if joined else span.start, span.end)))
    return found


def rendering(text: str, one: Span, other_text: str, other: Span) -> Rendering | None:
    """The two quotations side by side, if they are the same in other words."""
    ours, theirs = (tokens(t, span.start, span.end) for t, span in ((text, one), (other_text, other)))
    mine, yours = _telling(ours), _telling(theirs)
    common = LCSseq.similarity(mine, yours)
    if common < max(COMMON, SHARE * min(len(mine), len(yours))):
        return None
    keys = [[key.casefold() for key in read.keys] for read in (ours, theirs)]
    steps = [step for step in aligned(*keys) if not step.same]
    return Rendering(
        tuple(_span(ours, step.quoted) for step in steps if _has_words(ours, step.quoted)),
        tuple(_span(theirs, step.printed) for step in steps if _has_words(theirs, step.printed)),
        common,
    )


def _telling(read: Tokens) -> list[str]:
    return [stem(key) for key in read.keys if key[0].isalnum() and key.lower() not in FUNCTION_WORDS]


def _has_words(read: Tokens, run: range) -> bool:
    return any(read.keys[number][0].isalnum() for number in run)


def _span(read: Tokens, run: range) -> Span:
    """From the first word of a run to its last."""
    words = [number for number in run if read.keys[number][0].isalnum()]
    return Span(read.spans[words[0]][0], read.spans[words[-1]][1])


def _trimmed(text: str, span: Span) -> Span:
    words = text[span.start : span.end]
    start = span.start + len(words) - len(words.lstrip())
    return Span(start, start + len(words.strip()))
