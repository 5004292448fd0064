"""A loopback Slack with the bot in it, as it runs, and how to read what it says.

Test modules import the fixtures, each under its long name; tests ask for them as `slack`, `corpus`, `desk` and
`settings`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from loopback import run_until_stopped
from slack_server import APP_TOKEN, BOT_TOKEN, CHANNEL, READER, TEAM, LoopbackSlack, elements, loopback_slack
from word_encoder import WordHashEncoder

from bot import admin, service
from bot.desk import Desk
from bot.settings import Settings
from bot.slack import connection
from bot.slack.app import run_slack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

# Whom settings name as an admin; the server's CHIEF is one as an admin of the workspace.
KEEPER = "U0KEEPER00"
QUESTION = "Who denied involvement in the Kremlin drone attack?"
PELICAN = "Which pelican stole the hat of the mayor?"
WALRUS = "Which walrus swam to which harbour?"
PASTA = "Which pasta shape won the bakery contest?"
# Seconds between a Socket Mode client's looks at its connection, where a test waits for one.
PING = 1.0


@pytest.fixture(name="slack")
async def slack_fixture(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LoopbackSlack]:
    """The server, with another person in it; the bot's pauses are short."""
    monkeypatch.setattr(connection, "RETRY_PAUSES", (0.01, 0.01))
    monkeypatch.setattr(admin, "PROGRESS_PAUSE", 0.05)
    async with loopback_slack() as running_server:
        add_person(running_server, KEEPER)
        yield running_server


@pytest.fixture(name="corpus")
def corpus_fixture(_discord_corpus: Path, tmp_path: Path) -> Path:
    """The articles of discord_world with outlets and dates, in a folder that may be changed."""
    return shutil.copytree(_discord_corpus, tmp_path / "corpus")


@pytest.fixture(name="desk")
def desk_fixture(_discord_corpus: Path, corpus: Path, tmp_path: Path) -> Iterator[Desk]:
    """A desk over a copy of an index of the corpus."""
    data = shutil.copytree(_discord_corpus.parent / "data", tmp_path / "data")
    desk = Desk(data, corpus, WordHashEncoder)
    yield desk
    desk.close()


@pytest.fixture(name="settings")
def settings_fixture(corpus: Path, tmp_path: Path, slack: LoopbackSlack) -> Settings:
    return Settings(
        corpus_dir=corpus,
        index_dir=tmp_path / "data",
        slack_bot_token=BOT_TOKEN,
        slack_app_token=APP_TOKEN,
        slack_api_base=slack.api.rstrip("/"),
        slack_admin_user_ids=frozenset({KEEPER}),
    )


# ---- Running the bot -------------------------------------------------------------------------------------------------


async def run(settings: Settings, desk: Desk) -> None:
    """The bot on Slack, as it is run."""
    await service.run(settings, desk, [partial(run_slack, settings, desk)])


@contextlib.asynccontextmanager
async def running(settings: Settings, desk: Desk, slack: LoopbackSlack) -> AsyncIterator[asyncio.Task[None]]:
    """The bot connected; stopped by a signal at the end, as a person would."""
    async with run_until_stopped(run(settings, desk), slack.until, lambda: slack.connected) as task:
        yield task


@contextlib.asynccontextmanager
async def restarted(settings: Settings, slack: LoopbackSlack) -> AsyncIterator[Desk]:
    """Another bot with another desk over the same index folder."""
    with contextlib.closing(Desk(settings.index_dir, settings.corpus_dir, WordHashEncoder)) as desk:
        async with running(settings, desk, slack):
            yield desk


@contextlib.asynccontextmanager
async def stall_of_the_loop(what: str) -> AsyncIterator[None]:
    """Print the most processor time that was spent while the event loop stood still, however busy the machine is."""
    longest, before = 0.0, time.process_time()

    async def watch() -> None:
        nonlocal longest, before
        while True:
            await asyncio.sleep(0.005)
            now = time.process_time()
            longest, before = max(longest, now - before), now

    watcher = asyncio.create_task(watch())
    try:
        yield
        print(f"\n{what}: longest stall of the event loop {longest * 1000:.0f} ms")
        assert longest < 3
    finally:
        watcher.cancel()


def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Socket Mode clients look at their connection every second instead of every five."""
    made = connection._Socket.__init__

    def initialise(client: Any, bot: Any, bolt: Any) -> None:
        made(client, bot, bolt)
        client.ping_interval = PING

    monkeypatch.setattr(connection._Socket, "__init__", initialise)


def add_person(slack: LoopbackSlack, user: str) -> str:
    """One more person, by id; they may read, and no more."""
    slack.users[user] = slack._user(user)
    return user


async def settings_of(desk: Desk, channel: str = CHANNEL, server: str = TEAM, **settings: Any) -> None:
    """Set how the bot behaves in a channel, or with "" in the workspace."""
    await desk.record(lambda records: records.places.change("slack", server, channel, **settings))


# ---- What the bot says -----------------------------------------------------------------------------------------------


def shown(payload: dict[str, Any]) -> str:
    """All words of a message's or a view's blocks, those of its buttons and menus too, a line for each block."""
    return "\n".join("".join(_words(block)) for block in payload.get("blocks") or [])


def buttons(payload: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The buttons of a message by label."""
    found = (element for _, element in elements(payload.get("blocks") or []) if element["type"] == "button")
    return {element["text"]["text"]: element for element in found}


def button(message: dict[str, Any], what: str, number: int = 0) -> str:
    """The action of an answer's button, which is there."""
    name = f"answer:{what}:{number}"
    assert name in {element["action_id"] for _, element in elements(message["blocks"])}, f"there is no {name}"
    return name


async def ask_context(slack: LoopbackSlack, answer: dict[str, Any], number: int, user: str = READER) -> str:
    """A person asks for an excerpt's context: from the menu, or with the button where there is but one excerpt."""
    if any(element["action_id"] == "context" for _, element in elements(answer["blocks"])):
        return await slack.select(answer, "context", f"{key_of(answer)} {number}", user=user)
    return await slack.press(answer, button(answer, "context", number), user=user)


def key_of(message: dict[str, Any]) -> str:
    """What an answer is kept under, from its buttons."""
    pressed = (element for _, element in elements(message["blocks"]) if element["action_id"].startswith("answer:"))
    return str(next(pressed)["value"]).split()[0]


async def kept(desk: Desk, message: dict[str, Any]) -> dict[str, Any]:
    """What the bot keeps of an answer that it sent."""
    fields = await desk.recall(lambda records: records.messages.fields(key_of(message)))
    assert fields is not None
    return fields


def cited(payload: dict[str, Any]) -> list[str]:
    """The citations of an answer: the sections that begin with a number, in order."""
    parts = (block for block in payload["blocks"] if block["type"] == "rich_text")
    sections = (block for block in parts if block["elements"][0]["type"] == "rich_text_section")
    return [words for words in ("".join(_words(block)) for block in sections) if re.match(r"\d+\. ", words)]


def _words(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for inner in part:
            yield from _words(inner)
    elif isinstance(part, dict):
        if isinstance(words := part.get("text"), str):
            yield words
        elif part.get("type") == "link":
            yield part["url"]
        for name, inner in part.items():
            if name != "options":
                yield from _words(inner) if isinstance(inner, list | dict) else ()
