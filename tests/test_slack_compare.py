"""Commands that compare articles, and tell what came when, against Slack on loopback: asked as questions are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from slack_rules import quotes
from slack_server import CHANNEL, READER, TEAM, LoopbackSlack
from slack_world import (
    PELICAN,
    corpus_fixture,  # noqa: F401
    desk_fixture,  # noqa: F401
    running,
    settings_fixture,  # noqa: F401
    shown,
    slack_fixture,  # noqa: F401
)

from bot import pace
from bot.pace import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.desk import Desk
    from bot.settings import Settings

KHERSON = "How many people were killed in Kherson?"
# Each command with what is typed after it, how that is kept, its remark, and words of its answer.
ASKED = {
    "/compare": (PELICAN, PELICAN, "One excerpt from each article", "hat of the mayor of Utrecht"),
    "/figures": (KHERSON, KHERSON, "Excerpts with figures", "“at least four dead” in"),
    "/said": ("Podolyak about:drones", "Podolyak about drones", "Quotations that the articles", "Said by “"),
    "/timeline": (KHERSON, KHERSON, "By the days that are spoken of", "date not worked out"),
    "/first": (PELICAN, PELICAN, "The earliest dated article found", "hat of the mayor of Dresden"),
    "/only-in": (
        'Example Post about:"the umbrella in Bruges"',
        "Example Post about the umbrella in Bruges",
        "Found in no other outlet",
        "An otter in Bruges",
    ),
}
each = pytest.mark.parametrize("command", ASKED)


@pytest.fixture(autouse=True)
async def _bot(
    settings: Settings, desk: Desk, slack: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    monkeypatch.setattr(pace, "WINDOW", 3600.0)
    async with running(settings, desk, slack):
        yield
    assert all(seconds < 3 for seconds in slack.acknowledged.values())


async def whispered(slack: LoopbackSlack, command: str, text: str = "", after: str = "") -> dict[str, Any]:
    """What the bot tells the reader alone, which holds some words."""
    await slack.slash(command, text)
    await slack.until(lambda: any(after in shown(message) for message in slack.whispered(READER)))
    return next(message for message in reversed(slack.whispered(READER)) if after in shown(message))


@each
async def test_it_is_answered_in_the_channel_or_to_one_person_alone(slack: LoopbackSlack, command: str) -> None:
    typed, _, remark, words = ASKED[command]
    await slack.slash(command, typed)
    await slack.until(slack.said)
    (said,) = slack.said()
    alone = await whispered(slack, command, f"{typed} private:yes", remark)
    assert len(slack.said()) == 1
    for message in (said, alone):
        assert quotes(message)
        assert remark in shown(message)
        assert words in shown(message)


@each
async def test_whoever_asks_too_fast_is_told(slack: LoopbackSlack, command: str) -> None:
    for _ in range(QUESTIONS.person):
        await slack.slash(command, f"{ASKED[command][0]} private:yes")
    await slack.until(lambda: sum(ASKED[command][2] in shown(m) for m in slack.whispered(READER)) == QUESTIONS.person)
    await whispered(slack, command, ASKED[command][0], "You ask faster than I may answer.")
    assert not slack.said()


@each
async def test_what_was_asked_is_shown_to_whoever_asked(slack: LoopbackSlack, command: str) -> None:
    typed, question, _, _ = ASKED[command]
    await slack.slash(command, typed)
    await slack.until(slack.said)
    kept = shown(await whispered(slack, "/coverage-mydata", after="Kept of you"))
    assert f"public · question: {question}" in kept


async def test_no_outlet_that_is_hidden_is_compared_whatever_is_typed(desk: Desk, slack: LoopbackSlack) -> None:
    await desk.record(lambda records: records.places.change("slack", TEAM, CHANNEL, outlets=("Example Wire",)))
    for number, outlets in enumerate(("", ' outlets:"Example Post"', ' outlets:"Example Wire; Example Post"'), start=1):
        await slack.slash("/compare", PELICAN + outlets)
        await slack.until(lambda number=number: len(slack.said()) == number)
    assert not any("Utrecht" in shown(message) for message in slack.said())
    assert "Dresden" in shown(slack.said()[0])


async def test_the_numbers_of_a_picture_are_told_to_one_person_and_without_hidden_outlets(
    desk: Desk, slack: LoopbackSlack
) -> None:
    told = shown(await whispered(slack, "/picture", "since:2023-01-01", "by day and outlet"))
    assert "2023-05-05: 1 (Example Post 1)" in told
    assert "Example Post" in told
    await desk.record(lambda records: records.places.change("slack", TEAM, CHANNEL, outlets=("Example Wire",)))
    told = shown(await whispered(slack, "/picture", "since:2023-01-01", "1 article by day and outlet"))
    assert "Example Post" not in told
    assert not slack.said()
