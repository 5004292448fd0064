"""How many questions are answered a second, and how long each takes: `python tests/asking_bench.py`; `--save` writes
the README's table.

People who each ask one question after the other, through the desk as it serves a chat: our own news questions about the
articles of Wikinews beside the project. Measured in turns, in one process: one question at a time with every window
read, as it was until November 2026, and as it is.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from statistics import quantiles
from unittest.mock import patch

import bench
import click
import public_sets

from bot import desk as serving
from bot.desk import Desk
from index import search
from index.encoder import SentenceTransformerEncoder
from index.reader import ExtractiveReader

SET = "news"
ASKERS = (1, 8, 32)
QUESTIONS = 32  # in a turn
TURNS = 2
START, END = "<!-- asking bench -->", "<!-- /asking bench -->"
WAYS = {
    "one at a time, eight windows": {"SEARCHES": 1, "ROUND": search.WINDOWS},
    "as it is": {"SEARCHES": serving.SEARCHES, "ROUND": search.ROUND},
}


async def seconds(desk: Desk, questions: list[str], askers: int) -> tuple[float, list[float]]:
    """How long it takes until all are answered, and how long each took."""
    left, took = iter(questions), []

    async def asker() -> None:
        for question in left:
            started = time.perf_counter()
            await desk.ask(question, brief=True)
            took.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(asker() for _ in range(askers)))
    return time.perf_counter() - started, took


def measured() -> list[str]:
    """The table."""
    encoder, reader = SentenceTransformerEncoder(), ExtractiveReader()
    public_sets.index(SET, encoder).close()
    folder = public_sets.ROOT / "data" / "public" / SET
    drawn = random.Random(0).sample([q.text for q in public_sets.questions(SET)], QUESTIONS * TURNS)
    whole: dict[tuple[str, int], float] = {}
    each: dict[tuple[str, int], list[float]] = {}
    for turn in range(TURNS):
        questions = drawn[turn * QUESTIONS : (turn + 1) * QUESTIONS]
        for askers in ASKERS:
            for way, constants in WAYS.items():
                with (
                    patch.object(serving, "SEARCHES", constants["SEARCHES"]),
                    patch.object(search, "ROUND", constants["ROUND"]),
                ):
                    desk = Desk(folder / "index", folder / "corpus", lambda: encoder, reader=reader)
                    asyncio.run(seconds(desk, drawn[:2], 1))
                    total, took = asyncio.run(seconds(desk, questions, askers))
                    desk.close()
                whole[way, askers] = whole.get((way, askers), 0.0) + total
                each.setdefault((way, askers), []).extend(took)
    table = ["| asking at once | | answers a second | median | 95 % |", "|---|---|---|---|---|"]
    for askers in ASKERS:
        for way in WAYS:
            cuts = quantiles(each[way, askers], n=20)
            rate = QUESTIONS * TURNS / whole[way, askers]
            table.append(f"| {askers} | {way} | {rate:.1f} | {cuts[9]:.2f} s | {cuts[18]:.2f} s |")
    return table


@click.command()
@click.option("--save", is_flag=True, help="Write the table into the README.")
def main(save: bool) -> None:
    """Measure how many questions are answered a second."""
    if SET not in public_sets.available():
        sys.exit(f"Nothing was measured: {SET} must lie in {public_sets.SHARED}.")
    table = "\n".join(measured())
    click.echo(table)
    if save:
        bench.write_into_readme(START, table, END)


if __name__ == "__main__":
    main()
