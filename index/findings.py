"""What can become of a quotation, and where in the coverage its words may stand."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from index.model import Span
from index.passages import paragraph_spans
from index.tokens import CLOSING, ELLIPSES, Typography, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from index.model import Article, Filters, Source, Speaker
    from index.store import Texts
    from index.tokens import Segment, Tokens

# How many places are listed for a quotation, or for a part of a stitched one.
PLACES = 20
# How many are compared at most: a word may stand in an article a million times.
_COMPARED = 10_000
# Passages that are read for a quotation; the right ones hold all its runs of words, so that they come first.
CANDIDATES = 25

# Words that are looked up together, as a run; and how many runs, or single long words, are looked up.
_RUN = 3
_RUNS = 16
_LONG_WORDS = 8
# How far around a passage is read beyond the quotation's own length, in characters: a neighbouring paragraph.
_AROUND = 500


class Verdict(StrEnum):
    """What became of a quotation."""

    EXACT = "exact"
    SHORTENED = "shortened"
    ALTERED = "altered"
    STITCHED = "stitched"
    OTHER_SOURCE = "other_source"
    OTHER_SPEAKER = "other_speaker"
    CORRECTED = "corrected"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words that are said to be quoted; `message[start:end] == text`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A place in the coverage: `article.text[start:end] == text`; `paragraph` counts from 1.

    `typography` is what differs there from a quotation, or a part of one, that stands in it exactly. `speaker` is who
    said it, as far as the article tells.
    """

    source: Source
    start: int
    end: int
    text: str
    paragraph: int
    typography: tuple[Typography, ...] = ()
    speaker: Speaker | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a stitched quotation that stands verbatim: `quotation.text[start:end]`, and where it stands."""

    start: int
    end: int
    standings: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A quotation with its verdict.

    - exact: `standings` are the places, first those in `outlets`, then those with the least difference in typography;
    - shortened: exact but for words that it leaves out, as it marks; as exact, and the `segments` joined are the
      quotation and the text of the first place;
    - altered: `standings` is the place of the nearest wording, with its `segments`;
    - stitched: `parts` in the quotation's order, with at most `PLACES` places each;
    - other source: as exact or shortened, but none of the places is in one of `outlets`;
    - other speaker: as exact or shortened, but `given_to` somebody else than those who are named in the articles;
    - corrected: `standings` are places in earlier texts of articles, replaced at `until`; where the text that took the
      place of the first has a wording near it, `segments` show what differs from that;
    - not found: nothing near enough is in the articles that were searched. It may have been said all the same.

    `outlets` are those that the message may mean by the name it gives, if it gives one.
    `more` tells that there are more places than are listed. Where `telling` is False, the quotation has fewer than
    `TELLING_WORDS` words: that it stands somewhere, or does not, says little.
    """

    quotation: Quotation
    verdict: Verdict
    standings: tuple[Standing, ...] = ()
    segments: tuple[Segment, ...] = ()
    parts: tuple[Part, ...] = ()
    outlets: tuple[str, ...] = ()
    more: bool = False
    telling: bool = True
    until: datetime | None = None
    given_to: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A quotation with its tokens; `core` are those without the ellipses and the punctuation at its ends."""

    quotation: Quotation
    tokens: Tokens
    core: range

    def keys(self, part: range) -> list[str]:
        """What some of its tokens compare as."""
        return self.tokens.keys[part.start : part.stop]

    def words(self, part: range) -> list[str]:
        """The words among some of its tokens."""
        return [key for key in self.keys(part) if key[0].isalnum()]


@dataclass(frozen=True, slots=True)
class Window:
    """Some passages of an article that hold words of a quotation, with what stands around them."""

    article: Article
    passages: list[Span]
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Place:
    """Some tokens of a window, `article.text[start:end]`."""

    window: Window
    tokens: range

    @property
    def start(self) -> int:
        """Where it begins in the article."""
        return self.window.tokens.spans[self.tokens.start][0]

    @property
    def end(self) -> int:
        """Where it ends in the article."""
        return self.window.tokens.spans[self.tokens.stop - 1][1]

    def counts(self) -> bool:
        """Whether it lies at least partly in one of the passages."""
        return any(passage.start < self.end and self.start < passage.end for passage in self.window.passages)


def read(quotation: Quotation) -> Said:
    """A quotation as it is compared."""
    said = tokens(quotation.text)
    first, last = 0, len(said.keys)
    while first < last and said.keys[first] in ELLIPSES:
        first += 1
    while last > first and said.keys[last - 1] in CLOSING:
        last -= 1
    return Said(quotation, said, range(first, last))


def written(said: Said) -> list[str]:
    """A quotation's words as the lexical index has them, where words that are written together are one."""
    words: list[str] = []
    joined = False
    for number in said.core:
        key = said.tokens.keys[number]
        if joined and key[0].isalnum() and not said.tokens.gap(number):
            words[-1] += key
        elif key[0].isalnum():
            words.append(key)
        joined = key[0].isalnum()
    return words


def runs(words: Sequence[str]) -> list[str]:
    """The words as runs of two or three; of many runs some, evenly spread."""
    count = -(-len(words) // _RUN)
    bounds = [len(words) * n // count for n in range(count + 1)] if count else []
    runs = [" ".join(words[start:end]) for start, end in pairwise(bounds)]
    chosen = min(count, _RUNS)
    return list(dict.fromkeys(runs[n * count // chosen] for n in range(chosen)))


def long_words(words: Sequence[str]) -> list[str]:
    """The longest words: in any language the telling ones are long, and the common ones, dear to look up, short."""
    return sorted(dict.fromkeys(words), key=len, reverse=True)[:_LONG_WORDS]


def windows_of(store: Texts, terms: Sequence[str], filters: Filters, length: int) -> list[Window]:
    """What stands around the passages that hold the terms, best article first; no two windows share characters."""
    windows = []
    for article, passages in store.articles_with(terms, filters, CANDIDATES):
        groups: list[tuple[Span, list[Span]]] = []
        for passage in passages:
            around, held = _around(article, passage, length + _AROUND), [passage]
            while groups and around.start <= groups[-1][0].end:
                before, earlier = groups.pop()
                around, held = Span(min(before.start, around.start), max(before.end, around.end)), earlier + held
            groups.append((around, held))
        windows += [Window(article, held, tokens(article.text, span.start, span.end)) for span, held in groups]
    return windows


def places_of(run: Sequence[str], windows: Iterable[Window]) -> Iterator[Place]:
    """The places that count where the run stands."""
    found = (Place(window, tokens) for window in windows for tokens in window.tokens.find(run))
    return islice(filter(Place.counts, found), _COMPARED)


def standing(article: Article, start: int, end: int, typography: Iterable[Typography] = ()) -> Standing:
    """A place by its offsets; `typography` in any order."""
    paragraph = bisect_right(paragraph_starts(article), start)
    return Standing(
        article.source,
        start,
        end,
        article.text[start:end],
        paragraph,
        tuple(name for name in Typography if name in typography),
    )


def _around(article: Article, passage: Span, reach: int) -> Span:
    """A passage with so many characters before and after, up to white space: half a token is none of the text's."""
    text = article.text
    start, end = max(article.body_start, passage.start - reach), min(len(text), passage.end + reach)
    while start > article.body_start and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return Span(start, end)


@lru_cache(CANDIDATES)
def paragraph_starts(article: Article) -> list[int]:
    """Where the paragraphs of an article begin; each place in it asks."""
    return [span.start for span in paragraph_spans(article)]
