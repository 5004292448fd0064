"""An object with fields → one article: under the names that exports and programming interfaces use, and IPTC's ninjs.

Read are, besides ninjs 1 to 3 and dpa's digitalwires, the names of schema.org, WordPress, Ghost, Arc, Drupal, the
Guardian, Factiva, Media Cloud, Event Registry, NewsAPI, news-please and trafilatura.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from index.readers.days import in_zone
from index.readers.drafts import Draft, Refused
from index.readers.items import WITHDRAWN, article, embargo, refused, revision, unpublished
from index.readers.markup import html_paragraphs, prose, storable
from index.readers.wordpress import NOT_POSTS, paragraphs, without_shortcodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from index.readers.items import Found

# Field names as `plain_name` writes them, the best first.
TEXTS = (
    *("body", "text", "content", "article", "articlebody", "maintext", "fulltext", "bodytext", "story", "storytext"),
    *("contentelements", "articlehtml", "articletext", "bodyhtml", "bodyxhtml", "contenthtml", "contenttext", "html"),
    *("plaintext", "postcontent", "rawtext"),
)
# What says the same as another text, in a form of its own: used where there is no other.
_TWINS = frozenset({"articletext", "bodytext", "contenttext", "plaintext", "rawtext"})
SUMMARIES = (
    *("description", "summary", "excerpt", "abstract", "lead", "teaser", "trailtext", "standfirst", "snippet"),
    *("descriptions", "customexcerpt", "leadparagraph"),
)
IDENTITIES = ("id", "uuid", "guid", "_id", "uri", "urn", "url", "an", "storiesid", "articleid")
FIELDS = {
    "title": ("title", "headline", "heading", "webtitle", "headlines", "posttitle", "articletitle"),
    "outlet": (
        *("outlet", "source", "publisher", "publication", "sitename", "sourcename", "medianame", "newspaper"),
        *("sourcehostname",),
    ),
    "author": ("author", "authors", "byline", "creator", "writer", "credits", "primaryauthor"),
    "published": (
        *("published", "publishedat", "date", "pubdate", "datepublished", "publisheddate", "datepublish"),
        *("publicationdate", "publicationdatetime", "webpublicationdate", "displaydate", "firstpublishdate"),
        *(
            "publishdate",
            "publishingdate",
            "firstpublished",
            "firstpublishedat",
            "datetimepub",
            "postdate",
            "timestamp",
        ),
    ),
    "url": ("url", "link", "canonicalurl", "canonicallink", "weburl", "permalink"),
    "language": ("lang", "language", "inlanguage", "languagecode"),
    "changed": (
        *("datemodified", "updated", "updatedat", "updateddate", "dateupdated", "lastupdated", "lastupdateddate"),
        *("modified", "modifiedat", "modifieddate", "lastmodified", "lastmodifieddate", "lastmod", "datemodify"),
        *("modificationdate", "modificationdatetime", "postmodified"),
    ),
}
# Used where none of the fields above says it.
_ELSE = {"outlet": ("publishername", "publicationname", "domain", "sourcedomain", "hostname")}
# By the ninjs schemas: the headline is the title, a source of information the outlet (a copyright holder is not), and
# the first version's creation the nearest thing to a day of publication.
NINJS_FIELDS = {
    "title": ("headline", "headlines", "title"),
    "outlet": ("infosource", "infosources", "provider", "source"),
    "author": ("byline", "bylines", "by", "authors"),
    "published": ("firstcreated", "contentcreated", "versioncreated"),
    "language": ("language",),
    "changed": ("versioncreated",),
}
# What the value is called inside an object that stands for it: a text, and anything else.
_INNER_TEXT = ("rendered", "processed", "value", "text", "content", "raw", "@value", "#text")
_INNER = (
    *("name", "display_name", "displayName", "full_name", *_INNER_TEXT, "title", "basic", "main", "original", "by"),
    *("$oid", "$date", "$numberLong"),
)
# Objects that only hold an article, or more of its fields.
_AROUND = frozenset({"response", "data", "content", "item", "article", "post", "result", "document", "story"})
_WITHIN = ("_source", "fields", "attributes")
_STATUSES = ("status", "poststatus", "pubstatus", "state", "workflowstatus", "moderationstate")
_IS_DRAFT = ("draft", "isdraft", "deleted", "isdeleted")
_IS_PUBLISHED = ("published", "ispublished", "status")
# What names of fields have in them that may tell what is missing.
_ALIKE = {
    "published": (re.compile(r"date|time|^pub|posted|issued|^day|created"), "a day of publication"),
    "outlet": (re.compile(r"outlet|source|publisher|publication|paper|media|^site|domain|channel|brand"), "an outlet"),
    "author": (re.compile(r"author|writer|byline|reporter|journalist|correspondent|creator|signed"), "an author"),
}
_READ = frozenset({*TEXTS, *SUMMARIES, *IDENTITIES}.union(*FIELDS.values(), *NINJS_FIELDS.values(), *_ELSE.values()))
_NITF_BODY = re.compile(r"<body\.content[^>]*>.*?</body\.content>", re.DOTALL)
_HEADER = frozenset({"header"})
_MAX_NAMED = 20
_MAX_CARD_CHARS = 200


def plain_name(key: str) -> str:
    """A field's name without case and without what joins its words: `published_at` and `publishedAt` are one."""
    return key[:1].lower() + re.sub(r"[_-]", "", key[1:]).lower()


def from_fields(value: object, line: int, notes: list[str]) -> Draft | Refused:
    """One article from its object, which begins in this line, with what is noted of it already."""
    if not isinstance(value, dict):
        return Refused("it is not an article: an object with fields is expected", line)
    try:
        return _article(_Fields(value), line, notes)
    except RecursionError:
        return Refused("it is nested too deeply", line)


class _Fields(dict[str, Any]):
    """The fields of an object by their plain names, with those of the objects that only hold more of them."""

    def __init__(self, value: Mapping[str, Any], depth: int = 4) -> None:
        super().__init__()
        while depth and (inner := _held(value)):
            value, depth = inner, depth - 1
        self.names: dict[str, str] = {}
        self._add(value)
        for key in _WITHIN:
            if isinstance(inner := value.get(key), dict):
                self._add(inner)

    def _add(self, value: Mapping[str, Any]) -> None:
        for key, content in value.items():
            name = plain_name(key)
            self.names.setdefault(name, key)
            if self.get(name) in (None, "", [], {}):
                self[name] = content


def _held(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The object that this one is only around, if so."""
    if any(_text(plain_name(key), content) for key, content in value.items() if plain_name(key) in TEXTS):
        return None
    inner = [content for key, content in value.items() if plain_name(key) in _AROUND and isinstance(content, dict)]
    return inner[0] if len(inner) == 1 else None


def _article(item: _Fields, line: int, notes: list[str]) -> Draft | Refused:
    identity = next(filter(None, (_words(item.get(key)) for key in IDENTITIES)), "")
    ninjs = _is_ninjs(item)
    values = {field: _places(item, field, keys, ninjs=ninjs) for field, keys in _names(ninjs=ninjs).items()}
    for field, keys in _ELSE.items():
        values[field] = values[field] or _places(item, field, keys, ninjs=True)
    changed = values.pop("changed")
    version = _words(item.get("version")) if ninjs else ""
    if reason := _not_free(item) if ninjs else _not_published(item):
        usable_no_more = ninjs and _words(item.get("pubstatus")).lower() not in {"", "usable"}
        taken_back = revision(version, changed) if usable_no_more or (changed and not ninjs) else None
        return refused(reason, line, identity, taken_back)
    summary = next(filter(None, (_words(item.get(key)) for key in SUMMARIES)), "")
    texts = _ninjs_texts(item) if ninjs else _texts(item)
    found = article(
        texts,
        values,
        identity=identity,
        line=line,
        notes=notes,
        summary=summary,
        changed=changed,
        version=version,
        missing=_missing(item),
    )
    if isinstance(found, Draft):
        return found.noting(_overlooked(item, found.card))
    return found


def _names(*, ninjs: bool) -> Mapping[str, tuple[str, ...]]:
    return FIELDS | NINJS_FIELDS if ninjs else FIELDS


def _places(item: _Fields, field: str, keys: tuple[str, ...], *, ninjs: bool) -> Found:
    """Where a field of the card is given, as text."""
    places = [(key, _given(item, field, key)) for key in keys]
    if field in {"title", "outlet", "author"}:
        places = [(key, prose(words)) for key, words in places]
    if field == "outlet":  # trafilatura calls the link so
        places = [(key, words) for key, words in places if not words.startswith(("http://", "https://"))]
    places = [(key, words) for key, words in places if words.strip()]
    # What ninjs says in several places are several things, and so is what Arc does.
    return places[:1] if ninjs or "contentelements" in item else places


def _given(item: _Fields, field: str, key: str) -> str:
    value = item.get(key)
    if field in {"published", "changed"} and (utc := _words(item.get(f"{key}gmt"))):
        return in_zone(_words(value), utc)  # WordPress
    if field == "author":
        embedded = item.get("_embedded")
        if isinstance(embedded, dict) and isinstance(value, int) and key in embedded:
            value = embedded[key]  # WordPress: the number of a user, and the user beside it
        return _words(value, ", ")
    return _words(value)


def _texts(item: _Fields) -> list[tuple[str, str]]:
    texts = [(key, text) for key in TEXTS if (text := _text(key, item.get(key)))]
    return texts[:1] + [(key, text) for key, text in texts[1:] if key not in _TWINS]


def _text(key: str, value: object) -> str:
    if isinstance(value, list):
        return _blocks(value)
    words = _words(value, inner=_INNER_TEXT)
    if key == "postcontent" or (isinstance(value, dict) and "raw" in value and not value.get("rendered")):
        return paragraphs(words)
    if isinstance(value, dict) and "rendered" in value:
        return prose(without_shortcodes(words))
    return html_paragraphs(words, without=_HEADER) if key.endswith("html") else prose(words)


def _blocks(value: list[Any]) -> str:
    """A list of paragraphs, or of blocks that say what they are; anything else could be several articles."""
    if all(isinstance(paragraph, str) for paragraph in value):
        return prose("\n\n".join(value))
    if all(isinstance(block, dict) and isinstance(block.get("type"), str) and "title" not in block for block in value):
        return "\n\n".join(text for block in value for text in _block(block) if text)
    return ""


def _block(block: Mapping[str, Any]) -> Iterator[str]:
    """What one block shows; the words of links to other articles and of pictures are no part of the text."""
    if block["type"] in {"text", "paragraph", "header", "heading", "quote", "blockquote", "list", "raw_html"}:
        for inner in (block.get("content_elements"), block.get("items")):
            for each in inner if isinstance(inner, list) else ():
                if isinstance(each, dict):
                    yield from _block({"type": "text", **each})
        yield prose(
            _words({key: block.get(key) for key in ("content", "text", "html")}, inner=("content", "text", "html"))
        )


def _words(value: object, join: str | None = None, inner: tuple[str, ...] = _INNER) -> str:
    """A value as text: of an object its name or content; of a list all, if they can be joined, else the main one."""
    if isinstance(value, dict):
        return next(filter(None, (_words(value.get(key), join, inner) for key in inner)), "")
    if isinstance(value, list):
        main_first = value if join else sorted(value, key=lambda entry: not _is_main(entry))
        words = [word for entry in main_first if (word := _words(entry, join, inner))]
        return join.join(words) if join else next(iter(words), "")
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _is_main(entry: object) -> bool:
    return isinstance(entry, dict) and entry.get("role") == "main"


# --- what is not an article, and what is not read ---------------------------------------------------------------------


def _not_published(item: _Fields) -> str | None:
    """Why an item of a content management system must not be shown, or is no article."""
    if reason := next(filter(None, (unpublished(_words(item.get(key))) for key in _STATUSES)), None):
        return reason
    arc = item.get("revision")
    if isinstance(arc, dict) and arc.get("published") is False:
        return "it says that it is not published"
    if any(item.get(key) is True or item.get(key) == "true" for key in _IS_DRAFT):
        return "it says that it is a draft, or deleted"
    if any(item.get(key) is False or item.get(key) == "false" for key in _IS_PUBLISHED):
        return "it says that it is not published"
    content = item.get("content")
    if isinstance(content, dict) and content.get("protected") is True:
        return "it is protected by a password"
    return _no_article(item)


def _no_article(item: _Fields) -> str | None:
    kind = _words(item.get("posttype")) or _words(item.get("type"))
    if kind in NOT_POSTS:
        return f"its kind is {kind}: it is not an article"
    if kind in {"event", "planning"} or "eventdetails" in item:
        return f"its type is {kind or 'event'}, not text"
    return None


def _missing(item: _Fields) -> str:
    """That there is no text, where it was looked for, and what there is instead."""
    if not item.names:
        return "it has no text"
    names = [name[:40] for name in item.names.values()]
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return (
        f"it has no text: that is looked for in {', '.join(TEXTS)}; "
        f"its fields are {', '.join(names[:_MAX_NAMED])}{more}"
    )


def _overlooked(item: _Fields, card: Mapping[str, object]) -> list[str]:
    """A note for each field that may say what the card lacks, and is not read."""
    return [
        f'"{storable(item.names[name][:40])}" may be {what}, and is not read'
        for field, (pattern, what) in _ALIKE.items()
        if field not in card
        for name, value in item.items()
        if pattern.search(name) and name not in _READ and 0 < len(_words(value)) <= _MAX_CARD_CHARS
    ]


# --- ninjs -----------------------------------------------------------------------------------------------------------


def _is_ninjs(item: _Fields) -> bool:
    standard = item.get("$standard") or item.get("standard")
    if isinstance(standard, dict) and standard.get("name") == "ninjs":
        return True
    telling = {"versioncreated", "pubstatus", "representationtype", "firstcreated", "bodies", "headlines"}
    return not item.keys().isdisjoint({"uri", "guid", "urn"}) and not item.keys().isdisjoint(telling)


def _not_free(item: _Fields) -> str | None:
    """Why an item must not be shown, or is no text."""
    status = _words(item.get("pubstatus")).lower() or "usable"
    if unpublished(status) == WITHDRAWN:
        return WITHDRAWN
    if status != "usable":
        return f'its status is "{status}", not usable'
    if item.get("embargoed") is not None and (reason := embargo(_words(item["embargoed"]))):
        return reason
    kind = _words(item.get("type")).lower() or "text"
    if kind not in {"text", "composite", "component"}:
        return f"its type is {kind}, not text"
    if _words(item.get("representationtype")).lower() in {"incomplete", "partial", "associated"}:
        return "it is marked as incomplete"
    return _no_article(item)


def _ninjs_texts(item: _Fields) -> list[tuple[str, str]]:
    """Every rendering of the body: with markup first, since only that tells paragraphs for certain."""
    texts = []
    bodies = item.get("bodies")
    for body in sorted(bodies if isinstance(bodies, list) else [], key=lambda entry: not _is_main(entry)):
        kind = {plain_name(key): _words(value) for key, value in body.items()} if isinstance(body, dict) else {}
        words = _words(body, None, _INNER_TEXT)
        if "nitf" in kind.get("contenttype", ""):
            nitf = _NITF_BODY.search(words)
            text = html_paragraphs(nitf[0] if nitf else words)
        else:
            text = html_paragraphs(words, without=_HEADER) if "html" in kind.get("contenttype", "") else prose(words)
        texts += [("bodies", text)] if text else []
    keys = [key for key in item if key.startswith("body") or key in {"articlehtml", "articletext"}]
    keys.sort(key=lambda key: ("html" not in key, key != "bodytext"))
    return texts[:1] + [(key, _text(key, item[key])) for key in keys]
