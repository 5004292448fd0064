"""Question → ranked hits, in three steps, each closer and dearer than the one before.

1. Four scores, the cosine and BM25 of passages and of their sentences, are fused to find the passages worth reading.
2. Each of their sentences is scored by a linear model over the features of `index.features`.
3. The best sentences are compared with the question token by token (late interaction) and scored again. Where there is
   a reader, it reads them with the question, finds the words that answer, and counts as much as everything before.

`ranking.json` holds the weights of the two linear models and of the probability that the best sentence answers.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from index import features
from index.model import ANY, Span
from index.reader import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from index.encoder import Encoder
    from index.model import Candidate, Filters, Passage, SentenceScores
    from index.reader import Reader
    from index.store import Store

# How many passages and sentences each of the four rankings may put forward.
POOL = 50
# How many passages are read, and how many of their sentences are compared token by token, which costs most of the time.
READ = 25
CLOSE = 8
# How many sentences a reader reads.
READINGS = 16
# Share of the cosine, and of the sentence rather than its passage, in a fused score.
DENSE_SHARE = 0.6
SENTENCE_SHARE = 0.5

# What a named outlet, or a named day of publication, adds to a sentence's score; from 2 to 6 it matters little.
PREFERENCE = 3.0


@dataclass(frozen=True, slots=True)
class SentenceHit:
    """A sentence with the features it is judged by; `score` is comparable within one question.

    `answer` are the words that answer, where a reader rather thinks so than not: offsets into the article's text.
    """

    passage: Passage
    span: Span
    score: float
    features: dict[str, float]
    answer: Span | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its best sentence, whose score is the hit's, and the scores of all its sentences in order.

    `score` compares hits: the odds against the best hit of the ranking, times its probability to answer, 0 to 1.
    `sentences` are scored without late interaction, to choose among neighbours. `answer` are the words that answer, in
    the best sentence and perhaps its neighbours; None where none are known.
    """

    passage: Passage
    best: Span
    score: float
    sentences: tuple[SentenceHit, ...]
    answer: Span | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The hits for one question, best first, and the probability that the best one answers it.

    `unknown` are names in the question that stand nowhere in the index, or phrases in quotation marks that no passage
    holds. `preferred` are the outlets and days that the question names and some hit is of.
    """

    hits: tuple[Hit, ...]
    confidence: float
    unknown: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()


def search(
    question: str,
    store: Store,
    encoder: Encoder,
    filters: Filters = ANY,
    reader: Reader | None = None,
) -> Ranking:
    """Rank the passages of a store for a question; only articles that pass `filters` take part."""
    weights = load_weights()
    asked, read = read_passages(question, store, encoder, filters)
    if not read:
        return Ranking((), 0.0, features.phrases(question) or asked.unknown)
    best = sorted(read, key=lambda s: -s.score)[: READINGS if reader else CLOSE]
    close = compare_closely(asked, best, encoder)
    if reader:
        close = read_closely(asked, close, reader)
    return as_ranking(asked, read, close, weights["confidence"])


def as_ranking(
    asked: features.Question, read: Sequence[SentenceHit], close: Sequence[SentenceHit], weights: dict[str, float]
) -> Ranking:
    """The passages of the sentences that were compared closely, with everything that was read of them."""
    by_passage: dict[Passage, list[SentenceHit]] = {}
    for sentence in read:
        by_passage.setdefault(sentence.passage, []).append(sentence)
    confidence = probability(asked, close, weights)
    bests: dict[Passage, SentenceHit] = {}
    for sentence in close:
        bests.setdefault(sentence.passage, sentence)
    hits = (
        Hit(
            passage, hit.span, confidence * math.exp(hit.score - close[0].score), tuple(by_passage[passage]), hit.answer
        )
        for passage, hit in bests.items()
    )
    preferred = dict.fromkeys(words for hit in close for words in asked.preference.met_by(hit.passage.source))
    return Ranking(tuple(hits), confidence, asked.unknown, tuple(preferred))


def read_passages(
    question: str, store: Store, encoder: Encoder, filters: Filters = ANY
) -> tuple[features.Question, list[SentenceHit]]:
    """Steps 1 and 2: every sentence of the passages that the fused scores put first, in the order of the text."""
    weights = load_weights()["first"]
    terms, phrases = features.terms(question), features.phrases(question)
    found = store.search(encoder.encode([question])[0], (*terms, *phrases), filters, POOL)
    candidates = [c for c in found if all(_holds(c.passage, phrase) for phrase in phrases)]
    frequency = store.document_frequency(terms) | dict.fromkeys(_unseen_names(question, store, filters), 0)
    asked = features.analyse(question, frequency, store.manifest.passages, store.outlets(filters))
    scaled = _scale(candidates)
    order = sorted(range(len(candidates)), key=lambda n: -max(map(_fused, scaled[n])))[:READ]
    read = []
    for n in order:
        for number, sentence in enumerate(candidates[n].sentences):
            values = _features(asked, candidates[n], number, scaled[n][number])
            read.append(SentenceHit(candidates[n].passage, sentence.span, score(weights, values), values))
    return asked, read


def _unseen_names(question: str, store: Store, filters: Filters) -> frozenset[str]:
    """Names of a question that stand only where nobody may see them: they are as unknown as any."""
    scope = filters.scope()
    if scope == ANY:
        return frozenset()
    names = features.name_terms(question).intersection(features.terms(question))
    return frozenset(name for name in names if not store.articles_with([name], scope, 1))


def compare_closely(asked: features.Question, best: Sequence[SentenceHit], encoder: Encoder) -> list[SentenceHit]:
    """Step 3: the sentences scored again with late interaction, best first."""
    model = load_weights()["close"]
    said, *read = encoder.tokens([asked.text, *(hit.passage.words(hit.span) for hit in best)])
    weights = features.word_weights(asked, said)
    close = []
    for hit, tokens in zip(best, read, strict=True):
        values = hit.features | features.late_interaction(said.vectors, weights, tokens.vectors)
        close.append(SentenceHit(hit.passage, hit.span, score(model, values), values))
    return sorted(close, key=lambda hit: (-hit.score, hit.passage.source.id, hit.span.start))


def read_closely(asked: features.Question, close: Sequence[SentenceHit], reader: Reader) -> list[SentenceHit]:
    """Step 3 with a reader: the mean of its log-odds and the score, best first, with the words that answer.

    That is a logarithmic opinion pool (Genest and Zidek, "Combining Probability Distributions", 1986) of equal weights.
    """
    windows = [Window(hit.passage.source.title, hit.passage.words(hit.span)) for hit in close]
    pooled = []
    for hit, reading in zip(close, reader.read(asked.text, windows), strict=True):
        answer = Span(hit.span.start + reading.span.start, hit.span.start + reading.span.end)
        pooled.append(
            replace(
                hit,
                score=(hit.score + reading.log_odds) / 2,
                features=hit.features | {"read": reading.log_odds},
                answer=answer if reading.log_odds > 0 else None,
            )
        )
    return sorted(pooled, key=lambda hit: (-hit.score, hit.passage.source.id, hit.span.start))


def _holds(passage: Passage, phrase: str) -> bool:
    """Whether the phrase stands in the passage, or in its article's headline: a question may name an article so."""
    return features.holds(passage.text, phrase) or features.holds(passage.source.title, phrase)


def _features(
    asked: features.Question, candidate: Candidate, number: int, scaled: dict[str, float]
) -> dict[str, float]:
    """Everything the first linear model sees of one sentence."""
    sentence = candidate.sentences[number]
    words = candidate.passage.words(sentence.span)
    nearby = frozenset[str]().union(*(s.matched for s in candidate.sentences[max(0, number - 1) : number + 2]))
    return scaled | {
        "preferred": float(len(asked.preference.met_by(candidate.passage.source))),
        "dense_passage": candidate.dense,
        "dense_sentence": sentence.dense,
        "cover_sentence": features.coverage(asked, sentence.matched),
        "cover_sentence_title": features.coverage(asked, sentence.matched | candidate.titled),
        "cover_nearby": features.coverage(asked, nearby),
        "cover_passage_title": features.coverage(asked, candidate.matched | candidate.titled),
        "names": features.share(asked.names, candidate.matched | candidate.titled),
        "kind": features.answers_kind(asked, words),
        "length": features.length(words),
    }


def probability(asked: features.Question, close: Sequence[SentenceHit], weights: dict[str, float]) -> float:
    """The probability that the best sentence answers, pooled with a reader's where there is one."""
    odds = linear(weights, confidence_features(asked, close) | {"bias": 1.0})
    return 1 / (1 + math.exp(-(odds + close[0].features.get("read", odds)) / 2))


def confidence_features(asked: features.Question, close: Sequence[SentenceHit]) -> dict[str, float]:
    """The best sentence's own features, its lead over the others, and the question's length."""
    return close[0].features | {
        "terms": math.log1p(len(asked.weights)),
        "lead": 1 / sum(math.exp(hit.score - close[0].score) for hit in close),
    }


def score(weights: dict[str, float], values: dict[str, float]) -> float:
    """What a linear model makes of a sentence, with what is added where its article is preferred."""
    return linear(weights, values) + PREFERENCE * values["preferred"]


def linear(weights: dict[str, float], values: dict[str, float]) -> float:
    """The weighted sum of the features that have a weight."""
    return sum(weight * values[name] for name, weight in weights.items())


@cache
def load_weights() -> dict[str, dict[str, float]]:
    """The weights that `tests/fit.py` fitted: of the models `first` and `close`, and of the `confidence`."""
    weights: dict[str, dict[str, float]] = json.loads(Path(__file__).with_name("ranking.json").read_text("utf-8"))
    return weights


def _scale(candidates: Sequence[Candidate]) -> list[list[dict[str, float]]]:
    """The four scores of every sentence, each scaled to 0..1 over the pool."""
    sentences = [sentence for candidate in candidates for sentence in candidate.sentences]
    dense_passage = _scaler(candidate.dense for candidate in candidates)
    lexical_passage = _scaler(candidate.lexical for candidate in candidates)
    dense_sentence = _scaler(sentence.dense for sentence in sentences)
    lexical_sentence = _scaler(sentence.lexical for sentence in sentences)

    def scaled(candidate: Candidate, sentence: SentenceScores) -> dict[str, float]:
        return {
            "dense_passage_scaled": dense_passage(candidate.dense),
            "dense_sentence_scaled": dense_sentence(sentence.dense),
            "lexical_passage_scaled": lexical_passage(candidate.lexical),
            "lexical_sentence_scaled": lexical_sentence(sentence.lexical),
        }

    return [[scaled(candidate, sentence) for sentence in candidate.sentences] for candidate in candidates]


def _fused(scaled: dict[str, float]) -> float:
    """Min-max fusion: Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023)."""
    passage = DENSE_SHARE * scaled["dense_passage_scaled"] + (1 - DENSE_SHARE) * scaled["lexical_passage_scaled"]
    sentence = DENSE_SHARE * scaled["dense_sentence_scaled"] + (1 - DENSE_SHARE) * scaled["lexical_sentence_scaled"]
    return (1 - SENTENCE_SHARE) * passage + SENTENCE_SHARE * sentence


def _scaler(scores: Iterable[float]) -> Callable[[float], float]:
    """A function that maps the least of `scores` to 0 and the greatest to 1."""
    values = list(scores)
    low, high = min(values, default=0.0), max(values, default=0.0)
    return lambda score: (score - low) / (high - low) if high > low else 0.0
