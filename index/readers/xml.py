"""XML → drafts: what agencies send, and feeds that hold full texts."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, NamedTuple

from index.readers import agency, feeds
from index.readers.agency import NAR
from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, Refused, UnreadableError
from index.readers.elements import line_of, local_name
from index.readers.feeds import ATOM
from index.readers.items import unique, version_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, BinaryIO

    from lxml.etree import _Element

    from index.readers.items import Found

G2_ITEMS = ("newsItem", "packageItem", "conceptItem", "knowledgeItem", "planningItem", "catalogItem", "hopHistoryItem")
# What the elements of an article are called, by the root element's name.
ARTICLES = {
    "rss": ["item"],
    "RDF": [f"{{{space}}}item" for space in ("http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/")],
    "feed": [ATOM + "entry"],
    "entry": [ATOM + "entry"],
    "nitf": ["{*}nitf"],
    "NewsML": ["{*}NewsItem"],
    **{root: [NAR + name for name in G2_ITEMS] for root in ("newsMessage", *G2_ITEMS)},
}
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
# What libxml2 says, in words that tell a person nothing, and what we say.
_FAULTS = {
    "xmlParseEntityRef": "it is not well-formed XML: an & stands in it that begins nothing",
    "amplification": "its entities grow out of bounds",
    "Excessive depth": "its elements are nested more than 256 deep",
    "too long": "one of its texts is longer than ten million characters",
    "too big": "one of its texts is longer than ten million characters",
    "Buffer size": "one of its texts is longer than ten million characters",
}
_DECLARED = re.compile(rb"\s*<\?xml[^>]*?\bencoding\s*=\s*[\"']([\w.-]+)")
# What these say they are is most often what Windows calls so, with letters where they have controls.
_LATIN = {"iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii"}
_WINDOWS_LETTERS = re.compile(rb"[\x80-\x9f]")


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The articles of a file of NewsML-G2, NewsML 1, NITF, RSS or Atom, one at a time.

    Nothing that the file refers to is fetched, and entities that it declares are not used. Of a feed only items with
    their full text are articles.

    Args:
        file: can be read again from its start. It is read in pieces; an article beyond `MAX_ARTICLE_BYTES` ends it.

    Raises:
        UnreadableError: it is not well-formed before its first article, of another kind, declares entities, or holds no
            articles.

    """
    return unique(_noted(_opened(file)))


class _Document(NamedTuple):
    """A file, and the encoding that it is in where that is not the one that it declares."""

    file: BinaryIO
    encoding: str | None = None
    note: str = ""


def _opened(file: BinaryIO) -> _Document:
    """The document of a file; all of it is looked at where it declares an encoding that often is not its own."""
    file.seek(0)
    found = _DECLARED.match(file.read(1024).removeprefix(codecs.BOM_UTF8))
    declared = found[1].decode("ascii", "replace").lower() if found else "utf-8"
    if declared.replace("-", "").startswith(("utf", "ucs", "iso10646")):
        return _Document(file)
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, is_ascii, is_windows = True, True, False
    while data := file.read(1024**2):
        is_ascii = is_ascii and data.isascii()
        is_windows = is_windows or bool(_WINDOWS_LETTERS.search(data))
        if is_utf8:
            try:
                decoder.decode(data)
            except UnicodeDecodeError:
                is_utf8 = False
    is_utf8 = is_utf8 and not decoder.getstate()[0]
    if is_utf8 and not is_ascii:
        return _Document(file, "utf-8", f"it says that it is {declared} and is UTF-8; read as that")
    if is_windows and declared in _LATIN:
        return _Document(file, "windows-1252", f"it says that it is {declared} and is Windows-1252; read as that")
    return _Document(file)


def _noted(document: _Document) -> Iterator[Draft | Refused]:
    """The articles; what is noted of the file stands at the first."""
    note = document.note
    for each in _articles(document):
        if note and isinstance(each, Draft):
            yield each.noting([note])
            note = ""
        else:
            yield each


def _articles(document: _Document) -> Iterator[Draft | Refused]:
    from lxml import etree  # noqa: PLC0415 - costs start-up time

    root, line = _root(document)
    if root not in ARTICLES:
        raise UnreadableError(f"its root element <{root}> is not one of NewsML, NITF, RSS or Atom", line)
    latest = _latest(document, ARTICLES[root]) if root in {"newsMessage", "NewsML"} else {}
    feed: dict[str, Found] = {}
    seen = False
    try:
        for element in _elements(document, ARTICLES[root]):
            feed = feed or feeds.about(element)
            seen = True
            unknown = next(element.iter(etree.Entity), None)
            if unknown is not None:
                yield Refused(f"it uses {unknown.text}, which the file does not explain", line_of(unknown))
            elif element.tag.startswith(NAR):
                yield agency.news_item(element, latest)
            elif root == "NewsML":
                yield agency.news_item_1(element, latest)
            elif element.tag == ATOM + "entry":
                yield feeds.atom(element, feed)
            elif local_name(element) == "nitf":
                yield agency.nitf_document(element)
            else:
                yield feeds.rss(element, feed)
    except UnreadableError as exc:
        if not seen:
            raise
        yield Refused(f"{exc}; the rest of the file was not read", exc.line)
    if not seen:
        raise UnreadableError("it holds no articles")


def _latest(document: _Document, tags: list[str]) -> dict[str, tuple[int, int | None]]:
    """The highest version of each item of a message, and its line: only that one speaks."""
    latest: dict[str, tuple[int, int | None]] = {}
    try:
        for item in _elements(document, tags):
            name, number = agency.version_of(item)
            if name and version_number(number) > latest.get(name, (-1, None))[0]:
                latest[name] = version_number(number), line_of(item)
    except UnreadableError:
        pass  # said when the articles are read
    return latest


def _root(document: _Document) -> tuple[str, int | None]:
    """The name of the root element and its line; refuses a file that declares entities."""
    for root in _events(document, "start", None):
        declared = root.getroottree().docinfo.internalDTD
        if declared is not None and any(declared.iterentities()):
            document.file.seek(0)
            head, entity, _ = document.file.read(MAX_ARTICLE_BYTES).partition(b"<!ENTITY")
            line = head.count(b"\n") + 1 if entity else None
            raise UnreadableError("it declares entities of its own, which could hide, multiply or fetch text", line)
        return local_name(root), line_of(root)
    raise UnreadableError("it is empty")


def _elements(document: _Document, tags: list[str]) -> Iterator[_Element]:
    """Each article's element, whole; what stands before it in the file is forgotten when the next is asked for."""
    for element in _events(document, "end", tags):
        yield element
        element.clear()
        while (before := element.getprevious()) is not None:
            before.getparent().remove(before)


def _events(document: _Document, event: str, tags: list[str] | None) -> Iterator[_Element]:
    from lxml import etree  # noqa: PLC0415 - costs start-up time

    document.file.seek(0)
    source = _Metered(document.file)
    context = etree.iterparse(source, events=(event,), tag=tags, encoding=document.encoding, **_SAFE)
    try:
        for _, element in context:
            yield element
            source.start = source.end
    except etree.XMLSyntaxError as exc:
        fault = context.error_log.last_error
        if fault is not None and fault.domain == etree.ErrorDomains.NAMESPACE:
            return  # a prefix that is not declared: everything was read, and such names say nothing to us
        if fault is None:
            raise UnreadableError("it is empty") from exc
        ours = next((reason for words, reason in _FAULTS.items() if words in fault.message), None)
        raise UnreadableError(ours or f"it is not well-formed XML: {fault.message.strip()}", fault.line) from exc


class _Metered:
    """A file for the parser that ends when too much is read for one article."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.start = self.end = (0, 1)  # bytes read, and the line that was reached

    def read(self, size: int) -> bytes:
        if self.end[0] - self.start[0] > MAX_ARTICLE_BYTES:
            size_limit = MAX_ARTICLE_BYTES // 1024**2
            raise UnreadableError(f"there are more than {size_limit} MiB here without an article's end", self.start[1])
        data = self._file.read(size)
        self.end = (self.end[0] + len(data), self.end[1] + data.count(b"\n"))
        return data
