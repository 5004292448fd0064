"""What anyone may ask of the bot on Discord: questions, verification, its state and help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands, ui

from bot import attached, filing, wording
from bot.days import period
from bot.discord import blocks, files, render, views
from bot.discord.answers import answer_command
from bot.discord.client import admitted, anywhere, visit_by
from bot.discord.files import FileButton
from bot.discord.replies import text_file
from bot.discord.sources import SINCE, UNTIL, outlet_choices
from bot.settings import MAX_EXCERPTS  # noqa: TC001 discord.py reads annotations when it runs
from bot.tongue import say
from bot.visit import UsageError
from index.model import ANY, Filters

if TYPE_CHECKING:
    from bot.discord.client import Commands, Interaction


@app_commands.command(description="Ask a question; the answer is quoted from the articles")
@anywhere
@app_commands.describe(
    question="What do you want to know?",
    outlet="Only articles of this outlet",
    since=SINCE,
    until=UNTIL,
    number="How many excerpts",
    private="Show the answer only to me",
)
@app_commands.autocomplete(outlet=outlet_choices)
async def ask(
    interaction: Interaction,
    question: app_commands.Range[str, 1, 2000],
    outlet: str | None = None,
    since: str | None = None,
    until: str | None = None,
    number: app_commands.Range[int, 1, MAX_EXCERPTS] | None = None,
    private: bool | None = None,
) -> None:
    """Answer a question, with filters or without."""
    filters = Filters((outlet,) if outlet else (), (), *period(since, until))
    await answer_command(interaction, question, filters, number, private)


@app_commands.context_menu(name="Ask the coverage")
@anywhere
async def ask_message(interaction: Interaction, message: discord.Message) -> None:
    """Answer what a message says, for whoever chose the menu."""
    if not message.content.strip():
        raise UsageError(say("This message has no text to ask."))
    await answer_command(interaction, message.content, ANY, private=True)


@app_commands.command(description="Hold every quotation in a text against the articles, word for word")
@anywhere
@app_commands.describe(
    text="A text with quotations, or one quotation",
    file="A text file with quotations",
    private="Show the outcome only to me; that is the default",
)
async def verify(
    interaction: Interaction,
    text: app_commands.Range[str, 1, 6000] | None = None,
    file: discord.Attachment | None = None,
    private: bool = True,
) -> None:
    """Verify the quotations of a text, of a file, or of both."""
    if text is None and file is None:
        raise UsageError(say("There is nothing to verify. Give a text, or attach a text file."))
    await _verify(interaction, text or "", [file] if file else [], private=private)


@app_commands.context_menu(name="Verify quotes")
@anywhere
async def verify_message(interaction: Interaction, message: discord.Message) -> None:
    """Verify the quotations of a message and of the text files in it."""
    files = [file for file in message.attachments if (file.content_type or "").startswith("text/")]
    if not message.content.strip() and not files:
        raise UsageError(say("This message has no text to verify."))
    await _verify(interaction, message.content, files, private=True)


async def _verify(interaction: Interaction, text: str, sent: list[discord.Attachment], *, private: bool) -> None:
    attached.require_small(sum(file.size for file in sent))
    visit, private = await admitted(interaction, private)
    found = await visit.desk.verify(text, visit.within(), [await file.read() for file in sent])
    view, report = render.verification_view(found)
    attachments = [text_file(report, render.REPORT_FILE)] if report else []
    if sent:
        # A file is read and not kept, so that this cannot be had later.
        attachments += files.add(view, await filing.verification(found))
    elif key := await filing.keep_verified(visit, text, private=private):
        view.add_item(ui.ActionRow(FileButton(key)))
    await interaction.edit_original_response(view=view, attachments=attachments)


@app_commands.command(description="Show which index is served")
@anywhere
async def status(interaction: Interaction) -> None:
    """Show the state of the index and of the connection."""
    await interaction.response.defer(thinking=True, ephemeral=True)
    visit = await visit_by(interaction)
    visit.look()
    found = await visit.desk.status(visit.within())
    await interaction.edit_original_response(content=views.status_text(found, interaction.client.latency))


@app_commands.command(name="help", description="What this bot does and how to ask it")
@anywhere
async def help_(interaction: Interaction) -> None:
    """Explain the bot."""
    commands = blocks.command("mydata"), blocks.command("forgetme")
    kept = wording.remembered(interaction.client.settings.retention, *commands)
    await interaction.response.send_message(f"{say(views.HELP)}\n\n{kept}", ephemeral=True)


COMMANDS: Commands = (ask, ask_message, verify, verify_message, status, help_)
