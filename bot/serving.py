"""The store that is answered from: that of the current generation, or of the newest one that is sound."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from index.errors import DamagedIndexError, IndexUnavailableError
from index.manifests import rest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.encoder import Encoder
    from index.generations import Generations
    from index.model import Manifest
    from index.store import Store

log = logging.getLogger("bot")


class Serving:
    """Follows the pointer of an index folder. Safe to call from several threads.

    What of a large index was not read when it was opened is read meanwhile; once a byte is found to have changed, the
    newest sound generation takes its place.

    Raises:
        IndexUnavailableError: there is no index that can be served.

    """

    def __init__(self, generations: Generations, encoder: Encoder) -> None:
        self._generations = generations
        self._encoder = encoder
        self._pointer = generations.readable_current()
        self._store: Store
        self._store, self.warning = generations.open_current(encoder)
        self._used: Counter[Store] = Counter()
        self._changing = threading.Lock()
        self._opening = threading.Lock()
        self._closed = False
        self._read_rest()

    @property
    def manifest(self) -> Manifest:
        """That of the generation that is served."""
        return self._store.manifest

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store, which stays open for as long as it is used."""
        self._follow()
        with self._changing:
            store = self._store
            self._used[store] += 1
        try:
            yield store
        finally:
            with self._changing:
                self._used[store] -= 1
            self._let_go(store)

    def close(self) -> None:
        """Let go of the index, which nobody uses any more."""
        with self._opening:
            self._closed = True
            self._store.close()

    def _follow(self) -> None:
        """Serve what the pointer names, if a build or rollback has moved it; who asks meanwhile has the one before."""
        if self._generations.readable_current() == self._pointer or not self._opening.acquire(blocking=False):
            return
        try:
            pointer = self._generations.readable_current()
            if pointer != self._pointer:
                self._open()
                self._pointer = pointer
        finally:
            self._opening.release()

    def _open(self) -> None:
        try:
            opened, self.warning = self._generations.open_current(self._encoder)
        except IndexUnavailableError as exc:
            self.warning = f"{exc} Generation {self.manifest.generation}, as it was opened, is served meanwhile."
            return
        with self._changing:
            before, self._store = self._store, opened
        self._let_go(before)
        self._read_rest()

    def _read_rest(self) -> None:
        if rest(self.manifest):  # a process that ends does not wait for gigabytes
            threading.Thread(target=self._reading_rest, args=(self.manifest,), daemon=True).start()

    def _reading_rest(self, manifest: Manifest) -> None:
        try:
            self._generations.read_rest(manifest)
        except DamagedIndexError as exc:
            with self._opening:
                # Where the pointer has moved, its folder may be gone, and the next question follows.
                pointed = self._generations.readable_current() == self._pointer
                if pointed and self.manifest is manifest and not self._closed:
                    log.error("index.damaged error=%s", exc)  # noqa: TRY400 no traceback
                    self._open()

    def _let_go(self, store: Store) -> None:
        with self._changing:
            unused = store is not self._store and not self._used[store]
            if unused:
                del self._used[store]
        if unused:
            store.close()
