"""How well quotations are verified: made by rule from known articles, then held as a message would hold them.

200 quotations of each verdict from the seed articles and from each public set that lies beside the project:

- exact: a sentence, half of them with other marks, dashes, spaces or closing punctuation;
- shortened: a sentence with one to ten words in its middle replaced by "…", "..." or "[…]";
- altered: a sentence with one to three words replaced, left out, added or swapped, a number changed, or negated;
- stitched: two or three halves of sentences from different articles, or far apart in one, joined plainly or by "…";
- other source: a sentence with the name of another outlet of the index, in a set that has outlets;
- not found: a sentence from another set.

A quotation that by chance stands otherwise than its label says (articles repeat each other) is drawn again; that is
decided on bare words, not by the code that is measured. No vectors are used, so that no model is loaded.
"""

from __future__ import annotations

import random
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import public_sets
from word_encoder import WordHashEncoder

from bot.quotations import verify
from index.build import build
from index.findings import Verdict
from index.generations import Generations
from index.model import Filters, Kind
from index.passages import split

if TYPE_CHECKING:
    from collections.abc import Callable

    from index.store import Store

ROOT = Path(__file__).parent.parent
EACH = 200
WORDS = (8, 40)  # how long the sentences are that are quoted
FAR = 3000  # characters between halves of sentences from one article


@dataclass(frozen=True)
class Sentence:
    """A sentence of a set, with its article and where it begins there."""

    article: str
    outlet: str | None
    start: int
    text: str


class Coverage:
    """A set's index and what it takes to make quotations from it."""

    def __init__(self, name: str, folder: Path) -> None:
        corpus = ROOT / "seeds"
        if name != "seeds":
            corpus = folder / "corpus"
            public_sets.write_corpus(name, corpus)
        build(corpus, folder / "index", WordHashEncoder())
        self.name = name
        self.store: Store = Generations(folder / "index").open_current()[0]
        found = [self.store.article(listing.source.id) for listing in self.store.listings(Filters())]
        self.articles = [article for article in found if article]
        self.bare = {article.source.id: bare(article.text) for article in self.articles}
        self.sentences = [
            Sentence(article.source.id, article.source.outlet, span.start, passage.words(span))
            for article in self.articles
            for passage in split(article)
            if passage.kind is not Kind.RELATED
            for span in passage.sentences
            if WORDS[0] <= len(passage.words(span).split()) <= WORDS[1]
        ]

    def outlets_of(self, text: str) -> set[str | None]:
        """The outlets of the articles in which these words stand; None for one that has none."""
        words = bare(text)
        return {a.source.outlet for a in self.articles if words in self.bare[a.source.id]}


def bare(text: str) -> str:
    """The words of a text in small letters with a space around each."""
    return " ".join(("", *re.findall(r"\w+", text.casefold()), ""))


# --- making quotations -----------------------------------------------------------------------------------------------


def retyped(text: str, draw: random.Random) -> str:
    """The same words in other typography."""
    changes: list[Callable[[str], str]] = [
        lambda t: t.translate(str.maketrans("‘’“”", "''''")),
        lambda t: re.sub(r"[–—-]", draw.choice("-–—"), t),
        lambda t: t.replace("…", "..."),
        lambda t: re.sub(r"\s+", lambda _: draw.choice((" ", "\u00a0", "  ", "\n")), t),
        lambda t: t[0].swapcase() + t[1:],
        lambda t: t.rstrip(".") + ",",
    ]
    for change in draw.sample(changes, 3):
        text = change(text)
    return text


def altered(text: str, words: list[str], draw: random.Random) -> str:
    """A sentence with one thing done to it; `words` are those of the whole set, as often as they stand there."""
    said = text.split()
    count = draw.randint(1, 3)
    at = draw.randrange(len(said) - count)
    numbers = [n for n, word in enumerate(said) if re.search(r"\d", word)]
    verbs = [n for n, w in enumerate(said) if w.lower() in {"is", "was", "are", "were", "has", "had", "will", "would"}]
    ways = ["replace", "leave out", "add", "swap", *["number"] * bool(numbers), *["negate"] * bool(verbs)]
    match draw.choice(ways):
        case "replace":
            said[at : at + count] = draw.sample(words, count)
        case "leave out":
            del said[at : at + count]
        case "add":
            said[at:at] = draw.sample(words, count)
        case "swap":
            said[at], said[at + count] = said[at + count], said[at]
        case "number":
            n = draw.choice(numbers)
            said[n] = re.sub(r"\d", lambda d: str((int(d.group()) + draw.randint(1, 9)) % 10), said[n], count=1)
        case _:
            said.insert(draw.choice(verbs) + 1, "not")
    return " ".join(said)


def shortened(text: str, draw: random.Random) -> str:
    """A sentence with words in its middle left out, four before them at least."""
    said = text.split()
    at = draw.randint(4, len(said) - 2)
    said[at : min(at + draw.randint(1, 10), len(said) - 1)] = [draw.choice(("…", "...", "[…]", "[...]"))]
    return " ".join(said)


def stitched(coverage: Coverage, draw: random.Random) -> str:
    """Halves of sentences, none beside another in its article; empty where too few are long enough."""
    chosen: list[Sentence] = []
    for sentence in draw.sample(coverage.sentences, min(50, len(coverage.sentences))):
        apart = all(s.article != sentence.article or abs(s.start - sentence.start) > FAR for s in chosen)
        if apart and len(sentence.text.split()) >= 2 * WORDS[0]:
            chosen.append(sentence)
    halves = []
    for number, sentence in enumerate(chosen[: draw.choice((2, 2, 3))]):
        said = sentence.text.split()
        middle = len(said) // 2
        halves.append(" ".join(said[:middle] if number == 0 else said[middle:]))
    return draw.choice((" ", " … ", " ... ", ", and ", " [...] ")).join(halves) if len(halves) > 1 else ""


def message(text: str, outlet: str | None, draw: random.Random) -> str:
    """A sentence that quotes, marks within the quotation made single ones, with the outlet if there is one."""
    within = re.sub(r"[“„\"«]", "‘", re.sub(r"(?<=[\w.,!?])[”\"»]", "’", text)).replace("”", "’")
    quoted = draw.choice(("“{}”", '"{}"', "„{}“", "«{}»")).format(within)
    if outlet is None:
        return f"Is this so? They wrote: {quoted} I wonder."
    return draw.choice((f"{quoted} {outlet} reported.", f"According to {outlet}, {quoted}.", f"{outlet}: {quoted}"))


def cases(coverage: Coverage, other: Coverage, seed: int) -> list[tuple[Verdict, str]]:
    """Messages with one quotation each and the verdict that is right."""
    draw = random.Random(f"{coverage.name} {seed}")
    words = [word for sentence in coverage.sentences for word in sentence.text.split() if word.isalpha()]
    outlets = sorted({s.outlet for s in coverage.sentences if s.outlet})
    made: list[tuple[Verdict, str]] = []
    for verdict in Verdict:
        if verdict is Verdict.CORRECTED or (verdict is Verdict.OTHER_SOURCE and len(outlets) < 2):
            continue
        count = 0
        while count < EACH:
            sentence = draw.choice(coverage.sentences)
            text, outlet = sentence.text, draw.choice((sentence.outlet, None))
            match verdict:
                case Verdict.EXACT:
                    text = retyped(text, draw) if draw.random() < 0.5 else text
                    right = True
                case Verdict.SHORTENED:
                    text = shortened(text, draw)
                    right = not coverage.outlets_of(text)
                case Verdict.ALTERED:
                    text = altered(text, words, draw)
                    right = not coverage.outlets_of(text)
                case Verdict.STITCHED:
                    text, outlet = stitched(coverage, draw), None
                    right = bool(text) and not coverage.outlets_of(text)
                case Verdict.OTHER_SOURCE:
                    outlet = draw.choice(outlets)
                    right = coverage.outlets_of(text).isdisjoint({outlet, None})
                case Verdict.NOT_FOUND:
                    text, outlet = draw.choice(other.sentences).text, None
                    right = not coverage.outlets_of(text)
            if right:
                made.append((verdict, message(text, outlet, draw)))
                count += 1
    return made


# --- measuring -------------------------------------------------------------------------------------------------------


@click.command()
@click.option("--seed", default=1, help="Another draw of quotations.")
@click.option("--show", is_flag=True, help="Print every message that is judged wrongly.")
def main(seed: int, show: bool) -> None:
    """Verify quotations of every set and print a table."""
    for line in public_sets.missing():
        click.echo(line, err=True)
    with tempfile.TemporaryDirectory() as folder:
        sets = [Coverage(name, Path(folder) / name) for name in ("seeds", *public_sets.available())]
        print(
            "| set | verdict | quotations | precision | recall | judged otherwise | ms |\n|---|---|---|---|---|---|---|"
        )
        for number, coverage in enumerate(sets):
            judged: Counter[tuple[Verdict, Verdict]] = Counter()
            seconds: Counter[Verdict] = Counter()
            for right, text in cases(coverage, sets[(number + 1) % len(sets)], seed):
                started = time.perf_counter()
                findings = verify(text, coverage.store).findings
                seconds[right] += time.perf_counter() - started  # type: ignore[assignment]
                judged[right, findings[0].verdict] += 1
                if show and findings[0].verdict is not right:
                    click.echo(f"{coverage.name}: {right} judged {findings[0].verdict}: {text}", err=True)
            for verdict in Verdict:
                held = sum(count for (right, _), count in judged.items() if right is verdict)
                if held:
                    said = sum(count for (_, given), count in judged.items() if given is verdict)
                    hit = judged[verdict, verdict]
                    wrong = ", ".join(
                        f"{given} {judged[verdict, given]}"
                        for given in Verdict
                        if judged[verdict, given] and given is not verdict
                    )
                    print(
                        f"| {coverage.name} | {verdict} | {held} | {hit / max(said, 1):.3f} | {hit / held:.3f} "
                        f"| {wrong} | {seconds[verdict] / held * 1000:.1f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
