"""How well differing figures are told; run by hand: `python tests/figures_quality.py [--wrong]`.

- by hand: pairs of sentences in `figure_pairs.txt`, which says how far the rules were chosen with them in view.

Beside the project, where the public sets lie:

- copies: each sentence of Wikinews with a count stands beside ones in a copy of its article, in which the count is
  another figure, which differs where it is not hedged; or hedged, of another thing or unit, written in words or
  reported by somebody, which do not;
- other stories: sentences of any two days of Wikinews, of which none should differ;
- documents: those of one question of RAMDocs. A difference is right where one document is marked as right and the other
  as wrong, and the figures are their answers. Many are about another place or person of the same name, so that recall
  says little.
"""

from __future__ import annotations

import json
import re
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import public_sets

from index.amounts import VALUES
from index.differing import apart, matched
from index.figures import Figure, figures
from index.model import Span
from index.passages import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
RAMDOCS = public_sets.SHARED / "eval" / "ramdocs"
_COUNT = re.compile(r"(?<![\w.,:/$£€-])(?!(?:1[5-9]|20)\d\d\b)([1-9]\d{0,2}) ([a-z]{4,}s)\b")
_HEDGE = re.compile(r"\b(?:about|around|some|roughly|nearly|almost|over|than|least|most|up to)\b")
_WORDS = {value: word for word, value in VALUES.items()}


def pairs() -> list[tuple[bool, str, str]]:
    """The labelled pairs: whether figures differ, and the two sentences."""
    blocks = re.split(r"\n\s*\n", (HERE / "figure_pairs.txt").read_text(encoding="utf-8"))[1:]
    rows = (block.strip().split("\n") for block in blocks)
    return [(label == "differs", one, other) for label, one, other in rows]


def read(text: str, sentence: Span) -> list[Figure]:
    """The figures of a sentence of a text."""
    end = len(text[: text.rfind("\n", 0, sentence.start) + 1].rstrip())
    return figures(text, sentence, Span(text.rfind("\n", 0, end) + 1, end) if end else None)


def differing(ones: list[Figure], others: list[Figure], days: int = 0) -> list[tuple[Figure, Figure]]:
    """The figures of two sentences that are told to differ."""
    return [(mine, theirs) for mine, theirs in matched(ones, others, days) if apart(mine, theirs)]


def told(one: str, other: str) -> bool:
    """Whether any two figures of two sentences differ."""
    return bool(differing(*(read(text, Span(0, len(text))) for text in (one, other))))


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
        (False, f"{before}{_WORDS.get(int(count[1]), count[1])} {noun}{after}"),
        (False, f"Officials said on Monday: {sentence}"),
    ]


def copies() -> Iterator[tuple[bool, bool, str, str]]:
    """Of each sentence and a copy of it: whether they differ, whether that is told, and both."""
    for article in public_sets.articles("news"):
        text = article["text"]
        for span in sentences(text):
            sentence = text[span.start : span.end]
            for truth, copy in altered(sentence):
                other = text[: span.start] + copy + text[span.end :]
                there = Span(span.start, span.start + len(copy))
                yield truth, bool(differing(read(text, span), read(other, there))), sentence, copy


def other_stories() -> Iterator[tuple[bool, bool, str, str]]:
    """Of sentences of any two days those of which a figure is told to differ."""
    rows = [
        (date.fromisoformat(article["published"]), article["text"][span.start : span.end], found)
        for article in public_sets.articles("news")
        for span in sentences(article["text"])
        if (found := read(article["text"], span))
    ]
    for (one, mine, ours), (other, theirs, others) in combinations(rows, 2):
        if one != other and differing(ours, others, abs((one - other).days)):
            yield False, True, mine, theirs


def documents() -> Iterator[tuple[bool, bool, str, str]]:
    """Of two documents of a question: each difference that is told, and that of their answers where it is not."""
    lines = (RAMDOCS / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    texts = {row["id"]: row["text"] for row in map(json.loads, lines)}
    found = {name: [(s, read(text, s)) for s in sentences(text)] for name, text in texts.items()}
    for line in (RAMDOCS / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        for one, other in combinations(json.loads(line)["documents"], 2):
            ours, theirs = _numbers(one["answer"]), _numbers(other["answer"])
            contrary = {one["type"], other["type"]} == {"correct", "misinfo"} and ours and theirs and ours != theirs
            hit = False
            for (span, mine), (there, others) in ((a, b) for a in found[one["doc"]] for b in found[other["doc"]]):
                here, elsewhere = texts[one["doc"]], texts[other["doc"]]
                for a, b in differing(mine, others):
                    said = (here[a.span.start : a.span.end], elsewhere[b.span.start : b.span.end])
                    right = bool(contrary) and (_numbers(said[0]), _numbers(said[1])) == (ours, theirs)
                    hit = hit or right
                    yield right, True, here[span.start : span.end], elsewhere[there.start : there.end]
            if contrary and not hit:
                yield True, False, one["doc"], other["doc"]


def _numbers(words: str) -> list[str]:
    return re.findall(r"\d[\d,.]*\d|\d", words)


def score(name: str, rows: list[tuple[bool, bool, str, str]]) -> str:
    """Precision and recall of pairs (whether they differ, whether that is told, and both)."""
    hits = sum(truth and found for truth, found, *_ in rows)
    said, there = sum(found for _, found, *_ in rows), sum(truth for truth, *_ in rows)
    return f"{name:<14}{len(rows):>5} pairs: precision {share(hits, said)}, recall {share(hits, there)}"


def share(some: int, of: int) -> str:
    """A share as a number, and what it is of."""
    return f"{some / max(1, of):.3f} ({some}/{of})"


@click.command()
@click.option("--wrong", is_flag=True, help="Show the pairs that are told wrongly.")
def main(*, wrong: bool) -> None:
    """Measure."""
    sets: dict[str, Any] = {"by hand": ((truth, told(one, other), one, other) for truth, one, other in pairs())}
    if "news" in public_sets.available():
        sets |= {"copies": copies(), "other stories": other_stories()}
    if RAMDOCS.is_dir():
        sets["documents"] = documents()
    for name, some in sets.items():
        rows = list(some)
        click.echo(score(name, rows))
        for truth, found, one, other in rows if wrong else ():
            if truth != found and (found or name == "by hand"):
                click.echo(f"   {'missed' if truth else 'wrong'}: {one}\n      {other}")


if __name__ == "__main__":
    main()
