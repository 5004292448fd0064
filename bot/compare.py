"""What several articles say of one thing: figures that differ, and one excerpt from each. Reads a store only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.answer import Differing, Excerpt, by_day
from bot.days import period
from index.differing import apart, matched
from index.features import terms
from index.figures import Figure
from index.model import Filters, Kind, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from index.encoder import Encoder
    from index.model import Passage, Source
    from index.search import Hit
    from index.store import Store

# Passages near an excerpt that are read for figures, and how many that differ are told of it.
NEAR = 25
TOLD = 5
# Articles that are compared at most; each is searched by itself.
ARTICLES = 10


def with_differing(excerpt: Excerpt, store: Store, encoder: Encoder, filters: Filters) -> Excerpt:
    """The excerpt with the figures of other articles that differ from one of its own."""
    mine = _read(excerpt.passage, store, Span(excerpt.start, excerpt.end))
    if not any(mine):
        return excerpt
    words = terms(excerpt.text)
    near = store.search(encoder.encode([excerpt.text])[0], words, filters, NEAR)
    others = [found.passage for found in near if found.passage.source != excerpt.source]
    copies = {source.id for source in store.copies(excerpt.source.id, filters)}
    differing: dict[tuple[str, int], Differing] = {}
    for passage in others:
        if passage.kind is Kind.RELATED or passage.source.id in copies:
            continue
        days = _days_between(excerpt.source, passage.source)
        for theirs in _read(passage, store):
            for here, there in (pair for ours in mine for pair in matched(ours, theirs, days) if apart(*pair)):
                found = _differing(passage, here, there)
                differing.setdefault((passage.source.id, there.span.start), found)
    return replace(excerpt, differing=tuple(differing.values())[:TOLD])


def with_figures(hits: Iterable[Hit], store: Store) -> tuple[Hit, ...]:
    """The hits whose best sentence holds a figure, which is marked; a reader's own words stay."""
    found = []
    for hit in hits:
        first = next((figure for read in _read(hit.passage, store, hit.best) for figure in read), None)
        if first:
            found.append(replace(hit, answer=hit.answer or first.span))
    return tuple(found)


def told_of(excerpts: Sequence[Excerpt]) -> Iterator[Excerpt]:
    """The excerpts, each followed by the sentences with figures that differ from its own, and none twice.

    Numbers count on from the first.
    """
    number = excerpts[0].number if excerpts else 1
    seen: set[tuple[str, int]] = set()
    for excerpt in excerpts:
        beside = [_beside(differing, excerpt) for differing in excerpt.differing]
        for told in (excerpt, *beside):
            place = (told.source.id, (told.answer or told).start)
            if place not in seen and not any(s == told.source.id and told.start <= at < told.end for s, at in seen):
                seen.add(place)
                yield replace(told, number=number)
                number += 1


def candidates(question: str, hits: Iterable[Hit], store: Store, encoder: Encoder, filters: Filters) -> list[Source]:
    """The articles in which something may answer a question, the likeliest first."""
    near = store.search(encoder.encode([question])[0], terms(question), filters, NEAR)
    sources = [hit.passage.source for hit in hits] + [found.passage.source for found in near]
    return list(dict.fromkeys(sources))[:ARTICLES]


def oldest_first(excerpts: Iterable[Excerpt]) -> list[Excerpt]:
    """Excerpts of several articles by their days, without those whose words an earlier one tells to stand there too."""
    rows: list[Excerpt] = []
    for excerpt in sorted(excerpts, key=by_day):
        same = (place.source for row in rows for place in row.also_in if not place.differing)
        if excerpt.source not in same:
            rows.append(replace(excerpt, number=len(rows) + 1))
    return rows


def outlets_of(typed: str | None) -> tuple[str, ...]:
    """Outlets as people list them, with ";" between."""
    return tuple(filter(None, map(str.strip, (typed or "").split(";"))))


def narrowed(outlets: str | None, since: str | None, until: str | None) -> Filters:
    """Filters as people write them: outlets with ";" between, and days.

    Raises:
        DayError: a day is none.

    """
    return Filters(outlets_of(outlets), (), *period(since, until))


def _read(passage: Passage, store: Store, within: Span | None = None) -> list[list[Figure]]:
    """The figures of each sentence of a passage, or of a stretch of it, that has any."""
    within = within or Span(passage.start, passage.end)
    found = store.stated(Figure, passage.source.id, within)
    whole = (s for s in passage.sentences if within.start <= s.start and s.end <= within.end)
    rows = ([figure for figure in found if s.start <= figure.span.start < s.end] for s in whole)
    return [row for row in rows if row]


def _days_between(one: Source, other: Source) -> int:
    return abs((one.published - other.published).days) if one.published and other.published else 0


def _differing(passage: Passage, here: Figure, there: Figure) -> Differing:
    sentence = next(s for s in passage.sentences if s.start <= there.span.start < s.end)
    return Differing(here.span, passage, sentence, there.span)


def _beside(differing: Differing, excerpt: Excerpt) -> Excerpt:
    sentence, passage = differing.sentence, differing.passage
    return Excerpt(
        0, passage.words(sentence), sentence.start, sentence.end, passage, excerpt.score, answer=differing.there
    )
