"""What the bot says when it has been added to a server: once, where it may, and to nobody in particular."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import discord

from bot.discord import views
from bot.discord.client import PLATFORM
from bot.records.arrivals import REMEMBERED
from bot.tongue import say, speak
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from bot.discord.client import DiscordBot

log = logging.getLogger("bot.discord")


async def welcome(bot: DiscordBot, guild: discord.Guild) -> None:
    """Say who the bot is in a server that it has just joined; what keeps it from that is logged.

    Discord tells of a server that was joined long ago in the same way where it was out of reach for a while. So the day
    of joining decides, and for as long as that is new it is remembered what was welcomed.
    """
    joined = guild.me.joined_at
    if joined is None or discord.utils.utcnow() - joined > REMEMBERED:
        return
    channel = _channel(guild)
    if channel is None:
        log.info("discord.not_welcomed guild=%s reason=no_channel", guild.id)
        return
    try:
        bot.work.begin()
        if await bot.desk.record(lambda records: records.arrivals.is_new(PLATFORM, f"joined {guild.id}")):
            speak(guild.preferred_locale.value)
            await channel.send(say(views.WELCOME))
    except (discord.DiscordException, OSError, OnTheRecordError) as exc:
        log.warning("discord.not_welcomed guild=%s error=%s", guild.id, type(exc).__name__)


def _channel(guild: discord.Guild) -> discord.TextChannel | None:
    """Where news of a server is told, else its first text channel, as far as the bot may write there."""
    first = [guild.system_channel] if guild.system_channel else []
    for channel in (*first, *guild.text_channels):
        may = channel.permissions_for(guild.me)
        if may.view_channel and may.send_messages:
            return channel
    return None
