"""How well saved web pages are read, beside plain trafilatura: real pages, with what others took of them.

The pages lie in checkouts that you make yourself, and that are read where they are:

    git clone https://github.com/mozilla/readability
    git clone https://github.com/adbar/trafilatura
    git clone https://github.com/flairNLP/fundus

- readability: the article of each page as its makers want it, its title, byline and time;
- fundus: the paragraphs, title, day and authors that a parser made for that one outlet takes from a page of it;
- trafilatura: a few pieces of text that must be in the article and a few that must not, title, day and author.

"Plain trafilatura" is `bare_extraction` as it comes, without comments. F1 is over words as often as they stand there, a
mean over pages; a page that is refused counts 0. "Half lost" counts pages of which less than half of the words wanted
were taken. Titles, days and authors are right, wrong or missing, where somebody says what they are.
"""

from __future__ import annotations

import gzip
import html
import io
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from index.readers.drafts import Draft, UnreadableError
from index.readers.html import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FIELDS = ("title", "published", "author")


@dataclass(frozen=True)
class Page:
    """A saved page and what is right: its text, or pieces that must and must not be in it; None where nobody says."""

    set: str
    name: str
    raw: bytes
    text: str | None
    card: dict[str, str | None]
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What a system takes from a page."""

    text: str = ""
    card: dict[str, str | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


# --- the sets --------------------------------------------------------------------------------------------------------


def readability(checkout: Path) -> Iterator[Page]:
    """Mozilla's test pages."""
    from lxml import html as lxml_html

    for source in sorted(checkout.glob("test/test-pages/*/source.html")):
        wanted = lxml_html.document_fromstring((source.parent / "expected.html").read_bytes().decode())
        told = json.loads((source.parent / "expected-metadata.json").read_text(encoding="utf-8"))
        blocks = " ".join(wanted.itertext())
        card = {"title": told.get("title"), "author": told.get("byline"), "published": told.get("publishedTime")}
        yield Page("readability", source.parent.name, source.read_bytes(), blocks, card)


def fundus(checkout: Path) -> Iterator[Page]:
    """The pages that fundus's parsers are tested on; of several of an outlet, the later is for the later parser."""
    for answers in sorted(checkout.glob("tests/resources/parser/test_data/*/*.json")):
        pages = sorted(answers.parent.glob(f"{answers.stem}_[0-9]*.html.gz"))
        told = sorted(json.loads(answers.read_text(encoding="utf-8")).items())
        for page, (_, article) in zip(pages, told, strict=True):
            body = article["body"]
            parts = [*body["summary"], *(p for s in body["sections"] for p in (*s["headline"], *s["paragraphs"]))]
            card = {
                "title": article["title"],
                "published": article["publishing_date"],
                "author": ", ".join(article.get("authors", ())) or None,
            }
            yield Page("fundus", page.name, gzip.decompress(page.read_bytes()), "\n\n".join(parts), card)


def trafilatura(checkout: Path) -> Iterator[Page]:
    """The pages that trafilatura is evaluated on."""
    told = checkout / "tests" / "evaldata.json"
    for article in json.loads(told.read_text(encoding="utf-8")).values() if told.exists() else ():
        path = next(path for place in ("cache", "eval") if (path := told.parent / place / article["file"]).exists())
        author = article.get("author")
        card = {
            "title": article.get("title"),
            "published": article.get("date"),
            "author": ", ".join(author) if isinstance(author, list) else author,
        }
        yield Page(
            "trafilatura", path.name, path.read_bytes(), None, card, tuple(article["with"]), tuple(article["without"])
        )


SETS: tuple[Callable[[Path], Iterator[Page]], ...] = (readability, fundus, trafilatura)

# --- the systems -----------------------------------------------------------------------------------------------------


def ours(page: Page) -> Taken:
    """What this project's reader takes."""
    try:
        (draft,) = read(io.BytesIO(page.raw))
    except UnreadableError as exc:
        return Taken(notes=(f"refused: {exc}",))
    assert isinstance(draft, Draft)
    return Taken(draft.text, {name: str(value) for name, value in draft.card.items()}, draft.notes)


def plain_trafilatura(page: Page) -> Taken:
    """What trafilatura takes when nothing is asked of it but to leave comments out."""
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    found = bare_extraction(page.raw, include_comments=False, with_metadata=True)
    if not isinstance(found, Document):
        return Taken()
    author = (found.author or "").replace("; ", ", ")
    return Taken(found.text or "", {"title": found.title, "published": found.date, "author": author})


SYSTEMS: tuple[tuple[str, Callable[[Page], Taken]], ...] = (("plain", plain_trafilatura), ("ours", ours))

# --- measuring -------------------------------------------------------------------------------------------------------


def words(text: str) -> Counter[str]:
    """The words of a text, as often as they stand there; of scripts without blanks, the characters."""
    return Counter(re.findall(r"[^\W\u3040-\u9fff]+|[\u3040-\u9fff]", text.casefold()))


def overlap(taken: str, right: str) -> tuple[float, float]:
    """F1 and recall, over words."""
    got, wanted = words(taken), words(right)
    common = (got & wanted).total()
    return 2 * common / max(got.total() + wanted.total(), 1), common / max(wanted.total(), 1)


def verdict(name: str, given: str | None, right: str) -> str:
    """How a field of the card stands: right, wrong or missing."""
    if not given:
        return "missing"
    if name == "published":
        return "right" if given[:10] == right[:10] else "wrong"
    if name == "author":
        return "right" if _people(given) == _people(right) else "wrong"
    return "right" if _bare(given) == _bare(right) else "wrong"


def _people(names: str) -> set[str]:
    names = re.sub(r"^\W*(?:by|von|par|por|di)\b", "", names.strip(), flags=re.IGNORECASE)
    return {_bare(name) for name in re.split(r"[,;&|·\n]|\s(?:and|und|et|y)\s", names) if _bare(name)}


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", html.unescape(text).casefold()))


def pieces_in(text: str, pieces: Iterable[str]) -> int:
    """How many of these stand in a text, white space aside."""
    return sum(" ".join(piece.split()) in " ".join(text.split()) for piece in pieces)


def row(name: str, system: str, read_pages: list[tuple[Page, Taken]]) -> str:
    """One line of the table."""
    scores = [overlap(taken.text, page.text) for page, taken in read_pages if page.text is not None]
    said = sum(len(page.wanted) for page, _ in read_pages)
    held = sum(pieces_in(taken.text, page.wanted) for page, taken in read_pages)
    said_not = sum(len(page.unwanted) for page, _ in read_pages)
    held_not = sum(pieces_in(taken.text, page.unwanted) for page, taken in read_pages)
    cells = [name, system, str(len(read_pages))]
    cells.append(f"{sum(f1 for f1, _ in scores) / len(scores):.3f}" if scores else "")
    cells.append(str(sum(recall < 0.5 for _, recall in scores)) if scores else "")
    cells.append(f"{held / said:.3f} / {held_not / said_not:.3f}" if said else "")
    for key in FIELDS:
        judged = Counter(verdict(key, t.card.get(key), right) for p, t in read_pages if (right := p.card.get(key)))
        cells.append(" / ".join(str(judged[how]) for how in ("right", "wrong", "missing")))
    return f"| {' | '.join(cells)} |"


def differences(page: Page, taken: Taken) -> dict[str, Any]:
    """A page's figures and what is not right on its card, for `--show`."""
    told: dict[str, Any] = {"set": page.set, "page": page.name}
    if page.text is not None:
        told["f1"], told["recall"] = (round(share, 3) for share in overlap(taken.text, page.text))
    else:
        told["wanted"] = f"{pieces_in(taken.text, page.wanted)}/{len(page.wanted)}"
        told["unwanted"] = f"{pieces_in(taken.text, page.unwanted)}/{len(page.unwanted)}"
    for key in FIELDS:
        given, right = taken.card.get(key), page.card.get(key)
        if right and verdict(key, given, right) != "right":
            told[key] = [given, right]
    return told | ({"notes": taken.notes} if taken.notes else {})


@click.command()
@click.argument("folder", envvar="PAGES_DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--only", type=click.Choice([each.__name__ for each in SETS]), help="One set.")
@click.option("--show", is_flag=True, help="Print what our reader took of every page, a JSON object a line.")
def main(folder: Path, only: str | None, show: bool) -> None:
    """Read the saved pages in the checkouts in FOLDER (or PAGES_DIR) and print a table."""
    print("| set | system | pages | F1 | half lost | wanted / not wanted | headline | day | author |")
    print("|---|---|---|---|---|---|---|---|---|")
    for each in SETS:
        if only not in {None, each.__name__}:
            continue
        pages = list(each(folder / each.__name__))
        if not pages:
            click.echo(f"{each.__name__} is left out: there is no checkout of it in {folder}.", err=True)
        for system, take in SYSTEMS if pages else ():
            read_pages = [(page, take(page)) for page in pages]
            print(row(each.__name__, system, read_pages), flush=True)
            for page, taken in read_pages if show and take is ours else ():
                print(json.dumps(differences(page, taken), ensure_ascii=False), file=sys.stderr)


if __name__ == "__main__":
    main()
