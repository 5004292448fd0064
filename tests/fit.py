"""Fits `index/ranking.json` on the tuning half of the question sets: `make fit`. Needs them beside the project.

Two linear models are fitted listwise (the loss is minus the log of the share of the softmax that right sentences get):
of sentences before any reading, and of what the reader read. Then a logistic regression gives the probability that the
best is right, with and without a reader, on a mix of answerable questions, questions of another corpus, near misses,
and the same against a handful of articles. At the end it prints what each threshold would refuse of the same questions.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass, replace
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
from index.reader import ExtractiveReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.encoder import Encoder
    from index.reader import Reader, Reading, Window

FIRST = (
    "dense_passage", "dense_sentence", "dense_passage_scaled", "dense_sentence_scaled", "cover_sentence",
    "cover_sentence_title", "cover_nearby", "cover_passage_title", "kind", "length",
)  # fmt: skip
READ = (*FIRST, "read_tempered")
CONFIDENCE = ("near", "lead", "terms", "read")
UNREAD = ("dense_passage", "cover_passage_title", "names", "lead", "terms")
FITTED = ("squad2", "squadshifts_wiki")
# What the questions of other sets weigh: news is what the program is for, none of multihop_facts is a plain question.
OTHERS = {"news": 1.0, "clapnq": 0.5, "multihop_facts": 0.2}
DECAY = 1e-3  # on weights of standardised features


@dataclass
class Case:
    """A question put to a store, what was found for it, and how much it weighs."""

    question: PublicQuestion
    asked: search.features.Question
    found: list[search.SentenceHit]
    weight: float

    def right(self, hit: search.SentenceHit) -> bool:
        return self.question.answered_by(hit.passage.source.id, hit.passage.words(hit.span))

    def scored(self, weights: dict[str, float]) -> list[search.SentenceHit]:
        """What was found, scored by other weights."""
        return [replace(hit, score=search.score(weights, hit.features)) for hit in self.found]


class Remembering:
    """A reader that reads nothing twice: fitting and ablation ask for the same windows again and again."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[tuple[str, Window], Reading] = {}

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        new = [window for window in windows if (question, window) not in self._known]
        if new:
            keys = [(question, window) for window in new]
            self._known.update(zip(keys, self._reader.read(question, new), strict=True))
        return [self._known[question, window] for window in windows]


def main() -> None:
    wanted = (*FITTED, *OTHERS)
    if missing := set(wanted) - set(public_sets.available()):
        sys.exit(f"Nothing was fitted: {', '.join(sorted(missing))} must lie in {public_sets.SHARED}.")
    cases = read_cases(SentenceTransformerEncoder())
    weights = fit(cases, Remembering(ExtractiveReader()))
    rounded = {model: {name: round(value, 3) for name, value in row.items()} for model, row in weights.items()}
    Path(search.__file__).with_name("ranking.json").write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(rounded, indent=2))


def fit(cases: list[Case], reader: Reader, without: frozenset[str] = frozenset()) -> dict[str, dict[str, float]]:
    """All weights, fitted without some features."""

    def kept(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name not in without)

    plain = [case for case in cases if case.weight == 1.0]
    weights = {"first": fit_listwise(plain, kept(FIRST))}
    cases = [replace(case, found=case.scored(weights["first"])) for case in cases]
    weights["confidence_unread"] = fit_confidence(cases, weights["first"], kept(UNREAD))
    short = (case for case in cases if search.is_read(case.question.text))
    read = [replace(case, found=search.read(case.asked, case.found, reader)) for case in short]
    weights["read"] = fit_listwise([case for case in read if case.weight == 1.0], kept(READ))
    weights["confidence"] = fit_confidence(read, weights["read"], kept(CONFIDENCE))
    say_thresholds(read, weights)
    return weights


def read_cases(encoder: Encoder) -> list[Case]:
    """The training questions, each with every sentence that is found for it."""
    stores = {name: public_sets.index(name, encoder) for name in (*FITTED, *OTHERS)}
    cases = []
    for store, question, filters, weight in training_cases():
        asked, found = search.look_through(question.text, stores[store], encoder, filters)
        if found:
            cases.append(Case(question, asked, found, weight))
    return cases


def training_cases() -> list[tuple[str, PublicQuestion, Filters, float]]:
    """(corpus, question, filters, weight in the mix) of every case, the same on every run."""
    draw = random.Random(0)
    cases: list[tuple[str, PublicQuestion, Filters, float]] = []
    pools = {}
    for name in (*FITTED, *OTHERS):
        pools[name] = [q for q in public_sets.questions(name) if not public_sets.held_out(q.title or q.text)]
        draw.shuffle(pools[name])
    for name, other in (FITTED, FITTED[::-1]):
        titles = public_sets.articles_by_title(name)
        answerable = [q for q in pools[name] if q.answerable]
        near = [q for q in pools[name] if not q.answerable]
        cases += [(name, q, Filters(), 1.0) for q in answerable[:250]]
        cases += [(name, q, Filters(), 1.0) for q in near[:250]]
        cases += [(other, q, Filters(), 1.0) for q in answerable[250:350]]
        # A handful of articles: its own questions, and those of others, as for a corpus the size of the seeds.
        cases += [(name, q, Filters(articles=titles[q.title]), 1.0) for q in answerable[-100:]]
        for question in answerable[-175:-100]:
            title = draw.choice([title for title in titles if title != question.title])
            cases.append((name, question, Filters(articles=titles[title]), 1.0))
    for name, weight in OTHERS.items():
        cases += [(name, question, Filters(), weight) for question in pools[name]]
    cases += [("news", question, Filters(), 1.0) for question in pools["clapnq"] if question.answerable][:100]
    return cases


def fit_listwise(cases: list[Case], names: tuple[str, ...]) -> dict[str, float]:
    """Weights on raw features that put right sentences first."""
    usable = [case for case in cases if any(map(case.right, case.found)) and not all(map(case.right, case.found))]
    sizes = [len(case.found) for case in usable]
    rows = np.array([[hit.features[name] for name in names] for case in usable for hit in case.found])
    scale = rows.std(axis=0) + 1e-9
    values = torch.tensor(rows / scale)
    right = torch.tensor([case.right(hit) for case in usable for hit in case.found])
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


def fit_confidence(cases: list[Case], weights: dict[str, float], names: tuple[str, ...]) -> dict[str, float]:
    """Weights and bias of the probability that the best sentence is right."""
    rows, right = [], []
    for case in cases:
        best = sorted(case.scored(weights), key=lambda hit: -hit.score)
        facts = search.confidence_features(case.asked, best)
        rows.append([facts[name] for name in names])
        right.append(case.right(best[0]))
    values = np.array(rows)
    scale = values.std(axis=0)
    shares = [case.weight for case in cases]
    model = LogisticRegression(C=1.0, max_iter=1000).fit(values / scale, right, sample_weight=shares)
    print(f"confidence: {np.mean(right):.2f} of {len(right)} right", file=sys.stderr)
    return {"bias": float(model.intercept_[0])} | dict(zip(names, (model.coef_[0] / scale).tolist(), strict=True))


def say_thresholds(cases: list[Case], weights: dict[str, dict[str, float]]) -> None:
    """For each threshold of the probability: shares of answerable questions refused, and of the others answered.

    Only questions put to their own corpus: those of another one are refused by any threshold.
    """
    chance: dict[bool, list[float]] = {True: [], False: []}
    for case in cases:
        best = sorted(case.scored(weights["read"]), key=lambda hit: -hit.score)
        own = case.weight == 1.0 and (not case.question.answerable or any(map(case.right, case.found)))
        if own:
            chance[case.question.answerable].append(search.probability(case.asked, best, weights["confidence"]))
    for threshold in np.arange(0.05, 0.65, 0.05):
        wrongly, answered = np.mean(np.array(chance[True]) < threshold), np.mean(np.array(chance[False]) >= threshold)
        print(f"threshold {threshold:.2f}: {wrongly:.3f} wrongly refused, {answered:.3f} near misses answered",
              file=sys.stderr)  # fmt: skip


if __name__ == "__main__":
    main()
