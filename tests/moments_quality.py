"""How well days in texts are worked out; run by hand: `python tests/moments_quality.py [--wrong] [--libraries]`.

The right days are in `day_words.txt`, labelled by hand; the articles of Wikinews lie beside the project.
"""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from index.model import Article, Source
from index.moments import moments
from index.passages import split

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
WIKINEWS = HERE.parent.parent / "shared" / "eval" / "wikinews" / "articles.jsonl"


class Labelled(NamedTuple):
    """An article's day, whether the rules were made with it in view, and by its words in context what each means."""

    published: date
    tuning: bool
    words: dict[str, str]


def labelled() -> dict[str, Labelled]:
    """What is labelled, by article; words that are meant stand between braces."""
    found = {}
    for block in re.split(r"\n\s*\n", (HERE / "day_words.txt").read_text(encoding="utf-8"))[1:]:
        head, *lines = block.strip().split("\n")
        name, day, part = head.split()
        rows = (line.rpartition(" ") for line in lines)
        found[name] = Labelled(date.fromisoformat(day), part == "tuning", {words: meant for words, _, meant in rows})
    return found


def article_of(name: str, published: date | None, text: str) -> Article:
    """An article with nothing but a day."""
    return Article(Source(name, name, True, None, None, published, None, "en", ""), text, 0, "en")


def found_in(article: Article) -> list[tuple[int, str, str]]:
    """Where words of days stand in an article, these, and what they mean."""
    return [
        (moment.span.start, article.text[moment.span.start : moment.span.end], moment.meant or "?")
        for passage in split(article)
        for moment in moments(passage)
    ]


def told(name: str, label: Labelled, text: str) -> Iterator[tuple[str, str, str]]:
    """Words of days in an article, what they mean and what is made of them; "" for what is not found, or not meant."""
    found = {start: (words, meant) for start, words, meant in found_in(article_of(name, label.published, text))}
    for words, meant in label.words.items():
        before, _, after = words.partition("{")
        named, _, after = after.partition("}")
        start = text.index(f"{before}{named}{after}") + len(before)
        at = next((at for at in found if at <= start < at + len(found[at][0]) or start <= at < start + len(named)), -1)
        yield words, meant, found.pop(at)[1] if at >= 0 else ""
    for words, meant in found.values():
        yield words, "", meant


def counted(rows: list[tuple[str, str, str]]) -> str:
    """Precision and recall of days that are worked out, of (words, meant, found)."""
    right = sum(meant == found for _, meant, found in rows if found not in {"", "?"})
    worked_out = sum(found not in {"", "?"} for _, _, found in rows)
    wanted = sum(meant not in {"", "?"} for _, meant, _ in rows)
    return f"precision {right}/{worked_out} = {right / worked_out:.3f}, recall {right}/{wanted} = {right / wanted:.3f}"


@click.command()
@click.option("--wrong", is_flag=True, help="Print what is not as labelled.")
def main(*, wrong: bool) -> None:
    """Print how many days are worked out rightly, in the articles for tuning and in those held out."""
    texts = {row["id"]: row["text"] for row in map(json.loads, WIKINEWS.read_text(encoding="utf-8").splitlines())}
    for part, tuning in (("tuning", True), ("held-out", False)):
        labels = {name: label for name, label in labelled().items() if label.tuning == tuning}
        rows = [row for name, label in labels.items() for row in told(name, label, texts[name])]
        click.echo(f"{part}: {len(rows)} expressions, {counted(rows)}")
        if wrong:
            click.echo(
                "\n".join(
                    f"  {words}: {meant or 'none'}, found {found or 'none'}"
                    for words, meant, found in rows
                    if meant != found
                )
            )


if __name__ == "__main__":
    main()
