"""The bot where Slack sends what people do to a public address of ours, signed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from slack_rules import quotes
from slack_server import CHANNEL, OTHER, READER, SIGNING_SECRET, LoopbackSlack
from slack_world import (
    PELICAN,
    ask_context,
    corpus_fixture,  # noqa: F401
    desk_fixture,  # noqa: F401
    kept,
    run,
    settings_fixture,  # noqa: F401
    shown,
    slack_fixture,  # noqa: F401
)

from bot.slack.connection import PATH, SlackRefusalError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.desk import Desk
    from bot.settings import Settings

DRESDEN, UTRECHT = (f"A pelican stole the hat of the mayor of {town}." for town in ("Dresden", "Utrecht"))


def listening() -> socket.socket:
    """A socket on a port that nobody else has."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken


@pytest.fixture
def signed(settings: Settings) -> Settings:
    """Settings for signed requests in place of a socket."""
    with listening() as taken:
        port = taken.getsockname()[1]
    return replace(
        settings, slack_app_token=None, slack_signing_secret=SIGNING_SECRET, slack_listen=("127.0.0.1", port)
    )


@pytest.fixture
async def url(signed: Settings, desk: Desk, slack: LoopbackSlack) -> AsyncIterator[str]:
    """The address of the running bot, which Slack knows."""
    host, port = signed.slack_listen
    slack.request_url = f"http://{host}:{port}{PATH}"
    task = asyncio.create_task(run(signed, desk))
    try:
        while not await reachable(host, port):
            assert not task.done(), task.exception()
            await asyncio.sleep(0.01)
        yield slack.request_url
        if not task.done():
            os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, 120)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert all(seconds < 3 for seconds in slack.acknowledged.values())


async def reachable(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return True


def mention_of(slack: LoopbackSlack) -> dict[str, Any]:
    """The payload of an event that was sent before, as another event."""
    envelope = next(e for e in slack.envelopes.values() if e["payload"].get("event", {}).get("type") == "app_mention")
    payload = envelope["payload"]
    return {
        **payload,
        "event_id": "Ev000000000",
        "event": {**payload["event"], "ts": "1.000001", "event_ts": "1.000001"},
    }


async def test_questions_buttons_menus_and_forms_arrive_signed(url: str, slack: LoopbackSlack, desk: Desk) -> None:
    assert url
    asked = await slack.mention(PELICAN)
    await slack.until(lambda: slack.thread(CHANNEL, asked))
    (answer,) = slack.thread(CHANNEL, asked)
    assert sorted(quotes(answer)) == [DRESDEN, UTRECHT]
    command = await slack.slash("/ask", f"{PELICAN} private:yes number:1")
    (private,) = await slack.responded(command)
    assert len(quotes(private)) == 1
    # What is done is answered elsewhere: here is only the acknowledgement.
    assert await slack.acked(command) is None

    (context,) = await slack.responded(await ask_context(slack, answer, 1, user=OTHER))
    assert quotes(context) == quotes(answer)[:1]
    await slack.responded(await slack.slash("/source"))
    offered = await slack.suggest("pick:source", "bird")
    assert [option["text"]["text"] for option in offered["options"]] == ["Bird takes hat · Example Wire"]
    assert "Connection: HTTP" in shown((await slack.responded(await slack.slash("/coverage-status")))[0])

    form = await slack.slash("/ask")
    (opened,) = await slack.sent("views.open")
    wrong = await slack.submit(opened["view"], {"question": PELICAN, "since": "31 April 2023"})
    assert (await slack.acked(wrong))["response_action"] == "errors"
    right = await slack.submit(opened["view"], {"question": PELICAN, "since": "2023-05-05"})
    assert await slack.acked(right) is None
    await slack.until(lambda: [UTRECHT] in [quotes(message) for message in slack.said()])
    assert slack.responses[form] == []
    shortcut = await slack.shortcut("verify_message", {"text": f"“{DRESDEN}”"})
    assert "1 exact" in shown((await slack.responded(shortcut))[0])
    await slack.open_home()
    await slack.until(lambda: READER in slack.homes)

    assert (await kept(desk, answer))["question"] == PELICAN
    assert slack.found("apps.connections.open") == []
    assert slack.connections == 0


@pytest.mark.parametrize("words", ["payload", 'payload={"type":"block_actions"}', "the &payload=%7B%7D of <a> mayor"])
async def test_a_command_may_have_the_word_payload_in_it(
    url: str, slack: LoopbackSlack, desk: Desk, words: str
) -> None:
    assert url
    question = f"{PELICAN} {words}"
    command = await slack.slash("/ask", question)
    await slack.acked(command)
    await slack.until(slack.said)
    (answer,) = slack.said()
    assert (await kept(desk, answer))["question"] == question


async def test_slack_can_see_whose_address_it_is(url: str, slack: LoopbackSlack) -> None:
    payload = {"token": "verification", "challenge": "a-challenge", "type": "url_verification"}
    status, body = await slack.post(url, payload)
    assert status == 200
    assert "a-challenge" in body
    assert (await slack.post(url, payload, secret="another"))[0] == 401
    # From time to time it looks whether the address of a command still answers.
    assert (await slack.post(url, {"ssl_check": "1", "token": "verification"}, "slash_commands"))[0] == 200


async def test_what_is_not_signed_by_slack_now_is_refused_and_nothing_is_asked(
    url: str, slack: LoopbackSlack, caplog: pytest.LogCaptureFixture
) -> None:
    asked = await slack.mention(PELICAN)
    await slack.until(lambda: slack.thread(CHANNEL, asked))
    payload, command = mention_of(slack), {"command": "/ask", "text": PELICAN, "channel_id": CHANNEL, "user_id": READER}
    before = len(slack.requests)
    for sent, kind in (
        (payload, "events_api"),
        (command, "slash_commands"),
        ({"type": "block_actions"}, "interactive"),
    ):
        for wrong in ({"secret": "another"}, {"secret": ""}, {"age": 600}, {"age": -600}):
            status, body = await slack.post(url, sent, kind, **wrong)
            assert (status, body) == (401, ""), wrong
    for headers in (
        {},
        {"X-Slack-Request-Timestamp": "1"},
        {"X-Slack-Signature": "v0=0"},
        {"X-Slack-Request-Timestamp": "today", "X-Slack-Signature": "v0=0"},
        {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=0"},
        {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=é"},
        {"Content-Type": "application/json; charset=none-such"},
    ):
        assert await posted(url, b'{"type": "event_callback"}', headers) == 401, headers
    assert await posted(url, b"\xff\xfe\xff", {}) == 401
    assert "slack.signature_refused" in caplog.text
    assert "Traceback" not in caplog.text
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(slack.requests) == before
    # The same, signed, is answered.
    assert (await slack.post(url, payload))[0] == 200
    await slack.until(lambda: slack.thread(CHANNEL, "1.000001"))


async def posted(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of a request as it stands."""
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        return response.status


async def test_an_event_that_slack_sends_again_is_answered_once(url: str, slack: LoopbackSlack) -> None:
    assert url
    asked = await slack.mention(PELICAN)
    await slack.until(lambda: slack.thread(CHANNEL, asked))
    mention, message = slack.deliveries(asked)
    for envelope_id in (mention, message, mention):
        again = await slack.redeliver(envelope_id)
        await slack.acked(again)
    other = await slack.mention(PELICAN, user=OTHER)
    await slack.until(lambda: slack.thread(CHANNEL, other))
    assert len(slack.thread(CHANNEL, asked)) == 1
    assert len(slack.found("chat.postMessage")) == 2


async def test_an_answer_under_way_is_given_before_the_bot_stops(
    url: str, slack: LoopbackSlack, caplog: pytest.LogCaptureFixture
) -> None:
    assert url
    caplog.set_level(logging.INFO, "bot.slack")
    release = slack.holds["chat.postMessage"] = asyncio.Event()
    asked = await slack.mention(PELICAN)
    await slack.until(lambda: slack.waiting)
    os.kill(os.getpid(), signal.SIGTERM)
    await slack.until(lambda: "slack.stopping" in caplog.text)
    release.set()
    await slack.until(lambda: slack.thread(CHANNEL, asked))
    assert len(quotes(slack.thread(CHANNEL, asked)[0])) == 2


async def test_other_addresses_and_ways_are_not_served(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as response:
            assert response.status == 405
        async with session.post(url.removesuffix(PATH)) as response:
            assert response.status == 404


async def test_a_place_where_the_bot_cannot_listen_is_told(signed: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    assert slack.port
    with listening() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SlackRefusalError, match=rf"^SLACK_LISTEN 127\.0\.0\.1:{port} cannot be used: \w"):
            await run(replace(signed, slack_listen=("127.0.0.1", port)), desk)
    with pytest.raises(SlackRefusalError, match=r"^SLACK_LISTEN 192\.0\.2\.1:3000 cannot be used: \w"):
        await run(replace(signed, slack_listen=("192.0.2.1", 3000)), desk)
    assert SlackRefusalError.exit_status == os.EX_CONFIG


async def test_without_a_token_or_a_secret_for_what_slack_sends_the_bot_does_not_begin(
    signed: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    with pytest.raises(SlackRefusalError, match="SLACK_SIGNING_SECRET"):
        await run(replace(signed, slack_signing_secret=None), desk)
    with pytest.raises(SlackRefusalError, match="SLACK_BOT_TOKEN"):
        await run(replace(signed, slack_bot_token=None), desk)
    assert slack.requests == []
