"""The articles in the index, on Discord: the list with its pages, an article's card, and its stored text."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import app_commands, ui

from bot import discord_render as render
from bot.days import parse_since, parse_until
from bot.discord_answers import PLATFORM, place_of
from bot.discord_replies import UsageError, choices, press, text_file
from index.model import ANY, Filters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.discord_answers import Place
    from bot.discord_app import OnTheRecordBot
    from bot.discord_replies import Commands, Interaction
    from index.model import Listing

ORDERS = ("newest", "oldest", "outlet", "id")


def today() -> date:
    """The day that "yesterday" is counted from."""
    return datetime.now(UTC).date()


def name_choices(names: Sequence[str], typed: str) -> list[app_commands.Choice[str]]:
    """The names that fit what is typed, each its own value."""
    # A choice's value may not be longer either, and a cut one would match nothing.
    fitting = [name for name in names if typed.casefold() in name.casefold() and len(name) <= render.CHOICE_CHARS]
    return [app_commands.Choice(name=name, value=name) for name in fitting[: render.CHOICES]]


@choices
async def outlet_choices(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """The outlets that may be seen here, as far as they fit what is typed."""
    place = await place_of(interaction.client, interaction.guild_id, interaction.channel)
    names = await interaction.client.desk.outlets(place.within(ANY))
    return name_choices(names, typed)


@choices
async def article_choices(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """The articles that may be seen here, by id, title or outlet."""
    place = await place_of(interaction.client, interaction.guild_id, interaction.channel)
    cards = [row.source for row in await interaction.client.desk.listings(place.within(ANY))]
    wanted = typed.casefold()
    fitting = [card for card in cards if wanted in f"{card.id}\n{card.title}\n{card.outlet or ''}".casefold()]
    return [
        app_commands.Choice(
            name=render.plain(f"{card.title} · {card.outlet}" if card.outlet else card.title, render.CHOICE_CHARS),
            # An id may be too long for a choice; the hash never is.
            value=card.id if len(card.id) <= render.CHOICE_CHARS else card.sha256,
        )
        for card in fitting[: render.CHOICES]
    ]


async def find_listing(bot: OnTheRecordBot, place: Place, named: str) -> Listing:
    """The article of an id, or of the hash of its text.

    Raises:
        UsageError: none that may be seen here has it.

    """
    rows = await bot.desk.listings(place.within(ANY))
    found = next((row for row in rows if named in (row.source.id, row.source.sha256)), None)
    if found is None:
        raise UsageError("No article in the index has this id. Pick one from the list that opens as you type.")
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of sources shows, and in which order."""

    outlet: str | None = None
    since: str | None = None
    until: str | None = None
    words: str | None = None
    order: str = "id"

    def filters(self) -> Filters:
        """The filters for the store; the dates are ISO days."""
        since, until = (day and date.fromisoformat(day) for day in (self.since, self.until))
        return Filters(outlets=(self.outlet,) if self.outlet else (), since=since or None, until=until or None)

    def of(self, listings: Sequence[Listing]) -> list[Listing]:
        """Those whose title has all the words, in order; articles without a date or outlet come last."""
        wanted = (self.words or "").casefold().split()
        found = [row for row in listings if all(word in row.source.title.casefold() for word in wanted)]
        if self.order == "outlet":
            return sorted(found, key=lambda row: (row.source.outlet is None, (row.source.outlet or "").casefold()))
        if self.order in {"newest", "oldest"}:
            sign = -1 if self.order == "newest" else 1
            days = {row.source.id: row.source.published for row in found}
            return sorted(found, key=lambda row: (not days[row.source.id], sign * _ordinal(days[row.source.id])))
        return found


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else 0


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
        bot = interaction.client
        await interaction.response.defer()
        fields = await bot.desk.recall(lambda records: records.message(self.key))
        if fields is None:
            raise UsageError(render.TOO_OLD)
        place = await place_of(bot, interaction.guild_id, interaction.channel)
        view = await sources_view(bot, place, Wanted(**fields), self.key, self.page)
        await interaction.edit_original_response(view=view)


async def sources_view(bot: OnTheRecordBot, place: Place, wanted: Wanted, key: str, page: int) -> ui.LayoutView:
    """A page of a list of sources with its buttons; a page that is no longer there becomes the last."""
    listings = wanted.of(await bot.desk.listings(place.within(wanted.filters())))
    last = render.pages(listings) - 1
    page = max(0, min(page, last))
    row: ui.ActionRow[Any] = ui.ActionRow(
        PageButton(key, "Previous", page - 1, disabled=page == 0),
        PageButton(key, "Next", page + 1, disabled=page == last),
    )
    text = render.sources_text(listings, page, narrowed=wanted != Wanted(order=wanted.order))
    # The buttons work for ever; without this discord.py starts a timer for each list.
    return ui.LayoutView(timeout=None).add_item(ui.TextDisplay(text)).add_item(row)


class TextButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"text:(?P<sha256>[0-9a-f]{64})",
):
    """Gives the stored text of an article, known by its hash, as a file."""

    def __init__(self, sha256: str) -> None:
        super().__init__(ui.Button(label="Stored text", custom_id=f"text:{sha256}"))
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
        bot = interaction.client
        await interaction.response.defer(thinking=True, ephemeral=True)
        place = await place_of(bot, interaction.guild_id, interaction.channel)
        rows = await bot.desk.listings(place.within(ANY))
        found = next((row.source.id for row in rows if row.source.sha256 == self.sha256), None)
        article = await bot.desk.article(found, place.within(ANY)) if found else None
        if article is None or article.source.sha256 != self.sha256:
            raise UsageError(render.TEXT_GONE)
        name = re.sub(r"[^\w.-]", "_", article.source.id)[-80:] + ".txt"
        await interaction.edit_original_response(attachments=[text_file(article.text, name)])


@app_commands.command(description="List the articles in the index")
@app_commands.describe(
    outlet="Only articles of this outlet",
    since="Only articles published on or after this day, such as 3 May 2023 or last Monday",
    until="Only articles published on or before this day",
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
    bot = interaction.client
    wanted = Wanted(
        outlet,
        parse_since(since, today()).isoformat() if since else None,
        parse_until(until, today()).isoformat() if until else None,
        words,
        order,
    )
    await interaction.response.defer(thinking=True)
    place = await place_of(bot, interaction.guild_id, interaction.channel)
    user = str(interaction.user.id)
    key = await bot.desk.record(lambda records: records.keep_message(PLATFORM, user, asdict(wanted)))
    await interaction.edit_original_response(view=await sources_view(bot, place, wanted, key, 0))


@app_commands.command(description="Show all that is known about one article")
@app_commands.describe(article="Begin to type its title, outlet or id")
@app_commands.autocomplete(article=article_choices)
async def source(interaction: Interaction, article: str) -> None:
    """Show an article's card."""
    bot = interaction.client
    await interaction.response.defer(thinking=True)
    place = await place_of(bot, interaction.guild_id, interaction.channel)
    found = await find_listing(bot, place, article)
    neighbours = await bot.desk.neighbours(found.source.id, place.within(ANY))
    view = render.card_view(found, neighbours).add_item(ui.ActionRow(TextButton(found.source.sha256)))
    await interaction.edit_original_response(view=view)


COMMANDS: Commands = (sources, source)
