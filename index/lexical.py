"""Which words stand where: FTS5 indexes of titles, passages, sentences and earlier texts, in the catalogue's file.

Their rows are those of the catalogue.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

from index.catalogue import AMONG, EMBEDDED
from index.languages import forms, indexed
from index.spellings import variants

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from index.catalogue import Catalogue
    from index.model import Filters

_TERMS_KEPT = 4096  # terms whose other forms and spellings, and whose frequency, are remembered
# Porter stems English and leaves other words alone; diacritics are folded, punctuation parts words.
_TOKENIZER = "porter unicode61 remove_diacritics 2"
SCHEMA = "".join(
    f"CREATE VIRTUAL TABLE {part}_words USING fts5 (words, content='', tokenize='{_TOKENIZER}');"
    for part in ("title", "passage", "sentence", "earlier")
)


def index_words(db: sqlite3.Connection, part: str, row: int | None, words: str, spoken: str | None) -> None:
    """Put the words of a row into the index, in the forms of their language."""
    db.execute(f"INSERT INTO {part}_words (rowid, words) VALUES (?, ?)", (row, indexed(words, spoken)))


def forget_words(db: sqlite3.Connection, part: str, row: int, words: str, spoken: str | None) -> None:
    """Take the words of a row out again: an index without contents must be told the very words that were put in."""
    query = f"INSERT INTO {part}_words ({part}_words, rowid, words) VALUES ('delete', ?, ?)"
    db.execute(query, (row, indexed(words, spoken)))


class Lexical:
    """The lexical scores of a catalogue's rows. Safe to call from several threads.

    A term matches in every form of the languages that the catalogue holds, and a name in every spelling of it; one of
    several words must stand as one run.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._wide = lru_cache(_TERMS_KEPT)(self._widen)
        self._frequency = lru_cache(_TERMS_KEPT)(self._count)

    def best(self, part: str, terms: Sequence[str], filters: Filters, limit: int) -> list[int]:
        """The rows of articles that pass in which any of the terms stands, best first by BM25, `limit` at most."""
        if not terms:
            return []
        passing = self._catalogue.passing(part, filters)
        # A byte a row, which is looked up at once: to look a row up among others would cost what these are many.
        within, values = ("", ()) if passing is None else ("AND substr(?, rowid, 1) = x'01'", (passing.tobytes(),))
        # By `rank` FTS5 would score and sort everything that matches before it looks at what passes.
        order = f"ORDER BY bm25({part}_words), rowid LIMIT ?"
        query = f"SELECT rowid FROM {part}_words WHERE {part}_words MATCH ? {within} {order}"
        return [row for (row,) in self._catalogue.fetch(query, self._any(terms), *values, limit)]

    def bm25(self, part: str, rows: Sequence[int], terms: Sequence[str]) -> dict[int, float]:
        """The BM25 score of each of the rows in which any of the terms stands."""
        if not terms:
            return {}
        query = f"SELECT rowid, -rank FROM {part}_words WHERE {_among(part)}"
        return dict(self._catalogue.fetch(query, self._any(terms), json.dumps(rows)))

    def matched(self, part: str, rows: Sequence[int], terms: Sequence[str]) -> dict[int, frozenset[str]]:
        """The terms that stand in each of the rows."""
        matched: dict[int, set[str]] = {row: set() for row in rows}
        query, among = f"SELECT rowid FROM {part}_words WHERE {_among(part)}", json.dumps(rows)
        for term in terms:
            for (row,) in self._catalogue.fetch(query, self._wide(term), among):
                matched[row].add(term)
        return {row: frozenset(found) for row, found in matched.items()}

    def frequency(self, term: str) -> int:
        """In how many passages of the whole catalogue a term stands."""
        return self._frequency(term)

    def faults(self) -> Iterator[str]:
        """Every table of the catalogue whose rows are not those of its index, as sentences."""
        for part, total in zip(EMBEDDED, self._catalogue.totals, strict=True):
            ((held,),) = self._catalogue.fetch(f"SELECT count(*) FROM {part}_words_docsize")
            if held != total:
                yield f"the lexical index holds {held} {part}s, the catalogue {total}"

    def _any(self, terms: Iterable[str]) -> str:
        """A query for texts in which any of the terms stands."""
        return " OR ".join(map(self._wide, terms))

    def _count(self, term: str) -> int:
        query = "SELECT count(*) FROM passage_words WHERE passage_words MATCH ?"
        ((count,),) = self._catalogue.fetch(query, self._wide(term))
        return int(count)

    def _widen(self, term: str) -> str:
        """A query for texts in which a term stands: in any form of the languages here, a name in any spelling."""
        languages = self._catalogue.languages
        held = [_phrase(form) for form in forms(term, languages)]
        query = "SELECT EXISTS (SELECT 1 FROM passage_words WHERE passage_words MATCH ?)"
        ((known,),) = self._catalogue.fetch(query, " OR ".join(held))
        for spelling in variants(term, self._catalogue.names, known=bool(known)):
            held += [_phrase(form) for form in forms(spelling, languages)]
        return " OR ".join(dict.fromkeys(held))


def _phrase(term: str) -> str:
    """A term as an FTS5 string, in which no character is an operator."""
    return '"' + term.replace('"', '""').replace("\0", "") + '"'


def _among(part: str) -> str:
    """A condition on an index: it matches, and its row is among those given as JSON.

    The + keeps SQLite from running the whole match again for each row, which is what FTS5 makes of `rowid IN`.
    """
    return f"{part}_words MATCH ? AND +rowid IN {AMONG}"
