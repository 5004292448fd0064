"""The lists and cards of articles, as a person uses them, against simcord's Discord."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from discord_world import EXPECTED, buttons_of, text_of

from bot import wording
from bot.desk import RECORDS, DeskBusyError
from bot.sources import ORDERS

if TYPE_CHECKING:
    import pytest
    from discord_world import World


async def test_articles_are_completed_by_id_title_and_outlet(world: World) -> None:
    async def found(typed: str) -> list[str]:
        return [c["value"] for c in await world.alice.autocomplete(world.channel, "source", "article", typed)]

    assert await found("WALRUS-03") == ["walrus-03"]
    assert await found("bird takes") == await found("example wire") == ["Dresden"]
    assert await found("zoo zoo") == ["zebras"]
    assert len(await found("")) == 22
    assert await found("no such thing") == []


async def test_choices_are_at_most_25(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = await world.desk.listings()

    async def many(_filters: Any) -> list[Any]:
        long = SimpleNamespace(id="i" * 101, title="t" * 200, outlet="o" * 100, sha256="ab" * 32)
        return [SimpleNamespace(source=long), *rows, *rows]

    monkeypatch.setattr(world.desk, "listings", many)
    choices = await world.alice.autocomplete(world.channel, "source", "article", "")
    assert len(choices) == 25
    assert choices[0] == {"name": "t" * 99 + "…", "value": "ab" * 32}


async def test_source_shows_the_card(world: World) -> None:
    result = await world.alice.slash(world.channel, "source", article="zebras")
    text = text_of(result.response)
    assert "### **" + "Z" * 120 in text
    assert "author" in text
    row = next(row for row in await world.desk.listings() if row.source.id == "zebras")
    assert row.source.sha256[:12] in text
    by_hash = await world.alice.slash(world.channel, "source", article=row.source.sha256)
    assert text_of(by_hash.response) == text


@EXPECTED
async def test_source_unknown_is_told(world: World) -> None:
    result = await world.alice.slash(world.channel, "source", article="no-such")
    assert "Pick one" in result.response.content


async def test_sources_turn_pages_at_once_and_after_a_restart(world: World) -> None:
    response = (await world.alice.slash(world.channel, "sources")).response
    assert "page 1 of 3" in text_of(response)
    assert "**10.**" in text_of(response)
    assert "**11.**" not in text_of(response)
    assert buttons_of(response)["Previous"]["disabled"]
    assert not buttons_of(response)["Next"]["disabled"]
    await world.env.advance_time(3600)
    await world.alice.click(response, label="Next")
    assert "page 2 of 3" in text_of(response)
    assert "**11.**" in text_of(response)

    await world.restart()
    await world.alice.click(response, label="Next")
    assert "page 3 of 3" in text_of(response)
    assert "**22.**" in text_of(response)
    assert buttons_of(response)["Next"]["disabled"]
    await world.alice.click(response, label="Previous")
    assert "page 2 of 3" in text_of(response)


async def test_a_page_that_is_gone_becomes_the_last(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    response = (await world.alice.slash(world.channel, "sources")).response
    rows = await world.desk.listings()

    async def fewer(_filters: Any) -> list[Any]:
        return rows[:3]

    monkeypatch.setattr(world.desk, "listings", fewer)
    await world.alice.click(response, label="Next")
    assert "page 1 of 1" in text_of(response)
    assert all(button["disabled"] for button in buttons_of(response).values())


async def test_a_page_that_fails_is_told_and_the_list_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    response = (await world.alice.slash(world.channel, "sources")).response

    async def busy(_filters: Any) -> None:
        raise DeskBusyError("200 questions are waiting already.")

    monkeypatch.setattr(world.desk, "listings", busy)
    result = await world.alice.click(response, label="Next")
    assert [(told.content, told.ephemeral) for told in result.followups] == [
        ("200 questions are waiting already.", True)
    ]
    assert "page 1 of 3" in text_of(response)


async def test_a_list_is_filtered_and_ordered_and_stays_so_after_a_restart(world: World) -> None:
    async def listed(**options: str) -> str:
        return text_of((await world.alice.slash(world.channel, "sources", **options)).response)

    wire = await listed(outlet="example wire")
    assert "1 article · page 1 of 1" in wire
    assert "Bird takes hat" in wire
    assert "2 articles" in await listed(since="5 May 2023", until="2023-05-06")
    assert "1 article ·" in await listed(words="hat BIRD")
    assert await listed(outlet="Nobody") == "No article in the index is like that."
    # Those without a date or outlet come last.
    dated = {order: re.findall(r"(?<!indexed )20\d\d-\d\d-\d\d", await listed(order=order)) for order in ORDERS}
    assert dated["newest"] == sorted(dated["newest"], reverse=True)
    assert dated["oldest"] == sorted(dated["newest"])
    outlets = re.findall(r"^-# (Example \w+|Zoo)", await listed(order="outlet"), re.MULTILINE)
    assert outlets == ["Example Post", "Example Post", "Example Wire", "Zoo"]

    response = (await world.alice.slash(world.channel, "sources", words="walrus", order="oldest")).response
    assert "13 articles · page 1 of 2" in text_of(response)
    await world.restart()
    await world.alice.click(response, label="Next")
    assert "13 articles · page 2 of 2" in text_of(response)
    assert "Walrus number 12" in text_of(response)


@EXPECTED
async def test_a_wrong_day_is_explained(world: World) -> None:
    for option in ("since", "until"):
        result = await world.alice.slash(world.channel, "sources", **{option: "31 April 2023"})
        assert result.ephemeral
        assert "There is no “31 April 2023”" in result.response.content


async def test_a_list_that_is_too_old_says_so(world: World) -> None:
    response = (await world.alice.slash(world.channel, "sources")).response
    with sqlite3.connect(world.bot.settings.index_dir / RECORDS) as db:
        db.execute("DELETE FROM message")
    db.close()
    result = await world.alice.click(response, label="Next")
    assert [(told.content, told.ephemeral) for told in result.followups] == [(wording.TOO_OLD, True)]
    assert "page 1 of 3" in text_of(response)


async def test_the_card_names_articles_with_the_same_paragraphs(world: World) -> None:
    text = "The same seal opened the regatta on Sunday.\n\nNobody else was there to see it."
    for name in ("seal-a", "seal-b"):
        (world.corpus / f"{name}.txt").write_text(f"{text}\n\nThis is from {name}.", encoding="utf-8")
    await world.by_chief("reindex")
    card = text_of((await world.alice.slash(world.channel, "source", article="seal-a")).response)
    assert "The same paragraphs stand in" in card
    assert "2 paragraphs" in card
    assert "3" in next(line for line in card.split("\n") if "assages:" in line)


async def test_the_stored_text_is_given_to_whoever_presses_alone(world: World) -> None:
    name = next(row.source.id for row in await world.desk.listings() if row.source.outlet is None)
    card = (await world.alice.slash(world.channel, "source", article=name)).response
    await world.restart()
    result = await world.alice.click(card, label="Stored text")
    assert result.ephemeral
    (file,) = result.response.attachments
    assert (await file.read()).decode() == (await world.desk.article(name)).text
    assert re.fullmatch(r"[\w.-]+\.txt", file.filename)


async def test_a_stored_text_that_changed_is_not_given(world: World) -> None:
    card = (await world.alice.slash(world.channel, "source", article="Dresden")).response
    (world.corpus / "Dresden.txt").write_text("A pelican stole no hat at all.", encoding="utf-8")
    await world.by_chief("reindex")
    result = await world.alice.click(card, label="Stored text")
    assert (result.response.content, result.response.attachments) == (wording.TEXT_GONE, [])


async def test_the_card_says_when_the_text_was_replaced(world: World) -> None:
    (world.corpus / "otter.txt").write_text("An otter in Bruges has now commented on everything.", encoding="utf-8")
    assert "Corrected" not in text_of((await world.alice.slash(world.channel, "source", article="otter")).response)
    await world.by_chief("reindex")
    card = text_of((await world.alice.slash(world.channel, "source", article="otter")).response)
    assert f"**Corrected:** 1 earlier text, last replaced {datetime.now(UTC):%Y-%m-%d}" in card
