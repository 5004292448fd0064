"""What no other outlet carries: sentences whose words, or nearly these, stand in no other's article. Reads a store."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from bot.answer import Excerpt
from bot.elsewhere import with_copies
from index.model import Kind, Span
from index.passages import split
from index.tables import outlet_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from index.model import Filters, Listing, Passage
    from index.search import Hit
    from index.store import Store

# Articles that are looked through, the newest ones, where nothing is asked.
NEWEST = 20
_ABOUT = re.compile(r"\sabout\s", re.IGNORECASE)


def asked_of(text: str, outlets: Iterable[str]) -> tuple[str, str] | None:
    """The outlet that a text names, and what is asked of it: "The Paper about the parade"; None where it names none."""
    known = {outlet_key(outlet): outlet for outlet in outlets}
    # The last first, since a name may have the word too.
    for about in [len(text), *(found.start() for found in reversed(list(_ABOUT.finditer(text))))]:
        if outlet := known.get(outlet_key(text[:about].strip())):
            return outlet, _ABOUT.sub("", text[about:], count=1).strip()
    return None


def newest_alone(store: Store, filters: Filters) -> Iterator[Excerpt]:
    """The sentences of an outlet's newest articles that stand in no other outlet's, a stretch of each passage."""

    def newest_first(listing: Listing) -> tuple[int, str]:
        return -(listing.source.published or date.min).toordinal(), listing.source.id

    for listing in sorted(store.listings(filters), key=newest_first)[:NEWEST]:
        article = store.article(listing.source.id)
        for passage in split(article) if article else ():
            if passage.kind is Kind.BODY and (stretches := _stretches(passage, store, filters)):
                longest = max(stretches, key=lambda stretch: stretch[-1].end - stretch[0].start)
                start, end = longest[0].start, longest[-1].end
                yield Excerpt(0, passage.words(Span(start, end)), start, end, passage, 1.0)


def alone(hit: Hit, store: Store, filters: Filters) -> Hit | None:
    """The hit with only those sentences around its best that stand in no other outlet's article; None if that does."""
    for stretch in _stretches(hit.passage, store, filters):
        if hit.best in stretch:
            within = hit.answer and stretch[0].start <= hit.answer.start and hit.answer.end <= stretch[-1].end
            sentences = tuple(sentence for sentence in hit.sentences if sentence.span in stretch)
            return replace(hit, sentences=sentences, answer=hit.answer if within else None)
    return None


def _stretches(passage: Passage, store: Store, filters: Filters) -> list[list[Span]]:
    """The runs of a passage's sentences that stand in no article of another outlet that may be seen."""

    def shared(sentence: Span) -> bool:
        words = Excerpt(0, passage.words(sentence), sentence.start, sentence.end, passage, 1.0)
        places = with_copies(store, words, filters.scope()).also_in
        own = passage.source.outlet or ""
        return any(outlet_key(place.source.outlet or "") != outlet_key(own) for place in places)

    return [list(run) for told, run in groupby(passage.sentences, shared) if not told]
