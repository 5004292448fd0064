"""The schema.org data that a web page carries → what they say of its article."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lxml.html import HtmlElement

_NEWS = re.compile(r"(?:^|[/:])(?:\w*Article|BlogPosting|LiveBlogPosting|Report)$")
_DECODER = json.JSONDecoder(strict=False)
_BETWEEN = re.compile(r"[\s;,\ufeff]*")
# A string as it is, else what pages wrap JSON in: marks of CDATA and of remarks, and remarks themselves. Each takes all
# that is left where it does not end, so that no text is searched twice.
_WRAPPING = re.compile(
    r'("(?:[^"\\]++|\\.)*+(?:"|$))|(?:(?://|/\*)[ \t]*+)?(?:<!\[CDATA\[|\]\]>|<!--|-->)(?:[ \t]*+\*/)?'
    r"|/\*(?:[^*]++|\*(?!/))*+(?:\*/|$)|//[^\n]*+",
    re.DOTALL,
)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]++|\\.)*+(?:"|$))|,(?=\s*+[}\]])', re.DOTALL)


class LinkedData(NamedTuple):
    """What schema.org data say of the one article that a page is about.

    `said` is the article as they describe it; `authors` are named, and `people` tells whether any of them is a person;
    `problems` say which data cannot be read.
    """

    said: Mapping[str, Any]
    authors: Sequence[str]
    people: bool
    problems: Sequence[str]

    @property
    def live(self) -> bool:
        """Whether the article is one of many entries that follow each other."""
        return any(kind.endswith("LiveBlogPosting") for kind in strings(self.said.get("@type")))

    @property
    def publisher(self) -> str:
        """Who publishes it."""
        return ", ".join(strings(self.said.get("publisher")))


def linked_data(page: HtmlElement, address: str | None, headings: Sequence[str]) -> LinkedData:
    """What a page's schema.org data say of the article at this address, or under one of these headings."""
    nodes: list[dict[str, Any]] = []
    problems = []
    for script in page.iter("script"):
        if "ld+json" not in script.get("type", "").lower():
            continue
        try:
            nodes += _nodes(_loads(script.text or ""))
        except (ValueError, RecursionError):
            problems.append(f"line {script.sourceline}: its schema.org data are not JSON; they are not used")
    by_id = {node["@id"]: node for node in reversed(nodes) if isinstance(node.get("@id"), str)}
    articles = [node for node in nodes if any(map(_NEWS.search, strings(node.get("@type"))))]
    if len(articles) > 1:  # a page of several, or the teasers of others
        shown = set(map(bare, headings))
        articles = [
            node
            for node in articles
            if (address and address in {node.get("url"), *ids(node.get("mainEntityOfPage"))})
            or bare(node.get("headline")) in shown
        ]
    if not articles:
        return LinkedData({}, (), False, problems)
    said = dict(articles[0])
    authors = _described(said.get("author"), by_id)
    said["publisher"] = [name for _, name in _described(said.get("publisher"), by_id)]
    names = tuple(dict.fromkeys(name for _, name in authors))
    return LinkedData(said, names, any(not _is_body(kinds) for kinds, _ in authors), problems)


def strings(value: object) -> list[str]:
    """The texts in a value that may be one, a list, or something else."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def ids(value: object) -> list[str]:
    """What a value points to."""
    return strings(value.get("@id")) if isinstance(value, dict) else strings(value)


def alike(one: object, other: object) -> bool:
    """Whether two texts have the same words, however they are set."""
    return bare(one) == bare(other)


def bare(text: object) -> str:
    """The letters and digits of a text, without case."""
    return "".join(re.findall(r"\w+", str(text))).casefold()


def _loads(text: str) -> list[Any]:
    """The values in a script: JSON, also where it is wrapped as scripts once were, or ends in a comma or semicolon."""
    if '"' not in text and "&quot;" in text:
        text = html.unescape(text)
    try:
        return [json.loads(text, strict=False)]
    except ValueError:
        bared = _WRAPPING.sub(lambda found: found[1] or " ", text)
        bared = _TRAILING_COMMA.sub(lambda found: found[1] or "", bared)
    values: list[Any] = []
    at = _end_of(_BETWEEN, bared, 0)
    while at < len(bared) or not values:
        value, at = _DECODER.raw_decode(bared, at)
        values.append(value)
        at = _end_of(_BETWEEN, bared, at)
    return values


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


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


def _described(value: object, by_id: Mapping[str, dict[str, Any]]) -> list[tuple[list[str], str]]:
    """The kinds and names of the people or bodies that a value describes or points to."""
    found = []
    for item in value if isinstance(value, list) else [value]:
        described = item if isinstance(item, dict) else {"name": item}
        if isinstance(key := described.get("@id"), str):
            described = by_id.get(key, described)
        kinds = strings(described.get("@type"))
        parts = (part for key in ("givenName", "familyName") for part in strings(described.get(key)))
        names = strings(described.get("name")) or [" ".join(parts)]
        found += [(kinds, name.strip()) for name in names if name.strip()]
    return [(kinds, name) for kinds, name in found if not re.match(r"https?://", name)]


def _is_body(kinds: Sequence[str]) -> bool:
    return any(kind.endswith(("Organization", "Corporation")) for kind in kinds)
