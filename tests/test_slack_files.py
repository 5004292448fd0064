"""Files on Slack: what was shown, had later and by one person alone, and pictures."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from slack_server import CHANNEL, DIRECT, OTHER, READER, TEAM, LoopbackSlack
from slack_world import (
    PELICAN,
    buttons,
    corpus_fixture,
    desk_fixture,
    restarted,
    running,
    settings_fixture,
    shown,
    slack_fixture,
)

from bot import filing, wording
from bot.records.sent import Lost
from bot.slack import files
from bot.slack.client import NO_UPLOADS

if TYPE_CHECKING:
    import pytest

    from bot.desk import Desk
    from bot.settings import Settings

__all__ = ["corpus_fixture", "desk_fixture", "settings_fixture", "slack_fixture"]

DRESDEN = "A pelican stole the hat of the mayor of Dresden."
OTTER = "An otter in Bruges declined to comment on the missing umbrella of its neighbour."


async def had(slack: LoopbackSlack, message: dict[str, Any], user: str = OTHER, words: str = files._SENT) -> str:
    """What a person is told who wants a message as files."""
    button = buttons(message)["As a file"]
    token = await slack.press(message, button["action_id"], button["value"], user)
    await slack.until(lambda: [told for told in slack.responses[token] if words in shown(told)])
    return shown(slack.responses[token][-1])


def texts(shared: dict[str, bytes]) -> dict[str, str]:
    return {name: data.decode() for name, data in shared.items()}


def rows(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"), newline="")))


async def whispered(slack: LoopbackSlack, command: str, text: str) -> dict[str, Any]:
    token = await slack.slash(command, text)
    await slack.until(lambda: slack.responses[token])
    return slack.whispered()[-1]


async def test_an_answer_is_had_as_files_as_long_as_it_may_be_seen(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        await slack.slash("/ask", PELICAN)
        await slack.until(slack.said)
        (answer,) = slack.said()
    async with restarted(settings, slack) as later:
        await had(slack, answer)
        ((channel, thread, shared),) = slack.shared
        assert (channel, thread) == (slack.direct_channel(OTHER), None)
        written = texts(shared)
        assert list(written) == ["answer.md", "answer.json", "answer.csv"]
        excerpts = json.loads(written["answer.json"])["excerpts"]
        assert {excerpt["article"]["id"] for excerpt in excerpts} == {"Dresden", "Utrecht"}
        for excerpt, row in zip(excerpts, rows(written["answer.csv"]), strict=True):
            article = await later.article(excerpt["article"]["id"])
            assert article is not None
            assert article.text[excerpt["start"] : excerpt["end"]] == excerpt["text"] == row["quote"]
            assert f"> {excerpt['text']}" in written["answer.md"]
        # What is hidden since is in no file.
        await later.record(lambda records: records.places.change("slack", TEAM, CHANNEL, outlets=("Example Wire",)))
        await had(slack, answer)
        assert wording.lost(Lost.GONE) in shown(slack.said(slack.direct_channel(OTHER))[-1])
        assert all("Utrecht" not in text for text in texts(slack.shared[-1][2]).values())
    assert [message["ts"] for message in slack.said()] == [answer["ts"]]


async def test_a_list_and_a_verification_are_had_as_files(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        listed = await whispered(slack, "/sources", "since:2023-05-03 order:newest")
        verified = await whispered(slack, "/verify", f"“{DRESDEN}” “{OTTER}”")
    async with restarted(settings, slack) as later:
        await had(slack, listed, READER)
        await had(slack, verified, READER)
        await later.record(lambda records: records.places.change("slack", TEAM, CHANNEL, outlets=("Example Wire",)))
        await had(slack, listed, READER)
        await had(slack, verified, READER)
    lists = [texts(shared) for _, _, shared in slack.shared[::2]]
    found = [json.loads(shared["verification.json"]) for _, _, shared in slack.shared[1::2]]
    assert [row["article"] for row in rows(lists[0]["sources.csv"])][:2] == ["otter", "Utrecht"]
    assert [row["article"] for row in rows(lists[1]["sources.csv"])] == ["Dresden"]
    assert [[row["verdict"] for row in each] for each in found] == [["exact", "exact"], ["exact", "not_found"]]
    assert {channel for channel, _, _ in slack.shared} == {DIRECT}


async def test_a_file_that_is_verified_comes_as_files_at_once(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    draft = slack.attachment("draft.txt", f"“{DRESDEN}”".encode())
    async with running(settings, desk, slack):
        token = await slack.shortcut("verify_message", {"text": "", "files": [draft]})
        await slack.until(lambda: len(slack.responses[token]) == 2)
        assert [*slack.shared[0][2]] == ["verification.md", "verification.json", "verification.csv"]
        assert "As a file" not in buttons(slack.responses[token][0])
        # Nobody is told again and again what an admin has not done.
        slack.missing_scopes = {"files:write"}
        token = await slack.shortcut("verify_message", {"text": "", "files": [draft]})
        await slack.until(lambda: slack.responses[token])
    assert len(slack.responses[token]) == 1
    assert len(slack.shared) == 1


async def test_without_the_scope_it_is_said_which_an_admin_must_add(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    slack.missing_scopes = {"files:write"}
    async with running(settings, desk, slack):
        listed = await whispered(slack, "/sources", "")
        assert await had(slack, listed, READER, "files:write") == NO_UPLOADS
        token = await slack.slash("/picture", "since:2023-01-01")
        await slack.until(lambda: len(slack.responses[token]) == 2)
        numbers, told = map(shown, slack.responses[token])
    assert "by day and outlet" in numbers
    assert told == NO_UPLOADS
    assert not slack.shared
    assert not slack.said(DIRECT)


async def test_a_text_that_is_too_long_to_be_kept_has_no_button(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "MAX_KEPT_CHARS", 10)
    async with running(settings, desk, slack):
        assert not buttons(await whispered(slack, "/verify", f"“{DRESDEN}”"))


async def test_a_picture_is_drawn_for_one_person(settings: Settings, desk: Desk, slack: LoopbackSlack) -> None:
    async with running(settings, desk, slack):
        token = await slack.slash("/picture", "since:2023-01-01")
        await slack.until(lambda: len(slack.responses[token]) == 2)
    assert shown(slack.responses[token][1]) == files._SENT
    ((channel, _, shared),) = slack.shared
    assert channel == DIRECT
    assert shared["coverage.png"].startswith(b"\x89PNG")
    (asked,) = [
        sent for method, sent in slack.requests if method == "files.getUploadURLExternal" and sent.get("alt_txt")
    ]
    assert asked["alt_txt"].endswith("articles by day and outlet")
    assert not slack.said()


async def test_in_direct_messages_files_come_where_they_are_asked_for(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        token = await slack.slash("/picture", "since:2023-01-01", channel=DIRECT)
        await slack.until(lambda: slack.shared)
    assert slack.shared[0][0] == DIRECT
    assert len(slack.responses[token]) == 1
