"""What one question gives: excerpts, laid out as it asks for them, or a refusal. Reads a store only, blocks."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby, islice
from typing import TYPE_CHECKING

from bot import wording
from bot.answer import Answer, Reason, Refusal, Way, compose, is_question, near, refuse, sought
from bot.carried import carried
from bot.compare import candidates, oldest_first, told_of, with_differing, with_figures
from bot.directive import words_link
from bot.elsewhere import with_copies
from bot.only_in import alone, asked_of, newest_alone
from bot.said import described, said
from bot.timeline import timeline
from bot.tongue import say
from index.errors import DamagedIndexError
from index.mentions import mentions
from index.model import Filters, Span
from index.search import search
from index.shown import whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.answer import Excerpt
    from bot.carried import Carried
    from index.encoder import Encoder
    from index.model import Source
    from index.reader import Reader
    from index.search import Hit, Ranking
    from index.store import Store

MAX_QUESTION_CHARS = 2000
# How often an article from before the earliest is looked for.
ROUNDS = 5


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
        elif asked.way is Way.ONLY_IN:
            answer = self._only_in(store, answer, asked)
        else:
            # What bounds a timeline are the days that it tells of.
            filters = replace(filters, since=None, until=None) if asked.way is Way.TIMELINE else filters
            ranking, mentioned = self._rank(store, question, filters)
            if self._answers(ranking):
                likely = ranking.confidence >= self.caution[1]
                answer = replace(answer, likely=likely, preferred=ranking.preferred, mentioned=mentioned)
                answer = self._laid_out(store, answer, ranking, replace(asked, filters=filters))
            else:
                answer = replace(answer, refusal=self._refusal(store, question, filters, ranking))
        _check(answer, store)
        answer = _linked(answer, store)
        return replace(answer, elapsed=time.perf_counter() - started)

    def carried(self, store: Store, excerpt: Excerpt, question: str, filters: Filters) -> Carried:
        """What other articles carry of what an excerpt says that was quoted for a question under these filters.

        Raises:
            DamagedIndexError: something of it does not stand in the stored text of its article.

        """
        found = carried(excerpt, question, store, self._encoder, filters)
        for shown in (found.statement, *found.otherwise):
            _check_excerpt(shown, store)
        for version in found.versions:
            article = store.article(version.source.id)
            if article is None or article.text[version.start : version.end] != version.text:
                raise DamagedIndexError(_not_standing(version.source))
        statement, *otherwise = (_with_link(shown, store) for shown in (found.statement, *found.otherwise))
        return replace(found, statement=statement, otherwise=tuple(otherwise))

    def treating(self, store: Store, subject: str, filters: Filters) -> list[Hit]:
        """Passages that answer a subject above the bar of answers and are near it, or mention all of its words.

        It is not looked for all of them: where one is found in an article, there may be more in others.
        """
        if sought(subject):
            return self._mentioning(store, subject, filters)
        ranking = search(subject, store, self._encoder, filters, self._reader)
        return [hit for hit in ranking.hits if hit.score >= self.caution[0] and near(hit)]

    def _mentioning(self, store: Store, words: str, filters: Filters) -> list[Hit]:
        """All passages with all of the words, of the articles that are found first."""
        found = []
        for article in dict.fromkeys(hit.passage.source.id for hit in self._with_all(store, words, filters)):
            found += self._with_all(store, words, replace(filters, articles=(article,)))
        return found

    def _with_all(self, store: Store, words: str, filters: Filters) -> list[Hit]:
        # A share of the words' weight, summed up in floating point.
        return [hit for hit in mentions(words, store, self._encoder, filters).hits if hit.score > 1 - 1e-9]

    def _laid_out(self, store: Store, answer: Answer, ranking: Ranking, asked: Asked) -> Answer:
        """The answer with its excerpts, as it is wanted."""
        filters, seen, shown = asked.filters, asked.filters.scope(), slice(asked.skip, asked.skip + asked.count)
        if answer.way is Way.COMPARED:
            rows, without = self._compared(store, answer.question, ranking, filters)
            return replace(answer, excerpts=tuple(rows[shown]), without=without)
        if answer.way is Way.FIGURES:
            hits = with_figures(ranking.hits, store)
            if not hits:
                refusal = refuse(ranking, Reason.NOTHING_NEAR, wording.NO_FIGURES, answers=True)
                return replace(answer, refusal=refusal)
            found = [with_copies(store, excerpt, seen) for excerpt in compose(replace(ranking, hits=hits), len(hits))]
            told = told_of([with_differing(excerpt, store, self._encoder, seen) for excerpt in found])
            return replace(answer, excerpts=tuple(told)[shown])
        if answer.way in {Way.TIMELINE, Way.FIRST}:
            return self._in_time(store, answer, ranking, asked)
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
        others = (source for source in self._near(store, question, ranking.hits, filters) if source != rows[0].source)
        for source, found in self._by_itself(store, question, others, filters):
            if found:
                rows += compose(found, 1)
            else:
                without.append(source)
        return oldest_first(with_copies(store, row, filters.scope()) for row in rows), tuple(without)

    def _in_time(self, store: Store, answer: Answer, ranking: Ranking, asked: Asked) -> Answer:
        """The answer with its excerpts by the days that they speak of, or of the earliest article."""
        sources = self._near(store, answer.question, ranking.hits, asked.filters)
        if answer.way is Way.FIRST:
            first = self._first(store, answer.question, sources, asked.filters)
            if not first:
                message = wording.nothing_near(ranking.unknown)
                return replace(answer, refusal=refuse(ranking, Reason.NOTHING_NEAR, message, answers=True))
            return _page(store, answer, first, asked)
        rankings = [found for _, found in self._by_itself(store, answer.question, sources, asked.filters) if found]
        dated = timeline([ranking] if answer.mentioned else rankings, store, answer.filters)
        if not dated:
            return replace(answer, refusal=refuse(ranking, Reason.NOTHING_NEAR, wording.NO_DAYS, answers=True))
        return _page(store, answer, dated, asked)

    def _first(self, store: Store, question: str, sources: Sequence[Source], filters: Filters) -> list[Excerpt]:
        """Of the articles that answer by themselves the earliest, and others of its day; then those without a day."""
        undated = [source for source in sources if source.published is None]
        first: list[Excerpt] = []
        for _ in range(ROUNDS):
            earlier = self._earliest(store, question, sources, filters)
            first = earlier or first
            day = earlier[0].source.published if earlier else None
            if day is None or day == date.min:
                break
            sources = self._near(store, question, (), replace(filters, until=day - timedelta(1)))
        rows = [*first, *self._carrying(store, question, undated, filters)]
        return oldest_first(with_copies(store, row, filters.scope()) for row in rows)

    def _earliest(self, store: Store, question: str, sources: Iterable[Source], filters: Filters) -> list[Excerpt]:
        """An excerpt from each of the first day's articles, of these and their copies, that answer by themselves."""
        copies = {copy for source in sources for copy in store.copies(source.id, filters)}
        dated = sorted((s.published, s.id, s) for s in copies.union(sources) if s.published)
        for _, day in groupby(dated, key=lambda row: row[0]):
            rows = self._carrying(store, question, [row[2] for row in day], filters)
            if rows:
                return rows
        return []

    def _carrying(self, store: Store, question: str, sources: Iterable[Source], filters: Filters) -> list[Excerpt]:
        """An excerpt from each article that surely answers: of many that are searched one by one, some seem to."""
        found = (found for _, found in self._by_itself(store, question, sources, filters) if found)
        sure = (one for one in found if one.confidence >= self.caution[1] and (sought(question) or near(one.hits[0])))
        return [row for ranking in sure for row in compose(ranking, 1)]

    def _only_in(self, store: Store, answer: Answer, asked: Asked) -> Answer:
        """The answer with what no other outlet carries: of what answers, or the newest where nothing is asked."""
        named = asked_of(answer.question, store.outlets(answer.filters.scope()))
        if named is None:
            return replace(answer, refusal=Refusal(Reason.FILTERED_OUT, wording.NO_SUCH_OUTLET))
        outlet, question = named
        filters = replace(answer.filters, outlets=(outlet,))
        answer = replace(answer, filters=filters)
        if question:
            ranking, mentioned = self._rank(store, question, filters)
            if not self._answers(ranking):
                return replace(answer, refusal=self._refusal(store, question, filters, ranking))
            answer = replace(answer, likely=ranking.confidence >= self.caution[1], mentioned=mentioned)
            hits = tuple(found for hit in ranking.hits if (found := alone(hit, store, filters)))
            rows = list(compose(replace(ranking, hits=hits), len(hits)))
        else:
            rows = list(islice(newest_alone(store, filters), asked.skip + asked.count))
        if not rows:
            return replace(answer, refusal=Refusal(Reason.NOTHING_NEAR, wording.NONE_ALONE))
        return _page(store, answer, rows, asked)

    def _near(self, store: Store, question: str, hits: Iterable[Hit], filters: Filters) -> list[Source]:
        return candidates(question, hits, store, self._encoder, filters)

    def _by_itself(
        self, store: Store, question: str, sources: Iterable[Source], filters: Filters
    ) -> Iterator[tuple[Source, Ranking | None]]:
        """Each article, searched by itself; with no ranking where it does not answer."""
        for source in sources:
            found, _ = self._rank(store, question, replace(filters, articles=(source.id,)))
            yield source, found if self._answers(found) else None

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
    if not asked.skip:
        answer = replace(answer, described=described(answer.question, store, answer.filters))
    if not found:
        message = wording.NOT_QUOTED
        for line in wording.called(answer.described):
            message = say("{message} {more}", message=message, more=line)
        return replace(answer, refusal=Refusal(Reason.NOTHING_NEAR, message))
    return _page(store, answer, found, asked)


def _page(store: Store, answer: Answer, rows: Sequence[Excerpt], asked: Asked) -> Answer:
    """The answer with those of the rows that are asked for, numbered, with where else their words stand."""
    shown = enumerate(rows[asked.skip : asked.skip + asked.count], start=asked.skip + 1)
    told = (with_copies(store, replace(row, number=number), answer.filters.scope()) for number, row in shown)
    return replace(answer, excerpts=tuple(told))


def _linked(answer: Answer, store: Store) -> Answer:
    """The answer with a link to the very words of each excerpt that it quotes, which stand in their articles."""
    if answer.refusal:
        closest = answer.refusal.closest
        return replace(answer, refusal=replace(answer.refusal, closest=closest and _with_link(closest, store)))
    return replace(answer, excerpts=tuple(_with_link(excerpt, store) for excerpt in answer.excerpts))


def _with_link(excerpt: Excerpt, store: Store) -> Excerpt:
    article = store.article(excerpt.source.id)
    return replace(excerpt, link=words_link(article, Span(excerpt.start, excerpt.end)) if article else "")


def _check(answer: Answer, store: Store) -> None:
    """The promise, kept at the last moment: every excerpt stands in the stored article, character by character.

    So do the words in it that are marked, and what a person is called.
    """
    for told in answer.described:
        article = store.article(told.source.id)
        if article is None or article.text[told.start : told.end] != told.text:
            raise DamagedIndexError(_not_standing(told.source))
    for excerpt in answer.quoted:
        _check_excerpt(excerpt, store)


def _check_excerpt(excerpt: Excerpt, store: Store) -> None:
    article = store.article(excerpt.source.id)
    marked = excerpt.answer or Span(excerpt.start, excerpt.end)
    within = excerpt.start <= marked.start < marked.end <= excerpt.end
    others = [(d.passage.source.id, d.passage.words(d.there), d.there) for d in excerpt.differing]
    others += [(excerpt.source.id, excerpt.passage.words(m.span), m.span) for m in excerpt.moments]
    stand = all((other := store.article(a)) and other.text[s.start : s.end] == words for a, words, s in others)
    if article is None or article.text[excerpt.start : excerpt.end] != excerpt.text or not within or not stand:
        raise DamagedIndexError(_not_standing(excerpt.source))


def _not_standing(source: Source) -> str:
    return (
        f"An excerpt from {source.id} does not stand in its stored text, so it is not shown. "
        "An admin should run `on-the-record-index verify`."
    )
