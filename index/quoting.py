"""Whether a quotation stands in the coverage: held against the index, with one verdict and the places that bear it out.

Texts are compared as tokens: words, numbers and punctuation. White space, quotation marks, markup and invisible
characters part tokens and are not compared; dashes are one dash, three dots are an ellipsis, accents are composed. So
typography never makes a quotation altered, and what differs in it is told. Everything else must be the same, letter
case included, but for the case of a quotation's first letter.

A place counts if it lies at least partly in a stored passage: headers and links to other stories are no coverage.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import groupby, islice, pairwise, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, Levenshtein

from index.model import Filters, Span
from index.passages import paragraph_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from index.model import Article, Source
    from index.store import Store

# Fewer words than this stand somewhere by chance: a scare quote, a title, a name.
TELLING_WORDS = 3
# How many places are listed for a quotation, or for a part of a stitched one.
PLACES = 20
# How many are compared at most: a word may stand in an article a million times.
_COMPARED = 10_000
# Passages that are read for a quotation; the right ones hold all its runs of words, so that they come first.
CANDIDATES = 25
# An unmarked seam is believed between runs of at least this many words, and a stitched quotation has only such parts.
PART_WORDS = 4
MAX_PARTS = 6
# With this share of its letters in order in one place, a quotation is an alteration of it whatever the rest stands in.
ONE_PLACE = 0.85
# A wording is near if this share of the letters is the same in order, or if so many words in a row are.
NEAR = 0.6
NEAR_WORDS = 8

# Words that are looked up together, as a run; and how many runs, or single long words, are looked up.
_RUN = 3
_RUNS = 16
_LONG_WORDS = 8
# How far around a passage is read beyond the quotation's own length, in characters: a neighbouring paragraph.
_AROUND = 500
# How far an end of the nearest wording is moved to fit, in tokens, and how long an insertion in brackets may be.
_REACH = 60
_INSERTION = 12

ANY = Filters()

_APOSTROPHES = "'’‘ʼ‛´＇"
_QUOTATION_MARKS = frozenset('"“”„‟«»‹›‚`「」『』＂' + _APOSTROPHES)
_MARKUP = frozenset("*_~>")
_INVISIBLE = frozenset(map(chr, (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF)))
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
_LETTERS = str.maketrans(dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_INVISIBLE))
_ELLIPSES = frozenset(("…", "[…]"))
# What may close a quotation whatever the text has there; a question or an exclamation is the speaker's own.
_CLOSING = frozenset(",.;:-、。，．") | _ELLIPSES
_SENTENCE_ENDS = frozenset(".!?…。！？")


class Verdict(StrEnum):
    """What became of a quotation."""

    EXACT = "exact"
    ALTERED = "altered"
    STITCHED = "stitched"
    OTHER_SOURCE = "other_source"
    CORRECTED = "corrected"
    NOT_FOUND = "not_found"


class Typography(StrEnum):
    """What may differ between a quotation and a place in which it stands exactly."""

    QUOTATION_MARKS = "quotation marks"
    DASHES = "dashes"
    ELLIPSIS = "ellipsis"
    SPACES = "spaces"
    ACCENTS = "composed accents"
    CAPITAL = "capital at the start"
    CLOSING = "closing punctuation"
    MARKUP = "markup"
    INVISIBLE = "invisible characters"


class Change(StrEnum):
    """What became of a stretch of an altered quotation."""

    EQUAL = "equal"
    LEFT_OUT = "left_out"
    ADDED = "added"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words that are said to be quoted; `message[start:end] == text`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A place in the coverage: `article.text[start:end] == text`; `paragraph` counts from 1.

    `typography` is what differs there from a quotation, or a part of one, that stands in it exactly.
    """

    source: Source
    start: int
    end: int
    text: str
    paragraph: int
    typography: tuple[Typography, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of an altered quotation beside the article's: equal but for typography, or what differs."""

    change: Change
    quoted: str
    printed: str


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
    - altered: `standings` is the place of the nearest wording; the `segments` joined are the quotation and its text;
    - stitched: `parts` in the quotation's order, with at most `PLACES` places each;
    - other source: as exact, but none of the places is in one of `outlets`;
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
        for first in {run[0], _other_case(run[0])}:
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
class _Said:
    """A quotation with its tokens; `core` are those without the ellipses and the punctuation at its ends."""

    quotation: Quotation
    tokens: Tokens
    core: range

    def keys(self, part: range) -> list[str]:
        return self.tokens.keys[part.start : part.stop]

    def words(self, part: range) -> list[str]:
        return [key for key in self.keys(part) if key[0].isalnum()]


@dataclass(frozen=True, slots=True)
class _Window:
    """Some passages of an article that hold words of a quotation, with what stands around them."""

    article: Article
    passages: list[Span]
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class _Place:
    """Some tokens of a window, `article.text[start:end]`."""

    window: _Window
    tokens: range

    @property
    def start(self) -> int:
        return self.window.tokens.spans[self.tokens.start][0]

    @property
    def end(self) -> int:
        return self.window.tokens.spans[self.tokens.stop - 1][1]

    def counts(self) -> bool:
        """Whether it lies at least partly in one of the passages."""
        return any(passage.start < self.end and self.start < passage.end for passage in self.window.passages)


@dataclass(frozen=True, slots=True)
class _Near:
    """A wording near a quotation; `share` is how much of the letters of both is the same in order."""

    place: _Place
    share: float


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


def hold(quotation: Quotation, store: Store, filters: Filters = ANY, outlets: Collection[str] = ()) -> Finding:
    """Hold a quotation against the articles that pass `filters`.

    `outlets` are those that the message may mean by the name it gives for the quotation, as the index spells them,
    or none. Omissions and insertions in brackets within one place are alterations that are shown, not stitching:
    they are honest, and only the reader can tell whether they mislead.
    """
    said = _read(quotation)
    words = _written(said)
    telling = len(said.words(said.core)) >= TELLING_WORDS
    windows = _windows(store, _runs(words), filters, len(quotation.text))
    found = _exact(said, windows, outlets) or _corrected(said, store, _runs(words), filters, windows)
    if telling and not found:
        near = _nearest(said, windows)
        found = _assembled(said, windows, near)
        if not found and (near := near or _nearest(said, _windows(store, _long(words), filters, len(quotation.text)))):
            found = _beside(said, near)
    return replace(found or Finding(quotation, Verdict.NOT_FOUND), outlets=tuple(outlets), telling=telling)


def _key(token: str, sort: str | None) -> str:
    if sort == "ellipsis":
        return "[…]" if token[0] in "[(" else "…"
    if sort == "dash":
        return "-"
    return token if token.isascii() and token.isalnum() else unicodedata.normalize("NFC", token.translate(_LETTERS))


def _other_case(word: str) -> str:
    return (word[0].lower() if word[0].isupper() else word[0].upper()) + word[1:]


def _read(quotation: Quotation) -> _Said:
    read = tokens(quotation.text)
    first, last = 0, len(read.keys)
    while first < last and read.keys[first] in _ELLIPSES:
        first += 1
    while last > first and read.keys[last - 1] in _CLOSING:
        last -= 1
    return _Said(quotation, read, range(first, last))


# --- what is read ----------------------------------------------------------------------------------------------------


def _written(said: _Said) -> list[str]:
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


def _runs(words: Sequence[str]) -> list[str]:
    """The words as runs of two or three; of many runs some, evenly spread."""
    count = -(-len(words) // _RUN)
    bounds = [len(words) * n // count for n in range(count + 1)] if count else []
    runs = [" ".join(words[start:end]) for start, end in pairwise(bounds)]
    chosen = min(count, _RUNS)
    return list(dict.fromkeys(runs[n * count // chosen] for n in range(chosen)))


def _long(words: Sequence[str]) -> list[str]:
    """The longest words: in any language the telling ones are long, and the common ones, dear to look up, short."""
    return sorted(dict.fromkeys(words), key=len, reverse=True)[:_LONG_WORDS]


def _windows(store: Store, terms: Sequence[str], filters: Filters, length: int) -> list[_Window]:
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
        windows += [_Window(article, held, tokens(article.text, span.start, span.end)) for span, held in groups]
    return windows


def _around(article: Article, passage: Span, reach: int) -> Span:
    """A passage with so many characters before and after, up to white space: half a token is none of the text's."""
    text = article.text
    start, end = max(article.body_start, passage.start - reach), min(len(text), passage.end + reach)
    while start > article.body_start and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return Span(start, end)


def _places(run: Sequence[str], windows: Iterable[_Window]) -> Iterator[_Place]:
    """Every place where the run stands."""
    for window in windows:
        for found in window.tokens.find(run):
            yield _Place(window, found)


def _standing(article: Article, start: int, end: int, typography: Iterable[Typography] = ()) -> Standing:
    paragraph = bisect_right(_paragraph_starts(article), start)
    return Standing(article.source, start, end, article.text[start:end], paragraph, tuple(typography))


@lru_cache(CANDIDATES)
def _paragraph_starts(article: Article) -> list[int]:
    """Where the paragraphs of an article begin; each place in it asks."""
    return [span.start for span in paragraph_spans(article)]


# --- exact -----------------------------------------------------------------------------------------------------------


def _exact(said: _Said, windows: list[_Window], outlets: Collection[str]) -> Finding | None:
    places = islice(filter(_Place.counts, _places(said.keys(said.core), windows)), _COMPARED)
    fitted = [(place.window.article, *_fitted(said, place)) for place in places]
    if not fitted:
        return None
    fitted.sort(key=lambda fit: (fit[0].source.outlet not in outlets, len(fit[3]), fit[0].source.id, fit[1]))
    # An article whose outlet is not known may be of the outlet that is named.
    elsewhere = bool(outlets) and {article.source.outlet for article, *_ in fitted}.isdisjoint((None, *outlets))
    verdict = Verdict.OTHER_SOURCE if elsewhere else Verdict.EXACT
    standings = tuple(_standing(*fit) for fit in fitted[:PLACES])
    return Finding(said.quotation, verdict, standings, more=len(fitted) > PLACES)


def _corrected(
    said: _Said, store: Store, runs: Sequence[str], filters: Filters, windows: list[_Window]
) -> Finding | None:
    """The verdict on a quotation that stands exactly in texts which others have taken the place of."""
    earlier = store.earlier_with(runs, filters, CANDIDATES)
    whole = [_Window(e.article, [Span(0, len(e.article.text))], tokens(e.article.text)) for e in earlier]
    found = _exact(said, whole, ())
    if found is None:
        return None
    was = found.standings[0].source
    until = max(e.until for e in earlier if e.article.source == was)
    now = _nearest(said, [window for window in windows if window.article.source.id == was.id])
    segments = _beside(said, now).segments if now else ()
    return replace(found, verdict=Verdict.CORRECTED, segments=segments, until=until)


def _fitted(said: _Said, place: _Place) -> tuple[int, int, list[Typography]]:
    """The bounds of an exact place, with the punctuation and marks around it that the quotation has too."""
    quoted, printed = said.tokens, place.window.tokens
    core, where = _stretched(quoted, said.core, printed, place.tokens)
    start, end = printed.spans[where.start][0], printed.spans[where.stop - 1][1]
    differing = _differing(quoted, core, printed, where)
    closing = set(quoted.keys[core.stop :])
    if core.start or closing & _ELLIPSES:
        differing.add(Typography.ELLIPSIS)
    if closing - _ELLIPSES:
        differing.add(Typography.CLOSING)
    before, after = quoted.gap(core.start).lstrip(), quoted.gap(core.stop).rstrip()
    left, right = printed.gap(where.start), printed.gap(where.stop)
    if before and not core.start:
        marks = before if left.endswith(before) else _nearest_marks(left[::-1])[::-1]
        differing |= _ignored_differ(before, marks)
        start -= len(marks)
    if after and core.stop == len(quoted.keys):
        marks = after if right.startswith(after) else _nearest_marks(right)
        differing |= _ignored_differ(after, marks)
        end += len(marks)
    return start, end, [name for name in Typography if name in differing]


def _nearest_marks(gap: str) -> str:
    """The marks at the beginning of a gap; in some languages a single space stands before them."""
    found = re.match(r"(?:[\u00a0\u2009\u202f]?\S+)?", gap)
    return found.group() if found else ""


def _stretched(quoted: Tokens, core: range, printed: Tokens, place: range) -> tuple[range, range]:
    """Two stretches of tokens with those before and after that are the same on both sides."""
    before = zip(reversed(range(core.start)), reversed(range(place.start)), strict=False)
    after = zip(range(core.stop, len(quoted.keys)), range(place.stop, len(printed.keys)), strict=False)
    left, right = (
        sum(1 for _ in takewhile(lambda pair: quoted.keys[pair[0]] == printed.keys[pair[1]], pairs))
        for pairs in (before, after)
    )
    return range(core.start - left, core.stop + right), range(place.start - left, place.stop + right)


def _differing(quoted: Tokens, core: range, printed: Tokens, place: range) -> set[Typography]:
    """The differences in typography between two stretches of tokens that compare as the same."""
    differing = set[Typography]()
    for here, there in zip(core, place, strict=True):
        differing |= _letters_differ(quoted.token(here), printed.token(there), quoted.keys[here])
        if here > core.start:
            differing |= _ignored_differ(quoted.gap(here), printed.gap(there))
    return differing


def _letters_differ(quoted: str, printed: str, key: str) -> set[Typography]:
    if quoted == printed:
        return set()
    if key in _ELLIPSES or key == "-":
        return {Typography.DASHES if key == "-" else Typography.ELLIPSIS}
    one, other = quoted.translate(_LETTERS), printed.translate(_LETTERS)
    if one == other:
        return _ignored_differ(quoted, printed)
    composed = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    return _ignored_differ(quoted, printed) | {Typography.ACCENTS if composed else Typography.CAPITAL}


def _ignored_differ(quoted: str, printed: str) -> set[Typography]:
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


# --- put together from parts -----------------------------------------------------------------------------------------


def _assembled(said: _Said, windows: list[_Window], near: _Near | None) -> Finding | None:
    """The verdict on a quotation all of whose parts stand verbatim: altered if in order nearby, stitched if not."""
    one_place = near is not None and near.share >= ONE_PLACE
    attempts = [_stretches(said, insertions=False)]
    without_insertions = _stretches(said, insertions=True)
    if without_insertions not in attempts and not one_place:
        attempts.append(without_insertions)
    for stretches in attempts:
        parts = _parts(said, stretches, windows)
        places = [list(islice(filter(_Place.counts, _places(said.keys(part), windows)), _COMPARED)) for part in parts]
        if chain := _chain(places):
            return _joined(said, parts, chain)
        seams_are_marked = parts == stretches
        believed = parts and (seams_are_marked or not one_place)
        if believed and all(len(said.words(part)) >= PART_WORDS for part in parts):
            return _stitched(said, parts, places)
    return None


def _stitched(said: _Said, parts: list[range], places: list[list[_Place]]) -> Finding:
    spans, found = said.tokens.spans, []
    for part, there in zip(parts, places, strict=True):
        standings = tuple(_verbatim(said, part, place) for place in there[:PLACES])
        found.append(Part(spans[part.start][0], spans[part.stop - 1][1], standings))
    return Finding(said.quotation, Verdict.STITCHED, parts=tuple(found))


def _verbatim(said: _Said, part: range, place: _Place) -> Standing:
    differing = _differing(said.tokens, part, place.window.tokens, place.tokens)
    typography = (name for name in Typography if name in differing)
    return _standing(place.window.article, place.start, place.end, typography)


def _joined(said: _Said, parts: list[range], chain: list[_Place]) -> Finding:
    """An altered quotation whose parts stand in order nearby, with what stands between them on either side."""
    article = chain[0].window.article
    printed = tokens(article.text, chain[0].start, chain[-1].end)
    starts = [start for start, _ in printed.spans]
    steps, quoted_at, printed_at = [], said.core.start, 0
    for part, place in zip(parts, chain, strict=True):
        first = bisect_left(starts, place.start)
        between, skipped = range(quoted_at, part.start), printed.keys[printed_at:first]
        steps.append(Step(between, range(printed_at, first), same=said.keys(between) == skipped))
        # A letter's case that differs at a seam is an alteration; at the quotation's own start it is not.
        alike = part.start == said.core.start or said.tokens.keys[part.start] == printed.keys[first]
        steps.append(Step(part[:1], range(first, first + 1), same=alike))
        steps.append(Step(part[1:], range(first + 1, first + len(part)), same=True))
        quoted_at, printed_at = part.stop, first + len(part)
    steps.append(Step(range(quoted_at, said.core.stop), range(printed_at, printed_at), same=False))
    return _altered(said, article, printed, [step for step in steps if step.quoted or step.printed])


def _parts(said: _Said, stretches: list[range], windows: list[_Window]) -> list[range]:
    """The parts of a quotation, from break to break or as long as they can be, if all stand verbatim; else none.

    At least one has `PART_WORDS` words, and so has each that begins or ends where no break is marked.
    """
    parts: list[range] = []
    for stretch in stretches:
        at = stretch.start
        while at < stretch.stop:
            part = _next_part(said, stretch, at, windows)
            if not part or len(parts) == MAX_PARTS:
                return []
            if part.start < at:
                parts[-1] = range(parts[-1].start, part.start)
            parts.append(part)
            at = part.stop
            while at < stretch.stop and said.tokens.keys[at] in _CLOSING:
                at += 1
    return parts if any(len(said.words(part)) >= PART_WORDS for part in parts) else []


def _next_part(said: _Said, stretch: range, at: int, windows: list[_Window]) -> range | None:
    """The longest part from `at` on, or from a little after: a word may join two parts; or from a little before.

    Before, because the part that ends there may have had the first words of the next one by chance.
    """
    for start in (at, at + 1, at + 2, at - 1, at - 2, at - 3) if at > stretch.start else (at,):
        if stretch.start <= start < stretch.stop:
            part = range(start, start + _longest(said.keys(range(start, stretch.stop)), windows))
            if part == stretch or len(said.words(part)) >= PART_WORDS:
                return part
    return None


def _stretches(said: _Said, *, insertions: bool) -> list[range]:
    """The stretches between omissions that are marked, "…" or "[…]", and perhaps insertions: "[the president]"."""
    keys, stretches, start, at = said.tokens.keys, [], said.core.start, said.core.start
    while at < said.core.stop:
        end = at
        if keys[at] in _ELLIPSES:
            end = at + 1
        elif insertions and keys[at] == "[" and "]" in keys[at : at + _INSERTION]:
            end = keys.index("]", at) + 1
        if end == at:
            at += 1
            continue
        stretches.append(range(start, at))
        while end < said.core.stop and keys[end] in _CLOSING:
            end += 1
        start = at = end
    return [stretch for stretch in (*stretches, range(start, said.core.stop)) if stretch]


def _longest(run: Sequence[str], windows: list[_Window]) -> int:
    """How many tokens from its beginning stand somewhere as a run."""
    return bisect_left(
        range(1, len(run) + 1), True, key=lambda length: not any(p.counts() for p in _places(run[:length], windows))
    )


def _chain(places: list[list[_Place]]) -> list[_Place]:
    """A place for each part, in order in one article, each in the paragraph of the one before or the next; or none."""
    if not all(places):
        return []
    by_article: list[dict[str, list[_Place]]] = []
    for options in places:
        held: dict[str, list[_Place]] = {}
        for place in sorted(options, key=attrgetter("start")):
            held.setdefault(place.window.article.source.id, []).append(place)
        by_article.append(held)
    for first in places[0] if places else ():
        chain, article = [first], first.window.article
        for held in by_article[1:]:
            last, following = chain[-1], held.get(article.source.id, [])
            number = bisect_left(following, last.end, key=attrgetter("start"))
            if number == len(following):
                break
            paragraphs = _paragraph_starts(article)
            if bisect_right(paragraphs, following[number].start) > bisect_right(paragraphs, last.end - 1) + 1:
                break
            chain.append(following[number])
        if len(chain) == len(places):
            return chain
    return []


# --- nearest ---------------------------------------------------------------------------------------------------------


def _nearest(said: _Said, windows: list[_Window]) -> _Near | None:
    """The nearest wording in one place, if it is near enough."""
    quoted = _folded(said.keys(said.core))
    best, score = None, 0.0
    for window in windows:
        found = fuzz.partial_ratio_alignment(quoted, _folded(window.tokens.keys), score_cutoff=score)
        if found and found.score > score:
            place = _Place(window, range(found.dest_start, found.dest_end))
            if place.counts():
                best, score = place, found.score
    if best is None:
        return None
    printed = _folded(best.window.tokens.keys)
    first, last = _fit(quoted, printed, best.tokens)
    alike = [
        range(step.src_start, step.src_end)
        for step in Indel.opcodes(quoted, printed[first:last])
        if step.tag == "equal"
    ]
    letters = sum(len(quoted[at]) for run in alike for at in run)
    share = 2 * letters / (sum(map(len, quoted)) + sum(map(len, printed[first:last])))
    if share < NEAR and max((len(said.words(_moved(run, said.core.start))) for run in alike), default=0) < NEAR_WORDS:
        return None
    # Words at an end that are not the article's stand beside the article's own there, up to the sentence's bounds.
    first -= _until_sentence_end(reversed(printed[:first]), alike[0].start)
    last += _until_sentence_end(printed[last:], len(quoted) - alike[-1].stop)
    return _Near(_Place(best.window, range(first, last)), share)


def _beside(said: _Said, near: _Near) -> Finding:
    """An altered quotation beside the nearest wording."""
    place, printed = near.place.tokens, near.place.window.tokens
    keys, wording = said.keys(said.core), printed.keys[place.start : place.stop]
    if wording[0] == _other_case(keys[0]):
        keys[0] = wording[0]
    steps = [
        Step(_moved(step.quoted, said.core.start), _moved(step.printed, place.start), same=step.same)
        for step in aligned(keys, wording)
    ]
    return _altered(said, near.place.window.article, printed, steps)


def _moved(run: range, by: int) -> range:
    return range(run.start + by, run.stop + by)


def _folded(keys: Iterable[str]) -> list[str]:
    return [key.casefold() for key in keys]


def _fit(quoted: list[str], printed: list[str], place: range) -> tuple[int, int]:
    """The bounds between which the article's tokens are nearest: the library's are as far apart as the quotation's."""
    first, last, reach = place.start, place.stop, min(len(quoted), _REACH)

    def distance(start: int, end: int) -> int:
        # Words that the quotation leaves out weigh less than those that it would have to itself.
        return Levenshtein.distance(quoted, printed[start:end], weights=(1, 2, 3))

    first = min(
        range(max(0, first - reach), min(last, first + reach + 1)),
        key=lambda start: (distance(start, last), abs(start - first)),
    )
    last = min(
        range(max(first + 1, last - reach), min(len(printed), last + reach) + 1),
        key=lambda end: (distance(first, end), abs(end - last)),
    )
    return first, last


def _until_sentence_end(keys: Iterable[str], most: int) -> int:
    return sum(1 for _ in islice(takewhile(lambda key: key not in _SENTENCE_ENDS, keys), most))


def _altered(said: _Said, article: Article, printed: Tokens, steps: list[Step]) -> Finding:
    """A finding with the steps as segments, whose characters joined are the quotation and the article's wording."""
    merged = _merged(steps)
    # What stands before or after the wording was not left out of it.
    merged = merged[not merged[0].quoted : len(merged) - (not merged[-1].quoted)]
    start, end = printed.spans[merged[0].printed.start][0], printed.spans[merged[-1].printed.stop - 1][1]
    quoted_cuts = [0, *(_cut(said.tokens, step.quoted.start) for step in merged[1:]), len(said.quotation.text)]
    cuts = [start, *(min(max(start, _cut(printed, step.printed.start)), end) for step in merged[1:]), end]
    segments = []
    for step, said_there, stretch in zip(merged, pairwise(quoted_cuts), pairwise(cuts), strict=True):
        change = Change.EQUAL if step.same else Change.REPLACED
        if not step.quoted or not step.printed:
            change = Change.ADDED if step.quoted else Change.LEFT_OUT
        segments.append(Segment(change, said.quotation.text[slice(*said_there)], article.text[slice(*stretch)]))
    return Finding(said.quotation, Verdict.ALTERED, (_standing(article, start, end),), tuple(segments))


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
