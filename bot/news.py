"""What is new in the index for a follow, and treats its subject. Reads stores only."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from bot.answer import compose
from bot.records.follows import Seen
from index.copies import same_words
from index.search import Ranking
from index.tables import outlet_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from bot.answer import Excerpt
    from bot.answering import Answerer
    from index.catalogue import Catalogue
    from index.model import Filters, Source
    from index.search import Hit
    from index.store import Store

# Passages that are told of at a time; what is more is told the next time.
MOST = 50
# How often it is searched at a time: where something was found, again in the articles in which nothing was.
ROUNDS = 10


class Found(NamedTuple):
    """Passages that treat a subject, and of the texts that were looked at those that must be looked at again."""

    hits: tuple[Hit, ...]
    later: frozenset[Seen]


def text_of(sha256: str, outlet: str | None) -> Seen:
    """What a stored text is known by, by the hash of it and its outlet."""
    return Seen(_number(bytes.fromhex(sha256)), outlet_of(outlet))


def words_of(text: str) -> int:
    """What the text of a passage is known by."""
    return _number(hashlib.sha256(text.encode()).digest())


def outlet_of(name: str | None) -> int:
    """What an outlet is known by, however its name is capitalised."""
    return _number(hashlib.sha256(outlet_key(name).encode()).digest()) if name else 0


def seen_by(filters: Filters) -> frozenset[int] | None:
    """The outlets that filters let see; None where they let see all."""
    sides = [frozenset(map(outlet_of, names)) for names in (filters.outlets, filters.visible) if names]
    return frozenset.intersection(*sides) if sides else None


def texts_in(texts: Catalogue) -> dict[str, Seen]:
    """All stored texts, by the ids of their articles."""
    return {name: text_of(sha256, outlet) for name, sha256, outlet in texts.hashes()}


def passages_in(texts: Catalogue, articles: Sequence[str]) -> list[Seen]:
    """The passages of some articles."""
    return [Seen(words_of(words), outlet_of(outlet)) for outlet, words in texts.passages_in(articles)]


def look(store: Store, answerer: Answerer, subject: str, filters: Filters, waiting: Collection[Seen]) -> Found:
    """The passages of the texts that are `waiting` which treat a subject, as far as they pass the filters.

    What is not there, or withdrawn, and what would be too much for one time, is to be looked at later.
    """
    numbers = {text.hash for text in waiting}
    there = {
        name: text
        for name, sha256, outlet in store.hashes([f"{number % 2**64:016x}" for number in numbers])
        if (text := text_of(sha256, outlet)) in waiting and name not in filters.withdrawn
    }
    hits, left = treating(store, answerer, subject, filters, there)
    missing = set(waiting).difference(there.values())
    return Found(hits, frozenset(missing.union(there[name] for name in left)))


def treating(
    store: Store, answerer: Answerer, subject: str, filters: Filters, articles: Iterable[str]
) -> tuple[tuple[Hit, ...], frozenset[str]]:
    """The passages of some articles that treat a subject, and the articles that there was no time to look at."""
    left = set(articles)
    hits: list[Hit] = []
    for _ in range(ROUNDS):
        if not left or len(hits) >= 2 * MOST:
            break
        found = answerer.treating(store, subject, replace(filters, articles=tuple(sorted(left))))
        if not found:
            left.clear()
        hits += found
        left.difference_update(hit.passage.source.id for hit in found)
    return tuple(hits), frozenset(left)


def chosen(hits: Iterable[Hit]) -> tuple[tuple[Excerpt, ...], frozenset[int], frozenset[Seen]]:
    """Excerpts of what is new, best first; which passages are told with them; and which texts still have more.

    Of passages with the same words one is quoted, and all are told. Those that differ in a few come last.
    """
    left = sorted(hits, key=lambda hit: (-hit.score, hit.passage.source.id, hit.passage.start))
    excerpts: list[Excerpt] = []
    told: list[Hit] = []
    while left and len(excerpts) < MOST:
        excerpts += compose(Ranking(tuple(left), 1.0), MOST - len(excerpts))
        quoted = {excerpt.passage for excerpt in excerpts}
        same = [hit for hit in left if hit.passage in quoted or _stands_in(hit.passage.text, excerpts)]
        told += same
        left = [hit for hit in left if hit not in same]
    numbered = (replace(excerpt, number=number) for number, excerpt in enumerate(excerpts, start=1))
    passages = frozenset(words_of(hit.passage.text) for hit in told)
    return tuple(numbered), passages, frozenset(_text(hit.passage.source) for hit in left)


def _stands_in(words: str, excerpts: Iterable[Excerpt]) -> bool:
    return any(words in excerpt.text or same_words(words, excerpt.text) for excerpt in excerpts)


def _text(source: Source) -> Seen:
    return text_of(source.sha256, source.outlet)


def _number(digest: bytes) -> int:
    """The first eight bytes as SQLite keeps them."""
    return int.from_bytes(digest[:8], signed=True)
