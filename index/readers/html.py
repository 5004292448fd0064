"""A saved web page → the article on it. Nothing is fetched and no script runs."""

from __future__ import annotations

import codecs
import html
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from index.readers.decoding import as_shown, bounded, decode, storable
from index.readers.drafts import Draft, Refused, UnreadableError
from index.readers.linked import bare
from index.readers.teaser import calls_to_subscribe, is_teaser, words_missing
from index.readers.unseen import drop_unseen
from index.readers.webcard import web_card
from index.readers.webtext import WebText, web_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lxml.html import HtmlElement

# More than any article has; beyond that, extraction takes minutes.
MAX_TAGS = 200_000
# Of its paragraphs, how many may be a headline, and how many a call to subscribe.
_FIRST = 4
_LAST = 4

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
    card = web_card(page)
    found = _shown(page, text, live=card.linked.live)
    notes += (*found.notes, *card.doubts)
    paragraphs = _without_headlines(found.paragraphs, card.headlines)
    said = card.linked.said
    if stated := _stated_text(said, paragraphs):
        paragraphs = stated
        notes += ("its text is that of its schema.org data",)
    calls = calls_to_subscribe([*paragraphs[-_LAST:], *found.after])
    teaser = is_teaser([words for words in paragraphs if words not in calls], calls, said)
    if teaser:
        paragraphs = [words for words in paragraphs if words not in calls]
        notes += ("it has only the beginning of its article; it is marked as that",)
    if not paragraphs:
        raise UnreadableError("there is no article text on this page")
    if not teaser and (missing := words_missing(paragraphs, said)):
        notes += (f"by the number of words that the page states, {missing:,} of them were not taken",)
    yield Draft("\n\n".join(paragraphs), card.fields, notes=notes, revision=card.revision, teaser=teaser)


def _shown(page: HtmlElement, text: str, *, live: bool) -> WebText:
    """The article as the page shows it; where it shows none, as it would once a script has shown what is hidden."""
    drop_unseen(page)
    found = web_text(page, live=live)
    if not found.paragraphs:
        page = _parse(text)
        drop_unseen(page, keep_hidden=True)
        hidden = web_text(page, live=live)
        if hidden.paragraphs:
            return hidden._replace(notes=(*hidden.notes, "its text is hidden until a script shows it"))
    return found


def _stated_text(said: Mapping[str, Any], shown: list[str]) -> list[str]:
    """The article's text as its schema.org data give it, where the page shows less than half of that, or nothing."""
    body = said.get("articleBody")
    if not isinstance(body, str) or "<" in body:
        return []
    stated = [words for block in storable(html.unescape(body)).splitlines() if (words := as_shown(block))]
    whole = bare("".join(stated))
    same = sum(len(words) for words in shown if bare(words) in whole)
    if shown and not (2 * len("".join(shown)) < len("".join(stated)) and 2 * same > len("".join(shown))):
        return []
    return stated


def _without_headlines(paragraphs: list[str], headlines: list[str]) -> list[str]:
    """The paragraphs without a headline of the article among the first of them."""
    told = {bare(headline) for headline in headlines}
    return [words for at, words in enumerate(paragraphs) if at >= _FIRST or bare(words) not in told]


# --- bytes to a tree -------------------------------------------------------------------------------------------------


def _decode(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """The page's text: by byte order mark, else UTF-8 where it is that, else as the page says, else as it looks."""
    declared = _CHARSET.search(raw, 0, 4096)
    if raw.startswith(_BOM) or not declared:
        return decode(raw)
    label = declared[1].decode("ascii")
    with suppress(LookupError, ValueError):
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
