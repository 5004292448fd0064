"""Question → ranked hits, in three steps, each closer and dearer than the one before.

1. Four scores, the cosine and BM25 of passages and of their sentences, are fused to find the passages worth reading.
2. Each of their sentences is scored by a linear model over the features of `index.features`.
3. Where there is a reader, it reads the best of them, each in a window of its neighbours, and finds the words that
   answer. Its log-odds against "not answered here" are one more feature, by which they are scored again. What readers
   have not learned to read stays as it is: claims longer than any of their questions, and words that ask nothing.

`ranking.json` holds the weights of the two linear models and of the probability that the best sentence answers, with
a reader and without.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from index import features
from index.model import ANY, Span
from index.reader import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from index.encoder import Encoder
    from index.model import Candidate, Filters, Passage, Scored
    from index.reader import Reader, Reading
    from index.store import Store

# How many passages and sentences each of the four rankings may put forward.
POOL = 50
# How many passages are looked through, and how many windows of them are read, which costs most of the time.
READ = 25
WINDOWS = 8
# So many are read at a time, and no more once the log-odds of one reach that: a third fewer are read for those of the
# questions for tuning whose answer is found, and .815 have it first in place of .813, .871 among three in place of
# .875.
ROUND, SURE = 4, 1.0
# What stands for the log-odds of a window that is not read: their median behind a window that answers.
UNREAD = -8.6
# What the cosine of a passage with the question, and the share of the question's telling words in it and its headline,
# come to together at least where it is near the question. In the halves of the public sets that are for choosing, this
# holds of the first passage for 93 % of the questions that squad2 answers and 83 % of its near misses, and for 15 % of
# the questions about another set's subjects, or 3 % where there is but one other subject. More than that hardly says
# more of whether it answers: with both as they are in the probability, the AUC against all that is wrong is .904 in
# place of .907, against other subjects .977 in place of .979.
NEARNESS = 0.9
# More words than a question has from which a reader learned, but for one in a thousand: longer ones are claims put
# together, which it finds answered nowhere. Of those of multihop_facts that are for tuning, .921 have the right
# article first without it and .822 with it, and it tells them from others with an AUC of .825 in place of .960.
LONGEST_READ = 27
# What is put as a question: of those from which a reader learned, all but one in a hundred. Of the twelve questions for
# tuning that are not, seven have the right sentence first when they are read and eight when they are not.
_ASKS = re.compile(
    rf"[?？؟]|\b(?:{features.QUESTION_WORDS})\b|"
    r"\A\W*(?:am|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|"
    r"name|tell|show|list|give|find|say|explain|describe|define)\b",
    re.IGNORECASE,
)
# How far a window reaches around its sentence, in characters, unless the sentence itself is longer.
WINDOW_CHARS = 350
# Share of the cosine, and of the sentence rather than its passage, in a fused score.
DENSE_SHARE = 0.6
SENTENCE_SHARE = 0.5

# What the log-odds are divided by to order sentences. Bounded so, a reader that finds the answer in none of the windows
# leaves the order to the other features: with the log-odds as they are, .752 of the claims of multihop_facts that are
# for tuning have the right sentence first in place of .822, and other sets lose a little too.
READ_TEMPERATURE = 2.0

# What a named outlet, or a named day of publication, adds to a sentence's score; from 2 to 6 it matters little.
PREFERENCE = 3.0


@dataclass(frozen=True, slots=True)
class SentenceHit:
    """A sentence with the features it is judged by; `score` is the linear model's, comparable within one question.

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
    `sentences` are scored as before any reading, to choose among neighbours. `answer` are the words that answer, in the
    best sentence and perhaps its neighbours, where a reader found any.
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
    asked, found = look_through(question, store, encoder, filters)
    if not found:
        return Ranking((), 0.0, features.phrases(question) or asked.unknown)
    if reader is None or not is_read(question):
        best = sorted(found, key=_order)
        return as_ranking(asked, found, best, load_weights()["confidence_unread"])
    return as_ranking(asked, found, read(asked, found, reader), load_weights()["confidence"])


def as_ranking(
    asked: features.Question, found: Sequence[SentenceHit], best: Sequence[SentenceHit], weights: dict[str, float]
) -> Ranking:
    """The passages of the sentences that are best, in their order, with everything that was found in them."""
    by_passage: dict[Passage, list[SentenceHit]] = {}
    for sentence in found:
        by_passage.setdefault(sentence.passage, []).append(sentence)
    confidence = probability(asked, best, weights)
    bests: dict[Passage, SentenceHit] = {}
    for sentence in best:
        bests.setdefault(sentence.passage, sentence)
    hits = (
        Hit(passage, hit.span, confidence * math.exp(hit.score - best[0].score), tuple(by_passage[passage]), hit.answer)
        for passage, hit in bests.items()
    )
    preferred = dict.fromkeys(words for hit in best for words in asked.preference.met_by(hit.passage.source))
    return Ranking(tuple(hits), confidence, asked.unknown, tuple(preferred))


def look_through(
    question: str, store: Store, encoder: Encoder, filters: Filters = ANY
) -> tuple[features.Question, list[SentenceHit]]:
    """Steps 1 and 2: every sentence of the passages that the fused scores put first, in the order of the text."""
    weights = load_weights()["first"]
    terms, phrases = features.terms(question), features.phrases(question)
    pool = store.pool(encoder.encode([question])[0], (*terms, *phrases), filters, POOL)
    if phrases:
        candidates = store.candidates(pool, (*terms, *phrases))
        holding = [all(_holds(c.passage, phrase) for phrase in phrases) for c in candidates]
        pool = [scored for scored, holds in zip(pool, holding, strict=True) if holds]
    frequency = store.document_frequency(terms) | dict.fromkeys(_unseen_names(question, store, filters), 0)
    asked = features.analyse(question, frequency, store.manifest.passages, store.outlets(filters))
    scaled = _scale(pool)
    order = sorted(range(len(pool)), key=lambda n: -max(map(_fused, scaled[n])))[:READ]
    found = []
    for n, candidate in zip(order, store.candidates([pool[n] for n in order], (*terms, *phrases)), strict=True):
        for number, sentence in enumerate(candidate.sentences):
            values = _features(asked, candidate, number, scaled[n][number])
            found.append(SentenceHit(candidate.passage, sentence.span, score(weights, values), values))
    return asked, found


def _unseen_names(question: str, store: Store, filters: Filters) -> frozenset[str]:
    """Names of a question that stand only where nobody may see them: they are as unknown as any."""
    scope = filters.scope()
    if scope == ANY:
        return frozenset()
    names = features.name_terms(question).intersection(features.terms(question))
    return frozenset(name for name in names if not store.articles_with([name], scope, 1))


def read(asked: features.Question, found: Sequence[SentenceHit], reader: Reader) -> list[SentenceHit]:
    """Step 3: of each window worth reading one sentence, scored again, best first.

    It is the one with the likeliest words, even where the reader rather thinks that none answer: so .615 of the news
    questions for tuning have the right sentence first, and .587 where the best as before stands for such a window.
    """
    weights = load_weights()["read"]
    chosen = windows(found)
    spans = [Span(window[0].span.start, window[-1].span.end) for window in chosen]
    texts = [Window(w[0].passage.source.title, w[0].passage.words(span)) for w, span in zip(chosen, spans, strict=True)]
    readings: list[Reading] = []
    while len(readings) < len(texts) and all(reading.log_odds < SURE for reading in readings):
        readings += reader.read(asked.text, texts[len(readings) : len(readings) + ROUND])
    hits = []
    for window, span, reading in zip_longest(chosen, spans, readings):
        log_odds, likeliest, sentence = UNREAD, None, min(window, key=_order)
        if reading:
            log_odds = reading.log_odds
            likeliest = Span(span.start + reading.span.start, span.start + reading.span.end)
            sentence = max(window, key=lambda s: _shared(s.span, likeliest))
        values = sentence.features | {"read": log_odds, "read_tempered": _chance(log_odds / READ_TEMPERATURE)}
        answer = likeliest if log_odds > 0 else None
        hits.append(replace(sentence, score=score(weights, values), features=values, answer=answer))
    return sorted(hits, key=_order)


def is_read(question: str) -> bool:
    """Whether a reader is asked."""
    return len(question.split()) <= LONGEST_READ and bool(_ASKS.search(question))


def windows(found: Sequence[SentenceHit]) -> list[list[SentenceHit]]:
    """What is worth reading: the best sentences, each with its neighbours, and none twice; the best first."""
    by_passage: dict[Passage, list[SentenceHit]] = {}
    for sentence in found:
        by_passage.setdefault(sentence.passage, []).append(sentence)
    chosen: list[list[SentenceHit]] = []
    taken: set[tuple[Passage, Span]] = set()
    for best in sorted(found, key=_order):
        if len(chosen) == WINDOWS:
            break
        if (best.passage, best.span) not in taken:
            chosen.append(_around(best, by_passage[best.passage], taken))
            taken.update((sentence.passage, sentence.span) for sentence in chosen[-1])
    return chosen


def _around(best: SentenceHit, sentences: Sequence[SentenceHit], taken: set[tuple[Passage, Span]]) -> list[SentenceHit]:
    """A sentence with the better of its neighbours that are not taken yet, as far as they fit."""
    free = [(sentence.passage, sentence.span) not in taken for sentence in sentences]
    first = last = next(n for n, sentence in enumerate(sentences) if sentence.span == best.span)
    while True:
        beside = [n for n in (first - 1, last + 1) if 0 <= n < len(sentences) and free[n]]
        ends = {n: (min(first, n), max(last, n)) for n in beside}
        fits = [n for n, (a, b) in ends.items() if sentences[b].span.end - sentences[a].span.start <= WINDOW_CHARS]
        if not fits:
            return list(sentences[first : last + 1])
        first, last = ends[max(fits, key=lambda n: sentences[n].score)]


def _shared(one: Span, other: Span) -> int:
    """How many characters two spans have in common."""
    return min(one.end, other.end) - max(one.start, other.start)


def _order(hit: SentenceHit) -> tuple[float, str, int]:
    return -hit.score, hit.passage.source.id, hit.span.start


def _holds(passage: Passage, phrase: str) -> bool:
    """Whether the phrase stands in the passage, or in its article's headline: a question may name an article so."""
    return features.holds(passage.text, phrase) or features.holds(passage.source.title, phrase)


def _features(
    asked: features.Question, candidate: Candidate, number: int, scaled: dict[str, float]
) -> dict[str, float]:
    """Everything the first linear model sees of one sentence."""
    sentence = candidate.sentences[number]
    words = candidate.passage.words(sentence.span)
    held = candidate.matched | candidate.titled
    cover = features.coverage(asked, held)
    nearby = frozenset[str]().union(*(s.matched for s in candidate.sentences[max(0, number - 1) : number + 2]))
    return scaled | {
        "preferred": float(len(asked.preference.met_by(candidate.passage.source))),
        "dense_passage": candidate.dense,
        "dense_sentence": sentence.dense,
        "cover_sentence": features.coverage(asked, sentence.matched),
        "cover_sentence_title": features.coverage(asked, sentence.matched | candidate.titled),
        "cover_nearby": features.coverage(asked, nearby),
        "cover_passage_title": cover,
        "near": min(1.0, (candidate.dense + cover) / NEARNESS),
        "names": features.share(asked.names, held),
        "kind": features.answers_kind(asked, words),
        "length": features.length(words),
    }


def probability(asked: features.Question, best: Sequence[SentenceHit], weights: dict[str, float]) -> float:
    """The probability that the best sentence answers."""
    return _chance(linear(weights, confidence_features(asked, best) | {"bias": 1.0}))


def _chance(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def confidence_features(asked: features.Question, best: Sequence[SentenceHit]) -> dict[str, float]:
    """The best sentence's own features, its lead over the others, and the question's length."""
    return best[0].features | {
        "terms": math.log1p(len(asked.weights)),
        "lead": 1 / sum(math.exp(hit.score - best[0].score) for hit in best),
    }


def score(weights: dict[str, float], values: dict[str, float]) -> float:
    """What a linear model makes of a sentence, with what is added where its article is preferred."""
    return linear(weights, values) + PREFERENCE * values["preferred"]


def linear(weights: dict[str, float], values: dict[str, float]) -> float:
    """The weighted sum of the features that have a weight."""
    return sum(weight * values[name] for name, weight in weights.items())


@cache
def load_weights() -> dict[str, dict[str, float]]:
    """The weights that `tests/fit.py` fitted: of the models `first` and `read`, and of the probability."""
    weights: dict[str, dict[str, float]] = json.loads(Path(__file__).with_name("ranking.json").read_text("utf-8"))
    return weights


def _scale(pool: Sequence[Scored]) -> list[list[dict[str, float]]]:
    """The four scores of every sentence, each scaled to 0..1 over the pool."""
    sentences = [sentence for scored in pool for sentence in scored.sentences]
    dense_passage = _scaler(scored.dense for scored in pool)
    lexical_passage = _scaler(scored.lexical for scored in pool)
    dense_sentence = _scaler(sentence.dense for sentence in sentences)
    lexical_sentence = _scaler(sentence.lexical for sentence in sentences)

    def scaled(passage: Scored, sentence: Scored) -> dict[str, float]:
        return {
            "dense_passage_scaled": dense_passage(passage.dense),
            "dense_sentence_scaled": dense_sentence(sentence.dense),
            "lexical_passage_scaled": lexical_passage(passage.lexical),
            "lexical_sentence_scaled": lexical_sentence(sentence.lexical),
        }

    return [[scaled(passage, sentence) for sentence in passage.sentences] for passage in pool]


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
