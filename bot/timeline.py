"""What came when: passages in the order of the days that they speak of. Reads a store only."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from bot.answer import RELATIVE_FLOOR, by_day, compose
from index.model import Span
from index.moments import Moment
from index.search import Ranking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answer import Excerpt
    from index.model import Filters
    from index.search import Hit
    from index.store import Store


def timeline(rankings: Sequence[Ranking], store: Store, filters: Filters) -> list[Excerpt]:
    """The passages of rankings that speak of a day, by that day, which is marked; copies once, English ones only.

    Those whose day is not worked out come last. `since` and `until` of the filters bound the days that are spoken of;
    then these are left out.
    """
    floors = ((hit, RELATIVE_FLOOR * ranking.hits[0].score) for ranking in rankings for hit in ranking.hits)
    found = [dated for hit, floor in floors if (dated := _dated(hit, store, floor))]
    # Of copies the earliest is quoted: by its day "on Wednesday" was written. All are near enough in their rankings.
    oldest_first = sorted(found, key=lambda hit: (hit.passage.source.published or date.max, -hit.score))
    hits = tuple(replace(hit, score=1.0) for hit in oldest_first)
    rows = (_marked(with_moments(excerpt, store), filters) for excerpt in compose(Ranking(hits, 1.0), len(hits)))
    return sorted(filter(None, rows), key=_by_day_spoken_of)


def with_moments(excerpt: Excerpt, store: Store) -> Excerpt:
    """The excerpt with the days that the sentence with its marked words speaks of."""
    at = excerpt.answer.start if excerpt.answer else excerpt.start
    sentence = next(s for s in excerpt.passage.sentences if s.start <= at < s.end)
    return replace(excerpt, moments=tuple(store.stated(Moment, excerpt.source.id, sentence)))


def _dated(hit: Hit, store: Store, floor: float) -> Hit | None:
    """The hit with its best sentence among those that speak of a day, if that one is near enough itself."""
    passage = hit.passage
    spoken_of = store.stated(Moment, passage.source.id, Span(passage.start, passage.end))
    best = next(sentence for sentence in hit.sentences if sentence.span == hit.best)
    options = [sentence for sentence in hit.sentences if _within(sentence.span, spoken_of)]
    if not options:
        return None
    chosen = best if best in options else max(options, key=lambda sentence: sentence.score)
    score = hit.score * math.exp(min(0.0, chosen.score - best.score))
    first = _within(chosen.span, spoken_of)[0].span
    return replace(hit, best=chosen.span, score=score, answer=first) if score >= floor else None


def _within(sentence: Span, found: list[Moment]) -> list[Moment]:
    return [moment for moment in found if sentence.start <= moment.span.start < sentence.end]


def _marked(excerpt: Excerpt, filters: Filters) -> Excerpt | None:
    """The excerpt with the earliest day marked that lies within the bounds; None where none does."""
    since, until = filters.since or date.min, filters.until or date.max
    bounded = since > date.min or until < date.max
    meant = [m for m in excerpt.moments if m.first and m.last and m.last >= since and m.first <= until]
    if not meant and (bounded or any(moment.first for moment in excerpt.moments)):
        return None
    return replace(excerpt, answer=min(meant or excerpt.moments, key=_order).span)


def _by_day_spoken_of(excerpt: Excerpt) -> tuple[object, ...]:
    marked = next(moment for moment in excerpt.moments if moment.span == excerpt.answer)
    return (*_order(marked), *by_day(excerpt))


def _order(moment: Moment) -> tuple[date, date, int]:
    """The earliest first, a month before its days, and of one day what has no time of day; what has no day last."""
    if moment.first is None or moment.last is None:
        return date.max, date.max, 0
    longest_first = date.max - (moment.last - moment.first)
    return moment.first, longest_first, -1 if moment.minute is None else moment.minute
