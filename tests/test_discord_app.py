"""Every command and way of asking, as a person uses them, against simcord's Discord."""

from __future__ import annotations

import shutil
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import discord
import pytest
import simcord
from conftest import SEEDS
from discord_server import check
from simcord.http import router
from test_discord_render import shown
from word_encoder import WordHashEncoder

from bot import discord_app, wording
from bot import discord_render as render
from bot.desk import Desk, DeskBusyError
from bot.discord_app import OnTheRecordBot, UsageError, parse_day
from bot.settings import Settings
from index.build import build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUESTION = "Who denied involvement in the Kremlin drone attack?"
ZEBRAS = "Everyone at the zebra parade shouted @everyone and <@1234> at the *striped* zebra."
# simcord counts what a command raised as an error even where the bot answered it.
EXPECTED = pytest.mark.simcord(check_errors=False)
ADMIN = discord.Permissions(administrator=True)


@pytest.fixture(scope="module")
def _corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seed articles, a few with metadata, and enough more for three pages."""
    folder = tmp_path_factory.mktemp("discord") / "corpus"
    shutil.copytree(SEEDS, folder)
    (folder / "zebras.txt").write_text(ZEBRAS, encoding="utf-8")
    for n in range(13):
        (folder / f"walrus-{n:02}.txt").write_text(f"Walrus number {n} swam to harbour {n}.", encoding="utf-8")
    for town in ("Dresden", "Utrecht"):
        (folder / f"{town}.txt").write_text(f"A pelican stole the hat of the mayor of {town}.", encoding="utf-8")
    (folder / "sources.toml").write_text(
        '["Dresden.txt"]\ntitle = "Bird takes hat"\noutlet = "Example Wire"\npublished = 2023-05-03\n'
        '["Utrecht.txt"]\noutlet = "Example Post"\npublished = 2023-05-05\n'
        f'["zebras.txt"]\ntitle = "{"Z" * 120}"\noutlet = "{"Zoo " * 30}"\npublished = 2020-01-01\n',
        encoding="utf-8",
    )
    build(folder, folder.parent / "data", WordHashEncoder())
    return folder


@pytest.fixture
def corpus(_corpus: Path, tmp_path: Path) -> Path:
    shutil.copytree(_corpus.parent / "data", tmp_path / "data")
    return shutil.copytree(_corpus, tmp_path / "corpus")


@pytest.fixture
def desk(corpus: Path) -> Iterator[Desk]:
    desk = Desk(corpus.parent / "data", corpus, WordHashEncoder)
    yield desk
    desk.close()


class World:
    """A running bot, a channel and two people."""

    def __init__(self, env: simcord.Env) -> None:
        self.env = env
        self.guild = env.create_guild("Newsroom")
        self.channel = self.guild.create_text_channel("news")
        self.alice = self.guild.add_member(env.create_user("alice"))
        self.bob = self.guild.add_member(env.create_user("bob"))

    async def ask(self, **options: Any) -> Any:
        return await self.alice.slash(self.channel, "ask", **options)

    def requests(self, path: str) -> list[Any]:
        """The payloads of the bot's requests whose path ends so."""
        return [entry.json for entry in self.env.http_requests if entry.path.endswith(path)]

    @property
    def mention(self) -> str:
        return f"<@{self.env.bot.user.id}>"

    @property
    def answers(self) -> list[discord.Message]:
        return [message for message in self.channel.history() if message.author.id == self.env.bot.user.id]


@pytest.fixture
def simcord_bot(desk: Desk, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> OnTheRecordBot:
    """The bot that simcord's own fixture runs, with a check of every request it makes."""
    dispatch = router.dispatch

    def checked(backend: Any, method: str, path: str, **request: Any) -> Any:
        check(method, path, request.get("json"))
        return dispatch(backend, method, path, **request)

    monkeypatch.setattr(router, "dispatch", checked)
    monkeypatch.setattr(discord_app, "PROGRESS_PAUSE", 0.05)
    return OnTheRecordBot(Settings(corpus_dir=corpus, index_dir=corpus.parent / "data"), desk)


@pytest.fixture
def world(simcord_env: simcord.Env) -> World:
    return World(simcord_env)


def admin(world: World) -> simcord.MemberActor:
    """A member whom settings name, with the permission that shows the command."""
    role = world.guild.create_role("boss", permissions=ADMIN)
    member = world.guild.add_member(world.env.create_user("chief"), roles=[role])
    bot = world.env.bot
    bot.settings = Settings(index_dir=bot.settings.index_dir, admin_user_ids=frozenset({member.id}))
    return member


def text_of(message: Any) -> str:
    """All text of a message as sent."""
    parts = [message.content]
    stack = [part if isinstance(part, dict) else part.to_dict() for part in message.components]
    while stack:
        component = stack.pop(0)
        parts.append(component.get("content", ""))
        stack = component.get("components", []) + stack
    return "\n".join(filter(None, parts))


def buttons_of(message: Any) -> dict[str, dict[str, Any]]:
    row = message.components[-1]
    return {button["label"]: button for button in row["components"]}


async def test_ask_shows_excerpts_to_everyone(world: World) -> None:
    result = await world.ask(question=QUESTION)
    assert not result.ephemeral
    assert world.requests("/callback") == [{"type": 5}]
    text = text_of(result.response)
    assert text.startswith("-# Question: Who denied")
    assert "\n> " in text
    assert "of 21 articles in the index" in text
    assert result.response.flags.components_v2


async def test_ask_privately(world: World) -> None:
    result = await world.ask(question=QUESTION, private=True)
    assert result.ephemeral
    assert result.response.ephemeral
    assert "\n> " in text_of(result.response)


async def test_as_many_excerpts_as_set(world: World) -> None:
    world.env.bot.settings = Settings(excerpts=1)
    assert "1 excerpt from 1 of 21" in text_of((await world.ask(question=QUESTION)).response)


async def test_quoted_mentions_ping_nobody_and_read_as_written(world: World) -> None:
    result = await world.ask(question="Who shouted at the zebra parade?")
    line = next(line for line in text_of(result.response).split("\n") if line.startswith("> "))
    assert shown(line.removeprefix("> ")) == (ZEBRAS, [])
    message = result.response.message
    assert not message.mention_everyone
    assert not message.mentions


async def test_filters(world: World) -> None:
    async def answer(**filters: str) -> str:
        return text_of((await world.ask(question="Which pelican stole the hat of the mayor?", **filters)).response)

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


async def test_a_question_without_an_answer_is_refused_with_the_nearest(world: World) -> None:
    answer = text_of((await world.ask(question="Which pasta shape won the bakery contest?")).response)
    assert wording.nothing_near(()) in answer
    assert "\n> " not in answer
    assert text_of((await world.ask(question="?!")).response).endswith(f"**{wording.EMPTY_QUESTION}**")


@EXPECTED
@pytest.mark.parametrize("option", ["since", "until"])
async def test_a_wrong_date_is_explained_and_nothing_searched(
    world: World, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setattr(world.env.bot, "desk", None)
    result = await world.ask(question=QUESTION, **{option: "*31* April"})
    assert result.ephemeral
    assert result.response.content == "“\\*31\\* April” is not a date. Write it like 2023-05-03 or 3 May 2023."


@pytest.mark.parametrize(
    "text", ["2023-05-03", "3 May 2023", " 03 may 2023 ", "May 3, 2023", "May 3 2023", "3 mar 2023"]
)
def test_dates_that_are_read(text: str) -> None:
    assert parse_day(text) == date(2023, 3 if "mar" in text else 5, 3)


@pytest.mark.parametrize("text", ["", "yesterday", "2023-02-30", "03/05/2023", "2023"])
def test_dates_that_are_not(text: str) -> None:
    with pytest.raises(UsageError, match="2023-05-03"):
        parse_day(text)


async def test_outlets_are_completed(world: World) -> None:
    choices = await world.alice.autocomplete(world.channel, "ask", "outlet", "example", question=QUESTION)
    # The zoo's name is too long for a choice.
    assert [choice["value"] for choice in choices] == ["Example Post", "Example Wire"]
    everything = await world.alice.autocomplete(world.channel, "ask", "outlet", "")
    assert everything == choices


async def test_articles_are_completed_by_id_title_and_outlet(world: World) -> None:
    async def found(typed: str) -> list[str]:
        return [c["value"] for c in await world.alice.autocomplete(world.channel, "source", "article", typed)]

    assert await found("WALRUS-03") == ["walrus-03"]
    assert await found("bird takes") == await found("example wire") == ["Dresden"]
    assert await found("zoo zoo") == ["zebras"]
    assert len(await found("")) == 21
    assert await found("no such thing") == []


async def test_choices_are_at_most_25(world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = await desk.listings()

    async def many() -> list[Any]:
        long = SimpleNamespace(id="i" * 101, title="t" * 200, outlet="o" * 100, sha256="ab" * 32)
        return [SimpleNamespace(source=long), *rows, *rows]

    monkeypatch.setattr(desk, "listings", many)
    choices = await world.alice.autocomplete(world.channel, "source", "article", "")
    assert len(choices) == 25
    assert choices[0] == {"name": "t" * 99 + "…", "value": "ab" * 32}


async def test_source_shows_the_card(world: World, desk: Desk) -> None:
    result = await world.alice.slash(world.channel, "source", article="zebras")
    text = text_of(result.response)
    assert "### " + "Z" * 120 in text
    assert "author not given" in text
    row = next(row for row in await desk.listings() if row.source.id == "zebras")
    assert row.source.sha256[:12] in text
    by_hash = await world.alice.slash(world.channel, "source", article=row.source.sha256)
    assert text_of(by_hash.response) == text


@EXPECTED
async def test_source_unknown_is_told(world: World) -> None:
    result = await world.alice.slash(world.channel, "source", article="no-such")
    assert "Pick one" in result.response.content


async def test_sources_turn_pages_for_everyone_and_after_a_restart(world: World, desk: Desk) -> None:
    response = (await world.alice.slash(world.channel, "sources")).response
    assert "page 1 of 3" in text_of(response)
    assert "**10.**" in text_of(response)
    assert "**11.**" not in text_of(response)
    assert buttons_of(response)["Previous"]["disabled"]
    assert not buttons_of(response)["Next"]["disabled"]
    await world.env.advance_time(3600)
    await world.bob.click(response, label="Next")
    assert "page 2 of 3" in text_of(response)
    assert "**11.**" in text_of(response)

    await world.env.restart_bot(OnTheRecordBot(world.env.bot.settings, desk))
    await world.alice.click(response, label="Next")
    assert "page 3 of 3" in text_of(response)
    assert "**21.**" in text_of(response)
    assert buttons_of(response)["Next"]["disabled"]
    await world.alice.click(response, label="Previous")
    assert "page 2 of 3" in text_of(response)


async def test_a_page_that_is_gone_becomes_the_last(world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    response = (await world.alice.slash(world.channel, "sources")).response
    rows = await desk.listings()

    async def fewer() -> list[Any]:
        return rows[:3]

    monkeypatch.setattr(desk, "listings", fewer)
    await world.alice.click(response, label="Next")
    assert "page 1 of 1" in text_of(response)
    assert all(button["disabled"] for button in buttons_of(response).values())


async def test_a_page_that_fails_is_told_and_the_list_stays(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = (await world.alice.slash(world.channel, "sources")).response

    async def busy() -> None:
        raise DeskBusyError("200 questions are waiting already.")

    monkeypatch.setattr(desk, "listings", busy)
    result = await world.alice.click(response, label="Next")
    assert [(told.content, told.ephemeral) for told in result.followups] == [
        ("200 questions are waiting already.", True)
    ]
    assert "page 1 of 3" in text_of(response)


async def test_status_and_help(world: World) -> None:
    status = (await world.alice.slash(world.channel, "status")).response.content
    assert "Generation 1" in status
    assert "21 articles" in status
    assert "word-hash" in status
    helped = await world.alice.slash(world.channel, "help")
    assert helped.ephemeral
    for command in set(world.env.bot.tree.get_commands()) - {discord_app.help_}:
        assert f"`/{command.name}`" in helped.response.content


@EXPECTED
async def test_an_expected_error_is_its_sentence_and_an_unexpected_one_a_plain_one(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    faults: list[Exception] = [DeskBusyError("Too *many* wait."), KeyError("secret detail")]

    async def fail(*_args: Any, **_more: Any) -> None:
        raise faults.pop(0)

    monkeypatch.setattr(desk, "ask", fail)
    result = await world.ask(question=QUESTION)
    assert result.response.content == "Too \\*many\\* wait."
    result = await world.ask(question=QUESTION, private=True)
    assert (result.response.content, result.response.ephemeral) == (render.UNEXPECTED, True)
    assert "discord.ask_failed error=KeyError" in caplog.text

    faults[:] = [DeskBusyError("Busy."), KeyError("secret detail")]
    await world.alice.send(world.channel, f"{world.mention} {QUESTION}")
    await world.alice.send(world.channel, f"{world.mention} {QUESTION}")
    assert [message.content for message in world.answers[-2:]] == ["Busy.", render.UNEXPECTED]


async def test_a_mention_is_answered_as_a_reply(world: World) -> None:
    asked = await world.alice.send(world.channel, f"{world.mention} {QUESTION}")
    (answer,) = world.answers
    assert answer.reference.message_id == asked.id
    assert "> " in text_of(answer)
    assert "Question:" not in text_of(answer)


async def test_the_mention_is_no_part_of_the_question(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = desk.ask

    async def noting(question: str, **more: Any) -> Any:
        asked.append(question)
        return await ask(question, **more)

    monkeypatch.setattr(desk, "ask", noting)
    bot = world.env.bot.user.id
    await world.alice.send(world.channel, f"<@{bot}> who, <@!{bot}>?")
    await world.alice.send(world.channel, f"<@{bot}>")
    assert asked == ["who,  ?", ""]
    assert wording.EMPTY_QUESTION in text_of(world.answers[-1])


async def test_a_question_in_a_thread_is_answered_there(world: World) -> None:
    opening = await world.alice.send(world.channel, "Let us talk.")
    await world.env.bot.get_channel(world.channel.id).create_thread(name="talk", message=opening)
    (thread,) = world.channel.threads
    await world.alice.send(thread, f"{world.mention} {QUESTION}")
    assert "> " in text_of(thread.last_message)
    assert not any("> " in text_of(message) for message in world.answers)


async def test_a_direct_message_is_a_question(world: World) -> None:
    await world.alice.send_dm(QUESTION)
    answer = world.alice.user.dm_channel.last_message
    assert answer.author.id == world.env.bot.user.id
    assert "> " in text_of(answer)


async def test_a_reply_that_mentions_is_a_question(world: World) -> None:
    await world.alice.send(world.channel, f"{world.mention} {QUESTION}")
    (answer,) = world.answers
    await world.bob.send(world.channel, QUESTION, reply_to=answer)
    assert "> " in text_of(world.answers[1])


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


async def test_reindex_is_refused_to_those_who_are_no_admins_of_the_bot(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(desk, "reindex", None)
    # The guild's administrators see the command; that alone does not let them use it.
    role = world.guild.create_role("boss", permissions=ADMIN)
    boss = world.guild.add_member(world.env.create_user("boss"), roles=[role])
    result = await boss.slash(world.channel, "reindex")
    assert (result.ephemeral, result.response.content) == (True, render.NOT_ADMIN)
    result = await world.alice.user.slash("reindex")
    assert result.response.content == render.NOT_ADMIN
    assert "discord.reindex_refused" in caplog.text
    with pytest.raises(simcord.SetupError, match="not visible"):
        await world.bob.slash(world.channel, "reindex")


async def test_admins_are_named_by_settings_or_own_the_application(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = world.env.bot
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


async def test_reindex_ends_with_the_diff_and_answers_change(world: World, corpus: Path) -> None:
    (corpus / "walrus-00.txt").unlink()
    (corpus / "walrus-01.txt").write_text("Walrus number one stayed at home.", encoding="utf-8")
    (corpus / "giraffe_1.txt").write_text("A giraffe opened the lighthouse on Friday.", encoding="utf-8")
    result = await admin(world).slash(world.channel, "reindex")
    assert not result.ephemeral
    assert "1 added, 1 changed, 1 removed" in result.response.content
    assert "added: giraffe\\_1" in result.response.content
    assert "giraffe opened" in text_of((await world.ask(question="Who opened the lighthouse?")).response)
    edits = world.requests("/messages/@original")
    assert any(edit.get("content", "").startswith("Reindexing: reading the articles.") for edit in edits)


async def test_reindex_cannot_run_twice_at_once(world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "_building", True)
    result = await admin(world).slash(world.channel, "reindex")
    assert "is being built already" in result.response.content


async def test_a_failed_reindex_is_told_in_a_sentence(world: World, corpus: Path) -> None:
    shutil.rmtree(corpus)
    result = await admin(world).slash(world.channel, "reindex")
    assert "The corpus folder" in result.response.content
    assert "> " in text_of((await world.ask(question=QUESTION)).response)


async def test_a_long_report_is_attached(world: World, corpus: Path) -> None:
    for n in range(60):
        (corpus / f"empty-{n:02}-{'x' * 40}.txt").write_text("", encoding="utf-8")
    result = await admin(world).slash(world.channel, "reindex")
    (file,) = result.response.attachments
    assert file.filename == "report.txt"
    assert (await file.read()).decode().count("refused: empty-") == 60
    assert "60 refused" in result.response.content


async def test_commands_work_in_direct_messages(world: World) -> None:
    assert "> " in text_of((await world.alice.user.slash("ask", question=QUESTION)).response)


async def test_no_privileged_intent_and_no_pings() -> None:
    bot = OnTheRecordBot(Settings(), None)
    privileged = discord.Intents(members=True, presences=True, message_content=True)
    assert not bot.intents.value & privileged.value
    assert bot.allowed_mentions.to_dict() == {"parse": []}
