"""Which words stand where: FTS5 indexes of titles, passages, sentences and earlier texts, in the catalogue's file.

Their rows are those of the catalogue.
"""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from math import log
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from cachetools import LRUCache, cached

from index.languages import forms, indexed
from index.spellings import variants
from index.tables import EMBEDDED, TOKENIZER, WORDED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from index.catalogue import Catalogue
    from index.model import Filters

_TERMS_KEPT = 4096  # terms whose other forms and spellings are remembered
_ROWS_KEPT = 8_000_000  # rows of postings that are remembered, which take 8 bytes each
# BM25 as FTS5 computes it: https://www.sqlite.org/fts5.html#the_bm25_function. A token in most rows counts hardly.
_K1, _B, _LEAST_IDF = 1.2, 0.75, 1e-6


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
    def of(cls, rows: NDArray[np.int32], scores: NDArray[np.float64]) -> Postings:
        """Postings of rows in any order, with what each adds; a row that comes again adds more."""
        once, places = np.unique(rows, return_inverse=True)
        return cls(once, np.bincount(places, scores, len(once)).astype(np.float32))

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


class Lengths(NamedTuple):
    """How many tokens each row of a part has, from row 0 on; how many rows there are, and the mean of theirs."""

    by_row: NDArray[np.float32]
    rows: int
    mean: float


class Lexical:
    """The lexical scores of a catalogue's rows. Safe to call from several threads.

    The BM25 score of a row is a sum over terms, so a term's share is found once and kept for the questions that ask for
    it again; what is left to a question is adding up. FTS5 tells where a token stands, and the share is computed here:
    its own function looks into the index once more for the length of each row, which takes six times as long.

    A term matches in every form of the languages that the catalogue holds, and a name in every spelling of it; one of
    several words must stand as one run.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._wide = lru_cache(_TERMS_KEPT)(self._widen)
        self._lengths = lru_cache(len(WORDED))(self._find_lengths)
        self._tokenizer = _Tokenizer()
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
        held = [self._standing(part, form) for form in self._wide(term)]
        rows, scores = zip(*held, strict=True)
        return Postings.of(np.concatenate(rows), np.concatenate(scores))

    def _standing(self, part: str, form: str) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The rows in which a form of a term stands, and what it adds to the BM25 score of each."""
        tokens = self._tokenizer.tokens(form)
        if len(tokens) != 1:  # only FTS5 knows where several stand as one run
            query = f"SELECT rowid, -bm25({part}_words) FROM {part}_words WHERE {part}_words MATCH ?"
            found = self._catalogue.fetch(query, _phrase(form))
            return np.array([row for row, _ in found], dtype=np.int32), np.array([score for _, score in found])
        lengths = self._lengths(part)
        query = f"SELECT group_concat(doc, ' ') FROM temp.{part}_tokens WHERE term = ?"
        ((places,),) = self._catalogue.fetch(query, tokens[0])
        rows, times = np.unique(_numbers(places), return_counts=True)
        idf = max(log((lengths.rows - len(rows) + 0.5) / (len(rows) + 0.5)), _LEAST_IDF)
        longer = lengths.by_row[rows] / lengths.mean
        return rows, idf * times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * longer))

    def _find_lengths(self, part: str) -> Lengths:
        query = f"SELECT group_concat(id, ' '), group_concat(hex(sz), '') FROM {part}_words_docsize"
        ((ids, sizes),) = self._catalogue.fetch(query)
        rows, held = _numbers(ids), _varints(bytes.fromhex(sizes or ""))
        if len(rows) != len(held):
            raise LookupError(part)
        by_row = np.zeros(rows.max(initial=0) + 1, dtype=np.float32)
        by_row[rows] = held
        return Lengths(by_row, len(rows), held.mean() if len(held) else 1.0)

    def _widen(self, term: str) -> tuple[str, ...]:
        """As what a term may stand in a text: in any form of the languages here, a name in any spelling."""
        languages = self._catalogue.languages
        held = [*forms(term, languages)]
        query = "SELECT EXISTS (SELECT 1 FROM passage_words WHERE passage_words MATCH ?)"
        ((known,),) = self._catalogue.fetch(query, " OR ".join(map(_phrase, held)))
        for spelling in variants(term, self._catalogue.names, known=bool(known)):
            held += forms(spelling, languages)
        return tuple(dict.fromkeys(held))


class _Tokenizer:
    """What FTS5 makes of words: asked of a table of its own, since SQL has no function for it."""

    def __init__(self) -> None:
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.execute(f"CREATE VIRTUAL TABLE asked USING fts5 (words, content='', tokenize='{TOKENIZER}')")
        self._db.execute("CREATE VIRTUAL TABLE token USING fts5vocab (asked, instance)")
        self._lock = Lock()

    def tokens(self, words: str) -> list[str]:
        """The tokens of words, in their order."""
        with self._lock:
            self._db.execute("INSERT INTO asked (words) VALUES (?)", (words,))
            found = self._db.execute("SELECT term FROM token ORDER BY offset").fetchall()
            self._db.rollback()
        return [token for (token,) in found]


def _phrase(term: str) -> str:
    """A term as an FTS5 string, in which no character is an operator."""
    return '"' + term.replace('"', '""').replace("\0", "") + '"'


def _numbers(written: str | None) -> NDArray[np.int32]:
    """Numbers with blanks between them, as SQLite writes what a group has; None is none."""
    return np.fromstring(written or "", dtype=np.int32, sep=" ")


def _varints(stored: bytes) -> NDArray[np.float64]:
    """Numbers in base 128, highest digit first, with the top bit set in all but the last: SQLite's varints."""
    digits = np.frombuffer(stored, dtype=np.uint8)
    last = digits < 128
    number: NDArray[np.int64] = np.cumsum(last) - last
    place = np.flatnonzero(last)[number] - np.arange(len(digits))
    return np.bincount(number, (digits & 127) * 128.0**place).astype(np.float64)
