"""The same for language models: an MCP server (Model Context Protocol) with a tool for each thing that may be asked."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from mcp.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult, ListToolsResult, TextContent, Tool, ToolAnnotations
from pydantic import TypeAdapter

from bot import schema
from bot.serve.asked import Asked, Nothing, Question, Text, Wanted, Which
from bot.serve.guard import MAX_BODY
from bot.serve.problems import sentence
from bot.serve.program import Program

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp.server import ServerRequestContext
    from mcp_types import CallToolRequestParams, PaginatedRequestParams

    from bot.serve.told import Told

_INSTRUCTIONS = (
    "Answers come from a body of news articles, in the articles' own words. Repeat excerpts as they are, each with its "
    "source, and say so where the coverage does not answer: what comes closest then is no answer. What is not found in "
    "this index may have been reported all the same."
)
_READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


@dataclass(frozen=True, slots=True)
class _Call:
    """What may be asked, what is told, and the method of `Program` in between."""

    about: str
    asked: type[Asked]
    told: Any
    do: Callable[[Program, Any], Awaitable[Told[Any]]]


_CALLS = {
    "ask": _Call(
        "Answer a question about the coverage with verbatim excerpts, each with its source, or say why not.",
        Question, schema.Answer, Program.ask,
    ),
    "verify": _Call(
        "Hold every quotation of a text against the articles, word for word: exact, altered, misattributed, not found.",
        Text, schema.Verification, Program.verify,
    ),
    "sources": _Call("List the articles in the index.", Wanted, schema.Sources, Program.sources),
    "article": _Call(
        "The stored text of an article, or a stretch of it, such as the text around an excerpt.",
        Which, schema.Stored, Program.article,
    ),
    "status": _Call("Which index is served, and how much it holds.", Nothing, schema.Status, Program.status),
}  # fmt: skip


def mcp_server(caller: Callable[[ServerRequestContext[Any, Any]], Program]) -> Server[Any]:
    """The server; `caller` tells who calls."""
    tools = [
        Tool(
            name=name,
            description=call.about,
            input_schema=call.asked.model_json_schema(),
            output_schema=TypeAdapter(call.told).json_schema(),
            annotations=_READ_ONLY,
        )
        for name, call in _CALLS.items()
    ]

    async def list_tools(_: Any, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=tools)

    async def call_tool(ctx: ServerRequestContext[Any, Any], params: CallToolRequestParams) -> CallToolResult:
        if params.name not in _CALLS:
            raise MCPError(INVALID_PARAMS, f"There is no such tool; there are {', '.join(_CALLS)}.")
        call = _CALLS[params.name]
        try:
            told = await call.do(caller(ctx), call.asked.model_validate(params.arguments or {}))
        except Exception as exc:  # noqa: BLE001 – whatever it is, the model is told in a sentence
            return CallToolResult(content=[TextContent(text=sentence(exc))], is_error=True)
        return CallToolResult(content=[TextContent(text=told.text)], structured_content=told.fields)

    return Server(
        "on-the-record", title="On the Record", version=version("on-the-record"), instructions=_INSTRUCTIONS,
        on_list_tools=list_tools, on_call_tool=call_tool,
    )  # fmt: skip


def over_http(server: Server[Any]) -> StreamableHTTPSessionManager:
    """Answers the server's requests over HTTP, each by itself and for whoever made it: no session outlives one."""
    return StreamableHTTPSessionManager(server, json_response=True, stateless=True, max_request_body_size=MAX_BODY)
