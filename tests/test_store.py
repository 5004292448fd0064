"""The contract of `index.store`, held against plain numpy and a BM25 written out here. An engine is one class."""

from __future__ import annotations

import gc
import hashlib
import math
import os
import random
import re
import shutil
import sqlite3
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from uuid import uuid4

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_client import QdrantClient
from qdrant_server import QdrantServer
from word_encoder import WordHashEncoder

from index.catalogue import Catalogue
from index.errors import DamagedIndexError
from index.faiss_vectors import PASSAGE_VECTORS, SENTENCE_VECTORS, FaissVectors
from index.manifests import FILES, FORMAT, file_facts
from index.model import Article, Filters, Kind, Manifest, Source, Span
from index.passages import split
from index.qdrant_vectors import Qdrant, connected
from index.store import Store
from index.tables import DATABASE, EMBEDDED
from index.writer import StoreWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.engines import Engine as Keeping
    from index.model import Candidate, Passage

    Engine = Callable[[Path, Sequence[Article]], Store]

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
ENCODER = WordHashEncoder()
DAY = datetime(2024, 1, 1, tzinfo=UTC)


def make_faiss(folder: Path, articles: Sequence[Article]) -> Store:
    """The embedded engine with these articles; the n-th was first indexed n days after DAY."""
    return written(folder, list(enumerate(articles)))


def make_faiss_from_another(folder: Path, articles: Sequence[Article], engine: Keeping | None = None) -> Store:
    """The same, made from an index of some of them, and of others that are dropped; by another engine, if one is."""
    (folder / "base").mkdir()
    numbered = list(enumerate(articles))
    others = [(0, article(f"other{n}", f"Zebra yak {n}. The frog.\n\nThe drum {n}, the drum.")) for n in range(9)]
    changed = [(n, article(one.source.id, f"The sock was another, {n}.")) for n, one in numbered[::5]]
    base = written(folder / "base", [*others[:5], *numbered[1::5], *changed, *numbered[2::5], *others[5:]])
    dropped = [one.source.id for _, one in (*others, *changed)]
    store = written(folder, [*numbered[3::5], *numbered[::5], *numbered[4::5]], base, dropped, engine)
    base.close()
    return store


# The same articles are written hundreds of times.
cut = cache(split)


@cache
def vector_of(text: str) -> NDArray[np.float32]:
    return ENCODER.encode([text])[0]


def written(
    folder: Path,
    numbered: Sequence[tuple[int, Article]],
    base: Store | None = None,
    dropped: Sequence[str] = (),
    engine: Keeping | None = None,
) -> Store:
    """A store to which articles are added, each with the day on which it was first indexed."""
    writer = StoreWriter(folder, ENCODER.dimension, base, engine)
    for name in dropped:
        writer.drop(name)
    for number, one in numbered:
        writer.add(one, cut(one), DAY + timedelta(days=number), b"")
    passages, sentences = writer.finish({text: vector_of(text) for text in writer.new_texts()})
    kept = len(base.listings(Filters())) - len(dropped) if base else 0
    manifest = Manifest(
        format=FORMAT,
        generation=1,
        model=ENCODER.model,
        weights_sha256=ENCODER.weights_sha256,
        dimension=ENCODER.dimension,
        articles=kept + len(numbered),
        passages=passages,
        sentences=sentences,
        corpus_sha256="0" * 64,
        built_at=DAY,
        files=file_facts(folder),
        tools="",
        recall=writer.recall,
    )
    return Store(folder, manifest, engine.open) if engine else opened(folder, manifest)


def opened(folder: Path, manifest: Manifest) -> Store:
    return Store(folder, manifest, FaissVectors)


class NumpyVectors:
    """The least that an engine has to do."""

    def __init__(self, _folder: Path, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._rows = {part: ENCODER.encode(catalogue.words(part)).reshape(-1, ENCODER.dimension) for part in EMBEDDED}

    def nearest(self, part: str, vector: NDArray[np.float32], filters: Filters, limit: int) -> list[int]:
        passing = self._catalogue.passing(part, filters)
        order = map(int, np.argsort(-(self._rows[part] @ vector)))
        return [row + 1 for row in order if passing is None or passing[row]][:limit]

    def cosines(self, part: str, rows: Sequence[int], vector: NDArray[np.float32]) -> dict[int, float]:
        return {row: float(self._rows[part][row - 1] @ vector) for row in rows}

    def stored(self, part: str, rows: Sequence[int]) -> NDArray[np.float32]:
        return self._rows[part][np.array(rows, dtype=np.int64) - 1]

    def recall(self) -> None:
        return None

    def faults(self) -> Iterator[str]:
        return iter(())

    def close(self) -> None:
        self._rows.clear()


def make_numpy(folder: Path, articles: Sequence[Article]) -> Store:
    """Another engine over the same catalogue: nothing else may lean on FAISS."""
    made = make_faiss(folder, articles)
    made.close()
    return Store(folder, made.manifest, NumpyVectors)


def make_qdrant(folder: Path, articles: Sequence[Article]) -> Store:
    """Qdrant's local mode, which finds what a server does, one vector after the other in numpy."""
    return written(folder, list(enumerate(articles)), engine=Qdrant(QdrantClient(":memory:"), "test"))


def make_qdrant_from_faiss(folder: Path, articles: Sequence[Article]) -> Store:
    """The same, made from an index that is in files."""
    return make_faiss_from_another(folder, articles, Qdrant(QdrantClient(":memory:"), "test"))


ENGINES: dict[str, Engine] = {
    "faiss": make_faiss,
    "faiss from another": make_faiss_from_another,
    "numpy": make_numpy,
    "qdrant": make_qdrant,
    "qdrant from faiss": make_qdrant_from_faiss,
}


# --- a coverage to search in, and what a search must find there ------------------------------------------------------

# No two share a Porter stem; "the" stands in most passages, where BM25's inverse document frequency turns negative.
VOCABULARY = [
    *("drum", "frog", "junk", "lamp", "mask", "nurs", "plum", "quilt", "robot", "sock", "tank", "vamp", "wolf", "yak"),
    "zebra",
]


def article(
    name: str, text: str, outlet: str | None = None, published: date | None = None, body_start: int = 0
) -> Article:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    teaser = bool(body_start)
    return Article(
        Source(name, f"Title {name}", True, outlet, "Ann", published, "https://a.b/", "en", sha256, teaser),
        text,
        body_start,
    )


def coverage() -> list[Article]:
    """Two dozen articles of random words, some by one outlet, some undated, some with repeated sentences."""
    chance = random.Random(7)
    made = []
    for number in range(24):
        blocks = []
        for _ in range(chance.randint(1, 4)):
            lines = [
                " ".join(["The", *chance.choices(VOCABULARY, k=chance.randint(1, 9))]).capitalize() + "."
                for _ in range(chance.randint(1, 3))
            ]
            blocks.append(" ".join(lines))
        blocks.append(chance.choice(["🇺🇦 Frog drum.", "Also Read: Zebra zebra zebra", "The same words stand twice."]))
        outlet = [None, "Straßen Post", "STRASSEN  post", "The Wire"][number % 4]
        day = None if number % 3 == 0 else date(2023, 5, number)
        made.append(article(f"{number:02d}", "\n\n".join(blocks), outlet, day))
    return made


COVERAGE = coverage()
# What of each article is searched, by its id.
PASSAGES = {made.source.id: [p for p in cut(made) if p.kind is not Kind.RELATED] for made in COVERAGE}


@dataclass(frozen=True)
class Expected:
    """What one passage or sentence must score."""

    owner: Passage
    dense: float
    lexical: float
    matched: frozenset[str]


@cache
def tokens(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def bm25(texts: list[str], terms: Sequence[str]) -> list[float]:
    """FTS5's formula over all texts, for terms of one token each."""
    bags = [tokens(text) for text in texts]
    average = sum(map(len, bags)) / len(bags)
    scores = [0.0] * len(bags)
    for term in terms:
        holding = sum(term in bag for bag in bags)
        idf = max(math.log((len(bags) - holding + 0.5) / (holding + 0.5)), 1e-6)
        for number, bag in enumerate(bags):
            count = bag.count(term)
            scores[number] += idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * len(bag) / average))
    return scores


@cache
def vectors_of(texts: tuple[str, ...]) -> NDArray[np.float64]:
    return ENCODER.encode(texts).astype(np.float64)


def expected(vector: NDArray[np.float32], terms: Sequence[str]) -> tuple[list[Expected], list[Expected]]:
    """The scores of every passage and of every sentence of the whole coverage."""
    found = []
    passages = [passage for held in PASSAGES.values() for passage in held]
    for pairs in (
        [(passage, passage.text) for passage in passages],
        [(passage, passage.words(span)) for passage in passages for span in passage.sentences],
    ):
        texts = [text for _, text in pairs]
        cosines = vectors_of(tuple(texts)) @ vector.astype(np.float64)
        lexical = bm25(texts, terms)
        found.append(
            [
                Expected(passage, float(dense), score, frozenset(terms) & frozenset(tokens(text)))
                for (passage, text), dense, score in zip(pairs, cosines, lexical, strict=True)
            ]
        )
    return found[0], found[1]


def passes(source: Source, filters: Filters) -> bool:
    outlet = " ".join(source.outlet.casefold().split()) if source.outlet is not None else None
    return (
        all(
            outlet in {" ".join(name.casefold().split()) for name in names}
            for names in (filters.outlets, filters.visible)
            if names
        )
        and outlet not in {" ".join(name.casefold().split()) for name in filters.hidden}
        and (not filters.articles or source.id in filters.articles)
        and source.id not in filters.withdrawn
        and (not filters.since or (source.published is not None and source.published >= filters.since))
        and (not filters.until or (source.published is not None and source.published <= filters.until))
    )


def key(passage: Passage) -> tuple[str, int]:
    return passage.source.id, passage.start


def best(
    scored: Iterable[tuple[tuple[str, int], float]], limit: int
) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    """Whose passages a ranking must put forward, and whose it may where scores are equal."""
    ranked = sorted(scored, key=lambda pair: -pair[1])
    if not ranked:
        return set(), set()
    cut = ranked[min(limit, len(ranked)) - 1][1]
    within = len(ranked) <= limit
    must = {name for name, score in ranked if within or score > cut + 1e-5}
    return must, {name for name, score in ranked if score >= cut - 1e-5}


def check(
    found: list[Candidate], vector: NDArray[np.float32], terms: Sequence[str], filters: Filters, limit: int
) -> None:
    """The pool and every score in it, against what was computed here."""
    passages, sentences = expected(vector, terms)
    must: set[tuple[str, int]] = set()
    may: set[tuple[str, int]] = set()
    for rows in (passages, sentences):
        inside = [row for row in rows if passes(row.owner.source, filters)]
        for scored in (
            [(key(row.owner), row.dense) for row in inside],
            [(key(row.owner), row.lexical) for row in inside if row.matched],
        ):
            needed, allowed = best(scored, limit)
            must |= needed
            may |= allowed
    names = [key(candidate.passage) for candidate in found]
    assert len(set(names)) == len(names)
    assert must <= set(names) <= may

    by_name = {key(row.owner): row for row in passages}
    for candidate in found:
        row = by_name[key(candidate.passage)]
        assert candidate.passage == row.owner
        assert candidate.dense == pytest.approx(row.dense, abs=1e-5)
        assert candidate.lexical == pytest.approx(row.lexical, rel=1e-6, abs=1e-9)
        assert candidate.matched == row.matched
        own = [row for row in sentences if key(row.owner) == key(candidate.passage)]
        assert tuple(score.span for score in candidate.sentences) == row.owner.sentences
        for score, want in zip(candidate.sentences, own, strict=True):
            assert score.dense == pytest.approx(want.dense, abs=1e-5)
            assert score.lexical == pytest.approx(want.lexical, rel=1e-6, abs=1e-9)
            assert score.matched == want.matched


@pytest.fixture(scope="module", params=[*ENGINES, "qdrant's core", "a qdrant server"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Each engine: Qdrant's own core behind its REST interface, too, and a server where QDRANT_URL names one."""
    if request.param in ENGINES:
        yield ENGINES[request.param]
        return
    url, name = os.environ.get("QDRANT_URL"), f"test-{uuid4().hex}"
    if request.param == "qdrant's core":
        core = QdrantServer(tmp_path_factory.mktemp("qdrant"))
        url = core.url
    elif not url:
        pytest.skip("QDRANT_URL names no server")
    client = connected(url, os.environ.get("QDRANT_API_KEY"))
    kept = Qdrant(client, name)
    yield lambda folder, articles: written(folder, list(enumerate(articles)), engine=kept)
    for collection in client.get_collections().collections:
        if collection.name.startswith(name):
            client.delete_collection(collection.name)
    client.close()
    if request.param == "qdrant's core":
        core.close()


@pytest.fixture(scope="module")
def store(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = engine(tmp_path_factory.mktemp("store"), COVERAGE)
    yield made
    made.close()


# --- search ----------------------------------------------------------------------------------------------------------

_DAYS = st.none() | st.dates(date(2023, 4, 30), date(2023, 5, 15))
_FILTERS = st.builds(
    Filters,
    outlets=st.lists(st.sampled_from(["straßen post", " The  WIRE", "Nobody"]), max_size=2).map(tuple),
    articles=st.lists(st.sampled_from([made.source.id for made in COVERAGE] + ["none"]), max_size=4).map(tuple),
    since=_DAYS,
    until=_DAYS,
    visible=st.just(()) | st.just(("the WIRE",)) | st.just(("Nobody",)),
    withdrawn=st.lists(st.sampled_from([made.source.id for made in COVERAGE]), max_size=3).map(tuple),
    hidden=st.just(()) | st.just((" the WIRE",)) | st.just(("Nobody",)),
)
_QUESTIONS = st.lists(st.sampled_from([*VOCABULARY, "the", "absent"]), max_size=5, unique=True)


@given(question=_QUESTIONS, words=_QUESTIONS, filters=_FILTERS, limit=st.sampled_from([1, 2, 5, 50]))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_pool_and_scores_are_those_of_numpy_and_bm25(
    store: Store, question: list[str], words: list[str], filters: Filters, limit: int
) -> None:
    vector = vector_of(" ".join(words))
    check(store.search(vector, question, filters, limit), vector, question, filters, limit)


def test_a_search_without_filters_and_a_wide_limit_scores_everything(store: Store) -> None:
    vector = vector_of("drum frog")
    found = store.search(vector, ["drum", "frog", "the"], Filters(), 1000)
    check(found, vector, ["drum", "frog", "the"], Filters(), 1000)
    assert len(found) == store.manifest.passages > 60


@pytest.mark.parametrize(
    "filters",
    [
        Filters(outlets=("strassen POST",)),
        Filters(articles=("05",)),
        Filters(since=date(2023, 5, 10)),
        Filters(visible=("the wire",)),
        Filters(hidden=("the wire",)),
        Filters(withdrawn=("05",)),
        Filters(until=date(2023, 5, 2)),
        Filters(outlets=("the wire",), since=date(2023, 5, 7), until=date(2023, 5, 7)),
    ],
)
def test_filters_work_before_ranking_so_that_a_limit_is_filled_from_inside(store: Store, filters: Filters) -> None:
    inside = {made.source.id for made in COVERAGE if passes(made.source, filters)}
    assert 0 < len(inside) < len(COVERAGE)
    for outsider in (made for made in COVERAGE if made.source.id not in inside):
        vector = vector_of(outsider.text)  # the nearest by far are outside
        terms = sorted(set(tokens(outsider.text)) & {*VOCABULARY, "the"})
        found = store.search(vector, terms, filters, 1)
        assert {candidate.passage.source.id for candidate in found} <= inside
        check(found, vector, terms, filters, 1)
        assert found


def test_what_passes_is_found_once_for_filters_and_given_up_for_others_in_the_end(store: Store) -> None:
    filters = Filters(withdrawn=("05", "nobody"))
    for part in ("article", *EMBEDDED, "earlier"):
        found = store.passing(part, filters)
        assert found is not None
        assert store.passing(part, Filters(withdrawn=("05", "nobody"))) is found
        with pytest.raises(ValueError, match="read-only"):
            found[:1] = False
    kept = weakref.ref(found)
    del found
    for day in range(1000):
        store.passing("passage", Filters(since=date.min + timedelta(days=day)))
    gc.collect()
    assert kept() is None


@pytest.mark.parametrize("filters", [Filters(), Filters(withdrawn=("05", "07")), Filters(outlets=("the wire",))])
def test_counts_are_those_of_the_articles_that_pass(store: Store, filters: Filters) -> None:
    inside = [made for made in COVERAGE if passes(made.source, filters)]
    passages = [passage for made in inside for passage in PASSAGES[made.source.id]]
    assert store.counts(filters) == (len(inside), len(passages))


def test_undated_articles_pass_no_date_filter(store: Store) -> None:
    undated = {made.source.id for made in COVERAGE if made.source.published is None}
    for filters in (Filters(since=date.min), Filters(until=date.max)):
        passing = {listing.source.id for listing in store.listings(filters)}
        assert passing == {made.source.id for made in COVERAGE} - undated
        found = store.search(vector_of("drum"), ["drum"], filters, 1000)
        assert {candidate.passage.source.id for candidate in found} == passing


@given(question=_QUESTIONS, filters=_FILTERS, limit=st.sampled_from([1, 2, 5, 1000]))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_articles_with_terms_are_those_of_the_best_passages_by_bm25(
    store: Store, question: list[str], filters: Filters, limit: int
) -> None:
    passages, _ = expected(vector_of("x"), question)
    scored = {key(row.owner): row.lexical for row in passages if row.matched and passes(row.owner.source, filters)}
    needed, allowed = best(scored.items(), limit)
    found = store.articles_with(question, filters, limit)
    spans = {key(row.owner): row.owner.end for row in passages}
    names = [(article.source.id, span.start) for article, held in found for span in held]
    assert needed <= set(names) <= allowed
    assert len(names) == min(limit, len(scored))
    assert all(span.end == spans[article.source.id, span.start] for article, held in found for span in held)
    for article, held in found:
        assert article in COVERAGE
        assert [span.start for span in held] == sorted(span.start for span in held)
    tops = [max(scored[article.source.id, span.start] for span in held) for article, held in found]
    assert tops == pytest.approx(sorted(tops, reverse=True), abs=1e-5)


def test_articles_with_a_term_of_several_words_hold_it_as_one_run(engine: Engine, tmp_path: Path) -> None:
    made = engine(tmp_path, [article("a", "They don’t know.\n\nThey know t and don."), article("b", "Don t")])
    assert [(one.source.id, spans) for one, spans in made.articles_with(["don't"], Filters(articles=("a",)), 5)] == [
        ("a", [Span(0, 16)])
    ]
    assert made.articles_with([], Filters(), 5) == made.articles_with(['"', ""], Filters(), 5) == []
    made.close()


def test_nothing_passes_nothing_is_found(store: Store) -> None:
    assert store.search(vector_of("drum"), ["drum"], Filters(articles=("none",)), 5) == []


def test_a_word_matches_whatever_its_ending_case_and_accents(engine: Engine, tmp_path: Path) -> None:
    made = engine(tmp_path, [article("a", "ATTACKED the café. Nothing.")])
    (found,) = made.search(vector_of("x"), ["attacks", "CAFE", "attack on"], Filters(), 5)
    assert found.matched == {"attacks", "CAFE"}
    assert [score.matched for score in found.sentences] == [{"attacks", "CAFE"}, frozenset()]
    assert made.document_frequency(["attacking", "café", "nothing", "not"]) == {
        "attacking": 1, "café": 1, "nothing": 1, "not": 0,
    }  # fmt: skip
    made.close()


def test_a_term_of_several_words_must_stand_as_one_run(engine: Engine, tmp_path: Path) -> None:
    made = engine(tmp_path, [article("a", "They don’t know.\n\nThey know t and don.")])
    found = made.search(vector_of("x"), ["don't"], Filters(), 5)
    assert {c.passage.paragraph: c.matched for c in found} == {1: {"don't"}, 2: frozenset()}
    made.close()


@pytest.mark.parametrize(
    "term",
    ['"', '""', '"drum', 'drum"', "dru*", "*", "^drum", "drum OR frog", "drum AND frog", "NOT drum", "NEAR(drum frog)",
     "words:drum", "a : drum", "{words}:drum", "-drum", "+", "(", ")", "yak + yak + yak", "; DROP TABLE a", "'", "%",
     "?", "", " ", "…", "🇺🇦", "\n",
     "drum\0frog"],
)  # fmt: skip
def test_no_character_of_a_term_is_an_operator(store: Store, term: str) -> None:
    words = tokens(term)
    if term.strip() not in {'"drum', 'drum"', "^drum", "-drum"}:  # which are the plain word between marks
        assert store.document_frequency([term]) == {term: 0}
        assert not any(c.matched for c in store.search(vector_of("x"), [term], Filters(), 50))
    else:
        assert store.document_frequency([term])[term] == store.document_frequency(words)["drum"]
    with_drum = store.search(vector_of("x"), ["drum", term], Filters(), 1000)
    plain = store.search(vector_of("x"), ["drum"], Filters(), 1000)
    assert [c.passage for c in with_drum] == [c.passage for c in plain]
    assert all(("drum" in a.matched) == ("drum" in b.matched) for a, b in zip(with_drum, plain, strict=True))


def test_document_frequency_counts_passages_of_the_whole_index(store: Store) -> None:
    texts = [tokens(passage.text) for held in PASSAGES.values() for passage in held]
    terms = [*VOCABULARY, "the", "absent", "also"]
    assert store.document_frequency(terms) == {term: sum(term in text for text in texts) for term in terms}
    assert store.document_frequency([]) == {}


def test_several_threads_find_what_one_finds(store: Store) -> None:
    questions = [(word, other, limit) for word in VOCABULARY for other in ("the", "frog") for limit in (1, 7)]

    def ask(question: tuple[str, str, int]) -> tuple[list[Candidate], dict[str, int], int]:
        word, other, limit = question
        found = store.search(vector_of(word), [word, other], Filters(outlets=("the wire",)), limit)
        return found, store.document_frequency([word]), len(store.listings(Filters()))

    alone = [ask(question) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, questions * 3)) == alone * 3


# --- what is stored --------------------------------------------------------------------------------------------------


def test_articles_come_back_as_they_were_given(engine: Engine, tmp_path: Path) -> None:
    given_ = [
        article(
            "b/ü", "x" * 9 + "🇺🇦 Words.\u2028\n\nAlso Read: This link\n\nMore \u00a0 words. ", None, None, body_start=9
        ),
        article("a", "Fine.", 'O\'Brien "Times"', date(2023, 5, 4)),
        Article(Source("c", "C", False, None, None, None, None, None, hashlib.sha256(b"Words.").hexdigest()), "Words."),
    ]
    made = engine(tmp_path, given_)
    for one in given_:
        assert made.article(one.source.id) == one
    assert made.article("A") is None
    listings = made.listings(Filters())
    assert [(row.source, row.passages, row.indexed_at) for row in listings] == [
        (given_[1].source, 1, DAY + timedelta(days=1)),
        (given_[0].source, 2, DAY),
        (given_[2].source, 1, DAY + timedelta(days=2)),
    ]
    assert [row.source.id for row in made.listings(Filters(outlets=('o\'brien "TIMES"',)))] == ["a"]
    assert {c.passage.text for c in made.search(vector_of("x"), [], Filters(), 9)} == {
        "🇺🇦 Words.",
        "More \u00a0 words.",
        "Fine.",
        "Words.",
    }
    made.close()


@given(filters=_FILTERS)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_listings_are_the_articles_that_pass_by_id(store: Store, filters: Filters) -> None:
    wanted = [made.source for made in COVERAGE if passes(made.source, filters)]
    listings = store.listings(filters)
    assert [listing.source for listing in listings] == wanted
    assert store.counts(filters) == (len(wanted), sum(listing.passages for listing in listings))


@given(filters=_FILTERS | st.just(Filters()))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_outlets_are_those_that_pass_each_told_once(store: Store, filters: Filters) -> None:
    wanted = {made.source.outlet for made in COVERAGE if made.source.outlet and passes(made.source, filters)}
    assert list(store.outlets(filters)) == sorted(wanted)


def test_every_embedded_text_has_its_vector_and_related_links_have_none(store: Store) -> None:
    vectors = list(store.vectors())
    passages = [passage for held in PASSAGES.values() for passage in held]
    texts = [p.text for p in passages] + [p.words(span) for p in passages for span in p.sentences]
    assert sorted(text for text, _ in vectors) == sorted(texts)
    embedded = ENCODER.encode([text for text, _ in vectors])
    np.testing.assert_allclose(np.stack([v for _, v in vectors]), embedded, atol=1e-7)


def test_only_the_vectors_that_are_wanted_are_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.store.CHUNK", 2)
    every = list(store.vectors())
    wanted = {text for text, _ in every[::3]}
    found = list(store.vectors(wanted.__contains__))
    assert [text for text, _ in found] == [text for text, _ in every if text in wanted]
    for text, vector in found:
        assert np.allclose(vector, vector_of(text))


def test_a_store_without_articles_answers_everything_with_nothing(engine: Engine, tmp_path: Path) -> None:
    made = engine(tmp_path, [])
    assert made.search(vector_of("drum"), ["drum"], Filters(), 5) == []
    assert made.search(vector_of("drum"), ["drum"], Filters(outlets=("x",)), 5) == []
    assert made.listings(Filters()) == list(made.vectors()) == []
    assert (made.article("a"), made.document_frequency(["drum"])) == (None, {"drum": 0})
    made.close()


# --- the embedded engine: what it notices about its own files --------------------------------------------------------


@pytest.fixture
def faiss_folder(tmp_path: Path) -> tuple[Path, Manifest]:
    made = make_faiss(tmp_path, COVERAGE)
    assert list(made.faults()) == []
    made.close()
    return tmp_path, made.manifest


def refreshed(folder: Path, manifest: Manifest) -> Manifest:
    """A manifest that agrees with altered files, so that only their content can tell."""
    return replace(manifest, files=file_facts(folder))


def test_a_table_that_is_gone_is_told_in_a_sentence(faiss_folder: tuple[Path, Manifest]) -> None:
    folder, manifest = faiss_folder
    with closing(sqlite3.connect(folder / DATABASE)) as db, db:
        db.execute("DROP TABLE title_words")
    store = opened(folder, refreshed(folder, manifest))
    with pytest.raises(DamagedIndexError, match=r"cannot be read \(no such table: title_words_docsize\)\. Run `on-the"):
        store.search(vector_of("drum"), ["drum"], Filters(), 5)
    assert store.listings(Filters())  # the lock was let go


def test_a_search_takes_one_thread_and_leaves_others_theirs(faiss_folder: tuple[Path, Manifest]) -> None:
    store = opened(*faiss_folder)

    def threads(*, searched: bool) -> int:
        faiss.omp_set_num_threads(3)
        if searched:
            store.search(vector_of("drum"), ["drum"], Filters(), 5)
        return int(faiss.omp_get_max_threads())

    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        assert other.submit(threads, searched=False).result() == 3
        assert one.submit(threads, searched=True).result() == 1
        assert other.submit(faiss.omp_get_max_threads).result() == 3
    store.close()


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE article SET text = 'x' || text WHERE row = 3", "02: the stored text is not the one that was indexed"),
        ('UPDATE passage SET "end" = 99999 WHERE row = 1', "00, paragraph 1: offsets lie outside the text"),
        ("UPDATE passage SET start = -1 WHERE row = 1", "00, paragraph 1: offsets lie outside the text"),
        ('UPDATE passage SET "end" = start WHERE row = 1', "00, paragraph 1: offsets lie outside the text"),
        ("UPDATE sentence SET start = start - 1 WHERE row = 1", "00, paragraph 1: a sentence lies outside its passage"),
        ('UPDATE sentence SET "end" = 99999 WHERE row = 1', "00, paragraph 1: a sentence lies outside its passage"),
        ("INSERT INTO passage_words (rowid, words) VALUES (9999, 'x')", "the lexical index holds"),
        ("INSERT INTO sentence_words (rowid, words) VALUES (9999, 'x')", "the lexical index holds"),
    ],
)  # fmt: skip
def test_a_changed_row_is_a_fault(faiss_folder: tuple[Path, Manifest], statement: str, fault: str) -> None:
    folder, manifest = faiss_folder
    with closing(sqlite3.connect(folder / DATABASE)) as db, db:
        db.execute(statement)
    store = opened(folder, refreshed(folder, manifest))
    assert any(fault in told for told in store.faults())
    store.close()


@pytest.mark.parametrize("name", [PASSAGE_VECTORS, SENTENCE_VECTORS])
def test_a_vector_that_is_not_of_unit_length_is_a_fault(faiss_folder: tuple[Path, Manifest], name: str) -> None:
    folder, manifest = faiss_folder
    flat = faiss.read_index(str(folder / name))
    rows = flat.reconstruct_n(0, flat.ntotal)
    rows[-1] *= 1.1
    flat.reset()
    flat.add(rows)
    faiss.write_index(flat, str(folder / name))
    store = opened(folder, refreshed(folder, manifest))
    assert [told for told in store.faults() if "not of unit length" in told]
    store.close()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("harm", ["missing", "cut", "garbage", "empty"])
def test_a_file_that_is_missing_cut_or_garbage_cannot_be_opened(
    faiss_folder: tuple[Path, Manifest], name: str, harm: str
) -> None:
    folder, manifest = faiss_folder
    raw = (folder / name).read_bytes()
    if harm == "missing":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes({"cut": raw[: len(raw) // 2], "garbage": b"\xa5" * len(raw), "empty": b""}[harm])
    with pytest.raises(
        DamagedIndexError, match="missing" if harm == "missing" else "bytes instead of|cannot be opened"
    ):
        opened(folder, manifest)


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_cannot_be_opened_even_if_the_manifest_agrees(
    faiss_folder: tuple[Path, Manifest], name: str
) -> None:
    folder, manifest = faiss_folder
    raw = (folder / name).read_bytes()
    (folder / name).write_bytes(raw[:100])
    with pytest.raises(DamagedIndexError, match=r"cannot be opened: .+\.$"):
        opened(folder, refreshed(folder, manifest))


def test_a_file_that_goes_while_the_store_is_opened_is_damage(faiss_folder: tuple[Path, Manifest]) -> None:
    folder, manifest = faiss_folder

    def pruned(folder: Path, catalogue: Catalogue) -> FaissVectors:
        (folder / SENTENCE_VECTORS).unlink()
        return FaissVectors(folder, catalogue)

    with pytest.raises(DamagedIndexError, match="cannot be opened"):
        Store(folder, manifest, pruned)
    (folder / DATABASE).unlink()
    with pytest.raises(DamagedIndexError, match="cannot be opened: unable to open database file"):
        Catalogue(folder, manifest)


@pytest.mark.parametrize("change", [{"passages": 1}, {"sentences": 1}, {"dimension": 63}])
def test_files_that_do_not_fit_the_manifest_cannot_be_opened(
    faiss_folder: tuple[Path, Manifest], change: dict[str, int]
) -> None:
    folder, manifest = faiss_folder
    with pytest.raises(DamagedIndexError, match="SQLite and FAISS hold different passages"):
        opened(folder, replace(manifest, **change))


def test_swapped_vector_files_cannot_be_opened(faiss_folder: tuple[Path, Manifest]) -> None:
    folder, manifest = faiss_folder
    (folder / PASSAGE_VECTORS).rename(folder / "aside")
    (folder / SENTENCE_VECTORS).rename(folder / PASSAGE_VECTORS)
    (folder / "aside").rename(folder / SENTENCE_VECTORS)
    with pytest.raises(DamagedIndexError, match="SQLite and FAISS hold different passages"):
        opened(folder, refreshed(folder, manifest))


@pytest.mark.parametrize(
    "name",
    [
        PASSAGE_VECTORS,
        SENTENCE_VECTORS,
    ],
)
def test_vectors_of_another_length_cannot_be_opened(faiss_folder: tuple[Path, Manifest], name: str) -> None:
    folder, manifest = faiss_folder
    flat = faiss.read_index(str(folder / name))
    short = faiss.IndexFlatIP(32)
    short.add(np.ascontiguousarray(flat.reconstruct_n(0, flat.ntotal)[:, :32]))
    faiss.write_index(short, str(folder / name))
    with pytest.raises(DamagedIndexError):
        opened(folder, refreshed(folder, manifest))


def test_texts_longer_than_one_chunk_keep_their_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("store", "writer", "faiss_vectors"):
        monkeypatch.setattr(f"index.{module}.CHUNK", 4)
    made = make_faiss(tmp_path, COVERAGE)
    assert list(made.faults()) == []
    for text, vector in made.vectors():
        np.testing.assert_allclose(vector, ENCODER.encode([text])[0], atol=1e-7)
    vector = vector_of("drum")
    check(made.search(vector, ["drum"], Filters(), 5), vector, ["drum"], Filters(), 5)
    made.close()


def test_a_store_made_from_another_holds_the_words_of_a_new_one_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "from").mkdir()
    stores = make_faiss(tmp_path / "new", COVERAGE), make_faiss_from_another(tmp_path / "from", COVERAGE)
    for table in ("title", "passage", "sentence", "earlier"):
        held = []
        for folder in ("new", "from"):
            with closing(sqlite3.connect(tmp_path / folder / DATABASE)) as db:
                db.execute(f"CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, {table}_words, row)")
                held.append(db.execute("SELECT term, doc, cnt FROM temp.vocabulary").fetchall())
        assert held[0] == held[1]
        assert held[0] or table == "earlier"
    for store in stores:
        assert list(store.faults()) == []
        store.close()


@settings(deadline=None)
@given(data=st.data())
def test_whatever_is_dropped_and_added_rows_have_no_gaps_and_vectors_fit_their_texts(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    articles = [*enumerate(COVERAGE)]
    first = data.draw(st.lists(st.sampled_from(articles), unique_by=lambda pair: pair[0]))
    (folder / "0").mkdir()
    store = written(folder / "0", first)
    held = dict(first)
    for step in range(1, 4):
        dropped = data.draw(st.lists(st.sampled_from(sorted(held)), unique=True)) if held else []
        held = {number: one for number, one in held.items() if number not in dropped}
        others = [pair for pair in articles if pair[0] not in held]
        added = data.draw(st.lists(st.sampled_from(others), unique_by=lambda pair: pair[0])) if others else []
        held |= dict(added)
        (folder / str(step)).mkdir()
        after = written(folder / str(step), added, store, [COVERAGE[number].source.id for number in dropped])
        store.close()
        store = after
        assert list(store.faults()) == []
        for text, vector in store.vectors():
            assert np.array_equal(vector, vector_of(text))
        expected = sorted(COVERAGE[number].source.id for number in held)
        assert [listing.source.id for listing in store.listings(Filters())] == expected
        found = store.search(vector_of("the"), ["the"], Filters(), 10_000)
        parts = [passage for number in held for passage in PASSAGES[COVERAGE[number].source.id]]
        assert sorted((c.passage.source.id, c.passage.start, c.passage.sentences) for c in found) == sorted(
            (p.source.id, p.start, p.sentences) for p in parts
        )
    store.close()
    shutil.rmtree(folder)
