"""What the handlers on Discord share: the settings, the desk, who is an admin, and the ways to Discord."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import discord
from discord import app_commands

from bot.pace import Pace
from bot.service import Work
from bot.tongue import speak
from bot.visit import Visit

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.settings import Settings

PLATFORM = "discord"

T = TypeVar("T")


class DiscordBot(discord.Client):
    """A Discord client without privileged intents. It knows none of its handlers."""

    def __init__(self, settings: Settings, desk: Desk) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        # No quotation may ping anyone; and people's messages are not kept in memory.
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            shard_count=settings.shards if settings.shards > 1 else None,
        )
        self.settings = settings
        self.desk = desk
        self.pace = Pace()
        self.work = Work(PLATFORM, desk)

    def is_admin(self, user: discord.User | discord.Member) -> bool:
        """Whether settings name the user or a role of theirs, or the application is theirs or their team's."""
        if user.id in self.settings.admin_user_ids or user.id in self._owner_ids():
            return True
        # Of a server that the bot is not in, no role is known.
        return isinstance(user, discord.Member) and any(map(user.get_role, self.settings.admin_role_ids))

    def admins(self) -> list[int]:
        """Who is an admin by name, and whose the application is."""
        return sorted({*self.settings.admin_user_ids, *self._owner_ids()})

    def _owner_ids(self) -> set[int]:
        if self.application is None:
            return set()
        team = self.application.team
        if team is None:
            return {self.application.owner.id}
        accepted = discord.TeamMembershipState.accepted
        return {member.id for member in team.members if member.membership_state is accepted}


Interaction = discord.Interaction[DiscordBot]
Complete = Callable[[Interaction, str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]
Commands = tuple[app_commands.Command[Any, ..., None] | app_commands.ContextMenu, ...]


def anywhere(command: T) -> T:
    """Let people who install the bot for themselves use a command wherever they are; others need it in their server."""
    installed = app_commands.allowed_installs(guilds=True, users=True)(command)
    return app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)(installed)


def is_guest(interaction: Interaction) -> bool:
    """Whether somebody has brought the bot to where it is not: to another server, or to direct messages among people.

    What holds there is what holds in direct messages with the bot, and only whoever brought it sees what it says.
    """
    if not interaction.guild_id:
        return bool(interaction.context.private_channel)
    return not (interaction.is_guild_integration() or interaction.client.get_guild(interaction.guild_id))


def speak_to(interaction: discord.Interaction[Any], *, all_see: bool = False) -> None:
    """Speak the language of whoever uses something from here on, or of the server where all see what is said."""
    locale = (interaction.guild_locale if all_see else None) or interaction.locale
    interaction.extras["locale"] = locale.value
    speak(locale.value)


async def think(interaction: Interaction, *, private: bool) -> None:
    """Acknowledge a command in whose place an answer comes, in the language of those who see it."""
    await interaction.response.defer(thinking=True, ephemeral=private)
    speak_to(interaction, all_see=not private)


async def visit_of(bot: DiscordBot, user: int, guild_id: int | None, channel: Any) -> Visit:
    """A person in a channel that an event names, and what holds there now."""
    if guild_id and not _known(channel):
        channel = await bot.fetch_channel(channel.id)
    return await _at_hand(bot, user, guild_id, channel).now()


async def visit_by(interaction: Interaction) -> Visit:
    """Whoever uses a command or a button, where they do."""
    return await visit_of(interaction.client, interaction.user.id, _server_of(interaction), interaction.channel)


async def admitted(interaction: Interaction, private: bool | None) -> tuple[Visit, bool]:
    """Count a question and acknowledge it before anything is looked up; whether only its asker sees what comes of it.

    Where `private` is None, the place decides; where the bot is a guest, only the asker sees it.

    Raises:
        RefusedError: the bot is set not to answer here.
        TooFastError: this person or this place asks too fast.

    """
    server = _server_of(interaction)
    if not server or _known(interaction.channel):
        visit = _at_hand(interaction.client, interaction.user.id, server, interaction.channel)
        visit.admit()
        private = is_guest(interaction) or (visit.settings.private if private is None else private)
        await think(interaction, private=private)
        return await visit.now(), private
    # Until Discord has said what holds here, others may see nothing.
    await interaction.response.defer(thinking=True, ephemeral=True)
    visit = await visit_by(interaction)
    visit.admit()
    return visit, True


def is_public(channel: Any) -> bool:
    """Whether whoever is in the server sees a channel; a thread is seen where its channel is, unless it is private."""
    if isinstance(channel, discord.Thread):
        return not channel.is_private() and is_public(channel.parent)
    if not isinstance(channel, discord.abc.GuildChannel):
        return False
    return channel.permissions_for(channel.guild.default_role).view_channel


def _server_of(interaction: Interaction) -> int | None:
    """The server whose settings hold where something is used."""
    return None if is_guest(interaction) else interaction.guild_id


def _at_hand(bot: DiscordBot, user: int, guild_id: int | None, channel: Any) -> Visit:
    """A person in a channel that is known, and what is remembered of it: nothing is waited for."""
    parent = channel.parent_id if isinstance(channel, discord.Thread) else getattr(channel, "id", None)
    server, name = (str(number) if number else "" for number in (guild_id, parent))
    who = (PLATFORM, server, name, str(user))
    public = bool(guild_id) and is_public(channel)
    return Visit.of(bot.desk, bot.pace, *who, bot.settings.excerpts, public=public)


def _known(channel: Any) -> bool:
    """Whether a channel is no thread that discord.py has not heard of: what holds there is for its channel to say."""
    return not isinstance(channel, discord.PartialMessageable)
