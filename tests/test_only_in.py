"""The earliest article that carries something, and what no other outlet carries; nothing of what may not be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import dated_corpus
from word_encoder import WordHashEncoder

from bot import contract, terminal, wording
from bot.answer import Reason, Way
from bot.desk import Desk
from bot.only_in import asked_of
from index.build import build
from index.model import Filters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUESTION = "What was found under the bridge in Lugo?"
FOUND = "A Roman coin was found under the bridge in Lugo by a diver of the fire brigade, the museum said."
NEARLY = "A Roman coin was found under the bridge in Lugo by a swimmer of the fire brigade, the museum said."
ARTICLES = {
    "wire": ("The Wire", "2024-05-04", FOUND),
    "late": ("The Late", "2024-05-06", f"{NEARLY} The mayor will show the coin to the king in the summer."),
    "post": (
        "The Post",
        "2024-05-03",
        f"{FOUND}\n\nThe diver said that he found a boot and a bottle under the bridge too.",
    ),
    "ships": (
        "The Post",
        "2024-05-09",
        "Two ships collided off Rotterdam, and nobody was hurt in the collision there.",
    ),
    "song": ("The Song", "2024-05-01", "The choir of the cathedral sang for the bishop on his birthday."),
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    corpus = dated_corpus(tmp_path / "corpus", ARTICLES)
    (corpus / "undated.txt").write_text("Under the bridge in Lugo divers found a Roman coin.\n", encoding="utf-8")
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder, caution=(0.2, 0.3))
    yield desk
    desk.close()


async def test_the_earliest_dated_article_comes_first_and_undated_ones_apart(desk: Desk) -> None:
    answer = await desk.ask(QUESTION, count=10, way=Way.FIRST)
    assert [excerpt.source.outlet for excerpt in answer.excerpts] == ["The Post", None]
    assert [place.source.outlet for place in answer.excerpts[0].also_in if not place.differing] == ["The Wire"]
    assert wording.remarks(answer)[-2:] == (
        "The earliest dated article found in this index that carries this is of 2024-05-03.",
        "1 article without a date carries it too, and may be earlier.",
    )
    assert contract.as_json(answer)["mode"] == "first"


async def test_only_what_may_be_seen_and_is_asked_for_is_the_earliest(desk: Desk) -> None:
    answer = await desk.ask(QUESTION, Filters(visible=("The Wire", "The Late")), 10, way=Way.FIRST)
    assert [excerpt.source.outlet for excerpt in answer.excerpts] == ["The Wire"]
    assert "2024-05-03" not in terminal.as_text(answer)
    answer = await desk.ask(QUESTION, Filters(outlets=("The Late",)), 10, way=Way.FIRST)
    assert [excerpt.source.outlet for excerpt in answer.excerpts] == ["The Late"]


async def test_of_a_word_the_earliest_article_that_mentions_it_is_found(desk: Desk) -> None:
    answer = await desk.ask("museum", way=Way.FIRST)
    assert [excerpt.source.outlet for excerpt in answer.excerpts] == ["The Post"]
    assert not (await desk.ask(QUESTION, skip=2, way=Way.FIRST)).excerpts


async def test_what_no_other_outlet_carries_comes_newest_first_without_what_others_nearly_have(desk: Desk) -> None:
    answer = await desk.ask("the post", count=10, way=Way.ONLY_IN)
    assert [excerpt.text for excerpt in answer.excerpts] == [
        "Two ships collided off Rotterdam, and nobody was hurt in the collision there.",
        "The diver said that he found a boot and a bottle under the bridge too.",
    ]
    for excerpt in answer.excerpts:
        article = await desk.article(excerpt.source.id)
        assert article
        assert article.text[excerpt.start : excerpt.end] == excerpt.text
    assert "no other outlet's article in this index" in " ".join(wording.remarks(answer))
    answer = await desk.ask("The Late", count=10, way=Way.ONLY_IN)
    assert [excerpt.text for excerpt in answer.excerpts] == ["The mayor will show the coin to the king in the summer."]


async def test_what_is_asked_narrows_it_and_what_others_carry_is_no_answer(desk: Desk) -> None:
    answer = await desk.ask("The Post about the boot under the bridge", way=Way.ONLY_IN)
    assert [excerpt.text for excerpt in answer.excerpts] == [
        "The diver said that he found a boot and a bottle under the bridge too."
    ]
    answer = await desk.ask(f"The Wire about {QUESTION}", way=Way.ONLY_IN)
    assert answer.refusal
    assert answer.refusal.message == wording.NONE_ALONE


async def test_an_outlet_that_may_not_be_seen_neither_takes_from_it_nor_can_be_asked(desk: Desk) -> None:
    answer = await desk.ask("The Wire", Filters(visible=("The Wire", "The Song")), way=Way.ONLY_IN)
    assert [excerpt.text for excerpt in answer.excerpts] == [FOUND]
    for outlet in ("The Post", "Nobody's", "about the boot"):
        answer = await desk.ask(outlet, Filters(visible=("The Wire",)), way=Way.ONLY_IN)
        assert answer.refusal
        assert (answer.refusal.reason, answer.refusal.message) == (Reason.FILTERED_OUT, wording.NO_SUCH_OUTLET)


async def test_pages_go_on_where_the_last_ended(desk: Desk) -> None:
    whole = await desk.ask("The Post", count=10, way=Way.ONLY_IN)
    pages = [await desk.ask("The Post", count=1, skip=skip, way=Way.ONLY_IN) for skip in range(3)]
    assert [excerpt for page in pages for excerpt in page.excerpts] == list(whole.excerpts)
    assert pages[2].refusal is None


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("The Paper", ("The Paper", "")),
        ("the paper about the parade", ("The Paper", "the parade")),
        ("All About Chess", ("All about Chess", "")),
        ("All about Chess about a talk about it", ("All about Chess", "a talk about it")),
        ("The Paper's friend", None),
        ("about the parade", None),
    ],
)
def test_the_outlet_is_told_from_what_is_asked_of_it(text: str, asked: tuple[str, str] | None) -> None:
    assert asked_of(text, ("The Paper", "All about Chess")) == asked
