"""Items of feeds that hold full texts: RSS 2.0, 1.0 and 0.9x, Atom, and what WordPress and Blogger export as feeds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.readers.days import in_zone
from index.readers.elements import language, line_of, local_name, names, said, space_of, words
from index.readers.items import article, refused, revision, unpublished
from index.readers.markup import html_paragraphs, plain, prose, tree_paragraphs
from index.readers.wordpress import NOT_POSTS, paragraphs

if TYPE_CHECKING:
    from lxml.etree import _Element

    from index.readers.drafts import Draft, Refused
    from index.readers.items import Found

# A feed's description may be a summary; from this length on it is taken as the text, if it does not end in dots.
MIN_FULL_DESCRIPTION = 1000

ATOM = "{http://www.w3.org/2005/Atom}"
APP = "{http://www.w3.org/2007/app}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
WORDPRESS = "http://wordpress.org/export/"
BLOGGER_KIND = "http://schemas.google.com/blogger/2008/kind#"


def about(element: _Element) -> dict[str, Found]:
    """What the feed says of itself that holds for its items, from where its first item stands."""
    parent = element.getparent()
    if parent is None:
        return {}
    space = space_of(element)
    channel = parent.find(f"{space}channel") if local_name(parent) == "RDF" else parent
    if channel is None:
        return {}
    people = [each for each in channel if each.tag.startswith(f"{{{WORDPRESS}") and local_name(each) == "author"]
    return {
        "outlet": said(channel, f"{space}title"),
        "author": names(channel, f"{ATOM}author/{ATOM}name") if space == ATOM else [],
        "language": said(channel, f"{space}language", f"{DC}language"),
        "people": [(_exported(each, "author_login"), _exported(each, "author_display_name")) for each in people],
    }


def rss(item: _Element, feed: dict[str, Found]) -> Draft | Refused:
    """One item of RSS, or of an export of WordPress."""
    space, guid = space_of(item), item.find("guid")
    link = said(item, f"{space}link")
    if not link and guid is not None and guid.get("isPermaLink") != "false" and words(guid).startswith("http"):
        link = [("guid", words(guid))]
    identity = words(guid) or item.get(f"{RDF}about") or (link[0][1] if link else "")
    post = any(each.tag.startswith(f"{{{WORDPRESS}") for each in item)
    changed = _at(item, "post_modified")
    if post and (reason := _not_a_post(item)):
        # One that was published before is taken back, if it is known to be later.
        taken_back = revision("", changed) if changed else None
        return refused(reason, line_of(item), identity, taken_back)
    texts = [(place, _encoded(text, post=post)) for place, text in _texts(item, f"{CONTENT}encoded")]
    description = prose(words(item.find(f"{space}description")))
    notes = []
    if not any(text for _, text in texts) and _is_full(description):
        texts = [("description", description)]
        notes.append("its text is the feed's description")
    mail = re.fullmatch(r"\S+@\S+(?:\s+\((.+)\))?", words(item.find("author")))
    named = [("author", mail[1] or "")] if mail else said(item, "author")
    people = dict(feed.get("people", ()))
    creators = [(place, people.get(name) or name) for place, name in names(item, f"{DC}creator")]
    values: dict[str, Found] = {
        # A title may be HTML once more, which RSS leaves open.
        "title": [(place, prose(title)) for place, title in said(item, f"{space}title")[:1]],
        "outlet": (said(item, "source", f"{DC}publisher") or feed.get("outlet", []))[:1],
        "author": creators or [place for place in named if place[1]],
        "published": _at(item, "post_date") or said(item, "pubDate", f"{DC}date"),
        "url": link[:1],
        "language": (said(item, f"{DC}language") or feed.get("language") or language(item))[:1],
    }
    return article(
        texts, values, identity=identity, line=line_of(item), notes=notes, summary=description, changed=changed
    )


def atom(entry: _Element, feed: dict[str, Found]) -> Draft | Refused:
    """One entry of Atom."""
    identity = words(entry.find(f"{ATOM}id"))
    texts, reason = [], _not_an_entry(entry)
    content = entry.find(f"{ATOM}content")
    if content is not None:
        text = _atom_text(content)
        if content.get("src"):
            reason = reason or "its text stands elsewhere, and nothing is fetched"
        elif text is None:
            reason = reason or f"its content is of the type {content.get('type')}, which is not read"
        texts = [("content", text or "")]
    if reason:
        return refused(reason, line_of(entry), identity)
    summary, title = entry.find(f"{ATOM}summary"), entry.find(f"{ATOM}title")
    links = [each for each in entry.findall(f"{ATOM}link") if each.get("rel", "alternate") == "alternate"]
    published = said(entry, f"{ATOM}published")
    updated = said(entry, f"{ATOM}updated")
    authors = names(entry, f"{ATOM}author/{ATOM}name") or names(entry, f"{ATOM}source/{ATOM}author/{ATOM}name")
    values: dict[str, Found] = {
        "title": [("title", _atom_text(title) or "")] if title is not None and words(title) else [],
        "outlet": said(entry, f"{ATOM}source/{ATOM}title") or feed.get("outlet", []),
        "author": authors or feed.get("author", []),
        "published": published or updated,
        "url": [("link", each.get("href", "")) for each in links[:1]],
        "language": language(entry if content is None else content),
    }
    notes = ["its day is that of its last change"] if updated and not published else []
    shown = _atom_text(summary) or "" if summary is not None else ""
    return article(texts, values, identity=identity, line=line_of(entry), notes=notes, summary=shown, changed=updated)


def _texts(item: _Element, path: str) -> list[tuple[str, str]]:
    """What stands at a path with its line ends, which part paragraphs in what was typed."""
    return [(local_name(each), text) for each in item.iterfind(path) if (text := words(each))]


def _encoded(text: str, *, post: bool) -> str:
    """The text of `content:encoded`: HTML as a page has it, or what was typed into WordPress."""
    return paragraphs(text) if post else prose(text)


def _is_full(description: str) -> bool:
    return len(description) >= MIN_FULL_DESCRIPTION and not description.endswith(("…", "...", "[…]", "[...]"))


def _atom_text(element: _Element) -> str | None:
    """The text of an Atom construct by its type; None if it is neither text nor HTML."""
    kind = element.get("type", "text").partition(";")[0].strip().lower()
    if kind in {"html", "text/html"}:
        return html_paragraphs(words(element))
    if kind in {"xhtml", "application/xhtml+xml"}:
        return tree_paragraphs(element)
    return plain(words(element)) if kind in {"text", "text/plain"} else None


# --- WordPress and Blogger -------------------------------------------------------------------------------------------


def _exported(element: _Element, name: str) -> str:
    """What WordPress exports of an item or an author besides what RSS has a name for."""
    found = (each for each in element if each.tag.startswith(f"{{{WORDPRESS}") and local_name(each) == name)
    return next(map(words, found), "")


def _not_a_post(item: _Element) -> str | None:
    """Why what WordPress exports is not an article that is published."""
    status, kind = _exported(item, "status"), _exported(item, "post_type")
    if kind in NOT_POSTS:
        return f"its kind is {kind}: it is not an article"
    if _exported(item, "post_password"):
        return "it is protected by a password"
    if status and status != "publish":
        return unpublished(status) or f'its status is "{status}": it is not published'
    return None


def _at(item: _Element, name: str) -> list[tuple[str, str]]:
    """A time that WordPress tells in the site's own zone and in UTC: in the site's zone, which the two tell."""
    local, utc = _exported(item, name), _exported(item, f"{name}_gmt")
    return [(name, told)] if (told := in_zone(local, utc)) else []


def _not_an_entry(entry: _Element) -> str | None:
    """Why an entry is a draft, or is not an article at all."""
    kinds = [each.get("term", "") for each in entry.findall(f"{ATOM}category")]
    kind = next((each.removeprefix(BLOGGER_KIND) for each in kinds if each.startswith(BLOGGER_KIND)), "post")
    typed = {local_name(each): words(each).lower() for each in entry if "blogger" in space_of(each)}
    kind = typed.get("type", kind)
    status = typed.get("status", "live")
    if kind != "post":
        return f"its kind is {kind}: it is not an article"
    if words(entry.find(f"{APP}control/{APP}draft")) == "yes":
        return unpublished("draft")
    return None if status == "live" else unpublished(status)
