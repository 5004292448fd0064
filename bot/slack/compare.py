"""Articles compared, on Slack: what each says of a question, the figures in it, and who said what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import wording
from bot.answer import Way
from bot.compare import narrowed
from bot.slack.answers import answer_command
from bot.slack.text import options, yes
from bot.visit import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.slack.commands import Command
    from bot.slack.replies import Request


async def compare(request: Request, text: str) -> None:
    """Show one excerpt from each article that answers by itself."""
    await answer_options(request, *options(text, ("outlets", "since", "until", "private")), Way.COMPARED)


async def figures(request: Request, text: str) -> None:
    """Show the excerpts with figures, each beside those of other articles that differ."""
    await answer_options(request, *options(text, ("outlets", "since", "until", "private")), Way.FIGURES)


async def said(request: Request, text: str) -> None:
    """Show the quotations that articles give to a person."""
    person, chosen = options(text, ("about", "outlets", "since", "until", "private"))
    asked = f"{person} about {chosen['about']}" if person and chosen.get("about") else person
    await answer_options(request, asked, chosen, Way.SAID)


async def answer_options(request: Request, question: str, chosen: Mapping[str, str], way: Way) -> None:
    """Answer a command in a way of its own, with the options that were chosen."""
    if not question:
        raise UsageError(wording.EMPTY_QUESTION)
    filters = narrowed(chosen.get("outlets"), chosen.get("since"), chosen.get("until"))
    private = yes("private", chosen["private"]) if "private" in chosen else None
    await answer_command(request, question, filters, private=private, way=way)


COMMANDS: Mapping[str, Command] = {"compare": compare, "figures": figures, "said": said}
