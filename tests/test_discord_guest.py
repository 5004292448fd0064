"""The bot where somebody has brought it: what it may show there, and to whom, against Discord on loopback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import discord
import pytest
from conftest import dated_corpus
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord_server import (
    APPLICATION,
    CHANNEL,
    GUILD,
    OWNER,
    READER,
    TOKEN,
    LoopbackDiscord,
    loopback_discord,
    running,
    walk,
)
from word_encoder import WordHashEncoder

from bot.desk import Desk
from bot.discord import views
from bot.discord.app import OnTheRecordBot
from bot.settings import Settings
from index.build import build

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OTTER = "Which otter in Bruges stole the umbrella?"
ARTICLES = {
    "otter": ("The Post", "2023-05-06", "An otter in Bruges stole the umbrella of its neighbour."),
    "zebra": ("The Paper", "2023-05-03", "A zebra in Ghent stole the umbrella of a mayor."),
}
STRANGERS, THEIRS = "900000000000000001", "900000000000000002"
BY_READER = {"authorizing_integration_owners": {"1": str(READER)}}
# A member of another server, whose role has the number of one that makes admins here.
ROLE = 900000000000000003
ELSEWHERE = {
    **BY_READER,
    "context": 0,
    "guild_id": STRANGERS,
    "guild": {"id": STRANGERS, "features": [], "locale": "en-US"},
    "channel_id": THEIRS,
    "channel": {"id": THEIRS, "type": 0, "name": "theirs", "position": 0, "guild_id": STRANGERS, "permissions": "0"},
}
THREAD: dict[str, Any] = {
    "id": "900000000000000004", "type": 11, "name": "talk", "permissions": "0", "guild_id": STRANGERS,
    "parent_id": THEIRS, "owner_id": str(OWNER), "message_count": 0, "member_count": 0,
    "thread_metadata": {"archived": False, "auto_archive_duration": 60, "archive_timestamp": "2026-01-01T00:00Z"},
}  # fmt: skip
AMONG_PEOPLE = {
    **BY_READER,
    "context": 2,
    "guild_id": None,
    "channel_id": THEIRS,
    "channel": {"id": THEIRS, "type": 3, "name": "friends", "icon": None, "owner_id": str(OWNER), "recipients": []},
}
PLACES = {"another server": ELSEWHERE, "a thread there": {**ELSEWHERE, "channel": THREAD}, "people": AMONG_PEOPLE}


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LoopbackDiscord]:
    """The bot is there, in a server of which another channel sees only The Paper."""
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    corpus = dated_corpus(tmp_path / "corpus", ARTICLES)
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder)
    await desk.record(lambda records: records.places.change("discord", str(GUILD), "another", outlets=("The Paper",)))
    async with loopback_discord() as loopback:
        settings = Settings(
            corpus_dir=corpus, index_dir=tmp_path / "data", discord_token=TOKEN, admin_role_ids=frozenset({ROLE}),
            discord_api_base=loopback.api, discord_gateway=loopback.gateway,
        )  # fmt: skip
        async with running(settings, desk, loopback):
            yield loopback
    desk.close()


def person(server: LoopbackDiscord, where: dict[str, Any], user: int = READER) -> dict[str, Any]:
    """Whoever uses something, as Discord tells of them."""
    return {**where, "member": {**server.member(server.user(user)), "roles": [str(ROLE)], "permissions": "0"}}


async def ask(server: LoopbackDiscord, where: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """How a public question is acknowledged, and what comes of it."""
    data = {"id": "7", "name": "ask", "type": 1, "options": server.options({"question": OTTER, "private": False})}
    token = await server.interact(2, data, **person(server, where))
    (acknowledged,) = await server.sent("POST", f"/{token}/callback")
    return acknowledged, (await server.sent("PATCH", f"/{token}/messages/@original"))[-1]


def shown(message: dict[str, Any]) -> str:
    return "\n".join(part["content"] for part in walk(message["components"]) if part["type"] == 10)


def acts(message: dict[str, Any]) -> dict[str, str]:
    """The ids of an answer's buttons, by what they do."""
    ids = [part["custom_id"] for part in walk(message["components"]) if part["type"] == 2]
    return {name.split(":")[1]: name for name in ids}


def forged(message: dict[str, Any], what: str) -> tuple[str, dict[str, Any]]:
    """A button that an answer does not have, and the answer with it in place of another."""
    had = acts(message)["helpful"]
    name = had.replace("helpful", what)
    return name, json.loads(json.dumps(message).replace(had, name))


@pytest.mark.parametrize("place", PLACES)
async def test_where_the_bot_is_a_guest_only_whoever_brought_it_sees_an_answer_and_nothing_hidden_in_it(
    server: LoopbackDiscord, place: str
) -> None:
    acknowledged, answer = await ask(server, PLACES[place])
    assert acknowledged["data"]["flags"] == 64
    assert "A zebra in Ghent stole the umbrella" in shown(answer)
    assert "> An otter" not in shown(answer)
    assert "of 1 article in the index" in shown(answer)
    assert "remove" not in acts(answer)
    # What is there is not asked for: the bot may not see it.
    assert not server.found("GET", "/channels/")


@pytest.mark.parametrize("place", PLACES)
async def test_a_guests_answer_cannot_be_shared_by_any_button(server: LoopbackDiscord, place: str) -> None:
    _, answer = await ask(server, PLACES[place])
    buttons = acts(answer)
    assert "share" not in buttons
    token = await server.press(*forged(answer, "share"), **person(server, PLACES[place]))
    (told,) = await server.sent("POST", f"/webhooks/{APPLICATION}/{token}")
    assert (told["content"], told["flags"]) == (views.NOT_SHARED_HERE, 64)
    token = await server.press(buttons["more"], answer, **person(server, PLACES[place]))
    more = (await server.sent("PATCH", f"/{token}/messages/@original"))[-1]
    assert more["content"] == "There are no further excerpts near enough to the question."


async def test_a_role_of_another_server_makes_nobody_an_admin(server: LoopbackDiscord) -> None:
    _, answer = await ask(server, ELSEWHERE)
    token = await server.press(*forged(answer, "remove"), **person(server, ELSEWHERE, user=OWNER + 10))
    (told,) = await server.sent("POST", f"/webhooks/{APPLICATION}/{token}")
    assert told["content"] == views.NOT_YOURS


async def test_in_a_server_that_the_bot_is_in_its_settings_hold_whoever_has_installed_it(
    server: LoopbackDiscord,
) -> None:
    home = {"id": str(CHANNEL), "type": 0, "name": "news", "permissions": "0", "guild_id": str(GUILD)}
    here = {**BY_READER, "context": 0, "guild_id": str(GUILD), "channel_id": str(CHANNEL), "channel": home}
    acknowledged, answer = await ask(server, here)
    assert not acknowledged.get("data")
    assert "An otter in Bruges stole the umbrella" in shown(answer)
    assert "remove" in acts(answer)


def test_everyones_commands_are_for_anywhere_and_the_others_for_servers_with_the_bot() -> None:
    bot = OnTheRecordBot(Settings(), None)  # type: ignore[arg-type]  # the commands need no desk to be told
    told = {command.name: command.to_dict(bot.tree) for command in bot.tree.get_commands()}
    places = {name: (payload["integration_types"], payload["contexts"]) for name, payload in told.items()}
    limited = {"add", "ask-list", "reindex", "rollback", "remove", "restore", "audit", "unanswered", "settings"}
    # Where the bot is a guest it cannot post by itself.
    at_home = limited | {"follow", "following"}
    assert {name for name, where in places.items() if where == ([0], [0, 1])} == at_home
    assert {name for name, where in places.items() if where == ([0, 1], [0, 1, 2])} == set(told) - at_home
    # Who may use a command is asked of the server only where the server has installed it.
    guarded = {c.name for c in bot.tree.get_commands() if c.default_permissions is not None}
    assert guarded == limited
    assert all(c.default_permissions != discord.Permissions.none() for c in bot.tree.get_commands())
