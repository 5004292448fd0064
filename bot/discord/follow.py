"""Subjects that are followed, on Discord: set, listed, changed, and told of what is new."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import discord
from discord import app_commands

from bot import subjects, wording
from bot.discord import blocks, render, views
from bot.discord.answers import AnswerButton, ContextMenu
from bot.discord.client import admitted, is_guest, speak_to, visit_by
from bot.discord.compare import OUTLETS
from bot.following import UnknownError, UnwritableError
from bot.subjects import Do
from bot.timetable import HOUR, Every
from bot.tongue import ENGLISH, say, speak
from bot.visit import RefusedError, UsageError

if TYPE_CHECKING:
    from bot.discord.client import Commands, DiscordBot, Interaction
    from bot.following import News
    from bot.records.follows import Follow, Post

log = logging.getLogger("bot.discord")

WHEN = "How often; what is new is posted only where there is any"
AT_HOUR = "At which hour, of the clock that /settings has for this place; for daily and weekly"
# Messages among which one is looked for that may have been sent, and how far clocks may be apart.
_LOOKED_AT = 200
_CLOCKS = timedelta(minutes=2)
# Discord's codes for a thread that takes no message.
_CLOSED = frozenset({50083, 160005})

Hour = app_commands.Range[int, 0, 23]
When = Literal["at once", "hourly", "daily", "weekly"]
Action = Literal["pause", "resume", "end"]


@app_commands.command(description="Post here what is new on a subject, word for word, as articles come")
@app_commands.describe(subject="A word or two, or a question", outlets=OUTLETS, when=WHEN, hour=AT_HOUR)
async def follow(
    interaction: Interaction,
    subject: app_commands.Range[str, 1, subjects.MAX_CHARS],
    outlets: str | None = None,
    when: When = "at once",
    hour: Hour = HOUR,
) -> None:
    """Follow a subject here, and show to whoever does what it would have sent."""
    target = _place(interaction)
    visit, _ = await admitted(interaction, private=True)
    language = (interaction.guild_locale or interaction.locale).value
    made = await subjects.follow(
        visit, target=target, subject=subject, outlets=outlets, every=Every(when), hour=hour, language=language
    )
    lines = made.lines(visit.settings.timezone)
    head = "\n".join(blocks.shorten(line, 600) for line in lines)
    if not made.answer.excerpts:
        await interaction.edit_original_response(content=head)
        return
    foot = f"-# {wording.and_more(made.more)}" if made.more else ""
    await interaction.edit_original_response(view=render.news_view(head, made.answer.excerpts, foot))


@app_commands.command(description="What is followed here; with a number, change, pause or end it")
@app_commands.describe(
    number="Which one, by its number in the list", action="What to do with it", outlets=OUTLETS, when=WHEN, hour=AT_HOUR
)
async def following(
    interaction: Interaction,
    number: int | None = None,
    action: Action | None = None,
    outlets: str | None = None,
    when: When | None = None,
    hour: Hour | None = None,
) -> None:
    """List the follows of a place to whoever asks, or change one."""
    target = _place(interaction)
    await interaction.response.defer(thinking=True, ephemeral=True)
    visit = await visit_by(interaction)
    visit.look()
    if number is None:
        if action or outlets or when or hour is not None:
            raise UsageError(say("Which one? Give its number, as /following lists it."))
        lines = [blocks.shorten(line, 500) for line in await subjects.listed(visit, target)]
        await interaction.edit_original_response(content="\n".join(blocks.first_lines(lines, blocks.CONTENT_LIMIT)))
        return
    moderates = interaction.permissions.manage_messages or interaction.client.is_admin(interaction.user)
    told = await subjects.change(
        visit, target=target, number=number, moderates=moderates, do=Do(action) if action else None,
        outlets=outlets, every=Every(when) if when else None, hour=hour,
    )  # fmt: skip
    await interaction.edit_original_response(content=blocks.shorten(told, blocks.CONTENT_LIMIT))


def _place(interaction: Interaction) -> str:
    """Where something is posted that is followed here.

    Raises:
        RefusedError: the bot is a guest here, or whoever asks may not write here themselves.

    """
    speak_to(interaction)
    if is_guest(interaction):
        raise RefusedError(views.NOT_SHARED_HERE)
    may = interaction.permissions
    thread = isinstance(interaction.channel, discord.Thread)
    if interaction.guild_id and not (may.send_messages_in_threads if thread else may.send_messages):
        raise RefusedError(say("Only whoever may write here can have something posted here."))
    return str(interaction.channel_id)


class DiscordCourier:
    """Brings news to channels, threads and direct messages."""

    def __init__(self, bot: DiscordBot) -> None:
        self._bot = bot

    async def send(self, news: News) -> str:
        """Write news to their place; where Discord has got the same just now, it is not posted again (its nonce)."""
        speak(news.follow.language)
        head = f"**{say('New on “{subject}”', subject=blocks.shorten(news.follow.subject, 600))}**"
        if news.corrected:
            head += f"\n{wording.corrected(news.corrected)}"
        view = render.news_view(
            head,
            news.answer.excerpts,
            f"-# {wording.and_more(news.more)}" if news.more else "",
            button=partial(AnswerButton, news.key),
            menu=partial(ContextMenu, news.key),
            more=news.more > 0,
            private=not news.follow.server,
        )
        try:
            message = await self._channel(news.follow).send(view=view, nonce=news.key)
        except (discord.Forbidden, discord.NotFound) as exc:
            raise UnwritableError(str(exc.code)) from exc
        except discord.HTTPException as exc:
            if exc.code not in _CLOSED:
                raise
            raise UnwritableError(str(exc.code)) from exc
        return str(message.id)

    async def standing(self, follow: Follow, post: Post) -> str | None:
        """The message with the key of a post among its buttons, which only the bot's own have."""
        looked_at = 0
        try:
            async for message in self._channel(follow).history(
                limit=_LOOKED_AT, after=post.at - _CLOCKS, oldest_first=True
            ):
                looked_at += 1
                if self._bot.user and message.author.id == self._bot.user.id and _holds(message, post.key):
                    return str(message.id)
        except (discord.Forbidden, discord.NotFound) as exc:
            raise UnknownError(str(exc.code)) from exc
        if looked_at == _LOOKED_AT:
            raise UnknownError("too many messages")
        return None

    async def tell_admin(self, follow: Follow) -> None:
        """Tell the first admin who takes direct messages; of whom it says nothing but the place."""
        speak(ENGLISH)
        where = f"<#{follow.target}>" if follow.server else say("a direct message")
        sentence = say(
            "I can no longer write to {place}, so what is followed there is paused. Once I may again, /following there "
            "resumes it.",
            place=where,
        )
        for admin in self._bot.admins():
            try:
                await (await self._bot.fetch_user(admin)).send(sentence)
            except discord.DiscordException as exc:
                log.warning("discord.admin_not_told error=%s", type(exc).__name__)
            else:
                return

    def _channel(self, follow: Follow) -> discord.PartialMessageable:
        return self._bot.get_partial_messageable(int(follow.target))


def _holds(message: discord.Message, key: str) -> bool:
    """Whether a message has a button or a menu of a key."""
    parts: list[Any] = [part.to_dict() for part in message.components]
    names = []
    while parts:
        part = parts.pop()
        names.append(str(part.get("custom_id", "")))
        parts += part.get("components") or []
    return any(key in name.split(":") for name in names)


COMMANDS: Commands = (follow, following)
