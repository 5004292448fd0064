"""Which words stand where: FTS5 indexes of titles, passages, sentences and earlier texts, in the catalogue's file.

Their rows are those of the catalogue.
"""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from cachetools import LRUCache, cached

from index.languages import forms, indexed
from index.spellings import variants
from index.tables import EMBEDDED

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from index.catalogue import Catalogue
    from index.model import Filters

_TERMS_KEPT = 4096  # terms whose other forms and spellings are remembered
_ROWS_KEPT = 8_000_000  # rows of postings that are remembered, which take 8 bytes each
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


class Postings(NamedTuple):
    """The rows in which a term stands, ascending, and what it adds to the BM25 score of each."""

    rows: NDArray[np.int32]
    scores: NDArray[np.float32]

    @classmethod
    def of(cls, found: Sequence[tuple[int, float]]) -> Postings:
        """Postings of rows with their scores, in ascending order of rows."""
        rows = np.fromiter((row for row, _ in found), dtype=np.int32, count=len(found))
        return cls(rows, np.fromiter((score for _, score in found), dtype=np.float32, count=len(found)))

    @property
    def last(self) -> int:
        """The last of the rows, 0 if there is none."""
        return int(self.rows[-1]) if len(self.rows) else 0

    def within(self, passing: NDArray[np.bool_] | None) -> Postings:
        """Those of the rows that pass, as `Catalogue.passing` tells."""
        if passing is None:
            return self
        kept = passing[self.rows - 1]
        return Postings(self.rows[kept], self.scores[kept])

    def among(self, rows: Sequence[int]) -> Iterator[tuple[int, float]]:
        """Those of the given rows that are here, each with its score."""
        wanted = np.array(rows, dtype=self.rows.dtype)
        places = np.searchsorted(self.rows, wanted)
        here = places < len(self.rows)
        here[here] = self.rows[places[here]] == wanted[here]
        yield from zip(wanted[here].tolist(), self.scores[places[here]].tolist(), strict=True)


class Lexical:
    """The lexical scores of a catalogue's rows. Safe to call from several threads.

    The BM25 score of a row is a sum over terms, so a term's share is found once, by FTS5, and kept for the questions
    that ask for it again. What is left to a question is adding up, which takes a tenth of the time.

    A term matches in every form of the languages that the catalogue holds, and a name in every spelling of it; one of
    several words must stand as one run.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._wide = lru_cache(_TERMS_KEPT)(self._widen)
        kept = LRUCache[tuple[str, str], Postings](_ROWS_KEPT, lambda postings: len(postings.rows) + 1)
        self._postings = cached(kept, lock=Lock())(self._find)

    def best(self, part: str, terms: Sequence[str], filters: Filters, limit: int) -> list[int]:
        """The rows of articles that pass in which any of the terms stands, best first by BM25, `limit` at most."""
        if not terms:
            return []
        passing = self._catalogue.passing(part, filters)
        held = [self._postings(part, term).within(passing) for term in terms]
        scores = np.zeros(max(postings.last for postings in held) + 1, dtype=np.float32)
        for postings in held:
            scores[postings.rows] += postings.scores
        found = [scores[postings.rows] for postings in held]
        # The last of the best is no worse than it is among the rows of any one term.
        least = max((np.partition(sums, -limit)[-limit] for sums in found if len(sums) > limit), default=0.0)
        rows = np.unique(np.concatenate([p.rows[sums >= least] for p, sums in zip(held, found, strict=True)]))
        best: list[int] = rows[np.lexsort((rows, -scores[rows]))][:limit].tolist()
        return best

    def scores(self, part: str, rows: Sequence[int], terms: Sequence[str]) -> dict[int, tuple[float, frozenset[str]]]:
        """The BM25 score of each of the rows, 0 where none of the terms stands in it, and the terms that do."""
        bm25 = dict.fromkeys(rows, 0.0)
        matched: dict[int, set[str]] = {row: set() for row in rows}
        for term in terms:
            for row, score in self._postings(part, term).among(rows):
                bm25[row] += score
                matched[row].add(term)
        return {row: (bm25[row], frozenset(matched[row])) for row in rows}

    def frequency(self, term: str) -> int:
        """In how many passages of the whole catalogue a term stands."""
        return len(self._postings("passage", term).rows)

    def faults(self) -> Iterator[str]:
        """Every table of the catalogue whose rows are not those of its index, as sentences."""
        for part, total in zip(EMBEDDED, self._catalogue.totals, strict=True):
            ((held,),) = self._catalogue.fetch(f"SELECT count(*) FROM {part}_words_docsize")
            if held != total:
                yield f"the lexical index holds {held} {part}s, the catalogue {total}"

    def _find(self, part: str, term: str) -> Postings:
        query = f"SELECT rowid, -bm25({part}_words) FROM {part}_words WHERE {part}_words MATCH ?"
        return Postings.of(self._catalogue.fetch(query, self._wide(term)))

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
