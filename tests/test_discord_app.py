"""Every command and way of asking, as a person uses them, against simcord's Discord."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import discord
import pytest
from discord_world import ADMIN, EXPECTED, PELICAN, QUESTION, ZEBRAS, buttons_of, context_of, quoted, text_of
from test_discord_render import shown

from bot import desk, wording
from bot.desk import DeskBusyError
from bot.discord import commands as discord_commands
from bot.discord.app import OnTheRecordBot
from bot.pace import LOOKS, QUESTIONS, Pace, TooFastError
from bot.records.database import RecordsError
from bot.records.messages import Messages
from bot.records.withdrawals import Withdrawals
from bot.settings import Settings

if TYPE_CHECKING:
    from discord_world import World


async def test_ask_shows_excerpts_to_everyone(world: World) -> None:
    result = await world.ask(question=QUESTION)
    assert not result.ephemeral
    assert world.requests("/callback") == [{"type": 5}]
    text = text_of(result.response)
    assert text.startswith("-# Question: Who denied")
    assert "\n> " in text
    assert "of 22 articles in the index" in text
    assert result.response.flags.components_v2


async def test_ask_privately(world: World) -> None:
    result = await world.ask(question=QUESTION, private=True)
    assert result.ephemeral
    assert result.response.ephemeral
    assert "\n> " in text_of(result.response)


async def test_as_many_excerpts_as_set_or_wanted(world: World) -> None:
    world.bot.settings = Settings(excerpts=1)
    assert "1 excerpt from 1 of 22" in text_of((await world.ask(question=PELICAN)).response)
    assert "2 excerpts from 2 of 22" in text_of((await world.ask(question=PELICAN, number=2)).response)


@EXPECTED
async def test_the_menu_asks_what_a_message_says_and_answers_in_private(world: World) -> None:
    said = await world.bob.send(world.channel, PELICAN)
    asked = await world.alice.context_menu(world.channel, "Ask the coverage", said)
    assert asked.ephemeral
    assert PELICAN in text_of(asked.response)
    assert len(quoted(asked.response)) == 2
    nothing = await world.bob.send(world.channel, attachments=[("note.txt", b"text")])
    asked = await world.alice.context_menu(world.channel, "Ask the coverage", nothing)
    assert asked.response.content == "This message has no text to ask."


async def test_quoted_mentions_ping_nobody_and_read_as_written(world: World) -> None:
    result = await world.ask(question="Who shouted at the zebra parade?")
    line = next(line for line in text_of(result.response).split("\n") if line.startswith("> "))
    assert shown(line.removeprefix("> ")) == (ZEBRAS, [])
    message = result.response.message
    assert not message.mention_everyone
    assert not message.mentions


async def test_filters(world: World) -> None:
    async def answer(**filters: str) -> str:
        return text_of((await world.ask(question=PELICAN, **filters)).response)

    both = await answer()
    assert "Dresden" in both
    assert "Utrecht" in both
    wire = await answer(outlet="Example Wire")
    assert "Dresden" in wire
    assert "**Bird takes hat**" in wire
    assert "Utrecht" not in wire
    assert "Dresden" not in await answer(since="4 May 2023")
    assert "Utrecht" not in await answer(until="2023-05-04")
    nobody = await answer(outlet="*Nobody*")
    assert "No article in the index is from \\*Nobody\\*." in nobody
    assert wording.NEAREST in nobody


async def test_a_question_without_an_answer_is_refused(world: World) -> None:
    answer = text_of((await world.ask(question="Which pasta shape won the bakery contest?")).response)
    assert wording.nothing_near(()) in answer
    assert "\n> " not in answer
    assert text_of((await world.ask(question="?!")).response).endswith(f"**{wording.EMPTY_QUESTION}**")


@EXPECTED
@pytest.mark.parametrize("option", ["since", "until"])
async def test_a_wrong_date_is_explained_and_nothing_searched(
    world: World, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setattr(world.bot, "desk", None)
    result = await world.ask(question=QUESTION, **{option: "*31* April"})
    assert result.ephemeral
    assert "\\*31\\* April" in result.response.content
    assert "3 May 2023" in result.response.content


async def test_outlets_are_completed(world: World) -> None:
    choices = await world.alice.autocomplete(world.channel, "ask", "outlet", "example", question=QUESTION)
    # The zoo's name is too long for a choice.
    assert [choice["value"] for choice in choices] == ["Example Post", "Example Wire"]
    everything = await world.alice.autocomplete(world.channel, "ask", "outlet", "")
    assert everything == choices


async def test_status_and_help(world: World) -> None:
    status = (await world.alice.slash(world.channel, "status")).response.content
    assert "Generation 1" in status
    assert "22 articles" in status
    assert "word-hash" in status
    helped = await world.alice.slash(world.channel, "help")
    assert helped.ephemeral
    for command in set(world.bot.tree.get_commands()) - {discord_commands.help_}:
        menu = isinstance(command, discord.app_commands.ContextMenu)
        assert (f"*{command.name}*" if menu else f"`/{command.name}`") in helped.response.content


@EXPECTED
async def test_an_expected_error_is_its_sentence_and_an_unexpected_one_a_plain_one(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    faults: list[Exception] = [DeskBusyError("Too *many* wait."), KeyError("secret detail")]

    async def fail(*_args: Any, **_more: Any) -> None:
        raise faults.pop(0)

    monkeypatch.setattr(world.desk, "ask", fail)
    result = await world.ask(question=QUESTION)
    assert result.response.content == "Too \\*many\\* wait."
    result = await world.ask(question=QUESTION, private=True)
    assert (result.response.content, result.response.ephemeral) == (wording.UNEXPECTED, True)
    assert "discord.ask_failed error=KeyError" in caplog.text

    faults[:] = [DeskBusyError("Busy."), KeyError("secret detail")]
    await world.alice.send(world.channel, f"{world.mention} {QUESTION}")
    await world.alice.send(world.channel, f"{world.mention} {QUESTION}")
    assert [message.content for message in world.answers[-2:]] == ["Busy.", wording.UNEXPECTED]


async def test_a_mention_is_answered_as_a_reply(world: World) -> None:
    asked = await world.alice.send(world.channel, f"{world.mention} {QUESTION}")
    (answer,) = world.answers
    assert answer.reference.message_id == asked.id
    assert "> " in text_of(answer)
    assert "Question:" not in text_of(answer)


async def test_the_mention_is_no_part_of_the_question(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask = world.desk.ask

    async def noting(question: str, *more: Any, **named: Any) -> Any:
        asked.append(question)
        return await ask(question, *more, **named)

    monkeypatch.setattr(world.desk, "ask", noting)
    bot = world.bot.user.id
    await world.alice.send(world.channel, f"<@{bot}> who, <@!{bot}>?")
    assert asked == ["who,  ?"]


async def test_nothing_that_is_asked_is_no_business_of_the_channel(world: World) -> None:
    before = len(world.answers)
    await world.alice.send(world.channel, world.mention)
    await world.alice.send(world.channel, f"{world.mention} ?!")
    assert len(world.answers) == before
    told = [message.content for message in world.alice.user.dm_channel.history() if message.author.bot]
    assert told == [wording.EMPTY_QUESTION] * 2
    result = await world.ask(question="?!", private=False)
    assert result.ephemeral
    assert wording.EMPTY_QUESTION in text_of(result.response)
    # In direct messages there is no other place.
    await world.bob.send_dm("…")
    assert world.bob.user.dm_channel.last_message.content == wording.EMPTY_QUESTION


@pytest.mark.parametrize(("command", "options"), [("sources", {}), ("source", {"article": "Dresden"}), ("status", {})])
async def test_what_is_looked_up_is_shown_to_whoever_looks(world: World, command: str, options: dict[str, str]) -> None:
    assert (await world.alice.slash(world.channel, command, **options)).ephemeral


async def test_a_question_in_a_thread_is_answered_there(world: World) -> None:
    thread = await world.thread()
    await world.alice.send(thread, f"{world.mention} {QUESTION}")
    assert "> " in text_of(thread.last_message)
    assert not any("> " in text_of(message) for message in world.answers)


async def test_a_direct_message_is_a_question(world: World) -> None:
    await world.alice.send_dm(QUESTION)
    answer = world.alice.user.dm_channel.last_message
    assert answer.author.id == world.bot.user.id
    assert "> " in text_of(answer)


async def test_a_reply_that_mentions_is_a_question(world: World) -> None:
    await world.alice.send(world.channel, f"{world.mention} {QUESTION}")
    (answer,) = world.answers
    await world.bob.send(world.channel, QUESTION, reply_to=answer)
    assert "> " in text_of(world.answers[1])


async def test_a_follow_up_keeps_the_question_and_refines_the_filters(world: World) -> None:
    async def follow(words: str, answer: Any, who: Any) -> Any:
        await who.send(world.channel, f"{world.mention} {words}", reply_to=answer)
        return world.answers[-1]

    await world.ask(question=PELICAN)
    # Anyone may follow up, also what was answered before a restart.
    await world.restart()
    wire = await follow("only from Example Wire", world.answers[0], world.bob)
    assert f"-# Question: {PELICAN}" in text_of(wire)
    assert "**Only articles from Example Wire.**" in text_of(wire)
    assert quoted(wire) == ["> A pelican stole the hat of the mayor of Dresden."]
    later = await follow("since 4 May 2023", wire, world.alice)
    assert "No article in the index is from Example Wire and published on or after 2023-05-04." in text_of(later)
    # A follow-up to a refusal begins from what was asked for there.
    free = await follow("any outlet", later, world.alice)
    assert quoted(free) == ["> A pelican stole the hat of the mayor of Utrecht."]
    assert "Only articles published on or after 2023-05-04." in text_of(free)


async def test_a_follow_up_that_cannot_be_used_is_explained(world: World) -> None:
    await world.ask(question=PELICAN)
    for words, told in (("since 31 April 2023", "There is no “31 April 2023”"), ("only from Nowhere", "no outlet")):
        await world.alice.send(world.channel, f"{world.mention} {words}", reply_to=world.answers[0])
        assert told in world.answers[-1].content
        assert not quoted(world.answers[-1])


async def test_a_question_that_points_back_says_what_it_took_and_may_be_asked_alone(world: World) -> None:
    await world.alice.send(world.channel, f"{world.mention} Which pelican stole the hat of the mayor?")
    await world.alice.send(world.channel, f"{world.mention} and where was it?", reply_to=world.answers[-1])
    followed = world.answers[-1]
    assert text_of(followed).startswith("-# Question: and where was it? (about: the hat, the mayor)\n")
    # So does one that follows it.
    await world.alice.send(world.channel, f"{world.mention} but when?", reply_to=followed)
    assert text_of(world.answers[-1]).startswith("-# Question: but when? (about: the hat, the mayor)\n")
    await world.restart()
    alone = await world.bob.click(followed, label="Ask it alone")
    assert alone.ephemeral
    assert text_of(alone.response).startswith("-# Question: and where was it?\n")
    assert "Ask it alone" not in buttons_of(alone.response)


async def test_another_question_in_a_reply_is_a_new_question(world: World) -> None:
    await world.ask(question=PELICAN, outlet="Example Wire")
    await world.alice.send(
        world.channel, f"{world.mention} Who shouted at the zebra parade?", reply_to=world.answers[0]
    )
    assert "zebra" in quoted(world.answers[-1])[0]
    assert "Question:" not in text_of(world.answers[-1])
    # Words that would refine an answer are a question like any other where there is none.
    said = await world.bob.send(world.channel, PELICAN)
    await world.alice.send(world.channel, f"{world.mention} only from Example Wire", reply_to=said)
    assert PELICAN not in text_of(world.answers[-1])


@EXPECTED
async def test_whoever_asks_too_fast_waits_and_others_do_not(world: World) -> None:
    """Every way of asking counts."""
    mention = f"{world.mention} {PELICAN}"
    said = await world.bob.send(world.channel, f"“{PELICAN}”")
    answer = (await world.ask(question=PELICAN, number=1)).response
    await world.alice.send(world.channel, mention)
    await world.alice.context_menu(world.channel, "Ask the coverage", said)
    await world.alice.context_menu(world.channel, "Verify quotes", said)
    await world.alice.slash(world.channel, "verify", text=PELICAN)
    await world.alice.click(answer, label="More")
    assert QUESTIONS.person == 6
    for result in (
        await world.ask(question=PELICAN),
        await world.alice.slash(world.channel, "verify", text=PELICAN, private=False),
        await world.alice.click(answer, label="More"),
    ):
        assert result.response.ephemeral
        assert "You ask faster than I may answer." in result.response.content
    await world.alice.send(world.channel, mention)
    assert "You ask faster" in world.answers[-1].content
    await world.bob.send(world.channel, mention)
    assert quoted(world.answers[-1])


@EXPECTED
async def test_everything_that_costs_has_a_pace(world: World) -> None:
    answer = (await world.ask(question=PELICAN)).response
    private = (await world.ask(question=PELICAN, private=True)).response
    listed = (await world.alice.slash(world.channel, "sources")).response
    card = (await world.alice.slash(world.channel, "source", article="otter")).response
    person, place = str(world.alice.id), str(world.channel.id)
    with contextlib.suppress(TooFastError):
        for _ in range(LOOKS.person + 1):
            world.bot.pace.require(person, place, str(world.guild.id), LOOKS)
    for result in (
        await world.alice.slash(world.channel, "sources"),
        await world.alice.slash(world.channel, "source", article="otter"),
        await world.alice.slash(world.channel, "status"),
        await world.alice.slash(world.channel, "mydata"),
        await context_of(world.alice, answer, 1),
        await world.alice.click(answer, label="Sources"),
        await world.alice.click(private, label="Share"),
        await world.alice.click(listed, label="Next"),
        await world.alice.click(card, label="Stored text"),
    ):
        # What is acknowledged without words is told below.
        told = result.followups[0] if result.followups else result.response
        assert (told.content or "").startswith("You ask faster than I may answer.")
    for command, option in (("ask", "outlet"), ("sources", "outlet"), ("source", "article")):
        assert await world.alice.autocomplete(world.channel, command, option, "") == []
    # Questions have a pace of their own, and others are not kept waiting.
    assert quoted((await world.ask(question=PELICAN)).response)
    assert await world.bob.autocomplete(world.channel, "source", "article", "")


async def test_a_channel_in_which_too_much_is_asked_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for person in range(30):
        world.bot.pace.require(str(person), str(world.channel.id), "")
    await world.alice.send(world.channel, f"{world.mention} {PELICAN}")
    assert "This channel asks faster" in world.answers[-1].content
    monkeypatch.setattr(world.bot, "pace", Pace())
    await world.alice.send(world.channel, f"{world.mention} {PELICAN}")
    assert quoted(world.answers[-1])


@EXPECTED
async def test_a_full_queue_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "QUEUE", 0)
    result = await world.ask(question=QUESTION)
    assert result.response.content == "0 questions are waiting already. Ask again in a moment."
    await world.alice.send(world.channel, f"{world.mention} {QUESTION}")
    assert "are waiting already" in world.answers[-1].content


async def test_what_cannot_be_kept_is_answered_without_buttons(world: World, caplog: pytest.LogCaptureFixture) -> None:
    # The file that the running bot has open is no longer at its path, so SQLite writes no more; it still reads.
    file = world.bot.settings.index_dir / desk.RECORDS
    file.unlink()
    file.mkdir()
    answer = (await world.ask(question=PELICAN)).response
    assert len(quoted(answer)) == 2
    assert not buttons_of(answer)
    await world.alice.send(world.channel, f"{world.mention} {PELICAN}")
    assert len(quoted(world.answers[-1])) == 2
    assert not buttons_of(world.answers[-1])
    assert wording.nothing_near(()) in text_of(
        (await world.ask(question="Which pasta shape won the bakery contest?")).response
    )
    assert "discord.answer_not_kept error=RecordsError" in caplog.text


async def test_an_answer_whose_message_is_not_noted_still_has_its_buttons(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any) -> None:
        raise RecordsError("The disk is full.")

    monkeypatch.setattr(Messages, "name", full)
    answer = (await world.ask(question=PELICAN)).response
    assert "Bird takes hat" in text_of((await world.bob.click(answer, label="Sources")).response)


@EXPECTED
async def test_nothing_is_answered_while_the_records_cannot_be_read(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """What may be shown is not known then."""
    listed = (await world.alice.slash(world.channel, "sources")).response
    answer = (await world.ask(question=PELICAN)).response
    before = text_of(listed)
    (world.bot.settings.index_dir / desk.RECORDS).write_bytes(b"no database" * 10_000)
    said = await world.bob.send(world.channel, f"“{PELICAN}”")
    results = [
        await world.ask(question=PELICAN),
        await world.alice.slash(world.channel, "verify", text=PELICAN),
        await world.alice.context_menu(world.channel, "Verify quotes", said),
        await world.alice.slash(world.channel, "source", article="Dresden"),
        await world.alice.slash(world.channel, "sources"),
        await world.alice.slash(world.channel, "status"),
        await world.bob.click(answer, label="More"),
        await world.bob.click(answer, label="Sources"),
    ]
    turned = await world.alice.click(listed, label="Next")
    await world.alice.send(world.channel, f"{world.mention} {PELICAN}")
    for told in (*(result.response for result in results), *turned.followups, world.answers[-1]):
        assert "records.sqlite is damaged" in told.content
        assert not told.components
    assert text_of(listed) == before
    assert await world.alice.autocomplete(world.channel, "ask", "outlet", "") == []
    assert await world.alice.autocomplete(world.channel, "source", "article", "") == []
    assert caplog.text.count("discord.choices_failed error=RecordsError") == 2
    assert "Traceback" not in caplog.text


async def test_withdrawn_articles_that_cannot_be_read_stop_every_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_withdrawals: Withdrawals) -> None:
        raise RecordsError("It cannot be read.")

    monkeypatch.setattr(Withdrawals, "ids", unreadable)
    await world.alice.send(world.channel, f"{world.mention} {PELICAN}")
    assert world.answers[-1].content == "It cannot be read."


async def test_talk_among_others_bots_webhooks_and_everyone_is_left_alone(world: World) -> None:
    first = await world.alice.send(world.channel, QUESTION)
    await world.bob.send(world.channel, QUESTION, reply_to=first)
    await world.alice.send(world.channel, f"{world.bob.mention} {QUESTION}")
    robot = world.guild.add_member(world.env.create_user("robot", bot=True))
    await robot.send(world.channel, f"{world.mention} {QUESTION}")
    await world.guild.create_webhook(world.channel).send(f"{world.mention} {QUESTION}")
    chief = world.guild.add_member(
        world.env.create_user("chief"), roles=[world.guild.create_role("b", permissions=ADMIN)]
    )
    await chief.send(world.channel, f"@everyone {QUESTION}")
    assert world.answers == []


async def test_commands_work_in_direct_messages(world: World) -> None:
    assert "> " in text_of((await world.alice.user.slash("ask", question=QUESTION)).response)


async def test_no_privileged_intent_and_no_pings() -> None:
    bot = OnTheRecordBot(Settings(), None)
    privileged = discord.Intents(members=True, presences=True, message_content=True)
    assert not bot.intents.value & privileged.value
    assert bot.allowed_mentions.to_dict() == {"parse": []}
