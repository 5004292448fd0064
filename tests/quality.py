"""How good the answers are, beside naive baselines in the same run: `make quality`; `--save` writes the README's table.

Sets: the hand-written questions about the seed articles, our own about Wikinews, and the public sets that lie beside
the project, of which only titles kept from fitting are asked (but squad2_tune, on which things are chosen). A quote is
right when an excerpt of an article that answers holds the annotated words. Baselines are put through the same composing
of excerpts, so that only the ranking differs: "dense" ranks by cosine of passages, then of sentences, and "BM25" by
FTS5's score of the same.
`--ablate` asks what each part of the ranking is worth instead: see `tests/ablation.py`.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import ablation
import bench
import click
import numpy as np
import public_sets
import seed_questions
from sklearn.metrics import roc_auc_score

from bot.answer import CAUTION, compose
from index import features, search
from index.build import build
from index.encoder import SentenceTransformerEncoder
from index.generations import Generations
from index.reader import ExtractiveReader
from index.search import Hit, Ranking, SentenceHit

if TYPE_CHECKING:
    from collections.abc import Callable

    from index.encoder import Encoder
    from index.store import Store

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
SAMPLE = 100  # questions of each sort from a public set, so that asking them takes a quarter of an hour
BOOTSTRAP = 1000
RECALL = 5  # passages in which recall looks for the answer
DEPTH = 8  # passages in which the reciprocal rank looks for it
START, END = "<!-- quality -->", "<!-- /quality -->"
HEAD = (
    "set", "system", "recall@5", "MRR", "quote first", "in three", "marked right", "refused: wrongly", "near", "far",
    "precision", "AUC near", "far", "ms",
)  # fmt: skip
# The set whose questions are asked of another one, as about another subject.
OTHERS = {"squad2": "squadshifts_wiki", "squad2_tune": "squadshifts_wiki", "squadshifts_wiki": "squad2",
          "news": "clapnq", "clapnq": "squad2"}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A question of a set: `sort` is answerable, near (no answer, same subject) or far (another subject).

    `marked_by` is None where no words are annotated that are just the answer.
    """

    text: str
    sort: str
    answered_by: Callable[[str, str], bool] = lambda _article, _words: False
    marked_by: Callable[[str, str], bool] | None = None


@dataclass
class Outcome:
    """What one system did with one set."""

    recall: list[bool] = field(default_factory=list)
    reciprocal: list[float] = field(default_factory=list)
    first: list[bool] = field(default_factory=list)
    three: list[bool] = field(default_factory=list)
    marked: list[bool] = field(default_factory=list)
    confidence: dict[str, list[float]] = field(default_factory=lambda: {"answerable": [], "near": [], "far": []})
    seconds: float = 0.0

    def note(self, asked: Asked, ranking: Ranking) -> None:
        """Mark one ranking."""
        self.confidence[asked.sort].append(ranking.confidence)
        if asked.sort != "answerable":
            return
        found = [asked.answered_by(hit.passage.source.id, hit.passage.text) for hit in ranking.hits[:DEPTH]]
        self.recall.append(any(found[:RECALL]))
        self.reciprocal.append(1 / (found.index(True) + 1) if any(found) else 0.0)
        excerpts = compose(ranking, 3) if ranking.hits else ()
        right = [asked.answered_by(e.source.id, e.text) for e in excerpts]
        self.first.append(any(right[:1]))
        self.three.append(any(right))
        if asked.marked_by and ranking.hits and (answer := ranking.hits[0].answer):
            passage = ranking.hits[0].passage
            self.marked.append(asked.marked_by(passage.source.id, passage.words(answer)))

    def auc(self, sort: str) -> float | None:
        """How well confidence tells answerable questions from the others: the chance that it ranks a pair rightly."""
        yes, no = self.confidence["answerable"], self.confidence[sort]
        return float(roc_auc_score([1] * len(yes) + [0] * len(no), yes + no)) if yes and no else None


def main_sets() -> dict[str, list[Asked]]:
    """The questions to ask, by set, the same on every run."""
    draw = random.Random(1)
    sets = {
        "seeds": [
            Asked(q.text, q.kind if not q.accept else "answerable", _seed_check(q)) for q in seed_questions.load()
        ]
    }
    pools = {}
    for name in public_sets.available():
        pools[name] = public_sets.questions(name)
        draw.shuffle(pools[name])
    for name, pool in pools.items():
        kept = [q for q in pool if name in ("squad2_tune", "time") or public_sets.held_out(q.title or q.text)]
        # Sets without annotated words: any excerpt of an article that answers is right.
        exact = name not in ("multihop_facts", "time", "clapnq")
        other = OTHERS.get(name, "")
        far = [q for q in pools.get(other, ()) if public_sets.held_out(q.title or q.text) and q.answerable]
        own, near = ([q for q in kept if q.answerable is sort] for sort in (True, False))
        sets[name] = [
            *(Asked(q.text, "answerable", q.answered_by, q.marked_by if exact else None) for q in own[:SAMPLE]),
            *(Asked(q.text, "near") for q in near[:SAMPLE]),
            *(Asked(q.text, "far") for q in far[: SAMPLE // 2]),
        ]
    return sets


def _seed_check(question: seed_questions.SeedQuestion) -> Callable[[str, str], bool]:
    return lambda article, words: any(name == article and quote in words for name, quote in question.accept)


def _single(score: str, question: str, store: Store, encoder: Encoder) -> Ranking:
    """Passages by one score and their sentences by the same, nothing learned."""
    found = store.search(encoder.encode([question])[0], features.terms(question), search.ANY, search.POOL)
    hits = []
    for candidate in sorted(found, key=lambda c: -getattr(c, score)):
        sentences = tuple(SentenceHit(candidate.passage, s.span, getattr(s, score), {}) for s in candidate.sentences)
        best = max(sentences, key=lambda s: s.score)
        hits.append(Hit(candidate.passage, best.span, max(getattr(candidate, score), 0.0), sentences))
    return Ranking(tuple(hits), hits[0].score if hits else 0.0)


def systems() -> dict[str, Callable[[str, Store, Encoder], Ranking]]:
    """What is compared."""
    reader = ExtractiveReader()
    return {
        "dense": partial(_single, "dense"),
        "BM25": partial(_single, "lexical"),
        "without a reader": search.search,
        "ours": lambda question, store, encoder: search.search(question, store, encoder, reader=reader),
    }


def run(asked: list[Asked], store: Store, encoder: Encoder, system: Callable[..., Ranking]) -> Outcome:
    outcome = Outcome()
    for question in asked:
        started = time.perf_counter()
        ranking = system(question.text, store, encoder)
        if ranking.hits:
            compose(ranking, 3)
        outcome.seconds += time.perf_counter() - started
        outcome.note(question, ranking)
    return outcome


def interval(values: list[bool]) -> str:
    """The mean with its 95 % bootstrap interval."""
    drawn = np.random.default_rng(0).choice(np.array(values, float), (BOOTSTRAP, len(values))).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{np.mean(values):.3f} ({low:.3f} to {high:.3f})"


def refusals(outcome: Outcome) -> list[str]:
    """Shares refused at `balanced`: of answerable, near and far questions; and how many of all refused have no answer.

    The last weighs answerable questions and those without an answer equally, however many of each were asked.
    """
    refused = {
        sort: np.mean([value < CAUTION["balanced"][0] for value in values])
        for sort, values in outcome.confidence.items()
        if values
    }
    wrongly = refused["answerable"]
    rightly = [share for sort, share in refused.items() if sort != "answerable"]
    precision = f"{np.mean(rightly) / (np.mean(rightly) + wrongly):.3f}" if rightly else ""
    return [*(f"{refused[sort]:.3f}" if sort in refused else "" for sort in ("answerable", "near", "far")), precision]


def row(name: str, label: str, outcome: Outcome) -> str:
    """A line of the table."""
    asked = sum(map(len, outcome.confidence.values()))
    cells = [
        *(name, label, f"{np.mean(outcome.recall):.3f}", f"{np.mean(outcome.reciprocal):.3f}"),
        *(interval(outcome.first), interval(outcome.three)),
        f"{np.mean(outcome.marked):.3f}" if outcome.marked else "",
        *(refusals(outcome) if label not in ("dense", "BM25") else [""] * 4),
        *("" if value is None else f"{value:.3f}" for value in map(outcome.auc, ("near", "far"))),
        f"{outcome.seconds / asked * 1000:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def open_store(name: str, encoder: Encoder) -> Store:
    """The index of a set, built on first use."""
    if name != "seeds":
        return public_sets.index(name, encoder)
    root = ROOT / "data" / "public" / "seeds"
    build(SEEDS, root, encoder)
    return Generations(root).open_current(encoder)[0]


def complaints(file: Path, store: Store, encoder: Encoder) -> list[str]:
    """What became of excerpts that people complained about (`python -m bot feedback export`), as a table.

    An excerpt that overlaps with the one complained about, in an article of that name, is the same.
    """
    shown: dict[str, list[tuple[bool, bool]]] = {}
    ours = systems()["ours"]
    for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        if not row["article"]:
            continue  # of an answer as a whole
        ranking = ours(row["question"], store, encoder)
        answered = ranking.hits and ranking.confidence >= CAUTION["balanced"][0]
        same = [
            excerpt.source.id == row["article"] and excerpt.start < row["end"] and row["start"] < excerpt.end
            for excerpt in (compose(ranking, 3) if answered else ())
        ]
        shown.setdefault(row["verdict"], []).append((any(same[:1]), any(same)))
    lines = ["| complaint | given | still first | still in three |", "|---|---|---|---|"]
    for verdict, found in sorted(shown.items()):
        first, three = (sum(marks) for marks in zip(*found, strict=True))
        lines.append(f"| {verdict} | {len(found)} | {first} | {three} |")
    return lines


@click.command()
@click.option("--feedback", type=click.Path(path_type=Path, exists=True), help="Ask what people complained about.")
@click.option(
    "--index-dir", envvar="INDEX_DIR", default="data", type=click.Path(path_type=Path), help="For --feedback."
)
@click.option("--save", is_flag=True, help="Write the table into the README.")
@click.option("--only", multiple=True, help="Only this set; may be given again.")
@click.option("--ablate", is_flag=True, help="Fit and ask again with each part of the ranking off in turn.")
def main(save: bool, only: tuple[str, ...], ablate: bool, feedback: Path | None, index_dir: Path) -> None:
    """Ask every set of every system and print a table."""
    if feedback:
        encoder = SentenceTransformerEncoder()
        print("\n".join(complaints(feedback, Generations(index_dir).open_current(encoder)[0], encoder)))
        return
    for line in public_sets.missing():
        click.echo(line, err=True)
    encoder = SentenceTransformerEncoder()
    sets = {name: asked for name, asked in main_sets().items() if not only or name in only}
    if ablate:
        for line in ablation.table(encoder, sets):
            print(line, flush=True)
        return
    lines = [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    print("\n".join(lines))
    for name, asked in sets.items():
        store = open_store(name, encoder)
        for label, system in systems().items():
            lines.append(row(name, label, run(asked, store, encoder, system)))
            print(lines[-1], flush=True)
    if save:
        bench.write_into_readme(START, "\n".join(lines), END)


if __name__ == "__main__":
    main()
