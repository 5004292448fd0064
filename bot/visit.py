"""A person at the desk, on any platform: what they may ask and see in that place, and what is kept of it."""

from __future__ import annotations

import asyncio
import logging
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from bot import wording
from bot.answer import ROWS, Answer, Excerpt, Reason, Way, shown_at_once
from bot.days import today
from bot.followup import taken, with_things
from bot.pace import LOOKS
from bot.records.database import RecordsError
from bot.records.feedback import Verdict
from bot.records.sent import Context, Lost, Quoted, SentAnswer, sent
from bot.refine import refine
from bot.settings import MAX_EXCERPTS
from bot.sources import named
from bot.tongue import say
from index.errors import OnTheRecordError
from index.model import ANY, Filters

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bot.carried import Carried
    from bot.desk import Desk
    from bot.pace import Pace
    from bot.records.places import PlaceSettings
    from index.model import Article, Listing

# Refusals that say something about the coverage, and not about the question.
_TELLING = frozenset({Reason.NOTHING_NEAR, Reason.FILTERED_OUT})


class UsageError(OnTheRecordError):
    """What was typed cannot be used; the message shows how to write it."""


class RefusedError(OnTheRecordError):
    """What was asked for is not for this person, or not here; the message says so."""


class FollowUp(NamedTuple):
    """A question with the filters of the one before it, as they are now; `alone` and `way` as in `SentAnswer`."""

    question: str
    filters: Filters
    alone: str = ""
    way: Way = Way.BEST


@dataclass(frozen=True, slots=True)
class Visit:
    """One person in one place of a platform, and what holds there.

    All are named by the platform's ids. A thread is its channel; where messages are private, `server` is "". `excerpts`
    is how many an answer has where the place says nothing else. The place is `public` where whoever is in the server
    sees it.
    """

    desk: Desk
    pace: Pace
    platform: str
    server: str
    channel: str
    user: str
    settings: PlaceSettings
    excerpts: int
    public: bool

    @classmethod
    def of(
        cls,
        desk: Desk,
        pace: Pace,
        platform: str,
        server: str,
        channel: str,
        user: str,
        excerpts: int,
        *,
        public: bool,
    ) -> Visit:
        """The visit of a person, under the settings that are remembered of the place: nothing is waited for."""
        settings = desk.place(platform, server, channel)
        return cls(desk, pace, platform, server, channel, user, settings, excerpts, public and bool(server))

    async def now(self) -> Visit:
        """The visit under the settings that hold now: another process may have changed them."""
        where = (self.platform, self.server, self.channel)
        return replace(self, settings=await self.desk.recall(lambda records: records.places.settings(*where)))

    @property
    def log(self) -> logging.Logger:
        """Where the platform's events are logged."""
        return logging.getLogger(f"bot.{self.platform}")

    def within(self, filters: Filters = ANY) -> Filters:
        """The filters, with what may be seen here."""
        return replace(filters, visible=self.settings.outlets)

    def require_answers(self) -> None:
        """Raise RefusedError where the bot is set not to answer."""
        if not self.settings.answers:
            raise RefusedError(wording.NOT_HERE)

    def admit(self) -> None:
        """Count a question.

        Raises:
            RefusedError: the bot is set not to answer here.
            TooFastError: this person or this place asks too fast.

        """
        self.require_answers()
        self.pace.require(self.user, self.channel, self.server)

    def look(self) -> None:
        """Count a look at what is known already, which costs less than a question.

        Raises:
            TooFastError: this person or this place asks too fast.

        """
        self.pace.require(self.user, self.channel, self.server, LOOKS)

    async def ask(
        self,
        question: str,
        filters: Filters = ANY,
        number: int | None = None,
        skip: int = 0,
        way: Way = Way.BEST,
        show: Callable[[int], Awaitable[None]] | None = None,
    ) -> Answer:
        """The answer to a question that was admitted; `number` is how many excerpts are wanted.

        `show` is told how many questions come before, while this one waits; it raises nothing.
        """
        usual = self.settings.excerpts or self.excerpts
        count = number or shown_at_once(way, usual)
        ahead = self.desk.waiting
        # Whoever wants more excerpts gets these whole.
        asking = asyncio.ensure_future(self.desk.ask(question, self.within(filters), count, skip, way, brief=not skip))
        # What is shown meanwhile must not come after the answer, nor after what is told in its place.
        await asyncio.gather(asking, *([show(ahead)] if show else []), return_exceptions=True)
        return await asking

    async def follow_up(self, text: str, message: str) -> FollowUp | None:
        """What a reply to an answer asks: its question of other articles, or a question that points back to it.

        None where it stands alone. `message` is the id under which the platform knows the answer.
        """
        key = await self.desk.recall(lambda records: records.messages.key(self.platform, message))
        fields = await self.desk.recall(lambda records: records.messages.fields(key)) if key else None
        if fields is None:
            return None
        earlier = SentAnswer.from_fields(fields)
        filters = refine(text, earlier.filters, await self.desk.outlets(self.within()), today())
        if filters is not None:
            return FollowUp(earlier.question, filters, way=earlier.way)
        about = taken(text, earlier.question)
        return FollowUp(with_things(text, about), earlier.filters, alone=text) if about else None

    async def deliver(
        self,
        answer: Answer,
        send: Callable[[str | None], Awaitable[str | None]],
        *,
        private: bool = False,
        skipped: int = 0,
        alone: str = "",
    ) -> None:
        """Have an answer sent, and keep what its buttons need; `skipped` and `alone` as in `SentAnswer`.

        `send` gets the key of what is kept, None where the records cannot be written, and gives the message's id, None
        where the platform tells none.
        """
        private = private or not self.public
        fields = sent(answer, skipped=skipped, alone=alone, private=private).as_fields()
        try:
            key = await self.keep(fields, private=private)
        except RecordsError as exc:
            self.log.warning("%s.answer_not_kept error=%s", self.platform, type(exc).__name__)
            await send(None)
            return
        message = await send(key)
        try:
            if message:
                await self.desk.record(lambda records: records.messages.name(key, message))
            if answer.refusal and answer.refusal.reason in _TELLING and not private:
                refused = (self.platform, self.server, answer.question, answer.refusal.reason.value, answer.generation)
                await self.desk.record(lambda records: records.messages.count(key, records.refusals.note(*refused)))
        except RecordsError as exc:
            self.log.warning("%s.answer_not_kept error=%s", self.platform, type(exc).__name__)

    async def keep(self, fields: Mapping[str, Any], *, private: bool) -> str:
        """Keep what the buttons of a message need, for this person here; its key."""
        what = (self.platform, self.user, fields, self.server)
        return await self.desk.record(lambda records: records.messages.keep(*what, private=private))

    async def forget(self, key: str) -> None:
        """Forget what was kept of an answer that has been removed."""
        await self.desk.record(lambda records: records.personal.forget_answer(key))

    async def kept(self, key: str) -> SentAnswer:
        """The answer that is kept under a key.

        Raises:
            UsageError: it is no longer kept.

        """
        fields = await self.desk.recall(lambda records: records.messages.fields(key))
        if fields is None:
            raise UsageError(wording.TOO_OLD)
        return SentAnswer.from_fields(fields)

    async def context(self, was: SentAnswer, number: int) -> Context:
        """An excerpt of an answer that was sent, in the text around it.

        Raises:
            UsageError: it can no longer be shown.

        """
        found = await self.desk.context(_quoted(was, number), self.within())
        if isinstance(found, Lost):
            raise UsageError(wording.lost(found))
        return found

    async def excerpt(self, was: SentAnswer, number: int = 0) -> Excerpt:
        """An excerpt of an answer that was sent, from the article as it is now; 0 is what is nearest where it refused.

        Raises:
            UsageError: it can no longer be shown.

        """
        (found,) = await self.desk.quote_again([_quoted(was, number)], self.within())
        if isinstance(found, Lost):
            raise UsageError(wording.lost(found))
        return found

    async def carried(self, was: SentAnswer) -> Carried:
        """What other articles carry of what the first excerpt of an answer says, once admitted.

        Raises:
            UsageError: it can no longer be shown.

        """
        if not was.quoted:
            raise UsageError(wording.TOO_OLD)
        found = await self.desk.carried(was.quoted[0], was.question, self.within(was.filters))
        if isinstance(found, Lost):
            raise UsageError(wording.lost(found))
        return found

    async def more(self, was: SentAnswer) -> tuple[Answer, int]:
        """The excerpts that come after those of an answer, once admitted; and how many came before.

        Raises:
            UsageError: there are no more.

        """
        shown = was.skipped + len(was.quoted)
        answer = await self.ask(was.question, was.filters, skip=shown, way=was.way)
        if not answer.excerpts:
            raise UsageError(wording.NO_MORE)
        return answer, shown

    async def cards(self, was: SentAnswer) -> Sequence[Listing]:
        """The articles that an answer quotes, in its order, as far as they are still there; of news the first ten."""
        articles = tuple(dict.fromkeys(q.article for q in was.quoted))[:MAX_EXCERPTS]
        listings = await self.desk.listings(self.within(Filters(articles=articles)))
        return sorted(listings, key=lambda row: articles.index(row.source.id))

    async def again(self, was: SentAnswer) -> tuple[Answer, Sequence[str]]:
        """An answer that was sent, quoted from the articles as they are now, and what can no longer be quoted.

        Raises:
            UsageError: nothing of it can.

        """
        found = await self.desk.quote_again(was.quoted, self.within(), was.way)
        excerpts = tuple(excerpt for excerpt in found if isinstance(excerpt, Excerpt))
        losses = [
            say("Excerpt {number}: {lost}", number=quoted.number, lost=wording.lost(loss))
            for quoted, loss in zip(was.quoted, found, strict=True)
            if isinstance(loss, Lost)
        ]
        if not excerpts:
            raise UsageError("\n".join(losses))
        status = await self.desk.status(self.within())
        # What is quoted and counted now is of the generation that is served now.
        now = (status.articles, status.manifest.generation, was.filters, was.likely, was.preferred)
        rest = (was.mentioned, was.way)
        return Answer(was.question, excerpts, None, *now, *rest), losses

    async def others(self, was: SentAnswer, shown: int) -> tuple[Answer, int, Sequence[str]]:
        """Of news, the next excerpts after those with numbers up to `shown`; how many come after; and losses.

        Raises:
            UsageError: there are none, or they can no longer be quoted.

        """
        left = tuple(quoted for quoted in was.quoted if quoted.number > shown)
        if not left:
            raise UsageError(wording.NO_MORE)
        answer, losses = await self.again(replace(was, quoted=left[:ROWS]))
        return answer, max(0, len(left) - ROWS), losses

    async def judge(self, was: SentAnswer, number: int, verdict: Verdict) -> str:
        """Keep what this person says of an excerpt, or with number 0 of the answer; what to tell them."""
        quoted = _quoted(was, number) if number else Quoted(0, "", "", 0, 0)
        new = await self.desk.record(
            lambda records: records.feedback.note(
                platform=self.platform, server=self.server, user=self.user, question=was.question, verdict=verdict,
                article=quoted.article, sha256=quoted.sha256, start=quoted.start, end=quoted.end, number=quoted.number,
                generation=was.generation, private=was.private,
            )
        )  # fmt: skip
        if not new:
            return say(wording.SAID_BEFORE)
        thanks = say(wording.THANKS)
        return f"{thanks} {say(wording.WHAT_IS_WRONG)}" if verdict is Verdict.NOT_HELPFUL else thanks

    async def require_asker(self, key: str, refusal: str) -> None:
        """Raise RefusedError with this sentence where the answer of a key was sent for somebody else."""
        if not await self.desk.recall(lambda records: records.messages.is_asker(key, self.platform, self.user)):
            raise RefusedError(refusal)

    async def find(self, typed: str) -> Listing:
        """The article of an id, or of the hash of its text.

        Raises:
            UsageError: none that may be seen here has it.

        """
        found = named(await self.desk.listings(self.within()), typed)
        if found is None:
            raise UsageError(say("No article in the index has this id. Pick one from the list."))
        return found

    async def text(self, sha256: str) -> Article:
        """The article whose stored text has this hash.

        Raises:
            UsageError: there is none any more that may be seen here.

        """
        found = named(await self.desk.listings(self.within()), sha256)
        article = await self.desk.article(found.source.id, self.within()) if found else None
        if article is None or article.source.sha256 != sha256:
            raise UsageError(wording.TEXT_GONE)
        return article


def sentence_for(error: BaseException, platform: str, event: str) -> str:
    """What to tell the asker; an error that nobody foresaw is logged with its traceback."""
    log = logging.getLogger(f"bot.{platform}")
    if isinstance(error, OnTheRecordError):
        log.warning("%s.%s_failed error=%s", platform, event, type(error).__name__)
        return say(str(error))
    # Not its message: an error that nobody foresaw may quote what was asked.
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s.%s_failed error=%s\n%s", platform, event, type(error).__name__, where)
    return say(wording.UNEXPECTED)


def _quoted(was: SentAnswer, number: int) -> Quoted:
    for quoted in was.quoted:
        if quoted.number == number:
            return quoted
    raise UsageError(wording.TOO_OLD)
