"""Articles compared: figures that differ, one excerpt from each article, and nothing of what may not be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import dated_corpus
from word_encoder import WordHashEncoder

from bot import contract, terminal, wording
from bot.answer import Reason, Way
from bot.compare import outlets_of
from bot.desk import Desk
from bot.records.sent import SentAnswer, sent
from index.build import build
from index.model import Filters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUESTION = "How many worshippers were killed in the mosque in Sokoto?"
WIRE = "Gunmen killed nine worshippers at a mosque in Sokoto on Friday, police said."
ARTICLES = {
    "wire": ("The Wire", "2024-05-03", WIRE),
    "copy": ("The Copy", "2024-05-05", WIRE),
    "post": ("The Post", "2024-05-04", "Police said 13 worshippers were killed at the mosque in Sokoto on Friday."),
    "late": ("The Late", "2024-05-06", "The governor prayed with worshippers in the mosque in Sokoto."),
    "ships": ("The Port", "2024-05-02", "Two ships collided off Rotterdam, and nobody was hurt."),
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    corpus = dated_corpus(tmp_path / "corpus", ARTICLES)
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder, caution=(0.0, 0.0))
    yield desk
    desk.close()


async def test_an_answer_tells_where_a_figure_of_its_first_excerpt_differs(desk: Desk) -> None:
    answer = await desk.ask(QUESTION, Filters(outlets=("The Wire",)))
    [differing] = answer.excerpts[0].differing
    article = await desk.article(differing.passage.source.id)
    assert article
    assert article.text[differing.there.start : differing.there.end] == "13 worshippers"
    assert answer.excerpts[0].text[differing.here.start - answer.excerpts[0].start :].startswith("nine worshippers")
    assert "Figures differ: “nine worshippers” here, “13 worshippers” in post, The Post, paragraph 1" in (
        terminal.as_text(answer)
    )
    [told] = contract.as_json(answer)["excerpts"][0]["differing"]  # type: ignore[index]
    assert told["there"]["text"] == article.text[told["there"]["start"] : told["there"]["end"]]
    assert told["there"]["article"]["outlet"] == "The Post"


async def test_a_figure_of_an_outlet_that_may_not_be_seen_is_not_told(desk: Desk) -> None:
    for way in (Way.BEST, Way.COMPARED, Way.FIGURES):
        answer = await desk.ask(QUESTION, Filters(visible=("The Wire", "The Copy", "The Late")), 10, way=way)
        assert answer.excerpts
        assert not any(excerpt.differing for excerpt in answer.excerpts)
        assert "The Post" not in terminal.as_text(answer)
        assert answer.articles == 3


async def test_compared_articles_are_told_once_each_the_oldest_first_without_copies(desk: Desk) -> None:
    answer = await desk.ask(QUESTION, count=10, way=Way.COMPARED)
    outlets = [excerpt.source.outlet for excerpt in answer.excerpts]
    days = [excerpt.source.published for excerpt in answer.excerpts if excerpt.source.published]
    assert days == sorted(days)
    assert "The Copy" not in outlets
    assert {"The Wire", "The Post"} <= set(outlets)
    assert len(outlets) == len(set(outlets))
    assert [excerpt.number for excerpt in answer.excerpts] == list(range(1, len(outlets) + 1))
    wire = answer.excerpts[outlets.index("The Wire")]
    assert [place.source.outlet for place in wire.also_in] == ["The Copy"]


async def test_articles_in_which_nothing_is_found_are_named(desk: Desk) -> None:
    desk._answerer.caution = (0.3, 0.5)
    answer = await desk.ask(QUESTION, count=10, way=Way.COMPARED)
    found = {excerpt.source.outlet for excerpt in answer.excerpts}
    without = {source.outlet for source in answer.without}
    assert "The Port" in without
    assert not found & without
    assert "Nothing was found in " in " ".join(wording.remarks(answer))
    assert contract.as_json(answer)["mode"] == "compared"


async def test_pages_of_a_comparison_have_each_row_once(desk: Desk) -> None:
    whole = await desk.ask(QUESTION, count=10, way=Way.COMPARED)
    pages = [await desk.ask(QUESTION, count=1, skip=skip, way=Way.COMPARED) for skip in range(len(whole.excerpts) + 1)]
    assert [excerpt for page in pages for excerpt in page.excerpts] == list(whole.excerpts)
    assert not pages[-1].excerpts


async def test_figures_stand_beside_those_that_differ_and_are_marked(desk: Desk) -> None:
    answer = await desk.ask(QUESTION, count=10, way=Way.FIGURES)
    marked = [excerpt.parts[1] for excerpt in answer.excerpts]
    assert set(marked[:2]) == {"nine worshippers", "13 worshippers"}
    assert all(marked)
    assert "governor" not in " ".join(excerpt.text for excerpt in answer.excerpts)
    assert [excerpt.number for excerpt in answer.excerpts] == list(range(1, len(marked) + 1))
    places = [(excerpt.source.id, excerpt.start) for excerpt in answer.excerpts]
    assert len(places) == len(set(places))


async def test_where_no_figure_stands_that_is_said(desk: Desk) -> None:
    answer = await desk.ask("Who prayed?", Filters(outlets=("The Late",)), way=Way.FIGURES)
    assert answer.refusal
    assert answer.refusal.reason is Reason.NOTHING_NEAR
    assert answer.refusal.message == wording.NO_FIGURES


async def test_what_is_kept_of_an_answer_says_how_it_was_answered(desk: Desk) -> None:
    answer = await desk.ask(QUESTION, way=Way.COMPARED)
    fields = sent(answer).as_fields()
    assert SentAnswer.from_fields(fields).way is Way.COMPARED
    del fields["way"]  # as it was kept before there were ways
    assert SentAnswer.from_fields(fields).way is Way.BEST


def test_outlets_are_listed_with_semicolons() -> None:
    assert outlets_of(' The Paper; "B" ;; ') == ("The Paper", '"B"')
    assert outlets_of(None) == ()
