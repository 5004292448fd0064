"""What a search costs as an index grows: `python tests/search_bench.py`; `--save` writes the README's table.

An index is made by rule, its vectors too (`WordHashEncoder`, as long as those of the default model), so that no model
is needed: paragraphs as in `tests/bench.py`, an article of ten of them each by one of ten outlets. Asked are the first
of the seed questions, and what is measured is the processor time of `look_through`, without the question's vector.
"""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

import bench
import click
from word_encoder import WordHashEncoder

from index.faiss_vectors import FaissVectors
from index.generations import FORMAT, file_facts
from index.model import ANY, Article, Filters, Manifest, Source
from index.passages import split
from index.search import look_through
from index.store import Store
from index.writer import StoreWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

DIMENSION = 384
OUTLETS = 10
QUESTIONS = 20
ROUNDS = 3
FILTERS = {
    "all": ANY,
    "one outlet of ten": Filters(outlets=("Outlet 3",)),
    "one article removed": Filters(withdrawn=("000007",)),
}
START, END = "<!-- search bench -->", "<!-- /search bench -->"


class Made(Mapping[str, "NDArray[np.float32]"]):
    """The vector of every text, made when it is asked for."""

    def __init__(self) -> None:
        self._encoder = WordHashEncoder(dimension=DIMENSION)

    def __getitem__(self, text: str) -> NDArray[np.float32]:
        self._encoder.encoded.clear()
        vector: NDArray[np.float32] = self._encoder.encode([text])[0]
        return vector

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError


def made(folder: Path, passages: int) -> Manifest:
    """An index of so many passages in an empty folder."""
    chance, drawn = random.Random(0), bench.pool()
    writer = StoreWriter(folder, DIMENSION)
    now = datetime(2024, 1, 1, tzinfo=UTC)
    articles = passages // bench.PARAGRAPHS
    for number in range(articles):
        paragraphs = (" ".join(chance.sample(drawn, chance.choice((1, 1, 2, 3)))) for _ in range(bench.PARAGRAPHS))
        text = "\n\n".join(paragraphs)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        outlet = f"Outlet {number % OUTLETS}"
        source = Source(f"{number:06}", f"Title {number}", True, outlet, None, now.date(), None, "en", sha256, False)
        article = Article(source, text, 0, "en")
        writer.add(article, split(article), now, b"")
    held, sentences = writer.finish(Made())
    return Manifest(
        FORMAT, 1, "word-hash", "0" * 64, DIMENSION, articles, held, sentences, "0" * 64, now, file_facts(folder), ""
    )


def milliseconds(store: Store, filters: Filters) -> tuple[float, float, float]:
    """Of the first question under these filters, and the median and the 95th percentile of the others."""
    lines = (Path(__file__).parent / "seed_questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines[:QUESTIONS]]
    encoder = WordHashEncoder(dimension=DIMENSION)
    encoder.encode(questions)
    times = []
    for question in questions * ROUNDS:
        started = time.process_time()
        look_through(question, store, encoder, filters)
        times.append((time.process_time() - started) * 1000)
    cuts = quantiles(times[1:], n=20)
    return times[0], cuts[9], cuts[18]


def rows(folder: Path, manifest: Manifest) -> list[str]:
    """The lines of the table about one index."""
    store = Store(folder, manifest, FaissVectors)
    lines = []
    for name, filters in FILTERS.items():
        first, median, most = milliseconds(store, filters)
        lines.append(f"| {manifest.passages:,} | {name} | {first:.0f} | {median:.0f} | {most:.0f} |")
    store.close()
    return lines


@click.command()
@click.option("--passages", "sizes", multiple=True, type=int, default=(100_000, 300_000), show_default=True)
@click.option("--save", is_flag=True, help="Write the table into the README.")
def main(sizes: tuple[int, ...], save: bool) -> None:
    """Measure what a search costs."""
    table = ["| passages | searched | first | median | 95 % |", "|---|---|---|---|---|"]
    for passages in sizes:
        with tempfile.TemporaryDirectory() as folder:
            table += rows(Path(folder), made(Path(folder), passages))
    click.echo("\n".join(table))
    if save:
        bench.write_into_readme(START, "\n".join(table), END)


if __name__ == "__main__":
    main()
