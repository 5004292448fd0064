"""What each part of the ranking is worth: `make quality ARGS=--ablate`.

Each part is taken out in turn, the weights are fitted again without it on the training questions, and the questions of
`tests/quality.py` are asked again. A difference is that part's loss, paired by question, with its 95 % bootstrap
interval; where the interval holds 0, the part does nothing that these questions show.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import fit
import numpy as np
import quality

from index import search
from index.reader import ExtractiveReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quality import Asked, Outcome

    from index.encoder import Encoder
    from index.reader import Reader
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
    _off("probability: nearness", "near"),
    _off("probability: names", "names"),
    _off("kind of answer", "kind"),
    _off("length", "length"),
    _off("the reader", "read", "read_tempered"),
    _off("probability: lead", "lead"),
    _off("probability: length of the question", "terms"),
    Part("preference for outlet and day", constants={"PREFERENCE": 0.0}),
    Part("half of the windows", constants={"WINDOWS": 4}),
    Part("finding by words too", constants={"DENSE_SHARE": 1.0}),
    Part("finding by cosine too", constants={"DENSE_SHARE": 0.0}),
    Part("finding by sentences too", constants={"SENTENCE_SHARE": 0.0}),
)

Found = list[tuple["search.features.Question", list["SentenceHit"]]]


def table(encoder: Encoder, sets: dict[str, list[Asked]]) -> Iterator[str]:
    """The lines of the table, as they come."""
    cases = fit.read_cases(encoder)[::TRAINING]
    reader = fit.Remembering(ExtractiveReader())
    tests = {name: (asked, _find(name, asked, encoder)) for name, asked in sets.items()}
    yield f"| without | {' | '.join(f'{name}: first | in three | AUC near | far' for name in sets)} |"
    yield f"|---|{'---|' * 4 * len(sets)}"
    weights = fit.fit(cases, reader)
    whole = {name: _ask(asked, found, weights, reader) for name, (asked, found) in tests.items()}
    yield f"| (nothing) | {' | '.join(_figures(outcome) for outcome in whole.values())} |"
    for part in PARTS:
        cells = []
        before = {name: getattr(search, name) for name in part.constants}
        for name, value in part.constants.items():
            setattr(search, name, value)
        without = fit.fit(cases, reader, part.features) if part.features else weights
        for name, (asked, found) in tests.items():
            again = _find(name, asked, encoder) if part.constants else found
            cells.append(_losses(whole[name], _ask(asked, again, without, reader)))
        for name, value in before.items():
            setattr(search, name, value)
        yield f"| {part.name} | {' | '.join(cells)} |"


def _find(name: str, asked: list[Asked], encoder: Encoder) -> Found:
    store = quality.open_store(name, encoder)
    return [search.look_through(question.text, store, encoder) for question in asked]


def _ask(asked: list[Asked], found: Found, weights: dict[str, dict[str, float]], reader: Reader) -> Outcome:
    outcome = quality.Outcome()
    for question, (taken_apart, hits) in zip(asked, found, strict=True):
        ranking = search.Ranking((), 0.0)
        if hits:
            scored = [replace(hit, score=search.score(weights["first"], hit.features)) for hit in hits]
            read = [
                replace(hit, score=search.score(weights["read"], hit.features))
                for hit in search.read(taken_apart, scored, reader)
            ]
            best = sorted(read, key=lambda hit: -hit.score)
            ranking = search.as_ranking(taken_apart, scored, best, weights["confidence"])
        outcome.note(question, ranking)
    return outcome


def _figures(outcome: Outcome) -> str:
    aucs = map(outcome.auc, ("near", "far"))
    return " | ".join([f"{np.mean(outcome.first):.3f}", f"{np.mean(outcome.three):.3f}", *map(_shown, aucs)])


def _losses(whole: Outcome, without: Outcome) -> str:
    """What is lost, each figure with its interval."""
    draw = np.random.default_rng(0)
    cells = []
    for before, after in ((whole.first, without.first), (whole.three, without.three)):
        lost = np.array(before, float) - np.array(after, float)
        low, high = np.quantile(draw.choice(lost, (BOOTSTRAP, len(lost))).mean(axis=1), [0.025, 0.975])
        cells.append(f"{lost.mean():+.3f} ({low:+.3f} to {high:+.3f})")
    for sort in ("near", "far"):
        a, b = whole.auc(sort), without.auc(sort)
        cells.append("" if a is None or b is None else f"{a - b:+.3f}")
    return " | ".join(cells)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
