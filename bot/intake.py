"""Files on their way into the corpus: kept aside until they are confirmed, and then stored for good.

Nothing is fetched. Kept aside, a file is a small corpus of its own, so that what is shown is what an index will hold.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
import unicodedata
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import tomli_w
from filelock import FileLock, Timeout

from bot.days import quoted
from bot.tongue import say
from bot.visit import UsageError
from index.build import CACHE
from index.corpus import METADATA_FILE, Corpus, article_files, read_corpus, read_metadata, require_folder
from index.durable import sync_folder
from index.errors import CorpusError, OnTheRecordError
from index.passages import paragraph_spans
from index.readers.drafts import CARD_FIELDS, Draft, UnreadableError
from index.readers.formats import HEAD_BYTES, SUFFIXES, is_unread, reader_of, suffix_of
from index.readers.worker import Wanted, Worker

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from index.model import Article
    from index.readers.drafts import Problem

Card = dict[str, str | date]
# The cards of a `sources.toml` by name, and what is wrong in it: a sentence and its line.
_Cards = tuple[dict[str, Card], list[tuple[str, int | None]]]

MAX_FILE_BYTES = 20 * 1024 * 1024
# Seconds for which a file waits to be confirmed.
KEPT_SECONDS = 24 * 60 * 60
# The folder of the corpus for what came from chat.
ADDED = "added"
STAGED = "staged"
# Of a file's name with its ending, and what is kept free in it for a number; systems take 255 bytes in UTF-8.
MAX_NAME_CHARS = 100
_SPARE_CHARS = 8
_MAX_STEM_BYTES = 200
# Seconds to wait for another who stores something; it takes a moment.
_BUSY_SECONDS = 10.0
_ASIDE = ".adding-"
# Beside a file that is kept aside: where it is being stored.
_BEGUN = "begun"
GONE = say("This card is too old: its file was stored, discarded, or not confirmed within a day. Add it again.")
# Names that are not read as articles, and those that Windows keeps for devices.
_RESERVED = {"readme", "con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


class AddingError(OnTheRecordError):
    """A file cannot be added; the message says why, and the corpus is as it was."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that is kept aside: what an index would hold of it, and why not all of it.

    `file` is where it will be in the corpus; `paragraphs` counts those of all articles.
    """

    key: str
    file: str
    articles: tuple[Article, ...]
    paragraphs: int
    refused: tuple[Problem, ...]
    notes: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that was put into the corpus: its place there, the hash of its bytes, and the ids of its articles."""

    file: str
    sha256: str
    ids: tuple[str, ...]


class Intake:
    """Takes files into a corpus folder, by way of a folder in the index folder.

    Several processes may do so at once. `taken` names the articles, by id, whose names no new file may have, whether
    their files are there or not: those of the index, and those that were removed from it.
    """

    def __init__(self, index_dir: Path, corpus_dir: Path, *, future: bool = False) -> None:
        self._index = index_dir
        self._staged = index_dir / STAGED
        self._corpus = corpus_dir
        self._future = future

    def stage(self, data: bytes, name: str, given: Card, taken: Collection[str] = ()) -> Staged:
        """Keep a file aside, durably, with what is given of the one article in it; nothing of it is in the corpus.

        Raises:
            UsageError: something is given and the file holds several articles.
            AddingError: it is too large, no article can be read in it, the corpus has it, or it cannot be kept.
            CorpusError: there is no corpus folder.

        """
        if len(data) > MAX_FILE_BYTES:
            raise AddingError(too_large(name))
        require_folder(self._corpus)
        with _explained(quoted(name)), self._locked():
            self._undo_killed()
        self.forget_old()
        self._require_new(data)
        self._own(ADDED)
        try:
            file = self._free(_safe(name, data), self._metadata()[0], taken)
        except UnreadableError as exc:
            raise AddingError(say("{file} is not added: {reasons}.", file=quoted(name), reasons=exc)) from exc
        key = f"{hashlib.sha256(data).hexdigest()}-{secrets.token_hex(4)}"
        folder = self._staged / key
        try:
            with _explained(quoted(name)):
                found = _kept_aside(folder, file, data, given, future=self._future)
                for each in (folder / ADDED, folder, self._staged, self._index):
                    sync_folder(each)
            if not found.articles:
                reasons = "; ".join(problem.reason for problem in found.refused[:3]) or say("it holds no articles")
                told = say("{file} is not added: {reasons}.", file=quoted(name), reasons=reasons)
                raise AddingError(told)  # noqa: TRY301 what is kept goes either way
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        paragraphs = sum(len(paragraph_spans(article)) for article in found.articles)
        return Staged(key, file, found.articles, paragraphs, found.refused, found.notes)

    def store(self, key: str, taken: Collection[str] = ()) -> Stored:
        """Put a file that was kept aside into the corpus, and what was given of it into `sources.toml`.

        The file is there whole or not at all. Its name is another than was shown where that was taken meanwhile.

        Raises:
            UsageError: it is no longer kept.
            AddingError: the corpus has it by now, or it cannot be written.
            CorpusError: there is no corpus folder.

        """
        with _explained(say("The file")), self._locked():
            self._undo_killed()
            folder, shown, data, found, cards = self._load(key)
            require_folder(self._corpus)
            self._require_new(data)
            added = self._own(ADDED)
            before = self._metadata()
            file = self._free(PurePosixPath(shown).name, before[0], taken)
            added.mkdir(exist_ok=True)
            self._clear()
            _write(folder / _BEGUN, file.encode())
            sync_folder(folder)
            with _aside(added, data) as written:
                # First, since an article must never be read without what was given of it.
                for name, card in cards.items():
                    self._append(before, file + name.removeprefix(shown), card)
                written.rename(added / PurePosixPath(file).name)
            # It is there by now; after a power cut it may not be.
            with suppress(OSError):
                sync_folder(added)
                sync_folder(self._corpus)
            shutil.rmtree(folder, ignore_errors=True)
        start = len(_id(shown))
        ids = tuple(_id(file) + article.source.id[start:] for article in found.articles)
        return Stored(file, hashlib.sha256(data).hexdigest(), ids)

    def discard(self, key: str) -> None:
        """Delete a file that was kept aside.

        Raises:
            UsageError: it is no longer kept.

        """
        with _explained(say("The file")), self._locked():
            self._undo_killed()
            if not (self._staged / key).is_dir():
                raise UsageError(GONE)
            shutil.rmtree(self._staged / key, ignore_errors=True)

    def forget_old(self) -> None:
        """Delete what was not confirmed in time."""
        oldest = time.time() - KEPT_SECONDS
        for folder in self._staged.glob("*"):
            with suppress(OSError):
                if folder.stat().st_mtime < oldest:
                    shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = FileLock(self._index / "adding.lock", timeout=_BUSY_SECONDS)
        try:
            lock.acquire()
        except Timeout as exc:
            raise AddingError(say("Another file is being stored. Try again in a moment.")) from exc
        try:
            yield
        finally:
            lock.release()

    def _load(self, key: str) -> tuple[Path, str, bytes, Corpus, dict[str, Card]]:
        """What is kept under a key: its folder, the file's name that was shown, its bytes, articles and cards."""
        self.forget_old()
        folder = self._staged / key
        try:
            (path,) = (folder / ADDED).iterdir()
            data = path.read_bytes()
            found = read_corpus(folder, folder / CACHE, future=self._future)
            cards, _ = read_metadata(folder / METADATA_FILE)
        except (OSError, ValueError, CorpusError) as exc:
            raise UsageError(GONE) from exc
        if not key.startswith(hashlib.sha256(data).hexdigest()):
            raise UsageError(GONE)
        return folder, f"{ADDED}/{path.name}", data, found, cards

    def _require_new(self, data: bytes) -> None:
        for path in article_files(self._corpus):
            if suffix_of(path.name) not in SUFFIXES:
                continue  # what is no article is not in the way
            with suppress(OSError):
                if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
                    held = path.relative_to(self._corpus).as_posix()
                    raise AddingError(
                        say("The corpus has this very file already: {file}. Nothing was stored.", file=held)
                    )

    def _own(self, name: str) -> Path:
        """The path of this name in the corpus; a link there could lead anywhere."""
        path = self._corpus / name
        if path.is_symlink():
            raise AddingError(say("In the corpus, {name} is a link, so nothing is stored there.", name=name))
        return path

    def _metadata(self) -> _Cards:
        """The cards in the corpus's `sources.toml`, and what is wrong in it."""
        try:
            return _read_cards(self._corpus / METADATA_FILE)
        except CorpusError as exc:
            told = say(
                "{file}: {reason}. Nothing was stored; correct it first.", file=METADATA_FILE, reason=exc.__cause__
            )
            raise AddingError(told) from exc

    def _free(self, name: str, cards: Collection[str], taken: Collection[str]) -> str:
        """A place for a file of this name that neither a file, a card nor an article has or had, but for its number."""
        used = {_plain(f"{ADDED}/{path.name}") for path in (self._corpus / ADDED).glob("*")}
        for known in (*cards, *taken):
            owner = _plain(known.partition("#")[0])
            used |= {owner, f"{owner}.txt"}
        path = PurePosixPath(ADDED, name)
        places = (f"{path.with_stem(f'{path.stem}-{n}') if n > 1 else path}" for n in count(1))
        return next(place for place in places if _plain(place) not in used)

    def _append(self, before: _Cards, name: str, card: Card) -> None:
        """Give an article a card in `sources.toml`, in which all else stays as it is."""
        path = self._own(METADATA_FILE)
        is_new = not path.exists()
        old = b"" if is_new else path.read_bytes()
        gap = b"" if not old else b"\n" if old.endswith(b"\n") else b"\n\n"
        with _aside(self._corpus, old + gap + _table(name, card)) as written:
            try:
                sound = _read_cards(written) == ({**before[0], name: card}, before[1])
            except CorpusError:
                sound = False
            if not sound:
                told = say(
                    "{file} takes no table as it is now. Nothing was stored; correct it first.", file=METADATA_FILE
                )
                raise AddingError(told)
            if not is_new:
                shutil.copymode(path, written)
            written.replace(path)
        with suppress(OSError):
            sync_folder(self._corpus)

    def _undo_killed(self) -> None:
        """Take back the cards of files that a kill has kept from being stored, as far as they are as they were written.

        Of a file that is there, all is there, and what was kept aside goes. Call it under the lock.
        """
        for begun in self._staged.glob(f"*/{_BEGUN}"):
            folder, file = begun.parent, begun.read_bytes().decode()
            if not (self._corpus / file).exists():
                cards, _ = read_metadata(folder / METADATA_FILE)
                shown = next((folder / ADDED).iterdir()).name
                for name, card in cards.items():
                    self._take_back(file + name.removeprefix(f"{ADDED}/{shown}"), card)
                begun.unlink()
            else:
                shutil.rmtree(folder, ignore_errors=True)

    def _take_back(self, name: str, card: Card) -> None:
        """Take a card out of `sources.toml` again, in which all else stays as it is."""
        path, table = self._own(METADATA_FILE), _table(name, card)
        old = path.read_bytes() if path.exists() else b""
        at = old.rfind(table)
        if at < 0:
            return
        kept = old[: at - 1] if old[:at].endswith(b"\n\n") else old[:at]
        with _aside(self._corpus, kept + old[at + len(table) :]) as written:
            shutil.copymode(path, written)
            written.replace(path)
        with suppress(OSError):
            sync_folder(self._corpus)

    def _clear(self) -> None:
        """Delete what a kill has left half written. Call it under the lock."""
        for folder in (self._corpus, self._corpus / ADDED):
            for left_over in folder.glob(f"{_ASIDE}*"):
                left_over.unlink(missing_ok=True)


def too_large(name: str) -> str:
    """That a file is larger than is taken."""
    size = MAX_FILE_BYTES // 1024**2
    return say("{file} is larger than {size} MB. Put it into the corpus folder itself.", file=quoted(name), size=size)


def _safe(name: str, data: bytes) -> str:
    """A name like the given one that is a file's name on every system, and ends as its format does."""
    whole = re.split(r"[/\\]", unicodedata.normalize("NFKC", name))[-1].strip(" .")
    suffix = suffix_of(whole)
    stem = whole[: len(whole) - len(suffix)]
    if suffix not in SUFFIXES:
        stem, suffix = whole, _suffix_of(data, whole)
    stem = re.sub(r"[^\w.-]+", "-", stem)[: MAX_NAME_CHARS - _SPARE_CHARS - len(suffix)]
    stem = stem.encode()[:_MAX_STEM_BYTES].decode(errors="ignore").strip(".-") or "article"
    return f"{'_' * (stem.partition('.')[0].lower() in _RESERVED)}{stem}{suffix}"


def _suffix_of(data: bytes, name: str) -> str:
    """How the names of files of this format end; what says nothing else, as chats send it, is text."""
    reader, _ = reader_of(data[:HEAD_BYTES], name if is_unread(name) else "x.txt")
    return next(suffix for suffix in SUFFIXES if reader_of(b"", f"x{suffix}")[0] is reader)


def _kept_aside(folder: Path, file: str, data: bytes, given: Card, *, future: bool) -> Corpus:
    """A new folder as a corpus of one file, with what is given of its article."""
    (folder / ADDED).mkdir(parents=True)
    _write(folder / file, data)
    # What is given may be another day than one in the future.
    if given and read_corpus(folder, folder / CACHE, future=True).articles:
        _write(folder / METADATA_FILE, _table(_only_article(folder, file), given))
    return read_corpus(folder, folder / CACHE, future=future)


def _only_article(folder: Path, file: str) -> str:
    """What `sources.toml` calls the one article of a file that can be read."""
    path = folder / file
    with path.open("rb") as handle:
        read, _ = reader_of(handle.read(HEAD_BYTES), file)
    with Worker() as worker:
        (found,) = worker.read([Wanted(path.resolve(), read.__module__)])
    drafts = [draft for draft in found.drafts if isinstance(draft, Draft)]
    if len(drafts) > 1:
        raise UsageError(
            say(
                "This file holds {n} articles, and {fields} are of one. Add it without, and give each its table in "
                "{file}.",
                n=len(drafts),
                fields=", ".join(CARD_FIELDS),
                file=METADATA_FILE,
            )
        )
    return f"{file}#{drafts[0].member}" if drafts[0].member else file


def _table(name: str, card: Card) -> bytes:
    """A card as a table of TOML."""
    return tomli_w.dumps({name: card}).encode()


def _read_cards(path: Path) -> _Cards:
    cards, problems = read_metadata(path)
    return cards, [(problem.reason, problem.line) for problem in problems]


def _id(file: str) -> str:
    """What the ids of a file's articles begin with."""
    return file.removesuffix(".txt")


def _plain(file: str) -> str:
    """What two files have in common that some system takes for one."""
    return unicodedata.normalize("NFKC", file).casefold()


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


@contextmanager
def _aside(folder: Path, data: bytes) -> Iterator[Path]:
    """A durable file of a hidden name, to be given another; it is deleted where it is not."""
    path = folder / f"{_ASIDE}{secrets.token_hex(8)}"
    try:
        _write(path, data)
        yield path
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise AddingError(
            say(
                "{what} cannot be stored: {reason}. Nothing was stored; check the disk's space and the permissions of "
                "the folders.",
                what=what,
                reason=exc.strerror or exc,
            )
        ) from exc
