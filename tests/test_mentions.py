from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from word_encoder import WordHashEncoder

from index.build import build
from index.generations import Generations
from index.mentions import mentions
from index.model import ANY, Filters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.faiss_store import FaissStore

    from index.search import Ranking

TEXTS = {
    "both": "Nothing happened. The library bought three pelicans on Monday.\n\nA library is quiet, and so was it.",
    "library": "The libraries were closed on Tuesday.",
    "pelican": "A pelican was seen. Nobody knew why.",
    "adviser": "Mykhailo Podoliak spoke of it in Kyiv.",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaissStore]:
    folder = tmp_path_factory.mktemp("mentions")
    (folder / "corpus").mkdir()
    for name, text in TEXTS.items():
        (folder / "corpus" / f"{name}.txt").write_text(text, encoding="utf-8")
    build(folder / "corpus", folder / "data", WordHashEncoder())
    opened, _ = Generations(folder / "data").open_current()
    yield opened
    opened.close()


def found(query: str, store: FaissStore, filters: Filters = ANY) -> Ranking:
    return mentions(query, store, WordHashEncoder(), filters)


def best(ranking: Ranking) -> list[str]:
    return [hit.passage.words(hit.best) for hit in ranking.hits]


def test_every_passage_with_the_word_in_any_form_is_found_by_the_sentence_that_has_it(store: FaissStore) -> None:
    ranking = found("library", store)
    assert sorted(best(ranking)) == [
        "A library is quiet, and so was it.",
        "The libraries were closed on Tuesday.",
        "The library bought three pelicans on Monday.",
    ]
    assert ranking.confidence == 1.0
    assert {hit.score for hit in ranking.hits} == {1.0}
    assert {hit.answer for hit in ranking.hits} == {None}
    assert best(found("Podolyak", store)) == ["Mykhailo Podoliak spoke of it in Kyiv."]


def test_of_two_words_both_count_where_some_passage_has_both(store: FaissStore) -> None:
    assert best(found("library pelican", store)) == ["The library bought three pelicans on Monday."]
    ranking = found("Kyiv pelican", store)
    assert {hit.passage.source.id for hit in ranking.hits} == {"both", "pelican", "adviser"}
    assert [hit.score for hit in ranking.hits] == sorted((hit.score for hit in ranking.hits), reverse=True)
    assert all(0 < hit.score < 1 for hit in ranking.hits)


def test_a_word_that_stands_nowhere_there_finds_nothing(store: FaissStore) -> None:
    assert found("unicorn", store).hits == found("library unicorn", store).hits == ()
    assert found("unicorn", store).confidence == 0.0
    for seen in (Filters(articles=("pelican",)), Filters(withdrawn=("both", "library"))):
        assert found("library", store, seen).hits == ()
    assert best(found("pelican", store, Filters(articles=("pelican",)))) == ["A pelican was seen."]


def test_words_in_quotation_marks_stand_as_they_are(store: FaissStore) -> None:
    assert best(found("“three pelicans”", store)) == ["The library bought three pelicans on Monday."]
    assert found("“pelicans three”", store).hits == ()
