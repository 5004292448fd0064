"""Lexical scores, added up from what was found of each term, against FTS5's own ranking of the whole query."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.languages import forms
from index.lexical import Lexical, forget_words, index_words
from index.model import ANY
from index.tables import OCCURRENCES, SCHEMA

WORDS = ("crane", "heron", "stork", "ibis", "egret")
# Some longer than 127 tokens: their length takes two bytes in the index.
text = st.lists(st.sampled_from(WORDS), max_size=6).flatmap(
    lambda words: st.sampled_from((1, 1, 1, 30, 60)).map(lambda times: " ".join(words * times))
)
texts = st.lists(text, min_size=1, max_size=40)
asked = st.lists(st.sampled_from((*WORDS, "crane heron", "storks", "osprey", "")), max_size=4, unique=True)


class Rows:
    """What `Lexical` asks of a catalogue, with some of its rows left out."""

    languages, names = frozenset[str](), dict[str, tuple[str, ...]]()

    def __init__(self, db: sqlite3.Connection, passing: np.ndarray | None) -> None:
        self._db, self._passing, self.asked = db, passing, 0

    def fetch(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        self.asked += 1
        return self._db.execute(query, values).fetchall()

    def passing(self, _part: str, _filters: object) -> np.ndarray | None:
        return self._passing


@given(texts, asked, st.data())
def test_the_best_are_those_that_fts5_puts_first(held: list[str], terms: list[str], data: st.DataObject) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(";".join((SCHEMA, *OCCURRENCES)))
        numbered = dict(enumerate(held, start=1))
        for row, text in numbered.items():
            index_words(db, "passage", row, text, None)
        for row in data.draw(st.sets(st.sampled_from(sorted(numbered)))):
            forget_words(db, "passage", row, numbered[row], None)
        passing = data.draw(st.none() | st.lists(st.booleans(), min_size=len(held), max_size=len(held)).map(np.array))
        limit = data.draw(st.integers(1, len(held) + 1))
        rows = Rows(db, passing)
        lexical = Lexical(rows)  # type: ignore[arg-type]
        matching = " OR ".join(f'"{term}"' for term in terms)
        query = "SELECT rowid, -bm25(passage_words) FROM passage_words WHERE passage_words MATCH ?"
        scores = dict(db.execute(query, (matching,))) if terms else {}
        seen = {row: score for row, score in scores.items() if passing is None or passing[row - 1]}

        best = lexical.best("passage", terms, ANY, limit)
        assert len(set(best)) == len(best) == min(limit, len(seen))
        assert [seen[row] for row in best] == pytest.approx(sorted(seen.values(), reverse=True)[:limit], rel=1e-5)
        for row, after in itertools.pairwise(best):
            assert numbered[row] != numbered[after] or row < after
        scored = lexical.scores("passage", range(1, len(held) + 1), terms)
        assert {row: score for row, (score, found) in scored.items() if found} == pytest.approx(scores, rel=1e-5)
        assert {score for score, found in scored.values() if not found} <= {0.0}
        for term in terms:
            having = {row for (row,) in db.execute(query.replace(", -bm25(passage_words)", ""), (f'"{term}"',))}
            assert {row for row, (_, found) in scored.items() if term in found} == having
            assert lexical.frequency(term) == len(having)

        before = rows.asked
        assert lexical.best("passage", terms, ANY, limit) == best
        assert rows.asked == before


def test_a_word_of_several_languages_counts_in_each_of_its_forms_as_in_fts5() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(";".join((SCHEMA, *OCCURRENCES)))
        spoken = (("The Häuser stand", None), ("Alte Häuser, neue Häuser", "de"), ("Das alte Haus", "de"))
        for row, (text, language) in enumerate(spoken, start=1):
            index_words(db, "passage", row, text, language)
        rows = Rows(db, None)
        rows.languages = frozenset({"de"})
        lexical = Lexical(rows)  # type: ignore[arg-type]
        either = " OR ".join(f'"{form}"' for form in forms("Häuser", ["de"]))
        query = "SELECT rowid, -bm25(passage_words) FROM passage_words WHERE passage_words MATCH ?"
        wanted = dict(db.execute(query, (either,)))
        assert len(wanted) == 3
        scored = lexical.scores("passage", (1, 2, 3), ["Häuser"])
        assert {row: score for row, (score, _) in scored.items()} == pytest.approx(wanted, rel=1e-5)
