"""A PDF's text layer → one article, its lines joined to paragraphs again. Scans, which have none, are refused."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections import Counter
from io import BytesIO
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from index.readers import exports
from index.readers.decoding import as_shown, bounded, storable
from index.readers.drafts import Draft, Refused, UnreadableError, card_field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from pypdf import PageObject, PdfReader

# A long report; a newspaper's whole edition is not one article.
MAX_PAGES = 200
MAX_CHARS = 4_000_000
# pypdf's own bounds are for any document; these are for what one article needs, so that a bomb ends soon.
_BOUNDS: dict[str, Any] = {
    "page_tree_maximum_entries": 20_000,
    "zlib_maximum_output_length": 16_000_000,
    "lzw_maximum_output_length": 16_000_000,
    "run_length_maximum_output_length": 16_000_000,
    "stream_decoding_work_maximum_length": 64_000_000,
    "stream_parsing_work_maximum_count": 500_000,
    "xform_maximum_invocations_per_extraction": 500,
}
# How many lines at the top and at the bottom of a page may be a running head or foot.
_EDGE_LINES = 2
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_SENTENCE_END = re.compile(r"[.!?…。！？:][\"'”’»)\]]*$")
_HYPHENS = ("-", "‐")
_BULLET = re.compile(r"(?:[•◦▪‣●■–—*-]|\(?\w{1,3}[.)])(?:\s|$)")
_UNREADABLE_CHAR = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd-\uffff\ud800-\udfff\ue000-\uf8ff]")
# What programs write where nobody gave a title, or a name.
_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel)\b.*|untitled.*|no title|document ?\d*|layout \d+|slide \d+|print"
    r"|new .* document|\S*\.\w{2,5}|.*\.(?:docx?|pdf|indd|qxp|qxd|odt|rtf|pages|tex|html?|pptx?|xlsx?))",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"\S*|.*[\d@\\/_].*|(?:the )?(?:authorized|microsoft|windows|registered|default|office) .*", re.IGNORECASE
)

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it could not read is told by our own refusals


class _Line(NamedTuple):
    """One line: its words, its page, where it begins (0, 0 is the page's bottom left), and its letters' size."""

    words: str
    page: int
    x: float
    y: float
    size: float


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The one article of a PDF.

    Lines become paragraphs again by their distance, indent and size. A hyphen at a line's end stays, unless it is a
    soft one or the document has the same word without it elsewhere. Lines that repeat at the edge of most pages, and
    page numbers, are left out. A title or an author is taken where it looks like one; the day on which the file was
    made is not that of publication and is never taken.

    Raises:
        UnreadableError: it is no PDF, encrypted, damaged, too large for an article, or has no text layer.

    """
    raw = bounded(file)
    if b"%PDF-" not in raw[:1024]:
        raise UnreadableError("it is not a PDF")
    pages, about = _opened(raw)
    if not any(pages):
        raise UnreadableError("it has no text layer; it is probably a scan")
    paragraphs = _paragraphs(_without_edges(pages))
    text = "\n\n".join(paragraphs)
    if exports.articles(text) is not None:  # its lines are joined by guess, so that heads cannot be told from texts
        raise UnreadableError("it is an archive's export of many articles; download that as .docx, .rtf or .txt")
    if len(_UNREADABLE_CHAR.findall(text)) * 10 > len(text):
        raise UnreadableError("its fonts do not say which letters they show, so that its text cannot be read")
    card = _card(about)
    if paragraphs and paragraphs[0] == card.get("title"):
        text = "\n\n".join(paragraphs[1:])
    text = _UNREADABLE_CHAR.sub("", text).strip()
    if not text:
        raise UnreadableError("it holds a title and no text")
    yield Draft(text, card)


def _opened(raw: bytes) -> tuple[list[list[_Line]], dict[str, str]]:
    """The lines of each page, and what the document says of itself."""
    from pypdf import PdfReader, apply_configuration  # noqa: PLC0415 – only PDF needs it
    from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError  # noqa: PLC0415 – as above

    try:
        with apply_configuration(**_BOUNDS):
            reader = PdfReader(BytesIO(raw))
            if reader.is_encrypted:
                reader.decrypt("")
            return _lines_of_pages(reader), _about(reader)
    except UnreadableError:
        raise
    except FileNotDecryptedError as exc:
        raise UnreadableError("it is encrypted and opens with a password only") from exc
    except DependencyError as exc:
        raise UnreadableError("it is encrypted in a way that cannot be opened here") from exc
    except LimitReachedError as exc:
        raise UnreadableError(f"it is far larger inside than an article is ({exc})") from exc
    except Exception as exc:  # pypdf meets damage with errors of many kinds, and none must stop the other files
        raise UnreadableError(f"it is a damaged PDF ({type(exc).__name__}: {str(exc)[:200]})") from exc


def _about(reader: PdfReader) -> dict[str, str]:
    said = reader.metadata
    return {"title": said.title or "", "author": said.author or ""} if said else {}


def _lines_of_pages(reader: PdfReader) -> list[list[_Line]]:
    pages: list[list[_Line]] = []
    chars = 0
    if len(reader.pages) > MAX_PAGES:
        raise UnreadableError(f"it has {len(reader.pages):,} pages, more than {MAX_PAGES}, too many for one article")
    for number, page in enumerate(reader.pages):
        pages.append(_lines(page, number))
        chars += sum(len(line.words) for line in pages[-1])
        if chars > MAX_CHARS:
            raise UnreadableError(f"it holds more than {MAX_CHARS:,} characters, too many for one article")
    return pages


def _lines(page: PageObject, number: int) -> list[_Line]:
    """The lines in the order in which the page draws them."""
    lines: list[_Line] = []
    pieces: list[str] = []
    place: tuple[float, float] | None = None
    size = 0.0

    def end_line() -> None:
        nonlocal place, size
        words = "".join(pieces)
        if shown := as_shown(words.translate(_LIGATURES)):
            x, y = place or (0.0, 0.0)
            lines.append(_Line(shown + "\xad" * words.rstrip().endswith("\xad"), number, x, y, size))
        pieces.clear()
        place, size = None, 0.0

    def on_text(text: str, cm: Sequence[float], tm: Sequence[float], _font: Any, font_size: float) -> None:
        nonlocal place, size
        for place_in_text, part in enumerate(text.split("\n")):
            if place_in_text:
                end_line()
            if part.strip():
                if place is None:
                    place = (tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5])
                size = max(size, font_size * (abs(tm[2]) + abs(tm[3])) * (abs(cm[2]) + abs(cm[3])))
            pieces.append(part)

    page.extract_text(visitor_text=on_text)
    end_line()
    return lines


def _without_edges(pages: Sequence[Sequence[_Line]]) -> list[list[_Line]]:
    """The pages without the lines that, numbers aside, stand at the edge of most pages or of every other one."""
    edges = []
    for lines in pages:
        by_height = sorted(lines, key=lambda line: line.y)
        edges.append({*by_height[:_EDGE_LINES], *by_height[-_EDGE_LINES:]})
    count = Counter(key for edge in edges for key in {_likeness(line) for line in edge})
    often = max(2, 0.4 * len(pages))
    return [
        [line for line in lines if line not in edge or count[_likeness(line)] < often]
        for lines, edge in zip(pages, edges, strict=True)
    ]


def _likeness(line: _Line) -> tuple[str, int]:
    """What a running head has on every page; a headline of the same words is larger."""
    return re.sub(r"\d+", "#", line.words), round(line.size)


def _paragraphs(pages: Sequence[Sequence[_Line]]) -> list[str]:
    """The lines joined where one goes on in the next."""
    lines = [line for page in pages for line in page]
    gaps = Counter(round((a.y - b.y) / (a.size or 1), 1) for page in pages for a, b in pairwise(page) if a.y > b.y)
    # The smallest distance that is not rare: where there are many short paragraphs, theirs is the most frequent.
    leading = min((gap for gap, count in gaps.items() if gap >= 0.8 and count * 6 > gaps.total()), default=1.2)
    usual = median(len(line.words) for line in lines) if lines else 0
    known = {word.casefold() for line in lines for word in _whole_words(line.words)}
    paragraphs: list[list[_Line]] = []
    for line in lines:
        if paragraphs and _goes_on(paragraphs[-1], line, leading, usual):
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return [_joined(paragraph, known) for paragraph in paragraphs]


def _goes_on(paragraph: Sequence[_Line], line: _Line, leading: float, usual: float) -> bool:
    """Whether a line belongs to the paragraph before it."""
    last = paragraph[-1]
    em = max(last.size, 1.0)
    ended = bool(_SENTENCE_END.search(last.words))
    if abs(line.size - last.size) > 0.1 * em or _BULLET.match(line.words):
        return False
    down = (last.y - line.y) / em
    if line.page != last.page or down < -0.3 or down > 3 * leading:  # the next column or page
        return not ended and line.words[0].islower()
    if down < 0.3:  # the same line, drawn in two parts
        return True
    if down > leading + 0.3 or (ended and len(last.words) < 0.7 * usual):
        return False
    shift = (line.x - last.x) / em
    hangs = len(paragraph) == 1 and bool(_BULLET.match(last.words))
    return hangs or abs(shift) < 0.7 or (shift < 0 and len(paragraph) == 1)


def _whole_words(line: str) -> list[str]:
    """The words of a line but for one that it ends in the middle of."""
    words = re.findall(r"[\w-]+", line)
    return words[:-1] if line.endswith(_HYPHENS) else words


def _begun_word(line: str) -> str:
    """The word that a hyphen at the line's end breaks off, if one does."""
    begun = re.match(r"\w*", line[-2::-1]) if line.endswith(_HYPHENS) else None
    return begun[0][::-1] if begun else ""


def _joined(lines: Sequence[_Line], known: set[str]) -> str:
    """The words of a paragraph; in proportion to its length, however often it breaks off."""
    pieces = [lines[0].words]
    for line in lines[1:]:
        last = pieces[-1]
        if last.endswith("\xad"):
            pieces[-1] = last[:-1]
        elif (begun := _begun_word(last)) and line.words[0].islower():
            rest = re.match(r"\w*", line.words)
            if rest and (begun + rest[0]).casefold() in known:
                pieces[-1] = last[:-1] + line.words
                continue
        elif not (_unspaced(last[-1]) and _unspaced(line.words[0])):
            pieces.append(" ")
        pieces.append(line.words)
    return "".join(pieces).removesuffix("\xad")


def _unspaced(char: str) -> bool:
    """Whether a character is of a script that puts no spaces between words."""
    return unicodedata.east_asian_width(char) in "WF" and not "\uac00" <= char <= "\ud7a3"


def _card(about: dict[str, str]) -> dict[str, str | date]:
    card: dict[str, str | date] = {}
    for key, nothing in (("title", _NO_TITLE), ("author", _NO_NAME)):
        said = " ".join(storable(about.get(key, "")).split())
        if said and not nothing.fullmatch(said):
            card[key] = card_field(key, said)
    return card
