"""What the bot says in a server that it has joined, against Discord on loopback."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import discord
import pytest
from conftest import SEEDS
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord_server import CHANNEL, TOKEN, LoopbackDiscord, loopback_discord, reply, running
from word_encoder import WordHashEncoder

from bot.desk import Desk
from bot.discord import views
from bot.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

JOINED = "900000000000000001"
RULES, SYSTEM, NEWS = (str(900000000000000010 + n) for n in range(3))
WRITE = str(discord.Permissions(view_channel=True, send_messages=True).value)
LONG_AGO = "2023-05-03T10:00:00+00:00"


def guild(server: LoopbackDiscord, may_write: list[str], **more: Any) -> dict[str, Any]:
    """A server of three channels, in which the bot may write in some; joined just now."""
    channels = [
        {"id": number, "type": 0, "name": name, "position": position, "permission_overwrites": [
            {"id": JOINED, "type": 0, "allow": WRITE if number in may_write else "0", "deny": "0"},
        ]}
        for position, (number, name) in enumerate([(RULES, "rules"), (SYSTEM, "hall"), (NEWS, "news")])
    ]  # fmt: skip
    told = server.guild()
    (everyone,), (me,) = told["roles"], told["members"]
    return {
        **told,
        "id": JOINED,
        "roles": [{**everyone, "id": JOINED}],
        "channels": channels,
        "members": [{**me, "joined_at": discord.utils.utcnow().isoformat()}],
        "system_channel_id": SYSTEM,
        **more,
    }


def said(server: LoopbackDiscord) -> list[tuple[str, str]]:
    """The channels in which the bot wrote, and what."""
    return [
        (path.split("/")[2], payload["content"])
        for method, path, payload in server.requests
        if method == "POST" and path.endswith("/messages")
    ]


@asynccontextmanager
async def bot(data: Path, server: LoopbackDiscord, caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """The bot, started and stopped; what it was told of before the end has been dealt with by then."""
    desk = Desk(data, SEEDS, WordHashEncoder)
    settings = Settings(
        index_dir=data, discord_token=TOKEN, discord_api_base=server.api, discord_gateway=server.gateway
    )
    caplog.clear()
    caplog.set_level(logging.INFO, "bot.discord")
    async with running(settings, desk, server) as task:
        await server.until(lambda: "discord.ready" in caplog.text or task.done())
        yield
        # Events are handled in the order in which they come, and a stop waits for what has begun.
        before = len(said(server))
        await server.mention("Who denied the attack?")
        await server.until(lambda: any(channel == str(CHANNEL) for channel, _ in said(server)[before:]))
    desk.close()


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LoopbackDiscord]:
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    async with loopback_discord() as running:
        yield running


def greetings(server: LoopbackDiscord) -> list[str]:
    """The channels in which the bot said who it is."""
    return [channel for channel, content in said(server) if content == views.WELCOME]


@pytest.mark.parametrize(
    ("may_write", "channels"),
    [([RULES, SYSTEM, NEWS], [SYSTEM]), ([RULES, NEWS], [RULES]), ([NEWS], [NEWS]), ([], [])],
)
async def test_a_new_server_is_told_once_who_the_bot_is_where_it_may_write(
    word_index: Path,
    server: LoopbackDiscord,
    caplog: pytest.LogCaptureFixture,
    may_write: list[str],
    channels: list[str],
) -> None:
    async with bot(word_index, server, caplog):
        await server.dispatch("GUILD_CREATE", guild(server, may_write))
    assert greetings(server) == channels


async def test_a_server_that_is_told_of_again_is_not_welcomed_again(
    word_index: Path, server: LoopbackDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    async with bot(word_index, server, caplog):
        await server.dispatch("GUILD_CREATE", guild(server, [NEWS]))
        await server.dispatch("GUILD_CREATE", guild(server, [NEWS]))
    async with bot(word_index, server, caplog):
        await server.dispatch("GUILD_CREATE", guild(server, [NEWS]))
    assert greetings(server) == [NEWS]


async def test_a_server_that_was_joined_long_ago_is_not_welcomed(
    word_index: Path, server: LoopbackDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    me = {**server.member(server.bot()), "joined_at": LONG_AGO}
    async with bot(word_index, server, caplog):
        await server.dispatch("GUILD_CREATE", guild(server, [NEWS], members=[me]))
    assert greetings(server) == []


async def test_a_welcome_that_discord_refuses_does_no_harm(
    word_index: Path, server: LoopbackDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults[f"POST /channels/{NEWS}"].append(reply({"code": 50013, "message": "Missing Permissions"}, status=403))
    async with bot(word_index, server, caplog):
        await server.dispatch("GUILD_CREATE", guild(server, [NEWS]))
    assert f"discord.not_welcomed guild={JOINED} error=Forbidden" in caplog.text
