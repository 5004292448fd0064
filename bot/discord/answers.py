"""Answers on Discord: asked in a place, sent with buttons, and what the buttons do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ui

from bot import wording
from bot.answer import Way
from bot.discord import render
from bot.discord.client import visit_by
from bot.discord.replies import press
from bot.records.feedback import Verdict
from bot.visit import UsageError

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable

    from bot.answer import Answer
    from bot.discord.client import Interaction
    from bot.records.sent import SentAnswer
    from bot.visit import Visit
    from index.model import Filters


async def answer_command(
    interaction: Interaction,
    question: str,
    filters: Filters,
    number: int | None = None,
    private: bool | None = None,
    way: Way = Way.BEST,
) -> None:
    """Answer what a command asks, once the place and the asker's pace allow it."""
    visit = await visit_by(interaction)
    visit.admit()
    private = visit.settings.private if private is None else private
    await interaction.response.defer(thinking=True, ephemeral=private)
    answer = await visit.ask(question, filters, number, way=way)
    await visit.deliver(answer, sender(answer, partial(_edit, interaction), private=private), private=private)


def sender(
    answer: Answer,
    send: Callable[[ui.LayoutView], Awaitable[discord.Message]],
    *,
    private: bool = False,
    show_question: bool = True,
) -> Callable[[str | None], Awaitable[str]]:
    """What sends an answer, with buttons where it is kept, and gives the message's id."""

    async def sent(key: str | None) -> str:
        button = key and partial(AnswerButton, key)
        view = render.answer_view(answer, show_question=show_question, button=button or None, private=private)
        return str((await send(view)).id)

    return sent


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
        visit = await visit_by(interaction)
        was = await visit.kept(self.key)
        action = _ACTIONS.get(self.what)
        if action is None:
            raise UsageError(wording.TOO_OLD)
        await action(interaction, self, was, visit)


async def _context(interaction: Interaction, button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    await interaction.response.defer(thinking=True, ephemeral=True)
    found = await visit.context(was, button.number)
    view = render.context_view(found, was.generation, partial(AnswerButton, button.key))
    await interaction.edit_original_response(view=view)


async def _closest(interaction: Interaction, _button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    await interaction.response.defer(thinking=True, ephemeral=True)
    await interaction.edit_original_response(view=render.closest_view(await visit.closest(was)))


async def _more(interaction: Interaction, _button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    visit.admit()
    await interaction.response.defer(thinking=True, ephemeral=True)
    answer, shown = await visit.more(was)
    send = sender(answer, partial(_edit, interaction), private=True)
    await visit.deliver(answer, send, private=True, skipped=shown)


async def _sources(interaction: Interaction, _button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    await interaction.response.defer(thinking=True, ephemeral=True)
    await interaction.edit_original_response(view=render.cards_view(await visit.cards(was)))


async def _share(interaction: Interaction, button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    visit.require_answers()
    await visit.require_asker(button.key)
    await interaction.response.defer(thinking=True)
    answer, losses = await visit.again(was)
    await visit.deliver(answer, sender(answer, partial(_edit, interaction)), skipped=was.skipped)
    if losses:
        await interaction.followup.send(render.shorten("\n".join(losses), render.CONTENT_LIMIT), ephemeral=True)


async def _remove(interaction: Interaction, button: AnswerButton, _was: SentAnswer, visit: Visit) -> None:
    if not (interaction.permissions.manage_messages or interaction.client.is_admin(interaction.user)):
        await visit.require_asker(button.key)
    await interaction.response.defer()
    await interaction.delete_original_response()


async def _feedback(interaction: Interaction, button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    await interaction.response.defer(thinking=True, ephemeral=True)
    thanks = await visit.complain(was, button.number, Verdict(button.what))
    await interaction.edit_original_response(content=thanks)


async def _edit(interaction: Interaction, view: ui.LayoutView) -> discord.Message:
    return await interaction.edit_original_response(view=view)


_ACTIONS: dict[str, Callable[[Any, AnswerButton, SentAnswer, Visit], Awaitable[None]]] = {
    "context": _context,
    "closest": _closest,
    "more": _more,
    "sources": _sources,
    "share": _share,
    "remove": _remove,
    Verdict.NOT_AN_ANSWER.value: _feedback,
    Verdict.WRONG_SOURCE.value: _feedback,
}
