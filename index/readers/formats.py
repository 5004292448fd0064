"""Which reader a file is for: by what is in it first, by its name where that does not tell; and what is not read."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import PurePath
from typing import BinaryIO, NamedTuple

from index.readers import wire
from index.readers.drafts import Draft, Refused, UnreadableError

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
    "html": _Format("an HTML page", (".html", ".htm", ".xhtml", ".shtml")),
    "json": _Format("JSON", (".json", ".jsonl", ".ndjson")),
    "xml": _Format("XML", (".xml", ".rss", ".atom")),
    "pdf": _Format("a PDF", (".pdf",)),
    "docx": _Format("a Word document", (".docx", ".docm")),
    "odt": _Format("an OpenDocument text", (".odt",)),
    "rtf": _Format("RTF", (".rtf",)),
    "mail": _Format("e-mail", (".eml", ".mbox")),
    "mht": _Format("a web page in one file (MHTML)", (".mht", ".mhtml")),
    "epub": _Format("an EPUB", (".epub",)),
    "warc": _Format("a web archive (WARC)", (".warc", ".warc.gz")),
    "wire": _Format("an agency's wire", (".iptc",)),
}
_NAMED = {suffix: name for name, each in _FORMATS.items() for suffix in each.suffixes}

# The endings of the files that are articles.
SUFFIXES = tuple(_NAMED)
# Modules whose readers take tens of milliseconds for a file.
SLOW = frozenset({"index.readers.html", "index.readers.pdf", "index.readers.mht"})

_WORD = "open it in Word or LibreOffice and save it as .docx"
_PANDOC = "convert it to .md, .html or .docx, which pandoc does"
_UNPACK = "it holds other files; unpack it into the folder"
_TABLE = "it is a table; save its articles as JSON Lines, or as a file each"
_LINK = "it is a link, and nothing is fetched; save the page itself"
_CALIBRE = "convert it to .epub, which Calibre does"
# What may hold articles and is not read, and what to do; what cannot hold any is told by the folder.
_UNREAD = {
    **dict.fromkeys((".doc", ".dot", ".wps", ".wpd", ".sxw", ".fodt", ".ott", ".dotx"), f"it is not read; {_WORD}"),
    ".pages": "it is not read; open it in Pages and export it as .docx",
    ".gdoc": "it is a link to Google Docs; download the document as .docx",
    **dict.fromkeys((".tex", ".rst", ".org", ".adoc", ".textile"), f"it is not read; {_PANDOC}"),
    **dict.fromkeys((".ppt", ".pptx", ".odp", ".key"), "it is a presentation; export it as PDF"),
    **dict.fromkeys((".xls", ".xlsx", ".ods", ".csv", ".tsv", ".numbers"), _TABLE),
    **dict.fromkeys((".msg", ".emlx", ".oft"), "it is e-mail in a form that is not read; save it as .eml"),
    **dict.fromkeys(
        (".pst", ".ost", ".olm"), "it is a mailbox of Outlook; export it as .mbox, or its messages as .eml"
    ),
    ".webarchive": "it is a page as Safari saves it; save it as a web page, or as PDF",
    ".wacz": "it is not read; unpack it and add the .warc.gz files in its folder archive",
    **dict.fromkeys((".mobi", ".azw", ".azw3", ".fb2", ".lit"), f"it is not read; {_CALIBRE}"),
    **dict.fromkeys((".ps", ".eps", ".djvu", ".xps", ".indd", ".qxp"), "it is not read; export it as PDF"),
    **dict.fromkeys((".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"), _UNPACK),
    **dict.fromkeys((".url", ".webloc", ".lnk", ".desktop"), _LINK),
    **dict.fromkeys((".ris", ".bib", ".enw", ".nbib"), "it holds references, no texts; export the full texts"),
}
# What holds no text, by what it is; told once for a folder.
_MEDIA_SUFFIXES = {
    "pictures": ".jpg .jpeg .png .gif .webp .avif .heic .tif .tiff .bmp .svg .ico .psd",
    "sound": ".mp3 .m4a .wav .ogg .oga .opus .flac .aac .wma",
    "video": ".mp4 .m4v .mov .avi .mkv .webm .ogv .wmv .mpg .mpeg",
    "parts of web pages": ".css .js .mjs .map .woff .woff2 .ttf .otf .eot .webmanifest",
}
_MEDIA = {suffix: what for what, suffixes in _MEDIA_SUFFIXES.items() for suffix in suffixes.split()}

# What may stand before a document's first element.
_PROLOGUE = re.compile(
    r"(?:\s+|<\?[^>]*\?>|<!--.*?-->|<!doctype\s+(?!html)[^>\[]*(?:\[[^\]]*\]\s*)?>)*", re.IGNORECASE | re.DOTALL
)
_HTML_START = re.compile(r"<(?:!doctype\s+html|(?:[\w.-]+:)?html|head|body)\b", re.IGNORECASE)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s/>]")
_JSON_START = re.compile(r"(?:\[\s*)?\{\s*(?:\"(?:[^\"\\]|\\.)*\"\s*:|\}\s*(?:,|\]|$))|\[\s*\]\s*$")
# The first lines of a message; prose may begin with "From:" too, but not with what only programs write.
_MAIL_HEAD = re.compile(r"(?:From [^\n]*\n)?(?:[A-Za-z][\w-]*:[^\n]*\n(?:[ \t]+\S[^\n]*\n)*)+")
_BY_PROGRAM = re.compile(
    r"^(?:MIME-Version|Message-ID|Received|Return-Path|Delivered-To):", re.IGNORECASE | re.MULTILINE
)
_MAILBOX = re.compile(r"From (?=\S[^\n]*?\d{4})[^\n]*\n[A-Za-z][\w-]*:")
_SAVED_PAGE = re.compile(r"^Snapshot-Content-Location:|^From: *<Saved|multipart/related", re.IGNORECASE | re.MULTILINE)


def reader_of(head: bytes, name: str) -> tuple[Reader, str | None]:
    """The reader for a file, and a note where its content is not what its name says.

    Prose that begins with a brace, an angle bracket or a rule stays what its name says. The reader itself refuses what
    turns out not to be of its format.

    Args:
        head: the first `HEAD_BYTES` of the file.
        name: the file's name; the case of its ending does not matter.

    Raises:
        UnreadableError: it is of no format that is read; the message says what to do.

    """
    suffix = suffix_of(name)
    named = _NAMED.get(suffix)
    found = _found(head) or named
    if found is None:
        raise UnreadableError(_advice(suffix))
    reader: Reader = import_module(f"index.readers.{found}").read
    if found == named or (found == "html" and named == "xml" and b"<?xml" in head):
        return reader, None
    return reader, f"it is named {suffix or 'without an ending'} and is {_FORMATS[found].words}; read as that"


def suffix_of(name: str) -> str:
    """How a file's name ends, in small letters: `.warc.gz` is one ending."""
    path = PurePath(name.lower())
    double = "".join(path.suffixes[-2:])
    return double if double in _NAMED else path.suffix


def media_of(name: str) -> str | None:
    """What a file is that by its name cannot hold an article, such as pictures; None for any other."""
    return _MEDIA.get(suffix_of(name))


def is_unread(name: str) -> bool:
    """Whether files of this name are known and not read."""
    return suffix_of(name) in _UNREAD or media_of(name) is not None


def _advice(suffix: str) -> str:
    """Why files that end so are not read, and what to do."""
    if suffix in _UNREAD:
        return _UNREAD[suffix]
    if suffix in _MEDIA:
        return f"it is of a kind that holds no text ({_MEDIA[suffix]})"
    named = f"its name ends in {suffix}" if suffix else "its name has no ending"
    return f"{named}, and what it holds is of no format that is read; if it is plain text, let its name end in .txt"


def _found(head: bytes) -> str | None:
    """The format that the first bytes show beyond doubt."""
    return _by_bytes(head) or _by_words(_decoded(head).lstrip())


def _by_bytes(head: bytes) -> str | None:
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PK\3\4"):
        return _zipped(head)
    start = _unzipped(head) if head.startswith(b"\x1f\x8b") else head
    return "warc" if start.startswith(b"WARC/") else "rtf" if head.startswith(b"{\\rtf") else None


def _by_words(text: str) -> str | None:
    if _JSON_START.match(text):
        return "json"
    # A wire may stand below the headers of a mail.
    return "wire" if wire.begins(text) else _message(text) or _by_markup(text)


def _by_markup(text: str) -> str | None:
    prologue = _PROLOGUE.match(text)
    start = prologue.end() if prologue else 0
    if _HTML_START.match(text, start):
        return "html"
    if text.startswith("<?xml"):
        return "xml"
    if root := _ROOT.match(text, start):
        from index.readers.xml import ARTICLES  # noqa: PLC0415 – only where there is an element

        return "xml" if root[1] in ARTICLES else None
    return None


def _zipped(head: bytes) -> str | None:
    """What a ZIP file is by its first entries: OpenDocument and EPUB say it there, Word has a folder of that name."""
    if b"mimetypeapplication/vnd.oasis.opendocument.text" in head[:128]:
        return "odt"
    if b"mimetypeapplication/epub+zip" in head[:128]:
        return "epub"
    return "docx" if b"word/" in head and b"mimetype" not in head[:64] else None


def _unzipped(head: bytes) -> bytes:
    """The first bytes of what was compressed by gzip."""
    try:
        return zlib.decompressobj(31).decompress(head, 64)
    except zlib.error:
        return b""


def _message(text: str) -> str | None:
    """Whether a text is e-mail, or a page that was saved as if it were."""
    text = text.replace("\r\n", "\n")
    head = _MAIL_HEAD.match(text)
    if not head or not _BY_PROGRAM.search(head[0]):
        return "mail" if _MAILBOX.match(text) else None
    return "mht" if _SAVED_PAGE.search(head[0]) else "mail"


def _decoded(head: bytes) -> str:
    """The first characters as far as their marks matter, which are ASCII in all encodings but UTF-16."""
    if head.startswith((b"\xff\xfe", b"<\0", b"{\0", b"[\0")):
        encoding = "utf-16-le"
    elif head.startswith((b"\xfe\xff", b"\0<", b"\0{", b"\0[")):
        encoding = "utf-16-be"
    else:
        encoding = "latin-1"
    return head.removeprefix(b"\xef\xbb\xbf").decode(encoding, "ignore").removeprefix("\ufeff")
