"""The unmodified bot over a real websocket and real HTTP, against Slack on loopback: its manners, whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
import socket
import sqlite3
import threading
import uuid
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import discord_server
import pytest
from aiohttp import web
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord_server import loopback_discord
from slack_rules import quotes
from slack_server import (
    APP_TOKEN,
    BOT_TOKEN,
    BOT_USER,
    CHANNEL,
    ELSEWHERE,
    OTHER,
    READER,
    TEAM,
    LoopbackSlack,
    limited,
    refusal,
    reply,
)
from slack_world import (
    PASTA,
    PELICAN,
    QUESTION,
    WALRUS,
    add_person,
    ask_context,
    brisk,
    button,
    corpus_fixture,  # noqa: F401 the fixtures
    desk_fixture,  # noqa: F401
    key_of,
    restarted,
    run,
    running,
    settings_fixture,  # noqa: F401
    shown,
    slack_fixture,  # noqa: F401
    stall_of_the_loop,
)
from word_encoder import WordHashEncoder

from bot import service, wording
from bot.desk import RECORDS, SEARCHES
from bot.discord import app as discord_app
from bot.discord.app import DiscordError, run_discord
from bot.slack import app as slack_app
from bot.slack import client, connection, replies
from bot.slack.app import run_slack
from bot.slack.connection import SlackError, SlackRefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.desk import Desk
    from bot.settings import Settings

DIRECT = LoopbackSlack.direct_channel(READER)
SPORT = "C0SPORT000"
# What Slack, or something before it, answers where it is broken or does not take a message.
FAULTS = {
    "refused": lambda: reply(refusal("fatal_error")),
    "too long": lambda: reply(refusal("msg_too_long")),
    "broken": lambda: reply(refusal("internal_error"), 500),
    "text": lambda: web.Response(status=500, text="upstream connect error"),
    "page": lambda: web.Response(status=503, text="<html>Down</html>", content_type="text/html"),
    "no json": lambda: web.Response(status=502, text="<html>Down</html>", content_type="application/json"),
}


# Those of them after which trying again may help.
TRANSIENT = [name for name in FAULTS if name != "too long"]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (client, replies):
        monkeypatch.setattr(module, "PAUSES", (0.01, 0.01))


@contextlib.contextmanager
def slow(desk: Desk) -> Iterator[threading.Event]:
    """A desk that answers nothing until the event is set, or the context is left."""
    go_on = threading.Event()
    for _ in range(SEARCHES):
        desk._search_threads.submit(go_on.wait)
    try:
        yield go_on
    finally:
        go_on.set()


async def answered(slack: LoopbackSlack, channel: str = CHANNEL, count: int = 1) -> list[dict[str, Any]]:
    """What everybody sees in a channel, once there is so much."""
    await slack.until(lambda: len(slack.said(channel)) >= count)
    return slack.said(channel)


async def all_acknowledged(slack: LoopbackSlack) -> None:
    """Wait until the bot has acknowledged all that came; Slack waits three seconds."""
    await slack.until(lambda: len(slack.acks) == len(slack.envelopes))
    assert max(slack.acknowledged.values()) < 3


async def once_more(slack: LoopbackSlack, envelope_id: str) -> str:
    """A command or an interaction comes a second time."""
    envelope = slack.envelopes[envelope_id]
    taken = envelope["accepts_response_payload"]
    return await slack._deliver(envelope["type"], envelope["payload"], str(uuid.uuid4()), takes_payload=taken)


def holding(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Have the bot's acknowledgements leave only once the event is set."""
    send, go_on = connection.send_async_response, asyncio.Event()

    async def late(*args: Any) -> None:
        await go_on.wait()
        await send(*args)

    monkeypatch.setattr(connection, "send_async_response", late)
    return go_on


# ---- At once, and once -----------------------------------------------------------------------------------------------


async def test_a_channel_that_the_bot_is_added_to_is_told_once_who_it_is(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    joined = {"type": "member_joined_channel", "channel": CHANNEL, "channel_type": "C", "team": TEAM}
    for answers in (1, 2):  # before a restart and after it
        async with running(settings, desk, slack):
            await slack.event({**joined, "user": READER})
            await slack.event({**joined, "user": BOT_USER})
            await slack.event({**joined, "user": BOT_USER})
            await slack.mention(PELICAN)
            await slack.until(lambda: sum(bool(quotes(each)) for each in slack.said()) == answers)  # noqa: B023 waited for
    told = [each for each in slack.said() if not quotes(each)]
    assert ["`/coverage-settings`" in str(each["blocks"]) for each in told] == [True]


async def test_everything_is_acknowledged_while_the_desk_is_slow(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        await slack.slash("/ask", PELICAN)
        (answer,) = await answered(slack)
        await slack.slash("/ask")
        (opened,) = await slack.sent("views.open")
        with slow(desk) as go_on:
            command = await slack.slash("/ask", f"{PELICAN} private:yes")
            pressed = await ask_context(slack, answer, 1)
            chosen = await slack.shortcut("ask_message", {"text": PELICAN})
            await slack.submit(opened["view"], {"question": PELICAN})
            ts = await slack.mention(PELICAN)
            direct = await slack.direct(PELICAN)
            home = await slack.open_home()
            await all_acknowledged(slack)
            assert slack.said() == [answer]
            assert not slack.found("respond")
            go_on.set()
            for token in (command, pressed, chosen):
                assert quotes((await slack.responded(token))[0])
            await slack.until(lambda: len(slack.said()) == 3)
            await slack.until(lambda: slack.thread(CHANNEL, ts) and slack.thread(DIRECT, direct))
            await slack.sent("views.publish")
            assert not slack.acks[home]


async def test_an_answer_arrives_where_the_acknowledgement_came_too_late(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack tells the asker that the app did not respond, and takes the answer all the same."""
    go_on = holding(monkeypatch)
    async with running(settings, desk, slack):
        token = await slack.slash("/ask", f"{PELICAN} private:yes")
        assert quotes((await slack.responded(token))[0])
        ts = await slack.mention(PELICAN)
        # What was not acknowledged comes again.
        for envelope_id in slack.deliveries(ts):
            await slack.redeliver(envelope_id)
        await slack.until(lambda: slack.thread(CHANNEL, ts))
        assert not slack.acks
        go_on.set()
        await slack.until(lambda: len(slack.acks) == len(slack.envelopes))
    assert len(slack.responses[token]) == 1
    assert len(slack.said()) == 1


async def test_what_comes_again_is_answered_once(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        ts = await slack.mention(PELICAN)
        (answer,) = await answered(slack)
        command = await slack.slash("/ask", f"{PELICAN} private:yes")
        pressed = await ask_context(slack, answer, 1)
        chosen = await slack.shortcut("ask_message", {"text": PELICAN})
        direct = await slack.direct(PELICAN)
        for token in (command, pressed, chosen):
            await slack.responded(token)
        await answered(slack, DIRECT)
        for envelope_id in [*slack.deliveries(ts), *slack.deliveries(direct)]:
            await slack.redeliver(envelope_id)
            await slack.redeliver(envelope_id)
        for token in (command, pressed, chosen):
            await once_more(slack, token)
        await all_acknowledged(slack)
    assert slack.said() == [answer]
    assert len(slack.said(DIRECT)) == 1
    assert [len(slack.responses[token]) for token in (command, pressed, chosen)] == [1, 1, 1]


async def test_a_form_that_comes_again_is_answered_once(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        await slack.slash("/ask")
        (opened,) = await slack.sent("views.open")
        wrong = await slack.submit(opened["view"], {"question": PELICAN, "since": "31 April 2023"})
        assert (await slack.acked(wrong))["response_action"] == "errors"
        sent = await slack.submit(opened["view"], {"question": PELICAN})
        await answered(slack)
        await once_more(slack, sent)
        await slack.mention(WALRUS)
        await answered(slack, count=2)
        await all_acknowledged(slack)
    assert len(slack.said()) == 2


async def test_what_comes_again_is_known_for_long_and_not_for_ever(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_app, "REMEMBERED", 6)
    async with running(settings, desk, slack):
        first = await slack.slash("/coverage-help")
        await slack.responded(first)
        for _ in range(3):
            await slack.responded(await slack.slash("/coverage-help"))
        await once_more(slack, first)
        await all_acknowledged(slack)
        assert len(slack.responses[first]) == 1
        for _ in range(6):
            await slack.responded(await slack.slash("/coverage-help"))
        # As long as its signature is good, it is known to the records too.
        await once_more(slack, first)
        await all_acknowledged(slack)
        assert len(slack.responses[first]) == 1
        with contextlib.closing(sqlite3.connect(settings.index_dir / RECORDS, isolation_level=None)) as db:
            db.execute("DELETE FROM arrival")
        for _ in range(6):
            await slack.responded(await slack.slash("/coverage-help"))
        await once_more(slack, first)
        await slack.responded(first, 2)


async def test_what_comes_again_after_a_restart_is_answered_once(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        command = await slack.slash("/ask", PELICAN)
        await slack.responded(command, 0)
        await slack.until(lambda: len(slack.said()) == 1)
        await slack.mention(PELICAN)
        await slack.until(lambda: len(slack.said()) == 2)
    async with restarted(settings, slack):
        for envelope in list(slack.envelopes):
            await once_more(slack, envelope)
        await all_acknowledged(slack)
        await slack.responded(await slack.slash("/coverage-help"))
    assert len(slack.said()) == 2


async def test_what_is_too_old_goes_while_nobody_asks_anything(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "TIDY_PAUSE", 0.05)
    key = await desk.record(lambda records: records.messages.keep("slack", "U1", {}))
    async with running(settings, desk, slack):
        assert await desk.recall(lambda records: records.messages.fields(key)) == {}
        with contextlib.closing(sqlite3.connect(settings.index_dir / RECORDS, isolation_level=None)) as db:
            db.execute("UPDATE message SET at = '2020' || substr(at, 5)")
        async with asyncio.timeout(60):
            while await desk.recall(lambda records: records.messages.fields(key)) is not None:
                await asyncio.sleep(0.01)
    assert (settings.index_dir / "records-copy.sqlite").exists()


# ---- Connections -----------------------------------------------------------------------------------------------------


async def test_a_dropped_socket_is_replaced_and_the_answer_arrives_once(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    brisk(monkeypatch)
    async with running(settings, desk, slack):
        with slow(desk) as go_on:
            ts = await slack.mention(PELICAN)
            command = await slack.slash("/ask", f"{PELICAN} private:yes")
            await all_acknowledged(slack)
            await slack.drop()
            go_on.set()
            await slack.until(lambda: slack.thread(CHANNEL, ts) and slack.responses[command])
        # What happens meanwhile waits for the new connection.
        later = await slack.mention(WALRUS)
        await slack.until(lambda: slack.thread(CHANNEL, later))
    assert slack.connections == 2
    assert len(slack.said()) == 2
    assert len(slack.responses[command]) == 1


async def test_an_event_that_was_not_acknowledged_before_the_socket_dropped_is_answered_once(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    brisk(monkeypatch)
    go_on = holding(monkeypatch)
    async with running(settings, desk, slack):
        ts = await slack.direct(PELICAN)
        await slack.until(lambda: slack.thread(DIRECT, ts))
        await slack.drop()
        await slack.until(lambda: slack.connections == 2)
        go_on.set()
        (envelope_id,) = slack.deliveries(ts)
        await slack.acked(envelope_id)
        assert slack.envelopes[envelope_id]["retry_attempt"] == 1
        await slack.direct(WALRUS)
        await answered(slack, DIRECT, 2)
    assert len(slack.said(DIRECT)) == 2


async def test_slack_may_ask_for_a_new_connection(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        with slow(desk) as go_on:
            ts = await slack.mention(PELICAN)
            await all_acknowledged(slack)
            await slack.refresh()
            await slack.until(lambda: slack.connections == 2)
            go_on.set()
            await slack.until(lambda: slack.thread(CHANNEL, ts))
        await slack.mention(WALRUS)
        await answered(slack, count=2)
    assert slack.connections == 2
    assert len(slack.said()) == 2


async def test_a_socket_that_is_refused_at_first_is_tried_again(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    brisk(monkeypatch)
    slack.refuse_socket = True
    slack.faults["apps.connections.open"] += [FAULTS["broken"](), FAULTS["text"]()]

    async def relent() -> None:
        await slack.until(lambda: slack.connections)
        slack.refuse_socket = False

    relenting = asyncio.create_task(relent())
    async with running(settings, desk, slack):
        await relenting
        await slack.mention(PELICAN)
        await answered(slack)
    assert slack.connections == 2


async def test_an_address_that_does_not_come_is_asked_for_again(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "ADDRESS_SECONDS", 0.3)
    held = slack.holds["apps.connections.open"] = asyncio.Event()

    async def relent() -> None:
        await slack.until(lambda: slack.waiting >= 2)
        monkeypatch.setattr(connection, "ADDRESS_SECONDS", 20)
        del slack.holds["apps.connections.open"]
        held.set()

    relenting = asyncio.create_task(relent())
    async with running(settings, desk, slack):
        await relenting
        await slack.mention(PELICAN)
        await answered(slack)


async def test_an_address_where_nobody_answers_is_given_up_for_another(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "ADDRESS_SECONDS", 1.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"ws://127.0.0.1:{silent.getsockname()[1]}/link/"
        slack.faults["apps.connections.open"].append(reply({"ok": True, "url": address}))
        async with running(settings, desk, slack):
            await slack.mention(PELICAN)
            await answered(slack)


# ---- What Slack does not take ----------------------------------------------------------------------------------------


async def test_429_waits_and_sends_once(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    slack.faults["chat.postMessage"] += [limited(), limited()]
    slack.faults["respond"].append(limited())
    async with running(settings, desk, slack):
        await slack.mention(PELICAN)
        token = await slack.slash("/ask", f"{PELICAN} private:yes")
        await slack.responded(token)
        await answered(slack)
        # The next is not kept waiting.
        await slack.mention(WALRUS)
        await answered(slack, count=2)
    names = [name for name, _ in slack.requests if name.startswith(("chat.postMessage", "respond"))]
    assert sorted(names) == [
        "chat.postMessage",
        "chat.postMessage",
        "chat.postMessage (fault)",
        "chat.postMessage (fault)",
        "respond",
        "respond (fault)",
    ]
    assert len(slack.responses[token]) == 1


@pytest.mark.parametrize("way", ["command", "mention"])
@pytest.mark.parametrize("fault", [*TRANSIENT, "too long"])
async def test_an_answer_that_slack_does_not_take_is_told_to_the_asker(
    settings: Settings, desk: Desk, slack: LoopbackSlack, caplog: pytest.LogCaptureFixture, fault: str, way: str
) -> None:
    times = len(client.PAUSES) + 1 if fault in TRANSIENT else 1
    slack.faults["chat.postMessage"] += [FAULTS[fault]() for _ in range(times)]
    async with running(settings, desk, slack):
        if way == "command":
            token = await slack.slash("/ask", PELICAN)
            (told,) = await slack.responded(token)
            assert told["response_type"] == "ephemeral"
        else:
            ts = await slack.mention(PELICAN)
            await slack.until(lambda: slack.thread(CHANNEL, ts))
            (told,) = slack.thread(CHANNEL, ts)
        assert wording.UNEXPECTED in shown(told)
        # The bot lives.
        await slack.mention(WALRUS, user=OTHER)
        await slack.until(lambda: any(quotes(message) for message in slack.said()))
    assert re.search(rf"slack\.{'ask' if way == 'command' else 'mention'}_failed error=\w+", caplog.text)
    assert "\nTraceback" not in caplog.text


@pytest.mark.parametrize("posted", [False, True])
@pytest.mark.parametrize("way", ["command", "mention", "direct", "thread"])
@pytest.mark.parametrize("fault", TRANSIENT)
async def test_an_answer_arrives_once_though_slack_fails_for_a_moment(
    settings: Settings, desk: Desk, slack: LoopbackSlack, fault: str, way: str, posted: bool
) -> None:
    """Whether or not Slack had posted it before it failed."""

    def failing() -> web.Response:
        if posted:
            slack._say(slack.requests[-1][1])
        return FAULTS[fault]()

    slack.faults["chat.postMessage"].append(failing)
    async with running(settings, desk, slack):
        channel = CHANNEL
        if way == "command":
            await slack.slash("/ask", PELICAN)
        elif way == "direct":
            channel = DIRECT
            await slack.direct(PELICAN)
        else:
            await slack.mention(PELICAN, thread_ts="1700000000.000100" if way == "thread" else None)
        (answer,) = await answered(slack, channel)
        # Its buttons work once the bot has looked whether it stands there.
        await slack.until(lambda: slack.found("conversations.history") + slack.found("conversations.replies"))
        await slack.press(answer, button(answer, "remove"))
        await slack.until(lambda: not slack.said(channel))
    assert len(slack.found("chat.postMessage")) == (0 if posted else 1)
    assert len(slack.found("chat.postMessage (fault)")) == 1


async def test_where_slack_does_not_say_whether_it_has_posted_nothing_is_posted_twice(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    slack.faults["chat.postMessage"].append(FAULTS["broken"]())
    slack.faults["conversations.history"].append(reply(refusal("missing_scope")))
    async with running(settings, desk, slack):
        token = await slack.slash("/ask", PELICAN)
        (told,) = await slack.responded(token)
        assert wording.UNEXPECTED in shown(told)
    assert not slack.said()


@pytest.mark.parametrize("fault", TRANSIENT)
async def test_what_may_be_done_twice_is_tried_again(
    settings: Settings, desk: Desk, slack: LoopbackSlack, fault: str
) -> None:
    slack.faults["views.open"].append(FAULTS[fault]())
    async with running(settings, desk, slack):
        await slack.slash("/ask")
        assert await slack.sent("views.open")


async def test_where_nothing_can_be_told_it_is_logged_and_the_bot_lives(
    settings: Settings, desk: Desk, slack: LoopbackSlack, caplog: pytest.LogCaptureFixture
) -> None:
    slack.faults["chat.postMessage"] += [reply(refusal("is_archived")), reply(refusal("is_archived"))]
    async with running(settings, desk, slack):
        await slack.mention(PELICAN)
        await slack.until(lambda: "slack.tell_not_sent error=is_archived" in caplog.text)
        await slack.mention(PELICAN)
        await answered(slack)
    assert "slack.mention_failed error=is_archived" in caplog.text


async def test_a_status_that_slack_does_not_take_does_not_keep_the_answer(
    settings: Settings, desk: Desk, slack: LoopbackSlack, caplog: pytest.LogCaptureFixture
) -> None:
    faults = slack.faults["assistant.threads.setStatus"]
    faults += [reply(refusal("missing_scope")), FAULTS["too long"]()]
    async with running(settings, desk, slack):
        for count in (1, 2):
            await slack.mention(PELICAN)
            assert quotes((await answered(slack, count=count))[-1])
    assert "failed" not in caplog.text


@pytest.mark.parametrize(("status", "text"), [(400, "invalid_blocks"), (404, "expired_url")])
async def test_a_response_url_that_refuses_is_not_the_end(
    settings: Settings, desk: Desk, slack: LoopbackSlack, caplog: pytest.LogCaptureFixture, status: int, text: str
) -> None:
    async with running(settings, desk, slack):
        slack.faults["respond"].append(web.Response(status=status, text=text))
        await slack.slash("/ask", f"{PELICAN} private:yes")
        (answer,) = await answered(slack, DIRECT)
        assert quotes(answer)
        # Its buttons are there, and nobody else has seen it.
        slack.faults["respond"].append(web.Response(status=status, text=text))
        await ask_context(slack, answer, 1)
        assert quotes((await answered(slack, DIRECT, 2))[1]) == quotes(answer)[:1]
        # Neither is it the end of what is only told.
        slack.faults["respond"].append(web.Response(status=status, text=text))
        await slack.slash("/ask", f"{PELICAN} number:99")
        assert "number from 1 to 10" in shown((await answered(slack, DIRECT, 3))[2])
    assert not slack.said()
    assert f"slack.response_refused status={status}" in caplog.text


async def test_a_response_url_that_fails_for_a_moment_is_used_again_for_what_one_person_sees(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    slack.faults["respond"] += [web.Response(status=503) for _ in range(2)]
    async with running(settings, desk, slack):
        (answer,) = await slack.responded(await slack.slash("/ask", f"{PELICAN} private:yes"))
        assert quotes(answer)
        # What others see may stand there, so the asker alone gets it.
        with slow(desk):
            token = await slack.slash("/ask", PELICAN, channel=ELSEWHERE)
            await slack.responded(token)
            slack.faults["respond"].append(web.Response(status=500))
        _, answer = await slack.responded(token, 2)
    assert answer["response_type"] == "ephemeral"
    assert quotes(answer)
    assert not slack.said(ELSEWHERE)


async def test_an_answer_that_cannot_be_deleted_by_its_url_is_deleted_by_the_bot(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        await slack.slash("/ask", PELICAN)
        (answer,) = await answered(slack)
        slack.faults["respond"].append(web.Response(status=404, text="expired_url"))
        await slack.press(answer, button(answer, "remove"))
        await slack.until(lambda: not slack.said())
    assert [payload["ts"] for payload in slack.found("chat.delete")] == [answer["ts"]]


async def test_an_answer_of_an_url_that_is_refused_where_the_bot_is_no_member_is_told(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    slack.faults["respond"] += [web.Response(status=404, text="expired_url") for _ in range(3)]
    async with running(settings, desk, slack):
        await slack.slash("/ask", PELICAN, channel=ELSEWHERE)
        assert await answered(slack, DIRECT)
    assert not slack.said(ELSEWHERE)


async def test_a_form_that_cannot_be_opened_any_more_is_told(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    slack.trigger_seconds = -1
    async with running(settings, desk, slack):
        (told,) = await slack.responded(await slack.slash("/ask"))
    assert wording.UNEXPECTED in shown(told)


# ---- Starting --------------------------------------------------------------------------------------------------------


async def test_a_wrong_token_is_one_line_and_no_retry(
    settings: Settings, desk: Desk, slack: LoopbackSlack, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("slack_bot_token", "slack_app_token"):
        with pytest.raises(SlackRefusalError, match=rf"^[^\n]*{name.upper()}[^\n]*invalid_auth[^\n]*$") as refused:
            async with asyncio.timeout(120):
                await run(replace(settings, **{name: "xoxb-wrong-secret"}), desk)
        assert refused.value.exit_status == 78
        assert "wrong-secret" not in f"{refused.value}{caplog.text}"
    assert slack.connections == 0
    assert "slack.connect_failed" not in caplog.text


@pytest.mark.parametrize("error", ["account_inactive", "token_revoked", "not_allowed_token_type", "missing_scope"])
@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
async def test_a_token_that_is_no_longer_good_is_named(
    settings: Settings, desk: Desk, slack: LoopbackSlack, method: str, error: str
) -> None:
    slack.faults[method].append(reply(refusal(error)))
    name = "SLACK_BOT_TOKEN" if method == "auth.test" else "SLACK_APP_TOKEN"
    with pytest.raises(SlackRefusalError, match=rf"{name} \({error}\)"):
        async with asyncio.timeout(120):
            await run(settings, desk)


async def test_an_app_token_that_is_revoked_while_the_bot_runs_ends_it(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async def until_revoked() -> None:
        async with running(settings, desk, slack) as task:
            await slack.mention(PELICAN)
            await answered(slack)
            slack.revoke_app_token = True
            await slack.refresh()
            await asyncio.wait({task}, timeout=120)
            assert task.done()

    with pytest.raises(SlackRefusalError, match=r"SLACK_APP_TOKEN \(invalid_auth\)"):
        await until_revoked()


async def test_a_missing_token_is_named(settings: Settings, desk: Desk) -> None:
    with pytest.raises(SlackRefusalError, match="SLACK_BOT_TOKEN is not set"):
        await run(replace(settings, slack_bot_token=None), desk)
    with pytest.raises(SlackRefusalError, match=r"SLACK_APP_TOKEN.*SLACK_SIGNING_SECRET"):
        await run(replace(settings, slack_app_token=None), desk)


async def test_no_network_is_tried_a_few_times(
    settings: Settings, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}/api"
        with pytest.raises(SlackError, match=r"^Slack cannot be reached \([^\n]*3 tries[^\n]*$") as failed:
            await run(replace(settings, slack_api_base=nobody), desk)
    assert not isinstance(failed.value, SlackRefusalError)
    assert failed.value.exit_status != 78
    assert caplog.text.count("slack.connect_failed") == 2
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("fault", [*FAULTS, "limited"])
async def test_a_slack_that_is_unwell_at_first_is_tried_again(
    settings: Settings, desk: Desk, slack: LoopbackSlack, fault: str
) -> None:
    slack.faults["auth.test"].append(limited() if fault == "limited" else FAULTS[fault]())
    async with running(settings, desk, slack):
        await slack.mention(PELICAN)
        await answered(slack)


@pytest.mark.parametrize("failures", [1, 3], ids=["while the library tries again", "in a pause"])
async def test_a_stop_before_slack_is_reached_is_heeded(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    monkeypatch.setattr(connection, "RETRY_PAUSES", (600.0,))
    slack.faults["auth.test"].extend(reply(refusal("internal_error")) for _ in range(failures))
    task = asyncio.create_task(run(settings, desk))
    await slack.until(lambda: len(slack.found("auth.test (fault)")) == failures)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(task, 120)
    assert slack.connections == 0


# ---- Stopping --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["mention", "command", "button"])
async def test_stopping_finishes_the_answer_under_way(
    settings: Settings, desk: Desk, slack: LoopbackSlack, way: str
) -> None:
    async with running(settings, desk, slack) as task:
        await slack.slash("/ask", WALRUS)
        (first,) = await answered(slack)
        held = "chat.postMessage" if way == "mention" else "respond"
        slack.holds[held] = asyncio.Event()
        if way == "mention":
            await slack.mention(PELICAN)
        elif way == "command":
            token = await slack.slash("/ask", f"{PELICAN} private:yes")
        else:
            token = await ask_context(slack, first, 1)
        await slack.until(lambda: slack.waiting)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.2)
        assert not task.done()
        slack.holds[held].set()
        await asyncio.wait_for(task, 120)
    if way == "mention":
        assert len(slack.said()) == 2
    else:
        assert [len(quotes(payload)) > 0 for payload in slack.responses[token]] == [True]


async def test_nothing_new_begins_while_stopping_and_that_is_told(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack) as task:
        slack.holds["assistant.threads.setStatus"] = asyncio.Event()
        ts = await slack.mention(PELICAN)
        await slack.until(lambda: slack.waiting)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.2)
        token = await slack.slash("/ask", PELICAN, user=OTHER)
        (told,) = await slack.responded(token)
        assert told["response_type"] == "ephemeral"
        assert "being restarted" in shown(told)
        direct = await slack.direct(PELICAN, user=OTHER)
        place = slack.direct_channel(OTHER)
        await slack.until(lambda: slack.thread(place, direct))
        assert "being restarted" in shown(slack.thread(place, direct)[0])
        # Nobody waits for these.
        await slack.message("Nothing that is meant for the bot.")
        await slack.open_home()
        await all_acknowledged(slack)
        assert not task.done()
        slack.holds["assistant.threads.setStatus"].set()
        await asyncio.wait_for(task, 120)
    assert [quotes(message) != [] for message in slack.thread(CHANNEL, ts)] == [True]
    assert len(slack.said()) == 1


async def test_people_who_talk_in_a_thread_while_the_bot_stops_are_left_alone(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack) as task:
        opening = await slack.message("Let us talk.")
        slack.holds["assistant.threads.setStatus"] = asyncio.Event()
        await slack.direct(PELICAN)
        await slack.until(lambda: slack.waiting)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.2)
        await slack.message("Nothing that is meant for the bot.", thread_ts=opening)
        await all_acknowledged(slack)
        slack.holds["assistant.threads.setStatus"].set()
        await asyncio.wait_for(task, 120)
    assert not slack.said()


async def test_whoever_cannot_be_answered_before_a_stop_is_told(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "GRACE", 0.1)
    people = [add_person(slack, f"U0PERSON{n:02}") for n in range(29)]
    async with running(settings, desk, slack) as task:
        with slow(desk) as go_on:
            tokens = [await slack.slash("/ask", f"{PELICAN} {n}", user=person) for n, person in enumerate(people)]
            ts = await slack.mention(PELICAN)
            # Nobody waits for what people say to each other.
            talk = await slack.message("only from Example Wire", thread_ts=ts, user=OTHER)
            await slack.until(lambda: desk.waiting == 30 and len(slack.acks) == len(slack.envelopes))
            os.kill(os.getpid(), signal.SIGTERM)
            await slack.until(lambda: slack.thread(CHANNEL, ts) and len(slack.found("respond")) == 29)
            go_on.set()
            await asyncio.wait_for(task, 30)
    assert talk
    told = [payload for token in tokens for payload in slack.responses[token]] + slack.said()
    assert [shown(payload) for payload in told] == [service.STOPPING] * 30
    assert {payload["response_type"] for payload in told[:29]} == {"ephemeral"}


async def test_stopping_does_not_wait_for_ever(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "GRACE", 0.1)
    monkeypatch.setattr(service, "TELLING", 0.1)
    held = slack.holds["chat.postMessage"] = asyncio.Event()
    async with running(settings, desk, slack) as task:
        await slack.mention(PELICAN)
        await slack.until(lambda: slack.waiting)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, 120)
        held.set()


async def test_buttons_work_over_another_connection_of_another_process(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        token = await slack.slash("/ask", f"{PELICAN} private:yes")
        await slack.responded(token)
        searching, answer = slack.whispered()
        assert shown(searching) == "Searching the coverage…"
    async with restarted(settings, slack):
        (context,) = await slack.responded(await ask_context(slack, answer, 1))
        assert quotes(context) == quotes(answer)[:1]
        await slack.press(answer, button(answer, "share"))
        (shared,) = await answered(slack)
        assert quotes(shared) == quotes(answer)


# ---- Many at once ----------------------------------------------------------------------------------------------------


async def test_100_questions_of_25_people_at_once_are_all_answered(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # About as fast as the real model.
    monkeypatch.setattr(WordHashEncoder, "_vector", cache(WordHashEncoder._vector))
    people = [add_person(slack, f"U0PERSON{n:02}") for n in range(25)]
    slack.members[SPORT] = True
    mentions, directs, commands = [], [], []
    async with running(settings, desk, slack), stall_of_the_loop("100 questions"):
        for n, person in enumerate(people):
            place = slack.direct_channel(person)
            mentions.append(await slack.mention(QUESTION, user=person, message_first=n % 2 == 0))
            private = " private:yes" if n % 2 else ""
            commands.append(await slack.slash("/ask", QUESTION + private, user=person, channel=SPORT))
            directs += [(place, await slack.direct(words, user=person)) for words in (PELICAN, WALRUS)]

        def threads() -> list[list[dict[str, Any]]]:
            asked = [(CHANNEL, ts) for ts in mentions]
            return [slack.thread(place, ts) for place, ts in [*asked, *directs]]

        async with asyncio.timeout(120):
            while not (all(threads()) and len(slack.said(SPORT)) == 13 and len(slack.found("respond")) == 12):
                await asyncio.sleep(0.05)
        await slack.until(lambda: len(slack.acks) == len(slack.envelopes))
    # One answer each, and everybody has theirs.
    assert {len(thread) for thread in threads()} == {1}
    assert len(slack.said()) == 25
    assert [len(slack.responses[token]) for token in commands] == [n % 2 for n in range(25)]
    answers = [message for (message,) in threads()] + slack.said(SPORT) + slack.found("respond")
    assert len(answers) == 100
    assert all(quotes(answer) for answer in answers)
    assert len({key_of(answer) for answer in answers}) == 100
    slowest = max(slack.acknowledged.values())
    print(f"slowest acknowledgement {slowest * 1000:.0f} ms")
    assert slowest < 3


# ---- The log ---------------------------------------------------------------------------------------------------------


async def test_no_question_and_no_secret_is_logged(
    settings: Settings,
    desk: Desk,
    slack: LoopbackSlack,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    brisk(monkeypatch)
    tickets, connect = [], slack._connect

    def noted(payload: dict[str, Any]) -> dict[str, Any]:
        answer = connect(payload)
        tickets.append(re.search(r"ticket=([^&]+)", answer["url"])[1])
        return answer

    monkeypatch.setattr(slack, "_connect", noted)

    async def broken(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError(f"a fault nobody foresaw with {PELICAN} in it")

    slack.refuse_socket = True

    async def relent() -> None:
        await slack.until(lambda: slack.connections)
        slack.refuse_socket = False

    relenting = asyncio.create_task(relent())
    async with running(settings, desk, slack):
        await relenting
        await slack.mention(PELICAN)
        (answer,) = await answered(slack)
        await slack.slash("/ask", f"{PASTA} private:yes")
        await ask_context(slack, answer, 1)
        await slack.sent("respond", 2)
        slack.faults["respond"].append(web.Response(status=404, text="expired_url"))
        await slack.slash("/ask", f"{PELICAN} private:yes")
        await answered(slack, DIRECT)
        slack.faults["chat.postMessage"].append(reply(refusal("msg_too_long")))
        await slack.responded(await slack.slash("/ask", PELICAN))
        await slack.drop()
        await slack.until(lambda: slack.connections >= 3)
        monkeypatch.setattr(desk, "ask", broken)
        (told,) = await slack.responded(await slack.slash("/ask", PELICAN))
        assert wording.UNEXPECTED in shown(told)
    assert "slack.ask_failed error=RuntimeError" in caplog.text
    assert len(tickets) >= 2
    secrets = [BOT_TOKEN, APP_TOKEN, *tickets, *slack._urls, *quotes(answer)]
    for secret in (*secrets, PELICAN, "stole the hat", PASTA, "pasta shape"):
        assert secret not in caplog.text


async def test_what_went_wrong_with_a_connection_is_logged_in_a_line(
    settings: Settings, desk: Desk, slack: LoopbackSlack, caplog: pytest.LogCaptureFixture
) -> None:
    slack.faults["apps.connections.open"].append(reply(refusal("token_revoked")))
    with pytest.raises(SlackRefusalError):
        await run(settings, desk)
    assert "Traceback" not in caplog.text
    # Other users of the library keep their log as it was.
    assert not logging.getLogger("slack_sdk").filters


# ---- Discord and Slack in one process --------------------------------------------------------------------------------


@pytest.fixture
def _discords_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord_app, "RETRY_PAUSES", (0.01, 0.01))
    # discord.py keeps these for the process; what a test sets must not outlive it.
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)


def on_both(settings: Settings, server: discord_server.LoopbackDiscord) -> Settings:
    return replace(
        settings,
        discord_token=discord_server.TOKEN,
        discord_api_base=server.api,
        discord_gateway=server.gateway,
    )


async def run_both(settings: Settings, desk: Desk) -> None:
    await service.run(settings, desk, [partial(run_discord, settings, desk), partial(run_slack, settings, desk)])


@pytest.mark.usefixtures("_discords_own")
async def test_both_platforms_answer_in_one_process_over_one_desk(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with loopback_discord() as discord:
        both = on_both(settings, discord)
        task = asyncio.create_task(run_both(both, desk))
        try:
            await slack.until(lambda: (slack.connected and discord.identified) or task.done())
            await asyncio.gather(slack.mention(PELICAN), discord.mention(PELICAN))
            (answer,) = await answered(slack)
            (other,) = await discord.sent("POST", f"/channels/{discord_server.CHANNEL}/messages")
            said = str(other)
            assert all(words in said for words in quotes(answer))
            # An answer under way on one keeps the process until it is done.
            held = slack.holds["respond"] = asyncio.Event()
            token = await slack.slash("/ask", f"{PELICAN} private:yes")
            await slack.until(lambda: slack.waiting)
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.2)
            assert not task.done()
            held.set()
            await asyncio.wait_for(task, 120)
            assert quotes(slack.responses[token][0])
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    # What is asked on one platform is no business of the other.
    assert len(slack.said()) == 1


@pytest.mark.usefixtures("_discords_own")
@pytest.mark.parametrize("wrong", ["slack_bot_token", "slack_app_token", "discord_token"])
async def test_where_one_platform_cannot_go_on_the_other_is_stopped_and_that_is_told(
    settings: Settings, desk: Desk, slack: LoopbackSlack, wrong: str
) -> None:
    error = DiscordError if wrong == "discord_token" else SlackRefusalError
    async with loopback_discord() as discord:
        both = replace(on_both(settings, discord), **{wrong: "wrong-secret"})
        with pytest.raises(error, match=wrong.upper()):
            await asyncio.wait_for(run_both(both, desk), 120)
        await slack.until(lambda: not slack.connected)


@pytest.mark.usefixtures("_discords_own")
async def test_a_connection_that_loses_a_cancellation_is_stopped_all_the_same(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = []

    async def start(_bot: discord_app.OnTheRecordBot, _token: str) -> None:
        while len(lost) < 2:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            lost.append(True)

    monkeypatch.setattr(discord_app.OnTheRecordBot, "start", start)
    async with loopback_discord() as discord:
        both = replace(on_both(settings, discord), slack_app_token="wrong-secret")
        with pytest.raises(SlackRefusalError):
            await asyncio.wait_for(run_both(both, desk), 120)
    assert len(lost) == 2
    await slack.until(lambda: not slack.connected)


@pytest.mark.usefixtures("_discords_own")
async def test_where_slack_is_lost_discord_finishes_what_it_is_at(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with loopback_discord() as discord:
        task = asyncio.create_task(run_both(on_both(settings, discord), desk))
        try:
            await slack.until(lambda: (slack.connected and discord.identified) or task.done())
            path = f"/channels/{discord_server.CHANNEL}/messages"
            held = discord.holds[f"POST {path}"] = asyncio.Event()
            await discord.mention(PELICAN)
            await slack.until(lambda: discord.waiting)
            slack.revoke_app_token = True
            await slack.refresh()
            await slack.until(lambda: not slack.connected)
            assert not task.done()
            held.set()
            with pytest.raises(SlackRefusalError, match="SLACK_APP_TOKEN"):
                await asyncio.wait_for(task, 120)
            assert len(discord.found("POST", path)) == 1
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
