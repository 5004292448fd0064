"""Which reader a file is for: by what is in it first, by its name where that does not tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import PurePath
from typing import BinaryIO, NamedTuple

from index.readers import wire
from index.readers.drafts import Draft, Refused

Reader = Callable[[BinaryIO], Iterator[Draft | Refused]]

# How much of a file's beginning `reader_of` needs.
HEAD_BYTES = 16 * 1024


class _Format(NamedTuple):
    """What a format is called in a sentence, and how the names of its files end."""

    words: str
    suffixes: tuple[str, ...]


# Each has its reader in the module of its name, which is imported when a file needs it.
_FORMATS = {
    "text": _Format("plain text", (".txt",)),
    "markdown": _Format("Markdown", (".md", ".markdown")),
    "html": _Format("an HTML page", (".html", ".htm", ".xhtml")),
    "json": _Format("JSON", (".json", ".jsonl", ".ndjson")),
    "xml": _Format("XML", (".xml", ".rss", ".atom")),
    "pdf": _Format("a PDF", (".pdf",)),
    "wire": _Format("an agency's wire", (".iptc",)),
}
_NAMED = {suffix: name for name, each in _FORMATS.items() for suffix in each.suffixes}

# The endings of the files that are articles.
SUFFIXES = tuple(_NAMED)
# Modules whose readers take tens of milliseconds for a file.
SLOW = frozenset({"index.readers.html", "index.readers.pdf"})

# What may stand before a document's first element.
_PROLOGUE = re.compile(
    r"(?:\s+|<\?[^>]*\?>|<!--.*?-->|<!doctype\s+(?!html)[^>\[]*(?:\[[^\]]*\]\s*)?>)*", re.IGNORECASE | re.DOTALL
)
_HTML_START = re.compile(r"<(?:!doctype\s+html|(?:[\w.-]+:)?html|head|body)\b", re.IGNORECASE)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s/>]")
_JSON_START = re.compile(r"(?:\[\s*)?\{\s*(?:\"(?:[^\"\\]|\\.)*\"\s*:|\}\s*(?:,|\]|$))|\[\s*\]\s*$")


def reader_of(head: bytes, name: str) -> tuple[Reader, str | None]:
    """The reader for a file, and a note where its content is not what its name says.

    Prose that begins with a brace, an angle bracket or a rule stays what its name says. The reader itself refuses what
    turns out not to be of its format.

    Args:
        head: the first `HEAD_BYTES` of the file.
        name: the file's name; the case of its ending does not matter. A name without a known ending counts as text.

    """
    suffix = PurePath(name).suffix.lower()
    named = _NAMED.get(suffix, "text")
    found = _found(head) or named
    reader: Reader = import_module(f"index.readers.{found}").read
    if found == named or (found == "html" and named == "xml" and b"<?xml" in head):
        return reader, None
    return reader, f"it is named {suffix or 'without an ending'} and is {_FORMATS[found].words}; read as that"


def _found(head: bytes) -> str | None:
    """The format that the first bytes show beyond doubt."""
    if b"%PDF-" in head[:1024]:
        return "pdf"
    text = _decoded(head).lstrip()
    if _JSON_START.match(text):
        return "json"
    prologue = _PROLOGUE.match(text)
    start = prologue.end() if prologue else 0
    if _HTML_START.match(text, start):
        return "html"
    if text.startswith("<?xml"):
        return "xml"
    if root := _ROOT.match(text, start):
        from index.readers.xml import ARTICLES  # noqa: PLC0415 – only where there is an element

        return "xml" if root[1] in ARTICLES else None
    return "wire" if wire.begins(text) else None


def _decoded(head: bytes) -> str:
    """The first characters as far as their marks matter, which are ASCII in all encodings but UTF-16."""
    if head.startswith((b"\xff\xfe", b"<\0", b"{\0", b"[\0")):
        encoding = "utf-16-le"
    elif head.startswith((b"\xfe\xff", b"\0<", b"\0{", b"\0[")):
        encoding = "utf-16-be"
    else:
        encoding = "latin-1"
    return head.removeprefix(b"\xef\xbb\xbf").decode(encoding, "ignore").removeprefix("\ufeff")
