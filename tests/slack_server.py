"""Slack on loopback: the Web API methods the bot uses, response urls, files, Socket Mode and signed requests.

People's doings are sent as Slack sends them; what the bot says is recorded and held against what Slack would refuse.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import mimetypes
import re
import time
import uuid
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from aiohttp import ClientError, ClientSession, WSMsgType, web
from slack_rules import check_message, check_view

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    Fault = web.Response | Callable[[], web.Response] | tuple[int, dict[str, str], Any]

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-loopback-secret", "xapp-loopback-secret", "loopback-signing-secret"
TEAM, APP, BOT_USER, BOT_ID = "T0LOOPBACK", "A0LOOPBACK", "U0RECORD00", "B0RECORD00"
OTHER_TEAM = "T0STRANGER"
READER, OTHER, CHIEF, STRANGER = "U0READER00", "U0OTHER000", "U0CHIEF000", "U0STRANGER"
CHANNEL, ELSEWHERE, DIRECT = "C0NEWS0000", "C0ELSEWHERE", "D0READER00"
URL_USES = 5
WORDS_OF_MESSAGES = ("chat.postMessage", "chat.postEphemeral", "chat.update", "respond", "command ack")
# Fields that may come as JSON in a string, and those that may come as words or digits.
NESTED = ("blocks", "view", "attachments", "metadata", "prompts", "loading_messages")
SWITCHES = ("unfurl_links", "unfurl_media", "mrkdwn", "reply_broadcast", "link_names", "return_im", "include_locale")
# How an element tells what was put into it, in a view's state.
ENTERED = {
    "plain_text_input": "value",
    "email_text_input": "value",
    "number_input": "value",
    "url_text_input": "value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "datepicker": "selected_date",
    "file_input": "files",
}
# What Slack takes of one file in a form.
FORM_FILE_BYTES = 10 << 20
LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in</body></html>"


# ---- What Slack would refuse -----------------------------------------------------------------------------------------


def check(method: str, payload: dict[str, Any]) -> None:
    """Assert that Slack would take what the bot sent, and that its words ping nobody and unfurl nothing."""
    if method == "chat.postMessage":
        assert payload.get("unfurl_links") is False, "a link could unfurl"
        assert payload.get("unfurl_media") is False, "a picture could unfurl"
    if method in WORDS_OF_MESSAGES and not payload.get("delete_original"):
        assert not re.search("<[!@]", payload.get("text") or ""), "a text could ping"
        check_message(payload)
    if method.startswith("views.") or method == "view ack":
        check_view(payload["view"])
    if method == "assistant.threads.setSuggestedPrompts":
        assert 1 <= len(payload["prompts"]) <= 4
        assert all(prompt["title"].strip() and prompt["message"].strip() for prompt in payload["prompts"])
    if method == "options ack":
        assert len(payload.get("options", ())) <= 100
        assert len(payload.get("option_groups", ())) <= 100
        for option in offered(payload):
            assert option["text"]["type"] == "plain_text"
            assert option["text"].get("emoji") is False, "words could become an emoji"
            assert 1 <= len(option["text"]["text"].strip()) <= len(option["text"]["text"]) <= 75
            assert 1 <= len(option["value"]) <= 150


def offered(choice: dict[str, Any]) -> list[dict[str, Any]]:
    """The options of an element or of an answer to a suggestion, with those in groups."""
    groups = choice.get("option_groups") or []
    return [*(choice.get("options") or []), *(option for group in groups for option in group["options"])]


def elements(blocks: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Everything in blocks that a person can use, with its block."""
    for block in blocks:
        held = [*(block.get("elements") or []), block.get("accessory"), block.get("element")]
        yield from ((block, element) for element in held if element and "action_id" in element)


def escape(text: str) -> str:
    """A person's words as Slack passes them on."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def linked(text: str) -> str:
    """A person's words as they stand in a message: escaped, with addresses in angle brackets."""
    return re.sub(r"https?://[^\s<>|]*[^\s<>|.,;:!?)\"']", r"<\g<0>>", escape(text))


def reply(data: Any, status: int = 200, **headers: str) -> web.Response:
    return web.json_response(data, status=status, headers=headers)


def refusal(error: str) -> dict[str, Any]:
    return {"ok": False, "error": error}


def limited(seconds: int = 1) -> Fault:
    """The answer to a call that came too soon, as a fault."""
    return 429, {"Retry-After": str(seconds)}, refusal("ratelimited")


@dataclass(eq=False)
class Shown:
    """A message or a view as Slack keeps it, and the payloads that made it."""

    fields: dict[str, Any]
    payloads: list[dict[str, Any]] = field(default_factory=list)
    channel: str = ""  # empty for a view
    only_for: str | None = None  # who sees an ephemeral message


# ---- The server ------------------------------------------------------------------------------------------------------


class LoopbackSlack:
    """Records every request, checks it, and plays what a test asks for."""

    def __init__(self) -> None:
        self.port = 0
        # A response url's payloads are recorded as "respond", one that met a fault as "METHOD (fault)".
        self.requests: list[tuple[str, dict[str, Any]]] = []
        # What came to each response url and was taken, by its token.
        self.responses: dict[str, list[dict[str, Any]]] = defaultdict(list)
        # Answers to give instead of the usual one, by method or "respond", each used once.
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        # The channels that not everybody in the workspace sees.
        self.private: set[str] = set()
        # A request to a held method waits until the event is set.
        self.holds: dict[str, asyncio.Event] = {}
        self.waiting = 0
        # Everything sent to the bot, its answers, and how long it took to answer, in seconds; Slack waits three.
        self.envelopes: dict[str, dict[str, Any]] = {}
        self.acks: dict[str, Any] = {}
        self.acknowledged: dict[str, float] = {}  # seconds of the processor
        self.connections = 0
        self.refuse_socket = self.revoke_app_token = False
        # The bot's own address: where it is set, everything goes there, signed, instead of to a socket.
        self.request_url: str | None = None
        self.trigger_seconds = 3.0
        self.members = {CHANNEL: True, ELSEWHERE: False}  # whether the bot is in a channel
        self.users = {user: self._user(user) for user in (READER, OTHER, CHIEF, STRANGER, BOT_USER)}
        self.files: dict[str, bytes] = {}
        # Files that the bot has sent: where, and by their names; and what its app may not do.
        self.shared: list[tuple[str, str | None, dict[str, bytes]]] = []
        self.missing_scopes: set[str] = set()
        self._uploads: dict[str, tuple[str, int, bytes]] = {}
        self.homes: dict[str, dict[str, Any]] = {}  # the view of each person's App Home
        self._file_objects: dict[str, dict[str, Any]] = {}
        self._shown: list[Shown] = []
        # Where each response url answers: the person, the channel, and the message that was used, if any.
        self._urls: dict[str, tuple[str, str, Shown | None]] = {}
        self._triggers: dict[str, float] = {}
        self._tickets: set[str] = set()
        self._sockets: dict[web.WebSocketResponse, web.Request] = {}
        self._handed: dict[str, float] = {}
        self._pending: dict[str, web.WebSocketResponse | None] = {}  # not acknowledged, and where it went
        self._suggested: dict[str, list[dict[str, Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # Checked at the end: that takes longer than the bot's own work, on the same event loop.
        self._unchecked: list[tuple[str, dict[str, Any]]] = []
        self._problems: list[str] = []
        self._numbers = itertools.count(100)
        self._started = int(time.time())

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        return f"{self.address}/api/"

    @property
    def connected(self) -> bool:
        return bool(self._sockets)

    # -- what a test asks

    async def until(self, ready: Callable[[], Any]) -> None:
        """Wait until `ready()` is true."""
        async with asyncio.timeout(120):
            while not ready():
                await asyncio.sleep(0.01)

    def found(self, method: str) -> list[dict[str, Any]]:
        return [payload for name, payload in self.requests if name == method]

    async def sent(self, method: str, count: int = 1) -> list[dict[str, Any]]:
        """The payloads of a method, once there are `count` of them."""
        await self.until(lambda: len(self.found(method)) >= count)
        return self.found(method)

    async def responded(self, token: str, count: int = 1) -> list[dict[str, Any]]:
        """What came to an interaction's response url, once there are `count` of them."""
        await self.until(lambda: len(self.responses[token]) >= count)
        return self.responses[token]

    async def acked(self, envelope_id: str) -> Any:
        """What the bot acknowledged an envelope with, None for nothing."""
        await self.until(lambda: envelope_id in self.acks)
        return self.acks[envelope_id]

    def deliveries(self, ts: str) -> list[str]:
        """The envelopes of the events about a message."""
        return [
            envelope_id
            for envelope_id, envelope in self.envelopes.items()
            if envelope["type"] == "events_api" and envelope["payload"]["event"].get("ts") == ts
        ]

    def said(self, channel: str = CHANNEL) -> list[dict[str, Any]]:
        """The bot's messages that everyone in a channel sees now, threads included."""
        return [shown.fields for shown in self._shown if shown.channel == channel and shown.only_for is None]

    def thread(self, channel: str, ts: str) -> list[dict[str, Any]]:
        """The bot's messages in a thread that everyone sees now."""
        return [message for message in self.said(channel) if message.get("thread_ts") == ts]

    def whispered(self, user: str = READER, channel: str = CHANNEL) -> list[dict[str, Any]]:
        """The bot's messages that only one person sees."""
        return [shown.fields for shown in self._shown if shown.channel == channel and shown.only_for == user]

    # -- what people do; an interaction's envelope id is the token of its response url too

    async def slash(
        self, command: str, text: str = "", user: str = READER, channel: str = CHANNEL, raw: bool = False
    ) -> str:
        """A person uses a slash command; `raw` words are sent as they are."""
        token = str(uuid.uuid4())
        payload = {
            "token": "verification",
            "team_id": TEAM,
            "team_domain": "newsroom",
            "channel_id": channel,
            "channel_name": self._channel(channel)["name"],
            "user_id": user,
            "user_name": self.users[user]["name"],
            "command": command,
            "text": text if raw else escape(text),
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self._response_url(token, user, channel),
            "trigger_id": self._trigger(),
        }
        return await self._deliver("slash_commands", payload, token, takes_payload=True)

    async def mention(
        self,
        text: str,
        channel: str = CHANNEL,
        thread_ts: str | None = None,
        user: str = READER,
        message_first: bool = False,
        raw: bool = False,
        **more: Any,
    ) -> str:
        """A person mentions the bot, which comes as two events; the message's ts."""
        words = text if raw else linked(text)
        message = self._message_event(f"<@{BOT_USER}> {words}", text, channel, thread_ts, user, more, mentions=True)
        mention = {**message, "type": "app_mention"}
        del mention["channel_type"]
        for event in (message, mention) if message_first else (mention, message):
            await self.event(event)
        return message["ts"]

    async def message(
        self,
        text: str,
        channel: str = CHANNEL,
        thread_ts: str | None = None,
        user: str = READER,
        subtype: str | None = None,
        bot_id: str | None = None,
        raw: bool = False,
        **more: Any,
    ) -> str:
        """Somebody writes, or something happens to, a message; its ts."""
        named = {"subtype": subtype, "bot_id": bot_id}
        more = {**{name: value for name, value in named.items() if value is not None}, **more}
        event = self._message_event(text if raw else linked(text), text, channel, thread_ts, user, more)
        await self.event(event)
        return event["ts"]

    async def direct(self, text: str, thread_ts: str | None = None, user: str = READER, **more: Any) -> str:
        """A person writes to the bot alone; the message's ts."""
        return await self.message(text, self.direct_channel(user), thread_ts, user, **more)

    async def event(self, event: dict[str, Any]) -> str:
        """Any event, in the envelope that Slack puts around it."""
        payload = {
            "token": "verification",
            "team_id": TEAM,
            "context_team_id": TEAM,
            "context_enterprise_id": None,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{next(self._numbers):09d}",
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM,
                    "user_id": BOT_USER,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": "user_team" in event,
            "event_context": f"4-{next(self._numbers)}",
        }
        return await self._deliver("events_api", payload, str(uuid.uuid4()))

    async def redeliver(self, envelope_id: str) -> str:
        """Slack sends an event again, as it does when it missed the acknowledgement."""
        envelope = self.envelopes[envelope_id]
        assert envelope["type"] == "events_api", "Slack sends only events again"
        return await self._deliver("events_api", envelope["payload"], str(uuid.uuid4()), attempt=1)

    async def open_home(self, tab: str = "home", user: str = READER) -> str:
        """A person opens the app's home or its messages."""
        opened = {"type": "app_home_opened", "user": user, "channel": self.direct_channel(user), "tab": tab}
        view = {"view": self.homes[user]} if tab == "home" and user in self.homes else {}
        return await self.event({**opened, "event_ts": self._ts(), **view})

    async def shortcut(
        self, callback_id: str, message: dict[str, Any], user: str = READER, channel: str = CHANNEL
    ) -> str:
        """A person uses a shortcut of a message: one of the bot's, or one given by its text and whatever else."""
        token = str(uuid.uuid4())
        known = self._known(message)
        written = {"client_msg_id": str(uuid.uuid4()), "type": "message", "user": OTHER, "team": TEAM, "text": ""}
        fields = known.fields if known else {**written, "ts": self._ts(), **message}
        channel = known.channel if known else channel
        payload = {
            **self._interaction("message_action", user),
            "callback_id": callback_id,
            "action_ts": self._ts(),
            "channel": self._channel(channel),
            "message_ts": fields["ts"],
            "message": fields,
            "response_url": self._response_url(token, user, channel),
            "trigger_id": self._trigger(),
        }
        return await self._deliver("interactive", payload, token)

    async def press(
        self,
        shown: dict[str, Any],
        action_id: str,
        value: str | None = None,
        user: str = READER,
        channel: str | None = None,
    ) -> str:
        """A person presses a button of a message or a view: as it is kept, or as the payload that sent it.

        Of several buttons with this id, the value tells which.
        """
        place = self._place(shown, channel)
        block, element = self._element(place, action_id, value)
        buttons = [element.get("positive_button"), element.get("negative_button"), element]
        pressed = next(button for button in buttons if button and (value is None or button.get("value") == value))
        told = {name: pressed[name] for name in ("text", "value", "style") if name in pressed}
        return await self._act(place, block, element, told, user)

    async def select(
        self,
        shown: dict[str, Any],
        action_id: str,
        option: str | dict[str, Any] | list[Any],
        user: str = READER,
        channel: str | None = None,
    ) -> str:
        """A person chooses from a menu or ticks boxes: options, or values of options that are offered."""
        place = self._place(shown, channel)
        block, element = self._element(place, action_id)
        return await self._act(place, block, element, self._entered(element, option), user)

    async def press_home(self, action_id: str, value: str | None = None, user: str = READER) -> str:
        """A person presses a button of their App Home."""
        return await self.press(self.homes[user], action_id, value, user)

    async def suggest(
        self,
        action_id: str,
        typed: str,
        shown: dict[str, Any] | None = None,
        user: str = READER,
        channel: str | None = None,
    ) -> Any:
        """A person types into a menu, by default the one shown last; what the bot answers."""
        if shown is None:
            holding = [place for place in self._shown if self._holds(place, action_id)]
            assert holding, f"nothing that is shown has {action_id}"
            place = holding[-1]
        else:
            place = self._place(shown, channel)
        block, element = self._element(place, action_id)
        assert len(typed) >= element.get("min_query_length", 3), "Slack does not ask yet"
        asked = {"action_id": action_id, "block_id": block["block_id"], "value": typed}
        payload = {**self._interaction("block_suggestion", user), **self._container(place), **asked}
        answer = await self.acked(await self._deliver("interactive", payload, str(uuid.uuid4()), takes_payload=True))
        self._suggested[action_id] = offered(answer or {})
        return answer

    async def submit(self, view: dict[str, Any], values: dict[str, Any] | None = None, user: str = READER) -> str:
        """A person sends a modal in, with what they entered by block id; the rest stays as the view has it."""
        fields = self._place(view, None).fields
        entered = dict(values or {})
        state: dict[str, dict[str, Any]] = defaultdict(dict)
        for block, element in elements(fields["blocks"]):
            if element["type"] not in ENTERED:
                continue
            now = self._entered(element, entered.pop(block["block_id"], None))
            told = next(iter(now.values()))
            assert told or block["type"] != "input" or block.get("optional"), f"{block['block_id']} is required"
            state[block["block_id"]][element["action_id"]] = {"type": element["type"], **now}
        assert not entered, f"the view has no {list(entered)}"
        payload = {
            **self._interaction("view_submission", user),
            "trigger_id": self._trigger(),
            "view": {**fields, "state": {"values": dict(state)}},
            "response_urls": [],
        }
        return await self._deliver("interactive", payload, str(uuid.uuid4()), takes_payload=True)

    def attachment(self, name: str, data: bytes, hidden: bool = False) -> dict[str, Any]:
        """The payload of a file that a person attaches; of a hidden one, files.info tells the rest."""
        self.files[name] = data
        number = f"F{next(self._numbers):09d}"
        kind, url = mimetypes.guess_type(name)[0] or "application/octet-stream", f"{self.address}/files/{quote(name)}"
        self._file_objects[number] = {
            "id": number,
            "name": name,
            "title": name,
            "mimetype": kind,
            "filetype": name.rpartition(".")[2],
            "size": len(data),
            "mode": "hosted",
            "user": READER,
            "url_private": url,
            "url_private_download": url,
            "file_access": "visible",
        }
        if hidden:
            return {"id": number, "created": 0, "timestamp": 0, "file_access": "check_file_info"}
        return self._file_objects[number]

    # -- what happens to connections

    async def drop(self) -> None:
        """End the newest socket as a network does that comes and goes."""
        _, request = self._sockets.popitem()
        assert request.transport is not None
        request.transport.abort()

    async def refresh(self, reason: str = "refresh_requested", seconds: float = 1) -> None:
        """Slack asks for a new connection and later ends this one."""
        socket = next(reversed(self._sockets))
        await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "loopback"}})

        async def end() -> None:
            await asyncio.sleep(seconds)
            await socket.close()

        self._later(end())

    async def post(
        self,
        url: str,
        payload: dict[str, Any],
        kind: str = "events_api",
        secret: str = SIGNING_SECRET,
        age: float = 0,
        attempt: int = 0,
    ) -> tuple[int, str]:
        """A signed request to the bot's own address, its kind named as for a socket; status and body of the answer."""
        if kind == "events_api":
            body, content = json.dumps(payload), "application/json"
        else:
            form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
            body, content = urlencode(form), "application/x-www-form-urlencoded"
        signed_at = str(int(time.time() - age))
        digest = hmac.new(secret.encode(), f"v0:{signed_at}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {"Content-Type": content, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        headers |= {"X-Slack-Request-Timestamp": signed_at, "X-Slack-Signature": f"v0={digest}"}
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"}
        async with ClientSession() as session, session.post(url, data=body.encode(), headers=headers) as response:
            return response.status, await response.text()

    # -- payloads

    def _user(self, user: str) -> dict[str, Any]:
        name = user[2:].rstrip("0").lower()
        fields = {
            "id": user,
            "team_id": OTHER_TEAM if user == STRANGER else TEAM,
            "name": name,
            "real_name": name.title(),
            "deleted": False,
            "tz": "Europe/London",
            "profile": {"display_name": name, "real_name": name.title()},
            "is_admin": user in {CHIEF, STRANGER},
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_bot": user == BOT_USER,
            "is_app_user": False,
        }
        return {**fields, "is_stranger": True} if user == STRANGER else fields

    def _channel(self, channel: str) -> dict[str, str]:
        names = {CHANNEL: "news", ELSEWHERE: "elsewhere"}
        kept = {"D": "directmessage"}.get(channel[0], "privategroup" if channel in self.private else "")
        return {"id": channel, "name": kept or names.get(channel, "other")}

    @staticmethod
    def direct_channel(user: str) -> str:
        """The channel that a person has with the bot alone."""
        return f"D{user[1:]}"

    def _message_event(
        self,
        text: str,
        plain: str,
        channel: str,
        thread_ts: str | None,
        user: str,
        more: dict[str, Any],
        mentions: bool = False,
    ) -> dict[str, Any]:
        ts, team = self._ts(), self.users[user]["team_id"] if user in self.users else TEAM
        parts: list[dict[str, Any]] = [{"type": "text", "text": f" {plain}" if mentions else plain}]
        if mentions:
            parts.insert(0, {"type": "user", "user_id": BOT_USER})
        section = {"type": "rich_text_section", "elements": parts}
        event = {
            "type": "message",
            "user": user,
            "ts": ts,
            "client_msg_id": str(uuid.uuid4()),
            "text": text,
            "team": team,
            "blocks": [{"type": "rich_text", "block_id": self._block_id(), "elements": [section]}],
            "channel": channel,
            "event_ts": ts,
            "channel_type": "im" if channel.startswith("D") else "group" if channel in self.private else "channel",
        }
        if thread_ts:
            ours = any(message["ts"] == thread_ts for message in self.said(channel))
            event |= {"thread_ts": thread_ts, "parent_user_id": BOT_USER if ours else READER}
        if team != TEAM:
            event |= {"user_team": team, "source_team": team}
        if more.get("subtype") in {"message_changed", "message_deleted"}:
            # Such an event is about a message and has no words of its own.
            event = {name: event[name] for name in ("type", "ts", "channel", "event_ts", "channel_type")}
        return {**event, **more}

    def _interaction(self, kind: str, user: str) -> dict[str, Any]:
        person = self.users[user]
        return {
            "type": kind,
            "team": {"id": TEAM, "domain": "newsroom"},
            "user": {"id": user, "username": person["name"], "name": person["name"], "team_id": person["team_id"]},
            "api_app_id": APP,
            "token": "verification",
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _container(self, place: Shown) -> dict[str, Any]:
        """Where something was used. Of a message that one person sees, Slack does not send the message."""
        fields = place.fields
        if not place.channel:
            return {"container": {"type": "view", "view_id": fields["id"]}, "view": fields}
        container = {"type": "message", "message_ts": fields["ts"], "channel_id": place.channel}
        container["is_ephemeral"] = place.only_for is not None
        if "thread_ts" in fields:
            container["thread_ts"] = fields["thread_ts"]
        message = {} if place.only_for else {"message": fields}
        return {"container": container, "channel": self._channel(place.channel), **message}

    async def _act(
        self, place: Shown, block: dict[str, Any], element: dict[str, Any], told: dict[str, Any], user: str
    ) -> str:
        token = str(uuid.uuid4())
        named = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
        payload = {
            **self._interaction("block_actions", user),
            **self._container(place),
            "trigger_id": self._trigger(),
            "actions": [{**named, **told, "action_ts": self._ts()}],
        }
        if place.channel:
            chosen = {"type": element["type"], **told}
            values = {block["block_id"]: {element["action_id"]: chosen}} if element["type"] in ENTERED else {}
            payload["state"] = {"values": values}
            payload["response_url"] = self._response_url(token, user, place.channel, place)
        return await self._deliver("interactive", payload, token)

    def _element(self, place: Shown, action_id: str, value: str | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """What a person uses, with its block."""
        for block, element in elements(place.fields.get("blocks") or []):
            buttons = [element, element.get("positive_button") or {}, element.get("negative_button") or {}]
            if element["action_id"] == action_id and (value is None or value in [b.get("value") for b in buttons]):
                return block, element
        raise AssertionError(f"nothing to use is called {action_id} {value or ''}")

    @staticmethod
    def _holds(place: Shown, action_id: str) -> bool:
        used = elements(place.fields.get("blocks") or [])
        return any(element["action_id"] == action_id for _, element in used)

    def _entered(self, element: dict[str, Any], given: Any) -> dict[str, Any]:
        """What a state tells of an element into which something was put, or nothing."""
        name = ENTERED[element["type"]]
        if given is None:
            initial = element.get(name.replace("selected", "initial") if name != "value" else "initial_value")
            return {name: initial or ([] if name in {"selected_options", "files"} else None)}
        if name == "files":
            assert len(given) <= element.get("max_files", 10)
            assert all(file["size"] <= FORM_FILE_BYTES for file in given)
            return {name: given}
        if name in {"value", "selected_date"}:
            return {name: given}
        options = offered(element) + self._suggested.get(element["action_id"], [])
        values = {option["value"]: option for option in options}
        chosen = [choice if isinstance(choice, dict) else values.get(choice) for choice in _several(given)]
        assert None not in chosen, f"{given} is not offered"
        return {name: chosen if name == "selected_options" else chosen[0]}

    def _known(self, shown: dict[str, Any]) -> Shown | None:
        for place in reversed(self._shown):
            if shown is place.fields or any(shown is payload for payload in place.payloads):
                return place
        return None

    def _place(self, shown: dict[str, Any], channel: str | None) -> Shown:
        """Where a person sees something; what is not known is a message that the bot sent before."""
        if place := self._known(shown):
            return place
        fields = self._message(shown, channel or CHANNEL, shown.get("thread_ts"))
        return Shown({**fields, "ts": shown["ts"]} if "ts" in shown else fields, channel=channel or CHANNEL)

    def _ts(self) -> str:
        return f"{self._started}.{next(self._numbers):06d}"

    def _block_id(self) -> str:
        return f"b{next(self._numbers):05d}"

    def _trigger(self) -> str:
        trigger = f"{next(self._numbers)}.{next(self._numbers)}.{uuid.uuid4().hex}"
        self._triggers[trigger] = time.monotonic()
        return trigger

    def _response_url(self, token: str, user: str, channel: str, used: Shown | None = None) -> str:
        self._urls[token] = user, channel, used
        return f"{self.address}/respond/{token}"

    # -- to the bot

    async def _deliver(
        self, kind: str, payload: dict[str, Any], envelope_id: str, takes_payload: bool = False, attempt: int = 0
    ) -> str:
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": json.loads(json.dumps(payload)),  # as it is now: messages and views change
            "accepts_response_payload": takes_payload,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
        elif not self.request_url:
            # A person tries again until the app is there.
            await self.until(lambda: self._sockets)
        self.envelopes[envelope_id] = envelope
        if self.request_url:
            self._handed[envelope_id] = time.process_time()
            self._later(self._over_http(self.request_url, envelope))
        else:
            self._pending[envelope_id] = None
            await self._hand_out([envelope_id])
        return envelope_id

    async def _hand_out(self, envelope_ids: list[str]) -> None:
        """Send envelopes to the newest socket; an event for which there is none stays pending."""
        for envelope_id in envelope_ids:
            if not self._sockets:
                return
            socket = self._pending[envelope_id] = next(reversed(self._sockets))
            self._handed[envelope_id] = time.process_time()
            try:
                await socket.send_json(self.envelopes[envelope_id])
            except ConnectionError:
                self._pending[envelope_id] = None

    async def _hand_out_again(self) -> None:
        """Events whose connection is gone come again; a command or an interaction is lost, its person told so."""
        gone = [envelope_id for envelope_id, socket in self._pending.items() if socket not in self._sockets]
        for envelope_id in gone:
            if self.envelopes[envelope_id]["type"] == "events_api":
                self.envelopes[envelope_id] |= {"retry_attempt": 1, "retry_reason": "timeout"}
            else:
                del self._pending[envelope_id]
        await self._hand_out([envelope_id for envelope_id in gone if envelope_id in self._pending])

    async def _over_http(self, url: str, envelope: dict[str, Any]) -> None:
        attempt = envelope.get("retry_attempt", 0)
        try:
            status, body = await self.post(url, envelope["payload"], envelope["type"], attempt=attempt)
        except ClientError:
            return
        if status == 200:
            payload = json.loads(body) if body.startswith("{") else {"text": body} if body else None
            self._acknowledge(envelope["envelope_id"], payload)

    def _acknowledge(self, envelope_id: str, payload: Any) -> None:
        if envelope_id not in self.envelopes:
            self._problems.append(f"an envelope is acknowledged that was never sent: {envelope_id}")
            return
        self._pending.pop(envelope_id, None)
        if envelope_id in self.acks:
            return
        envelope = self.envelopes[envelope_id]
        self.acks[envelope_id] = payload
        self.acknowledged[envelope_id] = time.process_time() - self._handed[envelope_id]
        if not payload:
            return
        sent = envelope["payload"]
        if not envelope["accepts_response_payload"]:
            self._problems.append(f"{envelope['type']} {sent['type']} takes no payload, but got {payload}")
        elif envelope["type"] == "slash_commands":
            self._unchecked.append(("command ack", payload))
            self._answer_person(envelope_id, payload)
        elif sent["type"] == "block_suggestion":
            self._unchecked.append(("options ack", payload))
        elif "view" in payload:
            self._unchecked.append(("view ack", payload))
            self._open(payload["view"], payload)

    # -- Socket Mode

    async def _socket_mode(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        if self.refuse_socket:
            return web.Response(status=503)
        if request.query.get("ticket") not in self._tickets:
            return web.Response(status=404)
        self._tickets.remove(request.query["ticket"])
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        debug = {"host": "loopback", "build_number": 1, "approximate_connection_time": 18060}
        hello = {"type": "hello", "num_connections": len(self._sockets) + 1, "debug_info": debug}
        await socket.send_json({**hello, "connection_info": {"app_id": APP}})
        self._sockets[socket] = request
        try:
            await self._hand_out_again()
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    answer = json.loads(frame.data)
                    self._acknowledge(answer["envelope_id"], answer.get("payload"))
        finally:
            self._sockets.pop(socket, None)
        await self._hand_out_again()
        return socket

    # -- Web API

    async def _web_api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        payload = await _arguments(request)
        if fault := await self._instead(method, payload):
            return fault
        opening = method == "apps.connections.open"
        if (authorization := request.headers.get("Authorization")) is None:
            return reply(refusal("not_authed"))
        if authorization != f"Bearer {APP_TOKEN if opening else BOT_TOKEN}" or (opening and self.revoke_app_token):
            return reply(refusal("invalid_auth"))
        self.requests.append((method, payload))
        answers = {
            "auth.test": self._test,
            "apps.connections.open": self._connect,
            "chat.postMessage": self._say,
            "chat.postEphemeral": self._whisper,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "conversations.history": self._history,
            "conversations.replies": self._history,
            "views.open": self._open_view,
            "views.publish": self._publish,
            "users.info": self._info,
            "files.info": self._file_info,
            "files.getUploadURLExternal": self._upload_address,
            "files.completeUploadExternal": self._share_uploads,
            "conversations.info": self._describe,
            "conversations.open": self._converse,
            "assistant.threads.setStatus": self._in_thread,
            "assistant.threads.setSuggestedPrompts": self._in_thread,
        }
        if method not in answers:
            self._problems.append(f"the server has no {method}")
            return reply(refusal("unknown_method"))
        self._unchecked.append((method, payload))
        try:
            return reply(answers[method](payload), **{"x-oauth-scopes": "chat:write,commands"})
        except KeyError as missing:
            self._problems.append(f"{method} without {missing}")
            return reply(refusal("invalid_arguments"))

    async def _instead(self, method: str, payload: dict[str, Any]) -> web.Response | None:
        """Wait where a method is held; the fault to answer with, if there is one."""
        if method in self.holds:
            self.waiting += 1
            await self.holds[method].wait()
        if not self.faults[method]:
            return None
        self.requests.append((f"{method} (fault)", payload))
        fault = self.faults[method].pop(0)
        if isinstance(fault, tuple):
            status, headers, data = fault
            if isinstance(data, str):
                return web.Response(text=data, status=status, headers=headers)
            return reply(data, status, **headers)
        return fault if isinstance(fault, web.Response) else fault()

    def _test(self, _: dict[str, Any]) -> dict[str, Any]:
        names = {"url": f"{self.address}/", "team": "Newsroom", "user": self.users[BOT_USER]["name"]}
        numbers = {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT_ID}
        return {"ok": True, **names, **numbers, "is_enterprise_install": False}

    def _connect(self, _: dict[str, Any]) -> dict[str, Any]:
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        return {"ok": True, "url": f"ws://127.0.0.1:{self.port}/link/?ticket={ticket}&app_id={APP}"}

    def _say(self, payload: dict[str, Any]) -> dict[str, Any]:
        channel = payload["channel"]
        channel = self.direct_channel(channel) if channel in self.users else channel
        if error := self._closed(channel) or _empty(payload):
            return refusal(error)
        message = self._keep(payload, channel, payload.get("thread_ts")).fields
        return {"ok": True, "channel": channel, "ts": message["ts"], "message": message}

    def _whisper(self, payload: dict[str, Any]) -> dict[str, Any]:
        if error := self._closed(payload["channel"]) or _empty(payload):
            return refusal(error)
        if payload["user"] not in self.users:
            return refusal("user_not_in_channel")
        shown = self._keep(payload, payload["channel"], payload.get("thread_ts"), payload["user"])
        return {"ok": True, "message_ts": shown.fields["ts"]}

    def _update(self, payload: dict[str, Any]) -> dict[str, Any]:
        shown = self._own(payload["channel"], payload["ts"])
        if shown is None:
            return refusal("message_not_found")
        self._change(shown, payload)
        done = {"ok": True, "channel": shown.channel, "ts": payload["ts"]}
        return {**done, "text": shown.fields["text"], "message": shown.fields}

    def _delete(self, payload: dict[str, Any]) -> dict[str, Any]:
        shown = self._own(payload["channel"], payload["ts"])
        if shown is None:
            return refusal("message_not_found")
        self._shown.remove(shown)
        return {"ok": True, "channel": shown.channel, "ts": payload["ts"]}

    def _open_view(self, payload: dict[str, Any]) -> dict[str, Any]:
        issued = self._triggers.pop(payload["trigger_id"], None)
        if issued is None or time.monotonic() - issued > self.trigger_seconds:
            return refusal("expired_trigger_id")
        return {"ok": True, "view": self._open(payload["view"], payload).fields}

    def _publish(self, payload: dict[str, Any]) -> dict[str, Any]:
        if payload["user_id"] not in self.users:
            return refusal("user_not_found")
        view = self.homes[payload["user_id"]] = self._open(payload["view"], payload).fields
        return {"ok": True, "view": view}

    def _info(self, payload: dict[str, Any]) -> dict[str, Any]:
        user = self.users.get(payload["user"])
        return {"ok": True, "user": user} if user else refusal("user_not_found")

    def _file_info(self, payload: dict[str, Any]) -> dict[str, Any]:
        file = self._file_objects.get(payload["file"])
        return {"ok": True, "file": file} if file else refusal("file_not_found")

    def _upload_address(self, payload: dict[str, Any]) -> dict[str, Any]:
        if "files:write" in self.missing_scopes:
            told = {"needed": "files:write", "provided": "chat:write,commands"}
            return {**refusal("missing_scope"), **told}
        if int(payload["length"]) < 1 or not payload["filename"]:
            return refusal("invalid_arguments")
        file = f"F{next(self._numbers):09d}"
        self._uploads[file] = (payload["filename"], int(payload["length"]), b"")
        return {"ok": True, "upload_url": f"{self.address}/upload/{file}", "file_id": file}

    async def _upload(self, request: web.Request) -> web.Response:
        """The bytes of a file, as many as were said before."""
        file = request.match_info["file"]
        data = await request.read()
        if file not in self._uploads or len(data) != self._uploads[file][1]:
            return web.Response(status=400, text="failed")
        self._uploads[file] = (*self._uploads[file][:2], data)
        return web.Response(text=f"OK - {len(data)}")

    def _share_uploads(self, payload: dict[str, Any]) -> dict[str, Any]:
        given = payload["files"]
        named = [item["id"] for item in (json.loads(given) if isinstance(given, str) else given)]
        # A person's id is none of a channel here.
        if error := self._closed(payload["channel_id"]):
            return refusal(error)
        if not all(file in self._uploads and self._uploads[file][2] for file in named):
            return refusal("file_not_found")
        shared = {name: data for name, _, data in (self._uploads.pop(file) for file in named)}
        self.shared.append((payload["channel_id"], payload.get("thread_ts"), shared))
        return {"ok": True, "files": [{"id": file} for file in named]}

    def _history(self, payload: dict[str, Any]) -> dict[str, Any]:
        channel, thread, oldest = payload["channel"], payload.get("ts"), float(payload["oldest"])
        if error := self._closed(channel):
            return refusal(error)
        found = [
            {**shown.fields, "metadata": shown.payloads[0].get("metadata")}
            for shown in self._shown
            if shown.channel == channel and shown.only_for is None and float(shown.fields["ts"]) >= oldest
        ]
        messages = [message for message in found if message.get("thread_ts") == thread]
        return {"ok": True, "messages": messages[-int(payload["limit"]) :], "has_more": False}

    def _describe(self, payload: dict[str, Any]) -> dict[str, Any]:
        """A public channel; without a permission of its own Slack says nothing of others."""
        channel = payload["channel"]
        if channel in self.private or not channel.startswith("C"):
            return refusal("channel_not_found")
        told = {"is_channel": True, "is_private": False, "is_im": False, "is_mpim": False}
        return {"ok": True, "channel": {**self._channel(channel), **told}}

    def _converse(self, payload: dict[str, Any]) -> dict[str, Any]:
        if payload["users"] not in self.users:
            return refusal("user_not_found")
        return {"ok": True, "channel": {"id": self.direct_channel(payload["users"])}}

    def _in_thread(self, payload: dict[str, Any]) -> dict[str, Any]:
        error = self._closed(payload["channel_id"])
        return refusal(error) if error else {"ok": True}

    def _closed(self, channel: str) -> str | None:
        """Why the bot cannot write into a channel."""
        if channel in map(self.direct_channel, self.users):
            return None
        if channel not in self.members:
            return "channel_not_found"
        return None if self.members[channel] else "not_in_channel"

    # -- what people see

    def _message(self, payload: dict[str, Any], channel: str, thread_ts: str | None) -> dict[str, Any]:
        message = {"type": "message", "user": BOT_USER, "bot_id": BOT_ID, "app_id": APP, "team": TEAM}
        message |= {"ts": self._ts(), "channel": channel, "text": payload.get("text") or ""}
        if thread_ts:
            message["thread_ts"] = thread_ts
        return message | self._blocks(payload)

    def _blocks(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The blocks of a message or a view, each with the id that Slack gives where there is none."""
        if "blocks" not in payload:
            return {}
        return {"blocks": [{"block_id": self._block_id(), **block} for block in payload["blocks"]]}

    def _keep(self, payload: dict[str, Any], channel: str, thread_ts: str | None, only_for: str | None = None) -> Shown:
        shown = Shown(self._message(payload, channel, thread_ts), [payload], channel, only_for)
        self._shown.append(shown)
        return shown

    def _change(self, shown: Shown, payload: dict[str, Any]) -> None:
        """Change a message; what is left out stays."""
        shown.payloads.append(payload)
        shown.fields |= {"text": payload.get("text") or shown.fields["text"], **self._blocks(payload)}

    def _own(self, channel: str, ts: str) -> Shown | None:
        fitting = (shown for shown in self._shown if shown.channel == channel and shown.only_for is None)
        return next((shown for shown in fitting if shown.fields["ts"] == ts), None)

    def _open(self, view: dict[str, Any], payload: dict[str, Any]) -> Shown:
        number = f"V{next(self._numbers):09d}"
        given = {"id": number, "root_view_id": number, "previous_view_id": None, "hash": self._ts(), "external_id": ""}
        origin = {"team_id": TEAM, "app_id": APP, "app_installed_team_id": TEAM, "bot_id": BOT_ID}
        usual = {"private_metadata": "", "callback_id": "", "clear_on_close": False, "notify_on_close": False}
        fields = {**given, **origin, **usual, "state": {"values": {}}, **view, **self._blocks(view)}
        shown = Shown(fields, [view, payload])
        self._shown.append(shown)
        return shown

    async def _respond(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        payload = await request.json()
        if fault := await self._instead("respond", payload):
            return fault
        if token not in self._urls:
            return web.Response(status=404, text="expired_url")
        if len(self.responses[token]) >= URL_USES:
            return web.Response(status=404, text="used_url")
        self.requests.append(("respond", payload))
        if not payload.get("delete_original") and (error := _empty(payload)):
            return web.Response(status=400, text=error)
        self._unchecked.append(("respond", payload))
        self.responses[token].append(payload)
        self._answer_person(token, payload)
        return web.Response(text="ok")

    def _answer_person(self, token: str, payload: dict[str, Any]) -> None:
        user, channel, used = self._urls[token]
        if used and payload.get("delete_original"):
            if used in self._shown:
                self._shown.remove(used)
        elif used and payload.get("replace_original"):
            self._change(used, payload)
        else:
            everyone = payload.get("response_type") == "in_channel"
            self._keep(payload, channel, payload.get("thread_ts"), None if everyone else user)

    async def _file(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}":
            return web.Response(text=LOGIN_PAGE, content_type="text/html")
        data = self.files.get(request.match_info["name"])
        return web.Response(status=404) if data is None else web.Response(body=data)

    # -- running

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _check(self) -> None:
        assert not self._problems
        # Of payloads that differ in nothing but ids, keys and times, the last is checked.
        distinct = {re.sub(r"\d{9,}|[0-9a-f]{8,}|\d+\.\d{6}", "", repr(sent)): sent for sent in self._unchecked}
        for method, payload in distinct.values():
            check(method, payload)


def _several(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _empty(payload: dict[str, Any]) -> str | None:
    return None if any(payload.get(part) for part in ("text", "blocks", "attachments")) else "no_text"


async def _arguments(request: web.Request) -> dict[str, Any]:
    """The arguments of a call, wherever they stand: in the address, in a form, in JSON, or in JSON within those."""
    payload: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        payload |= await request.json()
    elif request.can_read_body:
        payload |= await request.post()
    for name in NESTED:
        if isinstance(payload.get(name), str):
            payload[name] = json.loads(payload[name])
    for name in SWITCHES:
        if isinstance(payload.get(name), str):
            payload[name] = payload[name].lower() in {"1", "true"}
    return payload


@asynccontextmanager
async def loopback_slack() -> AsyncIterator[LoopbackSlack]:
    """A running server; its findings about payloads are asserted at the end."""
    server = LoopbackSlack()
    application = web.Application(client_max_size=32 << 20)
    application.router.add_get("/link/", server._socket_mode)
    application.router.add_get("/files/{name}", server._file)
    application.router.add_post("/upload/{file}", server._upload)
    application.router.add_post("/respond/{token}", server._respond)
    application.router.add_route("*", "/api/{method}", server._web_api)
    runner = web.AppRunner(application, shutdown_timeout=1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
        server._check()
    finally:
        await server._end()
        await runner.cleanup()
