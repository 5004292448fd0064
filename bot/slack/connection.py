"""The ways by which Slack reaches the bot, Socket Mode or HTTP, and what becomes of a Slack that does not answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.client import RATE_RETRIES, TROUBLE, SlackBot, TransientRetryHandler, library_log, reason
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp
    from slack_bolt.async_app import AsyncApp
    from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

    from bot.settings import Settings

log = logging.getLogger("bot.slack")

# Seconds before each further try to reach Slack at start; afterwards slack_sdk reconnects for as long as it takes.
RETRY_PAUSES = (1.0, 2.0, 4.0, 8.0)
# Seconds after which another address is asked for where a socket cannot be opened: one works only for a short time.
ADDRESS_SECONDS = 30.0
# Where Slack sends events in HTTP mode.
PATH = "/slack/events"
_FORM = "application/x-www-form-urlencoded"
# What Slack says of a token that does not get right by trying again.
_HOPELESS = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type",
     "missing_scope", "no_permission", "org_login_required", "ekm_access_denied"}
)  # fmt: skip


class SlackError(OnTheRecordError):
    """The bot cannot work with Slack: no network, or a Slack that does not answer."""


class SlackRefusalError(SlackError):
    """Slack does not take the bot as it is set up: trying again does not help."""

    exit_status = 78


def web_client(settings: Settings, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client for Slack's Web API, which sends again what was refused for a moment."""
    retries = [AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_RETRIES), TransientRetryHandler()]
    base = f"{settings.slack_api_base}/" if settings.slack_api_base else AsyncWebClient.BASE_URL
    return AsyncWebClient(
        settings.slack_bot_token, base, session=session, logger=library_log, retry_handlers=list(retries)
    )


async def reached(bot: SlackBot, stop: asyncio.Event) -> bool:
    """Whether Slack knows the bot; False where it is stopped before that is known. Failures are tried again."""
    for pause in (*RETRY_PAUSES, None):
        try:
            await bot.introduce()
        except TROUBLE as exc:
            if reason(exc) in _HOPELESS:
                raise SlackRefusalError(_refused("SLACK_BOT_TOKEN", exc)) from exc
            if pause is None:
                raise SlackError(
                    f"Slack cannot be reached ({reason(exc)}), after {len(RETRY_PAUSES) + 1} tries. Check the network, "
                    "and SLACK_API_BASE if it is set."
                ) from exc
            log.warning("slack.connect_failed retry_in=%s error=%s", pause, reason(exc))
        else:
            return not stop.is_set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
            return False
    return False


def _refused(setting: str, error: BaseException) -> str:
    return f"Slack does not take {setting} ({reason(error)}). Copy it from your Slack app again, and reinstall the app."


@contextlib.asynccontextmanager
async def socket_mode(bot: SlackBot, bolt: AsyncApp) -> AsyncIterator[asyncio.Future[None]]:
    """Socket Mode, kept up while the context is open; the future fails where Slack no longer takes the app's token."""
    client = _Socket(bot, bolt)
    connecting = asyncio.create_task(client.connect())
    try:
        yield client.failing
    finally:
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        await client.close()  # type: ignore[no-untyped-call]  # slack_sdk gives it no types
        client.failing.cancel()


@contextlib.asynccontextmanager
async def http(bot: SlackBot, bolt: AsyncApp) -> AsyncIterator[asyncio.Future[None]]:
    """A server for what Slack sends, signed, while the context is open; the future never fails."""
    host, port = bot.settings.slack_listen
    verifier = SignatureVerifier(bot.settings.slack_signing_secret or "")

    async def take(request: web.Request) -> web.Response:
        try:
            body = await request.text()
            genuine = verifier.is_valid_request(body, dict(request.headers))
        except (ValueError, TypeError, LookupError):  # no text, no number, no ASCII
            genuine = False
        if not genuine:
            log.warning("slack.signature_refused")
            return web.Response(status=401)
        fields = dict(parse_qsl(body, keep_blank_values=True)) if request.content_type == _FORM else {}
        if fields and "payload" not in fields:
            # Bolt would take a command with the word "payload" in it for something else, and not answer.
            body = json.dumps(fields)
        taken = AsyncBoltRequest(body=body, headers=dict(request.headers))
        return await to_aiohttp_response(await bolt.async_dispatch(taken))

    server = web.Application()
    server.router.add_post(PATH, take)
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as exc:
            raise SlackRefusalError(f"SLACK_LISTEN {host}:{port} cannot be used: {exc.strerror}.") from exc
        log.info("slack.listening host=%s port=%d", host, port)
        yield asyncio.get_running_loop().create_future()
    finally:
        await runner.cleanup()


class _Socket(SocketModeClient):
    """Socket Mode that gives up when the app's token is refused, where the library would try for ever."""

    def __init__(self, bot: SlackBot, bolt: AsyncApp) -> None:
        self.failing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        super().__init__(bot.settings.slack_app_token or "", library_log, bot.client)
        self._bolt = bolt
        self.socket_mode_request_listeners.append(self._take)

    async def connect(self) -> None:
        """Open a socket, however long it takes."""
        while not self.closed:
            try:
                async with asyncio.timeout(ADDRESS_SECONDS):
                    await super().connect()  # type: ignore[no-untyped-call]
            except TimeoutError:
                # The library would try the same address for ever.
                self.wss_uri = None
            else:
                log.info("slack.connected")
                return

    async def issue_new_wss_url(self) -> str:
        """An address for a socket.

        Raises:
            SlackApiError: Slack gives none.

        """
        try:
            return await super().issue_new_wss_url()
        except SlackApiError as exc:
            if reason(exc) in _HOPELESS and not self.failing.done():
                self.failing.set_exception(SlackRefusalError(_refused("SLACK_APP_TOKEN", exc)))
            raise

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        started = time.time()
        await send_async_response(client, request, await run_async_bolt_app(self._bolt, request), started)


def in_one_line(record: logging.LogRecord) -> bool:
    """Keep tracebacks, and the tickets in the addresses of sockets, out of the log."""
    message = " ".join(record.getMessage().split())
    record.msg, record.args = re.sub(r"wss?://\S+", "wss://…", message), ()
    record.exc_info = None
    return True
