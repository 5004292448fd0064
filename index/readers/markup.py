"""What the readers of structured formats share: markup → paragraphs, days as files write them, one article's draft."""

from __future__ import annotations

import hashlib
import html
import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime, parsedate_tz
from typing import TYPE_CHECKING

from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, Refused, Revision, card_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lxml.etree import _Element

    # Where a file gives a value, and the value as it stands there; the best place first.
    Found = Sequence[tuple[str, str]]

MAX_MEMBER_CHARS = 100
WITHDRAWN = "withdrawn by its publisher"

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

# A text that says of itself that it stops before its end.
_CUT = re.compile(r"\[\s*(?:…|\.\.\.|\+\s*\d+ chars)\s*\]\s*$")
_ISO_DAY = re.compile(
    r"(\d{4})(-?)(\d{2})\2(\d{2})(?:([T ]\d{1,2}:?\d{2}\b.*|[T ]\d{6}.*)|Z|[+-]\d{2}:?\d{2})?", re.DOTALL
)
_MAIL_DAY = re.compile(
    r"(?:[A-Za-z]{3,9}\.?,?\s+)?\d{1,2}[\s-]+[A-Za-z]{3,9}\.?[\s-]+\d{4}(\s+\d{1,2}:\d{2}.*)?", re.DOTALL
)
_SECONDS = re.compile(r"\d{9,17}(?:\.\d*)?")


def html_paragraphs(markup: str, *, keep_lines: bool = False) -> str:
    """The text that a reader of this piece of HTML sees: paragraphs parted by blank lines.

    White space is collapsed as HTML collapses it; with `keep_lines` line ends stay, as in text with a few tags in it.
    Nothing is run and nothing is fetched.
    """
    from lxml import etree  # noqa: PLC0415 - costs start-up time

    if not markup.strip() or not _sound(markup):
        return markup.strip()  # the parser would replace what makes `article` refuse it
    page = _Page(keep_lines=keep_lines)
    # A target keeps no tree: there is no depth at which text would be lost, nor is any lost after a stray </html>.
    parser = etree.HTMLParser(target=page, huge_tree=True)
    # An XML declaration would make the parser distrust text that is decoded already.
    parser.feed(re.sub(r"^\s*<\?xml[^>]*>", "", markup))
    parser.close()
    return page.text()


def tree_paragraphs(element: _Element) -> str:
    """The text that a reader of this XHTML or NITF element sees: paragraphs parted by blank lines."""
    from lxml import etree  # noqa: PLC0415 - costs start-up time

    page = _Page()
    for event, node in etree.iterwalk(element, events=("start", "end")):
        name = local_name(node)
        if event == "start":
            page.start(name, node.attrib)
            page.data(node.text or "")
        else:
            page.end(name)
            page.data(node.tail or "" if node is not element else "")
    return page.text()


def local_name(element: _Element) -> str:
    """An element's name without its namespace, or without a prefix that the file does not explain."""
    name: str = element.tag
    return name.rpartition("}")[2].rpartition(":")[2]


def prose(text: str) -> str:
    """A text of a field that does not say whether it is HTML: read as HTML where it holds tags."""
    text = plain(text)
    if _TAG.search(text):
        return html_paragraphs(text, keep_lines=not _BLOCK_TAG.search(text))
    return _REFERENCE.sub(lambda reference: html.unescape(reference[0]), text).strip()


def plain(text: str) -> str:
    """A text that is no markup: line ends are single line feeds, no white space around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def day(value: str) -> date:
    """The calendar day, in the zone the value gives: ISO 8601, RFC 2822, or seconds or milliseconds since 1970 (UTC).

    Raises:
        ValueError: it is none of these, or could mean two days.

    """
    text = value.strip()
    try:
        if found := _ISO_DAY.fullmatch(text):
            return date(int(found[1]), int(found[3]), int(found[4]))
        if _SECONDS.fullmatch(text):
            return _since_1970(text).date()
        if (found := _MAIL_DAY.fullmatch(text)) and (parts := parsedate_tz(text if found[1] else f"{text} 00:00")):
            return date(*parts[:3])
    except (ValueError, OverflowError, OSError):
        pass  # such a day does not exist
    raise ValueError(f'published = "{text[:40]}" is not a day in a form that can mean only one, such as 2023-05-04')


def moment(value: str) -> date:
    """The same as exactly as it is written: a datetime if a time of day can be read, with its zone if it gives one.

    Raises:
        ValueError: as `day`.

    """
    found, text = day(value), value.strip()
    with suppress(ValueError, OverflowError, OSError):
        if iso := _ISO_DAY.fullmatch(text):
            return datetime.fromisoformat(text) if iso[5] else found
        return _since_1970(text) if _SECONDS.fullmatch(text) else parsedate_to_datetime(text)
    return found


def first_moment(values: Iterable[str]) -> date | None:
    """The first of these that can be read."""
    for value in values:
        with suppress(ValueError):
            return moment(value)
    return None


def version_number(digits: str) -> int:
    """The number of a version; 0 if it is none."""
    return int(digits) if re.fullmatch(r"[0-9]{1,9}", digits) else 0


def embargo(until: str) -> str | None:
    """Why an article that is embargoed until then must not be shown; nothing if that is over."""
    until = until.strip()
    if not until:
        return "it is embargoed without an end"
    try:
        end = datetime.fromisoformat(until)
    except ValueError:
        return f'it is embargoed until "{until}", which is not a time that can be read'
    # Without a zone it is over when it is over everywhere.
    end = end if end.tzinfo else end.replace(tzinfo=timezone(timedelta(hours=-12)))
    return f"it is embargoed until {until}" if end > datetime.now(UTC) else None


def article(
    texts: Found,
    values: Mapping[str, Found],
    *,
    identity: str = "",
    line: int | None = None,
    notes: Sequence[str] = (),
    summary: str = "",
    changed: Found = (),
    version: str = "",
) -> Draft | Refused:
    """One article from what a file says of it; why not, if it cannot be taken.

    Args:
        texts: its whole text, perhaps in several places; the first that is not empty is taken, others are compared.
        values: for a field of the card, likewise.
        identity: what the file calls it. Without one it is named by its title and day, so that it keeps its name when
            articles are added before it; without a title, by its text.
        line: where it begins.
        notes: what is noted already.
        summary: what the file has of it besides a whole text.
        changed: when it was changed last, perhaps in several places; the first that can be read is taken.
        version: the number of its version.

    """
    texts = [(place, text) for place, text in texts if text]
    found, problems = _card(values)
    text = texts[0][1] if texts else ""
    member = _member(identity, f"{found['title']}\n{found.get('published')}" if "title" in found else text)
    reason = None
    if not text and summary:
        reason = f"it has no full text, only a summary of {len(summary)} characters"
    elif not text:
        reason = "it has no text"
    elif _CUT.search(text[-100:]):
        reason = "its text is cut short: it ends in a sign for what was left out"
    elif "\0" in text:
        reason = "its text holds NUL characters"
    elif not all(_sound(str(words)) for words in (text, *found.values())):
        reason = "it holds half of a character (a lone surrogate), which cannot be stored"
    elif len(text.encode()) > MAX_ARTICLE_BYTES:
        reason = f"its text is larger than {MAX_ARTICLE_BYTES // 1024**2} MiB"
    if reason:
        return Refused(reason, line, member)
    bare = "".join(text.split()) if texts[1:] else ""
    problems += [
        f'its text differs between "{texts[0][0]}" and "{place}"; the first is used'
        for place, other in texts[1:]
        if "".join(other.split()) != bare
    ]
    times = (first_moment(value for _, value in places) for places in (changed, values.get("published", ())))
    return Draft(
        text,
        found,
        member,
        line=line,
        notes=tuple(dict.fromkeys(map(_storable, (*notes, *problems)))),
        revision=Revision(version_number(version), *times),
    )


def refused(reason: str, line: int | None, identity: str = "") -> Refused:
    """An article that is not taken, under the name that the file gives it."""
    return Refused(_storable(reason), line, _member(identity))


def unique(articles: Iterable[Draft | Refused]) -> Iterator[Draft | Refused]:
    """The same, where of several articles with one name only the first is taken."""
    lines: dict[str, int | None] = {}
    for each in articles:
        if isinstance(each, Draft) and each.member in lines:
            first = lines[each.member]
            reason = f"an article with the same id, or the same title and day, stands in line {first} already"
            yield Refused(reason, each.line, each.member)
            continue
        if isinstance(each, Draft):
            lines[each.member] = each.line
        yield each


class _Page:
    """Receives tags and text in order and keeps what a reader sees."""

    def __init__(self, *, keep_lines: bool = False) -> None:
        self._paragraphs: list[str] = []
        self._pieces: list[str] = []
        self._unseen = 0  # how many elements are open in the one that is not shown, itself included
        self._keep_lines = int(keep_lines)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        name = name.lower()
        if self._unseen or name in _UNSEENS or "hidden" in attributes or _hides(attributes.get("style")):
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

    def end(self, name: str) -> None:
        name = name.lower()
        if self._unseen:
            self._unseen -= 1
        elif name in _BLOCKS:
            self._part()
            self._keep_lines -= name == "pre"
        elif name == "q":
            self._pieces.append("”")

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


def _since_1970(seconds: str) -> datetime:
    number = float(seconds)
    return datetime.fromtimestamp(number if number < 1e11 else number / 1000, UTC)


def _hides(style: str | None) -> bool:
    return bool(style and re.search(r"display\s*:\s*none", style, re.IGNORECASE))


def _card(values: Mapping[str, Found]) -> tuple[dict[str, str | date], list[str]]:
    """The checked fields, and notes on what cannot be used or is contradicted."""
    found: dict[str, str | date] = {}
    notes = []
    for key, places in values.items():
        first = ""
        for place, raw in places:
            try:
                value = _checked(key, raw)
            except ValueError as exc:
                notes.append(f"{exc}; it is left out")
                continue
            if not first:
                found[key], first = value, place
            elif value != found[key] and _core(key, value) != _core(key, found[key]):
                notes.append(f'"{first}" gives {key} = "{found[key]}", "{place}" gives "{value}"; the first is used')
    return found, notes


def _checked(key: str, raw: str) -> str | date:
    if key == "published":
        return day(raw)
    value = raw.strip()
    if key == "author":
        value = re.sub(r"^by\s+(?=\S)", "", value, flags=re.IGNORECASE)
    if key == "language":
        primary, *rest = value.replace("_", "-").split("-")
        value = "-".join([primary.lower(), *rest])
    return card_field(key, value)


def _core(key: str, value: str | date) -> str:
    """What two values must share so as not to contradict each other."""
    return str(value).casefold().split("-")[0] if key == "language" else str(value).casefold()


def _member(identity: str, content: str = "") -> str:
    """A name that can be part of an article's id; a short hash of one that cannot, or else of what the article is."""
    name = identity.strip()
    if name and name.isprintable() and " " not in name and len(name) <= MAX_MEMBER_CHARS:
        return name
    key = name or content
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[:16] if key else ""


def _sound(text: str) -> bool:
    return "\0" not in text and _storable(text) == text


def _storable(text: str) -> str:
    return text.encode(errors="replace").decode()
