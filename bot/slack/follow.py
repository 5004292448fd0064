"""Subjects that are followed, on Slack: set, listed, changed, and told of what is new."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError

from bot import subjects, wording
from bot.following import UnknownError, UnwritableError
from bot.slack import render, views
from bot.slack.client import TROUBLE, UnseenError, reason, transient
from bot.slack.text import number, options
from bot.subjects import Do
from bot.timetable import HOUR, Every
from bot.tongue import ENGLISH
from bot.visit import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.following import News
    from bot.records.follows import Follow, Post
    from bot.slack.blocks import Message
    from bot.slack.client import SlackBot
    from bot.slack.commands import Command
    from bot.slack.replies import Request

log = logging.getLogger("bot.slack")

# What Slack says of a place that takes nothing of the bot's any more.
_CLOSED = frozenset({"not_in_channel", "channel_not_found", "is_archived", "restricted_action", "user_disabled"})
_WHEN = {"once": Every.ONCE, **{every.value: every for every in Every}}


async def follow(request: Request, text: str) -> None:
    """Follow a subject here, and show to whoever does what it would have sent."""
    subject, chosen = options(text, ("outlets", "when", "hour"))
    every, hour = _time(chosen)
    visit = await request.visit()
    visit.admit()
    made = await subjects.follow(
        visit, target=request.channel, subject=subject, outlets=chosen.get("outlets"), every=every or Every.ONCE,
        hour=HOUR if hour is None else hour, language=ENGLISH,
    )  # fmt: skip
    title, *remarks = made.lines(visit.settings.timezone)
    if made.answer.excerpts:
        await request.whisper(render.news_messages(title, made.answer, made.more, None, remarks=remarks))
    else:
        await request.whisper(views.lines_messages(title, remarks))


async def following(request: Request, text: str) -> None:
    """List the follows of a place to whoever asks, or change one."""
    which, chosen = options(text, ("action", "outlets", "when", "hour"))
    every, hour = _time(chosen)
    action = chosen.get("action", "").casefold()
    if action and action not in {do.value for do in Do}:
        raise UsageError(f"action is one of {', '.join(Do)}.")
    visit = await request.visit()
    visit.look()
    if not which:
        if chosen:
            raise UsageError("Which one? Write its number first, as /following lists it.")
        await request.whisper(views.lines_messages("Followed here", await subjects.listed(visit, request.channel)))
        return
    told = await subjects.change(
        visit, target=request.channel, number=number("number", which, 1, 10**12),
        moderates=await request.bot.is_admin(request.user), do=Do(action) if action else None,
        outlets=chosen.get("outlets"), every=every, hour=hour,
    )  # fmt: skip
    await request.whisper([views.sentence(told)])


def _time(chosen: Mapping[str, str]) -> tuple[Every | None, int | None]:
    """How often and at which hour, as far as that is said."""
    when = chosen.get("when", "").strip().casefold()
    if when and when not in _WHEN:
        raise UsageError(f"when is one of {', '.join(name for name in _WHEN if ' ' not in name)}.")
    return _WHEN.get(when), number("hour", chosen["hour"], 0, 23) if "hour" in chosen else None


class SlackCourier:
    """Brings news to channels and direct messages."""

    def __init__(self, bot: SlackBot) -> None:
        self._bot = bot

    async def send(self, news: News) -> str:
        """Write news to their place, with a mark by which they are found again."""
        thread: str | None = None
        parts: list[str] = []
        messages = _messages(news)
        try:
            for n, message in enumerate(messages):
                last = n == len(messages) - 1
                payload = (render.removing(message, parts) if last else message).payload()
                mark = news.key if n == 0 else None
                _, ts = await self._bot.say(news.follow.target, thread, payload, mark)
                parts.append(ts)
                thread = thread or ts
        except SlackApiError as exc:
            if parts or reason(exc) not in _CLOSED:
                raise
            raise UnwritableError(reason(exc)) from exc
        return f"{news.follow.target}:{parts[0]}"

    async def standing(self, follow: Follow, post: Post) -> str | None:
        """The message with the mark of a post."""
        try:
            ts = await self._bot.standing(follow.target, None, post.key, post.at.timestamp())
        except UnseenError as exc:
            raise UnknownError(str(exc)) from exc
        except SlackApiError as exc:
            if transient(exc) or reason(exc) == "ratelimited":
                raise
            raise UnknownError(reason(exc)) from exc
        return ts and f"{follow.target}:{ts}"

    async def tell_admin(self, follow: Follow) -> None:
        """Tell the first admin of the settings who takes it; of the follow it says nothing but the place."""
        where = f"channel {follow.target}" if follow.server else "a direct message"
        words = (
            f"I can no longer write to {where}, so what is followed there is paused. Once I may, /following there "
            "lists it, and /following with a number and action:resume resumes it."
        )
        for admin in sorted(self._bot.settings.slack_admin_user_ids):
            try:
                await self._bot.say(admin, None, views.sentence(words).payload())
            except TROUBLE as exc:
                log.warning("slack.admin_not_told error=%s", reason(exc))
            else:
                return


def _messages(news: News) -> list[Message]:
    """The news as one message, with fewer excerpts where these are long; where one is too long, it goes on in more."""
    remarks = [wording.corrected(news.corrected)] if news.corrected else []
    told: dict[str, Any] = {"remarks": remarks, "private": not news.follow.server}
    title, excerpts = f"New on “{news.follow.subject}”", news.answer.excerpts
    for count in range(len(excerpts), 0, -1):
        answer, more = replace(news.answer, excerpts=excerpts[:count]), news.more + len(excerpts) - count
        messages = render.news_messages(title, answer, more, news.key, **told)
        if len(messages) == 1:
            break
    return messages


COMMANDS: Mapping[str, Command] = {"follow": follow, "following": following}
