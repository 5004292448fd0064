"""The Slack bot: commands, events and buttons in over Socket Mode or HTTP, the desk asked, rendered answers out."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot import days, wording
from bot.following import Following
from bot.privacy import forget_server
from bot.records.database import RecordsError
from bot.slack import add, admin, answers, commands, compare, connection, files, follow, lists, privacy, views, when
from bot.slack.client import PLATFORM, TROUBLE, SlackBot, library_log, reason
from bot.slack.connection import SlackRefusalError
from bot.slack.replies import Request
from bot.slack.text import plain
from bot.visit import UsageError, sentence_for
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slack_bolt.async_app import AsyncAck

    from bot.desk import Desk
    from bot.service import Service
    from bot.settings import Settings
    from bot.slack.commands import Command, Form, Shortcut

log = logging.getLogger("bot.slack")

# Events and interactions that are remembered, so that what Slack sends again is not answered again.
REMEMBERED = 10_000
# Articles whose headlines are offered as questions.
_PROMPTS = 3
_PROMPT_CHARS = 150
# Variables that Bolt would read by itself: a client id would turn on a way to install the app that nobody set up.
_BOLTS_OWN = ("SLACK_BOT_TOKEN", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET")
_COMMAND = re.compile(r"/(?:coverage-)?([\w-]+)")
# What Slack calls places that not everybody in the workspace sees.
_PRIVATE = frozenset({"directmessage", "privategroup"})
_COMMANDS: Mapping[str, Command] = {
    **commands.COMMANDS,
    **privacy.COMMANDS,
    **compare.COMMANDS,
    **when.COMMANDS,
    **follow.COMMANDS,
    **admin.COMMANDS,
    **add.COMMANDS,
    **lists.COMMANDS,
}
_SHORTCUTS: Mapping[str, Shortcut] = {**commands.SHORTCUTS, **add.SHORTCUTS}
_FORMS: Mapping[str, Form] = {**commands.FORMS, **add.FORMS, **lists.FORMS}
_PICKED: Mapping[str, Command] = {
    "pick:source": commands.source,
    "pick:remove": admin.remove,
    "pick:restore": admin.restore,
    "add:store": add.store,
    "add:discard": add.discard,
    "forget:me": privacy.forget,
}


async def run_slack(settings: Settings, desk: Desk, service: Service) -> None:
    """Answer on Slack until the service is stopped; answers under way are finished. The caller closes the desk.

    Raises:
        SlackError: Slack cannot be used, after a few tries where trying again may help.

    """
    if not settings.slack_bot_token:
        raise SlackRefusalError("SLACK_BOT_TOKEN is not set. Copy it from your Slack app, OAuth & Permissions.")
    if not (settings.slack_app_token or settings.slack_signing_secret):
        raise SlackRefusalError(
            "Set SLACK_APP_TOKEN, from your Slack app's Basic Information, App-Level Tokens; "
            "or SLACK_SIGNING_SECRET if Slack is to send events to a public address of yours."
        )
    # slack_sdk and Bolt look at the logger's own level, and at DEBUG log questions and addresses that hold tickets.
    library_log.setLevel(logging.WARNING)
    library_log.addFilter(connection.in_one_line)
    await asyncio.to_thread(days.load)
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            bot = SlackBot(settings, desk, connection.web_client(settings, session), session)
            serving = connection.socket_mode if settings.slack_app_token else connection.http
            if not await connection.reached(bot, service.stop):
                return
            async with serving(bot, SlackApp(bot).bolt()) as failing:
                following = Following(desk, PLATFORM, follow.SlackCourier(bot))
                looking = asyncio.create_task(following.run(bot.work.begin, lambda: bot.work.stopping))
                try:
                    await _until_stopped(service.stop, failing)
                    log.info("slack.stopping")
                    await bot.work.finish()
                finally:
                    looking.cancel()
    finally:
        library_log.removeFilter(connection.in_one_line)


class SlackApp:
    """What Slack sends, handed to its handler, once each."""

    def __init__(self, bot: SlackBot) -> None:
        self.bot = bot
        self._seen: OrderedDict[str, None] = OrderedDict()

    def bolt(self) -> AsyncApp:
        """A Bolt app that acknowledges everything at once and hands it to this one."""
        bot = self.bot

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id=bot.team, bot_user_id=bot.user, bot_id=bot.bot_id)

        own = {name: os.environ.pop(name) for name in _BOLTS_OWN if name in os.environ}
        try:
            app = AsyncApp(
                # What is answered goes through the client above; Bolt would ask who the bot is for each first event.
                client=AsyncWebClient(logger=library_log),
                authorize=authorize,
                # Socket Mode needs none, and what comes over HTTP is verified before Bolt sees it.
                request_verification_enabled=False,
                logger=library_log,
                attaching_conversation_kwargs_enabled=False,
            )
        finally:
            os.environ.update(own)
        # All of them: what is not handled is logged whole by Bolt, and sent again by Slack.
        everything = re.compile("")
        app.event(everything)(self._event)
        app.command(everything)(self._command)
        app.shortcut(everything)(self._shortcut)
        app.action(everything)(self._action)
        app.options(everything)(self._suggestion)
        app.view(everything)(self._submission)
        return app

    async def _event(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        kind = event["type"]
        if self._just_came(body.get("event_id")):
            return
        if kind in {"app_mention", "message"}:
            # A mention in a channel comes as both.
            if event.get("subtype") in answers.WRITTEN:
                name = f"{event.get('channel')} {event.get('ts')}"
                concerned = kind == "app_mention" or answers.may_concern(self.bot, event)
                if await self._again(name) if concerned else self._just_came(name):
                    return
            await answers.answer_message(self.bot, event)
        elif kind == "app_uninstalled" or (kind == "tokens_revoked" and event["tokens"].get("bot")):
            await self._forget_workspace()
        elif kind == "member_joined_channel":
            if event["user"] == self.bot.user and not await self._again(f"joined {event['channel']}"):
                await self._welcome(event["channel"])
        elif kind == "app_home_opened":
            request = Request(self.bot, event["user"], event["channel"], public=False)
            opened = self._show_home if event.get("tab") == "home" else self._offer_questions
            try:
                self.bot.work.begin()
                await opened(request)
            except Exception as exc:  # noqa: BLE001 logged there; nobody waits for a word
                sentence_for(exc, PLATFORM, "home")

    async def _welcome(self, channel: str) -> None:
        """Say who the bot is in a channel that it has just been added to; nobody waits for it."""
        try:
            self.bot.work.begin()
            await self.bot.say(channel, None, views.welcome_message().payload())
        except (*TROUBLE, OnTheRecordError) as exc:
            log.warning("slack.not_welcomed error=%s", reason(exc))

    async def _forget_workspace(self) -> None:
        """Forget what was asked in the workspace that the app was taken out of, and in direct messages there."""
        try:
            for server in (self.bot.team, ""):
                await forget_server(self.bot.desk, PLATFORM, server)
        except OnTheRecordError as exc:
            log.error("slack.workspace_not_forgotten error=%s", type(exc).__name__)  # noqa: TRY400 no traceback

    async def _command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if await self._again(body.get("trigger_id")):
            return
        request = self._request(body, body["channel_id"], body["user_id"])
        match = _COMMAND.fullmatch(body["command"])
        name = match[1] if match else ""
        text = plain(body.get("text") or "").strip()
        await request.handle(name or "command", _COMMANDS.get(name, _unknown)(request, text))

    async def _shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if await self._again(body.get("trigger_id")):
            return
        message = body.get("message") or {}
        channel, thread = (body.get("channel") or {}).get("id", ""), message.get("thread_ts")
        request = self._request(body, channel, body["user"]["id"], thread=thread)
        work = _SHORTCUTS.get(body["callback_id"], _unknown)
        await request.handle(body["callback_id"], work(request, message))

    async def _action(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if await self._again(body.get("trigger_id")):
            return
        action = body["actions"][0]
        container = body.get("container") or {}
        message = body.get("message") or {}
        request = self._request(
            body,
            container.get("channel_id") or (body.get("channel") or {}).get("id") or body["user"]["id"],
            body["user"]["id"],
            thread=container.get("thread_ts") or message.get("thread_ts"),
            message=container.get("message_ts"),
        )
        name = action["action_id"]
        await request.handle(f"button_{name.split(':')[0]}", self._pressed(request, name, action))

    async def _pressed(self, request: Request, name: str, action: Mapping[str, Any]) -> None:
        value = action.get("value") or (action.get("selected_option") or {}).get("value") or ""
        if answer := re.fullmatch(r"answer:([a-z_]+):(\d+)", name):
            key, *parts = value.split()
            await answers.press(request, answer[1], int(answer[2]), key, parts)
        elif name == "context":
            key, number = value.split()
            await answers.press(request, name, int(number), key, [])
        elif page := re.fullmatch(r"sources:\w+ ([0-9a-f]{12}):(\d+)", f"{name} {value}"):
            await commands.turn(request, page[1], int(page[2]))
        elif name == "text":
            await commands.stored_text(request, value)
        elif name == "file":
            await files.kept(request, value)
        elif name in _PICKED:
            await _PICKED[name](request, value)
        else:
            raise UsageError(wording.TOO_OLD)

    async def _suggestion(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        view = body.get("view") or {}
        channel = json.loads(view.get("private_metadata") or "{}").get("channel")
        channel = channel or (body.get("channel") or body.get("container") or {}).get("id") or ""
        request = Request(self.bot, body["user"]["id"], channel, public=False)  # nothing is kept
        offered: list[dict[str, Any]] = []
        try:
            offered = await commands.suggest(request, body["action_id"], body.get("value") or "")
        except OnTheRecordError as exc:
            log.warning("slack.choices_failed error=%s", type(exc).__name__)
        await ack(options=offered)

    async def _submission(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        view = body["view"]
        name, values = view["callback_id"], view["state"]["values"]
        if wrong := _FORMS[name].errors(values):
            await ack(response_action="errors", errors=wrong)
            return
        await ack()
        # A form that was taken is closed, and comes again only where Slack missed that.
        if await self._again(view["id"]):
            return
        meant = json.loads(view["private_metadata"])
        where = {name: meant.get(name) for name in ("response_url", "public")}
        request = self._request(body, meant["channel"], body["user"]["id"], **where)
        await request.handle(name, _FORMS[name].work(request, values))

    def _request(self, body: Mapping[str, Any], channel: str, user: str, **more: Any) -> Request:
        person = body.get("user") or {}
        place = body.get("channel_name") or (body.get("channel") or {}).get("name") or ""
        told: dict[str, Any] = {
            "name": body.get("user_name") or person.get("username") or person.get("name") or "",
            "response_url": body.get("response_url"),
            "trigger": body.get("trigger_id"),
            # A name says only where it is private; else Slack is asked.
            "public": False if place in _PRIVATE or place.startswith("mpdm-") else None,
        }
        return Request(self.bot, user, channel, **{**told, **more})

    def _just_came(self, name: str | None) -> bool:
        """Whether this has come before, to this process: Slack sends again what it thinks has not arrived."""
        if name is None:
            return False
        again = name in self._seen
        self._seen[name] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return again

    async def _again(self, name: str | None) -> bool:
        """Whether this has come before, to another process or before a restart too, as long as a signature is good."""
        if name is None:
            return False
        if self._just_came(name):
            return True
        try:
            return not await self.bot.desk.record(lambda records: records.arrivals.is_new(PLATFORM, name))
        except RecordsError as exc:
            log.warning("slack.arrival_not_recorded error=%s", type(exc).__name__)
            return False

    async def _show_home(self, request: Request) -> None:
        """Show the tab of the bot's own: how to ask, what is served, which articles there are, and the settings."""
        visit = await Request(self.bot, request.user, "", public=False).visit()
        visit.look()
        found = await visit.desk.status(visit.within())
        listings = await visit.desk.listings(visit.within())
        own = await visit.desk.recall(lambda records: records.places.own(PLATFORM, visit.server, ""))
        lines = views.settings_lines(own, visit.settings, visit.excerpts)
        status = views.status_lines(found, self.bot.connection)
        view = views.home_view(status, listings, lines, self.bot.settings.retention)
        await self.bot.client.views_publish(user_id=request.user, view=view)

    async def _offer_questions(self, request: Request) -> None:
        """Offer questions where somebody opens their direct messages, about headlines of the coverage."""
        visit = await request.visit()
        visit.look()
        titles = [row.source.title for row in await visit.desk.listings(visit.within())]
        short = [title for title in titles if len(title) <= _PROMPT_CHARS]
        prompts = [{"title": "What can you do?", "message": "What can you do?"}]
        prompts += [{"title": wording.brief(title), "message": f"“{title}”"} for title in short[:_PROMPTS]]
        await self.bot.client.assistant_threads_setSuggestedPrompts(channel_id=request.channel, prompts=prompts)


async def _unknown(_request: Request, _what: object) -> None:
    raise UsageError("I do not know this command. /coverage-help tells what there is.")


async def _until_stopped(stop: asyncio.Event, failing: asyncio.Future[None]) -> None:
    """Return when the service is stopped; raise what the connection cannot go on with."""
    stopped = asyncio.create_task(stop.wait())
    either: set[asyncio.Future[Any]] = {stopped, failing}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if failing.done():
        failing.result()
