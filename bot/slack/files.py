"""Files on Slack: what was shown, and pictures. They go to one person, in direct messages: no file is for one alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import filing
from bot.slack.views import sentence

if TYPE_CHECKING:
    from bot.filing import Filed
    from bot.slack.replies import Request

_SENT = "The files are in your direct messages with me."


async def kept(request: Request, key: str) -> None:
    """Give a verification or a list of articles as files."""
    await send(request, await filing.kept(await request.visit(), key))


async def send(request: Request, made: Filed, described: str = "") -> None:
    """Send files to the person; a picture is `described` for those who do not see it.

    Raises:
        RefusedError: the app may not write files.

    """
    bot = request.bot
    await bot.require_uploads()
    here = request.channel.startswith("D")
    where, thread = (request.channel, request.thread) if here else (request.user, None)
    # Of a person's direct messages Slack takes files only by the id that their first message tells.
    channel, _ = await bot.say(where, thread, sentence("\n".join(made.remarks)).payload())
    if made.files:
        uploads = [
            {"filename": name, "title": name, "content": data, **({"alt_txt": described} if described else {})}
            for name, data in made.files.items()
        ]
        await bot.client.files_upload_v2(channel=channel, thread_ts=thread, file_uploads=uploads)
    if not here:
        await request.tell(_SENT)
