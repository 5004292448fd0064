"""What only admins may ask of the bot on Slack; each command checks that itself."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot import admin, credit, wording
from bot.settings import MAX_EXCERPTS
from bot.slack import forms, views
from bot.slack.client import PLATFORM
from bot.slack.commands import article_named
from bot.slack.replies import Notice
from bot.slack.text import number, options, yes
from bot.visit import UsageError, sentence_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.slack.commands import Command
    from bot.slack.replies import Request

log = logging.getLogger("bot.slack")


async def reindex(request: Request, text: str) -> None:
    """Build a new generation while the old one answers; show how far it is, and what changed."""
    await request.require_admin()
    visit = await request.visit()
    admin.require_all_seen(visit)
    rest, chosen = options(text, ("dry_run", "confirm"))
    if rest:
        raise UsageError("Write nothing after the command, or dry_run:yes to see what would change.")
    confirmed = yes("confirm", chosen.get("confirm", "no"))
    notice = Notice(request)
    if yes("dry_run", chosen.get("dry_run", "no")):
        await request.whisper(views.preview_messages(await visit.desk.builds.preview()))
        return

    async def show(done: int, total: int) -> None:
        await notice.show([views.sentence(wording.progress(done, total))])

    try:
        report = await admin.reindex(visit, show, confirmed=confirmed)
    except Exception as exc:  # noqa: BLE001 sentence_for logs it
        await notice.show([views.sentence(sentence_for(exc, PLATFORM, "reindex"))])
    else:
        await notice.show(views.report_messages(report))


async def rollback(request: Request, text: str) -> None:
    """Go back to the generation before."""
    await request.require_admin()
    if text:
        raise UsageError("Write nothing after the command: it goes back to the index before.")
    generation = await admin.rollback(await request.visit())
    await request.tell(f"Generation {generation} is served now.")


async def remove(request: Request, text: str) -> None:
    """Withdraw an article; without its id, let it be picked."""
    await request.require_admin()
    named, chosen = options(text, ("reason",))
    if not named:
        await request.whisper([forms.picker_message("Which article is not to be quoted any more?", "pick:remove")])
        return
    visit = await request.visit()
    found = await admin.remove(visit, await article_named(visit, named), chosen.get("reason"))
    await request.tell(wording.removed(wording.brief(credit.title(found)), "/restore"))


async def restore(request: Request, text: str) -> None:
    """Undo the removal of an article; without its id, let it be picked."""
    await request.require_admin()
    if not text:
        await request.whisper([forms.picker_message("Which article may be quoted again?", "pick:restore")])
        return
    await admin.restore(await request.visit(), text)
    await request.tell(f"{text} can be quoted again.")


async def audit(request: Request, text: str) -> None:
    """Show the newest lines of the audit log, or those before a number."""
    await request.require_admin()
    rest, chosen = options(text, ("before",))
    if rest:
        raise UsageError("Write nothing after the command, or before:100 for what came before that line.")
    before = number("before", chosen["before"], 1, 10**12) if "before" in chosen else None
    actions = await request.bot.desk.recall(lambda records: records.audit.actions(admin.LINES, before))
    await request.whisper(views.lines_messages("Audit log", views.audit_lines(actions)))


async def unanswered(request: Request, _text: str) -> None:
    """Show what this workspace asked in vain; who asked is not known."""
    await request.require_admin()
    team = request.bot.team
    asked = await request.bot.desk.recall(lambda records: records.refusals.unanswered(PLATFORM, team, admin.LINES))
    await request.whisper(views.lines_messages("Unanswered questions", views.unanswered_lines(asked)))


async def settings(request: Request, text: str) -> None:
    """Show or change the settings of this channel or, with `where:workspace`, of the workspace."""
    await request.require_admin()
    rest, chosen = options(text, ("answers", "outlets", "excerpts", "private", "timezone", "clear", "where"))
    where = chosen.get("where", "channel").casefold()
    if rest or where not in {"channel", "workspace"}:
        raise UsageError(
            'Write for example: answers:no, outlets:"The Paper; The Post", excerpts:5, private:yes, '
            "timezone:Europe/Berlin, clear:yes, where:channel or where:workspace."
        )
    visit = await request.visit()
    name = visit.channel if where == "channel" else ""
    outlets, excerpts = chosen.get("outlets"), chosen.get("excerpts")
    given: dict[str, admin.Setting] = {
        "answers": yes("answers", chosen["answers"]) if "answers" in chosen else None,
        "outlets": await admin.outlets_named(visit, outlets) if outlets is not None else None,
        "excerpts": number("excerpts", excerpts, 1, MAX_EXCERPTS) if excerpts is not None else None,
        "private": yes("private", chosen["private"]) if "private" in chosen else None,
        "timezone": chosen.get("timezone"),
    }
    await admin.change_settings(visit, name, given, clear=yes("clear", chosen.get("clear", "no")))
    own = await visit.desk.recall(lambda records: records.places.own(PLATFORM, visit.server, name))
    holds = await visit.desk.recall(lambda records: records.places.settings(PLATFORM, visit.server, name))
    lines = views.settings_lines(own, holds, visit.excerpts)
    lines += [wording.OUTLETS_COVER] if given["outlets"] else []
    shown = f"this {where}" if visit.server else "this direct message" if name else "direct messages"
    await request.whisper(views.lines_messages(f"Settings of {shown}", lines))


COMMANDS: Mapping[str, Command] = {
    "reindex": reindex,
    "rollback": rollback,
    "remove": remove,
    "restore": restore,
    "audit": audit,
    "unanswered": unanswered,
    "settings": settings,
}
