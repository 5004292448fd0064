"""How well it is told that another article says the same in other words; by hand: `python tests/carried_quality.py`.

On pairs of sentences of Wikinews and of news facts that lie beside the project, labelled by hand as `carried_labels.md`
says; and on the seeds, where `carried_seeds.py` lists which of the other articles carry a statement, by which
sentences, and which quotations are one in other words.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import carried_seeds
import click
import numpy as np
import public_sets
from conftest import ROOT

from index.encoder import DEFAULT_MODEL, SentenceTransformerEncoder
from index.model import Article, Kind, Passage, Source, Span
from index.passages import sentences, split
from index.renderings import quotations_of, rendering
from index.rewording import likeness, of_one_matter, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carried_seeds import Statement
    from numpy.typing import NDArray

LABELS = Path(__file__).with_name("carried_labels.jsonl")


@cache
def encoder() -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder(DEFAULT_MODEL)


@cache
def articles(name: str) -> dict[str, dict[str, Any]]:
    """The articles of a set, by id."""
    return {row["id"]: row for row in public_sets.articles(name)}


def day(row: dict[str, Any]) -> date | None:
    """When an article was published."""
    return date.fromisoformat(row["published"][:10]) if row.get("published") else None


def article(name: str, text: str, published: date | None = None) -> Article:
    """A text as an article."""
    return Article(Source(name, "", False, None, None, published, None, "en", ""), text)


@cache
def mean(name: str, article_id: str) -> NDArray[np.float32]:
    """The mean of an article's vectors, as a store has it."""
    vectors = encoder().encode([p.text for p in split(article(article_id, articles(name)[article_id]["text"]))])
    found: NDArray[np.float32] = vectors.mean(axis=0)
    return found / float(np.linalg.norm(found))


def labelled(lot: str) -> Iterator[tuple[dict[str, Any], Passage, Passage]]:
    """Each label of a lot with its two sentences, each as a passage of its own."""
    for line in LABELS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["lot"] == lot:
            yield row, *(_labelled(articles(row["set"])[row[name][0]], row[name]) for name in ("one", "other"))


def _labelled(row: dict[str, Any], place: tuple[str, int, int]) -> Passage:
    text = row["text"][place[1] : place[2]]
    source = article(place[0], text, day(row)).source
    return Passage(source, 0, len(text), text, 1, Kind.BODY, tuple(sentences(text)))


def measure_labels(lot: str, *, wrong: bool) -> None:
    """Measure one lot of labels."""
    pairs = list(labelled(lot))
    ones, others = (encoder().encode([pair[n].text for pair in pairs]) for n in (1, 2))
    cosines = (ones * others).sum(axis=1)
    counted: Counter[tuple[str, bool]] = Counter()
    for (row, one, other), cosine in zip(pairs, cosines.tolist(), strict=True):
        said = [read(passage, Span(0, len(passage.text))) for passage in (one, other)]
        alike = likeness(*said, cosine, one_matter=True)
        if alike and not likeness(*said, cosine, one_matter=False):
            means = [mean(row["set"], row[name][0]) for name in ("one", "other")]
            near = float(means[0] @ means[1])
            alike = alike if of_one_matter(near, one.source, other.source) else 0.0
        counted[row["label"], alike > 0] += 1
        if wrong and row["label"] != "open" and (alike > 0) != (row["label"] == "carries"):
            click.echo(f"{'wrong' if alike else 'missed'} ({cosine:.2f}): {one.text}\n  {other.text}")
    report(lot, counted["carries", True], counted["not", True], counted["carries", False])


def measure_seeds(*, wrong: bool) -> None:
    """Measure the statements of the seeds: an article is right if it is said to carry one by a sentence listed."""
    texts = {name: (ROOT / "seeds" / f"{name}.txt").read_text(encoding="utf-8") for name in carried_seeds.ARTICLES}
    rows = {n: [(p, s) for p in split(article(n, text)) for s in p.sentences] for n, text in texts.items()}
    vectors = {name: encoder().encode([p.words(s) for p, s in found]) for name, found in rows.items()}
    right = false = missed = 0
    for statement in carried_seeds.STATEMENTS:
        here = rows[statement.article]
        number = next(n for n, (p, s) in enumerate(here) if statement.words in p.words(s))
        one, vector = read(*here[number]), vectors[statement.article][number]
        for name in set(carried_seeds.ARTICLES) - {statement.article}:
            cosines = (vectors[name] @ vector).tolist()
            best, said = max(
                (likeness(one, read(*row), cosine, one_matter=True), row[0].words(row[1]))
                for row, cosine in zip(rows[name], cosines, strict=True)
            )
            verdict = _verdict(statement, name, said) if best else None
            right, false = right + (verdict is True), false + (verdict is False)
            lost = name in statement.carried and verdict is not True
            missed += lost
            if wrong and (verdict is False or lost):
                click.echo(f"{statement.words!r}, {name[:3]}: {said if best else 'missed'}")
    report("seeds", right, false, missed)
    right, false, missed = _renderings(texts)
    report("seeds, quotations", right, false, missed)


def _verdict(statement: Statement, name: str, said: str) -> bool | None:
    """Whether a sentence carries a statement; None where that is open."""
    if any(words in said for words in statement.carried.get(name, ())):
        return True
    return None if any(words in said for words in statement.open.get(name, ())) else False


def _renderings(texts: dict[str, str]) -> tuple[int, int, int]:
    """How many pairs of quotations are rightly said to be one, and wrongly, and how many of those listed are missed."""
    quotations = {name: [text[s.start : s.end] for s in quotations_of(text)] for name, text in texts.items()}
    right: set[frozenset[str]] = set()
    false = 0
    for a, b in combinations(carried_seeds.ARTICLES, 2):
        for mine in quotations[a]:
            for theirs in quotations[b]:
                if rendering(mine, Span(0, len(mine)), theirs, Span(0, len(theirs))):
                    same = any(mine in one.get(a, ()) and theirs in one.get(b, ()) for one in carried_seeds.VERSIONS)
                    right |= {frozenset((mine, theirs))} if same else set()
                    false += not same
    wanted = {
        frozenset((mine, theirs))
        for one in carried_seeds.VERSIONS
        for a, b in combinations(one, 2)
        for mine in one[a]
        for theirs in one[b]
    }
    return len(right), false, len(wanted - right)


def report(name: str, right: int, false: int, missed: int) -> None:
    """Precision and recall."""
    told, there = right + false, right + missed
    precision, recall = right / max(1, told), right / max(1, there)
    click.echo(f"{name}: precision {precision:.2f} ({right} of {told}), recall {recall:.2f} ({right} of {there})")


@click.command()
@click.option("--wrong", is_flag=True, help="Show what is wrong and what is missed, but of the last.")
def main(*, wrong: bool) -> None:
    """Measure."""
    for lot in ("choosing", "held", "last"):
        measure_labels(lot, wrong=wrong and lot != "last")
    measure_seeds(wrong=wrong)


if __name__ == "__main__":
    main()
