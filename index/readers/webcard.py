"""What a saved web page states of its article → the fields of its card."""

from __future__ import annotations

import html
import re
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from index.readers.days import day, first_moment, moment
from index.readers.decoding import as_shown, language_code, storable
from index.readers.drafts import Revision, UnreadableError, card_field
from index.readers.linked import LinkedData, bare, ids, linked_data, strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from lxml.html import HtmlElement
    from trafilatura.settings import Document

_PUBLISHED_META = (
    *("article:published_time", "og:published_time", "og:article:published_time", "datepublished", "pubdate"),
    *("article:published:time", "article:published", "article.published", "parsely-pub-date", "publishdate"),
    *("publish-date", "publish_date", "publication_date", "published_time", "dc.date.issued", "dcterms.issued"),
    *("sailthru.date", "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "dc.date", "date"),
)
_CHANGED_META = (
    *("article:modified_time", "article:modified:time", "og:updated_time", "datemodified", "dcterms.modified"),
)
_TITLE_META = ("og:title", "twitter:title", "parsely-title", "dc.title", "dcterms.title")
_AUTHOR_META = (
    *("parsely-author", "author", "article:author", "article:author_name", "dc.creator", "dcterms.creator"),
    *("sailthru.author", "cxenseparse:author", "byl"),
)
_SITE_META = ("og:site_name", "application-name", "al:ios:app_name", "publisher", "dc.publisher", "twitter:site")

_UPDATED = re.compile(r"updat|modif|edit", re.IGNORECASE)
# A line that signs an article is shorter than a sentence that tells of a day.
_MAX_BYLINE_CHARS = 100
_MAX_BYLINES = 20
# Days that a page states, as that of its publication, which are compared.
_MAX_DATES = 100

# What parts a headline from the site's name and the section.
_SUFFIX = re.compile(r"\s*(?:\s[-–—·•:»/]\s|[|｜]|\s_|_(?=\S+$)|\s\[(?=[^\]]+\]$))\s*")
_MIN_HEADLINE_CHARS = 12
_BYLINE = re.compile(
    r"(?:^|[\s_-])(?:by-?line|author(?:[-_]*name|s)?|contributor(?:[-_]*name)?)(?:$|[\s_]|--)", re.IGNORECASE
)
# "Von Ann Author" is signed by her; Von Miller is a name.
_BY = re.compile(
    r"^(?:\W*(?:(?:(?:written|words|story|text|reported|post) )?(?:by|text|author|autor(?:in|en)?)"
    r"|(?:von|par|por|di|av|af|door|przez)\b(?=\W+\w+\W+\w))\b\W*)+",
    re.IGNORECASE,
)
_BYLINE_END = re.compile(
    r"\s*(?:[|•·\n]|\s[–—-]\s|\b(?:published|updated|posted|on|am)\b|\d).*", re.IGNORECASE | re.DOTALL
)
_NO_NAME = re.compile(r"[\W\d_]*|\S+@\S+|(?:https?:|www\.).*|@.*", re.IGNORECASE)
_LOGINS = frozenset(
    "admin administrator author autor editor editorial guest newsdesk none null redaktion root staff user webmaster"  # noqa: SIM905 – twenty quoted names would hide the list
    " wordpress wpadmin undefined unknown anonymous".split()
)
_LOGIN = re.compile(r"[a-z0-9._-]+|\w*\d\w*")


class WebCard(NamedTuple):
    """A page's card, which version it says to be, what is contradictory or cannot be used, and all its headlines."""

    fields: dict[str, str | date]
    revision: Revision
    doubts: list[str]
    headlines: list[str]
    linked: LinkedData


def web_card(page: HtmlElement) -> WebCard:
    """The card that the page gives: what schema.org data say, then what its head says, then trafilatura's reading."""
    headings = [words for heading in page.iter("h1") if (words := _words(heading))]
    linked = linked_data(page, _link(page, "canonical"), headings)
    guess = _guessed(page)
    sites = [linked.publisher, *_meta(page, *_SITE_META)]
    address = [_link(page, "canonical") or "", *strings(linked.said.get("url"))]
    address += [*ids(linked.said.get("mainEntityOfPage")), *_meta(page, "og:url")]
    names = _names_of_site(sites, address)
    stated = [linked.said.get("headline"), *_meta(page, *_TITLE_META), *_head_title(page)]
    titles = [storable(html.unescape(title)).strip() for title in stated if isinstance(title, str) and title.strip()]
    said: dict[str, list[object]] = {
        "title": [_headline(titles, headings, names), guess.title],
        "outlet": [linked.publisher, *_meta(page, "og:site_name")],
        "author": [_author(page, linked, guess, names)],
        "url": [*address],
        "language": [linked.said.get("inLanguage"), page.get("lang"), *_meta(page, "content-language", "og:locale")],
    }
    card: dict[str, str | date] = {}
    doubts = list(linked.problems)
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
    if days:
        card["published"] = next(iter(days))
    changed = [*strings(linked.said.get("dateModified")), *_meta(page, *_CHANGED_META), *_marked(page, "dateModified")]
    revision = Revision(changed=first_moment(changed), published=first_moment(days.values()))
    return WebCard(card, revision, doubts + doubts_of_day, [*titles, *headings], linked)


# --- the headline ----------------------------------------------------------------------------------------------------


def _headline(stated: Sequence[str], headings: Sequence[str], names: set[str]) -> str | None:
    """The headline: the one that is stated first, without the site's name at its end.

    Where that is another than the page shows, and the page's head states the shown one too, it is the shown one.
    """
    bared = [_without_site(title, [*stated, *headings], names) for title in stated]
    shown = {bare(heading) for heading in headings if len(heading) >= _MIN_HEADLINE_CHARS} - names
    agreed = [title for title in bared if bare(title) in shown]
    if agreed:
        return agreed[0]
    own = [heading for heading in headings if bare(heading) in shown]
    return next(iter(bared), None) or (own[0] if len(shown) == 1 else None)


def _without_site(title: str, others: Sequence[str], names: set[str]) -> str:
    """A title without the names at its end that no other title has, or that are the site's."""
    told = {bare(other) for other in others}
    for bound in _SUFFIX.finditer(title):
        if len(head := title[: bound.start()].strip()) >= _MIN_HEADLINE_CHARS and bare(head) in told:
            return head
    while bounds := list(_SUFFIX.finditer(title)):
        tail = bare(title[bounds[-1].end() :])
        if not title[: bounds[-1].start()].strip() or not any(tail == name for name in names):
            break
        title = title[: bounds[-1].start()].strip()
    return title


def _names_of_site(sites: Iterable[str], links: Iterable[str]) -> set[str]:
    """How the site is called, bare: its names, its host, and what of the host is a name."""
    hosts = {urlsplit(link).hostname or "" for link in links if link.startswith("http")}
    hosts = {host.removeprefix("www.") for host in hosts if host}
    return {bare(name) for name in (*sites, *hosts, *(host.split(".")[0] for host in hosts)) if bare(name)}


def _head_title(page: HtmlElement) -> list[str]:
    return [as_shown(title.text or "") for title in islice(page.iter("title"), 1)]


def _words(element: HtmlElement) -> str:
    return " ".join(as_shown(storable(element.text_content())).split())


def _guessed(page: HtmlElement) -> Document:
    from trafilatura import extract_metadata  # noqa: PLC0415 – half a second, and only web pages need it

    for script in list(page.iter("script")):  # what they say is read already, and no extractor stumbles over it
        script.drop_tree()
    try:
        return extract_metadata(page, date_config={"extensive_search": False, "original_date": True})
    except Exception as exc:  # an extractor's own fault on an odd page must not stop the others
        raise UnreadableError(f"what its head says cannot be read ({type(exc).__name__})") from exc


# --- the author ------------------------------------------------------------------------------------------------------


def _author(page: HtmlElement, linked: LinkedData, guess: Document, names: set[str]) -> str | None:
    """Who wrote it: what the first of the places says that name people, else the first that names anybody.

    The outlet is no author of its own article where anybody else is named, nor is a login; a number never is.
    """
    stated = [value for name in _AUTHOR_META for value in _meta(page, name)]
    places = [
        list(linked.authors) if linked.people else [],
        *([value] for value in stated),
        _signatures(page),
        list(linked.authors),
        [(guess.author or "").replace("; ", ", ")],
    ]
    named = [name for place in places if (name := ", ".join(dict.fromkeys(_people(place, names))))]
    people = [name for name in named if not _LOGIN.fullmatch(name)]
    outlet = [name for place in places for name in place if not _NO_NAME.fullmatch(name)]
    return next(iter((*people, *named, *outlet)), None)


def _people(values: Iterable[str], names: set[str]) -> Iterator[str]:
    """The names in what a place says of the author."""
    for value in values:
        told = _BY.sub("", " ".join(storable(html.unescape(value)).split()), count=1)
        first, *others = [part.strip(" ,;|–-") for part in told.split(", ")]
        if others and bare(first) in names:  # what follows is where the outlet is
            continue
        for name in (first, *others):
            if not _NO_NAME.fullmatch(name) and bare(name) not in names and name.casefold() not in _LOGINS:
                yield name


def _signatures(page: HtmlElement) -> list[str]:
    """The names that sign the article on the page: marked as its author, or in a line that begins with "by"."""
    whole = next(chain(page.iter("article"), page.iter("main")), page)
    marked: list[str] = []
    lines: list[str] = []
    for element in whole.iter("a", "address", "div", "p", "span", "li"):
        if next(element.iterancestors("article", "aside", "nav", "footer", "figure"), whole) is not whole:
            continue
        roles = f"{element.get('rel', '')} {element.get('itemprop', '')}".lower().split()
        if "author" in roles:
            names = element.xpath(".//*[@itemprop='name']") or [element]
            marked += [name for each in names if len(name := _words(each)) <= _MAX_BYLINE_CHARS]
        elif not lines and _BYLINE.search(element.get("class", "")[:_MAX_BYLINE_CHARS]):
            words = _words(element)
            if len(words) <= _MAX_BYLINE_CHARS and _BY.match(words):
                lines.append(_BYLINE_END.sub("", _BY.sub("", words, count=1)))
    return marked or lines


# --- the day ---------------------------------------------------------------------------------------------------------


def _published(page: HtmlElement, linked: LinkedData) -> tuple[dict[date, str], list[str]]:
    """The days that the page states as that of its publication, as it writes them; the first counts.

    Of one moment told in several time zones, the outlet's own day is that of a zone which is not UTC. Days in the
    page's text, address or file do not count.
    """
    stated = [*strings(linked.said.get("datePublished")), *_meta(page, *_PUBLISHED_META)]
    stated += _marked(page, "datePublished")
    stated = stated or [value for item in _bylines(page) if (value := _machine_date(item))]
    found: list[tuple[date, str]] = []
    doubts = []
    for value in map(storable, islice(stated, _MAX_DATES)):
        try:
            when = day(value)
        except ValueError as exc:
            doubts.append(f"{exc}; it is not taken as the date")
            continue
        same = next((n for n, (_, other) in enumerate(found) if _same_moment(value, other)), None)
        if same is None:
            found.append((when, value))
        elif _zoned(value) and not _zoned(found[same][1]):
            found[same] = (when, value)
    days: dict[date, str] = {}
    for when, value in found:
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
    moments = moment(one), moment(other)
    return all(isinstance(each, datetime) and each.tzinfo for each in moments) and moments[0] == moments[1]


def _zoned(value: str) -> bool:
    """Whether a time is told in a zone of its own."""
    told = moment(value)
    return isinstance(told, datetime) and bool(told.utcoffset())


# --- the page's head -------------------------------------------------------------------------------------------------


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
