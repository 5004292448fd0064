"""Fits `index/ranking.json` on the training half of the public sets: `make fit`. Needs them beside the project.

Two linear models are fitted listwise (the loss is minus the log of the share of the softmax that right sentences get),
then a logistic regression gives the probability that the best sentence is right, on a mix of answerable questions,
questions of another corpus, near misses, and the same against a handful of articles.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import public_sets
import torch
from public_sets import PublicQuestion
from sklearn.linear_model import LogisticRegression

from index import search
from index.encoder import SentenceTransformerEncoder
from index.model import Filters

if TYPE_CHECKING:
    from index.encoder import Encoder

FIRST = (
    "dense_passage", "dense_sentence", "dense_passage_scaled", "dense_sentence_scaled", "cover_sentence",
    "cover_sentence_title", "cover_nearby", "cover_passage_title", "kind", "length",
)  # fmt: skip
CLOSE = (*FIRST, "late_mean", "late_weighted", "late_worst")
CONFIDENCE = ("dense_passage", "names", "late_weighted", "lead", "terms")
FITTED = ("squad2", "squadshifts_wiki")
# Long questions of several parts are only in this set; their weight is low, since none of them is a plain question.
LONG_SET, LONG_WEIGHT = "multihop_facts", 0.2
DECAY = 1e-3  # on weights of standardised features


@dataclass
class Case:
    """A question put to a store, and what each sentence read for it turned out to be."""

    question: PublicQuestion
    asked: search.features.Question
    read: list[search.SentenceHit]
    weight: float

    def right(self, hit: search.SentenceHit) -> bool:
        return self.question.answered_by(hit.passage.source.id, hit.passage.words(hit.span))


def main() -> None:
    if missing := {*FITTED, LONG_SET} - set(public_sets.available()):
        sys.exit(f"Nothing was fitted: {', '.join(sorted(missing))} must lie in {public_sets.SHARED}.")
    encoder = SentenceTransformerEncoder()
    cases = read_cases(encoder)
    weights = search.load_weights()
    short = [case for case in cases if case.weight == 1.0]
    weights["first"] = fit_listwise(short, FIRST)
    for case in cases:
        best = sorted(case.read, key=lambda hit: -search.score(weights["first"], hit.features))[: search.CLOSE]
        case.read = search.compare_closely(case.asked, best, encoder)
    weights["close"] = fit_listwise(short, CLOSE)
    weights["confidence"] = fit_confidence(cases, weights["close"], CONFIDENCE)
    rounded = {model: {name: round(value, 3) for name, value in row.items()} for model, row in weights.items()}
    Path(search.__file__).with_name("ranking.json").write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(rounded, indent=2))


def read_cases(encoder: Encoder) -> list[Case]:
    """The training questions, each with every sentence that is read for it."""
    stores = {name: public_sets.index(name, encoder) for name in (*FITTED, LONG_SET)}
    cases = []
    for store, question, filters, weight in training_cases():
        asked, read = search.read_passages(question.text, stores[store], encoder, filters)
        if read:
            cases.append(Case(question, asked, read, weight))
    return cases


def training_cases() -> list[tuple[str, PublicQuestion, Filters, float]]:
    """(corpus, question, filters, weight in the mix) of every case, the same on every run."""
    draw = random.Random(0)
    cases: list[tuple[str, PublicQuestion, Filters, float]] = []
    pools = {}
    for name in FITTED:
        pool = [q for q in public_sets.questions(name) if q.title and not public_sets.held_out(q.title)]
        draw.shuffle(pool)
        pools[name] = pool
    for name, other in (FITTED, FITTED[::-1]):
        titles = public_sets.articles_by_title(name)
        answerable = [q for q in pools[name] if q.answerable]
        near = [q for q in pools[name] if not q.answerable]
        cases += [(name, q, Filters(), 1.0) for q in answerable[:600]]
        cases += [(name, q, Filters(), 1.0) for q in near[:400]]
        cases += [(other, q, Filters(), 1.0) for q in answerable[600:850]]
        # A handful of articles: its own questions, and those of others, as for a corpus the size of the seeds.
        cases += [(name, q, Filters(articles=titles[q.title]), 1.0) for q in answerable[-200:]]
        for question in answerable[-400:-200]:
            title = draw.choice([title for title in titles if title != question.title])
            cases.append((name, question, Filters(articles=titles[title]), 1.0))
    long = [q for q in public_sets.questions(LONG_SET) if not public_sets.held_out(q.text)]
    return cases + [(LONG_SET, question, Filters(), LONG_WEIGHT) for question in long]


def fit_listwise(cases: list[Case], names: tuple[str, ...]) -> dict[str, float]:
    """Weights on raw features that put right sentences first."""
    usable = [case for case in cases if any(map(case.right, case.read)) and not all(map(case.right, case.read))]
    sizes = [len(case.read) for case in usable]
    rows = np.array([[hit.features[name] for name in names] for case in usable for hit in case.read])
    scale = rows.std(axis=0) + 1e-9
    values = torch.tensor(rows / scale)
    right = torch.tensor([case.right(hit) for case in usable for hit in case.read])
    weights = torch.zeros(len(names), dtype=values.dtype, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        scores = (values @ weights).split(sizes)
        marks = right.split(sizes)
        losses = [s.logsumexp(0) - s[r].logsumexp(0) for s, r in zip(scores, marks, strict=True)]
        total = torch.stack(losses).mean() + DECAY * weights.square().sum()
        total.backward()
        return total

    optimiser.step(loss)
    print(f"listwise loss {loss().item():.4f} on {len(usable)} questions", file=sys.stderr)
    return dict(zip(names, (weights.detach().numpy() / scale).tolist(), strict=True))


def fit_confidence(cases: list[Case], close: dict[str, float], names: tuple[str, ...]) -> dict[str, float]:
    """Weights and bias of the probability that the best sentence is right."""
    rows, right = [], []
    for case in cases:
        scored = sorted(
            (search.SentenceHit(h.passage, h.span, search.score(close, h.features), h.features) for h in case.read),
            key=lambda hit: -hit.score,
        )
        facts = search.confidence_features(case.asked, scored)
        rows.append([facts[name] for name in names])
        right.append(case.right(scored[0]))
    values = np.array(rows)
    scale = values.std(axis=0)
    shares = [case.weight for case in cases]
    model = LogisticRegression(C=1.0, max_iter=1000).fit(values / scale, right, sample_weight=shares)
    print(f"confidence: {np.mean(right):.2f} of {len(right)} right", file=sys.stderr)
    return {"bias": float(model.intercept_[0])} | dict(zip(names, (model.coef_[0] / scale).tolist(), strict=True))


if __name__ == "__main__":
    main()
