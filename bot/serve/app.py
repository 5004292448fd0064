"""Runs the servers for other programs: HTTP with MCP on the same address, or MCP over standard input and output."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from mcp.server.stdio import stdio_server
from starlette.routing import Route

from bot.serve.guard import Guard
from bot.serve.http import http_app
from bot.serve.mcp import mcp_server, over_http
from bot.serve.program import Program, Reception
from bot.serve.tokens import LOCAL, Tokens
from bot.service import TELLING, StoppingError, stop_signals
from index.errors import IndexUnavailableError, OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fastapi import FastAPI
    from mcp.server import Server
    from starlette.requests import Request

# Connections at once, each of which takes a file; beyond, whoever comes is sent away.
CONNECTIONS = 500
# The longest line of a request with its headers, in bytes.
HEAD = 16 * 1024

log = logging.getLogger("bot.serve")


class ServeError(OnTheRecordError):
    """The address cannot be listened on; the message says why."""

    exit_status = 78


class _Server(uvicorn.Server):
    """A server that leaves signals to who runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield


async def serve(reception: Reception, tokens: Tokens, host: str, port: int) -> None:
    """Answer over HTTP until SIGINT or SIGTERM, and then end what is under way.

    Raises:
        ServeError: the address cannot be had, or others reach it and there are no tokens.
        OnTheRecordError: the desk cannot be opened, for another reason than that there is no index yet.

    """
    with _listening(host, port) as listening, stop_signals() as stop:
        address, number = listening.getsockname()[:2]
        local = ipaddress.ip_address(address).is_loopback
        if not (local or tokens):
            raise ServeError(
                f"Others can reach {host}, so that tokens are needed: run `on-the-record token NAME`, put what it "
                "prints into a file, and name that in SERVE_TOKENS. Or leave --host out, and this machine alone is "
                "listened to."
            )
        server = _Server(
            uvicorn.Config(
                Guard(_application(reception), tokens, local=local), http="h11", ws="none", lifespan="on",
                log_config=None, access_log=False, server_header=False, proxy_headers=False,
                limit_concurrency=CONNECTIONS, h11_max_incomplete_event_size=HEAD,
                timeout_graceful_shutdown=int(TELLING),
            )
        )  # fmt: skip
        serving = asyncio.create_task(server.serve([listening]))
        shown = f"[{address}]" if ":" in address else address
        log.info("serve.listening url=http://%s:%d", shown, number)
        opening = asyncio.create_task(_open(reception, tokens))
        opening.add_done_callback(lambda done: stop.set() if done.exception() else None)
        serving.add_done_callback(lambda _: stop.set())
        await stop.wait()
        await reception.close()
        server.should_exit = True
        await serving
        await opening


async def serve_stdio(reception: Reception) -> None:
    """Answer as an MCP server over standard input and output, until the input ends."""
    server = mcp_server(lambda _: Program(reception, LOCAL))
    async with stdio_server() as (read, write):
        # The model is loaded while the client makes itself known; what fails is told to the first that asks.
        opening = asyncio.create_task(_open(reception, Tokens()))
        await server.run(read, write, server.create_initialization_options())
        await reception.close()
        await asyncio.gather(opening, return_exceptions=True)


def _application(reception: Reception) -> FastAPI:
    """HTTP, and beside it MCP under /mcp."""
    server: Server[Any] = mcp_server(lambda ctx: Program(reception, cast("Request", ctx.request).state.token))
    sessions = over_http(server)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with sessions.run():
            yield

    app = http_app(reception, lifespan)
    # No streams from the server: there is nothing to tell but answers.
    app.router.routes.append(Route("/mcp", sessions.asgi_app, methods=["POST"]))
    return app


async def _open(reception: Reception, tokens: Tokens) -> None:
    """Open the desk before anybody asks; that there is no index yet is no reason to stop."""
    try:
        outlets = await reception.at_desk(lambda desk: desk.outlets())
    except (IndexUnavailableError, StoppingError) as exc:
        log.warning("serve.no_index error=%s", exc)
        return
    for name, outlet in tokens.naming_none_of(outlets):
        log.warning("serve.unknown_outlet token=%s outlet=%s", name, outlet)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.create_server(where, family=family)
    except OSError as exc:
        raise ServeError(
            f"{host} cannot be listened on at port {port}: {exc.strerror}. Choose another with --host and --port."
        ) from exc
    with listening:
        yield listening
