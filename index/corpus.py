"""A folder of files → articles. Refuses a bad file by name and reads on; never invents metadata."""

from __future__ import annotations

import hashlib
import re
import stat
import tomllib
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from index.drafts import CARD_FIELDS, card_field
from index.errors import CorpusError
from index.model import Article, Source
from index.passages import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MAX_FILE_BYTES = 20 * 1024 * 1024
METADATA_FILE = "sources.toml"
OPENING_CHARS = 80

_DATE_HEADER = re.compile(r"\s*(?:date|dated|published)\s*:?\s*(\d{4}-\d{2}-\d{2})\b\s*", re.IGNORECASE)
# Where a report was filed, in brackets, before a dash, or before a colon.
_DATELINE = re.compile(
    r"\s*(?:\([A-Z][\w .'’-]{1,30}\)\s+|[A-Z][A-Z .'’-]{2,30}(?:,[^\n–—-]{1,30})?(?:\([^)\n]{1,30}\)\s*)?\s[-–—]+\s+"
    r"|[A-Z][a-z]+(?: [A-Z][a-z]+)?:\s+)(?=\S)"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in the corpus: the file (relative to the corpus folder), the line if known, and a sentence."""

    file: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}{f':{self.line}' if self.line else ''}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a folder holds: the articles by id in order, files refused, and notes on files that were taken anyway."""

    articles: tuple[Article, ...]
    refused: tuple[Problem, ...]
    notes: tuple[Problem, ...]

    @property
    def sha256(self) -> str:
        """A hash over every stored text and its metadata; equal hashes make equal indexes."""
        digest = hashlib.sha256()
        for article in self.articles:
            digest.update(repr((article.source, article.body_start)).encode())
        return digest.hexdigest()


def read_corpus(folder: Path) -> Corpus:
    """Read every `.txt` file under `folder`, with the metadata of its `sources.toml` if there is one.

    Raises:
        CorpusError: `folder` is not a readable folder, or `sources.toml` is not TOML (the message names the line).

    """
    if not folder.is_dir():
        raise CorpusError(f"The corpus folder {folder} does not exist. Set CORPUS_DIR or pass --corpus.")
    root = folder.resolve()
    metadata, notes = read_metadata(folder / METADATA_FILE)
    articles, refused = [], []
    for path in _text_files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            article, note = _read_article(path, root, name, metadata.pop(name, {}))
        except _RefusedError as exc:
            refused.append(Problem(name.encode(errors="replace").decode(), str(exc)))
            continue
        articles.append(article)
        notes.extend(Problem(name, reason) for reason in note)
    if metadata:
        locate = _line_finder((folder / METADATA_FILE).read_text(encoding="utf-8-sig"))
        for name in sorted(metadata):
            notes.append(Problem(METADATA_FILE, f'there is no article file "{name}"', locate(name)))
    return Corpus(tuple(articles), tuple(refused), tuple(notes))


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
    locate = _line_finder(text)
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


class _RefusedError(Exception):
    """Why a file is not taken, as a sentence."""


def _text_files(folder: Path) -> Iterator[Path]:
    """Every `.txt` below the folder in a stable order; hidden files and folders are not the corpus."""
    for path in sorted(folder.rglob("*.txt")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and not path.is_dir():
            yield path


def _read_article(path: Path, root: Path, name: str, card: dict[str, Any]) -> tuple[Article, list[str]]:
    try:
        name.encode()
        facts = path.stat()  # first, since it tells of a loop of links on every version of Python
        if not stat.S_ISREG(facts.st_mode):
            raise _RefusedError("it is not a regular file")
        if not path.resolve().is_relative_to(root):
            raise _RefusedError("it is a link that leads out of the corpus folder")
        if facts.st_size > MAX_FILE_BYTES:
            raise _RefusedError(f"it is larger than {MAX_FILE_BYTES // 1024**2} MiB, too large for one article")
        raw = path.read_bytes()
    except UnicodeEncodeError as exc:
        raise _RefusedError("its name is not UTF-8") from exc
    except OSError as exc:
        raise _RefusedError(f"it cannot be read: {exc.strerror or exc}") from exc
    text, notes = _decode(raw)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise _RefusedError("it is empty")
    published, body_start = None, 0
    if header := _DATE_HEADER.match(text):
        body_start = header.end()
        try:
            published = date.fromisoformat(header.group(1))
        except ValueError:
            notes.append(f"its date {header.group(1)} does not exist; the article is shown without a date")
        if not text[body_start:].strip():
            raise _RefusedError("it holds a date and no text")
    language = card.get("language")
    source = Source(
        id=name.removesuffix(".txt"),
        title=opening_words(text, body_start, language or "en"),
        title_given=False,
        outlet=None,
        author=None,
        published=published,
        url=None,
        language=language,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    source = replace(source, **card, title_given="title" in card)
    return Article(source, text, body_start), notes


def _decode(raw: bytes) -> tuple[str, list[str]]:
    """UTF-8 or a byte order mark's encoding, else Windows-1252, which shows what Latin-1 bytes were meant to show."""
    encoding = "utf-8-sig"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in raw:
        raise _RefusedError("it holds NUL bytes, so it is not a text file")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as exc:
        if encoding == "utf-16":
            raise _RefusedError("its byte order mark says UTF-16, but it is not") from exc
    else:
        if "\0" in text:
            raise _RefusedError("it holds NUL characters, so it is not a text file")
        return text, []
    try:
        return raw.decode("cp1252"), ["it is not UTF-8; read as Latin-1 (Windows-1252)"]
    except UnicodeDecodeError:
        return raw.decode("latin-1"), ["it is not UTF-8; read as Latin-1"]


def _card_field(key: str, value: object) -> str | date:
    """A validated metadata value; ValueError says what is wrong with it."""
    if key not in CARD_FIELDS:
        hint = '; a file name stands in quotation marks, as in ["article.txt"]' if isinstance(value, dict) else ""
        raise ValueError(f'"{key}" is not one of {", ".join(CARD_FIELDS)}{hint}')
    return card_field(key, value)


def _line_finder(text: str) -> Callable[..., int | None]:
    """A function (table, key=None) → line number, since tomllib reports no places for values it accepts."""
    name = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
    opening = re.compile(rf"\s*(\[*)\s*({name}(?:\s*\.\s*{name})*)\s*[\]=]")
    lines: dict[tuple[str, str | None], int] = {}
    table: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if found := opening.match(line):
            names = [part.strip("\"'") for part in re.findall(name, found[2])]
            path = names if found[1] else table + names
            table = names if found[1] else table
            lines.setdefault((path[0], None), number)
            lines.setdefault((path[0], path[1] if path[1:] else None), number)

    def locate(name: str, key: str | None = None) -> int | None:
        return lines.get((name, key), lines.get((name, None)))

    return locate
