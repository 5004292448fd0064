"""What anyone may ask of the bot on Slack besides answers: sources, cards, stored texts, its state, help and home."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from slack_rules import quotes
from slack_server import CHANNEL, ELSEWHERE, OTHER, READER, LoopbackSlack, elements
from slack_world import (
    PELICAN,
    add_person,
    buttons,
    cited,
    corpus_fixture,  # noqa: F401
    desk_fixture,  # noqa: F401
    restarted,
    running,
    settings_fixture,  # noqa: F401
    settings_of,
    shown,
    slack_fixture,  # noqa: F401
)

from bot import wording
from bot.desk import RECORDS, DeskBusyError
from bot.slack import app as slack_app
from bot.slack import commands as slack_commands
from bot.slack import compare as slack_compare
from bot.slack import follow as slack_follow
from bot.slack import privacy as slack_privacy
from bot.slack import views
from bot.slack import when as slack_when
from bot.sources import ORDERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.desk import Desk
    from bot.settings import Settings

NONE_HAS_IT = "No article in the index has this id. Pick one from the list."
DIRECT = LoopbackSlack.direct_channel(READER)


@pytest.fixture
async def _bot(settings: Settings, desk: Desk, slack: LoopbackSlack) -> AsyncIterator[None]:
    async with running(settings, desk, slack):
        yield
    assert all(seconds < 3 for seconds in slack.acknowledged.values())


used = pytest.mark.usefixtures("_bot")


async def told(
    slack: LoopbackSlack, command: str, text: str = "", user: str = READER, channel: str = CHANNEL
) -> dict[str, Any]:
    """What the bot says to one person alone in reply to a command."""
    (payload,) = await slack.responded(await slack.slash(command, text, user=user, channel=channel))
    assert payload["response_type"] == "ephemeral"
    return payload


async def turned(slack: LoopbackSlack, message: dict[str, Any], label: str, user: str = READER) -> dict[str, Any]:
    """What comes in place of a list whose button is pressed."""
    (payload,) = await slack.responded(await slack.press(message, buttons(message)[label]["action_id"], user=user))
    return payload


async def given(slack: LoopbackSlack, card: dict[str, Any], user: str = READER) -> list[dict[str, Any]]:
    """What comes of an article's button for its stored text: one message, or the last of several."""
    token = await slack.press(card, "text", user=user)
    return await slack.responded(token)


async def added(desk: Desk, corpus: Path, **texts: str) -> None:
    """More articles, indexed."""
    for name, text in texts.items():
        (corpus / f"{name}.txt").write_text(text, encoding="utf-8")
    await desk.builds.reindex()


async def card_of(desk: Desk, article: str) -> Any:
    return next(row.source for row in await desk.listings() if row.source.id == article)


# ---- Lists -----------------------------------------------------------------------------------------------------------


async def test_sources_turn_pages_in_place_also_after_a_restart(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        listed = await told(slack, "/sources")
        assert "22 articles · page 1 of 3" in shown(listed)
        assert re.findall(r"^(\d+)\. ", shown(listed), re.MULTILINE) == [str(n) for n in range(1, 11)]
        assert list(buttons(listed)) == ["Next", "As a file"]
        second = await turned(slack, listed, "Next")
        assert second["replace_original"] is True
        assert "response_type" not in second
        assert "page 2 of 3" in shown(second)
        assert re.findall(r"^(\d+)\. ", shown(second), re.MULTILINE) == [str(n) for n in range(11, 21)]
        assert list(buttons(second)) == ["Previous", "Next", "As a file"]
    async with restarted(settings, slack):
        third = await turned(slack, second, "Next")
        assert "page 3 of 3" in shown(third)
        assert re.findall(r"^(\d+)\. ", shown(third), re.MULTILINE) == ["21", "22"]
        assert list(buttons(third)) == ["Previous", "As a file"]
        back = await turned(slack, third, "Previous")
        assert shown(back) == shown(second)
    # It is one message all along.
    assert [shown(message) for message in slack.whispered()] == [shown(second)]
    assert slack.said() == []


@used
async def test_sources_can_be_narrowed_and_ordered(slack: LoopbackSlack) -> None:
    async def listed(text: str) -> str:
        return shown(await told(slack, "/sources", text))

    wire = await listed('outlet:"example wire"')
    assert "1 article · page 1 of 1" in wire
    assert "Bird takes hat\nExample Wire · 2023-05-03" in wire
    for text in ('since:"5 May 2023" until:2023-05-06', "UNTIL:2023-05-06 since:2023-05-05", "since:“5 May 2023”"):
        assert "2 articles ·" in await listed(text)
    for text in ("hat BIRD", 'words:"hat bird"', "BIRD words:hat", 'hat since:2023-05-03 bird outlet:"Example Wire"'):
        assert "1 article ·" in await listed(text), text
    dated = {order: re.findall(r"(?<!indexed )20\d\d-\d\d-\d\d", await listed(f"order:{order}")) for order in ORDERS}
    assert dated["newest"] == ["2023-05-06", "2023-05-05", "2023-05-04", "2023-05-03", "2023-05-03", "2020-01-01"]
    assert dated["oldest"] == dated["newest"][::-1]
    outlets = re.findall(r"^(Example \w+|Zoo)", await listed("order:Outlet"), re.MULTILINE)
    assert outlets == ["Example Post", "Example Post", "Example Wire", "Zoo"]
    assert await listed("order:id") == await listed("")


@used
async def test_a_narrowed_list_stays_narrowed_on_its_other_pages(slack: LoopbackSlack) -> None:
    first = await told(slack, "/sources", "walrus order:oldest")
    assert "13 articles · page 1 of 2" in shown(first)
    second = await turned(slack, first, "Next")
    assert "13 articles · page 2 of 2" in shown(second)
    assert re.findall(r"^\d+\. “Walrus number (\d+)", shown(second), re.MULTILINE) == ["10", "11", "12"]


@used
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("outlet:Nobody", wording.NO_SUCH_SOURCES),
        ("no such words", wording.NO_SUCH_SOURCES),
        ("order:best", "order is one of newest, oldest, outlet, id."),
        ('since:"31 April 2023"', "There is no “31 April 2023”"),
        ("until:soonish", "soonish"),
        ("since:2023-05-06 until:2023-05-05", wording.NO_SUCH_SOURCES),
        ("order:newest order:oldest", "The option order is given twice."),
    ],
)
async def test_what_no_list_can_show_is_told(slack: LoopbackSlack, text: str, words: str) -> None:
    sentence = await told(slack, "/sources", text)
    assert words in shown(sentence)
    assert "page" not in shown(sentence)
    assert not buttons(sentence)


@used
async def test_a_list_whose_records_are_gone_is_too_old(slack: LoopbackSlack, settings: Settings) -> None:
    listed = await told(slack, "/sources")
    with sqlite3.connect(settings.index_dir / RECORDS) as db:
        db.execute("DELETE FROM message")
    db.close()
    assert shown(await turned(slack, listed, "Next")) == wording.TOO_OLD
    assert ["page 1 of 3" in shown(message) for message in slack.whispered()] == [True, False]


@used
async def test_a_page_that_is_no_longer_there_becomes_the_last(slack: LoopbackSlack, desk: Desk) -> None:
    listed = await told(slack, "/sources", "walrus")
    assert "13 articles · page 1 of 2" in shown(listed)
    for source in [row.source for row in await desk.listings() if row.source.id.startswith("walrus-0")]:
        withdrawn = (source.id, source.sha256, "slack", READER)
        await desk.record(lambda records, withdrawn=withdrawn: records.withdrawals.add(*withdrawn))
    only = await turned(slack, listed, "Next")
    assert "3 articles · page 1 of 1" in shown(only)
    assert list(buttons(only)) == ["As a file"]


@used
async def test_a_page_that_fails_is_told_and_the_list_stays(
    slack: LoopbackSlack, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = await told(slack, "/sources")

    async def busy(_filters: Any) -> None:
        raise DeskBusyError("200 questions are waiting already.")

    monkeypatch.setattr(desk, "listings", busy)
    failed = await turned(slack, listed, "Next")
    assert (shown(failed), failed["response_type"]) == ("200 questions are waiting already.", "ephemeral")
    assert "page 1 of 3" in shown(slack.whispered()[0])


# ---- Cards and stored texts ------------------------------------------------------------------------------------------


@used
async def test_a_card_is_found_by_id_by_hash_and_by_a_part_of_the_headline(slack: LoopbackSlack, desk: Desk) -> None:
    source = await card_of(desk, "Dresden")
    for text in ("Dresden", source.sha256, "bird TAKES", "Example Wire"):
        card = await told(slack, "/source", text)
        assert shown(card).startswith("Bird takes hat\nOutlet: Example Wire\n")
        assert [button["value"] for button in buttons(card).values()] == [source.sha256]
    # An id is one, even where it is a part of others.
    assert "Walrus number 1 swam" in shown(await told(slack, "/source", "walrus-01"))


@used
async def test_what_fits_no_article_or_several_is_told(slack: LoopbackSlack) -> None:
    assert shown(await told(slack, "/source", "no such thing")) == NONE_HAS_IT
    assert shown(await told(slack, "/source", "walrus")).startswith("13 articles fit that. Write more of the headline")
    assert "2 articles fit" in shown(await told(slack, "/source", "example post"))


@used
async def test_a_card_has_what_is_known_and_says_what_is_not_given(slack: LoopbackSlack, desk: Desk) -> None:
    listing = next(row for row in await desk.listings() if row.source.id == "zebras")
    lines = shown(await told(slack, "/source", "zebras")).splitlines()
    assert lines == [
        "Z" * 120,
        f"Outlet: {'Zoo ' * 30}".strip(),
        "Date: 2020-01-01",
        "Not given: author, language, link",
        "Searchable passages: 1",
        f"Indexed: {listing.indexed_at:%Y-%m-%d %H:%M} UTC",
        f"zebras · sha256 {listing.source.sha256[:12]}",
        "Stored text",
    ]
    bare = shown(await told(slack, "/source", "walrus-03"))
    assert bare.startswith("“Walrus number 3 swam to harbour 3.” (opening words)\n")
    assert "Not given: headline, outlet, author, date, language, link\n" in bare


@used
async def test_a_card_names_articles_with_the_same_paragraphs(slack: LoopbackSlack, desk: Desk, corpus: Path) -> None:
    text = "The same seal opened the regatta on Sunday.\n\nNobody else was there to see it."
    await added(desk, corpus, **{name: f"{text}\n\nThis is from {name}." for name in ("seal_a", "seal_b")})
    card = shown(await told(slack, "/source", "seal_a"))
    assert "The same paragraphs stand in:\n• “The same seal" in card
    assert "2 paragraphs" in card
    assert "Searchable passages: 3" in card
    assert "The same paragraphs" not in shown(await told(slack, "/source", "otter"))


@used
async def test_an_article_can_be_picked_from_what_fits_what_is_typed(slack: LoopbackSlack, desk: Desk) -> None:
    picker = await told(slack, "/source")
    assert "Which article?" in shown(picker)

    async def offered(typed: str) -> dict[str, str]:
        options = (await slack.suggest("pick:source", typed, picker))["options"]
        assert all(re.fullmatch(r"[0-9a-f]{64}", option["value"]) for option in options)
        return {option["value"]: option["text"]["text"] for option in options}

    hashes = {row.source.sha256 for row in await desk.listings()}
    assert set(await offered("")) == hashes
    assert len(await offered("WALRUS-0")) == 10
    assert list((await offered("zoo zoo")).values()) == ["Z" * 74 + "…"]
    assert list(await offered("no such thing")) == []
    assert await offered("bird takes") == await offered("example wire")
    (value,) = await offered("dresden")
    token = await slack.select(picker, "pick:source", value, user=READER)
    (card,) = await slack.responded(token)
    assert shown(card) == shown(await told(slack, "/source", "Dresden"))
    assert slack.said() == []


@used
async def test_at_most_100_articles_are_offered(slack: LoopbackSlack, desk: Desk, corpus: Path) -> None:
    await added(desk, corpus, **{f"gull_{n:03}": f"Gull number {n} ate {n} chips." for n in range(110)})
    await told(slack, "/source")
    options = (await slack.suggest("pick:source", ""))["options"]
    assert len(options) == 100
    assert len({option["value"] for option in options}) == 100
    assert len((await slack.suggest("pick:source", "gull_1"))["options"]) == 10


@used
async def test_the_stored_text_is_given_whole_to_whoever_presses_alone(slack: LoopbackSlack, desk: Desk) -> None:
    for article in ("001_1cf67b88aa30fa13", "zebras"):
        stored = await desk.article(article)
        assert stored is not None
        card = await told(slack, "/source", article)
        token = await slack.press(card, "text", user=OTHER)
        await slack.until(lambda token=token, text=stored.text: "".join(_all_quotes(slack.responses[token])) == text)
        assert all(payload["response_type"] == "ephemeral" for payload in slack.responses[token])
        assert len(slack.responses[token]) <= 5
    assert slack.said() == []
    assert all("Stored text" in shown(message) for message in slack.whispered(READER))


@used
async def test_a_long_stored_text_comes_whole_in_a_direct_message(
    slack: LoopbackSlack, desk: Desk, corpus: Path
) -> None:
    paragraphs = (f"Paragraph {n}: the *walrus* & <@U0READER00> said “no” {n} times. " * 12 for n in range(110))
    await added(desk, corpus, tome="\n\n".join(paragraphs))
    stored = await desk.article("tome")
    assert stored is not None
    card = await told(slack, "/source", "tome")
    (notice,) = await given(slack, card)
    assert shown(notice) == "This is long. I have written it to you in a direct message."
    await slack.until(lambda: "".join(_all_quotes(slack.said(DIRECT))) == stored.text)
    first, *others = slack.said(DIRECT)
    assert len(others) >= 5
    assert "thread_ts" not in first
    assert {message["thread_ts"] for message in others} == {first["ts"]}
    assert slack.said(CHANNEL) == []


def _all_quotes(messages: list[dict[str, Any]]) -> list[str]:
    return [quotation for message in messages for quotation in quotes(message)]


@used
async def test_a_stored_text_that_changed_is_not_given(slack: LoopbackSlack, desk: Desk, corpus: Path) -> None:
    card = await told(slack, "/source", "Dresden")
    await added(desk, corpus, Dresden="A pelican stole no hat at all.")
    (payload,) = await given(slack, card)
    assert shown(payload) == wording.TEXT_GONE


# ---- State, help, names ----------------------------------------------------------------------------------------------


@used
async def test_the_status_tells_what_is_served(slack: LoopbackSlack, desk: Desk) -> None:
    lines = shown(await told(slack, "/coverage-status")).splitlines()
    assert lines == ["Status", *views.status_lines(await desk.status(), "Socket Mode")]
    assert "22 articles, 170 passages" in lines
    assert shown(await told(slack, "/status")).splitlines() == lines


@used
async def test_the_help_names_every_command_as_the_manifest_does(slack: LoopbackSlack) -> None:
    words = shown(await told(slack, "/coverage-help"))
    named = {slack_app._COMMAND.fullmatch(name)[1] for name in re.findall(r"`(/[\w-]+)`", words)}  # type: ignore[index]
    assert named == set(slack_app._COMMANDS)


@used
async def test_every_command_also_exists_with_coverage_in_front(slack: LoopbackSlack) -> None:
    quotation = "“A pelican stole the hat of the mayor of Utrecht.”"
    texts = {"verify": quotation, "source": "Dresden", "sources": "walrus"}
    for name in sorted(slack_app._COMMANDS.keys() - {"ask"}):
        plain, prefixed = [
            re.sub(r"\d+\.\d\d s", "", shown(await told(slack, f"{prefix}{name}", texts.get(name, ""))))
            for prefix in ("/", "/coverage-")
        ]
        assert prefixed == plain
        modules = (slack_commands, slack_compare, slack_when, slack_follow, slack_privacy)
        everyones = {name for module in modules for name in module.COMMANDS}
        assert (plain == wording.NOT_ADMIN) == (name not in everyones)
        assert "I do not know" not in plain
    for command in ("/ask", "/coverage-ask"):
        await slack.slash(command, PELICAN, user=OTHER)
    # Not all that was sent: a picture comes to the person after what is said of it.
    await slack.until(lambda: len(slack.said()) == 2)
    one, other = slack.said()
    assert len(quotes(one)) == 2
    assert quotes(one) == quotes(other)


@used
@pytest.mark.parametrize("command", ["/frobnicate", "/coverage-frobnicate", "/coverage-", "/ask-me", "/sourcess"])
async def test_an_unknown_command_is_told(slack: LoopbackSlack, command: str) -> None:
    sentence = shown(await told(slack, command, PELICAN))
    assert sentence == "I do not know this command. /coverage-help tells what there is."
    assert slack.said() == []


# ---- What may be seen ------------------------------------------------------------------------------------------------


@used
async def test_where_not_all_outlets_are_seen_nothing_of_the_others_shows(slack: LoopbackSlack, desk: Desk) -> None:
    card = await told(slack, "/source", "Utrecht")
    picker = await told(slack, "/source")
    listed = await told(slack, "/sources", "order:outlet")
    hidden = await card_of(desk, "Utrecht")
    await slack.suggest("pick:source", "utrecht", picker)
    await settings_of(desk, outlets=("Example Wire",))

    only = shown(await told(slack, "/sources"))
    assert "1 article · page 1 of 1" in only
    assert "Bird takes hat" in only
    assert shown(await told(slack, "/sources", 'outlet:"Example Post"')) == wording.NO_SUCH_SOURCES
    assert "1 article · page 1 of 1" in shown(await turned(slack, listed, "Next"))
    assert "1 article, 1 passage" in shown(await told(slack, "/coverage-status")).splitlines()
    for named in ("Utrecht", hidden.sha256, "walrus", "pelican stole"):
        assert shown(await told(slack, "/source", named)) == NONE_HAS_IT
    # What was offered before.
    (picked,) = await slack.responded(await slack.select(picker, "pick:source", hidden.sha256))
    assert shown(picked) == NONE_HAS_IT
    (text,) = await given(slack, card)
    assert shown(text) == wording.TEXT_GONE

    options = (await slack.suggest("pick:source", "", picker))["options"]
    assert [option["text"]["text"] for option in options] == ["Bird takes hat · Example Wire"]
    await slack.slash("/ask")
    (opened,) = await slack.sent("views.open")
    outlets = (await slack.suggest("outlet", "", opened["view"]))["options"]
    assert [option["value"] for option in outlets] == ["Example Wire"]

    elsewhere = shown(await told(slack, "/sources", channel=ELSEWHERE))
    assert "22 articles" in elsewhere
    assert "Utrecht" in elsewhere


# ---- The home tab and direct messages --------------------------------------------------------------------------------


@used
async def test_the_home_tab_shows_the_state_the_newest_articles_and_the_settings(
    slack: LoopbackSlack, desk: Desk
) -> None:
    await settings_of(desk, "", excerpts=5, answers=True)
    await slack.open_home()
    await slack.until(lambda: READER in slack.homes)
    (published,) = slack.found("views.publish")
    assert published["user_id"] == READER
    blocks = slack.homes[READER]["blocks"]
    assert len(blocks) <= 100
    words = shown(slack.homes[READER])
    titles = r"^(?:Status|Newest articles|Settings|What is remembered)$"
    about, status, articles, settings, _ = re.split(titles, words, flags=re.MULTILINE)
    assert views.ABOUT in about
    assert views.ASKING in about
    assert status.strip().splitlines() == views.status_lines(await desk.status(), "Socket Mode")
    ids = re.findall(r"indexed \S+ · (\S+)$", articles, re.MULTILINE)
    assert ids[:3] == ["otter", "Utrecht", "003_97ab892218fedf90"]
    assert len(ids) == len(set(ids)) == 20
    assert articles.strip().splitlines()[-1] == "And 2 more articles: /sources"
    assert settings.strip().splitlines() == [
        "answers: yes",
        "outlets: all (not set here)",
        "excerpts: 5",
        "private: no (not set here)",
        "time zone: UTC (not set here)",
    ]
    assert slack.found("chat.postMessage") == []


@used
async def test_the_home_tab_is_drawn_anew_each_time_and_shows_no_outlet_that_the_workspace_hides(
    slack: LoopbackSlack, desk: Desk
) -> None:
    await slack.open_home()
    await slack.sent("views.publish")
    assert "22 articles, 170 passages" in shown(slack.homes[READER])
    await settings_of(desk, "", outlets=("Example Wire",))
    await slack.open_home()
    await slack.open_home(user=OTHER)
    await slack.sent("views.publish", 3)
    for user in (READER, OTHER):
        words = shown(slack.homes[user])
        assert "1 article, 1 passage\n" in words
        assert re.findall(r"indexed \S+ · (\S+)$", words, re.MULTILINE) == ["Dresden"]
        assert "outlets: Example Wire\n" in words
        assert "more article" not in words
        assert "Example Post" not in words


@used
async def test_a_home_tab_that_is_asked_for_again_by_slack_is_shown_once(slack: LoopbackSlack) -> None:
    opened = await slack.open_home()
    await slack.until(lambda: READER in slack.homes)
    await slack.acked(await slack.redeliver(opened))
    await slack.open_home(user=OTHER)
    await slack.until(lambda: OTHER in slack.homes)
    assert [payload["user_id"] for payload in slack.found("views.publish")] == [READER, OTHER]


@used
async def test_a_home_tab_that_slack_does_not_take_is_logged_and_no_more(
    slack: LoopbackSlack, caplog: pytest.LogCaptureFixture
) -> None:
    refused = (200, {}, {"ok": False, "error": "not_enabled"})
    slack.faults["views.publish"].append(refused)
    slack.faults["assistant.threads.setSuggestedPrompts"].append(refused)
    await slack.open_home()
    await slack.open_home("messages")
    await slack.until(lambda: caplog.text.count("slack.home_failed error=SlackApiError") == 2)
    assert slack.homes == {}
    await told(slack, "/coverage-help")
    assert slack.found("chat.postMessage") == []
    await slack.open_home()
    await slack.until(lambda: READER in slack.homes)


@used
async def test_what_is_offered_in_direct_messages_gets_an_answer_or_help(slack: LoopbackSlack, desk: Desk) -> None:
    await slack.open_home("messages")
    (offered,) = await slack.sent("assistant.threads.setSuggestedPrompts")
    assert offered["channel_id"] == DIRECT
    assert slack.homes == {}
    prompts = offered["prompts"]
    assert len(prompts) == 4
    titles = {row.source.title for row in await desk.listings()}
    assert all(prompt["message"].strip("“”") in titles for prompt in prompts[1:])
    for prompt in prompts:
        asked = await slack.direct(prompt["message"])
        await slack.until(lambda asked=asked: slack.thread(DIRECT, asked))
        (reply,) = slack.thread(DIRECT, asked)
        if prompt is prompts[0]:
            assert views.COMMANDS in shown(reply)
        else:
            assert quotes(reply), shown(reply)
            # The article that was named comes first.
            assert f"“{prompt['message'].strip('“”')}” (opening words)" in cited(reply)[0]


@used
async def test_what_is_offered_in_direct_messages_names_no_article_that_may_not_be_seen_there(
    slack: LoopbackSlack, desk: Desk
) -> None:
    person = add_person(slack, "U0PERSON00")
    await settings_of(desk, "", server="", outlets=("Example Wire",))
    await slack.open_home("messages", user=person)
    (offered,) = await slack.sent("assistant.threads.setSuggestedPrompts")
    assert [prompt["message"] for prompt in offered["prompts"]] == ["What can you do?", "“Bird takes hat”"]


@used
async def test_what_is_no_longer_known_of_a_button_is_told(slack: LoopbackSlack) -> None:
    """Such as those of an older version of the bot."""
    old = {"type": "button", "text": {"type": "plain_text", "text": "Old"}, "action_id": "old:button", "value": "x"}
    sent = {"text": "Words", "blocks": [{"type": "actions", "block_id": "b", "elements": [old]}]}
    assert next(elements(sent["blocks"]))[1] is old
    (payload,) = await slack.responded(await slack.press(sent, "old:button"))
    assert shown(payload) == wording.TOO_OLD
