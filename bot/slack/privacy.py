"""What is kept of a person, on Slack: shown to them alone, and forgotten when they press the button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import privacy
from bot.slack import views
from bot.slack.blocks import Piece, button, messages, section, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.slack.commands import Command
    from bot.slack.replies import Request


async def mydata(request: Request, _text: str) -> None:
    """Show all that is kept of whoever asks."""
    visit = await request.visit()
    visit.look()
    lines, _ = await privacy.kept(visit)
    await request.whisper(views.lines_messages("What is kept of you", lines))


async def forgetme(request: Request, _text: str) -> None:
    """Show all that is kept of whoever asks, with a button to forget it."""
    visit = await request.visit()
    visit.look()
    lines, anything = await privacy.kept(visit)
    shown = views.lines_messages("What is kept of you", lines)
    if anything:
        asked = Piece((section(text(privacy.ASK_TO_FORGET)),), buttons=(_BUTTON,))
        shown += messages([asked])
    await request.whisper(shown)


async def forget(request: Request, _value: str) -> None:
    """Forget whoever pressed the button, and say so in its place."""
    await request.replace(views.sentence(await privacy.forget(await request.visit())))


_BUTTON = button(privacy.FORGET, "forget:me", "me", "danger")
COMMANDS: Mapping[str, Command] = {"mydata": mydata, "forgetme": forgetme}
