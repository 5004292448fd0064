"""The loopback Slack against the real libraries: what it sends arrives, what it takes is what Slack takes."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.app.async_server import AsyncSlackAppServer
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_server import (
    APP_TOKEN,
    BOT_TOKEN,
    BOT_USER,
    CHANNEL,
    CHIEF,
    DIRECT,
    ELSEWHERE,
    LOGIN_PAGE,
    OTHER,
    OTHER_TEAM,
    READER,
    SIGNING_SECRET,
    STRANGER,
    TEAM,
    LoopbackSlack,
    limited,
    loopback_slack,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

QUIET = {"unfurl_links": False, "unfurl_media": False}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def option(name: str) -> dict[str, Any]:
    return {"text": plain(name), "value": name.lower()}


def button(value: str) -> dict[str, Any]:
    return {"type": "button", "action_id": f"more-{value}", "text": plain(f"More {value}"), "value": value}


PICK = {"type": "external_select", "action_id": "pick", "placeholder": plain("A source"), "min_query_length": 0}
BLOCKS = [
    {"type": "section", "text": plain("Words")},
    {"type": "actions", "elements": [button("a")]},
    {"type": "actions", "block_id": "below", "elements": [button("b"), PICK]},
]
MODAL = {
    "type": "modal",
    "callback_id": "verify",
    "private_metadata": "here",
    "title": plain("Verify"),
    "submit": plain("Go"),
    "close": plain("Not now"),
    "blocks": [
        {
            "type": "input",
            "block_id": "draft",
            "label": plain("Draft"),
            "element": {"type": "plain_text_input", "action_id": "words", "multiline": True},
        },
        {
            "type": "input",
            "block_id": "day",
            "label": plain("Day"),
            "optional": True,
            "element": {"type": "static_select", "action_id": "day", "options": [option("Today"), option("Friday")]},
        },
        {
            "type": "input",
            "block_id": "ways",
            "label": plain("Ways"),
            "optional": True,
            "element": {
                "type": "checkboxes",
                "action_id": "ways",
                "options": [option("Exact"), option("Near")],
                "initial_options": [option("Near")],
            },
        },
        {
            "type": "input",
            "block_id": "proof",
            "label": plain("Proof"),
            "optional": True,
            "element": {"type": "file_input", "action_id": "proof", "max_files": 1},
        },
    ],
}
WORDS = {"text": "Words", "blocks": BLOCKS, **QUIET}
HOME = {"type": "home", "blocks": [{"type": "actions", "elements": [button("refresh")]}]}


class Bot:
    """A small Bolt app that keeps what it gets."""

    def __init__(self, slack: LoopbackSlack, token: str = BOT_TOKEN) -> None:
        self.client = AsyncWebClient(token, base_url=slack.api)
        self.app = AsyncApp(client=self.client, signing_secret=SIGNING_SECRET)
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.app.event("app_mention")(self.event)
        self.app.event("message")(self.event)
        self.app.event("app_home_opened")(self.event)
        self.app.command("/ask")(self.command)
        self.app.shortcut("verify")(self.shortcut)
        self.app.action(re.compile("more|pick"))(self.action)
        self.app.options("pick")(self.options)
        self.app.view("verify")(self.view)

    def named(self, kind: str) -> list[dict[str, Any]]:
        return [body for name, body in self.got if name == kind]

    async def event(self, body: dict[str, Any]) -> None:
        self.got.append((body["event"]["type"], body))

    async def command(self, ack: Any, respond: Any, body: dict[str, Any]) -> None:
        await ack()
        self.got.append(("command", body))
        await respond(**WORDS, response_type="in_channel")

    async def shortcut(self, ack: Any, body: dict[str, Any]) -> None:
        await ack()
        self.got.append(("shortcut", body))
        await self.client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    async def action(self, ack: Any, respond: Any, body: dict[str, Any]) -> None:
        await ack()
        self.got.append(("action", body))
        if "response_url" in body:
            await respond(**WORDS, replace_original=False)

    async def options(self, ack: Any, body: dict[str, Any]) -> None:
        self.got.append(("options", body))
        await ack(options=[option("Gazette"), option(body["value"] or "Herald")])

    async def view(self, ack: Any, body: dict[str, Any]) -> None:
        self.got.append(("view", body))
        await ack(response_action="update", view=MODAL)


@asynccontextmanager
async def running(slack: LoopbackSlack) -> AsyncIterator[Bot]:
    """A bot connected by Socket Mode."""
    bot = Bot(slack)
    handler = AsyncSocketModeHandler(bot.app, APP_TOKEN, ping_interval=0.1)
    await handler.connect_async()
    try:
        yield bot
    finally:
        await handler.close_async()


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    async with loopback_slack() as server:
        yield server


@pytest_asyncio.fixture
async def bot(slack: LoopbackSlack) -> AsyncIterator[Bot]:
    async with running(slack) as bot:
        yield bot


# ---- Events ----------------------------------------------------------------------------------------------------------


async def test_an_event_comes_once_and_is_acknowledged(slack: LoopbackSlack, bot: Bot) -> None:
    ts = await slack.direct("Who said <this> & that? https://example.com/a.")
    [envelope] = slack.deliveries(ts)
    assert await slack.acked(envelope) is None
    await slack.until(lambda: bot.got)
    [body] = bot.named("message")
    event = body["event"]
    assert event["text"] == "Who said &lt;this&gt; &amp; that? <https://example.com/a>."
    assert (event["channel"], event["channel_type"], event["user"]) == (DIRECT, "im", READER)
    assert body["authorizations"][0]["user_id"] == BOT_USER
    assert 0 < slack.acknowledged[envelope] < 3
    assert slack.connections == 1


@pytest.mark.parametrize("message_first", [False, True])
async def test_a_mention_comes_as_two_events(slack: LoopbackSlack, bot: Bot, message_first: bool) -> None:
    ts = await slack.mention("why?", message_first=message_first, user=STRANGER)
    await slack.until(lambda: len(bot.got) == 2)
    envelopes = [slack.envelopes[envelope]["payload"] for envelope in slack.deliveries(ts)]
    kinds = [payload["event"]["type"] for payload in envelopes]
    assert kinds == (["message", "app_mention"] if message_first else ["app_mention", "message"])
    assert len({payload["event_id"] for payload in envelopes}) == 2
    [mention], [message] = bot.named("app_mention"), bot.named("message")
    assert mention["event"]["text"] == message["event"]["text"] == f"<@{BOT_USER}> why?"
    assert mention["event"]["ts"] == message["event"]["ts"] == ts
    assert mention["event"]["user_team"] == OTHER_TEAM
    assert mention["is_ext_shared_channel"]


async def test_the_bots_own_words_and_changed_messages(slack: LoopbackSlack, bot: Bot) -> None:
    own = await slack.message("mine", user=BOT_USER, bot_id="B0RECORD00")
    changed = await slack.message("", subtype="message_changed", message={"text": "new"}, hidden=True)
    for ts in (own, changed):
        await slack.acked(slack.deliveries(ts)[0])
    await slack.until(lambda: bot.got)
    # Bolt leaves the bot's own words aside.
    [body] = bot.named("message")
    assert body["event"]["subtype"] == "message_changed"
    assert "user" not in body["event"]


async def test_an_event_comes_again(slack: LoopbackSlack, bot: Bot) -> None:
    first = await slack.event({"type": "app_mention", "user": READER, "text": "x", "ts": "1.0", "channel": CHANNEL})
    await slack.acked(first)
    second = await slack.redeliver(first)
    await slack.acked(second)
    assert second != first
    assert slack.envelopes[second]["retry_attempt"] == 1
    await slack.until(lambda: len(bot.got) == 2)
    assert len({body["event_id"] for body in bot.named("app_mention")}) == 1


async def test_what_nobody_took_comes_after_the_reconnect(slack: LoopbackSlack, bot: Bot) -> None:
    await slack.drop()
    ts = await slack.mention("still there?")
    assert not slack.connected
    for envelope in slack.deliveries(ts):
        await slack.acked(envelope)
        assert slack.envelopes[envelope]["retry_reason"] == "timeout"
    assert slack.connections == 2
    await slack.until(lambda: len(bot.got) == 2)


async def test_a_new_connection_when_slack_asks_for_one(slack: LoopbackSlack, bot: Bot) -> None:
    await slack.refresh(seconds=0.2)
    await slack.until(lambda: slack.connections == 2)
    token = await slack.slash("/ask", "now")
    await slack.responded(token)
    assert len(bot.named("command")) == 1


async def test_a_bot_that_comes_late_gets_what_was_said(slack: LoopbackSlack) -> None:
    ts = await slack.direct("early")
    async with running(slack):
        await slack.acked(slack.deliveries(ts)[0])


async def test_only_events_come_again(slack: LoopbackSlack) -> None:
    client = AsyncWebClient(base_url=slack.api)
    async with aiohttp.ClientSession() as session:
        url = (await client.apps_connections_open(app_token=APP_TOKEN))["url"]
        async with session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
            ts = await slack.direct("Words")
            lost = await slack.slash("/ask", "Words")
            event, command = [await socket.receive_json() for _ in range(2)]
            assert (event["type"], event["retry_attempt"]) == ("events_api", 0)
            assert (command["type"], command["accepts_response_payload"]) == ("slash_commands", True)
        await slack.until(lambda: not slack.connected)
        url = (await client.apps_connections_open(app_token=APP_TOKEN))["url"]
        async with session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
            again = await socket.receive_json()
            assert again == {**event, "retry_attempt": 1, "retry_reason": "timeout"}
            await socket.send_json({"envelope_id": again["envelope_id"]})
            assert await slack.acked(*slack.deliveries(ts)) is None
            with pytest.raises(asyncio.TimeoutError):
                await socket.receive_json(timeout=0.1)
    assert lost not in slack.acks


async def test_sockets_that_are_refused(slack: LoopbackSlack) -> None:
    url = (await AsyncWebClient(base_url=slack.api).apps_connections_open(app_token=APP_TOKEN))["url"]
    async with aiohttp.ClientSession() as session:
        slack.refuse_socket = True
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await session.ws_connect(url)
        slack.refuse_socket = False
        async with session.ws_connect(url) as socket:
            hello = await socket.receive_json()
        assert hello["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError, match="404"):
            await session.ws_connect(url)


# ---- Commands and interactions ---------------------------------------------------------------------------------------


async def test_a_command_is_answered_by_its_url(slack: LoopbackSlack, bot: Bot) -> None:
    token = await slack.slash("/ask", "cats & dogs", channel=ELSEWHERE)
    assert await slack.acked(token) is None
    [answer] = await slack.responded(token)
    assert bot.named("command")[0]["text"] == "cats &amp; dogs"
    assert answer["text"] == "Words"
    assert [message["text"] for message in slack.said(ELSEWHERE)] == ["Words"]
    webhook = AsyncWebhookClient(bot.named("command")[0]["response_url"])
    statuses = [(await webhook.send(**WORDS)).status_code for _ in range(4)]
    assert statuses == [200] * 4
    sixth = await webhook.send(**WORDS)
    assert (sixth.status_code, sixth.body) == (404, "used_url")
    assert len(slack.responses[token]) == 5
    assert len(slack.whispered(READER, ELSEWHERE)) == 4
    unknown = await AsyncWebhookClient(f"{slack.address}/respond/nothing").send(**WORDS)
    assert (unknown.status_code, unknown.body) == (404, "expired_url")


async def test_buttons_of_every_kind_of_message(slack: LoopbackSlack, bot: Bot) -> None:
    posted = await bot.client.chat_postMessage(channel=CHANNEL, thread_ts="1.0", **WORDS)
    [payload] = slack.found("chat.postMessage")
    [message] = slack.thread(CHANNEL, "1.0")
    assert message["ts"] == posted["ts"]
    token = await slack.press(payload, "more-b", "b", user=OTHER)
    await slack.responded(token)
    [body] = bot.named("action")
    [action] = body["actions"]
    assert (action["value"], action["block_id"], action["type"]) == ("b", "below", "button")
    container = {"type": "message", "message_ts": posted["ts"], "channel_id": CHANNEL, "is_ephemeral": False}
    assert body["container"] == {**container, "thread_ts": "1.0"}
    assert all(block["block_id"] for block in body["message"]["blocks"])
    assert (body["user"]["id"], body["channel"]["name"]) == (OTHER, "news")
    # The answer to the press was for one person; its own buttons would be too.
    [pressed] = slack.responses[token]
    assert slack.whispered(OTHER)[0]["text"] == pressed["text"]
    await bot.client.chat_postEphemeral(channel=CHANNEL, user=READER, **WORDS)
    await slack.responded(await slack.press(slack.whispered()[0], "more-a"))
    body = bot.named("action")[1]
    assert body["container"]["is_ephemeral"]
    assert "message" not in body


async def test_a_menu_and_its_suggestions(slack: LoopbackSlack, bot: Bot) -> None:
    await bot.client.chat_postMessage(channel=READER, **WORDS)
    [message] = slack.said(DIRECT)
    assert (await slack.suggest("pick", "Times"))["options"] == [option("Gazette"), option("Times")]
    [asked] = bot.named("options")
    assert (asked["value"], asked["block_id"], asked["channel"]["id"]) == ("Times", "below", DIRECT)
    await slack.responded(await slack.select(message, "pick", "times"))
    [body] = bot.named("action")
    assert body["actions"][0]["selected_option"] == option("Times")
    assert body["state"]["values"]["below"]["pick"]["selected_option"] == option("Times")
    with pytest.raises(AssertionError, match="not offered"):
        await slack.select(message, "pick", "herald")


async def test_a_shortcut_opens_a_modal_that_is_sent_in(slack: LoopbackSlack, bot: Bot) -> None:
    file = slack.attachment("draft.txt", b"words")
    token = await slack.shortcut("verify", {"text": "He said it.", "files": [file]}, channel=ELSEWHERE)
    [opened] = await slack.sent("views.open")
    assert await slack.acked(token) is None
    [body] = bot.named("shortcut")
    assert (body["message"]["text"], body["message"]["files"], body["message_ts"]) == (
        "He said it.",
        [file],
        body["message"]["ts"],
    )
    with pytest.raises(AssertionError, match="draft is required"):
        await slack.submit(opened["view"])
    for files in ([file, file], [{**file, "size": (10 << 20) + 1}]):
        with pytest.raises(AssertionError):
            await slack.submit(opened["view"], {"draft": "A draft", "proof": files})
    sent = await slack.submit(opened["view"], {"draft": "A draft", "day": "friday", "proof": [file]}, user=OTHER)
    assert (await slack.acked(sent))["response_action"] == "update"
    [body] = bot.named("view")
    assert body["view"]["private_metadata"] == "here"
    assert body["view"]["state"]["values"] == {
        "draft": {"words": {"type": "plain_text_input", "value": "A draft"}},
        "day": {"day": {"type": "static_select", "selected_option": option("Friday")}},
        "ways": {"ways": {"type": "checkboxes", "selected_options": [option("Near")]}},
        "proof": {"proof": {"type": "file_input", "files": [file]}},
    }
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await bot.client.views_open(trigger_id=bot.named("shortcut")[0]["trigger_id"], view=MODAL)


async def test_the_home(slack: LoopbackSlack, bot: Bot) -> None:
    await slack.acked(await slack.open_home())
    await bot.client.views_publish(user_id=READER, view=HOME)
    await slack.open_home()
    token = await slack.press_home("more-refresh")
    await slack.acked(token)
    await slack.until(lambda: len(bot.got) == 3)
    views = [body["event"].get("view", {}).get("type") for body in bot.named("app_home_opened")]
    assert views == [None, "home"]
    [body] = bot.named("action")
    assert body["container"] == {"type": "view", "view_id": slack.homes[READER]["id"]}
    assert "response_url" not in body
    with pytest.raises(SlackApiError, match="user_not_found"):
        await bot.client.views_publish(user_id="U0NOBODY00", view=HOME)


async def test_messages_are_replaced_and_deleted(slack: LoopbackSlack, bot: Bot) -> None:
    posted = await bot.client.chat_postMessage(channel=CHANNEL, **WORDS)
    [message] = slack.said()
    await bot.client.chat_update(channel=CHANNEL, ts=posted["ts"], **{**WORDS, "text": "Two"})
    assert (message["text"], message["ts"]) == ("Two", posted["ts"])
    token = await slack.press(message, "more-a")
    await slack.responded(token)
    webhook = AsyncWebhookClient(bot.named("action")[0]["response_url"])
    await webhook.send(**{**WORDS, "text": "Three"}, replace_original=True)
    assert message["text"] == "Three"
    await webhook.send(delete_original=True)
    assert slack.said() == []
    with pytest.raises(SlackApiError, match="message_not_found"):
        await bot.client.chat_update(channel=CHANNEL, ts=posted["ts"], **WORDS)
    with pytest.raises(SlackApiError, match="message_not_found"):
        await bot.client.chat_delete(channel=CHANNEL, ts=posted["ts"])
    again = await bot.client.chat_postMessage(channel=CHANNEL, **WORDS)
    await bot.client.chat_delete(channel=CHANNEL, ts=again["ts"])
    assert slack.said() == []


# ---- Calls -----------------------------------------------------------------------------------------------------------


async def test_tokens(slack: LoopbackSlack) -> None:
    for token, error in (("xoxb-wrong", "invalid_auth"), (APP_TOKEN, "invalid_auth"), (None, "not_authed")):
        with pytest.raises(SlackApiError, match=error):
            await AsyncWebClient(token, base_url=slack.api).auth_test()
    client = AsyncWebClient(BOT_TOKEN, base_url=slack.api)
    assert (await client.auth_test())["user_id"] == BOT_USER
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client.apps_connections_open(app_token=BOT_TOKEN)
    slack.revoke_app_token = True
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client.apps_connections_open(app_token=APP_TOKEN)


async def test_forms_and_json_are_recorded_alike(slack: LoopbackSlack) -> None:
    client = AsyncWebClient(BOT_TOKEN, base_url=slack.api)
    payload = {"channel": CHANNEL, **WORDS}
    await client.chat_postMessage(**payload)
    form = {"channel": CHANNEL, "text": "Words", "blocks": json.dumps(BLOCKS), "unfurl_links": "0"}
    await client.api_call("chat.postMessage", data={**form, "unfurl_media": "false"})
    await client.api_call("chat.postMessage", json={**payload, "blocks": json.dumps(BLOCKS)})
    assert slack.found("chat.postMessage") == [payload] * 3
    stamps = [message["ts"] for message in slack.said()]
    assert stamps == sorted(set(stamps))
    assert all(re.fullmatch(r"\d{10}\.\d{6}", ts) for ts in stamps)


async def test_places_and_people(slack: LoopbackSlack) -> None:
    client = AsyncWebClient(BOT_TOKEN, base_url=slack.api)
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client.chat_postMessage(channel=ELSEWHERE, **WORDS)
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client.chat_postEphemeral(channel=ELSEWHERE, user=READER, **WORDS)
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.chat_postMessage(channel="C0NOWHERE0", **WORDS)
    assert (await client.conversations_open(users=READER))["channel"]["id"] == DIRECT
    chief = (await client.users_info(user=CHIEF))["user"]
    stranger = (await client.users_info(user=STRANGER))["user"]
    assert (chief["is_admin"], chief["team_id"], "is_stranger" in chief) == (True, TEAM, False)
    assert (stranger["is_admin"], stranger["team_id"], stranger["is_stranger"]) == (True, OTHER_TEAM, True)
    assert not (await client.users_info(user=READER))["user"]["is_admin"]
    prompts = [{"title": "A week", "message": "What happened this week?"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id=DIRECT, thread_ts="1.0", prompts=prompts)
    await client.assistant_threads_setStatus(channel_id=DIRECT, thread_ts="1.0", status="is searching")


async def test_files_need_the_token(slack: LoopbackSlack) -> None:
    shown = slack.attachment("a draft.txt", b"words", hidden=True)
    assert "url_private" not in shown
    client = AsyncWebClient(BOT_TOKEN, base_url=slack.api)
    file = (await client.files_info(file=shown["id"]))["file"]
    async with aiohttp.ClientSession() as session:
        async with session.get(file["url_private"]) as response:
            assert (response.status, await response.text()) == (200, LOGIN_PAGE)
        async with session.get(file["url_private"], headers={"Authorization": f"Bearer {BOT_TOKEN}"}) as response:
            assert await response.read() == b"words"


async def test_faults_and_holds(slack: LoopbackSlack) -> None:
    client = AsyncWebClient(BOT_TOKEN, base_url=slack.api)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    slack.faults["chat.postMessage"] = [
        limited(0),
        lambda: web.json_response({"ok": False, "error": "fatal_error"}, status=500),
        (200, {}, {"ok": False, "error": "msg_too_long"}),
    ]
    for error in ("fatal_error", "msg_too_long"):
        with pytest.raises(SlackApiError, match=error):
            await client.chat_postMessage(channel=CHANNEL, **WORDS)
    assert len(slack.found("chat.postMessage (fault)")) == 3
    assert slack.said() == []
    slack.faults["respond"] = [(400, {}, "invalid_payload")]
    refused = await AsyncWebhookClient(f"{slack.address}/respond/any").send(**WORDS)
    assert (refused.status_code, refused.body) == (400, "invalid_payload")


async def test_a_held_call_waits(slack: LoopbackSlack) -> None:
    held = slack.holds["chat.postMessage"] = asyncio.Event()
    client = AsyncWebClient(BOT_TOKEN, base_url=slack.api)
    posting = asyncio.create_task(client.chat_postMessage(channel=CHANNEL, **WORDS))
    await slack.until(lambda: slack.waiting)
    assert not posting.done()
    held.set()
    await posting


# ---- Findings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "payload"),
    [
        ("chat.postMessage", {"channel": CHANNEL, "text": "Words", "blocks": BLOCKS}),
        ("chat.postMessage", {"channel": CHANNEL, **WORDS, "text": "<!channel>"}),
        ("chat.postMessage", WORDS),
        ("chat.postEphemeral", {"channel": CHANNEL, "user": READER, **WORDS, "text": f"<@{READER}> Words"}),
        ("views.publish", {"user_id": READER, "view": {**HOME, "title": plain("Home")}}),
        ("admin.users.remove", {}),
    ],
)
async def test_what_slack_or_a_reader_would_not_like(method: str, payload: dict[str, Any]) -> None:
    async def call() -> None:
        async with loopback_slack() as slack:
            with suppress(SlackApiError):
                await AsyncWebClient(BOT_TOKEN, base_url=slack.api).api_call(method, json=payload)

    with pytest.raises(AssertionError):
        await call()


# ---- Without a socket ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def listening(slack: LoopbackSlack) -> AsyncIterator[tuple[Bot, str]]:
    """A bot that is reached by HTTP, and its address."""
    bot = Bot(slack)
    runner = web.AppRunner(AsyncSlackAppServer(0, "/slack/events", bot.app).web_app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield bot, f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


async def test_signed_requests(slack: LoopbackSlack) -> None:
    async with listening(slack) as (bot, url):
        challenge = {"type": "url_verification", "token": "verification", "challenge": "say this"}
        status, body = await slack.post(url, challenge)
        assert (status, json.loads(body)) == (200, {"challenge": "say this"})
        slack.request_url = url
        await slack.acked(slack.deliveries(await slack.direct("signed"))[0])
        [event] = bot.named("message")
        assert (await slack.post(url, event, secret="guessed"))[0] == 401
        assert (await slack.post(url, event, age=600))[0] == 401
        assert len(bot.got) == 1
        assert (await slack.post(url, event, attempt=1))[0] == 200
        token = await slack.slash("/ask", "by form & all")
        [answer] = await slack.responded(token)
        assert await slack.acked(token) is None
        await slack.responded(await slack.press(answer, "more-a"))
        assert (await slack.suggest("pick", ""))["options"][1] == option("Herald")
        assert slack.connections == 0
