"""A plain text file → one article as it stands, or those of an archive's export."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, BinaryIO

from index.readers import exports
from index.readers.decoding import bounded, decode
from index.readers.drafts import Draft, Refused, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATE_HEADER = re.compile(r"\s*(?:date|dated|published)\s*(?::\s*)?(\d{4}-\d{2}-\d{2})\b\s*", re.IGNORECASE)


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The one article of a text file: what stands in it, with line feeds for line ends; nothing else is changed.

    A first line such as `date 2023-05-04` dates it and is not prose. An export of an archive holds many articles.

    Raises:
        UnreadableError: it is empty, no text, or larger than `MAX_ARTICLE_BYTES`.

    """
    text, notes = decode(bounded(file))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise UnreadableError("it is empty")
    if (many := exports.articles(text)) is not None:
        for each in many:
            yield replace(each, notes=(*notes, *each.notes)) if isinstance(each, Draft) else each
        return
    card, body_start = {}, 0
    if header := _DATE_HEADER.match(text):
        body_start = header.end()
        try:
            card["published"] = date.fromisoformat(header.group(1))
        except ValueError:
            notes += (f"its date {header.group(1)} does not exist; the article is shown without a date",)
        if not text[body_start:].strip():
            raise UnreadableError("it holds a date and no text")
    yield Draft(text, card, body_start=body_start, notes=notes)
