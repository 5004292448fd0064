"""What a search costs elsewhere: `python tests/peers_bench.py`, with `pip install txtai`; `--save` writes the README.

The passages, vectors and questions of `tests/search_bench.py`, in a hybrid index of txtai as its documentation sets one
up (dense vectors and BM25, texts and outlets kept beside them), and in ours, which ranks sentences too. Each is a
process of its own; what is measured is processor time without that for vectors of texts, and how many passages of one
outlet are found where 50 are wanted.
"""

from __future__ import annotations

import importlib.util
import json
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import mean, median

import bench
import click
import faiss
import numpy as np
import search_bench

from index.faiss_vectors import PASSAGE_VECTORS
from index.features import terms
from index.generations import Generations
from index.model import ANY, Filters
from index.search import POOL, look_through

START, END = "<!-- peers bench -->", "<!-- /peers bench -->"
OUTLET = "outlet 3"
IN_OUTLET = "select id, text, score from txtai where similar(:question) and outlet = :outlet"


def ours(root: Path) -> object:
    """Search an index: medians in milliseconds, of all and in one outlet, and how many are found there."""
    store, _ = Generations(root).open_current()
    encoder, asked = search_bench.questions()
    one = Filters(outlets=(OUTLET,))
    costs = [
        median(search_bench.milliseconds([partial(look_through, q, store, encoder, filters) for q in asked]))
        for filters in (ANY, one)
    ]
    found = [len(store.pool(encoder.encode([q])[0], terms(q), one, POOL)) for q in asked]
    store.close()
    return *costs, mean(min(count, POOL) for count in found)


def txtai(root: Path) -> object:
    """Put the passages of an index of ours into one of txtai: seconds, bytes, and what `ours` tells."""
    from txtai import Embeddings

    store, _ = Generations(root).open_current()
    words = store.words("passage")
    outlets = [place.outlet_key for place in store.places("passage", range(1, len(words) + 1))]
    store.close()
    vectors = faiss.read_index(str(search_bench.current(root) / PASSAGE_VECTORS))
    known = dict(zip(words, vectors.reconstruct_n(0, vectors.ntotal), strict=True))
    encoder, asked = search_bench.questions()
    known |= {question: encoder.encode([question])[0] for question in asked}
    peer = Embeddings(
        method="external", transform=lambda texts: np.array([known[text] for text in texts]), hybrid=True, content=True
    )
    started = time.process_time()
    peer.index({"id": n, "text": words[n], "outlet": outlets[n]} for n in range(len(words)))
    with tempfile.TemporaryDirectory() as saved:
        peer.save(saved)
        written = time.process_time() - started
        size = sum(path.stat().st_size for path in Path(saved).rglob("*") if path.is_file())
    within = [partial(peer.search, IN_OUTLET, POOL, parameters={"question": q, "outlet": OUTLET}) for q in asked]
    costs = [search_bench.milliseconds(asking) for asking in ([partial(peer.search, q, POOL) for q in asked], within)]
    return written, size, *map(median, costs), mean(len(search()) for search in within)


STEPS = {"ours": ours, "txtai": txtai}


@click.command()
@click.option("--passages", "sizes", multiple=True, type=int, default=(5_000, 50_000), show_default=True)
@click.option("--step", type=click.Choice([*STEPS]), hidden=True)
@click.option("--save", is_flag=True, help="Write the table into the README.")
@click.argument("root", type=click.Path(path_type=Path), required=False)
def main(sizes: tuple[int, ...], step: str | None, root: Path, save: bool) -> None:
    """Measure what a search costs here and elsewhere."""
    if step:
        click.echo(json.dumps(STEPS[step](root)))
        return
    if importlib.util.find_spec("txtai") is None:
        raise click.ClickException("txtai is not installed: pip install txtai")
    lines = [
        "| passages | | written | disk | a search | in one outlet of ten | found there, of 50 |",
        "|---|---|---|---|---|---|---|",
    ]
    for passages in sizes:
        with tempfile.TemporaryDirectory() as folder:
            written = json.loads(bench.run(search_bench.__file__, "--step", "write", folder, str(passages)).printed)
            size = json.loads(bench.run(search_bench.__file__, "--step", "open", folder).printed)[3]
            told = {name: json.loads(bench.run(__file__, "--step", name, folder).printed) for name in STEPS}
        for name, values in (("On the Record", (written, size, *told["ours"])), ("txtai", told["txtai"])):
            seconds, held, everywhere, one, found = values
            lines.append(
                f"| {passages:,} | {name} | {seconds:,.0f} s | {held / 1024**2:,.0f} MiB | {everywhere:.0f} ms | "
                f"{one:.0f} ms | {found:.0f} |"
            )
    table = "\n".join(lines)
    click.echo(table)
    if save:
        bench.write_into_readme(START, table, END)


if __name__ == "__main__":
    main()
