"""A small Discord of simcord's with the bot in it, and how to read what it says. The fixtures are in conftest.py."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import discord
import pytest
from conftest import SEEDS
from discord_server import walk
from word_encoder import WordHashEncoder

from bot.desk import Desk
from bot.discord.app import OnTheRecordBot
from bot.pace import Pace
from index.build import build

if TYPE_CHECKING:
    from pathlib import Path

    import simcord

QUESTION = "Who denied involvement in the Kremlin drone attack?"
PELICAN = "Which pelican stole the hat of the mayor?"
OTTER = "An otter in Bruges declined to comment on the missing umbrella of its neighbour."
ZEBRAS = "Everyone at the zebra parade shouted @everyone and <@1234> at the *striped* zebra."
# simcord counts what a command raised as an error even where the bot answered it.
EXPECTED = pytest.mark.simcord(check_errors=False)
ADMIN = discord.Permissions(administrator=True)
WALRUSES = 13  # articles of which each answers a question about walruses


def build_corpus(folder: Path) -> None:
    """The seed articles, a few with metadata, and enough more for three pages; and an index of them beside it."""
    shutil.copytree(SEEDS, folder)
    (folder / "zebras.txt").write_text(ZEBRAS, encoding="utf-8")
    for n in range(WALRUSES):
        (folder / f"walrus-{n:02}.txt").write_text(f"Walrus number {n} swam to harbour {n}.", encoding="utf-8")
    for town in ("Dresden", "Utrecht"):
        (folder / f"{town}.txt").write_text(f"A pelican stole the hat of the mayor of {town}.", encoding="utf-8")
    (folder / "otter.txt").write_text(OTTER, encoding="utf-8")
    (folder / "sources.toml").write_text(
        '["Dresden.txt"]\ntitle = "Bird takes hat"\noutlet = "Example Wire"\npublished = 2023-05-03\n'
        '["Utrecht.txt"]\noutlet = "Example Post"\npublished = 2023-05-05\n'
        '["otter.txt"]\noutlet = "Example Post"\npublished = 2023-05-06\n'
        f'["zebras.txt"]\ntitle = "{"Z" * 120}"\noutlet = "{"Zoo " * 30}"\npublished = 2020-01-01\n',
        encoding="utf-8",
    )
    build(folder, folder.parent / "data", WordHashEncoder())


class World:
    """A running bot, a channel and two people."""

    def __init__(self, env: simcord.Env) -> None:
        self.env = env
        self.guild = env.create_guild("Newsroom")
        self.channel = self.guild.create_text_channel("news")
        self.alice = self.guild.add_member(env.create_user("alice"))
        self.bob = self.guild.add_member(env.create_user("bob"))
        self._chief: simcord.MemberActor | None = None
        self._desks: list[Desk] = []

    @property
    def bot(self) -> OnTheRecordBot:
        """The bot that runs; after a restart another one."""
        return cast("OnTheRecordBot", self.env.bot)

    async def ask(self, **options: Any) -> Any:
        return await self.alice.slash(self.channel, "ask", **options)

    async def by_chief(self, command: str, **options: Any) -> Any:
        """An admin uses a command."""
        return await self.chief.slash(self.channel, command, **options)

    async def restart(self) -> None:
        """Another bot with another desk over the same index folder."""
        settings = self.bot.settings
        self._desks.append(Desk(settings.index_dir, settings.corpus_dir, WordHashEncoder))
        await self.env.restart_bot(OnTheRecordBot(settings, self._desks[-1]))

    def close(self) -> None:
        for desk in self._desks:
            desk.close()

    async def thread(self, channel: Any = None) -> Any:
        """A new thread in a channel."""
        channel = channel or self.channel
        opening = await self.alice.send(channel, "Let us talk.")
        made = await self.bot.get_channel(channel.id).create_thread(name="talk", message=opening)
        return next(thread for thread in channel.threads if thread.id == made.id)

    async def kept(self, message: Any) -> dict[str, Any]:
        """What the bot keeps of an answer that it sent."""
        key = next(iter(buttons_of(message).values()))["custom_id"].split(":")[2]
        return await self.desk.record(lambda records: records.messages.fields(key))

    def unhurried(self) -> None:
        """Whoever asked before may ask again at once."""
        self.bot.pace = Pace()

    def requests(self, path: str) -> list[Any]:
        """The payloads of the bot's requests whose path ends so."""
        return [entry.json for entry in self.env.http_requests if entry.path.endswith(path)]

    @property
    def chief(self) -> simcord.MemberActor:
        """A member whom settings name, with the permission that shows the commands."""
        if self._chief is None:
            role = self.guild.create_role("boss", permissions=ADMIN)
            self._chief = self.guild.add_member(self.env.create_user("chief"), roles=[role])
            bot = self.bot
            bot.settings = replace(bot.settings, admin_user_ids=frozenset({self._chief.id}))
        return self._chief

    @property
    def desk(self) -> Desk:
        return self.bot.desk

    @property
    def corpus(self) -> Path:
        return self.bot.settings.corpus_dir

    @property
    def mention(self) -> str:
        return f"<@{self.bot.user.id}>"

    @property
    def answers(self) -> list[discord.Message]:
        return self.said_in(self.channel)

    def said_in(self, channel: Any) -> list[discord.Message]:
        return [message for message in channel.history() if message.author.id == self.bot.user.id]


def text_of(message: Any) -> str:
    """All text of a message as sent."""
    return "\n".join(filter(None, [message.content, *(part.get("content") for part in _components(message))]))


def buttons_of(message: Any) -> dict[str, dict[str, Any]]:
    """The buttons of a message by label; of several with one label the first."""
    buttons = [part for part in _components(message) if part["type"] == 2]
    return {button["label"]: button for button in reversed(buttons)}


def button_of(message: Any, what: str, number: int = 0) -> str:
    """The custom id of an answer's button."""
    ids = [part["custom_id"] for part in _components(message) if part["type"] == 2]
    return next(name for name in ids if re.fullmatch(rf"answer:{what}:[0-9a-f]{{12}}:{number}", name))


async def context_of(person: Any, answer: Any, number: int) -> Any:
    """A person asks for an excerpt's context: from the menu, or with the button where there is but one excerpt."""
    menus = [part["custom_id"] for part in _components(answer) if part["type"] == 3]
    if menus:
        return await person.select(answer, [str(number)], custom_id=menus[0])
    return await person.click(answer, custom_id=button_of(answer, "context", number))


def quoted(message: Any) -> list[str]:
    """The quotations of an answer, as they are sent."""
    return re.findall(r"^> .*", text_of(message), re.MULTILINE)


def _components(message: Any) -> list[dict[str, Any]]:
    return walk([part if isinstance(part, dict) else part.to_dict() for part in message.components])
