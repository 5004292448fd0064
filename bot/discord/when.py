"""When it came, on Discord: by the days spoken of, the earliest article, what one outlet has alone, and a picture."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.answer import Way
from bot.compare import narrowed
from bot.discord import views
from bot.discord.answers import answer_command
from bot.discord.client import anywhere, visit_by
from bot.discord.compare import OUTLETS, PRIVATE
from bot.discord.replies import text_file
from bot.discord.sources import SINCE, UNTIL, outlet_choices
from bot.pictures import coverage, lines, png

if TYPE_CHECKING:
    from bot.discord.client import Commands, Interaction


@app_commands.command(description="Show what answers a question, in the order of the days that it speaks of")
@anywhere
@app_commands.describe(
    question="What is it about?",
    since="Only what speaks of this day or a later one, such as 3 May 2023 or last Monday",
    until="Only what speaks of this day or an earlier one",
    outlets=OUTLETS,
    private=PRIVATE,
)
async def timeline(
    interaction: Interaction,
    question: app_commands.Range[str, 1, 2000],
    since: str | None = None,
    until: str | None = None,
    outlets: str | None = None,
    private: bool | None = None,
) -> None:
    """Show the passages near a question by the days that they speak of, each with how its day is known."""
    filters = narrowed(outlets, since, until)
    await answer_command(interaction, question, filters, private=private, way=Way.TIMELINE)


@app_commands.command(description="Show the earliest dated article that carries what answers a question")
@anywhere
@app_commands.describe(
    question="What do you want to trace back?", outlets=OUTLETS, since=SINCE, until=UNTIL, private=PRIVATE
)
async def first(
    interaction: Interaction,
    question: app_commands.Range[str, 1, 2000],
    outlets: str | None = None,
    since: str | None = None,
    until: str | None = None,
    private: bool | None = None,
) -> None:
    """Show the excerpts of the earliest day, and those of articles without one."""
    filters = narrowed(outlets, since, until)
    await answer_command(interaction, question, filters, private=private, way=Way.FIRST)


@app_commands.command(name="only-in", description="Show what no other outlet's article carries")
@anywhere
@app_commands.describe(
    outlet="The outlet", question="Only what answers this; without it the newest", since=SINCE, until=UNTIL,
    private=PRIVATE,
)  # fmt: skip
@app_commands.autocomplete(outlet=outlet_choices)
async def only_in(
    interaction: Interaction,
    outlet: app_commands.Range[str, 1, 200],
    question: app_commands.Range[str, 1, 1500] | None = None,
    since: str | None = None,
    until: str | None = None,
    private: bool | None = None,
) -> None:
    """Show sentences of an outlet that stand in no other's articles."""
    asked = f"{outlet} about {question}" if question else outlet
    filters = narrowed(None, since, until)
    await answer_command(interaction, asked, filters, private=private, way=Way.ONLY_IN)


@app_commands.command(description="Draw how many articles each outlet has of each day")
@anywhere
@app_commands.describe(outlets=OUTLETS, since=SINCE, until=UNTIL)
async def picture(
    interaction: Interaction, outlets: str | None = None, since: str | None = None, until: str | None = None
) -> None:
    """Show the picture of articles by day and outlet to whoever asks, alone, with its numbers as text."""
    filters = narrowed(outlets, since, until)
    await interaction.response.defer(thinking=True, ephemeral=True)
    visit = await visit_by(interaction)
    visit.look()
    counted = coverage(row.source for row in await visit.desk.listings(visit.within(filters)))
    drawn = io.BytesIO(await asyncio.to_thread(png, counted))
    text, rest = views.picture_text(counted)
    files = [discord.File(drawn, "coverage.png", description=lines(counted)[0])]
    files += [text_file(rest, "coverage.txt")] if rest else []
    await interaction.edit_original_response(content=text, attachments=files)


COMMANDS: Commands = (timeline, first, only_in, picture)
