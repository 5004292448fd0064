"""Builds of the index while it is served, off the event loop: one at a time, until the bot stops."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from bot.tongue import say
from index.build import BuildReport, Changes, build, preview
from index.errors import BuildError, BuildLockedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.encoder import Encoder
    from index.generations import Generations


class Builds:
    """Makes generations from a corpus folder; whoever serves them follows the pointer.

    `load_encoder` makes a fresh encoder for each build, since a model's tokenizer cannot serve two threads at once.
    `keep` earlier generations stay, and no more than `max_loss` percent of the articles may go unless it is confirmed.
    Articles that are dated in the `future` are taken only where it is set.
    """

    def __init__(
        self,
        generations: Generations,
        corpus_dir: Path,
        load_encoder: Callable[[], Encoder],
        *,
        keep: int,
        max_loss: int,
        future: bool,
    ) -> None:
        self._generations = generations
        self._corpus_dir = corpus_dir
        self._load_encoder = load_encoder
        self._keep = keep
        self._max_loss = max_loss
        self._future = future
        self.running = False
        self._stopping = threading.Event()
        self._thread = ThreadPoolExecutor(1, "build")

    async def reindex(
        self, progress: Callable[[int, int], None] = lambda _done, _total: None, *, confirmed: bool = False
    ) -> BuildReport:
        """Build a new generation and make it current; the old one serves until then.

        `progress` is called in the build's thread with (texts embedded, texts to embed). `confirmed` lets any number of
        articles go.

        Raises:
            BuildLockedError: a build is under way, here or in another process.
            LossError: more articles would go than may.
            CorpusError, BuildError, EncoderError: the build failed; the old generation still serves.

        """
        if self.running:
            raise BuildLockedError(say("The index is being built already, by this bot. Try again when it is done."))
        self.running = True
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, self._build, progress, 100 if confirmed else self._max_loss
            )
        finally:
            self.running = False

    async def preview(self) -> Changes:
        """What a build would change.

        Raises:
            CorpusError: the corpus cannot be used at all.

        """
        return await asyncio.get_running_loop().run_in_executor(
            self._thread,
            partial(
                preview,
                self._corpus_dir,
                self._generations.root,
                engine=self._generations.engine,
                future=self._future,
            ),
        )

    async def rollback(self) -> int:
        """Make the generation before the current one current; its number.

        Raises:
            BuildLockedError: a build is under way.
            IndexUnavailableError: there is none.

        """
        if self.running:
            raise BuildLockedError(say("The index is being built, by this bot. Try again when it is done."))
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._generations.rollback)

    def stop(self) -> None:
        """Give up a build at its next report of progress, for good; the generation that is current stays."""
        self._stopping.set()

    def close(self) -> None:
        """Give up a build, and wait for it to end."""
        self.stop()
        self._thread.shutdown(cancel_futures=True)

    def _build(self, progress: Callable[[int, int], None], max_loss: int) -> BuildReport:
        def checked(done: int, total: int) -> None:
            if self._stopping.is_set():
                raise BuildError(say("The build was stopped with the bot. The old index stays; reindex again."))
            progress(done, total)

        encoder = self._load_encoder()
        root = self._generations.root
        return build(
            self._corpus_dir,
            root,
            encoder,
            engine=self._generations.engine,
            keep=self._keep,
            max_loss=max_loss,
            future=self._future,
            progress=checked,
        )
