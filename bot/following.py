"""Follows are told what is new: after each new generation or at their time, once, whatever is killed in between.

What is to be sent is kept together with how far the follow has been looked after. It is marked before it is sent, and
forgotten after that: where the bot was killed in between, the platform is asked whether the message stands there, and
where it cannot tell, the message is given up. So nothing is told twice, and nothing is lost but where a platform shows
the bot no history.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from bot import news
from bot.answer import Answer, Excerpt
from bot.records.follows import Edition, Seen
from bot.records.sent import SentAnswer, sent
from bot.timetable import Every, due
from index.errors import IndexUnavailableError, OnTheRecordError
from index.generations import Generations
from index.model import Filters

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bot.answering import Answerer
    from bot.desk import Desk
    from bot.records.follows import Follow, Post
    from bot.records.places import PlaceSettings
    from index.catalogue import Catalogue
    from index.store import Store

T = TypeVar("T")

# Excerpts that are posted at a time; a button shows the others.
SHOWN = 3
# Seconds between two looks for what is due.
LOOK_PAUSE = 10.0
# How long it is waited until what was not there, or was too much for one time, is looked at without a new generation.
AGAIN = timedelta(hours=1)


class UnwritableError(OnTheRecordError):
    """A place cannot be written to any more: it is gone, archived, or the bot may not."""


class UnknownError(OnTheRecordError):
    """Whether a message stands somewhere cannot be found out, and will not be."""


@dataclass(frozen=True, slots=True)
class News:
    """What a follow is sent: the first excerpts, by their numbers those of corrected articles, and how many more.

    `key` is what it is kept under, with all excerpts.
    """

    key: str
    follow: Follow
    answer: Answer
    corrected: tuple[int, ...]
    more: int


class Courier(Protocol):
    """The way to a platform."""

    async def send(self, news: News) -> str:
        """Write news to their place; the id of the message.

        Raises:
            UnwritableError: the place takes nothing, and has not taken this.

        """

    async def standing(self, follow: Follow, post: Post) -> str | None:
        """The id of the message of a post that may have been sent, None where it was not.

        Raises:
            UnknownError: that cannot be found out.

        """

    async def tell_admin(self, follow: Follow) -> None:
        """Tell an admin of the bot that the place of a follow cannot be written to; what fails is logged."""


class Following:
    """Looks after the follows of one platform."""

    def __init__(self, desk: Desk, platform: str, courier: Courier) -> None:
        self._desk = desk
        self._platform = platform
        self._courier = courier
        self._log = logging.getLogger(f"bot.{platform}")

    async def run(self, begin: Callable[[], None], stopping: Callable[[], bool]) -> None:
        """Look again and again, until the bot is stopping; each look is begun as work that a stop waits for."""

        async def looking() -> None:
            if not stopping():
                begin()
                await self.look()

        while not stopping():
            try:
                await asyncio.create_task(looking())
            except Exception as exc:  # noqa: BLE001 the next look may do better
                self._log.warning("%s.follows_not_looked_after error=%s", self._platform, type(exc).__name__)
            await asyncio.sleep(LOOK_PAUSE)

    async def look(self) -> None:
        """Tell every follow that is due what is new, and send what could not be sent before."""
        follows = {f.number: f for f in await self._desk.recall(lambda records: records.follows.all(self._platform))}
        if not follows:
            return
        await notice(self._desk)
        await self._send(follows)
        # What is not sent yet may have to be looked for again: until it is, nothing more is looked for.
        posts = await self._desk.recall(lambda records: records.follows.posts(self._platform))
        settled = {n: follow for n, follow in follows.items() if n not in {post.follow for post in posts}}
        for follow in settled.values():
            await self._apart(self._check(follow), "follow_not_checked")
        await self._send(settled)

    async def _send(self, follows: Mapping[int, Follow]) -> None:
        """Send what these follows are still to be sent."""
        for post in await self._desk.recall(lambda records: records.follows.posts(self._platform)):
            if follow := follows.get(post.follow):
                await self._apart(self._deliver(follow, post), "follow_not_sent")

    async def _apart(self, work: Awaitable[None], event: str) -> None:
        """Do something for one follow; what fails is tried again, and keeps nobody else from being told."""
        try:
            await work
        except Exception as exc:  # noqa: BLE001 any failure of a library
            self._log.warning("%s.%s error=%s", self._platform, event, type(exc).__name__)

    async def _check(self, follow: Follow) -> None:
        """Find what is new for a follow that is due, and keep it to be sent."""
        settings = await settings_of(self._desk, follow)
        now = await self._desk.recall(lambda records: records.follows.now())
        if follow.paused or not settings.answers:
            return
        if not due(follow.every, follow.hour, follow.checked, now, ZoneInfo(settings.timezone)):
            return
        waiting, last = await self._desk.recall(lambda records: records.follows.waiting(follow))
        if follow.every is Every.ONCE and last == follow.upto and (not waiting or now - follow.checked < AGAIN):
            return
        if not waiting:
            await self._desk.record(lambda records: records.follows.take(follow, last))
            return
        filters = within(follow, settings)
        found, generation = await self._desk.read(
            lambda store, answerer, seen: (
                news.look(store, answerer, follow.subject, seen, waiting),
                store.manifest.generation,
            ),
            filters,
        )
        outlets, passages = news.seen_by(filters), {news.words_of(hit.passage.text) for hit in found.hits}
        new = await self._desk.recall(lambda records: records.follows.new(follow, passages, outlets))
        excerpts, told, more = news.chosen(hit for hit in found.hits if news.words_of(hit.passage.text) in new)
        later = found.later | more
        texts = {news.text_of(hit.passage.source.sha256, hit.passage.source.outlet) for hit in found.hits}
        back = {"passages": sorted(told), "texts": sorted(texts)}
        fields = _fields(follow, excerpts, generation) | back if excerpts else None
        await self._desk.record(lambda records: records.follows.take(follow, last, told, later, fields))

    async def _deliver(self, follow: Follow, post: Post) -> None:
        """Send what is kept to be sent, unless it stands there already."""
        settings = await settings_of(self._desk, follow)
        if not settings.answers:
            return
        fields = await self._desk.recall(lambda records: records.messages.fields(post.key))
        if fields is None:  # it was forgotten
            await self._done(post, None)
            return
        try:
            standing = await self._courier.standing(follow, post) if post.tried else None
        except UnknownError:
            # Rather not told than told twice.
            self._log.warning("%s.follow_given_up follow=%d", self._platform, follow.number)
            await self._done(post, None)
            return
        if standing:
            await self._done(post, standing)
            return
        told = await self._news(follow, post, SentAnswer.from_fields(fields), settings)
        if told is None:
            again = [Seen(*text) for text in fields["texts"]]
            await self._desk.record(lambda records: records.follows.undo(post.key, fields["passages"], again))
            return
        await self._desk.record(lambda records: records.follows.trying(post.key, tried=True))
        try:
            await self._done(post, await self._courier.send(told))
        except UnwritableError:
            await self._desk.record(lambda records: records.follows.trying(post.key, tried=False))
            await self._pause(follow)

    async def _news(self, follow: Follow, post: Post, was: SentAnswer, settings: PlaceSettings) -> News | None:
        """What is sent, quoted from the articles as they are now; None where some may not or cannot be shown now."""
        filters = within(follow, settings)
        found = await self._desk.quote_again(was.quoted, filters)
        excerpts = [excerpt for excerpt in found if isinstance(excerpt, Excerpt)]
        if len(excerpts) < len(found):
            return None
        shown = tuple(excerpts[:SHOWN])
        corrected = tuple([e.number for e in shown if await self._desk.replaced(e.source.id, filters)])
        status = await self._desk.status(filters)
        answer = Answer(was.question, shown, None, status.articles, status.manifest.generation, was.filters)
        return News(post.key, follow, answer, corrected, len(excerpts) - len(shown))

    async def _done(self, post: Post, message: str | None) -> None:
        await self._desk.record(lambda records: records.follows.sent(post.key, message))

    async def _pause(self, follow: Follow) -> None:
        """Pause all that is followed in a place that cannot be written to, and tell so once."""
        place = (follow.platform, follow.target)
        if paused := await self._desk.record(lambda records: records.follows.pause_place(*place)):
            self._log.warning("%s.follows_paused follows=%d", self._platform, paused)
            where = (follow.platform, "bot", follow.server, follow.channel, "follows_paused")
            why = "the place cannot be written to"
            await self._desk.record(lambda records: records.audit.note(*where, {"follows": paused, "why": why}))
            await self._desk.record(lambda records: records.keep_copy())
            await self._courier.tell_admin(follow)


def within(follow: Follow, settings: PlaceSettings) -> Filters:
    """Which articles a follow is told of, and may be."""
    return Filters(outlets=follow.outlets, visible=settings.outlets)


async def settings_of(desk: Desk, follow: Follow) -> PlaceSettings:
    """What holds in the place of a follow now."""
    where = (follow.platform, follow.server, follow.channel)
    return await desk.recall(lambda records: records.places.settings(*where))


async def notice(desk: Desk) -> None:
    """Remember what the generations hold that there are and that were not seen before, the oldest first."""
    generations = Generations(desk.index_dir)
    known = await desk.recall(lambda records: records.follows.editions())
    for number in generations.numbers():
        # One that is damaged is not served, and one that was thrown away meanwhile neither.
        with suppress(IndexUnavailableError):
            edition = Edition(number, generations.manifest(number).built_at)
            if edition not in known:
                await _notice(desk, generations, edition)


async def _notice(desk: Desk, generations: Generations, edition: Edition) -> None:
    def reading(work: Callable[[Catalogue], T]) -> Callable[[Store, Answerer, Filters], T]:
        def read(store: Store, _answerer: Answerer, _filters: Filters) -> T:
            if Edition(store.manifest.generation, store.manifest.built_at) == edition:
                return work(store)
            with closing(generations.texts(edition.generation)) as texts:
                return work(texts)

        return read

    texts = await desk.read(reading(news.texts_in))
    unseen = await desk.recall(lambda records: records.follows.unseen(texts.values()))
    articles = [name for name, text in texts.items() if text in unseen]
    passages = await desk.read(reading(lambda catalogue: news.passages_in(catalogue, articles))) if articles else []
    await desk.record(lambda records: records.follows.notice(edition, unseen, passages))


def _fields(follow: Follow, excerpts: Sequence[Excerpt], generation: int) -> dict[str, Any]:
    """What is kept of what is told, as of any answer."""
    answer = Answer(follow.subject, tuple(excerpts), None, 0, generation, Filters(outlets=follow.outlets))
    return sent(answer, private=follow.private).as_fields()
