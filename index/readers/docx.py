"""A Word document (.docx) → one article, or those of an archive's export, as the text that is seen in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO

from index.readers import exports
from index.readers.decoding import as_shown, storable
from index.readers.drafts import Draft, Refused, UnreadableError
from index.readers.zipped import parts_of, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zipfile import ZipFile

    from lxml.etree import _Element

_WORD = re.compile(
    r"\{http://(?:schemas\.openxmlformats\.org/wordprocessingml/2006|purl\.oclc\.org/ooxml/wordprocessingml)/main\}(\w+)"
)
_MAIN = "/officeDocument"
# Of these nothing is seen in the text: what was deleted, what fields compute from, readings above characters.
_UNSEEN = {"del", "moveFrom", "instrText", "delText", "rt", "footnoteReference", "endnoteReference", "commentReference"}
_HIDING = {"vanish", "webHidden", "strike", "dstrike"}
_TEXT_FOR = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}
_CHANGES = {"ins", "del", "moveFrom", "moveTo"}
_HEADLINE = {"title", "heading 1"}


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The one article of a Word document, or the articles of an export.

    Its text is a paragraph per paragraph, table rows with their cells parted by tabs, and text boxes after the
    paragraph they hang on. Tracked changes count as accepted. What is hidden or struck through is left out, and so are
    notes, comments, and the heads and feet of pages. A first paragraph of the style Title or Heading 1 is the title,
    and so is one that the document's properties call that. The days in these are the file's, and are never taken; nor
    is their author, who is whoever made the file.

    Raises:
        UnreadableError: it is no such document, protected by a password, damaged, too large, or without text.

    """
    with parts_of(file, "a Word document") as archive:
        name = _main_part(archive)
        document = tree(archive, name)
        if document is None or (body := _child(document, "body")) is None:
            raise UnreadableError("it is not a Word document, or has no text part")
        paragraphs = [words for words in _blocks(body) if words]
        first = next((each for each in body.iter() if _name(each) == "p" and _shown(each)), None)
        is_title = first is not None and _style(first, archive, name) in _HEADLINE
        stated = _stated_title(archive)
        changes = any(_name(each) in _CHANGES for each in body.iter())
    notes = ("it has tracked changes, which are read as accepted",) if changes else ()
    is_title = is_title or bool(paragraphs and stated == paragraphs[0])
    yield from exports.from_paragraphs(paragraphs, is_titled=is_title, notes=notes)


def _name(element: _Element) -> str:
    """An element's name within Word's own markup; nothing if it is of another."""
    found = _WORD.fullmatch(element.tag) if isinstance(element.tag, str) else None
    return found[1] if found else ""


def _child(element: _Element, name: str) -> _Element | None:
    return next((each for each in element if _name(each) == name), None)


def _value(element: _Element | None, default: str = "") -> str:
    """The `val` of an element."""
    found = element.attrib if element is not None else {}
    return next((str(value) for key, value in found.items() if str(key).endswith("}val")), default)


def _main_part(archive: ZipFile) -> str:
    relations = tree(archive, "_rels/.rels")
    for each in relations if relations is not None else ():
        if each.get("Type", "").endswith(_MAIN):
            return str(each.get("Target", "")).lstrip("/")
    return "word/document.xml"


def _stated_title(archive: ZipFile) -> str:
    core = tree(archive, "docProps/core.xml")
    return as_shown(core.findtext("{http://purl.org/dc/elements/1.1/}title") or "") if core is not None else ""


def _style(paragraph: _Element, archive: ZipFile, main: str) -> str:
    """The name of a paragraph's style, which is English in every language of Word."""
    properties = _child(paragraph, "pPr")
    own = _value(_child(properties, "pStyle")) if properties is not None else ""
    styles = tree(archive, f"{main.rpartition('/')[0]}/styles.xml".lstrip("/"))
    for style in styles if own and styles is not None else ():
        if any(str(key).endswith("}styleId") and value == own for key, value in style.attrib.items()):
            return _value(_child(style, "name")).lower()
    return own.lower()


def _blocks(element: _Element) -> Iterator[str]:
    """The words of each paragraph, and of each row of a table, in order."""
    for child in element:
        name = _name(child)
        if name == "p":
            yield _shown(child)
            for box in _boxes(child):
                yield from _blocks(box)
        elif name == "tbl":
            for row in _rows(child):
                yield from row
        elif name not in _UNSEEN and not _is_fallback(child):
            yield from _blocks(child)


def _rows(table: _Element) -> Iterator[list[str]]:
    """Each row: one line if no cell has several paragraphs, else the paragraphs of its cells."""
    for row in (each for each in table.iter() if _name(each) == "tr" and _table_of(each) is table):
        cells = [[words for words in _blocks(cell) if words] for cell in row.iter() if _name(cell) == "tc"]
        if all(len(cell) < 2 for cell in cells):
            yield ["\t".join(words.replace("\n", " ") for cell in cells for words in cell)]
        else:
            yield [words for cell in cells for words in cell]


def _table_of(row: _Element) -> _Element | None:
    return next((above for above in row.iterancestors() if _name(above) == "tbl"), None)


def _boxes(paragraph: _Element) -> Iterator[_Element]:
    """The text boxes that hang on a paragraph, each once, though it is there for older programs too."""
    for box in paragraph.iter():
        if _name(box) == "txbxContent" and not any(map(_is_fallback, box.iterancestors())):
            above = next((each for each in box.iterancestors() if _name(each) == "p"), None)
            if above is paragraph:
                yield box


def _is_fallback(element: _Element) -> bool:
    return isinstance(element.tag, str) and element.tag.endswith("}Fallback")


def _shown(paragraph: _Element) -> str:
    return as_shown(storable("".join(_pieces(paragraph))))


def _pieces(element: _Element) -> Iterator[str]:
    for child in element:
        name = _name(child)
        if name == "t":
            yield child.text or ""
        elif name in _TEXT_FOR:
            yield _TEXT_FOR[name]
        elif name == "r" and _is_hidden(child):
            continue
        elif name not in _UNSEEN | {"p", "txbxContent", "pPr", "rPr"} and not _is_fallback(child):
            yield from _pieces(child)


def _is_hidden(run: _Element) -> bool:
    properties = _child(run, "rPr")
    marks = properties if properties is not None else ()
    return any(_name(mark) in _HIDING and _value(mark, "true") not in {"0", "false", "off"} for mark in marks)
