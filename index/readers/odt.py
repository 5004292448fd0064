"""An OpenDocument text (.odt) → one article, or those of an archive's export, as the text that is seen in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from index.readers import exports
from index.readers.decoding import as_shown, storable
from index.readers.drafts import Draft, Refused, UnreadableError
from index.readers.zipped import parts_of, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
MANIFEST = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
# Of these nothing is seen in the text.
_UNSEEN = {
    *(f"{OFFICE}annotation", f"{OFFICE}annotation-end", f"{OFFICE}forms", f"{TEXT}tracked-changes", f"{TEXT}note"),
    *(f"{TEXT}hidden-text", f"{TEXT}hidden-paragraph", f"{TEXT}ruby-text", f"{TEXT}sequence-decls"),
}
_PARAGRAPHS = {f"{TEXT}p", f"{TEXT}h"}
# More blanks in a row than that are no text.
_MAX_BLANKS = 1000


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The one article of an OpenDocument text, or the articles of an export.

    Its text is a paragraph per paragraph and heading, and table rows with their cells parted by tabs. What is hidden or
    struck through is left out, and so are notes, comments, what was deleted while changes were tracked, and the heads
    and feet of pages. A first paragraph that is a heading or of the style Title is the title, and so is one that the
    document's properties call that. The days and names in these are the file's, and are never taken.

    Raises:
        UnreadableError: it is no such document, protected by a password, damaged, too large, or without text.

    """
    with parts_of(file, "an OpenDocument text") as archive:
        manifest = tree(archive, "META-INF/manifest.xml")
        if manifest is not None and next(manifest.iter(f"{MANIFEST}encryption-data"), None) is not None:
            raise UnreadableError("it opens with a password only")
        content = tree(archive, "content.xml")
        body = content.find(f"{OFFICE}body/{OFFICE}text") if content is not None else None
        if content is None or body is None:
            raise UnreadableError("it is not an OpenDocument text, or has no text part")
        hidden = _hidden_styles(content)
        changes = next(body.iter(f"{TEXT}tracked-changes"), None) is not None
        paragraphs = [words for words in _blocks(body, hidden) if words]
        meta = tree(archive, "meta.xml")
    stated = next(meta.iter("{http://purl.org/dc/elements/1.1/}title"), None) if meta is not None else None
    first = next((each for each in body.iter(*_PARAGRAPHS) if _shown(each, hidden)), None)
    is_title = first is not None and (first.tag == f"{TEXT}h" or _is_title_style(first, content))
    is_title = is_title or bool(paragraphs and stated is not None and as_shown(stated.text or "") == paragraphs[0])
    notes = ("it has tracked changes, which are read as accepted",) if changes else ()
    yield from exports.from_paragraphs(paragraphs, is_titled=is_title, notes=notes)


def _hidden_styles(content: _Element) -> set[str]:
    """The names of the automatic styles that hide text or strike it through."""
    names = set()
    for style in content.iter(f"{STYLE}style"):
        for properties in style.iter(f"{STYLE}text-properties"):
            struck = properties.get(f"{STYLE}text-line-through-style", "none") != "none"
            if struck or properties.get(f"{TEXT}display") == "none":
                names.add(style.get(f"{STYLE}name", ""))
    return names


def _is_title_style(paragraph: _Element, content: _Element) -> bool:
    name = paragraph.get(f"{TEXT}style-name", "")
    parents = {
        each.get(f"{STYLE}name"): each.get(f"{STYLE}parent-style-name") for each in content.iter(f"{STYLE}style")
    }
    return "Title" in {name, parents.get(name)}


def _blocks(element: _Element, hidden: set[str]) -> Iterator[str]:
    """The words of each paragraph, and of each row of a table, in order."""
    for child in element:
        if child.tag in _PARAGRAPHS:
            yield _shown(child, hidden)
            for frame in child.iter(f"{DRAW}text-box"):
                yield from _blocks(frame, hidden)
        elif child.tag == f"{TABLE}table":
            yield from _rows(child, hidden)
        elif child.tag not in _UNSEEN and child.get(f"{TEXT}display") != "none":
            yield from _blocks(child, hidden)


def _rows(table: _Element, hidden: set[str]) -> Iterator[str]:
    """Each row: one line if no cell has several paragraphs, else the paragraphs of its cells."""
    for row in table.iter(f"{TABLE}table-row"):
        cells = [[words for words in _blocks(cell, hidden) if words] for cell in row.iterchildren(f"{TABLE}table-cell")]
        if all(len(cell) < 2 for cell in cells):
            yield "\t".join(words.replace("\n", " ") for cell in cells for words in cell)
        else:
            yield from (words for cell in cells for words in cell)


def _shown(paragraph: _Element, hidden: set[str]) -> str:
    if paragraph.get(f"{TEXT}style-name") in hidden:
        return ""
    return as_shown(storable("".join(_pieces(paragraph, hidden))))


def _pieces(element: _Element, hidden: set[str]) -> Iterator[str]:
    # A line end in the file is white space like any other; those that are meant are elements.
    yield (element.text or "").replace("\n", " ")
    for child in element:
        if child.tag == f"{TEXT}s":
            count = child.get(f"{TEXT}c", "1")
            yield " " * (min(int(count), _MAX_BLANKS) if count.isdecimal() else 1)
        elif child.tag == f"{TEXT}tab":
            yield "\t"
        elif child.tag == f"{TEXT}line-break":
            yield "\n"
        elif not (child.tag in _UNSEEN or child.tag.startswith(DRAW) or child.get(f"{TEXT}style-name") in hidden):
            yield from _pieces(child, hidden)
        yield (child.tail or "").replace("\n", " ")
