"""A list of questions on Slack: an admin sends it in with a form, and gets a file of answers in direct messages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot import lists
from bot.filing import Filed
from bot.slack import files, forms, views
from bot.slack.commands import Form, content
from bot.slack.replies import Notice
from bot.visit import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.slack.commands import Command
    from bot.slack.forms import Values
    from bot.slack.replies import Request


async def ask_list(request: Request, text: str) -> None:
    """Open the form that takes a file: a command cannot."""
    await request.require_admin()
    if text:
        raise UsageError("Write nothing after the command: it opens a form for the file with the questions.")
    await request.open_form(forms.list_modal)


def _errors(values: Values) -> dict[str, str]:
    file, _ = forms.listed(values)
    return {} if file else {"file": "There is no file. Choose one."}


async def _form(request: Request, values: Values) -> None:
    """Answer the questions one after another, and show how far that is."""
    await request.require_admin()
    # Whoever has waited must not hear only then that no file can be sent.
    await request.bot.require_uploads()
    file, form = forms.listed(values)
    name = str(file.get("name") or "")
    lists.require_small(int(file.get("size") or 0), name)
    visit = await request.visit()
    data = await content(request.bot, file, lists.MAX_BYTES + 1)
    notice, work = Notice(replace(request, channel=request.user)), request.bot.work

    async def show(done: int, total: int) -> None:
        await notice.show([views.sentence(lists.progress(done, total))])

    made = await lists.answer(visit, data, name, form, show, lambda: work.stopping)
    await files.send(request, Filed({made.name: made.data}, [made.told]))


COMMANDS: Mapping[str, Command] = {"ask-list": ask_list}
FORMS: Mapping[str, Form] = {"ask_list": Form(_errors, _form)}
