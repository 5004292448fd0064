"""Lists of questions that admins send in on Slack, from the form to the file of answers."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from slack_server import CHANNEL, CHIEF, READER, LoopbackSlack
from slack_world import PELICAN, corpus_fixture, desk_fixture, running, settings_fixture, shown, slack_fixture

from bot import wording
from bot.slack import files
from bot.slack.client import NO_UPLOADS

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.settings import Settings

__all__ = ["corpus_fixture", "desk_fixture", "settings_fixture", "slack_fixture"]

LIST = f"{PELICAN}\n?!\n".encode()
DIRECT = LoopbackSlack.direct_channel(CHIEF)


async def sent_in(slack: LoopbackSlack, data: bytes = LIST, **typed: Any) -> str:
    """The token of the command's response url, once the form is sent in."""
    before = len(slack.found("views.open"))
    token = await slack.slash("/ask-list", user=CHIEF)
    form = (await slack.sent("views.open", before + 1))[-1]["view"]
    sent = await slack.submit(form, {"file": [slack.attachment("list.txt", data)], **typed}, CHIEF)
    assert await slack.acked(sent) is None
    return token


async def told(slack: LoopbackSlack, token: str) -> str:
    await slack.until(lambda: slack.responses[token])
    return shown(slack.responses[token][-1])


async def test_each_question_has_its_excerpts_or_why_there_are_none(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        assert await told(slack, await sent_in(slack)) == files._SENT
        ((channel, _, shared),) = slack.shared
        assert channel == DIRECT
        table = list(csv.DictReader(io.StringIO(shared["answers.csv"].decode("utf-8-sig"), newline="")))
        assert [row["question"] for row in table] == [PELICAN, PELICAN, "?!"]
        for row in table[:-1]:
            article = await desk.article(row["article"])
            assert article is not None
            assert article.text[int(row["start"]) : int(row["end"])] == row["quote"]
        assert table[-1]["refusal"] == wording.EMPTY_QUESTION
        slack.shared.clear()
        await sent_in(slack, format="json")
        await slack.until(lambda: slack.shared)
        lines = slack.shared[0][2]["answers.jsonl"].decode().splitlines()
        assert [json.loads(line)["question"] for line in lines] == [PELICAN, "?!"]
    assert [shown(message) for message in slack.said(DIRECT)][-1] == "2 of 2 questions asked."
    # How far it is, is one message, and the channel hears nothing.
    assert shown(slack.found("chat.postMessage")[0]) == "0 of 2 questions asked."
    assert not slack.said(CHANNEL)


async def test_it_is_for_admins_and_told_before_what_cannot_be(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        token = await slack.slash("/ask-list", user=READER)
        assert await told(slack, token) == wording.NOT_ADMIN
        assert "opens a form" in await told(slack, await slack.slash("/ask-list", "Who?", user=CHIEF))
        assert "has no questions" in await told(slack, await sent_in(slack, b"\n"))
        slack.missing_scopes = {"files:write"}
        assert await told(slack, await sent_in(slack)) == NO_UPLOADS
    assert not slack.shared
    assert not slack.said(DIRECT)
