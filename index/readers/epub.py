"""An EPUB → the articles of its chapters, such as an issue that a reading program has put together."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote

from index.readers.decoding import as_shown, storable
from index.readers.drafts import Draft, Refused, UnreadableError
from index.readers.items import member_name, unique
from index.readers.pages import page
from index.readers.zipped import part, parts_of, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zipfile import ZipFile

    from lxml.etree import _Element

CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"
XMLENC = "{http://www.w3.org/2001/04/xmlenc#}"
_PAGES = {"application/xhtml+xml", "text/html"}
# All pages of a long book together.
MAX_BOOK_BYTES = 200 * 1024 * 1024
MAX_CHAPTERS = 2_000
# What a program writes for itself where a publisher would stand.
_PROGRAMS = {"calibre"}


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The article of each chapter, named by its place in the book; its pages are read as saved web pages are.

    What a page does not say of itself the book says: publisher as outlet, author, language, and the day that it states
    as that of its publication. Its contents page is not an article.

    Raises:
        UnreadableError: it is no EPUB, damaged, too large, or holds no chapters.

    """
    with parts_of(file, "an EPUB") as archive:
        package, folder = _package(archive)
        said = _said(package)
        locked = _locked(archive)
        chapters = _chapters(package, folder)
        if not chapters:
            raise UnreadableError("it holds no chapters")
        if len(chapters) > MAX_CHAPTERS:
            raise UnreadableError(f"it has more than {MAX_CHAPTERS:,} chapters, too many for a book")
        yield from unique(_articles(archive, chapters, said, locked))


def _package(archive: ZipFile) -> tuple[_Element, str]:
    """The book's description of itself, and the folder that it is in."""
    container = tree(archive, "META-INF/container.xml")
    root = next(container.iter(f"{CONTAINER}rootfile"), None) if container is not None else None
    path = root.get("full-path", "") if root is not None else ""
    package = tree(archive, path) if path else None
    if package is None:
        raise UnreadableError("it is not an EPUB: it does not say where its contents are described")
    return package, posixpath.dirname(path)


def _said(package: _Element) -> dict[str, str]:
    """What the book says of itself, by the fields of a card."""

    def words(name: str) -> list[str]:
        return [text for each in package.iter(f"{DC}{name}") if (text := as_shown(storable("".join(each.itertext()))))]

    # EPUB 2 says which day a date is; in EPUB 3 there is one, that of publication.
    days = [
        each.text or "" for each in package.iter(f"{DC}date") if each.get(f"{OPF}event", "publication") == "publication"
    ]
    publishers = [name for name in words("publisher") if name.casefold() not in _PROGRAMS]
    authors = [name for name in words("creator") if name.casefold() not in _PROGRAMS]
    said = {"outlet": publishers[:1], "author": [", ".join(authors)], "language": words("language")[:1]}
    said["published"] = [days[0].strip()[:10]] if days else []
    return {key: values[0] for key, values in said.items() if values and values[0]}


def _locked(archive: ZipFile) -> set[str]:
    """The parts that are encrypted, which fonts often are and chapters where the book is protected."""
    encryption = tree(archive, "META-INF/encryption.xml")
    references = encryption.iter(f"{XMLENC}CipherReference") if encryption is not None else ()
    return {unquote(each.get("URI", "")) for each in references}


def _chapters(package: _Element, folder: str) -> list[str]:
    """The paths of the chapters in order, without the contents page."""
    items = {each.get("id", ""): each for each in package.iter(f"{OPF}item")}
    paths = []
    for reference in package.iter(f"{OPF}itemref"):
        item = items.get(reference.get("idref", ""))
        if item is None or item.get("media-type") not in _PAGES or "nav" in item.get("properties", "").split():
            continue
        paths.append(posixpath.normpath(posixpath.join(folder, unquote(item.get("href", "")))))
    return list(dict.fromkeys(paths))


def _articles(
    archive: ZipFile, chapters: list[str], said: dict[str, str], locked: set[str]
) -> Iterator[Draft | Refused]:
    size = 0
    for path in chapters:
        name = member_name(path)
        try:
            raw = None if path in locked else part(archive, path)
            size += len(raw or b"")
            if size > MAX_BOOK_BYTES:
                yield Refused(f"its chapters are larger than {MAX_BOOK_BYTES // 1024**2} MiB; the rest was not read")
                return
            if raw is None:
                reason = "it is protected (DRM) and cannot be opened" if path in locked else "it is missing in the book"
                yield Refused(reason, None, name)
                continue
            yield replace(page(raw, said), member=name)
        except UnreadableError as exc:
            yield Refused(str(exc), exc.line, name)
