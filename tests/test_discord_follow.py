"""Subjects followed on Discord: set with a preview, told once in their place, changed by whoever may, and paused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import discord
from discord_world import EXPECTED, buttons_of, quoted, text_of

from bot import subjects
from bot.discord import blocks
from bot.discord.follow import DiscordCourier
from bot.following import Following
from bot.records import follows as records_follows

if TYPE_CHECKING:
    import pytest
    from discord_world import World

MANATEE = "A manatee opened the *lido* and greeted @everyone and <@1234>."


async def write(world: World, name: str, text: str, outlet: str = "Example Post") -> None:
    """A new article, indexed."""
    head = f'---\ntitle: "{name}"\noutlet: "{outlet}"\n---\n'
    (world.corpus / f"{name}.md").write_text(head + text.replace("*", "\\*"), encoding="utf-8")
    await world.desk.builds.reindex()


async def look(world: World) -> None:
    """What the bot does every few seconds."""
    await Following(world.desk, "discord", DiscordCourier(world.bot)).look()


async def follow(world: World, who: Any = None, channel: Any = None, **options: Any) -> str:
    """Somebody follows a subject; what they alone are told."""
    someone: Any = who or world.alice
    place = [] if who is world.alice.user else [channel or world.channel]  # a user's own messages with the bot
    result = await someone.slash(*place, "follow", **{"subject": "manatee", **options})
    assert result.ephemeral
    return text_of(result.response)


async def following(world: World, who: Any = None, channel: Any = None, **options: Any) -> str:
    result = await (who or world.alice).slash(channel or world.channel, "following", **options)
    assert result.ephemeral
    return text_of(result.response)


async def test_what_is_new_is_posted_once_verbatim_and_pings_nobody(world: World) -> None:
    told = await follow(world)
    assert "Followed from now on: “manatee” · at once." in told
    assert re.search(r"Of \d+ articles of the last month, 0 would have matched\.", told)
    assert "That is much" not in told
    await look(world)
    assert world.answers == []
    await write(world, "lido", MANATEE)
    await look(world)
    (post,) = world.answers
    assert "**New on “manatee”**" in text_of(post)
    assert quoted(post) == [blocks.quote(MANATEE)]
    assert "Example Post" in text_of(post)
    (sent,) = world.requests(f"/channels/{world.channel.id}/messages")
    assert sent["allowed_mentions"] == {"parse": []}
    assert sent["enforce_nonce"]
    await look(world)
    await world.restart()
    await look(world)
    (world.corpus / "lido.md").rename(world.corpus / "moved.md")
    await world.desk.builds.reindex()
    await look(world)
    assert len(world.answers) == 1


async def test_a_correction_is_told_as_one(world: World) -> None:
    await write(world, "lido", MANATEE)
    await follow(world)
    await write(world, "lido", f"{MANATEE}\n\nThe manatee later denied that it had opened anything.")
    await look(world)
    (post,) = world.answers
    assert quoted(post) == ["> The manatee later denied that it had opened anything."]
    assert "Corrected: excerpt 1 is from the new text of an article" in text_of(post)


async def test_few_excerpts_are_posted_and_the_others_come_at_a_press(world: World) -> None:
    await follow(world, subject="walrus")
    told = [f"A walrus of {town} told the court about {thing}." for town, thing in
            [("Ghent", "eels"), ("Bruges", "umbrellas"), ("Liège", "taxes and tides"), ("Namur", "the price of ice"),
             ("Mons", "sleep"), ("Ypres", "a lost hat")]]  # fmt: skip
    for number, text in enumerate(told):
        (world.corpus / f"new-{number}.txt").write_text(text, encoding="utf-8")
    await world.desk.builds.reindex()
    await look(world)
    (post,) = world.answers
    assert len(quoted(post)) == 3
    assert "and 3 more" in text_of(post)
    others = await world.bob.click(post, label="The others")
    assert others.ephemeral
    assert sorted([*quoted(post), *quoted(others.response)]) == sorted(blocks.quote(text) for text in told)
    assert "The others" not in buttons_of(others.response)
    assert (await world.bob.click(post, label="Helpful")).ephemeral
    assert "Walrus" not in (await world.bob.click(post, label="Remove")).response.content
    await world.alice.click(post, label="Remove")
    assert world.answers == []


@EXPECTED
async def test_nothing_is_told_of_an_outlet_that_is_hidden_or_not_followed(world: World) -> None:
    server = str(world.guild.id)
    await world.desk.record(
        lambda records: records.places.change("discord", server, "", outlets=("Example Post", "Example Wire"))
    )
    told = await follow(world, outlets="Hidden Gazette")
    assert "There is no outlet “Hidden Gazette” in the index." in told
    await follow(world, outlets="Example Post")
    await write(world, "lido", MANATEE, "Hidden Gazette")
    await write(world, "wire", "A manatee bought the wire.", "Example Wire")
    await look(world)
    assert world.answers == []
    await write(world, "post", "A manatee sold the wire.")
    await look(world)
    assert [quoted(post) for post in world.answers] == [["> A manatee sold the wire."]]


@EXPECTED
async def test_a_place_that_cannot_be_written_to_pauses_and_an_admin_is_told_once(world: World) -> None:
    chief = world.chief
    hidden = {world.guild.default_role: discord.PermissionOverwrite(send_messages=False)}
    await follow(world)
    number = (await world.desk.recall(lambda records: records.follows.all("discord")))[0].number
    await world.desk.record(lambda records: records.follows.end(number))
    quiet = world.guild.create_text_channel("quiet", overwrites=hidden)
    assert "Only whoever may write here" in await follow(world, channel=quiet)
    for subject in ("manatee", "lido"):
        await follow(world, chief, quiet, subject=subject)
    await write(world, "lido", MANATEE)
    for _ in range(2):
        await look(world)
    assert world.said_in(quiet) == []
    told = [message.content for message in chief.user.dm_channel.history() if message.author.bot]
    assert len(told) == 1
    assert f"I can no longer write to <#{quiet.id}>" in told[0]
    assert "manatee" not in told[0]
    assert (await following(world, chief, quiet)).count("paused, since I could not write here") == 2
    (action, *_) = await world.desk.recall(lambda records: records.audit.actions(5))
    assert (action.what, action.user, action.channel) == ("follows_paused", "bot", str(quiet.id))


@EXPECTED
async def test_whoever_set_it_and_moderators_change_it_and_nobody_else(world: World) -> None:
    await follow(world, when="daily", hour=9)
    listed = await following(world, world.bob)
    number = int(listed.split(" · ")[0])
    assert "“manatee” · daily at 9:00 (UTC)" in listed
    assert await following(world, world.bob, number=number, action="end") == subjects.NOT_YOURS
    server, channel = str(world.guild.id), str(world.channel.id)
    await world.desk.record(lambda records: records.places.change("discord", server, channel, timezone="Asia/Tokyo"))
    told = await following(world, number=number, when="weekly", hour=7, outlets="Example Wire", action="pause")
    assert told == "Followed: “manatee” · Example Wire · on Mondays at 7:00 (Asia\\/Tokyo) · paused."
    assert "Which one?" in await following(world, action="end")
    elsewhere = world.guild.create_text_channel("elsewhere")
    assert "No subject with this number" in await following(world, channel=elsewhere, number=number, action="end")
    role = world.guild.create_role("moderator", permissions=discord.Permissions(manage_messages=True))
    moderator = world.guild.add_member(world.env.create_user("moderator"), roles=[role])
    assert "No longer followed" in await following(world, moderator, number=number, action="end")
    assert await following(world) == blocks.escape(subjects.NO_FOLLOWS)
    (action, *_) = await world.desk.recall(lambda records: records.audit.actions(5))
    assert (action.what, action.user, action.details) == ("follow_end", str(moderator.id), {"follow": number})


async def test_a_daily_follow_is_told_at_its_hour_and_missed_days_at_once(world: World) -> None:
    now = [datetime(2026, 3, 2, 12, tzinfo=UTC)]
    world.desk._records._database.clock = lambda: now[0]
    await follow(world, when="daily", hour=9)
    await write(world, "lido", MANATEE)
    now[0] += timedelta(hours=20)
    await look(world)
    assert world.answers == []
    now[0] += timedelta(hours=1)
    await look(world)
    assert len(world.answers) == 1
    await write(world, "again", "The manatee closed the lido.")
    await look(world)
    assert len(world.answers) == 1
    now[0] += timedelta(days=5)
    await look(world)
    await look(world)
    assert len(world.answers) == 2


async def test_a_message_that_was_sent_before_the_bot_was_killed_is_found_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.desk._records._database.clock = lambda: datetime(2026, 1, 1, tzinfo=UTC)  # as simcord's clock has it
    await follow(world)
    await write(world, "lido", MANATEE)
    with monkeypatch.context() as patched:
        patched.setattr(records_follows.Follows, "sent", lambda *_: 1 / 0)
        await look(world)
    assert len(world.answers) == 1
    await world.restart()
    await look(world)
    assert len(world.answers) == 1
    assert await world.desk.recall(lambda records: records.follows.posts("discord")) == ()
    (post,) = world.answers
    key = await world.desk.recall(lambda records: records.messages.key("discord", str(post.id)))
    assert key


async def test_follows_are_what_somebody_typed_and_go_with_it(world: World) -> None:
    await follow(world)
    data = (await world.alice.slash(world.channel, "mydata")).response.content
    assert "1 follow" in data
    assert "followed: manatee" in data
    shown = (await world.alice.slash(world.channel, "forgetme")).response
    done = await world.alice.click(shown, label="Forget all of this")
    assert done.response.content == "Forgotten: 0 messages and 0 verdicts, 1 follow."
    await write(world, "lido", MANATEE)
    await look(world)
    assert world.answers == []


@EXPECTED
async def test_direct_messages_may_follow_and_a_place_has_only_so_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records_follows, "MOST", 1)
    await world.alice.send_dm("Hello?")
    dms, alice = world.alice.user.dm_channel, world.alice.user
    assert "Followed from now on" in await follow(world, alice)
    world.unhurried()
    assert "More than 1 subjects cannot" in await follow(world, alice)
    await write(world, "lido", MANATEE)
    await look(world)
    assert blocks.quote(MANATEE) in text_of(dms.last_message)


async def test_what_would_have_been_much_is_told_with_a_preview(world: World) -> None:
    told = await follow(world, subject="walrus")
    assert re.search(r"Of \d+ articles of the last month, 13 would have matched\.", told)
    assert "That is much" in told
    assert "> Walrus number" in told
    assert "and 10 more" in told
    assert world.answers == []


@EXPECTED
async def test_where_answers_are_private_nothing_is_posted(world: World) -> None:
    server = str(world.guild.id)
    await world.desk.record(lambda records: records.places.change("discord", server, "", private=True))
    assert await follow(world) == subjects.PRIVATE_HERE
