"""Articles that admins add on Slack, from the form or the menu to the answer that quotes them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sqlite3
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_rules import check_message, check_view, quotes
from slack_server import CHANNEL, CHIEF, ELSEWHERE, READER, STRANGER, TEAM, LoopbackSlack
from slack_world import (
    KEEPER,
    add_person,
    buttons,
    corpus_fixture,  # noqa: F401
    desk_fixture,  # noqa: F401
    restarted,
    running,
    settings_fixture,  # noqa: F401
    settings_of,
    shown,
    slack_fixture,  # noqa: F401
)

from bot import adding, intake, wording
from bot.desk import RECORDS
from bot.slack import forms, views
from bot.slack.blocks import MESSAGE_LIMIT, weigh
from bot.slack.client import SlackBot
from index.readers.drafts import CARD_FIELDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.desk import Desk
    from bot.records.audit import Action
    from bot.settings import Settings

HERON = b"A heron stopped the *tram* in Ghent.\n\nNobody was late, said the heron.\n"
TRAM = "Who stopped the tram in Ghent?"
UTRECHT = b"A pelican stole the hat of the mayor of Utrecht."
DIRECT = LoopbackSlack.direct_channel(CHIEF)
STORED = f"Stored: added/heron.txt. {adding.afterwards('/reindex')}"


@pytest.fixture
async def _bot(settings: Settings, desk: Desk, slack: LoopbackSlack) -> AsyncIterator[None]:
    async with running(settings, desk, slack):
        yield
    assert all(seconds < 3 for seconds in slack.acknowledged.values())


used = pytest.mark.usefixtures("_bot")


async def alone(slack: LoopbackSlack, token: str) -> dict[str, Any]:
    """What one person alone is told."""
    (payload,) = await slack.responded(token)
    assert payload["response_type"] == "ephemeral"
    return payload


async def opened(slack: LoopbackSlack, user: str = CHIEF, channel: str = CHANNEL) -> tuple[str, dict[str, Any]]:
    """The form, and the token of the command's response url."""
    before = len(slack.found("views.open"))
    token = await slack.slash("/coverage-add", user=user, channel=channel)
    return token, (await slack.sent("views.open", before + 1))[-1]["view"]


async def add(
    slack: LoopbackSlack,
    data: bytes = HERON,
    name: str = "heron.txt",
    user: str = CHIEF,
    channel: str = CHANNEL,
    **typed: str,
) -> dict[str, Any]:
    """What an admin is told once the form is sent in: the card, or what is wrong."""
    token, form = await opened(slack, user, channel)
    sent = await slack.submit(form, {"file": [slack.attachment(name, data)], **typed}, user)
    assert await slack.acked(sent) is None
    return await alone(slack, token)


async def pressed(slack: LoopbackSlack, card: dict[str, Any], label: str, user: str = CHIEF) -> dict[str, Any]:
    """What comes of a button of a card."""
    button = buttons(card)[label]
    (payload,) = await slack.responded(await slack.press(card, button["action_id"], button["value"], user))
    return payload


def added(corpus: Path) -> list[str]:
    """What came into the corpus."""
    return sorted(path.name for path in (corpus / "added").glob("*"))


def kept_aside(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.index_dir / "staged").glob("*"))


async def actions(desk: Desk) -> list[Action]:
    return list(await desk.recall(lambda records: records.audit.actions(100)))


async def reindexed(slack: LoopbackSlack) -> str:
    """What the bot's message says once a build has ended."""
    before = len(slack.said())
    await slack.slash("/reindex", user=CHIEF)
    await slack.until(lambda: len(slack.said()) > before and not shown(slack.said()[before]).startswith("Reindexing"))
    return shown(slack.said()[before])


async def answered(slack: LoopbackSlack, question: str) -> dict[str, Any]:
    """What the bot answers somebody who has not asked before."""
    person = add_person(slack, f"U0{len(slack.users):08}")
    asked = await slack.mention(question, user=person)
    await slack.until(lambda: slack.thread(CHANNEL, asked))
    return slack.thread(CHANNEL, asked)[0]


# ---- The whole way ---------------------------------------------------------------------------------------------------


async def test_an_article_is_shown_stored_and_after_a_reindex_quoted(
    settings: Settings, desk: Desk, slack: LoopbackSlack, corpus: Path
) -> None:
    async with running(settings, desk, slack):
        typed = {"title": "Bird *stops* tram", "outlet": " Example Wire\n", "published": "3 May 2023"}
        card = await add(slack, **typed, url="https://wire.example/heron_1")
    assert shown(card).splitlines()[:-2] == [
        "Bird *stops* tram",
        "Outlet: Example Wire",
        "Date: 2023-05-03",
        "Link: https://wire.example/heron_1",
        "Not given: author, language",
        "Paragraphs: 2",
        "A heron stopped the *tram* in Ghent.",
        "",
        "Nobody was late, said the heron.",
        "added/heron",
    ]
    assert adding.waiting("added/heron.txt") in shown(card)
    assert list(buttons(card)) == ["Store", "Discard"]
    assert added(corpus) == []
    assert "heron" not in (corpus / "sources.toml").read_text(encoding="utf-8")
    # To the admin alone, and in place of what was there.
    assert slack.said() == slack.said(DIRECT) == []

    async with restarted(settings, slack) as another:
        told = await pressed(slack, card, "Store")
        assert told["replace_original"] is True
        assert shown(told) == STORED
        assert [shown(message) for message in slack.whispered(CHIEF)] == [STORED]
        assert (corpus / "added" / "heron.txt").read_bytes() == HERON
        assert kept_aside(settings) == []
        (action,) = await actions(another)
        assert (action.what, action.platform, action.user, action.server) == ("add", "slack", CHIEF, TEAM)
        assert action.details == {"article": "added/heron", "sha256": hashlib.sha256(HERON).hexdigest()}

        assert not any("heron" in words for words in quotes(await answered(slack, TRAM)))
        assert "1 added, 0 changed, 0 removed" in await reindexed(slack)
        answer = await answered(slack, TRAM)
        assert "A heron stopped the *tram* in Ghent." in "".join(quotes(answer))
        assert "Example Wire · 2023-05-03 · Bird *stops* tram" in shown(answer)


@used
async def test_what_is_discarded_is_never_stored(
    slack: LoopbackSlack, desk: Desk, settings: Settings, corpus: Path
) -> None:
    card = await add(slack)
    assert len(kept_aside(settings)) == 1
    assert shown(await pressed(slack, card, "Discard")) == adding.DISCARDED
    assert [shown(message) for message in slack.whispered(CHIEF)] == [adding.DISCARDED]
    assert (kept_aside(settings), added(corpus)) == ([], [])
    assert await actions(desk) == []


@used
async def test_the_file_of_a_message_is_added_from_its_menu(slack: LoopbackSlack, corpus: Path) -> None:
    file = slack.attachment("heron.txt", HERON)
    card = await alone(slack, await slack.shortcut("add_message", {"text": "Look.", "files": [file]}, CHIEF))
    assert "Not given: headline, outlet, author, date, language, link" in shown(card)
    await pressed(slack, card, "Store")
    assert added(corpus) == ["heron.txt"]


@used
@pytest.mark.parametrize(("count", "why"), [(0, "has no file to add"), (2, "has several files")])
async def test_the_menu_takes_one_file(slack: LoopbackSlack, settings: Settings, count: int, why: str) -> None:
    files = [slack.attachment(f"{n}.txt", HERON) for n in range(count)]
    told = await alone(slack, await slack.shortcut("add_message", {"text": "Look.", "files": files}, CHIEF))
    assert why in shown(told)
    assert kept_aside(settings) == []


# ---- Where and when --------------------------------------------------------------------------------------------------


@used
async def test_where_the_command_can_no_longer_be_replied_to_the_card_is_a_direct_message(
    slack: LoopbackSlack, corpus: Path
) -> None:
    """Filling the form in may take longer than the response url of the command lives."""
    _, form = await opened(slack, channel=ELSEWHERE)
    slack.faults["respond"].append((404, {}, "expired_url"))
    await slack.submit(form, {"file": [slack.attachment("heron.txt", HERON)]}, CHIEF)
    await slack.until(lambda: slack.said(DIRECT))
    (card,) = slack.said(DIRECT)
    assert shown(await pressed(slack, card, "Store")) == STORED
    assert [shown(message) for message in slack.said(DIRECT)] == [STORED]
    assert added(corpus) == ["heron.txt"]
    assert slack.said() == slack.said(ELSEWHERE) == []


@used
async def test_what_was_stored_is_told_even_where_the_card_cannot_be_replaced(
    slack: LoopbackSlack, corpus: Path
) -> None:
    card = await add(slack)
    slack.faults["respond"] += [(404, {}, "no"), (404, {}, "no")]
    store = buttons(card)["Store"]
    await slack.press(card, store["action_id"], store["value"], CHIEF)
    await slack.until(lambda: slack.said(DIRECT))
    assert [shown(message) for message in slack.said(DIRECT)] == [STORED]
    assert added(corpus) == ["heron.txt"]


@used
async def test_a_button_that_comes_too_late_says_so(slack: LoopbackSlack, settings: Settings, corpus: Path) -> None:
    card, other = await add(slack), await add(slack, b"A crane.")
    files = intake.Intake(settings.index_dir, corpus)
    for key in kept_aside(settings):
        files.discard(key)
    for label in ("Store", "Discard"):
        assert shown(await pressed(slack, card, label)) == intake.GONE
    # The card stays, since nothing of what it says has happened.
    assert "Nothing is stored yet" in shown(slack.whispered(CHIEF)[0])
    with sqlite3.connect(settings.index_dir / RECORDS) as db:
        db.execute("DELETE FROM message")
    db.close()
    for label in ("Store", "Discard"):
        assert shown(await pressed(slack, other, label)) == intake.GONE
    assert added(corpus) == []


@used
async def test_where_not_all_may_be_seen_nothing_is_added(
    slack: LoopbackSlack, desk: Desk, settings: Settings, corpus: Path
) -> None:
    """Whether the index has a text, and as what, would be told."""
    card = await add(slack)
    token, form = await opened(slack)
    await settings_of(desk, outlets=("Example Wire",))
    refused = await alone(slack, await slack.slash("/coverage-add", user=CHIEF))
    assert shown(refused) == wording.REPORT_NAMES_ALL
    await slack.submit(form, {"file": [slack.attachment("crane.txt", b"Crane.")]}, CHIEF)
    assert shown(await alone(slack, token)) == wording.REPORT_NAMES_ALL
    assert shown(await pressed(slack, card, "Store")) == wording.REPORT_NAMES_ALL
    assert (added(corpus), len(kept_aside(settings))) == ([], 1)
    # In a direct message it may be.
    await pressed(slack, await add(slack, b"A crane.", "crane.txt", channel=DIRECT), "Store")
    assert added(corpus) == ["crane.txt"]


# ---- Who may ---------------------------------------------------------------------------------------------------------


@used
async def test_others_may_not_add(slack: LoopbackSlack, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    file = slack.attachment("heron.txt", HERON)
    for user, channel in ((READER, CHANNEL), (READER, slack.direct_channel(READER)), (STRANGER, ELSEWHERE)):
        for sending in (
            slack.slash("/coverage-add", user=user, channel=channel),
            slack.slash("/add", user=user, channel=channel),
            slack.shortcut("add_message", {"text": "Look.", "files": [file]}, user, channel),
        ):
            assert shown(await alone(slack, await sending)) == wording.NOT_ADMIN
    assert f"slack.admin_refused user={READER}" in caplog.text
    assert slack.found("views.open") == []
    assert kept_aside(settings) == []


@used
async def test_whoever_is_no_admin_any_more_may_neither_send_nor_press(
    slack: LoopbackSlack, settings: Settings, corpus: Path
) -> None:
    card = await add(slack)
    token, form = await opened(slack)
    slack.users[CHIEF]["is_admin"] = False
    await slack.submit(form, {"file": [slack.attachment("crane.txt", b"Crane.")]}, CHIEF)
    assert shown(await alone(slack, token)) == wording.NOT_ADMIN
    for label in ("Store", "Discard"):
        assert shown(await pressed(slack, card, label)) == wording.NOT_ADMIN
    assert (added(corpus), len(kept_aside(settings))) == ([], 1)


@used
async def test_only_the_admin_who_added_may_press(slack: LoopbackSlack, settings: Settings, corpus: Path) -> None:
    card = await add(slack)
    for label in ("Store", "Discard"):
        for user, why in ((KEEPER, adding.NOT_YOURS), (READER, wording.NOT_ADMIN)):
            told = await pressed(slack, card, label, user)
            assert (shown(told), told["response_type"]) == (why, "ephemeral")
    assert (added(corpus), len(kept_aside(settings))) == ([], 1)
    await pressed(slack, card, "Store")
    assert added(corpus) == ["heron.txt"]


# ---- What cannot be added --------------------------------------------------------------------------------------------


@used
async def test_what_is_wrong_in_the_form_is_told_at_its_fields(slack: LoopbackSlack, settings: Settings) -> None:
    _, form = await opened(slack)
    typed = {"url": "wire.example", "published": "May 2023", "language": "English", "outlet": "Example Wire"}
    file = slack.attachment("heron.txt", HERON)
    acked = await slack.acked(await slack.submit(form, {"file": [file], **typed}, CHIEF))
    assert acked["response_action"] == "errors"
    told = acked["errors"]
    assert set(told) == {"url", "published", "language"}
    assert "is not a link" in told["url"]
    assert "is more than one day" in told["published"]
    assert "is not a code" in told["language"]
    acked = await slack.acked(await slack.submit(form, {"file": [file], "published": "31 February 2023"}, CHIEF))
    assert "31 February 2023" in acked["errors"]["published"]
    # Slack itself sends no form without a file.
    slack._place(form, None).fields["blocks"][0]["optional"] = True
    acked = await slack.acked(await slack.submit(form, user=CHIEF))
    assert acked["errors"] == {"file": "There is no file. Choose one."}
    assert kept_aside(settings) == []
    assert slack.found("respond") == []


@used
@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"data": b""}, "“heron.txt” is not added: it is empty."),
        ({"data": b"\0\1", "name": "p*t.txt"}, "“p*t.txt” is not added: it holds NUL bytes"),
        ({"data": b'[{"text": "A."}, {"text": "B."}]', "outlet": "X"}, "This file holds 2 articles"),
        ({"data": UTRECHT}, "has this very file already: Utrecht.txt"),
    ],
)
async def test_what_cannot_be_added_is_told_to_the_admin_alone(
    slack: LoopbackSlack, settings: Settings, options: dict[str, Any], why: str
) -> None:
    assert why in shown(await add(slack, **options))
    assert kept_aside(settings) == []
    assert slack.said() == slack.said(DIRECT) == []


@used
async def test_a_large_file_is_refused_before_it_is_fetched(
    slack: LoopbackSlack, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MAX_FILE_BYTES", len(HERON) - 1)
    file = slack.attachment("heron.txt", HERON)
    del slack.files["heron.txt"]
    told = await alone(slack, await slack.shortcut("add_message", {"text": "", "files": [file]}, CHIEF))
    assert "“heron.txt” is larger than" in shown(told)
    assert kept_aside(settings) == []


@used
async def test_a_file_that_is_larger_than_slack_says_is_not_taken_for_its_beginning(
    slack: LoopbackSlack, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def take(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(HERON)
        await asyncio.sleep(0.1)  # so that the beginning comes by itself
        await response.write(b"More.")
        return response

    monkeypatch.setattr(intake, "MAX_FILE_BYTES", len(HERON))
    monkeypatch.setattr(SlackBot, "is_slacks", lambda _bot, _address: True)
    application = web.Application()
    application.router.add_get("/heron.txt", take)
    async with TestServer(application) as server:
        file = {**slack.attachment("heron.txt", HERON), "url_private": str(server.make_url("/heron.txt"))}
        told = await alone(slack, await slack.shortcut("add_message", {"text": "", "files": [file]}, CHIEF))
    assert "“heron.txt” is larger than" in shown(told)
    assert kept_aside(settings) == []


@used
async def test_a_file_that_cannot_be_had_is_told_and_the_bots_token_goes_to_slack_alone(
    slack: LoopbackSlack, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = []

    async def take(request: web.Request) -> web.Response:
        fetched.append(request)
        return web.Response(text="A heron.")

    elsewhere = web.Application()
    elsewhere.router.add_get("/heron.txt", take)
    async with TestServer(elsewhere) as server:
        file = slack.attachment("heron.txt", HERON)
        gone = slack.attachment("gone.txt", HERON)
        del slack.files["gone.txt"]
        foreign = {**file, "is_external": True, "url_private": str(server.make_url("/heron.txt"))}
        hosted = {**foreign, "is_external": False}
        nowhere = {**file, "url_private": "http://127.0.0.1:9/heron.txt"}
        for sent, why in (
            (gone, "let me read gone.txt"),
            (foreign, "let me read heron.txt"),
            (hosted, "let me read heron.txt"),
            (nowhere, "be fetched"),
        ):
            if sent is nowhere:
                monkeypatch.setattr(SlackBot, "is_slacks", lambda _bot, _address: True)
            token, form = await opened(slack)
            await slack.submit(form, {"file": [sent]}, CHIEF)
            assert why in shown(await alone(slack, token))
    assert fetched == []
    assert kept_aside(settings) == []


@used
async def test_words_after_the_command_are_not_taken_for_a_file(slack: LoopbackSlack) -> None:
    told = await alone(slack, await slack.slash("/add", "https://wire.example/heron", user=CHIEF))
    assert shown(told).startswith("Write nothing after the command")
    assert slack.found("views.open") == []


@used
async def test_a_form_that_slack_does_not_open_is_told(slack: LoopbackSlack) -> None:
    slack.trigger_seconds = 0
    assert shown(await alone(slack, await slack.slash("/add", user=CHIEF))) == wording.UNEXPECTED


# ---- What a card shows -----------------------------------------------------------------------------------------------


@used
async def test_what_the_index_has_already_or_had_is_pointed_out(slack: LoopbackSlack) -> None:
    await alone(slack, await slack.slash("/coverage-remove", "Dresden", user=CHIEF))
    first = await add(slack, b"\xef\xbb\xbf" + UTRECHT, url="https://a.example/1")
    assert shown(first).startswith("The index has the text of added/heron already, as Utrecht.\n")
    removed = await add(slack, b"\xef\xbb\xbf" + UTRECHT.replace(b"Utrecht", b"Dresden"))
    assert "was removed as Dresden; if stored it is quoted again" in shown(removed)
    await pressed(slack, first, "Store")
    await reindexed(slack)
    # Nor is it stored under the name of what it would be taken for.
    link = await add(slack, b"Another heron.", url="https://a.example/1")
    assert "The index has the address of added/heron-2 already, as that of added/heron." in shown(link)


@used
async def test_a_file_of_several_is_shown_in_short_and_stored_whole(slack: LoopbackSlack, desk: Desk) -> None:
    items: list[dict[str, Any]] = [
        {"id": n, "title": f"Stork {n}", "text": f"Stork {n} sat in Lier."} for n in range(12)
    ]
    items += [{"id": "x", "title": "No text"}, {"id": 1, "text": "Once more."}]
    card = await add(slack, json.dumps(items).encode(), "wire feed.json")
    words = shown(card)
    assert words.startswith("12 articles, 12 paragraphs\n1. Stork 0\nadded/wire-feed.json")
    assert len(re.findall(r"^\d+\. Stork", words, re.MULTILINE)) == adding.SHOWN_ARTICLES
    assert "\nand 2 more\n" in words
    assert "\nRefused: 2\n• added/wire-feed.json" in words
    assert "it has no text" in words
    told = await pressed(slack, card, "Store")
    assert shown(told) == f"Stored: 12 articles, in added/wire-feed.json. {adding.afterwards('/reindex')}"
    (action,) = await actions(desk)
    assert {**action.details, "sha256": ""} == {"file": "added/wire-feed.json", "articles": 12, "sha256": ""}
    assert "12 added" in await reindexed(slack)
    assert len([row for row in await desk.listings() if row.source.id.startswith("added/")]) == 12


@used
async def test_what_is_wrong_and_does_no_harm_is_a_note(slack: LoopbackSlack) -> None:
    card = await add(slack, "Ein Reiher hielt die Straßenbahn auf. Äußerst schön.".encode("latin-1"), "reiher.txt")
    assert "\nNotes: 1\n• added/reiher.txt: " in shown(card)


@used
async def test_a_card_shows_no_mention_and_no_markup(slack: LoopbackSlack) -> None:
    """Every payload is checked for it."""
    words = "<!channel> <@U0READER00> *bold* :wave: &lt;"
    card = await add(slack, f"{words}\n\nMore.".encode(), title=words, outlet=words, author=words)
    assert shown(card).startswith(f"{words}\nOutlet: {words}\nAuthor: {words}\n")
    assert quotes(card) == [f"{words}\n\nMore."]


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("character", ["a", '"', "&", "😀"])
def test_a_card_can_be_sent_whatever_is_in_it(count: int, character: str) -> None:
    long = character * 3000
    source: Any = SimpleNamespace(
        title=long, title_given=True, outlet=long, author=long, published=None, language=long, id=long, sha256="f" * 64,
        url=f"https://a.example/{long}", teaser=True,
    )  # fmt: skip
    articles: Any = (SimpleNamespace(source=source, text=long, body_start=0),) * count
    problems: Any = (long,) * 9
    staged = intake.Staged("k", long, articles, 1_000_000, problems, problems)
    messages = views.proposal_messages(adding.Proposal("0" * 12, staged, (long,) * 9))
    for message in messages:
        check_message(message.payload())
        assert weigh(message.blocks) <= MESSAGE_LIMIT
        assert list(buttons(message.payload())) == (["Store", "Discard"] if message is messages[-1] else [])
    words = "\n".join(shown(message.payload()) for message in messages)
    assert ("\nand 20 more" in words) == (count == 30)
    assert words.count("\n• ") == 2 * adding.SHOWN_REASONS
    bare = views.proposal_messages(adding.Proposal("0" * 12, replace(staged, refused=(), notes=()), ()))
    assert not any("Refused" in shown(message.payload()) for message in bare)


def test_the_form_of_a_file() -> None:
    form = forms.add_modal("m" * 3000)
    check_view(form)
    fields = {block["block_id"]: block for block in form["blocks"]}
    assert list(fields) == ["file", *CARD_FIELDS]
    assert all(block["element"]["action_id"] == name for name, block in fields.items())
    assert [name for name, block in fields.items() if not block["optional"]] == ["file"]
    assert fields["file"]["element"]["max_files"] == 1
