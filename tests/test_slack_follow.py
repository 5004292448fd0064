"""Subjects followed on Slack: set with a preview, told once in their place, changed by whoever may, and paused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from slack_server import CHANNEL, OTHER, READER, LoopbackSlack, refusal
from slack_world import (
    KEEPER,
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

from bot import following as bot_following
from bot import subjects
from bot.records import follows as records_follows
from index.generations import Generations

if TYPE_CHECKING:
    from pathlib import Path

    from bot.desk import Desk
    from bot.records.records import Records
    from bot.settings import Settings

MANATEE = "A manatee opened the *lido* and greeted <!channel> and <@U0READER00> & co."


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot looks for what is due again and again."""
    monkeypatch.setattr(bot_following, "LOOK_PAUSE", 0.05)


async def told(slack: LoopbackSlack, command: str, text: str = "", user: str = READER, **place: Any) -> str:
    """What somebody alone is told who uses a command."""
    before = len(slack.whispered(user))
    await slack.responded(await slack.slash(command, text, user=user, **place))
    await slack.until(lambda: len(slack.whispered(user)) > before)
    return shown(slack.whispered(user)[-1])


async def write(desk: Desk, corpus: Path, name: str, text: str) -> None:
    """A new article, indexed."""
    (corpus / f"{name}.txt").write_text(text, encoding="utf-8")
    await desk.builds.reindex()


async def follows(desk: Desk) -> tuple[records_follows.Follow, ...]:
    return await desk.recall(lambda records: records.follows.all("slack"))


async def looked(desk: Desk) -> None:
    """The bot has looked at what there is now."""
    last = max(Generations(desk.index_dir).numbers())

    def done(records: Records) -> bool:
        editions = records.follows.editions()
        known = last in {edition.generation for edition in editions}
        return known and all(follow.upto == len(editions) for follow in records.follows.all("slack"))

    async with asyncio.timeout(60):
        while not await desk.recall(done):
            await asyncio.sleep(0.02)


async def test_what_is_new_is_posted_once_verbatim_and_pings_nobody(
    settings: Settings, desk: Desk, slack: LoopbackSlack, corpus: Path
) -> None:
    async with running(settings, desk, slack):
        said = await told(slack, "/follow", "manatee")
        assert "Followed from now on: “manatee” · at once." in said
        assert "0 would have matched" in said
        await write(desk, corpus, "lido", MANATEE)
        await slack.until(slack.said)
        (post,) = slack.said()
        assert "New on “manatee”" in shown(post)
        assert MANATEE in shown(post)
        assert {"Context", "Sources", "Remove", "Helpful"} <= set(buttons(post))
        (corpus / "lido.txt").rename(corpus / "moved.txt")
        await desk.builds.reindex()
        await looked(desk)
        assert len(slack.said()) == 1
        key = await desk.recall(lambda records: records.messages.key("slack", f"{CHANNEL}:{post['ts']}"))
        assert key
    async with restarted(settings, slack) as other:
        await write(other, corpus, "second", "The manatee went home.")
        await slack.until(lambda: len(slack.said()) > 1)
        assert "The manatee went home." in shown(slack.said()[1])
        assert len(slack.said()) == 2


async def test_the_others_come_at_a_press_and_a_correction_is_told_as_one(
    settings: Settings, desk: Desk, slack: LoopbackSlack, corpus: Path
) -> None:
    texts = [f"A walrus of {town} told the court about {thing}." for town, thing in
             [("Ghent", "eels"), ("Bruges", "umbrellas"), ("Liège", "taxes and tides"), ("Namur", "the price of ice"),
              ("Mons", "sleep")]]  # fmt: skip
    async with running(settings, desk, slack):
        assert "more than a tenth" in await told(slack, "/follow", "walrus when:once")
        for number, text in enumerate(texts):
            (corpus / f"new-{number}.txt").write_text(text, encoding="utf-8")
        await desk.builds.reindex()
        await slack.until(slack.said)
        (post,) = slack.said()
        assert "and 2 more" in shown(post)
        before = len(slack.whispered(OTHER))
        await slack.press(post, "answer:others:3", user=OTHER)
        await slack.until(lambda: len(slack.whispered(OTHER)) > before)
        others = slack.whispered(OTHER)[-1]
        assert all((text in shown(post)) != (text in shown(others)) for text in texts)
        await write(desk, corpus, "new-0", f"{texts[0]}\n\nThe walrus later said that it never liked eels.")
        await slack.until(lambda: len(slack.said()) > 1)
        assert "Corrected: excerpt 1 is from the new text" in shown(slack.said()[1])
        assert "later said" in shown(slack.said()[1])
        assert "paragraph 1" not in shown(slack.said()[1])


async def test_a_place_that_cannot_be_written_to_pauses_and_an_admin_is_told_once(
    settings: Settings, desk: Desk, slack: LoopbackSlack, corpus: Path
) -> None:
    async with running(settings, desk, slack):
        await told(slack, "/follow", "manatee")
        slack.faults["chat.postMessage"] += [(200, {}, refusal("is_archived"))]
        await write(desk, corpus, "lido", MANATEE)
        await slack.until(lambda: slack.said(slack.direct_channel(KEEPER)))
        (message,) = slack.said(slack.direct_channel(KEEPER))
        assert f"I can no longer write to channel {CHANNEL}" in shown(message)
        assert "manatee" not in shown(message)
        (follow,) = await follows(desk)
        assert "paused, since I could not write here" in await told(slack, "/following")
        assert "Followed: " in await told(slack, "/following", f"{follow.number} action:resume")
        await slack.until(slack.said)
        assert MANATEE in shown(slack.said()[0])
        assert len(slack.said(slack.direct_channel(KEEPER))) == 1


async def test_a_message_that_was_sent_before_the_bot_was_killed_is_found_again(
    settings: Settings, desk: Desk, slack: LoopbackSlack, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(records_follows.Follows, "sent", lambda *_: 1 / 0)
        async with running(settings, desk, slack):
            await told(slack, "/follow", "manatee")
            await write(desk, corpus, "lido", MANATEE)
            await slack.until(lambda: slack.said() and slack.found("conversations.history"))
    assert len(slack.said()) == 1
    async with restarted(settings, slack) as other, asyncio.timeout(60):
        while await other.recall(lambda records: records.follows.posts("slack")):
            await asyncio.sleep(0.02)
    assert len(slack.said()) == 1


async def test_whoever_set_it_and_admins_change_it_and_nobody_else(
    settings: Settings, desk: Desk, slack: LoopbackSlack
) -> None:
    async with running(settings, desk, slack):
        await told(slack, "/follow", "manatee when:daily hour:9")
        listed = await told(slack, "/following", user=OTHER)
        assert "“manatee” · daily at 9:00 (UTC)" in listed
        (follow,) = await follows(desk)
        assert await told(slack, "/following", f"{follow.number} action:end", OTHER) == subjects.NOT_YOURS
        await settings_of(desk, timezone="Asia/Tokyo")
        changed = await told(slack, "/following", f'{follow.number} when:weekly hour:7 outlets:"Example Wire"')
        assert changed.strip() == "Followed: “manatee” · Example Wire · on Mondays at 7:00 (Asia/Tokyo)."
        assert "when is one of once, hourly, daily, weekly." in await told(slack, "/follow", "x when:monthly")
        assert "Which one?" in await told(slack, "/following", "action:end")
        assert "action is one of pause, resume, end." in await told(slack, "/following", "1 action:burn")
        assert "No longer followed" in await told(slack, "/following", f"{follow.number} action:end", KEEPER)
        assert subjects.NO_FOLLOWS in await told(slack, "/following")
        (action, *_) = await desk.recall(lambda records: records.audit.actions(5))
        assert (action.what, action.user) == ("follow_end", KEEPER)
