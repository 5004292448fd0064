"""A timeline: passages by the days that they speak of, as resolved and with how; nothing of what may not be seen."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from conftest import dated_corpus
from word_encoder import WordHashEncoder

from bot import contract, credit, terminal, wording
from bot.answer import Reason, Way
from bot.desk import Desk
from index.build import build
from index.model import Filters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUESTION = "What happened to the bridge in Lugo?"
OPENED = "The bridge in Lugo was opened to traffic on Wednesday at 9 a.m., the mayor said."
ARTICLES = {
    "late": ("The Late", "2024-05-20", "The bridge in Lugo was planned in March 2019. The bridge has two lanes."),
    "wire": ("The Wire", "2024-05-09", OPENED),
    "copy": ("The Copy", "2024-05-10", OPENED),
    "post": ("The Post", "2024-05-07", "The bridge in Lugo will be blessed by the bishop on Friday, 10 May 2024."),
    "star": ("The Star", "2024-05-08", "Today, the bridge in Lugo was painted blue, at 7 a.m. in the morning."),
    "open": ("The Open", "2024-05-08", "The bridge in Lugo would be named after the mayor on Sunday."),
    "none": ("The None", "2024-05-08", "The bridge in Lugo is the longest bridge of the province."),
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    corpus = dated_corpus(tmp_path / "corpus", ARTICLES)
    (corpus / "undated.txt").write_text("The bridge in Lugo was closed for a marathon on Monday.\n", encoding="utf-8")
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder, caution=(0.0, 0.0))
    yield desk
    desk.close()


async def test_passages_come_by_the_day_they_speak_of_and_what_is_not_worked_out_last(desk: Desk) -> None:
    answer = await desk.ask(QUESTION, count=10, way=Way.TIMELINE)
    assert [(excerpt.source.outlet, excerpt.parts[1]) for excerpt in answer.excerpts] == [
        ("The Late", "March 2019"),
        ("The Star", "Today"),
        ("The Wire", "Wednesday"),
        ("The Post", "Friday, 10 May 2024"),
        ("The Open", "Sunday"),
        (None, "Monday"),
    ]
    assert [excerpt.number for excerpt in answer.excerpts] == [1, 2, 3, 4, 5, 6]
    for excerpt in answer.excerpts:
        article = await desk.article(excerpt.source.id)
        assert article
        assert article.text[excerpt.start : excerpt.end] == excerpt.text
        for moment in excerpt.moments:
            assert article.text[moment.span.start : moment.span.end] in excerpt.text


async def test_it_is_said_which_day_is_meant_and_how_that_is_known(desk: Desk) -> None:
    answer = await desk.ask(QUESTION, count=10, way=Way.TIMELINE)
    late, star, wire, post, by, none = (credit.also_in(excerpt)[0] for excerpt in answer.excerpts)
    assert late == "“March 2019” → 2019-03"
    assert star == "“Today” → 2024-05-08, by the article's date 2024-05-08"
    assert wire.startswith("“Wednesday” → 2024-05-08, by the article's date 2024-05-09. The same words stand in: copy")
    assert post == "“Friday, 10 May 2024” → 2024-05-10"
    assert by == "“Sunday”: date not worked out"
    assert none == "“Monday”: date not worked out, as the article has none"
    told = contract.as_json(answer)
    assert told["mode"] == "timeline"
    moments = [excerpt["moments"] for excerpt in told["excerpts"]]  # type: ignore[attr-defined]
    assert [(moment["meant"], moment["by"]) for [moment] in moments] == [
        ("2019-03", None), ("2024-05-08", "2024-05-08"), ("2024-05-08", "2024-05-09"), ("2024-05-10", None),
        (None, None), (None, None),
    ]  # fmt: skip
    assert "not those of publication" in terminal.as_text(answer)


async def test_its_bounds_are_days_that_are_spoken_of_not_those_of_publication(desk: Desk) -> None:
    bounds = Filters(since=date(2024, 5, 8), until=date(2024, 5, 9))
    answer = await desk.ask(QUESTION, bounds, 10, way=Way.TIMELINE)
    assert [excerpt.source.outlet for excerpt in answer.excerpts] == ["The Star", "The Wire"]
    assert "that speak of days on or after 2024-05-08 and that speak of days on or before 2024-05-09" in " ".join(
        wording.remarks(answer)
    )
    # A month lies within bounds that it shares a day with.
    march = Filters(since=date(2019, 3, 31), until=date(2019, 4, 2))
    answer = await desk.ask(QUESTION, march, way=Way.TIMELINE)
    assert [excerpt.source.outlet for excerpt in answer.excerpts] == ["The Late"]
    answer = await desk.ask(QUESTION, Filters(until=date(1999, 1, 1)), way=Way.TIMELINE)
    assert answer.refusal
    assert (answer.refusal.reason, answer.refusal.message) == (Reason.NOTHING_NEAR, wording.NO_DAYS)


async def test_nothing_of_an_outlet_that_may_not_be_seen_is_told(desk: Desk) -> None:
    answer = await desk.ask(QUESTION, Filters(visible=("The Copy", "The None")), 10, way=Way.TIMELINE)
    assert [(excerpt.source.outlet, excerpt.also_in) for excerpt in answer.excerpts] == [("The Copy", ())]


async def test_pages_go_on_where_the_last_ended(desk: Desk) -> None:
    whole = await desk.ask(QUESTION, count=10, way=Way.TIMELINE)
    pages = [await desk.ask(QUESTION, count=4, skip=skip, way=Way.TIMELINE) for skip in (0, 4, 8)]
    assert [excerpt for page in pages for excerpt in page.excerpts] == list(whole.excerpts)
    assert pages[2].refusal is None


async def test_one_word_is_looked_for_wherever_it_stands(desk: Desk) -> None:
    answer = await desk.ask("bishop", way=Way.TIMELINE)
    assert [excerpt.source.outlet for excerpt in answer.excerpts] == ["The Post"]
