"""When it came, on Slack: by the days spoken of, the earliest article, what one outlet has alone, and numbers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.answer import Way
from bot.compare import narrowed
from bot.filing import Filed
from bot.pictures import coverage, lines, png
from bot.slack import files
from bot.slack.compare import answer_options
from bot.slack.text import options
from bot.slack.views import lines_messages

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


async def picture(request: Request, text: str) -> None:
    """Show the numbers of articles by day and outlet to whoever asks, and then the picture."""
    _, chosen = options(text, ("outlets", "since", "until"))
    filters = narrowed(chosen.get("outlets"), chosen.get("since"), chosen.get("until"))
    visit = await request.visit()
    visit.look()
    counted = coverage(row.source for row in await visit.desk.listings(visit.within(filters)))
    title, *rest = lines(counted)
    await request.whisper(lines_messages(title, rest))
    drawn = await asyncio.to_thread(png, counted)
    await files.send(request, Filed({"coverage.png": drawn}, [title]), described=title)


COMMANDS: Mapping[str, Command] = {"timeline": timeline, "first": first, "only-in": only_in, "picture": picture}
