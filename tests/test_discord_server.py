"""The unmodified bot over a real websocket and real HTTP, against Discord on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import re
import signal
import socket
import threading
import time
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import discord
import pytest
from conftest import SEEDS
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord_server import (
    APPLICATION,
    CHANNEL,
    GUILD,
    OPENAPI,
    OWNER,
    READER,
    TOKEN,
    LoopbackDiscord,
    check,
    check_message,
    loopback_discord,
    reply,
    run,
    running,
    walk,
)
from word_encoder import WordHashEncoder

from bot import admin, attached, service, wording
from bot.desk import Desk
from bot.discord import app as discord_app
from bot.discord import commands as discord_commands
from bot.discord import views
from bot.discord.app import DiscordError
from bot.pace import QUESTIONS
from bot.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

QUESTION = "Who denied involvement in the Kremlin drone attack?"


@pytest.fixture(autouse=True)
def _short_pauses_and_own_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord_app, "RETRY_PAUSES", (0.01, 0.01))
    monkeypatch.setattr(admin, "PROGRESS_PAUSE", 0.05)
    # discord.py keeps these for the process; what a test sets must not outlive it.
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)


@pytest.fixture
async def server() -> AsyncIterator[LoopbackDiscord]:
    async with loopback_discord() as running:
        yield running


@pytest.fixture
def desk(word_index: Path) -> Iterator[Desk]:
    desk = Desk(word_index, SEEDS, WordHashEncoder)
    yield desk
    desk.close()


@pytest.fixture
def settings(word_index: Path, server: LoopbackDiscord) -> Settings:
    return Settings(
        corpus_dir=SEEDS,
        index_dir=word_index,
        discord_token=TOKEN,
        discord_api_base=server.api,
        discord_gateway=server.gateway,
    )


def shown(message: dict[str, Any]) -> str:
    """All text of a message."""
    parts = [message.get("content"), *(part.get("content") for part in walk(message.get("components") or []))]
    return "\n".join(filter(None, parts))


def button(message: dict[str, Any], what: str) -> str:
    """The custom id of the first button of an answer that does this."""
    ids = [component.get("custom_id", "") for component in walk(message["components"])]
    return next(name for name in ids if name.startswith(f"answer:{what}:"))


@contextlib.contextmanager
def nothing_found(desk: Desk) -> Iterator[None]:
    """A desk that neither searches nor reads or writes its records until the context is left."""
    with _held(desk._search_threads, desk._records_thread, desk._recall_thread):
        yield


@contextlib.contextmanager
def nothing_answered(desk: Desk) -> Iterator[None]:
    """A desk that does not search until the context is left."""
    with _held(desk._search_threads):
        yield


@contextlib.contextmanager
def _held(*pools: ThreadPoolExecutor) -> Iterator[None]:
    go_on = threading.Event()
    for pool in pools:
        for _ in range(pool._max_workers):
            pool.submit(go_on.wait)
    try:
        yield
    finally:
        go_on.set()


async def last_edit(server: LoopbackDiscord, token: str) -> dict[str, Any]:
    """What stands in place of "thinking" once it is more than a place in the queue."""

    def edits() -> list[dict[str, Any]]:
        edits = server.found("PATCH", f"/{token}/messages/@original")
        return [edit for edit in edits if "come before" not in (edit.get("content") or "")]

    await server.until(edits)
    return edits()[-1]


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


@pytest.mark.skipif(not OPENAPI.exists(), reason=f"Discord's API document is not at {OPENAPI}")
@pytest.mark.parametrize(
    ("method", "path", "payload"),
    [
        ("POST", "/channels/1/messages", {"content": 5}),
        ("POST", "/channels/1/messages", {"components": [{"type": 1, "components": []}]}),
        ("PATCH", "/webhooks/1/token/messages/@original", {"components": [{"type": 17, "components": [{"type": 99}]}]}),
        (
            "POST",
            "/interactions/1/token/callback",
            {"type": 8, "data": {"choices": [{"name": "x" * 101, "value": "x"}]}},
        ),
        ("PUT", "/applications/1/commands", [{"name": "ask", "description": "x" * 101}]),
    ],
)
def test_the_check_by_discords_document_finds_faults(method: str, path: str, payload: Any) -> None:
    with pytest.raises(AssertionError, match=re.escape(f"{method} {path}")):
        check(method, path, payload)


@pytest.mark.parametrize(
    "fault",
    [
        {"allowed_mentions": {"parse": ["everyone"]}},
        {"allowed_mentions": {"parse": [], "replied_user": True}},
        {"content": "x" * 2001},
        {"content": " "},
        {"flags": 1 << 15},
        {"content": "", "flags": 1 << 15, "components": [{"type": 10, "content": "x" * 4001}]},
        {"content": "", "flags": 1 << 15, "components": [{"type": 10, "content": "x"}] * 41},
        {"components": [{"type": 10, "content": "x"}]},
        {"embeds": [{"description": "x" * 3001}] * 2},
        {"components": [{"type": 1, "components": [{"type": 2, "custom_id": "x", "label": "x"}] * 2}]},
    ],
)
def test_the_check_of_limits_finds_faults(fault: dict[str, Any]) -> None:
    good = {"content": "x", "allowed_mentions": {"parse": []}}
    check_message(good)
    with pytest.raises(AssertionError):
        check_message({**good, **fault})


def in_layout(*components: dict[str, Any]) -> dict[str, Any]:
    return {"content": "", "flags": 1 << 15, "components": list(components)}


TEXT = {"type": 10, "content": "x"}
BUTTON = {"type": 2, "style": 2, "custom_id": "x", "label": "x"}
SECTION = {"type": 9, "components": [TEXT], "accessory": BUTTON}


@pytest.mark.parametrize(
    "fault",
    [
        in_layout({"type": 9, "components": [TEXT]}),
        in_layout({**SECTION, "accessory": TEXT}),
        in_layout({**SECTION, "components": [TEXT] * 4}),
        in_layout({**SECTION, "components": []}),
        in_layout({**SECTION, "components": [{"type": 14}]}),
        in_layout({**SECTION, "accessory": {**BUTTON, "custom_id": "x" * 101}}),
        in_layout({**SECTION, "accessory": {**BUTTON, "label": "x" * 81}}),
        in_layout({**SECTION, "accessory": {**BUTTON, "label": ""}}),
        in_layout(SECTION, {"type": 1, "components": [BUTTON]}),
        # With 40 texts and the frame there are 41.
        in_layout({"type": 17, "components": [TEXT] * 40}),
        in_layout({"type": 17, "components": []}),
        in_layout({"type": 17, "components": [{"type": 17, "components": [TEXT]}]}),
        in_layout({"type": 1, "components": [{**BUTTON, "custom_id": str(n)} for n in range(6)]}),
        in_layout({"type": 1, "components": []}),
        in_layout({"type": 13, "file": {"url": "attachment://a.txt"}}),
        {**in_layout(TEXT), "attachments": [{"id": 0, "filename": "b.txt"}]},
        {"components": [SECTION]},
    ],
)
def test_the_check_of_layouts_finds_faults(fault: dict[str, Any]) -> None:
    quiet = {"allowed_mentions": {"parse": []}}
    file = {"type": 13, "file": {"url": "attachment://a.txt"}}
    check_message({**quiet, **in_layout(SECTION, file), "attachments": [{"id": 0, "filename": "a.txt"}]}, ["a.txt"])
    with pytest.raises(AssertionError):
        check_message({**quiet, **fault}, [])


async def test_a_mention_gets_a_reply_with_excerpts(settings: Settings, desk: Desk, server: LoopbackDiscord) -> None:
    async with running(settings, desk, server):
        await server.mention(QUESTION)
        answer = (await server.sent("POST", f"/channels/{CHANNEL}/messages"))[0]
    assert "> " in shown(answer)
    assert "of 5 articles in the index" in shown(answer)
    assert answer["message_reference"]["channel_id"] in (CHANNEL, str(CHANNEL))
    assert server.found("POST", "/typing")


async def test_a_reply_without_the_mention_gets_a_hint(settings: Settings, desk: Desk, server: LoopbackDiscord) -> None:
    async with running(settings, desk, server):
        # Without the privileged intent Discord leaves such a message empty.
        to_bot = server.message("", author=server.bot())
        to_other = server.message("")
        for replied in (to_other, to_bot):
            reference = {"message_id": replied["id"], "channel_id": str(CHANNEL), "guild_id": str(GUILD)}
            more = {"type": 19, "message_reference": reference, "referenced_message": replied}
            await server.dispatch("MESSAGE_CREATE", server.message("", **more))
        hints = await server.sent("POST", f"/channels/{CHANNEL}/messages")
        # Neither does a person write "pinned a message".
        await server.mention(QUESTION, type=6)
        await server.mention(QUESTION)
        await server.sent("POST", f"/channels/{CHANNEL}/messages", count=2)
    assert hints[0]["content"] == views.HOW_TO_ASK
    assert len(server.found("POST", f"/channels/{CHANNEL}/messages")) == 2


async def test_slash_is_deferred_at_once_and_edited(settings: Settings, desk: Desk, server: LoopbackDiscord) -> None:
    async with running(settings, desk, server):
        token = await server.slash("ask", {"question": QUESTION, "private": True})
        edited = (await server.sent("PATCH", f"/webhooks/{APPLICATION}/{token}/messages/@original"))[0]
    deferred = server.found("POST", f"/{token}/callback")
    assert deferred == [{"type": 5, "data": {"flags": 64}}]
    assert "> " in shown(edited)


async def test_autocomplete_names_articles(settings: Settings, desk: Desk, server: LoopbackDiscord) -> None:
    async with running(settings, desk, server):
        options = server.options({"article": "PUTIN"}, focused="article")
        token = await server.interact(4, {"id": "7", "name": "source", "type": 1, "options": options})
        callback = (await server.sent("POST", f"/{token}/callback"))[0]
    assert callback["type"] == 8
    ids = {listing.source.id for listing in await desk.listings()}
    assert {choice["value"] for choice in callback["data"]["choices"]} <= ids
    assert callback["data"]["choices"]


async def test_a_dropped_socket_is_resumed_and_the_answer_arrives(
    settings: Settings, desk: Desk, server: LoopbackDiscord
) -> None:
    server.holds["/typing"] = asyncio.Event()
    async with running(settings, desk, server):
        await server.mention(QUESTION)
        await server.until(lambda: server.identified)
        await server.drop()
        await server.mention("What did the Kremlin say about drones?")
        await server.until(lambda: server.resumed)
        server.holds["/typing"].set()
        await server.sent("POST", f"/channels/{CHANNEL}/messages", count=2)
    assert server.identified == 1


async def test_429_waits_and_sends_once(settings: Settings, desk: Desk, server: LoopbackDiscord) -> None:
    limited = reply({"message": "slow down", "retry_after": 0.3, "global": False}, status=429, Via="1.1 google")
    server.faults[f"POST /channels/{CHANNEL}/messages"].append(limited)
    async with running(settings, desk, server):
        started = time.monotonic()
        await server.mention(QUESTION)
        await server.sent("POST", f"/channels/{CHANNEL}/messages", count=2)
        assert time.monotonic() - started >= 0.3
    paths = [path for _, path, _ in server.requests if path.startswith(f"/channels/{CHANNEL}/messages")]
    assert paths == [f"/channels/{CHANNEL}/messages (fault)", f"/channels/{CHANNEL}/messages"]


async def test_500_is_tried_again(settings: Settings, desk: Desk, server: LoopbackDiscord) -> None:
    server.faults["/messages/@original"].append(reply({"message": "oops"}, status=500))
    async with running(settings, desk, server):
        token = await server.slash("ask", {"question": QUESTION})
        edits = await server.sent("PATCH", f"/webhooks/{APPLICATION}/{token}/messages/@original", count=2)
    assert "> " in shown(edits[-1])


async def test_no_permission_to_send_is_logged_and_the_bot_lives(
    settings: Settings, desk: Desk, server: LoopbackDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = reply({"code": 50013, "message": "Missing Permissions"}, status=403)
    server.faults[f"POST /channels/{CHANNEL}/messages"].append(refusal)
    async with running(settings, desk, server):
        await server.mention(QUESTION)
        await server.sent("POST", f"/channels/{CHANNEL}/messages")
        await server.mention(QUESTION)
        await server.sent("POST", f"/channels/{CHANNEL}/messages", count=2)
    assert f"discord.may_not_answer channel={CHANNEL} code=50013" in caplog.text


async def test_an_expired_interaction_does_no_harm(
    settings: Settings, desk: Desk, server: LoopbackDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(settings, desk, server):
        token = await server.slash("ask", {"question": QUESTION})
        (answer,) = await server.sent("PATCH", f"/webhooks/{APPLICATION}/{token}/messages/@original")
        caplog.clear()
        for count, event in enumerate(("ask", "button_more"), start=1):
            unknown = reply({"code": 10062, "message": "Unknown interaction"}, status=404)
            server.faults["/callback"].append(unknown)
            if event == "ask":
                await server.slash("ask", {"question": QUESTION})
            else:
                await server.press(button(answer, "more"), answer)
            await server.until(lambda count=count: len(caplog.messages) == count)
            assert caplog.messages[-1] == f"discord.{event}_too_late code=10062"
        token = await server.slash("status", {})
        await server.sent("PATCH", f"/webhooks/{APPLICATION}/{token}/messages/@original")
        assert len(server.found("POST", "(fault)")) == 2
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("name", ["answer:context:short:1", "page:2", "x"])
async def test_a_button_that_is_not_known_is_answered(
    settings: Settings, desk: Desk, server: LoopbackDiscord, name: str
) -> None:
    row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Old", "custom_id": name}]}
    async with running(settings, desk, server):
        token = await server.press(name, {"components": [row], "flags": 1 << 15})
        (told,) = await server.sent("POST", f"/{token}/callback")
    assert (told["type"], told["data"]["flags"], told["data"]["content"]) == (4, 64, wording.TOO_OLD)


async def test_reindex_while_questions_are_asked(settings: Settings, server: LoopbackDiscord) -> None:
    # A changed corpus and a generation to come.
    corpus = settings.index_dir.parent / "corpus"
    corpus.mkdir()
    for file in SEEDS.glob("*.txt"):
        (corpus / file.name).write_bytes(file.read_bytes())
    (corpus / "new.txt").write_text("A zebra crossed the harbour bridge at noon.\n", encoding="utf-8")
    own = Desk(settings.index_dir, corpus, WordHashEncoder)
    async with running(settings, own, server), stall_of_the_loop("reindex under questions"):
        token = await server.slash("reindex", {}, user=OWNER)
        second = await server.slash("reindex", {}, user=OWNER)
        for n in range(8):
            await server.mention(QUESTION, author=server.user(READER + n))
            await server.sent("POST", f"/channels/{CHANNEL}/messages", count=n + 1)
        original = f"/webhooks/{APPLICATION}/{token}/messages/@original"
        await server.until(lambda: any("added" in shown(edit) for edit in server.found("PATCH", original)))
        await server.mention("What crossed the harbour bridge?")
        replies = await server.sent("POST", f"/channels/{CHANNEL}/messages", count=9)
    own.close()
    assert "is being built already" in shown(server.found("PATCH", f"/{second}/messages/@original")[-1])
    edits = [shown(edit) for edit in server.found("PATCH", original)]
    assert edits[0].startswith("Reindexing: reading the articles.")
    assert "1 added, 0 changed, 0 removed" in edits[-1]
    assert all("> " in shown(answer) for answer in replies)
    assert "zebra" in shown(replies[-1])


async def test_300_questions_of_100_people_at_once_are_acknowledged_before_anything_is_looked_up_and_answered_or_told(
    settings: Settings, desk: Desk, server: LoopbackDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    # About as fast as the real model.
    monkeypatch.setattr(WordHashEncoder, "_vector", cache(WordHashEncoder._vector))
    server.channels = [CHANNEL + 1000 * n for n in range(1, 13)]
    people = [READER + 1000 * n for n in range(1, 101)]
    async with running(settings, desk, server), stall_of_the_loop("300 questions"):
        with nothing_found(desk):
            tokens = [
                await server.slash("ask", {"question": QUESTION}, user=people[n % 100], channel=server.channels[n % 12])
                for n in range(300)
            ]
            # Discord waits three seconds, and what stands before the acknowledgement would wait for ever here.
            await server.until(lambda: len(server.acknowledged) == 300)
        print(f"\nslowest acknowledgement {max(server.acknowledged.values()) * 1000:.0f} ms")
        started = time.perf_counter()
        async with asyncio.timeout(300):
            while len(server.found("PATCH", "/messages/@original")) < QUESTIONS.server:
                await asyncio.sleep(0.05)
        acknowledged = {token: server.found("POST", f"/{token}/callback")[0] for token in tokens}
        told = [payload["data"]["content"] for payload in acknowledged.values() if payload["type"] == 4]
        deferred = [token for token, payload in acknowledged.items() if payload["type"] == 5]
        answers = [await last_edit(server, token) for token in deferred]
        print(f"last answer after {time.perf_counter() - started:.1f} s")
    assert all("> " in shown(answer) for answer in answers)
    assert len({button(answer, "more") for answer in answers}) == len(answers) == QUESTIONS.server
    assert len(told) == 300 - QUESTIONS.server
    assert all(sentence.startswith("This server asks faster than I may answer.") for sentence in told)


async def test_what_compares_is_acknowledged_before_anything_is_looked_up_and_told_of_a_stop(
    settings: Settings, desk: Desk, server: LoopbackDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "GRACE", 0.1)
    asked = {command: {"question": QUESTION} for command in ("compare", "figures", "timeline", "first")}
    asked |= {"said": {"person": "Podolyak"}, "only-in": {"outlet": "Example Post"}}
    async with running(settings, desk, server) as task:
        with nothing_found(desk):
            tokens = [await server.slash(command, options) for command, options in asked.items()]
            await server.until(lambda: len(server.acknowledged) == len(asked))
            os.kill(os.getpid(), signal.SIGTERM)
            await server.until(lambda: len(server.found("PATCH", "/messages/@original")) == len(asked))
        await asyncio.wait_for(task, 30)
    told = [server.found("PATCH", f"/{token}/messages/@original")[-1]["content"] for token in tokens]
    assert told == [service.STOPPING] * len(asked)


async def test_whoever_waits_behind_many_is_told_how_many(
    settings: Settings, desk: Desk, server: LoopbackDiscord
) -> None:
    async with running(settings, desk, server):
        with nothing_answered(desk):
            for n in range(21):
                asked = {"question": f"{QUESTION} {n}"}
                token = await server.slash("ask", asked, user=READER + 1000 * n)
                await server.until(lambda n=n: desk.waiting == n + 1)
            (told,) = await server.sent("PATCH", f"/{token}/messages/@original")
            assert told["content"] == "20 questions come before yours."
        answer = await last_edit(server, token)
        assert "> " in shown(answer)
        assert answer["content"] is None
    assert sum("come before" in (edit.get("content") or "") for edit in server.found("PATCH", "@original")) == 1


async def test_a_10_mb_file_is_verified_in_time(settings: Settings, desk: Desk, server: LoopbackDiscord) -> None:
    article = await desk.article((await desk.listings())[0].source.id)
    assert article is not None
    size = attached.MAX_FILE_BYTES
    passage = article.text[200:320].strip()
    texts = {
        "prose": f"“{passage}” He went on and on. ",
        "marks": "“'\"‘«",
        "blocks": "> a\n\n",
        "bytes": "\xff",
        "one word": "a",
    }
    async with running(settings, desk, server):
        for name, text in texts.items():
            data = (text.encode("latin-1" if name == "bytes" else "utf-8") * size)[:size]
            file = server.attachment("draft.txt", data)
            async with stall_of_the_loop(f"10 MB of {name}"):
                started = time.perf_counter()
                token = await server.slash("verify", {"file": file}, user=READER + len(name))
                (edit,) = await server.sent("PATCH", f"/{token}/messages/@original")
                print(f"\n10 MB of {name}: {time.perf_counter() - started:.1f} s")
            assert "Only the first part of the text was read." in shown(edit)
    assert max(server.acknowledged.values()) < 3


async def test_buttons_of_a_message_from_before_a_restart_do_what_they_say(
    settings: Settings, desk: Desk, server: LoopbackDiscord
) -> None:
    async with running(settings, desk, server):
        token = await server.slash("ask", {"question": QUESTION, "private": True})
        (answer,) = await server.sent("PATCH", f"/{token}/messages/@original")
    server.identified = 0
    with contextlib.closing(Desk(settings.index_dir, SEEDS, WordHashEncoder)) as other:
        async with running(settings, other, server):

            async def pressed(what: str, user: int = READER) -> tuple[Any, str]:
                token = await server.press(button(answer, what), answer, user)
                (callback,) = await server.sent("POST", f"/{token}/callback")
                if callback["type"] == 6:
                    (said,) = await server.sent("POST", f"/webhooks/{APPLICATION}/{token}")
                    return said, shown(said)
                (edit,) = await server.sent("PATCH", f"/{token}/messages/@original")
                return callback, shown(edit)

            private = {"type": 5, "data": {"flags": 64}}
            callback, text = await pressed("more", OWNER)
            assert callback == private
            assert text == wording.NO_MORE
            callback, text = await pressed("sources", OWNER)
            assert callback == private
            # Nobody but the asker makes a private answer public, and no admin either.
            said, text = await pressed("share", OWNER)
            assert (said["flags"], text) == (64, wording.NOT_YOURS_TO_SHARE)
            said, text = await pressed("share")
            assert not said["flags"] & 64
            assert text == shown(answer)


async def test_progress_of_a_slow_build_is_shown(
    settings: Settings, desk: Desk, server: LoopbackDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    reindex, go_on = desk.builds.reindex, asyncio.Event()

    async def slowly(progress: Any, *, confirmed: bool) -> Any:
        assert not confirmed
        progress(256, 1000)
        await go_on.wait()
        return await reindex()

    monkeypatch.setattr(desk.builds, "reindex", slowly)
    async with running(settings, desk, server):
        token = await server.slash("reindex", {}, user=OWNER)

        def edits() -> list[str]:
            return [shown(edit) for edit in server.found("PATCH", f"/{token}/messages/@original")]

        await server.until(lambda: any("256 of 1,000 texts" in edit for edit in edits()))
        count = len(edits())
        await asyncio.sleep(0.2)
        assert len(edits()) == count, "an edit that says nothing new"
        go_on.set()
        await server.until(lambda: "Nothing has changed" in edits()[-1])


async def test_reindex_reports_in_the_channel_when_the_interaction_is_too_old(
    settings: Settings, desk: Desk, server: LoopbackDiscord
) -> None:
    sixteen_minutes_ago = discord.utils.utcnow() - timedelta(minutes=16)
    async with running(settings, desk, server):
        server.ids = itertools.count(discord.utils.time_snowflake(sixteen_minutes_ago))
        await server.slash("reindex", {}, user=OWNER)
        await server.sent("POST", f"/channels/{CHANNEL}/messages")
        edits = await server.sent("PATCH", f"/channels/{CHANNEL}/messages/")
    assert "Nothing has changed" in shown(edits[-1])
    assert not server.found("PATCH", "@original")


@pytest.mark.parametrize("way", ["mention", "slash", "button"])
async def test_stop_finishes_the_answer_under_way(
    settings: Settings, desk: Desk, server: LoopbackDiscord, way: str
) -> None:
    held = {"mention": f"POST /channels/{CHANNEL}/messages", "slash": "PATCH", "button": "PATCH"}[way]
    server.holds[held] = asyncio.Event()
    async with running(settings, desk, server) as task:
        if way == "mention":
            await server.mention(QUESTION)
        elif way == "slash":
            await server.slash("ask", {"question": QUESTION})
        else:
            key = await desk.record(lambda records: records.messages.keep("discord", str(READER), {}))
            following = {"type": 2, "style": 2, "label": "Next", "custom_id": f"sources:{key}:1"}
            row = {"type": 1, "components": [following]}
            await server.press(following["custom_id"], {"components": [row], "flags": 1 << 15})
        await server.until(lambda: server.waiting)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.2)
        assert not task.done()
        server.holds[held].set()
        await asyncio.wait_for(task, 120)
    method, _, path = held.partition(" ")
    assert len(server.found(method, path)) == 1


async def test_whoever_cannot_be_answered_before_a_stop_is_told(
    settings: Settings, desk: Desk, server: LoopbackDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "GRACE", 0.1)
    server.channels = [CHANNEL + 1000 * n for n in range(3)]
    async with running(settings, desk, server) as task:
        with nothing_answered(desk):
            tokens = [
                await server.slash(
                    "ask", {"question": f"{QUESTION} {n}"}, user=READER + 1000 * n, channel=server.channels[n % 3]
                )
                for n in range(60)
            ]
            await server.mention(QUESTION)
            await server.until(lambda: len(server.acknowledged) == 60 and desk.waiting == 61)
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(task, 30)
    told = [server.found("PATCH", f"/{token}/messages/@original")[-1]["content"] for token in tokens]
    told += [reply["content"] for reply in server.found("POST", f"/channels/{CHANNEL}/messages")]
    assert told == [service.STOPPING] * 61


async def test_several_connections_where_shards_are_set(
    settings: Settings, desk: Desk, server: LoopbackDiscord
) -> None:
    async with running(replace(settings, shards=2), desk, server):
        await server.until(lambda: server.identified == 2)  # discord.py waits five seconds before the second
        assert sorted(server.shards) == [[0, 2], [1, 2]]
        await server.slash("ask", {"question": QUESTION})
        (answer,) = await server.sent("PATCH", "@original")
        assert "Question:" in shown(answer)


async def test_nothing_new_begins_while_stopping_and_that_is_told(
    settings: Settings, desk: Desk, server: LoopbackDiscord
) -> None:
    server.holds["PATCH"] = asyncio.Event()
    async with running(settings, desk, server) as task:
        await server.slash("ask", {"question": QUESTION})
        await server.until(lambda: server.waiting)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.2)
        token = await server.slash("ask", {"question": QUESTION}, user=OWNER)
        (told,) = await server.sent("POST", f"/{token}/callback")
        assert (told["type"], told["data"]["flags"]) == (4, 64)
        assert "being restarted" in told["data"]["content"]
        assert not task.done()
        server.holds["PATCH"].set()
        await asyncio.wait_for(task, 120)


async def test_stop_does_not_wait_for_ever(
    settings: Settings, desk: Desk, server: LoopbackDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "GRACE", 0.1)
    monkeypatch.setattr(service, "TELLING", 0.1)
    server.holds["PATCH"] = asyncio.Event()
    async with running(settings, desk, server) as task:
        await server.slash("ask", {"question": QUESTION})
        await server.until(lambda: server.waiting)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, 120)
        server.holds["PATCH"].set()


async def test_a_command_that_discord_knows_in_another_form_is_told(
    settings: Settings, desk: Desk, server: LoopbackDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(settings, desk, server):
        for name, options in (("gone", {"question": "zebra"}), ("ask", {})):
            token = await server.slash(name, options)
            told = (await server.sent("POST", f"/{token}/callback"))[0]
            assert told["data"]["content"] == views.OUTDATED
            assert told["data"]["flags"] == 64
    assert "zebra" not in caplog.text


async def test_commands_are_registered_only_when_they_changed(
    settings: Settings, desk: Desk, server: LoopbackDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def start_with(mode: str) -> int:
        server.identified = 0
        async with running(replace(settings, sync_commands=mode), desk, server):
            pass
        return len(server.found("PUT", "/commands"))

    assert await start_with("never") == 0
    assert await start_with("changed") == 1
    assert await start_with("changed") == 1
    assert await start_with("always") == 2
    monkeypatch.setattr(discord_commands.ask, "description", "Another description")
    assert await start_with("changed") == 3
    commands = {command["name"]: command for command in server.found("PUT", "/commands")[0]}
    everyones = {
        "ask",
        "compare",
        "figures",
        "said",
        "picture",
        "timeline",
        "first",
        "only-in",
        "follow",
        "following",
        "verify",
        "sources",
        "source",
        "status",
        "help",
    }
    everyones |= {"mydata", "forgetme"}
    admins = {"add", "ask-list", "reindex", "rollback", "remove", "restore", "audit", "unanswered"}
    menus = {"Ask the coverage", "Verify quotes"}
    assert set(commands) == everyones | admins | menus | {"settings"}
    assert {name for name, command in commands.items() if command["type"] == 3} == menus
    needed = {name: command.get("default_member_permissions") for name, command in commands.items()}
    assert {needed[name] for name in everyones | menus} == {None}
    assert {needed[name] for name in admins} == {discord.Permissions(administrator=True).value}
    assert needed["settings"] == discord.Permissions(manage_guild=True).value
    options = {name: [option["name"] for option in command.get("options", [])] for name, command in commands.items()}
    assert options["ask"] == ["question", "outlet", "since", "until", "number", "private"]
    assert options["sources"] == ["outlet", "since", "until", "words", "order"]
    assert options["settings"] == ["channel", "answers", "outlets", "excerpts", "private", "timezone", "clear"]


async def test_failing_registration_leaves_mentions_working(
    settings: Settings, desk: Desk, server: LoopbackDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults["PUT"].append(reply({"code": 50001, "message": "Missing Access"}, status=403))
    async with running(settings, desk, server):
        await server.mention(QUESTION)
        await server.sent("POST", f"/channels/{CHANNEL}/messages")
    assert "discord.sync_failed" in caplog.text
    assert not (settings.index_dir / "discord-commands.sha256").exists()


async def test_a_wrong_token_is_one_line_and_no_retry(settings: Settings, desk: Desk, server: LoopbackDiscord) -> None:
    with pytest.raises(DiscordError, match=r"^[^\n]*DISCORD_TOKEN[^\n]*$"):
        await run(replace(settings, discord_token="wrong"), desk)
    assert server.connections == 0
    server.close_code = 4004
    with pytest.raises(DiscordError, match="DISCORD_TOKEN"):
        await run(settings, desk)
    assert server.connections == 1


async def test_no_token_names_the_setting(desk: Desk) -> None:
    with pytest.raises(DiscordError, match="DISCORD_TOKEN"):
        await run(Settings(), desk)


async def test_a_close_for_good_is_told(settings: Settings, desk: Desk, server: LoopbackDiscord) -> None:
    server.close_code = 4013
    with pytest.raises(DiscordError, match="4013"):
        await run(settings, desk)


async def test_no_network_is_tried_a_few_times(
    settings: Settings, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}/api/v10"
        with pytest.raises(DiscordError, match=r"^Discord cannot be reached \([^\n]*3 tries[^\n]*$"):
            await run(replace(settings, discord_api_base=nobody), desk)
    assert caplog.text.count("discord.connect_failed") == 2
    assert "Traceback" not in caplog.text


async def test_a_gateway_that_fails_at_first_is_tried_a_few_times(
    settings: Settings, desk: Desk, server: LoopbackDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    server.refuse_gateway = True
    with pytest.raises(DiscordError, match=r"^Discord cannot be reached \([^\n]*503[^\n]*$"):
        await run(settings, desk)
    assert server.connections == 3
    assert "Traceback" not in caplog.text


async def test_a_gateway_that_comes_back_is_used(settings: Settings, desk: Desk, server: LoopbackDiscord) -> None:
    server.refuse_gateway = True
    task = asyncio.create_task(run(settings, desk))
    await server.until(lambda: server.found("PUT", "/commands"))
    server.refuse_gateway = False
    await server.until(lambda: server.identified)
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.wait_for(task, 120)


async def test_no_question_and_no_token_is_logged(
    settings: Settings,
    desk: Desk,
    server: LoopbackDiscord,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)

    async def broken(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("a fault nobody foresaw")

    async with running(settings, desk, server):
        await server.mention(QUESTION)
        await server.sent("POST", f"/channels/{CHANNEL}/messages")
        token = await server.slash("ask", {"question": QUESTION})
        await server.sent("PATCH", token)
        monkeypatch.setattr(desk, "ask", broken)
        token = await server.slash("ask", {"question": QUESTION})
        told = (await server.sent("PATCH", f"/{token}/messages/@original"))[-1]
    assert told["content"] == wording.UNEXPECTED
    assert "discord.ask_failed error=RuntimeError" in caplog.text
    for secret in (QUESTION, "denied involvement", TOKEN, "interaction-token"):
        assert secret not in caplog.text
