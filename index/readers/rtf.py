"""A document in Rich Text Format (.rtf) → one article, or those of an archive's export, as the text that is seen.

Read here, since striprtf, which is well kept, writes the addresses of links into the text and shows what is hidden.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from index.readers import exports
from index.readers.decoding import as_shown, bounded, storable
from index.readers.drafts import Draft, Refused, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])"
    r"|(?P<brace>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)|\\",
    re.DOTALL,
)
# Groups of which nothing is seen in the text.
_UNSEEN = set(
    "annotation atnauthor atndate atnid bkmkend bkmkstart colortbl colorschememapping comment datastore falt fldinst"  # noqa: SIM905 – forty quoted names would hide the list
    " filetbl fontemb footer footerf footerl footerr footnote ftncn ftnsep ftnsepc generator header headerf headerl"
    " headerr latentstyles listoverridetable listtable listtext lsdlockedexcept mmath nesttableprops nonesttables"
    " objclass objdata objname operator passwordhash pict pntext pgptbl private revtbl rsidtbl rxe shpinst stylesheet"
    " subject tc template themedata txe upr userprops xe xmlnstbl".split()
)
# The code pages of the character sets that fonts have.
_CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
_SIGNS = {
    "tab": "\t", "line": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“",
    "rdblquote": "”", "bullet": "•", "emspace": "\u2003", "enspace": "\u2002", "qmspace": "\u2005",
    "~": "\xa0", "_": "\u2011", "{": "{", "}": "}", "\\": "\\",
}  # fmt: skip
_HIDING = {"v", "strike", "striked", "deleted"}


@dataclass(frozen=True, slots=True)
class _State:
    """What holds within a group: what it is of, which marks hide it, its font, and how much stands in for Unicode."""

    place: str = "text"
    hiding: frozenset[str] = frozenset()
    font: int | None = None
    stand_ins: int = 1

    @property
    def is_seen(self) -> bool:
        return self.place in {"text", "title"} and not self.hiding


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The one article of an RTF document, or the articles of an export.

    Its text is a paragraph per paragraph, and table rows with their cells parted by tabs. What is hidden, deleted or
    struck through is left out, and so are notes, comments, text boxes, and the heads and feet of pages. A first
    paragraph that the document's properties call its title is that. The days and names in these are the file's, and are
    never taken.

    Raises:
        UnreadableError: it is not RTF, too large, or without text.

    """
    raw = bounded(file)
    if not raw.startswith(b"{\\rtf"):
        raise UnreadableError("it is not RTF")
    page = _Page()
    page.take(raw.decode("latin-1"))
    notes = ("it breaks off: its last group is not closed",) if page.outer else ()
    is_titled = bool(page.paragraphs and as_shown("".join(page.title)) == page.paragraphs[0])
    yield from exports.from_paragraphs(page.paragraphs, is_titled=is_titled, notes=notes)


class _Page:
    """What is seen, as paragraphs; takes time in proportion to the file. `outer` is what is not closed in the end."""

    def __init__(self) -> None:
        self.paragraphs: list[str] = []
        self.title: list[str] = []
        self.outer: list[_State] = []
        self._state = _State()
        self._fonts: dict[int, str] = {}
        self._encoding = "cp1252"
        self._raw = bytearray()  # of the text in one font, since a character may be several bytes
        self._standing_in = 0
        self._pieces: list[str] = []
        self._cell: list[str] = []
        self._cells: list[list[str]] = []
        self._in_table = False

    def take(self, text: str) -> None:
        """Read a whole file, decoded as Latin-1."""
        place = 0
        while place < len(text) and (token := _TOKEN.match(text, place)):
            place = token.end()
            word, number = token["word"], int(token["number"]) if token["number"] else None
            if token["hex"] or token["text"]:
                self._data(bytes([int(token["hex"], 16)]) if token["hex"] else token["text"].encode("latin-1"))
                continue
            if not token["brace"] and not word and not token["sign"]:
                continue  # a line end in the file, which is none in the text
            self._flush()
            self._standing_in = 0
            if word == "bin":
                place += max(number or 0, 0)
            elif token["brace"] == "{":
                self.outer.append(self._state)
            elif token["brace"]:
                self._state = self.outer.pop() if self.outer else self._state
                if not self.outer:
                    break
            else:
                self._control(word or token["sign"], number)
        self._flush()
        self._end_paragraph()
        self._end_row()

    def _data(self, data: bytes) -> None:
        stand_ins = min(self._standing_in, len(data))
        self._standing_in -= stand_ins
        if self._state.is_seen:
            self._raw += data[stand_ins:]

    def _flush(self) -> None:
        font = self._state.font
        encoding = self._encoding if font is None else self._fonts.get(font, self._encoding)
        if self._raw:
            self._add(self._raw.decode(encoding, "replace"))
            self._raw.clear()

    def _add(self, words: str) -> None:
        (self.title if self._state.place == "title" else self._pieces).append(words)

    def _control(self, word: str, number: int | None) -> None:
        """What a control word or sign does to the text, and to what holds after it."""
        state = self._state
        if word == "ansicpg":
            self._encoding = _known(f"cp{number}") or self._encoding
        elif word == "fcharset" and state.font is not None and number is not None:
            self._fonts[state.font] = _CHARSETS.get(number, self._encoding)
        elif word == "u" and number is not None:
            self._standing_in = state.stand_ins
        if state.is_seen:
            self._show(word, number)
        self._state = _after(state, word, number)

    def _show(self, word: str, number: int | None) -> None:
        if word in _SIGNS:
            self._add(_SIGNS[word])
        elif word == "u" and number is not None:
            self._add(chr(number % 0x10000))
        elif word in {"par", "sect", "page", "\r", "\n"}:
            self._end_paragraph()
        elif word in {"cell", "nestcell"}:
            self._in_table = True
            self._end_paragraph()
            self._cells.append(self._cell)
            self._cell = []
        elif word in {"row", "nestrow"}:
            self._end_row()
        elif word in {"pard", "intbl"}:
            self._in_table = word == "intbl"

    def _end_paragraph(self) -> None:
        # Halves of characters beyond 16 bits come one after the other.
        words = "".join(self._pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        self._pieces.clear()
        if shown := as_shown(storable(words)):
            (self._cell if self._in_table else self.paragraphs).append(shown)

    def _end_row(self) -> None:
        cells = [*self._cells, self._cell]
        self._cells, self._cell = [], []
        if all(len(cell) < 2 for cell in cells):
            row = "\t".join(words.replace("\n", " ") for cell in cells for words in cell)
            self.paragraphs += [row] if row else []
        else:
            self.paragraphs += [words for cell in cells for words in cell]


def _known(encoding: str) -> str:
    with suppress(LookupError):
        return codecs.lookup(encoding).name
    return ""


def _after(state: _State, word: str, number: int | None) -> _State:
    """What holds after a control word or sign."""
    place, hiding = state.place, state.hiding
    if word in {"fonttbl", "info", "object"}:
        place = word
    elif word == "*" or word in _UNSEEN:
        place = "unseen"
    elif (word, place) in {("title", "info"), ("result", "object")}:
        place = "title" if word == "title" else "text"
    elif word == "plain":
        hiding = frozenset()
    elif word in _HIDING:
        hiding = hiding - {word} if number == 0 else hiding | {word}
    elif word == "f":
        return replace(state, font=number)
    elif word == "uc":
        return replace(state, stand_ins=min(max(number or 0, 0), 10))
    return state if place == state.place and hiding == state.hiding else replace(state, place=place, hiding=hiding)
