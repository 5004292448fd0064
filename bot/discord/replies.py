"""How the bot replies on Discord: to whom, in place of what, and what is said when something fails."""

from __future__ import annotations

import contextlib
import io
import logging
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import aiohttp
import discord

from bot import visit
from bot.discord import blocks
from bot.discord.client import speak_to
from bot.tongue import ENGLISH, say, speak
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from discord import app_commands

    from bot.discord.client import Complete, Interaction

log = logging.getLogger("bot.discord")

# Discord's code for an interaction that was not acknowledged in time.
UNKNOWN_INTERACTION = 10062


def sentence_for(error: BaseException, event: str) -> str:
    """What to tell the asker, as message text."""
    return blocks.shorten(visit.sentence_for(error, "discord", event), blocks.CONTENT_LIMIT)


async def tell(interaction: discord.Interaction[Any], sentence: str) -> None:
    """Answer with a sentence: to the asker alone, or in place of "thinking", whose privacy cannot be changed."""
    # A stop tells it from a task of its own.
    speak(interaction.extras.get("locale", ENGLISH))
    sentence = say(sentence)
    with failure_logged("tell"):
        if not interaction.response.is_done():
            await interaction.response.send_message(sentence, ephemeral=True)
        elif interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
            # Discord has refused to send anything after "thinking" was deleted, so it is rewritten.
            await interaction.edit_original_response(content=sentence)
        else:
            await interaction.followup.send(sentence, ephemeral=True)


async def tell_failure(interaction: discord.Interaction[Any], error: BaseException, event: str) -> None:
    """Log what went wrong and tell whoever used a command or a button, unless Discord no longer knows of it."""
    if isinstance(error, discord.NotFound) and error.code == UNKNOWN_INTERACTION:
        log.warning("discord.%s_too_late code=%s", event, error.code)
    else:
        await tell(interaction, sentence_for(error, event))


async def press(interaction: discord.Interaction[Any], event: str, work: Coroutine[Any, Any, None]) -> None:
    """Do what a button is for; what fails is told to whoever pressed it."""
    speak_to(interaction)
    # Where the bot is being stopped the work is not begun, and Python wants it closed.
    with contextlib.closing(work):
        try:
            interaction.client.work.begin(partial(tell, interaction))
            await work
        except Exception as exc:  # noqa: BLE001 sentence_for logs it
            await tell_failure(interaction, exc, event)


def choices(complete: Complete) -> Complete:
    """An autocompletion that offers nothing where what it needs cannot be read: nothing can be said while one types."""

    @wraps(complete)
    async def completed(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        try:
            return await complete(interaction, typed)
        except OnTheRecordError as exc:
            log.warning("discord.choices_failed error=%s", type(exc).__name__)
            return []

    return completed


def text_file(text: str, name: str) -> discord.File:
    """A text as a file to attach."""
    return discord.File(io.BytesIO(text.encode("utf-8", "replace")), name)


@contextlib.contextmanager
def failure_logged(event: str) -> Iterator[None]:
    """Log that Discord did not take a message; there is nobody left to tell."""
    try:
        yield
    except (discord.DiscordException, OSError, aiohttp.ClientError) as exc:
        log.warning("discord.%s_not_sent error=%s code=%s", event, type(exc).__name__, getattr(exc, "code", None))


class Notice:
    """One message that is rewritten as work goes on.

    An interaction's token dies after 15 minutes; from then on a message of the bot's own takes its place.
    """

    def __init__(self, interaction: Interaction) -> None:
        self._interaction = interaction
        self._message: discord.Message | None = None

    async def show(self, text: str, attachment: str | None = None) -> None:
        """Show a text, with another as an attached file; a failure is logged, since the work must go on."""
        files = [text_file(attachment, "report.txt")] if attachment else []
        with failure_logged("reindex"):
            if not self._interaction.is_expired():
                await self._interaction.edit_original_response(content=text, attachments=files)
            elif self._message:
                await self._message.edit(content=text, attachments=files)
            elif self._interaction.channel_id:
                channel = self._interaction.client.get_partial_messageable(self._interaction.channel_id)
                self._message = await channel.send(text, files=files)
