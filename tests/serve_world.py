"""The server for other programs as it runs, on a real socket; every reply is held against its own OpenAPI document."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import tomllib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx2
import tomli_w
from jsonschema_rs import Draft202012Validator
from loopback import first_fault, run_until_stopped
from word_encoder import WordHashEncoder

from bot.desk import Desk
from bot.serve.app import serve
from bot.serve.program import Reception
from bot.serve.tokens import Tokens, make
from index.build import build

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping
    from pathlib import Path

BRIDGE = (
    "The mayor of Springfield opened a bridge on Monday.\n\nIt cost nine million, said Ann Smith. “We like it.”\n\n"
)
TEXTS = {
    "open": f"{BRIDGE}Nobody fell into the river Dee.",
    "2023/wire#1": f"{BRIDGE}The wire says that the bridge is made of balsa wood.",
    "whales": "Whales were seen off Nantucket by fishermen.\n\nThe bridge of the ship was “made of tin”, he said.",
}
OUTLETS = {"open": "Open Post", "2023/wire#1": "Secret Wire", "whales": None}
WIRE = "2023/wire#1"
# What nobody is told who may not see the wire.
HIDDEN = ("balsa", "Secret Wire", WIRE, hashlib.sha256(TEXTS[WIRE].encode()).hexdigest())
QUESTION = "What is the bridge of Springfield made of?"


def write_corpus(folder: Path, names: Collection[str] = tuple(TEXTS)) -> Path:
    """The articles, of which one is of an outlet that some may not see, and one of none that is known."""
    for name in names:
        text = TEXTS[name]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    cards = {f"{name}.txt": {"outlet": outlet} for name, outlet in OUTLETS.items() if outlet and name in names}
    (folder / "sources.toml").write_text(tomli_w.dumps(cards), encoding="utf-8")
    return folder


class Site:
    """A corpus with its index, the desk once it is opened, and the tokens that programs call with."""

    def __init__(self, folder: Path, names: Collection[str] = tuple(TEXTS)) -> None:
        self.corpus = write_corpus(folder / "corpus", names)
        self.data = folder / "data"
        self.tokens_file = folder / "tokens.toml"
        self.secrets: dict[str, str] = {}
        self.desks: list[Desk] = []
        self.reception = Reception(self.open, 3)

    def build(self) -> None:
        build(self.corpus, self.data, WordHashEncoder())

    def open(self) -> Desk:
        # Every question is answered, so that what is hidden cannot hide behind a refusal.
        self.desks.append(Desk(self.data, self.corpus, WordHashEncoder, caution=(0.0, 0.0)))
        return self.desks[-1]

    def token(self, name: str, **told: Any) -> str:
        """A new token in the file."""
        self.secrets[name], lines = make(name)
        tables = tomllib.loads(self.tokens_file.read_text(encoding="utf-8")) if self.tokens_file.exists() else {}
        tables |= {key: table | told for key, table in tomllib.loads(lines).items()}
        self.tokens_file.write_text(tomli_w.dumps(tables), encoding="utf-8")
        return self.secrets[name]

    @property
    def tokens(self) -> Tokens:
        return Tokens.read(self.tokens_file) if self.tokens_file.exists() else Tokens()


class Program:
    """Calls the server; each reply is checked to be one that the OpenAPI document tells of."""

    def __init__(self, address: str, token: str | None, document: Mapping[str, Any]) -> None:
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.client = httpx2.AsyncClient(base_url=address, headers=self.headers, timeout=120)
        self.document = document

    async def call(self, method: str, path: str, **sent: Any) -> httpx2.Response:
        reply = await self.client.request(method, path, **sent)
        self.check(method, path, reply)
        return reply

    async def get(self, path: str, **query: Any) -> Any:
        return (await self.call("GET", path, params=query)).json()

    async def post(self, path: str, **body: Any) -> Any:
        return (await self.call("POST", path, json=body)).json()

    def check(self, method: str, path: str, reply: httpx2.Response) -> None:
        known = "/articles/{id}" if path.startswith("/articles/") else path
        told = self.document["paths"][known][method.lower()]["responses"][str(reply.status_code)]
        schema = told["content"]["application/json"]["schema"] | {"components": self.document["components"]}
        assert first_fault(Draft202012Validator(schema), reply.json()) is None, reply.text
        assert reply.headers["content-type"] == "application/json"
        for name in told.get("headers", {}):
            assert reply.headers[name].isdecimal()

    async def stored(self, card: Mapping[str, Any], start: int, end: int) -> str:
        """What the server says that stands there in an article."""
        told = await self.get(f"/articles/{quote(card['id'])}", start=start, end=end)
        assert (told["article"], told["start"], told["end"]) == (card, start, end)
        return str(told["text"])


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@asynccontextmanager
async def served(site: Site, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """The address of the server as it runs, until a signal stops it."""
    port = free_port()

    async def until(ended: Callable[[], object]) -> None:
        while not (ended() or await listens(port)):
            await asyncio.sleep(0.01)

    async with run_until_stopped(serve(site.reception, site.tokens, host, port), until, lambda: False):
        yield f"http://127.0.0.1:{port}"


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@asynccontextmanager
async def calling(address: str, *tokens: str | None) -> AsyncIterator[list[Program]]:
    """A program for each token, or for none."""
    async with httpx2.AsyncClient() as anybody:
        document = (await anybody.get(f"{address}/openapi.json")).json()
    programs = [Program(address, token, document) for token in tokens]
    try:
        yield programs
    finally:
        for program in programs:
            await program.client.aclose()
