"""Text that is an export of a press archive, with many articles in it: which archive's, and its articles."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from index.readers import factiva, nexis, proquest
from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, Refused, UnreadableError, card_field
from index.readers.items import unique
from index.readers.labelled import told_apart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# One of these is in every export; a text without them need not be cut into lines.
_HINT = re.compile(r"do[ck]ument|^[^\w\n]*(?:HD|Length)\b", re.IGNORECASE | re.MULTILINE)


def articles(text: str, *, has_lines: bool = True) -> Iterator[Draft | Refused] | None:
    """The articles of an export of LexisNexis, Nexis Uni, Factiva or ProQuest; nothing if the text is none.

    Args:
        text: the whole file's, with line feeds for line ends.
        has_lines: whether the lines are those of the file, so that their numbers say something.

    """
    for archive in (proquest, factiva, nexis) if _HINT.search(text) else ():
        found = archive.documents(text)
        if found is not None:
            return unique(told_apart(found if has_lines else (replace(each, line=None) for each in found)))
    return None


def from_paragraphs(
    paragraphs: Sequence[str], *, is_titled: bool = False, notes: Sequence[str] = ()
) -> Iterator[Draft | Refused]:
    """What a word processor's document holds: the articles of an export, or one.

    Args:
        paragraphs: what is seen in it, none empty.
        is_titled: whether the first is a headline.
        notes: what is noted of it already.

    Raises:
        UnreadableError: there is no text, or too much.

    """
    text = "\n\n".join(paragraphs)
    if len(text) > MAX_ARTICLE_BYTES:
        raise UnreadableError(f"its text is larger than {MAX_ARTICLE_BYTES // 1024**2} MiB, too large for one article")
    if (many := articles(text, has_lines=False)) is not None:
        for each in many:
            yield replace(each, notes=(*notes, *each.notes)) if isinstance(each, Draft) else each
        return
    if not text.strip():
        raise UnreadableError("there is no text in it")
    card = {"title": card_field("title", paragraphs[0])} if is_titled else {}
    body = "\n\n".join(paragraphs[is_titled:])
    if not body:
        raise UnreadableError("it holds a title and no text")
    yield Draft(body, card, notes=tuple(notes))
