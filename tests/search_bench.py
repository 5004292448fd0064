"""What an index costs as it grows: `python tests/search_bench.py`; `--save` writes the README's table and picture.

An index is made by rule, so that no model is needed: paragraphs as in `tests/bench.py`, an article of ten of them each
by one of ten outlets. Vectors too, as long as those of the default model: those of `WordHashEncoder`. Each step is a
process of its own, so that its memory is its own. Asked are the first of the seed questions, each for the first time
and then again, and what is measured of a search is the processor time of `look_through`, without the question's vector.
What words cost is remembered (`Lexical`): under each filter it is forgotten first. "Alone" is what a plain search of
the passages' vectors (flat FAISS) and of their words (FTS5, by rank) takes, for the best 50 of each.
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

import bench
import click
import faiss
import numpy as np
from word_encoder import WordHashEncoder

from index.faiss_vectors import PASSAGE_VECTORS
from index.features import terms
from index.generations import Generations
from index.manifests import FORMAT, file_facts
from index.model import ANY, Article, Filters, Kind, Manifest, Passage, Source, Span
from index.search import POOL, look_through
from index.tables import DATABASE
from index.writer import StoreWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

DIMENSION = 384
OUTLETS = 10
QUESTIONS = 40
ROUNDS = 3
FILTERS = {
    "all": ANY,
    "one outlet of ten": Filters(outlets=("Outlet 3",)),
    "one article removed": Filters(withdrawn=("0000007",)),
}
START, END = "<!-- search bench -->", "<!-- /search bench -->"
PICTURE = bench.ROOT / ".github" / "images" / "growth.png"
NOW = datetime(2024, 1, 1, tzinfo=UTC)
BETWEEN = "\n"  # sentences of a paragraph, none of which holds it


class Made(Mapping[str, "NDArray[np.float32]"]):
    """The vector of every text: that of its words, which is the sum of its sentences' but for a thousandth."""

    def __init__(self, drawn: list[str]) -> None:
        self._encoder = WordHashEncoder(dimension=DIMENSION)
        self._sums = {text: self._sum(text) for text in drawn}

    def __getitem__(self, text: str) -> NDArray[np.float32]:
        total = np.sum([self._sums[sentence] for sentence in text.split(BETWEEN)], axis=0)
        vector: NDArray[np.float32] = total / np.linalg.norm(total)
        return vector

    def __iter__(self) -> Iterator[str]:
        return iter(self._sums)

    def __len__(self) -> int:
        return len(self._sums)

    def _sum(self, text: str) -> NDArray[np.float32]:
        words = len(text.split())
        vector: NDArray[np.float32] = self._encoder.encode([text])[0] * words**0.5
        return vector


def add(writer: StoreWriter, number: int, drawn: list[str], chance: random.Random) -> None:
    """Write an article, whose sentences are known."""
    paragraphs = [chance.sample(drawn, chance.choice((1, 1, 2, 3))) for _ in range(bench.PARAGRAPHS)]
    text = "\n\n".join(map(BETWEEN.join, paragraphs))
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    outlet = f"Outlet {number % OUTLETS}"
    source = Source(f"{number:07}", f"Title {number}", True, outlet, None, NOW.date(), None, "en", sha256, False)
    passages, start = [], 0
    for count, sentences in enumerate(paragraphs, start=1):
        spans = []
        for sentence in sentences:
            spans.append(Span(start, start + len(sentence)))
            start += len(sentence) + len(BETWEEN)
        first, last = spans[0].start, spans[-1].end
        passages.append(Passage(source, first, last, text[first:last], count, Kind.BODY, tuple(spans)))
        start = last + len("\n\n")
    writer.add(Article(source, text, 0, "en"), passages, NOW, b"")


def publish(generations: Generations, folder: Path, writer: StoreWriter, articles: int, vectors: Made) -> None:
    """Finish a generation, check it and make it the only one."""
    held, sentences = writer.finish(vectors)
    files, number = file_facts(folder), generations.next_number()
    manifest = Manifest(
        FORMAT, number, "word-hash", "0" * 64, DIMENSION, articles, held, sentences, "0" * 64, NOW, files, ""
    )
    generations.publish(folder, replace(manifest, recall=writer.recall), keep=0)


# --- the steps, each a process of its own, which prints JSON ---------------------------------------------------------


def write(root: Path, passages: str) -> object:
    """Write an index of so many passages."""
    generations, drawn, chance = Generations(root), bench.pool(), random.Random(0)
    vectors, articles = Made(drawn), int(passages) // bench.PARAGRAPHS
    started = time.process_time()
    with generations.locked():
        folder = generations.begin()
        writer = StoreWriter(folder, DIMENSION)
        for number in range(articles):
            add(writer, number, drawn, chance)
        publish(generations, folder, writer, articles, vectors)
    return time.process_time() - started


def change(root: Path) -> object:
    """Write the next generation, in which one article of a hundred is another."""
    generations, drawn, chance = Generations(root), bench.pool(), random.Random(1)
    vectors = Made(drawn)
    started = time.process_time()
    with generations.locked(), closing(generations.open(generations.require_current())) as base:
        folder, articles = generations.begin(), base.manifest.articles
        writer = StoreWriter(folder, DIMENSION, base)
        for number in range(0, articles, 100):
            writer.drop(f"{number:07}")
            add(writer, number, drawn, chance)
        publish(generations, folder, writer, articles, vectors)
    return time.process_time() - started


def open_it(root: Path) -> object:
    """Open it: seconds, how many passages and sentences it holds, and bytes on disk."""
    started = time.process_time()
    store, _ = Generations(root).open_current()
    seconds = time.process_time() - started
    manifest = store.manifest
    store.close()
    return seconds, manifest.passages, manifest.sentences, sum(size for size, _ in manifest.files.values())


def search(root: Path) -> object:
    """By name of the filters, milliseconds.

    Of the first question; the median and the 95th percentile of others that are asked for the first time; the median of
    those asked again.
    """
    encoder, asked = questions()
    told = {}
    for name, filters in FILTERS.items():
        store, _ = Generations(root).open_current()
        times = milliseconds([partial(look_through, question, store, encoder, filters) for question in asked])
        store.close()
        cuts = quantiles(times[1 : len(asked)], n=20)
        told[name] = times[0], cuts[9], cuts[18], median(times[len(asked) :])
    return told


def flat(root: Path) -> object:
    """Flat FAISS alone: the median in milliseconds."""
    faiss.omp_set_num_threads(1)  # as ours; two that wait for each other count twice
    index = faiss.read_index(str(current(root) / PASSAGE_VECTORS))
    encoder, asked = questions()
    return median(milliseconds([lambda q=q: index.search(encoder.encode([q]), POOL) for q in asked]))  # type: ignore[misc]


def words(root: Path) -> object:
    """FTS5 alone: the median in milliseconds."""
    query = "SELECT rowid FROM passage_words WHERE passage_words MATCH ? ORDER BY rank LIMIT ?"
    _, asked = questions()
    with closing(sqlite3.connect(current(root) / DATABASE)) as db:
        matches = [" OR ".join(f'"{term}"' for term in terms(question)) for question in asked]
        return median(milliseconds([lambda m=m: db.execute(query, (m, POOL)).fetchall() for m in matches]))  # type: ignore[misc]


STEPS: dict[str, Callable[..., object]] = {
    "write": write, "change": change, "open": open_it, "search": search, "flat": flat, "words": words
}  # fmt: skip


def current(root: Path) -> Path:
    """The folder of the generation that serves."""
    generations = Generations(root)
    return generations.folder(generations.require_current())


def questions() -> tuple[WordHashEncoder, list[str]]:
    """The questions that are asked, and an encoder that knows their vectors already."""
    lines = (Path(__file__).parent / "seed_questions.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines[:QUESTIONS]]
    encoder = WordHashEncoder(dimension=DIMENSION)
    encoder.encode(asked)
    return encoder, asked


def milliseconds(asking: list[Callable[[], object]]) -> list[float]:
    """The processor time of each call, round after round."""
    times = []
    for ask in asking * ROUNDS:
        started = time.process_time()
        ask()
        times.append((time.process_time() - started) * 1000)
    return times


# --- the table and the picture ---------------------------------------------------------------------------------------

Told = dict[str, tuple[Any, int]]


def measured(root: Path, passages: int) -> Told:
    """What each step printed, and its peak memory in bytes."""
    told: Told = {}
    for name in STEPS:
        arguments = (str(passages),) if name == "write" else ()
        step = bench.run(__file__, "--step", name, str(root), *arguments)
        told[name] = json.loads(step.printed), step.memory
        click.echo(f"{passages} {name} {json.dumps(told[name])}", err=True)
    return told


def tables(found: list[Told]) -> list[str]:
    """What the index takes, and what a question costs."""
    lines = [
        "| passages | sentences | disk | written | 1 % changed | opened | memory, searched |",
        "|---|---|---|---|---|---|---|",
    ]
    for told in found:
        (seconds, passages, sentences, size), (_, memory) = told["open"][0], told["search"]
        lines.append(
            f"| {passages:,} | {sentences:,} | {size / 1024**2:,.0f} MiB | {told['write'][0]:,.0f} s | "
            f"{told['change'][0]:,.0f} s | {seconds:.1f} s | {memory / 1024**2:,.0f} MiB |"
        )
    lines += [
        "",
        f"| passages | {' | '.join(f'{name}: first, median, 95 %, again' for name in FILTERS)} | flat FAISS | FTS5 |",
        f"|---|{'---|' * len(FILTERS)}---|---|",
    ]
    for told in found:
        costs = " | ".join(", ".join(f"{value:.0f}" for value in told["search"][0][name]) for name in FILTERS)
        lines.append(f"| {told['open'][0][1]:,} | {costs} | {told['flat'][0]:.0f} | {told['words'][0]:.0f} |")
    return lines


def draw(found: list[Told]) -> None:
    """How both grow, as a picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    costs, sizes = figure.subplots(1, 2)
    passages = [told["open"][0][1] for told in found]
    for name in FILTERS:
        costs.plot(passages, [told["search"][0][name][1] for told in found], marker="o", label=name)
    costs.plot(passages, [told["search"][0]["all"][3] for told in found], marker="o", label="all, asked again")
    for name, label in (("flat", "flat FAISS alone"), ("words", "FTS5 alone")):
        costs.plot(passages, [told[name][0] for told in found], marker=".", linestyle="--", label=label)
    sizes.plot(passages, [told["open"][0][3] / 1024**2 for told in found], marker="o", label="disk")
    sizes.plot(passages, [told["search"][1] / 1024**2 for told in found], marker="o", label="memory, searched")
    costs.set(title="A search", ylabel="ms of processor time, median")
    sizes.set(title="The index", ylabel="MiB")
    for axes in (costs, sizes):
        axes.set(xscale="log", yscale="log", xlabel="passages")
        axes.set_xticks(passages, [f"{count:,}" for count in passages])
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.minorticks_off()
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
    figure.savefig(PICTURE, dpi=100)


@click.command()
@click.option(
    "--passages", "sizes", multiple=True, type=int, default=(5_000, 50_000, 300_000, 1_000_000), show_default=True
)
@click.option("--step", type=click.Choice([*STEPS]), hidden=True)
@click.option("--save", is_flag=True, help="Write the tables and the picture into the README.")
@click.argument("arguments", nargs=-1)
def main(sizes: tuple[int, ...], step: str | None, arguments: tuple[str, ...], save: bool) -> None:
    """Measure what an index costs as it grows."""
    if step:
        root, *others = arguments
        click.echo(json.dumps(STEPS[step](Path(root), *others)))
        return
    found = []
    for passages in sizes:
        with tempfile.TemporaryDirectory() as folder:
            found.append(measured(Path(folder), passages))
    table = "\n".join(tables(found))
    click.echo(table)
    if save:
        bench.write_into_readme(START, table, END)
        draw(found)


if __name__ == "__main__":
    main()
