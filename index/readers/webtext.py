"""Which text of a saved web page is the article, as the page shows it.

trafilatura tells which of the page's text is the article. The words themselves are read from the page, since an
extractor drops what it takes for clutter within a sentence too, and a quotation must be what the page shows. What it
took is then held against what the page has as prose.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from itertools import groupby, islice
from typing import TYPE_CHECKING, NamedTuple

from index.readers.decoding import as_shown
from index.readers.drafts import UnreadableError
from index.readers.unseen import INLINE

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Mapping, Sequence

    from lxml.html import HtmlElement

# Where no article's prose stands, however it is written.
_CLUTTER = frozenset({"nav", "footer", "aside", "form", "dialog", "menu", "figcaption"})
_CLUTTER_ROLES = frozenset({"navigation", "complementary", "contentinfo", "dialog", "alertdialog", "banner", "search"})
_COMMENTS = re.compile(r"(?:^|[\s_-])(?:comments?|disqus|coral|replies|respond)(?:$|[\s_-])", re.IGNORECASE)
# By which trafilatura tells clutter.
_NAMES = ("class", "id", "style", "role", "aria-hidden", "data-component", "data-lp-replacement-content")
_WHOLE = frozenset({"html", "body", "main", "article"})
# Prose is a line of this length, or a shorter one that ends as a sentence does; few of its words are links. What ends
# in a sign for more is the beginning of another story, and what stands on the page twice is furniture.
_LINE_CHARS = 80
_SHORTEST = 20
_SENTENCE_END = re.compile(r"[.!?。؟！？]\W*$")
_CUT = re.compile(r"(?:…|\.\.\.)\W*$")
_MOST_LINKED = 0.3
# Shares of the prose: what the article's element holds of what was taken; what is enough of it to be taken; what holds
# so much that it is no clutter, whatever it is called; what is noted when less than that was taken.
_MOST = 0.6
_ENOUGH = 0.66
_MUCH = 0.25
_HALF = 0.5
_FEWEST = 3  # paragraphs that are prose; with fewer, what trafilatura says stands
_NEAR = 3  # elements around a paragraph that can hold a headline which goes with it
_LEVELS = 4  # of elements around a paragraph that tell how it is set
_AFTER = 8  # lines that are looked at after the last paragraph


# Two characters for private use that number a piece of text through the extraction.
_MARKS = (0xE000, 0xE800)
_MARK = "[\ue000-\ue7ff][\ue800-\uefff]"
_MARK_CHARS = re.compile("[\ue000-\uefff]")

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it could not do is told by our own refusals
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


class _Piece(NamedTuple):
    """A text of the page within a run: where it is kept (as `text` or `tail` of an element), and its words."""

    holder: HtmlElement
    slot: str
    words: str


class _Run(NamedTuple):
    """Text that the page shows in one go, between the bounds of block elements."""

    block: HtmlElement
    pieces: list[_Piece]

    @property
    def words(self) -> str:
        whole = "".join(piece.words for piece in self.pieces)
        return whole.strip("\n") if self.block.tag == "pre" else as_shown(whole)


# --- what is the article ---------------------------------------------------------------------------------------------


class WebText(NamedTuple):
    """The article's paragraphs in the page's order, what follows them on the page, and what was left out of it.

    `after` are the first lines that the page shows after the last paragraph. `notes` say where much of the page's prose
    was left out.
    """

    paragraphs: list[str]
    after: list[str]
    notes: tuple[str, ...]


def web_text(page: HtmlElement, *, live: bool = False) -> WebText:
    """The words of each block of the article. `live` says that it is made of entries that follow each other.

    What trafilatura took is held against the prose of the element that holds most of it. Where much of that prose is
    missing, names such as "sidebar" or "share" misled it: it reads the page again without the names of what holds much
    of the prose, then without those of all that holds prose. Prose that is set as taken paragraphs are is taken too.

    Raises:
        UnreadableError: the extractor cannot read the page.

    """
    runs = _runs(page)
    marked = _mark(runs)
    taken = _taken(runs, _extracted(page), marked)
    said = Counter(run.words for run in runs)
    prose = {at: len(run.words) for at, run in enumerate(runs) if said[run.words] == 1 and _is_prose(run)}
    for at in _summaries(runs, prose):
        del prose[at]
    for least in (_MUCH, 0.0):
        own = _own(runs, prose, taken, live=live)
        if _share(taken, own) >= _ENOUGH or len(own) < _FEWEST:
            break
        again = _taken(runs, _extracted_without_names(page, runs, own, least), marked)
        if _share(again, own) > _share(taken, own):
            found = again & own.keys()
            lines = {at for at in again if len(runs[at].words) < _LINE_CHARS and not found.isdisjoint((at - 1, at + 1))}
            taken |= found | {at for at in lines if said[runs[at].words] == 1}
    own = _own(runs, prose, taken, live=live)
    taken |= _set_alike(runs, own, taken)
    notes: tuple[str, ...] = ()
    if len(own) >= _FEWEST and _share(taken, own) < _HALF:
        left = len(own.keys() - taken)
        notes = (f"much of the text around its article was left out: {left} of {len(own)} paragraphs",)
    last = max(taken, default=len(runs))
    after = [run.words for run in runs[last + 1 : last + 1 + _AFTER]]
    return WebText(_paragraphs(runs, taken), after, notes)


def _paragraphs(runs: Sequence[_Run], taken: Container[int]) -> list[str]:
    paragraphs = []
    chosen = (run for number, run in enumerate(runs) if number in taken)
    for row, group in groupby(chosen, key=_row):
        members = list(group)
        if row is not None and len({run.block for run in members}) == len(members):
            paragraphs.append("\t".join(run.words.replace("\n", " ") for run in members))
        else:
            paragraphs += [run.words for run in members]
    return [words for words in paragraphs if words.strip()]


def _runs(page: HtmlElement) -> list[_Run]:
    """The page's text, cut where a block begins or ends, and where two line breaks make a paragraph."""
    from lxml import etree  # noqa: PLC0415 – only web pages need it

    runs: list[_Run] = []
    blocks: list[HtmlElement] = []
    run: _Run | None = None
    breaks = 0
    for event, element in etree.iterwalk(page, events=("start", "end")):
        if element.tag not in INLINE:
            run, breaks = None, 0
            blocks.append(element) if event == "start" else blocks.pop()
        elif element.tag == "br" and event == "start":
            breaks += 1
        slot = "text" if event == "start" else "tail"
        words = getattr(element, slot) or ""
        if element.tag == "q":  # browsers show the marks that stand nowhere in the page
            words = ("“" if event == "start" else "”") + words
        if words.strip():
            if run is None or breaks > 1:
                run = _Run(blocks[-1], [])
                runs.append(run)
            elif breaks:
                run.pieces.append(_Piece(element, "", "\n"))
            breaks = 0
        if run is not None:
            run.pieces.append(_Piece(element, slot, words if run.block.tag == "pre" else words.replace("\n", " ")))
    return runs


def _mark(runs: Sequence[_Run]) -> list[_Piece]:
    """Number the pieces of text that are words, in the tree; the pieces by their numbers."""
    pieces = [piece for run in runs for piece in run.pieces if piece.words.strip()]
    for number, piece in enumerate(pieces):
        mark = chr(_MARKS[0] + number // 2048) + chr(_MARKS[1] + number % 2048)
        setattr(piece.holder, piece.slot, mark + _MARK_CHARS.sub("", piece.words))
    return pieces


def _extracted(page: HtmlElement) -> set[int]:
    """The numbers of the marked pieces that trafilatura takes for the article.

    It is told to leave out what is doubtful, and that a sentence or two can be an article: otherwise it fills short
    ones up with what is around them.
    """
    import trafilatura  # noqa: PLC0415 – half a second, and only web pages need it
    from trafilatura.settings import Document, use_config  # noqa: PLC0415 – as above

    config = use_config()
    config["DEFAULT"]["MIN_EXTRACTED_SIZE"] = "50"
    try:
        found = trafilatura.bare_extraction(page, include_comments=False, favor_precision=True, config=config)
    except Exception as exc:  # an extractor's own fault on an odd page must not stop the others
        raise UnreadableError(f"its article cannot be told from the rest of the page ({type(exc).__name__})") from exc
    words = "".join(found.body.itertext()) if isinstance(found, Document) else ""
    return {(ord(mark[0]) - _MARKS[0]) * 2048 + ord(mark[1]) - _MARKS[1] for mark in re.findall(_MARK, words)}


def _taken(runs: Sequence[_Run], numbers: set[int], marked: Sequence[_Piece]) -> set[int]:
    """Which runs were taken, so far as most of what they say was."""
    kept = {id(marked[number]) for number in numbers}
    taken = set()
    for at, run in enumerate(runs):
        chars = sum(len(piece.words.strip()) for piece in run.pieces)
        if 2 * sum(len(piece.words.strip()) for piece in run.pieces if id(piece) in kept) > chars:
            taken.add(at)
    return taken


def _row(run: _Run) -> HtmlElement | None:
    """The table row that a run is a cell of."""
    return run.block.getparent() if run.block.tag in {"td", "th"} else None


# --- the page's prose ------------------------------------------------------------------------------------------------


def _is_prose(run: _Run) -> bool:
    """Whether a run is made of sentences, and stands where an article's can."""
    words, end = run.words, run.words[-_SHORTEST:]
    if len(words) < (_SHORTEST if _SENTENCE_END.search(end) else _LINE_CHARS) or _CUT.search(end):
        return False
    linked = sum(len(piece.words) for piece in run.pieces if _in_link(piece))
    if linked > _MOST_LINKED * len(words):
        return False
    around = (run.block, *run.block.iterancestors())
    return not any(
        each.tag in _CLUTTER
        or each.get("role") in _CLUTTER_ROLES
        or (each.tag not in _WHOLE and _COMMENTS.search(f"{each.get('class', '')} {each.get('id', '')}"))
        for each in around
    )


def _summaries(runs: Sequence[_Run], prose: Collection[int]) -> list[int]:
    """The prose that stands alone with the linked headline of another story."""
    paragraphs: Counter[HtmlElement] = Counter()
    linked: set[HtmlElement] = set()
    for at, run in enumerate(runs):
        near = list(islice(run.block.iterancestors(), _NEAR))
        paragraphs.update(near if at in prose else ())
        if len(run.words) >= _SHORTEST and all(_in_link(piece) for piece in run.pieces if piece.words.strip()):
            linked.update((run.block, *near))
    return [
        at
        for at in prose
        if any(paragraphs[each] == 1 and each in linked for each in islice(runs[at].block.iterancestors(), _NEAR))
    ]


def _in_link(piece: _Piece) -> bool:
    holder = piece.holder
    return (holder.tag == "a" and piece.slot == "text") or any(True for _ in holder.iterancestors("a"))


def _own(runs: Sequence[_Run], prose: Mapping[int, int], taken: Container[int], *, live: bool) -> dict[int, int]:
    """The prose, with its lengths, of the smallest element that holds most of what was taken of it; of all, if live.

    Among elements those count that a page marks as its article or main part, and where none does, all.
    """
    if live:
        return dict(prose)
    among = {number: chars for number, chars in prose.items() if number in taken} or prose
    held: Counter[HtmlElement] = Counter()
    size: Counter[HtmlElement] = Counter()
    for number, chars in prose.items():
        for element in (runs[number].block, *runs[number].block.iterancestors()):
            size[element] += chars
            held[element] += chars if number in among else 0
    most = [element for element in held if held[element] > _MOST * sum(among.values())]
    marked = [element for element in most if _is_main(element)]
    if not (marked or most):
        return {}
    home = min(marked or most, key=lambda element: size[element])
    return {
        number: chars
        for number, chars in prose.items()
        if home in (runs[number].block, *runs[number].block.iterancestors())
    }


def _is_main(element: HtmlElement) -> bool:
    return (
        element.tag in {"article", "main"}
        or element.get("role") == "main"
        or "articleBody" in element.get("itemprop", "")
    )


def _share(taken: Container[int], own: Mapping[int, int]) -> float:
    """How much of the prose was taken."""
    return sum(chars for number, chars in own.items() if number in taken) / max(sum(own.values()), 1) if own else 1.0


def _extracted_without_names(page: HtmlElement, runs: Sequence[_Run], own: Mapping[int, int], least: float) -> set[int]:
    """What trafilatura takes if what holds more than this share of the prose has no name that speaks against it."""
    held: Counter[HtmlElement] = Counter()
    for number, chars in own.items():
        for element in (runs[number].block, *runs[number].block.iterancestors()):
            held[element] += chars
    whole = sum(own.values())
    named = [element.attrib for element in held if held[element] > least * whole]
    kept = [{name: attributes[name] for name in _NAMES if name in attributes} for attributes in named]
    for attributes, names in zip(named, kept, strict=True):
        for name in names:
            del attributes[name]
    try:
        return _extracted(page)
    finally:
        for attributes, names in zip(named, kept, strict=True):
            attributes.update(names)


def _set_alike(runs: Sequence[_Run], own: Mapping[int, int], taken: Container[int]) -> set[int]:
    """The prose that is set as paragraphs are that were taken."""
    settings = {number: _setting(runs[number]) for number in own}
    seen = Counter(setting for number, setting in settings.items() if number in taken)
    return {number for number, setting in settings.items() if seen[setting] > 1}


def _setting(run: _Run) -> tuple[tuple[str, str], ...]:
    """How a run is set: its block and the elements around it, with their classes but for numbers in these."""
    around = islice((run.block, *run.block.iterancestors()), _LEVELS)
    return tuple((each.tag, re.sub(r"\d+", "", each.get("class", ""))) for each in around)
