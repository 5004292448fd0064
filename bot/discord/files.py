"""What was shown on Discord, as files: for whoever asks, alone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ui

from bot import filing, wording
from bot.discord import blocks
from bot.discord.client import visit_by
from bot.discord.replies import press
from bot.tongue import say

if TYPE_CHECKING:
    import re

    from bot.discord.client import Interaction
    from bot.filing import Filed


class FileButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"file:(?P<key>[0-9a-f]{12})",
):
    """Gives a verification or a list of articles as files; known by the key of what is kept of it."""

    def __init__(self, key: str) -> None:
        super().__init__(ui.Button(label=say(wording.AS_FILES), custom_id=f"file:{key}"))
        self.key = key

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button that was pressed."""
        return cls(match["key"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Send the files to whoever pressed, alone."""
        await press(interaction, "button_file", self._send(interaction))

    async def _send(self, interaction: Interaction) -> None:
        await interaction.response.defer(thinking=True, ephemeral=True)
        await show(interaction, await filing.kept(await visit_by(interaction), self.key))


async def show(interaction: Interaction, made: Filed) -> None:
    """Show files in place of "thinking"."""
    told = blocks.shorten("\n".join(made.remarks), blocks.CONTENT_LIMIT)
    await interaction.edit_original_response(content=told, attachments=_attachments(made))


def add(view: ui.LayoutView, made: Filed) -> list[discord.File]:
    """Name files in a message, without which Discord does not show them; to be attached to it."""
    for name in made.files:
        view.add_item(ui.File(f"attachment://{name}"))
    return _attachments(made)


def _attachments(made: Filed) -> list[discord.File]:
    return [discord.File(io.BytesIO(data), name) for name, data in made.files.items()]
