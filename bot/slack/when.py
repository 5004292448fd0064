"""When it came, on Slack: what is told by the days spoken of, the earliest article, and what no other outlet has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.answer import Way
from bot.slack.compare import answer_options
from bot.slack.text import options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.slack.commands import Command
    from bot.slack.replies import Request


async def timeline(request: Request, text: str) -> None:
    """Show the passages near a question by the days that they speak of, each with how its day is known."""
    await answer_options(request, *options(text, ("since", "until", "outlets", "private")), Way.TIMELINE)


async def first(request: Request, text: str) -> None:
    """Show the excerpts of the earliest day, and those of articles without one."""
    await answer_options(request, *options(text, ("outlets", "since", "until", "private")), Way.FIRST)


async def only_in(request: Request, text: str) -> None:
    """Show sentences of an outlet that stand in no other's articles."""
    outlet, chosen = options(text, ("about", "since", "until", "private"))
    asked = f"{outlet} about {chosen['about']}" if outlet and chosen.get("about") else outlet
    await answer_options(request, asked, chosen, Way.ONLY_IN)


COMMANDS: Mapping[str, Command] = {"timeline": timeline, "first": first, "only-in": only_in}
