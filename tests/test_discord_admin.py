"""What only admins and managers may do, and what comes of it, against simcord's Discord."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import discord
import pytest
import simcord
from discord_world import ADMIN, EXPECTED, PELICAN, QUESTION, quoted, text_of

from bot import wording
from bot.desk import RECORDS
from bot.discord import admin as discord_admin
from bot.discord import views
from bot.records.audit import AuditLog
from bot.records.database import RecordsError
from bot.settings import Settings

if TYPE_CHECKING:
    from discord_world import World


async def test_admins_are_named_by_settings_or_own_the_application(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = world.bot
    role = world.guild.create_role("editors", permissions=ADMIN)
    editor = world.guild.add_member(world.env.create_user("editor"), roles=[role])
    bot.settings = Settings(index_dir=bot.settings.index_dir, admin_role_ids=frozenset({role.id}))
    result = await editor.slash(world.channel, "reindex")
    assert "Nothing has changed" in result.response.content
    alice, bob = (SimpleNamespace(id=member.id) for member in (world.alice, world.bob))
    assert not bot.is_admin(alice)
    bot.settings = Settings(admin_user_ids=frozenset({alice.id}))
    assert bot.is_admin(alice)
    assert not bot.is_admin(bob)

    bot.settings = Settings()
    assert bot.is_admin(SimpleNamespace(id=bot.application.owner.id))
    accepted, invited = discord.TeamMembershipState.accepted, discord.TeamMembershipState.invited
    members = [
        SimpleNamespace(id=alice.id, membership_state=accepted),
        SimpleNamespace(id=bob.id, membership_state=invited),
    ]
    team = SimpleNamespace(team=SimpleNamespace(members=members), owner=SimpleNamespace(id=editor.id))
    monkeypatch.setattr(bot, "_application", team)
    assert bot.is_admin(alice)
    assert not bot.is_admin(bob)
    assert not bot.is_admin(SimpleNamespace(id=editor.id))


async def test_reindex_ends_with_the_diff_and_answers_change(world: World) -> None:
    (world.corpus / "walrus-00.txt").unlink()
    (world.corpus / "walrus-01.txt").write_text("Walrus number one stayed at home.", encoding="utf-8")
    (world.corpus / "giraffe_1.txt").write_text("A giraffe opened the lighthouse on Friday.", encoding="utf-8")
    result = await world.by_chief("reindex")
    assert not result.ephemeral
    assert "1 added, 1 changed, 1 removed" in result.response.content
    assert "added: giraffe\\_1" in result.response.content
    assert "giraffe opened" in text_of((await world.ask(question="Who opened the lighthouse?")).response)
    edits = world.requests("/messages/@original")
    assert any(edit.get("content", "").startswith("Reindexing: reading the articles.") for edit in edits)


async def test_reindex_cannot_run_twice_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.desk.builds, "running", True)
    result = await world.by_chief("reindex")
    assert "is being built already" in result.response.content


async def test_a_failed_reindex_is_told_in_a_sentence(world: World) -> None:
    shutil.rmtree(world.corpus)
    result = await world.by_chief("reindex")
    assert "The corpus folder" in result.response.content
    assert "> " in text_of((await world.ask(question=QUESTION)).response)


async def test_a_long_report_is_attached(world: World) -> None:
    for n in range(60):
        (world.corpus / f"empty-{n:02}-{'x' * 40}.txt").write_text("", encoding="utf-8")
    result = await world.by_chief("reindex")
    (file,) = result.response.attachments
    assert file.filename == "report.txt"
    assert (await file.read()).decode().count("refused: empty-") == 60
    assert "60 refused" in result.response.content


async def audit(world: World, **options: Any) -> list[str]:
    """The lines of the audit log, as an admin sees them."""
    result = await world.by_chief("audit", **options)
    assert result.ephemeral
    return str(result.response.content).split("\n")


async def test_a_dry_run_says_what_would_change_and_changes_nothing(world: World) -> None:
    (world.corpus / "walrus-00.txt").unlink()
    (world.corpus / "giraffe.txt").write_text("A giraffe opened the lighthouse on Friday.", encoding="utf-8")
    result = await world.by_chief("reindex", dry_run=True)
    assert "1 added, 0 changed, 1 removed" in result.response.content
    assert "giraffe" in result.response.content
    assert (await world.desk.status()).manifest.generation == 1
    assert await audit(world) == ["Nothing has been done yet."]


async def test_rollback_serves_the_generation_before(world: World) -> None:
    (world.corpus / "giraffe.txt").write_text("A giraffe opened the lighthouse on Friday.", encoding="utf-8")
    await world.by_chief("reindex")
    result = await world.by_chief("rollback")
    assert result.response.content == "Generation 1 is served now."
    assert "giraffe" not in text_of((await world.ask(question="Who opened the lighthouse?")).response)
    last, first = await audit(world)
    assert "**rollback**" in last
    assert "generation: 1" in last
    assert "**reindex**" in first
    assert "generation: 2" in first


@EXPECTED
async def test_a_rollback_that_cannot_be_is_told_and_not_noted(world: World) -> None:
    result = await world.by_chief("rollback")
    assert "There is no earlier generation" in result.response.content
    assert await audit(world) == ["Nothing has been done yet."]


@EXPECTED
async def test_a_removed_article_shows_nowhere_at_once_and_after_a_reindex(world: World) -> None:
    card = (await world.bob.slash(world.channel, "source", article="Utrecht")).response
    listed = (await world.bob.slash(world.channel, "sources", order="newest")).response
    quotation = "A pelican stole the hat of the mayor of Utrecht."

    async def used(command: str, **options: Any) -> Any:
        world.unhurried()
        return (await world.bob.slash(world.channel, command, **options)).response

    async def shows_nowhere() -> None:
        answer = await used("ask", question=PELICAN)
        assert len(quoted(answer)) == 1
        assert "of 21 articles in the index" in text_of(answer)
        assert "Utrecht" not in text_of(await used("ask", question="Which pasta won?", since="2023-05-05"))
        assert "1 altered" in text_of(await used("verify", text=quotation))
        assert "No article in the index has this id" in (await used("source", article="Utrecht")).content
        assert "Utrecht" not in text_of(await used("source", article="Dresden"))
        choices = await world.bob.autocomplete(world.channel, "source", "article", "Utrecht")
        assert choices == []
        assert "21 articles" in (await used("status")).content
        assert (await world.bob.click(card, label="Stored text")).response.content == wording.TEXT_GONE
        await world.bob.click(listed, label="Next")
        await world.bob.click(listed, label="Previous")
        assert "21 articles" in text_of(listed)
        assert "Utrecht" not in text_of(listed)

    assert "Utrecht" in text_of(listed)
    result = await world.by_chief("remove", article="Utrecht", reason="Wrong *hat*")
    assert "Utrecht" in result.response.content
    await shows_nowhere()
    # Neither a rebuild nor a new text brings it back.
    (world.corpus / "Utrecht.txt").write_text(f"{quotation} It was blue.", encoding="utf-8")
    await world.by_chief("reindex")
    await world.restart()
    await shows_nowhere()

    assert [c["value"] for c in await world.chief.autocomplete(world.channel, "restore", "article", "utr")] == [
        "Utrecht"
    ]
    result = await world.by_chief("restore", article="Utrecht")
    assert result.response.content == "Utrecht can be quoted again."
    assert len(quoted(await used("ask", question=PELICAN))) == 2

    restored, _, removed = await audit(world)
    today = datetime.now(UTC).date().isoformat()
    for line, what in ((restored, "restore"), (removed, "remove")):
        assert f"**{what}**" in line
        assert world.chief.mention in line
        assert f"{today} " in line
        assert "article: Utrecht" in line
    assert "reason: Wrong \\*hat\\*" in removed
    # A page further on.
    assert await audit(world, before=2) == [removed]


@EXPECTED
async def test_what_is_not_there_can_be_neither_removed_nor_restored(world: World) -> None:
    for command in ("remove", "restore"):
        result = await world.by_chief(command, article="no such")
        assert "Pick one from the list" in result.response.content
    await world.by_chief("remove", article="Utrecht")
    assert "Pick one" in (await world.by_chief("remove", article="Utrecht")).response.content
    assert len(await audit(world)) == 1


@EXPECTED
async def test_admins_commands_are_refused_to_others_and_nothing_happens(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Also to a server's administrators, whom Discord shows the commands."""
    await world.by_chief("remove", article="Dresden")
    boss = world.guild.add_member(world.env.create_user("b"), roles=[world.guild.create_role("b", permissions=ADMIN)])
    commands: dict[str, dict[str, Any]] = {
        "reindex": {},
        "rollback": {},
        "remove": {"article": "Utrecht"},
        "restore": {"article": "Dresden"},
        "audit": {},
        "unanswered": {},
    }
    assert {command.name for command in discord_admin.COMMANDS} == {*commands, "settings"}
    for command, options in commands.items():
        for result in (
            await boss.slash(world.channel, command, **options),
            await boss.user.slash(command, **options),  # a direct message
        ):
            assert (result.response.content, result.response.ephemeral) == (wording.NOT_ADMIN, True)
        assert f"discord.admin_refused command={command} user={boss.id}" in caplog.text
        with pytest.raises(simcord.SetupError, match="not visible"):
            await world.bob.slash(world.channel, command, **options)
    result = await boss.slash(world.channel, "settings", outlets="all", excerpts=1)
    assert (result.response.content, result.response.ephemeral) == (wording.OUTLETS_BY_ADMINS, True)
    assert await boss.autocomplete(world.channel, "restore", "article", "") == []
    assert (await world.desk.status()).manifest.generation == 1
    assert "of 21 articles" in text_of((await world.ask(question=PELICAN)).response)
    assert len(await audit(world)) == 1


async def test_a_server_manager_sets_all_but_the_outlets(world: World) -> None:
    permissions = discord.Permissions(manage_guild=True)
    role = world.guild.create_role("manager", permissions=permissions)
    manager = world.guild.add_member(world.env.create_user("manager"), roles=[role])

    async def settings(who: Any = manager, **options: Any) -> str:
        result = await who.slash(world.channel, "settings", **options)
        assert result.ephemeral
        return str(result.response.content)

    shown = await settings()
    assert shown.startswith("Settings of this server\n**answers:** yes (not set here)")
    assert "**excerpts:** 3 (not set here)" in shown
    changed = await settings(excerpts=5, private=True)
    assert "**excerpts:** 5\n**private:** yes" in changed
    here = await settings(channel=world.channel, private=False, answers=False)
    assert world.channel.mention in here
    assert "**answers:** no\n**outlets:** all (not set here)\n**excerpts:** 5 (not set here)\n**private:** no" in here
    assert "**private:** no" not in await settings()

    await world.by_chief("settings", channel=world.channel, outlets="example WIRE ;Example Post")
    assert "**outlets:** Example Wire; Example Post\n" in await settings(channel=world.channel)
    # What a manager forgets, the outlets are not.
    cleared = await settings(channel=world.channel, clear=True)
    assert "**answers:** yes (not set here)\n**outlets:** Example Wire; Example Post\n" in cleared
    cleared = (await world.by_chief("settings", channel=world.channel, clear=True)).response.content
    assert "**outlets:** all (not set here)\n" in cleared

    lines = await audit(world)
    assert len(lines) == 5
    assert f"set\\_channel: {world.channel.id}" in lines[0]
    assert manager.mention in lines[1]
    assert "outlets: Example Wire; Example Post" in lines[2]
    assert "excerpts: 5, private: True" in lines[4]


@EXPECTED
async def test_settings_are_no_business_of_others(world: World) -> None:
    with pytest.raises(simcord.SetupError, match="not visible"):
        await world.bob.slash(world.channel, "settings")
    result = await world.bob.user.slash("settings", answers=False)
    assert result.response.content == views.NOT_MANAGER
    assert quoted((await world.bob.user.slash("ask", question=PELICAN)).response)
    # Those of direct messages are the admins'.
    result = await world.chief.user.slash("settings", excerpts=1)
    assert result.response.content.startswith("Settings of direct messages\n")
    assert len(quoted((await world.bob.user.slash("ask", question=PELICAN)).response)) == 1
    assert len(quoted((await world.ask(question=PELICAN)).response)) == 2


@EXPECTED
@pytest.mark.parametrize("typed", ["Example Wire; Nobody", ";", " "])
async def test_outlets_that_are_not_there_are_not_set(world: World, typed: str) -> None:
    """No name at all would mean that all may be seen."""
    await world.by_chief("settings", outlets="Example Wire")
    result = await world.by_chief("settings", outlets=typed)
    assert "outlet" in result.response.content
    assert "Settings of" not in result.response.content
    assert "of 1 article" in text_of((await world.ask(question=PELICAN)).response)


async def test_unanswered_questions_are_those_refused_in_public_in_this_server(world: World) -> None:
    async def unanswered(channel: Any, who: Any) -> str:
        result = await who.slash(channel, "unanswered")
        assert result.ephemeral
        return str(result.response.content)

    other = world.env.create_guild("Another newsroom")
    elsewhere = other.create_text_channel("news")
    alice = other.add_member(world.alice.user)
    chief = other.add_member(world.chief.user, roles=[other.create_role("boss", permissions=ADMIN)])
    assert await unanswered(world.channel, world.chief) == "No question was refused here."

    once, twice = "Which pasta shape won the bakery contest?", "Which gnome sold the accordion?"
    await world.ask(question=once)
    await world.ask(question=twice)
    await world.alice.send(world.channel, f"{world.mention} {twice.upper()}")
    alone = await world.ask(question="Which gnome sold the trombone?", private=True)
    assert wording.nothing_near(()) in text_of(alone.response)
    await world.alice.user.slash("ask", question="Which gnome sold the trombone?")
    await world.alice.send_dm("Which gnome sold the trombone?")
    world.unhurried()
    await world.ask(question="?!")
    await world.ask(question=PELICAN)
    await world.ask(question=PELICAN, outlet="Nobody")
    await alice.slash(elsewhere, "ask", question="Which gnome is elsewhere?")
    # Nor is anything of channels and threads that not everybody sees.
    world.unhurried()
    hidden = {world.guild.default_role: discord.PermissionOverwrite(view_channel=False)}
    hidden |= {who: discord.PermissionOverwrite(view_channel=True) for who in (world.alice, world.bot.user)}
    secret = world.guild.create_text_channel("secret", overwrites=hidden)
    await world.alice.slash(secret, "ask", question="Which gnome is secret?")
    await world.alice.send(secret, f"{world.mention} Which gnome is secret?")
    assert len(world.said_in(secret)) == 2

    told = await unanswered(world.channel, world.chief)
    assert re.findall(r"^(\d+)× (.*)", told, re.MULTILINE) == [
        ("2", twice.upper()),
        ("1", PELICAN),
        ("1", once),
    ]
    assert (await world.chief.user.slash("unanswered")).response.content == "No question was refused here."
    for person in (world.alice, world.bob):
        assert str(person.id) not in told
        assert person.name not in told
    assert re.findall(r"× (.*)", await unanswered(elsewhere, chief)) == ["Which gnome is elsewhere?"]


async def test_what_cannot_be_noted_is_done_and_told_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_args: Any) -> None:
        raise RecordsError("The disk is full.")

    monkeypatch.setattr(AuditLog, "note", full)
    assert "Nothing has changed" in (await world.by_chief("reindex")).response.content
    assert "discord.action_not_recorded what=reindex" in caplog.text


@EXPECTED
async def test_what_cannot_be_recorded_is_not_done(world: World) -> None:
    file = world.bot.settings.index_dir / RECORDS
    file.unlink()
    file.mkdir()
    for command, options in (("remove", {"article": "Utrecht"}), ("settings", {"answers": False})):
        result = await world.by_chief(command, **options)
        assert "records.sqlite cannot be read or written" in result.response.content
    assert len(quoted((await world.ask(question=PELICAN)).response)) == 2
