"""Answers on Slack: asked by a command, a mention or a message, and what their buttons do."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError

from bot import filing, wording
from bot.answer import Way, is_question
from bot.days import today
from bot.records.feedback import Verdict
from bot.slack import files, render, views
from bot.slack.client import TROUBLE, reason
from bot.slack.replies import Request
from bot.slack.text import mentions, plain
from bot.visit import FollowUp, UsageError
from index.errors import OnTheRecordError
from index.model import ANY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.answer import Answer
    from bot.records.sent import SentAnswer
    from bot.slack.client import SlackBot
    from bot.visit import Visit
    from index.model import Filters

# What somebody asks who wants to know what to ask.
_FOR_HELP = frozenset({"help", "what can you do?"})
# Messages that people write, as opposed to "someone joined"; those with files have a kind of their own.
WRITTEN = frozenset({None, "file_share", "thread_broadcast"})

_VERDICTS = frozenset(verdict.value for verdict in Verdict)

log = logging.getLogger("bot.slack")


async def answer_command(
    request: Request,
    question: str,
    filters: Filters,
    number: int | None = None,
    private: bool | None = None,
    way: Way = Way.BEST,
) -> None:
    """Answer what a command, a form or a menu asks, once the place and the asker's pace allow it."""
    visit = await request.visit()
    visit.admit()
    if not is_question(question):
        private = True
    private = visit.settings.private if private is None else private
    answer = await visit.ask(question, filters, number, way=way, show=partial(_show_searching, request))
    await _deliver(request, visit, answer, private=private)


def may_concern(bot: SlackBot, event: Mapping[str, Any]) -> bool:
    """Whether a message may be meant for the bot: it mentions it, is written to it alone, or stands in a thread."""
    return event.get("channel_type") == "im" or "thread_ts" in event or mentions(event.get("text") or "", bot.user)


async def answer_message(bot: SlackBot, event: Mapping[str, Any]) -> None:
    """Answer a message that mentions the bot or is written to it alone; others only where they refine an answer.

    The answer comes in the message's thread.
    """
    if event.get("subtype") not in WRITTEN or event.get("bot_id") or not event.get("user"):
        return
    channel, text = event["channel"], event.get("text") or ""
    # A mention does not say what it was written in.
    public = event["channel_type"] == "channel" if "channel_type" in event else None
    thread = event.get("thread_ts") or event["ts"]
    request = Request(bot, event["user"], channel, thread=thread, message=event["ts"], public=public)
    asked = event.get("channel_type") == "im" or mentions(text, bot.user)
    if asked or (event.get("thread_ts") and not bot.work.stopping):
        await request.handle("mention", _answer(request, plain(text, bot.user), asked=asked), asked=asked)


async def _answer(request: Request, text: str, *, asked: bool) -> None:
    if asked and text.casefold() in _FOR_HELP:
        await request.post([views.help_message(request.bot.settings.retention)])
        return
    if asked and not is_question(text):
        (await request.visit()).admit()
        await request.whisper([views.sentence(wording.EMPTY_QUESTION)])
        return
    try:
        visit = await request.visit()
        visit.look()
        followed = await visit.follow_up(text, f"{request.channel}:{request.thread}")
    except OnTheRecordError:
        # People may talk in the thread of an answer without meaning the bot.
        if not asked:
            return
        raise
    if not asked and (followed is None or followed.alone):
        return
    visit.admit()
    question, filters, alone, way = followed or FollowUp(text, ANY)
    answer = await visit.ask(question, filters, way=way, show=partial(_show_status, request))
    await _deliver(request, visit, answer, show_question=followed is not None, alone=alone)


async def _show_searching(request: Request, ahead: int) -> None:
    """Show to whoever asks, alone, that the bot is at work."""
    try:
        await request.note(views.sentence(wording.searching(ahead)))
    except TROUBLE as exc:
        log.debug("slack.searching_not_shown error=%s", reason(exc))


async def _show_status(request: Request, ahead: int) -> None:
    """Show under the thread that the bot is at work, where Slack does that; it goes when the answer comes."""
    status = f"is searching the coverage… {wording.ahead(ahead)}".strip()
    try:
        await request.bot.client.assistant_threads_setStatus(
            channel_id=request.channel, thread_ts=request.thread or "", status=status
        )
    except TROUBLE as exc:
        log.debug("slack.status_not_shown error=%s", reason(exc))


async def _deliver(
    request: Request,
    visit: Visit,
    answer: Answer,
    *,
    private: bool = False,
    skipped: int = 0,
    show_question: bool = True,
    alone: str = "",
) -> None:
    async def send(key: str | None) -> str | None:
        # In public it is said who asked; in a thread that is plain to see.
        asker = "" if private or not visit.server else request.name
        messages = render.answer_messages(
            answer, show_question=show_question, key=key, private=private, asker=asker, alone=bool(alone)
        )
        if private:
            await request.whisper(messages)
            return None
        thread = await request.post(messages)
        # Whoever replies does so in the thread, and means its latest answer.
        return thread and f"{request.channel}:{thread}"

    await visit.deliver(answer, send, private=private, skipped=skipped, alone=alone)


async def press(request: Request, what: str, number: int, key: str, parts: list[str]) -> None:
    """Do what a button of an answer says; `parts` are the timestamps of the answer's messages before this one.

    Raises:
        UsageError: the answer is no longer kept, or there is no such button any more.

    """
    visit = await request.visit()
    visit.look()
    was = await visit.kept(key)
    if what == "remove":
        await _remove(request, visit, key, parts)
    elif what in _VERDICTS:
        await request.tell(await visit.judge(was, number, Verdict(what)))
    elif what == "context":
        await request.whisper(render.context_messages(await visit.context(was, number), key))
    elif what == "others":
        await _others(request, visit, was, key, number)
    elif what == "cite":
        await request.whisper(render.citation_messages(await visit.excerpt(was, number), today()))
    elif what == "file":
        await files.send(request, await filing.answer(visit, was))
    elif action := _ACTIONS.get(what):
        await action(request, visit, was, key)
    else:
        raise UsageError(wording.TOO_OLD)


async def _closest(request: Request, visit: Visit, was: SentAnswer, _key: str) -> None:
    await request.whisper(render.closest_messages(await visit.excerpt(was)))


async def _carried(request: Request, visit: Visit, was: SentAnswer, _key: str) -> None:
    visit.admit()
    await request.whisper(render.carried_messages(await visit.carried(was)))


async def _more(request: Request, visit: Visit, was: SentAnswer, _key: str) -> None:
    visit.admit()
    answer, shown = await visit.more(was)
    await _deliver(request, visit, answer, private=True, skipped=shown)


async def _others(request: Request, visit: Visit, was: SentAnswer, key: str, shown: int) -> None:
    answer, more, losses = await visit.others(was, shown)
    title = f"Also new on “{was.question}”"
    await request.whisper(render.news_messages(title, answer, more, key, remarks=losses, private=True))


async def _alone(request: Request, visit: Visit, was: SentAnswer, _key: str) -> None:
    visit.admit()
    await _deliver(request, visit, await visit.ask(was.alone), private=True)


async def _sources(request: Request, visit: Visit, was: SentAnswer, _key: str) -> None:
    await request.whisper(views.cards_messages(await visit.cards(was)))


async def _share(request: Request, visit: Visit, was: SentAnswer, key: str) -> None:
    visit.require_answers()
    await visit.require_asker(key, wording.NOT_YOURS_TO_SHARE)
    answer, losses = await visit.again(was)
    await _deliver(request, visit, answer, skipped=was.skipped)
    if losses:
        await request.tell("\n".join(losses))


async def _remove(request: Request, visit: Visit, key: str, parts: list[str]) -> None:
    if not await request.bot.is_admin(request.user):
        await visit.require_asker(key, views.NOT_YOURS)
    for part in parts:
        try:
            await request.bot.client.chat_delete(channel=request.channel, ts=part)
        except SlackApiError as exc:
            # Somebody may have deleted it.
            if reason(exc) != "message_not_found":
                raise
    await request.delete()
    await visit.forget(key)


_ACTIONS: dict[str, Callable[[Request, Visit, SentAnswer, str], Awaitable[None]]] = {
    "closest": _closest,
    "carried": _carried,
    "more": _more,
    "alone": _alone,
    "sources": _sources,
    "share": _share,
}
