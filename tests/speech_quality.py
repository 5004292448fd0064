"""How well speakers and figures are found; run by hand: `python tests/speech_quality.py [--wrong]`.

In articles of Wikinews that lie beside the project, labelled by hand as `speech_labels.md` says. A speaker is right if
a labelled quotation is given to the name of its label. A figure is found if one is that has words of its label.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import public_sets
from figures_quality import share

from index.figures import figures
from index.passages import paragraphs, sentences
from index.speech import speeches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.model import Span
    from index.speech import Speech

LABELS = Path(__file__).with_name("speech_labels.jsonl")


def labelled(lot: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The labels of each article of one lot, and its text."""
    texts = {article["id"]: article["text"] for article in public_sets.articles("news")}
    for line in LABELS.read_text(encoding="utf-8").splitlines():
        labels = json.loads(line)
        if labels["lot"] == lot:
            yield labels, texts[labels["article"]]


def overlap(span: Span, start: int, end: int) -> bool:
    """Whether a span shares characters with a label."""
    return span.start < end and start < span.end


def is_right(text: str, speech: Speech, label: dict[str, Any]) -> bool:
    """Whether this is the quotation of a label, given to the one whom the label names."""
    named = text[speech.named.start : speech.named.end]
    return overlap(speech.quoted, label["start"], label["end"]) and any(name in named for name in label["speaker"])


def figures_of(text: str) -> list[Span]:
    """Where figures are found in a text."""
    read = (s for block in paragraphs(text, 0) for s in sentences(text[block.start : block.end], block.start))
    return [figure.span for sentence in read for figure in figures(text, sentence)]


def missed_in(spans: list[Span], labels: dict[str, Any]) -> list[str]:
    """The labelled figures that are not found."""
    rows = ((label["words"], label["start"], label["start"] + len(label["words"])) for label in labels["figures"])
    return [words for words, start, end in rows if not any(overlap(span, start, end) for span in spans)]


@click.command()
@click.option("--wrong", is_flag=True, help="Show what is wrong and what is missed.")
def main(*, wrong: bool) -> None:
    """Measure."""
    for lot in ("choosing", "first", "last"):
        measure(lot, wrong=wrong)


def measure(lot: str, *, wrong: bool) -> None:
    """Measure one lot."""
    right = told = there = read = numbers = 0
    for labels, text in labelled(lot):
        found, wanted = speeches(text), labels["quotations"]
        bad = [speech for speech in found if not any(is_right(text, speech, label) for label in wanted)]
        missed = [label for label in wanted if not any(is_right(text, speech, label) for speech in found)]
        unread = missed_in(figures_of(text), labels)
        right, told, there = right + len(found) - len(bad), told + len(found), there + len(wanted)
        read, numbers = read + len(labels["figures"]) - len(unread), numbers + len(labels["figures"])
        if wrong:
            for speech in bad:
                quoted, named = (text[span.start : span.end] for span in (speech.quoted, speech.named))
                click.echo(f"wrong in {labels['article']}: {quoted[:60]!r} by {named!r}")
            for label in missed:
                click.echo(f"missed in {labels['article']}: {label['first']!r} by {label['speaker']}")
            click.echo(f"no figures in {labels['article']}: {unread}")
    click.echo(f"{lot}: speakers: precision {share(right, told)}, recall {share(right, there)}")
    if numbers:
        click.echo(f"{lot}: figures: recall {share(read, numbers)}")


if __name__ == "__main__":
    main()
