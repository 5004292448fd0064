"""An agency's wire as IPTC 7901 carries it → one article a message, without its envelope."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from index.readers.decoding import bounded, decode, storable
from index.readers.drafts import UnreadableError
from index.readers.items import article, unique

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from index.readers.drafts import Draft, Refused
    from index.readers.items import Found

# The first line of a message, after SOH: what sent it and its number there, its priority, its category, its words.
# https://iptc.org/standards/iptc-7901/
_HEADER = r"[a-z]{2,4}\d{3,4} +\d +[a-z]{1,4} +\d{1,5}\b[^\n]*"
_START = re.compile(rf"\x01\s*(?={_HEADER})|(?:^|\n\n)(?={_HEADER}\n\s*[^\n]+/[ \t]*\n)")
_PARTS = re.compile(rf"({_HEADER})\n*(.*)", re.DOTALL)
# When it was sent, at its end: 061137 GMT Feb 24.
_SENT = re.compile(r"\x03?\s*\b(\d\d)(\d\d)(\d\d)(?: ([A-Z]{3,4}))? ([A-Z][a-z]{2}) (\d\d)\b\s*\Z")
_SENT_CHARS = 64
_MONTHS = {"Mrz": "Mar", "Mär": "Mar", "Mai": "May", "Okt": "Oct", "Dez": "Dec"}  # as German agencies write them
# What is for the desks that receive it, below the text.
_DESK_NOTES = re.compile(r"^(?:#+ .*\b(?:notebook|notizblock)\b.*|\*(?: \*){2,})[ \t]*$", re.IGNORECASE | re.MULTILINE)
_BYLINE = re.compile(r"(?:By|Von|Par|Por) +\S")
_MARK = re.compile(r"\([^()]*\)[ \t]*(?:\n|\Z)|(?:\d\w\w )?[A-Z0-9 -]+(?:\n|\Z)")
_MAIL_HEADERS = re.compile(r"\s*(?:From [^\n]*\n)?(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*+\s*+")
# SYN and SOH and a number, with which other wires begin, such as ANPA 1312.
_OTHER = re.compile(r"[\x01\x16]+[a-z]{0,4}\d{3}")
_MAX_HEAD_LINES = 12


def begins(text: str) -> bool:
    """Whether a file that begins so is a wire: a message, perhaps below the headers of a mail."""
    text = text.replace("\r\n", "\n")
    start = _START.search(text)
    if start is None:
        return _OTHER.match(text) is not None
    return _MAIL_HEADERS.fullmatch(text[: start.end()].rstrip("\x01\n ") + "\n") is not None


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The messages of a file: headline, byline and day as the wire tells them, and the text in its lines.

    What stands before the first message, such as the headers of the mail that it came in, is no part of it; nor are the
    notes to desks below a text.

    Raises:
        UnreadableError: it holds no message, or is larger than `MAX_ARTICLE_BYTES`.

    """
    text, notes = decode(bounded(file))
    found = messages(text.replace("\r\n", "\n").replace("\r", "\n"), notes)
    if found is None:
        raise UnreadableError("it begins as a wire does, and holds no message of IPTC 7901, which is what is read")
    return unique(found)


def messages(text: str, notes: tuple[str, ...] = ()) -> Iterator[Draft | Refused] | None:
    """The articles of a wire's messages, with what is noted of their file; None where a text holds none."""
    starts = [found.end() for found in _START.finditer(text)]
    ends = [*starts[1:], len(text)]
    return (_message(text, *place, notes) for place in zip(starts, ends, strict=True)) if starts else None


def _message(text: str, start: int, end: int, notes: tuple[str, ...]) -> Draft | Refused:
    header, rest = _PARTS.match(text[start:end]).groups()  # type: ignore[union-attr]  # a start is before a header
    rest = rest.partition("\x04")[0].strip("\x01\x7f \n")
    sent = _SENT.search(rest, max(0, len(rest) - _SENT_CHARS))
    rest = rest[: sent.start()] if sent else rest
    words = rest.partition("\x03")[0].partition("\x02")
    told = words[2] if words[1] else re.sub(r"\A[^\n]*/[ \t]*\n", "", words[0])
    values, body = _headed(told)
    if sent:
        values["published"] = [("sent", _time(sent))]
    body = _DESK_NOTES.split(body)[0]
    paragraphs = (re.sub(r"(?m)^[ \t]+", "", each).rstrip() for each in re.split(r"\n[ \t]*\n|\n(?=[ \t]{2,}\S)", body))
    clean = storable("\n\n".join(filter(None, (each.strip("\n") for each in paragraphs)))).replace("\f", "\n")
    day = "".join(sent.groups("")[i] for i in (5, 4, 0)) if sent else ""
    number = header.split()[0]
    line = text.count("\n", 0, start) + 1
    return article([("text", clean)], values, identity=f"{number}-{day}" if day else number, line=line, notes=notes)


def _headed(told: str) -> tuple[dict[str, Found], str]:
    """The headline and byline above the line that ends in =, and the text below; all is text where there is none."""
    lines = told.split("\n")
    last = next((number for number, line in enumerate(lines[:_MAX_HEAD_LINES]) if line.rstrip().endswith("=")), None)
    if last is None:
        return {}, told
    head = "\n".join(lines[: last + 1]).strip().rstrip("=").rstrip()
    while mark := _MARK.match(head + "\n"):  # such as (KORR) and 1ST LEAD, but not a headline in capitals alone
        if mark.end() > len(head):
            break
        head = head[mark.end() :]
    named = [line.strip() for line in re.sub(r"\n\([^()]*\)\s*$", "", head).split("\n") if line.strip()]
    signed = [line for line in named[1:] if _BYLINE.match(line)]
    title = " ".join(line for line in named if line not in signed)
    values: dict[str, Found] = {"title": [("headline", title)], "author": [("byline", line) for line in signed[:1]]}
    return {key: places for key, places in values.items() if places and places[0][1]}, "\n".join(lines[last + 1 :])


def _time(sent: re.Match[str]) -> str:
    """When it was sent, as `days` reads it; the two digits of its year are those of a year that has come."""
    day, hour, minute, zone, month, year = sent.groups("")
    century = 20 if int(year) <= datetime.now(UTC).year % 100 else 19
    return f"{int(day)} {_MONTHS.get(month, month)} {century}{year} {hour}:{minute} {zone}".strip()
