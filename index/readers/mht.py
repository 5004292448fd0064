"""A web page that was saved in one file (.mht, .mhtml) → the article on it."""

from __future__ import annotations

import re
from email import message_from_bytes
from typing import TYPE_CHECKING, BinaryIO

from index.readers.decoding import bounded
from index.readers.drafts import Draft, Refused, UnreadableError
from index.readers.pages import page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

_MARKUP = re.compile(rb"\s*(?:<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_PAGES = {"text/html", "application/xhtml+xml"}


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The one article of the page; the frames and pictures that were saved with it are not read.

    The link is that under which the page was saved, where the page itself names none. The day in the file's head is
    that of saving, and is never taken.

    Raises:
        UnreadableError: there is no page in it, or as `html.read`.

    """
    message = message_from_bytes(bounded(file))
    root = _root(message)
    raw = root.get_payload(decode=True) if root is not None else None
    if root is None or not isinstance(raw, bytes) or not raw.strip():
        raise UnreadableError("there is no web page in it")
    links = (message.get("Snapshot-Content-Location"), root.get("Content-Location"))
    link = next((str(each).strip() for each in links if each), "")
    yield page(raw, {"url": link}, root.get_content_charset("") or "")


def _root(message: Message) -> Message | None:
    """The part that is the page: the first of its kind, or a body that is one whatever it is said to be."""
    for part in message.walk():
        if part.get_content_type() in _PAGES:
            return part
    raw = None if message.is_multipart() else message.get_payload(decode=True)
    return message if isinstance(raw, bytes) and _MARKUP.match(raw) else None
