"""A program at the desk: what it may ask and see under its token, and how fast."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from bot.answer import shown_at_once
from bot.days import period
from bot.pace import Pace
from bot.serve import told
from bot.service import STOPPING, StoppingError, Work
from bot.sources import Wanted as InTitles
from bot.sources import named
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from bot import schema
    from bot.desk import Desk
    from bot.pace import Limits
    from bot.serve.asked import Nothing, Question, Text, Wanted, Which
    from bot.serve.tokens import Token
    from bot.serve.told import Told
    from index.model import Filters

T = TypeVar("T")


class NoArticleError(OnTheRecordError):
    """There is no such article that whoever asks may see."""


class Reception:
    """Opens the desk when it is first needed, and lets what is under way end before a stop.

    `open_desk` blocks; where it raises, the next that is asked tries it again. `excerpts` is how many an answer has
    where nobody says it.
    """

    def __init__(self, open_desk: Callable[[], Desk], excerpts: int) -> None:
        self._open_desk = open_desk
        self._opening: asyncio.Task[tuple[Desk, Work]] | None = None
        self._stopping = False
        self.excerpts = excerpts
        self.pace = Pace()

    async def at_desk(self, work: Callable[[Desk], Coroutine[Any, Any, T]]) -> T:
        """Do some work at the desk; whoever comes while it opens waits for that.

        Raises:
            IndexUnavailableError: there is no index, or it cannot be read.
            StoppingError: nothing new is begun, or this was given up.

        """
        if self._stopping:
            raise StoppingError(STOPPING)
        if self._opening is None or (self._opening.done() and (self._opening.exception() is not None)):
            self._opening = asyncio.create_task(self._open())
        desk, under_way = await asyncio.shield(self._opening)

        async def begun() -> T:
            under_way.begin()
            return await work(desk)

        # A task of its own, so that a stop can give it up and whoever waits is still told.
        task = asyncio.create_task(begun())
        try:
            return await task
        except asyncio.CancelledError:
            if under_way.stopping and task.cancelled():
                raise StoppingError(STOPPING) from None
            raise

    async def close(self) -> None:
        """Begin nothing new, end what is under way, and close the desk."""
        self._stopping = True
        if self._opening is None:
            return
        with suppress(OnTheRecordError):  # it was told to whoever asked
            desk, under_way = await self._opening
            await under_way.finish()
            await asyncio.to_thread(desk.close)

    async def _open(self) -> tuple[Desk, Work]:
        desk = await asyncio.to_thread(self._open_desk)
        return desk, Work("serve", desk)


@dataclass(frozen=True, slots=True)
class Program:
    """Whoever calls with a token.

    Every method counts the call, and raises TooFastError where there were too many, IndexUnavailableError where there
    is no index, DeskBusyError where too many wait, and StoppingError where the server is being stopped.
    """

    reception: Reception
    token: Token

    async def ask(self, asked: Question) -> Told[schema.Answer]:
        """The answer to a question.

        Raises:
            DayError: a day cannot be used.

        """
        self._count(self.token.questions)
        filters = await self._within(asked)
        count = asked.count or shown_at_once(asked.way, self.reception.excerpts)
        way = asked.way
        return told.answered(
            await self.reception.at_desk(lambda desk: desk.ask(asked.question, filters, count, way=way))
        )

    async def verify(self, asked: Text) -> Told[schema.Verification]:
        """What became of the quotations of a text.

        Raises:
            VerificationError: it takes too long, or more memory than it may.

        """
        self._count(self.token.questions)
        seen = self.token.scope
        return told.verified(await self.reception.at_desk(lambda desk: desk.verify(asked.text, seen)))

    async def sources(self, asked: Wanted) -> Told[schema.Sources]:
        """How many articles are like that, and those of them that are wanted, by id.

        Raises:
            DayError: a day cannot be used.

        """
        self._count(self.token.looks)
        filters = await self._within(asked)
        found = InTitles(words=asked.words).of(await self.reception.at_desk(lambda desk: desk.listings(filters)))
        return told.listed(len(found), found[asked.skip : asked.skip + asked.limit])

    async def article(self, asked: Which) -> Told[schema.Stored]:
        """A stretch of the article of an id, or of the hash of its text.

        Raises:
            NoArticleError: none that may be seen has it.

        """
        self._count(self.token.looks)
        seen = self.token.scope
        article = await self.reception.at_desk(lambda desk: desk.article(asked.id, seen))
        if article is None:
            listing = named(await self.reception.at_desk(lambda desk: desk.listings(seen)), asked.id)
            found = listing and listing.source.id
            article = await self.reception.at_desk(lambda desk: desk.article(found, seen)) if found else None
        if article is None:
            raise NoArticleError("No article in the index has this id. The list of sources has them all.")
        return told.stored(article, asked.start, asked.end)

    async def status(self, _: Nothing) -> Told[schema.Status]:
        """What is served."""
        self._count(self.token.looks)
        seen = self.token.scope
        return told.served(await self.reception.at_desk(lambda desk: desk.status(seen)))

    def _count(self, limits: Limits) -> None:
        self.reception.pace.require(self.token.name, "", "", limits)

    async def _within(self, asked: Question | Wanted) -> Filters:
        """The articles that are asked for, as far as they may be seen."""
        days = await asyncio.to_thread(period, asked.since, asked.until)
        scope = self.token.scope
        return replace(scope, outlets=tuple(asked.outlets), since=days[0], until=days[1])
