"""What writes a generation: the rows of its catalogue, the words of these, and their vectors."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index import tables
from index.catalogue import CHUNK, Place
from index.engines import Files
from index.lexical import forget_words, index_words
from index.model import Kind
from index.statements import SORTS, keys_of, place_of, written
from index.sums import row_sum
from index.tables import DATABASE, EMBEDDED, PLACES, SUMMED, TEXTS, outlet_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from index.engines import Engine
    from index.model import Article, Earlier, Passage
    from index.statements import Statement
    from index.store import Store


class StoreWriter:
    """Writes the files of a generation into an empty folder, article by article.

    It begins with what a `base` of the same model holds, and costs in proportion to what is dropped and added then, but
    for the copying of files. Words that were put into the lexical index must be taken out of it as the same words, so
    that a base must have been made with the same tools (see `Manifest`).
    """

    def __init__(self, folder: Path, dimension: int, base: Store | None = None, engine: Engine | None = None) -> None:
        self._folder = folder
        self._engine = engine or Files()
        self._dimension = dimension
        self._base = base
        self.recall: float | None = None  # see `Manifest`; known once finished
        self._db = sqlite3.connect(folder / DATABASE, isolation_level=None)
        self._db.create_function("row_sum", -1, row_sum, deterministic=True)
        # The folder is thrown away if anything fails, and synced once at the end: no journal is needed.
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        if base:
            base.copy_to(self._db)
        else:
            self._db.executescript(tables.SCHEMA)
        self._db.execute("BEGIN")
        # Rows without a passage or sentence, rows whose vector is yet to be made, and which row another's was before.
        self._free: dict[str, list[int]] = {table: [] for table in EMBEDDED}
        self._new: dict[str, set[int]] = {table: set() for table in EMBEDDED}
        self._moved: dict[str, dict[int, int]] = {table: {} for table in EMBEDDED}

    def drop(self, article_id: str) -> None:
        """Leave out an article with which the writer began, and its earlier texts."""
        query = "SELECT row, title, spoken FROM article WHERE id = ?"
        row, title, spoken = self._db.execute(query, (article_id,)).fetchone()
        forget_words(self._db, "title", row, title, spoken)
        for table in EMBEDDED:
            for part in self._db.execute(f"{TEXTS[table]} WHERE p.article = ?", (row,)).fetchall():
                forget_words(self._db, table, *part)
                self._free[table].append(part[0])
        for earlier in self._db.execute("SELECT row, text, spoken FROM earlier WHERE article = ?", (row,)).fetchall():
            forget_words(self._db, "earlier", *earlier)
        self._unstate(row)
        self._db.execute("DELETE FROM sentence WHERE passage IN (SELECT row FROM passage WHERE article = ?)", (row,))
        for table, column in (("passage", "article"), ("earlier", "article"), ("article", "row")):
            self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (row,))

    def add(self, article: Article, passages: Sequence[Passage], indexed_at: datetime, signature: bytes) -> None:
        """Take an article and its passages. Related links are passed over: they can never be found or quoted."""
        s, spoken = article.source, article.spoken
        searchable = [passage for passage in passages if passage.kind is not Kind.RELATED]
        row = self._db.execute(
            "INSERT INTO article VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            (s.id, s.title, s.title_given, s.outlet, s.outlet and outlet_key(s.outlet), s.author,
             s.published and s.published.isoformat(), s.url, s.language, s.sha256, s.teaser, article.body_start,
             spoken, indexed_at.isoformat(), len(searchable), article.text, signature),
        ).lastrowid  # fmt: skip
        index_words(self._db, "title", row, s.title, spoken)
        for passage in searchable:
            place = (row, passage.paragraph, passage.kind, passage.start, passage.end)
            passage_row = self._insert("passage", place, passage.text, spoken)
            for span in passage.sentences:
                self._insert("sentence", (passage_row, span.start, span.end), passage.words(span), spoken)

    def state(self, article: Article, statements: Iterable[Statement]) -> None:
        """Take what an article states that was taken before, in place of any statements that it had."""
        (row,) = self._db.execute("SELECT row FROM article WHERE id = ?", (article.source.id,)).fetchone()
        self._unstate(row)
        for statement in statements:
            place, keys = place_of(statement), keys_of(statement, article.text)
            told = (row, SORTS[type(statement)], place.start, place.end, json.dumps(keys), written(statement))
            stated = self._db.execute("INSERT INTO statement VALUES (NULL, ?, ?, ?, ?, ?, ?, NULL)", told).lastrowid
            self._db.executemany("INSERT INTO statement_key VALUES (?, ?)", ((key, stated) for key in keys))

    def add_earlier(self, earlier: Earlier) -> None:
        """Take an earlier text of an article that was taken before."""
        article, s = earlier.article, earlier.article.source
        row = self._db.execute(
            "INSERT INTO earlier SELECT NULL, row, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL FROM article "
            "WHERE id = ?",
            (s.title, s.title_given, s.outlet, s.author, s.published and s.published.isoformat(), s.url, s.language,
             s.sha256, s.teaser, article.body_start, article.spoken, earlier.until.isoformat(), earlier.origin,
             article.text, s.id),
        ).lastrowid  # fmt: skip
        index_words(self._db, "earlier", row, article.text, article.spoken)

    def relate(self, stories: Iterable[Sequence[str]], names: Mapping[str, Sequence[str]]) -> None:
        """Take which articles, by id, carry the same story, and the spellings of names by their keys."""
        self._db.execute("UPDATE article SET story = NULL WHERE story IS NOT NULL")
        for number, story in enumerate(stories):
            self._db.executemany("UPDATE article SET story = ? WHERE id = ?", ((number, name) for name in story))
        self._db.execute("DELETE FROM name")
        rows = ((key, spelling) for key, spellings in names.items() for spelling in spellings)
        self._db.executemany("INSERT INTO name VALUES (?, ?)", rows)

    def texts(self) -> Iterator[str]:
        """What has a vector, or needs one: every passage and every sentence, repeats included."""
        for query in TEXTS.values():
            for _, words, _ in self._db.execute(query):
                yield words

    def new_texts(self) -> Iterator[str]:
        """Those of the articles that were added."""
        for table in EMBEDDED:
            yield from self._unembedded(table).values()

    def finish(self, vectors: Mapping[str, NDArray[np.float32]]) -> tuple[int, int]:
        """Take the vector of every new text, write everything out durably and close; how many passages and sentences.

        What was there from the beginning keeps its vectors.
        """
        totals = {}
        for table in EMBEDDED:
            self._close_gaps(table)
            (totals[table],) = self._db.execute(f"SELECT count(*) FROM {table}").fetchone()
        blocks = {table: self._blocks(table, total, vectors) for table, total in totals.items()}
        self.recall = self._engine.write(self._folder, self._dimension, blocks, self._places)
        for table, columns in SUMMED.items():
            self._db.execute(f"UPDATE {table} SET sum = row_sum({', '.join(columns)}) WHERE sum IS NULL")
        self._db.execute("COMMIT")
        self._db.close()
        for path in filter(Path.is_file, self._folder.iterdir()):
            _sync(path)
        return totals["passage"], totals["sentence"]

    def close(self) -> None:
        """Give up: the folder is about to be thrown away."""
        self._db.close()

    def _unstate(self, article: int) -> None:
        """Leave out what the article of this row states."""
        keys = "SELECT k.value, s.row FROM statement s, json_each(s.keys) k WHERE s.article = ?"
        self._db.execute(f"DELETE FROM statement_key WHERE (key, statement) IN ({keys})", (article,))
        self._db.execute("DELETE FROM statement WHERE article = ?", (article,))

    def _insert(self, table: str, values: Sequence[object], words: str, spoken: str | None) -> int:
        """A row of a passage or a sentence: one that has become free, or the next."""
        free = self._free[table].pop() if self._free[table] else None
        marks = ", ?" * len(values)
        row = self._db.execute(f"INSERT INTO {table} VALUES (?{marks}, NULL)", (free, *values)).lastrowid or 0
        index_words(self._db, table, row, words, spoken)
        self._new[table].add(row)
        return row

    def _close_gaps(self, table: str) -> None:
        """Move the last rows into those that are free, since an engine may count its own without gaps."""
        (total,) = self._db.execute(f"SELECT count(*) FROM {table}").fetchone()
        gaps = [row for row in self._free[table] if row <= total]
        last = self._db.execute(f"SELECT * FROM ({TEXTS[table]}) WHERE row > ?", (total,)).fetchall()
        for gap, (row, words, spoken) in zip(gaps, last, strict=True):
            forget_words(self._db, table, row, words, spoken)
            index_words(self._db, table, gap, words, spoken)
            self._db.execute(f"UPDATE {table} SET row = ? WHERE row = ?", (gap, row))
            if table == "passage":
                self._db.execute("UPDATE sentence SET passage = ?, sum = NULL WHERE passage = ?", (gap, row))
            if row in self._new[table]:
                self._new[table].add(gap)
            self._moved[table][gap] = row

    def _unembedded(self, table: str) -> dict[int, str]:
        """The rows without a vector, with their words."""
        query = f"SELECT row, words FROM ({TEXTS[table]}) WHERE row IN (SELECT value FROM json_each(?))"
        return dict(self._db.execute(query, (json.dumps([*self._new[table]]),)))

    def _places(self, table: str) -> Iterator[Place]:
        """Where each row stands, in their order."""
        yield from map(Place._make, self._db.execute(f"{PLACES[table]} ORDER BY row"))

    def _blocks(
        self, table: str, total: int, vectors: Mapping[str, NDArray[np.float32]]
    ) -> Iterator[NDArray[np.float32]]:
        """The vectors of all rows in their order: the base's, and those of what is new."""
        new, moved = self._unembedded(table), self._moved[table]
        for first in range(1, total + 1, CHUNK):
            rows = range(first, min(first + CHUNK, total + 1))
            block = np.empty((len(rows), self._dimension), dtype=np.float32)
            kept = [row for row in rows if row not in new]
            if self._base and kept:
                block[np.array(kept) - first] = self._base.stored(table, [moved.get(row, row) for row in kept])
            for row in new.keys() & set(rows):
                block[row - first] = vectors[new[row]]
            yield block


def _sync(path: Path) -> None:
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())
