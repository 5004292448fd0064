"""What only some may ask of the bot on Discord. Each command checks that itself, whatever Discord shows to whom."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot import discord_render as render
from bot.discord_answers import PLATFORM, place_of
from bot.discord_replies import Notice, RefusedError, UsageError, choices, sentence_for
from bot.discord_sources import article_choices, find_listing, name_choices, outlet_choices
from bot.records import RecordsError
from bot.settings import MAX_EXCERPTS  # noqa: TC001 discord.py reads annotations when it runs
from index.model import ANY

if TYPE_CHECKING:
    from bot.discord_replies import Commands, Interaction

# Seconds between two edits that show a build's progress.
PROGRESS_PAUSE = 2.0
# Lines of the audit log and unanswered questions that are shown at once.
LINES = 20
ALL_OUTLETS = "all"

Detail = str | float | bool | None

log = logging.getLogger("bot.discord")

_admins_only = app_commands.default_permissions(administrator=True)


def _require_admin(interaction: Interaction) -> None:
    if not interaction.client.is_admin(interaction.user):
        command = interaction.command.name if interaction.command else "unknown"
        log.warning("discord.admin_refused command=%s user=%s", command, interaction.user.id)
        raise RefusedError(render.NOT_ADMIN)


async def _note(interaction: Interaction, what: str, outcome: str = "done", **details: Detail) -> None:
    """Add a line to the audit log; what was done stays done, and is told, where that cannot be written."""
    log.info("discord.%s user=%s outcome=%s", what, interaction.user.id, outcome.split(":", maxsplit=1)[0])
    who = (PLATFORM, str(interaction.user.id), str(interaction.guild_id or ""), str(interaction.channel_id or ""))
    try:
        await interaction.client.desk.record(lambda records: records.note_action(*who, what, details, outcome))
    except RecordsError as exc:
        log.error("discord.action_not_recorded what=%s error=%s", what, type(exc).__name__)  # noqa: TRY400 no traceback


@app_commands.command(description="Read the articles anew and build a new index (admins)")
@app_commands.describe(dry_run="Only say what would change")
@_admins_only
async def reindex(interaction: Interaction, dry_run: bool = False) -> None:
    """Build a new generation while the old one answers; show how far it is, and what changed."""
    bot = interaction.client
    _require_admin(interaction)
    if (await place_of(bot, interaction.guild_id, interaction.channel)).settings.outlets:
        raise RefusedError(render.REPORT_NAMES_ALL)
    await interaction.response.defer(thinking=True)
    notice = Notice(interaction)
    if dry_run:
        await notice.show(*render.preview_text(await bot.desk.preview()))
        return
    progress = (0, 0)

    def note(done: int, total: int) -> None:
        nonlocal progress
        progress = (done, total)

    log.info("discord.reindex_started user=%s", interaction.user.id)
    build = asyncio.create_task(bot.desk.reindex(note))
    shown = None
    while not build.done():
        if shown != progress:
            shown = progress
            await notice.show(render.progress_text(*progress))
        await asyncio.wait({build}, timeout=PROGRESS_PAUSE)
    try:
        report = build.result()
    except Exception as exc:  # noqa: BLE001 sentence_for logs it
        await notice.show(sentence_for(exc, "reindex"))
        await _note(interaction, "reindex", f"failed: {type(exc).__name__}")
    else:
        await notice.show(*render.report_text(report))
        await _note(interaction, "reindex", generation=report.manifest.generation, built=report.built)


@app_commands.command(description="Serve the index of before the last reindex again (admins)")
@_admins_only
async def rollback(interaction: Interaction) -> None:
    """Go back to the generation before."""
    _require_admin(interaction)
    await interaction.response.defer(thinking=True)
    number = await interaction.client.desk.rollback()
    await _note(interaction, "rollback", generation=number)
    await interaction.edit_original_response(content=f"Generation {number} is served now.")


@app_commands.command(description="Keep an article from being quoted, at once (admins)")
@app_commands.describe(article="Begin to type its title, outlet or id", reason="Why; kept in the audit log")
@app_commands.autocomplete(article=article_choices)
@_admins_only
async def remove(interaction: Interaction, article: str, reason: app_commands.Range[str, 1, 300] | None = None) -> None:
    """Withdraw an article; its file stays where it is, and a rebuild does not bring it back."""
    bot = interaction.client
    _require_admin(interaction)
    await interaction.response.defer(thinking=True)
    place = await place_of(bot, interaction.guild_id, interaction.channel)
    found = (await find_listing(bot, place, article)).source
    user = str(interaction.user.id)
    await bot.desk.record(lambda records: records.withdraw(found.id, found.sha256, PLATFORM, user, reason))
    await _note(interaction, "remove", article=found.id, reason=reason)
    await interaction.edit_original_response(content=render.removed_text(found))


@app_commands.command(description="Let a removed article be quoted again (admins)")
@app_commands.describe(article="Its id")
@_admins_only
async def restore(interaction: Interaction, article: str) -> None:
    """Undo the removal of an article."""
    bot = interaction.client
    _require_admin(interaction)
    await interaction.response.defer(thinking=True)
    if not await bot.desk.record(lambda records: records.restore(article)):
        raise UsageError("No article of this id was removed. Pick one from the list that opens as you type.")
    await _note(interaction, "restore", article=article)
    await interaction.edit_original_response(content=f"{render.shorten(article, 300)} can be quoted again.")


@restore.autocomplete("article")
@choices
async def _removed(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    if not interaction.client.is_admin(interaction.user):
        return []
    ids = await interaction.client.desk.recall(lambda records: records.withdrawn_ids())
    return name_choices(ids, typed)


@app_commands.command(description="Who did what and when (admins)")
@app_commands.describe(before="Show what came before the line of this number")
@_admins_only
async def audit(interaction: Interaction, before: int | None = None) -> None:
    """Show the newest lines of the audit log."""
    _require_admin(interaction)
    await interaction.response.defer(thinking=True, ephemeral=True)
    actions = await interaction.client.desk.recall(lambda records: records.actions(LINES, before))
    await interaction.edit_original_response(content=render.audit_text(actions))


@app_commands.command(description="Questions that were refused here, most asked first (admins)")
@_admins_only
async def unanswered(interaction: Interaction) -> None:
    """Show what this server asked in vain; who asked is not known."""
    _require_admin(interaction)
    await interaction.response.defer(thinking=True, ephemeral=True)
    server = str(interaction.guild_id or "")
    asked = await interaction.client.desk.recall(lambda records: records.unanswered(PLATFORM, server, LINES))
    await interaction.edit_original_response(content=render.unanswered_text(asked))


@app_commands.command(description="How the bot behaves in this server or channel (server managers)")
@app_commands.describe(
    channel="The channel to set; without one, the whole server",
    answers="Whether the bot answers there",
    outlets='The outlets that may be seen there, with ";" between; "all" for all of them',
    excerpts="How many excerpts an answer has",
    private="Whether answers to commands are shown to the asker only",
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
    clear: bool = False,
) -> None:
    """Show or change the settings of a server or of one of its channels; in a direct message, of all of those."""
    bot = interaction.client
    if not (bot.is_admin(interaction.user) or (interaction.guild_id and interaction.permissions.manage_guild)):
        raise RefusedError(render.NOT_MANAGER)
    await interaction.response.defer(thinking=True, ephemeral=True)
    admin = bot.is_admin(interaction.user)
    if outlets is not None and not admin:
        # Whoever is kept from seeing an outlet must not be able to change that.
        raise RefusedError(render.OUTLETS_BY_ADMINS)
    server, name = str(interaction.guild_id or ""), str(channel.id) if channel else ""
    given: dict[str, bool | int | tuple[str, ...] | None] = {
        "answers": answers,
        "outlets": None if outlets is None else await _outlets(interaction, outlets),
        "excerpts": excerpts,
        "private": private,
    }
    wanted = {
        key: value for key, value in given.items() if value is not None or (clear and (admin or key != "outlets"))
    }
    if wanted:
        await bot.desk.record(lambda records: records.change(PLATFORM, server, name, **wanted))
        details = {key: "; ".join(value) if isinstance(value, tuple) else value for key, value in wanted.items()}
        await _note(interaction, "settings", "done", **details, set_channel=name)
    own = await bot.desk.recall(lambda records: records.own_settings(PLATFORM, server, name))
    holds = await bot.desk.recall(lambda records: records.place(PLATFORM, server, name))
    where = channel.mention if channel else "this server" if server else "direct messages"
    await interaction.edit_original_response(content=render.settings_text(where, own, holds, bot.settings.excerpts))


async def _outlets(interaction: Interaction, typed: str) -> tuple[str, ...]:
    """The outlets of the index that are named; none where all may be seen."""
    if typed.strip().casefold() == ALL_OUTLETS:
        return ()
    known = {name.casefold(): name for name in await interaction.client.desk.outlets(ANY)}
    names = [name.strip() for name in typed.split(";") if name.strip()]
    if unknown := [name for name in names if name.casefold() not in known]:
        listed = ", ".join(f"“{name}”" for name in unknown)
        raise UsageError(f"There is no outlet {listed} in the index. Write the names as /sources shows them.")
    if not names:
        raise UsageError(f'No outlet is named. Name some, with ";" between, or write "{ALL_OUTLETS}".')
    return tuple(known[name.casefold()] for name in names)


settings.autocomplete("outlets")(outlet_choices)

COMMANDS: Commands = (reindex, rollback, remove, restore, audit, unanswered, settings)
