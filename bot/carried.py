"""Which other articles carry what an excerpt says, in other words, or its quotation in others. Reads a store only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property, reduce
from typing import TYPE_CHECKING

from bot.answer import Excerpt, by_day
from bot.compare import candidates
from bot.elsewhere import with_copies
from index.features import terms
from index.languages import base
from index.model import Kind, Span
from index.renderings import quotations_of, rendering
from index.rewording import NEAR_QUOTING, likeness, of_one_matter, read, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from index.encoder import Encoder
    from index.model import Article, Filters, Passage, Source
    from index.store import Store

# Passages near a statement that are read for it, of all articles and of those of the question.
NEAR = 50


@dataclass(frozen=True, slots=True)
class Version:
    """A quotation as one article has it: `article.text[start:end] == text`, where `paragraph` counts from 1.

    `differing` are offsets into the article's text, of the words that the first version does not have; in the first
    itself, of those that no other has.
    """

    source: Source
    start: int
    end: int
    text: str
    paragraph: int
    differing: tuple[Span, ...]

    @property
    def parts(self) -> list[tuple[str, bool]]:
        """The text in stretches, and of each whether it differs."""
        cuts = [(span, True) for span in self.differing]
        ends = [self.start, *(end for span, _ in cuts for end in (span.start, span.end)), self.end]
        stretches = (ends[n : n + 2] for n in range(len(ends) - 1))
        texts = [self.text[start - self.start : end - self.start] for start, end in stretches]
        return [(words, n % 2 == 1) for n, words in enumerate(texts) if words]


@dataclass(frozen=True, slots=True)
class Carried:
    """What other articles have of a statement, the sentence of an excerpt that answers.

    `statement.also_in` is where the same words stand, or nearly the same. `otherwise` is one sentence from each article
    that says it in other words, the oldest first and copies once; the words that say it are its `answer`. `versions`
    are its quotation and those that are the same in other words. `without` are those articles near the question in
    which none of that was found; articles in other languages than English are not compared.
    """

    statement: Excerpt
    otherwise: tuple[Excerpt, ...] = ()
    versions: tuple[Version, ...] = ()
    without: tuple[Source, ...] = ()


class _Other:
    """Another article beside a statement: whether it can be compared, and what of that is dear to find out."""

    def __init__(self, store: Store, source: Source, mine: NDArray[np.float32] | None, statement: Source) -> None:
        found = store.article(source.id)
        self.article = found if found and base(found.spoken) == "en" else None
        self._store, self._mine, self._statement = store, mine, statement

    @cached_property
    def one_matter(self) -> bool:
        """Whether it is of one matter with the statement's article."""
        if self.article is None or self._mine is None:
            return False
        mean = self._store.mean(self.article.source.id)
        return mean is not None and of_one_matter(float(self._mine @ mean), self._statement, self.article.source)

    @cached_property
    def quotations(self) -> list[Span]:
        """Its quotations."""
        return quotations_of(self.article.text) if self.article else []


@dataclass(frozen=True, slots=True)
class _Found:
    """A sentence that carries a statement: how surely, and a quotation in it that is one of the statement's own."""

    likeness: float
    excerpt: Excerpt
    pair: tuple[Span, Span] | None


def carried(excerpt: Excerpt, question: str, store: Store, encoder: Encoder, filters: Filters) -> Carried:
    """What other articles have of what an excerpt says; `filters` are those of its question."""
    scope = filters.scope()
    statement = with_copies(store, _statement(excerpt, question, encoder), scope)
    article = store.article(statement.source.id)
    if article is None or base(article.spoken) != "en":
        return Carried(statement)
    near = [source for source in candidates(question, (), store, encoder, filters) if source != statement.source]
    mean = store.mean(statement.source.id)
    other = cache(lambda source: _Other(store, source, mean, statement.source))
    where = [scope, replace(scope, articles=tuple(source.id for source in near))] if near else [scope]
    found = _found(article, statement, store, encoder, where, other)
    otherwise = _once(store, found.values(), scope)
    held = {row.source for row in otherwise}.union(*({p.source for p in e.also_in} for e in (statement, *otherwise)))
    without = tuple(source for source in near if source not in held and other(source).article)
    pairs = [(found[row.source.id].excerpt, found[row.source.id].pair) for row in otherwise]
    versions = _versions(article, statement, [(row, pair) for row, pair in pairs if pair], store)
    return Carried(statement, otherwise, versions, without)


def _statement(excerpt: Excerpt, question: str, encoder: Encoder) -> Excerpt:
    """The sentence of an excerpt that answers: that of the words that do, or else the nearest to the question."""
    passage = excerpt.passage
    whole = [s for s in passage.sentences if excerpt.start <= s.start and s.end <= excerpt.end]
    marked = excerpt.answer
    if not whole:
        return replace(excerpt, also_in=(), differing=())
    if marked:
        first, last = marked.start, marked.end
        sentence = max(whole, key=lambda s: min(s.end, last) - max(s.start, first))
        marked = Span(max(marked.start, sentence.start), min(marked.end, sentence.end))
    else:
        vectors = encoder.encode([question, *map(passage.words, whole)])
        sentence = whole[int((vectors[1:] @ vectors[0]).argmax())]
    start, end = sentence.start, sentence.end
    return Excerpt(0, passage.words(sentence), start, end, passage, excerpt.score, answer=marked)


def _found(
    article: Article,
    statement: Excerpt,
    store: Store,
    encoder: Encoder,
    where: Iterable[Filters],
    other: Callable[[Source], _Other],
) -> dict[str, _Found]:
    """The sentence of each other article that most surely carries a statement, by the article's id."""
    vector, words = encoder.encode([statement.text])[0], terms(statement.text)
    near = (found for filters in where for found in store.search(vector, words, filters, NEAR))
    holding = {statement.source, *(place.source for place in statement.also_in)}
    place = Span(statement.start, statement.end)
    said, quoted = read(statement.passage, place), list(_within(quotations_of(article.text), place))
    best: dict[str, _Found] = {}
    for candidate in near:
        passage = candidate.passage
        if passage.source in holding or passage.kind is Kind.RELATED or not (there := other(passage.source)).article:
            continue
        for sentence in candidate.sentences:
            if sentence.dense >= NEAR_QUOTING:
                theirs = read(passage, sentence.span)
                alike = likeness(said, theirs, sentence.dense, one_matter=there.one_matter)
                pair = _pair(article, quoted, there, sentence.span) if there.one_matter else None
                # A quotation that is the same tells more than the words around it.
                sure = alike + bool(pair)
                if sure and (passage.source.id not in best or sure > best[passage.source.id].likeness):
                    marked = pair[1] if pair and not alike else words_of(said, theirs)
                    best[passage.source.id] = _Found(sure, _excerpt(passage, sentence.span, marked), pair)
    return best


def _excerpt(passage: Passage, sentence: Span, marked: Span) -> Excerpt:
    return Excerpt(0, passage.words(sentence), sentence.start, sentence.end, passage, 0.0, answer=marked)


def _once(store: Store, found: Iterable[_Found], scope: Filters) -> tuple[Excerpt, ...]:
    """What says a statement in other words, the oldest first, without what stands in an earlier one's place too."""
    rows: list[Excerpt] = []
    for row in sorted((one.excerpt for one in found), key=by_day):
        if not any(place.source == row.source for earlier in rows for place in earlier.also_in):
            rows.append(with_copies(store, replace(row, number=len(rows) + 1), scope))
    return tuple(rows)


def _within(quotations: Iterable[Span], sentence: Span) -> Iterator[Span]:
    """The quotations that stand whole in a sentence."""
    return (span for span in quotations if sentence.start <= span.start and span.end <= sentence.end)


def _pair(article: Article, quoted: Iterable[Span], other: _Other, sentence: Span) -> tuple[Span, Span] | None:
    """A quotation of a statement, and one in a sentence of another article that is the same in other words."""
    if other.article is None:
        return None
    text = other.article.text
    pairs = ((mine, theirs) for mine in quoted for theirs in _within(other.quotations, sentence))
    return next((pair for pair in pairs if rendering(article.text, pair[0], text, pair[1])), None)


def _versions(
    article: Article, statement: Excerpt, found: Sequence[tuple[Excerpt, tuple[Span, Span]]], store: Store
) -> tuple[Version, ...]:
    """The first quotation of a statement that others have in other words, and these."""
    lacked: list[tuple[Span, ...]] = []
    versions: list[Version] = []
    for excerpt, (mine, theirs) in found:
        other = store.article(excerpt.source.id)
        sides = rendering(article.text, mine, other.text, theirs) if other and mine == found[0][1][0] else None
        if other and sides:
            versions.append(_version(excerpt, other, theirs, sides.other))
            lacked.append(sides.one)
    if not versions:
        return ()
    return (_version(statement, article, found[0][1][0], reduce(_both, lacked)), *versions)


def _version(excerpt: Excerpt, article: Article, span: Span, differing: tuple[Span, ...]) -> Version:
    words = article.text[span.start : span.end]
    return Version(excerpt.source, span.start, span.end, words, excerpt.passage.paragraph, differing)


def _both(ones: Iterable[Span], others: Iterable[Span]) -> tuple[Span, ...]:
    """The stretches that lie in both, which are in order."""
    others = tuple(others)
    pairs = ((Span(max(a.start, b.start), min(a.end, b.end)) for b in others) for a in ones)
    return tuple(span for spans in pairs for span in spans if span.start < span.end)
