"""Articles that admins add on Discord, from the command to the answer that quotes them, against simcord's Discord."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import discord
import pytest
import simcord
from discord_world import ADMIN, EXPECTED, buttons_of, quoted, text_of

from bot import adding, intake, wording
from bot.discord import add as discord_add
from bot.discord.app import OnTheRecordBot
from index.model import ANY

if TYPE_CHECKING:
    from discord_world import World

HERON = b"A heron stopped the *tram* in Ghent.\n\nNobody was late, said the heron.\n"
TRAM = "Who stopped the tram in Ghent?"


def _register(bot: OnTheRecordBot) -> OnTheRecordBot:
    if bot.tree.get_command("add") is None:
        bot.tree.add_command(discord_add.add)
    bot.add_dynamic_items(discord_add.AddButton)
    return bot


@pytest.fixture
def simcord_bot(simcord_bot: OnTheRecordBot, monkeypatch: pytest.MonkeyPatch) -> OnTheRecordBot:
    """The bot with the command, after a restart too."""
    made = OnTheRecordBot.__init__

    def init(self: OnTheRecordBot, *args: Any) -> None:
        made(self, *args)
        _register(self)

    monkeypatch.setattr(OnTheRecordBot, "__init__", init)
    return _register(simcord_bot)


async def add(world: World, data: bytes = HERON, name: str = "heron.txt", **options: Any) -> Any:
    return await world.by_chief("add", file=(name, data), **options)


def added(world: World) -> list[str]:
    """What came into the corpus."""
    return sorted(path.name for path in (world.corpus / "added").glob("*"))


def kept_aside(world: World) -> list[str]:
    return sorted(path.name for path in (world.bot.settings.index_dir / "staged").glob("*"))


def told(result: Any) -> list[tuple[str, bool]]:
    """What was said to whoever pressed, below the card or in its place."""
    said = result.followups or [result.response]
    return [(message.content, message.ephemeral) for message in said]


async def audit(world: World) -> str:
    return str((await world.by_chief("audit")).response.content)


async def test_an_article_is_shown_stored_and_after_a_reindex_quoted(world: World) -> None:
    options = {"title": "Bird *stops* tram", "outlet": "Example Wire", "published": "3 May 2023"}
    result = await add(world, url="https://wire.example/heron_1", **options)
    assert result.ephemeral
    card = text_of(result.response)
    assert card.startswith(
        "### Bird \\*stops\\* tram\n**Outlet:** Example Wire\n**Date:** 2023-05-03\n"
        "**Link:** https:\\/\\/wire.example\\/heron\\_1\n**Not given:** author, language\n**Paragraphs:** 2\n"
        "> A heron stopped the \\*tram\\* in Ghent.\n> \n> Nobody was late, said the heron.\n-# added\\/heron\n"
    )
    assert "Nothing is stored yet" in card
    assert set(buttons_of(result.response)) == {"Store", "Discard"}
    assert not (world.corpus / "added").exists()
    assert "heron" not in (world.corpus / "sources.toml").read_text(encoding="utf-8")

    await world.restart()
    await world.chief.click(result.response, label="Store")
    assert text_of(result.response) == f"Stored: added\\/heron.txt. {adding.afterwards('`/reindex`')}"
    assert buttons_of(result.response) == {}
    assert (world.corpus / "added" / "heron.txt").read_bytes() == HERON
    assert kept_aside(world) == []
    line = await audit(world)
    assert "**add**" in line
    assert world.chief.mention in line
    assert f"article: added\\/heron, sha256: {hashlib.sha256(HERON).hexdigest()}" in line

    assert "heron" not in text_of((await world.ask(question=TRAM)).response)
    assert "1 added, 0 changed, 0 removed" in (await world.by_chief("reindex")).response.content
    world.unhurried()
    answer = (await world.ask(question=TRAM)).response
    assert "> A heron stopped the \\*tram\\* in Ghent." in quoted(answer)
    assert "Bird \\*stops\\* tram" in text_of(answer)
    assert "Example Wire" in text_of(answer)


async def test_what_is_discarded_is_never_stored(world: World) -> None:
    result = await add(world)
    assert len(kept_aside(world)) == 1
    await world.chief.click(result.response, label="Discard")
    assert text_of(result.response) == adding.DISCARDED
    assert (kept_aside(world), added(world)) == ([], [])
    assert await audit(world) == "Nothing has been done yet."


@EXPECTED
async def test_a_button_that_comes_too_late_says_so(world: World) -> None:
    result = await add(world)
    files = intake.Intake(world.bot.settings.index_dir, world.corpus)
    files.discard(kept_aside(world)[0])
    for label in ("Store", "Discard"):
        assert told(await world.chief.click(result.response, label=label)) == [(intake.GONE, True)]
    # The card stays, since nothing of what it says has happened.
    assert "Nothing is stored yet" in text_of(result.response)
    assert added(world) == []


async def shown_to_all(world: World, card: Any) -> Any:
    """The same buttons where others see them too."""
    key = buttons_of(card)["Store"]["custom_id"].split(":")[2]
    row: discord.ui.ActionRow[Any] = discord.ui.ActionRow(
        *(discord_add.AddButton(what, key) for what in ("store", "discard"))
    )
    view = discord.ui.LayoutView(timeout=None).add_item(row)
    return await world.bot.get_channel(world.channel.id).send(view=view)


@EXPECTED
async def test_only_the_admin_who_added_may_press_and_only_while_an_admin(world: World) -> None:
    result = await add(world)
    role = world.guild.create_role("second", permissions=ADMIN)
    second = world.guild.add_member(world.env.create_user("second"), roles=[role])
    bot = world.bot
    chief = world.chief
    bot.settings = replace(bot.settings, admin_user_ids=frozenset({chief.id, second.id}))
    with pytest.raises(simcord.SetupError):
        await second.click(result.response, label="Store")
    public = await shown_to_all(world, result.response)
    for label in ("Store", "Discard"):
        for who, why in ((second, adding.NOT_YOURS), (world.alice, wording.NOT_ADMIN)):
            assert told(await who.click(public, label=label)) == [(why, True)]
    bot.settings = replace(bot.settings, admin_user_ids=frozenset({second.id}))
    for label in ("Store", "Discard"):
        assert told(await chief.click(result.response, label=label)) == [(wording.NOT_ADMIN, True)]
    assert added(world) == []
    assert len(kept_aside(world)) == 1
    bot.settings = replace(bot.settings, admin_user_ids=frozenset({chief.id}))
    await chief.click(result.response, label="Store")
    assert added(world) == ["heron.txt"]


@EXPECTED
async def test_others_may_not_add(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Also a server's administrators, whom Discord shows the command."""
    boss = world.guild.add_member(world.env.create_user("b"), roles=[world.guild.create_role("b", permissions=ADMIN)])
    file = ("heron.txt", HERON)
    for result in (await boss.slash(world.channel, "add", file=file), await boss.user.slash("add", file=file)):
        assert (result.response.content, result.response.ephemeral) == (wording.NOT_ADMIN, True)
    assert f"discord.admin_refused command=add user={boss.id}" in caplog.text
    with pytest.raises(simcord.SetupError, match="not visible"):
        await world.bob.slash(world.channel, "add", file=file)
    assert kept_aside(world) == []


@EXPECTED
async def test_where_not_all_may_be_seen_nothing_is_added(world: World) -> None:
    """Whether the index has a text, and as what, would be told."""
    result = await add(world)
    await world.by_chief("settings", outlets="Example Wire")
    assert (await add(world, b"Crane.")).response.content == wording.REPORT_NAMES_ALL
    assert told(await world.chief.click(result.response, label="Store")) == [(wording.REPORT_NAMES_ALL, True)]
    assert added(world) == []
    # In a direct message it may be.
    alone = await world.chief.user.slash("add", file=("crane.txt", b"A crane."))
    await world.chief.user.click(alone.response, label="Store")
    assert added(world) == ["crane.txt"]


@EXPECTED
@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"url": "wire.example"}, "is not a link"),
        ({"published": "May 2023"}, "is more than one day"),
        ({"published": "31 February 2023"}, "31 February 2023"),
        ({"language": "English"}, "is not a code"),
        ({"data": b""}, "“heron.txt” is not added: it is empty."),
        ({"data": b"\0\1", "name": "p*t.txt"}, "“p\\*t.txt” is not added: it holds NUL bytes"),
        ({"data": b'[{"text": "A."}, {"text": "B."}]', "outlet": "X"}, "This file holds 2 articles"),
        ({"data": b"A pelican stole the hat of the mayor of Utrecht."}, "has this very file already: Utrecht.txt"),
    ],
)
async def test_what_cannot_be_added_is_told_to_the_admin_alone(world: World, options: dict[str, Any], why: str) -> None:
    result = await add(world, **options)
    assert why in result.response.content
    assert result.response.ephemeral
    assert kept_aside(world) == []


@EXPECTED
async def test_a_large_file_is_refused_before_it_is_fetched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def read(_self: discord.Attachment) -> bytes:
        raise AssertionError("it was fetched")

    monkeypatch.setattr(discord.Attachment, "read", read)
    monkeypatch.setattr(intake, "MAX_FILE_BYTES", len(HERON) - 1)
    result = await add(world)
    assert "“heron.txt” is larger than" in result.response.content
    assert result.response.ephemeral


async def test_what_the_index_has_already_or_had_is_pointed_out(world: World) -> None:
    await world.by_chief("remove", article="Dresden")
    first = await add(world, b"\xef\xbb\xbfA pelican stole the hat of the mayor of Utrecht.", url="https://a.example/1")
    assert text_of(first.response).startswith("**The index has the text of added\\/heron already, as Utrecht.**\n")
    removed = await add(world, b"\xef\xbb\xbfA pelican stole the hat of the mayor of Dresden.")
    assert "was removed as Dresden; if stored it is quoted again" in text_of(removed.response)
    await world.chief.click(first.response, label="Store")
    await world.by_chief("reindex")
    # Nor is it stored under the name of what it would be taken for.
    link = await add(world, b"Another heron.", url="https://a.example/1")
    card = text_of(link.response)
    assert "The index has the address of added\\/heron-2 already, as that of added\\/heron." in card


async def test_a_file_of_several_is_shown_in_short_and_stored_whole(world: World) -> None:
    items: list[dict[str, Any]] = [
        {"id": n, "title": f"Stork {n}", "text": f"Stork {n} sat in Lier."} for n in range(12)
    ]
    items += [{"id": "x", "title": "No text"}, {"id": 1, "text": "Once more."}]
    result = await add(world, json.dumps(items).encode(), "wire feed.json")
    card = text_of(result.response)
    assert card.startswith("**12 articles**, 12 paragraphs\n**1.** Stork 0\n-# added\\/wire-feed.json")
    assert "**10.** Stork 7" in card
    assert "Stork 8" not in card
    assert "and 2 more" in card
    assert "**Refused:** 2\n- added\\/wire-feed.json" in card
    assert "it has no text" in card
    await world.chief.click(result.response, label="Store")
    assert "Stored: 12 articles, in added\\/wire-feed.json." in text_of(result.response)
    assert "file: added\\/wire-feed.json, articles: 12, sha256: " in await audit(world)
    assert "12 added" in (await world.by_chief("reindex")).response.content
    assert len([row for row in await world.desk.listings(ANY) if row.source.id.startswith("added/")]) == 12


async def test_a_card_fits_whatever_is_in_it(world: World) -> None:
    """Every request is checked against Discord's limits."""
    star = "*" * 5
    long = "*" * 200
    result = await add(
        world, f"{star}\n\n".encode() * 3000, "*" * 300, title=star * 100, outlet=long, author=long,
        url="https://a.example/" + "_" * 900,
    )  # fmt: skip
    card = text_of(result.response)
    assert "**Paragraphs:** 3,000" in card
    items = [{"id": f"{n}-{'*' * 80}", "title": "*" * 300, "text": f"Stork {n} sat."} for n in range(30)]
    items += [{"id": f"x{n}-{'*' * 80}"} for n in range(30)]
    result = await add(world, json.dumps(items).encode(), "a.json")
    assert "**30 articles**" in text_of(result.response)
    assert set(buttons_of(result.response)) == {"Store", "Discard"}


def test_what_does_not_fit_is_said_to_be_left_out() -> None:
    staged = intake.Staged("k", "added/a.json", (), 0, (), ())
    sources = [
        SimpleNamespace(source=SimpleNamespace(title="T" * 150, title_given=True, id="i" * 300)) for _ in range(10)
    ]
    problems: Any = tuple(f"{n}{'p' * 300}" for n in range(9))
    many: Any = replace(staged, articles=tuple(sources), refused=problems, notes=problems)
    view = discord_add.proposal_view(adding.Proposal("0" * 12, many, ("r" * 400,) * 9))
    shown = [item.content for item in view.walk_children() if isinstance(item, discord.ui.TextDisplay)]
    assert sum(map(len, shown)) <= 4000
    assert shown[0].endswith("\n-# There is more than fits here.")
    few = discord_add.proposal_view(adding.Proposal("0" * 12, replace(many, refused=(), notes=()), ()))
    shown = [item.content for item in few.walk_children() if isinstance(item, discord.ui.TextDisplay)]
    assert "more than fits" not in shown[0]
