"""The async edge: one desk answers for every platform, off the event loop, from the generation that is current."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from bot import wording
from bot.answer import CAUTION, EXCERPTS, Answer, Reason, Refusal, compose, is_question, refuse
from index.build import BuildReport, build
from index.errors import BuildLockedError, DamagedIndexError, IndexUnavailableError, OnTheRecordError
from index.generations import KEEP, Generations
from index.model import Filters
from index.search import search

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.encoder import Encoder
    from index.model import Article, Listing, Manifest
    from index.reranker import Reranker
    from index.search import Ranking
    from index.store import Store

# Questions waiting at once; one takes tens of milliseconds, so a full queue is seconds long.
QUEUE = 200
MAX_QUESTION_CHARS = 2000
ANY = Filters()

T = TypeVar("T")


class DeskBusyError(OnTheRecordError):
    """Too many questions are waiting."""


@dataclass(frozen=True, slots=True)
class DeskStatus:
    """What is served: the manifest, a warning where an older generation stands in, and whether a build runs."""

    manifest: Manifest
    warning: str | None
    building: bool


class Desk:
    """Answers questions from an index folder and rebuilds it while it serves.

    `load_encoder` makes a fresh encoder: one answers, and each reindexing has its own, since a model's tokenizer
    cannot serve two threads at once. A `reranker`, if there is one, reads the best sentences. `caution` holds the
    probabilities from which a question is answered, and from which without reservation.

    Raises:
        EncoderError: the model cannot be loaded.
        IndexUnavailableError: there is no index that can be served.

    """

    def __init__(
        self,
        index_dir: Path,
        corpus_dir: Path,
        load_encoder: Callable[[], Encoder],
        *,
        reranker: Reranker | None = None,
        keep: int = KEEP,
        caution: tuple[float, float] = CAUTION["balanced"],
    ) -> None:
        self._generations = Generations(index_dir)
        self._corpus_dir = corpus_dir
        self._load_encoder = load_encoder
        self._reranker = reranker
        self._keep = keep
        self._caution = caution
        self._encoder = load_encoder()
        self._pointer = self._generations.readable_current()
        self._store: Store
        self._store, self._warning = self._generations.open_current(self._encoder)
        self._waiting = 0
        self._building = False
        # One thread each: SQLite, FAISS and the model are used by one question at a time, and never by the event loop.
        self._search_thread = ThreadPoolExecutor(1, "search")
        self._build_thread = ThreadPoolExecutor(1, "build")

    @property
    def warning(self) -> str | None:
        """Why another generation than the current one is served, or None."""
        return self._warning

    async def ask(self, question: str, filters: Filters = ANY, count: int = EXCERPTS) -> Answer:
        """Excerpts that answer a question, or a refusal.

        Raises:
            DeskBusyError: too many questions are waiting.
            IndexUnavailableError: the index went bad under the desk.

        """
        return await self._search(lambda store: self._answer(store, question, filters, count))

    async def listings(self, filters: Filters = ANY) -> list[Listing]:
        """The articles in the index that pass the filters, by id."""
        return await self._search(lambda store: store.listings(filters))

    async def article(self, article_id: str) -> Article | None:
        """A stored article, or None."""
        return await self._search(lambda store: store.article(article_id))

    async def status(self) -> DeskStatus:
        """What is served now."""
        return await self._search(lambda store: DeskStatus(store.manifest, self._warning, self._building))

    async def reindex(self, progress: Callable[[int, int], None] = lambda _done, _total: None) -> BuildReport:
        """Build a new generation from the corpus folder and serve it; the old one serves until then.

        `progress` is called in the build's thread with (texts embedded, texts to embed).

        Raises:
            BuildLockedError: a build is under way, here or in another process.
            CorpusError, BuildError, EncoderError: the build failed; the old generation still serves.

        """
        if self._building:
            raise BuildLockedError("The index is being built already, by this bot. Try again when it is done.")
        self._building = True
        try:
            return await asyncio.get_running_loop().run_in_executor(self._build_thread, self._build, progress)
        finally:
            self._building = False

    def close(self) -> None:
        """Finish what is being answered, then let go of the index. Call it once, from any thread."""
        self._build_thread.shutdown(cancel_futures=True)
        self._search_thread.shutdown()
        self._store.close()

    def _build(self, progress: Callable[[int, int], None]) -> BuildReport:
        generations = self._generations
        return build(self._corpus_dir, generations.root, self._load_encoder(), keep=self._keep, progress=progress)

    async def _search(self, work: Callable[[Store], T]) -> T:
        if self._waiting >= QUEUE:
            raise DeskBusyError(f"{QUEUE} questions are waiting already. Ask again in a moment.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._search_thread, lambda: work(self._current()))
        finally:
            self._waiting -= 1

    def _current(self) -> Store:
        """The store to search, after following the pointer if a build or rollback has moved it."""
        pointer = self._generations.readable_current()
        if pointer != self._pointer:
            self._pointer = pointer
            try:
                store, self._warning = self._generations.open_current(self._encoder)
            except IndexUnavailableError as exc:
                self._warning = f"{exc} Generation {self._store.manifest.generation} is served from memory meanwhile."
            else:
                self._store.close()
                self._store = store
        return self._store

    def _answer(self, store: Store, question: str, filters: Filters, count: int) -> Answer:
        started = time.perf_counter()
        question = question[:MAX_QUESTION_CHARS]
        answer = Answer(question, (), None, store.manifest.articles, store.manifest.generation)
        if not is_question(question):
            answer = replace(answer, refusal=Refusal(Reason.EMPTY_QUESTION, wording.EMPTY_QUESTION))
        elif not store.manifest.passages:
            answer = replace(answer, refusal=Refusal(Reason.EMPTY_INDEX, wording.EMPTY_INDEX))
        else:
            ranking = search(question, store, self._encoder, filters, self._reranker)
            if self._answers(ranking):
                likely = ranking.confidence >= self._caution[1]
                excerpts = compose(ranking, count)
                answer = replace(answer, excerpts=excerpts, likely=likely, preferred=ranking.preferred)
                _check(answer, store)
            else:
                answer = replace(answer, refusal=self._refusal(store, question, filters, ranking))
        return replace(answer, elapsed=time.perf_counter() - started)

    def _answers(self, ranking: Ranking) -> bool:
        return bool(ranking.hits) and ranking.confidence >= self._caution[0]

    def _refusal(self, store: Store, question: str, filters: Filters, ranking: Ranking) -> Refusal:
        if not filters:
            return refuse(ranking, Reason.NOTHING_NEAR, wording.nothing_near(ranking.unknown))
        everywhere = search(question, store, self._encoder, reranker=self._reranker)
        passing = store.listings(filters)
        if passing and not self._answers(everywhere):
            return refuse(everywhere, Reason.NOTHING_NEAR, wording.nothing_near(everywhere.unknown))
        without_dates = replace(filters, since=None, until=None)
        undated = sum(listing.source.published is None for listing in store.listings(without_dates))
        message = wording.filtered_out(filters, len(passing), undated)
        return refuse(everywhere, Reason.FILTERED_OUT, message)


def _check(answer: Answer, store: Store) -> None:
    """The promise, kept at the last moment: every excerpt stands in the stored article, character by character."""
    for excerpt in answer.excerpts:
        article = store.article(excerpt.source.id)
        if article is None or article.text[excerpt.start : excerpt.end] != excerpt.text:
            raise DamagedIndexError(
                f"An excerpt from {excerpt.source.id} does not stand in its stored text, so it is not shown. "
                "An admin should run `python -m index verify`."
            )
