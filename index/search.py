"""Question → ranked hits: dense and lexical scores of passages and of their sentences, fused."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.model import Filters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from index.encoder import Encoder
    from index.model import Candidate, Passage, Span
    from index.store import Store

# How many passages and sentences each of the four rankings may put forward.
POOL = 50
# Share of the cosine, and of the sentence rather than its passage, in a fused score.
DENSE_SHARE = 0.6
SENTENCE_SHARE = 0.5

_WORD = re.compile(r"\w+")
# English words that ask or join and name nothing; rare in news, so that BM25 would take them for the subject.
_FUNCTION_WORDS = """
a about after all also am an and any are as at be been before being but by can could d did do does doing done for from
give had has have having he her here hers him his how i if in into is it its just ll m many me more most much my near
no nor not of off on once only or other our out over own please re s said same say says she should so some such t tell
than that the their theirs them then there these they this those through to too under until up us ve very was we were
what when where which while who whom whose why will with would you your yours
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())


@dataclass(frozen=True, slots=True)
class SentenceHit:
    """A sentence of a hit with its fused score, 0 to 1, higher is nearer."""

    span: Span
    score: float
    dense: float
    lexical: float
    matched: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its sentences' scores; `best` is the sentence that scores highest, whose score is the hit's."""

    passage: Passage
    best: SentenceHit
    sentences: tuple[SentenceHit, ...]
    dense: float
    lexical: float
    matched: frozenset[str]

    @property
    def score(self) -> float:
        """The fused score of the best sentence."""
        return self.best.score


@dataclass(frozen=True, slots=True)
class Ranking:
    """The hits for one question, best first, and the probability that the best one answers it."""

    hits: tuple[Hit, ...]
    confidence: float


def question_terms(question: str) -> tuple[str, ...]:
    """The words of a question that name something, each once; all its words if none does."""
    words = dict.fromkeys(word.lower() for word in _WORD.findall(question))
    return tuple(word for word in words if word not in FUNCTION_WORDS) or tuple(words)


def search(question: str, store: Store, encoder: Encoder, filters: Filters = Filters()) -> Ranking:  # noqa: B008 frozen
    """Rank the passages of a store for a question; only articles that pass `filters` take part."""
    terms = question_terms(question)
    vector = encoder.encode([question])[0]
    candidates = store.search(vector, terms, filters, POOL)
    frequency = store.document_frequency(terms)
    weights = {term: idf(frequency[term], store.manifest.passages) for term in terms}
    hits = fuse(candidates)
    return Ranking(hits, confidence(hits, weights))


def confidence(hits: tuple[Hit, ...], weights: dict[str, float]) -> float:
    if not hits:
        return 0.0
    top = hits[0]
    total = sum(weights.values()) or 1
    coverage = sum(weights[t] for t in top.matched) / total
    dense = max(max(s.dense for s in h.sentences) for h in hits[:3])
    return 1 / (1 + math.exp(-(9 * dense + 3 * coverage - 5.2)))


def idf(frequency: int, total: int) -> float:
    """How telling a term is: BM25's inverse document frequency, kept above zero (Lucene's form)."""
    return math.log1p((total - frequency + 0.5) / (frequency + 0.5))


def fuse(candidates: Iterable[Candidate]) -> tuple[Hit, ...]:
    """Hits best first: each of the four scores scaled to 0..1 over the pool, then weighed.

    Min-max fusion as measured by Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023).
    """
    pool = list(candidates)
    passage_dense = _scaler(candidate.dense for candidate in pool)
    passage_lexical = _scaler(candidate.lexical for candidate in pool)
    sentence_dense = _scaler(s.dense for candidate in pool for s in candidate.sentences)
    sentence_lexical = _scaler(s.lexical for candidate in pool for s in candidate.sentences)
    hits = []
    for candidate in pool:
        near = _blend(passage_dense(candidate.dense), passage_lexical(candidate.lexical))
        sentences = tuple(
            SentenceHit(
                span=s.span,
                score=(1 - SENTENCE_SHARE) * near
                + SENTENCE_SHARE * _blend(sentence_dense(s.dense), sentence_lexical(s.lexical)),
                dense=s.dense,
                lexical=s.lexical,
                matched=s.matched,
            )
            for s in candidate.sentences
        )
        best = max(sentences, key=lambda sentence: sentence.score)
        hits.append(Hit(candidate.passage, best, sentences, candidate.dense, candidate.lexical, candidate.matched))
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.passage.source.id, hit.passage.start)))


def _blend(dense: float, lexical: float) -> float:
    return DENSE_SHARE * dense + (1 - DENSE_SHARE) * lexical


def _scaler(scores: Iterable[float]) -> Callable[[float], float]:
    """A function that maps the least of `scores` to 0 and the greatest to 1."""
    values = list(scores)
    low, high = min(values, default=0.0), max(values, default=0.0)
    return lambda score: (score - low) / (high - low) if high > low else 0.0
