"""The catalogue of a generation: cards, texts, earlier texts, copies, names and what is derived, in one SQLite file.

Its rows number passages and sentences, from 1 without gaps, for what searches them; no number leaves a `Store`.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime
from functools import cached_property, lru_cache
from itertools import product
from queue import LifoQueue
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from index.errors import DamagedIndexError
from index.model import ANY, Article, Derived, Earlier, Kind, Listing, Passage, Source, Span
from index.speech import Speech
from index.statements import SORTS, read
from index.tables import (
    AMONG,
    CARD,
    DATABASE,
    EARLIER,
    EMBEDDED,
    EVERY,
    OCCURRENCES,
    PASSAGES,
    PLACES,
    TEXTS,
    condition,
    condition_of_earlier,
    connect,
    faults,
    intact,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.model import Filters, Manifest
    from index.statements import S

REPAIR = "Run `on-the-record-index build` or `on-the-record-index rollback`."
CHUNK = 4096  # rows handled at a time when a whole table passes through memory
# The table to whose rows those of another belong.
_OWNER = {"passage": "article", "sentence": "passage"}
_KEPT = 16  # filters whose rows are remembered
_CONNECTIONS = os.cpu_count() or 1  # as many threads read at a time


class Place(NamedTuple):
    """Where the passage or sentence of a row stands, and what of its article decides whether it passes filters."""

    row: int
    article: str
    sha256: str
    outlet_key: str | None
    published: str | None
    start: int
    end: int


class Row(NamedTuple):
    """A passage, and the rows of it, its article and its sentences, these in the order of the text."""

    row: int
    article: int
    sentences: tuple[int, ...]
    passage: Passage


class Catalogue:
    """What is stored of a generation, read only. Safe to call from several threads.

    Raises:
        DamagedIndexError: the file cannot be read.

    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.manifest = manifest
        # A generation never changes, and most questions come under the same few filters.
        self._passing = lru_cache(_KEPT * len(("article", *EMBEDDED)))(self._find_passing)
        self._owners = lru_cache(len(EMBEDDED))(self._find_owners)
        self._outlets = lru_cache(_KEPT)(self._find_outlets)
        uri = f"{(folder / DATABASE).resolve().as_uri()}?mode=ro&immutable=1"
        try:
            with ExitStack() as opened:
                connections = [opened.enter_context(closing(connect(uri))) for _ in range(_CONNECTIONS)]
                for db, statement in product(connections, OCCURRENCES):
                    db.execute(statement)
                query = "SELECT (SELECT count(*) FROM passage), (SELECT count(*) FROM sentence)"
                self.totals: tuple[int, int] = db.execute(query).fetchone()
                query = "SELECT spoken FROM article UNION SELECT spoken FROM earlier"
                spoken = db.execute(f"SELECT * FROM ({query}) WHERE spoken IS NOT NULL").fetchall()
                names = db.execute("SELECT key, spelling FROM name ORDER BY rowid").fetchall()
                opened.pop_all()
        except (sqlite3.Error, UnicodeDecodeError) as exc:
            raise DamagedIndexError(f"{folder.name} cannot be opened: {str(exc).splitlines()[0]}.") from exc
        # Threads do not wait for each other, and the file may go once it is open: none is opened later.
        self._connections = LifoQueue[sqlite3.Connection]()
        for connection in connections:
            self._connections.put(connection)
        self.languages = frozenset(code.partition("-")[0] for (code,) in spoken)
        self.names = _grouped(names)

    def listings(self, filters: Filters) -> list[Listing]:
        """The articles that pass, by id."""
        where, values = condition(filters)
        query = f"SELECT {CARD}, a.passages, a.indexed_at FROM article a WHERE {where} ORDER BY a.id"
        rows = self.fetch(query, *values)
        return [Listing(_source(row[:-2]), row[-2], datetime.fromisoformat(row[-1])) for row in rows]

    def counts(self, filters: Filters) -> tuple[int, int]:
        """How many articles pass, and how many searchable passages they have."""
        articles, passages = self.passing("article", filters), self.passing("passage", filters)
        if articles is None or passages is None:
            return self.manifest.articles, self.manifest.passages
        return int(articles.sum()), int(passages.sum())

    def passing(self, part: str, filters: Filters) -> NDArray[np.bool_] | None:
        """Whether the first row of a table, the second and so on belong to articles that pass; None where all do.

        Where a table has gaps between its rows, as that of the articles may, these do not pass.
        """
        return self._passing(part, filters)

    def outlets(self, filters: Filters) -> tuple[str, ...]:
        """The outlets of the articles that pass, each once, as they are spelled."""
        return self._outlets(filters)

    def article(self, article_id: str) -> Article | None:
        """The stored article, or None."""
        query = f"SELECT {CARD}, a.text, a.body_start, a.spoken FROM article a WHERE a.id = ?"
        return next(map(_article, self.fetch(query, article_id)), None)

    def copies(self, article_id: str, filters: Filters) -> list[Source]:
        """The other articles that carry the same story, as far as they pass, by id."""
        where, values = condition(filters)
        query = (
            f"SELECT {CARD} FROM article a WHERE a.story = (SELECT story FROM article WHERE id = ?) AND a.id <> ? "
            f"AND {where} ORDER BY a.id"
        )
        return [_source(row) for row in self.fetch(query, article_id, article_id, *values)]

    def hashes(self, beginnings: Sequence[str] | None = None) -> list[tuple[str, str, str | None]]:
        """Id, hash and outlet of each article, or of those whose hash begins with one of these 16 hex digits."""
        query = "SELECT id, sha256, outlet FROM article"
        if beginnings is None:
            return self.fetch(query)
        return self.fetch(f"{query} WHERE substr(sha256, 1, 16) IN {AMONG}", json.dumps(beginnings))

    def passages_in(self, articles: Sequence[str]) -> list[tuple[str | None, str]]:
        """The outlet and the words of each searchable passage of these articles."""
        query = f'SELECT a.outlet, substr(a.text, p.start + 1, p."end" - p.start) {PASSAGES} WHERE a.id IN {AMONG}'
        return self.fetch(query, json.dumps(articles))

    def derived(self) -> dict[str, Derived]:
        """What was worked out from each stored text, by the text's hash, for reuse by the next build."""
        rows = self.fetch("SELECT sha256, spoken, language IS NULL, signature FROM article")
        return {sha256: Derived(spoken, bool(detected), signature) for sha256, spoken, detected, signature in rows}

    def earlier(self, article_id: str, filters: Filters = ANY) -> list[Earlier]:
        """The earlier texts of an article, as far as they pass, the latest first."""
        where, values = condition_of_earlier(filters)
        query = f"{EARLIER} WHERE a.id = ? AND {where} ORDER BY e.until DESC, e.row"
        return [_earlier(row) for row in self.fetch(query, article_id, *values)]

    def passages(self, rows: Sequence[int]) -> list[Row]:
        """The passages of these rows."""
        sentences: dict[int, list[tuple[int, Span]]] = {row: [] for row in rows}
        query = (
            f'SELECT s.passage, s.row, s.start, s."end", {intact("sentence")} FROM sentence s '
            f"WHERE s.passage IN {AMONG} ORDER BY s.start"
        )
        for passage, row, start, end, sound in self.fetch(query, json.dumps(rows)):
            _require(sound)
            sentences[passage].append((row, Span(start, end)))
        query = (
            f'SELECT p.row, p.article, {CARD}, p.start, p."end", substr(a.text, p.start + 1, p."end" - p.start), '
            f"p.paragraph, p.kind, {intact('passage')} {PASSAGES} WHERE p.row IN {AMONG}"
        )
        found = []
        for row, article, *card, start, end, text, paragraph, kind, sound in self.fetch(query, json.dumps(rows)):
            _require(sound)
            spans = tuple(span for _, span in sentences[row])
            passage = Passage(_source(card), start, end, text, paragraph, Kind(kind), spans)
            found.append(Row(row, article, tuple(sentence for sentence, _ in sentences[row]), passage))
        return found

    def sentences_of(self, passages: Sequence[int]) -> dict[int, list[int]]:
        """The rows of the sentences of the passages of these rows, in the order of the text."""
        found: dict[int, list[int]] = {row: [] for row in passages}
        query = f"SELECT passage, row FROM sentence WHERE passage IN {AMONG} ORDER BY start"
        for passage, row in self.fetch(query, json.dumps(passages)):
            found[passage].append(row)
        return found

    def passages_of(self, sentences: Iterable[int]) -> set[int]:
        """The rows of the passages that hold the sentences of these rows."""
        query = f"SELECT DISTINCT passage FROM sentence WHERE row IN {AMONG}"
        return {row for (row,) in self.fetch(query, json.dumps(list(sentences)))}

    def articles_of(self, passages: Sequence[int]) -> list[tuple[Article, list[Span]]]:
        """The articles of the passages of these rows, in the order in which these come, each with its passages' spans.

        The spans are in the order of the article's text.
        """
        query = f'SELECT p.row, p.article, p.start, p."end", {intact("passage")} FROM passage p WHERE p.row IN {AMONG}'
        found = {}
        for row, *rest, sound in self.fetch(query, json.dumps(passages)):
            _require(sound)
            found[row] = rest
        query = f"SELECT a.row, {CARD}, a.text, a.body_start, a.spoken FROM article a WHERE a.row IN {AMONG}"
        rows = self.fetch(query, json.dumps([article for article, *_ in found.values()]))
        articles = {row: _article(told) for row, *told in rows}
        spans: dict[int, list[Span]] = {found[row][0]: [] for row in passages}
        for article, start, end in sorted(found.values()):
            spans[article].append(Span(start, end))
        return [(articles[row], held) for row, held in spans.items()]

    def stated(self, sort: type[S], article_id: str, within: Span | None = None) -> list[S]:
        """The statements of one sort that an article makes, or a stretch of it, in the order of its text."""
        first, last = (within.start, within.end) if within else (0, sys.maxsize)
        query = (
            f"SELECT s.told, {intact('statement')} FROM statement s JOIN article a ON a.row = s.article "
            "WHERE a.id = ? AND s.sort = ? AND s.start >= ? AND s.start < ? ORDER BY s.start, s.row"
        )
        rows = self.fetch(query, article_id, SORTS[sort], first, last)
        return [self._statement(sort, *row) for row in rows]

    def quoted(self, speaker: str, filters: Filters) -> list[tuple[Passage, Speech]]:
        """The quotations of whom a word with this key may name, in articles that pass, each with where it begins.

        What begins in no searchable passage, such as a link to another article, is left out.
        """
        where, values = condition(filters)
        query = (
            f"SELECT p.row, s.told, {intact('statement')} FROM statement_key k JOIN statement s ON s.row = k.statement "
            "JOIN article a ON a.row = s.article "
            'JOIN passage p ON p.article = s.article AND p.start <= s.start AND s.start < p."end" '
            f"WHERE k.key = ? AND s.sort = ? AND {where}"
        )
        rows = self.fetch(query, speaker, SORTS[Speech], *values)
        held = {found.row: found.passage for found in self.passages(sorted({row for row, *_ in rows}))}
        return [(held[row], self._statement(Speech, *told)) for row, *told in rows]

    def earlier_texts(self, rows: Sequence[int]) -> list[Earlier]:
        """The earlier texts of these rows, in the same order."""
        found = self.fetch(f"{EARLIER} WHERE e.row IN {AMONG}", json.dumps(rows))
        texts = {told[-1]: _earlier(told) for told in found}
        return [texts[row] for row in rows]

    def words(self, part: str) -> list[str]:
        """What is embedded of every row of a table, in their order."""
        return [words for (words,) in self.fetch(f"SELECT words FROM ({TEXTS[part]}) ORDER BY row")]

    def places(self, part: str, rows: Sequence[int]) -> list[Place]:
        """Where the rows of a table stand, in the same order."""
        found = self.fetch(f"SELECT * FROM ({PLACES[part]}) WHERE row IN {AMONG}", json.dumps([*rows]))
        placed = {place.row: place for place in map(Place._make, found)}
        return [placed[row] for row in rows]

    def fetch(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """All that a query finds."""
        with self._reading() as db:
            return db.execute(query, values).fetchall()

    def copy_to(self, database: sqlite3.Connection) -> None:
        """Put all tables into an empty database, for one that goes on from this."""
        with self._reading() as db:
            db.backup(database)

    def close(self) -> None:
        """Let go of the file once no thread reads it; it is not used afterwards."""
        connections = [self._connections.get() for _ in range(_CONNECTIONS)]
        for connection in connections:
            connection.close()
            self._connections.put(connection)

    def faults(self) -> Iterator[str]:
        """See `index.tables.faults`."""
        with self._reading() as db:
            yield from faults(db)

    def _find_passing(self, part: str, filters: Filters) -> NDArray[np.bool_] | None:
        where, values = (condition_of_earlier if part == "earlier" else condition)(filters)
        if where == EVERY:
            return None
        if part in _OWNER and (owners := self.passing(_OWNER[part], filters)) is not None:
            found = owners[self._owners(part)]
        else:
            ((last,),) = self.fetch(f"SELECT coalesce(max(row), 0) FROM {part}")
            found = np.zeros(last, dtype=np.bool_)
            of = "article a" if part == "article" else "earlier e JOIN article a ON a.row = e.article"
            found[[row - 1 for (row,) in self.fetch(f"SELECT {part[0]}.row FROM {of} WHERE {where}", *values)]] = True
        found.setflags(write=False)
        return found

    def _find_owners(self, part: str) -> NDArray[np.int32]:
        """To which row of the owner's table each row belongs, both counted from 0."""
        with self._reading() as db:
            cursor = db.execute(f"SELECT {_OWNER[part]} FROM {part} ORDER BY row")
            return np.fromiter((row - 1 for (row,) in cursor), dtype=np.int32)

    @staticmethod
    def _statement(sort: type[S], told: str, sound: object) -> S:
        _require(sound)
        return read(sort, told)

    def _find_outlets(self, filters: Filters) -> tuple[str, ...]:
        passing = self.passing("article", filters)
        rows = np.flatnonzero(self._outlet_numbers if passing is None else self._outlet_numbers * passing)
        # One article speaks for its outlet; to check every row would take seconds where there are very many.
        _, first = np.unique(self._outlet_numbers[rows], return_index=True)
        query = f"SELECT a.outlet, {intact('article')} FROM article a WHERE a.row IN {AMONG} ORDER BY 1"
        found = self.fetch(query, json.dumps((rows[first] + 1).tolist()))
        for _, sound in found:
            _require(sound)
        return tuple(outlet for outlet, _ in found)

    @cached_property
    def _outlet_numbers(self) -> NDArray[np.int32]:
        """A number for the outlet of each row's article, 0 where it has none."""
        rows = self.fetch("SELECT row, outlet FROM article ORDER BY row")
        found = np.zeros(rows[-1][0] if rows else 0, dtype=np.int32)
        numbers: dict[str | None, int] = {None: 0}
        for row, outlet in rows:
            found[row - 1] = numbers.setdefault(outlet, len(numbers))
        return found

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """The database for this thread alone; what it cannot read is a damaged index."""
        db = self._connections.get()
        try:
            yield db
        except sqlite3.ProgrammingError:  # a call after close()
            raise
        except (sqlite3.Error, UnicodeDecodeError) as exc:
            raise DamagedIndexError(
                f"Generation {self.manifest.generation} cannot be read ({exc}). Run `on-the-record-index verify`."
            ) from exc
        finally:
            self._connections.put(db)


def _grouped(rows: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for key, spelling in rows:
        groups.setdefault(key, []).append(spelling)
    return {key: tuple(spellings) for key, spellings in groups.items()}


def _require(sound: object) -> None:
    """Raise DamagedIndexError where a row is not as it was written."""
    if not sound:
        raise DamagedIndexError(f"What the index says of an article is not what was written. {REPAIR}")


def _source(card: Sequence[str | int | None]) -> Source:
    sound, name, title, title_given, outlet, author, published, url, language, sha256, teaser = card
    _require(sound)
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
    *told, until, origin, _ = row
    return Earlier(_article(told), datetime.fromisoformat(until), origin)
