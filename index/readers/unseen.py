"""What stands in a page's markup and no reader of the page sees: by its attributes, its classes, its style sheets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from index.readers.decoding import storable
from index.readers.drafts import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lxml.html import HtmlElement

# A class or style that is longer says nothing about its element, and takes long to search.
MAX_ATTRIBUTE_CHARS = 2_000

# More than any article has; beyond that, extraction takes minutes.
MAX_ELEMENTS = 20_000

# Not shown, not words, or withdrawn by being struck through.
_UNSHOWN = frozenset(
    "script style noscript template head title svg iframe object audio video canvas map button select option"  # noqa: SIM905 – thirty quoted names would hide the list
    " textarea datalist rt rp del s strike".split()
)
# Elements that stand within a line.
INLINE = frozenset(
    "a abbr acronym b bdi bdo big br cite code data dfn em font i img input ins kbd label mark nobr q rb ruby"  # noqa: SIM905 – thirty quoted names would hide the list
    " samp small span strong sub sup time tt u var wbr".split()
)
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

# What style sheets of every make call text that is for screen readers only, also as part of a generated name.
_FOR_SCREEN_READERS = re.compile(
    r"(?<![a-z])(?<!not-)(?:visually-?_?hidden|hidden-?_?visually|sr-?only|screen-?_?reader-?_?(?:text|only|content)?"
    r"|element-invisible|assistive-?_?text|a11y-?_?(?:hidden|only|text)|(?:for|only)-screen-?readers?|off-?screen)"
    r"(?!-focusable)(?![a-z])",
    re.IGNORECASE,
)
# What they call an element that is not shown at all; one that is shown on some screens says so in another class.
_NOT_SHOWN = frozenset({"hidden", "is-hidden", "u-hidden", "d-none", "display-none", "invisible"})
_SHOWN_SOMEWHERE = re.compile(r"\w:|d-\w+-\w|-(?:xs|sm|md|lg|xl)\b")

_SHEET_PROPERTIES = re.compile(r"display|visibility|clip|overflow|text-indent|position|width|height|left|top|right")
_RULE_BOUND = re.compile(r"[{}]")
_COMPOUND = re.compile(r"([a-z][a-z0-9]*)?((?:[.#][\w-]+)+)", re.IGNORECASE)
_LENGTH = re.compile(r"(-?[\d.]+)\s*(?:px|em|rem|%|vw)?")
_FAR = -900  # nothing that is set off by as much is on a screen

# The number of a note, and what leads back from the note.
_NOTE_MARK = re.compile(r"[\[(]?\s*(?:\d{1,3}(?:\s*[,–-]\s*\d{1,3})*|[*†‡§¶]{1,3}|[a-z]|[ivx]{1,5})\s*[\])]?")
_BACK_MARK = re.compile(r"[↩↑⤴⏎^\ufe0e\ufe0f\s]+")
_NOTE_TARGET = re.compile(r"#(?:[\w:.-]*(?:fn|note|ref|cite)|n?\d)", re.IGNORECASE)


class _Compound(NamedTuple):
    """A selector of one element: its tag if it names one, classes and id."""

    tag: str
    names: frozenset[str]


class StyleSheets:
    """The rules of a page's own style sheets that hide elements by class or id.

    A rule counts that names the element alone, outside of `@media`; what any rule shows on some screen is shown.
    """

    def __init__(self, sheets: Iterable[str]) -> None:
        said: dict[_Compound, dict[str, str]] = {}
        shown: set[_Compound] = set()
        for selectors, declarations, conditional in (rule for sheet in sheets for rule in _rules(sheet)):
            declared = _declared(declarations)
            for compound in _compounds(selectors):
                if not conditional:
                    said.setdefault(compound, {}).update(declared)
                elif declared.get("display", "none") != "none" or declared.get("visibility") == "visible":
                    shown.add(compound)
        self._hiding: dict[str, list[_Compound]] = {}
        for compound in said.keys() - shown:
            if _invisible(said[compound]):
                self._hiding.setdefault(min(compound.names), []).append(compound)

    def hide(self, tag: str, attributes: Mapping[str, str]) -> bool:
        """Whether they hide an element with this tag and these attributes."""
        if not self._hiding:
            return False
        names = {f".{name}" for name in attributes.get("class", "").split()}
        names.add(f"#{attributes.get('id', '')}")
        return any(
            compound.tag in {"", tag} and compound.names <= names
            for name in names
            for compound in self._hiding.get(name, ())
        )


def hidden(attributes: Mapping[str, str]) -> bool:
    """Whether an element's attributes say that it is not shown, or to screen readers only."""
    classes = attributes.get("class", "")[:MAX_ATTRIBUTE_CHARS]
    style = attributes.get("style", "")[:MAX_ATTRIBUTE_CHARS]
    return (
        "hidden" in attributes
        or bool(style and _invisible(_declared(style)))
        or bool(_FOR_SCREEN_READERS.search(classes))
        or (not _NOT_SHOWN.isdisjoint(classes.split()) and not _SHOWN_SOMEWHERE.search(classes))
    )


def note_mark(tag: str, words: str, target: str | None, role: str = "") -> bool:
    """Whether an element is the mark of a note, such as a raised number that leads to the foot of the page.

    Args:
        tag: what raises it, or the link itself.
        words: what it shows.
        target: where the link in it or around it leads; None without one.
        role: what it says to be.

    """
    words = words.strip()
    if role in {"doc-noteref", "doc-backlink"}:
        return True
    if target is None or "#" not in target:
        return False
    if _BACK_MARK.fullmatch(words):
        return bool(words)
    return bool(_NOTE_MARK.fullmatch(words)) and (tag == "sup" or bool(_NOTE_TARGET.search(target)))


def drop_unseen(page: HtmlElement, *, keep_hidden: bool = False) -> None:
    """Take out of the tree what a reader of the page does not see, and the marks of notes.

    With `keep_hidden`, text stays that is there and hidden, as where a script would show it.

    Raises:
        UnreadableError: it shows more than `MAX_ELEMENTS` elements.

    """
    sheets = StyleSheets(style.text or "" for style in page.iter("style") if style.get("media", "") != "print")
    for element in list(page.iter()):
        for name, value in element.attrib.items():
            if len(value) > MAX_ATTRIBUTE_CHARS and not name.startswith("{"):  # which is no name that can be deleted
                del element.attrib[name]
        whole = element.tag in {"html", "body"}
        hides = not keep_hidden and (hidden(element.attrib) or sheets.hide(element.tag, element.attrib))
        if element.tag in _UNSHOWN or (hides and not whole):
            element.drop_tree()
        for slot in ("text", "tail"):
            words = getattr(element, slot) or ""
            if (clean := storable(words)) != words:
                setattr(element, slot, clean)
    if sum(1 for _ in page.iter()) > MAX_ELEMENTS:
        raise UnreadableError(f"it shows more than {MAX_ELEMENTS:,} elements, too many for one article")
    _drop_note_marks(page)


def _drop_note_marks(page: HtmlElement) -> None:
    """Take out the numbers that lead to notes; a raised number that follows another is written as raised.

    Raised numbers that lead nowhere are those of notes where they count from one.
    """
    numbers: list[HtmlElement] = []
    for element in list(page.iter("sup", "a")):
        if element.getparent() is None:  # within one that was taken out
            continue
        links = [element, *element.iterancestors("a"), *element.iter("a")]
        target = next((link.get("href") for link in links if link.get("href")), None)
        words = element.text_content()
        if note_mark(element.tag, words, target, element.get("role", "")):
            element.drop_tree()
        elif element.tag == "sup" and words.strip().isdecimal():
            numbers.append(element)
    follow = [_before(element)[-1:].isdecimal() for element in numbers]
    counted = [element.text_content().strip() for element in numbers] == [str(n + 1) for n in range(len(numbers))]
    for element, follows in zip(numbers, follow, strict=True):
        if counted and (len(numbers) > 1 or follows):
            element.drop_tree()
        elif follows:
            for part in element.iter():
                part.text = (part.text or "").translate(_RAISED)
                if part is not element:
                    part.tail = (part.tail or "").translate(_RAISED)


def _before(element: HtmlElement) -> str:
    """The text right before an element."""
    if (previous := element.getprevious()) is not None:
        words: str = previous.tail or previous.text_content()
        return words
    parent = element.getparent()
    return (parent.text or "") or (_before(parent) if parent.tag in INLINE else "")


def _rules(sheet: str) -> Iterator[tuple[str, str, bool]]:
    """Selectors, declarations, and whether the rule counts under a condition only."""
    first, *others = sheet.split("/*")
    sheet = first + "".join(part.partition("*/")[2] for part in others)
    heads: list[str] = []
    at = 0
    for bound in _RULE_BOUND.finditer(sheet):
        between = sheet[at : bound.start()]
        at = bound.end()
        if bound[0] == "{":
            heads.append(between.rpartition(";")[2].strip())
        elif heads:
            head = heads.pop()
            if not head.startswith("@") and _SHEET_PROPERTIES.search(between):
                yield head, between, bool(heads)


def _compounds(selectors: str) -> Iterator[_Compound]:
    for selector in selectors.split(","):
        if found := _COMPOUND.fullmatch(selector.strip()):
            yield _Compound((found[1] or "").lower(), frozenset(re.findall(r"[.#][\w-]+", found[2])))


def _declared(declarations: str) -> dict[str, str]:
    said = {}
    for declaration in declarations.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            said[name.strip().lower()] = value.replace("!important", "").strip().lower()
    return said


def _invisible(said: Mapping[str, str]) -> bool:
    """Whether declarations take an element from sight: not shown, cut to nothing, or set off the screen."""
    lengths = {
        name: _length(said[name]) for name in ("width", "height", "text-indent", "left", "top", "right") if name in said
    }
    set_off = said.get("position") in {"absolute", "fixed"}
    return (
        said.get("display") == "none"
        or said.get("visibility") in {"hidden", "collapse"}
        or _clipped(said)
        or (said.get("overflow") in {"hidden", "clip"} and _at_most_a_dot(lengths.get("width"), lengths.get("height")))
        or (lengths.get("text-indent") or 0) < _FAR
        or (set_off and any((lengths.get(side) or 0) < _FAR for side in ("left", "top", "right")))
    )


def _clipped(said: Mapping[str, str]) -> bool:
    rect = said.get("clip", "")
    if rect.startswith("rect("):
        edges = [float(edge) for edge in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", rect)]
        return len(edges) == 4 and edges[2] - edges[0] <= 1 and edges[1] - edges[3] <= 1
    inset = re.match(r"inset\(\s*(\d+)", said.get("clip-path", ""))
    return bool(inset and int(inset[1]) >= 50) or said.get("clip-path", "").startswith("circle(0")


def _at_most_a_dot(width: float | None, height: float | None) -> bool:
    return width is not None and height is not None and 0 <= width <= 1 and 0 <= height <= 1


def _length(value: str) -> float | None:
    found = _LENGTH.fullmatch(value)
    try:
        return float(found[1]) if found else None
    except ValueError:
        return None
