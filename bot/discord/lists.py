"""A list of questions on Discord: an admin attaches it, and gets a file of answers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot import lists
from bot.discord import blocks
from bot.discord.admin import admins_only, require_admin
from bot.discord.client import think, visit_by
from bot.discord.replies import failure_logged
from bot.export import Format

if TYPE_CHECKING:
    from bot.discord.client import Commands, Interaction


@app_commands.command(name="ask-list", description="Answer all questions of a file in one file (admins)")
@app_commands.describe(
    file="A text file with a question a line, or a .csv with a column question; up to 200",
    form="What comes back: a table, or JSON Lines",
)
@app_commands.rename(form="format")
@app_commands.choices(form=[app_commands.Choice(name=form.value, value=form.value) for form in lists.FORMATS])
@admins_only
async def ask_list(interaction: Interaction, file: discord.Attachment, form: str = Format.CSV.value) -> None:
    """Answer the questions one after another, and show how far that is."""
    require_admin(interaction)
    lists.require_small(file.size, file.filename)
    await think(interaction, private=True)
    visit = await visit_by(interaction)

    async def show(done: int, total: int) -> None:
        with failure_logged("ask_list"):
            await interaction.edit_original_response(content=lists.progress(done, total))

    work = interaction.client.work
    made = await lists.answer(visit, await file.read(), file.filename, Format(form), show, lambda: work.stopping)
    told = blocks.shorten(made.told, blocks.CONTENT_LIMIT)
    files = [discord.File(io.BytesIO(made.data), made.name)]
    await interaction.edit_original_response(content=told, attachments=files)


COMMANDS: Commands = (ask_list,)
