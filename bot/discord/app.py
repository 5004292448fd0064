"""The Discord bot: events in, the desk asked, rendered answers out."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import days, wording
from bot.answer import is_question
from bot.discord import add, admin, commands, compare, follow, lists, privacy, sources, views, when
from bot.discord.add import AddButton
from bot.discord.answers import AnswerButton, ContextMenu, sender
from bot.discord.client import PLATFORM, DiscordBot, speak_to, visit_of
from bot.discord.files import FileButton
from bot.discord.names import Names
from bot.discord.privacy import ForgetButton
from bot.discord.replies import failure_logged, press, sentence_for, tell, tell_failure
from bot.discord.sources import PageButton, TextButton
from bot.discord.welcome import welcome
from bot.following import Following
from bot.privacy import forget_server
from bot.service import StoppingError
from bot.tongue import ENGLISH, say, speak
from bot.visit import FollowUp, UsageError
from index.errors import OnTheRecordError
from index.model import ANY

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.discord.client import Interaction
    from bot.service import Service
    from bot.settings import Settings

log = logging.getLogger("bot.discord")

# Seconds before each further try to reach Discord at start; afterwards discord.py reconnects for as long as it takes.
RETRY_PAUSES = (1.0, 2.0, 4.0, 8.0)
# The gateway's close code for a token that it does not know.
AUTHENTICATION_FAILED = 4004


class DiscordError(OnTheRecordError):
    """The bot cannot work with Discord: a wrong token, no network, or a gateway that does not answer."""


class DiscordRefusalError(DiscordError):
    """Discord does not take the bot as it is set up: trying again does not help."""

    exit_status = 78


async def run_discord(settings: Settings, desk: Desk, service: Service) -> None:
    """Answer on Discord until the service is stopped; answers under way are finished. The caller closes the desk.

    Raises:
        DiscordError: Discord cannot be used, after a few tries where trying again may help.

    """
    if not settings.discord_token:
        raise DiscordError("DISCORD_TOKEN is not set. Copy the bot's token from the Discord developer portal.")
    # At DEBUG discord.py logs whole payloads: questions, and the tokens of interactions.
    library_log = logging.getLogger("discord")
    library_log.setLevel(max(library_log.getEffectiveLevel(), logging.INFO))
    # discord.py has no setting for these per client; one process runs one bot.
    if settings.discord_api_base:
        Route.BASE = settings.discord_api_base
    if settings.discord_gateway:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.discord_gateway)
    # Nothing is spoken here, so nobody needs to hear that the libraries for voice are not installed.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    connection_logs = [logging.getLogger(name) for name in ("discord.client", "discord.shard")]
    for connection_log in connection_logs:
        connection_log.addFilter(_connection_trouble_in_one_line)
    try:
        await _keep_trying(settings, desk, settings.discord_token, service)
    finally:
        for connection_log in connection_logs:
            connection_log.removeFilter(_connection_trouble_in_one_line)


class OnTheRecordBot(DiscordBot):
    """The client with all its handlers: it reads messages that mention it, direct messages and commands."""

    def __init__(self, settings: Settings, desk: Desk) -> None:
        super().__init__(settings, desk)
        self._following: asyncio.Task[None] | None = None
        # Those that are not for anywhere need the bot in a server, or its direct messages.
        installs = app_commands.AppInstallationType(guild=True, user=False)
        contexts = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False)
        self.tree = _Tree(self, allowed_installs=installs, allowed_contexts=contexts)
        modules = (commands, compare, when, follow, sources, privacy, admin, add, lists)
        for command in (command for module in modules for command in module.COMMANDS):
            self.tree.add_command(command)

    async def setup_hook(self) -> None:
        """Register what outlives a restart: the buttons and the commands."""
        self.add_dynamic_items(*_BUTTONS)
        await asyncio.to_thread(days.load)
        await self._sync_commands()
        self._following = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Let go of Discord."""
        if self._following:
            self._following.cancel()
        await super().close()

    async def _follow(self) -> None:
        """Look after what is followed, from when the bot is there."""
        await self.wait_until_ready()
        following = Following(self.desk, PLATFORM, follow.DiscordCourier(self))
        await following.run(self.work.begin, lambda: self.work.stopping)

    async def on_ready(self) -> None:
        """Log that the bot is there."""
        log.info("discord.ready bot_id=%s guilds=%d", self.application_id, len(self.guilds))

    async def on_interaction(self, interaction: Interaction) -> None:
        """Say of a button that is of another version of the bot, or broken, that it is too old."""
        data: Any = interaction.data or {}
        name = str(data.get("custom_id", ""))
        if interaction.type is discord.InteractionType.component and not any(
            button.__discord_ui_compiled_template__.fullmatch(name) for button in _BUTTONS
        ):
            await press(interaction, "button_unknown", _outdated())

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Say who the bot is in a server that it has just joined."""
        await welcome(self, guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget a server that the bot was taken out of."""
        try:
            await forget_server(self.desk, PLATFORM, str(guild.id))
        except OnTheRecordError as exc:
            log.error("discord.server_not_forgotten error=%s", type(exc).__name__)  # noqa: TRY400 no traceback

    async def on_message(self, message: discord.Message) -> None:
        """Answer a mention, a direct message, or a reply to the bot."""
        if message.author.bot or message.webhook_id or message.type not in _WRITTEN:
            return
        mentioned = any(user.id == self._id for user in message.mentions)
        if not (mentioned or message.guild is None or self._replies_to_me(message)):
            return
        locale = message.guild.preferred_locale.value if message.guild else ENGLISH
        speak(locale)
        try:
            self.work.begin(partial(_tell, message, locale))
            if mentioned or message.guild is None:
                await self._answer(message)
            else:
                # Without a mention, and without the privileged intent, Discord sends an empty message.
                await message.reply(say(views.HOW_TO_ASK), mention_author=False)
        except discord.Forbidden as exc:
            log.warning("discord.may_not_answer channel=%s code=%s", message.channel.id, exc.code)
        except Exception as exc:  # noqa: BLE001 sentence_for logs it
            with failure_logged("mention"):
                await message.reply(sentence_for(exc, "mention"), mention_author=False)

    async def _answer(self, message: discord.Message) -> None:
        """Answer a message; a reply to an answer may change its filters, or point back to its question."""
        visit = await visit_of(self, message.author.id, message.guild.id if message.guild else None, message.channel)
        question = re.sub(rf"<@!?{self._id}>", " ", message.content).strip()
        visit.admit()
        if not is_question(question):
            await _aside(message, say(wording.EMPTY_QUESTION))
            return
        replied = message.reference.message_id if message.reference else None
        async with message.channel.typing():
            followed = await visit.follow_up(question, str(replied)) if replied else None
            asked, filters, alone, way = followed or FollowUp(question, ANY)
            answer = await visit.ask(asked, filters, way=way)
        send = sender(answer, partial(_reply, message), show_question=followed is not None, alone=bool(alone))
        await visit.deliver(answer, send, alone=alone)

    @property
    def _id(self) -> int | None:
        return self.user.id if self.user else None

    def _replies_to_me(self, message: discord.Message) -> bool:
        replied = message.reference.resolved if message.reference else None
        return isinstance(replied, discord.Message) and replied.author.id == self._id

    async def _sync_commands(self) -> None:
        """Register the slash commands when the settings ask for it.

        "changed" compares with a hash of what was last registered for this application, not with what Discord
        returns: it adds fields of its own, so that a comparison would always find a change.
        """
        if self.settings.sync_commands == "never":
            return
        names = Names()
        await self.tree.set_translator(names)
        payload = [await command.get_translated_payload(self.tree, names) for command in self.tree.get_commands()]
        stamp = hashlib.sha256(json.dumps([self.application_id, payload], sort_keys=True).encode()).hexdigest().encode()
        file = self.settings.index_dir / "discord-commands.sha256"
        try:
            if self.settings.sync_commands == "changed" and file.exists() and file.read_bytes() == stamp:
                return
            await self.tree.sync()
            file.write_bytes(stamp)
        except (discord.DiscordException, OSError) as exc:
            # Mentions and the commands registered earlier still work.
            log.warning("discord.sync_failed error=%r", _reason(exc))
        else:
            log.info("discord.commands_synced commands=%d", len(payload))


class ShardedBot(OnTheRecordBot, discord.AutoShardedClient):
    """The same over several connections, which Discord demands of a bot in more than 2500 servers."""


class _Tree(app_commands.CommandTree[DiscordBot]):
    async def interaction_check(self, interaction: Interaction, /) -> bool:
        speak_to(interaction)
        # There is no way to say something to a person who is still typing.
        typing = interaction.type is discord.InteractionType.autocomplete
        try:
            interaction.client.work.begin(None if typing else partial(tell, interaction))
        except StoppingError as exc:
            if not typing:
                await tell(interaction, sentence_for(exc, "interaction"))
            return False
        return True

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        name = interaction.command.name.lower().replace(" ", "_") if interaction.command else "unknown"
        if isinstance(error, app_commands.CommandInvokeError):
            await tell_failure(interaction, error.original, name)
        else:
            # Discord knows another form of the command. The error's text would have the question in it.
            log.warning("discord.command_not_understood command=%s error=%s", name, type(error).__name__)
            await tell(interaction, say(views.OUTDATED))


_BUTTONS = (AnswerButton, ContextMenu, PageButton, TextButton, FileButton, AddButton, ForgetButton)


async def _outdated() -> None:
    raise UsageError(wording.TOO_OLD)


# Messages that people write, as opposed to "someone joined".
_WRITTEN = (discord.MessageType.default, discord.MessageType.reply)


async def _keep_trying(settings: Settings, desk: Desk, token: str, service: Service) -> None:
    """Run the bot until it is stopped; a start that fails is tried again a few times, each time with a new client."""
    for pause in (*RETRY_PAUSES, None):
        try:
            async with (ShardedBot if settings.shards > 1 else OnTheRecordBot)(settings, desk) as bot:
                service.latency = lambda: bot.latency
                await _run_until(service.stop, bot, token)
                return
        except _UnreachableError as exc:
            if pause is None:
                raise DiscordError(
                    f"Discord cannot be reached ({exc}), after {len(RETRY_PAUSES) + 1} tries. Check the network, and "
                    "DISCORD_API_BASE and DISCORD_GATEWAY if they are set."
                ) from exc
            log.warning("discord.connect_failed retry_in=%s error=%s", pause, exc)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(service.stop.wait(), pause)
            return


async def _run_until(stop: asyncio.Event, bot: OnTheRecordBot, token: str) -> None:
    running = asyncio.create_task(_run(bot, token))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        else:
            log.info("discord.stopping")
            await bot.work.finish()
    finally:
        stopping.cancel()
        # Before Python 3.12 the wait_for in which discord.py connects may lose a cancellation (its issue 86296).
        while not running.done():
            running.cancel()
            await asyncio.wait({running}, timeout=1)


async def _aside(message: discord.Message, words: str) -> None:
    """Say a sentence to the author of a message alone, or where they take no direct messages, below it."""
    try:
        await message.author.send(words)
    except discord.Forbidden:
        await message.reply(words, mention_author=False)


async def _tell(message: discord.Message, locale: str, sentence: str) -> None:
    """Answer a message with a sentence, from a task that has not read it."""
    speak(locale)
    await message.reply(say(sentence), mention_author=False)


async def _reply(message: discord.Message, view: discord.ui.LayoutView) -> discord.Message:
    return await message.reply(view=view, mention_author=False)


class _UnreachableError(Exception):
    """Discord was not reached, and trying again may help."""


async def _run(bot: OnTheRecordBot, token: str) -> None:
    """Log in and stay connected; what can go wrong becomes a `DiscordError`, or `_UnreachableError` at the start."""
    try:
        await bot.start(token)
    except discord.LoginFailure as exc:
        raise DiscordRefusalError(_WRONG_TOKEN) from exc
    except discord.ConnectionClosed as exc:
        if exc.code == AUTHENTICATION_FAILED:
            raise DiscordRefusalError(_WRONG_TOKEN) from exc
        raise DiscordRefusalError(f"Discord ended the connection for good, with code {exc.code}.") from exc
    except (OSError, aiohttp.ClientError, discord.DiscordServerError) as exc:
        raise _UnreachableError(_reason(exc)) from exc
    except AttributeError as exc:
        # When the first connection fails, discord.py 2.7 trips over the socket that is not there (its issue 10520).
        if getattr(bot, "ws", None) or exc.__context__ is None:
            raise
        raise _UnreachableError(_reason(exc.__context__)) from exc
    except discord.DiscordException as exc:
        raise DiscordError(f"Discord refuses the bot: {_reason(exc)}.") from exc


_WRONG_TOKEN = "Discord does not know DISCORD_TOKEN. Copy the bot's token from the Discord developer portal again."  # noqa: S105 it is no token


def _reason(error: BaseException) -> str:
    """An error in one line."""
    return " ".join(f"{type(error).__name__} {error}".split())


def _connection_trouble_in_one_line(record: logging.LogRecord) -> bool:
    """Fold the traceback that discord.py logs at every lost connection into its message."""
    if (
        record.exc_info
        and record.exc_info[1]
        and record.msg.startswith(("Attempting a reconnect", "Failed to connect"))
    ):
        record.msg, record.args = f"{record.getMessage()}: {_reason(record.exc_info[1])}", ()
        record.exc_info = None
    return True
