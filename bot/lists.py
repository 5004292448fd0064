"""A list of questions in chat, for an admin: asked one after another while nobody waits, and one file comes back."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from bot import admin, asklist
from bot.export import Format, encoded
from bot.service import STOPPING
from bot.tongue import say
from bot.visit import UsageError
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.visit import Visit

# How many questions a list may have, and how many bytes.
MAX_QUESTIONS = 200
MAX_BYTES = 256 * 1024
# Seconds that a list may take: Discord lets a command be answered within 15 minutes.
SECONDS = 12 * 60.0
# Seconds between two looks whether somebody waits.
_PAUSE = 0.05
FORMATS = (Format.CSV, Format.JSON)


class Answered(NamedTuple):
    """A file of answers with its name, and what to say of it."""

    name: str
    data: bytes
    told: str


def require_small(size: int, name: str) -> None:
    """Raise UsageError where a list has more bytes than are read."""
    if size > MAX_BYTES:
        limit = MAX_BYTES // 1024
        raise UsageError(say("{file} is larger than {n} KB. Send a part of it.", file=name, n=limit))


async def answer(
    visit: Visit,
    data: bytes,
    name: str,
    form: Format,
    show: Callable[[int, int], Awaitable[None]],
    stopping: Callable[[], bool],
) -> Answered:
    """Answer the questions of a file of that name; `show` gets how many were asked, and of how many.

    Once the bot is `stopping`, or the time is over, what was answered by then comes back.

    Raises:
        UsageError: it has no questions or too many, or another list is being answered.
        ListError: it is no list.
        RefusedError: the bot is set not to answer here.
        TooFastError: this person or this place asks too fast.

    """
    require_small(len(data), name)
    questions = asklist.listed(data, name)
    if not questions:
        raise UsageError(say("{file} has no questions: it takes one a line.", file=name))
    if len(questions) > MAX_QUESTIONS:
        raise UsageError(say("A list has up to {n} questions. Send a part of it.", n=MAX_QUESTIONS))
    visit.admit()
    if visit.desk.lists.locked():
        raise UsageError(say("Another list is being answered. Send this one when that is done."))
    async with visit.desk.lists:
        written: list[str] = []
        work = asyncio.create_task(_ask(visit, questions, form, written, stopping))
        try:
            await admin.show_progress(work, lambda: (len(written), len(questions)), show)
        finally:
            work.cancel()
        ended = work.result()
    await admin.note(visit, "ask_list", questions=len(written))
    rest = [ended, say("Send the others as another list.")] if ended else []
    text = (asklist.header() if form is Format.CSV else "") + "".join(written)
    return Answered(
        f"answers.{_ENDINGS[form]}", encoded(text, form), " ".join([progress(len(written), len(questions)), *rest])
    )


def progress(done: int, total: int) -> str:
    """How far a list is."""
    return say("{done} of {n} question asked.", "{done} of {n} questions asked.", n=total, done=done)


_ENDINGS = {Format.CSV: "csv", Format.JSON: "jsonl"}


async def _ask(
    visit: Visit, questions: Sequence[str], form: Format, written: list[str], stopping: Callable[[], bool]
) -> str:
    """Add each answer to what is written; why not all were asked, or nothing."""
    until = time.monotonic() + SECONDS
    count = visit.settings.excerpts or visit.excerpts
    for question in questions:
        # People's questions come first.
        while not (visit.desk.idle or stopping() or time.monotonic() > until):  # noqa: ASYNC110 no one event says so
            await asyncio.sleep(_PAUSE)
        if stopping():
            return STOPPING
        if time.monotonic() > until:
            return say("That took {n} minutes, which is all the time that a list has.", n=int(SECONDS // 60))
        try:
            found = await visit.desk.ask(question, visit.within(), count)
        except OnTheRecordError as exc:
            return say(str(exc))
        written.append((asklist.rows if form is Format.CSV else asklist.line)(question, found))
    return ""
