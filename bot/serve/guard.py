"""What every request passes first: where it comes from, whose token it carries, how long it is and takes."""

from __future__ import annotations

import asyncio
import ipaddress
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders

from bot.serve.problems import ElsewhereError, LargeError, LateError, problem_of
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from bot.serve.tokens import Tokens

# The longest text that is verified has up to four bytes a character.
MAX_BODY = 4 * 1024 * 1024
# Seconds within which all of a request must have come.
BODY_SECONDS = 30
# What may be read without a token: it says nothing of the coverage.
OPEN_PATHS = frozenset({"/openapi.json"})
# No page may show or run what is told, and nobody on the way may keep it.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Lets requests through to `app`, each with the token of whoever calls in its state.

    Where only this machine is listened to (`local`), a request must name it as its host, and as its origin no page of
    another site: a site may give its own name the address of this machine, and have a browser here call.
    """

    def __init__(self, app: ASGIApp, tokens: Tokens, *, local: bool) -> None:
        self._app = app
        self._tokens = tokens
        self._local = local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sealed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            headers = Headers(scope=scope)
            if self._local:
                _require_here(headers)
            if scope["path"] not in OPEN_PATHS:
                scope.setdefault("state", {})["token"] = self._tokens.of(headers.get("authorization"))
            await self._app(scope, await _received(headers, receive), sealed)
        except OnTheRecordError as exc:
            await problem_of(exc)(scope, receive, sealed)
        except Exception:
            if not started:  # else it was told and logged where it came up
                raise


def _require_here(headers: Headers) -> None:
    host, origin = headers.get("host", ""), headers.get("origin")
    if not _is_here(f"//{host}"):
        raise ElsewhereError("This server answers as localhost and 127.0.0.1 only, and under no other name.")
    if origin is not None and not _is_here(origin):
        raise ElsewhereError("This server answers no pages of other sites.")


def _is_here(address: str) -> bool:
    """Whether the host of an address is this machine by a name that nobody else can give."""
    with suppress(ValueError):
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    return False


async def _received(headers: Headers, receive: Receive) -> Receive:
    """All of a request, to be received again.

    Raises:
        LargeError: it has more bytes than it may.
        LateError: it does not come within its time.

    """
    too_large = LargeError(f"A request has {MAX_BODY:,} bytes at most.")
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_BODY:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while (message := await receive())["type"] == "http.request":
                body += message.get("body", b"")
                if len(body) > MAX_BODY:
                    raise too_large
                if not message.get("more_body", False):
                    break
    except TimeoutError as exc:
        raise LateError(f"A request has to come within {BODY_SECONDS} seconds.") from exc
    # Where whoever called has gone meanwhile, that is received first and last.
    pending: list[Message] = [message if message["type"] != "http.request" else {**message, "body": bytes(body)}]

    async def again() -> Message:
        return pending.pop() if pending else await receive()

    return again
