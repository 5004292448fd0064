"""Discord on loopback: a gateway and the REST routes the bot uses, and a check of what Discord would refuse.

The gateway speaks real websocket frames with zlib-stream compression, as Discord does.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
import re
import time
import zlib
from collections import defaultdict
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import discord
import jsonschema_rs
from aiohttp import WSMsgType, web
from conftest import SHARED
from loopback import first_fault, run_until_stopped

from bot import service
from bot.discord.app import run_discord

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from bot.desk import Desk
    from bot.settings import Settings

OPENAPI = SHARED / "spec" / "discord-openapi.json"
COMPONENTS_V2 = 1 << 15
TOKEN = "loopback.secret.token"
APPLICATION, GUILD, CHANNEL, OWNER, READER = (100_000_000_000_000_000 + n for n in range(1, 6))


# ---- What Discord would refuse ---------------------------------------------------------------------------------------


def check(method: str, path: str, payload: Any, files: Sequence[str] | None = None) -> None:
    """Assert that Discord would take a request's JSON, by its published document where present and by its limits.

    `files` are the names of the files that are sent with it; None where they are not known.
    """
    if payload is None:
        return
    if OPENAPI.exists():
        template = _template(OPENAPI, method.lower(), path)
        fault = first_fault(_validator(OPENAPI, method.lower(), template), payload)
        assert fault is None, f"{method} {path}: {fault}"
    if path.endswith("/callback"):
        _check_callback(payload, files)
    elif re.search(r"/messages(?:/[^/]+)?$", path) or path.startswith("/webhooks/"):
        check_message(payload, files)


def check_message(message: dict[str, Any], files: Sequence[str] | None = None) -> None:
    """Assert the limits of a message that the document lacks or has wrong."""
    assert message["allowed_mentions"]["parse"] == [], "a quotation could ping"
    assert not message["allowed_mentions"].get("replied_user"), "the asker would be pinged"
    content, embeds = message.get("content") or "", message.get("embeds") or []
    components = walk(message.get("components") or [])
    assert _width(content) <= 2000
    assert sum(_width(text) for embed in embeds for text in _texts(embed)) <= 6000
    ids = [component["custom_id"] for component in components if "custom_id" in component]
    assert len(ids) == len(set(ids))
    assert all(1 <= len(name) <= 100 for name in ids)
    assert len(components) <= 40
    for component in components:
        _check_component(component)
    if files is not None:
        assert [file["filename"] for file in message.get("attachments") or []] == list(files)
        assert len(files) <= 10
    if message.get("flags", 0) & COMPONENTS_V2:
        assert components
        assert not content
        assert not embeds
        texts = [component["content"] for component in components if component["type"] == 10]
        assert sum(map(_width, texts)) <= 4000
        assert all(text.strip() for text in texts)
        shown = {component["file"]["url"] for component in components if component["type"] == 13}
        # A file that no component shows is seen by nobody.
        assert files is None or shown == {f"attachment://{name}" for name in files}
    else:
        assert all(component["type"] == 1 for component in message.get("components") or [])
        assert content.strip() or embeds or components or message.get("attachments")


def _check_component(component: dict[str, Any]) -> None:
    match component["type"]:
        case 1:
            assert 1 <= len(component["components"]) <= 5
        case 2:
            assert component.get("label") or component.get("emoji"), "a button shows nothing"
            assert _width(component.get("label") or "") <= 80
        case 3:
            assert 1 <= len(component["options"]) <= 25
            assert _width(component.get("placeholder") or "") <= 150
            for option in component["options"]:
                assert 1 <= _width(option["label"].strip()) <= _width(option["label"]) <= 100
                assert _width(option.get("description") or "") <= 100
        case 9:
            assert 1 <= len(component["components"]) <= 3
            assert all(child["type"] == 10 for child in component["components"])
            assert (component.get("accessory") or {}).get("type") in (2, 11)
        case 17:
            assert component["components"]
            assert all(child["type"] in (1, 9, 10, 12, 13, 14) for child in component["components"])


def _check_callback(callback: dict[str, Any], files: Sequence[str] | None) -> None:
    data = callback.get("data") or {}
    if callback["type"] == 8:
        assert len(data["choices"]) <= 25
        for choice in data["choices"]:
            assert 1 <= len(choice["name"]) <= 100
            assert 1 <= len(choice["value"]) <= 100
            assert choice["name"].strip()
    elif callback["type"] in (4, 7):
        check_message(data, files)


def walk(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Components with all that is in them, from above; a section's button comes after its texts."""
    found = []
    for component in components:
        found += [component, *walk(component.get("components", []))]
        if "accessory" in component:
            found.append(component["accessory"])
    return found


def _texts(embed: dict[str, Any]) -> list[str]:
    fields = [text for field in embed.get("fields", []) for text in (field["name"], field["value"])]
    named = [embed.get("footer", {}).get("text", ""), embed.get("author", {}).get("name", "")]
    return [embed.get("title") or "", embed.get("description") or "", *named, *fields]


def _width(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@cache
def _document(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    # discord.py sends some snowflakes as numbers, which Discord takes.
    document["components"]["schemas"]["SnowflakeType"] = {"type": ["string", "integer"]}
    # The document lacks media channels, which discord.py names together with forums.
    document["components"]["schemas"]["ChannelTypes"]["oneOf"].append({"title": "GUILD_MEDIA", "const": 16})
    return document


@cache
def _template(file: Path, method: str, path: str) -> str:
    """The route of the document that a path belongs to, the one with the most literal parts first."""
    fitting = [
        template
        for template, operations in _document(file)["paths"].items()
        if method in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    ]
    assert fitting, f"Discord's document has no {method} {path}"
    return min(fitting, key=lambda template: template.count("{"))


@cache
def _validator(file: Path, method: str, template: str) -> jsonschema_rs.Draft202012Validator:
    document = _document(file)
    body = document["paths"][template][method]["requestBody"]["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator({**body, "components": document["components"]})


def reply(data: Any, status: int = 200, **headers: str) -> web.Response:
    """JSON as Discord sends it: discord.py does not read it with a charset in its type."""
    return web.Response(body=json.dumps(data), status=status, headers=headers, content_type="application/json")


# ---- The server ------------------------------------------------------------------------------------------------------


class LoopbackDiscord:
    """Records every request, checks it, and plays the events a test asks for."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, Any]] = []
        self.identified = self.resumed = self.connections = 0
        # Answers to give instead of the usual one, by "METHOD path", each used once.
        self.faults: dict[str, list[web.Response]] = defaultdict(list)
        # A request to a held route waits until the event is set.
        self.holds: dict[str, asyncio.Event] = {}
        self.waiting = 0
        # How long each interaction waited for the bot's first word, by its token, in seconds; Discord waits three.
        self.acknowledged: dict[str, float] = {}  # seconds of the processor
        self._interacted: dict[str, float] = {}
        self.channels = [CHANNEL]
        # Files that people attach, by name.
        self.files: dict[str, bytes] = {}
        self.refuse_gateway = False
        self.close_code: int | None = None
        # Checked at the end: that takes longer than the bot's own work, on the same event loop.
        self._unchecked: list[tuple[str, str, Any, list[str]]] = []
        self._socket: web.WebSocketResponse | None = None
        self._deflate: dict[web.WebSocketResponse, Any] = {}
        self.shards: list[list[int]] = []  # number and count of each connection that named them
        self._sequence = 0
        self._missed: list[dict[str, Any]] = []
        # Ids carry the time: an interaction from long ago would be expired.
        self.ids = itertools.count(discord.utils.time_snowflake(discord.utils.utcnow()))
        self.port = 0

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v10"

    @property
    def gateway(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway"

    # -- what a test does

    async def until(self, ready: Any) -> None:
        """Wait until `ready()` is true."""
        async with asyncio.timeout(120):
            while not ready():
                await asyncio.sleep(0.01)

    async def sent(self, method: str, path: str, count: int = 1) -> list[Any]:
        """The payloads of requests whose path contains `path`, once there are `count` of them."""
        await self.until(lambda: len(self.found(method, path)) >= count)
        return self.found(method, path)

    def found(self, method: str, path: str) -> list[Any]:
        return [payload for verb, where, payload in self.requests if verb == method and path in where]

    async def mention(self, text: str, **more: Any) -> None:
        """A person writes a message that mentions the bot, in a guild's channel."""
        await self.dispatch("MESSAGE_CREATE", self.message(f"<@{APPLICATION}> {text}", mentions=[self.bot()], **more))

    async def interact(self, kind: int, data: dict[str, Any], **more: Any) -> str:
        """A person uses a command (kind 2), presses a button (3) or types into an option (4); its token."""
        number = next(self.ids)
        token = f"interaction-token-{number}"
        self._interacted[token] = time.process_time()
        event = {
            "id": str(number),
            "application_id": str(APPLICATION),
            "type": kind,
            "token": token,
            "version": 1,
            "guild_id": str(GUILD),
            "channel_id": str(CHANNEL),
            "channel": {"id": str(CHANNEL), "type": 0, "name": "news", "permissions": "0", "guild_id": str(GUILD)},
            "member": {**self.member(self.user(READER)), "permissions": "0"},
            "data": data,
            "app_permissions": "0",
            "locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {"0": str(GUILD)},
            "attachment_size_limit": 10_000_000,
            **more,
        }
        if event["guild_id"] is None:
            event["user"] = event.pop("member")["user"]
        await self.dispatch("INTERACTION_CREATE", event)
        return token

    async def slash(self, name: str, options: dict[str, Any], user: int = READER, channel: int = CHANNEL) -> str:
        """A person uses a slash command; an option that is a payload is an attached file."""
        files = {value["id"]: value for value in options.values() if isinstance(value, dict)}
        data = {"id": "7", "name": name, "type": 1, "options": self.options(options)}
        return await self.interact(
            2,
            {**data, "resolved": {"attachments": files}} if files else data,
            member={**self.member(self.user(user)), "permissions": "0"},
            channel_id=str(channel),
            channel={"id": str(channel), "type": 0, "name": "news", "permissions": "0", "guild_id": str(GUILD)},
        )

    async def press(self, custom_id: str, message: dict[str, Any], user: int = READER, **more: Any) -> str:
        """A person presses a button of a message that the bot has sent, given as the payload that sent it."""
        components = copy.deepcopy(message["components"])
        for number, component in enumerate(walk(components), start=1):
            component["id"] = number
        shown = self.message("", author=self.bot(), components=components, flags=message.get("flags", 0))
        member = {**self.member(self.user(user)), "permissions": "0"}
        return await self.interact(
            3, {"component_type": 2, "custom_id": custom_id}, message=shown, **{"member": member, **more}
        )

    def attachment(self, name: str, data: bytes) -> dict[str, Any]:
        """The payload of a file that a person attaches; the server gives it to whoever asks."""
        self.files[name] = data
        url = f"http://127.0.0.1:{self.port}/files/{name}"
        kind = {"content_type": "text/plain; charset=utf-8", "size": len(data)}
        return {"id": str(next(self.ids)), "filename": name, "url": url, "proxy_url": url, **kind}

    async def drop(self) -> None:
        """End the websocket as a network does that comes and goes; events until the resume are kept."""
        assert self._socket is not None
        socket, self._socket = self._socket, None
        await socket.close(code=4000)

    async def dispatch(self, event: str, data: Any) -> None:
        self._sequence += 1
        frame = {"op": 0, "t": event, "s": self._sequence, "d": data}
        if self._socket is None:
            self._missed.append(frame)
        else:
            await self._send(self._socket, frame)

    # -- payloads

    @staticmethod
    def options(options: dict[str, Any], focused: str | None = None) -> list[dict[str, Any]]:
        kinds = {bool: 5, str: 3, int: 4, dict: 11}
        found = [
            {"name": name, "type": kinds[type(value)], "value": value["id"] if isinstance(value, dict) else value}
            for name, value in options.items()
        ]
        return [{**option, "focused": True} if option["name"] == focused else option for option in found]

    def user(self, number: int) -> dict[str, Any]:
        return {"id": str(number), "username": f"user{number}", "discriminator": "0", "avatar": None, "bot": False}

    def bot(self) -> dict[str, Any]:
        return {**self.user(APPLICATION), "username": "record", "bot": True}

    def member(self, user: dict[str, Any]) -> dict[str, Any]:
        return {
            "user": user,
            "roles": [],
            "joined_at": "2026-01-01T00:00:00+00:00",
            "deaf": False,
            "mute": False,
            "flags": 0,
        }

    def message(self, content: str, **more: Any) -> dict[str, Any]:
        author = self.user(READER)
        return {
            "id": str(next(self.ids)),
            "channel_id": str(CHANNEL),
            "guild_id": str(GUILD),
            "author": author,
            "member": {key: value for key, value in self.member(author).items() if key != "user"},
            "content": content,
            "timestamp": "2026-01-01T00:00:00+00:00",
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "pinned": False,
            "type": 0,
            "components": [],
            **more,
        }

    def guild(self) -> dict[str, Any]:
        everyone = {
            "id": str(GUILD),
            "name": "@everyone",
            "permissions": "0",
            "position": 0,
            "color": 0,
            "hoist": False,
        }
        role = {**everyone, "managed": False, "mentionable": False, "flags": 0}
        channel = {"type": 0, "name": "news", "position": 0, "permission_overwrites": []}
        return {
            "id": str(GUILD),
            "name": "Newsroom",
            "owner_id": str(OWNER),
            "roles": [role],
            "channels": [{**channel, "id": str(number)} for number in self.channels],
            "members": [self.member(self.bot())],
            "member_count": 3,
        }

    # -- REST

    async def _rest(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/api/v10")
        route = f"{request.method} {path}"
        files = {}
        if request.content_type == "multipart/form-data":
            form = await request.post()
            payload = json.loads(str(form["payload_json"]))
            files = {part.filename: part.file.read() for part in form.values() if isinstance(part, web.FileField)}
        else:
            payload = await request.json() if request.can_read_body else None
        for held, event in self.holds.items():
            if held in route:
                self.waiting += 1
                await event.wait()
        for fault, responses in self.faults.items():
            if fault in route and responses:
                self.requests.append((request.method, f"{path} (fault)", payload))
                return responses.pop(0)
        if (
            request.headers.get("Authorization") != f"Bot {TOKEN}"
            and "/interactions/" not in path
            and "/webhooks/" not in path
        ):
            return reply({"code": 0, "message": "401: Unauthorized"}, status=401)
        self._unchecked.append((request.method, path, payload, list(files)))
        self.requests.append((request.method, path, payload))
        return self._answer(route, path, payload)

    def _answer(self, route: str, path: str, payload: Any) -> web.Response:
        if route == "GET /users/@me":
            return reply({**self.bot(), "flags": 0, "verified": True, "mfa_enabled": False})
        if route == "GET /oauth2/applications/@me":
            application = {"id": str(APPLICATION), "name": "On the Record", "description": "", "icon": None}
            more = {"bot_public": False, "bot_require_code_grant": False, "verify_key": "", "flags": 0}
            return reply({**application, **more, "owner": self.user(OWNER)})
        if route.endswith("/commands"):
            kept = {"application_id": str(APPLICATION), "version": "1", "type": 1, "description": ""}
            return reply([{"id": str(n), **kept, **command} for n, command in enumerate(payload, start=1)])
        if path.endswith("/callback"):
            token = path.split("/")[3]
            self.acknowledged[token] = time.process_time() - self._interacted[token]
            return reply({"interaction": {"id": path.split("/")[2], "type": 2}})
        if path.endswith("/typing") or route.startswith("DELETE "):
            return web.Response(status=204)
        return reply({**self.message(""), "author": self.bot(), "flags": (payload or {}).get("flags", 0)})

    async def _file(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["name"]])

    # -- gateway

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        if self.refuse_gateway:
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._deflate[socket] = zlib.compressobj()
        await self._send(socket, {"op": 10, "d": {"heartbeat_interval": 41_250}})
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            await self._received(socket, json.loads(frame.data))
        return socket

    async def _received(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        if frame["op"] == 1:
            await self._send(socket, {"op": 11})
        elif frame["op"] == 2:
            assert frame["d"]["token"] == TOKEN
            # Members, presences and message content need Discord's approval; the bot must not ask for them.
            assert not frame["d"]["intents"] & (1 << 1 | 1 << 8 | 1 << 15)
            if self.close_code:
                await socket.close(code=self.close_code)
                return
            self._socket = socket
            ready = {
                "v": 10,
                "user": self.bot(),
                "guilds": [{"id": str(GUILD), "unavailable": True}],
                "session_id": "s1",
            }
            if shard := frame["d"].get("shard"):
                ready["shard"] = shard
                self.shards.append(shard)
            application = {"id": str(APPLICATION), "flags": 0}
            await self.dispatch("READY", {**ready, "resume_gateway_url": self.gateway, "application": application})
            await self.dispatch("GUILD_CREATE", self.guild())
            self.identified += 1
        elif frame["op"] == 6:
            assert frame["d"]["session_id"] == "s1"
            self._socket = socket
            missed, self._missed = self._missed, []
            for event in missed:
                await self._send(socket, event)
            await self.dispatch("RESUMED", {})
            self.resumed += 1

    async def _send(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        deflate = self._deflate[socket]
        data = deflate.compress(json.dumps(frame).encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
        await socket.send_bytes(data)


@asynccontextmanager
async def loopback_discord() -> AsyncIterator[LoopbackDiscord]:
    """A running server; its findings about payloads are asserted at the end."""
    server = LoopbackDiscord()
    application = web.Application(client_max_size=32 << 20)
    application.router.add_get("/gateway", server._gateway)
    application.router.add_get("/files/{name}", server._file)
    application.router.add_route("*", "/api/v10/{path:.*}", server._rest)
    runner = web.AppRunner(application, shutdown_timeout=1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
        # Of requests that differ in nothing but ids, the last is checked.
        distinct = {re.sub(r"\d{15,}|[0-9a-f]{12}", "", repr(request)): request for request in server._unchecked}
        for request in distinct.values():
            check(*request)
    finally:
        await runner.cleanup()


async def run(settings: Settings, desk: Desk) -> None:
    await service.run(settings, desk, [partial(run_discord, settings, desk)])


@asynccontextmanager
async def running(settings: Settings, desk: Desk, server: LoopbackDiscord) -> AsyncIterator[asyncio.Task[None]]:
    """The bot connected; stopped by a signal at the end, as a person would."""
    async with run_until_stopped(run(settings, desk), server.until, lambda: server.identified) as task:
        yield task
