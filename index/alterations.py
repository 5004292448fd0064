"""A quotation that does not stand as it is: put together from parts that do, or beside the nearest wording."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, pairwise, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, LCSseq

from index.findings import CANDIDATES, PLACES, Finding, Part, Place, Verdict, paragraph_starts, places_of, standing
from index.model import Kind
from index.passages import paragraph_spans, split
from index.tokens import (
    CLOSING,
    ELLIPSES,
    Change,
    Step,
    Typography,
    aligned,
    differing_in,
    other_case,
    side_by_side,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from index.findings import Said, Standing, Window
    from index.model import Article, Span
    from index.tokens import Tokens

# An unmarked seam is believed between runs of at least this many words, and a stitched quotation has only such parts.
PART_WORDS = 4
MAX_PARTS = 6
# With this share of its letters in order in one place, a quotation is an alteration of it whatever the rest stands in.
ONE_PLACE = 0.85
# A wording is near if this share of the letters is the same in order, or if so many words in a row are.
NEAR = 0.6
NEAR_WORDS = 8
# How many characters are left out at once at most, by marking it: as long as a paragraph of news. What is further apart
# is not one statement. Captions and the like between are not counted, up to so many characters of them.
LEFT_OUT_CHARS = 500
_ASIDE_CHARS = 3000
# How far an end of the nearest wording is moved to fit, in tokens, and how long an insertion in brackets may be.
_REACH = 60
_INSERTION = 12
_SENTENCE_ENDS = frozenset(".!?…。！？")


@dataclass(frozen=True, slots=True)
class Near:
    """A wording near a quotation; `share` is how much of the letters of both is the same in order."""

    place: Place
    share: float


def assembled(said: Said, windows: list[Window], near: Near | None, outlets: Collection[str]) -> Finding | None:
    """The verdict on a quotation all of whose parts stand verbatim.

    It is shortened where they stand in order, close to each other, and what is between them is marked as left out; else
    altered where they stand in order nearby, and stitched where not.
    """
    one_place = near is not None and near.share >= ONE_PLACE
    attempts = [_stretches(said, insertions=False)]
    without_insertions = _stretches(said, insertions=True)
    if without_insertions not in attempts and not one_place:
        attempts.append(without_insertions)
    for stretches in attempts:
        parts = _parts(said, stretches, windows)
        places = [list(places_of(said.keys(part), windows)) for part in parts]
        if found := _shortened(said, parts, places, outlets):
            return found
        if chain := next(_chains(places, _is_nearby), None):
            return _joined(said, parts, chain)
        seams_are_marked = parts == stretches
        believed = parts and (seams_are_marked or not one_place)
        if believed and all(len(said.words(part)) >= PART_WORDS for part in parts):
            return _stitched(said, parts, places)
    return None


def is_elsewhere(articles: Iterable[Article], outlets: Collection[str]) -> bool:
    """Whether outlets are named and none of these articles can be of one; one whose outlet is not known can."""
    return bool(outlets) and {article.source.outlet for article in articles}.isdisjoint((None, *outlets))


def _stitched(said: Said, parts: list[range], places: list[list[Place]]) -> Finding:
    spans, found = said.tokens.spans, []
    for part, there in zip(parts, places, strict=True):
        standings = tuple(_verbatim(said, part, place) for place in there[:PLACES])
        found.append(Part(spans[part.start][0], spans[part.stop - 1][1], standings))
    return Finding(said.quotation, Verdict.STITCHED, parts=tuple(found))


def _verbatim(said: Said, part: range, place: Place) -> Standing:
    differing = differing_in(said.tokens, part, place.window.tokens, place.tokens)
    return standing(place.window.article, place.start, place.end, differing)


def _joined(said: Said, parts: list[range], chain: list[Place]) -> Finding:
    """An altered quotation whose parts stand in order nearby, with what stands between them on either side."""
    printed, steps = _steps(said, parts, chain)
    return _altered(said, chain[0].window.article, printed, steps)


def _steps(said: Said, parts: list[range], chain: list[Place], *, any_case: bool = False) -> tuple[Tokens, list[Step]]:
    """The wording from the first to the last place of a chain, beside the quotation.

    A letter's case that differs at a seam is an alteration, unless it may be in `any_case`; at the quotation's own
    start it is none.
    """
    printed = tokens(chain[0].window.article.text, chain[0].start, chain[-1].end)
    starts = [start for start, _ in printed.spans]
    steps, quoted_at, printed_at = [], said.core.start, 0
    for part, place in zip(parts, chain, strict=True):
        first = bisect_left(starts, place.start)
        between, skipped = range(quoted_at, part.start), printed.keys[printed_at:first]
        steps.append(Step(between, range(printed_at, first), same=said.keys(between) == skipped))
        alike = any_case or part.start == said.core.start or said.tokens.keys[part.start] == printed.keys[first]
        steps.append(Step(part[:1], range(first, first + 1), same=alike))
        steps.append(Step(part[1:], range(first + 1, first + len(part)), same=True))
        quoted_at, printed_at = part.stop, first + len(part)
    steps.append(Step(range(quoted_at, said.core.stop), range(printed_at, printed_at), same=False))
    return printed, [step for step in steps if step.quoted or step.printed]


def _parts(said: Said, stretches: list[range], windows: list[Window]) -> list[range]:
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
            while at < stretch.stop and said.tokens.keys[at] in CLOSING:
                at += 1
    return parts if any(len(said.words(part)) >= PART_WORDS for part in parts) else []


def _next_part(said: Said, stretch: range, at: int, windows: list[Window]) -> range | None:
    """The longest part from `at` on, or from a little after: a word may join two parts; or from a little before.

    Before, because the part that ends there may have had the first words of the next one by chance.
    """
    for start in (at, at + 1, at + 2, at - 1, at - 2, at - 3) if at > stretch.start else (at,):
        if stretch.start <= start < stretch.stop:
            part = range(start, start + _longest(said.keys(range(start, stretch.stop)), windows))
            rest = said.keys(range(part.stop, stretch.stop))
            is_whole = start == stretch.start and CLOSING.issuperset(rest)
            if part and (is_whole or len(said.words(part)) >= PART_WORDS):
                return part
    return None


def _stretches(said: Said, *, insertions: bool) -> list[range]:
    """The stretches between omissions that are marked, "…" or "[…]", and perhaps insertions: "[the president]"."""
    keys, stretches, start, at = said.tokens.keys, [], said.core.start, said.core.start
    while at < said.core.stop:
        end = at
        if keys[at] in ELLIPSES:
            end = at + 1
        elif insertions and keys[at] == "[" and "]" in keys[at : at + _INSERTION]:
            end = keys.index("]", at) + 1
        if end == at:
            at += 1
            continue
        stretches.append(range(start, at))
        while end < said.core.stop and keys[end] in CLOSING:
            end += 1
        start = at = end
    return [stretch for stretch in (*stretches, range(start, said.core.stop)) if stretch]


def _longest(run: Sequence[str], windows: list[Window]) -> int:
    """How many tokens from its beginning stand somewhere as a run."""
    return bisect_left(
        range(1, len(run) + 1), True, key=lambda length: not any(True for _ in places_of(run[:length], windows))
    )


def _chains(places: list[list[Place]], near: Callable[[Place, Place], bool]) -> Iterator[list[Place]]:
    """For each place of the first part one for each other, in order in one article, each near the one before."""
    by_article: list[dict[str, list[Place]]] = []
    for options in places:
        held: dict[str, list[Place]] = {}
        for place in sorted(options, key=attrgetter("start")):
            held.setdefault(place.window.article.source.id, []).append(place)
        by_article.append(held)
    for first in places[0] if places else ():
        chain, name = [first], first.window.article.source.id
        for held in by_article[1:]:
            following = held.get(name, [])
            number = bisect_left(following, chain[-1].end, key=attrgetter("start"))
            if number == len(following) or not near(chain[-1], following[number]):
                break
            chain.append(following[number])
        if len(chain) == len(places):
            yield chain


def _is_nearby(last: Place, place: Place) -> bool:
    """Whether a place is in the paragraph of the one before, or in the next."""
    paragraphs = paragraph_starts(last.window.article)
    return bisect_right(paragraphs, place.start) <= bisect_right(paragraphs, last.end - 1) + 1


# --- words left out --------------------------------------------------------------------------------------------------


def _shortened(said: Said, parts: list[range], places: list[list[Place]], outlets: Collection[str]) -> Finding | None:
    """The verdict on a quotation that is exact but for words that it leaves out."""
    seams = [said.keys(range(one.stop, other.start)) for one, other in pairwise(parts)]
    if not seams or not all(map(CLOSING.issuperset, seams)):
        return None
    marked = [not ELLIPSES.isdisjoint(seam) for seam in seams]
    chains = [chain for chain in _chains(places, _is_close) if _is_honest(said, parts, chain, marked)]
    if not chains:
        return None
    chains.sort(key=lambda chain: _preference(chain, outlets))
    chain, article = chains[0], chains[0][0].window.article
    printed, steps = _steps(said, parts, chain, any_case=True)
    span, segments = side_by_side(said.tokens, printed, steps)
    shown = tuple(s if s.change is Change.EQUAL else replace(s, change=Change.LEFT_OUT) for s in segments)
    typography = set[Typography]()
    for part, place in zip(parts, chain, strict=True):
        typography |= differing_in(said.tokens, part, place.window.tokens, place.tokens)
    verdict = Verdict.SHORTENED
    if not any(map(str.isalnum, "".join(s.printed for s in shown if s.change is Change.LEFT_OUT))):
        verdict, shown = Verdict.EXACT, ()  # only punctuation stands there
        typography |= {Typography.ELLIPSIS} if any(marked) else set()
    if is_elsewhere((each[0].window.article for each in chains), outlets):
        verdict = Verdict.OTHER_SOURCE
    others = (standing(each[0].window.article, each[0].start, each[-1].end) for each in chains[1:PLACES])
    standings = (standing(article, span.start, span.end, typography), *others)
    return Finding(said.quotation, verdict, standings, shown, more=len(chains) > PLACES)


def _is_close(last: Place, place: Place) -> bool:
    """Whether no more than is usual is left out between two places."""
    if place.start - last.end <= LEFT_OUT_CHARS:
        return True
    return (
        place.start - last.end <= _ASIDE_CHARS
        and len(_prose(last.window.article, last.end, place.start)) <= LEFT_OUT_CHARS
    )


def _is_honest(said: Said, parts: list[range], chain: list[Place], marked: list[bool]) -> bool:
    """Whether all words between the places are marked as left out, but for those that are not of the running text."""
    for is_marked, part, (last, place) in zip(marked, parts[1:], pairwise(chain), strict=True):
        if not is_marked:
            prose = _prose(last.window.article, last.end, place.start)
            same_case = said.tokens.keys[part.start] == place.window.tokens.keys[place.tokens.start]
            if any(map(str.isalnum, prose)) or not same_case:
                return False
    return True


def _prose(article: Article, start: int, end: int) -> str:
    """What of a stretch of an article is its running text: no captions, posts, or links to other stories."""
    text, at = "", start
    for aside in _asides(article):
        if at <= aside.start and aside.end <= end:
            text += article.text[at : aside.start]
            at = aside.end
    return text + article.text[at:end]


@lru_cache(CANDIDATES)
def _asides(article: Article) -> list[Span]:
    paragraphs = paragraph_spans(article)
    numbers = sorted({passage.paragraph for passage in split(article) if passage.kind is not Kind.BODY})
    return [paragraphs[number - 1] for number in numbers]


def _preference(chain: list[Place], outlets: Collection[str]) -> tuple[bool, int, str, int]:
    source = chain[0].window.article.source
    left_out = sum(place.start - last.end for last, place in pairwise(chain))
    return source.outlet not in outlets, left_out, source.id, chain[0].start


# --- nearest ---------------------------------------------------------------------------------------------------------


def nearest(said: Said, windows: list[Window]) -> Near | None:
    """The nearest wording in one place, if it is near enough."""
    quoted = _folded(said.keys(said.core))
    best, score = None, 0.0
    for window in windows:
        found = fuzz.partial_ratio_alignment(quoted, _folded(window.tokens.keys), score_cutoff=score)
        if found and found.score > score:
            place = Place(window, range(found.dest_start, found.dest_end))
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
    return Near(Place(best.window, range(first, last)), share)


def beside(said: Said, near: Near) -> Finding:
    """An altered quotation beside the nearest wording."""
    place, printed = near.place.tokens, near.place.window.tokens
    keys, wording = said.keys(said.core), printed.keys[place.start : place.stop]
    if wording[0] == other_case(keys[0]):
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
        # Words that the quotation leaves out weigh 1, those that it would have to itself 2: of these there are as many
        # as it has words, less those in common, whichever the place.
        return end - start - 3 * LCSseq.similarity(quoted, printed[start:end])

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


def _altered(said: Said, article: Article, printed: Tokens, steps: list[Step]) -> Finding:
    span, segments = side_by_side(said.tokens, printed, steps)
    return Finding(said.quotation, Verdict.ALTERED, (standing(article, span.start, span.end),), segments)
