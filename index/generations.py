"""Versioned index folders: built aside, made current in one atomic step, kept for rollback.

In the index folder:

- `CURRENT`: the number of the generation that is served, with a check of it, replaced atomically;
- `build.lock`, `build.json`: who is building, since when;
- `generations/000004/`: a manifest and the files of one engine, never changed once it has its name; one of them may
  name where the vectors are kept instead, which are let go of before it is;
- `generations/building-*`: a build under way, what it is removing, or the remains of one that was killed; the next
  build clears them;
- `embedding/`: texts that wait to be embedded, and what such a build had embedded; the next one takes it over.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from index.durable import sync_folder, write_durably
from index.engines import Files
from index.errors import (
    BuildError,
    BuildLockedError,
    DamagedIndexError,
    IncompatibleIndexError,
    IndexUnavailableError,
    NoIndexError,
    StoreError,
)
from index.lead import COLLECTION
from index.manifests import REBUILD, check_files, read_manifest, rest, write_manifest
from index.shown import model_name
from index.store import Store, Texts
from index.tables import DATABASE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from index.encoder import Encoder
    from index.engines import Engine
    from index.model import Manifest

KEEP = 3


class Generations:
    """The generations in one index folder; the `engine` keeps the vectors of new ones, and opens those that it kept."""

    def __init__(self, root: Path, engine: Engine | None = None) -> None:
        self.root = root
        self.engine = engine or Files()
        self._folder = root / "generations"
        self._pointer = root / "CURRENT"
        self._damaged: dict[int, str] = {}  # what `read_rest` found

    def current(self) -> int | None:
        """The number of the generation to serve, or None before the first build.

        Raises:
            DamagedIndexError: the pointer cannot be read.

        """
        try:
            return _pointed_to(self._pointer.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as exc:
            raise DamagedIndexError(f"{self._pointer.name} cannot be read. {REBUILD}") from exc

    def readable_current(self) -> int | None:
        """The number of the generation to serve; None before the first build, or where the pointer cannot be read."""
        with suppress(DamagedIndexError):
            return self.current()
        return None

    def require_current(self) -> int:
        """The number of the current generation.

        Raises:
            NoIndexError: nothing has been built.
            DamagedIndexError: the pointer cannot be read.

        """
        current = self.current()
        if current is None:
            raise NoIndexError(f"There is no index in {self.root} yet. {REBUILD}")
        return current

    def numbers(self) -> list[int]:
        """The generations on disk, oldest first."""
        if not self._folder.is_dir():
            return []
        return sorted(int(path.name) for path in self._folder.iterdir() if path.name.isdecimal())

    def folder(self, number: int) -> Path:
        """Where a generation lies."""
        return self._folder / f"{number:06d}"

    def manifest(self, number: int) -> Manifest:
        """A generation's manifest.

        Raises:
            DamagedIndexError: it is missing, or not what was written.
            IncompatibleIndexError: it was written by another format of this program.

        """
        return read_manifest(self.folder(number), number)

    def open(self, number: int) -> Store:
        """One generation, whatever model made it, after reading every byte of it.

        Raises:
            IndexUnavailableError: it is damaged or of another format.
            StoreError: the server that keeps its vectors is not set, or cannot be asked.

        """
        manifest = self.manifest(number)
        self._read(manifest, manifest.files)
        return self._store(manifest)

    def texts(self, number: int) -> Texts:
        """The texts of one generation, without its vectors, which take most of the memory, as they are served.

        Raises:
            IndexUnavailableError: they are damaged or of another format.

        """
        manifest = self.manifest(number)
        self._read(manifest, {DATABASE} - rest(manifest))
        return Texts(self.folder(number), manifest)

    def read_rest(self, manifest: Manifest) -> None:
        """Read the `rest` of a generation; one that is damaged is not served again by this object.

        Raises:
            DamagedIndexError: a byte has changed.

        """
        try:
            self._read(manifest, rest(manifest))
        except DamagedIndexError as exc:
            self._damaged[manifest.generation] = str(exc)
            raise

    def serving_order(self) -> list[int]:
        """The generations in the order in which they are tried: the current one, then the others, newest first."""
        current = self.readable_current()
        others = sorted(set(self.numbers()) - {current}, reverse=True)
        return others if current is None else [current, *others]

    def open_current(self, encoder: Encoder | None = None) -> tuple[Store, str | None]:
        """The current generation, or the newest sound one with a sentence saying why.

        Only the size of its `rest` is looked at. With an `encoder`, a generation made by another model counts as
        unusable.

        Raises:
            NoIndexError: nothing has been built.
            IndexUnavailableError: no generation can be served; the message is about the current one.

        """
        current = self.readable_current()
        try:
            return self._open_for(self.require_current(), encoder), None
        except NoIndexError:
            raise
        except IndexUnavailableError as exc:
            if self.readable_current() != current:  # it was replaced, and perhaps pruned, while it was opened
                return self.open_current(encoder)
            for number in self.serving_order():
                with suppress(IndexUnavailableError):
                    return self._open_for(number, encoder), f"{exc} Serving generation {number} until then."
            raise

    def inspect(self, number: int) -> tuple[list[str], float | None]:
        """Everything wrong with a generation after re-reading every byte of it, as sentences; and else its recall."""
        try:
            store = self.open(number)
        except IndexUnavailableError as exc:
            return [str(exc)], None
        with closing(store):
            faults = list(store.faults())
            return faults, None if faults else store.recall()

    def rollback(self) -> int:
        """Make the newest sound generation older than the current one current; its number.

        Raises:
            IndexUnavailableError: there is none.
            BuildLockedError: a build is under way.
            BuildError: the pointer cannot be written; it stays as it was.

        """
        with self.locked():
            current = self.current()
            for number in sorted(self.numbers(), reverse=True):
                if current is not None and number < current:
                    with suppress(IndexUnavailableError):
                        self.open(number).close()
                        self._point_to(number)
                        return number
        raise NoIndexError("There is no earlier generation to go back to.")

    def keeps(self, manifest: Manifest) -> bool:
        """Whether the vectors of a generation are where those of a new one would be."""
        return self.engine.outside == (COLLECTION in manifest.files)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the build lock; the system lets go of it even when the process is killed.

        Where such a process had told the engine another generation than the pointer, that is put right.

        Raises:
            BuildLockedError: another process holds it; the message says which and since when.
            BuildError: the index folder cannot be written.
            StoreError: the server that keeps vectors cannot be asked.

        """
        holder = self.root / "build.json"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.root / "build.lock", timeout=0)
            lock.acquire()
        except Timeout as exc:
            who = "another process"
            with suppress(OSError, ValueError, KeyError, TypeError):
                told = json.loads(holder.read_text(encoding="utf-8"))
                who = f"process {told['pid']} on {told['host']} since {told['since']}"
            raise BuildLockedError(f"The index is being built already, by {who}. Try again when it is done.") from exc
        except OSError as exc:
            raise BuildError(f"The index folder {self.root} cannot be written: {exc.strerror}.") from exc
        try:
            since = datetime.now(UTC).isoformat(timespec="seconds")
            with suppress(OSError):  # a full disk must not hide the real error, which comes later
                told = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
                holder.write_text(json.dumps(told), encoding="utf-8")
            self._tell(self.readable_current())
            yield
        finally:
            with suppress(OSError):
                holder.unlink(missing_ok=True)
            lock.release()

    def begin(self) -> Path:
        """A new empty folder to build in, after clearing what killed builds left. Call it under the lock.

        Raises:
            StoreError: the server that keeps vectors cannot be asked.

        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for left_over in self._folder.glob("building-*"):
            self._clear(left_over)
        folder = self._folder / f"building-{os.getpid()}"
        folder.mkdir()
        return folder

    def next_number(self) -> int:
        """The number of the generation that is built next."""
        return max([self.readable_current() or 0, *self.numbers()]) + 1

    def publish(self, folder: Path, manifest: Manifest, keep: int) -> None:
        """Check a finished folder, give it its name, point to it, and prune. Call it under the lock.

        Raises:
            DamagedIndexError: what was written does not read back as it should.

        """
        write_manifest(folder, manifest)
        store = Store(folder, manifest, self._engine_of(manifest).open)
        try:
            for fault in store.faults():
                raise DamagedIndexError(f"The new generation does not read back: {fault}.")
        finally:
            store.close()
        folder.rename(self.folder(manifest.generation))
        try:
            sync_folder(self._folder)
            self._point_to(manifest.generation)
        except (OSError, BuildError, StoreError):
            self._remove(manifest.generation)
            raise
        spared = max(keep, 1) if self.engine.outside else keep  # other processes may yet search the one before
        for number in [n for n in self.numbers() if n < manifest.generation][: -spared or None]:
            self._remove(number)

    def abandon(self, folder: Path) -> None:
        """Remove what a build has left; what cannot be removed now is by the next. Call it under the lock."""
        with suppress(StoreError):
            self._clear(folder)

    def _remove(self, number: int) -> None:
        """Remove a generation; wherever this is cut short, its folder is whole or gone."""
        with suppress(OSError):
            aside = self.folder(number).rename(self._folder / f"building-removed-{number:06d}")
            sync_folder(self._folder)
            self.abandon(aside)

    def _clear(self, folder: Path) -> None:
        """Delete a folder, after what it leads to; it stays for as long as the server of that is not set."""
        if self.engine.outside or not (folder / COLLECTION).exists():
            self.engine.forget(folder)
            shutil.rmtree(folder, ignore_errors=True)

    def _store(self, manifest: Manifest) -> Store:
        if self.engine.outside or COLLECTION not in manifest.files:
            return Store(self.folder(manifest.generation), manifest, self._engine_of(manifest).open)
        # No other is taken in its place: it would be an older one, and a build would lose what only this one knows.
        raise StoreError(
            f"The vectors of generation {manifest.generation} are on a server: set STORE_URL to its address."
        )

    def _engine_of(self, manifest: Manifest) -> Engine:
        return self.engine if COLLECTION in manifest.files else Files()

    def _tell(self, number: int | None) -> None:
        """Let the engine know which generation is current, if any and sound."""
        with suppress(DamagedIndexError):
            self.engine.point_to(None if number is None else self.folder(number))

    def _open_for(self, number: int, encoder: Encoder | None) -> Store:
        try:
            manifest = self.manifest(number)
            if encoder is not None:
                _require_model(manifest, encoder)
            self._read(manifest, manifest.files.keys() - rest(manifest))
            return self._store(manifest)
        except DamagedIndexError as exc:
            raise DamagedIndexError(f"Generation {number} cannot be served: {exc} {REBUILD}") from exc

    def _read(self, manifest: Manifest, names: Iterable[str]) -> None:
        """Read every byte of these files of a generation."""
        if manifest.generation in self._damaged:
            raise DamagedIndexError(self._damaged[manifest.generation])
        check_files(self.folder(manifest.generation), manifest, names)

    def _point_to(self, number: int) -> None:
        """Make a generation current, or raise BuildError or StoreError and leave the pointer as it was."""
        before = self.readable_current()
        self._tell(number)
        aside = self._pointer.with_suffix(".new")
        try:
            write_durably(aside, _pointing_to(number))
            aside.replace(self._pointer)
        except OSError as exc:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            with suppress(StoreError):
                self._tell(before)
            raise BuildError(f"{self._pointer} cannot be written: {exc.strerror}.") from exc
        with suppress(OSError):  # it is current by now; after a power cut, the one before may be
            sync_folder(self.root)


def _pointing_to(number: int) -> str:
    """What the pointer holds: the number, and a part of its sha256 by which a changed digit is seen."""
    digits = f"{number:06d}"
    return f"{digits} {hashlib.sha256(digits.encode()).hexdigest()[:8]}\n"


def _pointed_to(pointer: str) -> int:
    """The number that a pointer holds; a ValueError where it does not fit its check."""
    number = int(pointer.partition(" ")[0])
    # An older version wrote the number alone; what it points to is refused by its format.
    if pointer not in {_pointing_to(number), f"{number:06d}\n"}:
        raise ValueError(pointer)
    return number


def _require_model(manifest: Manifest, encoder: Encoder) -> None:
    made_by = (manifest.model, manifest.weights_sha256[:12], manifest.dimension)
    asked_for = (encoder.model, encoder.weights_sha256[:12], encoder.dimension)
    if made_by[1:] != asked_for[1:]:
        raise IncompatibleIndexError(
            f"Generation {manifest.generation} was made by the model {_describe(*made_by)}; EMBEDDING_MODEL is "
            f"{_describe(*asked_for)}. Run `on-the-record-index build`, or set EMBEDDING_MODEL back."
        )


def _describe(model: str, weights: str, dimension: int) -> str:
    return f"{model_name(model)} (weights {weights}…, {dimension} dimensions)"
