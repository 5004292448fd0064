"""Web pages that lie in files of other formats: each read as a saved page is, with what the file says of it added."""

from __future__ import annotations

import codecs
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from index.readers import html
from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, Refused, UnreadableError, card_field

if TYPE_CHECKING:
    from collections.abc import Mapping


def page(raw: bytes, said: Mapping[str, str] | None = None, charset: str = "") -> Draft:
    """The article of a page.

    Args:
        raw: its bytes.
        said: fields of a card that count where the page does not give them; what cannot be used is left out.
        charset: the encoding that the file says the page has, if it says so.

    Raises:
        UnreadableError: as `html.read`.

    """
    if len(raw) > MAX_ARTICLE_BYTES:
        raise UnreadableError(f"it is larger than {MAX_ARTICLE_BYTES // 1024**2} MiB, too large for one article")
    with suppress(LookupError, ValueError):
        if charset and codecs.lookup(charset).name != "utf-8":
            raw = codecs.BOM_UTF8 + raw.decode(charset).encode()
    draft = next(iter(html.read(BytesIO(raw))))
    if isinstance(draft, Refused):
        raise UnreadableError(draft.reason, draft.line)
    card = dict(draft.card)
    for key, value in (said or {}).items():
        with suppress(ValueError):
            card.setdefault(key, card_field(key, value))
    return replace(draft, card=card, line=None)
