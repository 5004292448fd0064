"""What only some may ask of the bot on Discord. Each command checks that itself, whatever Discord shows to whom."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot import admin, wording
from bot.discord import blocks, views
from bot.discord.client import PLATFORM, think, visit_by
from bot.discord.replies import Notice, choices, sentence_for
from bot.discord.sources import article_choices, name_choices, outlet_choices
from bot.settings import MAX_EXCERPTS  # noqa: TC001 discord.py reads annotations when it runs
from bot.tongue import say
from bot.visit import RefusedError

if TYPE_CHECKING:
    from bot.discord.client import Commands, Interaction

log = logging.getLogger("bot.discord")

admins_only = app_commands.default_permissions(administrator=True)


def require_admin(interaction: Interaction) -> None:
    """Raise RefusedError unless an admin uses the command."""
    if not interaction.client.is_admin(interaction.user):
        command = interaction.command.name if interaction.command else "unknown"
        log.warning("discord.admin_refused command=%s user=%s", command, interaction.user.id)
        raise RefusedError(wording.NOT_ADMIN)


@app_commands.command(description="Read the articles anew and build a new index (admins)")
@app_commands.describe(dry_run="Only say what would change", confirm="Let go however many articles are gone")
@admins_only
async def reindex(interaction: Interaction, dry_run: bool = False, confirm: bool = False) -> None:
    """Build a new generation while the old one answers; show how far it is, and what changed."""
    require_admin(interaction)
    visit = await visit_by(interaction)
    admin.require_all_seen(visit)
    await think(interaction, private=False)
    notice = Notice(interaction)
    if dry_run:
        await notice.show(*views.preview_text(await visit.desk.builds.preview()))
        return

    async def show(done: int, total: int) -> None:
        await notice.show(wording.progress(done, total))

    try:
        report = await admin.reindex(visit, show, confirmed=confirm)
    except Exception as exc:  # noqa: BLE001 sentence_for logs it
        await notice.show(sentence_for(exc, "reindex"))
    else:
        await notice.show(*views.report_text(report))


@app_commands.command(description="Serve the index of before the last reindex again (admins)")
@admins_only
async def rollback(interaction: Interaction) -> None:
    """Go back to the generation before."""
    require_admin(interaction)
    await think(interaction, private=False)
    number = await admin.rollback(await visit_by(interaction))
    await interaction.edit_original_response(content=say("Generation {number} is served now.", number=number))


@app_commands.command(description="Keep an article from being quoted, at once (admins)")
@app_commands.describe(article="Begin to type its title, outlet or id", reason="Why; kept in the audit log")
@app_commands.autocomplete(article=article_choices)
@admins_only
async def remove(interaction: Interaction, article: str, reason: app_commands.Range[str, 1, 300] | None = None) -> None:
    """Withdraw an article; its file stays where it is, and a rebuild does not bring it back."""
    require_admin(interaction)
    await think(interaction, private=False)
    found = await admin.remove(await visit_by(interaction), article, reason)
    await interaction.edit_original_response(content=views.removed_text(found))


@app_commands.command(description="Let a removed article be quoted again (admins)")
@app_commands.describe(article="Its id")
@admins_only
async def restore(interaction: Interaction, article: str) -> None:
    """Undo the removal of an article."""
    require_admin(interaction)
    await think(interaction, private=False)
    await admin.restore(await visit_by(interaction), article)
    told = say("{article} can be quoted again.", article=blocks.shorten(article, 300))
    await interaction.edit_original_response(content=told)


@restore.autocomplete("article")
@choices
async def _removed(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    if not interaction.client.is_admin(interaction.user):
        return []
    ids = await interaction.client.desk.recall(lambda records: records.withdrawals.ids())
    return name_choices(ids, typed)


@app_commands.command(description="Who did what and when (admins)")
@app_commands.describe(before="Show what came before the line of this number")
@admins_only
async def audit(interaction: Interaction, before: int | None = None) -> None:
    """Show the newest lines of the audit log."""
    require_admin(interaction)
    await interaction.response.defer(thinking=True, ephemeral=True)
    actions = await interaction.client.desk.recall(lambda records: records.audit.actions(admin.LINES, before))
    await interaction.edit_original_response(content=views.audit_text(actions))


@app_commands.command(description="Questions that were refused here, most asked first (admins)")
@admins_only
async def unanswered(interaction: Interaction) -> None:
    """Show what this server asked in vain; who asked is not known."""
    require_admin(interaction)
    await interaction.response.defer(thinking=True, ephemeral=True)
    server = str(interaction.guild_id or "")
    asked = await interaction.client.desk.recall(
        lambda records: records.refusals.unanswered(PLATFORM, server, admin.LINES)
    )
    await interaction.edit_original_response(content=views.unanswered_text(asked))


@app_commands.command(description="How the bot behaves in this server or channel (server managers)")
@app_commands.describe(
    channel="The channel to set; without one, the whole server",
    answers="Whether the bot answers there",
    outlets='The outlets that may be seen there, with ";" between; "all" for all of them',
    excerpts="How many excerpts an answer has",
    private="Whether answers to commands are shown to the asker only",
    timezone="The time zone there, for what is followed, such as Europe/Berlin",
    clear="Forget what is set there",
)
@app_commands.default_permissions(manage_guild=True)
async def settings(
    interaction: Interaction,
    channel: discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel | None = None,
    answers: bool | None = None,
    outlets: str | None = None,
    excerpts: app_commands.Range[int, 1, MAX_EXCERPTS] | None = None,
    private: bool | None = None,
    timezone: app_commands.Range[str, 1, 60] | None = None,
    clear: bool = False,
) -> None:
    """Show or change the settings of a server or of one of its channels; in a direct message, of all of those."""
    bot = interaction.client
    if not (bot.is_admin(interaction.user) or (interaction.guild_id and interaction.permissions.manage_guild)):
        raise RefusedError(views.NOT_MANAGER)
    await interaction.response.defer(thinking=True, ephemeral=True)
    is_admin = bot.is_admin(interaction.user)
    if outlets is not None and not is_admin:
        # Whoever is kept from seeing an outlet must not be able to change that.
        raise RefusedError(wording.OUTLETS_BY_ADMINS)
    visit = await visit_by(interaction)
    server, name = visit.server, str(channel.id) if channel else ""
    given: dict[str, admin.Setting] = {
        "answers": answers,
        "excerpts": excerpts,
        "private": private,
        "timezone": timezone,
    }
    if is_admin:
        given["outlets"] = None if outlets is None else await admin.outlets_named(visit, outlets)
    await admin.change_settings(visit, name, given, clear=clear)
    own = await bot.desk.recall(lambda records: records.places.own(PLATFORM, server, name))
    holds = await bot.desk.recall(lambda records: records.places.settings(PLATFORM, server, name))
    where = channel.mention if channel else say("this server") if server else say("direct messages")
    told = views.settings_text(where, own, holds, bot.settings.excerpts)
    told += f"\n{say(wording.OUTLETS_COVER)}" if given.get("outlets") else ""
    await interaction.edit_original_response(content=told)


settings.autocomplete("outlets")(outlet_choices)

COMMANDS: Commands = (reindex, rollback, remove, restore, audit, unanswered, settings)
