"""The public question sets beside the project, each as a corpus folder and its questions; absent sets are skipped."""

from __future__ import annotations

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
FOLDER = ROOT.parent / "shared" / "eval"
SETS = ("squad2", "squadshifts_wiki", "multihop_facts", "time")


@dataclass(frozen=True)
class PublicQuestion:
    """`docs` are the ids of the articles that answer (none: unanswerable), `answers` the annotated words."""

    text: str
    answerable: bool
    docs: frozenset[str]
    answers: tuple[str, ...]
    title: str

    def answered_by(self, article_id: str, words: str) -> bool:
        """Whether an article that answers is quoted, with the annotated words where any are annotated."""
        said = _plain(words)
        return article_id in self.docs and (not self.answers or any(_plain(answer) in said for answer in self.answers))


def available() -> list[str]:
    """The sets that lie beside the project."""
    return [name for name in SETS if (FOLDER / name / "questions.jsonl").exists()]


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
    for article in _rows(FOLDER / name / "articles.jsonl"):
        titles[article["title"]] = (*titles.get(article["title"], ()), file_name(article["id"]))
    return titles


def write_corpus(name: str, into: Path) -> None:
    """The articles of a set as .txt files with a sources.toml, as an archive would bring them."""
    into.mkdir(parents=True, exist_ok=True)
    tables = []
    for article in _rows(FOLDER / name / "articles.jsonl"):
        file = f"{file_name(article['id'])}.txt"
        (into / file).write_text(article["text"], encoding="utf-8")
        card = {key: article[key] for key in ("title", "outlet", "author", "published", "url") if article.get(key)}
        fields = "".join(f"{key} = {json.dumps(value)}\n" for key, value in card.items())
        tables.append(f"[{json.dumps(file)}]\n{fields}")
    (into / "sources.toml").write_text("\n".join(tables), encoding="utf-8")


def questions(name: str) -> list[PublicQuestion]:
    """A set's questions, in the order of the file."""
    titles = {file_name(article["id"]): article["title"] for article in _rows(FOLDER / name / "articles.jsonl")}
    found = []
    for row in _rows(FOLDER / name / "questions.jsonl"):
        about = [file_name(doc) for doc in row.get("docs") or [row.get("doc")] if doc]
        docs = frozenset(about if row["answerable"] else ())
        title = titles.get(about[0], "") if about else ""
        found.append(PublicQuestion(row["text"], row["answerable"], docs, tuple(row.get("answers") or ()), title))
    return found


def file_name(article_id: str) -> str:
    """An article's id as a file name."""
    return re.sub(r"[^\w.-]", "_", article_id)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .")
