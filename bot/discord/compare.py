"""Articles compared, on Discord: what each says of a question, the figures in it, and who said what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands

from bot.answer import Way
from bot.compare import narrowed
from bot.discord.answers import answer_command
from bot.discord.client import anywhere
from bot.discord.sources import SINCE, UNTIL

if TYPE_CHECKING:
    from bot.discord.client import Commands, Interaction

# What options say of themselves.
OUTLETS = 'Only articles of these outlets, with ";" between'
PRIVATE = "Show it only to me"


@app_commands.command(description="Show what each article says of a question, the oldest first")
@anywhere
@app_commands.describe(
    question="What do you want to compare?", outlets=OUTLETS, since=SINCE, until=UNTIL, private=PRIVATE
)
async def compare(
    interaction: Interaction,
    question: app_commands.Range[str, 1, 2000],
    outlets: str | None = None,
    since: str | None = None,
    until: str | None = None,
    private: bool | None = None,
) -> None:
    """Show one excerpt from each article that answers by itself."""
    filters = narrowed(outlets, since, until)
    await answer_command(interaction, question, filters, private=private, way=Way.COMPARED)


@app_commands.command(description="Show the figures in what answers a question, and where articles differ in one")
@anywhere
@app_commands.describe(
    question="What are the figures about?", outlets=OUTLETS, since=SINCE, until=UNTIL, private=PRIVATE
)
async def figures(
    interaction: Interaction,
    question: app_commands.Range[str, 1, 2000],
    outlets: str | None = None,
    since: str | None = None,
    until: str | None = None,
    private: bool | None = None,
) -> None:
    """Show the excerpts with figures, each beside those of other articles that differ."""
    filters = narrowed(outlets, since, until)
    await answer_command(interaction, question, filters, private=private, way=Way.FIGURES)


@app_commands.command(description="Show what a person is quoted as saying, by day")
@anywhere
@app_commands.describe(
    person="The name, or only the surname", about="Only quotations near these words", outlets=OUTLETS, since=SINCE,
    until=UNTIL, private=PRIVATE,
)  # fmt: skip
async def said(
    interaction: Interaction,
    person: app_commands.Range[str, 1, 200],
    about: app_commands.Range[str, 1, 200] | None = None,
    outlets: str | None = None,
    since: str | None = None,
    until: str | None = None,
    private: bool | None = None,
) -> None:
    """Show the quotations that articles give to a person."""
    filters = narrowed(outlets, since, until)
    asked = f"{person} about {about}" if about else person
    await answer_command(interaction, asked, filters, private=private, way=Way.SAID)


COMMANDS: Commands = (compare, figures, said)
