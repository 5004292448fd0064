"""What the handlers on Slack share: the settings, the desk, who is an admin, and the ways to Slack."""

from __future__ import annotations

import asyncio
import logging
import math
import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator
from yarl import URL

from bot.pace import Pace
from bot.service import Work
from bot.visit import RefusedError

if TYPE_CHECKING:
    from slack_sdk.http_retry.request import HttpRequest
    from slack_sdk.http_retry.response import HttpResponse
    from slack_sdk.http_retry.state import RetryState
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.desk import Desk
    from bot.settings import Settings

PLATFORM = "slack"
# How often a request is sent again when Slack asks to wait.
RATE_RETRIES = 5
# Seconds before what failed for a moment is tried again, and how often.
PAUSES = (0.5, 2.0, 4.0)
# What Slack says where the fault is its own, beside 500 and the like.
_TRANSIENT = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
# How far the clocks of Slack and of this machine may be apart, in seconds, and messages among which one is looked for.
_CLOCKS = 120
_LOOKED_AT = 200

log = logging.getLogger("bot.slack")
# slack_sdk and Bolt log with this: they would log whole payloads at DEBUG, and look at its own level only.
library_log = logging.getLogger("slack_sdk")

# Seconds for which it is remembered whether a channel is public.
PUBLIC_SECONDS = 600.0
# Where Slack keeps files.
_HOSTS = ("slack.com", "slack-files.com")

NO_UPLOADS = (
    "I may not send files yet. An admin adds the scope files:write to my Slack app (OAuth & Permissions, Bot Token "
    "Scopes) and installs it again."
)

TROUBLE = (SlackApiError, aiohttp.ClientError, OSError, TimeoutError)


class UnseenError(OSError):
    """Whether a message was posted cannot be seen among so many."""


def reason(error: BaseException) -> str:
    """What Slack or the network says, in one word."""
    if not isinstance(error, SlackApiError):
        return type(error).__name__
    # Where Slack is down, something before it answers, and not in JSON.
    told = getattr(error.response, "data", None)
    return str(told["error"]) if isinstance(told, dict) and "error" in told else "no_json"


def transient(error: BaseException) -> bool:
    """Whether trying again may help: Slack or the network failed for a moment."""
    if not isinstance(error, SlackApiError):
        return isinstance(error, TROUBLE)
    status = getattr(error.response, "status_code", 0) or getattr(error.response, "status", 0)
    return int(status) >= 500 or reason(error) in _TRANSIENT


class TransientRetryHandler(AsyncRetryHandler):
    """Sends again what may be done twice; of messages `SlackBot.say` takes care."""

    def __init__(self) -> None:
        super().__init__(2, FixedValueRetryIntervalCalculator(PAUSES[0]))

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if request.url.endswith(("chat.postMessage", "files.completeUploadExternal")):
            return False
        if response is None:
            # Whoever starts the bot without a network is not to wait long for hearing of it.
            return state.current_attempt == 0 and error is not None and transient(error)
        told = response.body or {}
        return response.status_code >= 500 or told.get("error") in _TRANSIENT


class SlackBot:
    """Who the bot is in which workspace, and the ways to Slack. It knows none of its handlers."""

    def __init__(self, settings: Settings, desk: Desk, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
        self.settings = settings
        self.desk = desk
        self.client = client
        self.session = session
        self.pace = Pace()
        self.work = Work(PLATFORM, desk)
        self.connection = "Socket Mode" if settings.slack_app_token else "HTTP"
        self.team = self.user = self.bot_id = ""
        self._public: dict[str, tuple[float, bool]] = {}

    async def introduce(self) -> None:
        """Ask Slack who the bot is.

        Raises:
            SlackApiError: Slack does not know the token.

        """
        found = await self.client.auth_test()
        self.team, self.user, self.bot_id = (str(found[name]) for name in ("team_id", "user_id", "bot_id"))

    async def say(
        self, channel: str, thread: str | None, message: dict[str, Any], mark: str | None = None
    ) -> tuple[str, str]:
        """Post a message once, however often that must be tried; its channel and its timestamp.

        Where Slack fails, it may have posted the message all the same. So each carries a `mark`, by which it is looked
        for before the next try.

        Raises:
            SlackApiError: Slack does not take it.
            aiohttp.ClientError, OSError, TimeoutError: Slack cannot be reached.

        """
        mark = mark or uuid.uuid4().hex
        marked = {"event_type": "on_the_record_message", "event_payload": {"id": mark}}
        began = time.time()
        for pause in (*PAUSES, None):
            try:
                sent = await self.client.chat_postMessage(channel=channel, thread_ts=thread, metadata=marked, **message)
                return str(sent["channel"]), str(sent["ts"])
            except TROUBLE as exc:
                if pause is None or not transient(exc):
                    raise
                log.warning("slack.post_tried_again error=%s", reason(exc))
                await asyncio.sleep(pause)
                try:
                    standing = await self.standing(channel, thread, mark, began)
                except TROUBLE:
                    # Rather no answer than the same twice.
                    raise exc from None
                if standing:
                    return channel, standing
        raise AssertionError("the last try returns or raises")

    async def standing(self, channel: str, thread: str | None, mark: str, since: float) -> str | None:
        """The timestamp of the message with a mark, if it was posted since a time, in seconds.

        Raises:
            UnseenError: there are more messages than are looked at, and it is none of the latest.
            SlackApiError, aiohttp.ClientError, OSError, TimeoutError: what Slack or the network says.

        """
        if not channel.startswith(("C", "D", "G")):
            # A person's id stands for their direct messages, which nobody else sees, and cannot be looked into.
            return None
        history, replies = self.client.conversations_history, self.client.conversations_replies
        look = partial(replies, ts=thread) if thread else partial(history)
        oldest = str(since - _CLOCKS)
        found = await look(channel=channel, oldest=oldest, limit=_LOOKED_AT, include_all_metadata=True)
        marks = (((m.get("metadata") or {}).get("event_payload") or {}).get("id") for m in found["messages"])
        standing = (str(m["ts"]) for m, own in zip(found["messages"], marks, strict=True) if own == mark)
        if (ts := next(standing, None)) is None and found.get("has_more"):
            raise UnseenError
        return ts

    async def require_uploads(self) -> None:
        """Raise RefusedError where the app may not write files.

        Raises:
            SlackApiError: Slack says something else.

        """
        try:
            await self.client.files_getUploadURLExternal(filename="file", length=1)
        except SlackApiError as exc:
            if reason(exc) != "missing_scope":
                raise
            raise RefusedError(NO_UPLOADS) from exc

    async def is_public(self, channel: str) -> bool:
        """Whether whoever is in the workspace may see a channel; where Slack does not tell, it is taken for private."""
        asked, public = self._public.get(channel, (-math.inf, False))
        if asked + PUBLIC_SECONDS < time.monotonic():
            try:
                found = (await self.client.conversations_info(channel=channel))["channel"]
                public = bool(found.get("is_channel")) and not found.get("is_private")
            except TROUBLE as exc:
                log.warning("slack.channel_unknown error=%s", reason(exc))
                public = False
            self._public[channel] = (time.monotonic(), public)
        return public

    def is_slacks(self, address: str) -> bool:
        """Whether an address is one of Slack's own files, so that it may get the bot's token."""
        try:
            url, base = URL(address), URL(self.client.base_url)
        except ValueError:
            return False
        host = url.host or ""
        own = url.scheme == "https" and any(host == name or host.endswith(f".{name}") for name in _HOSTS)
        return url.user is None and (own or url.origin() == base.origin())

    async def is_admin(self, user: str) -> bool:
        """Whether settings name the user, or they are an admin or owner of this workspace now."""
        if user in self.settings.slack_admin_user_ids:
            return True
        try:
            found = (await self.client.users_info(user=user))["user"]
        except TROUBLE as exc:
            log.warning("slack.admin_unknown user=%s error=%s", user, reason(exc))
            return False
        # In a shared channel there are people of other workspaces, who may be admins there.
        at_home = found.get("team_id") == self.team and not found.get("is_stranger") and not found.get("deleted")
        return at_home and bool(found.get("is_admin") or found.get("is_owner"))
