"""Bytes that change under an open index: no card, place or count comes out of it that was not written."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from word_encoder import WordHashEncoder

from index.build import build
from index.errors import DamagedIndexError
from index.faiss_vectors import FaissVectors
from index.generations import Generations
from index.model import ANY, Filters
from index.search import search
from index.store import Store
from index.tables import DATABASE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUESTION = "Who stole the hat of the mayor?"
FLIPS = 150


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of a few articles with cards, one with an earlier text. Copy it before changing it."""
    folder = tmp_path_factory.mktemp("cards")
    corpus = folder / "corpus"
    corpus.mkdir()
    cards = ""
    for n, outlet in enumerate(("Example Wire", "Example Post", "Example Sun")):
        cards += f'["{n}.txt"]\ntitle = "Hat {n}"\noutlet = "{outlet}"\npublished = 2023-05-0{n + 1}\n'
        cards += f'author = "Jo {n}"\nurl = "https://example.org/{n}"\n'
        text = f"A pelican stole hat {n} of the mayor of Dresden.\n\nNobody saw it, said witness {n}. It was late."
        (corpus / f"{n}.txt").write_text(text, encoding="utf-8")
    (corpus / "sources.toml").write_text(cards, encoding="utf-8")
    build(corpus, folder / "data", WordHashEncoder())
    (corpus / "0.txt").write_text("A crane stole hat 0 of the mayor of Dresden.\n\nNobody saw it.", encoding="utf-8")
    build(corpus, folder / "data", WordHashEncoder())
    return folder / "data"


@pytest.fixture
def generations(root: Path, tmp_path: Path) -> Generations:
    return Generations(shutil.copytree(root, tmp_path / "data"))


def opened(generations: Generations) -> Store:
    """The store as it is after a change that came when all had been checked."""
    number = generations.require_current()
    return Store(generations.folder(number), generations.manifest(number), FaissVectors)


def change(generations: Generations, statement: str) -> None:
    database = generations.folder(generations.require_current()) / DATABASE
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.create_function("row_sum", -1, lambda *_: b"")
        assert db.execute(statement).rowcount > 0


def looks(store: Store) -> list[Callable[[], Any]]:
    """All ways in which a bot comes to show something of an article."""
    encoder = WordHashEncoder()
    return [
        lambda: [row.source for row in store.listings(ANY)],
        lambda: [row.passages for row in store.listings(ANY)],
        lambda: store.outlets(Filters(withdrawn=("none",))),
        lambda: [article.source for n in range(3) if (article := store.article(str(n)))],
        lambda: [hit.passage for hit in search(QUESTION, store, encoder).hits],
        lambda: [article.source for article, _ in store.articles_with(["mayor"], ANY, 5)],
        lambda: [span for _, spans in store.articles_with(["mayor"], ANY, 5) for span in spans],
        lambda: [(earlier.article.source, earlier.until, earlier.origin) for earlier in store.earlier("0")],
        lambda: [earlier.article.source for earlier in store.earlier_with(["pelican"], ANY, 5)],
    ]


@pytest.mark.parametrize(
    "column",
    ["id = '9'", "title = 'Hut ' || row", "outlet = 'Example Fire'", "outlet_key = 'example fire'", "author = 'Al 0'",
     "published = '2023-05-09'", "url = 'https://example.com/0'", "language = 'de'", "indexed_at = '2026-01-01'",
     "passages = 9"],
)  # fmt: skip
def test_a_card_that_changes_under_an_open_index_is_not_shown(generations: Generations, column: str) -> None:
    change(generations, f"UPDATE article SET {column} WHERE id = '0'")
    with closing(opened(generations)) as store:
        with pytest.raises(DamagedIndexError, match="not what was written"):
            store.listings(ANY)
        if not column.startswith("id"):
            for look in (lambda: store.article("0"), lambda: store.earlier("0")):
                with pytest.raises(DamagedIndexError, match="not what was written"):
                    look()
        with pytest.raises(DamagedIndexError, match="not what was written"):
            search(QUESTION, store, WordHashEncoder())
        assert list(store.faults()) == ["1 of the rows of article are not as they were written"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE passage SET paragraph = paragraph + 1",
        "UPDATE passage SET article = (SELECT max(row) FROM article)",
        "UPDATE passage SET kind = 'caption'",
        "UPDATE passage SET start = start + 2",
        "UPDATE sentence SET start = start + 2",
    ],
)
def test_a_passage_that_changes_under_an_open_index_is_not_shown(generations: Generations, statement: str) -> None:
    change(generations, statement)
    with closing(opened(generations)) as store, pytest.raises(DamagedIndexError, match="not what was written"):
        search(QUESTION, store, WordHashEncoder())


def test_an_earlier_text_s_card_that_changes_is_not_shown(generations: Generations) -> None:
    change(generations, "UPDATE earlier SET until = '2020-01-01T00:00:00+00:00'")
    with closing(opened(generations)) as store, pytest.raises(DamagedIndexError, match="not what was written"):
        store.earlier("0")


def test_a_flipped_bit_anywhere_shows_nothing_that_was_not_written(root: Path, tmp_path: Path) -> None:
    sound = Generations(root)
    with closing(opened(sound)) as store:
        written = [set(look()) for look in looks(store)]
        written[4] = {passage for term in ("mayor", "nobody", "late") for passage in passages(store, term)} | written[4]
    choose = random.Random(7)
    generations = Generations(shutil.copytree(root, tmp_path / "data"))
    path = generations.folder(generations.require_current()) / DATABASE
    content = path.read_bytes()
    for _ in range(FLIPS):
        changed = bytearray(content)
        changed[choose.randrange(100, len(content))] ^= 1 << choose.randrange(8)
        path.write_bytes(changed)
        try:
            store = opened(generations)
        except DamagedIndexError:
            continue
        with closing(store):
            for look, known in zip(looks(store), written, strict=True):
                try:
                    shown = set(look())
                except DamagedIndexError:
                    continue
                assert shown <= known


def passages(store: Store, term: str) -> list[Any]:
    """The passages in which a term stands."""
    return [hit.passage for hit in search(f"Who said {term}?", store, WordHashEncoder()).hits]
