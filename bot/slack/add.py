"""Adding articles on Slack: an admin sends a file in, sees what would be stored, and stores or discards it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from bot import adding, admin, intake
from bot.days import DayError
from bot.slack import forms, views
from bot.slack.client import TROUBLE, reason
from bot.slack.commands import Form, content
from bot.visit import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.intake import Card
    from bot.slack.commands import Command, Shortcut
    from bot.slack.forms import Values
    from bot.slack.replies import Request

log = logging.getLogger("bot.slack")


async def add(request: Request, text: str) -> None:
    """Open the form that takes a file: a command cannot."""
    await request.require_admin()
    if text:
        raise UsageError("Write nothing after the command: it opens a form for the file and what is known of it.")
    admin.require_all_seen(await request.visit())
    await request.open_form(forms.add_modal)


def _form_errors(values: Values) -> dict[str, str]:
    file, typed = forms.added(values)
    wrong = {} if file else {"file": "There is no file. Choose one."}
    for name, value in typed.items():
        try:
            adding.given_fields(**{name: value})
        except (UsageError, DayError) as exc:
            wrong[name] = str(exc)
    return wrong


async def _form(request: Request, values: Values) -> None:
    await request.require_admin()
    file, typed = forms.added(values)
    await _propose(request, file, adding.given_fields(**typed))


async def add_message(request: Request, message: Mapping[str, Any]) -> None:
    """Keep the file of a message aside and show what would be stored."""
    await request.require_admin()
    files = message.get("files") or []
    if len(files) != 1:
        raise UsageError(
            "This message has several files. Send one at a time." if files else "This message has no file to add."
        )
    await _propose(request, files[0], {})


async def _propose(request: Request, file: Mapping[str, Any], given: Card) -> None:
    name = str(file.get("name") or "")
    if int(file.get("size") or 0) > intake.MAX_FILE_BYTES:
        raise UsageError(intake.too_large(name))
    visit = await request.visit()
    data = await content(request.bot, file, intake.MAX_FILE_BYTES + 1)
    proposal = await adding.propose(visit, data, name, given)
    await request.whisper(views.proposal_messages(proposal))


async def store(request: Request, key: str) -> None:
    """Store what a card shows."""
    await request.require_admin()
    done = await adding.confirm(await request.visit(), key)
    await _instead(request, f"{adding.stored(done)} {adding.afterwards('/reindex')}")


async def discard(request: Request, key: str) -> None:
    """Delete what a card shows."""
    await request.require_admin()
    await adding.discard(await request.visit(), key)
    await _instead(request, adding.DISCARDED)


async def _instead(request: Request, words: str) -> None:
    """Say what was done in place of the card, or beside it where Slack does not take that: it stays done."""
    message = views.sentence(words)
    try:
        await request.replace(message)
    except TROUBLE as exc:
        log.warning("slack.card_not_replaced error=%s", reason(exc))
        await request.whisper([message])


COMMANDS: Mapping[str, Command] = {"add": add}
SHORTCUTS: Mapping[str, Shortcut] = {"add_message": add_message}
FORMS: Mapping[str, Form] = {"add": Form(_form_errors, _form)}
