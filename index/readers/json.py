"""JSON and JSON Lines → drafts: where the articles of a file begin and end."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, Refused, UnreadableError
from index.readers.fields import TEXTS, from_fields, plain_name
from index.readers.items import unique

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

# The largest file that is one JSON value; JSON Lines have no limit, as one line is read at a time.
MAX_DOCUMENT_BYTES = 100 * 1024 * 1024
# So many times the file's length is read to find where items end that are not JSON; then reading goes on after them.
MAX_REREADINGS = 10

# Where an object holds its articles; the best place first. `hits.hits` and `response.docs` are lists in an object, and
# `db` is a list of one object that holds them, as Ghost exports it.
LISTS = (
    *("articles", "posts", "items", "results", "docs", "documents", "data", "hits", "response", "news", "stories"),
    *("story", "entries", "@graph", "db"),
)

_STRING = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"')
# A whole string; else a bracket, or what a quotation mark opens that nothing on its line closes.
_STRUCTURE = re.compile(rf'(?P<string>{_STRING.pattern})|[{{}}\[\]]|"[^"\\\n]*(?:\\.[^"\\\n]*)*')
_SCALAR = re.compile(rf'{_STRING.pattern}|[^\s,:\[\]{{}}"]+')
_SPACE = re.compile(r"[ \t\n\r]*")
_SEPARATORS = re.compile(r"[ \t\n\r,]*")


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The articles of a JSON file: one object, a list of them, an object that holds the list, or one object a line.

    An article is named by its `id`, `uuid`, `guid`, `_id`, `uri` or `url`, else by its title and day.

    Args:
        file: can be read again from its start. As one JSON value at most `MAX_DOCUMENT_BYTES` are read; of JSON Lines a
            line at a time, and a line beyond `MAX_ARTICLE_BYTES` is refused.

    Raises:
        UnreadableError: it is not JSON, not Unicode, or too large.

    """
    start = file.read(4)
    file.seek(0)
    encoding = json.detect_encoding(start)
    if encoding in {"utf-8", "utf-8-sig"}:
        file.seek(3 if encoding == "utf-8-sig" else 0)
    else:
        file = io.BytesIO(_decoded(_whole(file), encoding).encode())
    return unique(_lines(file) if _is_lines(file) else _document(_decoded(_whole(file), "utf-8")))


def _whole(file: BinaryIO) -> bytes:
    start = file.tell()
    if file.seek(0, io.SEEK_END) > MAX_DOCUMENT_BYTES:  # before it is read
        size = MAX_DOCUMENT_BYTES // 1024**2
        raise UnreadableError(f"it is larger than {size} MiB; save it as JSON Lines, one article a line")
    file.seek(start)
    return file.read(MAX_DOCUMENT_BYTES)


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as exc:
        raise UnreadableError(_not_unicode(exc), raw.count(b"\n", 0, exc.start) + 1) from exc


def _not_unicode(exc: UnicodeDecodeError) -> str:
    return f"it is not {exc.encoding.upper()}, as JSON must be: there is a byte 0x{exc.object[exc.start]:02x}"


# --- JSON Lines ------------------------------------------------------------------------------------------------------


def _is_lines(file: BinaryIO) -> bool:
    """Whether each line is an object of its own; the file is left where it was.

    A line that goes on in the next ends in one of `{[,:`, or the next begins with what closes or continues it.
    """
    place = file.tell()
    first, second = (next(_cut_lines(file), (0, b""))[1].strip() for _ in range(2))
    file.seek(place)
    whole = len(first) > MAX_ARTICLE_BYTES or not first.endswith((b"{", b"[", b",", b":"))
    return first.startswith(b"{") and whole and second[:1] not in b"}],:"


def _cut_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank, with its number; of one that is too long only its beginning, one byte too many."""
    number = 0
    while line := file.readline(MAX_ARTICLE_BYTES + 1):
        number += 1
        rest = line
        while not rest.endswith(b"\n") and (rest := file.readline(1024**2)):
            pass
        if line.strip():
            yield number, line


def _lines(file: BinaryIO) -> Iterator[Draft | Refused]:
    for number, raw in _cut_lines(file):
        if len(raw) > MAX_ARTICLE_BYTES:
            yield Refused(f"the line is longer than {MAX_ARTICLE_BYTES // 1024**2} MiB", number)
            continue
        notes: list[str] = []
        try:
            value = _decoder(notes).decode(raw.decode())
        except UnicodeDecodeError as exc:
            yield Refused(_not_unicode(exc), number)
        except (ValueError, RecursionError) as exc:
            yield Refused(_fault(exc), number)
        else:
            yield from_fields(value, number, notes)


# --- one JSON value --------------------------------------------------------------------------------------------------


def _document(text: str) -> Iterator[Draft | Refused]:
    start = _space(text, 0)
    if start == len(text):
        raise UnreadableError("it is empty")
    if text[start] not in "{[":
        line = text.count("\n", 0, start) + 1
        raise UnreadableError(f"it is not JSON: it begins with {json.dumps(text[start])}", line)
    position = start if text[start] == "[" else _list_in(text, start)
    yield from _items(text, start, "") if position is None else _items(text, position + 1, "]")


def _items(text: str, position: int, close: str) -> Iterator[Draft | Refused]:
    """The articles of a list that is open at `position`, or of objects one after another where nothing will `close` it.

    Where an item ends is told by its brackets, so that one that is not JSON does not hide the next.
    """
    line_at = _line_counter(text)
    count = reread = 0
    while True:
        start, position = position, _space(text, position, _SEPARATORS)
        commas = text.count(",", start, position)
        mark = text[position : position + 1]
        due = int(bool(count and close and mark and mark != close))
        if commas > due:
            yield Refused("there is a comma too many", line_at(text.rindex(",", start, position)))
        line = line_at(position)
        if not mark or mark == close:
            break
        count += 1
        notes = [] if commas >= due else ["there is no comma before it"]
        end = _end(text, position)
        if end and end - position > MAX_ARTICLE_BYTES:
            yield Refused(f"it is larger than {MAX_ARTICLE_BYTES // 1024**2} MiB", line)
            position = end
            continue
        try:
            value, size = _decoder(notes).raw_decode(text[position : end or position + MAX_ARTICLE_BYTES])
        except (ValueError, RecursionError) as exc:
            reason, line = _fault(exc), line + getattr(exc, "lineno", 1) - 1
        else:
            yield from_fields(value, line, notes)
            position += size
            continue
        reread += (end or len(text)) - position
        following = _next_alike(text, position, end) if reread <= MAX_REREADINGS * len(text) else None
        if count == 1 and not following and _space(text, end or len(text)) == len(text):
            raise UnreadableError(reason, line)
        if not following and not end:
            yield Refused(f"{reason}; the rest of the file was not read", line)
            return
        yield Refused(reason, line)
        position = following or end or position
    after = _space(text, position + 1)
    if not count:
        raise UnreadableError("it holds no articles", line)
    if mark != close:
        yield Refused("the file breaks off: its list is not closed", line)
    elif mark and text[after : after + 1] not in ",}":
        yield Refused("more stands here after the list, and was not read", line_at(after))


def _list_in(text: str, position: int, depth: int = 0) -> int | None:
    """Where the list of articles begins in the object at `position`; none if the object is an article itself."""
    place = None
    for key, value in _members(text, position):
        name = plain_name(key)
        if name in TEXTS and text[value] in '"{':
            return None
        if name in LISTS and place is None:
            inner = _space(text, value + 1)
            if text[value] == "{" and depth < 3:
                place = _list_in(text, value, depth + 1)
            elif name == "db" and text[value : value + 1] == "[" and text[inner : inner + 1] == "{" and depth < 3:
                place = _list_in(text, inner, depth + 1)
            elif text[value] == "[":
                place = value
    return place


def _members(text: str, position: int) -> Iterator[tuple[str, int]]:
    """The keys of the object at `position` and where their values begin, as far as it is well-formed."""
    position = _space(text, position + 1)
    while key := _STRING.match(text, position):
        colon = _space(text, key.end())
        value = _space(text, colon + 1)
        if text[colon : colon + 1] != ":" or value == len(text):
            return
        yield key[0][1:-1], value
        position = _space(text, _end(text, value) or len(text))
        if text[position : position + 1] != ",":
            return
        position = _space(text, position + 1)


def _end(text: str, position: int) -> int | None:
    """Where the value at `position` ends by its brackets and quotation marks, if it does."""
    if text[position] not in "{[":
        scalar = _SCALAR.match(text, position)
        return scalar.end() if scalar else None
    depth = 0
    for token in _STRUCTURE.finditer(text, position):
        for at, mark in enumerate(token[0] if token["string"] is None else "", start=token.start()):
            depth += (mark in "{[") - (mark in "}]")
            if not depth and mark in "}]":
                return at + 1
    return None


def _next_alike(text: str, position: int, end: int | None) -> int | None:
    """Where an item before `end` begins a line with the same indent as the broken one at `position` does.

    A string holds no line end, so a line's beginning is never inside one; a nested object is indented further.
    """
    before = text[max(0, position - 200) : position]
    indent = before[before.rfind("\n") + 1 :].removeprefix("[")
    if indent.strip() or ("\n" not in before and position > 200):
        return None
    found = re.compile(rf"^{indent}(\{{)(?![ \t]*\r?\n{indent}\S)", re.MULTILINE).search(
        text, position + 1, end or len(text)
    )
    return found.start(1) if found else None


def _space(text: str, position: int, space: re.Pattern[str] = _SPACE) -> int:
    """The first place from `position` on that is not white space."""
    found = space.match(text, position)
    return found.end() if found else len(text)


def _line_counter(text: str) -> Callable[[int], int]:
    """A function place → line number, for places in order."""
    line, counted = 1, 0

    def at(position: int) -> int:
        nonlocal line, counted
        line += text.count("\n", counted, position)
        counted = max(counted, position)
        return line

    return at


def _decoder(notes: list[str]) -> json.JSONDecoder:
    """A decoder of one article that notes what the standard library lets pass."""

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in members:
            if key in found:
                notes.append(f'"{key[:40]}" stands twice in it; the first is used')
            found.setdefault(key, value)
        return found

    def constant(name: str) -> None:
        notes.append(f"it holds {name}, which is not JSON; it is read as nothing")

    def integer(digits: str) -> int | str:
        return int(digits) if len(digits) < 30 else digits

    return json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant, parse_int=integer)


def _fault(exc: Exception) -> str:
    if isinstance(exc, json.JSONDecodeError):
        near = exc.doc[exc.pos : exc.pos + 20]
        return f"it is not JSON: {exc.msg}{f', near {json.dumps(near)}' if near else ', at its end'}"
    return "it is nested too deeply"
