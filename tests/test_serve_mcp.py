"""The MCP server, called by the SDK's own client: over HTTP with tokens, and over the standard streams of a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from conftest import ROOT
from jsonschema_rs import Draft202012Validator
from loopback import first_fault
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from serve_world import HIDDEN, QUESTION, TEXTS, WIRE, Site, served

from bot.answer import Way

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mcp_types import CallToolResult

TOOLS = ["ask", "verify", "sources", "article", "status"]
# The protocol as it was, with a handshake, and as it is, where each request stands by itself.
ERAS = ["legacy", "auto"]
QUOTING = "“It cost nine million” and “we like them”"
# Runs `on-the-record` on an index that is made of words.
PROGRAM = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from word_encoder import WordHashEncoder
from bot import __main__ as cli
cli.SentenceTransformerEncoder = lambda _: WordHashEncoder()
cli.CAUTION["balanced"] = (0.0, 0.0)
print("This is none of the protocol.", file=sys.stderr)
cli.run()
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.build()
    return made


@asynccontextmanager
async def client(address: str, era: str, token: str | None = None) -> AsyncIterator[Client]:
    """A client of the server at an address, with a token or none."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=120) as web,
        Client(streamable_http_client(f"{address}/mcp", http_client=web), mode=era) as program,
    ):
        yield program


def process(site: Site, *args: str) -> StdioServerParameters:
    arguments = ["-c", PROGRAM, str(ROOT / "tests"), *args, "--index-dir", str(site.data)]
    env = {"READER_MODEL": "off", "CORPUS_DIR": str(site.corpus), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return StdioServerParameters(command=sys.executable, args=arguments, env=env, cwd=site.data.parent)


def text(result: CallToolResult) -> str:
    (block,) = result.content
    assert block.type == "text"
    return block.text


async def check_all(program: Client) -> None:
    """Every tool keeps the schema that it states, quotes what is stored, and says the same as text."""
    tools = {tool.name: tool for tool in (await program.list_tools()).tools}
    assert list(tools) == TOOLS
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())

    async def call(name: str, **arguments: Any) -> tuple[dict[str, Any], str]:
        assert first_fault(Draft202012Validator(tools[name].input_schema), arguments) is None
        result = await program.call_tool(name, arguments)
        assert not result.is_error, text(result)
        assert tools[name].output_schema
        assert first_fault(Draft202012Validator(tools[name].output_schema), result.structured_content) is None
        return result.structured_content, text(result)

    async def stored(card: dict[str, Any], start: int, end: int) -> str:
        told, shown = await call("article", id=card["id"], start=start, end=end)
        assert shown.endswith(f"\n\n{told['text']}")
        assert card["title"] in shown
        return str(told["text"])

    quoted = 0
    for way in (Way.BEST, Way.COMPARED, Way.SAID):
        answer, shown = await call("ask", question="Ann Smith" if way is Way.SAID else QUESTION, way=way, count=10)
        for excerpt in answer["excerpts"]:
            assert await stored(excerpt["article"], excerpt["start"], excerpt["end"]) == excerpt["text"]
            assert f"\n\n{excerpt['text']}" in shown
            place = f"article {excerpt['article']['id']}, characters {excerpt['start']} to {excerpt['end']}"
            assert f"paragraph {excerpt['paragraph']}" in shown
            assert place in shown
            quoted += 1
    assert quoted >= 5
    found, shown = await call("verify", text=QUOTING)
    assert [finding["verdict"] for finding in found["quotations"]] == ["exact", "altered"]
    assert "2 quotations: 1 exact, 1 altered." in shown
    assert len(found["quotations"][0]["places"]) == 2
    for place in (place for finding in found["quotations"] for place in finding["places"]):
        assert await stored(place["article"], place["start"], place["end"]) == place["text"]
    listed, shown = await call("sources", limit=2)
    assert [row["article"]["id"] for row in listed["sources"]] == sorted(TEXTS)[:2]
    assert shown.startswith("2 of 3 articles.\n")
    status, shown = await call("status")
    assert (status["articles"], status["generation"]) == (3, 1)
    assert "3 articles" in shown


@pytest.mark.parametrize("era", ERAS)
async def test_over_http_every_tool_keeps_its_schema_and_quotes_what_is_stored(site: Site, era: str) -> None:
    async with served(site) as address, client(address, era) as program:
        await check_all(program)


@pytest.mark.parametrize("era", ERAS)
async def test_over_http_a_token_tells_who_calls_and_what_they_see(site: Site, era: str) -> None:
    editor, partner = site.token("editor"), site.token("partner", hidden=["Secret Wire"], pace=3)
    async with served(site) as address:
        with pytest.raises(BaseExceptionGroup) as caught:
            async with client(address, era):
                pass
        assert "401" in repr(caught.value) or caught.group_contains(MCPError)
        async with client(address, era, editor) as seeing, client(address, era, partner) as blind:
            told = await seeing.call_tool("ask", {"question": QUESTION, "count": 10})
            assert "balsa" in text(told)
            for name, arguments in (
                ("ask", {"question": QUESTION, "count": 10}),
                ("verify", {"text": "Nothing is quoted here, but all of it is looked for."}),
                ("sources", {}),
                ("status", {}),
                ("article", {"id": WIRE}),
                ("article", {"id": HIDDEN[-1]}),
            ):
                told = await blind.call_tool(name, arguments)
                assert told.is_error == (name == "article")
                everything = text(told) + json.dumps(told.structured_content)
                assert [words for words in HIDDEN if words in everything] == []
            assert not (await blind.call_tool("ask", {"question": "bridge"})).is_error
            told = await blind.call_tool("ask", {"question": "bridge"})
            assert told.is_error
            assert text(told).startswith("You ask faster than I may answer. The next question is welcome in ")


async def test_what_cannot_be_used_is_told_to_the_model_in_a_sentence(site: Site) -> None:
    async with served(site) as address, client(address, "auto") as program:
        for name, arguments, start in (
            ("ask", {}, "question: "),
            ("ask", {"question": "x", "since": "the day of days"}, "“the day of days” "),
            ("status", {"q": 1}, "q: "),
            ("article", {"id": "nothing"}, "No article in the index has this id."),
        ):
            told = await program.call_tool(name, arguments)
            assert told.is_error
            assert text(told).startswith(start)
        with pytest.raises(MCPError, match="ask, verify, sources"):
            await program.call_tool("forget", {})


async def test_a_process_serves_a_client_over_its_standard_streams(site: Site) -> None:
    async with Client(process(site, "mcp")) as program:
        await check_all(program)


def test_a_process_writes_nothing_but_the_protocol(site: Site) -> None:
    started = process(site, "mcp")
    handshake = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    call = {"name": "ask", "arguments": {"question": QUESTION}}
    sent = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": handshake},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
    ]
    with subprocess.Popen(
        [started.command, *started.args],
        env={**os.environ, **(started.env or {})},
        cwd=started.cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as running:
        assert running.stdin
        assert running.stdout
        assert running.stderr
        for message in sent:
            running.stdin.write(json.dumps(message) + "\n")
        running.stdin.flush()
        replies = [json.loads(running.stdout.readline()) for _ in range(2)]
        running.stdin.close()
        rest, errors = running.stdout.read(), running.stderr.read()
    assert (running.returncode, rest) == (0, "")
    assert [reply["id"] for reply in replies] == [1, 2]
    assert replies[1]["result"]["structuredContent"]["answered"]
    assert "This is none of the protocol." in errors
    assert "Traceback" not in errors


def test_a_process_answers_over_http_until_it_is_stopped(site: Site) -> None:
    started = process(site, "serve", "--port", "0")
    with subprocess.Popen(
        [started.command, *started.args],
        env={**os.environ, **(started.env or {})},
        cwd=started.cwd,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as running:
        assert running.stderr
        line = next(line for line in running.stderr if "serve.listening" in line)
        answer = httpx2.post(f"{line.split('url=')[1].strip()}/ask", json={"question": QUESTION}, timeout=120).json()
        running.send_signal(signal.SIGTERM)
        rest = running.stderr.read()
    assert (running.returncode, "Traceback" in rest) == (0, False)
    assert answer["answered"]
