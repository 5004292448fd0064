"""The async edge: one desk answers for every platform, off the event loop, from the generation that is current."""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from bot.answer import CAUTION, EXCERPTS, Answer, Excerpt, Way
from bot.answering import Answerer, Asked
from bot.builds import Builds
from bot.elsewhere import NEIGHBOURS, with_copies
from bot.metrics import Gauges, Metrics, Quantiles, outcome_of
from bot.quotations import Verification, verify
from bot.records.database import RecordsError
from bot.records.records import Records
from bot.records.retention import Retention
from bot.records.sent import Context, Lost, Quoted, context, quote_again
from bot.serving import Serving
from bot.timeline import with_moments
from bot.tongue import say
from bot.verifying import SHORT, Verifier, joined
from index.build import MAX_LOSS
from index.errors import OnTheRecordError
from index.generations import KEEP, Generations
from index.model import ANY, Filters, Kind
from index.passages import split
from index.shown import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.carried import Carried
    from bot.records.places import PlaceSettings
    from index.encoder import Encoder
    from index.engines import Engine
    from index.model import Article, Listing, Manifest, Source
    from index.reader import Reader
    from index.store import Store

# Questions waiting at once; one takes tens of milliseconds, so a full queue is seconds long.
QUEUE = 200
# Long texts waiting at once to be verified; each takes up to megabytes.
LONG_QUEUE = 10
# Seconds after which whoever asked is told that it takes too long, be it the queue or the question itself.
DEADLINE = 60
# Questions that are answered at a time.
SEARCHES = os.cpu_count() or 1
RECORDS = "records.sqlite"

T = TypeVar("T")


class DeskBusyError(OnTheRecordError):
    """Too many questions are waiting, or one has waited for too long."""


@dataclass(frozen=True, slots=True)
class DeskStatus:
    """What is served: the manifest, a warning where an older generation stands in, and whether a build runs.

    `articles` and `passages` count those that may be seen, `waiting` the questions in the queue; `times` is how long
    answers took.
    """

    manifest: Manifest
    articles: int
    passages: int
    warning: str | None
    building: bool
    waiting: int = 0
    times: Quantiles | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An article that holds this many of another's paragraphs word for word."""

    source: Source
    paragraphs: int


class Desk:
    """Answers questions from an index folder, whose current generation it follows; `builds` makes new ones.

    `load_encoder` makes a fresh encoder: one answers, and each build has its own. `engine` keeps the vectors, files
    where it is None. A `reader`, if there is one, finds the words that answer. `caution` holds the probabilities from
    which a question is answered, and from which without reservation.

    Raises:
        EncoderError: the model cannot be loaded.
        IndexUnavailableError: there is no index that can be served.
        StoreError: the server that keeps the vectors cannot be asked.
        RecordsError: what is removed, and what else is remembered, cannot be read.

    """

    def __init__(
        self,
        index_dir: Path,
        corpus_dir: Path,
        load_encoder: Callable[[], Encoder],
        *,
        engine: Engine | None = None,
        reader: Reader | None = None,
        keep: int = KEEP,
        max_loss: int = MAX_LOSS,
        future: bool = False,
        caution: tuple[float, float] = CAUTION["balanced"],
        retention: Retention = Retention(),  # noqa: B008 frozen
    ) -> None:
        self.index_dir = index_dir
        self.corpus_dir = corpus_dir
        self._generations = Generations(index_dir, engine)
        self.future = future
        encoder = load_encoder()
        self._answerer = Answerer(encoder, reader, caution)
        self._serving = Serving(self._generations, encoder)
        try:
            self._records = Records(index_dir / RECORDS, retention=retention)
        except RecordsError:
            self._serving.close()
            raise
        self.builds = Builds(self._generations, corpus_dir, load_encoder, keep=keep, max_loss=max_loss, future=future)
        self.metrics = Metrics()
        self._waiting = 0
        # What is asked and not begun.
        self._asked: dict[Asked, asyncio.Task[Answer]] = {}
        self._long_waiting = 0
        # Lists of questions are answered one at a time.
        self.lists = asyncio.Lock()
        self._verifier = Verifier(index_dir)
        # SQLite, FAISS and the models are never used by the event loop, and by a question for each core at a time.
        self._search_threads = ThreadPoolExecutor(SEARCHES, "search")
        self._verify_thread = ThreadPoolExecutor(1, "verify")
        self._records_thread = ThreadPoolExecutor(1, "records")
        self._recall_thread = ThreadPoolExecutor(1, "recall")

    async def record(self, work: Callable[[Records], T]) -> T:
        """Write to the records, off the event loop.

        Raises:
            RecordsError: they cannot be written.

        """
        return await asyncio.get_running_loop().run_in_executor(self._records_thread, work, self._records)

    async def recall(self, work: Callable[[Records], T]) -> T:
        """Read from the records, off the event loop, and before all writing that waits for the disk.

        Raises:
            RecordsError: they cannot be read.

        """
        return await asyncio.get_running_loop().run_in_executor(self._recall_thread, work, self._records)

    def place(self, platform: str, server: str, channel: str) -> PlaceSettings:
        """What held in a place when settings were read last, from memory.

        Raises:
            RecordsError: they were not read yet, and cannot be.

        """
        return self._records.places.remembered(platform, server, channel)

    async def tidy(self) -> None:
        """Forget what has been remembered for long enough, and copy what nobody may lose.

        Raises:
            RecordsError: the records cannot be written.

        """
        await self.record(lambda records: records.tidy())

    @property
    def warning(self) -> str | None:
        """Why another generation than the current one is served, or None."""
        return self._serving.warning

    async def ask(
        self,
        question: str,
        filters: Filters = ANY,
        count: int = EXCERPTS,
        skip: int = 0,
        way: Way = Way.BEST,
        *,
        brief: bool = False,
    ) -> Answer:
        """Excerpts that answer a question, or a refusal; `skip` leaves out the first, which were shown before.

        Where it is to be `brief`, all but the first have no more than answers.

        Raises:
            DeskBusyError: too many questions are waiting, or this one has for too long.
            IndexUnavailableError: the index went bad under the desk.

        """
        started = time.perf_counter()
        try:
            # Whoever else waits for this answer still does where this one is given up.
            answer = await asyncio.shield(self._asking(Asked(question, filters, count, skip, way, brief)))
        except Exception as exc:
            self.metrics.note_failure("too_busy" if isinstance(exc, DeskBusyError) else "failed")
            raise
        self.metrics.note_answer(outcome_of(answer), time.perf_counter() - started)
        return answer

    async def verify(self, message: str, filters: Filters = ANY, files: Sequence[bytes] = ()) -> Verification:
        """Every quotation of a message and of text files, held against the articles that pass.

        Raises:
            DeskBusyError: too many are waiting, or this one has for too long.
            VerificationError: it takes too long, or more memory than it may.
            IndexUnavailableError: the index went bad under the desk.

        """
        message = whole(message)
        if len(message) + sum(map(len, files)) <= SHORT:
            return await self._search(lambda store: verify(joined(message, files), store, self._seen(filters)))
        if self._long_waiting >= LONG_QUEUE:
            raise DeskBusyError(
                say("{n} long texts are waiting already. Verify it in a moment, or a part of it.", n=LONG_QUEUE)
            )
        self._long_waiting += 1
        try:
            served = await self._search(lambda store: (store.manifest.generation, self._seen(filters)))
            return await _in_time(self._verify_thread, lambda: self._verifier.verify(message, files, *served))
        finally:
            self._long_waiting -= 1

    async def quote_again(
        self, quoted: Sequence[Quoted], filters: Filters = ANY, way: Way = Way.BEST
    ) -> list[Excerpt | Lost]:
        """Excerpts that were sent, from the articles as they are now, or why they cannot be shown."""
        return await self._search(lambda store: [_quote_again(store, q, self._seen(filters), way) for q in quoted])

    async def context(self, quoted: Quoted, filters: Filters = ANY) -> Context | Lost:
        """An excerpt that was sent, with the stored text around it."""
        return await self._search(lambda store: _context(store, quoted, self._seen(filters)))

    async def carried(self, quoted: Quoted, question: str, filters: Filters = ANY) -> Carried | Lost:
        """What other articles carry of what an excerpt says that was quoted for a question under these filters."""
        return await self._search(lambda store: self._carried(store, quoted, question, self._seen(filters)))

    async def listings(self, filters: Filters = ANY) -> list[Listing]:
        """The articles in the index that pass the filters, by id."""
        return await self._search(lambda store: store.listings(self._seen(filters)))

    async def outlets(self, filters: Filters = ANY) -> tuple[str, ...]:
        """The outlets of the articles that pass."""
        return await self._search(lambda store: store.outlets(self._seen(filters)))

    async def article(self, article_id: str, filters: Filters = ANY) -> Article | None:
        """A stored article; None if there is none that passes."""
        return await self._search(lambda store: _article(store, article_id, self._seen(filters)))

    async def neighbours(self, article_id: str, filters: Filters = ANY) -> list[Neighbour]:
        """The other articles that pass and hold paragraphs of an article word for word, most of them first."""
        return await self._search(lambda store: _neighbours(store, article_id, self._seen(filters)))

    async def replaced(self, article_id: str, filters: Filters = ANY) -> tuple[datetime, ...]:
        """When earlier texts of an article were replaced, as far as these pass, the latest first."""
        return await self._search(
            lambda store: tuple(earlier.until for earlier in store.earlier(article_id, self._seen(filters)))
        )

    async def status(self, filters: Filters = ANY) -> DeskStatus:
        """What is served now."""
        return await self._search(lambda store: self._status(store, self._seen(filters)))

    async def read(self, work: Callable[[Store, Answerer, Filters], T], filters: Filters = ANY) -> T:
        """What some work finds in what is served, with the filters as they hold now; it takes the time it takes."""
        threads = self._search_threads
        return await asyncio.get_running_loop().run_in_executor(
            threads, lambda: self._at_work(lambda store: work(store, self._answerer, self._seen(filters)))
        )

    @property
    def waiting(self) -> int:
        """How many questions wait or are being answered."""
        return self._waiting

    @property
    def idle(self) -> bool:
        """Whether a question would be begun at once."""
        return self._waiting < SEARCHES

    def gauges(self, latency: float) -> Gauges:
        """What is so now, from any thread; `latency` is that of the chat platform's connection, in seconds."""
        manifest = self._serving.manifest
        return Gauges(self._waiting, manifest.generation, manifest.articles, latency)

    def close(self) -> None:
        """Finish the answers under way, drop what is queued, and let go of the index. Call it once, from any thread."""
        self.builds.close()
        self._verify_thread.shutdown(wait=False, cancel_futures=True)
        self._verifier.stop()
        self._search_threads.shutdown(cancel_futures=True)
        self._verify_thread.shutdown()
        self._verifier.close()
        self._records_thread.shutdown()
        self._recall_thread.shutdown()
        self._serving.close()
        self._records.close()

    def _seen(self, filters: Filters) -> Filters:
        return replace(filters, withdrawn=self._records.withdrawals.ids())

    def _carried(self, store: Store, quoted: Quoted, question: str, filters: Filters) -> Carried | Lost:
        excerpt = _quote_again(store, quoted, filters.scope())
        return excerpt if isinstance(excerpt, Lost) else self._answerer.carried(store, excerpt, question, filters)

    def _status(self, store: Store, filters: Filters) -> DeskStatus:
        articles, passages = store.counts(filters.scope())
        waiting, times = self._waiting - 1, self.metrics.quantiles()
        return DeskStatus(store.manifest, articles, passages, self.warning, self.builds.running, waiting, times)

    def _asking(self, asked: Asked) -> asyncio.Task[Answer]:
        """The answer to a question; where the same waits already, the one that it waits for."""
        task = self._asked.get(asked)
        if task is None:
            task = self._asked[asked] = asyncio.create_task(self._search(partial(self._begin, asked)))
            task.add_done_callback(lambda done: self._forget(asked, done))
        return task

    def _begin(self, asked: Asked, store: Store) -> Answer:
        # Whoever asks the same from now on asks anew: an article may be removed meanwhile.
        self._asked.pop(asked, None)
        return self._answerer.answer(store, replace(asked, filters=self._seen(asked.filters)))

    def _forget(self, asked: Asked, done: asyncio.Task[Answer]) -> None:
        if self._asked.get(asked) is done:
            del self._asked[asked]

    async def _search(self, work: Callable[[Store], T]) -> T:
        if self._waiting >= QUEUE:
            raise DeskBusyError(say("{n} questions are waiting already. Ask again in a moment.", n=QUEUE))
        self._waiting += 1
        try:
            return await _in_time(self._search_threads, lambda: self._at_work(work))
        finally:
            self._waiting -= 1

    def _at_work(self, work: Callable[[Store], T]) -> T:
        with self._serving.store() as store:
            return work(store)


async def _in_time(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """What work in a thread gives; what has not begun by the deadline never does."""
    try:
        async with asyncio.timeout(DEADLINE) as deadline:
            return await asyncio.get_running_loop().run_in_executor(thread, work)
    except TimeoutError as exc:
        if not deadline.expired():
            raise
        busy = say("This takes longer than {n} seconds, so it was given up. Ask again in a moment.", n=DEADLINE)
        raise DeskBusyError(busy) from exc


def _quote_again(store: Store, quoted: Quoted, filters: Filters, way: Way = Way.BEST) -> Excerpt | Lost:
    excerpt = quote_again(quoted, _article(store, quoted.article, filters))
    if isinstance(excerpt, Lost):
        return excerpt
    excerpt = with_copies(store, excerpt, filters.scope())
    return with_moments(excerpt, store) if way is Way.TIMELINE else excerpt


def _article(store: Store, article_id: str, filters: Filters) -> Article | None:
    passing = store.listings(replace(filters, articles=(article_id,)))
    return store.article(article_id) if passing else None


def _context(store: Store, quoted: Quoted, filters: Filters) -> Context | Lost:
    article = _article(store, quoted.article, filters)
    excerpt = _quote_again(store, quoted, filters)
    if article is None or isinstance(excerpt, Lost):
        return Lost.GONE if article is None else Lost.CHANGED
    return context(excerpt, article)


def _neighbours(store: Store, article_id: str, filters: Filters) -> list[Neighbour]:
    article = _article(store, article_id, filters)
    if article is None:
        return []
    held: dict[Source, set[int]] = {}
    for passage in split(article):
        if passage.kind is not Kind.RELATED:
            for other, _ in store.articles_with([passage.text], filters, NEIGHBOURS):
                if other != article and passage.text in other.text:
                    held.setdefault(other.source, set()).add(passage.paragraph)
    neighbours = [Neighbour(source, len(paragraphs)) for source, paragraphs in held.items()]
    return sorted(neighbours, key=lambda near: (-near.paragraphs, near.source.id))[:NEIGHBOURS]
