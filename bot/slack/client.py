"""What the handlers on Slack share: the settings, the desk, who is an admin, and the ways to Slack."""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING

import aiohttp
from slack_sdk.errors import SlackApiError
from yarl import URL

from bot.pace import Pace
from bot.service import Work

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.desk import Desk
    from bot.settings import Settings

PLATFORM = "slack"
# How often a request is sent again when Slack asks to wait.
RATE_RETRIES = 5

log = logging.getLogger("bot.slack")
# slack_sdk and Bolt log with this: they would log whole payloads at DEBUG, and look at its own level only.
library_log = logging.getLogger("slack_sdk")

# Seconds for which it is remembered whether a channel is public.
PUBLIC_SECONDS = 600.0
# Where Slack keeps files.
_HOSTS = ("slack.com", "slack-files.com")

TROUBLE = (SlackApiError, aiohttp.ClientError, OSError, TimeoutError)


def reason(error: BaseException) -> str:
    """What Slack or the network says, in one word."""
    if not isinstance(error, SlackApiError):
        return type(error).__name__
    # Where Slack is down, something before it answers, and not in JSON.
    told = getattr(error.response, "data", None)
    return str(told["error"]) if isinstance(told, dict) and "error" in told else "no_json"


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
