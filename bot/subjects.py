"""Subjects that people follow, on any platform: set with a preview, listed, changed, paused and ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from bot import admin, news
from bot.answer import Answer, Excerpt, is_question
from bot.days import today
from bot.following import SHOWN, notice
from bot.records.follows import Paused
from bot.records.sent import sent
from bot.timetable import HOUR, Every
from bot.tongue import quoted, say
from bot.visit import RefusedError, UsageError
from index.model import Filters

if TYPE_CHECKING:
    from bot.records.follows import Follow
    from bot.visit import Visit

MAX_CHARS = 300
# The days before today from which is shown what would have been sent, and which share of their articles is many.
MONTH = timedelta(days=30)
MANY = 0.1
PRIVATE_HERE = say(
    "What is answered here is shown to its asker only, so nothing is posted here. Follow it in a direct message to me."
)
NOT_YOURS = say("Only whoever follows this, a moderator or an admin may change it.")
NO_FOLLOWS = say("No subject is followed here. /follow follows one.")
_PAUSED = {Paused.ASKED: say("paused"), Paused.UNWRITABLE: say("paused, since I could not write here")}


class Do(StrEnum):
    """What is done with a follow."""

    PAUSE = "pause"
    RESUME = "resume"
    END = "end"


@dataclass(frozen=True, slots=True)
class Preview:
    """A follow that was set, and what it would have sent of the last month: the first excerpts, and how many more.

    It would have matched `matched` of the `articles` of that time, or more where not all were looked at.
    """

    follow: Follow
    answer: Answer
    more: int
    matched: int
    articles: int
    whole: bool

    def lines(self, timezone: str) -> list[str]:
        """What is said of it, in words."""
        told = [say("Followed from now on: {follow}.", follow=described(self.follow, timezone))]
        if self.matched > MANY * self.articles or not self.whole:
            told.append(say("That is much: it would have matched more than a tenth of the articles of the last month."))
        counts = {"matched": self.matched, "n": self.articles}
        if not self.whole:
            told.append(
                say("Of {n} article of the last month, at least {matched} would have matched.",
                    "Of {n} articles of the last month, at least {matched} would have matched.", **counts)
            )  # fmt: skip
        else:
            told.append(
                say("Of {n} article of the last month, {matched} would have matched.",
                    "Of {n} articles of the last month, {matched} would have matched.", **counts)
            )  # fmt: skip
        return told


async def follow(
    visit: Visit,
    *,
    target: str,
    subject: str,
    outlets: str | None,
    every: Every = Every.ONCE,
    hour: int = HOUR,
    language: str,
) -> Preview:
    """Follow a subject in the place of a visit that was admitted; what it writes goes to `target`, in a language.

    Raises:
        UsageError: there is no subject, it is too long, or an outlet is named that is not to be seen here.
        RefusedError: nothing is posted here.
        TooManyFollowsError: there are as many here as there may be.

    """
    subject = " ".join(subject.split())
    if not is_question(subject):
        raise UsageError(say("There is no subject to follow. Name it in a few words, or ask a question."))
    if len(subject) > MAX_CHARS:
        raise UsageError(say("A subject has at most {n} characters.", n=MAX_CHARS))
    if visit.server and visit.settings.private:
        raise RefusedError(PRIVATE_HERE)
    named = await admin.outlets_named(visit, outlets, visit.within()) if outlets else ()
    await notice(visit.desk)
    made = await visit.desk.record(
        lambda records: records.follows.add(
            platform=visit.platform, server=visit.server, channel=visit.channel, target=target, user=visit.user,
            subject=subject, outlets=named, every=every, hour=hour, language=language, private=not visit.public,
        )
    )  # fmt: skip
    visit.log.info("%s.follow_set follow=%d", visit.platform, made.number)
    return await _preview(visit, made)


async def listed(visit: Visit, target: str) -> list[str]:
    """The follows of a place, a line each."""
    follows = await visit.desk.recall(lambda records: records.follows.of(visit.platform, target))
    timezone = visit.settings.timezone
    return [f"{follow.number} · {described(follow, timezone)}" for follow in follows] or [say(NO_FOLLOWS)]


async def change(
    visit: Visit,
    *,
    target: str,
    number: int,
    moderates: bool,
    do: Do | None = None,
    outlets: str | None = None,
    every: Every | None = None,
    hour: int | None = None,
) -> str:
    """Change a follow of a place, or pause, resume or end it; what to tell whoever did.

    Raises:
        UsageError: no follow there has this number, or an outlet is named that is not to be seen here.
        RefusedError: somebody else has set it, and this person does not moderate the place.

    """
    follow = await _one(visit, target, number)
    own = await visit.desk.recall(lambda records: records.follows.is_setter(number, visit.platform, visit.user))
    if not own and not moderates:
        raise RefusedError(NOT_YOURS)
    named = await admin.outlets_named(visit, outlets, visit.within()) if outlets is not None else None
    await visit.desk.record(lambda records: records.follows.change(number, outlets=named, every=every, hour=hour))
    if do is Do.END:
        await visit.desk.record(lambda records: records.follows.end(number))
    elif do:
        why = Paused.ASKED if do is Do.PAUSE else Paused.NO
        await visit.desk.record(lambda records: records.follows.pause(number, why))
    if not own:
        # Its words are whose it is: the log has its number.
        await admin.note(visit, f"follow_{do.value if do else 'change'}", follow=number)
    if do is Do.END:
        return say("No longer followed: {follow}.", follow=described(follow, visit.settings.timezone))
    changed = await _one(visit, target, number)
    return say("Followed: {follow}.", follow=described(changed, visit.settings.timezone))


def described(follow: Follow, timezone: str) -> str:
    """A follow in one line."""
    facts = [quoted(follow.subject), "; ".join(follow.outlets), _how_often(follow, timezone)]
    return " · ".join(filter(None, [*facts, say(_PAUSED[follow.paused]) if follow.paused else ""]))


def _how_often(follow: Follow, timezone: str) -> str:
    match follow.every:
        case Every.ONCE:
            return say("at once")
        case Every.HOURLY:
            return say("every hour")
        case Every.DAILY:
            return say("daily at {hour}:00 ({timezone})", hour=follow.hour, timezone=timezone)
        case Every.WEEKLY:
            return say("on Mondays at {hour}:00 ({timezone})", hour=follow.hour, timezone=timezone)


async def _one(visit: Visit, target: str, number: int) -> Follow:
    follows = await visit.desk.recall(lambda records: records.follows.of(visit.platform, target))
    found = next((follow for follow in follows if follow.number == number), None)
    if found is None:
        raise UsageError(say("No subject with this number is followed here. /following lists those that are."))
    return found


async def _preview(visit: Visit, follow: Follow) -> Preview:
    filters = visit.within(Filters(outlets=follow.outlets))
    first = today() - MONTH
    listings = await visit.desk.listings(filters)
    recent = [row.source.id for row in listings if (row.source.published or row.indexed_at.date()) >= first]
    hits, left = await visit.desk.read(
        lambda store, answerer, seen: news.treating(store, answerer, follow.subject, seen, recent), filters
    )
    excerpts, _, _ = news.chosen(hits)
    answer = Answer(follow.subject, excerpts[:SHOWN], None, 0, 0, Filters(outlets=follow.outlets))
    again = await visit.desk.quote_again(sent(answer).quoted, filters)
    shown = tuple(excerpt for excerpt in again if isinstance(excerpt, Excerpt))
    matched = len({hit.passage.source.id for hit in hits})
    return Preview(
        follow, replace(answer, excerpts=shown), len(excerpts) - len(shown), matched, len(recent), whole=not left
    )
