"""Where the bot answers, and what a channel may not see, which then shows nowhere, against simcord's Discord."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from discord_world import EXPECTED, OTTER, PELICAN, context_of, quoted, text_of

from bot import wording
from bot.discord import blocks
from bot.records.sent import Lost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from discord_world import World

# What stands in the articles of the outlet that is hidden, and nowhere else.
SECRETS = ("Utrecht", "Example Post", "otter", "Bruges", "umbrella", "2023-05-06")
HIDDEN_QUESTION = "Which otter in Bruges declined to comment on the missing umbrella of its neighbour?"


def everything(results: Iterable[Any]) -> str:
    """All that the bot said in messages and results of interactions."""
    said = []
    for result in results:
        messages = [result] if hasattr(result, "components") else [result.response, *result.followups]
        said += [text_of(message) for message in messages if message is not None]
    return "\n".join(said)


def unseen(text: str) -> None:
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.fixture
async def old(world: World) -> dict[str, Any]:
    """What was sent while the channel saw everything; from then on it sees one outlet of two."""
    answers = {
        "public": (await world.ask(question=PELICAN)).response,
        "private": (await world.ask(question=PELICAN, private=True)).response,
        "card": (await world.bob.slash(world.channel, "source", article="otter")).response,
        "list": (await world.bob.slash(world.channel, "sources")).response,
    }
    numbers = {article: number for number, article, *_ in (await world.kept(answers["public"]))["quoted"]}
    answers["context"] = (await context_of(world.bob, answers["public"], numbers["Utrecht"])).response
    await world.by_chief("settings", channel=world.channel, outlets="Example Wire")
    world.unhurried()
    return answers


@EXPECTED
@pytest.mark.parametrize("where", ["channel", "thread", "forgotten thread"])
@pytest.mark.usefixtures("old")
async def test_nothing_that_is_asked_shows_a_hidden_outlet(world: World, where: str) -> None:
    channel = world.channel if where == "channel" else await world.thread()
    if where == "forgotten thread":
        # A thread that discord.py was not told of; its channel is asked for.
        guild = world.bot.get_guild(world.guild.id)
        guild._remove_thread(guild.get_thread(channel.id))

    # The question would be answered elsewhere.
    elsewhere = world.guild.create_text_channel("elsewhere")
    assert OTTER in quoted((await world.bob.slash(elsewhere, "ask", question=HIDDEN_QUESTION)).response)[0]

    before = len(world.said_in(channel))

    async def asked(**options: Any) -> Any:
        world.unhurried()
        return await world.alice.slash(channel, "ask", **options)

    results = [
        await asked(question=PELICAN),
        await asked(question=HIDDEN_QUESTION, private=True),
        await asked(question=PELICAN, until="4 May 2023"),
        await asked(question="Which pasta shape won the bakery contest?", since="2023-05-06"),
    ]
    assert len(quoted(results[0].response)) == 1
    assert "of 1 article in the index" in text_of(results[0].response)
    said = await world.bob.send(channel, HIDDEN_QUESTION)
    results.append(await world.alice.context_menu(channel, "Ask the coverage", said))
    await world.alice.send(channel, f"{world.mention} {HIDDEN_QUESTION}")
    await world.alice.send(channel, f"{world.mention} {PELICAN}")
    answer = world.said_in(channel)[-1]
    assert len(quoted(answer)) == 1
    for words in ("only from Example Posts", "since 2023-05-05", "until 2023-05-05"):
        world.unhurried()
        await world.alice.send(channel, f"{world.mention} {words}", reply_to=answer)
    told = everything([*results, *world.said_in(channel)[before:]])
    # The questions and filters themselves are named.
    for named in (HIDDEN_QUESTION, "published on or after 2023-05-06", "“Example Posts”", "“Bruges” does not occur"):
        told = told.replace(named, "")
    unseen(told)

    # An outlet that is hidden and one that there is not are one and the same.
    for named in ("Example Post", "Nobody Post"):
        refused = text_of((await asked(question=PELICAN, outlet=named)).response)
        assert refused.count(named) == 1
        unseen(refused.replace(named, ""))


@pytest.mark.parametrize("way", ["hidden", "removed"])
async def test_a_name_that_stands_where_nobody_sees_it_is_as_unknown_as_any(world: World, way: str) -> None:
    if way == "hidden":
        await world.by_chief("settings", outlets="Example Wire")
    else:
        await world.by_chief("remove", article="otter")
    for town in ("Bruges", "Ghent"):
        refused = text_of((await world.ask(question=f"Who went to {town}?")).response)
        assert f"“{town}” does not occur in it." in refused


@EXPECTED
@pytest.mark.parametrize("where", ["channel", "thread"])
@pytest.mark.usefixtures("old")
async def test_no_list_card_choice_or_count_shows_a_hidden_outlet(world: World, where: str) -> None:
    channel = world.channel if where == "channel" else await world.thread()

    async def used(command: str, **options: Any) -> Any:
        return await world.alice.slash(channel, command, **options)

    for command, option in (("ask", "outlet"), ("sources", "outlet"), ("source", "article")):
        choices = await world.alice.autocomplete(channel, command, option, "")
        assert len(choices) == 1
        unseen(str(choices))
    listed = await used("sources")
    assert "1 article · page 1 of 1" in text_of(listed.response)
    results = [listed, await used("source", article="Dresden"), await used("status")]
    assert "1 article" in results[-1].response.content
    unseen(everything(results))

    row = next(row for row in await world.desk.listings() if row.source.id == "otter")
    unknown = (await used("source", article="no such")).response.content
    for named in ("otter", row.source.sha256):
        assert (await used("source", article=named)).response.content == unknown
    for options in ({"outlet": "Example Post"}, {"words": "otter"}, {"since": "2023-05-05"}):
        assert (await used("sources", **options)).response.message.components
        assert "No article in the index is like that." in text_of((await used("sources", **options)).response)


async def test_a_card_names_no_hidden_neighbour(world: World) -> None:
    (world.corpus / "twin.txt").write_text(
        "A pelican stole the hat of the mayor of Dresden.\n\nIt was blue.", encoding="utf-8"
    )
    with (world.corpus / "sources.toml").open("a", encoding="utf-8") as tables:
        tables.write('["twin.txt"]\noutlet = "Example Post"\n')
    await world.by_chief("reindex")
    card = (await world.alice.slash(world.channel, "source", article="Dresden")).response
    assert "Example Post" in text_of(card)
    await world.by_chief("settings", outlets="Example Wire")
    card = (await world.alice.slash(world.channel, "source", article="Dresden")).response
    assert "Bird takes hat" in text_of(card)
    unseen(text_of(card))


@pytest.mark.parametrize("where", ["channel", "thread"])
@pytest.mark.usefixtures("old")
async def test_a_quotation_from_a_hidden_outlet_is_found_nowhere(world: World, where: str) -> None:
    elsewhere = world.guild.create_text_channel("elsewhere")
    everywhere = await world.bob.slash(elsewhere, "verify", text=f"“{OTTER}”")
    assert "1 quotation: 1 exact" in text_of(everywhere.response)
    # Nor is it in a direct message, where the same person may be.
    alone = await world.bob.user.slash("verify", text=f"“{OTTER}”")
    assert "1 quotation: 1 not found in this index" in text_of(alone.response)
    channel = world.channel if where == "channel" else await world.thread()
    said = await world.bob.send(channel, f"“{OTTER}” says the Example Post.")
    for result in (
        await world.alice.slash(channel, "verify", text=f"“{OTTER}” says the Example Post."),
        await world.alice.slash(channel, "verify", file=("text.txt", f"“{OTTER}”".encode())),
        await world.alice.context_menu(channel, "Verify quotes", said),
    ):
        told = text_of(result.response)
        assert "1 quotation: 1 not found in this index" in told
        unseen(told.replace(OTTER, ""))


async def test_messages_from_before_show_no_more_than_they_do(world: World, old: dict[str, Any]) -> None:
    numbers = {article: number for number, article, *_ in (await world.kept(old["public"]))["quoted"]}
    gone = wording.lost(Lost.GONE)
    context = await context_of(world.bob, old["public"], numbers["Utrecht"])
    assert context.response.content == gone
    cited = (await world.bob.click(old["context"], label="Cite")).response
    assert (cited.content, cited.attachments) == (gone, [])
    context = await context_of(world.bob, old["public"], numbers["Dresden"])
    assert "Dresden" in text_of(context.response)
    shared, *told = (await world.alice.click(old["private"], label="Share")).followups
    assert "1 excerpt from 1 of 1 article" in text_of(shared)
    assert [said.content for said in told] == [f"Excerpt {numbers['Utrecht']}: {gone}"]
    results = [
        context,
        shared,
        await world.bob.click(old["public"], label="Sources"),
        await world.bob.click(old["public"], label="More"),
        await world.bob.click(old["card"], label="Stored text"),
    ]
    assert results[-1].response.content == wording.TEXT_GONE
    assert not results[-1].response.attachments
    await world.bob.click(old["list"], label="Next")
    assert "page 1 of 1" in text_of(old["list"])
    unseen(everything([*results, old["list"]]))


async def test_more_shows_nothing_hidden(world: World) -> None:
    answer = (await world.ask(question=PELICAN, number=1)).response
    assert "Utrecht" in quoted(answer)[0]
    assert "Dresden" in text_of((await world.bob.click(answer, label="More")).response)
    await world.by_chief("settings", outlets="Example Post")
    assert (await world.bob.click(answer, label="More")).response.content == wording.NO_MORE


async def test_a_channel_that_sees_all_is_not_bound_by_its_server(world: World) -> None:
    await world.by_chief("settings", outlets="Example Wire; Example Post")
    assert len(quoted((await world.ask(question=PELICAN)).response)) == 2
    assert "of 3 articles" in text_of((await world.ask(question=PELICAN)).response)
    await world.by_chief("settings", channel=world.channel, outlets="all")
    assert "of 22 articles" in text_of((await world.ask(question=PELICAN)).response)
    elsewhere = world.guild.create_text_channel("elsewhere")
    assert "of 3 articles" in text_of((await world.bob.slash(elsewhere, "ask", question=PELICAN)).response)
    # Direct messages belong to no server: what is hidden somewhere is hidden there, unless they are set otherwise.
    assert "of 3 articles" in text_of((await world.bob.user.slash("ask", question=PELICAN)).response)
    told = (await world.chief.user.slash("settings", outlets="all")).response.content
    assert told.startswith("Settings of direct messages\n")
    assert "of 22 articles" in text_of((await world.bob.user.slash("ask", question=PELICAN)).response)


async def test_whoever_sets_outlets_is_told_what_that_covers(world: World) -> None:
    told = (await world.by_chief("settings", outlets="Example Wire")).response.content
    assert "**outlets:** Example Wire\n" in told
    assert told.endswith(wording.OUTLETS_COVER)
    assert wording.OUTLETS_COVER not in (await world.by_chief("settings", excerpts=2)).response.content
    assert "(not set here)" in (await world.chief.user.slash("settings")).response.content
    # Where no outlet is left that all places may see, none is seen.
    await world.by_chief("settings", channel=world.channel, outlets="Example Post")
    assert "**outlets:** none" in (await world.chief.user.slash("settings")).response.content
    refused = text_of((await world.bob.user.slash("ask", question=PELICAN)).response)
    assert wording.EMPTY_INDEX in refused


@EXPECTED
async def test_where_the_bot_does_not_answer_it_says_so(world: World) -> None:
    private = (await world.ask(question=PELICAN, private=True)).response
    answer = (await world.ask(question=PELICAN, number=1)).response
    said = await world.bob.send(world.channel, f"“{PELICAN}”")
    await world.by_chief("settings", channel=world.channel, answers=False)
    thread = await world.thread()
    for result in (
        await world.ask(question=PELICAN),
        await world.alice.slash(thread, "ask", question=PELICAN),
        await world.alice.slash(world.channel, "verify", text=PELICAN, private=False),
        await world.alice.context_menu(world.channel, "Verify quotes", said),
        await world.alice.context_menu(world.channel, "Ask the coverage", said),
        await world.alice.click(answer, label="More"),
        await world.alice.click(private, label="Share"),
    ):
        told = result.followups[0] if result.followups else result.response
        assert (told.content, told.ephemeral) == (blocks.escape(wording.NOT_HERE), True)
    for channel in (world.channel, thread):
        await world.alice.send(channel, f"{world.mention} {PELICAN}")
        assert world.said_in(channel)[-1].content == blocks.escape(wording.NOT_HERE)
    elsewhere = world.guild.create_text_channel("elsewhere")
    assert quoted((await world.alice.slash(elsewhere, "ask", question=PELICAN)).response)


async def test_the_number_and_the_privacy_of_a_place_hold_unless_something_else_is_asked_for(world: World) -> None:
    await world.by_chief("settings", excerpts=1, private=True)
    result = await world.ask(question=PELICAN)
    assert result.ephemeral
    assert len(quoted(result.response)) == 1
    result = await world.ask(question=PELICAN, private=False, number=2)
    assert not result.ephemeral
    assert len(quoted(result.response)) == 2
    await world.alice.send(world.channel, f"{world.mention} {PELICAN}")
    assert len(quoted(world.answers[-1])) == 1
