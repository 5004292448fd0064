"""What is kept of people on Slack: shown to them alone, forgotten on demand, and gone with an answer or the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from slack_server import CHANNEL, OTHER, READER, TEAM, LoopbackSlack
from slack_world import (
    PASTA,
    PELICAN,
    buttons,
    corpus_fixture,  # noqa: F401
    desk_fixture,  # noqa: F401
    running,
    settings_fixture,  # noqa: F401
    shown,
    slack_fixture,  # noqa: F401
)

from bot import privacy, wording
from bot.records.retention import Retention

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.settings import Settings


async def asked_in_vain(desk: Desk) -> list[str]:
    found = await desk.recall(lambda records: records.refusals.unanswered("slack", TEAM, 10))
    return [asked.question for asked in found]


async def told(slack: LoopbackSlack, command: str, user: str = READER) -> dict[str, Any]:
    token = await slack.slash(command, user=user)
    await slack.responded(token)
    return slack.whispered(user)[-1]


async def asked(slack: LoopbackSlack, question: str, user: str = READER) -> dict[str, Any]:
    before = len(slack.said())
    await slack.slash("/ask", question, user=user)
    await slack.until(lambda: len(slack.said()) > before)
    return slack.said()[-1]


async def test_what_is_kept_is_shown_to_oneself_and_forgotten_when_it_is_confirmed(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        assert privacy.NOTHING in shown(await told(slack, "/coverage-mydata"))
        assert not buttons(await told(slack, "/coverage-forgetme"))
        await asked(slack, PELICAN)
        await asked(slack, PASTA)
        await asked(slack, PELICAN, OTHER)
        kept = shown(await told(slack, "/coverage-mydata"))
        assert "Kept of you: 2 messages and 0 verdicts, under a hash and not your name." in kept
        assert f"public · question: {PASTA}" in kept
        assert f"public · question: {PELICAN}" in kept
        await slack.responded(await slack.slash("/coverage-forgetme"), 2)
        message = slack.whispered(READER)[-1]
        assert privacy.FORGET in buttons(message)
        assert await asked_in_vain(desk) == [PASTA]
        await slack.press(message, "forget:me")
        await slack.until(lambda: "Forgotten: 2 messages and 0 verdicts." in str(slack.whispered(READER)))
        assert privacy.NOTHING in shown(await told(slack, "/coverage-mydata"))
        assert await asked_in_vain(desk) == []
        assert "Kept of you: 1 message" in shown(await told(slack, "/coverage-mydata", OTHER))


async def test_removing_an_answer_removes_what_was_kept_of_it(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        refused = await asked(slack, PASTA)
        await slack.press(refused, "answer:remove:0")
        await slack.until(lambda: not slack.said())
        assert privacy.NOTHING in shown(await told(slack, "/coverage-mydata"))
    assert await asked_in_vain(desk) == []


@pytest.mark.parametrize(
    ("event", "forgotten"),
    [
        ({"type": "app_uninstalled"}, True),
        ({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}}, True),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U0READER00"]}}, False),
    ],
)
async def test_a_workspace_that_takes_the_app_out_is_forgotten(
    settings: Settings, desk: Desk, slack: LoopbackSlack, event: dict[str, Any], forgotten: bool
) -> None:
    async with running(settings, desk, slack):
        await asked(slack, PASTA)
        await desk.record(lambda records: records.places.change("slack", TEAM, CHANNEL, excerpts=1))
        await slack.event(event)
        # What comes after it in the same order is done after it.
        await told(slack, "/coverage-help")
    assert await asked_in_vain(desk) == ([] if forgotten else [PASTA])
    found = await desk.recall(lambda records: records.places.settings("slack", TEAM, CHANNEL))
    assert found.excerpts == (None if forgotten else 1)
    kept = await desk.recall(lambda records: records.personal.of("slack", READER))
    assert bool(kept.messages) is not forgotten


async def test_help_and_the_home_tab_say_what_is_kept_why_and_how_long(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    said = wording.remembered(Retention(), "`/coverage-mydata`", "`/coverage-forgetme`")
    async with running(settings, desk, slack):
        assert said in shown(await told(slack, "/coverage-help"))
        await slack.open_home()
        await slack.until(lambda: READER in slack.homes)
        assert said in shown(slack.homes[READER])
