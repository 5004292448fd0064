"""Answers on Slack and what people do with them: commands, the form, mentions, threads, menus and buttons."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from discord_world import WALRUSES
from slack_rules import quotes
from slack_server import (
    BOT_ID,
    BOT_USER,
    CHANNEL,
    CHIEF,
    ELSEWHERE,
    OTHER,
    READER,
    STRANGER,
    TEAM,
    LoopbackSlack,
    elements,
    refusal,
    reply,
)
from slack_world import (
    KEEPER,
    PASTA,
    PELICAN,
    QUESTION,
    WALRUS,
    ask_context,
    button,
    buttons,
    cited,
    corpus_fixture,  # noqa: F401 the fixtures
    desk_fixture,  # noqa: F401
    kept,
    key_of,
    restarted,
    running,
    settings_fixture,  # noqa: F401
    settings_of,
    shown,
    slack_fixture,  # noqa: F401
)

from bot import attached, pace, wording
from bot import desk as desk_module
from bot.quotations import MAX_MESSAGE_CHARS
from bot.records.database import RecordsError
from bot.records.feedback import Verdict
from bot.records.sent import Lost
from bot.slack import commands as slack_commands
from bot.slack import views
from bot.slack.client import SlackBot
from index.passages import paragraph_spans

if TYPE_CHECKING:
    from pathlib import Path

    from bot.desk import Desk
    from bot.settings import Settings

DRESDEN = "A pelican stole the hat of the mayor of Dresden."
UTRECHT = "A pelican stole the hat of the mayor of Utrecht."
OTTER = "An otter in Bruges declined to comment on the missing umbrella of its neighbour."
DIRECT = LoopbackSlack.direct_channel(READER)
TOWNS = ("Aarhus", "Bergen", "Chester", "Delft", "Espoo", "Faro", "Ghent", "Hanover")


async def ask(slack: LoopbackSlack, text: str, user: str = READER, channel: str = CHANNEL) -> dict[str, Any]:
    """The public answer to a command."""
    before = len(slack.said(channel))
    await slack.slash("/ask", text, user, channel)
    await slack.until(lambda: len(slack.said(channel)) > before)
    return slack.said(channel)[-1]


async def alone(slack: LoopbackSlack, token: str, user: str = READER, channel: str = CHANNEL) -> dict[str, Any]:
    """What only the person sees who did this."""
    payload = await answered_through(slack, token)
    assert payload["response_type"] == "ephemeral"
    return slack.whispered(user, channel)[-1]


async def answered_through(slack: LoopbackSlack, token: str) -> dict[str, Any]:
    """The one thing that came to a response url besides the note that the bot is at work."""

    def came() -> list[dict[str, Any]]:
        return [payload for payload in slack.responses[token] if not shown(payload).startswith("Searching")]

    await slack.until(came)
    (payload,) = came()
    return payload


async def replies(slack: LoopbackSlack, ts: str, count: int = 1, channel: str = CHANNEL) -> list[dict[str, Any]]:
    """What the bot says in a thread, once it has said so much."""
    await slack.until(lambda: len(slack.thread(channel, ts)) >= count)
    return slack.thread(channel, ts)


async def pressed(
    slack: LoopbackSlack, message: dict[str, Any], what: str, number: int = 0, user: str = READER
) -> dict[str, Any]:
    """What a person alone sees who pressed a button of an answer."""
    if what == "context":
        token = await ask_context(slack, message, number, user)
    else:
        token = await slack.press(message, button(message, what, number), user=user)
    return await alone(slack, token, user, message["channel"])


async def settled(desk: Desk, channel: str, thread: str, answer: dict[str, Any]) -> None:
    """Wait until the bot knows an answer by its thread: it writes that down after sending."""
    async with asyncio.timeout(120):
        while True:
            if await desk.recall(lambda r: r.messages.key("slack", f"{channel}:{thread}")) == key_of(answer):
                return
            await asyncio.sleep(0.01)


async def spans(desk: Desk, answer: dict[str, Any]) -> list[str]:
    """The stored words of what an answer says it quotes."""
    found = []
    for _, article_id, sha256, start, end, _ in (await kept(desk, answer))["quoted"]:
        article = await desk.article(article_id)
        assert article is not None
        assert article.source.sha256 == sha256
        found.append(article.text[start:end])
    return found


async def stands(desk: Desk, answer: dict[str, Any], first: int = 1) -> None:
    """Assert that an answer quotes stored words, each excerpt with its citation and its button."""
    assert quotes(answer) == await spans(desk, answer) != []
    numbers = range(first, first + len(quotes(answer)))
    assert [words.split(".")[0] for words in cited(answer)] == [str(number) for number in numbers]
    menus = [element for _, element in elements(answer["blocks"]) if element["action_id"] == "context"]
    offered = [option["text"]["text"] for menu in menus for option in menu["options"]]
    assert [words.split(".")[0] for words in offered] == ([str(n) for n in numbers] if len(numbers) > 1 else [])
    assert ("Context" in buttons(answer)) == (len(numbers) == 1)


async def asked_in_vain(desk: Desk) -> set[str]:
    return {row.question for row in await desk.recall(lambda records: records.refusals.unanswered("slack", TEAM, 20))}


async def test_what_comes_closest_to_a_refused_question_is_shown_alone_and_as_no_answer(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk._answerer, "caution", (1.0, 1.0))
    async with running(settings, desk, slack):
        refused = await ask(slack, PELICAN)
        private = await alone(slack, await slack.slash("/ask", f"{PELICAN} private:yes"))
        (words,) = await spans(desk, refused)
    assert list(buttons(refused)) == ["Show the closest", "Remove"]
    assert list(buttons(private)) == ["Show the closest"]
    assert not quotes(refused)
    async with restarted(settings, slack) as later:
        told = await pressed(slack, refused, "closest", user=OTHER)
        assert quotes(told) == [words]
        assert shown(told).startswith(f"{wording.NOT_AN_ANSWER}\n")
        assert not buttons(told)
        # What may not be seen any more is not shown.
        ((_, article, sha256, *_),) = (await kept(later, refused))["quoted"]
        await later.record(lambda records: records.withdrawals.add(article, sha256, "test", "U1"))
        assert wording.lost(Lost.GONE) in shown(await pressed(slack, refused, "closest", user=OTHER))


async def test_a_search_has_its_own_line_and_all_buttons(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, "Pelicans number:1")
        await stands(desk, answer)
        more = await pressed(slack, answer, "more")
        thread = await slack.mention("pelican")
        (both,) = await replies(slack, thread)
        await settled(desk, CHANNEL, thread, both)
        await slack.message("only from Example Post", thread_ts=thread)
        (_, refined) = await replies(slack, thread, 2)
    for message in (answer, more, both, refined):
        assert "Mentions of “" in shown(message)
    assert sorted(quotes(answer) + quotes(more)) == sorted(quotes(both)) == [DRESDEN, UTRECHT]
    assert quotes(refined) == [UTRECHT]


# ---- The command and its form ----------------------------------------------------------------------------------------


async def test_a_command_is_answered_where_everybody_sees_it(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, QUESTION)
        await stands(desk, answer)
    (posted,) = slack.found("chat.postMessage")
    assert posted["channel"] == CHANNEL
    assert not posted.get("thread_ts")
    # Who asked is said, and pings nobody.
    assert shown(answer).startswith(f"reader asks: {QUESTION}\n")
    assert "2 excerpts from 2 of 22 articles in the index" in shown(answer)
    assert "source not stated" in cited(answer)[1]
    assert " · paragraph 5" in cited(answer)[1]
    assert list(buttons(answer)) == ["Carried by", "As a file", "More", "Sources", "Remove", "Helpful", "Not helpful"]
    # The asker sees at once that something is done.
    assert [shown(message) for message in slack.whispered()] == ["Searching the coverage…"]
    assert all(words in posted["text"] for words in quotes(answer))


@pytest.mark.parametrize(
    ("options", "told", "quoted"),
    [
        ('outlet:"example WIRE"', "Only articles from Example Wire.", [DRESDEN]),
        ('since:"4 May 2023"', "Only articles published on or after 2023-05-04.", [UTRECHT]),
        ("until:2023-05-04", "Only articles published on or before 2023-05-04.", [DRESDEN]),
        (
            'outlet:“Example Post” since:2023-05-01 until:"May 2023"',
            "Only articles from Example Post and published on or after 2023-05-01 and published on or before "
            "2023-05-31.",
            [UTRECHT],
        ),
        ("number:1", "1 excerpt from 1 of 22 articles", [UTRECHT]),
        ("number:10 private:no", "2 excerpts from 2 of 22 articles", [UTRECHT, DRESDEN]),
    ],
)
async def test_the_options_of_the_command_hold(
    settings: Settings, desk: Desk, slack: LoopbackSlack, options: str, told: str, quoted: list[str]
) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, f"{PELICAN} {options}")
        await stands(desk, answer)
    assert shown(answer).startswith(f"reader asks: {PELICAN}\n")
    assert told in shown(answer)
    assert sorted(quotes(answer)) == sorted(quoted)


async def test_a_private_answer_is_for_the_asker_alone(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        answer = await alone(slack, await slack.slash("/ask", f"{PELICAN} private:yes number:1"))
        await stands(desk, answer)
        refused = await alone(slack, await slack.slash("/ask", f"{PASTA} private:yes"))
    assert list(buttons(answer)) == [
        "Context",
        "Carried by",
        "As a file",
        "More",
        "Sources",
        "Share",
        "Helpful",
        "Not helpful",
    ]
    assert not buttons(refused)
    assert not slack.found("chat.postMessage")
    assert not slack.said()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("since:05/06/2023", "can be read as 5 June 2023 or 6 May 2023. Write 2023-06-05 or 2023-05-06."),
        ('until:"30 February 2023"', "There is no “30 February 2023”."),
        ("since:soonish", "“soonish” is not a day I can read."),
        ("since:tomorrow", "is still to come"),
        ("number:0", "The option number is a number from 1 to 10"),
        ("number:11", "The option number is a number from 1 to 10"),
        ("number:three", "The option number is a number from 1 to 10"),
        ("private:perhaps", "write private:yes or private:no"),
        ('outlet:"Example Wire" outlet:"Example Post"', "The option outlet is given twice."),
    ],
)
async def test_an_option_that_cannot_be_used_is_told_and_nothing_is_asked(
    settings: Settings, desk: Desk, slack: LoopbackSlack, options: str, told: str
) -> None:
    async with running(settings, desk, slack):
        assert told in shown(await alone(slack, await slack.slash("/ask", f"{PELICAN} {options}")))
    assert not slack.found("chat.postMessage")
    assert not desk.metrics.quantiles()


async def test_an_outlet_that_is_not_in_the_index_is_told(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, f'{PELICAN} outlet:"The Nowhere"')
    assert "No article in the index is from The Nowhere." in shown(answer)
    assert not quotes(answer)


async def test_the_form_asks_all_that_the_command_can(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        token = await slack.slash("/ask", " ")
        (opened,) = await slack.sent("views.open")
        offered = await slack.suggest("outlet", "EXAMPLE", opened["view"])
        assert [option["value"] for option in offered["options"]] == ["Example Post", "Example Wire"]
        await slack.submit(
            opened["view"],
            {
                "question": f"  {PELICAN}",
                "outlet": "Example Post",
                "since": "4 May 2023",
                "until": "6 May 2023",
                "number": "1",
                "private": "yes",
            },
        )
        answer = await alone(slack, token)
        await stands(desk, answer)
    assert quotes(answer) == [UTRECHT]
    assert shown(answer).startswith(f"Question: {PELICAN}\n")
    said = "Only articles from Example Post and published on or after 2023-05-04 and published on or before 2023-05-06."
    assert said in shown(answer)
    assert not slack.found("chat.postMessage")


async def test_the_form_needs_nothing_but_a_question(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        for channel in (CHANNEL, DIRECT):
            await slack.slash("/ask", channel=channel)
            opened = (await slack.sent("views.open"))[-1]
            envelope = await slack.submit(opened["view"], {"question": WALRUS})
            assert not await slack.acked(envelope)
            await slack.until(lambda channel=channel: slack.said(channel))
            assert len(quotes(slack.said(channel)[0])) == 3
            slack.requests.clear()


@pytest.mark.parametrize("field", ["since", "until"])
async def test_a_wrong_day_is_told_at_its_field_and_nothing_is_asked(
    settings: Settings, desk: Desk, slack: LoopbackSlack, field: str
) -> None:
    async with running(settings, desk, slack):
        await slack.slash("/ask")
        (opened,) = await slack.sent("views.open")
        envelope = await slack.submit(opened["view"], {"question": PELICAN, field: "05/06/2023"})
        acked = await slack.acked(envelope)
        assert acked["response_action"] == "errors"
        (told,) = acked["errors"].items()
        assert told[0] == field
        assert "can be read as 5 June 2023 or 6 May 2023" in told[1]
    assert not slack.found("chat.postMessage")
    assert not slack.found("respond")
    assert not desk.metrics.quantiles()


async def test_a_form_without_words_is_told_at_its_field(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        await slack.slash("/ask")
        (opened,) = await slack.sent("views.open")
        acked = await slack.acked(await slack.submit(opened["view"], {"question": " \n "}))
    assert acked == {"response_action": "errors", "errors": {"question": wording.EMPTY_QUESTION}}


async def test_the_privacy_of_a_place_holds_for_its_form_too(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    await settings_of(desk, private=True)
    async with running(settings, desk, slack):
        token = await slack.slash("/ask")
        (opened,) = await slack.sent("views.open")
        await slack.submit(opened["view"], {"question": PELICAN})
        await slack.until(lambda: slack.responses[token] or slack.said())
    assert not slack.said()


async def test_where_the_bot_is_no_member_it_answers_through_the_command(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, PELICAN, channel=ELSEWHERE)
        await stands(desk, answer)
        note, response = slack.found("respond")
        assert (shown(note), note["response_type"]) == ("Searching the coverage…", "ephemeral")
        assert response["response_type"] == "in_channel"
        assert quotes(await pressed(slack, answer, "context", 1, user=OTHER)) == quotes(answer)[:1]
        assert views.NOT_YOURS in shown(await pressed(slack, answer, "remove", user=OTHER))
        await slack.press(answer, button(answer, "remove"))
        await slack.until(lambda: not slack.said(ELSEWHERE))


async def enormous(desk: Desk, corpus: Path) -> None:
    """Have articles in the index of which each excerpt needs a message of its own."""
    for n, town in enumerate(TOWNS):
        # So many words differ that none is nearly the same as another.
        song = f"{town}la {town}lo {town}lu {'la' * (4000 + n)}"
        words = f"A flamingo danced on the roof of the town hall of {town} and sang {song}."
        (corpus / f"flamingo-{town}.txt").write_text(words, encoding="utf-8")
    await desk.builds.reindex()


FLAMINGO = "Which flamingo danced on the roof of the town hall?"


async def test_a_long_answer_is_several_messages_in_one_thread_and_removed_as_one(
    settings: Settings, desk: Desk, slack: LoopbackSlack, corpus: Path
) -> None:
    await enormous(desk, corpus)
    async with running(settings, desk, slack):
        # Beside another answer, which stays.
        await ask(slack, PELICAN, OTHER)
        await slack.slash("/ask", f"{FLAMINGO} number:10")
        await slack.until(lambda: any("Remove" in buttons(message) for message in slack.said()[1:]))
        first, *others = slack.said()[1:]
        parts = [first, *others]
        assert len(parts) > 5
        assert "thread_ts" not in first
        assert {part["thread_ts"] for part in others} == {first["ts"]}
        assert sorted(words for part in parts for words in quotes(part)) == sorted(await spans(desk, parts[-1]))
        assert all(len(cited(part)) == len(quotes(part)) for part in parts)
        assert views.NOT_YOURS in shown(await pressed(slack, parts[-1], "remove", user=OTHER))
        assert len(slack.said()) == len(parts) + 1
        await slack.press(parts[-1], button(parts[-1], "remove"))
        await slack.until(lambda: len(slack.said()) == 1)
        assert quotes(slack.said()[0]) == [UTRECHT, DRESDEN]


async def test_a_part_that_somebody_has_deleted_does_not_keep_the_others(
    settings: Settings, desk: Desk, slack: LoopbackSlack, corpus: Path
) -> None:
    await enormous(desk, corpus)
    async with running(settings, desk, slack):
        ts = await slack.mention(FLAMINGO)
        await slack.until(lambda: any("Remove" in buttons(message) for message in slack.said()))
        parts = slack.thread(CHANNEL, ts)
        assert len(parts) == 3
        slack.faults["chat.delete"].append(reply(refusal("message_not_found")))
        await slack.press(parts[-1], button(parts[-1], "remove"))
        await slack.until(lambda: parts[-1] not in slack.said())
        assert slack.said() == parts[:1]


async def test_a_long_answer_where_the_bot_is_no_member_reaches_the_asker(
    settings: Settings, desk: Desk, slack: LoopbackSlack, corpus: Path
) -> None:
    await enormous(desk, corpus)
    async with running(settings, desk, slack):
        token = await slack.slash("/ask", f"{FLAMINGO} number:10", channel=ELSEWHERE)
        await slack.responded(token)
        await slack.until(lambda: slack.said(DIRECT))
    found = [words for place in (ELSEWHERE, DIRECT) for part in slack.said(place) for words in quotes(part)]
    assert len(set(found)) == len(TOWNS)
    everything = [*slack.said(ELSEWHERE), *slack.whispered(channel=ELSEWHERE), *slack.said(DIRECT)]
    assert wording.UNEXPECTED not in "\n".join(map(shown, everything))


async def test_a_long_private_answer_is_written_in_a_direct_message(
    settings: Settings, desk: Desk, slack: LoopbackSlack, corpus: Path
) -> None:
    await enormous(desk, corpus)
    async with running(settings, desk, slack):
        hint = await alone(slack, await slack.slash("/ask", f"{FLAMINGO} number:10 private:yes"))
        await slack.until(lambda: any("Share" in buttons(message) for message in slack.said(DIRECT)))
        parts = slack.said(DIRECT)
        assert sorted(words for part in parts for words in quotes(part)) == sorted(await spans(desk, parts[-1]))
        assert quotes(await pressed(slack, parts[-1], "context", 1))
    assert "direct message" in shown(hint)
    assert not slack.said()


async def test_a_command_in_a_direct_message_is_answered_there(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, PELICAN, channel=DIRECT)
        await stands(desk, answer)
        assert quotes(await pressed(slack, answer, "context", 2)) == quotes(answer)[1:]
        refused = await ask(slack, PASTA, channel=DIRECT)
        assert "does not answer this" in shown(refused)
        await slack.press(refused, button(refused, "remove"))
        await slack.until(lambda: slack.said(DIRECT) == [answer])
    assert await asked_in_vain(desk) == set()


# ---- Mentions and messages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message_first", [False, True])
async def test_a_mention_is_answered_once_in_its_thread(
    settings: Settings, desk: Desk, slack: LoopbackSlack, message_first: bool
) -> None:
    async with running(settings, desk, slack):
        ts = await slack.mention(QUESTION, message_first=message_first)
        (answer,) = await replies(slack, ts)
        await stands(desk, answer)
        assert len(slack.deliveries(ts)) == 2
    (status,) = slack.found("assistant.threads.setStatus")
    assert (status["channel_id"], status["thread_ts"]) == (CHANNEL, ts)
    assert status["status"].startswith("is ")
    assert slack.thread(CHANNEL, ts) == slack.said() == [answer]
    # The question stands right above.
    assert "Question:" not in shown(answer)


async def test_a_mention_in_a_thread_is_answered_in_that_thread(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        opening = await slack.message("Does anybody know about the drones?")
        await slack.mention(QUESTION, thread_ts=opening)
        (answer,) = await replies(slack, opening)
        await stands(desk, answer)
        # As well where it is shown in the channel too, or a file comes with it.
        await slack.mention(PELICAN, thread_ts=opening, subtype="thread_broadcast")
        await slack.mention(PELICAN, thread_ts=opening, subtype="file_share")
        for answer in (await replies(slack, opening, 3))[1:]:
            assert quotes(answer) == [UTRECHT, DRESDEN]
    assert len(slack.said()) == 3


async def test_a_direct_message_is_answered_in_its_thread(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        ts = await slack.direct(QUESTION)
        (answer,) = await replies(slack, ts, channel=DIRECT)
        await stands(desk, answer)
        for words in ("Help", "What can you do?"):
            ts = await slack.direct(words)
            (told,) = await replies(slack, ts, channel=DIRECT)
            assert "/verify" in shown(told)
            assert not quotes(told)
    assert not slack.said()


async def test_what_is_not_said_to_the_bot_is_left_alone(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    to_bot = f"<@{BOT_USER}> {PELICAN}"
    async with running(settings, desk, slack):
        opening = await slack.message(PELICAN)
        await slack.message(PELICAN, thread_ts=opening)
        await slack.message("only from Example Post", thread_ts=opening)
        await slack.message(f"<@{OTHER}> {PELICAN}", raw=True)
        await slack.message(to_bot, raw=True, bot_id="B0STRANGER")
        await slack.mention(PELICAN, bot_id="B0STRANGER")
        await slack.message(to_bot, raw=True, subtype="bot_message", bot_id="B0STRANGER")
        await slack.message(f"<@{BOT_USER}> has joined the channel", raw=True, subtype="channel_join")
        for subtype in ("message_changed", "message_deleted"):
            about = {"type": "message", "user": READER, "text": to_bot, "ts": opening}
            await slack.message("", subtype=subtype, message=about, previous_message=about, channel=CHANNEL)
            await slack.message("", subtype=subtype, message=about, previous_message=about, channel=DIRECT)
        # What it says itself comes back to it in direct messages.
        await slack.message(PELICAN, DIRECT, user=BOT_USER, bot_id=BOT_ID)
        await slack.until(lambda: len(slack.acks) == len(slack.envelopes))
        ts = await slack.mention(PELICAN)
        await replies(slack, ts)
    assert len(slack.found("chat.postMessage")) == 1
    assert not slack.found("chat.postEphemeral")


async def test_a_refusal_says_so_and_names_the_nearest_articles(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(settings, desk, slack):
        (far,) = await replies(slack, await slack.mention(PASTA))
        assert shown(far).splitlines() == ["The coverage in this index does not answer this.", "Remove"]
        monkeypatch.setattr(desk._answerer, "caution", (1.0, 1.0))
        (refused,) = await replies(slack, await slack.mention(PELICAN))
        message, nearest, *rows = shown(refused).splitlines()
        assert message == "The coverage in this index does not answer this."
        assert nearest == "Closest:"
        assert sorted(row.split(" · ")[1] for row in rows[:2]) == ["Example Post", "Example Wire"]
        assert list(buttons(refused)) == ["Show the closest", "Remove"]


async def test_a_question_far_too_long_is_answered_all_the_same(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    long = f"{PELICAN} " + "& <!> " * 6000
    async with running(settings, desk, slack):
        (answer,) = await replies(slack, await slack.mention(long))
        assert quotes(answer) == [UTRECHT, DRESDEN]
        answer = await ask(slack, long)
        assert quotes(answer) == [UTRECHT, DRESDEN]
    assert shown(answer).startswith(f"reader asks: {PELICAN} & <!> & <!>")


async def test_a_question_is_read_as_it_was_written(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    written = (
        f"Which pelican &lt;stole&gt; the hat &amp; why? <https://paper.example/a?b=1&amp;c=2|paper> "
        f"<https://x.example/?q=&lt;1&gt;> says <@{OTHER}|ann> to <@{STRANGER}> in <#C01|news> <!here>"
    )
    read = (
        "Which pelican <stole> the hat & why? paper "
        f"https://x.example/?q=<1> says @ann to @{STRANGER} in #news @here"
    )  # fmt: skip
    async with running(settings, desk, slack):
        (answer,) = await replies(slack, await slack.mention(written, raw=True))
        assert (await kept(desk, answer))["question"] == read
        await slack.slash("/ask", written, raw=True)
        await slack.until(lambda: len(slack.said()) == 2)
        answer = slack.said()[-1]
        assert (await kept(desk, answer))["question"] == read
    assert shown(answer).startswith(f"reader asks: {read}\n")
    # Nobody is pinged by the notification either.
    assert "&lt;stole&gt; the hat &amp; why?" in slack.found("chat.postMessage")[-1]["text"]


# ---- Follow-ups ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "mentioned", "quoted"),
    [
        ("only from Example Post", False, [UTRECHT]),
        ("only from Example Post", True, [UTRECHT]),
        ("since 4 May 2023", False, [UTRECHT]),
        ("Before 4 May 2023, please", True, [DRESDEN]),
    ],
)
async def test_a_follow_up_in_the_thread_asks_the_same_of_fewer_articles(
    settings: Settings, desk: Desk, slack: LoopbackSlack, words: str, mentioned: bool, quoted: list[str]
) -> None:
    async with running(settings, desk, slack):
        ts = await slack.mention(PELICAN)
        (answer,) = await replies(slack, ts)
        await settled(desk, CHANNEL, ts, answer)
        say = slack.mention if mentioned else slack.message
        await say(words, thread_ts=ts, user=OTHER)
        refined = (await replies(slack, ts, 2))[1]
        await stands(desk, refined)
    assert quotes(refined) == quoted
    assert shown(refined).startswith(f"Question: {PELICAN}\nOnly articles ")
    assert len(slack.said()) == 2


async def test_a_question_that_points_back_says_what_it_took_and_may_be_asked_alone(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        ts = await slack.mention("Which pelican stole the hat of the mayor?")
        (answer,) = await replies(slack, ts)
        await settled(desk, CHANNEL, ts, answer)
        # Among themselves people point back too.
        await slack.message("and where was it?", thread_ts=ts)
        await slack.mention("and where was it?", thread_ts=ts, user=OTHER)
        _, followed = await replies(slack, ts, 2)
        assert shown(followed).startswith("Question: and where was it? (about: the hat, the mayor)\n")
        alone_then = await pressed(slack, followed, "alone", user=OTHER)
        assert shown(alone_then).startswith("Question: and where was it?\n")
        assert "Ask it alone" not in buttons(alone_then)
    assert len(slack.thread(CHANNEL, ts)) == 2


async def test_nothing_that_is_asked_is_no_business_of_the_channel(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        ts = await slack.mention("")
        await slack.until(slack.whispered)
        (told,) = slack.whispered()
        assert shown(told) == wording.EMPTY_QUESTION
        assert "thread_ts" not in told
        await slack.mention("…", thread_ts=ts)
        await slack.until(lambda: len(slack.whispered()) == 2)
        assert slack.whispered()[1]["thread_ts"] == ts
        token = await slack.slash("/ask", "?! private:no")
        assert wording.EMPTY_QUESTION in shown(await alone(slack, token))
        await slack.direct("…")
        await slack.until(lambda: slack.said(DIRECT))
        assert shown(slack.said(DIRECT)[0]) == wording.EMPTY_QUESTION
    assert not slack.said()


async def test_feedback_on_an_answer_is_one_press(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, PELICAN)
        thanks = f"{wording.THANKS} {wording.WHAT_IS_WRONG}"
        for what, told in (("helpful", wording.THANKS), ("helpful", wording.SAID_BEFORE), ("not_helpful", thanks)):
            assert shown(await pressed(slack, answer, what, user=OTHER)) == told
        (row,) = await desk.recall(lambda records: list(records.feedback.all()))
    assert (row.verdict, row.question, row.number, row.article) == (Verdict.NOT_HELPFUL, PELICAN, 0, "")


@pytest.mark.parametrize("channel", [CHANNEL, DIRECT])
async def test_the_answer_of_a_command_is_followed_up_in_its_thread(
    settings: Settings, desk: Desk, slack: LoopbackSlack, channel: str
) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, PELICAN, channel=channel)
        await settled(desk, channel, answer["ts"], answer)
        await slack.message("just the Example Wire", channel, thread_ts=answer["ts"])
        (refined,) = await replies(slack, answer["ts"], channel=channel)
    assert quotes(refined) == [DRESDEN]


async def test_a_follow_up_means_the_latest_answer_of_its_thread(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        ts = await slack.mention(QUESTION)
        (answer,) = await replies(slack, ts)
        await settled(desk, CHANNEL, ts, answer)
        await slack.mention(PELICAN, thread_ts=ts)
        answer = (await replies(slack, ts, 2))[-1]
        await settled(desk, CHANNEL, ts, answer)
        await slack.message("only from Example Post", thread_ts=ts)
        answer = (await replies(slack, ts, 3))[-1]
        assert quotes(answer) == [UTRECHT]
        await settled(desk, CHANNEL, ts, answer)
        # What was narrowed stays so, and a refusal is an answer too.
        await slack.message("since 6 June 2023", thread_ts=ts)
        answer = (await replies(slack, ts, 4))[-1]
        assert not quotes(answer)
        assert "from Example Post and published on or after 2023-06-06" in shown(answer)
        await settled(desk, CHANNEL, ts, answer)
        await slack.message("everything", thread_ts=ts)
        answer = (await replies(slack, ts, 5))[-1]
        assert quotes(answer) == [UTRECHT, DRESDEN]
        # In another thread nobody knows what is meant.
        opening = await slack.message("Elsewhere")
        await slack.message("only from Example Post", thread_ts=opening)
    assert len(slack.said()) == 5


async def test_people_who_talk_in_the_thread_of_an_answer_are_left_alone(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        ts = await slack.mention(PELICAN)
        (answer,) = await replies(slack, ts)
        await settled(desk, CHANNEL, ts, answer)
        for words in (
            "from Bob with love",
            "thanks",
            "since when do we do this?",
            "only from The Nowhere",
            "since 30 February 2023",
            "help",
            PELICAN,
            f"<@{OTHER}> only from Example Post",
        ):
            await slack.message(words, thread_ts=ts, raw=True)
        await slack.message("only from Example Post", thread_ts=ts, bot_id="B0STRANGER")
        await slack.until(lambda: len(slack.acks) == len(slack.envelopes))
        assert slack.said() == [answer]
        # Whoever asks the bot itself is told what is wrong.
        await slack.mention("only from The Nowhere", thread_ts=ts)
        told = (await replies(slack, ts, 2))[-1]
        assert "There is no outlet “The Nowhere” in this index." in shown(told)
        await slack.mention("since 30 February 2023", thread_ts=ts)
        told = (await replies(slack, ts, 3))[-1]
        assert "There is no “30 February 2023”." in shown(told)
    assert len(slack.said()) == 3


async def test_what_fails_is_told_to_whoever_asks_the_bot_and_to_nobody_else(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_args: Any) -> None:
        raise RecordsError("The records cannot be read.")

    async with running(settings, desk, slack):
        opening = await slack.message("Let us talk.")
        monkeypatch.setattr("bot.records.messages.Messages.key", unreadable)
        await slack.message("only from Example Post", thread_ts=opening)
        await slack.until(lambda: len(slack.acks) == len(slack.envelopes))
        await slack.mention(PELICAN, thread_ts=opening)
        (told,) = await replies(slack, opening)
    assert "The records cannot be read." in shown(told)
    assert len(slack.said()) == 1


# ---- The menu of a message -------------------------------------------------------------------------------------------


async def test_the_menu_asks_what_a_message_asks_for_one_person(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        token = await slack.shortcut("ask_message", {"text": f"{PELICAN} &amp; where?"})
        answer = await alone(slack, token)
        await stands(desk, answer)
        assert shown(answer).startswith(f"Question: {PELICAN} & where?\n")
        assert "Share" in buttons(answer)
        token = await slack.shortcut(
            "ask_message", {"text": WALRUS, "thread_ts": "1700000000.000100"}, channel=ELSEWHERE
        )
        answer = await alone(slack, token, channel=ELSEWHERE)
        assert answer["thread_ts"] == "1700000000.000100"
        token = await slack.shortcut("ask_message", {"text": ""})
        assert "This message has no text to ask." in shown(await alone(slack, token))
    assert not slack.found("chat.postMessage")


async def test_the_menu_verifies_the_quotations_of_a_message(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    words = (
        f"“{DRESDEN}” “A pelican stole the cap of the mayor of Dresden.” "
        "&gt; “No accordion was ever sold to any gnome in this town.”"
    )
    async with running(settings, desk, slack):
        told = await alone(slack, await slack.shortcut("verify_message", {"text": words}))
        nothing = await alone(slack, await slack.shortcut("verify_message", {"text": ""}))
        photo = slack.attachment("photo.png", b"\x89PNG")
        picture = await alone(slack, await slack.shortcut("verify_message", {"text": "", "files": [photo]}))
    assert "3 quotations: 1 exact, 1 altered, 1 not found in this index." in shown(told)
    assert "Bird takes hat" in shown(told)
    assert quotes(told)[0] == DRESDEN
    struck = [
        element["text"]
        for block in told["blocks"]
        if block["type"] == "rich_text"
        for part in block["elements"]
        if part["type"] == "rich_text_quote"
        for element in part["elements"]
        if element.get("style") == {"strike": True}
    ]
    assert struck == ["cap"]
    for message in (nothing, picture):
        assert "This message has no text to verify." in shown(message)


async def test_the_menu_verifies_text_files_with_the_message(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):

        async def verified(text: str, *files: dict[str, Any], user: str = READER) -> str:
            token = await slack.shortcut("verify_message", {"text": text, "files": list(files)}, user)

            def found() -> list[str]:  # that its files were sent is told as well
                return [said for said in map(shown, slack.responses[token]) if " quotation" in said]

            await slack.until(found)
            (said,) = found()
            return said

        draft = slack.attachment("draft.txt", f"He said:\r\n> {OTTER}\r\nand left.".encode())
        photo = slack.attachment("photo.png", f"“{UTRECHT}”".encode())
        assert "1 quotation: 1 exact" in await verified("", draft)
        both = await verified(f"“{DRESDEN}”", draft, photo)
        assert "2 quotations: 2 exact" in both
        assert both.index("pelican") < both.index("otter")
        # A page is a text as well, and no login page.
        page = slack.attachment("page.html", f"“{DRESDEN}”".encode())
        assert "1 quotation: 1 exact" in await verified("", page)
        broken = slack.attachment("broken.txt", b"\xff\xfe\x00\x80" * 100 + f" “{DRESDEN}”".encode())
        assert "1 exact" in await verified("", broken)
        start = f"“{DRESDEN}” ".encode()
        long = slack.attachment("long.txt", start + "é".encode() * (MAX_MESSAGE_CHARS + 5))
        said = await verified("", long, user=OTHER)
        assert "1 exact" in said
        assert "Only the first part of the text was read." in said


async def test_a_file_that_cannot_be_had_is_told(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(settings, desk, slack):

        async def told(*files: dict[str, Any], user: str = READER) -> str:
            token = await slack.shortcut("verify_message", {"text": f"“{DRESDEN}”", "files": list(files)}, user)
            return shown(await alone(slack, token, user))

        draft = slack.attachment("draft.txt", b"words")
        gone = slack.attachment("gone.txt", b"words")
        del slack.files["gone.txt"]
        assert "Slack does not let me read gone.txt." in await told(gone)
        nowhere = {**draft, "url_private": "http://127.0.0.1:9/draft.txt"}
        with monkeypatch.context() as patched:
            patched.setattr(SlackBot, "is_slacks", lambda _bot, _address: True)
            assert "could not be fetched" in await told(nowhere)
        half = {**draft, "size": attached.MAX_FILE_BYTES // 2 + 1}
        assert "larger than 10 MB" in await told(half, half)
        assert not [path for path, _ in slack.requests if path == "files.info"]
        # Where the app may not read files, Slack sends a page to log in.
        monkeypatch.setattr("slack_server.BOT_TOKEN", "xoxb-with-other-permissions")
        assert "Slack does not let me read draft.txt." in await told(draft, user=OTHER)


async def test_the_bots_token_goes_to_slack_alone(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    """Files of other services stand in messages too, by an address of theirs that anybody may have given."""
    fetched = []

    async def take(request: web.Request) -> web.Response:
        fetched.append(dict(request.headers))
        return web.Response(text=f"“{DRESDEN}”")

    async def moved(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/draft.txt"})

    elsewhere = web.Application()
    elsewhere.router.add_get("/draft.txt", take)
    elsewhere.router.add_get("/moved", moved)
    async with TestServer(elsewhere) as server, running(settings, desk, slack):
        address = str(server.make_url("/draft.txt"))
        file = {**slack.attachment("draft.txt", b"words"), "url_private": address, "mode": "external"}
        token = await slack.shortcut("verify_message", {"text": "", "files": [{**file, "is_external": True}]})
        assert "Slack does not let me read draft.txt." in shown(await alone(slack, token))
        # Whatever a payload says of it, it is no address of Slack's.
        for named in (address, address.replace("http://", "https://"), "https://slack.com@evil.example/draft.txt"):
            hosted = {**file, "url_private": named, "mode": "hosted", "is_external": False}
            token = await slack.shortcut("verify_message", {"text": "", "files": [hosted]})
            assert "Slack does not let me read draft.txt." in shown(await alone(slack, token))
        # Slack sends whoever may not read a file somewhere else.
        file["url_private"] = str(server.make_url("/moved"))
        token = await slack.shortcut("verify_message", {"text": "", "files": [{**file, "mode": "hosted"}]})
        assert "Slack does not let me read draft.txt." in shown(await alone(slack, token))
    assert fetched == []


async def test_quotations_are_verified_by_command(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        told = await alone(slack, await slack.slash("/verify", f"“{DRESDEN}” & more"))
        assert "1 quotation: 1 exact" in shown(told)
        for text in ("", "  ", "private:no"):
            told = await alone(slack, await slack.slash("/verify", text))
            assert "There is nothing to verify." in shown(told)
        assert not slack.said()
        await slack.slash("/verify", f"“{DRESDEN}” “{OTTER}” private:no")
        await slack.until(slack.said)
    (public,) = slack.said()
    assert "2 quotations: 2 exact" in shown(public)
    assert quotes(public) == [DRESDEN, OTTER]


# ---- Buttons ---------------------------------------------------------------------------------------------------------


async def test_context_is_what_stands_around_whoever_asks_and_whenever(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, QUESTION)
    neighbours = 0
    async with restarted(settings, slack) as later:
        for number, article_id, _, start, end, _ in (await kept(later, answer))["quoted"]:
            article = await later.article(article_id)
            assert article is not None
            found = await pressed(slack, answer, "context", number, user=OTHER)
            assert shown(found).startswith(f"The stored text around excerpt {number}\n")
            assert quotes(found) == [article.text[start:end]]
            assert list(buttons(found)) == ["Cite", "Not an answer", "Wrong source"]
            # The rest of its paragraph and the paragraphs next to it stand there whole.
            paragraphs = paragraph_spans(article)
            (here,) = (n for n, p in enumerate(paragraphs) if p.start <= start and end <= p.end)
            first, last = paragraphs[max(0, here - 1)].start, paragraphs[min(here + 1, len(paragraphs) - 1)].end
            at = next(n for n, block in enumerate(found["blocks"]) if quotes({"blocks": [block]}))
            around = [
                (found["blocks"][1:at], article.text[first:start].strip()),
                (found["blocks"][at + 1 : -2], article.text[end:last].strip()),
            ]
            for blocks, stored in around:
                assert shown({"blocks": blocks}) == stored
                neighbours += bool(stored)
    assert neighbours >= 2
    assert slack.said() == [answer]


async def test_who_carries_the_first_excerpt_is_shown_alone_also_after_a_restart(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, QUESTION)
    async with restarted(settings, slack) as later:
        (_, article_id, sha256, *_), *_ = (await kept(later, answer))["quoted"]
        found = await pressed(slack, answer, "carried", user=OTHER)
        assert shown(found).startswith(wording.CARRIED)
        article = await later.article(article_id)
        assert article is not None
        assert quotes(found)[0] in article.text
        await later.record(lambda records: records.withdrawals.add(article_id, sha256, "test", "U1"))
        assert shown(await pressed(slack, answer, "carried", user=OTHER)) == wording.lost(Lost.GONE)


async def test_an_excerpt_is_cited_to_whoever_asks_as_long_as_it_may_be_seen(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, PELICAN)
        _, article, sha256, start, end, _ = (await kept(desk, answer))["quoted"][1]
        context = await pressed(slack, answer, "context", 2, user=OTHER)
    async with restarted(settings, slack) as later:
        told = shown(await pressed(slack, context, "cite", 2, user=OTHER))
        stored = await later.article(article)
        assert stored is not None
        assert f"“{stored.text[start:end]}”" in told
        assert {"TY  - NEWS", f"N1  - sha256 {sha256}"} <= set(told.split("\n"))
        await later.record(lambda records: records.withdrawals.add(article, sha256, "test", "U1"))
        assert shown(await pressed(slack, context, "cite", 2, user=OTHER)) == wording.lost(Lost.GONE)
    assert slack.said() == [answer]


async def test_complaints_are_kept_once_for_each_person(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, PELICAN)
        _, article, sha256, start, end, _ = (await kept(desk, answer))["quoted"][1]
        contexts = {user: await pressed(slack, answer, "context", 2, user=user) for user in (READER, OTHER)}
    async with restarted(settings, slack) as later:
        for user, context in contexts.items():
            for told in (wording.THANKS, wording.SAID_BEFORE):
                assert told in shown(await pressed(slack, context, "not_an_answer", 2, user=user))
        rows = await later.record(lambda records: list(records.feedback.all()))
        assert len(rows) == 2
        for row in rows:
            assert (row.verdict, row.question, row.generation, row.number) == (Verdict.NOT_AN_ANSWER, PELICAN, 1, 2)
            assert (row.article, row.sha256, row.start, row.end) == (article, sha256, start, end)
            assert (row.platform, row.server) == ("slack", TEAM)
        # Another verdict takes the place of that person's first.
        assert wording.THANKS in shown(await pressed(slack, contexts[OTHER], "wrong_source", 2, user=OTHER))
        rows = await later.record(lambda records: list(records.feedback.all()))
        assert [row.verdict for row in rows] == [Verdict.NOT_AN_ANSWER, Verdict.WRONG_SOURCE]


async def test_more_goes_on_where_the_answer_ended_until_there_is_no_more(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, WALRUS)
        said = quotes(answer)
        assert len(said) == 3
        while "More" in buttons(answer):
            answer = await pressed(slack, answer, "more", user=OTHER)
            if quotes(answer):
                await stands(desk, answer, len(said) + 1)
            said += quotes(answer)
        narrowed = await ask(slack, f'{PELICAN} outlet:"Example Wire"')
        assert wording.NO_MORE in shown(await pressed(slack, narrowed, "more"))
    assert wording.NO_MORE in shown(answer)
    assert len(said) == len(set(said)) == WALRUSES


async def test_sources_are_the_cards_of_what_is_quoted_in_that_order(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, PELICAN)
        cards = shown(await pressed(slack, answer, "sources", user=OTHER))
        assert quotes(answer) == [UTRECHT, DRESDEN]
    assert cards.index("Example Post") < cards.index("Bird takes hat")
    assert cards.index("Bird takes hat") < cards.index("Example Wire")
    assert "2023-05-03" in cards


async def test_a_private_answer_is_shared_as_it_is_by_its_asker(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        answer = await alone(slack, await slack.slash("/ask", f"{WALRUS} private:yes"))
        more = await pressed(slack, answer, "more")
    async with restarted(settings, slack) as later:
        for private, first in ((answer, 1), (more, 4)):
            # Nobody but the asker makes it public, and no admin either.
            token = await slack.press(private, button(private, "share"), user=CHIEF)
            assert wording.NOT_YOURS_TO_SHARE in shown((await slack.responded(token))[-1])
            assert not slack.said()
            await slack.press(private, button(private, "share"))
            await slack.until(slack.said)
            (shared,) = slack.said()
            await stands(later, shared, first)
            assert quotes(shared) == quotes(private)
            assert cited(shared) == cited(private)
            assert list(buttons(shared))[-7:] == [
                "Carried by",
                "As a file",
                "More",
                "Sources",
                "Remove",
                "Helpful",
                "Not helpful",
            ]
            # What was shared is an answer like any other.
            further = await pressed(slack, shared, "more", user=OTHER)
            assert cited(further)[0].startswith(f"{first + len(quotes(shared))}. ")
            assert views.NOT_YOURS in shown(await pressed(slack, shared, "remove", user=OTHER))
            await slack.press(shared, button(shared, "remove"))
            await slack.until(lambda: not slack.said())


async def test_what_was_asked_in_a_thread_is_shared_in_that_thread(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        opening = await slack.message("Let us talk.")
        answer = await alone(slack, await slack.shortcut("ask_message", {"text": PELICAN, "thread_ts": opening}))
        await slack.press(answer, button(answer, "share"))
        (shared,) = await replies(slack, opening)
        assert quotes(shared) == [UTRECHT, DRESDEN]
        # It can be followed up like any other.
        await settled(desk, CHANNEL, opening, shared)
        await slack.message("only from Example Wire", thread_ts=opening)
        assert quotes((await replies(slack, opening, 2))[-1]) == [DRESDEN]


async def test_an_answer_is_removed_by_its_asker_and_by_admins(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        for remover in (READER, CHIEF, KEEPER):
            answer = await ask(slack, PELICAN)
            # An admin of another workspace is none here.
            for other in (OTHER, STRANGER):
                assert views.NOT_YOURS in shown(await pressed(slack, answer, "remove", user=other))
                assert slack.said() == [answer]
            await slack.press(answer, button(answer, "remove"), user=remover)
            await slack.until(lambda: not slack.said())
        ts = await slack.mention(PASTA)
        (refused,) = await replies(slack, ts)
        await slack.press(refused, button(refused, "remove"))
        await slack.until(lambda: not slack.said())


async def test_a_year_later_the_buttons_say_that_it_is_too_late(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, PELICAN)
        with sqlite3.connect(settings.index_dir / desk_module.RECORDS) as db:
            db.execute("UPDATE message SET at = '2020' || substr(at, 5)")
        db.close()
        await desk.tidy()
        for what, number in (("context", 1), ("more", 0), ("sources", 0), ("remove", 0)):
            assert wording.TOO_OLD in shown(await pressed(slack, answer, what, number))
        assert answer in slack.said()


async def test_a_button_of_another_time_or_another_answer_does_no_harm(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        answer = await ask(slack, PELICAN)
        key = key_of(answer)
        text = {"type": "plain_text", "text": "Press", "emoji": False}
        for action_id, value in (
            ("answer:context:9", key),
            ("answer:applaud:1", key),
            ("answer:more:0", "nonsense"),
            ("gone", key),
            ("sources:next", "nonsense"),
        ):
            pressed_button = {"type": "button", "action_id": action_id, "text": text, "value": value}
            message = {"text": "Old", "blocks": [{"type": "actions", "elements": [pressed_button]}]}
            (told,) = await slack.responded(await slack.press(message, action_id))
            assert wording.TOO_OLD in shown(told)


async def test_an_article_that_has_changed_since_is_said(
    settings: Settings, desk: Desk, slack: LoopbackSlack, corpus: Path
) -> None:
    """Its words are not shown again, as nobody knows whether they still stand; the other excerpt's are."""
    async with running(settings, desk, slack):
        private = await alone(slack, await slack.slash("/ask", f"{PELICAN} private:yes"))
        public = await ask(slack, PELICAN)
        changed = (await kept(desk, public))["quoted"][0][:2]
        other = 3 - changed[0]
        (corpus / f"{changed[1]}.txt").write_text("A pelican stole no hat at all.", encoding="utf-8")
        await desk.builds.reindex()

        told = wording.lost(Lost.CHANGED)
        assert told in shown(await pressed(slack, public, "context", changed[0]))
        assert quotes(await pressed(slack, public, "context", other)) == quotes(public)[other - 1 : other]
        loss = await pressed(slack, private, "share")
        assert f"Excerpt {changed[0]}: {told}" in shown(loss)
        shared = slack.said()[-1]
    assert quotes(shared) == quotes(public)[other - 1 : other]
    assert "1 excerpt from 1 of 22 articles in the index" in shown(shared)


async def test_an_article_that_has_gone_since_is_said(
    settings: Settings, desk: Desk, slack: LoopbackSlack, corpus: Path
) -> None:
    async with running(settings, desk, slack):
        private = await alone(slack, await slack.slash("/ask", f"{PELICAN} private:yes"))
        public = await ask(slack, PELICAN)
        for name in ("Dresden.txt", "Utrecht.txt", "sources.toml"):
            (corpus / name).unlink()
        await desk.builds.reindex()
        told = wording.lost(Lost.GONE)
        for number in (1, 2):
            assert told in shown(await pressed(slack, public, "context", number))
        assert f"Excerpt 1: {told}\nExcerpt 2: {told}" in shown(await pressed(slack, private, "share"))
        assert "are no longer in the index" in shown(await pressed(slack, public, "sources"))
    assert slack.said() == [public]
    shutil.rmtree(corpus)


async def test_buttons_work_in_threads_and_direct_messages(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        for channel in (CHANNEL, DIRECT):
            ts = await (slack.mention(WALRUS) if channel == CHANNEL else slack.direct(WALRUS))
            (answer,) = await replies(slack, ts, channel=channel)
            context = await pressed(slack, answer, "context", 1)
            assert quotes(context) == quotes(answer)[:1]
            assert context["thread_ts"] == ts
            more = await pressed(slack, answer, "more")
            assert more["thread_ts"] == ts
            await slack.press(more, button(more, "share"))
            shared = (await replies(slack, ts, 2, channel))[-1]
            assert quotes(shared) == quotes(more)
            for message in (shared, answer):
                await slack.press(message, button(message, "remove"))
            await slack.until(lambda channel=channel: not slack.said(channel))


# ---- Pace and places -------------------------------------------------------------------------------------------------


async def test_whoever_asks_too_fast_is_told_how_long_to_wait(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        for _ in range(6):
            answer = await ask(slack, PELICAN)
        assert len(slack.said()) == 6
        told = await alone(slack, await slack.slash("/ask", PELICAN))
        assert "You ask faster than I may answer. The next question is welcome in " in shown(told)
        assert "You ask faster" in shown(await pressed(slack, answer, "more"))
        # What costs little has a pace of its own, and others are not kept waiting.
        assert quotes(await pressed(slack, answer, "context", 1))
        await ask(slack, PELICAN, OTHER)
        (told,) = await replies(slack, await slack.mention(PELICAN))
        assert "You ask faster" in shown(told)
        slack.requests.clear()
    assert len(slack.said()) == 8


async def test_everything_that_costs_has_a_pace_and_no_file_is_fetched_before_it_is_kept(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "WINDOW", 3600.0)
    async with running(settings, desk, slack):
        answer = await ask(slack, PELICAN)
        for _ in range(pace.LOOKS.person):
            await alone(slack, await slack.slash("/coverage-status"))
        for command in ("/coverage-status", "/sources", "/source otter", "/coverage-mydata"):
            name, _, text = command.partition(" ")
            assert "You ask faster" in shown(await alone(slack, await slack.slash(name, text)))
        for what, number in (("context", 1), ("sources", 0)):
            assert "You ask faster" in shown(await pressed(slack, answer, what, number))
        await slack.slash("/ask")
        (opened,) = await slack.sent("views.open")
        assert (await slack.suggest("outlet", "", opened["view"]))["options"] == []
        # Questions have a pace of their own.
        for _ in range(pace.QUESTIONS.person - 1):
            await ask(slack, PELICAN)
        fetched: list[str] = []
        monkeypatch.setattr(slack_commands, "content", lambda *_: fetched.append("file"))
        token = await slack.shortcut("verify_message", {"text": "", "files": [slack.attachment("a.txt", b"words")]})
        assert "You ask faster" in shown(await alone(slack, token))
        assert fetched == []


async def test_where_the_bot_does_not_answer_it_says_so(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        private = await alone(slack, await slack.slash("/ask", f"{PELICAN} private:yes"))
        answer = await ask(slack, PELICAN)
        await settings_of(desk, answers=False)
        for token in (
            await slack.slash("/ask", PELICAN),
            await slack.slash("/ask", f"{PELICAN} private:yes"),
            await slack.slash("/verify", f"“{DRESDEN}” private:no"),
            await slack.shortcut("ask_message", {"text": PELICAN}),
            await slack.shortcut("verify_message", {"text": f"“{DRESDEN}”"}),
            await slack.press(answer, button(answer, "more")),
            await slack.press(private, button(private, "share")),
        ):
            assert wording.NOT_HERE in shown(await alone(slack, token))
        assert slack.said() == [answer]
        (told,) = await replies(slack, await slack.mention(PELICAN))
        assert wording.NOT_HERE in shown(told)
        assert quotes(await pressed(slack, answer, "context", 1))
        assert quotes(await ask(slack, PELICAN, channel=ELSEWHERE))
        assert quotes(await ask(slack, PELICAN, channel=DIRECT))


async def test_nothing_shows_an_outlet_that_is_hidden_in_a_channel(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        ts = await slack.mention(PELICAN)
        (old,) = await replies(slack, ts)
        await settled(desk, CHANNEL, ts, old)
        private = await alone(slack, await slack.slash("/ask", f"{PELICAN} private:yes"))
        assert quotes(old) == [UTRECHT, DRESDEN]
        context = await pressed(slack, old, "context", 1)
        await settings_of(desk, outlets=("Example Wire",))

        answer = await ask(slack, PELICAN)
        assert quotes(answer) == [DRESDEN]
        assert "1 excerpt from 1 of 1 article in the index" in shown(answer)
        for outlet in ("Example Post", "Nobody Post"):
            refused = await ask(slack, f'{PELICAN} outlet:"{outlet}"', OTHER)
            assert shown(refused).replace(outlet, "") == shown(refused).replace("Example Post", "").replace(outlet, "")
            assert not quotes(refused)

        gone = wording.lost(Lost.GONE)
        assert gone in shown(await pressed(slack, old, "context", 1))
        assert shown(await pressed(slack, context, "cite", 1)) == gone
        assert quotes(await pressed(slack, old, "context", 2)) == [DRESDEN]
        assert "Example Post" not in shown(await pressed(slack, old, "sources"))
        assert wording.NO_MORE in shown(await pressed(slack, old, "more"))
        assert f"Excerpt 1: {gone}" in shown(await pressed(slack, private, "share"))
        assert quotes(slack.said()[-1]) == [DRESDEN]

        await slack.slash("/ask")
        (opened,) = await slack.sent("views.open")
        offered = await slack.suggest("outlet", "", opened["view"])
        assert [option["value"] for option in offered["options"]] == ["Example Wire"]

        await slack.mention("only from Example Post", thread_ts=ts, user=CHIEF)
        told = (await replies(slack, ts, 2))[-1]
        assert "There is no outlet “Example Post” in this index." in shown(told)
        assert "Utrecht" not in shown(told)
        await slack.message("until 2023-06-01", thread_ts=ts, user=CHIEF)
        assert quotes((await replies(slack, ts, 3))[-1]) == [DRESDEN]
        verified = await alone(slack, await slack.slash("/verify", f"“{UTRECHT}”", CHIEF), CHIEF)
        assert "1 exact" not in shown(verified)
        assert "Example Post" not in shown(verified)
        # In a direct message nothing is seen that is hidden in a channel; elsewhere it is there as before.
        assert quotes(await ask(slack, PELICAN, CHIEF, slack.direct_channel(CHIEF))) == [DRESDEN]
        assert quotes(await ask(slack, PELICAN, CHIEF, ELSEWHERE)) == [UTRECHT, DRESDEN]


async def test_the_number_and_the_privacy_of_a_place_hold_unless_something_else_is_asked_for(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    # What is set for the workspace holds in its channels.
    await settings_of(desk, "", excerpts=1, private=True)
    async with running(settings, desk, slack):
        answer = await alone(slack, await slack.slash("/ask", PELICAN))
        assert quotes(answer) == [UTRECHT]
        assert not slack.said()
        assert len(quotes(await ask(slack, f"{PELICAN} private:no number:2"))) == 2
        (answer,) = await replies(slack, await slack.mention(PELICAN))
        assert quotes(answer) == [UTRECHT]
        # Direct messages belong to no workspace.
        assert len(quotes(await ask(slack, PELICAN, channel=DIRECT))) == 2


async def test_what_was_asked_in_vain_is_kept_where_it_was_public(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        await ask(slack, "Which pasta shape won the first contest?")
        await replies(slack, await slack.mention("Which pasta shape won the second contest?"))
        await alone(slack, await slack.slash("/ask", "Which pasta shape won the third contest? private:yes"))
        await alone(slack, await slack.shortcut("ask_message", {"text": "Which pasta shape won the fourth contest?"}))
        await replies(slack, await slack.direct("Which pasta shape won the fifth contest?"), channel=DIRECT)
        await ask(slack, PELICAN, OTHER)
        # Nothing of a channel that not everybody sees, however it is asked there.
        slack.private.add(ELSEWHERE)
        slack.members[ELSEWHERE] = True
        await ask(slack, "Which pasta shape won the sixth contest?", OTHER, ELSEWHERE)
        for first in (True, False):
            asked = f"Which pasta shape won the seventh contest, {first}?"
            ts = await slack.mention(asked, channel=ELSEWHERE, user=OTHER, message_first=first)
            await replies(slack, ts, channel=ELSEWHERE)
    assert await asked_in_vain(desk) == {
        "Which pasta shape won the first contest?",
        "Which pasta shape won the second contest?",
    }
