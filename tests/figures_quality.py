"""How well differing figures are told; run by hand: `python tests/figures_quality.py [--wrong]`.

Pairs of sentences are in `figure_pairs.txt`, which says how far the rules were chosen with them in view. Beside the
project, in articles of Wikinews, each sentence stands beside copies in which its first count is changed: to another
figure, which differs where it is not hedged; to a hedged one, or one of another thing or unit, which do not.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from index.figures import Figure, apart, figures, matched
from index.model import Span
from index.passages import sentences

HERE = Path(__file__).parent
WIKINEWS = HERE.parent.parent / "shared" / "eval" / "wikinews" / "articles.jsonl"
_COUNT = re.compile(r"(?<![\w.,:/$£€-])(?!(?:1[5-9]|20)\d\d\b)([1-9]\d{0,2}) ([a-z]{4,}s)\b")
_HEDGE = re.compile(r"\b(?:about|around|some|roughly|nearly|almost|over|than|least|most|up to)\b")


def pairs() -> list[tuple[bool, str, str]]:
    """The labelled pairs: whether figures differ, and the two sentences."""
    blocks = re.split(r"\n\s*\n", (HERE / "figure_pairs.txt").read_text(encoding="utf-8"))[1:]
    rows = (block.strip().split("\n") for block in blocks)
    return [(label == "differs", one, other) for label, one, other in rows]


def read(text: str) -> list[Figure]:
    """The figures of a text of one sentence."""
    return figures(text, Span(0, len(text)))


def told(one: str, other: str) -> bool:
    """Whether any two figures of two sentences differ."""
    return any(apart(mine, theirs) for mine, theirs in matched(read(one), read(other)))


def altered(sentence: str) -> list[tuple[bool, str]]:
    """Copies of a sentence with its first plain count changed, and whether a figure differs then."""
    count = _COUNT.search(sentence)
    if not count or re.search(r"\b[A-Z][a-z]+ $", sentence[: count.start()]):  # perhaps a day
        return []
    before, after = sentence[: count.start()], sentence[count.end() :]
    noun, more = count[2], int(count[1]) * 2 + 3
    return [
        (not _HEDGE.search(before[-16:]), f"{before}{more} {noun}{after}"),
        (False, f"{before}about {more} {noun}{after}"),
        (False, f"{before}{more} {'bananas' if noun != 'bananas' else 'apples'}{after}"),
        (False, f"{before}{more} percent of {noun}{after}"),
    ]


def score(name: str, rows: list[tuple[bool, bool]]) -> str:
    """Precision and recall of pairs (whether they differ, whether that is told)."""
    hits = sum(truth and found for truth, found in rows)
    said, there = sum(found for _, found in rows), sum(truth for truth, _ in rows)
    return f"{name:<13}{len(rows):>5} pairs: precision {share(hits, said)}, recall {share(hits, there)}"


def share(some: int, of: int) -> str:
    """A share as a number, and what it is of."""
    return f"{some / max(1, of):.3f} ({some}/{of})"


@click.command()
@click.option("--wrong", is_flag=True, help="Show the pairs that are told wrongly.")
def main(*, wrong: bool) -> None:
    """Measure."""
    sets = {"by hand": pairs()}
    if WIKINEWS.exists():
        texts = (json.loads(line)["text"] for line in WIKINEWS.read_text(encoding="utf-8").splitlines())
        read_in = (text[span.start : span.end] for text in texts for span in sentences(text))
        sets["Wikinews"] = [(truth, one, copy) for one in read_in for truth, copy in altered(one)]
    for name, some in sets.items():
        results = [(truth, told(one, other)) for truth, one, other in some]
        click.echo(score(name, results))
        for (truth, found), (_, one, other) in zip(results, some, strict=True):
            if wrong and truth != found and not (truth and name == "Wikinews"):
                click.echo(f"   {'missed' if truth else 'wrong'}: {one}\n      {other}")


if __name__ == "__main__":
    main()
