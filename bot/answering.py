"""What one question gives: excerpts, laid out as it asks for them, or a refusal. Reads a store only, blocks."""

from __future__ import annotations

import time
from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from bot import wording
from bot.answer import Answer, Place, Reason, Refusal, Way, compose, is_question, refuse, sought
from bot.compare import candidates, oldest_first, told_of, with_differing, with_figures
from bot.directive import words_link
from bot.said import said
from index.copies import place_of
from index.errors import DamagedIndexError
from index.mentions import mentions
from index.model import Filters, Span
from index.passages import paragraph_spans
from index.search import search
from index.shown import whole

if TYPE_CHECKING:
    from bot.answer import Excerpt
    from index.encoder import Encoder
    from index.model import Source
    from index.reader import Reader
    from index.search import Ranking
    from index.store import Store

MAX_QUESTION_CHARS = 2000
# Articles with the same words that are named for an excerpt, and with the same paragraphs for an article.
NEIGHBOURS = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What may be asked by several at once, who then get the same answer."""

    question: str
    filters: Filters
    count: int
    skip: int
    way: Way
    brief: bool


class Answerer:
    """Answers from whichever store it is given; encoder, `reader` and `caution` are those of the `Desk`."""

    def __init__(self, encoder: Encoder, reader: Reader | None, caution: tuple[float, float]) -> None:
        self._encoder = encoder
        self._reader = reader
        self.caution = caution

    def answer(self, store: Store, asked: Asked) -> Answer:
        """Excerpts that answer, or a refusal.

        Raises:
            DamagedIndexError: an excerpt does not stand in the stored text of its article.

        """
        started = time.perf_counter()
        question, filters = whole(asked.question)[:MAX_QUESTION_CHARS], asked.filters
        articles, _ = store.counts(filters.scope())
        answer = Answer(question, (), None, articles, store.manifest.generation, filters, way=asked.way)
        if not is_question(question):
            answer = replace(answer, refusal=Refusal(Reason.EMPTY_QUESTION, wording.EMPTY_QUESTION))
        elif not articles or not store.manifest.passages:
            answer = replace(answer, refusal=Refusal(Reason.EMPTY_INDEX, wording.EMPTY_INDEX))
        elif asked.way is Way.SAID:
            answer = _said(store, answer, asked)
        else:
            ranking, mentioned = self._rank(store, question, filters)
            if self._answers(ranking):
                likely = ranking.confidence >= self.caution[1]
                answer = replace(answer, likely=likely, preferred=ranking.preferred, mentioned=mentioned)
                answer = self._laid_out(store, answer, ranking, asked)
            else:
                answer = replace(answer, refusal=self._refusal(store, question, filters, ranking))
        _check(answer, store)
        answer = _linked(answer, store)
        return replace(answer, elapsed=time.perf_counter() - started)

    def _laid_out(self, store: Store, answer: Answer, ranking: Ranking, asked: Asked) -> Answer:
        """The answer with its excerpts, as it is wanted."""
        seen, shown = answer.filters.scope(), slice(asked.skip, asked.skip + asked.count)
        if answer.way is Way.COMPARED:
            rows, without = self._compared(store, answer.question, ranking, answer.filters)
            return replace(answer, excerpts=tuple(rows[shown]), without=without)
        if answer.way is Way.FIGURES:
            hits = with_figures(ranking.hits, store)
            if not hits:
                refusal = refuse(ranking, Reason.NOTHING_NEAR, wording.NO_FIGURES, answers=True)
                return replace(answer, refusal=refusal)
            found = [with_copies(store, excerpt, seen) for excerpt in compose(replace(ranking, hits=hits), len(hits))]
            told = told_of([with_differing(excerpt, store, self._encoder, seen) for excerpt in found])
            return replace(answer, excerpts=tuple(told)[shown])
        composed = compose(ranking, asked.count, asked.skip, brief=asked.brief)
        excerpts = [with_copies(store, excerpt, seen) for excerpt in composed]
        if excerpts and not asked.skip:
            excerpts[0] = with_differing(excerpts[0], store, self._encoder, seen)
        return replace(answer, excerpts=tuple(excerpts))

    def _compared(
        self, store: Store, question: str, ranking: Ranking, filters: Filters
    ) -> tuple[list[Excerpt], tuple[Source, ...]]:
        """One excerpt from each article that answers by itself, and the articles near that do not."""
        rows, without = [*compose(ranking, 1)], []
        for source in candidates(question, ranking.hits, store, self._encoder, filters):
            if source == rows[0].source:
                continue
            alone = search(question, store, self._encoder, replace(filters, articles=(source.id,)), self._reader)
            if self._answers(alone):
                rows += compose(alone, 1)
            else:
                without.append(source)
        return oldest_first(with_copies(store, row, filters.scope()) for row in rows), tuple(without)

    def _rank(self, store: Store, question: str, filters: Filters) -> tuple[Ranking, tuple[str, ...]]:
        """How passages rank; and the words that they mention, where it is no question and all of these stand there."""
        words = sought(question)
        found = mentions(question, store, self._encoder, filters) if words else None
        if found and found.hits:
            return found, words
        return search(question, store, self._encoder, filters, self._reader), ()

    def _answers(self, ranking: Ranking) -> bool:
        return bool(ranking.hits) and ranking.confidence >= self.caution[0]

    def _refusal(self, store: Store, question: str, filters: Filters, ranking: Ranking) -> Refusal:
        if not filters:
            return refuse(ranking, Reason.NOTHING_NEAR, wording.nothing_near(ranking.unknown))
        everywhere, _ = self._rank(store, question, filters.scope())
        passing, _ = store.counts(filters)
        answers = self._answers(everywhere)
        if passing and not answers:
            return refuse(everywhere, Reason.NOTHING_NEAR, wording.nothing_near(everywhere.unknown))
        without_dates = replace(filters, since=None, until=None)
        dated, _ = store.counts(replace(without_dates, since=date.min))
        undated = store.counts(without_dates)[0] - dated
        message = wording.filtered_out(filters, passing, undated)
        return refuse(everywhere, Reason.FILTERED_OUT, message, answers=answers)


def _said(store: Store, answer: Answer, asked: Asked) -> Answer:
    """The answer with the quotations of a person."""
    found = said(answer.question, store, answer.filters)
    if not found:
        return replace(answer, refusal=Refusal(Reason.NOTHING_NEAR, wording.NOT_QUOTED))
    shown = enumerate(found[asked.skip : asked.skip + asked.count], start=asked.skip + 1)
    rows = (with_copies(store, replace(row, number=number), answer.filters.scope()) for number, row in shown)
    return replace(answer, excerpts=tuple(rows))


def _linked(answer: Answer, store: Store) -> Answer:
    """The answer with a link to the very words of each excerpt that it quotes, which stand in their articles."""

    def linked(excerpt: Excerpt) -> Excerpt:
        article = store.article(excerpt.source.id)
        return replace(excerpt, link=words_link(article, Span(excerpt.start, excerpt.end)) if article else "")

    if answer.refusal:
        closest = answer.refusal.closest
        return replace(answer, refusal=replace(answer.refusal, closest=closest and linked(closest)))
    return replace(answer, excerpts=tuple(map(linked, answer.excerpts)))


def _check(answer: Answer, store: Store) -> None:
    """The promise, kept at the last moment: every excerpt stands in the stored article, character by character.

    So do the words in it that are marked.
    """
    for excerpt in answer.quoted:
        article = store.article(excerpt.source.id)
        marked = excerpt.answer or Span(excerpt.start, excerpt.end)
        within = excerpt.start <= marked.start < marked.end <= excerpt.end
        others = ((d.passage.source.id, d.passage.words(d.there), d.there) for d in excerpt.differing)
        stand = all((other := store.article(a)) and other.text[s.start : s.end] == words for a, words, s in others)
        if article is None or article.text[excerpt.start : excerpt.end] != excerpt.text or not within or not stand:
            raise DamagedIndexError(
                f"An excerpt from {excerpt.source.id} does not stand in its stored text, so it is not shown. "
                "An admin should run `on-the-record-index verify`."
            )


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
