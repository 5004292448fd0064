"""The tables of a generation's catalogue: how they are laid out, read under filters, and found to be as written."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import TYPE_CHECKING

from index.sums import row_sum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.model import Filters

DATABASE = "articles.sqlite"
# The tables whose rows have vectors.
EMBEDDED = ("passage", "sentence")
SCHEMA = """
CREATE TABLE article (
    row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, title TEXT NOT NULL, title_given INTEGER NOT NULL, outlet TEXT,
    outlet_key TEXT, author TEXT, published TEXT, url TEXT, language TEXT, sha256 TEXT NOT NULL,
    teaser INTEGER NOT NULL, body_start INTEGER NOT NULL, spoken TEXT, indexed_at TEXT NOT NULL,
    passages INTEGER NOT NULL, text TEXT NOT NULL, signature BLOB NOT NULL, story INTEGER, sum BLOB
) STRICT;
CREATE TABLE passage (
    row INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES article, paragraph INTEGER NOT NULL,
    kind TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, sum BLOB
) STRICT;
CREATE TABLE sentence (
    row INTEGER PRIMARY KEY, passage INTEGER NOT NULL REFERENCES passage, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, sum BLOB
) STRICT;
CREATE TABLE earlier (
    row INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES article, title TEXT NOT NULL,
    title_given INTEGER NOT NULL, outlet TEXT, author TEXT, published TEXT, url TEXT, language TEXT,
    sha256 TEXT NOT NULL, teaser INTEGER NOT NULL, body_start INTEGER NOT NULL, spoken TEXT, until TEXT NOT NULL,
    origin TEXT NOT NULL, text TEXT NOT NULL, sum BLOB
) STRICT;
CREATE TABLE statement (
    row INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES article, sort TEXT NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, keys TEXT NOT NULL, told TEXT NOT NULL, sum BLOB
) STRICT;
CREATE TABLE statement_key (
    key TEXT NOT NULL, statement INTEGER NOT NULL REFERENCES statement, PRIMARY KEY (key, statement)
) STRICT, WITHOUT ROWID;
CREATE TABLE name (key TEXT NOT NULL, spelling TEXT NOT NULL) STRICT;
CREATE INDEX article_by_story ON article (story);
CREATE INDEX passage_by_article ON passage (article);
CREATE INDEX earlier_by_article ON earlier (article);
CREATE INDEX sentence_by_passage ON sentence (passage);
CREATE INDEX statement_by_article ON statement (article, sort, start);
"""
# The parts whose words are indexed, each under the rows of its table.
WORDED = ("title", "passage", "sentence", "earlier")
# Porter stems English and leaves other words alone; diacritics are folded, punctuation parts words.
TOKENIZER = "porter unicode61 remove_diacritics 2"
SCHEMA += "".join(
    f"CREATE VIRTUAL TABLE {part}_words USING fts5 (words, content='', tokenize='{TOKENIZER}');" for part in WORDED
)
# Views of these indexes that each connection has for itself: a row wherever a token stands.
OCCURRENCES = tuple(
    f"CREATE VIRTUAL TABLE temp.{part}_tokens USING fts5vocab (main, {part}_words, instance)" for part in WORDED
)
# What the `sum` of a table's rows is of: all that is shown or decides what is, but texts, which have their own hash.
_TOLD = ("title", "title_given", "outlet", "author", "published", "url", "language", "sha256", "teaser")
SUMMED = {
    "article": ("row", "id", "outlet_key", "body_start", "spoken", "indexed_at", "passages", *_TOLD),
    "passage": ("article", "paragraph", "kind", "start", '"end"'),
    "sentence": ("passage", "start", '"end"'),
    "earlier": ("article", "body_start", "spoken", "until", "origin", *_TOLD),
    "statement": ("article", "sort", "start", '"end"', "keys", "told"),
}


def intact(table: str) -> str:
    """SQL for whether a row of a table, which goes by its first letter, is as it was written."""
    return f"({table[0]}.sum IS row_sum({', '.join(f'{table[0]}.{column}' for column in SUMMED[table])}))"


CARD = f"{intact('article')}, a.id, " + ", ".join(f"a.{column}" for column in _TOLD)
EARLIER = (
    f"SELECT {intact('earlier')} AND {intact('article')}, a.id, {', '.join(f'e.{column}' for column in _TOLD)}, "
    "e.text, e.body_start, e.spoken, e.until, e.origin, e.row FROM earlier e JOIN article a ON a.row = e.article"
)
PASSAGES = "FROM passage p JOIN article a ON a.row = p.article"
# The rows with vectors, the words that are embedded and the language of these.
TEXTS = {
    "passage": f'SELECT p.row AS row, substr(a.text, p.start + 1, p."end" - p.start) AS words, a.spoken {PASSAGES}',
    "sentence": 'SELECT s.row AS row, substr(a.text, s.start + 1, s."end" - s.start) AS words, a.spoken '
    "FROM sentence s JOIN passage p ON p.row = s.passage JOIN article a ON a.row = p.article",
}
# Where each of these rows stands, and what filters ask of its article.
_PLACED = "a.id, a.sha256, a.outlet_key, a.published"
PLACES = {
    "passage": f'SELECT p.row AS row, {_PLACED}, p.start, p."end" {PASSAGES}',
    "sentence": f'SELECT s.row AS row, {_PLACED}, s.start, s."end" '
    "FROM sentence s JOIN passage p ON p.row = s.passage JOIN article a ON a.row = p.article",
}
AMONG = "(SELECT value FROM json_each(?))"
EVERY = "TRUE"  # the condition that all meet


def outlet_key(name: str) -> str:
    """What makes two spellings of an outlet's name the same: letters without case, single spaces."""
    return " ".join(name.casefold().split())


def _outlet_key(name: str | None) -> str | None:
    return None if name is None else outlet_key(name)


def connect(uri: str) -> sqlite3.Connection:
    """A connection that knows the functions which these tables are asked with."""
    db = sqlite3.connect(uri, uri=True, check_same_thread=False)
    db.execute("PRAGMA temp_store = MEMORY")  # to open a generation, no disk need have room
    db.create_function("outlet_key", 1, _outlet_key, deterministic=True)
    db.create_function("row_sum", -1, row_sum, deterministic=True)
    return db


def condition_of_earlier(filters: Filters) -> tuple[str, list[str]]:
    """An SQL condition on `earlier e` of `article a` and its values: it must pass as it was, and its article now."""
    where, values = condition(filters)
    if filters.withdrawn:  # what was withdrawn stays so where another article has taken its place
        where = f"{where} AND e.origin NOT IN {AMONG}"
        values.append(json.dumps(filters.withdrawn))
    for test, outlets in (("IN", filters.visible), ("NOT IN", filters.hidden)):
        if outlets:
            where = f"{where} AND ifnull(outlet_key(e.outlet), '') {test} {AMONG}"
            values.append(json.dumps([*map(outlet_key, outlets)]))
    return where, values


def condition(filters: Filters) -> tuple[str, list[str]]:
    """An SQL condition on `article a` and its values."""
    conditions, values = [], []
    for column, wanted in (
        ("a.outlet_key IN", tuple(map(outlet_key, filters.outlets))),
        ("a.outlet_key IN", tuple(map(outlet_key, filters.visible))),
        ("ifnull(a.outlet_key, '') NOT IN", tuple(map(outlet_key, filters.hidden))),
        ("a.id IN", filters.articles),
        ("a.id NOT IN", filters.withdrawn),
    ):
        if wanted:
            conditions.append(f"{column} {AMONG}")
            values.append(json.dumps(wanted))
    for comparison, day in ((">=", filters.since), ("<=", filters.until)):
        if day:
            conditions.append(f"a.published {comparison} ?")
            values.append(day.isoformat())
    return " AND ".join(conditions) or EVERY, values


def faults(db: sqlite3.Connection) -> Iterator[str]:
    """Every way in which texts, offsets and hashes do not agree, as sentences; none when all is well."""
    for (answer,) in db.execute("PRAGMA integrity_check"):
        if answer != "ok":
            yield f"SQLite: {answer}"
    stored = "SELECT id, text, sha256 FROM article UNION ALL SELECT a.id, e.text, e.sha256"
    for name, text, sha256 in db.execute(f"{stored} FROM earlier e JOIN article a ON a.row = e.article"):
        if hashlib.sha256(text.encode()).hexdigest() != sha256:
            yield f"{name}: the stored text is not the one that was indexed"
    for table in SUMMED:
        query = f"SELECT count(*) FROM {table} {table[0]} WHERE NOT {intact(table)}"
        ((changed,),) = db.execute(query).fetchall()
        if changed:
            yield f"{changed} of the rows of {table} are not as they were written"
    outside = db.execute(
        f'SELECT a.id, p.paragraph {PASSAGES} WHERE p.start < 0 OR p."end" <= p.start OR p."end" > length(a.text)'
    )
    yield from (f"{name}, paragraph {number}: offsets lie outside the text" for name, number in outside)
    outside = db.execute(
        f"SELECT a.id, p.paragraph {PASSAGES} JOIN sentence s ON s.passage = p.row "
        'WHERE s.start < p.start OR s."end" > p."end" OR s."end" <= s.start'
    )
    yield from (f"{name}, paragraph {number}: a sentence lies outside its passage" for name, number in outside)
    outside = db.execute(
        "SELECT a.id, s.sort FROM statement s JOIN article a ON a.row = s.article "
        'WHERE s.start < 0 OR s."end" <= s.start OR s."end" > length(a.text)'
    )
    yield from (f"{name}: the words of a {sort} lie outside the text" for name, sort in outside)
    keys = "SELECT k.value, s.row FROM statement s, json_each(s.keys) k"
    apart = f"SELECT * FROM ({keys} EXCEPT {{0}}) UNION ALL SELECT * FROM ({{0}} EXCEPT {keys})"
    query = f"SELECT count(*) FROM ({apart.format('SELECT key, statement FROM statement_key')})"
    if db.execute(query).fetchone() != (0,):
        yield "what statements are looked up by does not fit them"
