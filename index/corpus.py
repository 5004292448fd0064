"""A folder of files → articles, each read by the reader of its format.

A bad file, or a bad article in a file of several, is refused by name and the others go on. Metadata is never invented.
"""

from __future__ import annotations

import hashlib
import re
import stat
import tomllib
from collections import Counter, defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from index.errors import CorpusError
from index.model import Article, Source
from index.passages import sentences
from index.readers import formats
from index.readers.decoding import storable
from index.readers.drafts import (
    CARD_FIELDS,
    MAX_ARTICLE_BYTES,
    TOO_LARGE,
    Draft,
    DraftCache,
    Problem,
    Refused,
    UnreadableError,
    card_field,
    line_finder,
)  # fmt: skip
from index.readers.items import WITHDRAWN
from index.readers.worker import Wanted, Worker
from index.spellings import ALIASES_FILE, read_aliases
from index.versions import Edition, Withdrawal, settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

METADATA_FILE = "sources.toml"
OPENING_CHARS = 80

# What systems leave in folders.
_OF_SYSTEMS = {"thumbs.db", "desktop.ini", "icon\r"}
# How the folder is called in which browsers keep a saved page's pictures and the like, in their languages.
_PARTS = re.compile(
    r"(.+?)[_.-](?:files|Dateien|fichiers|archivos|ficheiros|arquivos|bestanden|filer|file|pliki|soubory|tiedostot|файлы)"
)
_PAGES = {".html", ".htm", ".xhtml", ".shtml", ".php", ".asp", ".aspx", ".jsp"}

# Where a report was filed, in brackets, before a dash, or before a colon.
_DATELINE = re.compile(
    r"\s*(?:\([A-Z][\w .'’-]{1,30}\)\s+|[A-Z][A-Z .'’-]{2,30}(?:,[^\n–—-]{1,30})?(?:\([^)\n]{1,30}\)\s*)?\s[-–—]+\s+"
    r"|[A-Z][a-z]+(?: [A-Z][a-z]+)?:\s+)(?=\S)"
)


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a folder holds: the articles by id in order, files refused, and notes on files that were taken anyway.

    `earlier` are other versions of articles that stand in other files, by the article's id, the latest first.
    """

    articles: tuple[Article, ...]
    refused: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    aliases: tuple[tuple[str, ...], ...] = ()
    earlier: Mapping[str, tuple[Article, ...]] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """A hash over every stored text, its metadata, its other versions and the aliases.

        Equal hashes make equal indexes.
        """
        digest = hashlib.sha256(repr(self.aliases).encode())
        for article in self.articles:
            digest.update(repr((article.source, article.body_start)).encode())
        for name, versions in self.earlier.items():
            digest.update(repr((name, [(version.source, version.body_start) for version in versions])).encode())
        return digest.hexdigest()


def require_folder(folder: Path) -> None:
    """Raise CorpusError where there is no such folder."""
    if not folder.is_dir():
        raise CorpusError(
            f"The corpus folder {folder} does not exist. Put articles there, or name another with CORPUS_DIR or "
            "--corpus."
        )


def read_corpus(folder: Path, cache: Path | None = None, *, future: bool = False) -> Corpus:
    """Read every article file under `folder`, with the metadata of its `sources.toml` if there is one.

    `cache` is a file that remembers what was read of pages and PDFs, which take long; it is made where there is none.
    Articles that are dated in the future are not published yet: they are taken only with `future`.

    Raises:
        CorpusError: `folder` is not a readable folder, or `sources.toml` is not TOML (the message names the line).

    """
    require_folder(folder)
    metadata, notes = read_metadata(folder / METADATA_FILE)
    editions, refused, withdrawals = [], [], []
    with DraftCache(cache) as known, Worker() as worker:
        for read in _read(folder, known, worker):
            file = read.name
            if failure := read.failure:
                metadata.pop(file, None)
                refused.append(Problem(file.encode(errors="replace").decode(), storable(str(failure)), failure.line))
                continue
            notes += [Problem(file, read.read_as)] if read.read_as else []
            # A version of an article that withdraws it counts, however many came before it in the file.
            withdrawn = {d.member for d in read.drafts if isinstance(d, Refused) and d.reason == WITHDRAWN}
            for draft in map(_sound, read.drafts):
                if isinstance(draft, Draft) and draft.member and draft.member in withdrawn:
                    continue
                name = f"{file}#{draft.member}" if draft.member else file
                card = metadata.pop(name, {})
                if isinstance(draft, Refused):
                    refused.append(Problem(name, draft.reason, draft.line))
                    if draft.withdrawal:
                        withdrawals.append(Withdrawal(name, draft.member, draft.withdrawal))
                    continue
                article = _article(draft, name, card)
                if not future and (reason := _ahead(article.source.published)):
                    refused.append(Problem(name, reason, draft.line))
                    continue
                # What is given of its publication counts, else what the file says most exactly.
                published = card.get("published") or draft.revision.published or article.source.published
                editions.append(Edition(name, article, draft.revision._replace(published=published), draft.member))
                notes += [Problem(name, reason, draft.line) for reason in (*draft.notes, *_conflicts(draft, card))]
    if metadata:
        cards = ""
        with suppress(OSError, UnicodeDecodeError):  # it may be gone by now, or another
            cards = (folder / METADATA_FILE).read_text(encoding="utf-8-sig")
        locate = line_finder(cards)
        for name in sorted(metadata):
            notes.append(Problem(METADATA_FILE, f'there is no article file "{name}"', locate(name)))
    refused += _left_out(folder)
    settled = settle(editions, withdrawals)
    aliases, problems = read_aliases(folder / ALIASES_FILE)
    notes += [*settled.notes, *problems]
    return Corpus(settled.articles, (*refused, *settled.withdrawn), tuple(notes), tuple(aliases), settled.earlier)


def read_metadata(path: Path) -> tuple[dict[str, dict[str, Any]], list[Problem]]:
    """The valid metadata in a `sources.toml`: one dict of card fields per file name, and what was wrong with the rest.

    Raises:
        CorpusError: the file cannot be read or is not TOML.

    """
    if not path.exists():
        return {}, []
    try:
        text = path.read_text(encoding="utf-8-sig")
        tables = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as exc:  # a ValueError: not UTF-8, not TOML, or a number too long
        raise CorpusError(f"{path}: {exc}. Nothing was indexed; correct the file and build again.") from exc
    locate = line_finder(text)
    metadata: dict[str, dict[str, Any]] = {}
    problems = []
    for name, table in tables.items():
        if not isinstance(table, dict):
            problems.append(Problem(path.name, f'"{name}" must be a table, as in ["article.txt"]', locate(name)))
            continue
        card = metadata[name] = {}
        for key, value in table.items():
            try:
                card[key] = _card_field(key, value)
            except ValueError as exc:
                problems.append(Problem(path.name, f'["{name}"] {exc}; this field is left out', locate(name, key)))
    return metadata, problems


def opening_words(text: str, start: int, language: str = "en") -> str:
    """The first words of the first sentence after any dateline, ended with `…` when cut: a stand-in for a headline."""
    dateline = _DATELINE.match(text, start)
    first_line = text[dateline.end() if dateline else start :].lstrip().split("\n", 1)[0]
    spans = sentences(first_line, 0, language)
    sentence = first_line[: spans[0].end] if spans else first_line
    if len(sentence) <= OPENING_CHARS:
        return sentence
    return sentence[: OPENING_CHARS + 1].rsplit(None, 1)[0].rstrip(" ,;:–—-") + "…"


def article_files(folder: Path) -> Iterator[Path]:
    """Every file below the folder that may hold articles, in a stable order.

    Passed over are hidden files, what is called README, what holds no text by its name, and the parts of saved pages.

    Raises:
        CorpusError: a folder cannot be listed, perhaps since it has gone meanwhile.

    """
    found = _files(folder)
    parts = _parts_of_pages(folder, found)
    for path in found:
        is_part = any(above in parts for above in path.parents)
        if not is_part and formats.media_of(path.name) is None and not path.is_dir():
            yield path


def _files(folder: Path) -> list[Path]:
    """Everything below the folder but what is there for people or for the system, and what is not of the articles."""
    try:
        found = sorted(folder.rglob("*"))
    except OSError as exc:
        raise CorpusError(f"{exc.filename or folder} cannot be listed: {exc.strerror}. Build again.") from exc
    own = {folder / METADATA_FILE, folder / ALIASES_FILE}
    return [
        path
        for path in found
        if not any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
        and path.stem.lower() != "readme"
        and path.name.lower() not in _OF_SYSTEMS
        and path not in own
    ]


def _parts_of_pages(folder: Path, found: Iterable[Path]) -> dict[Path, str]:
    """The folders that browsers save beside a page for its pictures and the like, and which page that is."""
    named = [(path, match) for path in found if (match := _PARTS.fullmatch(path.name)) and path.is_dir()]
    pages = {path.with_suffix(""): path.name for path in found if path.suffix.lower() in _PAGES} if named else {}
    return {
        path: pages[page] for path, match in named if (page := path.with_name(match[1])) in pages and path != folder
    }


def _left_out(folder: Path) -> list[Problem]:
    """What holds no articles, told once for a folder and kind, however much of it there is."""
    found = _files(folder)
    parts = _parts_of_pages(folder, found)
    inside = Counter(next((above for above in path.parents if above in parts), None) for path in found)
    told = [
        Problem(path.relative_to(folder).as_posix(), f"the parts of the page {page}, {inside[path]:,} files; not read")
        for path, page in parts.items()
        if not any(above in parts for above in path.parents)
    ]
    kinds: dict[tuple[Path, str], list[str]] = defaultdict(list)
    for path in found:
        kind = formats.media_of(path.name)
        if kind and not any(above in parts for above in path.parents):
            kinds[path.parent, kind].append(path.name)
    for (parent, kind), names in kinds.items():
        place = (parent / names[0] if len(names) == 1 else parent).relative_to(folder).as_posix()
        others = f" ({len(names):,} files such as {names[0]})" if len(names) > 1 else ""
        told.append(Problem(place, f"{kind}{others}: no text in a form that is read"))
    return told


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the corpus: what it holds, or why it is not taken, and a note where it is not what its name says."""

    name: str
    drafts: list[Draft | Refused]
    failure: UnreadableError | None = None
    read_as: str | None = None


@dataclass(frozen=True, slots=True)
class _Begun:
    """A file of the corpus that is to be read, with the same note."""

    name: str
    wanted: Wanted
    read_as: str | None


def _read(folder: Path, known: DraftCache, worker: Worker) -> Iterator[_File]:
    """What every file of the folder holds, in order."""
    root = folder.resolve()
    begun: deque[_File | _Begun] = deque()

    def wanted() -> Iterator[Wanted]:
        for path in article_files(folder):
            begun.append(_begun(path, root, path.relative_to(folder).as_posix(), known))
            if isinstance(begun[-1], _Begun):
                yield begun[-1].wanted

    for drafts, failure, sha256 in worker.read(wanted()):
        while isinstance(each := begun.popleft(), _File):
            yield each
        if each.wanted.whole and not failure:
            known.keep(sha256, each.wanted.module, drafts)
        yield _File(each.name, drafts, failure, each.read_as)
    for each in begun:
        assert isinstance(each, _File)  # noqa: S101 – every other one was read
        yield each


def _begun(path: Path, root: Path, name: str, known: DraftCache) -> _File | _Begun:
    """What is known of a file: what it holds, or why it is not taken; else what is to be read."""
    try:
        name.encode()
        return _opened(path, root, name, known)
    except UnreadableError as exc:
        failure = exc
    except UnicodeEncodeError:
        failure = UnreadableError("its name is not UTF-8")
    except OSError as exc:
        failure = UnreadableError(f"it cannot be read: {exc.strerror or exc}")
    return _File(name, [], failure)


def _opened(path: Path, root: Path, name: str, known: DraftCache) -> _File | _Begun:
    found = path.stat()  # first, since it tells of a loop of links on every version of Python
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableError("it is not a regular file")
    resolved = path.resolve()
    if not resolved.is_relative_to(root):
        raise UnreadableError("it is a link that leads out of the corpus folder")
    held = None
    with path.open("rb") as file:
        reader, note = formats.reader_of(file.read(formats.HEAD_BYTES), name)
        whole = reader.__module__ in formats.SLOW
        if whole:
            if found.st_size > MAX_ARTICLE_BYTES:
                raise UnreadableError(TOO_LARGE)
            file.seek(0)
            held = known.get(known.key(file.read(MAX_ARTICLE_BYTES + 1), reader.__module__))
    if held is None:
        return _Begun(name, Wanted(resolved, reader.__module__, whole), note)
    return _File(name, held, None, note)


def _sound(draft: Draft | Refused) -> Draft | Refused:
    """A draft whose text and card can be stored and shown, whatever its reader left in them."""
    if isinstance(draft, Refused):
        return replace(draft, reason=storable(draft.reason), member=storable(draft.member))
    text, before = storable(draft.text), storable(draft.text[: draft.body_start])
    if not text[len(before) :].strip():
        return Refused("it has no text", draft.line, storable(draft.member))
    card = {name: storable(value) if isinstance(value, str) else value for name, value in draft.card.items()}
    notes, member = tuple(map(storable, draft.notes)), storable(draft.member)
    return replace(draft, text=text, body_start=len(before), card=card, notes=notes, member=member)


def _article(draft: Draft, name: str, card: Mapping[str, str | date]) -> Article:
    """The article of a draft, corrected by `sources.toml`; nothing is made up but a stand-in for a missing title."""
    told: dict[str, Any] = {**draft.card, **card}
    language = told.get("language")
    title = told.pop("title", None)
    source = Source(
        id=name.removesuffix(".txt"),
        title=title or opening_words(draft.text, draft.body_start, language or "en"),
        title_given=title is not None,
        outlet=None,
        author=None,
        published=None,
        url=None,
        language=None,
        sha256=hashlib.sha256(draft.text.encode()).hexdigest(),
        teaser=draft.teaser,
    )
    return Article(replace(source, **told), draft.text, draft.body_start)


def _ahead(published: date | None) -> str | None:
    """Why an article of this day is not published yet; nothing if that day has come anywhere."""
    latest = datetime.now(timezone(timedelta(hours=14))).date()
    return f"its day of publication, {published}, has not come" if published and published > latest else None


def _conflicts(draft: Draft, card: Mapping[str, str | date]) -> list[str]:
    """Where `sources.toml` says something else than the file; it is there to correct the file, so it counts."""
    return [
        f'{METADATA_FILE} gives {name} = "{value}", the file "{draft.card[name]}"; {METADATA_FILE} counts'
        for name, value in card.items()
        if name in draft.card and draft.card[name] != value
    ]


def _card_field(key: str, value: object) -> str | date:
    """A validated metadata value; ValueError says what is wrong with it."""
    if key not in CARD_FIELDS:
        hint = '; a file name stands in quotation marks, as in ["article.txt"]' if isinstance(value, dict) else ""
        raise ValueError(f'"{key}" is not one of {", ".join(CARD_FIELDS)}{hint}')
    return card_field(key, value)
