"""What is kept of a person, on Discord: shown to them alone, and forgotten when they press the button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import discord
from discord import app_commands, ui

from bot import privacy
from bot.discord import blocks
from bot.discord.client import anywhere, visit_by
from bot.discord.replies import press, text_file
from bot.tongue import say

if TYPE_CHECKING:
    import re

    from bot.discord.client import Commands, Interaction

_FILE = "my-data.txt"


@app_commands.command(description="What is kept of you, shown to you alone")
@anywhere
async def mydata(interaction: Interaction) -> None:
    """Show all that is kept of whoever asks."""
    await _show(interaction, forget=False)


@app_commands.command(description="Have what is kept of you forgotten; it is shown first")
@anywhere
async def forgetme(interaction: Interaction) -> None:
    """Show all that is kept of whoever asks, with a button to forget it."""
    await _show(interaction, forget=True)


async def _show(interaction: Interaction, *, forget: bool) -> None:
    await interaction.response.defer(thinking=True, ephemeral=True)
    visit = await visit_by(interaction)
    visit.look()
    lines, anything = await privacy.kept(visit)
    asked = [say(privacy.ASK_TO_FORGET)] if forget and anything else []
    escaped = [blocks.escape(line) for line in lines]
    limit = blocks.CONTENT_LIMIT - sum(len(line) + 1 for line in asked) - 100
    shown = list(blocks.first_lines(escaped, limit))
    files = []
    if len(shown) < len(lines):
        shown.append(f"-# {say('The whole is in {file}.', file=_FILE)}")
        files = [text_file("\n".join(lines), _FILE)]
    view = ui.View(timeout=None).add_item(ForgetButton()) if asked else None
    await interaction.edit_original_response(content="\n".join([*shown, *asked]), attachments=files, view=view)


class ForgetButton(ui.DynamicItem[ui.Button[ui.View]], template=r"forget:me"):
    """Has whoever presses it forgotten."""

    def __init__(self) -> None:
        super().__init__(ui.Button(label=say(privacy.FORGET), style=discord.ButtonStyle.danger, custom_id="forget:me"))

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], _match: re.Match[str], /
    ) -> Self:
        """Make the button that was pressed."""
        return cls()

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Forget, and say so in place of what was shown."""
        await press(interaction, "forget_me", self._forget(interaction))

    async def _forget(self, interaction: Interaction) -> None:
        await interaction.response.defer()
        told = await privacy.forget(await visit_by(interaction))
        await interaction.edit_original_response(content=told, attachments=[], view=None)


COMMANDS: Commands = (mydata, forgetme)
