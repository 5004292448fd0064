"""Markup → the text that a reader of it sees, in paragraphs."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from index.readers.elements import local_name
from index.readers.unseen import hidden, note_mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

# Elements that stand apart from the text around them, in HTML and in NITF; the rest of what HTML has in a text; and
# those of which a reader of the page sees nothing, or no text.
_BLOCK = (
    "address|article|aside|blockquote|body|caption|center|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure"
    "|footer|form|h1|h2|h3|h4|h5|h6|header|hgroup|hr|html|legend|li|main|menu|nav|ol|optgroup|option|p|pre|search|section"
    "|summary|table|tbody|tfoot|thead|tr|ul|block|bq|credit|fn|hl1|hl2|media|media-caption|media-producer|note"
)
_INLINE = "a|abbr|b|big|cite|code|del|em|font|i|img|ins|mark|q|s|small|span|strike|strong|sub|sup|td|th|time|tt|u"
_UNSEEN = (
    "applet|audio|canvas|head|iframe|math|media-metadata|media-object|media-reference|noembed|noframes|noscript|object"
    "|script|select|style|svg|template|textarea|title|video"
)
_BLOCKS, _UNSEENS = frozenset(_BLOCK.split("|")), frozenset(_UNSEEN.split("|"))
_TAG = re.compile(rf"</?(?:{_BLOCK}|{_INLINE}|{_UNSEEN}|br)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCK}|br)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_WHITE_SPACE = re.compile(r"[ \t\n\r\f]{2,}|[\t\n\r\f]")
_LINE_END = "\0"  # in a text that is being collected; a NUL cannot stand in markup


def html_paragraphs(markup: str, *, keep_lines: bool = False, without: frozenset[str] = frozenset()) -> str:
    """The text that a reader of this piece of HTML sees: paragraphs parted by blank lines.

    White space is collapsed as HTML collapses it; with `keep_lines` line ends stay, as in text with a few tags in it.
    Elements called as in `without` are left out. Nothing is run and nothing is fetched.
    """
    from lxml import etree  # noqa: PLC0415 - costs start-up time

    if not markup.strip() or not sound(markup):
        return markup.strip()  # the parser would replace what makes `article` refuse it
    page = _Page(without, keep_lines=keep_lines)
    # A target keeps no tree: there is no depth at which text would be lost, nor is any lost after a stray </html>.
    parser = etree.HTMLParser(target=page, huge_tree=True)
    # An XML declaration would make the parser distrust text that is decoded already.
    parser.feed(re.sub(r"^\s*<\?xml[^>]*>", "", markup))
    parser.close()
    return page.text()


def tree_paragraphs(element: _Element, *, without: frozenset[str] = frozenset()) -> str:
    """The text that a reader of this XHTML or NITF element sees, as `html_paragraphs`."""
    from lxml import etree  # noqa: PLC0415 - costs start-up time

    page = _Page(without)
    for event, node in etree.iterwalk(element, events=("start", "end")):
        name = local_name(node)
        if event == "start":
            page.start(name, node.attrib)
            page.data(node.text or "")
        else:
            page.end(name)
            page.data(node.tail or "" if node is not element else "")
    return page.text()


def prose(text: str) -> str:
    """A text of a field that does not say whether it is HTML: read as HTML where it holds tags."""
    text = plain(text)
    if _TAG.search(text):
        return html_paragraphs(text, keep_lines=not _BLOCK_TAG.search(text))
    return _REFERENCE.sub(lambda reference: html.unescape(reference[0]), text).strip()


def plain(text: str) -> str:
    """A text that is no markup: line ends are single line feeds, no white space around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


class _Page:
    """Receives tags and text in order and keeps what a reader sees."""

    def __init__(self, without: frozenset[str], *, keep_lines: bool = False) -> None:
        self._left_out = _UNSEENS | without
        self._paragraphs: list[str] = []
        self._pieces: list[str] = []
        self._unseen = 0  # how many elements are open in the one that is not shown, itself included
        self._keep_lines = int(keep_lines)
        self._raised: list[tuple[str, int, str | None]] = []  # what is open of what can be the mark of a note

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        name = name.lower()
        if self._unseen or name in self._left_out or hidden(attributes):
            self._unseen += 1
        elif name in _BLOCKS:
            self._part()
            self._keep_lines += name == "pre"
        elif name == "br":
            self._pieces.append(_LINE_END)
        elif name in {"td", "th"}:
            self._pieces.append(" ")
        elif name == "q":
            self._pieces.append("“")
        elif name in {"sup", "a"}:
            around = next((target for _, _, target in reversed(self._raised) if target), None)
            self._raised.append((name, len(self._pieces), attributes.get("href") or around))

    def end(self, name: str) -> None:
        name = name.lower()
        if self._unseen:
            self._unseen -= 1
        elif name in _BLOCKS:
            self._part()
            self._keep_lines -= name == "pre"
        elif name == "q":
            self._pieces.append("”")
        elif self._raised and self._raised[-1][0] == name:
            _, begun, target = self._raised.pop()
            if note_mark(name, "".join(self._pieces[begun:]), target):
                del self._pieces[begun:]

    def data(self, text: str) -> None:
        if not self._unseen:
            self._pieces.append(text.replace("\n", _LINE_END) if self._keep_lines else text)

    def close(self) -> None:
        """Ends the page, as the parser asks; `text` tells what it holds."""

    def text(self) -> str:
        self._part()
        return re.sub(r"\n{3,}", "\n\n", "\n\n".join(self._paragraphs))

    def _part(self) -> None:
        lines = "".join(self._pieces).split(_LINE_END)
        self._pieces.clear()
        # HTML's own white space only: a no-break space stays.
        words = "\n".join(_WHITE_SPACE.sub(" ", line).strip(" ") for line in lines).strip("\n")
        if words.strip():
            self._paragraphs.append(words)


def sound(text: str) -> bool:
    """Whether all of a text can be stored."""
    return "\0" not in text and storable(text) == text


def storable(text: str) -> str:
    """The text with a question mark for each half of a character."""
    return text.encode(errors="replace").decode()
