"""Answers on Discord: asked in a place, sent with buttons, and what the buttons do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ui

from bot import filing, wording
from bot.answer import Way, is_question
from bot.days import today
from bot.discord import blocks, files, render, views
from bot.discord.client import admitted, is_guest, speak_to, visit_by
from bot.discord.replies import failure_logged, press, text_file
from bot.records.feedback import Verdict
from bot.tongue import say
from bot.visit import RefusedError, UsageError

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
    visit, private = await admitted(interaction, private if is_question(question) else True)
    answer = await visit.ask(question, filters, number, way=way, show=partial(_show_place, interaction))
    await visit.deliver(answer, _in_place(interaction, answer, private=private), private=private)


def sender(
    answer: Answer,
    send: Callable[[ui.LayoutView], Awaitable[discord.Message]],
    *,
    private: bool = False,
    share: bool = True,
    show_question: bool = True,
    alone: bool = False,
) -> Callable[[str | None], Awaitable[str]]:
    """What sends an answer, with buttons where it is kept, and gives the message's id.

    With `alone`, one of them asks the question without what it took from another.
    """

    async def sent(key: str | None) -> str:
        button = key and partial(AnswerButton, key)
        menu = key and partial(ContextMenu, key)
        made = {"button": button or None, "menu": menu or None}
        view = render.answer_view(
            answer, show_question=show_question, private=private, share=share, alone=alone, **made
        )
        return str((await send(view)).id)

    return sent


class AnswerButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"answer:(?P<what>[a-z_]{1,20}):(?P<key>[0-9a-f]{12}):(?P<number>[0-9]{1,2})",
):
    """A button of an answer: what it does, the key of what is kept, and the number of the excerpt, 0 for all."""

    def __init__(self, key: str, what: str, number: int = 0) -> None:
        label, style = render.BUTTONS.get(what, ("", discord.ButtonStyle.secondary))
        super().__init__(ui.Button(label=say(label), style=style, custom_id=f"answer:{what}:{key}:{number}"))
        self.key, self.what, self.number = key, what, number

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button that was pressed."""
        return cls(match["key"], match["what"], int(match["number"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says, for the kept answer."""
        await press(interaction, f"button_{self.what}", _act(interaction, self))


class ContextMenu(
    ui.DynamicItem[ui.Select[ui.LayoutView]],
    template=r"context:(?P<key>[0-9a-f]{12})",
):
    """The excerpts of an answer, known by the key of what is kept; the one that is chosen is shown in its context."""

    def __init__(self, key: str, options: list[discord.SelectOption]) -> None:
        super().__init__(ui.Select(custom_id=f"context:{key}", placeholder=say("Context"), options=options))
        self.key = key

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the menu that was used."""
        return cls(match["key"], item.options if isinstance(item, ui.Select) else [])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Show the excerpt as its button would."""
        button = AnswerButton(self.key, "context", int(self.item.values[0]))
        await press(interaction, "button_context", _act(interaction, button))


async def _act(interaction: Interaction, button: AnswerButton) -> None:
    """Do what a button says, acknowledged before anything is looked up."""
    action = _ACTIONS.get(button.what)
    if action is None:
        raise UsageError(wording.TOO_OLD)
    # What changes the channel is acknowledged without words; a word about it is for whoever pressed.
    quietly = button.what in {"share", "remove"}
    await interaction.response.defer(thinking=not quietly, ephemeral=not quietly)
    visit = await visit_by(interaction)
    visit.look()
    await action(interaction, button, await visit.kept(button.key), visit)


async def _context(interaction: Interaction, button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    view = render.context_view(await visit.context(was, button.number), partial(AnswerButton, button.key))
    await interaction.edit_original_response(view=view)


async def _cite(interaction: Interaction, button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    content, texts = render.citations(await visit.excerpt(was, button.number), today())
    attached = [text_file(text, name) for name, text in texts.items()]
    await interaction.edit_original_response(content=content, attachments=attached)


async def _file(interaction: Interaction, _button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    await files.show(interaction, await filing.answer(visit, was))


async def _carried(interaction: Interaction, button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    visit.admit()
    view = render.carried_view(await visit.carried(was), button.number, partial(AnswerButton, button.key))
    await interaction.edit_original_response(view=view)


async def _closest(interaction: Interaction, _button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    await interaction.edit_original_response(view=render.closest_view(await visit.excerpt(was)))


async def _more(interaction: Interaction, _button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    visit.admit()
    answer, shown = await visit.more(was)
    await visit.deliver(answer, _in_place(interaction, answer), private=True, skipped=shown)


async def _others(interaction: Interaction, button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    answer, more, losses = await visit.others(was, button.number)
    head = "\n".join([say("Also new on “{subject}”", subject=blocks.shorten(was.question, 300)), *map(str, losses)])
    foot = f"-# {wording.and_more(more)}" if more else ""
    made, menu = partial(AnswerButton, button.key), partial(ContextMenu, button.key)
    view = render.news_view(head, answer.excerpts, foot, button=made, menu=menu, more=more > 0, private=True)
    await interaction.edit_original_response(view=view)


async def _alone(interaction: Interaction, _button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    visit.admit()
    answer = await visit.ask(was.alone)
    await visit.deliver(answer, _in_place(interaction, answer), private=True)


async def _sources(interaction: Interaction, _button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    await interaction.edit_original_response(view=views.cards_view(await visit.cards(was)))


async def _share(interaction: Interaction, button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    if is_guest(interaction):
        raise RefusedError(views.NOT_SHARED_HERE)
    visit.require_answers()
    await visit.require_asker(button.key, wording.NOT_YOURS_TO_SHARE)
    answer, losses = await visit.again(was)
    speak_to(interaction, all_see=True)
    await visit.deliver(answer, sender(answer, partial(_publish, interaction)), skipped=was.skipped)
    if losses:
        speak_to(interaction)
        await interaction.followup.send(
            blocks.shorten("\n".join(map(say, losses)), blocks.CONTENT_LIMIT), ephemeral=True
        )


async def _remove(interaction: Interaction, button: AnswerButton, _was: SentAnswer, visit: Visit) -> None:
    if not (interaction.permissions.manage_messages or interaction.client.is_admin(interaction.user)):
        await visit.require_asker(button.key, views.NOT_YOURS)
    await interaction.delete_original_response()
    await visit.forget(button.key)


async def _feedback(interaction: Interaction, button: AnswerButton, was: SentAnswer, visit: Visit) -> None:
    thanks = await visit.judge(was, button.number, Verdict(button.what))
    await interaction.edit_original_response(content=thanks)


async def _show_place(interaction: Interaction, ahead: int) -> None:
    """Say in place of "thinking" how many questions come before, where they are many."""
    if words := wording.ahead(ahead):
        with failure_logged("place"):
            await interaction.edit_original_response(content=words)


def _in_place(
    interaction: Interaction, answer: Answer, *, private: bool = True
) -> Callable[[str | None], Awaitable[str]]:
    """What sends an answer in place of "thinking"."""
    return sender(answer, partial(_edit, interaction), private=private, share=not is_guest(interaction))


async def _edit(interaction: Interaction, view: ui.LayoutView) -> discord.Message:
    return await interaction.edit_original_response(content=None, view=view)


async def _publish(interaction: Interaction, view: ui.LayoutView) -> discord.Message:
    return await interaction.followup.send(view=view, wait=True)


_ACTIONS: dict[str, Callable[[Any, AnswerButton, SentAnswer, Visit], Awaitable[None]]] = {
    "context": _context,
    "cite": _cite,
    "file": _file,
    "carried": _carried,
    "carried_more": _carried,
    "closest": _closest,
    "more": _more,
    "others": _others,
    "alone": _alone,
    "sources": _sources,
    "share": _share,
    "remove": _remove,
    **dict.fromkeys((verdict.value for verdict in Verdict), _feedback),
}
