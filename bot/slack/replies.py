"""How the bot replies on Slack: in the channel, to one person alone, or in place of what stood there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot import wording
from bot.slack import render, views
from bot.slack.client import PAUSES, PLATFORM, RATE_RETRIES, TROUBLE, library_log, reason
from bot.visit import RefusedError, Visit, sentence_for

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from bot.slack.blocks import Message
    from bot.slack.client import SlackBot

# How many messages go through a response url, which may be used five times: the first may tell that the bot is at work.
RESPONSES = 4
# Where Slack lets the bot write only in reply to a command or a button, if at all.
_NO_ENTRY = frozenset({"not_in_channel", "channel_not_found", "is_archived", "restricted_action"})

log = logging.getLogger("bot.slack")


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody did somewhere, and the ways to reply.

    `thread` is the timestamp of the thread's first message, `message` that of the message that was written, or of that
    with the button that was pressed. Events have no `response_url` and no `name` of the user, and only what may open a
    form has a `trigger`. The place is `public` where whoever is in the workspace may see it; None where the event does
    not say.
    """

    bot: SlackBot
    user: str
    channel: str
    thread: str | None = None
    message: str | None = None
    response_url: str | None = None
    trigger: str | None = None
    name: str = ""
    public: bool | None = None

    async def visit(self) -> Visit:
        """Whoever did it, where they did, and what holds there."""
        bot = self.bot
        # What is written to the bot alone, or between people in private, is no business of the workspace.
        server = "" if self.channel.startswith("D") else bot.team
        public = await bot.is_public(self.channel) if server and self.public is None else bool(self.public)
        who = (PLATFORM, server, self.channel, self.user)
        return await Visit.of(bot.desk, bot.pace, *who, bot.settings.excerpts, public=public).now()

    async def require_admin(self) -> None:
        """Raise RefusedError unless this is an admin, asked anew each time."""
        if not await self.bot.is_admin(self.user):
            log.warning("slack.admin_refused user=%s", self.user)
            raise RefusedError(wording.NOT_ADMIN)

    async def open_form(self, form: Callable[[str], dict[str, Any]]) -> None:
        """Open a form, made of what it is to bring back: where it was asked for."""
        metadata = json.dumps({"channel": self.channel, "response_url": self.response_url, "public": self.public})
        await self.bot.client.views_open(trigger_id=self.trigger or "", view=form(metadata))

    async def handle(self, event: str, work: Coroutine[Any, Any, None], *, asked: bool = True) -> None:
        """Do what was asked for; what fails is told. Where nobody `asked`, a stop is told to nobody."""
        # Where the bot is being stopped the work is not begun, and Python wants it closed.
        with contextlib.closing(work):
            try:
                self.bot.work.begin(self.tell if asked else None)
                await work
            except SlackApiError as exc:
                log.warning("slack.%s_failed error=%s", event, reason(exc))
                await self.tell(wording.UNEXPECTED)
            except Exception as exc:  # noqa: BLE001 sentence_for logs it
                await self.tell(sentence_for(exc, PLATFORM, event))

    async def tell(self, words: str) -> None:
        """Say a sentence: to the person alone where Slack offers that, else in the thread. What fails is logged."""
        try:
            if self.response_url:
                await self.whisper([views.sentence(words)])
            else:
                await self.post([views.sentence(words)])
        except TROUBLE as exc:
            log.warning("slack.tell_not_sent error=%s", reason(exc))

    async def post(self, messages: Sequence[Message]) -> str | None:
        """Write where everybody there sees it, the first message where it was asked and the others in its thread.

        The last message's button to remove it removes all. Gives the timestamp of the thread, None where Slack does not
        tell it: where the bot is no member, it can only reply to a command.
        """
        try:
            return await self._post(self.channel, self.thread, messages)
        except SlackApiError as exc:
            if not self.response_url or reason(exc) not in _NO_ENTRY:
                raise
        if len(messages) <= RESPONSES:
            try:
                await self._through_url(messages, response_type="in_channel")
            except TROUBLE as exc:
                # It may stand there, so it is not sent there again.
                log.warning("slack.whispered_instead error=%s", reason(exc))
            else:
                return None
        await self.whisper(messages)
        return None

    async def whisper(self, messages: Sequence[Message]) -> None:
        """Write to the person alone: here, or where that cannot be, in their direct messages with the bot."""
        if not self.response_url and self.channel.startswith(("C", "D", "G")):
            await self._aside(messages)
            return
        try:
            if len(messages) <= RESPONSES:
                await self._through_url(messages, response_type="ephemeral")
                return
            long = [views.sentence("This is long. I have written it to you in a direct message.")]
            await self._through_url(long, response_type="ephemeral")
        except TROUBLE as exc:
            log.warning("slack.not_whispered error=%s", reason(exc))
        await self._post(self.user, None, messages)

    async def _aside(self, messages: Sequence[Message]) -> None:
        """Write for the person alone where there is no response url; in their own direct messages as usual."""
        if self.channel.startswith("D"):
            await self._post(self.channel, self.thread, messages)
            return
        # Slack shows it in a thread only where there is one already.
        thread = None if self.thread == self.message else self.thread
        for message in messages:
            await self.bot.client.chat_postEphemeral(
                channel=self.channel, user=self.user, thread_ts=thread, **message.payload()
            )

    async def note(self, message: Message) -> None:
        """Show a message to the person alone, here and nowhere else, so that it goes with the next start of Slack.

        Raises:
            SlackApiError, aiohttp.ClientError, OSError, TimeoutError: what Slack or the network says.

        """
        if not self.channel.startswith("D"):
            try:
                await self._aside([message])
            except SlackApiError as exc:
                if reason(exc) not in _NO_ENTRY:
                    raise
            else:
                return
        await self._through_url([message], response_type="ephemeral")

    async def replace(self, message: Message) -> None:
        """Put a message in place of the one whose button was pressed."""
        await self._respond({**message.payload(), "replace_original": True})

    async def delete(self) -> None:
        """Delete the message whose button was pressed."""
        try:
            await self._respond({"delete_original": True})
        except TROUBLE:
            if self.message is None:
                raise
            await self.bot.client.chat_delete(channel=self.channel, ts=self.message)

    async def _through_url(self, messages: Sequence[Message], *, response_type: str) -> None:
        thread = {"thread_ts": self.thread} if self.thread else {}
        for message in messages:
            await self._respond({**message.payload(), "response_type": response_type, **thread})

    async def _respond(self, body: dict[str, Any]) -> None:
        """Use the response url. The library tells nothing of a refusal; here it is an error.

        Raises:
            ResponseRefusedError: Slack does not take it: the url is used up or too old, or the message is wrong.

        """
        if not self.response_url:
            raise ResponseRefusedError("no response url")
        retries = [AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_RETRIES)]
        client = AsyncWebhookClient(
            self.response_url, session=self.bot.session, logger=library_log, retry_handlers=list(retries)
        )
        # What others see is not sent twice.
        pauses = () if body.get("response_type") == "in_channel" else PAUSES
        for pause in (*pauses, None):
            response = await client.send_dict(body)
            if response.status_code == 200 and '"ok":false' not in response.body.replace(" ", ""):
                return
            log.warning("slack.response_refused status=%d", response.status_code)
            if pause is None or response.status_code < 500:
                raise ResponseRefusedError(f"status {response.status_code}")
            await asyncio.sleep(pause)

    async def _post(self, channel: str, thread: str | None, messages: Sequence[Message]) -> str:
        """Post messages; the timestamp of their thread."""
        parts: list[str] = []
        for number, message in enumerate(messages, start=1):
            last = number == len(messages)
            payload = (render.removing(message, parts) if last else message).payload()
            # A user's id stands for the channel of their direct messages only until the first is sent.
            channel, ts = await self.bot.say(channel, thread, payload)
            parts.append(ts)
            thread = thread or ts
        return str(thread)


class ResponseRefusedError(OSError):
    """Slack did not take what was sent to a response url."""


class Notice:
    """One message that is rewritten as work goes on.

    A response url may be used five times, so it is a message of the bot's own: in the channel, or where the bot is no
    member, in the person's direct messages.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._at: tuple[str, str] | None = None

    async def show(self, messages: Sequence[Message]) -> None:
        """Show messages, the first in place of what was shown before; a failure is logged, since work must go on."""
        client = self._request.bot.client
        try:
            if self._at is None:
                self._at = await self._begin(messages[0])
            else:
                channel, ts = self._at
                await client.chat_update(channel=channel, ts=ts, **messages[0].payload())
            channel, ts = self._at
            for message in messages[1:]:
                await self._request.bot.say(channel, ts, message.payload())
        except TROUBLE as exc:
            log.warning("slack.notice_not_sent error=%s", reason(exc))

    async def _begin(self, message: Message) -> tuple[str, str]:
        request = self._request
        try:
            return await request.bot.say(request.channel, None, message.payload())
        except SlackApiError as exc:
            if reason(exc) not in _NO_ENTRY:
                raise
            return await request.bot.say(request.user, None, message.payload())
