"""What a person is quoted as saying: only what articles give to them, by day, and nothing that may not be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import dated_corpus
from word_encoder import WordHashEncoder

from bot import contract, credit, wording
from bot.answer import Way
from bot.desk import Desk
from index.build import build
from index.model import Filters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ARTICLES = {
    "first": ("The Wire", "2024-05-03", "“The bridge will be closed until June,” said Ana Ruiz, the mayor of Lugo."),
    "copy": ("The Copy", "2024-05-05", "“The bridge will be closed until June,” said Ana Ruiz, the mayor of Lugo."),
    "second": (
        "The Post",
        "2024-05-04",
        "Mayor Ana Ruiz visited the harbour. “We have no money for a second bridge,” she said.\n\n"
        "“And the harbour is safe.”\n\n"
        "Eva Ruiz, a singer, said: “I love bridges.” Luis Soto said Ana Ruiz was “wrong”.",
    ),
    "spelled": ("The Star", "2024-05-01", "“The parade will take place,” said Dmitri Peskov, the spokesman."),
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    corpus = dated_corpus(tmp_path / "corpus", ARTICLES)
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder)
    yield desk
    desk.close()


async def test_a_person_s_quotations_come_by_day_copies_once_and_nobody_else_s(desk: Desk) -> None:
    answer = await desk.ask("Ana Ruiz", count=10, way=Way.SAID)
    assert [excerpt.parts[1] for excerpt in answer.excerpts] == [
        "The bridge will be closed until June,",
        "We have no money for a second bridge,",
        "And the harbour is safe.",
    ]
    first, second, third = answer.excerpts
    assert [place.source.outlet for place in first.also_in] == ["The Copy"]
    assert credit.also_in(first)[0].startswith("Said by “Ana Ruiz, the mayor of Lugo”. The same words stand in: copy")
    assert credit.also_in(second) == ["Said by “she”, taken for “Mayor Ana Ruiz” before it"]
    assert credit.also_in(third) == ["Goes on from a quotation of “she”, taken for “Mayor Ana Ruiz” before it"]
    for excerpt in answer.excerpts:
        article = await desk.article(excerpt.source.id)
        assert article
        assert excerpt.answer
        assert article.text[excerpt.start : excerpt.end] == excerpt.text
        assert article.text[excerpt.answer.start : excerpt.answer.end] == excerpt.parts[1]
        assert excerpt.speaker
        assert excerpt.speaker.words in article.text
        assert excerpt.speaker.meant in article.text


async def test_only_what_is_about_something_and_in_any_spelling_of_the_name(desk: Desk) -> None:
    answer = await desk.ask("Ruiz about money", count=10, way=Way.SAID)
    assert [excerpt.parts[1] for excerpt in answer.excerpts] == ["We have no money for a second bridge,"]
    answer = await desk.ask("Dmitry Peskov", way=Way.SAID)
    assert [excerpt.parts[1] for excerpt in answer.excerpts] == ["The parade will take place,"]
    assert contract.as_json(answer)["mode"] == "said"
    assert contract.as_json(answer)["excerpts"][0]["speaker"] == {  # type: ignore[index]
        "words": "Dmitri Peskov, the spokesman",
        "meant": "",
        "goes_on": False,
    }


async def test_quotations_are_from_the_whole_coverage_however_few_articles_are_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await desk.ask("Ruiz", count=10, way=Way.SAID)
    monkeypatch.setattr("bot.said.PASSAGES", 1)
    answer = await desk.ask("Ruiz", count=10, way=Way.SAID)
    assert len(answer.excerpts) == 4
    assert answer.excerpts == whole.excerpts
    assert len(answer.described) < len(whole.described)


async def test_nothing_of_an_outlet_that_may_not_be_seen_is_told(desk: Desk) -> None:
    answer = await desk.ask("Ana Ruiz", Filters(visible=("The Copy", "The Star")), 10, way=Way.SAID)
    assert [excerpt.source.outlet for excerpt in answer.excerpts] == ["The Copy"]
    assert answer.excerpts[0].also_in == ()
    answer = await desk.ask("Ana Ruiz", Filters(visible=("The Star",)), way=Way.SAID)
    assert answer.refusal
    assert answer.refusal.message == wording.NOT_QUOTED


async def test_what_articles_call_a_person_is_told_with_its_places(desk: Desk) -> None:
    answer = await desk.ask("Ana Ruiz", way=Way.SAID)
    assert [(told.source.id, told.text, told.paragraph) for told in answer.described] == [
        ("first.md", "the mayor of Lugo", 1),
        ("second.md", "Mayor", 1),
        ("copy.md", "the mayor of Lugo", 1),
    ]
    assert wording.remarks(answer)[1:] == (
        "Described as “the mayor of Lugo”: first, The Wire, paragraph 1; copy, The Copy, paragraph 1.",
        "Described as “Mayor”: second, The Post, paragraph 1.",
    )
    rows = contract.as_json(answer)["described"]
    for told, row in zip(answer.described, rows, strict=True):  # type: ignore[call-overload]
        article = await desk.article(told.source.id)
        assert article
        assert article.text[row["start"] : row["end"]] == row["text"] == told.text
    assert (await desk.ask("Ana Ruiz", count=2, skip=2, way=Way.SAID)).described == ()
    answer = await desk.ask("Ana Ruiz", Filters(visible=("The Post",)), way=Way.SAID)
    assert [told.text for told in answer.described] == ["Mayor"]


async def test_a_person_who_is_not_quoted_is_still_described(desk: Desk) -> None:
    answer = await desk.ask("Eva Ruiz about money", way=Way.SAID)
    assert answer.refusal
    told = "Described as “a singer”: second, The Post, paragraph 3."
    assert answer.refusal.message == f"{wording.NOT_QUOTED} {told}"


async def test_pages_go_on_where_the_last_ended(desk: Desk) -> None:
    pages = [await desk.ask("Ana Ruiz", count=2, skip=skip, way=Way.SAID) for skip in (0, 2, 4)]
    assert [[excerpt.number for excerpt in page.excerpts] for page in pages] == [[1, 2], [3], []]
    assert pages[2].refusal is None


async def test_a_name_that_nobody_has_is_refused(desk: Desk) -> None:
    for person in ("Nobody Atall", "about money", "123"):
        answer = await desk.ask(person, way=Way.SAID)
        assert answer.refusal, person
