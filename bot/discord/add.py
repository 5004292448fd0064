"""Adding articles on Discord: an admin attaches a file, sees what would be stored, and stores or discards it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import discord
from discord import app_commands, ui

from bot import adding, credit, intake, wording
from bot.discord import blocks
from bot.discord.admin import admins_only, require_admin
from bot.discord.client import visit_by
from bot.discord.replies import press
from bot.tongue import say
from bot.visit import UsageError

if TYPE_CHECKING:
    import re

    from bot.adding import Proposal
    from bot.discord.client import Commands, Interaction
    from bot.intake import Staged

_CUT = say("There is more than fits here.")
_LABELS = {
    "store": (say("Store"), discord.ButtonStyle.primary),
    "discard": (say("Discard"), discord.ButtonStyle.danger),
}


@app_commands.command(description="Add an article from a saved file; nothing is fetched (admins)")
@app_commands.describe(
    file="The article as text, HTML, JSON, a feed, NewsML, PDF, Word, RTF, e-mail, EPUB or WARC",
    title="Its headline, where the file does not say it or is wrong; so too the others",
    outlet="Where it was published",
    author="Who wrote it",
    published="The day it was published, such as 3 May 2023",
    url="The address that it was saved from; it is noted, not fetched",
    language="Its language as a code, such as en",
)
@admins_only
async def add(
    interaction: Interaction,
    file: discord.Attachment,
    title: app_commands.Range[str, 1, 500] | None = None,
    outlet: app_commands.Range[str, 1, 200] | None = None,
    author: app_commands.Range[str, 1, 200] | None = None,
    published: str | None = None,
    url: app_commands.Range[str, 1, 1000] | None = None,
    language: app_commands.Range[str, 1, 50] | None = None,
) -> None:
    """Keep a file aside and show what would be stored."""
    require_admin(interaction)
    if file.size > intake.MAX_FILE_BYTES:
        raise UsageError(intake.too_large(file.filename))
    given = adding.given_fields(
        title=title, outlet=outlet, author=author, published=published, url=url, language=language
    )
    await interaction.response.defer(thinking=True, ephemeral=True)
    visit = await visit_by(interaction)
    proposal = await adding.propose(visit, await file.read(), file.filename, given)
    await interaction.edit_original_response(view=proposal_view(proposal))


class AddButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"add:(?P<what>store|discard):(?P<key>[0-9a-f]{12})",
):
    """Stores or discards a file that is kept aside, known by the key of what is kept of it."""

    def __init__(self, what: str, key: str) -> None:
        label, style = _LABELS[what]
        super().__init__(ui.Button(label=say(label), style=style, custom_id=f"add:{what}:{key}"))
        self.what, self.key = what, key

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button that was pressed."""
        return cls(match["what"], match["key"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says, and say so in place of the card."""
        await press(interaction, f"add_{self.what}", self._act(interaction))

    async def _act(self, interaction: Interaction) -> None:
        require_admin(interaction)
        await interaction.response.defer()
        visit = await visit_by(interaction)
        if self.what == "store":
            done = await adding.confirm(visit, self.key)
            told = f"{blocks.shorten(adding.stored(done), 1000)} {adding.afterwards(blocks.command('reindex'))}"
        else:
            await adding.discard(visit, self.key)
            told = say(adding.DISCARDED)
        view = ui.LayoutView(timeout=None).add_item(ui.TextDisplay(told))
        await interaction.edit_original_response(view=view)


def proposal_view(proposal: Proposal) -> ui.LayoutView:
    """What would be stored of a file, with the buttons to store and to discard it; it says so where not all fits."""
    staged = proposal.staged
    cut = f"-# {say(_CUT)}"
    foot = f"-# {adding.waiting(blocks.shorten(staged.file, 250))}"
    lines = [
        *(f"**{blocks.shorten(remark, 250)}**" for remark in proposal.remarks[: adding.SHOWN_REASONS]),
        *(_one(staged) if len(staged.articles) == 1 else _several(staged)),
        *_problems(staged),
    ]
    shown = list(blocks.first_lines(lines, blocks.LAYOUT_LIMIT - blocks.width(foot) - blocks.width(cut) - 1))
    shown += [cut] if len(shown) < len(lines) else []
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=blocks.COLOUR)
    container.add_item(ui.TextDisplay("\n".join(shown))).add_item(ui.TextDisplay(foot))
    row: ui.ActionRow[Any] = ui.ActionRow(*(AddButton(what, proposal.key) for what in _LABELS))
    # The buttons work after a restart; without this discord.py starts a timer for each card.
    return ui.LayoutView(timeout=None).add_item(container).add_item(row)


def _one(staged: Staged) -> list[str]:
    """All that is known of an article, what is not, and how it begins."""
    (article,) = staged.articles
    source = article.source
    opening = blocks.shorten(adding.opening(article), adding.OPENING_CHARS)
    return [
        f"### {blocks.shorten(credit.title(source), 500)}",
        *(f"**{name}:** {blocks.shorten(value, 1000)}" for name, value in adding.facts(staged)),
        "> " + opening.replace("\n", "\n> "),
        f"-# {blocks.shorten(source.id, 200)}",
    ]


def _several(staged: Staged) -> list[str]:
    """How many articles a file holds, and the first of them."""
    articles = staged.articles
    lines = [f"**{wording.plural(len(articles), 'article')}**, {wording.plural(staged.paragraphs, 'paragraph')}"]
    for number, source in enumerate((article.source for article in articles[: adding.SHOWN_ARTICLES]), start=1):
        lines.append(f"**{number}.** {blocks.shorten(credit.title(source), 150)}\n-# {blocks.shorten(source.id, 100)}")
    more = len(articles) - adding.SHOWN_ARTICLES
    return [*lines, say("and {n} more", n=more)] if more > 0 else lines


def _problems(staged: Staged) -> list[str]:
    """How many there are of each kind, and the first of them."""
    lines = []
    for name, found in adding.problems(staged):
        lines.append(f"**{name}:** {len(found):,}")
        lines += [f"- {blocks.shorten(str(problem), 200)}" for problem in found[: adding.SHOWN_REASONS]]
    return lines


COMMANDS: Commands = (add,)
