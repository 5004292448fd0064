"""What the readers of XML share: what stands in an element, and what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

XML = "{http://www.w3.org/XML/1998/namespace}"


def line_of(element: _Element) -> int | None:
    """The line that it begins in."""
    line: int | None = element.sourceline
    return line


def space_of(element: _Element) -> str:
    """The namespace of an element, in braces as in its tag."""
    tag: str = element.tag
    return tag[: tag.index("}") + 1] if tag.startswith("{") else ""


def local_name(element: _Element) -> str:
    """An element's name without its namespace, or without a prefix that the file does not explain."""
    name: str = element.tag
    return name.rpartition("}")[2].rpartition(":")[2]


def words(element: _Element | None) -> str:
    """All the text in an element."""
    return "".join(element.itertext()).strip() if element is not None else ""


def said(element: _Element, *paths: str) -> list[tuple[str, str]]:
    """What stands at these paths, with the name of its element, as far as it is not empty."""
    found = [each for path in paths for each in element.iterfind(path)]
    return [(local_name(each), text) for each in found if (text := " ".join(words(each).split()))]


def names(element: _Element, path: str) -> list[tuple[str, str]]:
    """The names at a path, as one value; the parts of a name stand in elements of their own, perhaps."""
    found = [(each, " ".join(" ".join(each.itertext()).split())) for each in element.iterfind(path)]
    named = [(each, name) for each, name in found if name]
    return [(local_name(named[0][0]), ", ".join(name for _, name in named))] if named else []


def language(element: _Element) -> list[tuple[str, str]]:
    """The nearest `xml:lang` of an element or what holds it."""
    for each in (element, *element.iterancestors()):
        if code := each.get(XML + "lang"):
            return [("xml:lang", code)]
    return []
