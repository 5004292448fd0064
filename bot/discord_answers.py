"""Answers on Discord: asked under the settings of a place, sent with buttons, kept, and what the buttons do."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ui

from bot import discord_render as render
from bot import wording
from bot.answer import Answer, Excerpt, Reason
from bot.discord_replies import RefusedError, UsageError, press
from bot.records import PlaceSettings, RecordsError, Verdict
from bot.sent import Lost, SentAnswer, sent
from index.model import Filters

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable

    from bot.discord_app import OnTheRecordBot
    from bot.discord_replies import Interaction
    from bot.sent import Quoted

PLATFORM = "discord"
# Refusals that say something about the coverage, and not about the question.
_TELLING = frozenset({Reason.NOTHING_NEAR, Reason.FILTERED_OUT})

log = logging.getLogger("bot.discord")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is asked, and what holds there; a thread is its channel, a direct message has server ""."""

    server: str
    channel: str
    settings: PlaceSettings

    def within(self, filters: Filters) -> Filters:
        """The filters, with what may be seen here."""
        return replace(filters, visible=self.settings.outlets)

    def require_answers(self) -> None:
        """Raise RefusedError where the bot is set not to answer."""
        if not self.settings.answers:
            raise RefusedError(render.NOT_HERE)


async def place_of(bot: OnTheRecordBot, guild_id: int | None, channel: Any) -> Place:
    """What holds in a channel that an event names."""
    server = str(guild_id) if guild_id else ""
    if server and isinstance(channel, discord.PartialMessageable):
        # Perhaps a thread that discord.py has not heard of: what may be seen there is for its channel to say.
        channel = await bot.fetch_channel(channel.id)
    parent = channel.parent_id if isinstance(channel, discord.Thread) else getattr(channel, "id", None)
    name = str(parent) if parent else ""
    return Place(server, name, await bot.desk.recall(lambda records: records.place(PLATFORM, server, name)))


async def answer_command(
    interaction: Interaction, question: str, filters: Filters, number: int | None = None, private: bool | None = None
) -> None:
    """Answer what a command asks, once the place and the asker's pace allow it."""
    bot = interaction.client
    place = await place_of(bot, interaction.guild_id, interaction.channel)
    place.require_answers()
    bot.pace.require(interaction.user.id, interaction.channel_id)
    private = place.settings.private if private is None else private
    await interaction.response.defer(thinking=True, ephemeral=private)
    count = number or place.settings.excerpts or bot.settings.excerpts
    answer = await bot.desk.ask(question, place.within(filters), count)
    send = partial(_edit, interaction)
    await deliver(bot, answer, place, interaction.user.id, send, private=private, show_question=True)


async def deliver(
    bot: OnTheRecordBot,
    answer: Answer,
    place: Place,
    user: int,
    send: Callable[[ui.LayoutView], Awaitable[discord.Message]],
    *,
    private: bool = False,
    skipped: int = 0,
    show_question: bool,
) -> None:
    """Send an answer with its buttons and keep what they need; without the records it goes out without buttons."""
    fields = sent(answer, private=private, skipped=skipped).as_fields()
    try:
        key = await bot.desk.record(lambda records: records.keep_message(PLATFORM, str(user), fields))
    except RecordsError as exc:
        log.warning("discord.answer_not_kept error=%s", type(exc).__name__)
        await send(render.answer_view(answer, show_question=show_question))
        return
    button = partial(AnswerButton, key)
    message = await send(render.answer_view(answer, show_question=show_question, button=button, private=private))
    try:
        await bot.desk.record(lambda records: records.name_message(key, str(message.id)))
        if answer.refusal and answer.refusal.reason in _TELLING and place.server and not private:
            refused = (PLATFORM, place.server, answer.question, answer.refusal.reason.value, answer.generation)
            await bot.desk.record(lambda records: records.note_refusal(*refused))
    except RecordsError as exc:
        log.warning("discord.answer_not_kept error=%s", type(exc).__name__)


class AnswerButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"answer:(?P<what>[a-z_]{1,20}):(?P<key>[0-9a-f]{12}):(?P<number>[0-9]{1,2})",
):
    """A button of an answer: what it does, the key of what is kept, and the number of the excerpt, 0 for all."""

    def __init__(self, key: str, what: str, number: int = 0) -> None:
        label, style = render.BUTTONS.get(what, ("", discord.ButtonStyle.secondary))
        super().__init__(ui.Button(label=label, style=style, custom_id=f"answer:{what}:{key}:{number}"))
        self.key, self.what, self.number = key, what, number

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button that was pressed."""
        return cls(match["key"], match["what"], int(match["number"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says, for the kept answer."""
        await press(interaction, f"button_{self.what}", self._act(interaction))

    async def _act(self, interaction: Interaction) -> None:
        fields = await interaction.client.desk.recall(lambda records: records.message(self.key))
        action = _ACTIONS.get(self.what)
        if fields is None or action is None:
            raise UsageError(render.TOO_OLD)
        place = await place_of(interaction.client, interaction.guild_id, interaction.channel)
        await action(interaction, self, SentAnswer.from_fields(fields), place)


async def _context(interaction: Interaction, button: AnswerButton, was: SentAnswer, place: Place) -> None:
    await interaction.response.defer(thinking=True, ephemeral=True)
    quoted = _quoted(was, button)
    found = await interaction.client.desk.context(quoted, place.within(Filters()))
    if isinstance(found, Lost):
        raise UsageError(wording.lost(found, was.generation))
    await interaction.edit_original_response(
        view=render.context_view(found, was.generation, partial(AnswerButton, button.key))
    )


async def _more(interaction: Interaction, _button: AnswerButton, was: SentAnswer, place: Place) -> None:
    bot = interaction.client
    place.require_answers()
    bot.pace.require(interaction.user.id, interaction.channel_id)
    await interaction.response.defer(thinking=True, ephemeral=True)
    shown = was.skipped + len(was.quoted)
    count = place.settings.excerpts or bot.settings.excerpts
    answer = await bot.desk.ask(was.question, place.within(was.filters), count, skip=shown)
    if not answer.excerpts:
        raise UsageError(render.NO_MORE)
    send = partial(_edit, interaction)
    user = interaction.user.id
    await deliver(bot, answer, place, user, send, private=True, skipped=shown, show_question=True)


async def _sources(interaction: Interaction, _button: AnswerButton, was: SentAnswer, place: Place) -> None:
    await interaction.response.defer(thinking=True, ephemeral=True)
    articles = tuple(dict.fromkeys(q.article for q in was.quoted))
    listings = await interaction.client.desk.listings(place.within(Filters(articles=articles)))
    order = {name: n for n, name in enumerate(articles)}
    view = render.cards_view(sorted(listings, key=lambda row: order[row.source.id]))
    await interaction.edit_original_response(view=view)


async def _share(interaction: Interaction, button: AnswerButton, was: SentAnswer, place: Place) -> None:
    bot = interaction.client
    place.require_answers()
    await _require_asker(interaction, button.key)
    await interaction.response.defer(thinking=True)
    scope = place.within(Filters())
    found = await bot.desk.quote_again(was.quoted, scope)
    excerpts = tuple(excerpt for excerpt in found if isinstance(excerpt, Excerpt))
    losses = [
        f"Excerpt {quoted.number}: {wording.lost(loss, was.generation)}"
        for quoted, loss in zip(was.quoted, found, strict=True)
        if isinstance(loss, Lost)
    ]
    if not excerpts:
        raise UsageError("\n".join(losses))
    status = await bot.desk.status(scope)
    # What is quoted and counted now is of the generation that is served now.
    now = (status.articles, status.manifest.generation, was.filters, was.likely, was.preferred)
    answer = Answer(was.question, excerpts, None, *now)
    user = interaction.user.id
    await deliver(bot, answer, place, user, partial(_edit, interaction), skipped=was.skipped, show_question=True)
    if losses:
        await interaction.followup.send(render.shorten("\n".join(losses), render.CONTENT_LIMIT), ephemeral=True)


async def _remove(interaction: Interaction, button: AnswerButton, _was: SentAnswer, _place: Place) -> None:
    if not (interaction.permissions.manage_messages or interaction.client.is_admin(interaction.user)):
        await _require_asker(interaction, button.key)
    await interaction.response.defer()
    await interaction.delete_original_response()


async def _feedback(interaction: Interaction, button: AnswerButton, was: SentAnswer, place: Place) -> None:
    await interaction.response.defer(thinking=True, ephemeral=True)
    quoted = _quoted(was, button)
    new = await interaction.client.desk.record(
        lambda records: records.note_feedback(
            platform=PLATFORM, server=place.server, user=str(interaction.user.id), question=was.question,
            verdict=Verdict(button.what), article=quoted.article, sha256=quoted.sha256, start=quoted.start,
            end=quoted.end, number=quoted.number, generation=was.generation,
        )
    )  # fmt: skip
    await interaction.edit_original_response(content=render.THANKS if new else render.SAID_BEFORE)


def _quoted(was: SentAnswer, button: AnswerButton) -> Quoted:
    for quoted in was.quoted:
        if quoted.number == button.number:
            return quoted
    raise UsageError(render.TOO_OLD)


async def _require_asker(interaction: Interaction, key: str) -> None:
    user = str(interaction.user.id)
    if not await interaction.client.desk.recall(lambda records: records.is_asker(key, PLATFORM, user)):
        raise RefusedError(render.NOT_YOURS)


async def _edit(interaction: Interaction, view: ui.LayoutView) -> discord.Message:
    return await interaction.edit_original_response(view=view)


_ACTIONS: dict[str, Callable[[Any, AnswerButton, SentAnswer, Place], Awaitable[None]]] = {
    "context": _context,
    "more": _more,
    "sources": _sources,
    "share": _share,
    "remove": _remove,
    Verdict.NOT_AN_ANSWER.value: _feedback,
    Verdict.WRONG_SOURCE.value: _feedback,
}
