"""The articles in the index, on Discord: the list with its pages, an article's card, and its stored text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import app_commands, ui

from bot import wording
from bot.discord import blocks, views
from bot.discord.client import anywhere, visit_by
from bot.discord.files import FileButton
from bot.discord.replies import choices, press, text_file
from bot.sources import ORDERS, Wanted, fitting
from bot.tongue import say
from bot.visit import UsageError
from index.shown import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.discord.client import Commands, Interaction
    from bot.visit import Visit

# What options of commands say of themselves.
SINCE = "Only articles published on or after this day, such as 3 May 2023 or last Monday"
UNTIL = "Only articles published on or before this day"


def name_choices(names: Sequence[str], typed: str) -> list[app_commands.Choice[str]]:
    """The names that fit what is typed, each its own value."""
    # A choice's value may not be longer either, and a cut one would match nothing.
    fitting = [name for name in names if typed.casefold() in name.casefold() and len(name) <= blocks.CHOICE_CHARS]
    shown = fitting[: blocks.CHOICES]
    return [app_commands.Choice(name=blocks.plain(visible(name), blocks.CHOICE_CHARS), value=name) for name in shown]


@choices
async def outlet_choices(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """The outlets that may be seen here, as far as they fit what is typed."""
    visit = await visit_by(interaction)
    visit.look()
    names = await visit.desk.outlets(visit.within())
    return name_choices(names, typed)


@choices
async def article_choices(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """The articles that may be seen here, by id, title or outlet."""
    visit = await visit_by(interaction)
    visit.look()
    cards = fitting([row.source for row in await visit.desk.listings(visit.within())], typed)
    return [
        app_commands.Choice(
            name=blocks.plain(
                visible(f"{card.title} · {card.outlet}" if card.outlet else card.title), blocks.CHOICE_CHARS
            ),
            # An id may be too long for a choice; the hash never is.
            value=card.id if len(card.id) <= blocks.CHOICE_CHARS else card.sha256,
        )
        for card in cards[: blocks.CHOICES]
    ]


class PageButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"sources:(?P<key>[0-9a-f]{12}):(?P<page>-?[0-9]{1,6})",
):
    """Turns to a page of a list of sources. Page and key are in its id, so that it works after a restart."""

    def __init__(self, key: str, label: str, page: int, *, disabled: bool = False) -> None:
        super().__init__(ui.Button(label=label, custom_id=f"sources:{key}:{page}", disabled=disabled))
        self.key, self.page = key, page

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button that was pressed."""
        return cls(match["key"], "", int(match["page"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Show the page in place of the one before."""
        await press(interaction, "sources_page", self._turn(interaction))

    async def _turn(self, interaction: Interaction) -> None:
        await interaction.response.defer()
        visit = await visit_by(interaction)
        visit.look()
        fields = await visit.desk.recall(lambda records: records.messages.fields(self.key))
        if fields is None:
            raise UsageError(wording.TOO_OLD)
        view = await sources_view(visit, Wanted(**fields), self.key, self.page)
        await interaction.edit_original_response(view=view)


async def sources_view(visit: Visit, wanted: Wanted, key: str, page: int) -> ui.LayoutView:
    """A page of a list of sources with its buttons; a page that is no longer there becomes the last."""
    listings = wanted.of(await visit.desk.listings(visit.within(wanted.filters())))
    last = views.pages(listings) - 1
    page = max(0, min(page, last))
    row: ui.ActionRow[Any] = ui.ActionRow(
        PageButton(key, say("Previous"), page - 1, disabled=page == 0),
        PageButton(key, say("Next"), page + 1, disabled=page == last),
        FileButton(key),
    )
    text = views.sources_text(listings, page, narrowed=wanted.narrowed)
    # The buttons work for ever; without this discord.py starts a timer for each list.
    return ui.LayoutView(timeout=None).add_item(ui.TextDisplay(text)).add_item(row)


class TextButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"text:(?P<sha256>[0-9a-f]{64})",
):
    """Gives the stored text of an article, known by its hash, as a file."""

    def __init__(self, sha256: str) -> None:
        super().__init__(ui.Button(label=say("Stored text"), custom_id=f"text:{sha256}"))
        self.sha256 = sha256

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button that was pressed."""
        return cls(match["sha256"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Send the text to whoever pressed, alone."""
        await press(interaction, "text", self._send(interaction))

    async def _send(self, interaction: Interaction) -> None:
        await interaction.response.defer(thinking=True, ephemeral=True)
        visit = await visit_by(interaction)
        visit.look()
        article = await visit.text(self.sha256)
        name = re.sub(r"[^\w.-]", "_", article.source.id)[-80:] + ".txt"
        await interaction.edit_original_response(attachments=[text_file(article.text, name)])


@app_commands.command(description="List the articles in the index")
@anywhere
@app_commands.describe(
    outlet="Only articles of this outlet",
    since=SINCE,
    until=UNTIL,
    words="Only articles whose headline has these words",
    order="Which come first",
)
@app_commands.choices(order=[app_commands.Choice(name=order, value=order) for order in ORDERS])
@app_commands.autocomplete(outlet=outlet_choices)
async def sources(
    interaction: Interaction,
    outlet: str | None = None,
    since: str | None = None,
    until: str | None = None,
    words: str | None = None,
    order: str = "id",
) -> None:
    """Show the first page of a list of sources."""
    wanted = Wanted.typed(outlet, since, until, words, order)
    await interaction.response.defer(thinking=True, ephemeral=True)
    visit = await visit_by(interaction)
    visit.look()
    key = await visit.keep(wanted.as_fields(), private=True)
    await interaction.edit_original_response(view=await sources_view(visit, wanted, key, 0))


@app_commands.command(description="Show all that is known about one article")
@anywhere
@app_commands.describe(article="Begin to type its title, outlet or id")
@app_commands.autocomplete(article=article_choices)
async def source(interaction: Interaction, article: str) -> None:
    """Show an article's card."""
    await interaction.response.defer(thinking=True, ephemeral=True)
    visit = await visit_by(interaction)
    visit.look()
    found = await visit.find(article)
    neighbours = await visit.desk.neighbours(found.source.id, visit.within())
    replaced = await visit.desk.replaced(found.source.id, visit.within())
    view = views.card_view(found, neighbours, replaced).add_item(ui.ActionRow(TextButton(found.source.sha256)))
    await interaction.edit_original_response(view=view)


COMMANDS: Commands = (sources, source)
