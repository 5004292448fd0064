"""The embedded engine: FAISS for vectors, SQLite for texts, metadata and the FTS5 lexical index.

FAISS row n is the passage or sentence whose SQLite row is n + 1; nothing outside this file sees either number.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from index.errors import BuildError, DamagedIndexError
from index.languages import forms, indexed
from index.model import (
    Article,
    Candidate,
    Derived,
    Earlier,
    Filters,
    Kind,
    Listing,
    Manifest,
    Passage,
    SentenceScores,
    Source,
    Span,
)
from index.spellings import variants

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

DATABASE = "articles.sqlite"
PASSAGE_VECTORS = "passages.faiss"
SENTENCE_VECTORS = "sentences.faiss"
FILES = (DATABASE, PASSAGE_VECTORS, SENTENCE_VECTORS)
# The tables whose rows have vectors, and the files of these.
FLAT = {"passage": PASSAGE_VECTORS, "sentence": SENTENCE_VECTORS}

REPAIR = "Run `python -m index build` or `python -m index rollback`."
_CHUNK = 4096  # rows handled at a time when a whole table passes through memory
# Porter stems English and leaves other words alone; diacritics are folded, punctuation parts words.
_TOKENIZER = "porter unicode61 remove_diacritics 2"
_SCHEMA = f"""
CREATE TABLE article (
    row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, title TEXT NOT NULL, title_given INTEGER NOT NULL, outlet TEXT,
    outlet_key TEXT, author TEXT, published TEXT, url TEXT, language TEXT, sha256 TEXT NOT NULL,
    teaser INTEGER NOT NULL, body_start INTEGER NOT NULL, spoken TEXT, indexed_at TEXT NOT NULL, text TEXT NOT NULL,
    signature BLOB NOT NULL, story INTEGER
) STRICT;
CREATE TABLE passage (
    row INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES article, paragraph INTEGER NOT NULL,
    kind TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL
) STRICT;
CREATE TABLE sentence (
    row INTEGER PRIMARY KEY, passage INTEGER NOT NULL REFERENCES passage, start INTEGER NOT NULL, "end" INTEGER NOT NULL
) STRICT;
CREATE TABLE earlier (
    row INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES article, title TEXT NOT NULL,
    title_given INTEGER NOT NULL, outlet TEXT, author TEXT, published TEXT, url TEXT, language TEXT,
    sha256 TEXT NOT NULL, teaser INTEGER NOT NULL, body_start INTEGER NOT NULL, spoken TEXT, until TEXT NOT NULL,
    origin TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE TABLE name (key TEXT NOT NULL, spelling TEXT NOT NULL) STRICT;
CREATE INDEX article_by_story ON article (story);
CREATE INDEX passage_by_article ON passage (article);
CREATE INDEX earlier_by_article ON earlier (article);
CREATE INDEX sentence_by_passage ON sentence (passage);
CREATE VIRTUAL TABLE title_words USING fts5 (words, content='', tokenize='{_TOKENIZER}');
CREATE VIRTUAL TABLE passage_words USING fts5 (words, content='', tokenize='{_TOKENIZER}');
CREATE VIRTUAL TABLE sentence_words USING fts5 (words, content='', tokenize='{_TOKENIZER}');
CREATE VIRTUAL TABLE earlier_words USING fts5 (words, content='', tokenize='{_TOKENIZER}');
"""
_CARD = "a.id, a.title, a.title_given, a.outlet, a.author, a.published, a.url, a.language, a.sha256, a.teaser"
_EARLIER = (
    "SELECT a.id, e.title, e.title_given, e.outlet, e.author, e.published, e.url, e.language, e.sha256, "
    "e.teaser, e.text, e.body_start, e.spoken, e.until, e.origin FROM earlier e JOIN article a ON a.row = e.article"
)
_PASSAGES = "FROM passage p JOIN article a ON a.row = p.article"
# Their rows with the words that are embedded and the language of these.
_TEXTS = {
    "passage": f'SELECT p.row AS row, substr(a.text, p.start + 1, p."end" - p.start) AS words, a.spoken {_PASSAGES}',
    "sentence": 'SELECT s.row AS row, substr(a.text, s.start + 1, s."end" - s.start) AS words, a.spoken '
    "FROM sentence s JOIN passage p ON p.row = s.passage JOIN article a ON a.row = p.article",
}


def outlet_key(name: str) -> str:
    """What makes two spellings of an outlet's name the same: letters without case, single spaces."""
    return " ".join(name.casefold().split())


class FaissStoreWriter:
    """Writes a generation's files into an empty folder. Implements `StoreWriter`.

    It begins with what a `base` of the same model holds, and costs in proportion to what is dropped and added then, but
    for the copying of files. Words that were put into the lexical index must be taken out of it as the same words, so
    that a base must have been made with the same tools (see `Manifest`).
    """

    def __init__(self, folder: Path, dimension: int, base: FaissStore | None = None) -> None:
        self._folder = folder
        self._dimension = dimension
        self._base = base
        self._db = sqlite3.connect(folder / DATABASE, isolation_level=None)
        # The folder is thrown away if anything fails, and synced once at the end: no journal is needed.
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        if base:
            base.copy_database(self._db)
        else:
            self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")
        # Rows without a passage or sentence, rows whose vector is yet to be made, and which row another's was before.
        self._free: dict[str, list[int]] = {table: [] for table in FLAT}
        self._new: dict[str, set[int]] = {table: set() for table in FLAT}
        self._moved: dict[str, dict[int, int]] = {table: {} for table in FLAT}

    def drop(self, article_id: str) -> None:
        """See `StoreWriter.drop`."""
        query = "SELECT row, title, spoken FROM article WHERE id = ?"
        row, title, spoken = self._db.execute(query, (article_id,)).fetchone()
        self._unindex("title", row, title, spoken)
        for table in FLAT:
            for part in self._db.execute(f"{_TEXTS[table]} WHERE p.article = ?", (row,)).fetchall():
                self._unindex(table, *part)
                self._free[table].append(part[0])
        for earlier in self._db.execute("SELECT row, text, spoken FROM earlier WHERE article = ?", (row,)).fetchall():
            self._unindex("earlier", *earlier)
        self._db.execute("DELETE FROM sentence WHERE passage IN (SELECT row FROM passage WHERE article = ?)", (row,))
        for table, column in (("passage", "article"), ("earlier", "article"), ("article", "row")):
            self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (row,))

    def add(self, article: Article, passages: Sequence[Passage], indexed_at: datetime, signature: bytes) -> None:
        """See `StoreWriter.add`."""
        s, spoken = article.source, article.spoken
        row = self._db.execute(
            "INSERT INTO article VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (s.id, s.title, s.title_given, s.outlet, s.outlet and outlet_key(s.outlet), s.author,
             s.published and s.published.isoformat(), s.url, s.language, s.sha256, s.teaser, article.body_start,
             spoken, indexed_at.isoformat(), article.text, signature),
        ).lastrowid  # fmt: skip
        self._index("title", row, s.title, spoken)
        for passage in passages:
            if passage.kind is Kind.RELATED:
                continue
            place = (row, passage.paragraph, passage.kind, passage.start, passage.end)
            passage_row = self._insert("passage", place, passage.text, spoken)
            for span in passage.sentences:
                self._insert("sentence", (passage_row, span.start, span.end), passage.words(span), spoken)

    def add_earlier(self, earlier: Earlier) -> None:
        """See `StoreWriter.add_earlier`."""
        article, s = earlier.article, earlier.article.source
        row = self._db.execute(
            "INSERT INTO earlier SELECT NULL, row, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM article WHERE id = ?",
            (s.title, s.title_given, s.outlet, s.author, s.published and s.published.isoformat(), s.url, s.language,
             s.sha256, s.teaser, article.body_start, article.spoken, earlier.until.isoformat(), earlier.origin,
             article.text, s.id),
        ).lastrowid  # fmt: skip
        self._index("earlier", row, article.text, article.spoken)

    def relate(self, stories: Iterable[Sequence[str]], names: Mapping[str, Sequence[str]]) -> None:
        """See `StoreWriter.relate`."""
        self._db.execute("UPDATE article SET story = NULL WHERE story IS NOT NULL")
        for number, story in enumerate(stories):
            self._db.executemany("UPDATE article SET story = ? WHERE id = ?", ((number, name) for name in story))
        self._db.execute("DELETE FROM name")
        rows = ((key, spelling) for key, spellings in names.items() for spelling in spellings)
        self._db.executemany("INSERT INTO name VALUES (?, ?)", rows)

    def texts(self) -> Iterator[str]:
        """See `StoreWriter.texts`."""
        for query in _TEXTS.values():
            for _, words, _ in self._db.execute(query):
                yield words

    def new_texts(self) -> Iterator[str]:
        """See `StoreWriter.new_texts`."""
        for table in FLAT:
            yield from self._unembedded(table).values()

    def finish(self, vectors: Mapping[str, NDArray[np.float32]]) -> tuple[int, int]:
        """See `StoreWriter.finish`."""
        totals = []
        for table, name in FLAT.items():
            self._close_gaps(table)
            flat = self._flat(table, vectors)
            totals.append(flat.ntotal)
            try:
                faiss.write_index(flat, str(self._folder / name))
            except RuntimeError as exc:  # its message shows the inside of FAISS and not the reason
                raise BuildError(
                    f"{self._folder / name} could not be written, perhaps because the disk is full."
                ) from exc
        self._db.execute("COMMIT")
        self._db.close()
        for name in FILES:
            _sync(self._folder / name)
        passages, sentences = totals
        return passages, sentences

    def close(self) -> None:
        """Give up: the folder is about to be thrown away."""
        self._db.close()

    def _insert(self, table: str, values: Sequence[object], words: str, spoken: str | None) -> int:
        """A row of a passage or a sentence: one that has become free, or the next."""
        free = self._free[table].pop() if self._free[table] else None
        marks = ", ?" * len(values)
        row = self._db.execute(f"INSERT INTO {table} VALUES (?{marks})", (free, *values)).lastrowid or 0
        self._index(table, row, words, spoken)
        self._new[table].add(row)
        return row

    def _index(self, table: str, row: int | None, words: str, spoken: str | None) -> None:
        self._db.execute(f"INSERT INTO {table}_words (rowid, words) VALUES (?, ?)", (row, indexed(words, spoken)))

    def _unindex(self, table: str, row: int, words: str, spoken: str | None) -> None:
        # An index without contents must be told what it is to forget.
        self._db.execute(
            f"INSERT INTO {table}_words ({table}_words, rowid, words) VALUES ('delete', ?, ?)",
            (row, indexed(words, spoken)),
        )

    def _close_gaps(self, table: str) -> None:
        """Move the last rows into those that are free, since FAISS counts its own without gaps."""
        (total,) = self._db.execute(f"SELECT count(*) FROM {table}").fetchone()
        gaps = [row for row in self._free[table] if row <= total]
        last = self._db.execute(f"SELECT * FROM ({_TEXTS[table]}) WHERE row > ?", (total,)).fetchall()
        for gap, (row, words, spoken) in zip(gaps, last, strict=True):
            self._unindex(table, row, words, spoken)
            self._index(table, gap, words, spoken)
            self._db.execute(f"UPDATE {table} SET row = ? WHERE row = ?", (gap, row))
            if table == "passage":
                self._db.execute("UPDATE sentence SET passage = ? WHERE passage = ?", (gap, row))
            if row in self._new[table]:
                self._new[table].add(gap)
            self._moved[table][gap] = row

    def _unembedded(self, table: str) -> dict[int, str]:
        """The rows without a vector, with their words."""
        query = f"SELECT row, words FROM ({_TEXTS[table]}) WHERE row IN (SELECT value FROM json_each(?))"
        return dict(self._db.execute(query, (json.dumps([*self._new[table]]),)))

    def _flat(self, table: str, vectors: Mapping[str, NDArray[np.float32]]) -> faiss.Index:
        """The vectors of all rows in their order: the base's, and those of what is new."""
        flat = faiss.IndexFlatIP(self._dimension)
        new, moved = self._unembedded(table), self._moved[table]
        (total,) = self._db.execute(f"SELECT count(*) FROM {table}").fetchone()
        for first in range(1, total + 1, _CHUNK):
            rows = range(first, min(first + _CHUNK, total + 1))
            block = np.empty((len(rows), self._dimension), dtype=np.float32)
            kept = [row for row in rows if row not in new]
            if self._base and kept:
                block[np.array(kept) - first] = self._base.stored(table, [moved.get(row, row) for row in kept])
            for row in new.keys() & set(rows):
                block[row - first] = vectors[new[row]]
            flat.add(block)
        return flat


class FaissStore:
    """Reads a generation. Implements `Store`.

    Raises:
        DamagedIndexError: a file is missing, cut short, or does not fit the others.

    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.manifest = manifest
        for name in FILES:
            try:
                size = (folder / name).stat().st_size
            except FileNotFoundError as exc:
                raise DamagedIndexError(f"{folder / name} is missing.") from exc
            if size != manifest.files[name][0]:
                raise DamagedIndexError(f"{folder / name} has {size} bytes instead of {manifest.files[name][0]}.")
        self._lock = threading.Lock()
        self._outlets: tuple[str, ...] | None = None
        try:
            self._flat = {table: faiss.read_index(str(folder / name)) for table, name in FLAT.items()}
            uri = f"{(folder / DATABASE).resolve().as_uri()}?mode=ro&immutable=1"
            self._db = sqlite3.connect(uri, uri=True, check_same_thread=False)
            query = "SELECT (SELECT count(*) FROM passage), (SELECT count(*) FROM sentence)"
            counts = self._db.execute(query).fetchone()
            query = "SELECT spoken FROM article UNION SELECT spoken FROM earlier"
            spoken = self._db.execute(f"SELECT * FROM ({query}) WHERE spoken IS NOT NULL").fetchall()
            names = self._db.execute("SELECT key, spelling FROM name ORDER BY rowid").fetchall()
        except (RuntimeError, MemoryError, sqlite3.Error, UnicodeDecodeError) as exc:  # lengths may be damaged too
            raise DamagedIndexError(f"{folder} cannot be opened: {str(exc).splitlines()[0]}.") from exc
        self._languages = frozenset(code.partition("-")[0] for (code,) in spoken)
        self._names = _grouped(names)
        self._widened: dict[str, str] = {}
        found = (*counts, *(flat.ntotal for flat in self._flat.values()))
        dimensions = {manifest.dimension, *(flat.d for flat in self._flat.values())}
        if found != (manifest.passages, manifest.sentences) * 2 or len(dimensions) > 1:
            raise DamagedIndexError(f"{folder}: SQLite and FAISS hold different passages.")

    def search(
        self, vector: NDArray[np.float32], terms: Sequence[str], filters: Filters, limit: int
    ) -> list[Candidate]:
        """See `Store.search`."""
        with self._reading():
            where, values = _where(filters)
            pool = self._pool(vector, terms, where, values, limit)
            return self._score(pool, vector, terms)

    def articles_with(self, terms: Sequence[str], filters: Filters, limit: int) -> list[tuple[Article, list[Span]]]:
        """See `Store.articles_with`."""
        if not terms:
            return []
        where, values = _where(filters)
        within = f"AND +rowid IN (SELECT p.row {_PASSAGES} WHERE {where})" if where else ""
        matching = f"SELECT rowid FROM passage_words WHERE passage_words MATCH ? {within} ORDER BY rank LIMIT ?"
        among = "(SELECT value FROM json_each(?))"
        with self._reading():
            best = [row for (row,) in self._db.execute(matching, (self._any(terms), *values, limit))]
            query = f'SELECT row, article, start, "end" FROM passage WHERE row IN {among}'
            found = {row: rest for row, *rest in self._db.execute(query, (json.dumps(best),))}
            query = f"SELECT a.row, {_CARD}, a.text, a.body_start, a.spoken FROM article a WHERE a.row IN {among}"
            rows = self._db.execute(query, (json.dumps([article for article, *_ in found.values()]),)).fetchall()
        articles = {row: _article(told) for row, *told in rows}
        spans: dict[int, list[Span]] = {found[row][0]: [] for row in best}
        for article, start, end in sorted(found.values()):
            spans[article].append(Span(start, end))
        return [(articles[row], held) for row, held in spans.items()]

    def earlier_with(self, terms: Sequence[str], filters: Filters, limit: int) -> list[Earlier]:
        """See `Store.earlier_with`."""
        if not terms:
            return []
        where, values = _where(filters)
        # What was withdrawn stays so where another article has taken its place.
        where = f"{where or 'TRUE'} AND e.origin NOT IN (SELECT value FROM json_each(?))"
        found = "SELECT rowid AS found, rank FROM earlier_words WHERE earlier_words MATCH ?"
        query = f"{_EARLIER} JOIN ({found}) ON found = e.row WHERE {where} ORDER BY rank, e.row LIMIT ?"
        asked = (self._any(terms), *values, json.dumps(filters.withdrawn), limit)
        with self._reading():
            return [_earlier(row) for row in self._db.execute(query, asked)]

    def copies(self, article_id: str, filters: Filters) -> list[Source]:
        """See `Store.copies`."""
        where, values = _where(filters)
        query = (
            f"SELECT {_CARD} FROM article a WHERE a.story = (SELECT story FROM article WHERE id = ?) AND a.id <> ? "
            f"AND {where or 'TRUE'} ORDER BY a.id"
        )
        with self._reading():
            return [_source(row) for row in self._db.execute(query, (article_id, article_id, *values))]

    def derived(self) -> dict[str, Derived]:
        """See `Store.derived`."""
        with self._reading():
            rows = self._db.execute("SELECT sha256, spoken, language IS NULL, signature FROM article").fetchall()
        return {sha256: Derived(spoken, bool(detected), signature) for sha256, spoken, detected, signature in rows}

    def earlier(self, article_id: str) -> list[Earlier]:
        """See `Store.earlier`."""
        with self._reading():
            rows = self._db.execute(f"{_EARLIER} WHERE a.id = ? ORDER BY e.until DESC, e.row", (article_id,)).fetchall()
        return [_earlier(row) for row in rows]

    def document_frequency(self, terms: Sequence[str]) -> dict[str, int]:
        """See `Store.document_frequency`."""
        query = "SELECT count(*) FROM passage_words WHERE passage_words MATCH ?"
        with self._reading():
            return {term: self._db.execute(query, (self._wide(term),)).fetchone()[0] for term in terms}

    def listings(self, filters: Filters) -> list[Listing]:
        """See `Store.listings`."""
        where, values = _where(filters)
        query = (
            f"SELECT {_CARD}, (SELECT count(*) FROM passage p WHERE p.article = a.row), a.indexed_at "
            f"FROM article a WHERE {where or 'TRUE'} ORDER BY a.id"
        )
        with self._reading():
            rows = self._db.execute(query, values).fetchall()
        return [Listing(_source(row[:-2]), row[-2], datetime.fromisoformat(row[-1])) for row in rows]

    def counts(self, filters: Filters) -> tuple[int, int]:
        """See `Store.counts`."""
        if filters == Filters():
            return self.manifest.articles, self.manifest.passages
        where, values = _where(filters)
        articles = f"SELECT count(*) FROM article a WHERE {where}"
        passages = f"SELECT count(*) {_PASSAGES} WHERE {where}"
        with self._reading():
            (count,), (held,) = (self._db.execute(query, values).fetchone() for query in (articles, passages))
        return count, held

    def outlets(self, filters: Filters) -> tuple[str, ...]:
        """See `Store.outlets`."""
        if self._outlets is not None and filters == Filters():
            return self._outlets
        where, values = _where(filters)
        query = f"SELECT DISTINCT a.outlet FROM article a WHERE a.outlet IS NOT NULL AND {where or 'TRUE'} ORDER BY 1"
        with self._reading():
            found = tuple(outlet for (outlet,) in self._db.execute(query, values))
        if not where:
            self._outlets = found  # every question asks, and a generation never changes
        return found

    def article(self, article_id: str) -> Article | None:
        """See `Store.article`."""
        query = f"SELECT {_CARD}, a.text, a.body_start, a.spoken FROM article a WHERE a.id = ?"
        with self._reading():
            row = self._db.execute(query, (article_id,)).fetchone()
        return _article(row) if row else None

    def vectors(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """See `Store.vectors`."""
        for table, flat in self._flat.items():
            with self._reading():
                query = f"SELECT words FROM ({_TEXTS[table]}) ORDER BY row"
                texts = [text for (text,) in self._db.execute(query)]
            for first in range(0, len(texts), _CHUNK):
                chunk = texts[first : first + _CHUNK]
                yield from zip(chunk, flat.reconstruct_n(first, len(chunk)), strict=True)

    def stored(self, table: str, rows: Sequence[int]) -> NDArray[np.float32]:
        """The vectors of these rows of a table, for a writer that goes on from this store."""
        return _stored(self._flat[table], rows)

    def copy_database(self, to: sqlite3.Connection) -> None:
        """Put all tables into an empty database, for the same."""
        with self._reading():
            self._db.backup(to)

    def close(self) -> None:
        """See `Store.close`."""
        with self._reading():
            self._db.close()

    def faults(self) -> Iterator[str]:
        """Every way in which texts, offsets, words and vectors do not agree, as sentences; none when all is well."""
        with self._reading():
            for (answer,) in self._db.execute("PRAGMA integrity_check"):
                if answer != "ok":
                    yield f"SQLite: {answer}"
            stored = "SELECT id, text, sha256 FROM article UNION ALL SELECT a.id, e.text, e.sha256"
            for name, text, sha256 in self._db.execute(f"{stored} FROM earlier e JOIN article a ON a.row = e.article"):
                if hashlib.sha256(text.encode()).hexdigest() != sha256:
                    yield f"{name}: the stored text is not the one that was indexed"
            for name, table in self._flat.items():
                (words,) = self._db.execute(f"SELECT count(*) FROM {name}_words_docsize").fetchone()
                if words != table.ntotal:
                    yield f"the lexical index holds {words} {name}s, FAISS {table.ntotal}"
                for first in range(0, table.ntotal, _CHUNK):
                    rows = table.reconstruct_n(first, min(_CHUNK, table.ntotal - first))
                    if not np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-3):
                        yield f"{name} vectors {first} to {first + len(rows)} hold some that are not of unit length"
            outside = self._db.execute(
                f"SELECT a.id, p.paragraph {_PASSAGES} "
                'WHERE p.start < 0 OR p."end" <= p.start OR p."end" > length(a.text)'
            )
            yield from (f"{name}, paragraph {number}: offsets lie outside the text" for name, number in outside)
            outside = self._db.execute(
                f"SELECT a.id, p.paragraph {_PASSAGES} JOIN sentence s ON s.passage = p.row "
                'WHERE s.start < p.start OR s."end" > p."end" OR s."end" <= s.start'
            )
            yield from (f"{name}, paragraph {number}: a sentence lies outside its passage" for name, number in outside)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """The database for this thread alone; what it cannot read is a damaged index."""
        with self._lock:
            try:
                yield
            except sqlite3.ProgrammingError:  # a call after close()
                raise
            except (sqlite3.Error, UnicodeDecodeError) as exc:
                raise DamagedIndexError(
                    f"Generation {self.manifest.generation} cannot be read ({exc}). Run `python -m index verify`."
                ) from exc

    def _pool(
        self, vector: NDArray[np.float32], terms: Sequence[str], where: str, values: list[str], limit: int
    ) -> list[int]:
        """Rows of the passages that any of the four rankings puts among its best."""
        owner = f"SELECT p.row {_PASSAGES} WHERE {where}" if where else None
        owned = f"SELECT s.row FROM sentence s WHERE s.passage IN ({owner})" if owner else None
        passages = set(_nearest(self._flat["passage"], vector, self._allowed(owner, values), limit))
        sentences = set(_nearest(self._flat["sentence"], vector, self._allowed(owned, values), limit))
        if terms:
            for table, allowed, found in (("passage", owner, passages), ("sentence", owned, sentences)):
                within = f"AND +rowid IN ({allowed})" if allowed else ""
                query = f"SELECT rowid FROM {table}_words WHERE {table}_words MATCH ? {within} ORDER BY rank LIMIT ?"
                found.update(row for (row,) in self._db.execute(query, (self._any(terms), *values, limit)))
        query = "SELECT DISTINCT passage FROM sentence WHERE row IN (SELECT value FROM json_each(?))"
        passages.update(row for (row,) in self._db.execute(query, (json.dumps(list(sentences)),)))
        return sorted(passages)

    def _allowed(self, query: str | None, values: list[str]) -> NDArray[np.int64] | None:
        if query is None:
            return None
        return np.array([row - 1 for (row,) in self._db.execute(query, values)], dtype=np.int64)

    def _score(self, pool: list[int], vector: NDArray[np.float32], terms: Sequence[str]) -> list[Candidate]:
        rows = json.dumps(pool)
        sentences: dict[int, list[tuple[int, Span]]] = {row: [] for row in pool}
        query = 'SELECT passage, row, start, "end" FROM sentence WHERE passage IN (SELECT value FROM json_each(?))'
        for passage, row, start, end in self._db.execute(f"{query} ORDER BY start", (rows,)):
            sentences[passage].append((row, Span(start, end)))
        sentence_rows = [row for spans in sentences.values() for row, _ in spans]
        dense = _cosines(self._flat["passage"], pool, vector)
        sentence_dense = _cosines(self._flat["sentence"], sentence_rows, vector)
        lexical = self._bm25("passage_words", pool, terms)
        matched = self._matched("passage_words", pool, terms)
        sentence_lexical = self._bm25("sentence_words", sentence_rows, terms)
        sentence_matched = self._matched("sentence_words", sentence_rows, terms)
        query = (
            f'SELECT p.row, p.article, {_CARD}, p.start, p."end", substr(a.text, p.start + 1, p."end" - p.start), '
            f"p.paragraph, p.kind {_PASSAGES} WHERE p.row IN (SELECT value FROM json_each(?))"
        )
        found = self._db.execute(query, (rows,)).fetchall()
        titled = self._matched("title_words", sorted({article for _, article, *_ in found}), terms)
        candidates = []
        for row, article, *card, start, end, text, paragraph, kind in found:
            spans = tuple(span for _, span in sentences[row])
            scores = tuple(
                SentenceScores(span, sentence_dense[s], sentence_lexical.get(s, 0.0), sentence_matched[s])
                for s, span in sentences[row]
            )
            passage = Passage(_source(card), start, end, text, paragraph, Kind(kind), spans)
            candidates.append(
                Candidate(passage, dense[row], lexical.get(row, 0.0), matched[row], titled[article], scores)
            )
        return candidates

    def _bm25(self, table: str, rows: list[int], terms: Sequence[str]) -> dict[int, float]:
        """The score of each of the rows in which any term stands."""
        if not terms:
            return {}
        return dict(
            self._db.execute(
                f"SELECT rowid, -rank FROM {table} WHERE {_among(table)}", (self._any(terms), json.dumps(rows))
            )
        )

    def _any(self, terms: Iterable[str]) -> str:
        """A query for texts in which any of the terms stands."""
        return " OR ".join(map(self._wide, terms))

    def _wide(self, term: str) -> str:
        """A query for texts in which a term stands: in any form of the languages here, a name in any spelling."""
        if term not in self._widened:
            held = [_phrase(form) for form in forms(term, self._languages)]
            query = "SELECT EXISTS (SELECT 1 FROM passage_words WHERE passage_words MATCH ?)"
            known = bool(self._db.execute(query, (" OR ".join(held),)).fetchone()[0])
            for spelling in variants(term, self._names, known=known):
                held += [_phrase(form) for form in forms(spelling, self._languages)]
            if len(self._widened) >= _CHUNK:
                self._widened.clear()
            self._widened[term] = " OR ".join(dict.fromkeys(held))
        return self._widened[term]

    def _matched(self, table: str, rows: list[int], terms: Sequence[str]) -> dict[int, frozenset[str]]:
        """The terms that stand in each of the rows."""
        matched: dict[int, set[str]] = {row: set() for row in rows}
        query, among = f"SELECT rowid FROM {table} WHERE {_among(table)}", json.dumps(rows)
        for term in terms:
            for (row,) in self._db.execute(query, (self._wide(term), among)):
                matched[row].add(term)
        return {row: frozenset(found) for row, found in matched.items()}


def _where(filters: Filters) -> tuple[str, list[str]]:
    """An SQL condition on `article a` and its values; empty when nothing is filtered."""
    conditions, values = [], []
    for column, wanted in (
        ("a.outlet_key IN", tuple(map(outlet_key, filters.outlets))),
        ("a.outlet_key IN", tuple(map(outlet_key, filters.visible))),
        ("a.id IN", filters.articles),
        ("a.id NOT IN", filters.withdrawn),
    ):
        if wanted:
            conditions.append(f"{column} (SELECT value FROM json_each(?))")
            values.append(json.dumps(wanted))
    for comparison, day in ((">=", filters.since), ("<=", filters.until)):
        if day:
            conditions.append(f"a.published {comparison} ?")
            values.append(day.isoformat())
    return " AND ".join(conditions), values


def _nearest(
    flat: faiss.Index, vector: NDArray[np.float32], allowed: NDArray[np.int64] | None, limit: int
) -> list[int]:
    """SQLite rows of the nearest vectors among those allowed (None: all)."""
    count = min(limit, flat.ntotal if allowed is None else len(allowed))
    if count == 0:
        return []
    params = None if allowed is None else faiss.SearchParameters(sel=faiss.IDSelectorBatch(allowed))  # type: ignore[call-arg]  # its stub lacks sel
    _, found = flat.search(vector[np.newaxis], count, params=params)
    return [int(row) + 1 for row in found[0]]


def _cosines(flat: faiss.Index, rows: list[int], vector: NDArray[np.float32]) -> dict[int, float]:
    if not rows:
        return {}
    # Summed row by row: a product of matrices rounds each row as its place in the block has it.
    return dict(zip(rows, map(float, (_stored(flat, rows) * vector).sum(axis=1)), strict=True))


def _stored(flat: faiss.Index, rows: Sequence[int]) -> NDArray[np.float32]:
    """The vectors of these SQLite rows."""
    vectors: NDArray[np.float32] = flat.reconstruct_batch(np.array(rows, dtype=np.int64) - 1)
    return vectors


def _phrase(term: str) -> str:
    """A term as an FTS5 string, in which no character is an operator."""
    return '"' + term.replace('"', '""').replace("\0", "") + '"'


def _among(table: str) -> str:
    """A condition on a lexical table: it matches, and its row is among those given as JSON.

    The + keeps SQLite from running the whole match again for each row, which is what FTS5 makes of `rowid IN`.
    """
    return f"{table} MATCH ? AND +rowid IN (SELECT value FROM json_each(?))"


def _grouped(rows: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for key, spelling in rows:
        groups.setdefault(key, []).append(spelling)
    return {key: tuple(spellings) for key, spellings in groups.items()}


def _source(card: Sequence[str | int | None]) -> Source:
    name, title, title_given, outlet, author, published, url, language, sha256, teaser = card
    day = date.fromisoformat(str(published)) if published else None
    told = (outlet, author, day, url, language, str(sha256), bool(teaser))
    return Source(str(name), str(title), bool(title_given), *told)  # type: ignore[arg-type]  # SQLite columns


def _article(row: Sequence[Any]) -> Article:
    """The article of a card, its text, where prose begins and its language; a text that is not its own is damage."""
    *card, text, body_start, spoken = row
    source = _source(card)
    if hashlib.sha256(text.encode()).hexdigest() != source.sha256:
        raise DamagedIndexError(f"{source.id}: the stored text is not the one that was indexed. {REPAIR}")
    return Article(source, text, body_start, spoken)


def _earlier(row: Sequence[Any]) -> Earlier:
    *told, until, origin = row
    return Earlier(_article(told), datetime.fromisoformat(until), origin)


def _sync(path: Path) -> None:
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())
