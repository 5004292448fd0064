"""A Markdown file, with YAML or TOML front matter if it has any → one article as its rendered page shows it."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from index.readers import templates
from index.readers.days import day, first_moment
from index.readers.decoding import as_shown, bounded, decode, language_code, storable
from index.readers.drafts import Draft, Refused, Revision, UnreadableError, card_field
from index.readers.items import unpublished

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from markdown_it.token import Token
    from yaml.nodes import Node

# A long book chapter; and what one paragraph of hostile marks may cost to parse stays near a second.
MAX_MARKDOWN_CHARS = 512 * 1024
MAX_PARAGRAPH_CHARS = 64 * 1024
MAX_FRONT_MATTER_CHARS = 64 * 1024
MAX_AUTHORS = 100

# Which names in front matter mean which field, the most telling first.
_NAMES = {
    "title": ("title", "headline"),
    "outlet": ("outlet", "publication", "publisher", "site", "site_name", "sitename", "source"),
    "author": ("author", "authors", "byline"),
    "published": ("published", "datepublished", "date_published", "publishdate", "pubdate", "date"),
    "url": ("url", "canonical", "canonical_url", "canonicalurl", "link", "permalink"),
    "language": ("language", "lang"),
}
_CHANGED_NAMES = (
    *("updated", "updated_at", "lastmod", "modified", "last_modified", "lastmodified", "last_modified_at"),
    *("datemodified", "date_modified", "last_updated", "lastupdated"),
)
# A note, which is a paragraph of its own, and a mark in the text: [^1].
_FOOTNOTE = re.compile(r"^ {0,3}\[\^[^\]\s]+\]:[ \t]*", re.MULTILINE)
_FOOTNOTE_MARK = re.compile(r"\[\^[^\]\s]+\]")
_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
_YAML_KEY = re.compile(r"[\w\"'-]+[ \t]*:(?:\s|$)")
# Front matter that says, in one of the ways of the generators of sites, that nobody sees the page.
_UNSEEN_IF = {"draft": "true", "published": "false", "private": "true", "hidden": "true"}
_HIDDEN_TAG = re.compile(r"<(/?)(?:script|style|del|s|strike)\b", re.IGNORECASE)
_BREAK_TAG = re.compile(r"<br\b", re.IGNORECASE)


class _Entry(NamedTuple):
    """A value in front matter and the line that it stands in."""

    name: str
    value: object
    line: int | None


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The one article of a Markdown file.

    Headings, list items, quotes and table rows become paragraphs of their own, and code stays as it is. Links and
    emphasis keep their words only. Left out is what the rendered page does not say: HTML blocks, images with their
    alternative texts, words struck through, tags of Jekyll's and Hugo's templates, and the marks of footnotes. A
    first-level heading that opens the article is its title, unless the
    front matter gives another.

    Raises:
        UnreadableError: it is empty, too large, no text, not published, or its front matter is broken (with the line).

    """
    text, notes = decode(bounded(file))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise UnreadableError("it is empty")
    if len(text) > MAX_MARKDOWN_CHARS:
        raise UnreadableError(
            f"it is longer than {MAX_MARKDOWN_CHARS:,} characters, too long for an article in Markdown"
        )
    entries, body = _front_matter(text)
    _require_published(entries)
    card, problems = _card(entries)
    paragraphs = _paragraphs(_without_footnote_marks(templates.marked(body)))
    if templates.FILLED in {mark for paragraph in paragraphs for mark in paragraph.words}:
        paragraphs = [paragraph for paragraph in paragraphs if templates.FILLED not in paragraph.words]
        problems.append("paragraphs are left out in which the site's template fills in words that are not in the file")
    if paragraphs and paragraphs[0].tag == "h1":
        heading = as_shown(paragraphs[0].words).replace("\n", " ")
        if card.setdefault("title", heading) == heading:
            del paragraphs[0]
    if not paragraphs:
        raise UnreadableError("it holds no text beside its front matter, headline and markup")
    yield Draft(
        "\n\n".join(paragraph.words for paragraph in paragraphs),
        card,
        notes=notes + tuple(problems),
        revision=Revision(
            changed=first_moment(_words(entries, _CHANGED_NAMES)),
            published=first_moment(_words(entries, _NAMES["published"])),
        ),
    )


class _Paragraph(NamedTuple):
    """What one block shows, and the HTML tag that it would be."""

    tag: str
    words: str


def _front_matter(text: str) -> tuple[list[_Entry], str]:
    """The entries of the front matter, and what comes after it."""
    lines = text.split("\n")
    first = next(number for number, line in enumerate(lines) if line.strip())
    fence = lines[first].rstrip()
    if fence not in _FENCES:
        return [], text
    last = next((n for n in range(first + 1, len(lines)) if lines[n].rstrip() in _FENCES[fence]), None)
    if last is None:
        if fence == "+++" or _YAML_KEY.match("".join(lines[first + 1 : first + 2])):
            raise UnreadableError(f"its front matter begins with {fence} and never ends", first + 1)
        return [], text
    matter = "\n".join(lines[first + 1 : last])
    if len(matter) > MAX_FRONT_MATTER_CHARS:
        raise UnreadableError(f"its front matter is longer than {MAX_FRONT_MATTER_CHARS:,} characters", first + 1)
    try:
        entries = (_yaml if fence == "---" else _toml)(matter, first + 2)
    except RecursionError:
        raise UnreadableError("its front matter is nested too deeply", first + 1) from None
    if entries is None:
        return [], text
    return entries, "\n".join(lines[last + 1 :])


def _yaml(matter: str, first_line: int) -> list[_Entry] | None:
    """The entries of a YAML mapping; None where it is prose between two rules.

    Only its nodes are read: nothing is constructed, so that no tag runs and no alias multiplies.
    """
    import yaml  # noqa: PLC0415 – only Markdown needs it

    try:
        root = yaml.compose(matter, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        line = first_line + mark.line if mark else None
        raise UnreadableError(f"its front matter is not YAML: {exc.problem or exc.context}", line) from exc
    except yaml.YAMLError as exc:
        raise UnreadableError(f"its front matter is not YAML: {exc}".split("\n", 1)[0], first_line) from exc
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode):
        return None
    return [
        _Entry(str(key.value), _plain(value), first_line + key.start_mark.line)
        for key, value in root.value
        if isinstance(key, yaml.ScalarNode)
    ]


def _plain(node: Node, depth: int = 2) -> object:
    """A node's words, as deep and as wide as a list of authors with their names goes."""
    import yaml  # noqa: PLC0415 – as above

    if isinstance(node, yaml.ScalarNode):
        return None if node.tag.endswith(":null") else node.value
    if not depth:
        return None
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, depth - 1) for item in node.value[:MAX_AUTHORS]]
    return {
        key.value: _plain(value, depth - 1)
        for key, value in node.value[:MAX_AUTHORS]
        if isinstance(key, yaml.ScalarNode)
    }


def _toml(matter: str, first_line: int) -> list[_Entry]:
    try:
        table = tomllib.loads(matter + "\n")
    except ValueError as exc:  # not TOML, or a number of too many digits
        line = re.search(r"at line (\d+)", str(exc))
        raise UnreadableError(
            f"its front matter is not TOML: {exc}", first_line + int(line[1]) - 1 if line else first_line
        ) from exc
    places = {
        found[1]: number
        for number, line in reversed(list(enumerate(matter.split("\n"), start=first_line)))
        if (found := re.match(r"\s*[\"']?([\w-]+)[\"']?\s*=", line))
    }
    return [
        _Entry(name, value if isinstance(value, str | list | dict) else str(value), places.get(name))
        for name, value in table.items()
    ]


def _require_published(entries: Sequence[_Entry]) -> None:
    for entry in entries:
        name, value = entry.name.lower(), str(entry.value).strip()
        if _UNSEEN_IF.get(name) == value.lower():
            raise UnreadableError(f"it is not published: its front matter says {name}: {value.lower()}", entry.line)
        if name == "status" and (reason := unpublished(value)):
            raise UnreadableError(reason, entry.line)


def _without_footnote_marks(body: str) -> str:
    """The text with its notes where they stand, and without the marks that lead to them."""
    return _FOOTNOTE_MARK.sub("", _FOOTNOTE.sub("\n", body))


def _card(entries: Sequence[_Entry]) -> tuple[dict[str, str | date], list[str]]:
    """The card that the front matter gives, and a sentence for each value that is no use or contradicts another."""
    card: dict[str, str | date] = {}
    problems = []
    for field, names in _NAMES.items():
        for entry in _given(entries, names):
            try:
                value = _field(field, entry.value)
            except ValueError as exc:
                place = f"line {entry.line}: " if entry.line else ""
                problems.append(f"{place}{exc}; this field is left out")
                continue
            if card.setdefault(field, value) != value and field == "published":
                problems.append(f"it gives {card[field]} and {value} as its date; {card[field]} is used")
    return card, problems


def _given(entries: Sequence[_Entry], names: Sequence[str]) -> list[_Entry]:
    """The entries of these names that say something, in the order of the names."""
    return [entry for name in names for entry in entries if entry.name.lower() == name and entry.value is not None]


def _words(entries: Sequence[_Entry], names: Sequence[str]) -> list[str]:
    return [entry.value for entry in _given(entries, names) if isinstance(entry.value, str)]


def _field(field: str, value: object) -> str | date:
    if field == "author":
        people = value if isinstance(value, list) else [value]
        named = [person.get("name") if isinstance(person, dict) else person for person in people]
        value = ", ".join(name.strip() for name in named if isinstance(name, str))
    if isinstance(value, str):
        value = storable(value)
        if field == "published":
            value = day(value)
        elif field == "language":
            value = language_code(value)
    return card_field(field, value)


def _paragraphs(body: str) -> list[_Paragraph]:
    """What the rendered page shows, block by block."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 – only Markdown needs it

    if max(map(len, re.split(r"\n[ \t]*\n", body))) > MAX_PARAGRAPH_CHARS:
        raise UnreadableError(f"it holds more than {MAX_PARAGRAPH_CHARS:,} characters without a blank line")
    found = []
    cells: list[str] | None = None
    tag = ""
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(body):
        if token.nesting == 1:
            tag = token.tag
        if token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            found.append(_Paragraph("tr", "\t".join(cells or ())))
            cells = None
        elif token.type == "inline":
            words = as_shown(_shown(token.children or ()))
            if cells is None:
                found.append(_Paragraph(tag, words))
            else:
                cells.append(words.replace("\n", " "))
        elif token.type in {"fence", "code_block"}:
            found.append(_Paragraph("pre", token.content.strip("\n")))
    return [paragraph for paragraph in found if paragraph.words.strip()]


def _shown(tokens: Sequence[Token]) -> str:
    """The words of one block, without those that are struck through or not shown at all."""
    words = []
    hidden = 0
    for token in tokens:
        if token.tag == "s":
            hidden += token.nesting
        elif token.type == "html_inline":
            if tag := _HIDDEN_TAG.match(token.content):
                hidden = max(0, hidden + (-1 if tag[1] else 1))
            elif _BREAK_TAG.match(token.content):
                words.append("\n")
        elif hidden or token.type == "image":
            continue
        elif token.type == "softbreak":
            words.append(" ")
        elif token.type == "hardbreak":
            words.append("\n")
        else:
            words.append(token.content.replace("\n", " "))
    return "".join(words)
