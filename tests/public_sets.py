"""The question sets that are measured with: the public ones beside the project, and our own about public articles.

Each is a corpus folder and its questions; absent sets are skipped.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.build import build
from index.generations import Generations

if TYPE_CHECKING:
    from index.encoder import Encoder
    from index.store import Store

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
NEWS = Path(__file__).with_name("news_questions.jsonl")
# Where each lies. All questions of squad2_tune are for choosing, and half of news, squad2 and squadshifts_wiki.
SETS = {
    "news": "eval/wikinews",
    "squad2": "eval/squad2",
    "squad2_tune": "train/squad2_tune",
    "squadshifts_wiki": "eval/squadshifts_wiki",
    "clapnq": "eval/clapnq",
    "multihop_facts": "eval/multihop_facts",
    "time": "eval/time",
}
# A marked answer may be so many times as long as the accepted one.
LOOSE = 3


@dataclass(frozen=True)
class PublicQuestion:
    """`accept` holds (article id, words) of each place that answers, no words where none are annotated.

    `title` is what its article is about, or the article itself where each has a subject of its own; empty if there is
    no article. Questions under one title are kept from fitting together.
    """

    text: str
    accept: tuple[tuple[str, str], ...]
    title: str

    @property
    def answerable(self) -> bool:
        return bool(self.accept)

    def answered_by(self, article_id: str, words: str) -> bool:
        """Whether an article that answers is quoted, with the annotated words where any are annotated."""
        said = _plain(words)
        return any(article == article_id and _plain(answer) in said for article, answer in self.accept)

    def marked_by(self, article_id: str, marked: str) -> bool:
        """Whether the words that are marked hold an annotated answer and are not much longer."""
        said = _plain(marked)
        return any(
            article == article_id and _plain(answer) in said and len(said) <= LOOSE * len(_plain(answer))
            for article, answer in self.accept
        )


def available() -> list[str]:
    """The sets that lie there."""
    return [name for name, folder in SETS.items() if (SHARED / folder).is_dir()]


def held_out(text: str) -> bool:
    """Whether questions under a title, or a question without one, are kept from fitting: half, by a hash of it."""
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 1


def index(name: str, encoder: Encoder) -> Store:
    """A set's index, built in the ignored folder `data/` on first use."""
    root = ROOT / "data" / "public" / name
    if not (root / "corpus" / "sources.toml").exists():
        write_corpus(name, root / "corpus")
    build(root / "corpus", root / "index", encoder)
    return Generations(root / "index").open_current(encoder)[0]


def articles_by_title(name: str) -> dict[str, tuple[str, ...]]:
    """The article ids under each title; in the Wikipedia sets a title is a page, and an article a paragraph of it."""
    titles: dict[str, tuple[str, ...]] = {}
    for article in articles(name):
        titles[article["title"]] = (*titles.get(article["title"], ()), file_name(article["id"]))
    return titles


def write_corpus(name: str, into: Path) -> None:
    """The articles of a set as .txt files with a sources.toml, as an archive would bring them."""
    into.mkdir(parents=True, exist_ok=True)
    tables = []
    for article in articles(name):
        file = f"{file_name(article['id'])}.txt"
        (into / file).write_text(article["text"], encoding="utf-8")
        card = {key: article[key] for key in ("title", "outlet", "author", "published", "url") if article.get(key)}
        fields = "".join(f"{key} = {json.dumps(value)}\n" for key, value in card.items())
        tables.append(f"[{json.dumps(file)}]\n{fields}")
    (into / "sources.toml").write_text("\n".join(tables), encoding="utf-8")


def articles(name: str) -> list[dict[str, Any]]:
    """The rows of a set's articles: id, title, text, and where known outlet, author, published, url."""
    return _rows(name, "articles")


def questions(name: str) -> list[PublicQuestion]:
    """A set's questions, in the order of the file."""
    if name == "news":
        rows = map(json.loads, NEWS.read_text(encoding="utf-8").splitlines())
        return [
            PublicQuestion(
                row["question"],
                tuple((file_name(place["article"]), place["quote"]) for place in row["accept"]),
                row["article"],
            )
            for row in rows
        ]
    titles = {file_name(article["id"]): article["title"] for article in articles(name)}
    found = []
    for row in _rows(name, "questions"):
        about = [file_name(doc) for doc in row.get("docs") or [row.get("doc") or row.get("near")] if doc]
        answers = row.get("answers") or [""]
        accept = [(doc, answer) for doc in about for answer in answers] if row["answerable"] else []
        found.append(PublicQuestion(row["text"], tuple(accept), titles.get(about[0], "") if about else ""))
    return found


def file_name(article_id: str) -> str:
    """An article's id as a file name."""
    return re.sub(r"[^\w.-]", "_", article_id)


def _rows(name: str, file: str) -> list[dict[str, Any]]:
    plain = SHARED / SETS[name] / f"{file}.jsonl"
    if plain.exists():
        return [json.loads(line) for line in plain.read_text(encoding="utf-8").splitlines()]
    with gzip.open(plain.with_suffix(".jsonl.gz"), "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def missing() -> list[str]:
    """A sentence for each set that does not lie there."""
    absent = (name for name in SETS if name not in available())
    return [f"{name} is left out: it does not lie in {SHARED / SETS[name]}." for name in absent]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .")
