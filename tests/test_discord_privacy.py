"""What is kept of people on Discord: shown to them alone, forgotten on demand, and gone with an answer or a server."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from discord_world import PELICAN, QUESTION, buttons_of, context_of

from bot import privacy, wording
from bot.desk import RECORDS
from bot.records.retention import Retention

if TYPE_CHECKING:
    from discord_world import World

PASTA = "Which pasta shape won the bakery contest?"


async def asked_in_vain(world: World) -> list[str]:
    server = str(world.guild.id)
    found = await world.desk.recall(lambda records: records.refusals.unanswered("discord", server, 10))
    return [asked.question for asked in found]


async def lines(world: World, who: Any, command: str = "mydata") -> list[str]:
    result = await who.slash(world.channel, command)
    assert result.ephemeral
    return str(result.response.content).splitlines()


async def test_what_is_kept_is_shown_to_oneself_and_forgotten_when_it_is_confirmed(world: World) -> None:
    assert await lines(world, world.alice) == [privacy.NOTHING]
    assert not buttons_of((await world.alice.slash(world.channel, "forgetme")).response)
    answer = (await world.ask(question=PELICAN, private=True)).response
    context = await context_of(world.alice, answer, 1)
    await world.alice.click(context.response, label="Wrong source")
    await world.alice.click(answer, label="Helpful")
    await world.ask(question=PASTA)
    await world.alice.slash(world.channel, "sources", words="walrus")
    await world.bob.slash(world.channel, "ask", question=QUESTION)

    kept = await lines(world, world.alice)
    assert kept[0] == "Kept of you: 3 messages and 2 verdicts, under a hash and not your name."
    assert [line.split(" · ", 1)[1] for line in kept[2:]] == [
        "private · list of articles (words: walrus, order: id)",
        f"public · question: {PASTA}",
        f"private · question: {PELICAN}",
        f"verdict: helpful · {PELICAN}",
        f"verdict: wrong source, {context_article(kept)} · {PELICAN}",
    ]
    assert await asked_in_vain(world) == [PASTA]

    shown = (await world.alice.slash(world.channel, "forgetme")).response
    assert shown.content.splitlines()[-1] == privacy.ASK_TO_FORGET
    assert len(await lines(world, world.alice)) == len(kept)
    done = await world.alice.click(shown, label=privacy.FORGET)
    assert done.response.content == "Forgotten: 3 messages and 2 verdicts."
    assert await lines(world, world.alice) == [privacy.NOTHING]
    assert await asked_in_vain(world) == []
    assert len(await lines(world, world.bob)) == 3
    assert (await world.alice.click(answer, label="More")).response.content == wording.TOO_OLD
    (action,) = await world.desk.recall(lambda records: records.audit.actions(5))
    assert (action.what, action.user, action.server, action.channel) == ("forget_me", "someone", "", "")
    assert action.details == {"messages": 3, "feedback": 2, "follows": 0}


def context_article(kept: list[str]) -> str:
    """The article that the verdict names."""
    return kept[-1].split(", ")[1].split(" · ")[0]


async def test_more_than_a_message_holds_comes_as_a_file(world: World) -> None:
    for number in range(5):
        world.unhurried()
        await world.ask(question=f"Who denied it {'really ' * 150}{number}?")
    result = await world.alice.slash(world.channel, "mydata")
    assert "The whole is in my-data.txt." in result.response.content
    assert [file.filename for file in result.response.attachments] == ["my-data.txt"]


async def test_a_verdict_is_as_private_as_the_answer_it_is_about(world: World) -> None:
    for private in (True, False):
        answer = (await world.ask(question=PELICAN, private=private)).response
        await world.alice.click(answer, label="Helpful" if private else "Not helpful")
        with closing(sqlite3.connect(world.bot.settings.index_dir / RECORDS)) as db:
            assert db.execute("SELECT private FROM feedback").fetchall() == [(private,)]


async def test_removing_an_answer_removes_what_was_kept_of_it(world: World) -> None:
    refused = (await world.ask(question=PASTA)).response
    kept = await world.kept(refused)
    assert kept["question"] == PASTA
    await world.alice.click(refused, label="Remove")
    assert await lines(world, world.alice) == [privacy.NOTHING]
    assert await asked_in_vain(world) == []


async def test_a_server_that_the_bot_is_taken_out_of_is_forgotten_and_one_that_is_away_is_not(world: World) -> None:
    await world.ask(question=PASTA)
    await world.by_chief("settings", excerpts=1)
    gateway, server = world.bot._connection, str(world.guild.id)
    gateway.parse_guild_delete({"id": server, "unavailable": True})
    await world.env.settle()
    assert await asked_in_vain(world) == [PASTA]
    gateway.parse_guild_delete({"id": server})
    async with asyncio.timeout(60):
        while (await world.desk.recall(lambda records: records.audit.actions(1)))[0].what != "left_server":
            await asyncio.sleep(0.01)
    assert await asked_in_vain(world) == []
    found = await world.desk.recall(lambda records: records.places.settings("discord", server, ""))
    assert found.excerpts is None
    kept = await world.desk.recall(lambda records: records.personal.of("discord", str(world.alice.id)))
    assert kept.messages == ()
    (action, *_) = await world.desk.recall(lambda records: records.audit.actions(5))
    assert (action.what, action.server) == ("left_server", server)


async def test_help_says_what_is_kept_why_and_how_long(world: World) -> None:
    told = (await world.alice.slash(world.channel, "help")).response.content
    assert told.endswith(wording.remembered(Retention(), "`/mydata`", "`/forgetme`"))
    for words in ("30 days where only some see it", "else for 365 days", "under a hash", "730 days", "PRIVACY.md"):
        assert words in told
