"""E-mail → drafts: a message (.eml), or a mailbox of many (.mbox)."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import TYPE_CHECKING, BinaryIO

from index.readers import exports
from index.readers.decoding import as_shown, bounded, decode, storable
from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, Refused, UnreadableError
from index.readers.items import article, refused, unique
from index.readers.labelled import paragraphs
from index.readers.markup import html_paragraphs
from index.readers.pages import page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from index.readers.items import Found

_ENCRYPTED = {"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"}
_SEPARATOR = re.compile(rb"From \S.*?\d{4}")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
# Deeper than any message that people send.
_MAX_DEPTH = 50


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The article of a message, or those of a mailbox; of an archive's export that was sent, its articles.

    The subject is the title, the author is whom the message names as its sender, and the day is the one on which it
    says that it was sent, in the sender's zone. The text is the plain one where it has about as many words as the page
    that comes with it, else what that page shows. Attachments are not read; a note names them.

    Args:
        file: a mailbox is read a message at a time, and one beyond `MAX_ARTICLE_BYTES` is refused.

    Raises:
        UnreadableError: it is one message, and that cannot be read.

    """
    start = file.read(5)
    file.seek(0)
    if start == b"From ":
        yield from unique(_mailbox(file))
        return
    found = list(_articles(bounded(file), None))
    if len(found) == 1:
        (only,) = found
        if isinstance(only, Refused):
            raise UnreadableError(only.reason)
        found = [replace(only, member="")]
    yield from found


def _mailbox(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The messages of a mailbox: each begins with a line of the sender and the time, after a blank one."""
    lines: list[bytes] = []
    size, first, was_blank = 0, 1, True
    for number, line in enumerate(iter(lambda: file.readline(MAX_ARTICLE_BYTES), b""), start=1):
        if was_blank and _SEPARATOR.match(line):
            if lines:
                yield from _message(lines, size, first)
            lines, size, first = [], 0, number
        elif size <= MAX_ARTICLE_BYTES:
            lines.append(line)
        size += len(line)
        was_blank = not line.strip()
    if not lines:
        yield Refused("there is no message after its line", first)
        return
    yield from _message(lines, size, first)


def _message(lines: list[bytes], size: int, first: int) -> Iterator[Draft | Refused]:
    if size > MAX_ARTICLE_BYTES:
        yield Refused(f"the message is larger than {MAX_ARTICLE_BYTES // 1024**2} MiB", first)
    else:
        yield from _articles(_QUOTED.sub(rb"\1", b"".join(lines)), first)


def _articles(raw: bytes, line: int | None) -> Iterator[Draft | Refused]:
    """The article of a message, or those of an export that was sent as one."""
    try:
        message = message_from_bytes(raw)
        identity = _header(message, "Message-ID").strip("<> ")
        parts = list(_parts(message))
    except (MessageError, LookupError, ValueError, RecursionError) as exc:
        yield Refused(f"the message cannot be read ({type(exc).__name__})", line)
        return
    if any(part.get_content_type() in _ENCRYPTED for part in parts):
        yield refused("it is encrypted", line, identity)
        return
    shown = [part for part in parts if part.get_content_disposition() != "attachment" and not part.get_filename()]
    attached = [_name(part) for part in parts if part not in shown and part.get_content_maintype() != "multipart"]
    notes = [f"its attachment {name} is not read; save it as a file of its own" for name in attached]
    try:
        text = _text(shown)
    except UnreadableError as exc:
        yield refused(str(exc), line, identity)
        return
    if (many := exports.articles(text, has_lines=False)) is not None:
        yield from many
        return
    name, address = _sender(message)
    archived = _header(message, "Archived-At").strip("<> ")
    values: dict[str, Found] = {
        "title": [("Subject", subject)] if (subject := _header(message, "Subject")) else [],
        "author": [("From", name)] if name and "@" not in name and name != address else [],
        "published": [("Date", sent)] if (sent := _header(message, "Date").partition("(")[0].strip()) else [],
        "language": [("Content-Language", code)] if (code := _header(message, "Content-Language")) else [],
        "url": [("Archived-At", archived)] if archived.startswith("http") else [],
    }
    yield article([("its text", text)], values, identity=identity, line=line, notes=notes)


def _parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """The message and its parts, without those of messages that are attached to it."""
    if depth > _MAX_DEPTH:
        raise ValueError("its parts are nested too deeply")
    yield message
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        for part in message.get_payload():
            yield from _parts(part, depth + 1)  # type: ignore[arg-type]  # of a multipart message it is messages


def _name(part: Message) -> str:
    return as_shown(storable(part.get_filename() or part.get_content_type()))[:100]


def _sender(message: Message) -> tuple[str, str]:
    """The name and the address of whom a message says that it is from."""
    try:
        return parseaddr(_header(message, "From"))
    except RecursionError:  # groups in groups, which nobody sends
        return "", ""


def _header(message: Message, name: str) -> str:
    """What a header says, in one line, however it is encoded."""
    raw = message.get(name)
    if raw is None:
        return ""
    try:
        words = str(make_header(decode_header(raw)))
    except (MessageError, LookupError, ValueError):
        words = str(raw)
    return " ".join(storable(words).split())


def _text(parts: list[Message]) -> str:
    """The text of a message that a reader of it sees.

    Raises:
        UnreadableError: it holds NULs.

    """
    plain = next((_decoded(part) for part in parts if part.get_content_type() == "text/plain"), "")
    markup = next((_decoded(part) for part in parts if part.get_content_type() == "text/html"), "")
    plain = paragraphs([line.rstrip() for line in plain.split("\n")])
    seen = html_paragraphs(markup)
    if 2 * len(plain.split()) >= len(seen.split()):
        return plain
    try:
        read = page(markup.encode(errors="replace"))
    except UnreadableError:
        return seen
    # Much of a letter that is no news page is not told from what surrounds articles there.
    return read.text if 2 * len(read.text.split()) >= len(seen.split()) else seen


def _decoded(part: Message) -> str:
    """The words of a part; in the encoding that it names, or else in the one that it looks like."""
    raw = part.get_payload(decode=True)
    raw = raw if isinstance(raw, bytes) else b""
    try:
        text = raw.decode(part.get_content_charset("utf-8") or "utf-8")
    except (LookupError, ValueError):
        text, _ = decode(raw)
    flowed = str(part.get_param("format", "")).lower() == "flowed"
    text = storable(text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"(?<!^--)(?<!\n--) \n", " ", text) if flowed else text
