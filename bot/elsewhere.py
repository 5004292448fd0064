"""Where else in the coverage the words of an excerpt stand. Reads a store only."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.answer import Place
from index.copies import place_of
from index.passages import paragraph_spans

if TYPE_CHECKING:
    from bot.answer import Excerpt
    from index.model import Filters
    from index.store import Store

# Articles with the same words that are named for an excerpt, and with the same paragraphs for an article.
NEIGHBOURS = 10


def with_copies(store: Store, excerpt: Excerpt, filters: Filters) -> Excerpt:
    """The excerpt with all places that have its words, and those where copies of its story have nearly the same."""
    places = list(excerpt.also_in)
    holding = (article.source for article, _ in store.articles_with([excerpt.text], filters, NEIGHBOURS))
    others = dict.fromkeys([*store.copies(excerpt.source.id, filters), *holding])
    for source in (source for source in others if source.id != excerpt.source.id):
        article = store.article(source.id)
        if article and (found := place_of(excerpt.text, article.text[article.body_start :])):
            paragraphs = [span.start for span in paragraph_spans(article)]
            paragraph = bisect_right(paragraphs, found.start + article.body_start)
            places.append(Place(source, paragraph, found.differing))
    # Of one paragraph the last counts: that with the same words, if there is one.
    places.sort(key=lambda place: not place.differing)
    return replace(excerpt, also_in=tuple({(place.source, place.paragraph): place for place in places}.values()))
