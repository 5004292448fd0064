"""What each part of the ranking is worth: `make quality ARGS=--ablate`.

Each part is taken out in turn, the weights are fitted again without it on the training questions, and the questions of
`tests/quality.py` are asked again. A difference is that part's loss, paired by question, with its 95 % bootstrap
interval; where the interval holds 0, the part does nothing that these questions show.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import fit
import numpy as np
import quality
from sklearn.metrics import roc_auc_score

from bot.answer import compose
from index import search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quality import Asked

    from index.encoder import Encoder
    from index.model import Passage, Span
    from index.search import SentenceHit

BOOTSTRAP = 2000
TRAINING = 2  # of so many training questions one is used: fitting goes on two dozen times here


@dataclass(frozen=True)
class Part:
    """Features that are taken out of all models, and constants of `index.search` that are set otherwise."""

    name: str
    features: frozenset[str] = frozenset()
    constants: dict[str, float] = field(default_factory=dict)


def _off(name: str, *features: str) -> Part:
    return Part(name, frozenset(features))


PARTS = (
    _off("passage cosine", "dense_passage", "dense_passage_scaled"),
    _off("sentence cosine", "dense_sentence", "dense_sentence_scaled"),
    _off("coverage", "cover_sentence", "cover_sentence_title", "cover_nearby", "cover_passage_title"),
    _off("coverage by neighbours", "cover_nearby"),
    _off("coverage by the title", "cover_sentence_title", "cover_passage_title"),
    _off("probability: names", "names"),
    _off("kind of answer", "kind"),
    _off("length", "length"),
    _off("late interaction", "late_mean", "late_weighted", "late_worst"),
    _off("probability: lead", "lead"),
    _off("probability: length of the question", "terms"),
    Part("preference for outlet and day", constants={"PREFERENCE": 0.0}),
    Part("reading by words too", constants={"DENSE_SHARE": 1.0}),
    Part("reading by cosine too", constants={"DENSE_SHARE": 0.0}),
    Part("reading by sentences too", constants={"SENTENCE_SHARE": 0.0}),
)


@dataclass
class Reading:
    """A question with what was read for it; `late` grows with the sentences that some model compares closely."""

    asked: search.features.Question
    read: list[SentenceHit]
    late: dict[tuple[Passage, Span], dict[str, float]] = field(default_factory=dict)

    def close(self, weights: dict[str, dict[str, float]], encoder: Encoder) -> list[SentenceHit]:
        """The best by the first model, scored by the second, best first."""
        order = sorted(self.read, key=lambda hit: -search.score(weights["first"], hit.features))
        best = order[: search.CLOSE]
        if any((hit.passage, hit.span) not in self.late for hit in best):
            # Twice as many as are needed, since the next part will ask for some of them.
            missing = [hit for hit in order[: 2 * search.CLOSE] if (hit.passage, hit.span) not in self.late]
            for hit in search.compare_closely(self.asked, missing, encoder):
                self.late[hit.passage, hit.span] = hit.features
        scored = []
        for hit in best:
            values = self.late[hit.passage, hit.span]
            scored.append(search.SentenceHit(hit.passage, hit.span, search.score(weights["close"], values), values))
        return sorted(scored, key=lambda hit: (-hit.score, hit.passage.source.id, hit.span.start))


@dataclass
class Result:
    """What one ranking did with every question of one set, in order."""

    first: np.ndarray
    three: np.ndarray
    confidence: dict[str, np.ndarray]


def table(encoder: Encoder, sets: dict[str, list[Asked]]) -> Iterator[str]:
    """The lines of the table, as they come."""
    cases = fit.read_cases(encoder)[::TRAINING]
    training = [Reading(case.asked, case.read) for case in cases]
    tests = {name: (asked, _read(name, asked, encoder)) for name, asked in sets.items()}
    yield f"| without | {' | '.join(f'{name}: first | in three | AUC near | far' for name in sets)} |"
    yield f"|---|{'---|' * 4 * len(sets)}"
    weights = _fit(cases, training, frozenset(), encoder)
    whole = {name: _ask(asked, readings, weights, encoder) for name, (asked, readings) in tests.items()}
    yield f"| (nothing) | {' | '.join(_figures(result) for result in whole.values())} |"
    for part in PARTS:
        cells = []
        before = {name: getattr(search, name) for name in part.constants}
        for name, value in part.constants.items():
            setattr(search, name, value)
        without = _fit(cases, training, part.features, encoder) if part.features else weights
        for name, (asked, readings) in tests.items():
            again = _read(name, asked, encoder) if part.constants else readings
            cells.append(_losses(whole[name], _ask(asked, again, without, encoder)))
        for name, value in before.items():
            setattr(search, name, value)
        yield f"| {part.name} | {' | '.join(cells)} |"


def _read(name: str, asked: list[Asked], encoder: Encoder) -> list[Reading]:
    store = quality.open_store(name, encoder)
    return [Reading(*search.read_passages(question.text, store, encoder)) for question in asked]


def _fit(
    cases: list[fit.Case], training: list[Reading], without: frozenset[str], encoder: Encoder
) -> dict[str, dict[str, float]]:
    """All weights, fitted without some features."""

    def kept(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name not in without)

    now = [
        fit.Case(case.question, case.asked, reading.read, case.weight)
        for case, reading in zip(cases, training, strict=True)
    ]
    short = [case for case in now if case.weight == 1.0]
    weights = {"first": fit.fit_listwise(short, kept(fit.FIRST)), "close": dict[str, float]()}
    for case, reading in zip(now, training, strict=True):
        case.read = reading.close(weights, encoder)
    weights["close"] = fit.fit_listwise(short, kept(fit.CLOSE))
    weights["confidence"] = fit.fit_confidence(now, weights["close"], kept(fit.CONFIDENCE))
    return weights


def _ask(asked: list[Asked], readings: list[Reading], weights: dict[str, dict[str, float]], encoder: Encoder) -> Result:
    first, three = [], []
    confidence: dict[str, list[float]] = {"answerable": [], "near": [], "far": []}
    for question, reading in zip(asked, readings, strict=True):
        ranking = search.Ranking((), 0.0)
        if reading.read:
            close = reading.close(weights, encoder)
            ranking = search.as_ranking(reading.asked, reading.read, close, weights["confidence"])
        confidence[question.sort].append(ranking.confidence)
        if question.sort == "answerable":
            excerpts = compose(ranking, 3) if ranking.hits else ()
            right = [question.answered_by(e.source.id, e.text) for e in excerpts]
            first.append(any(right[:1]))
            three.append(any(right))
    return Result(np.array(first), np.array(three), {sort: np.array(values) for sort, values in confidence.items()})


def _figures(result: Result) -> str:
    return " | ".join([f"{result.first.mean():.3f}", f"{result.three.mean():.3f}", *map(_shown, _aucs(result))])


def _losses(whole: Result, without: Result) -> str:
    """What is lost, each figure with its interval."""
    draw = np.random.default_rng(0)
    cells = []
    for before, after in ((whole.first, without.first), (whole.three, without.three)):
        lost = before.astype(float) - after.astype(float)
        low, high = np.quantile(draw.choice(lost, (BOOTSTRAP, len(lost))).mean(axis=1), [0.025, 0.975])
        cells.append(f"{lost.mean():+.3f} ({low:+.3f} to {high:+.3f})")
    pairs = zip(_aucs(whole), _aucs(without), strict=True)
    return " | ".join(cells + ["" if a is None or b is None else f"{a - b:+.3f}" for a, b in pairs])


def _aucs(result: Result) -> list[float | None]:
    yes = result.confidence["answerable"]
    found = []
    for sort in ("near", "far"):
        no = result.confidence[sort]
        labels = [1] * len(yes) + [0] * len(no)
        found.append(float(roc_auc_score(labels, np.concatenate([yes, no]))) if len(no) else None)
    return found


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
