"""XML → drafts: NewsML-G2, NITF, and feeds (RSS 2.0 and 1.0, Atom) that hold full texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, Refused, UnreadableError
from index.readers.markup import (
    WITHDRAWN,
    article,
    embargo,
    html_paragraphs,
    local_name,
    plain,
    prose,
    refused,
    tree_paragraphs,
    unique,
    version_number,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, BinaryIO

    from lxml.etree import _Element

    from index.readers.markup import Found

# A feed's description may be a summary; from this length on it is taken as the text, if it does not end in dots.
MIN_FULL_DESCRIPTION = 1000

NAR = "{http://iptc.org/std/nar/2006-10-01/}"
ATOM = "{http://www.w3.org/2005/Atom}"
RSS_1 = "{http://purl.org/rss/1.0/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XML = "{http://www.w3.org/XML/1998/namespace}"

G2_ITEMS = ("newsItem", "packageItem", "conceptItem", "knowledgeItem", "planningItem", "catalogItem", "hopHistoryItem")
# What the elements of an article are called, by the root element's name.
ARTICLES = {
    "rss": ["item"],
    "RDF": [RSS_1 + "item"],
    "feed": [ATOM + "entry"],
    "entry": [ATOM + "entry"],
    "nitf": ["{*}nitf"],
    **{root: [NAR + name for name in G2_ITEMS] for root in ("newsMessage", *G2_ITEMS)},
}
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
# What libxml2 says, in words that tell a person nothing, and what we say.
_FAULTS = {
    "xmlParseEntityRef": "it is not well-formed XML: an & stands in it that begins nothing",
    "amplification": "its entities grow out of bounds",
    "Excessive depth": "its elements are nested more than 256 deep",
    "too long": "one of its texts is longer than ten million characters",
    "too big": "one of its texts is longer than ten million characters",
    "Buffer size": "one of its texts is longer than ten million characters",
}


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The articles of a NewsML-G2, NITF, RSS or Atom file, one at a time.

    Nothing that the file refers to is fetched, and entities that it declares are not used. Of a feed only items with
    their full text are articles.

    Args:
        file: can be read again from its start. It is read in pieces; an article beyond `MAX_ARTICLE_BYTES` ends it.

    Raises:
        UnreadableError: it is not well-formed before its first article, of another kind, declares entities, or holds no
            articles.

    """
    return unique(_articles(file))


def _articles(file: BinaryIO) -> Iterator[Draft | Refused]:
    from lxml import etree  # noqa: PLC0415 - costs start-up time

    root, line = _root(file)
    if root not in ARTICLES:
        raise UnreadableError(f"its root element <{root}> is not one of NewsML-G2, NITF, RSS or Atom", line)
    latest = _latest(file) if root == "newsMessage" else {}
    feed: dict[str, Found] = {}
    seen = False
    try:
        for element in _elements(file, ARTICLES[root]):
            feed = feed or _feed(element)
            seen = True
            unknown = next(element.iter(etree.Entity), None)
            if unknown is not None:
                yield Refused(f"it uses {unknown.text}, which the file does not explain", _line(unknown))
            elif element.tag.startswith(NAR):
                yield _g2(element, latest)
            elif element.tag == ATOM + "entry":
                yield _atom(element, feed)
            elif local_name(element) == "nitf":
                yield _nitf(element)
            else:
                yield _rss(element, feed)
    except UnreadableError as exc:
        if not seen:
            raise
        yield Refused(f"{exc}; the rest of the file was not read", exc.line)
    if not seen:
        raise UnreadableError("it holds no articles")


def _root(file: BinaryIO) -> tuple[str, int | None]:
    """The name of the root element and its line; refuses a file that declares entities."""
    for root in _events(file, "start", None):
        declared = root.getroottree().docinfo.internalDTD
        if declared is not None and any(declared.iterentities()):
            file.seek(0)
            head, entity, _ = file.read(MAX_ARTICLE_BYTES).partition(b"<!ENTITY")
            line = head.count(b"\n") + 1 if entity else None
            raise UnreadableError("it declares entities of its own, which could hide, multiply or fetch text", line)
        return local_name(root), _line(root)
    raise UnreadableError("it is empty")


def _elements(file: BinaryIO, tags: list[str]) -> Iterator[_Element]:
    """Each article's element, whole; what stands before it in the file is forgotten when the next is asked for."""
    for element in _events(file, "end", tags):
        yield element
        element.clear()
        while (before := element.getprevious()) is not None:
            before.getparent().remove(before)


def _events(file: BinaryIO, event: str, tags: list[str] | None) -> Iterator[_Element]:
    from lxml import etree  # noqa: PLC0415 - costs start-up time

    file.seek(0)
    source = _Metered(file)
    context = etree.iterparse(source, events=(event,), tag=tags, **_SAFE)
    try:
        for _, element in context:
            yield element
            source.start = source.end
    except etree.XMLSyntaxError as exc:
        fault = context.error_log.last_error
        if fault is not None and fault.domain == etree.ErrorDomains.NAMESPACE:
            return  # a prefix that is not declared: everything was read, and such names say nothing to us
        if fault is None:
            raise UnreadableError("it is empty") from exc
        ours = next((reason for words, reason in _FAULTS.items() if words in fault.message), None)
        raise UnreadableError(ours or f"it is not well-formed XML: {fault.message.strip()}", fault.line) from exc


class _Metered:
    """A file for the parser that ends when too much is read for one article."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.start = self.end = (0, 1)  # bytes read, and the line that was reached

    def read(self, size: int) -> bytes:
        if self.end[0] - self.start[0] > MAX_ARTICLE_BYTES:
            size_limit = MAX_ARTICLE_BYTES // 1024**2
            raise UnreadableError(f"there are more than {size_limit} MiB here without an article's end", self.start[1])
        data = self._file.read(size)
        self.end = (self.end[0] + len(data), self.end[1] + data.count(b"\n"))
        return data


def _line(element: _Element) -> int | None:
    line: int | None = element.sourceline
    return line


# --- feeds -----------------------------------------------------------------------------------------------------------


def _feed(element: _Element) -> dict[str, Found]:
    """What the feed says of itself that holds for its items, from where its first item stands."""
    parent = element.getparent()
    if parent is None:
        return {}
    channel = parent.find(RSS_1 + "channel") if element.tag == RSS_1 + "item" else parent
    if channel is None:
        return {}
    space = _space_of(element)
    return {
        "outlet": _said(channel, f"{space}title"),
        "author": _names(channel, f"{ATOM}author/{ATOM}name") if space == ATOM else [],
        "language": _said(channel, f"{space}language", f"{DC}language"),
    }


def _rss(item: _Element, feed: dict[str, Found]) -> Draft | Refused:
    space = _space_of(item)
    texts = [(place, html_paragraphs(text)) for place, text in _said(item, f"{CONTENT}encoded")]
    description = prose(_words(item.find(f"{space}description")))
    notes = []
    if not any(text for _, text in texts) and _is_full(description):
        texts = [("description", description)]
        notes.append("its text is the feed's description")
    guid = item.find("guid")
    link = _said(item, f"{space}link")
    if not link and guid is not None and guid.get("isPermaLink") != "false" and _words(guid).startswith("http"):
        link = [("guid", _words(guid))]
    mail = re.fullmatch(r"\S+@\S+(?:\s+\((.+)\))?", _words(item.find("author")))
    named = [("author", mail[1] or "")] if mail else _said(item, "author")
    values: dict[str, Found] = {
        # A title may be HTML once more, which RSS leaves open.
        "title": [(place, prose(title)) for place, title in _said(item, f"{space}title")[:1]],
        "outlet": (_said(item, "source", f"{DC}publisher") or feed.get("outlet", []))[:1],
        "author": _names(item, f"{DC}creator") or [place for place in named if place[1]],
        "published": _said(item, "pubDate", f"{DC}date"),
        "url": link[:1],
        "language": (_said(item, f"{DC}language") or feed.get("language") or _language(item))[:1],
    }
    identity = _words(guid) or item.get(f"{RDF}about") or (link[0][1] if link else "")
    return article(texts, values, identity=identity, line=_line(item), notes=notes, summary=description)


def _is_full(description: str) -> bool:
    return len(description) >= MIN_FULL_DESCRIPTION and not description.endswith(("…", "...", "[…]", "[...]"))


def _atom(entry: _Element, feed: dict[str, Found]) -> Draft | Refused:
    identity = _words(entry.find(f"{ATOM}id"))
    texts, reason = [], None
    content = entry.find(f"{ATOM}content")
    if content is not None:
        text = _atom_text(content)
        if content.get("src"):
            reason = "its text stands elsewhere, and nothing is fetched"
        elif text is None:
            reason = f"its content is of the type {content.get('type')}, which is not read"
        texts = [("content", text or "")]
    if reason:
        return refused(reason, _line(entry), identity)
    summary, title = entry.find(f"{ATOM}summary"), entry.find(f"{ATOM}title")
    links = [each for each in entry.findall(f"{ATOM}link") if each.get("rel", "alternate") == "alternate"]
    published = _said(entry, f"{ATOM}published")
    updated = _said(entry, f"{ATOM}updated")
    authors = _names(entry, f"{ATOM}author/{ATOM}name") or _names(entry, f"{ATOM}source/{ATOM}author/{ATOM}name")
    values: dict[str, Found] = {
        "title": [("title", _atom_text(title) or "")] if title is not None and _words(title) else [],
        "outlet": _said(entry, f"{ATOM}source/{ATOM}title") or feed.get("outlet", []),
        "author": authors or feed.get("author", []),
        "published": published or updated,
        "url": [("link", each.get("href", "")) for each in links[:1]],
        "language": _language(entry if content is None else content),
    }
    notes = ["its day is that of its last change"] if updated and not published else []
    shown = _atom_text(summary) or "" if summary is not None else ""
    return article(texts, values, identity=identity, line=_line(entry), notes=notes, summary=shown, changed=updated)


def _atom_text(element: _Element) -> str | None:
    """The text of an Atom construct by its type; None if it is neither text nor HTML."""
    kind = element.get("type", "text").partition(";")[0].strip().lower()
    if kind in {"html", "text/html"}:
        return html_paragraphs(_words(element))
    if kind in {"xhtml", "application/xhtml+xml"}:
        return tree_paragraphs(element)
    return plain(_words(element)) if kind in {"text", "text/plain"} else None


# --- NewsML-G2 and NITF ----------------------------------------------------------------------------------------------


def _latest(file: BinaryIO) -> dict[str, tuple[int, int | None]]:
    """The highest version of each item of a message, and its line: only that one speaks."""
    latest: dict[str, tuple[int, int | None]] = {}
    try:
        for item in _elements(file, ARTICLES["newsMessage"]):
            guid, version = item.get("guid", ""), version_number(item.get("version", ""))
            if version > latest.get(guid, (-1, None))[0]:
                latest[guid] = version, _line(item)
    except UnreadableError:
        pass  # said when the articles are read
    return latest


def _g2(item: _Element, latest: dict[str, tuple[int, int | None]]) -> Draft | Refused:
    identity, line, kind = item.get("guid", ""), _line(item), item.tag.removeprefix(NAR)
    newest = latest.get(identity, (0, None))
    reason = None
    status = _code(item.find(f"{NAR}itemMeta/{NAR}pubStatus")) or "usable"
    until = item.find(f"{NAR}itemMeta/{NAR}embargoed")
    if kind != "newsItem":
        reason = f"it is a {kind}, which holds no text of its own"
    elif newest[0] > version_number(item.get("version", "")):
        reason = f"a later version of it stands in line {newest[1]}"
    elif status in {"canceled", "cancelled", "withheld"}:
        reason = WITHDRAWN
    elif status != "usable":
        reason = f'its status is "{status}", not usable'
    elif until is not None:
        reason = embargo(_words(until))
    if reason:
        return refused(reason, line, identity)
    contents = item.findall(f"{NAR}contentSet/{NAR}inlineXML") + item.findall(f"{NAR}contentSet/{NAR}inlineData")
    texts = [(content.tag.removeprefix(NAR), text) for content in contents if (text := _g2_text(content))]
    if not texts:
        held = [child.tag.rpartition("}")[2] for child in item.iterfind(f"{NAR}contentSet/*")]
        return refused(f"it holds no text that is read, only {', '.join(held) or 'metadata'}", line, identity)
    meta = f"{NAR}contentMeta/{NAR}"
    nitf = next(item.iter("{*}nitf"), None)
    inside = _nitf_values(nitf) if nitf is not None else {}
    tag = item.find(f"{meta}language[@tag]")
    languages = [("language", tag.get("tag", ""))] if tag is not None else _language(contents[0])
    created = _said(item, f"{NAR}itemMeta/{NAR}firstCreated", f"{meta}contentCreated")
    changed = _said(item, f"{NAR}itemMeta/{NAR}versionCreated")
    values: dict[str, Found] = {
        "title": (_said(item, f"{meta}headline", f"{NAR}itemMeta/{NAR}title") or inside.get("title", []))[:1],
        "outlet": [*_party(item.find(f"{NAR}itemMeta/{NAR}provider")), *_party(item.find(f"{meta}infoSource"))][:1],
        "author": _said(item, f"{meta}by")[:1] or _names(item, f"{meta}creator/{NAR}name") or inside.get("author", []),
        "published": (created or changed)[:1],
        "language": languages,
    }
    return article(texts, values, identity=identity, line=line, changed=changed, version=item.get("version", ""))


def _g2_text(content: _Element) -> str:
    """The text of one rendition of an item's content; nothing if it is of a kind that is not read."""
    kind = content.get("contenttype", "").partition(";")[0].lower()
    if content.tag == NAR + "inlineXML":
        body = next(content.iter("{*}body.content"), None)
        if body is not None:
            return tree_paragraphs(body)
        return (
            tree_paragraphs(content) if next(content.iter("{http://www.w3.org/1999/xhtml}*"), None) is not None else ""
        )
    if content.get("encoding"):
        return ""
    if "html" in kind:
        return html_paragraphs(_words(content))
    return plain(_words(content)) if kind in {"", "text/plain"} else ""


def _party(element: _Element | None) -> list[tuple[str, str]]:
    """What an organisation is called: by name, else by what stands for it."""
    if element is None:
        return []
    named = _said(element, f"{NAR}name")[:1]
    code = element.get("literal") or element.get("qcode", "").partition(":")[2]
    return named or ([("code", code)] if code else [])


def _code(element: _Element | None) -> str:
    """The last part of a code from a vocabulary, as in `stat:usable`."""
    return re.split("[:/]", element.get("qcode") or element.get("uri") or "")[-1].lower() if element is not None else ""


def _nitf(nitf: _Element) -> Draft | Refused:
    line = _line(nitf)
    identity = next((each.get("id-string", "") for each in nitf.iter("{*}doc-id")), "")
    data = nitf.find("{*}head/{*}docdata")
    status = data.get("management-status", "usable").lower() if data is not None else "usable"
    release = next((each.get("norm", "") for each in nitf.iter("{*}date.release")), None)
    if status in {"canceled", "cancelled", "withheld"}:
        return refused(WITHDRAWN, line, identity)
    until = release if release is not None else "" if status == "embargoed" else None
    if until is not None and (reason := embargo(until)):
        return refused(reason, line, identity)
    texts = [("body.content", tree_paragraphs(body)) for body in nitf.iter("{*}body.content")]
    return article(texts, _nitf_values(nitf), identity=identity, line=line)


def _nitf_values(nitf: _Element) -> dict[str, Found]:
    """The fields that a NITF document itself gives."""

    def norms(path: str, attribute: str) -> list[tuple[str, str]]:
        return [(path, each.get(attribute)) for each in nitf.iterfind(f".//{{*}}{path}[@{attribute}]")]

    head = "{*}body/{*}body.head/{*}"
    created = norms("pubdata", "date.publication") or norms("date.issue", "norm") or norms("story.date", "norm")
    return {
        "title": (_said(nitf, f"{head}hedline/{{*}}hl1", "{*}head/{*}title"))[:1],
        "outlet": (norms("pubdata", "name") or _said(nitf, f"{head}distributor"))[:1],
        "author": _names(nitf, f"{head}byline/{{*}}person") or _said(nitf, f"{head}byline")[:1],
        "published": created[:1],
        "language": _language(nitf)[:1],
    }


# --- elements --------------------------------------------------------------------------------------------------------


def _space_of(element: _Element) -> str:
    """The namespace of an element, in braces as in its tag."""
    tag: str = element.tag
    return tag[: tag.index("}") + 1] if tag.startswith("{") else ""


def _words(element: _Element | None) -> str:
    return "".join(element.itertext()).strip() if element is not None else ""


def _said(element: _Element, *paths: str) -> list[tuple[str, str]]:
    """What stands at these paths, with the name of its element, as far as it is not empty."""
    found = [each for path in paths for each in element.iterfind(path)]
    return [(each.tag.rpartition("}")[2], words) for each in found if (words := " ".join(_words(each).split()))]


def _names(element: _Element, path: str) -> list[tuple[str, str]]:
    """The names at a path, as one value."""
    said = _said(element, path)
    return [(said[0][0], ", ".join(words for _, words in said))] if said else []


def _language(element: _Element) -> list[tuple[str, str]]:
    """The nearest `xml:lang` of an element or what holds it."""
    for each in (element, *element.iterancestors()):
        if language := each.get(XML + "lang"):
            return [("xml:lang", language)]
    return []
