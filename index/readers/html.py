"""A saved web page → the article on it. Nothing is fetched and no script runs.

trafilatura tells which of the page's text is the article. The words themselves are read from the page, since an
extractor drops what it takes for clutter within a sentence too, and a quotation must be what the page shows.
"""

from __future__ import annotations

import codecs
import html
import json
import logging
import re
from contextlib import suppress
from datetime import datetime
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from index.readers.drafts import Draft, Refused, Revision, UnreadableError, card_field
from index.readers.markup import day, first_moment
from index.readers.text import as_shown, bounded, decode, language_code, storable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from lxml.html import HtmlElement
    from trafilatura.settings import Document

# More than any article has; beyond that, extraction takes minutes.
MAX_TAGS = 200_000
MAX_ELEMENTS = 20_000
# A class or style that is longer says nothing about its element, and takes long to search.
_MAX_ATTRIBUTE_CHARS = 2_000

_BOM = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_CHARSET = re.compile(
    rb"<(?:meta|\?xml)\b[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w:.-]{2,40})", re.IGNORECASE
)
# What browsers read where a page names an encoding that is part of a larger one.
_LARGER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "tis-620": "cp874",
}
_TEXT_ENCODING = re.compile(
    r"iso8859-\d+|iso2022_jp|cp(?:125\d|874|932|949|866)|koi8-[ru]|euc_jp|gb18030|big5(?:hkscs)?|mac-\w+"
)

# Not shown, not words, or withdrawn by being struck through.
_UNSHOWN = frozenset(
    "script style noscript template head title svg iframe object audio video canvas map button select option"  # noqa: SIM905 – thirty quoted names would hide the list
    " textarea datalist rt rp del s strike".split()
)
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big br cite code data dfn em font i img input ins kbd label mark nobr q rb ruby"  # noqa: SIM905 – as above
    " samp small span strong sub sup time tt u var wbr".split()
)
_NEWS = re.compile(r"(?:^|[/:])(?:\w*Article|BlogPosting|LiveBlogPosting|Report)$")
_PUBLISHED_META = (
    *("article:published_time", "og:published_time", "og:article:published_time", "datepublished", "pubdate"),
    *("publish-date", "publish_date", "publication_date", "dc.date.issued", "dcterms.issued", "dc.date", "date"),
)
_CHANGED_META = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified")
_UPDATED = re.compile(r"updat|modif|edit", re.IGNORECASE)
# A line that signs an article is shorter than a sentence that tells of a day.
_MAX_BYLINE_CHARS = 100
_MAX_BYLINES = 20
# Days that a page states, as that of its publication, which are compared.
_MAX_DATES = 100

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


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The one article of a saved web page.

    Its text is a paragraph per block: headings, list items, quotes, table rows (cells parted by tabs). Navigation,
    comments, captions and other stories are left out as far as trafilatura tells them; so is what the page hides or
    strikes through. A headline that opens the text is its title only.

    What schema.org data say of the article goes before what the page's head says, and that before trafilatura's reading
    of the page. A date is taken only where the page states it as its date of publication.

    Raises:
        UnreadableError: it is too large or too intricate for one article, or there is no article text on it.

    """
    text, notes = _decode(bounded(file))
    if not text.strip():
        raise UnreadableError("it is empty")
    page = _parse(text)
    linked, problems = _linked_data(page)
    card, revision, doubts = _card(page, linked)
    paragraphs = _paragraphs(page)
    if not paragraphs and isinstance(body := linked.get("articleBody"), str) and "<" not in body:
        paragraphs = [words for block in storable(body).splitlines() if (words := as_shown(block))]
        notes += ("its text is that of its schema.org data",)
    if paragraphs and _alike(paragraphs[0], card.get("title")):
        del paragraphs[0]
    if not paragraphs:
        raise UnreadableError("there is no article text on this page")
    yield Draft("\n\n".join(paragraphs), card, notes=(*notes, *problems, *doubts), revision=revision)


# --- bytes to a tree -------------------------------------------------------------------------------------------------


def _decode(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """The page's text: by byte order mark, else UTF-8 where it is that, else as the page says, else as it looks."""
    declared = _CHARSET.search(raw, 0, 4096)
    if raw.startswith(_BOM) or not declared:
        return decode(raw)
    label = declared[1].decode("ascii")
    with suppress(LookupError):
        name = codecs.lookup(label).name
        encoding = _LARGER.get(name, name)
        stateful = encoding == "iso2022_jp"  # its bytes are ASCII
        with suppress(UnicodeDecodeError):
            if not stateful:
                raw.decode("utf-8")
                return decode(raw)
        if _TEXT_ENCODING.fullmatch(encoding):
            with suppress(UnicodeDecodeError):
                if "\0" not in (text := raw.decode(encoding)):
                    return text, ()
    text, notes = decode(raw)
    return text, tuple(f"the page says that it is {label}; {note}" for note in notes)


def _parse(text: str) -> HtmlElement:
    """The page as a tree of what it shows."""
    from lxml import etree  # noqa: PLC0415 – only web pages need it
    from lxml import html as lxml_html  # noqa: PLC0415 – as above

    if text.count("<") > MAX_TAGS:
        raise UnreadableError(f"it holds more than {MAX_TAGS:,} tags, too many for one article")
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        page = lxml_html.document_fromstring(text.encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as exc:
        raise UnreadableError("there is nothing on this page") from exc
    for error in parser.error_log:
        if error.level == etree.ErrorLevels.FATAL:  # it stopped there, and what follows is lost
            raise UnreadableError("its elements are nested too deeply, or one of its texts is too long", error.line)
    return page


# --- the text --------------------------------------------------------------------------------------------------------


def _paragraphs(page: HtmlElement) -> list[str]:
    """The words of each block of the article, in the page's order. Changes the tree."""
    from lxml import etree  # noqa: PLC0415 – as above

    for element in page.iter():
        hides = "hidden" in element.attrib or _HIDING.search(element.get("style", ""))
        if element.tag in _UNSHOWN or (hides and element.tag not in {"html", "body"}):
            element.tag = "template"  # all of these go at once, which takes much less time than one by one
        for name, value in element.attrib.items():
            if len(value) > _MAX_ATTRIBUTE_CHARS:
                del element.attrib[name]
        for slot in ("text", "tail"):
            words = getattr(element, slot) or ""
            if (clean := storable(words)) != words:
                setattr(element, slot, clean)
    etree.strip_elements(page, "template", with_tail=False)
    if sum(1 for _ in page.iter()) > MAX_ELEMENTS:
        raise UnreadableError(f"it shows more than {MAX_ELEMENTS:,} elements, too many for one article")
    runs = _runs(page)
    marked = dict(enumerate(piece for run in runs for piece in run.pieces if piece.words.strip()))
    for number, piece in marked.items():
        mark = chr(_MARKS[0] + number // 2048) + chr(_MARKS[1] + number % 2048)
        setattr(piece.holder, piece.slot, mark + _MARK_CHARS.sub("", piece.words))
    kept = {id(marked[number]) for number in _extracted(page)}
    paragraphs = []
    for row, group in groupby((run for run in runs if _mostly(run, kept)), key=_row):
        members = list(group)
        if row is not None and len({run.block for run in members}) == len(members):
            paragraphs.append("\t".join(run.words.replace("\n", " ") for run in members))
        else:
            paragraphs += [run.words for run in members]
    return [words for words in paragraphs if words.strip()]


def _runs(page: HtmlElement) -> list[_Run]:
    """The page's text, cut where a block begins or ends, and where two line breaks make a paragraph."""
    from lxml import etree  # noqa: PLC0415 – as above

    runs: list[_Run] = []
    blocks: list[HtmlElement] = []
    run: _Run | None = None
    breaks = 0
    for event, element in etree.iterwalk(page, events=("start", "end")):
        if element.tag not in _INLINE:
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


def _mostly(run: _Run, kept: set[int]) -> bool:
    """Whether most of what a run says was taken."""
    chars = sum(len(piece.words.strip()) for piece in run.pieces)
    return 2 * sum(len(piece.words.strip()) for piece in run.pieces if id(piece) in kept) > chars


def _row(run: _Run) -> HtmlElement | None:
    """The table row that a run is a cell of."""
    return run.block.getparent() if run.block.tag in {"td", "th"} else None


def _alike(one: str, other: object) -> bool:
    return _plain(one) == _plain(other)


def _plain(words: object) -> str:
    """Words as they are compared, whatever stands between them."""
    return "".join(re.findall(r"\w+", str(words))).casefold()


# --- the card --------------------------------------------------------------------------------------------------------


def _linked_data(page: HtmlElement) -> tuple[dict[str, Any], list[str]]:
    """What schema.org data say of the one article that the page is about, and which of them cannot be read."""
    nodes: list[dict[str, Any]] = []
    problems = []
    for script in page.iter("script"):
        if "ld+json" not in script.get("type", "").lower():
            continue
        try:
            nodes += _nodes(json.loads(script.text or "", strict=False))
        except (ValueError, RecursionError):
            problems.append(f"line {script.sourceline}: its schema.org data are not JSON; they are not used")
    by_id = {node["@id"]: node for node in reversed(nodes) if isinstance(node.get("@id"), str)}
    articles = [node for node in nodes if any(map(_NEWS.search, _strings(node.get("@type"))))]
    if len(articles) > 1:  # a page of several, or the teasers of others
        address = _link(page, "canonical")
        headings = {_plain(heading.text_content()) for heading in page.iter("h1")}
        articles = [
            node
            for node in articles
            if (address and address in {node.get("url"), *_ids(node.get("mainEntityOfPage"))})
            or _plain(node.get("headline")) in headings
        ]
    if not articles:
        return {}, problems
    article = dict(articles[0])
    for key in ("author", "publisher"):
        article[key] = _names(article.get(key), by_id)
    return article, problems


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    """The things described, in order: alone, in lists, in graphs, or as what a page is about."""
    waiting = [data]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, list):
            waiting += reversed(thing)
        elif isinstance(thing, dict):
            yield thing
            waiting += [thing[key] for key in ("mainEntity", "@graph") if key in thing]


def _strings(value: object) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def _ids(value: object) -> list[str]:
    return _strings(value.get("@id")) if isinstance(value, dict) else _strings(value)


def _names(value: object, by_id: Mapping[str, dict[str, Any]]) -> str:
    """The names of the people or bodies that a value describes or points to."""
    names = []
    for item in value if isinstance(value, list) else [value]:
        described = by_id.get(item.get("@id", ""), item) if isinstance(item, dict) else {"name": item}
        names += [name for name in _strings(described.get("name")) if not re.match(r"https?://", name)]
    return ", ".join(dict.fromkeys(name.strip() for name in names if name.strip()))


def _card(page: HtmlElement, linked: Mapping[str, Any]) -> tuple[dict[str, str | date], Revision, list[str]]:
    """The card that the page gives, which version it says to be, and what of it is contradictory or cannot be used."""
    guess = _guessed(page)
    said = {
        "title": [linked.get("headline"), guess.title],
        "outlet": [linked.get("publisher"), *_meta(page, "og:site_name")],
        "author": [linked.get("author"), (guess.author or "").replace("; ", ", ")],
        "url": [
            _link(page, "canonical"),
            linked.get("url"),
            *_ids(linked.get("mainEntityOfPage")),
            *_meta(page, "og:url"),
        ],
        "language": [linked.get("inLanguage"), page.get("lang"), *_meta(page, "content-language", "og:locale")],
    }
    card: dict[str, str | date] = {}
    doubts = []
    for field, values in said.items():
        given = [storable(html.unescape(value)) for value in values if isinstance(value, str) and value.strip()]
        wrong = []
        for value in given:
            try:
                card[field] = card_field(field, language_code(value) if field == "language" else value)
                break
            except ValueError as exc:
                wrong.append(f"{exc}; this field is left out")
        else:
            doubts += wrong[:1]
    days, doubts_of_day = _published(page, linked)
    published = next(iter(days), None)
    changed = [*_strings(linked.get("dateModified")), *_meta(page, *_CHANGED_META), *_marked(page, "dateModified")]
    revision = Revision(changed=first_moment(changed), published=first_moment(days.values()))
    return card | ({"published": published} if published else {}), revision, doubts + doubts_of_day


def _guessed(page: HtmlElement) -> Document:
    from trafilatura import extract_metadata  # noqa: PLC0415 – as above

    try:
        return extract_metadata(page, date_config={"extensive_search": False, "original_date": True})
    except Exception as exc:  # as above
        raise UnreadableError(f"what its head says cannot be read ({type(exc).__name__})") from exc


def _published(page: HtmlElement, linked: Mapping[str, Any]) -> tuple[dict[date, str], list[str]]:
    """The days that the page states as that of its publication, as it writes them; the first counts.

    Days in its text, address or file do not.
    """
    stated = [*_strings(linked.get("datePublished")), *_meta(page, *_PUBLISHED_META)]
    stated += _marked(page, "datePublished")
    stated = stated or [value for item in _bylines(page) if (value := _machine_date(item))]
    days: dict[date, str] = {}
    doubts = []
    for value in map(storable, islice(stated, _MAX_DATES)):
        try:
            when = day(value)
        except ValueError as exc:
            doubts.append(f"{exc}; it is not taken as the date")
            continue
        if not any(_same_moment(value, other) for other in days.values()):
            days.setdefault(when, value)
    if len(days) > 1:
        first, *others = days
        doubts.append(f"the page gives {first} and {' and '.join(map(str, others))} as its date; {first} is used")
    return days, list(dict.fromkeys(doubts))


def _bylines(page: HtmlElement) -> Iterator[HtmlElement]:
    """The times that sign the article: not those of updates, of other articles, or of what it tells."""
    whole = next(chain(page.iter("article"), page.iter("main")), None)
    for item in islice(whole.iter("time"), _MAX_BYLINES) if whole is not None else ():
        parent = item.getparent()
        if (
            not _UPDATED.search(f"{item.get('class')} {item.get('itemprop')} {parent.get('class')}")
            and next(item.iterancestors("article", "aside", "nav", "footer"), whole) is whole
            and len(parent.text_content()) <= _MAX_BYLINE_CHARS
        ):
            yield item


def _marked(page: HtmlElement, name: str) -> list[str]:
    """The days or times in elements that are marked as this."""
    return [value for item in page.xpath("//*[@itemprop=$name]", name=name) if (value := _machine_date(item))]


def _machine_date(item: HtmlElement) -> str | None:
    value: str | None = item.get("datetime") or item.get("content")
    return value


def _same_moment(one: str, other: str) -> bool:
    """Whether two times are one, told in different time zones."""
    try:
        return datetime.fromisoformat(one) == datetime.fromisoformat(other)
    except ValueError:
        return False


def _link(page: HtmlElement, relation: str) -> str | None:
    found = (link.get("href") for link in page.iter("link") if relation in link.get("rel", "").lower().split())
    return next((target.strip() for target in found if target), None)


def _meta(page: HtmlElement, *names: str) -> list[str]:
    """What the meta elements of these names say, in the order of the names."""
    said: dict[str, str] = {}
    for element in page.iter("meta"):
        for key in ("property", "name", "itemprop", "http-equiv"):
            said.setdefault(element.get(key, "").lower(), element.get("content", "").strip())
    return [said[name] for name in names if said.get(name)]
